"""Simulated leagues whose truth is known, and how often a fit's intervals hold it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from frontierlag.dates import DAYS_PER_YEAR, day_number
from frontierlag.intervals import INNER, OUTER, intervals
from frontierlag.lags.realized import Staircase, realized_lag
from frontierlag.scores.groups import Comparison
from frontierlag.scores.league import LeagueReleases
from frontierlag.scores.metric import ECI, GPQA_DIAMOND
from frontierlag.studies.league.measure import STEP, League, ranks

AS_OF = date(2026, 7, 1)
Z90 = 1.6448536269514722


@dataclass(frozen=True)
class LeagueDesign:
    """What a simulated league is drawn from.

    Attributes
    ----------
    releases
        How many each group makes, at uniform times over its own years.
    years
        How long before the last day the table begins; a group begins at a uniform time in the
        first half of that, the first one at its start.
    level, slope, slope_spread
        Height of the frontier of the first group in the middle, points; points a year, and the
        standard deviation of its logarithm over groups.
    lag
        Range of each other group's trend lag behind the first in the middle, months, uniform.
    scatter, shortfall, spread
        Typical scatter and mean shortfall, points, and the standard deviation of their logarithms
        over groups.
    error, error_trend, error_spread
        Median standard error in the middle, points, the change of its logarithm a year, and the
        standard deviation around that.
    """

    releases: tuple[int, ...] = (40, 25, 15, 10, 6, 3)
    years: float = 2.6
    level: float = 140.0
    slope: float = 14.0
    slope_spread: float = 0.1
    lag: tuple[float, float] = (-2.0, 14.0)
    scatter: float = 1.2
    shortfall: float = 7.0
    spread: float = 0.3
    error: float = 2.3
    error_trend: float = -0.5
    error_spread: float = 0.4


@dataclass(frozen=True, eq=False)
class LeagueWorld:
    """A simulated league: its releases as published, and what each can truly do.

    Attributes
    ----------
    releases
        As a fit is given them.
    capability
        In their order, shape ``(n,)``.
    level, slope
        Of each group's trend: points at the reference day, and points a year, shape ``(group,)``.
    reference
        That day, in days since 1970-01-01.
    """

    releases: LeagueReleases
    capability: np.ndarray
    level: np.ndarray
    slope: np.ndarray
    reference: float

    @property
    def last(self) -> int:
        """The last day."""
        return day_number(self.releases.as_of)

    def staircase(self, *groups: int) -> Staircase:
        """True best available of some groups together."""
        own = np.isin(self.releases.group, groups)
        return Staircase.of(self.releases.day[own], self.capability[own])

    @property
    def rank(self) -> np.ndarray:
        """True rank of each group on the last day, shape ``(group,)``."""
        count = len(self.releases.groups)
        best = [self.capability[self.releases.group == k].max() for k in range(count)]
        return ranks(np.array(best))

    @property
    def behind(self) -> np.ndarray:
        """True months behind the frontier on the last day, shape ``(group,)``."""
        count, day = len(self.releases.groups), np.array([self.last])
        frontier = self.staircase(*range(count))
        lags = [realized_lag(frontier, self.staircase(k), day)[0][0] for k in range(count)]
        return np.array(lags)

    def pair(self, ahead: int, behind: int, since: date) -> dict[str, float]:
        """True lags of a pair by the names of :class:`PairLags`, months."""
        days = np.arange(self.last, day_number(since) - 1, -STEP)[::-1]
        lag, _ = realized_lag(self.staircase(ahead), self.staircase(behind), days)
        trend = self.level + self.slope * (self.last - self.reference) / DAYS_PER_YEAR
        gap = 12 * (trend[ahead] - trend[behind])
        return {
            "current": float(lag[-1]),
            "mean": float(lag.mean()),
            "backward": float(gap / self.slope[ahead]),
            "forward": float(gap / self.slope[behind]),
        }


def make_league_world(design: LeagueDesign, rng: np.random.Generator) -> LeagueWorld:
    """Draw a world.

    Parameters
    ----------
    design
        What it is drawn from.
    rng
        Random numbers.
    """
    count, last = len(design.releases), day_number(AS_OF)
    span = design.years * DAYS_PER_YEAR
    middle = last - span / 2
    slope = design.slope * np.exp(design.slope_spread * rng.standard_normal(count))
    lag = np.r_[0.0, rng.uniform(*design.lag, count - 1)]
    level = design.level - lag / 12 * slope[0]
    scatter, shortfall = (
        typical * np.exp(design.spread * rng.standard_normal(count))
        for typical in (design.scatter, design.shortfall)
    )
    begin = last - span * np.r_[1.0, rng.uniform(0.5, 1.0, count - 1)]
    group = np.repeat(np.arange(count), design.releases)
    n = len(group)
    day = np.floor(rng.uniform(begin[group], last + 1)).astype(np.int64)
    years = (day - middle) / DAYS_PER_YEAR
    capability = (
        level[group] + slope[group] * years + scatter[group] * rng.standard_normal(n)
        - rng.exponential(shortfall[group])
    )  # fmt: skip
    log_error = np.log(design.error) + design.error_trend * years
    stderr = np.exp(log_error + design.error_spread * rng.standard_normal(n))
    score = capability + stderr * rng.standard_normal(n)
    model = np.array([f"model {i:03d}" for i in range(n)])
    order = np.lexsort((model, score, day))
    names = tuple(f"group {k}" for k in range(count))
    releases = LeagueReleases(
        comparison=Comparison("league by group", "", "", "organization"), metric=ECI, as_of=AS_OF,
        table="simulated", model=model[order],
        organization=np.array(names)[group[order]], day=day[order], group=group[order],
        score=score[order], stderr=stderr[order], stderr_low=stderr[order],
        stderr_high=stderr[order], low=(score - Z90 * stderr)[order],
        high=(score + Z90 * stderr)[order], by="group", groups=names,
    )  # fmt: skip
    return LeagueWorld(releases, capability[order], level, slope, middle)


def as_accuracies(world: LeagueWorld, rng: np.random.Generator, problems: int = 300) -> LeagueWorld:
    """The same world seen through a benchmark of four choices: ten points are one log odds.

    The middle is where the frontier of the first group is half-way from chance to ceiling on the
    reference day; problems solved are binomial.
    """
    r, bounds = world.releases, GPQA_DIAMOND.bounds
    zero = world.level[0]
    capability = bounds.score((world.capability - zero) / 10, np)
    score = rng.binomial(problems, capability) / problems
    stderr = np.sqrt(np.maximum(score * (1 - score), 1e-4) / (problems - 1))
    order = np.lexsort((r.model, score, r.day))
    score, stderr = score[order], stderr[order]
    known = ("model", "organization", "day", "day_low", "day_high", "group")
    seen = replace(
        r, **{name: getattr(r, name)[order] for name in known}, metric=GPQA_DIAMOND, score=score,
        stderr=stderr, stderr_low=stderr, stderr_high=stderr, low=score - Z90 * stderr,
        high=score + Z90 * stderr, problems=np.full(len(r), problems),
    )  # fmt: skip
    return LeagueWorld(
        seen, capability[order], (world.level - zero) / 10, world.slope / 10, world.reference
    )


def judged(world: LeagueWorld, found: League) -> pd.DataFrame:
    """What a fit said of a world, against the truth.

    Returns
    -------
    A row a quantity: ``kind`` (``rank``, ``behind``, ``current``, ``mean``, ``backward``,
    ``forward``, ``tiers``), ``smallest`` (releases of the smaller group), whether the intervals of
    50 % and 90 % hold the truth, and the width of the latter. Of ``rank``, ``probability`` is that
    of the true one; of ``tiers``, one row for every two groups in different tiers, ``inside90``
    says whether their order is right.
    """
    counts, converged = world.releases.counts, found.convergence.converged
    rank, behind = world.rank, world.behind
    rows = []

    def row(kind: str, draws: np.ndarray, truth: float, smallest: int, p: float = np.nan) -> None:
        inner, outer = intervals(np.asarray(draws, dtype=float), (INNER, OUTER))
        # A lag that is read off days is the same to rounding, not to the last digit.
        low, high = inner[0] - 1e-9, inner[1] + 1e-9
        rows.append(
            {"kind": kind, "smallest": smallest, "inside50": bool(low <= truth <= high),
             "inside90": bool(outer[0] - 1e-9 <= truth <= outer[1] + 1e-9),
             "width90": float(outer[1] - outer[0]), "probability": p, "converged": converged}
        )  # fmt: skip

    for k in range(len(counts)):
        p = float(found.rank_probability[k, rank[k] - 1])
        row("rank", found.rank[..., k], float(rank[k]), int(counts[k]), p)
        row("behind", found.behind[..., k], float(behind[k]), int(counts[k]))
    for pair in found.pairs:
        smallest = int(min(counts[pair.ahead], counts[pair.behind]))
        truth = world.pair(pair.ahead, pair.behind, pair.since)
        for kind, value in truth.items():
            row(kind, getattr(pair, kind), value, smallest)
        if found.tier[pair.ahead] != found.tier[pair.behind]:
            right = rank[pair.ahead] < rank[pair.behind]
            rows.append(
                {"kind": "tiers", "smallest": smallest, "inside90": bool(right),
                 "converged": converged}
            )  # fmt: skip
    return pd.DataFrame(rows)


def coverage(every: pd.DataFrame) -> pd.DataFrame:
    """Share of intervals that hold the truth by kind, and by the releases of the smaller group."""
    grouped = every.astype({"inside50": float, "inside90": float}).groupby(["kind", "smallest"])
    by_size = grouped[["inside50", "inside90", "width90", "probability"]].mean()
    by_size["n"] = grouped.size()
    whole = every.astype({"inside50": float, "inside90": float}).groupby("kind")
    total = whole[["inside50", "inside90", "width90", "probability"]].mean()
    total["n"] = whole.size()
    total.index = pd.MultiIndex.from_product([total.index, ["all"]], names=["kind", "smallest"])
    return pd.concat([total, by_size]).round(3)
