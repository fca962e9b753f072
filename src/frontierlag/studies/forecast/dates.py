"""Summaries of draws of a date; some lie beyond the horizon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import xarray as xr

from frontierlag.intervals import QUANTILES, summarize
from frontierlag.names import SAMPLE_DIMS


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
