"""How often, and by how much, a group raises its own best: from latent capabilities.

Counted on draws of true capability, so that a lucky measurement is not taken for progress.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from frontierlag.claims.claim import Asked, Evidence, Need, Question, Unanswerable
from frontierlag.dates import DAYS_PER_MONTH, DAYS_PER_YEAR
from frontierlag.lags.measure import staircases
from frontierlag.lags.realized import Staircase
from frontierlag.names import SAMPLE_DIMS


@dataclass(frozen=True)
class Cadence:
    """Release cadence of one group over a window, shape ``(...)`` each.

    Attributes
    ----------
    per_year
        Records a year.
    interval
        Median months between successive records, NaN with fewer than two in the window.
    step
        Median rise in capability from record to record, score units, NaN as above.
    """

    per_year: np.ndarray
    interval: np.ndarray
    step: np.ndarray


def cadence(staircase: Staircase, days: np.ndarray) -> Cadence:
    """Measure the cadence of a group's records that fall on ``days``.

    Parameters
    ----------
    staircase
        Best available capability, leading axes the draws.
    days
        The window, days since 1970-01-01, shape ``(date,)``.

    Returns
    -------
    The cadence, by draw.
    """
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

    def ask(evidence: Evidence, needs: tuple[Need, ...]) -> Asked:
        analysis = evidence.analysis(needs[0])
        if unit == "points" and analysis.fit.spec.metric.bounded:
            raise Unanswerable("a step between accuracies depends on where it is taken")
        days = analysis.measured.window.days
        leader, follower = (of(cadence(s, days)) for s in staircases(analysis.fit))
        difference = xr.DataArray(follower - leader, dims=SAMPLE_DIMS)
        names = analysis.fit.observations.releases.group_names
        medians = (np.nanmedian(leader), np.nanmedian(follower))
        paces = ", ".join(f"{n} {m:.1f} {unit}" for n, m in zip(names, medians, strict=True))
        return Asked(difference, sign * difference > 0, f"{words}: {paces}")

    return ask
