"""Made-up releases and worlds with a known truth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from frontierlag.dates import day_number
from frontierlag.frontiers.observations import Observations
from frontierlag.frontiers.records import Records
from frontierlag.model import ModelSpec
from frontierlag.scores import Releases
from frontierlag.scores.groups import US_CHINA
from frontierlag.scores.metric import ECI


def make_releases(
    day, group, score, stderr=0.0, stderr_low=None, stderr_high=None, as_of=None, metric=ECI
) -> Releases:
    """Releases of us-china from plain sequences, sorted as the class wants them."""
    return sort_releases(day, group, score, stderr, stderr_low, stderr_high, as_of, metric)[0]


def sort_releases(
    day, group, score, stderr=0.0, stderr_low=None, stderr_high=None, as_of=None, metric=ECI
) -> tuple[Releases, np.ndarray]:
    """The same with the order that sorted them: ``releases.score == score[order]``."""
    day = np.asarray(day, dtype=np.int64)
    score = np.asarray(score, dtype=float)
    stderr = np.broadcast_to(np.asarray(stderr, dtype=float), day.shape)
    low = stderr if stderr_low is None else np.asarray(stderr_low, dtype=float)
    high = stderr if stderr_high is None else np.asarray(stderr_high, dtype=float)
    model = np.array([f"model {i:03d}" for i in range(len(day))])
    order = np.lexsort((model, score, day))
    last = date(1970, 1, 1) + timedelta(days=int(day.max())) if as_of is None else as_of
    releases = Releases(
        comparison=US_CHINA,
        metric=metric,
        as_of=last,
        table="made-up",
        model=model[order],
        organization=np.full(len(day), "someone")[order],
        day=day[order],
        group=np.asarray(group, dtype=np.int64)[order],
        score=score[order],
        stderr=stderr[order],
        stderr_low=low[order],
        stderr_high=high[order],
        low=(score - 1.645 * low)[order],
        high=(score + 1.645 * high)[order],
    )
    return releases, order


class GivenRecords(Records):
    """The likelihood of record-holders on given releases, without choosing among them."""

    def select(self, releases: Releases) -> np.ndarray:
        return np.ones(len(releases), dtype=bool)


@dataclass(frozen=True)
class World:
    """A data set drawn from a model, with the parameters and capabilities that made it."""

    parameters: dict[str, np.ndarray]
    capability: np.ndarray  # (release,), in the order of the releases
    releases: Releases


def world(spec: ModelSpec, schedule: Releases, rng: np.random.Generator) -> World:
    """Parameters from the spec's priors, then capabilities and scores at a schedule's dates.

    Written against the definitions, not with the package's own simulators: capability = trend +
    Normal(0, scatter) - shortfall, score = capability + Normal(0, stderr).
    """
    p = {q.name: q.prior.draw(rng, (2,)) for q in spec.parameters}
    at = Observations(schedule, spec.observations(schedule).reference).arrays
    group, t = at["group_index"], at["years"]
    capability = trend_value(spec.trend.name, p, t, group)
    capability = capability + rng.normal(size=len(t)) * p["scatter"][group]
    if "shortfall" in p:
        capability = capability - rng.exponential(size=len(t)) * p["shortfall"][group]
    score = capability + rng.normal(size=len(t)) * schedule.stderr
    releases, order = sort_releases(
        schedule.day, schedule.group, score, schedule.stderr, as_of=schedule.as_of
    )
    return World(p, capability[order], releases)


def trend_value(
    name: str, p: dict[str, np.ndarray], t: np.ndarray, group: np.ndarray
) -> np.ndarray:
    """The curves of the trends for one set of parameters, written out anew."""
    level, slope = p["level"][group], p["slope"][group]
    if name == "linear":
        return level + slope * t
    h, d = p["headroom"][group], p["depth"][group]
    return level - d + (h + d) / (1 + h / d * np.exp(-slope * (h + d) / (h * d) * t))


def days_until(as_of: date, n: int) -> np.ndarray:
    """The last ``n`` days up to a date, as days since 1970-01-01."""
    return np.arange(day_number(as_of) - n + 1, day_number(as_of) + 1)
