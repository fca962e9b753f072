"""One curve for both groups, which the follower runs through a constant lag later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from frontierlag.priors import Parameter, Prior
from frontierlag.scores import Metric
from frontierlag.trends.base import Trend, Values
from frontierlag.trends.linear import Linear
from frontierlag.trends.logistic import Logistic

MONTHS_PER_YEAR = 12


@dataclass(frozen=True)
class Parallel(Trend):
    """F_lead(t) = f(t) and F_follow(t) = f(t - lag), with f any trend of one group.

    The hypothesis that both curves have the same shape, out of step: every trend lag and every
    lag at a level equals the parameter ``lag`` (in months; negative if the follower leads).
    """

    curve: Trend = Linear()
    name: ClassVar[str] = "parallel"

    def parameters(self, metric: Metric) -> tuple[Parameter, ...]:
        """The curve's own parameters, shared, and the lag."""
        shared = [p.model_copy(update={"shared": True}) for p in self.curve.parameters(metric)]
        return (
            *shared,
            Parameter(
                name="lag",
                meaning="how much later the follower runs through the shared curve",
                unit="months",
                prior=Prior(family="Normal", mu=0.0, sigma=12.0),
                shared=True,
            ),
        )

    def value(self, p: Values, t: Any, group: Any, xp: Any) -> Any:
        """The shared curve, read a lag earlier for the follower."""
        return self.curve.value(_for_both(p), t - group * self._lag(p), group, xp)

    def inverse(self, p: Values, value: np.ndarray, group: np.ndarray) -> np.ndarray:
        """The shared curve's inverse, a lag later for the follower."""
        return self.curve.inverse(_for_both(p), value, group) + group * self._lag(p)

    @staticmethod
    def _lag(p: Values) -> Any:
        return p["lag"][..., None] / MONTHS_PER_YEAR


@dataclass(frozen=True)
class ParallelLogistic(Parallel):
    """The parallel trend whose shared curve is the logistic."""

    curve: Trend = Logistic()
    name: ClassVar[str] = "parallel-logistic"


def _for_both(p: Values) -> Mapping[str, Any]:
    """Give each shared parameter the group axis that a curve expects: ``(...) -> (..., 2)``."""
    return {name: value[..., None] * np.ones(2) for name, value in p.items()}
