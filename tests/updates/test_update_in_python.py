"""`fl.update`: what the command does, from Python, and what a notebook gets of it."""

from __future__ import annotations

import pandas as pd
import pytest
from commands import here
from vintage_server import HEADER, contents, epoch_csv

import frontierlag as fl
from frontierlag.errors import FetchError

DAYS = ("2026-04-30", "2026-05-08", "2026-05-29")
RENAMED = [*HEADER[:1], "capability", *HEADER[2:]]

pytestmark = pytest.mark.xdist_group("updates")


@pytest.fixture(scope="module")
def vintages():
    return {day: epoch_csv(f"eci-{day}") for day in DAYS}


def asked(server, out, **more):
    return fl.update(server.url, out=out, allow_http=True, seconds=20, **more)


def test_python_and_the_command_keep_the_same_folder(server, vintages, made_up, tmp_path):
    one, other, turns = tmp_path / "python", tmp_path / "command", tmp_path / "turns"
    for n, day in enumerate(DAYS):
        server.serve(vintages[day], day)
        found = asked(server, one)
        done = here("update", server.url, "--allow-http", "--out", other)
        assert done.stdout.splitlines()[0] == found.words
        if n % 2:
            asked(server, turns)
        else:
            here("update", server.url, "--allow-http", "--out", turns)
    assert contents(one) == contents(other) == contents(turns)
    assert len(contents(one)) > 8


def test_what_moved_the_headline_is_a_table_a_paragraph_and_files(
    server, vintages, made_up, tmp_path
):
    out, said = tmp_path / "out", []
    server.serve(vintages[DAYS[1]], DAYS[1])
    first = asked(server, out, done=said.append)
    assert first.changed
    assert first.causes.isna().all(axis=None)
    assert first.moved.empty
    server.serve(vintages[DAYS[2]], DAYS[2])
    found = asked(server, out, done=said.append)
    assert found.changed
    assert said.count("made up") == 1  # a first vintage has nothing to be taken apart
    assert found.vintage.day.isoformat() == DAYS[2]
    change = found.headline["median"] - first.headline["median"]
    months = found.causes["months"]
    assert list(months.index) == ["scores", "models", "dates", "days", "total"]
    assert months["total"] == pytest.approx(change, abs=2e-3)
    assert months.drop("total").sum() == pytest.approx(months["total"], abs=3e-3)
    assert f"The posterior mean moved by {round(months['total'], 1) + 0.0:+.1f} months" in (
        found.words
    )
    cells = found.moved[["model", "column", "before", "after"]].to_numpy().tolist()
    assert ["Qwen2.5-Coder (7B)", "released", "2024-09-17", "2024-09-18"] in cells
    assert ["INTELLECT-1", "weights", "closed", "open"] in cells
    assert found.tables.keys() == {"history", "moved", "lags"}
    assert pd.read_csv(found.tables["history"])["median"].tolist() == pytest.approx(
        found.history["median"].tolist(), abs=1e-3
    )
    assert found.feed.is_file()
    assert found.page == out / "results" / "report.html"
    for shown in (repr(found), found._repr_html_()):
        assert "Update new vintage: eci_scores_2026-05-29" in shown
    assert found.words in repr(found)


def test_without_a_new_vintage_the_last_one_is_shown_and_nothing_is_written(
    server, vintages, made_up, tmp_path
):
    out = tmp_path / "out"
    for day in DAYS[:2]:
        server.serve(vintages[day], day)
        last = asked(server, out)
    before = contents(out)
    found = asked(server, out)
    assert contents(out) == before
    assert not found.changed
    assert found.vintage == last.vintage
    assert found.moved.empty
    assert list(found.moved.columns) == list(last.moved.columns)
    assert found.headline["median"] == pytest.approx(last.headline["median"], abs=1e-3)
    assert found.causes["months"].tolist() == pytest.approx(
        last.causes["months"].tolist(), abs=1e-3
    )
    assert repr(found).startswith("<Update nothing new: eci_scores_2026-05-08")


def test_another_layout_is_the_command_s_error_and_is_accepted_alike(
    server, vintages, made_up, tmp_path
):
    out = tmp_path / "out"
    server.serve(vintages[DAYS[0]], DAYS[0])
    asked(server, out)
    server.serve(epoch_csv(f"eci-{DAYS[1]}", RENAMED), DAYS[1])
    named = {"columns": {"score": "capability"}}
    with pytest.raises(FetchError, match="score was read from 'eci' and would be from") as raised:
        asked(server, out, **named)
    refused = here(
        "update", server.url, "--allow-http", "--out", out, "--column", "score=capability"
    )
    assert refused.stderr.splitlines()[-1] == f"frontierlag: {raised.value}"
    assert asked(server, out, **named, accept_layout=True).changed


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"draws": 3}, "draws=3"),
        ({"fetched": "yesterday"}, "fetched is 'yesterday'"),
        ({"dates": "guessed"}, "no dates 'guessed'"),
        ({"sorted": True}, "update: sorted"),
    ],
)
def test_what_cannot_be_asked_is_said_before_anything_is_fetched(server, tmp_path, given, words):
    with pytest.raises(fl.FrontierLagError, match=words):
        asked(server, tmp_path / "out", **given)
    assert (server.asked, list(tmp_path.iterdir())) == ([], [])
