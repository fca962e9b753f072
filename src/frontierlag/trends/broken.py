"""A straight line with one change of slope for each group."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

import numpy as np

from frontierlag.dates import DAYS_PER_YEAR, day_number
from frontierlag.errors import SpecError
from frontierlag.names import EPOCH
from frontierlag.priors import Parameter, Prior
from frontierlag.scores import Metric
from frontierlag.trends.base import Trend, Values, of_group
from frontierlag.trends.linear import level_and_slope


@dataclass(frozen=True)
class Broken(Trend):
    """F_g(t) = level_g + slope_g (t - b) before the break b, level_g + slope_after_g (t - b) after.

    Continuous at the break, whose date is the same for both groups.

    Parameters
    ----------
    earliest, latest
        The same date twice if the break is given; otherwise it is learned, with a uniform prior
        between them.

    Raises
    ------
    SpecError
        If ``latest`` is before ``earliest``.
    """

    earliest: date = date(2025, 1, 1)
    latest: date = date(2025, 1, 1)
    name: ClassVar[str] = "broken"
    inputs: ClassVar[tuple[str, ...]] = (EPOCH,)

    def __post_init__(self) -> None:
        if self.latest < self.earliest:
            raise SpecError(
                f"the range of the break ends on {self.latest}, before it begins on {self.earliest}"
            )

    @property
    def learned(self) -> bool:
        """Whether the date of the break is a parameter."""
        return self.latest > self.earliest

    def parameters(self, metric: Metric) -> tuple[Parameter, ...]:
        """Level at the break, slope before and after, and the break's date if it is learned."""
        level, slope = level_and_slope(metric)
        parameters = (
            level.model_copy(update={"meaning": "height of the trend at the break"}),
            slope.model_copy(update={"meaning": "steepness before the break"}),
            slope.model_copy(
                update={"name": "slope_after", "meaning": "steepness after the break"}
            ),
        )
        if not self.learned:
            return parameters
        bounds = [_decimal_year(when) for when in (self.earliest, self.latest)]
        when = Parameter(
            name="break_year",
            meaning="date of the change of slope",
            unit="decimal year",
            prior=Prior(family="Uniform", lower=bounds[0], upper=bounds[1]),
            shared=True,
        )
        return (*parameters, when)

    def value(self, p: Values, t: Any, group: Any, xp: Any) -> Any:
        """Level plus the slope of the day's side times the time from the break."""
        since = t - self._break(p)
        before, after = of_group(p["slope"], group), of_group(p["slope_after"], group)
        return of_group(p["level"], group) + xp.where(since < 0, before, after) * since

    def inverse(self, p: Values, value: np.ndarray, group: np.ndarray) -> np.ndarray:
        """Below the level the first line's inverse, above it the second's; slopes are positive."""
        rise = value - of_group(p["level"], group)
        before, after = of_group(p["slope"], group), of_group(p["slope_after"], group)
        return self._break(p) + rise / np.where(rise < 0, before, after)

    def _break(self, p: Values) -> Any:
        """Years from the reference date to the break, with a last axis of one."""
        year = p["break_year"][..., None] if self.learned else _decimal_year(self.earliest)
        return year - p[EPOCH]


@dataclass(frozen=True)
class BrokenLearned(Broken):
    """The broken trend whose date of change is learned, between mid-2024 and the end of 2025."""

    earliest: date = date(2024, 7, 1)
    latest: date = date(2025, 12, 31)
    name: ClassVar[str] = "broken-learned"


def _decimal_year(when: date) -> float:
    """Years of 365.25 days since 1970, plus 1970: the scale on which the data carry time."""
    return 1970 + day_number(when) / DAYS_PER_YEAR
