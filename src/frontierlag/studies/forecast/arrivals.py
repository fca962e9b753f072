"""How often a group releases something: the rate's posterior and simulated release days.

Releases are taken to arrive as a Poisson process. Its rate is read from the last
:data:`RATE_MONTHS` months before the as-of date and not from the whole table, because the number of
releases a half-year has gone up and down by a factor of two since 2023 and the tables begin in the
middle of things; a year holds both halves. With Jeffreys' prior Gamma(1/2, 0) and n releases in T
days the posterior is Gamma(n + 1/2, T). No growth of the rate is assumed: the highest of n releases
grows with log n at most, so a rate wrong by a factor of two moves the best available by a fraction
of what the trend does in a year (``months`` is an argument, so that this can be tried).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from frontierlag.dates import DAYS_PER_MONTH
from frontierlag.errors import SpecError

RATE_MONTHS = 12


@dataclass(frozen=True)
class Rate:
    """The posterior of a rate of releases a day: Gamma(count + 1/2, days)."""

    count: int
    days: float

    @property
    def mean(self) -> float:
        """Posterior mean, releases a day."""
        return (self.count + 0.5) / self.days

    def draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> np.ndarray:
        """Draws, releases a day."""
        return rng.gamma(self.count + 0.5, 1 / self.days, size)


def rate_of(day: np.ndarray, as_of: int, months: float = RATE_MONTHS) -> Rate:
    """The rate of a group's releases over the last months before the as-of date.

    Parameters
    ----------
    day
        The group's release days, days since 1970-01-01.
    as_of
        The last day that counts.
    months
        How far back to count; not further than the group's first release.

    Raises
    ------
    SpecError
        If ``months`` is not positive.
    """
    if not months > 0:
        raise SpecError(f"a rate needs a span of time to count in; got {months} months")
    # The first release opens the count and is not in it where the span begins with it.
    days = min(months * DAYS_PER_MONTH, float(as_of - np.min(day)))
    days = max(days, 1.0)
    return Rate(int(((day > as_of - days) & (day <= as_of)).sum()), days)


def arrivals(rng: np.random.Generator, rate: np.ndarray, as_of: int, days: int) -> np.ndarray:
    """Release days of a Poisson process over the days after the as-of date.

    Parameters
    ----------
    rng
        Source of randomness.
    rate
        Releases a day, shape ``(...)``.
    as_of, days
        The process runs over the ``days`` days after ``as_of``.

    Returns
    -------
    Days since 1970-01-01, whole and ascending along the last axis, shape ``(..., k)`` with k the
    largest number of releases in a draw (at least one); infinite where a draw has fewer.
    """
    count = rng.poisson(rate * days)
    most = max(int(count.max(initial=0)), 1)
    when = rng.uniform(0, days, (*rate.shape, most))
    when = np.where(np.arange(most) < count[..., None], when, np.inf)
    return as_of + np.ceil(np.sort(when, axis=-1))
