"""An S-curve for each group: with unknown floor and ceiling, or between known ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from frontierlag.priors import Parameter, Prior
from frontierlag.scores import Bounds, Metric
from frontierlag.trends.base import Trend, Values, of_group
from frontierlag.trends.linear import level_and_slope


def _shape(p: Values, group: Any, xp: Any) -> tuple[Any, Any, Any, Any]:
    """Floor, height, rate and offset of ``floor + height sigmoid(offset + rate t)``.

    With level L, slope b, headroom h and depth d at t = 0: floor = L - d, height = h + d,
    sigmoid(offset) = d / (h + d), so offset = log(d / h); and the slope at t = 0 is
    rate (h + d) s (1 - s) with s = d / (h + d), that is rate h d / (h + d) = b.
    """
    level, slope = of_group(p["level"], group), of_group(p["slope"], group)
    headroom, depth = of_group(p["headroom"], group), of_group(p["depth"], group)
    rate = slope * (1 / headroom + 1 / depth)
    return level - depth, headroom + depth, rate, xp.log(depth) - xp.log(headroom)


@dataclass(frozen=True)
class Logistic(Trend):
    """F_g(t) = floor + height sigmoid(offset + rate t), told by what a person can judge.

    Level and slope at the reference date are those of the straight line; ``headroom`` is the
    distance from the level up to the ceiling and ``depth`` the distance down to the floor. As both
    grow the curve becomes the straight line, so the linear trend is a limit of this one.
    """

    name: ClassVar[str] = "logistic"

    def parameters(self, metric: Metric) -> tuple[Parameter, ...]:
        """Level, slope, headroom and depth."""
        bound = Prior(family="LogNormal", median=4 * metric.spread, sigma=0.75)
        return (
            *level_and_slope(metric),
            Parameter(
                name="headroom",
                meaning="distance from the level up to the ceiling",
                unit=metric.unit,
                prior=bound,
            ),
            Parameter(
                name="depth",
                meaning="distance from the level down to the floor",
                unit=metric.unit,
                prior=bound,
            ),
        )

    def value(self, p: Values, t: Any, group: Any, xp: Any) -> Any:
        """Floor plus height times the sigmoid, written with tanh so that it never overflows."""
        floor, height, rate, offset = _shape(p, group, xp)
        return floor + height * (1 + xp.tanh((offset + rate * t) / 2)) / 2

    def inverse(self, p: Values, value: np.ndarray, group: np.ndarray) -> np.ndarray:
        """(logit((value - floor) / height) - offset) / rate; NaN at or beyond floor and ceiling."""
        floor, height, rate, offset = _shape(p, group, np)
        share = (value - floor) / height
        inside = (share > 0) & (share < 1)
        share = np.where(inside, share, np.nan)
        return (np.log(share) - np.log1p(-share) - offset) / rate


@dataclass(frozen=True)
class LogisticBetween(Trend):
    """F_g(t) = lower + (upper - lower) sigmoid(level_g + slope_g t), for known bounds.

    A straight line in log odds. A slope of 2 log odds a year takes an accuracy from 12 % to 50 % of
    the way from chance level to ceiling in one year, and on to 88 % in the next. The level prior
    spans 1.6 % to 98.4 % of the way; the slope prior has its 90 % range from 0.6 to 7, and is
    positive, as a frontier that only the best releases make cannot fall.
    """

    bounds: Bounds
    name: ClassVar[str] = "logistic"

    def parameters(self, metric: Metric) -> tuple[Parameter, ...]:
        """Level and slope, in log odds."""
        return (
            Parameter(
                name="level",
                meaning="log odds of the trend between the bounds at the reference date",
                unit="log odds",
                prior=Prior(family="Normal", mu=0.0, sigma=2.5),
            ),
            Parameter(
                name="slope",
                meaning="steepness of the trend in log odds",
                unit="log odds a year",
                prior=Prior(family="LogNormal", median=2.0, sigma=0.75),
            ),
        )

    def value(self, p: Values, t: Any, group: Any, xp: Any) -> Any:
        """The line, between the bounds."""
        return self.bounds.score(of_group(p["level"], group) + of_group(p["slope"], group) * t, xp)

    def inverse(self, p: Values, value: np.ndarray, group: np.ndarray) -> np.ndarray:
        """(log odds - level) / slope; NaN at or beyond the bounds."""
        inside = (value > self.bounds.lower) & (value < self.bounds.upper)
        log_odds = np.where(inside, self.bounds.log_odds(value, np), np.nan)
        return (log_odds - of_group(p["level"], group)) / of_group(p["slope"], group)
