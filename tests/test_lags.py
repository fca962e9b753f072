from __future__ import annotations

import sys
from datetime import date

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from frontierlag.dates import DAYS_PER_MONTH, DAYS_PER_YEAR, Window, day_number
from frontierlag.errors import SpecError
from frontierlag.lags.periods import over_periods
from frontierlag.lags.realized import Staircase, lag_at_release, realized_lag
from frontierlag.lags.trend import curve, lag_at_level, trend_lag
from frontierlag.trends import Linear, Logistic

REFERENCE = date(2025, 1, 1)
ORIGIN = day_number(REFERENCE)

# Few days and few levels, so that ties, crossings and same-day releases are the rule.
releases_of_group = st.lists(
    st.tuples(st.integers(0, 12), st.lists(st.integers(0, 6), min_size=2, max_size=2)),
    min_size=1,
    max_size=8,
)


def arrays(rows):
    """Days (n,) and two draws of capabilities (2, n)."""
    return np.array([d for d, _ in rows]), np.array([c for _, c in rows], dtype=float).T


@hypothesis_settings(max_examples=400)
@given(releases_of_group, releases_of_group)
def test_realized_lag_follows_its_definition(lead_rows, follow_rows):
    (lead_day, lead), (follow_day, follow) = arrays(lead_rows), arrays(follow_rows)
    days = np.arange(-1, 15)
    lag, censored = realized_lag(
        Staircase.of(lead_day, lead), Staircase.of(follow_day, follow), days
    )
    expected = [
        [naive.realized(list(lead_day), lead[i], list(follow_day), follow[i], t) for t in days]
        for i in (0, 1)
    ]
    np.testing.assert_allclose(lag, [[v for v, _ in row] for row in expected], atol=1e-12)
    assert censored.tolist() == [[c for _, c in row] for row in expected]


@hypothesis_settings(max_examples=300)
@given(releases_of_group, releases_of_group, st.integers(-1, 8), st.integers(0, 6))
def test_lag_at_release_follows_its_definition(lead_rows, follow_rows, since, length):
    (lead_day, lead), (follow_day, follow) = arrays(lead_rows), arrays(follow_rows)
    days = np.arange(since, since + length + 1)
    day, lag, censored = lag_at_release(
        Staircase.of(lead_day, lead), Staircase.of(follow_day, follow), days
    )
    assert day.tolist() == [d for d in sorted(set(follow_day)) if since <= d <= since + length]
    for i in (0, 1):
        expected = naive.at_release(
            list(lead_day), lead[i], list(follow_day), follow[i], since, since + length
        )
        known = {d: (v, c) for d, v, c in expected}
        for at, d in enumerate(day):
            value, flag = known.get(d, (np.nan, False))
            np.testing.assert_allclose(lag[i, at], value, atol=1e-12)
            assert censored[i, at] == flag


def test_a_realized_lag_worked_out_by_hand():
    leader = Staircase.of(np.array([0, 100, 200]), np.array([[10.0, 20.0, 30.0]]))
    follower = Staircase.of(np.array([50, 150, 250]), np.array([[5.0, 15.0, 40.0]]))
    lag, censored = realized_lag(leader, follower, np.array([40, 50, 149, 150, 249, 250, 300]))
    in_days = (lag[0] * 365.25 / 12).round(6)
    # Before day 50 there is no follower. Its 5 was exceeded from the start: at least. Its 15 since
    # day 100. From day 250 the follower is ahead: it passed 30 on day 250.
    np.testing.assert_array_equal(in_days[1:], [50, 149, 50, 149, 0, -50])
    assert np.isnan(lag[0, 0])
    assert censored[0].tolist() == [False, True, True, False, False, False, False]


def test_the_frontier_is_the_running_maximum():
    """A later, weaker release leaves it; of one day the best counts."""
    s = Staircase.of(np.array([5, 1, 3, 3, 9]), np.array([[7.0, 4.0, 2.0, 6.0, 7.0]]))
    assert s.day.tolist() == [1, 3, 5, 9]
    assert s.best.tolist() == [[4, 6, 7, 7]]
    np.testing.assert_array_equal(s.on(np.array([0, 1, 2, 3, 8, 20])), [[np.nan, 4, 4, 6, 7, 7]])
    # The level of day 5 is equalled on day 9, never exceeded.
    assert s.first_above(np.array([[3.9, 4.0, 6.5, 7.0]])).tolist() == [[0, 1, 2, 4]]


def lines_run(n_days):
    """Python lines that a realized lag takes for 40 draws and this many days."""
    rng = np.random.default_rng(0)
    leader = Staircase.of(np.arange(0, 900, 9), rng.normal(size=(4, 10, 100)))
    follower = Staircase.of(np.arange(0, 900, 10), rng.normal(size=(4, 10, 90)))
    count = 0

    def tracer(*_):
        nonlocal count
        count += 1
        return tracer

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        realized_lag(leader, follower, np.arange(n_days))
    finally:
        sys.settrace(before)
    return count


def test_realized_lag_has_no_loop_over_days():
    assert lines_run(1000) == lines_run(2)


def test_realized_lag_of_a_whole_posterior():
    rng = np.random.default_rng(1)
    lead_day, follow_day = np.sort(rng.integers(0, 900, 120)), np.sort(rng.integers(0, 900, 70))
    lead = rng.normal(lead_day / 30, 4, (4, 1000, 120))
    follow = rng.normal(follow_day / 30 - 5, 4, (4, 1000, 70))
    days = np.arange(1000)
    lag, censored = realized_lag(
        Staircase.of(lead_day, lead), Staircase.of(follow_day, follow), days
    )
    assert lag.shape == censored.shape == (4, 1000, 1000)
    for chain, draw, t in zip(
        rng.integers(0, 4, 60), rng.integers(0, 1000, 60), rng.integers(0, 1000, 60), strict=True
    ):
        value, flag = naive.realized(
            lead_day, lead[chain, draw], follow_day, follow[chain, draw], t
        )
        np.testing.assert_allclose(lag[chain, draw, t], value, atol=1e-12)
        assert censored[chain, draw, t] == flag


groups = lambda low, high: st.tuples(st.floats(low, high), st.floats(low, high))  # noqa: E731


def parameters(level, slope, headroom, depth):
    p = {"level": level, "slope": slope, "headroom": headroom, "depth": depth}
    return {k: np.array(v) for k, v in p.items()}


@hypothesis_settings(max_examples=150)
@given(
    st.sampled_from([Linear(), Logistic()]),
    st.builds(parameters, groups(120, 150), groups(5, 30), groups(20, 300), groups(20, 300)),
    st.integers(-600, 600),
)
def test_trend_lag_is_the_horizontal_distance(trend, p, day):
    days = np.array([ORIGIN + day])
    lag, extrapolated = trend_lag(trend, p, days, REFERENCE, ORIGIN - 500, ORIGIN + 600)

    def leader(t):
        return float(curve(trend, p, np.array([ORIGIN + t * DAYS_PER_YEAR]), REFERENCE, 0)[0])

    target = float(curve(trend, p, days, REFERENCE, 1)[0])
    low, high = -500.0, 500.0
    if not leader(low) + 1e-9 < target < leader(high) - 1e-9:
        if isinstance(trend, Logistic):
            ends = p["level"][0] - p["depth"][0], p["level"][0] + p["headroom"][0]
            if not ends[0] < target < ends[1]:
                assert np.isnan(lag).all()
                assert not extrapolated.any()
        return
    reached = brentq(lambda t: leader(t) - target, low, high, xtol=1e-12, rtol=1e-14)
    slack = 1e-7 / max(1e-9, abs(leader(reached + 1e-4) - leader(reached - 1e-4)) / 2e-4)
    assert lag[0] == pytest.approx(12 * (day / DAYS_PER_YEAR - reached), abs=12 * slack + 1e-6)
    outside = reached * DAYS_PER_YEAR < -500 or reached * DAYS_PER_YEAR > 600
    if min(abs(reached * DAYS_PER_YEAR + 500), abs(reached * DAYS_PER_YEAR - 600)) > 0.01:
        assert bool(extrapolated[0]) == outside


def test_trend_lag_of_parallel_lines_is_their_offset():
    """A follower that runs the leader's line half a year later lags by six months on every day."""
    p = {"level": np.array([[140.0, 133.0]]), "slope": np.array([[14.0, 14.0]])}
    days = np.arange(ORIGIN - 400, ORIGIN + 400)
    lag, outside = trend_lag(Linear(), p, days, REFERENCE, ORIGIN - 400, ORIGIN + 399)
    np.testing.assert_allclose(lag, np.full((1, 800), 6.0))
    # The first half year reads the leader before its first release: 182.625 days.
    assert outside.sum() == 183
    assert outside[0, :183].all()


def test_trend_lag_does_not_exist_above_the_leaders_ceiling():
    p = parameters([140.0, 140.0], [15.0, 15.0], [5.0, 100.0], [50.0, 50.0])
    days = np.array([ORIGIN - 30, ORIGIN, ORIGIN + 300])
    lag, outside = trend_lag(Logistic(), p, days, REFERENCE, ORIGIN - 900, ORIGIN + 900)
    assert np.isnan(lag).tolist() == [False, False, True]
    assert not outside[2]


def test_lag_at_level_by_root_finding_and_its_flags():
    p = parameters([140.0, 132.0], [15.0, 17.0], [40.0, 60.0], [60.0, 80.0])
    levels = np.array([85.0, 110.0, 130.0, 150.0, 185.0])
    as_of = date(2026, 8, 11)
    first = ORIGIN - 600, ORIGIN - 400
    lag, outside = lag_at_level(Logistic(), p, levels, REFERENCE, first, as_of)
    for i, c in enumerate(levels):
        when = []
        for g in (0, 1):
            f = lambda t, g=g, c=c: Logistic().value(p, np.array([t]), np.array([g]), np)[0] - c  # noqa: E731
            when.append(brentq(f, -60, 60) if f(-60) < 0 < f(60) else np.nan)
        np.testing.assert_allclose(lag[i], 12 * (when[1] - when[0]), atol=1e-6)
        last = (day_number(as_of) - ORIGIN) / DAYS_PER_YEAR
        expected = any(
            when[g] < (first[g] - ORIGIN) / DAYS_PER_YEAR or when[g] > last for g in (0, 1)
        )
        assert bool(outside[i]) == expected
    # 185 is above the leader's ceiling of 180, and beyond the follower's data; 85 and 110 are
    # reached before the first releases.
    assert np.isnan(lag).tolist() == [False, False, False, False, True]
    assert outside.tolist() == [True, True, False, False, True]


def test_a_month_is_a_twelfth_of_a_julian_year():
    assert DAYS_PER_MONTH == 365.25 / 12
    leader = Staircase.of(np.array([0, 10]), np.array([[1.0, 3.0]]))
    follower = Staircase.of(np.array([0]), np.array([[2.0]]))
    lag, _ = realized_lag(leader, follower, np.array([10 + 487]))
    assert lag[0, 0] == pytest.approx(16.0, abs=1e-12)  # 487 days are 16 months of 30.4375


def daily(window, seed=0):
    rng = np.random.default_rng(seed)
    shape = (2, 3, len(window.days))
    return rng.normal(6, 3, shape), rng.uniform(size=shape) < 0.3


def test_periods_are_means_over_their_days():
    window = Window(date(2023, 11, 20), date(2025, 2, 10))
    value, censored = daily(window)
    got = over_periods(value, censored, window)
    names = ["window", "current", "minimum", "maximum", "2023", "2024", "2025"]
    assert got["period"].values.tolist() == names == window.periods
    dates = window.days.astype("datetime64[D]")
    assert dates[0] == np.datetime64("2023-11-20")
    assert dates[-1] == np.datetime64("2025-02-10")
    assert (window.dates == dates).all()
    for chain in range(2):
        for draw in range(3):
            x, flags = list(value[chain, draw]), list(censored[chain, draw])
            at = {"current": len(x) - 1, "minimum": x.index(min(x)), "maximum": x.index(max(x))}
            for name in names:
                if name in at:
                    share = float(flags[at[name]])
                    # Any bound may in truth be the largest.
                    share = max(share, sum(flags) / len(flags)) if name == "maximum" else share
                    expected = x[at[name]], share
                else:
                    inside = [
                        i
                        for i, d in enumerate(dates)
                        if name == "window" or str(d).startswith(name)
                    ]
                    expected = (
                        sum(x[i] for i in inside) / len(inside),
                        sum(flags[i] for i in inside) / len(inside),
                    )
                one = got.sel(period=name).isel(chain=chain, draw=draw)
                assert float(one["value"]) == pytest.approx(expected[0])
                assert float(one["censored"]) == pytest.approx(expected[1])


def test_one_undefined_day_makes_its_periods_undefined_and_no_others():
    window = Window(date(2023, 11, 20), date(2025, 2, 10))
    value, censored = daily(window)
    value[0, 1, 5] = np.nan
    got = over_periods(value, censored, window)["value"]
    missing = got.isnull()
    assert missing.sum() == 4
    hit = missing.isel(chain=0, draw=1)
    assert hit["period"][hit].values.tolist() == ["window", "minimum", "maximum", "2023"]


def test_years_are_calendar_years_and_cover_the_window_once():
    window = Window(date(2023, 9, 6), date(2026, 8, 11))
    masks = np.stack(list(window.years.values()))
    assert (masks.sum(0) == 1).all()
    assert {k: int(v.sum()) for k, v in window.years.items()} == {
        "2023": 117,
        "2024": 366,
        "2025": 365,
        "2026": 223,
    }


def test_windows():
    with pytest.raises(SpecError, match=r"empty.*2026-01-02.*2026-01-01"):
        Window(date(2026, 1, 2), date(2026, 1, 1))
    one = Window(date(2026, 1, 2), date(2026, 1, 2))
    assert one.days.tolist() == [(date(2026, 1, 2) - date(1970, 1, 1)).days]
    assert one.periods == ["window", "current", "minimum", "maximum", "2026"]
