"""Scores against exact answers, outcomes and baselines against worked cases, a real small run."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from simulate import make_releases

from frontierlag.dates import WORDS, day_number
from frontierlag.errors import SpecError
from frontierlag.figures import Provenance
from frontierlag.jobs import Job
from frontierlag.scores import load_scores
from frontierlag.settings import SMALL, SmallSettings
from frontierlag.studies.forecast import baselines
from frontierlag.studies.forecast.backtest import ACROSS, WITHIN, Backtest, backtest
from frontierlag.studies.forecast.backtest_figure import backtest_ratios
from frontierlag.studies.forecast.origins import origins_of, vintage_origins
from frontierlag.studies.forecast.scoring import covered, crps, log_score, pit
from frontierlag.studies.forecast.study import study_backtest
from frontierlag.studies.forecast.summary import (
    Resamples,
    block_resamples,
    compared,
    coverage,
    overall,
    summary_table,
)
from frontierlag.studies.forecast.targets import (
    BEST,
    CATCH_UP,
    NEXT_DATE,
    NEXT_SCORE,
    NOT_BY_END,
    ForecastQuestion,
    Past,
    cells,
    decided_by,
    outcome,
    targets_at,
)
from frontierlag.studies.forecast.words import report, verdict

numbers = st.floats(-50, 50, allow_nan=False).map(lambda x: round(x, 3))


# Scores.


@given(st.lists(numbers, min_size=1, max_size=12), numbers)
def test_crps_is_the_double_sum(draws, outcome):
    x = np.array(draws)
    brute = np.abs(x - outcome).mean() - np.abs(x[:, None] - x[None]).mean() / 2
    assert crps(x, outcome) == pytest.approx(brute, abs=1e-9)
    assert crps(x, outcome) >= -1e-9


@pytest.mark.parametrize(("mu", "sigma", "y"), [(0, 1, 0.3), (3, 2, -1), (-1, 0.5, 0)])
def test_crps_of_normal_draws_is_the_closed_form(mu, sigma, y):
    z = (y - mu) / sigma
    exact = sigma * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi))
    # Quantiles at the middles of equal shares stand for the distribution without chance.
    draws = norm.ppf((np.arange(4000) + 0.5) / 4000, mu, sigma)
    assert crps(draws, y) == pytest.approx(exact, abs=1e-3 * sigma)


def test_crps_to_an_end_is_the_integral_up_to_it():
    rng = np.random.default_rng(1)
    draws = np.append(rng.exponential(5, 300), [np.inf, np.inf])
    grid = np.linspace(0, 8, 80_001)
    share = (draws[:, None] <= grid[None, ::20]).mean(0)
    for came in (2.0, 7.5, np.inf):
        off = (share - (grid[::20] >= came)) ** 2
        assert crps(draws, came, 8.0) == pytest.approx(np.trapezoid(off, grid[::20]), abs=2e-3)


def test_crps_to_an_end_does_not_care_what_comes_after_it():
    draws = np.array([1.0, 4.0, 9.0, 20.0])
    assert crps(draws, 30.0, 8.0) == crps(draws, np.inf, 8.0)
    assert crps(np.minimum(draws, 8.5), 30.0, 8.0) == crps(draws, np.inf, 8.0)


def test_the_true_distribution_has_the_best_scores():
    rng = np.random.default_rng(2)
    came = np.minimum(rng.exponential(6, 1500), 12)
    edges = np.append(np.arange(1.0, 12), 12 - 1e-9)
    mean = {}
    for scale in (3, 6, 12):
        draws = rng.exponential(scale, 1500)
        mean[scale] = (
            np.mean([crps(draws, y if y < 12 else np.inf, 12.0) for y in came]),
            -np.mean([log_score(draws, y if y < 12 else np.inf, edges) for y in came]),
        )
    assert mean[6][0] < min(mean[3][0], mean[12][0])
    assert mean[6][1] < min(mean[3][1], mean[12][1])


def test_coverage_is_its_probability_with_ties_and_with_an_end():
    rng = np.random.default_rng(3)
    # Half of the mass on one value, as where a best score may stay; then dates cut off at 5.
    tied = [np.maximum(0, rng.normal(0, 1, 400)) for _ in range(1500)]
    dates = [rng.exponential(5, 400) for _ in range(1500)]
    for p in (0.5, 0.9):
        found = [covered(x, max(0.0, rng.normal()), p) for x in tied]
        assert np.mean(found) == pytest.approx(p, abs=0.03)
        found = [covered(x, y if (y := rng.exponential(5)) < 5 else np.inf, p, 5) for x in dates]
        assert np.mean(found) == pytest.approx(p, abs=0.03)


def test_coverage_without_ties_is_the_interval():
    draws = np.arange(1000) / 1000
    inside = [covered(draws, y, 0.9) for y in (0.0305, 0.0605, 0.5005, 0.9405, 0.9705)]
    assert inside == [0, 1, 1, 1, 0]
    assert pit(np.array([1.0, 2.0, 2.0, 3.0]), 2.0) == (0.25, 0.75)


def test_log_score_by_hand():
    draws = np.array([0.1, 0.2, 1.5, np.inf])
    edges = np.array([0.0, 1.0, 2.0])
    assert log_score(draws, 0.9, edges) == pytest.approx(np.log(3 / 8))
    assert log_score(draws, np.inf, edges) == pytest.approx(np.log(2 / 8))
    assert log_score(draws, -1.0, edges) == pytest.approx(np.log(1 / 8))
    # The cells share out a probability of one.
    every = [log_score(draws, y, edges) for y in (-1, 0.5, 1.5, 5)]
    assert np.exp(every).sum() == pytest.approx(1)


# What is asked, and what came.

DAY0 = day_number(date(2024, 1, 1))


def table(leader, follower, as_of):
    """Releases from pairs of day and score."""
    day = [d for d, _ in leader] + [d for d, _ in follower]
    score = [s for _, s in leader] + [s for _, s in follower]
    group = [0] * len(leader) + [1] * len(follower)
    last = date.fromordinal(date(2024, 1, 1).toordinal() + as_of)
    return make_releases(np.array(day) + DAY0, group, score, as_of=last)


LEADER = [(0, 100.0), (60, 106.0), (150, 110.0), (240, 116.0), (330, 121.0), (500, 130.0)]
FOLLOWER = [(30, 90.0), (90, 101.0), (200, 107.0), (300, 111.0), (420, 118.0), (560, 122.0)]


def at(day):
    kept = [[x for x in side if x[0] <= day] for side in (LEADER, FOLLOWER)]
    return Past(table(*kept, day))


LATER = at(600)
NOW = at(400)


def test_targets_of_an_origin():
    asked = targets_at(NOW, LATER.day)
    horizons = [(t.group, t.months) for t in asked if t.quantity == BEST]
    assert horizons == [(0, 3.0), (0, 6.0), (1, 3.0), (1, 6.0)]  # 12 months are not over
    # The follower has 111: the leader's 116 and 121 are still ahead of it, 110 is not.
    assert [t.level for t in asked if t.quantity == CATCH_UP] == [116.0, 121.0]


def test_outcomes_of_an_origin():
    def came(*args, **kw):
        return outcome(ForecastQuestion(*args, **kw), NOW, LATER)

    assert came(BEST, 1, 3.0) == 118.0  # day 491: after that of day 420
    assert came(NEXT_DATE, 0) == DAY0 + 500
    assert came(NEXT_SCORE, 0) == 130.0
    assert came(NEXT_DATE, 1) == DAY0 + 420
    levels = {t.level: outcome(t, NOW, LATER) for t in targets_at(NOW, LATER.day) if t.level_name}
    assert levels == {116.0: DAY0 + 420, 121.0: DAY0 + 560}


def test_what_has_not_come_is_censored_and_what_is_not_known_is_not_asked():
    past, later = at(520), LATER
    best = [t for t in targets_at(past, later.day) if t.quantity == CATCH_UP]
    assert outcome(best[-1], past, later) == np.inf
    assert outcome(ForecastQuestion(NEXT_DATE, 0), past, later) == np.inf
    assert outcome(ForecastQuestion(NEXT_SCORE, 0), past, later) is None
    assert outcome(replace(best[-1], level_name="nobody"), past, later) is None


def test_the_release_that_decides_by_hand():
    def decides(*args, past=NOW, **kw):
        day, group = decided_by(ForecastQuestion(*args, **kw), past, LATER), args[1]
        r = LATER.releases
        if day == NOT_BY_END:
            return day
        (i,) = np.flatnonzero((r.model == day) & r.of(group))
        return int(r.day[i]) - DAY0

    assert decides(BEST, 1, 3.0) == 420  # day 491: the best is that of day 420
    assert decides(BEST, 0, 3.0) == 330  # none by then: the best is the one there was
    assert decides(NEXT_DATE, 0) == decides(NEXT_SCORE, 0) == 500
    assert decides(NEXT_DATE, 0, past=at(520)) == NOT_BY_END
    levels = [t for t in targets_at(NOW, LATER.day) if t.quantity == CATCH_UP]
    r = LATER.releases
    by = {t.level: decided_by(t, NOW, LATER) for t in levels}
    days = {level: int(r.day[list(r.model).index(name)]) - DAY0 for level, name in by.items()}
    assert days == {116.0: 420, 121.0: 560}


def test_cells_do_not_look_at_what_came():
    edges = cells(ForecastQuestion(NEXT_DATE, 0), NOW, LATER.day)
    assert (np.diff(edges) > 0).all()
    assert edges[-1] == LATER.day + 0.5
    score = cells(ForecastQuestion(BEST, 1, 3.0), NOW, LATER.day)
    assert np.searchsorted(score, 111.0, side="right") == 5 + 1


# Baselines.


def test_persistence_by_hand():
    rng = np.random.default_rng(4)
    past = NOW
    # The delays: 106 of day 60 until day 200, 110 of day 150 until day 300.
    assert past.delays.tolist() == [140, 150]
    (level,) = [t for t in targets_at(past, LATER.day) if t.level == 121.0]
    drawn = baselines.persistence(past, level, 4000, rng)
    # 330 + 145, off by 5 days.
    assert drawn.mean() - DAY0 == pytest.approx(475, abs=0.5)
    assert drawn.std() == pytest.approx(5, rel=0.05)
    best = baselines.persistence(past, ForecastQuestion(BEST, 1, 3.0), 4000, rng)
    assert (best == 111.0).mean() == pytest.approx(0.5, abs=0.03)
    gap = baselines.persistence(past, ForecastQuestion(NEXT_DATE, 1), 4000, rng)
    assert (gap >= past.day).all()


def test_drift_goes_on_as_the_past_did_on_average():
    rises = baselines.past_rises(NOW, 1, 91)
    drawn = baselines.drift(NOW, ForecastQuestion(BEST, 1, 3.0), 40_000, np.random.default_rng(4))
    # Normal around the mean rise, cut off at the present best of 111.
    expected = norm(111.0 + rises.mean(), rises.std())
    for level in (112.0, 115.0, 118.0):
        assert (drawn > level).mean() == pytest.approx(expected.sf(level), abs=0.01)
    assert drawn.min() == 111.0
    assert (
        baselines.drift(NOW, ForecastQuestion(NEXT_DATE, 1), 10, np.random.default_rng(4)) is None
    )


def test_past_rises_are_those_of_a_loop():
    rises = baselines.past_rises(NOW, 1, 91)
    best = lambda d: max(s for t, s in FOLLOWER if t <= d)  # noqa: E731
    brute = [best(d + 91) - best(d) for d in range(90, 400 - 91 + 1)]
    np.testing.assert_allclose(rises, brute)
    # A span longer than half of the past is carried on from that half.
    longer = baselines.past_rises(NOW, 1, 365)
    half = (400 - 90) // 2
    brute = [(best(d + half) - best(d)) * 365 / half for d in range(90, 400 - half + 1)]
    np.testing.assert_allclose(longer, brute)


def test_bootstrapped_lines_agree_with_polyfit():
    rng = np.random.default_rng(5)
    x = np.arange(12.0)
    exact = baselines.bootstrap_lines(x, 3 + 2 * x, 50, rng)
    np.testing.assert_allclose(exact[0], 3, atol=1e-9)
    np.testing.assert_allclose(exact[1], 2, atol=1e-9)
    y = 3 + 2 * x + rng.normal(size=12)
    levels, slopes, residual = baselines.bootstrap_lines(x, y, 20_000, rng)
    slope, level = np.polyfit(x, y, 1)
    left = y - level - slope * x
    sigma = np.sqrt(np.sum(left**2) / 10)
    assert slopes.mean() == pytest.approx(slope, abs=0.01)
    assert slopes.std() == pytest.approx(sigma / np.sqrt(np.sum((x - x.mean()) ** 2)), rel=0.05)
    assert residual.std() == pytest.approx(sigma, rel=0.05)
    assert np.corrcoef(levels, slopes)[0, 1] < -0.8


def test_the_shifted_leader_is_the_leader_seven_months_on():
    rng = np.random.default_rng(6)
    shift = 213
    assert baselines.shifted_leader(NOW, ForecastQuestion(BEST, 0, 3.0), 10, rng) is None
    drawn = baselines.shifted_leader(NOW, ForecastQuestion(BEST, 1, 3.0), 20_000, rng)
    # Day 400 + 91 - 213 = 278: the leader had 116; before, the follower was at most 5 points off.
    days = np.arange(213, 401)
    step = lambda side, d: max(s for t, s in side if t <= d)  # noqa: E731
    off = [step(FOLLOWER, d) - step(LEADER, d - shift) for d in days]
    assert np.median(drawn) == pytest.approx(116, abs=0.2)
    sigma = np.sqrt(np.mean(np.square(off)))
    assert np.quantile(drawn, 0.9) == pytest.approx(116 + 1.2816 * sigma, abs=0.3)
    (level,) = [t for t in targets_at(NOW, LATER.day) if t.level == 121.0]
    when = baselines.shifted_leader(NOW, level, 4000, rng)
    assert np.median(when) - DAY0 == pytest.approx(330 + shift, abs=5)


def test_no_baseline_forecasts_what_is_known_not_to_be():
    rng = np.random.default_rng(7)
    tried = 0
    for name, day in itertools.product(baselines.BASELINES, (250, 320, 400, 520)):
        past = at(day)
        for target in targets_at(past, LATER.day):
            drawn = baselines.BASELINES[name](past, target, 200, rng)
            if drawn is None:
                continue
            tried += 1
            assert drawn.shape == (200,)
            assert not np.isnan(drawn).any()
            floor = past.day if target.is_date else past.now(target.group)
            assert (drawn >= floor).all(), (name, day, target)
    assert tried > 40


# Summaries.


def made_up(gains, methods=("m", "persistence")) -> pd.DataFrame:
    rows = []
    for k, gain in enumerate(gains):
        for method, score in zip(methods, (1.0, gain), strict=True):
            rows.append(
                {"kind": WITHIN, "target": BEST, "months": 3.0, "group": "China", "level_of": ""}
                | {"from": "a table", "decided_by": f"release {k}"}
                | {"method": method, "origin": date(2024, 1, 1 + k), "crps": score}
                | {"log_score": -score, "covered50": 1.0, "covered90": 1.0, "converged": True}
            )
    return pd.DataFrame(rows)


def test_ratio_and_gain_by_hand():
    rows = made_up([2.0, 3.0, 4.0, 1.0])
    ours, theirs = (rows[rows["method"] == m] for m in ("m", "persistence"))
    told = compared(ours, theirs)
    assert told["crps_ratio"] == pytest.approx(4 / 10)
    assert told["log_gain"] == pytest.approx(1.5)
    assert told["crps_ratio_lower90"] < 0.4 < told["crps_ratio_upper90"]
    one = compared(*(part.head(1) for part in (ours, theirs)))
    assert "crps_ratio_se" not in one


def across(crps_by_origin) -> pd.DataFrame:
    """Forecasts from vintages: origin, deciding release, and the CRPS of model and persistence."""
    rows = []
    for k, (origin, release, ours, theirs) in enumerate(crps_by_origin):
        for method, score in (("m", ours), ("persistence", theirs)):
            rows.append(
                {"kind": ACROSS, "target": BEST, "months": 1.0, "group": "China", "level_of": ""}
                | {"method": method, "origin": origin, "from": f"v{k}", "decided_by": release}
                | {"crps": score, "log_score": -score, "covered50": float(k % 2)}
                | {"covered90": 1.0, "converged": True}
            )
    return pd.DataFrame(rows)


def test_months_and_deciding_releases_are_drawn_at_once():
    """Weights against a count by hand of which months and releases a sample holds."""
    rows = across(
        [
            (date(2026, 1, 3), "x", 1.0, 2.0),
            (date(2026, 1, 20), "y", 1.0, 2.0),
            (date(2026, 2, 4), "y", 3.0, 2.0),
            (date(2026, 3, 1), "z", 1.0, 4.0),
        ]
    )
    ours = rows[rows["method"] == "m"]
    found = Resamples.of(ours)
    assert found.origins == ("2026-01", "2026-02", "2026-03")
    assert found.releases == ("x", "y", "z")
    weights = found.weights(ours)
    assert weights.shape == (2000, 4)
    months, releases = found.counts, found.of_release
    np.testing.assert_array_equal(months.sum(1), 3)
    np.testing.assert_array_equal(releases.sum(1), 3)
    np.testing.assert_array_equal(weights[:, 0], months[:, 0] * releases[:, 0])
    np.testing.assert_array_equal(weights[:, 1], months[:, 0] * releases[:, 1])
    np.testing.assert_array_equal(weights[:, 2], months[:, 1] * releases[:, 1])
    # On average every forecast counts once.
    assert weights.mean(0) == pytest.approx(np.ones(4), abs=0.1)
    told = compared(ours, rows[rows["method"] == "persistence"])
    assert told["crps_ratio"] == pytest.approx(6 / 10)
    assert told["crps_ratio_lower90"] < 0.6 < told["crps_ratio_upper90"]


def test_many_vintages_of_one_month_or_release_are_one():
    """Copies of a vintage make no interval narrower, and one month or release gives none."""
    few = [(date(2026, m, 1), f"r{m}", m / 3, 1.0) for m in range(1, 7)]
    many = [(date(2026, m, d), f"r{m}", m / 3, 1.0) for m in range(1, 7) for d in (1, 5, 9)]
    widths = []
    for cases in (few, many):
        rows = across(cases)
        told = compared(*(rows[rows["method"] == m] for m in ("m", "persistence")))
        widths.append(told["crps_ratio_upper90"] - told["crps_ratio_lower90"])
    assert widths[0] == pytest.approx(widths[1])
    for cases in (
        [(date(2026, 1, d), f"r{d}", 1.0, 2.0) for d in (1, 2, 3)],
        [(date(2026, m, 1), "r", 1.0, 2.0) for m in (1, 2, 3)],
    ):
        rows = across(cases)
        assert "crps_ratio_se" not in compared(
            *(rows[rows["method"] == m] for m in ("m", "persistence"))
        )


def test_a_simple_forecast_that_wins_is_named_first():
    def said(ours, theirs):
        rows = across([(date(2026, m, 1), f"r{m}", ours, theirs) for m in range(1, 6)])
        found = Backtest(rows, ("m",), None)
        held = coverage(found, ACROSS, "m")
        assert held["covered50"][0] == pytest.approx(2 / 5)
        assert held["covered50"][1] < 2 / 5 < held["covered50"][2]
        assert held["covered90"] == (1, 1, 1)
        return verdict(found, ACROSS)

    lost = said(2.0, 1.0)
    assert lost.startswith("Simple forecasts won")
    for part in ("China: best score, 1 month (persistence)", "5 origins", "5 forecasts"):
        assert part in lost
    assert "5 releases" in lost
    won = said(1.0, 2.0)
    assert won.startswith("m, 5 origins")
    assert "1 of 1 questions" in won


def test_every_vintage_that_can_be_used_forecasts_and_the_latest_says_what_came():
    job = Job("eci-2026-08-11")
    now = job.prepare()
    against, origins = vintage_origins(job, now)
    assert against.table.name == "eci-2026-08-19"
    names = [one.table.name for one in origins]
    assert len(names) >= 20
    assert not {"eci-2026-04-29", "eci-2025-12-25", "eci-2026-08-19"} & set(names)
    days = [one.window.as_of for one in origins]
    assert days == sorted(days)
    # As of a day: what came is read from the table asked for, as far as that day.
    job = replace(job, as_of=date(2026, 3, 1))
    against, origins = vintage_origins(job, job.prepare())
    assert against.table.name == "eci-2026-08-11"
    assert max(one.window.as_of for one in origins) == date(2026, 2, 7)
    with pytest.raises(SpecError, match="give a table that is earlier"):
        vintage_origins(job, job.prepare(), ["eci-2026-08-11"])
    job = Job("frontiermath-2026-01-17")
    assert vintage_origins(job, job.prepare()) == (None, ())


def test_blocks_are_runs_of_neighbours():
    at_ = block_resamples(11, 4, 500, np.random.default_rng(8))
    assert at_.shape == (500, 11)
    steps = np.diff(at_, axis=1) % 11
    assert (steps[:, [0, 1, 2, 4, 5, 6, 8, 9]] == 1).all()
    assert np.bincount(at_.ravel(), minlength=11) / at_.size == pytest.approx(1 / 11, abs=0.01)


# The whole, small, on the real table.


@pytest.fixture(scope="module")
def quick() -> SmallSettings:
    return SmallSettings(draws=100, tune=200, chains=4)


def test_origins_are_every_quarter_that_can_be_fitted_and_judged():
    found = [p.window.as_of for p in origins_of(Job("eci-2026-08-11"), 3)]
    assert found[0] == date(2023, 9, 30)
    assert found[-1] == date(2026, 3, 31)
    assert len(found) == 11
    with pytest.raises(SpecError, match="no quarter to go back to"):
        origins_of(Job("eci-2026-08-11"), 40)


@pytest.mark.xdist_group("backtest")
def test_a_small_backtest_knows_nothing_of_the_future_and_is_written_whole(
    quick, tmp_path, monkeypatch
):
    from frontierlag.studies.forecast import backtest as module

    every = origins_of
    monkeypatch.setattr(module, "origins_of", lambda job, m: every(job, m)[5:7])
    job = Job("eci-2026-08-11")
    found = study_backtest(job, tmp_path / "out", quick, (), ["eci-2025-12-24", "eci-2026-03-10"])
    written = {p.name for p in (tmp_path / "out").rglob("*.*")}
    assert written >= {
        *("backtest.csv", "summary.csv", "verdict.csv", "backtest.md", "manifest.json")
    }
    judged = pd.read_csv(tmp_path / "out" / "verdict.csv")
    assert set(judged["kind"]) == {WITHIN, ACROSS}
    first = judged.iloc[0]
    own = found.rows[
        (found.rows["kind"] == first["kind"]) & (found.rows["method"] == first["method"])
    ]
    assert first["method"] == found.models[0]
    assert (first["forecasts"], first["covered90"]) == (
        len(own), pytest.approx(own["covered90"].mean(), abs=0.001),
    )  # fmt: skip
    assert judged["crps_ratio"].iloc[1:4].gt(0).all()
    assert written >= {"backtest.svg", "backtest-vintage.svg"}
    rows = pd.read_csv(tmp_path / "out" / "backtest.csv")
    assert set(rows["kind"]) == {WITHIN, ACROSS}
    across = rows[rows["kind"] == ACROSS]
    assert set(across["from"]) == {"eci-2025-12-24", "eci-2026-03-10"}
    assert set(across["against"]) == {"eci-2026-08-11"}
    assert set(across["months"].dropna()) == {1, 3, 6}
    assert set(rows["method"]) == {*found.models, *baselines.BASELINES}
    assert found.models == ("linear-stochastic-makers", "linear-stochastic")
    assert (rows["crps"] >= 0).all()
    assert (rows["log_score"] < 0).all()
    assert rows[["covered50", "covered90"]].min().min() >= 0
    assert rows[["covered50", "covered90"]].max().max() <= 1
    assert rows["attribution"].str.contains("Epoch AI").all()
    text = (tmp_path / "out" / "backtest.md").read_text()
    assert "later table" in text
    assert "Epoch AI" in text
    assert "/" + "tmp" not in text

    # What is forecast does not depend on what comes: judged by less of the future, it is the same.
    monkeypatch.setattr(module, "vintage_origins", lambda job, now, earlier: (None, ()))
    monkeypatch.setattr(module, "origins_of", lambda job, m: every(job, m)[5:6])
    judged = backtest(replace(job, as_of=date(2026, 3, 31)), quick).rows
    key = ["origin", "target", "months", "level_of", "group", "method"]
    numbers = ["median", "lower90", "upper90"]
    both = judged.merge(found.rows[found.rows["kind"] == WITHIN], on=key, suffixes=("", "_full"))
    assert len(both) == len(judged) > 30
    for number in numbers:
        np.testing.assert_array_equal(both[number], both[f"{number}_full"])
    assert isinstance(found, Backtest)
    text = report(found, load_scores("eci-2026-08-11").attribution)
    assert verdict(found, WITHIN) in text
    assert WORDS[found.now.releases.dates] in text


def test_settings_of_a_backtest_are_its_own():
    assert (SMALL.draws, SMALL.tune) == (500, 500)


def test_overall_is_a_geometric_mean(eci_new):
    two = made_up([2.0, 2.0])
    other = made_up([0.5, 0.5]).assign(months=6.0)
    rows = pd.concat([two, other])
    found = Backtest(rows, ("m",), None)
    (row,) = overall(found, WITHIN, ["persistence"]).to_dict("records")
    assert row["crps_ratio"] == pytest.approx(1)
    assert (row["targets"], row["better_on"]) == (2, 1)


def test_figure_draws_each_ratio_once():
    found = Backtest(made_up([2.0, 3.0, 4.0, 1.0]), ("m",), None)
    about = Provenance("us-china", "made-up", date(2026, 1, 1), "m")
    figure = backtest_ratios(summary_table(found), about, "Title", "Words")
    (axes,) = figure.axes
    points = [line for line in axes.lines if line.get_gid() == "ratio"]
    assert [float(p.get_xdata()[0]) for p in points] == [pytest.approx(0.4)]
    assert axes.get_yticklabels()[0].get_text() == "China: best score, 3 months"
