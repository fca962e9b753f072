"""`update` through vintages in order, with broken ones between: archive, history, words, feed."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from itertools import pairwise
from xml.etree import ElementTree

import pandas as pd
import pytest
from commands import here
from vintage_server import HEADER, contents, days_of, epoch_csv, lag_of

from frontierlag.errors import NOT_CONVERGED, UNCHANGED, USER_ERROR
from frontierlag.jobs import Job
from frontierlag.scores import ATTRIBUTION
from frontierlag.updates import update as module

DAYS = ("2026-04-30", "2026-05-08", "2026-05-29", "2026-07-01", "2026-07-02")
ATOM = "{http://www.w3.org/2005/Atom}"
RENAMED = [*HEADER[:1], "capability", *HEADER[2:]]
REREAD = [*HEADER[:5], "Maker", *HEADER[6:]]

pytestmark = pytest.mark.xdist_group("updates")


@pytest.fixture(scope="module")
def vintages():
    return {day: epoch_csv(f"eci-{day}") for day in DAYS}


def run(server, out, *more):
    return here("update", server.url, "--allow-http", "--seconds", "20", "--out", out, *more)


def refused(done, words):
    assert done.returncode == USER_ERROR, done.stderr
    said = done.stderr.splitlines()[-1]
    assert said.startswith("frontierlag: ")
    assert re.search(words, said), said
    assert done.stdout == ""


def index(out):
    return pd.read_csv(out / "archive" / "index.csv", dtype=str, keep_default_na=False)


def entries(out):
    root = ElementTree.parse(out / "feed.xml").getroot()
    return root, root.findall(f"{ATOM}entry")


@pytest.fixture
def followed(server, vintages, made_up, tmp_path):
    """Five vintages in order, of which the third was sent twice; between them what is no table."""
    out, said = tmp_path / "out", {}
    for day in DAYS[:3]:
        server.serve(vintages[day], day)
        said[day] = run(server, out)
    server.serve(vintages[DAYS[2]], "2026-05-30")
    before = contents(out)
    said["again"] = run(server, out)
    assert contents(out) == before
    server.serve(b"<!doctype html><p>Maintenance</p>", "2026-06-01", kind="text/html")
    said["broken"], said["broken again"] = run(server, out), run(server, out)
    server.serve(epoch_csv(f"eci-{DAYS[3]}", RENAMED), "2026-06-02")
    said["renamed"] = run(server, out)
    server.serve(epoch_csv(f"eci-{DAYS[3]}", REREAD), "2026-06-03")
    said["reread"] = run(server, out)
    after = contents(out)
    kept = {name for name in after if name.parts[0] != "archive"}
    assert {name: after[name] for name in kept} == {
        name: content for name, content in before.items() if name.parts[0] != "archive"
    }
    for day in DAYS[3:]:
        server.serve(vintages[day], day)
        said[day] = run(server, out)
    return out, said


def test_vintages_in_order_with_broken_ones_between(followed, vintages):
    out, said = followed
    assert [said[day].returncode for day in DAYS] == [0] * 5, said
    assert (said["again"].returncode, said["again"].stderr) == (UNCHANGED, "")
    assert said["again"].stdout.splitlines()[0] == (
        "Nothing has changed since eci_scores_2026-05-29 was fetched on 2026-05-29."
    )
    for name in ("broken", "broken again"):
        refused(said[name], "2026-06-01 is refused: .* is a web page.*the vintage of 2026-05-29 st")
    refused(
        said["renamed"],
        r"no column that is known to hold scores.*; against the last vintage, headings gone: "
        r"'eci'; new: 'capability'; the vintage of 2026-05-29 stays",
    )
    refused(
        said["reread"],
        r"its layout is not that of the last vintage: the column 'Organization', read as "
        r"organization, is gone; the vintage of 2026-05-29 stays .*--accept-layout",
    )
    _archive(out, vintages)
    _history(out)


def _archive(out, vintages):
    table = index(out)
    assert table["state"].tolist() == [*["accepted"] * 3, *["refused"] * 3, *["accepted"] * 2]
    assert table["fetched"].tolist()[:4] == [
        "2026-04-30T04:30:00Z", "2026-05-08T04:30:00Z", "2026-05-29T04:30:00Z",
        "2026-06-01T04:30:00Z",
    ]  # fmt: skip
    good = table[table["state"] == "accepted"]
    for day, row in zip(DAYS, good.to_dict("records"), strict=True):
        content = (out / "archive" / row["file"]).read_bytes()
        assert content == vintages[day]
        assert row["sha256"] == hashlib.sha256(content).hexdigest()
        assert row["file"] == f"{row['sha256']}/eci_scores_{day}.csv"
        assert int(row["rows"]) == len(content.splitlines()) - 1
    broken, renamed, reread = table[table["state"] == "refused"].to_dict("records")
    assert (broken["sha256"], broken["file"]) == ("", "")
    assert "is a web page" in broken["reason"]
    for row, header in ((renamed, RENAMED), (reread, REREAD)):
        content = (out / "archive" / row["file"]).read_bytes()
        assert content.splitlines()[0].decode() == ",".join(header)


def _history(out):
    """By hand: the made-up lag of each vintage's own releases, and its parts."""
    table = pd.read_csv(out / "history.csv")
    jobs = [
        Job(str(out / "archive" / file)).prepare()
        for file in index(out).query("state == 'accepted'")["file"]
    ]
    lags = [lag_of(job.releases) + days_of(job.window) for job in jobs]
    assert table["median"].tolist() == pytest.approx(lags, abs=1e-3)
    assert [text[:10] for text in table["fetched"]] == list(DAYS)
    assert table["as_of"].tolist() == list(DAYS)
    assert table["converged"].all()
    assert table["attribution"].unique().tolist() == [ATTRIBUTION]
    assert table["change"].isna().tolist() == [True, False, False, False, False]
    later = table.iloc[1:]
    assert later["change"].to_numpy() == pytest.approx(table["median"].diff().iloc[1:], abs=2e-3)
    parts = later[["by_scores", "by_models", "by_dates", "by_days"]].sum(axis=1)
    assert parts.to_numpy() == pytest.approx(later["change"].to_numpy(), abs=3e-3)
    starts = [job.window.since for job in jobs]
    assert len(set(starts)) == 1
    longer = [(b.window.as_of - a.window.as_of).days for a, b in pairwise(jobs)]
    assert later["by_days"].to_numpy() == pytest.approx([n / 10_000 for n in longer], abs=1e-3)


def test_what_moved_is_listed_by_model_with_before_and_after(followed):
    out, said = followed
    table = pd.read_csv(out / "moved.csv", keep_default_na=False, dtype=str)
    third = table[table["fetched"].str.startswith("2026-05-29")]
    cells = third[["model", "column", "before", "after"]].to_numpy().tolist()
    assert ["Qwen2.5-Coder (7B)", "released", "2024-09-17", "2024-09-18"] in cells
    assert ["INTELLECT-1", "weights", "closed", "open"] in cells
    assert ["Gemini 3.5 Flash", "new", "", "2026-05-19"] in cells
    assert third["column"].value_counts().to_dict() == {
        "new": 6, "released": 1, "dated": 1, "weights": 2,
    }  # fmt: skip
    words = " ".join(said["2026-05-29"].stdout.split())
    assert "6 models are new: Gemini 3.5 Flash (2026-05-19), " in words
    assert "Release dates moved: Qwen2.5-Coder (7B) from 2024-09-17 to 2024-09-18." in words
    assert "Openness of weights moved: INTELLECT-1 from closed to open, GLM-5.1 from cl" in words
    assert "errors changed: they were pinned at the anchors and are not pinned" in words
    assert "otherwise than the published ones" not in words
    fifth = " ".join(said[DAYS[4]].stdout.split())
    assert "3 models are no longer there: Gemini 3.1 Flash-Lite (2026-03-03), " in fifth
    assert "Qwen 3.6 Flash from open to closed" in fifth
    assert "convention of the scores' errors" not in fifth


def test_the_paragraph_says_what_moved_the_headline_and_by_how_much(followed):
    out, said = followed
    rows = pd.read_csv(out / "history.csv").to_dict("records")
    words = " ".join(said[DAYS[4]].stdout.split())
    last, now = rows[3], rows[4]
    assert f"By the vintage before it was {last['median']:.1f} ({last['lower90']:.1f} to" in words
    assert f"The posterior mean moved by {round(now['change'], 1) + 0.0:+.1f} months" in words
    for name, called in (("scores", "revised scores"), ("models", "models that came or went")):
        assert f"{round(now[f'by_{name}'], 1) + 0.0:+.1f} by {called}" in words
    assert "after eci_scores_2026-07-01 of 2026-07-01" in words
    assert "the first vintage here" in said[DAYS[0]].stdout
    page = (out / "updates.md").read_text("utf-8")
    assert page.startswith("# China behind USA, by vintage\n\neci_scores_2026-07-02, fetched on")
    assert page.count("| eci_scores_2026-") == 5
    assert page.count("- 2026-06-0") == 3
    assert ATTRIBUTION in page


def test_the_feed_is_atom_with_an_entry_a_vintage_and_stable_identifiers(
    server, vintages, made_up, tmp_path
):
    out, seen, whole = tmp_path / "out", {}, ""
    for day in DAYS[:3]:
        server.serve(vintages[day], day)
        assert run(server, out, "--site", "https://example.org/lag/").returncode == 0
        root, found = entries(out)
        ids = [entry.findtext(f"{ATOM}id") for entry in found]
        assert ids[1:] == list(seen.values())[::-1]
        seen[day] = ids[0]
        whole = root.findtext(f"{ATOM}id")
    assert len({*seen.values(), whole}) == 4
    for urn in (*seen.values(), whole):
        assert uuid.UUID(urn.removeprefix("urn:uuid:")).version == 5
    # RFC 4287, 4.1.1 and 4.1.2: what a feed and an entry must have.
    for element in (root, *found):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{name}")) == 1
        assert re.fullmatch(r"2026-0\d-\d\dT04:30:00Z", element.findtext(f"{ATOM}updated"))
    assert root.findtext(f"{ATOM}author/{ATOM}name") == "frontierlag"
    assert root.findtext(f"{ATOM}updated") == found[0].findtext(f"{ATOM}updated")
    assert root.findtext(f"{ATOM}rights") == ATTRIBUTION
    assert {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")} == {
        "self": "https://example.org/lag/feed.xml", "alternate": "https://example.org/lag/",
    }  # fmt: skip
    for day, entry in zip(DAYS[2::-1], found, strict=True):
        assert entry.findtext(f"{ATOM}updated").startswith(day)
        assert entry.find(f"{ATOM}content").get("type") == "text"
        assert f"eci_scores_{day}, fetched on {day}" in entry.findtext(f"{ATOM}content")
    # The same vintages give the same feed, wherever and whenever it is written.
    again = tmp_path / "again"
    for day in DAYS[:3]:
        server.serve(vintages[day], day)
        run(server, again, "--site", "https://example.org/lag/")
    assert (again / "feed.xml").read_bytes() == (out / "feed.xml").read_bytes()


def test_a_server_that_says_unchanged_is_believed_and_nothing_is_written(
    server, vintages, made_up, tmp_path
):
    out = tmp_path / "out"
    server.serve(vintages[DAYS[0]], DAYS[0], etag='"one"')
    assert run(server, out).returncode == 0
    before = contents(out)
    server.serve(b"", "2026-05-01", code=304)
    done = run(server, out, "--json")
    assert done.returncode == UNCHANGED
    assert server.asked[-1]["if-none-match"] == '"one"'
    answer = json.loads(done.stdout)
    assert (answer["changed"], answer["vintage"]["sha256"]) == (False, index(out)["sha256"][0])
    assert contents(out) == before


def test_the_day_is_the_server_s_or_the_user_s_and_never_the_clock_s(
    server, vintages, made_up, tmp_path
):
    out = tmp_path / "out"
    server.serve(vintages[DAYS[1]], None)
    refused(run(server, out), "which day.*--fetched")
    assert not out.exists()
    assert run(server, out, "--fetched", DAYS[1]).returncode == 0
    assert index(out)["fetched"].tolist() == [f"{DAYS[1]}T00:00:00Z"]
    before = contents(out)
    server.serve(vintages[DAYS[2]], DAYS[0])
    refused(run(server, out), "fetched on 2026-05-08.*of 2026-04-30: .* in their order")
    assert contents(out) == before
    assert run(server, out, "--fetched", DAYS[2]).returncode == 0


def test_too_many_models_gone_is_refused_unless_accepted(server, made_up, tmp_path):
    out = tmp_path / "out"
    for day in ("2026-02-07", "2026-03-10"):
        server.serve(epoch_csv(f"eci-{day}"), day)
        done = run(server, out)
    refused(done, "lacks 23 models of the last vintage: .* and 15 more; .*--accept-smaller$")
    assert "--accept-layout" not in done.stderr
    assert run(server, out, "--accept-smaller").returncode == 0
    table = index(out)
    assert table["state"].tolist() == ["accepted", "refused", "accepted"]
    assert table["reason"][2].startswith("taken all the same: it lacks 23 models")
    # The refused row and the accepted one are of the same bytes.
    assert table["sha256"][1] == table["sha256"][2]


def test_a_renamed_column_is_followed_if_the_user_says_so(server, vintages, made_up, tmp_path):
    out = tmp_path / "out"
    server.serve(vintages[DAYS[0]], DAYS[0])
    run(server, out)
    server.serve(epoch_csv(f"eci-{DAYS[1]}", RENAMED), DAYS[1])
    named = ["--column", "score=capability"]
    refused(run(server, out, *named), "score was read from 'eci' and would be from 'capability'")
    assert run(server, out, *named, "--accept-layout").returncode == 0
    assert run(server, out, *named).returncode == UNCHANGED
    server.serve(epoch_csv(f"eci-{DAYS[2]}", RENAMED), DAYS[2])
    assert run(server, out, *named).returncode == 0
    assert index(out)["state"].tolist() == ["accepted", "refused", "accepted", "accepted"]
    assert len(pd.read_csv(out / "history.csv")) == 3


def test_an_unreachable_server_is_no_vintage(server, vintages, made_up, tmp_path):
    out = tmp_path / "out"
    server.serve(vintages[DAYS[0]], DAYS[0])
    run(server, out)
    before = contents(out)
    server.serve(b"", DAYS[1], code=503)
    refused(run(server, out), "answers 503")
    server.serve(b"", DAYS[1], code=404)
    refused(run(server, out), "answers 404")
    assert contents(out) == before


def test_an_update_that_stops_has_not_happened(server, vintages, made_up, tmp_path, monkeypatch):
    out, steps = tmp_path / "out", {}
    server.serve(vintages[DAYS[0]], DAYS[0])
    run(server, out)
    before = contents(out)
    server.serve(vintages[DAYS[1]], DAYS[1])

    def stop(*_, **__):
        raise KeyboardInterrupt

    for name in ("causes", "run_jobs", "feed", "write_tree"):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, stop)
            assert run(server, out).returncode == 130
            steps[name] = contents(out)
            assert (out / "archive" / "index.csv").read_bytes() == before[
                (out / "archive" / "index.csv").relative_to(out)
            ]
    assert steps["causes"] == steps["run_jobs"] == before
    assert run(server, out).returncode == 0
    table = pd.read_csv(out / "history.csv")
    assert [text[:10] for text in table["fetched"]] == list(DAYS[:2])
    assert len(entries(out)[1]) == 2
    moved = pd.read_csv(out / "moved.csv")
    assert not moved.duplicated().any()


def test_a_folder_follows_one_comparison(server, vintages, made_up, tmp_path):
    out = tmp_path / "out"
    server.serve(vintages[DAYS[0]], DAYS[0])
    run(server, out)
    before = contents(out)
    server.serve(vintages[DAYS[1]], DAYS[1])
    refused(run(server, out, "--comparison", "closed-open"), "follows us-china .*--out")
    refused(run(server, out, "--dates", "announced"), "dates released.* by announced")
    assert contents(out) == before


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("archive/index.csv", "list of vintages, cannot be used"),
        ("history.csv", "put it back"),
        ("vintage", "has been changed since it was fetched on 2026-04-30"),
    ],
)
def test_a_folder_that_was_changed_is_not_used(server, vintages, made_up, tmp_path, name, words):
    out = tmp_path / "out"
    server.serve(vintages[DAYS[0]], DAYS[0])
    run(server, out)
    path = out / name
    if name == "vintage":
        (path,) = (out / "archive").glob("*/*.csv")
    path.write_text("nothing\n", encoding="utf-8")
    server.serve(vintages[DAYS[1]], DAYS[1])
    before = contents(out)
    refused(run(server, out), words)
    assert contents(out) == before


def test_files_of_somebody_else_are_not_overwritten(server, vintages, made_up, tmp_path):
    (tmp_path / "history.csv").write_text("mine")
    server.serve(vintages[DAYS[0]], DAYS[0])
    refused(run(server, tmp_path), "has history.csv in it but no archive")
    assert contents(tmp_path).keys() == {(tmp_path / "history.csv").relative_to(tmp_path)}


def test_a_place_that_cannot_be_written_is_said_before_anything_is_fetched(server, tmp_path):
    (tmp_path / "file").write_text("mine")
    refused(run(server, tmp_path / "file"), "file is a file; give a folder")
    refused(run(server, tmp_path / "file" / "out"), "cannot be written")
    assert server.asked == []


def test_an_address_without_encryption_is_refused_unless_allowed(server, tmp_path):
    refused(here("update", server.url, "--out", tmp_path / "out"), "not an https address")
    assert (server.asked, list(tmp_path.iterdir())) == ([], [])


def test_a_comparison_that_the_first_table_lacks_leaves_nothing(
    server, vintages, made_up, tmp_path
):
    server.serve(vintages[DAYS[0]], DAYS[0])
    out = tmp_path / "out"
    done = run(server, out, "--comparison", "USA:Atlantis")
    assert done.returncode == USER_ERROR
    assert "'Atlantis'" in done.stderr
    assert not out.exists()


@pytest.mark.xdist_group("linear-stochastic")
def test_a_real_fit_with_its_page(server, vintages, tmp_path):
    """With few draws, so that the gate is missed and everything says so."""
    out = tmp_path / "out"
    server.serve(vintages[DAYS[0]], DAYS[0])
    few = ["--chains", "2", "--draws", "100", "--tune", "100"]
    done = run(server, out, *few, "--json")
    assert done.returncode == NOT_CONVERGED, done.stderr
    answer = json.loads(done.stdout)
    assert answer["changed"] is True
    assert answer["converged"] is False
    (kept,) = index(out).to_dict("records")
    manifest = json.loads((out / "results" / "manifest.json").read_text("utf-8"))
    assert manifest["data"]["sha256"] == kept["sha256"]
    assert manifest["request"]["scores"] == str(out / "archive" / kept["file"])
    lags = pd.read_csv(out / "results" / "lags.csv")
    row = lags[(lags["lag"] == "realized") & (lags["period"] == "window")].iloc[0]
    history = pd.read_csv(out / "history.csv").iloc[0]
    assert history["median"] == row["median"]
    assert not history["converged"]
    page = (out / "results" / "report.html").read_text("utf-8")
    assert "NOT CONVERGED" in page
    top = (out / "index.html").read_text("utf-8")
    assert '<link rel="alternate" type="application/atom+xml" href="feed.xml">' in top
    assert [name for name in re.findall('href="([^"#]+)"', top) if not (out / name).is_file()] == []
    assert "NOT CONVERGED" in answer["words"]
    assert "NOT CONVERGED" in entries(out)[1][0].findtext(f"{ATOM}title")
