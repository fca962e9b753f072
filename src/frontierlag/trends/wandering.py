"""A line whose pace changes from year to year: a local linear trend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from frontierlag.priors import Parameter, Prior
from frontierlag.scores import Metric
from frontierlag.trends.base import Trend, Values, of_group
from frontierlag.trends.linear import level_and_slope

# Years before and after the reference date in which the pace may be another one.
BEFORE, AFTER = 3, 5
_EARLIER = tuple(f"pace_before_{k}" for k in range(1, BEFORE + 1))
_LATER = tuple(f"pace_after_{k}" for k in range(1, AFTER + 1))


@dataclass(frozen=True)
class Wandering(Trend):
    """F_g(t) = level_g + the integral of the pace from 0 to t, the pace a random walk by years.

    The pace is slope_g in the year around the reference date, -1/2 < t < 1/2. In year k after it,
    k - 1/2 < t < k + 1/2, it is slope_g exp(pace_spread (z_g1 + ... + z_gk)) with z ~ Normal(0, 1),
    and likewise before it. So the logarithm of the pace is a random walk in both directions: a
    local linear trend (Harvey 1989, *Forecasting, structural time series models and the Kalman
    filter*, section 2.3) without noise of the level and with a pace that stays positive, as a
    frontier cannot fall. With pace_spread = 0 it is :class:`~frontierlag.trends.linear.Linear`.
    Years without data have the prior's changes: a forecast drifts as the past did. Before and after
    the years that have a change of their own the pace stays.
    """

    name: ClassVar[str] = "wandering"

    def parameters(self, metric: Metric) -> tuple[Parameter, ...]:
        """Level and slope at the reference date, by how much the pace changes, and each change."""
        spread = Parameter(
            name="pace_spread",
            meaning="standard deviation of the yearly change of the logarithm of the slope",
            unit="",
            prior=Prior(family="HalfNormal", sigma=0.3),
            shared=True,
        )
        changes = (
            Parameter(
                name=name,
                meaning=f"change of pace, {name.rsplit('_', 1)[-1]} year(s) {side} the reference",
                unit="pace_spread",
                prior=Prior(family="Normal", mu=0.0, sigma=1.0),
            )
            for side, names in (("before", _EARLIER), ("after", _LATER))
            for name in names
        )
        return (*level_and_slope(metric), spread, *changes)

    def value(self, p: Values, t: Any, group: Any, xp: Any) -> Any:
        """Level plus, for each year, its pace times the part of it that lies between 0 and t."""
        slope = of_group(p["slope"], group)
        rise = slope * xp.clip(t, -0.5, 0.5)
        for names, sign in ((_EARLIER, -1.0), (_LATER, 1.0)):
            away, walked = sign * t - 0.5, 0.0
            for k, name in enumerate(names):
                walked = walked + of_group(p[name], group)
                pace = slope * xp.exp(_alone(p["pace_spread"]) * walked)
                longest = 1.0 if k + 1 < len(names) else np.inf
                rise = rise + sign * pace * xp.clip(away - k, 0.0, longest)
        return of_group(p["level"], group) + rise

    def inverse(self, p: Values, value: np.ndarray, group: np.ndarray) -> np.ndarray:
        """From each year's end to the next the curve is straight: the year, then the part of it."""
        ends = np.concatenate([-0.5 - np.arange(BEFORE)[::-1], 0.5 + np.arange(AFTER)])
        at = [self._at(p, end, group) for end in ends]
        # The first and the last piece have no end: a point on each, a year away, stands for it.
        ends = np.concatenate([[ends[0] - 1], ends, [ends[-1] + 1]])
        at = [self._at(p, ends[0], group), *at, self._at(p, ends[-1], group)]
        found = None
        for k, (low, high) in enumerate(pairwise(at)):
            inside = ends[k] + (value - low) / (high - low) * (ends[k + 1] - ends[k])
            found = inside if found is None else np.where(value > low, inside, found)
        assert found is not None  # there are pieces
        return np.asarray(found)

    def _at(self, p: Values, t: float, group: Sequence[int] | np.ndarray) -> np.ndarray:
        return np.asarray(self.value(p, np.full(len(group), t), np.asarray(group), np))


def _alone(shared: Any) -> Any:
    """A shared parameter with a last axis of one, so that it meets every entry."""
    return shared[..., None]
