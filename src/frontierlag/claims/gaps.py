"""Questions about two comparisons at once: the difference of two lags, draw by draw.

A difference needs one posterior of all capabilities, and both lags are computed from each of its
draws: then a measurement error, or the place of a frontier, changes both lags alike.

- A fit to benchmark results draws the capability of every model of the table, whichever group it
  is in: its models are split into both pairs of groups (:mod:`frontierlag.lags.split`). The
  results say so much of each capability that it hardly matters which groups the frontiers are of:
  fitted to the other pair, each mean lag of the newest table is 0.07 months (0.15 of its posterior
  standard deviation) away.
- A fit to scores has the releases of its own two groups, shrunk towards their two frontiers.
  Two such fits have two posteriors of a shared release, so no draw of the one belongs to a draw of
  the other. One fit of the releases of both, with a frontier for every combination of their groups
  (:mod:`frontierlag.analyses.two_comparisons`), has one posterior of all capabilities: both lags
  and their difference are read from it, draw by draw. Shrunk towards other frontiers, it gives each
  lag a little differently than the lag's own fit does, by more than Monte Carlo error; without
  measurement error there would be nothing to shrink and no difference. So the note says what
  their own fits make of the lags, and of the difference if each lag is given the distribution of
  its own fit and only the dependence is taken from the joint one (Sklar's theorem: any joint
  distribution is its margins and a copula, and these can be taken from different places).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from frontierlag.claims.claim import ClaimDraws, Evidence, Need, Unanswerable
from frontierlag.dates import Window
from frontierlag.errors import FrontierLagError
from frontierlag.intervals import Summary, probability, summarize
from frontierlag.lags.measure import staircases
from frontierlag.lags.realized import Staircase, realized_lag
from frontierlag.lags.split import every_capability, realized_over, split_staircases
from frontierlag.names import PERIOD, VALUE, WINDOW
from frontierlag.scores import default_window_start
from frontierlag.words import FEW_BOUNDS

# Two lags that differ by less than this are called nearly the same.
SAME_MONTHS = 1.0
ONE_FIT = "one fit, its models split into both pairs of groups in each draw"
CROSSED = "one fit of both, with a frontier for every combination of their groups"


@dataclass(frozen=True, eq=False)
class Both:
    """Two mean realized lags over one window, whose draws belong together.

    ``first`` and ``second`` are months, dims ``(chain, draw)`` each, ``window`` the days on which
    both are mostly known, and ``how`` says what ties them. Where another fit ties them, ``own`` are
    both from their own fits, ``measures`` says what the convergence gate measured of the other, and
    ``failed`` why it needs the mark NOT CONVERGED, if it does.
    """

    first: xr.DataArray
    second: xr.DataArray
    window: Window
    how: str
    own: tuple[xr.DataArray, xr.DataArray] | None = None
    measures: str = ""
    failed: str = ""


def same_gap(evidence: Evidence, needs: tuple[Need, ...]) -> ClaimDraws:
    """Difference of two mean realized lags over one window, from one posterior."""
    both = lags_of_both(evidence, needs)
    difference = both.first - both.second
    joint, independent = summarize(difference), summarize(both.first - shuffled(both.second))
    note = (
        f"{both.how}; window {both.window.since} to {both.window.as_of}; 90 % interval "
        f"{_width(joint):.1f} months wide, {_width(independent):.1f} if the draws were independent"
    )
    if both.own:
        one, other = both.own
        mapped = with_margin(both.first, one) - with_margin(both.second, other)
        theirs = summarize(mapped)
        share = probability(abs(mapped) < SAME_MONTHS)
        note += (
            f"; {both.measures}; it gives the lags as {float(both.first.mean()):.1f} and "
            f"{float(both.second.mean()):.1f}, their own fits as {float(one.mean()):.1f} and "
            f"{float(other.mean()):.1f}; with each lag from its own fit the difference is "
            f"{theirs.median:.1f} ({theirs.lower90:.1f} to {theirs.upper90:.1f}), and the claim is "
            f"true with probability {share:.2f}"
        )
    return ClaimDraws(difference, abs(difference) < SAME_MONTHS, note, both.failed)


def lags_of_both(evidence: Evidence, needs: tuple[Need, ...]) -> Both:
    """Both mean realized lags, over the days on which both are mostly known.

    Raises
    ------
    Unanswerable
        If they share no such window, or cannot be read from one posterior.
    """
    if needs[0].fit != needs[1].fit:
        return _crossed(evidence, needs)
    (best, own), (other_best, other_own) = (_sides(evidence, need) for need in needs)
    window = _mostly_known(_common(own, other_own), best, other_best)
    return Both(_mean_lag(best, window), _mean_lag(other_best, window), window, ONE_FIT)


def _crossed(evidence: Evidence, needs: tuple[Need, ...]) -> Both:
    """Two fits to scores: both lags from one fit of the releases of both."""
    analyses = [evidence.analysis(need) for need in needs]
    one, other = (a.fit for a in analyses)
    common = _common(*(a.measured.window for a in analyses))
    window = _mostly_known(common, staircases(one), staircases(other))
    crossed = evidence.crossed(needs[0].fit, needs[1].fit)
    own = [_mean_lag(staircases(fit), window) for fit in (one, other)]
    seed = one.settings.seed
    raw = [
        _mean_lag(split_staircases(fit.observations.releases, crossed.capability, seed), window)
        for fit in (one, other)
    ]
    failed = next((g.verdict() for g in crossed.gates if not g.converged), "")
    rhat = max(g.value("R-hat") for g in crossed.gates)
    ess = min(g.value(f"{part} ESS") for g in crossed.gates for part in ("bulk", "tail"))
    return Both(
        raw[0],
        raw[1],
        window,
        CROSSED,
        (own[0], own[1]),
        f"its R-hat is at most {rhat:.4f} and its effective draws at least {ess:.0f}",
        f"the fit of both comparisons is {failed}" if failed else "",
    )


def with_margin(draws: xr.DataArray, margin: xr.DataArray) -> xr.DataArray:
    """The draws with each value replaced by that of the same rank in ``margin``.

    So the result has the distribution of ``margin``, exactly, and the order of ``draws``.
    """
    rank = draws.to_numpy().ravel().argsort(kind="stable").argsort(kind="stable")
    ordered = np.sort(margin.to_numpy().ravel())
    return draws.copy(data=ordered[rank].reshape(draws.shape))


def _sides(evidence: Evidence, need: Need) -> tuple[tuple[Staircase, Staircase], Window]:
    """Best available of the two groups that are needed, and the window of their comparison."""
    analysis = evidence.analysis(need)
    if not need.split:
        return staircases(analysis.fit), analysis.measured.window
    groups = evidence.groups(need)
    try:
        bests = split_staircases(groups, every_capability(analysis.fit), analysis.fit.settings.seed)
    except FrontierLagError as reason:
        raise Unanswerable(str(reason)) from reason
    return bests, Window(default_window_start(groups), groups.as_of)


def _common(one: Window, other: Window) -> Window:
    since, as_of = max(one.since, other.since), min(one.as_of, other.as_of)
    if since > as_of:
        raise Unanswerable("the two comparisons have no day in common")
    return Window(since, as_of)


def _mostly_known(window: Window, *bests: tuple[Staircase, Staircase]) -> Window:
    """The window from the first day on from which every lag is mostly known.

    A difference of lower bounds is a bound on nothing, and the tables begin too late for one
    comparison more than for the other: so it is taken from where at most :data:`FEW_BOUNDS` of the
    days, counted over all draws, are bounds in either.

    Raises
    ------
    Unanswerable
        If there is no such day.
    """
    known = np.ones(len(window.days), dtype=bool)
    for pair in bests:
        _, censored = realized_lag(*pair, window.days)
        by_day = censored.reshape(-1, len(window.days)).mean(0)
        from_day = by_day[::-1].cumsum()[::-1] / np.arange(len(by_day), 0, -1)
        known &= from_day <= FEW_BOUNDS
    if not known.any():
        raise Unanswerable("on no day on are both lags more than lower bounds")
    return Window(window.dates[int(known.argmax())].astype("datetime64[D]").item(), window.as_of)


def _mean_lag(bests: tuple[Staircase, Staircase], window: Window) -> xr.DataArray:
    """Mean realized lag over a window, months, dims ``(chain, draw)``."""
    return realized_over(bests, window)[VALUE].sel({PERIOD: WINDOW}, drop=True)


def shuffled(draws: xr.DataArray) -> xr.DataArray:
    """The same draws in another order, as if they had been drawn independently of all others."""
    order = np.random.default_rng(0).permutation(draws.size)
    return draws.copy(data=draws.to_numpy().ravel()[order].reshape(draws.shape))


def _width(summary: Summary) -> float:
    return summary.upper90 - summary.lower90
