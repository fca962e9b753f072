"""Realized lag and gap: from draws of every release's capability to the best available each day.

Best available capability is a staircase: it changes on release days only. So the first day on
which one group exceeded another's level is found once per step of the staircases and then read
off for every day, for all draws at once. Release days may differ from draw to draw
(:mod:`frontierlag.lags.dates`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from frontierlag.dates import DAYS_PER_MONTH


def _count_not_above(best: np.ndarray, level: np.ndarray, found: np.ndarray) -> None:
    """Count, row by row, the values of ``best`` (ascending) at or below each level; NaN is above.

    ``numpy.searchsorted(..., side="right")`` of every row; compiled, as there is a row a draw.
    """
    for i in range(level.shape[0]):
        for j in range(level.shape[1]):
            low, high, value = 0, best.shape[1], level[i, j]
            while low < high:
                middle = (low + high) // 2
                if best[i, middle] > value:
                    high = middle
                else:
                    low = middle + 1
            found[i, j] = low


_rows_above: Any = njit(cache=True)(_count_not_above)


@dataclass(frozen=True)
class Staircase:
    """Best available capability of one group.

    Attributes
    ----------
    day
        Days on which the group released something, ascending: the distinct ones, shape ``(step,)``,
        where all draws have the same, else one row a draw, shape ``(..., step)``, in which a day
        may stand more than once.
    best
        Highest capability released by the end of that day, shape ``(..., step)``.
    """

    day: np.ndarray
    best: np.ndarray

    @classmethod
    def of(cls, day: np.ndarray, capability: np.ndarray) -> Staircase:
        """Build it from releases: ``day`` ``(n,)`` or ``(..., n)``, ``capability`` ``(..., n)``."""
        day = np.asarray(day)
        order = np.argsort(day, kind="stable", axis=-1)
        day = take(day, order)
        best = np.maximum.accumulate(take(capability, order), axis=-1)
        if day.ndim == 1:
            last = np.flatnonzero(np.append(np.diff(day) > 0, True))
            return cls(day[last], best[..., last])
        return cls(day, take(best, last_of_day(day)))

    def shared(self) -> Staircase:
        """The same with one row of days for all draws: every day that any of them has.

        Before the first release of a draw its best is minus infinity.
        """
        if self.day.ndim == 1:
            return self
        days = np.unique(self.day)
        best = self.on(days)
        return Staircase(days, np.where(np.isnan(best), -np.inf, best))

    def step_on(self, days: np.ndarray) -> np.ndarray:
        """Index of the step in force on each day; -1 before the first release.

        Shape of ``days``, ``(date,)`` or ``(..., date)``; with days of their own ``(..., date)``.
        """
        if self.day.ndim == 1:
            return np.searchsorted(self.day, days, side="right") - 1
        wanted = np.broadcast_to(days, (*self.day.shape[:-1], days.shape[-1]))
        return _not_above(self.day, wanted) - 1

    def on(self, days: np.ndarray) -> np.ndarray:
        """Best available on each day, shape ``(..., date)``; NaN before the first release."""
        step = self.step_on(days)
        return np.where(step >= 0, take(self.best, step), np.nan)

    def first_above(self, level: np.ndarray) -> np.ndarray:
        """First step whose best exceeds each level, shape ``(..., k)``; ``step`` count if none.

        The staircase never falls, so the steps at or below a level are counted.
        """
        return _not_above(self.best, level)

    def day_of(self, step: np.ndarray) -> np.ndarray:
        """Day of each step, shape ``(..., k)``; infinite for the number after the last."""
        never = np.full((*self.day.shape[:-1], 1), np.inf)
        day = np.concatenate([self.day.astype(float), never], axis=-1)
        return day[step] if day.ndim == 1 else take(day, step)


def _not_above(ascending: np.ndarray, level: np.ndarray) -> np.ndarray:
    """How many values of each row are at or below each of the row's levels, shape of ``level``."""
    found = np.empty(level.shape, dtype=np.intp)
    rows, wanted = (
        np.ascontiguousarray(values.reshape(-1, values.shape[-1]), dtype=float)
        for values in (ascending, level)
    )
    _rows_above(rows, wanted, found.reshape(wanted.shape))
    return found


def take(values: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Entries of the last axis: the same in every draw for an index of one axis, else its own."""
    if index.ndim == 1:
        return values[..., index]
    return np.take_along_axis(values, index, axis=-1)


def last_of_day(day: np.ndarray) -> np.ndarray:
    """Position of the last release of each one's day, for days ascending along the last axis."""
    n = day.shape[-1]
    ends = np.concatenate([np.diff(day, axis=-1) > 0, np.ones((*day.shape[:-1], 1), bool)], -1)
    at = np.where(ends, np.arange(n), n)
    return np.minimum.accumulate(at[..., ::-1], axis=-1)[..., ::-1]


def realized_lag(
    leader: Staircase, follower: Staircase, days: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Realized lag on each day.

    t - inf{s : S_lead(s) > S_follow(t)} where the leader is ahead on day t; minus
    t - inf{s : S_follow(s) > S_lead(t)} where the follower is; 0 where their bests are equal.

    Parameters
    ----------
    leader, follower
        Staircases with the same leading axes.
    days
        Days since 1970-01-01, shape ``(date,)``, or ``(..., date)`` where draws have their own.

    Returns
    -------
    lag
        Months, shape ``(..., date)``; NaN before the first release of either group.
    censored
        Whether the day found is the very first of the group in the table, so that the lag is only
        known to be at least this large; same shape.
    """
    behind, behind_first = _since_exceeded(leader, follower, days)
    ahead, ahead_first = _since_exceeded(follower, leader, days)
    lag = np.where(behind >= 0, behind, np.where(ahead >= 0, -ahead, 0.0))
    censored = np.where(behind >= 0, behind_first, (ahead >= 0) & ahead_first)
    known = (leader.step_on(days) >= 0) & (follower.step_on(days) >= 0)
    return np.where(known, lag, np.nan) / DAYS_PER_MONTH, censored & known


def _since_exceeded(
    one: Staircase, other: Staircase, days: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Days since ``one`` first exceeded what ``other`` has; negative where it has not yet."""
    first = one.first_above(other.best)
    step = np.maximum(other.step_on(days), 0)
    return days - take(one.day_of(first), step), take(first == 0, step)


def lag_at_release(
    leader: Staircase, follower: Staircase, days: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Realized lag on the days of the follower's own records that fall on ``days``.

    Returns
    -------
    day
        The follower's release days in the window, shape ``(step,)``; all of its release days,
        ``(..., step)``, where draws have their own.
    lag
        Months, shape ``(..., step)``; NaN where that day's release is not a record in the draw, or
        is not in the window.
    censored
        As in :func:`realized_lag`, same shape.
    """
    inside = (follower.day >= days[0]) & (follower.day <= days[-1])
    record = inside & (np.diff(follower.best, axis=-1, prepend=-np.inf) > 0)
    day = follower.day
    if day.ndim == 1:
        day, record = day[inside], record[..., inside]
    lag, censored = realized_lag(leader, follower, day)
    return day, np.where(record, lag, np.nan), censored & record


def best_on_release(day: np.ndarray, capability: np.ndarray) -> np.ndarray:
    """Probability that each release exceeds all that its group had until then.

    P(c_i >= c_j for all j with t_j <= t_i): a release on the same day counts as there already, so
    that of several on one day only the best can be it.

    Parameters
    ----------
    day
        Release days of one group's releases, shape ``(n,)``, or that of the draws.
    capability
        Draws, shape ``(..., n)``.

    Returns
    -------
    Shape ``(n,)``.
    """
    draws = capability.reshape(-1, capability.shape[-1])
    return is_best_on_release(day if day.ndim == 1 else day.reshape(draws.shape), draws).mean(0)


def is_best_on_release(day: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """In which draws each release exceeds all that its group had until then.

    As :func:`best_on_release`, of draws of shape ``(draw, n)``; the same shape.
    """
    order = np.argsort(day, kind="stable", axis=-1)
    # Best of all days up to and including each release's own, in the order of days.
    ordered = take(draws, order)
    running = np.maximum.accumulate(ordered, axis=1)
    best = ordered >= take(running, last_of_day(take(day, order)))
    return take(best, np.argsort(order, axis=-1))


def best_at_the_end(capability: np.ndarray) -> np.ndarray:
    """Probability that each release is the best of its group; of shape ``(n,)``, adding to one."""
    draws = capability.reshape(-1, capability.shape[-1])
    counts = np.bincount(draws.argmax(1), minlength=draws.shape[1])
    return counts / len(draws)
