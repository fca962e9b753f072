"""A straight line for each group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from frontierlag.priors import Parameter, Prior
from frontierlag.scores import Metric
from frontierlag.trends.base import Trend, Values, of_group


def level_and_slope(metric: Metric) -> tuple[Parameter, Parameter]:
    """The two parameters that every trend of this package begins with.

    The level prior spans the metric's whole range; the slope prior puts the 90 % range of yearly
    progress between roughly a tenth of the metric's spread and 1.4 times it (on the ECI: 2 to 28
    points a year) and is positive, as a frontier that only the best releases make cannot fall.
    """
    return (
        Parameter(
            name="level",
            meaning="height of the trend at the reference date",
            unit=metric.unit,
            prior=Prior(family="Normal", mu=metric.location, sigma=2 * metric.spread),
        ),
        Parameter(
            name="slope",
            meaning="steepness of the trend at the reference date",
            unit=f"{metric.unit} a year",
            prior=Prior(
                family="TruncatedNormal",
                mu=0.6 * metric.spread,
                sigma=0.5 * metric.spread,
                lower=0.0,
            ),
        ),
    )


@dataclass(frozen=True)
class Linear(Trend):
    """F_g(t) = level_g + slope_g t."""

    name: ClassVar[str] = "linear"

    def parameters(self, metric: Metric) -> tuple[Parameter, ...]:
        """Level and slope."""
        return level_and_slope(metric)

    def value(self, p: Values, t: Any, group: Any, xp: Any) -> Any:
        """level + slope t."""
        return of_group(p["level"], group) + of_group(p["slope"], group) * t

    def inverse(self, p: Values, value: np.ndarray, group: np.ndarray) -> np.ndarray:
        """(value - level) / slope; the slope is positive, so the line takes every value once."""
        return (value - of_group(p["level"], group)) / of_group(p["slope"], group)
