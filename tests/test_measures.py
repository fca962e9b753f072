"""Several measures of one lag: pooling against brute force, tables, words, figure, command."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats
from tests.commands import here

import frontierlag as fl
from frontierlag import words
from frontierlag.analyses.refits import Refit
from frontierlag.cli.studies import DEFAULT_SPREAD
from frontierlag.errors import SpecError
from frontierlag.jobs import Job
from frontierlag.names import CURRENT, REALIZED, SAMPLE_DIMS, TREND
from frontierlag.names import WINDOW as WHOLE
from frontierlag.scores.side_by_side import in_both, same_models
from frontierlag.studies.measures import table as module
from frontierlag.studies.measures.pooling import CENTRE as MIDDLE
from frontierlag.studies.measures.pooling import SPREAD, WIDTH, Reported, pooled
from frontierlag.studies.measures.study import (
    LIMITS,
    POOLED,
    figure_of,
    report,
    sentences,
    study_measures,
)
from frontierlag.studies.measures.table import (
    ANOTHER,
    BETWEEN,
    BOUND,
    CENTRE,
    LEFT_OUT,
    OWN_WINDOW,
    POINT,
    SAME_DAYS,
    measured_by,
    shipped_measures,
)

METR = "metr-time-horizons-2026-05-14"
FEW = SimpleNamespace(converged=True, verdict=lambda: "")


# --- pooling


def brute_force(likelihoods, spread):
    """Mean and sd of centre and spread, every integral a sum over a fine grid, exact densities."""
    theta = np.linspace(-40, 60, 2001)
    centre, between = np.linspace(-25, 40, 196), (np.arange(80) + 0.5) * spread / 20
    log = -0.5 * ((centre - MIDDLE) / WIDTH) ** 2 - 0.5 * (between[:, None] / spread) ** 2
    curves = np.stack([of(theta) for of in likelihoods])
    for j, omega in enumerate(between):
        kernel = stats.norm.pdf(theta, centre[:, None], omega)
        kernel /= kernel.sum(1, keepdims=True)  # as narrow as a step of the grid, it is one point
        log[j] += np.log(kernel @ curves.T + 1e-300).sum(1)
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    of_centre, of_spread = weight.sum(0), weight.sum(1)
    return [
        (float(p @ x), float(np.sqrt(p @ x**2 - (p @ x) ** 2)))
        for x, p in ((centre, of_centre), (between, of_spread))
    ]


SKEWED = stats.gamma(3, loc=4, scale=1.5)
PLAIN = (stats.norm(6, 1), stats.norm(8.5, 2), stats.norm(3, 0.8))


@pytest.mark.parametrize("spread", [1.0, 4.0])
@pytest.mark.parametrize("bound", [False, True])
def test_pooling_agrees_with_brute_force(spread, bound):
    """Three measures, one of them skewed; with a fourth that is only a lower bound, or a lag."""
    of = [*PLAIN[:2], SKEWED, PLAIN[2]]
    likelihoods = [one.pdf for one in of[:3]] + [of[3].cdf if bound else of[3].pdf]
    # Draws without noise, so that what is left is the error of the method.
    level = (np.arange(20_000) + 0.5) / 20_000
    given = [Reported(one.ppf(level)) for one in of]
    given[3] = replace(given[3], bound=bound)
    found = pooled(given, seed=1, spread=spread, draws=40_000)
    for draws, (mean, sd) in zip(
        (found.centre, found.spread), brute_force(likelihoods, spread), strict=True
    ):
        assert draws.mean() == pytest.approx(mean, abs=5 * sd / 200)
        assert draws.std() == pytest.approx(sd, rel=0.04)


def test_lag_of_each_measure_given_the_others_is_that_of_normal_theory():
    """Of normal likelihoods, given centre and spread, it is their average weighted by precision."""
    level = (np.arange(4000) + 0.5) / 4000
    given = [Reported(one.ppf(level)) for one in PLAIN]
    found = pooled(given, seed=2, draws=40_000)
    for k, one in enumerate(PLAIN):
        mean, variance = one.mean(), one.var()
        weight = found.spread**2 / (found.spread**2 + variance)
        expected = found.centre + weight * (mean - found.centre)
        assert found.each[:, k].mean() == pytest.approx(expected.mean(), abs=0.03)
        total = (weight * variance).mean() + expected.var()
        assert found.each[:, k].var() == pytest.approx(total, rel=0.05)
    apart = found.another - found.centre
    assert apart.std() == pytest.approx(np.sqrt((found.spread**2).mean()), rel=0.05)


def test_a_bound_pulls_up_only_what_lies_below_it():
    rng = np.random.default_rng(3)
    low = [Reported(rng.normal(4, 0.5, 2000)), Reported(rng.normal(4.5, 0.5, 2000))]
    alone = pooled(low, 1)
    beyond = pooled([*low, Reported(rng.normal(12, 0.5, 2000), bound=True)], 1)
    within = pooled([*low, Reported(rng.normal(0, 0.5, 2000), bound=True)], 1)
    assert beyond.centre.mean() > alone.centre.mean() + 1
    assert within.centre.mean() == pytest.approx(alone.centre.mean(), abs=0.3)
    assert beyond.each[:, 2].min() > 9


def test_measures_that_disagree_make_the_spread_and_the_next_measure_wide():
    rng = np.random.default_rng(4)
    near = pooled([Reported(rng.normal(6, 0.5, 2000)) for _ in range(4)], 1)
    far = pooled([Reported(rng.normal(m, 0.5, 2000)) for m in (2, 5, 9, 13)], 1)
    assert np.median(far.spread) > 3 * np.median(near.spread)
    assert np.ptp(np.quantile(far.another, (0.05, 0.95))) > 10


@pytest.mark.parametrize(
    ("reported", "spread", "words"),
    [
        ([Reported(np.ones(9))], 4, "at least two"),
        ([Reported(np.ones(9)), Reported(np.ones(9), bound=True)], 4, "at least two"),
        ([Reported(np.ones(9)), Reported(np.array([1.0, np.nan]))], 4, "without a value"),
        ([Reported(np.ones(9)), Reported(np.ones(9))], 0, "must be positive"),
    ],
)
def test_what_cannot_be_pooled_is_refused(reported, spread, words):
    with pytest.raises(SpecError, match=words):
        pooled(reported, 1, spread)


# --- tables, from made-up posteriors


def synthetic(shift=0.0, censored=0.0, undefined=0.0, of="", failed=""):
    """Refits without sampling: the realized lag is 6 months, longer over days that begin later.

    Of the table named ``of`` it is longer by ``shift``, censored or undefined on such a share.
    """

    def refit_all(tasks, settings, workers, done):
        found = {}
        for task in tasks:
            name = task.observations.releases.table
            rng = np.random.default_rng([ord(c) for c in name])
            own = name == of
            lags = []
            for window in task.windows:
                base = 6 + (window.since - date(2023, 1, 1)).days / 365 + (shift if own else 0)
                draws = rng.normal(base, 1.0, (4, 250))
                if own and undefined:
                    draws[:, : int(250 * undefined)] = np.nan
                lags.append({
                    (kind, period): (
                        xr.DataArray(scale * draws, dims=SAMPLE_DIMS), censored if own else 0.0
                    )
                    for kind, scale in ((REALIZED, 1.0), (TREND, 0.5))
                    for period in (WHOLE, CURRENT)
                })  # fmt: skip
            gate = SimpleNamespace(converged=name != failed, verdict=lambda: "R-hat 1.2")
            found[task.key] = Refit(tuple(lags), gate, len(task.observations.releases))
        done("synthetic")
        return found

    return refit_all


@pytest.fixture(scope="module")
def prepared():
    return [Job(name).prepare() for name in shipped_measures("us-china")]


@pytest.fixture
def made(prepared, monkeypatch):
    def make(**how):
        monkeypatch.setattr(module, "refit_all", synthetic(**how))
        return measured_by(prepared)

    return make


def test_the_newest_table_of_each_measure_is_taken_that_allows_the_comparison():
    assert shipped_measures("us-china") == (
        "eci-2026-08-11", "frontiermath-2026-01-17", "gpqa-diamond-2026-01-17", METR,
    )  # fmt: skip
    assert shipped_measures("closed-open") == ("eci-2026-08-11",)
    assert shipped_measures("USA:France") == ()


def test_lags_are_over_shared_days_own_days_and_the_days_of_each_pair(made, prepared):
    found = made(of=METR, shift=3)
    starts = [one.window.since for one in prepared]
    ends = [one.window.as_of for one in prepared]
    assert found.window is not None
    assert (found.window.since, found.window.as_of) == (max(starts), min(ends))
    assert len(found.lags) == 4 * 2 * 2
    same = found.lags[(found.lags["days"] == SAME_DAYS) & (found.lags["lag"] == REALIZED)]
    assert set(same["since"]) == {str(max(starts))}
    own = found.lags[(found.lags["days"] == OWN_WINDOW) & (found.lags["lag"] == REALIZED)]
    assert [*own["since"]] == [str(day) for day in starts]
    # By hand: 6 months, a year later one month more.
    expected = 6 + (starts[0] - date(2023, 1, 1)).days / 365
    assert own["median"].iloc[0] == pytest.approx(expected, abs=0.15)
    pairs = found.differences[found.differences["lag"] == REALIZED].set_index("table")
    assert pairs.loc[METR, "since"] == str(max(starts[0], starts[3]))
    assert pairs.loc[METR, "as_of"] == str(min(ends[0], ends[3]))
    assert pairs.loc[METR, "difference"] == pytest.approx(3, abs=0.2)
    assert pairs.loc[METR, "longer"] > 0.95
    assert pairs.loc["gpqa-diamond-2026-01-17", "difference"] == pytest.approx(0, abs=0.2)
    metr = own.set_index("table").loc[METR]
    assert (metr["unit"], metr["model"]) == ("doublings of minutes", "linear-stochastic")
    assert metr["scale"].startswith("scores are the logarithm")


def test_the_first_measure_is_also_fitted_to_the_models_of_both_where_names_are_known(made):
    found = made(of=METR, shift=3)
    rows = found.differences.set_index(["table", "lag"])
    assert rows["same_models_median"].notna().groupby("table").all().to_dict() == {
        METR: True, "frontiermath-2026-01-17": False, "gpqa-diamond-2026-01-17": False,
    }  # fmt: skip
    metr = rows.loc[(METR, REALIZED)]
    assert (metr["same_models_leader"], metr["same_models_follower"]) == (22, 7)
    assert metr["same_models_median"] == pytest.approx(metr["first_median"], abs=0.2)
    why = next(one for one in sentences(found) if one.startswith("METR time horizon against ECI"))
    assert "of the models of both alone (22 and 7 releases)" in why
    text = "\n".join(report(found))
    shown = words.figure(metr["same_models_median"], metr["same_models_mcse_median"])
    line = next(
        one for one in text.splitlines() if one.startswith("| METR time horizon | realized")
    )
    assert line.split("|")[-2].strip().startswith(f"{shown} (")


def test_names_that_are_one_model_are_names_of_the_tables():
    names = {name: set(fl.load_scores(name).frame["model"]) for name in (METR, "eci-2026-08-11")}
    newer = set(fl.load_scores("metr-time-horizons-v1.1-2026-05-14").frame["model"])
    assert set(same_models()) <= names[METR] | newer
    assert set(same_models().values()) <= names["eci-2026-08-11"]
    older = [name for name in same_models() if name in names[METR]]
    assert len({same_models()[name] for name in older}) == len(older)
    mine, its = in_both(Job("eci-2026-08-11").prepare().releases, Job(METR).prepare().releases)
    assert (mine.sum(), its.sum()) == (29, 29)


def test_pooled_rows_are_those_of_the_pooling_of_the_same_draws(made):
    found = made(of=METR, shift=3)
    row = found.pooled[
        (found.pooled["lag"] == REALIZED)
        & (found.pooled["days"] == SAME_DAYS)
        & found.pooled["in_use"]
    ].set_index("quantity")
    assert [*row.index] == [CENTRE, BETWEEN, ANOTHER]
    same = found.lags[(found.lags["days"] == SAME_DAYS) & (found.lags["lag"] == REALIZED)]
    low, high = same["median"].min(), same["median"].max()
    assert low < row.loc[CENTRE, "median"] < high
    # Given the others, the odd one is nearer to them.
    odd = same.set_index("table").loc[METR]
    assert row.loc[CENTRE, "median"] < odd["pooled"] < odd["median"]
    width = row["upper90"] - row["lower90"]
    assert width[ANOTHER] > width[CENTRE]
    priors = found.pooled["prior_spread"].unique()
    assert sorted(priors) == [SPREAD / 2, SPREAD, 2 * SPREAD]
    assert DEFAULT_SPREAD == SPREAD


def test_a_censored_lag_enters_as_a_bound_and_is_said_to(made):
    found = made(of=METR, censored=0.5, shift=3)
    own = found.lags[(found.lags["table"] == METR) & (found.lags["days"] == SAME_DAYS)]
    assert own.set_index("lag")["enters_as"].to_dict() == {REALIZED: BOUND, TREND: POINT}
    rows = found.pooled[(found.pooled["lag"] == REALIZED) & (found.pooled["days"] == SAME_DAYS)]
    assert set(rows["measures"]) == {3}
    assert set(rows["bounds"]) == {1}
    said = " ".join(sentences(found))
    assert "China trails USA by at least" in said
    assert "METR time horizon is only a bound on 50% of the days" in said
    figure = figure_of(found)
    drawn = [line.get_gid() for line in figure.axes[0].lines]
    assert drawn.count("bound") == 1
    assert drawn.count("interval90") == 3 + len(POOLED)


def test_a_lag_that_is_often_undefined_is_left_out_and_said_to_be(made):
    found = made(of=METR, undefined=0.2)
    own = found.lags[(found.lags["table"] == METR) & (found.lags["days"] == SAME_DAYS)]
    assert set(own["enters_as"]) == {LEFT_OUT}
    assert own["pooled"].isna().all()
    assert own["undefined"].tolist() == pytest.approx([0.2, 0.2])
    said = " ".join(sentences(found))
    assert "undefined in 20% of the draws, so it is left out of the pooled lag" in said


def test_two_of_which_one_is_a_bound_are_not_pooled_and_that_is_said(prepared, monkeypatch):
    monkeypatch.setattr(module, "refit_all", synthetic(of=METR, censored=1.0))
    found = measured_by([prepared[0], prepared[3]])
    rows = found.pooled[found.pooled["lag"] == REALIZED]
    assert rows["median"].isna().all()
    assert (rows["note"] != "").all()
    assert sentences(found)[0].startswith("No pooled realized lag: fewer than two of 2")
    figure_of(found)


def test_a_fit_that_missed_the_gate_is_marked_everywhere(made):
    found = made(failed="gpqa-diamond-2026-01-17")
    assert not found.converged
    said = sentences(found)
    assert "NOT CONVERGED" in said[0]
    marked = [one for one in said if one.startswith("GPQA Diamond: ")]
    assert "NOT CONVERGED" in marked[0]
    assert not any("NOT CONVERGED" in one for one in said if one.startswith("ECI: "))
    assert "NOT CONVERGED: fits of gpqa-diamond-2026-01-17" in " ".join(said)


def test_coverage_counts_what_each_measure_has(made, prepared):
    found = made()
    own = found.coverage.set_index(["table", "group"])
    metr = own.loc[(METR, "China")]
    assert (metr["releases"], metr["records"], metr["best"]) == (7, 6, "kimi-k2-thinking")
    assert (metr["best_value"], metr["by"]) == ("54 min", "2025-11-24")
    r = prepared[0].releases
    by = r.of(1) & (r.date <= np.datetime64("2025-11-24"))
    assert own.loc[("eci-2026-08-11", "China"), "releases"] == by.sum()
    assert own.loc[("gpqa-diamond-2026-01-17", "USA"), "best_value"].endswith(" %")


def test_words_name_the_limits_the_days_and_the_scale(made):
    found = made(of=METR, shift=3)
    said = sentences(found)
    assert LIMITS in said
    assert "independent, and they are not" in LIMITS
    assert found.window is not None
    assert f"{found.window.since} to {found.window.as_of}" in said[0]
    assert any("logarithm to base 2 of minutes" in one for one in said)
    why = next(one for one in said if one.startswith("METR time horizon against ECI"))
    assert "7 releases by 2025-11-24 (6 records; best kimi-k2-thinking" in why
    text = "\n".join(report(found))
    assert "Epoch AI" in text
    assert "METR (Kwa et al. 2025" in text
    assert "half-normal" in text


# --- what is refused


def test_what_are_not_several_measures_is_refused(prepared):
    with pytest.raises(SpecError, match="at least two tables"):
        measured_by(prepared[:1])
    with pytest.raises(SpecError, match="given twice: eci-2026-08-11"):
        measured_by([prepared[0], prepared[0]])
    other = Job("eci-2026-08-11", "closed-open").prepare()
    with pytest.raises(SpecError, match="compares us-china and eci-2026-08-11 closed-open"):
        measured_by([other, prepared[3]])
    with pytest.raises(SpecError, match="dates by as-published"):
        measured_by([prepared[0], Job(METR, dates="as-published").prepare()])
    with pytest.raises(SpecError, match="give --since 2025-07-25 or later"):
        measured_by(prepared, since=date(2024, 1, 1))
    with pytest.raises(SpecError, match="after 2025-11-24"):
        measured_by(prepared, since=date(2026, 1, 1))


def test_two_tables_of_one_metric_are_told_apart(monkeypatch):
    monkeypatch.setattr(module, "refit_all", synthetic())
    both = [Job(name).prepare() for name in ("eci-2025-12-19", "eci-2026-08-11")]
    found = measured_by(both)
    assert [one.name for one in found.measures] == ["ECI, eci-2025-12-19", "ECI, eci-2026-08-11"]
    assert found.measures[0].spec.metric.anchors == both[0].table.metric.anchors


# --- files, command, Python


def test_the_folder_holds_tables_words_figure_and_record(prepared, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "refit_all", synthetic())
    out = tmp_path / "out"
    study_measures(prepared, out)
    assert {p.name for p in out.iterdir()} == {
        "measures.csv", "differences.csv", "pooled.csv", "coverage.csv", "measures.md",
        "manifest.json", "figures",
    }  # fmt: skip
    record = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in record["measures"]] == [p.table.name for p in prepared]
    assert record["measures"][3]["scale"].startswith("scores are the logarithm to base 2")
    assert record["pooling"]["spread"] == "half-normal, scale 4 months"
    assert record["pooling"]["limits"] == LIMITS
    again = pd.read_csv(out / "measures.csv")
    assert len(again) == 16
    assert again["converged"].all()


def test_the_figure_shows_the_numbers_of_the_tables(made):
    found = made(of=METR, shift=3)
    realized = figure_of(found).axes[0]
    names = [t.get_text().split(" (")[0] for t in realized.get_yticklabels()]
    at = {int(line.get_ydata()[0]): line.get_xdata()[0]
          for line in realized.lines if line.get_gid() == "median"}  # fmt: skip
    same = found.lags[(found.lags["days"] == SAME_DAYS) & (found.lags["lag"] == REALIZED)]
    for row in same.to_dict("records"):
        assert at[names.index(row["measure"])] == row["median"]
    assert "METR time horizon (25 and 7)" in [t.get_text() for t in realized.get_yticklabels()]


def test_the_command_passes_on_what_it_is_asked(monkeypatch, tmp_path):
    asked = {}

    def instead(prepared, out, settings, **options):
        asked.update(options, tables=[p.table.name for p in prepared], out=out,
                     reading=[p.reading.interval_level for p in prepared])  # fmt: skip
        raise SpecError("that is all")

    monkeypatch.setattr("frontierlag.studies.measures.study.study_measures", instead)
    done = here(
        "study", "measures", "docs/examples/my-elo.csv", "--dates-from",
        "docs/examples/my-dates.csv", "--interval-level", "0.9", "--no-shipped", "--spread", "2",
        "--since", "2025-08-01", "--out", tmp_path / "x",
    )  # fmt: skip
    assert "that is all" in done.stderr
    assert asked["tables"] == ["my-elo"]
    assert asked["reading"] == [0.9]
    assert (asked["spread"], asked["since"]) == (2.0, date(2025, 8, 1))
    here("study", "measures", "--out", tmp_path / "y")
    assert asked["tables"] == list(shipped_measures("us-china"))


def test_in_python_tables_names_and_pairs_go_together(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "refit_all", synthetic(of=METR, shift=3))
    pair = fl.load_scores("eci-2026-08-11").compare("USA", "China")
    found = fl.measures([pair, METR, fl.load_scores("gpqa-diamond-2026-01-17")], "USA", "China")
    assert found.converged
    assert "METR time horizon" in repr(found)
    assert found.differences["table"].unique().tolist() == [METR, "gpqa-diamond-2026-01-17"]
    assert len(found.pooled)
    assert len(found.coverage) == 6
    assert found.sentences == sentences(found.found)
    assert found.plot().axes
    everything = fl.measures()
    assert len(everything.found.measures) == 4
