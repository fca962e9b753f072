"""Questions about two comparisons at once: the difference of two lags, draw by draw."""

from __future__ import annotations

import numpy as np
import xarray as xr

from frontierlag.claims.claim import Asked, Evidence, Need, Unanswerable
from frontierlag.errors import FitError
from frontierlag.lags.days import Window
from frontierlag.lags.measure import staircases
from frontierlag.lags.realized import Staircase
from frontierlag.lags.split import realized_over, split_staircases
from frontierlag.names import CAPABILITIES, PERIOD, VALUE, WINDOW
from frontierlag.scores import default_window_start
from frontierlag.summary import Summary, summarize

# Two lags that differ by less than this are called nearly the same.
SAME_MONTHS = 1.0
ONE_FIT = "one fit, its models split into both pairs of groups in each draw"
TWO_FITS = "two fits whose releases share their measurement noise, draw by draw"


def same_gap(evidence: Evidence, needs: tuple[Need, ...]) -> Asked:
    """Difference of two mean realized lags over one window, draw by draw.

    From one fit that draws the capability of all models (the needs differ in their split alone),
    both lags are of one joint posterior. From two fits, each has its own parameters, which are
    independent; but both draw the capability of a release that they share from the same random
    numbers (:mod:`frontierlag.noise`), so its measurement error is one variable in both and largely
    cancels. Each lag keeps the distribution that it has by itself either way.
    """
    (first, second), window, how = lags_of_both(evidence, needs)
    difference = first - second
    apart, independent = summarize(difference), summarize(first - shuffled(second))
    note = (
        f"{how}; window {window.since} to {window.as_of}; 90 % interval {_width(apart):.1f} "
        f"months wide, {_width(independent):.1f} if the draws were independent"
    )
    return Asked(difference, abs(difference) < SAME_MONTHS, note)


def lags_of_both(
    evidence: Evidence, needs: tuple[Need, ...]
) -> tuple[tuple[xr.DataArray, xr.DataArray], Window, str]:
    """Both mean realized lags over the window that both can tell, and how they are tied.

    Returns
    -------
    lags
        Months, dims ``(chain, draw)`` each.
    window
        The days that both windows share.
    how
        Whether they are of one fit or of two, in words.

    Raises
    ------
    Unanswerable
        If the fits are not of one table, seed and number of draws, share no window, or cannot be
        split as is needed.
    """
    a, b = (evidence.analysis(need).fit for need in needs)
    one_fit = needs[0].fit == needs[1].fit
    if not one_fit and (
        a.settings != b.settings or a.observations.releases.table != b.observations.releases.table
    ):
        raise Unanswerable("the two fits are not of one table with one seed and number of draws")
    (best, own), (other_best, other_own) = (_sides(evidence, need) for need in needs)
    since, as_of = max(own.since, other_own.since), min(own.as_of, other_own.as_of)
    if since > as_of:
        raise Unanswerable("the two comparisons have no day in common")
    window = Window(since, as_of)
    first, second = (
        realized_over(sides, window)[VALUE].sel({PERIOD: WINDOW}, drop=True)
        for sides in (best, other_best)
    )
    return (first, second), window, ONE_FIT if one_fit else TWO_FITS


def _sides(evidence: Evidence, need: Need) -> tuple[tuple[Staircase, Staircase], Window]:
    """Best available of the two groups that are needed, and the window of their comparison."""
    analysis = evidence.analysis(need)
    if not need.split:
        return staircases(analysis.fit), analysis.measured.window
    groups = evidence.groups(need)
    capability = analysis.fit.tree[CAPABILITIES].to_dataset()["capability"]
    try:
        bests = split_staircases(groups, capability)
    except FitError as reason:
        raise Unanswerable(str(reason)) from reason
    return bests, Window(default_window_start(groups), groups.as_of)


def shuffled(draws: xr.DataArray) -> xr.DataArray:
    """The same draws in another order, as if they had been drawn independently of all others."""
    order = np.random.default_rng(0).permutation(draws.size)
    return draws.copy(data=draws.to_numpy().ravel()[order].reshape(draws.shape))


def _width(summary: Summary) -> float:
    return summary.upper90 - summary.lower90
