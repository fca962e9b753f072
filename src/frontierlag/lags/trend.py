"""Trend lag, trend gap and lag at a level: distances between two posterior curves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np

from frontierlag.dates import DAYS_PER_MONTH, DAYS_PER_YEAR, day_number, years_after
from frontierlag.names import FOLLOWER, LEADER
from frontierlag.trends import Trend

MONTHS_PER_YEAR = DAYS_PER_YEAR / DAYS_PER_MONTH

Draws = Mapping[str, np.ndarray]


def curve(trend: Trend, p: Draws, days: np.ndarray, reference: date, group: int) -> np.ndarray:
    """Trend of one group on each day, shape ``(..., date)``."""
    return trend.value(p, years_after(days, reference), np.full(len(days), group), np)


def trend_lag(
    trend: Trend, p: Draws, days: np.ndarray, reference: date, first_leader_day: int, last_day: int
) -> tuple[np.ndarray, np.ndarray]:
    """Trend lag t - F_lead^{-1}(F_follow(t)) on each day.

    Parameters
    ----------
    trend, p, reference
        The curve, draws of its parameters and the date its times count from.
    days
        Days since 1970-01-01, shape ``(date,)``.
    first_leader_day, last_day
        The leader's first release and the last day of the data.

    Returns
    -------
    lag
        Months, shape ``(..., date)``; NaN where the leader's curve never takes the value.
    extrapolated
        Whether the leader's curve was read before its first release or after the data end.
    """
    t = years_after(days, reference)
    leader = np.full(len(days), LEADER)
    reached = trend.inverse(p, curve(trend, p, days, reference, FOLLOWER), leader)
    first, last = years_after(np.array([first_leader_day, last_day]), reference)
    with np.errstate(invalid="ignore"):
        extrapolated = (reached < first) | (reached > last)
    return (t - reached) * MONTHS_PER_YEAR, extrapolated


def lag_at_level(
    trend: Trend,
    p: Draws,
    levels: np.ndarray,
    reference: date,
    first_days: tuple[int, int],
    as_of: date,
) -> tuple[np.ndarray, np.ndarray]:
    """Lag at a level c: F_follow^{-1}(c) - F_lead^{-1}(c).

    Parameters
    ----------
    trend, p, reference
        The curve, draws of its parameters and the date its times count from.
    levels
        Score units, shape ``(level,)``.
    first_days
        First release day of leader and follower.
    as_of
        Last day of the data.

    Returns
    -------
    lag
        Months, shape ``(..., level)``; NaN where a curve never takes the level.
    extrapolated
        Whether either curve takes the level before its group's first release or after the data end.
    """
    last = years_after(np.array([day_number(as_of)]), reference)[0]
    when, outside = [], []
    for group in (LEADER, FOLLOWER):
        reached = trend.inverse(p, levels, np.full(len(levels), group))
        first = years_after(np.array([first_days[group]]), reference)[0]
        with np.errstate(invalid="ignore"):
            outside.append((reached < first) | (reached > last))
        when.append(reached)
    return (when[FOLLOWER] - when[LEADER]) * MONTHS_PER_YEAR, outside[LEADER] | outside[FOLLOWER]
