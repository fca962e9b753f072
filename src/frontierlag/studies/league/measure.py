"""What the draws of a league say: lags behind the frontier, ranks, tiers, leaders, every pair.

All from the same draws, so that ranks, pairs and months behind agree with one another draw by draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import combinations

import numpy as np
import xarray as xr

from frontierlag.dates import day_number, years_after
from frontierlag.fits.convergence import Convergence, check
from frontierlag.lags.realized import Staircase, realized_lag
from frontierlag.lags.trend import MONTHS_PER_YEAR
from frontierlag.names import GROUP, SAMPLE_DIMS
from frontierlag.scores.league import pair_window_start
from frontierlag.studies.league.fit import LeagueFit
from frontierlag.studies.league.model import LINE

# Days between the points that a mean lag is taken over: a lag grows by a day a day between the
# days on which it jumps, so that its mean over every seventh day is the mean to some days.
STEP = 7
YEAR = 365
# With this probability every group above a line between two tiers is ahead of every one below it.
APART = 0.9


@dataclass(frozen=True, eq=False)
class PairLags:
    """Every lag of the group at ``behind`` to that at ``ahead``, months, ``(chain, draw)`` each.

    ``ahead`` has the better mean rank on the last day, and where it does not lead a lag is
    negative. The realized lag is ``current`` on the last day and ``mean`` over every seventh day
    from ``since`` on, when both have their second record; ``censored`` and ``censored_mean`` are
    the shares of draws, and of their days, on which it is a lower bound. The trend lag on the last
    day is ``backward`` (F_ahead - F_behind) / slope_ahead, how long ago the trend of the one was
    where the other's is, and ``forward`` the same over slope_behind, how long until it is there;
    of an accuracy in log odds, on which trends are lines.
    """

    ahead: int
    behind: int
    since: date
    current: np.ndarray
    mean: np.ndarray
    backward: np.ndarray
    forward: np.ndarray
    censored: float
    censored_mean: float


@dataclass(frozen=True, eq=False)
class League:
    """A fit of all groups with what follows from its draws."""

    fit: LeagueFit

    @property
    def groups(self) -> tuple[str, ...]:
        """Names, as in the fit."""
        return self.fit.releases.groups

    @property
    def last(self) -> int:
        """The as-of date in days since 1970-01-01."""
        return day_number(self.fit.releases.as_of)

    @cached_property
    def staircases(self) -> tuple[Staircase, ...]:
        """Best available capability of each group."""
        return tuple(self.fit.staircase(k) for k in range(len(self.groups)))

    def best_on(self, days: np.ndarray) -> np.ndarray:
        """Best available of each group, shape ``(chain, draw, date, group)``; NaN before any."""
        return np.stack([s.on(days) for s in self.staircases], -1)

    @cached_property
    def best(self) -> np.ndarray:
        """Best available of each group on the last day, shape ``(chain, draw, group)``."""
        return self.best_on(np.array([self.last]))[..., 0, :]

    @cached_property
    def rank(self) -> np.ndarray:
        """Rank of each group on the last day by best available, 1 is first."""
        return ranks(self.best)

    @cached_property
    def rank_probability(self) -> np.ndarray:
        """Probability of each rank, shape ``(group, rank)``; rows and columns add to one."""
        places = np.arange(1, len(self.groups) + 1)
        return (self.rank[..., None] == places).mean((0, 1))

    @cached_property
    def order(self) -> np.ndarray:
        """Positions of the groups by mean rank, the best first."""
        return np.argsort(self.rank.mean((0, 1)), kind="stable")

    @cached_property
    def ahead_probability(self) -> np.ndarray:
        """Probability that the row's group is ahead of the column's, shape ``(group, group)``."""
        return (self.best[..., :, None] > self.best[..., None, :]).mean((0, 1))

    @cached_property
    def tier(self) -> np.ndarray:
        """Tier of each group, 1 is the first; see :func:`tiers`."""
        found = np.empty(len(self.groups), dtype=np.int64)
        found[self.order] = tiers(self.ahead_probability[np.ix_(self.order, self.order)])
        return found

    @cached_property
    def _behind(self) -> tuple[np.ndarray, np.ndarray]:
        """Months behind the frontier on the last year's grid of days, and whether a bound."""
        days = np.arange(self.last, self.last - YEAR, -STEP)[::-1]
        frontier = self.fit.frontier
        found = [realized_lag(frontier, own, days) for own in self.staircases]
        return np.stack([lag for lag, _ in found], -1), np.stack([c for _, c in found], -1)

    @property
    def behind(self) -> np.ndarray:
        """Months behind the frontier on the last day, ``(chain, draw, group)``; 0 for the leader.

        How long ago the best of all groups first exceeded what the group has.
        """
        return self._behind[0][..., -1, :]

    @cached_property
    def behind_year(self) -> np.ndarray:
        """Mean months behind the frontier over the last year; NaN where a group is younger."""
        return self._behind[0].mean(-2)

    @property
    def censored(self) -> np.ndarray:
        """Share of draws in which ``behind`` is a lower bound, shape ``(group,)``."""
        return self._behind[1][..., -1, :].mean((0, 1))

    @property
    def censored_year(self) -> np.ndarray:
        """Share of draws and days of the last year on which it is, shape ``(group,)``."""
        return self._behind[1].mean((0, 1, 2))

    @cached_property
    def pairs(self) -> tuple[PairLags, ...]:
        """Every two groups, those best ranked first."""
        trend, slope = self.trend, self.fit.p["slope"]
        found = []
        for a, b in combinations(self.order.tolist(), 2):
            since = pair_window_start(self.fit.releases, a, b)
            days = np.arange(self.last, day_number(since) - 1, -STEP)[::-1]
            lag, bound = realized_lag(self.staircases[a], self.staircases[b], days)
            gap = trend[..., a] - trend[..., b]
            pair = PairLags(
                ahead=a,
                behind=b,
                since=since,
                current=lag[..., -1],
                mean=lag.mean(-1),
                backward=gap / slope[..., a] * MONTHS_PER_YEAR,
                forward=gap / slope[..., b] * MONTHS_PER_YEAR,
                censored=float(bound[..., -1].mean()),
                censored_mean=float(bound.mean()),
            )
            found.append(pair)
        return tuple(found)

    def pair(self, one: str, other: str) -> PairLags:
        """The lags between two groups by name, whichever is ahead."""
        wanted = {self.fit.releases.place(one), self.fit.releases.place(other)}
        return next(found for found in self.pairs if {found.ahead, found.behind} == wanted)

    @cached_property
    def trend(self) -> np.ndarray:
        """Trend of each group on the last day, of accuracies log odds: ``(chain, draw, group)``."""
        at = years_after(np.full(len(self.groups), self.last), self.fit.observations.reference)
        return LINE.value(self.fit.p, at, np.arange(len(self.groups)), np)

    def leading(self, days: np.ndarray) -> np.ndarray:
        """Probability that each group has the best of all on each day, shape ``(date, group)``.

        Before the first release of all it is nobody's, and the row is 0.
        """
        found = np.zeros((len(days), len(self.groups)))
        for at, day in enumerate(days):
            best = self.best_on(np.array([day]))[..., 0, :]
            known = ~np.isnan(best).all(-1)
            first = np.where(np.isnan(best), -np.inf, best).argmax(-1)
            found[at] = np.bincount(first[known], minlength=len(self.groups)) / first.size
        return found

    @cached_property
    def convergence(self) -> Convergence:
        """The gate's verdict over parameters, bests, months behind and every pairwise lag."""
        dims = (*SAMPLE_DIMS, GROUP)
        found = {
            "best on the last day": (dims, self.best),
            "months behind the frontier": (dims, self.behind),
            "months behind, mean of a year": (dims, self.behind_year),
        }
        names = [f"{self.groups[p.ahead]}:{self.groups[p.behind]}" for p in self.pairs]
        for kind in ("current", "mean", "backward", "forward"):
            values = np.stack([getattr(p, kind) for p in self.pairs], -1)
            found[f"{kind} lag"] = ((*SAMPLE_DIMS, "pair"), values)
        quantities = xr.Dataset(found, {"pair": names})
        return check(self.fit.sample_stats, xr.merge([self.fit.posterior, quantities]))


def ranks(best: np.ndarray) -> np.ndarray:
    """Ranks along the last axis, 1 for the highest; of equals the first has the better one."""
    order = np.argsort(-best, axis=-1, kind="stable")
    return np.argsort(order, axis=-1, kind="stable") + 1


def tiers(ahead: np.ndarray, apart: float = APART) -> np.ndarray:
    """Tiers of groups in the order of their mean rank.

    A line stands between two neighbours where every group above it is ahead of every group below
    it with a probability of at least ``apart``. So the order of any two groups of different tiers
    is known to that probability, and there is no finer division of the order that keeps to it.
    ``ahead`` is the probability that the row's group is ahead of the column's; tiers count from 1.
    """
    line = [k > 0 and bool((ahead[:k, k:] >= apart).all()) for k in range(len(ahead))]
    return 1 + np.cumsum(line)
