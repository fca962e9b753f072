"""The realized lag on one day, taken apart: the releases that it may be counted from.

On one day the realized lag is the age of one release of the leader: the first that exceeded what
the follower has. Which release that is differs between draws, so the posterior is a few spikes, and
an interval of it says little. Here each of those releases has its probability, and the leader's
releases are split into those that the follower has passed and those that it has not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import xarray as xr

from frontierlag.dates import DAYS_PER_MONTH, day_number
from frontierlag.intervals import summarize
from frontierlag.lags.dates import Available as Available
from frontierlag.lags.dates import available as available
from frontierlag.names import FOLLOWER, LEADER, SAMPLE_DIMS

# What counts as settled between the follower and one release of the leader.
SETTLED = 0.95


@dataclass(frozen=True)
class CountedFrom:
    """One release that the lag of a day may be counted from.

    Attributes
    ----------
    model
        Its name; empty for the draws in which both groups' bests are equal, so that the lag is 0.
    group
        0 if it is the leader's. If it is the follower's, the follower is ahead in these draws and
        the lag is negative.
    released
        Its day; the median over these draws where dates are drawn. None without a release.
    months
        The lag that it gives, the median over these draws.
    lower, upper
        The central 90 % of the lag over these draws; equal to ``months`` if dates are exact.
    probability, mcse
        Share of the draws, and its Monte Carlo standard error.
    censored
        Share of the draws in which it is this one and its group's first in the table, so that the
        lag is a bound.
    """

    model: str
    group: int
    released: date | None
    months: float
    lower: float
    upper: float
    probability: float
    mcse: float
    censored: float


@dataclass(frozen=True)
class Bracket:
    """The best of the leader's releases that the follower passed, and the first that it has not.

    Attributes
    ----------
    certainty
        The probability that both statements hold with, each.
    passed, passed_on, passed_probability
        The best of the leader's releases that the follower has passed: of those up to the last
        day s with P(S_lead(s) <= S_follow(t)) at least ``certainty``, the one that is most
        probably the best; a later one among them may be worse. Its day, and the probability that
        the follower's best is no worse than it. None if the leader's very first release is better.
    ahead, ahead_on, ahead_probability
        The leader's first release that is better than the follower's best with at least
        ``certainty``, its day, and that probability. None if there is none.
    """

    certainty: float
    passed: str | None
    passed_on: date | None
    passed_probability: float
    ahead: str | None
    ahead_on: date | None
    ahead_probability: float


@dataclass(frozen=True)
class LastDay:
    """The realized lag on one day.

    Attributes
    ----------
    day
        The day.
    counted
        The releases it may be counted from, the most probable first; probabilities add to one.
    bracket, split
        The bracket at :data:`SETTLED`, and the one at even odds: the best single split.
    """

    day: date
    counted: tuple[CountedFrom, ...]
    bracket: Bracket
    split: Bracket

    @property
    def follower_ahead(self) -> float:
        """Probability that the follower's best is the better one."""
        return sum(c.probability for c in self.counted if c.group == FOLLOWER)

    @property
    def censored(self) -> float:
        """Share of the draws in which the lag is only a bound."""
        return sum(c.censored for c in self.counted)


def last_day(releases: Available, day: date) -> LastDay:
    """Take the realized lag of one day apart.

    In each draw the lag is counted from the leader's earliest release that exceeds the follower's
    best of the day, t - min{t_i : c_i > S_follow(t)}; where there is none and the follower is
    ahead, from the follower's earliest that exceeds the leader's best, with a minus sign. Of two
    such releases on one day it is the better one.

    Parameters
    ----------
    releases
        With at least one of each group by the day, in every draw.
    day
        The day.
    """
    there = releases.days <= day_number(day)
    capability = np.where(there, releases.flat, -np.inf)
    lead, follow = (releases.group == g for g in (LEADER, FOLLOWER))
    best = {g: capability[:, releases.group == g].max(1) for g in (LEADER, FOLLOWER)}
    behind = _earliest_above(releases, capability, lead, best[FOLLOWER])
    ahead = _earliest_above(releases, capability, follow, best[LEADER])
    chosen = np.where(behind >= 0, behind, ahead)
    leaders = _leaders(releases, capability, best[FOLLOWER])
    return LastDay(
        day, _counted(releases, chosen, day), _bracket(leaders, SETTLED), _bracket(leaders, 0.5)
    )


def _earliest_above(
    releases: Available, capability: np.ndarray, mask: np.ndarray, level: np.ndarray
) -> np.ndarray:
    """In each draw, the position of a group's earliest release above a level; -1 if none."""
    above = mask & (capability > level[:, None])
    days = np.where(above, releases.days, np.iinfo(np.int64).max)
    earliest = above & (days == days.min(1, keepdims=True))
    at = np.argmax(np.where(earliest, capability, -np.inf), 1)
    return np.where(above.any(1), at, -1)


def _counted(releases: Available, chosen: np.ndarray, day: date) -> tuple[CountedFrom, ...]:
    first = {
        g: releases.days[:, releases.group == g].min(1, keepdims=True) for g in (LEADER, FOLLOWER)
    }
    found = []
    for position in np.unique(chosen):
        own = chosen == position
        share = float(own.mean())
        labelled = own.reshape(releases.capability.shape[:2]).astype(float)
        mcse = summarize(xr.DataArray(labelled, dims=SAMPLE_DIMS)).mcse_mean
        if position < 0:
            found.append(CountedFrom("", LEADER, None, 0.0, 0.0, 0.0, share, mcse, 0.0))
            continue
        group = int(releases.group[position])
        days = releases.days[own, position]
        sign = 1 if group == LEADER else -1
        lags = sign * (day_number(day) - days) / DAYS_PER_MONTH
        bound = float((days == first[group][own, 0]).mean()) * share
        low, middle, high = (float(q) for q in np.quantile(lags, (0.05, 0.5, 0.95)))
        when = _date(np.median(days))
        name = str(releases.model[position])
        found.append(CountedFrom(name, group, when, middle, low, high, share, mcse, bound))
    return tuple(sorted(found, key=lambda c: (-c.probability, c.months, c.model)))


@dataclass(frozen=True)
class _Leaders:
    """The leader's releases that are there by the day in some draw, against the follower's best.

    Attributes
    ----------
    model, day
        Names, and the median day over the draws, shape ``(n,)``.
    capability
        Shape ``(chain * draw, n)``; -inf where a release is not there yet.
    better, open
        Probability that a release is better than the follower's best, and that the leader's best
        by the day of that release is, shape ``(n,)``.
    """

    model: np.ndarray
    day: np.ndarray
    capability: np.ndarray
    better: np.ndarray
    open: np.ndarray


def _leaders(releases: Available, capability: np.ndarray, level: np.ndarray) -> _Leaders:
    lead = np.flatnonzero(releases.group == LEADER)
    lead = lead[np.isfinite(capability[:, lead]).any(0)]
    days, values = releases.days[:, lead], capability[:, lead]
    # Where dates are drawn a release may not be there yet in a draw: it is not better then.
    better = values > level[:, None]
    # The leader's best by a release's day exceeds the level from the day of the first that does.
    first = np.where(better, days, np.iinfo(np.int64).max).min(1)
    is_open = days >= first[:, None]
    return _Leaders(
        releases.model[lead], np.median(days, 0), values, better.mean(0), is_open.mean(0)
    )


def _bracket(lead: _Leaders, certainty: float) -> Bracket:
    passed = np.flatnonzero(1 - lead.open >= certainty - 1e-12)
    above = lead.better >= certainty if certainty > 0.5 else lead.better > certainty
    ahead = np.flatnonzero(above)
    x = y = None
    if passed.size:
        holds = np.bincount(lead.capability[:, passed].argmax(1), minlength=passed.size)
        x = int(passed[holds.argmax()])
    if ahead.size:
        y = int(ahead[np.argmin(lead.day[ahead])])
    return Bracket(
        certainty,
        None if x is None else str(lead.model[x]),
        None if x is None else _date(lead.day[x]),
        0.0 if x is None else float(1 - lead.better[x]),
        None if y is None else str(lead.model[y]),
        None if y is None else _date(lead.day[y]),
        0.0 if y is None else float(lead.better[y]),
    )


def _date(day: float) -> date:
    return date.fromordinal(date(1970, 1, 1).toordinal() + round(float(day)))
