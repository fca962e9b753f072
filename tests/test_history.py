"""A history of vintages: which tables, which days, what moved the lag; words, figure, files."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from frontierlag.analyses.refits import Refit, from_daily
from frontierlag.cli import main
from frontierlag.dates import Window
from frontierlag.errors import ScoresError, SpecError
from frontierlag.figures.sheet import Provenance
from frontierlag.jobs import Job
from frontierlag.lags.published import catch_up, conventions, daily, last_day_conventions
from frontierlag.names import CURRENT, REALIZED, SAMPLE_DIMS, TREND
from frontierlag.names import WINDOW as WHOLE
from frontierlag.scores.reading.options import DEFAULT_OPTIONS, ReadOptions
from frontierlag.scores.registry import registry
from frontierlag.studies.history import study as module
from frontierlag.studies.history.study import history, history_figure, study_history, upto
from frontierlag.studies.history.vintages import (
    FREE,
    PINNED,
    chosen_tables,
    mixtures,
    read_vintages,
    same_days,
    taken_apart,
    with_errors_of,
)
from frontierlag.studies.history.words import (
    LAST_DAY,
    OWN_WINDOW,
    POINT,
    SAME_DAYS,
    by_vintage,
    report,
    sentences,
)
from frontierlag.studies.vintages.comparison import AFTER, BEFORE, CORNERS, signature

HEAD = "model,organization,country,weights,released,score,stderr"
FIRST = [
    ("A1", "USA", "2024-01-01", 100),
    ("A2", "USA", "2024-03-01", 110),
    ("A3", "USA", "2024-05-01", 120),
    ("B1", "China", "2024-01-10", 90),
    ("B2", "China", "2024-04-01", 105),
    ("B3", "China", "2024-06-01", 112),
]
JOB = Job("")


def write(folder, day, rows, *, errors=True):
    """A table of a user's own, its vintage in its name."""
    lines = [
        f"{model},O,{country},open,{released},{score},{2 if errors else ''}"
        for model, country, released, score in rows
    ]
    file = folder / f"eci-own-{day}.csv"
    file.write_text("\n".join([HEAD, *lines]) + "\n", encoding="utf-8")
    return str(file)


@pytest.fixture
def own(tmp_path):
    """Three vintages: two rows rescored and a date moved; then a model comes; then no change."""
    second = [*FIRST[:2], ("A3", "USA", "2024-04-20", 121), *FIRST[3:5], ("B3", "China",
              "2024-06-01", 111)]  # fmt: skip
    third = [*second, ("A4", "USA", "2024-07-15", 130)]
    return [
        write(tmp_path, "2024-08-01", third),
        write(tmp_path, "2024-06-10", FIRST),
        write(tmp_path, "2024-06-20", second),
        write(tmp_path, "2024-08-02", third),
    ]


# --- which tables, which days


def test_the_archive_and_the_main_tables_of_the_index_are_taken_and_own_files_added():
    chosen = chosen_tables(["mine.csv", "eci-2026-08-19"])
    index = [t.name for t in registry().of("scores") if t.metric == "ECI"]
    assert chosen == (*index, "mine.csv")
    assert chosen_tables(["b.csv", "a.csv", "b.csv"], archive=False) == ("b.csv", "a.csv")


def test_vintages_are_ordered_by_day_and_the_broken_one_of_the_archive_is_refused(own):
    names = ["eci-2026-05-08", "eci-2026-04-29", "eci-2026-03-10"]
    found, refused = read_vintages(names, JOB)
    assert [str(one.day) for one in found] == ["2026-03-10", "2026-05-08"]
    assert [one.name for one in refused] == ["eci-2026-04-29"]
    assert refused[0].reason.startswith("30 row(s), column low/high/stderr: give an interval")
    mine, _ = read_vintages(own, JOB, given=own)
    assert [str(one.day) for one in mine] == [
        "2024-06-10", "2024-06-20", "2024-08-01", "2024-08-02",
    ]  # fmt: skip
    assert mine[0].prepared.table.attribution == "Data: eci-own-2024-06-10.csv."


def test_what_columns_mean_is_said_of_ones_own_tables_alone(own):
    """And what to do with rows, of all: the archive's broken vintage can then be read."""
    for path in own:
        text = Path(path).read_text("utf-8")
        Path(path).write_text(text.replace("score", "points of mine", 1), "utf-8")
    asked = Job("", reading=ReadOptions(column=("score=points of mine",), log2=True))
    mine, _ = read_vintages(own, asked, given=own)
    plain = {str(one.day): one.prepared.releases for one in mine}["2024-06-10"]
    assert plain.score.max() < 10  # log2
    assert asked.of("eci-2026-08-11").reading == DEFAULT_OPTIONS
    assert asked.of(own[0]).reading == asked.reading
    median = Job("", reading=ReadOptions(log2=True, missing_intervals="median"))
    found, refused = read_vintages(["eci-2026-04-29", "eci-2026-08-11"], median)
    assert ([one.name for one in found], refused) == (["eci-2026-04-29", "eci-2026-08-11"], ())
    assert found[-1].prepared.releases.score.max() > 150  # no log2 of a reference table


@pytest.mark.parametrize(
    ("words", "study"),
    [
        (
            ["study", "vintages", "a.csv", "b.csv"],
            "frontierlag.studies.vintages.study.study_vintages",
        ),
        (["study", "history", "a.csv"], "frontierlag.studies.history.study.study_history"),
        (
            ["validate", "backtest", "--scores", "b.csv", "--earlier", "a.csv"],
            "frontierlag.studies.forecast.study.study_backtest",
        ),
    ],
    ids=lambda words: words[1] if isinstance(words, list) else "",
)
def test_studies_of_several_tables_take_the_options_of_reading(words, study, monkeypatch, tmp_path):
    asked = []

    def instead(*given, **options):
        asked.extend(one.reading for one in given if isinstance(one, Job))
        raise SpecError("that is all")

    monkeypatch.setattr(study, instead)
    with pytest.raises(SystemExit):
        main([*words, "--column", "score=elo", "--interval-level", "0.95", "--out", str(tmp_path)])
    wanted = ReadOptions(column=("score=elo",), interval_level=0.95)
    assert asked
    assert set(asked) == {wanted}


def test_a_table_of_ones_own_is_not_passed_over(own, tmp_path):
    bad = write(tmp_path, "2024-09-01", [("A1", "USA", "2024-01-01", "high")])
    with pytest.raises(ScoresError, match="found 'high'"):
        read_vintages([*own, bad], JOB, given=[*own, bad])
    with pytest.raises(ScoresError, match="measures FrontierMath"):
        read_vintages(["eci-2026-08-11", "frontiermath-2026-01-17"], JOB)
    with pytest.raises(SpecError, match=r"two vintages, and 1 can be read: eci-2026-04-29"):
        read_vintages(["eci-2026-08-11", "eci-2026-04-29"], JOB)


def test_same_days_run_from_the_latest_start_to_the_earliest_end(own):
    found, _ = read_vintages(own, JOB)
    # Second records: A2 2024-03-01, B2 2024-04-01.
    assert same_days(found) == Window(date(2024, 4, 1), date(2024, 6, 10))
    assert same_days(found, date(2024, 5, 1)).since == date(2024, 5, 1)
    with pytest.raises(SpecError, match="only from 2024-04-01 on"):
        same_days(found, date(2024, 3, 31))
    with pytest.raises(SpecError, match=r"share no day: from 2024-06-11 on, and to 2024-06-10"):
        same_days(found, date(2024, 6, 11))


def test_errors_of_a_scale_that_is_not_pinned_are_seen_by_the_anchors():
    found, _ = read_vintages(["eci-2026-07-14", "eci-2026-07-15", "eci-2026-08-11"], JOB)
    assert [one.errors for one in found] == [FREE, PINNED, PINNED]


# --- what moved the lag


def test_mixtures_hold_what_came_after_the_earlier_vintage(own):
    found, _ = read_vintages(own, JOB)
    a, b = found[1], found[2]
    mixed = mixtures(a, b)
    assert mixed[BEFORE] is a.prepared.releases
    assert mixed[AFTER] is b.prepared.releases
    with_models = {corner for corner, r in mixed.items() if "A4" in r.model}
    assert with_models == {corner for corner in CORNERS if corner[2] == "b"}
    # Nothing but the model differs, so eight mixtures are two.
    assert len({signature(r) for r in mixed.values()}) == 2
    first = mixtures(found[0], a)
    moved = first["b", "a", "a"]
    at = {name: i for i, name in enumerate(moved.model)}
    assert (moved.score[at["A3"]], str(moved.date[at["A3"]])) == (121, "2024-05-01")
    moved = first["a", "b", "a"]
    at = {name: i for i, name in enumerate(moved.model)}
    assert (moved.score[at["A3"]], str(moved.date[at["A3"]])) == (120, "2024-04-20")


def test_the_later_vintage_with_the_errors_of_the_earlier_one():
    found, _ = read_vintages(["eci-2026-07-14", "eci-2026-07-15"], JOB)
    a, b = (one.prepared.releases for one in found)
    mixed = with_errors_of(a, b)
    assert set(a.model) == set(b.model)
    error_of = dict(zip(a.model, a.stderr, strict=True))
    assert mixed.stderr.tolist() == [error_of[name] for name in b.model]
    assert mixed.stderr_low.tolist() == mixed.stderr.tolist()
    np.testing.assert_array_equal(mixed.score, b.score)
    # A model that the earlier one does not have keeps its own.
    fewer, _ = read_vintages(["eci-2025-12-24", "eci-2026-07-15"], JOB)
    a, b = (one.prepared.releases for one in fewer)
    mixed = with_errors_of(a, b)
    new = ~np.isin(b.model, a.model)
    assert new.any()
    np.testing.assert_array_equal(mixed.stderr[new], b.stderr[new])
    assert (mixed.stderr[~new] != b.stderr[~new]).any()


def test_tables_with_the_same_rows_share_a_fit():
    found, _ = read_vintages(["eci-2025-12-24", "eci-2025-12-25", "eci-2026-01-03"], JOB)
    one, same, other = (signature(v.prepared.releases) for v in found)
    assert one == same != other


def test_parts_of_an_additive_change_are_what_each_adds():
    """Scores add 1, dates 4, releases 2: worked by hand, every order gives the same."""
    keys = {corner: "".join(corner) for corner in CORNERS}
    add = (1.0, 4.0, 2.0)
    values = {
        key: (5 + sum(x for x, side in zip(add, key, strict=True) if side == "b"), 0.1)
        for key in keys.values()
    }
    total, parts = taken_apart(keys, values)
    assert total == pytest.approx((7.0, 0.1 * np.sqrt(2)))
    assert {k: v[0] for k, v in parts.items()} == pytest.approx(
        {"scores": 1.0, "dates": 4.0, "releases": 2.0}
    )
    # Weights of a Shapley value of three: 1/3, 1/6, 1/6, 1/3 on either side.
    squares = 2 * (2 / 9 + 2 / 36)
    assert parts["scores"][1] == pytest.approx(0.1 * np.sqrt(squares))


def test_a_joint_effect_is_halved_and_shared_fits_count_once():
    """Two things differ and only both together change anything: half each; dates nothing."""
    keys = {corner: f"{corner[0]}{corner[2]}" for corner in CORNERS}
    values = {"aa": (1.0, 0.2), "ab": (1.0, 0.2), "ba": (1.0, 0.2), "bb": (4.0, 0.2)}
    total, parts = taken_apart(keys, values)
    assert total[0] == 3.0
    assert {k: v[0] for k, v in parts.items()} == pytest.approx(
        {"scores": 1.5, "dates": 0.0, "releases": 1.5}
    )
    assert parts["dates"][1] == 0
    # Scores: (bb - ab)/2 + (ba - aa)/2, four independent fits.
    assert parts["scores"][1] == pytest.approx(0.2 * np.sqrt(4 / 4))


# --- point conventions over some of the days


def test_point_conventions_over_the_same_days(own):
    """By hand: B2 (105) matches A1; B3 (112) is past A2 (110) and short of A3 (120)."""
    found, _ = read_vintages(own, JOB)
    r = found[0].prepared.releases
    days = 365.25 / 12
    since = date(2024, 4, 1)
    matched, of_days, reached = conventions(r, since)
    assert matched.n == 2
    assert matched.mean * days == pytest.approx((91 + 92) / 2)  # A1 to B2, A2 to B3
    assert reached.censored == 1
    assert reached.n == 0  # of the leader's records from April on A3, not reached
    assert catch_up(r).n == 2
    # Without each group's first record: 1 April to 31 May behind A2 (110 > 106, since 1 March,
    # its first, so a bound); from 1 June B3 = 112 is past A2 and short of A3 of 1 May.
    lags = [*range(31, 92), *range(31, 41)]
    assert of_days.n == len(lags) == 71
    assert of_days.mean * days == pytest.approx(np.mean(lags))
    assert of_days.censored == 61
    assert daily(r).mean == pytest.approx(of_days.mean)
    last = last_day_conventions(r)
    assert [c.name for c in last] == ["release-matched", "daily"]
    assert last[0].mean * days == pytest.approx(92)
    assert last[1].mean * days == pytest.approx(40)
    assert list(upto(r, Window(since, date(2024, 4, 30))).model) == ["A1", "B1", "A2", "B2"]


def test_lags_over_windows_that_end_on_different_days():
    """Days 0 to 5 hold 0 to 5; by hand: mean and last day of each window."""
    day = date(1970, 1, 1)
    windows = [Window(day, date(1970, 1, 3)), Window(date(1970, 1, 2), date(1970, 1, 6))]
    months = xr.DataArray(np.tile(np.arange(6.0), (2, 3, 1)), dims=(*SAMPLE_DIMS, "date"))
    first, second = from_daily({REALIZED: (months, months >= 2)}, windows)
    assert np.all(first[REALIZED, WHOLE][0] == 1.0)
    assert np.all(first[REALIZED, CURRENT][0] == 2.0)
    assert first[REALIZED, WHOLE][1] == pytest.approx(1 / 3)
    assert np.all(second[REALIZED, WHOLE][0] == 3.0)
    assert np.all(second[REALIZED, CURRENT][0] == 5.0)


# --- the whole, with synthetic posteriors


def synthetic(tasks, settings, workers, done):
    """Refits whose lag is the mean score of the releases less 100, known without sampling."""
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(2, 200))
    noise = (noise - noise.mean()) / noise.std()
    found = {}
    for task in tasks:
        value = float(task.observations.releases.score.mean()) - 100
        lags = tuple(
            {
                (kind, period): (
                    xr.DataArray(scale * value + 0.5 * noise, dims=SAMPLE_DIMS),
                    0.0,
                )
                for kind, scale in ((TREND, 0.5), (REALIZED, 1.0))
                for period in (WHOLE, CURRENT)
            }
            for _ in task.windows
        )
        found[task.key] = Refit(
            lags, SimpleNamespace(converged=True), len(task.observations.releases)
        )
    done("synthetic")
    return found


@pytest.fixture
def made(own, monkeypatch):
    monkeypatch.setattr(module, "refit_all", synthetic)
    return history(own, JOB, given=own)


def test_every_vintage_is_a_row_of_each_quantity(made):
    lags = made.lags
    assert list(lags["vintage"].unique()) == ["2024-06-10", "2024-06-20", "2024-08-01",
                                              "2024-08-02"]  # fmt: skip
    counts = lags.groupby(["quantity", "lag"]).size()
    assert counts[SAME_DAYS, POINT] == counts[OWN_WINDOW, POINT] == 3 * 4
    assert counts[LAST_DAY, POINT] == 2 * 4
    assert counts[SAME_DAYS, TREND] == counts[LAST_DAY, REALIZED] == 4
    same = lags[(lags["quantity"] == SAME_DAYS) & (lags["lag"] == REALIZED)]
    assert same["since"].unique().tolist() == ["2024-04-01"]
    assert same["as_of"].unique().tolist() == ["2024-06-10"]
    # Mean scores less 100: 637/6, the same (one up, one down), then (637 + 130)/7.
    first, last = 637 / 6 - 100, 767 / 7 - 100
    assert same["mean"].tolist() == pytest.approx([first, first, last, last])
    assert same["sd"].tolist() == pytest.approx([0.5] * 4)


def test_changes_add_up_and_name_their_cause(made):
    steps = made.changes[made.changes["lag"] == REALIZED]
    assert steps["same_rows"].tolist() == [False, False, True]
    parts = steps[["scores", "models", "dates"]].sum(axis=1)
    assert parts.to_numpy() == pytest.approx(steps["change"].to_numpy(), abs=1e-12)
    came = steps.iloc[1]
    assert came["change"] == pytest.approx(767 / 7 - 637 / 6)
    assert came["models"] == pytest.approx(came["change"])
    assert steps["largest_score_change"].tolist() == [1, 0, 0]
    assert steps["errors"].tolist() == [0, 0, 0]
    assert steps["errors_changed"].tolist() == [False] * 3


def test_spread_counts_vintages_with_the_same_rows_once(made):
    realized = made.spread.set_index("lag").loc[REALIZED]
    means = [637 / 6, 637 / 6, 767 / 7]
    assert realized["vintages"] == 3
    assert realized["sd_over_vintages"] == pytest.approx(np.std(means, ddof=1))
    assert realized["posterior_sd"] == pytest.approx(0.5)


def test_words_say_the_spread_the_cause_and_what_is_not_known(made):
    text = " ".join(sentences(made))
    for part in ("2024-04-01 to 2024-06-10", "0.50", "2024-06-20 to 2024-08-01 +3.40"):
        assert part in text
    same = re.search(r"[^.;]*same rows[^.;]*", text)[0]
    assert "eci-own-2024-08-02" in same
    assert "eci-own-2024-08-01" in same
    assert "linear-joint" in text
    assert "NOT CONVERGED" not in text
    table = by_vintage(made.lags)
    assert table.count("\n") == 1 + 4
    # The realized lag of one day is the age of one release: no mean and no interval of it.
    assert "last day" not in table
    page = report(made)
    assert page.startswith("# History: China behind USA")
    assert "Epoch AI" not in page.rpartition("## By vintage")[2]


def test_a_fit_that_missed_the_gate_is_marked(made):
    lags = made.lags.assign(converged=made.lags["table"] != "eci-own-2024-06-20")
    bad = module.History(**{**vars(made), "lags": lags})
    assert not bad.converged
    (stamped,) = (words for words in sentences(bad) if words.startswith("NOT CONVERGED"))
    assert "eci-own-2024-06-20" in stamped
    assert "eci-own-2024-06-20 (NOT CONVERGED)" in by_vintage(lags)


def test_the_figure_is_drawn_from_the_table(made, tmp_path):
    made.lags.to_csv(tmp_path / "history.csv", index=False)
    again = pd.read_csv(tmp_path / "history.csv", dtype={"vintage": str, "errors": str})
    about = Provenance("us-china", "own", date(2024, 8, 2), "linear-stochastic")
    figure = history_figure(again, about, "By vintage")
    upper, lower = figure.axes
    (line,) = [artist for artist in upper.lines if artist.get_gid() == REALIZED]
    rows = made.lags[(made.lags["quantity"] == SAME_DAYS) & (made.lags["lag"] == REALIZED)]
    assert line.get_ydata() == pytest.approx(rows["mean"].to_numpy())
    named = made.lags["table"].unique().tolist()
    assert [text.get_text() for text in lower.get_xticklabels()] == named
    assert {a.get_gid() for a in lower.lines} >= {"release-matched", "daily", TREND, REALIZED}
    assert "catch-up" not in {a.get_gid() for a in lower.lines}


def test_the_folder_holds_tables_words_figure_and_record(own, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "refit_all", synthetic)
    out = tmp_path / "out"
    study_history(own, JOB, out, given=own)
    assert {p.name for p in out.iterdir()} == {
        *("history.csv", "changes.csv", "spread.csv", "history.md", "manifest.json", "figures"),
    }
    record = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert record["vintages"][0]["name"] == "eci-own-2024-06-10"
    assert record["converged"] is True
    credits = pd.read_csv(out / "history.csv")["attribution"].unique()
    assert all(words.startswith("Data: eci-own-") for words in credits)
