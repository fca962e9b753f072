"""Equivalence lag, velocity and the last day: by hand, and against loops over their definitions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import naive
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from frontierlag.dates import DAYS_PER_MONTH, Window
from frontierlag.dates import WORDS as DATE_WORDS
from frontierlag.errors import SpecError
from frontierlag.lags.equivalence import (
    BEYOND_DOUBT,
    EVEN,
    Exceedance,
    equivalence_over,
)
from frontierlag.lags.last_day import Available, available, last_day
from frontierlag.lags.measure import staircases
from frontierlag.lags.realized import Staircase, realized_lag
from frontierlag.lags.velocity import (
    SLOPE_LAST_DAY,
    SLOPE_WINDOW,
    YEAR_ON_YEAR,
    two_years,
    velocities,
    year_on_year,
)
from frontierlag.results.last_day import (
    read_last_day,
    sentence,
    sentence_chinese,
    spikes,
    spikes_words,
)
from frontierlag.results.sentences import lag_sentence, velocity_sentence
from frontierlag.results.tables import (
    equivalence_table,
    last_day_table,
    stacked_last_day_table,
    velocity_table,
)
from frontierlag.words import median, span

DRAWS = 4
releases_of_group = st.lists(
    st.tuples(st.integers(0, 12), st.lists(st.integers(0, 6), min_size=DRAWS, max_size=DRAWS)),
    min_size=1,
    max_size=6,
)


def equivalence_lag(leader, follower, days, threshold=BEYOND_DOUBT):
    """Lag on each day and whether it is only a bound, of all draws at once."""
    return Exceedance.of(leader, follower, blocks=1).lag(days, threshold)


def arrays(rows):
    """Days (n,) and four draws of capabilities (4, n)."""
    return np.array([d for d, _ in rows]), np.array([c for _, c in rows], dtype=float).T


# --- equivalence lag


def test_an_equivalence_lag_worked_out_by_hand():
    # The leader releases 10, 20 and 30 on days 0, 100 and 200. The follower has 15 in 4 draws of
    # 100, 25 in 6 and 5 in 90.
    leader = Staircase.of(np.array([0, 100, 200]), np.tile([10.0, 20.0, 30.0], (100, 1)))
    level = np.repeat([15.0, 25.0, 5.0], (4, 6, 90))[:, None]
    follower = Staircase.of(np.array([50]), level)
    days = np.array([49, 50, 99, 100, 150, 250])
    lag, censored = equivalence_lag(leader, follower, days)
    # P(10 is better) = 0.90 and P(20 is better) = 0.94: not beyond doubt. P(30 is better) = 1, so
    # that the lag counts from day 200; until then the leader is not better beyond doubt.
    np.testing.assert_allclose(lag * DAYS_PER_MONTH, [np.nan, 0, 0, 0, 0, 50])
    assert not censored.any()
    # At even odds the very first model is better: only a bound.
    lag, censored = equivalence_lag(leader, follower, days, EVEN)
    np.testing.assert_allclose(lag * DAYS_PER_MONTH, [np.nan, 50, 99, 100, 150, 250])
    assert censored.tolist() == [False, *[True] * 5]


def test_exactly_the_threshold_is_not_beyond_doubt():
    leader = Staircase.of(np.array([0]), np.full((20, 1), 10.0))
    follower = Staircase.of(np.array([0]), np.repeat([5.0, 15.0], (19, 1))[:, None])
    assert equivalence_lag(leader, follower, np.array([30]), 0.95)[0] == 0
    months = equivalence_lag(leader, follower, np.array([30]), 0.949)[0]
    np.testing.assert_allclose(months * DAYS_PER_MONTH, [30])


@hypothesis_settings(max_examples=150)
@given(releases_of_group, releases_of_group, st.sampled_from([0.0, 0.25, 0.4, 0.5, 0.75, 0.95]))
def test_the_equivalence_lag_follows_its_definition(lead_rows, follow_rows, threshold):
    (lead_day, lead), (follow_day, follow) = arrays(lead_rows), arrays(follow_rows)
    days = np.arange(-1, 15)
    lag, censored = equivalence_lag(
        Staircase.of(lead_day, lead), Staircase.of(follow_day, follow), days, threshold
    )
    expected = [
        naive.equivalence(list(lead_day), lead, list(follow_day), follow, t, threshold)
        for t in days
    ]
    np.testing.assert_allclose(lag, [v for v, _ in expected], atol=1e-12)
    assert censored.tolist() == [c for _, c in expected]


def test_where_all_draws_agree_it_is_the_realized_lag_or_zero():
    rng = np.random.default_rng(1)
    lead_day, follow_day = np.sort(rng.integers(0, 400, 9)), np.sort(rng.integers(0, 400, 9))
    leader = Staircase.of(lead_day, np.tile(rng.normal(1, 1, 9), (7, 1)))
    follower = Staircase.of(follow_day, np.tile(rng.normal(0, 1, 9), (7, 1)))
    days = np.arange(0, 500)
    realized, _ = realized_lag(leader, follower, days)
    for threshold in (EVEN, BEYOND_DOUBT):
        lag, _ = equivalence_lag(leader, follower, days, threshold)
        np.testing.assert_allclose(lag, np.maximum(realized[0], 0))


def test_its_monte_carlo_error_is_no_less_than_the_spread_between_runs():
    day = np.arange(0, 600, 20)

    def run(seed):
        rng = np.random.default_rng(seed)
        leader = Staircase.of(day, day / 40 + 1 + rng.normal(0, 1, (800, len(day))))
        follower = Staircase.of(day, day / 40 - 2 + rng.normal(0, 1, (800, len(day))))
        window = Window(date(1970, 8, 1), date(1971, 8, 1))
        return next(iter(equivalence_over(leader, follower, window, (BEYOND_DOUBT,))))

    runs = [run(seed) for seed in range(25)]
    assert {(r.period, r.threshold) for r in runs} == {("window", BEYOND_DOUBT)}
    spread = np.std([r.months for r in runs], ddof=1)
    # More than the spread, as a bootstrap of a lag that jumps at a threshold must be: a replicate
    # is as far from the run as the run is from the truth, so that it crosses the threshold oftener.
    assert 0.8 < np.mean([r.mcse for r in runs]) / spread < 4


def test_blocks_change_the_error_and_not_the_lag():
    rng = np.random.default_rng(2)
    day = np.arange(0, 300, 30)
    sides = [Staircase.of(day, rng.normal(m, 1, (3, 67, len(day)))) for m in (1, 0)]
    one, many = Exceedance.of(*sides, blocks=1), Exceedance.of(*sides, blocks=40)
    np.testing.assert_allclose(one.probability, many.probability)
    best = [s.best.reshape(-1, len(day)) for s in sides]
    np.testing.assert_allclose(one.probability, (best[0][:, None, :] > best[1][:, :, None]).mean(0))


@pytest.mark.parametrize("threshold", [-0.1, 1.0, 95.0])
def test_a_threshold_that_is_no_probability_is_refused(threshold):
    one = Staircase.of(np.array([0]), np.zeros((2, 1)))
    with pytest.raises(SpecError, match="probability from 0"):
        equivalence_lag(one, one, np.array([1]), threshold)


# --- the last day


def by_hand(draws):
    """Leader's A (day 0), B (100), C (200), follower's X (50), Y (250), by draw."""
    return Available(
        np.array(["A", "B", "C", "X", "Y"]),
        np.array([0, 0, 0, 1, 1]),
        np.array([0, 100, 200, 50, 250]),
        np.array(draws, dtype=float)[None],
    )


def test_a_last_day_worked_out_by_hand():
    draws = [
        *[[10, 20, 30, 5, 15]] * 12,  # 15 was first exceeded by B
        *[[10, 20, 30, 5, 25]] * 5,  # by C
        *[[10, 20, 30, 5, 8]] * 2,  # by A, the very first: a bound
        [10, 20, 30, 35, 31],  # X is the best, above 30 from day 50 on
    ]
    found = last_day(by_hand(draws), date(1970, 10, 28))  # day 300
    shown_of = {c.model: (c.months * DAYS_PER_MONTH, c.probability) for c in found.counted}
    assert shown_of == {
        "B": pytest.approx((200, 0.6)),
        "C": pytest.approx((100, 0.25)),
        "A": pytest.approx((300, 0.1)),
        "X": pytest.approx((-250, 0.05)),
    }
    assert [c.model for c in found.counted] == ["B", "C", "A", "X"]
    assert found.follower_ahead == pytest.approx(0.05)
    assert found.censored == pytest.approx(0.15)  # A and X are the first of their groups
    # A is passed in 18 of 20 draws, C is better in 19: no release is passed with 0.95.
    assert (found.bracket.passed, found.bracket.ahead) == (None, "C")
    assert (found.split.passed, found.split.ahead) == ("A", "B")
    assert found.split.passed_probability == pytest.approx(0.9)
    assert found.split.ahead_probability == pytest.approx(14 / 20)
    assert found.split.ahead_on == date(1970, 4, 11)


def test_releases_of_one_day_keep_their_own_probability():
    releases = Available(
        np.array(["A", "B", "X"]),
        np.array([0, 0, 1]),
        np.array([10, 10, 20]),
        np.array([[[3.0, 1, 2], [1, 3, 2], [3, 4, 2], [2, 2, 2]]]),
    )
    found = last_day(releases, date(1970, 1, 31))
    # In the third draw both are better, and the better of the two is named; in the last all three
    # are level.
    assert {c.model: c.probability for c in found.counted} == {"A": 0.25, "B": 0.5, "": 0.25}
    months = [c.months * DAYS_PER_MONTH for c in found.counted]
    np.testing.assert_allclose(sorted(months), [0, 20, 20])


def test_drawn_dates_are_grouped_by_release():
    day = np.array([[[0, 100, 50], [0, 110, 50], [0, 120, 50]]])
    releases = Available(
        np.array(["A", "B", "X"]),
        np.array([0, 0, 1]),
        day,
        np.tile([1.0, 3.0, 2.0], (1, 3, 1)),
    )
    (one,) = last_day(releases, date(1970, 7, 20)).counted  # day 200
    assert (one.model, one.probability, one.released) == ("B", 1.0, date(1970, 4, 21))
    np.testing.assert_allclose(
        np.array([one.months, one.lower, one.upper]) * DAYS_PER_MONTH, [90, 81, 99]
    )


@hypothesis_settings(max_examples=200)
@given(releases_of_group, releases_of_group, st.integers(12, 20))
def test_the_last_day_adds_up_to_the_realized_lag(lead_rows, follow_rows, on):
    (lead_day, lead), (follow_day, follow) = arrays(lead_rows), arrays(follow_rows)
    names = [f"L{i}" for i in range(len(lead_day))] + [f"F{i}" for i in range(len(follow_day))]
    releases = Available(
        np.array(names),
        np.r_[np.zeros(len(lead_day), int), np.ones(len(follow_day), int)],
        np.r_[lead_day, follow_day],
        np.concatenate([lead, follow], 1)[None],
    )
    found = last_day(releases, date.fromordinal(date(1970, 1, 1).toordinal() + on))
    lag, censored = realized_lag(
        Staircase.of(lead_day, lead), Staircase.of(follow_day, follow), np.array([on])
    )
    values, counts = np.unique(lag.round(9), return_counts=True)
    shares = pd.Series(
        [c.probability for c in found.counted], [round(c.months, 9) for c in found.counted]
    )
    shares = shares.groupby(level=0).sum()
    np.testing.assert_allclose(shares.index, values)
    np.testing.assert_allclose(shares, counts / DRAWS)
    assert found.censored == pytest.approx(censored.mean())
    for bracket in (found.bracket, found.split):
        at = {name: i for i, name in enumerate(names)}
        best = follow.max(1)
        if bracket.ahead is not None:
            better = (lead[:, at[bracket.ahead]] > best).mean()
            assert better >= bracket.certainty
            assert bracket.ahead_probability == pytest.approx(better)
        # The best of the leader's releases passed, by brute force: of those up to the last day by
        # which the leader's best is no better, the one that is best in most draws.
        passed_days = [
            s
            for s in lead_day[lead_day <= on]
            if (lead[:, lead_day <= s].max(1) <= best).mean() >= bracket.certainty - 1e-12
        ]
        if not passed_days:
            assert bracket.passed is None
            continue
        passed = [i for i in range(len(lead_day)) if lead_day[i] <= max(passed_days)]
        holds = [0] * len(passed)
        for draw in lead:
            holds[int(np.argmax(draw[passed]))] += 1
        assert bracket.passed is not None
        assert bracket.passed_on == date.fromordinal(
            date(1970, 1, 1).toordinal() + int(lead_day[at[bracket.passed]])
        )
        assert holds[passed.index(at[bracket.passed])] == max(holds)
        assert bracket.passed_probability == pytest.approx(
            (lead[:, at[bracket.passed]] <= best).mean()
        )
        assert bracket.passed_probability >= bracket.certainty - 1e-12


# --- velocity


def test_twelve_months_and_the_twelve_before():
    window = Window(date(2023, 1, 1), date(2026, 8, 11))
    before, last = two_years(window)
    assert window.dates[before][[0, -1]].astype("datetime64[D]").astype(str).tolist() == [
        "2024-08-12",
        "2025-08-11",
    ]
    assert window.dates[last][[0, -1]].astype("datetime64[D]").astype(str).tolist() == [
        "2025-08-12",
        "2026-08-11",
    ]
    lag = np.where(last, 5.0, np.where(before, 7.5, 99.0))[None]
    change, censored = year_on_year(lag, before[None], window)
    assert change.tolist() == [-2.5]
    assert censored.tolist() == [0.5]


def test_less_than_two_years_have_no_year_on_year_change():
    just = Window(date(2024, 8, 12), date(2026, 8, 11))
    assert two_years(just) is not None
    assert two_years(replace(just, since=date(2024, 8, 13))) is None
    leap = Window(date(2022, 3, 1), date(2024, 2, 29))
    before, last = two_years(leap)
    assert (before.sum(), last.sum()) == (365, 366)


@pytest.mark.xdist_group("linear-records")
def test_the_velocity_of_straight_lines_is_exact(records_analysis):
    a = records_analysis
    slope = a.fit.draws["slope"]
    expected = 12 * (1 - slope[..., 1] / slope[..., 0])
    found = velocities(a.fit, a.measured.window)
    for over in (SLOPE_LAST_DAY, SLOPE_WINDOW):
        np.testing.assert_allclose(found["trend", over]["value"], expected, atol=1e-6)
    table = velocity_table(a).set_index(["lag", "change"])
    row = table.loc["trend", SLOPE_LAST_DAY]
    assert row["median"] == pytest.approx(np.median(expected), abs=6e-4)
    assert row["narrowing"] == pytest.approx((slope[..., 1] > slope[..., 0]).mean(), abs=6e-5)
    assert ("realized", YEAR_ON_YEAR) in table.index
    short = Window(date(2025, 1, 1), a.measured.window.as_of)
    assert ("realized", YEAR_ON_YEAR) not in velocities(a.fit, short)


# --- tables and words


@pytest.mark.xdist_group("linear-records")
def test_the_tables_agree_with_the_draws(records_analysis):
    a = records_analysis
    table = last_day_table(a)
    lag = a.measured.lag("realized", "current").to_numpy().ravel()
    counted = table[table["probability"] > 0]
    assert counted["probability"].sum() == pytest.approx(1, abs=1e-3)
    assert counted["cumulative"].is_monotonic_increasing
    mean = (counted["months"] * counted["probability"]).sum()
    assert mean == pytest.approx(lag.mean(), abs=0.01)
    assert set(table["bracket"]) <= {"", "passed", "not passed"}
    assert (table["bracket"] == "passed").sum() <= 1
    even = equivalence_table(a).set_index(["threshold", "period"])
    days = a.measured.window.days
    own, _ = equivalence_lag(*staircases(a.fit), days)
    assert even.loc[(BEYOND_DOUBT, "window"), "months"] == pytest.approx(own.mean(), abs=6e-4)
    assert even.loc[(BEYOND_DOUBT, "current"), "months"] == pytest.approx(own[-1], abs=6e-4)
    assert len(available(a.fit).model) == available(a.fit).capability.shape[-1]


@pytest.mark.xdist_group("linear-records")
def test_a_sentence_of_one_day_names_releases_and_no_interval(records_analysis):
    said = lag_sentence(records_analysis, "realized", "current")
    day = read_last_day(last_day_table(records_analysis))
    assert "interval" not in said
    assert all(name in said for s in day.spikes for name in s.releases)
    assert "2026-08-11" in said


def rows(*cells, **more):
    table = pd.DataFrame(
        cells, columns=["group", "release", "released", "months", "probability", "censored"]
    )
    defaults = {"bracket": "", "split": "", "ahead": table["months"] < 0, "converged": True}
    return table.assign(**(defaults | more))


def test_words_of_one_day():
    table = rows(
        ("USA", "A", "2026-03-05", 5.224, 0.40, 0.0),
        ("USA", "B", "2026-04-23", 3.614, 0.30, 0.0),
        ("USA", "C", "2026-03-05", 5.224, 0.10, 0.0),
        ("China", "Y", "2026-07-01", -1.347, 0.12, 0.0),
        ("USA", "D", "2023-03-14", 40.9, 0.06, 0.06),
        ("USA", "E", "2026-02-05", 6.144, 0.02, 0.0),
        bracket=["not passed", "", "", "", "", "passed"],
    )
    day = read_last_day(table)
    assert [(s.releases, round(s.probability, 2)) for s in day.spikes] == [
        (("A", "C"), 0.5), (("B",), 0.3), (("Y",), 0.12),
    ]  # fmt: skip
    assert spikes(day) == "5.2 (0.50), 3.6 (0.30), -1.3 (0.12), other (0.08)"
    assert spikes_words(day) == (
        "most probably (0.50) 5.2 months, counted from A or C; 3.6 (0.30), counted from B; "
        "-1.3 (0.12), counted from Y; another lag (0.08)"
    )
    assert sentence(day, "the USA", "China", "2026-08-11") == (
        "on 2026-08-11 China trails the USA by 5.2 months with probability 0.50 (counted from A or "
        "C, 2026-03-05), by 3.6 months with 0.30 (counted from B, 2026-04-23), leads the USA by "
        "1.3 months with 0.12 (counted from Y, 2026-07-01), or by 6.1 to 40.9 months with 0.08 "
        "(other releases); China is ahead with probability 0.12; with probability 0.06 the lag is "
        "only a lower bound. China has passed E (2026-02-05) and not yet A (2026-03-05), each with "
        "probability of at least 0.95. The lag grows by a month a month, from 5.2 to 8.2 months in "
        "3 months, until something better follows"
    )
    assert "至少" in sentence_chinese(day, "美国", "中国", "2026-08-11")


def test_a_release_that_hardly_a_draw_counts_from_is_not_named():
    day = read_last_day(
        rows(
            ("USA", "B", "2026-03-05", 5.224, 0.0005, 0.0),
            ("USA", "A", "2026-03-05", 5.224, 0.9495, 0.0),
            ("USA", "C", "2026-02-05", 6.144, 0.05, 0.0),
        )
    )
    assert [s.releases for s in day.spikes] == [("A",)]
    assert day.spikes[0].probability == pytest.approx(0.95)
    assert " or B" not in sentence(day, "the USA", "China", "2026-08-11")


def test_one_release_in_all_draws_is_no_interval_of_no_width():
    day = read_last_day(rows(("USA", "A", "2026-03-05", 5.224, 1.0, 0.0)))
    assert [(s.releases, s.months, s.probability) for s in day.spikes] == [(("A",), 5.224, 1.0)]
    assert day.rest == 0
    assert spikes(day) == "5.2 (>0.99)"


def test_a_bound_is_at_least_and_level_groups_are_said():
    day = read_last_day(
        rows(("USA", "A", "2023-03-14", 9.0, 0.7, 0.7), ("", "", "", 0.0, 0.3, 0.0))
    )
    assert [(s.bound, s.releases) for s in day.spikes] == [(True, ("A",)), (False, ("",))]
    assert day.censored == pytest.approx(0.7)
    assert spikes(day) == "at least 9.0 (0.70), 0.0 (0.30)"


@pytest.mark.xdist_group("linear-records")
def test_a_stack_of_one_model_is_that_model(records_analysis):
    from frontierlag.checks.comparison import Stacked

    stack = Stacked((records_analysis,), {records_analysis.name: 1.0})
    same = ["release", "months", "probability", "bracket"]
    pd.testing.assert_frame_equal(
        stacked_last_day_table(stack)[same], last_day_table(records_analysis)[same]
    )


@pytest.mark.xdist_group("linear-records")
def test_the_sentence_of_velocity_has_interval_and_probability(records_analysis):
    row = velocity_table(records_analysis).set_index("change").loc[SLOPE_LAST_DAY]
    said = velocity_sentence(records_analysis)
    for part in (median(row), span(row), f"{row['narrowing']:.2f}", DATE_WORDS["released"]):
        assert part in said
