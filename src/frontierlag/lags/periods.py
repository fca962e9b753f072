"""From a quantity on every day to its values over periods, draw by draw."""

from __future__ import annotations

import numpy as np
import xarray as xr

from frontierlag.dates import Window
from frontierlag.names import CENSORED, CHAIN, DRAW, PERIOD, VALUE


def over_periods(daily: np.ndarray, censored: np.ndarray, window: Window) -> xr.Dataset:
    """Summarize a daily quantity over the window, by year, at its end, and at its extremes.

    Parameters
    ----------
    daily
        Values, shape ``(chain, draw, date)``; NaN where undefined.
    censored
        Whether the day's value is only a bound or read outside the data, same shape.
    window
        The days of the last axis.

    Returns
    -------
    Dataset with dims ``(chain, draw, period)``: ``value``, the mean over the period's days (for
    ``current`` the last day's; for ``minimum`` and ``maximum`` the extreme over the window), NaN
    if any of those days is undefined, so that no mean is taken over a part in silence; and
    ``censored``, the share of the period's days that are censored (for single days 0 or 1). A
    maximum is a bound if its own day is, and any other censored day may in truth be longer: it has
    at least the share of the window.
    """
    columns: list[tuple[np.ndarray, np.ndarray]] = [
        (daily.mean(-1), censored.mean(-1)),
        (daily[..., -1], censored[..., -1]),
    ]
    undefined = np.isnan(daily).any(-1)
    for argextreme, filler in ((np.argmin, np.inf), (np.argmax, -np.inf)):
        where = argextreme(np.where(np.isnan(daily), filler, daily), axis=-1)[..., None]
        extreme = np.take_along_axis(daily, where, -1)[..., 0]
        share = np.take_along_axis(censored, where, -1)[..., 0].astype(float)
        if argextreme is np.argmax:
            share = np.maximum(share, censored.mean(-1))
        columns.append((np.where(undefined, np.nan, extreme), share))
    for mask in window.years.values():
        columns.append((daily[..., mask].mean(-1), censored[..., mask].mean(-1)))
    dims = (CHAIN, DRAW, PERIOD)
    return xr.Dataset(
        {
            VALUE: (dims, np.stack([value for value, _ in columns], -1)),
            CENSORED: (dims, np.stack([share for _, share in columns], -1).astype(float)),
        },
        coords={PERIOD: window.periods},
    )
