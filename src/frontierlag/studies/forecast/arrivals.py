"""How often a group releases something, simulated release days, and dates with intervals.

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
from datetime import date, timedelta

import numpy as np
import xarray as xr

from frontierlag.dates import DAYS_PER_MONTH
from frontierlag.errors import SpecError
from frontierlag.intervals import QUANTILES, summarize
from frontierlag.names import SAMPLE_DIMS

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


@dataclass(frozen=True)
class DateSummary:
    """A posterior of a date: median and equal-tailed intervals.

    A date that is not reached by the horizon counts as later than every date that is: it moves the
    quantiles and is never dropped. A quantile beyond the horizon is None.

    Attributes
    ----------
    median, lower50, upper50, lower90, upper90
        Dates.
    beyond
        Share of the draws beyond the horizon.
    mcse_days
        Monte Carlo standard error of the median, days; NaN if it is beyond the horizon or the error
        reaches that far.
    """

    median: date | None
    lower50: date | None
    upper50: date | None
    lower90: date | None
    upper90: date | None
    beyond: float
    mcse_days: float


def summarize_days(day: xr.DataArray) -> DateSummary:
    """Summarize draws of days since 1970-01-01, infinite if beyond the horizon.

    Quantiles are draws themselves (the inverse of the empirical distribution function), so that
    none lies between a date and infinity.
    """
    values = day.transpose(*SAMPLE_DIMS)
    flat = values.to_numpy().ravel()
    low90, low50, median, high50, high90 = (_quantile(flat, q) for q in QUANTILES)
    mcse = np.nan
    if np.isfinite(median):
        error = min(summarize((values <= median).astype(float)).mcse_mean, 0.499)
        around = [_quantile(flat, q) for q in (0.5 - error, 0.5 + error)]
        mcse = (around[1] - around[0]) / 2 if np.isfinite(around).all() else np.nan
    return DateSummary(
        _or_none(median),
        _or_none(low50),
        _or_none(high50),
        _or_none(low90),
        _or_none(high90),
        float(np.isinf(flat).mean()),
        float(mcse),
    )


def _quantile(values: np.ndarray, q: float) -> float:
    return float(np.quantile(values, q, method="inverted_cdf"))


def as_date(day: float) -> date:
    """The date of a finite day number."""
    return date(1970, 1, 1) + timedelta(days=int(day))


def _or_none(day: float) -> date | None:
    return as_date(day) if np.isfinite(day) else None
