"""Velocity: by how much a lag changes in a year, in months a year; negative where it narrows.

Of the trend lag it is the slope. With F_f and F_l the follower's and the leader's curve,

    d/dt [t - F_l^{-1}(F_f(t))] = 1 - F_f'(t) / F_l'(F_l^{-1}(F_f(t))),

for straight lines 1 - slope_f / slope_l on every day: the follower must be the steeper of the two
for the lag to narrow. The realized lag moves in jumps, so its change is that of a yearly mean: the
last twelve months minus the twelve before.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import xarray as xr

from frontierlag.dates import DAYS_PER_YEAR, Window, day_number
from frontierlag.fits.fitting import Fit
from frontierlag.lags.measure import realized_lag_by_day, trend_lag_on
from frontierlag.names import CENSORED, CHAIN, DRAW, REALIZED, TREND, VALUE

# What is reported of each lag.
SLOPE_LAST_DAY = "slope on the last day"
SLOPE_WINDOW = "mean slope over the window"
YEAR_ON_YEAR = "last 12 months minus the 12 before"


def velocities(fit: Fit, window: Window) -> dict[tuple[str, str], xr.Dataset]:
    """Every velocity that a window has room for, draw by draw.

    Parameters
    ----------
    fit
        The fit.
    window
        The days over which lags are measured.

    Returns
    -------
    By kind of lag and by what the change is over: ``value`` in months a year, dims
    ``(chain, draw)``, NaN where the lag does not exist, and ``censored``, the share of the days
    behind it on which the lag is a bound or read outside the data. The realized lag is missing if
    the window has less than 24 months.
    """
    found = {
        (TREND, SLOPE_LAST_DAY): trend_slope(fit, window.days[-1:]),
        (TREND, SLOPE_WINDOW): _mean_slope(fit, window),
    }
    if two_years(window) is not None:
        lag, censored = realized_lag_by_day(fit, window)
        value, share = year_on_year(lag.to_numpy(), censored.to_numpy(), window)
        found[REALIZED, YEAR_ON_YEAR] = _dataset(value, share)
    return found


def year_on_year(
    lag: np.ndarray, censored: np.ndarray, window: Window
) -> tuple[np.ndarray, np.ndarray]:
    """Mean lag of the window's last twelve months minus that of the twelve before.

    Parameters
    ----------
    lag
        Months on each day of the window, shape ``(..., date)``; NaN where undefined.
    censored
        Whether the day's lag is a bound, same shape.
    window
        At least 24 months.

    Returns
    -------
    change
        Months a year, shape ``(...)``; NaN if the lag of one of those days is undefined.
    censored
        Share of the days of both years that are bounds, same shape.
    """
    years = two_years(window)
    if years is None:
        undefined = np.full(lag.shape[:-1], np.nan)
        return undefined, undefined
    before, last = years
    change = lag[..., last].mean(-1) - lag[..., before].mean(-1)
    return change, censored[..., before | last].mean(-1)


def two_years(window: Window) -> tuple[np.ndarray, np.ndarray] | None:
    """The days of the twelve months before the last twelve, and of the last twelve, as masks.

    Twelve months end on a day and begin on the day after the same date of the year before. None if
    the window does not hold both.
    """
    end, middle, start = (day_number(_years_before(window.as_of, n)) for n in (0, 1, 2))
    if start + 1 < window.days[0]:
        return None
    before = (window.days > start) & (window.days <= middle)
    return before, (window.days > middle) & (window.days <= end)


def trend_slope(fit: Fit, days: np.ndarray) -> xr.Dataset:
    """Slope of the trend lag on given days, months a year, the mean over them.

    By a central difference over a day, which is exact for straight lines and off by some 1e-6 of
    the slope for curves that bend over years.
    """
    half = 0.5
    late, outside = _lag_on(fit, days + half)
    early, _ = _lag_on(fit, days - half)
    # A parallel curve has a slope of exactly zero, which rounding must not give a sign.
    return _dataset(np.round((late - early).mean(-1) * DAYS_PER_YEAR, 9), outside.mean(-1))


def _mean_slope(fit: Fit, window: Window) -> xr.Dataset:
    """The trend lag's change from the window's first day to its last, by the years between."""
    ends = window.days[[0, -1]]
    lag, outside = _lag_on(fit, ends)
    years = (ends[1] - ends[0]) / DAYS_PER_YEAR
    rate = (lag[..., 1] - lag[..., 0]) / years if years > 0 else np.full(lag.shape[:-1], np.nan)
    return _dataset(np.round(rate, 9), outside.mean(-1))


def _lag_on(fit: Fit, days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return trend_lag_on(fit, days, day_number(fit.observations.releases.as_of))


def _dataset(value: np.ndarray, censored: np.ndarray) -> xr.Dataset:
    dims = (CHAIN, DRAW)
    return xr.Dataset({VALUE: (dims, value), CENSORED: (dims, censored.astype(float))})


def _years_before(day: date, years: int) -> date:
    """The same date so many years before; of 29 February, the 28th."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return (day - timedelta(days=1)).replace(year=day.year - years)
