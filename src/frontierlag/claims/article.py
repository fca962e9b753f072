"""The ten claims of the source article (Epoch AI, January 2026), each with its question.

How a stated figure is read: ``7`` is every value that rounds to it (6.5 up to 7.5), ``10-12`` is
9.5 up to 12.5, ``about 7`` is 6 up to 8, and ``nearly the same`` is a difference below one month.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import xarray as xr

from frontierlag.analysis import Analysis
from frontierlag.checks.comparison import compare
from frontierlag.claims.cadence import Cadence, cadence
from frontierlag.claims.claim import (
    FEW_BOUNDS,
    Asked,
    Claim,
    Evidence,
    Need,
    Unanswerable,
    between,
    lag,
)
from frontierlag.lags.days import Window
from frontierlag.lags.measure import measure, realized_lag_by_day, staircases, trend_lag_by_day
from frontierlag.names import (
    CHAIN,
    DATE,
    DRAW,
    FOLLOWER,
    LEADER,
    MAXIMUM,
    MINIMUM,
    REALIZED,
    SAMPLE_DIMS,
    WINDOW,
)
from frontierlag.summary import summarize

Question = Callable[[Evidence, tuple[Need, ...]], Asked]

MAIN = (Need(),)
CLOSED_OPEN = Need(comparison="closed-open")
PARALLEL = Need(model="parallel-stochastic")
BROKEN = Need(model="broken-stochastic")
FRONTIERMATH = Need(model="logistic-stochastic", scores="frontiermath-2026-01-17")

SAME_MONTHS = 1.0
SAME_SHAPE_MONTHS = 2.0


def days_led(evidence: Evidence, needs: tuple[Need, ...]) -> Asked:
    """Share of the window's days on which the follower's best exceeds the leader's."""
    analysis = evidence.analysis(needs[0])
    by_day, _ = realized_lag_by_day(analysis.fit, analysis.measured.window)
    ahead = by_day < 0
    led = 100 * ahead.mean(DATE)
    each = ahead.mean((CHAIN, DRAW))
    likeliest = each.idxmax(DATE).dt.strftime("%Y-%m-%d").item()
    note = f"likeliest on {likeliest}, with probability {float(each.max()):.2f}"
    if float(each.max()) == 0:
        note = "the follower led on no day in any draw"
    return Asked(led, led == 0, note)


def extremes(evidence: Evidence, needs: tuple[Need, ...]) -> Asked:
    """Width of the range, and whether both of its ends are as stated."""
    low, high = (lag(evidence.analysis(needs[0]), REALIZED, p)[0] for p in (MINIMUM, MAXIMUM))
    return Asked(high - low, (low >= 3.5) & (low < 4.5) & (high >= 13.5) & (high < 14.5))


def shorter(year: int) -> Question:
    """Ask whether a year's mean lag is below that of the year before."""

    def ask(evidence: Evidence, needs: tuple[Need, ...]) -> Asked:
        analysis = evidence.analysis(needs[0])
        (now, bound_now), (before, bound_before) = (
            lag(analysis, REALIZED, str(y)) for y in (year, year - 1)
        )
        change = now - before
        if max(bound_now, bound_before) > FEW_BOUNDS:
            worst = year if bound_now > bound_before else year - 1
            share = max(bound_now, bound_before)
            return Asked(change, None, f"{worst}: only a lower bound on {share:.0%} of its days")
        return Asked(change, change < 0)

    return ask


def steadily(evidence: Evidence, needs: tuple[Need, ...]) -> Asked:
    """Largest change from one year to the next, over the years whose lag is not a bound."""
    analysis = evidence.analysis(needs[0])
    told = {
        year: draws
        for year in analysis.measured.window.years
        for draws, censored in [lag(analysis, REALIZED, year)]
        if censored <= FEW_BOUNDS
    }
    if len(told) < 2:
        raise Unanswerable("fewer than two calendar years have a lag that is more than a bound")
    values = list(told.values())
    changes = [b - a for a, b in pairwise(values)]
    worst = xr.concat(changes, "step").max("step")
    note = f"years compared: {', '.join(told)}"
    return Asked(worst, worst < 0, note)


def same_gap(evidence: Evidence, needs: tuple[Need, ...]) -> Asked:
    """Difference of two mean realized lags over one window, draw by draw.

    Both fits draw the capability of a release that they share from the same random numbers
    (:mod:`frontierlag.noise`), so its measurement error is one variable in both and cancels.
    """
    first, second = (evidence.analysis(need) for need in needs)
    difference, window = joint_difference(first, second)
    apart = summarize(difference)
    shuffled = summarize(_independent(first, second, window))
    note = (
        f"window {window.since} to {window.as_of}; 90 % interval "
        f"{apart.upper90 - apart.lower90:.1f} months wide, "
        f"{shuffled.upper90 - shuffled.lower90:.1f} if the draws were independent"
    )
    return Asked(difference, abs(difference) < SAME_MONTHS, note)


def joint_difference(first: Analysis, second: Analysis) -> tuple[xr.DataArray, Window]:
    """First minus second mean realized lag over the window that both can tell, draw by draw.

    Raises
    ------
    Unanswerable
        If the two fits are not of one table, seed and number of draws, or share no window.
    """
    a, b = first.fit, second.fit
    if a.settings != b.settings or a.observations.releases.table != b.observations.releases.table:
        raise Unanswerable("the two fits are not of one table with one seed and number of draws")
    windows = first.measured.window, second.measured.window
    since, as_of = max(w.since for w in windows), min(w.as_of for w in windows)
    if since > as_of:
        raise Unanswerable("the two comparisons have no day in common")
    window = Window(since, as_of)
    lags = [measure(fit, window).lag(REALIZED, WINDOW) for fit in (a, b)]
    return lags[0] - lags[1], window


def _independent(first: Analysis, second: Analysis, window: Window) -> xr.DataArray:
    """The same difference with the second's draws in another order: as if independent."""
    one, other = (measure(x.fit, window).lag(REALIZED, WINDOW) for x in (first, second))
    order = np.random.default_rng(second.fit.settings.seed).permutation(other.size)
    return one - other.copy(data=other.to_numpy().ravel()[order].reshape(other.shape))


def rhythm(of: Callable[[Cadence], np.ndarray], sign: int, words: str, unit: str) -> Question:
    """Ask whether the follower exceeds (``sign`` 1) or falls short of (-1) the leader."""

    def ask(evidence: Evidence, needs: tuple[Need, ...]) -> Asked:
        analysis = evidence.analysis(needs[0])
        if unit == "points" and analysis.fit.spec.metric.bounded:
            raise Unanswerable("a step between accuracies depends on where it is taken")
        days = analysis.measured.window.days
        leader, follower = (of(cadence(s, days)) for s in staircases(analysis.fit))
        difference = xr.DataArray(follower - leader, dims=SAMPLE_DIMS)
        names = analysis.fit.observations.releases.group_names
        medians = (np.nanmedian(leader), np.nanmedian(follower))
        told = ", ".join(f"{n} {m:.1f} {unit}" for n, m in zip(names, medians, strict=True))
        return Asked(difference, sign * difference > 0, f"{words}: {told}")

    return ask


def same_shape(evidence: Evidence, needs: tuple[Need, ...]) -> Asked:
    """Change of the trend lag from the first to the last day of the window, slopes being free."""
    analysis = evidence.analysis(needs[0])
    by_day, _ = trend_lag_by_day(analysis.fit, analysis.measured.window)
    change = by_day.isel({DATE: -1}, drop=True) - by_day.isel({DATE: 0}, drop=True)
    return Asked(change, abs(change) < SAME_SHAPE_MONTHS)


def parallel_predicts(evidence: Evidence, needs: tuple[Need, ...]) -> Asked:
    """Slopes' difference, with the two models' predictive accuracy (PSIS-LOO) as the condition."""
    free, parallel = (evidence.analysis(need) for need in needs)
    found = compare([free, parallel])
    slope = free.fit.tree["posterior"].to_dataset()["slope"]
    difference = slope.isel(group=FOLLOWER, drop=True) - slope.isel(group=LEADER, drop=True)
    one, other = found.loos
    gain, weight = other.elpd - one.elpd, found.weights[parallel.name]
    note = (
        f"parallel against free slopes: expected log predictive density {gain:+.1f}, stacking "
        f"weight of parallel {weight:.2f}; probability that slopes are within 20 % of each other "
        f"stands in the column"
    )
    ratio = slope.isel(group=FOLLOWER, drop=True) / slope.isel(group=LEADER, drop=True)
    return Asked(difference, (ratio > 1 / 1.2) & (ratio < 1.2), note)


def not_slowed(evidence: Evidence, needs: tuple[Need, ...]) -> Asked:
    """Leader's slope after the break minus before."""
    posterior = evidence.analysis(needs[0]).fit.tree["posterior"].to_dataset()
    before, after = (posterior[n].isel(group=LEADER, drop=True) for n in ("slope", "slope_after"))
    note = f"slopes {float(before.mean()):.1f} before and {float(after.mean()):.1f} after"
    return Asked(after - before, after >= before, note)


ARTICLE = (
    Claim(
        "1",
        "Every frontier model since 2023 is American",
        "share of days on which China's best available exceeds that of the USA",
        "% of days",
        MAIN,
        days_led,
    ),
    Claim(
        "2",
        "The mean lag is 7 months",
        "mean realized lag over the window",
        "months",
        MAIN,
        between(REALIZED, WINDOW, 6.5, 7.5),
    ),
    Claim(
        "3a",
        "The smallest lag is 4 months",
        "minimum of the realized lag over the window",
        "months",
        MAIN,
        between(REALIZED, MINIMUM, 3.5, 4.5),
    ),
    Claim(
        "3b",
        "The largest lag is 14 months",
        "maximum of the realized lag over the window",
        "months",
        MAIN,
        between(REALIZED, MAXIMUM, 13.5, 14.5),
    ),
    Claim(
        "3",
        "The lag ranges from 4 to 14 months",
        "maximum minus minimum of the realized lag",
        "months",
        MAIN,
        extremes,
    ),
    Claim(
        "4a",
        "It was 10-12 months in 2023",
        "mean realized lag in 2023",
        "months",
        MAIN,
        between(REALIZED, "2023", 9.5, 12.5),
    ),
    Claim(
        "4b",
        "It was 6-8 months in 2024",
        "mean realized lag in 2024",
        "months",
        MAIN,
        between(REALIZED, "2024", 5.5, 8.5),
    ),
    Claim(
        "4c",
        "It was about 7 months in 2025",
        "mean realized lag in 2025",
        "months",
        MAIN,
        between(REALIZED, "2025", 6.0, 8.0),
    ),
    *(
        Claim(
            f"5{letter}",
            f"It was shorter in {year} than in {year - 1}",
            f"mean realized lag of {year} minus that of {year - 1}",
            "months",
            MAIN,
            shorter(year),
        )
        for letter, year in zip("abc", (2024, 2025, 2026), strict=True)
    ),
    Claim(
        "5",
        "It has narrowed, steadily",
        "largest change of the yearly mean realized lag from one year to the next",
        "months",
        MAIN,
        steadily,
    ),
    Claim(
        "6",
        "The US-China gap is nearly the same as the closed-open gap",
        "mean realized lag, us-china minus closed-open, same window, joint draws",
        "months",
        (*MAIN, CLOSED_OPEN),
        same_gap,
    ),
    Claim(
        "7a",
        "US releases are dense: it sets records more often",
        "records a year, China minus USA",
        "a year",
        MAIN,
        rhythm(lambda c: c.per_year, -1, "records a year", "a year"),
    ),
    Claim(
        "7b",
        "Chinese records are rarer: longer between two of them",
        "median months between records, China minus USA",
        "months",
        MAIN,
        rhythm(lambda c: c.interval, 1, "median between records", "months"),
    ),
    Claim(
        "7c",
        "Chinese progress comes in larger steps",
        "median step from record to record, China minus USA",
        "points",
        MAIN,
        rhythm(lambda c: c.step, 1, "median step", "points"),
    ),
    Claim(
        "8a",
        "The two curves have the same shape, out of step: a constant lag",
        "change of the trend lag over the window",
        "months",
        MAIN,
        same_shape,
    ),
    Claim(
        "8b",
        "The two curves have the same slope",
        "slope of China minus slope of the USA",
        "points a year",
        (*MAIN, PARALLEL),
        parallel_predicts,
    ),
    Claim(
        "9",
        "US progress has not slowed",
        "slope of the USA after 2025-01-01 minus before",
        "points a year",
        (BROKEN,),
        not_slowed,
    ),
    Claim(
        "10",
        "FrontierMath shows the same lag of about 7 months",
        "mean realized lag on FrontierMath",
        "months",
        (FRONTIERMATH,),
        between(REALIZED, WINDOW, 6.0, 8.0),
    ),
)
