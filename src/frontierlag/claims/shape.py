"""Questions about the curves: one shape, one as good as two, bent; and how often records come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from frontierlag.analyses.analysis import Analysis
from frontierlag.checks.comparison import comparison_of
from frontierlag.claims.claim import POINTS, ClaimDraws, Evidence, Need, Question, Unanswerable
from frontierlag.claims.lags import FEWEST_DAYS
from frontierlag.dates import DAYS_PER_MONTH, DAYS_PER_YEAR, day_number
from frontierlag.lags.measure import staircases, trend_lag_by_day
from frontierlag.lags.realized import Staircase
from frontierlag.names import DATE, FOLLOWER, LEADER, SAMPLE_DIMS
from frontierlag.trends import Broken

# A lag that changes by less than this over the window is called constant: as wide as the ranges
# that the article gives for a year (6-8, 10-12).
CONSTANT_MONTHS = 2.0
# Slopes that differ by less than this share are called the same.
SAME_SLOPE = 0.2
# Differences in expected log predictive density below this are small, and their standard error is
# not to be trusted (Sivula, Magnusson & Vehtari 2020).
SMALL_ELPD = 4.0


def constant_lag(evidence: Evidence, needs: tuple[Need, ...]) -> ClaimDraws:
    """Change of the trend lag from the first to the last day of the window, slopes being free."""
    analysis = evidence.analysis(needs[0])
    by_day, _ = trend_lag_by_day(analysis.fit, analysis.measured.window)
    change = by_day.isel({DATE: -1}, drop=True) - by_day.isel({DATE: 0}, drop=True)
    note = (
        f"true if the trend lag changes by less than {CONSTANT_MONTHS:g} months over the window "
        "(a chosen threshold, in either direction)"
    )
    return ClaimDraws(change, abs(change) < CONSTANT_MONTHS, note)


def same_slope(evidence: Evidence, needs: tuple[Need, ...]) -> ClaimDraws:
    """By how many per cent the follower's slope exceeds the leader's, slopes being free."""
    analysis = evidence.analysis(needs[0])
    slope = analysis.fit.tree["posterior"].to_dataset()["slope"]
    excess = slope.isel(group=FOLLOWER, drop=True) / slope.isel(group=LEADER, drop=True) - 1
    months = SAME_SLOPE * len(analysis.measured.window.days) / DAYS_PER_MONTH
    note = (
        f"true if the slopes are within {100 * SAME_SLOPE:.0f} % of each other, which is weaker "
        f"than a constant lag: straight lines {100 * SAME_SLOPE:.0f} % apart in slope move "
        f"{months:.1f} months apart over this window"
    )
    return ClaimDraws(100 * excess, abs(excess) < SAME_SLOPE, note)


def predicts_no_worse(evidence: Evidence, needs: tuple[Need, ...]) -> ClaimDraws:
    """Expected log predictive density of the parallel model minus that of free slopes.

    By PSIS-LOO. The draws are of the Bayesian bootstrap over releases (Rubin 1981; Yao, Vehtari,
    Simpson & Gelman 2018, section 3.4): n sum_i w_i d_i, w ~ Dirichlet(1, ..., 1), d_i the
    difference at release i. Their spread is the standard error of the difference over releases.
    """
    free, parallel = (evidence.analysis(need) for need in needs)
    one, other = (evidence.loo(need) for need in needs)
    found = comparison_of([free, parallel], [one, other])
    at_release = other.elpd_i - one.elpd_i
    total, error = float(at_release.sum()), float(found.table()["se_diff"].max())
    size = "a small difference" if abs(total) < SMALL_ELPD else "more than a small difference"
    note = (
        f"parallel minus free slopes: {total:+.1f} with standard error {error:.1f}, {size} (below "
        f"{SMALL_ELPD:g}); stacking weight of parallel {found.weights[parallel.name]:.2f}; the "
        "interval is over releases"
    )
    shape = free.fit.tree["posterior"].to_dataset()["slope"].shape[:2]
    draws = bootstrapped_sum(at_release, shape, free.fit.settings.seed)
    return ClaimDraws(draws, draws >= 0, note, failed=found.doubts)


def bootstrapped_sum(values: np.ndarray, shape: tuple[int, ...], seed: int) -> xr.DataArray:
    """Bayesian bootstrap of a sum over releases: n times the weighted mean, by draw."""
    weights = np.random.default_rng(seed).dirichlet(np.ones(len(values)), shape)
    return xr.DataArray(len(values) * (weights @ values), dims=SAMPLE_DIMS)


def not_slowed(evidence: Evidence, needs: tuple[Need, ...]) -> ClaimDraws:
    """Leader's slope after the break minus before.

    Raises
    ------
    Unanswerable
        If the window holds too few days on either side of the break (:data:`FEWEST_DAYS`): a slope
        there would be the prior's.
    """
    analysis = evidence.analysis(needs[0])
    _check_sides(analysis)
    posterior = analysis.fit.tree["posterior"].to_dataset()
    before, after = (posterior[n].isel(group=LEADER, drop=True) for n in ("slope", "slope_after"))
    note = f"slopes {float(before.mean()):.1f} before and {float(after.mean()):.1f} after"
    return ClaimDraws(after - before, after >= before, note)


def _check_sides(analysis: Analysis) -> None:
    """Refuse a break with too few days of releases on one of its sides."""
    curve, releases = analysis.fit.spec.trend, analysis.fit.observations.releases
    if not isinstance(curve, Broken):
        raise Unanswerable(f"{analysis.name} has no change of slope; use a broken trend")
    first = int(releases.day[releases.of(LEADER)].min())
    before = day_number(curve.earliest) - first
    after = day_number(releases.as_of) - day_number(curve.latest)
    for days, side in ((before, "before"), (after, "after")):
        if days < FEWEST_DAYS:
            raise Unanswerable(
                f"{releases.table} as of {releases.as_of} holds {max(days, 0)} days {side} the "
                f"change of slope, and a slope needs {FEWEST_DAYS}"
            )


@dataclass(frozen=True)
class Cadence:
    """Release cadence of one group over a window, shape ``(...)`` each.

    Records a year; median months between successive records, and median rise in capability from
    record to record, score units, both NaN with fewer than two in the window.
    """

    per_year: np.ndarray
    interval: np.ndarray
    step: np.ndarray


def cadence(staircase: Staircase, days: np.ndarray) -> Cadence:
    """Measure the cadence of a group's records that fall on ``days`` since 1970-01-01, by draw."""
    inside = (staircase.day >= days[0]) & (staircase.day <= days[-1])
    rise = np.diff(staircase.best, axis=-1, prepend=np.inf)
    # The group's very first release is where the table begins, not progress: -inf, no record.
    record = np.isfinite(rise) & (rise > 0) & inside
    count = record.sum(-1)
    day = staircase.day.astype(float)
    when = np.where(record, day, -np.inf)
    previous = np.maximum.accumulate(when, axis=-1)
    previous = np.concatenate([np.full_like(previous[..., :1], -np.inf), previous[..., :-1]], -1)
    has_previous = record & np.isfinite(previous)
    with np.errstate(invalid="ignore"):
        gap = np.where(has_previous, day - previous, np.nan)
    step = np.where(has_previous, rise, np.nan)
    enough = count >= 2
    return Cadence(
        per_year=count / (len(days) / DAYS_PER_YEAR),
        interval=_median(gap, enough) / DAYS_PER_MONTH,
        step=_median(step, enough),
    )


def _median(values: np.ndarray, enough: np.ndarray) -> np.ndarray:
    """Median over the last axis of what is not NaN; NaN where there is not enough."""
    filled = np.where(enough[..., None], values, 0.0)
    return np.where(enough, np.nanmedian(filled, axis=-1), np.nan)


def rhythm(of: Callable[[Cadence], np.ndarray], sign: int, words: str, unit: str) -> Question:
    """Ask whether the follower exceeds (``sign`` 1) or falls short of (-1) the leader."""

    def ask(evidence: Evidence, needs: tuple[Need, ...]) -> ClaimDraws:
        analysis = evidence.analysis(needs[0])
        metric = analysis.fit.spec.metric
        if unit == POINTS and metric.bounded:
            raise Unanswerable("a step between accuracies depends on where it is taken")
        days = analysis.measured.window.days
        leader, follower = (of(cadence(s, days)) for s in staircases(analysis.fit))
        difference = xr.DataArray(follower - leader, dims=SAMPLE_DIMS)
        names = analysis.fit.observations.releases.group_names
        medians = (np.nanmedian(leader), np.nanmedian(follower))
        told = metric.unit if unit == POINTS else unit
        paces = ", ".join(f"{n} {m:.1f} {told}" for n, m in zip(names, medians, strict=True))
        return ClaimDraws(difference, sign * difference > 0, f"{words}: {paces}")

    return ask
