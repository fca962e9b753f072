"""Quantiles by day of the curves and lags of an analysis: what the figures draw."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import xarray as xr

from frontierlag.analyses.analysis import Analysis
from frontierlag.dates import Window
from frontierlag.intervals import QUANTILES
from frontierlag.lags.measure import (
    realized_lag_by_day,
    staircases,
    trend_by_day,
    trend_lag_by_day,
)
from frontierlag.names import CHAIN, DATE, DRAW, FOLLOWER, GROUP, LEADER, REALIZED, TREND
from frontierlag.scores import Releases

QUANTILE = "quantile"
LAG_KIND = "lag"


def curve_bands(analysis: Analysis, step: int = 3) -> xr.Dataset:
    """Bands of the trends and of the best available capability, every ``step`` days.

    Returns
    -------
    Dataset with ``trend`` and ``best``, dims ``(quantile, date, group)``, score units, from the
    first release in the likelihood to the as-of date. Before a group's first release ``best`` is
    NaN.
    """
    releases = analysis.fit.observations.releases
    first = releases.date.min().astype(object)
    window = Window(first, releases.as_of)
    dates = slice(None, None, step)
    trends = [trend_by_day(analysis.fit, window, g)[..., dates] for g in (LEADER, FOLLOWER)]
    bests = [s.on(window.days[dates]) for s in staircases(analysis.fit)]
    coords = {
        QUANTILE: list(QUANTILES),
        DATE: window.dates[dates],
        GROUP: list(releases.group_names),
    }
    dims = (QUANTILE, DATE, GROUP)
    return xr.Dataset(
        {
            "trend": (dims, np.stack([_quantiles(t.to_numpy()) for t in trends], -1)),
            "best": (dims, np.stack([_quantiles(b) for b in bests], -1)),
        },
        coords=coords,
    )


def charted(analysis: Analysis, releases: Releases) -> Releases:
    """The releases as a chart of an analysis shows them.

    Of a model of scores, with the published scores and intervals that it was fitted to. A joint
    model was fitted to benchmark results: there a release stands at its posterior median on the
    same scale, with the 90 % interval, and the record-holders are those of the medians.
    """
    fit = analysis.fit
    if fit.observations.responses is None:
        return releases
    own = fit.observations.releases
    low, _, middle, _, high = _quantiles(fit.capabilities)
    order = np.lexsort((own.model, middle, own.day))
    columns: dict[str, Any] = {f.name: getattr(own, f.name) for f in fields(Releases)}
    columns |= {"score": middle, "low": low, "high": high}
    for name, values in columns.items():
        if isinstance(values, np.ndarray):
            columns[name] = values[order]
    return Releases(**columns)


def lag_bands(analysis: Analysis, days: np.ndarray | None = None) -> xr.Dataset:
    """Bands of trend and realized lag over the window, on these days of it, or every third one.

    Returns
    -------
    Dataset with ``months``, dims ``(quantile, date, lag)``, over the draws that have a value;
    ``undefined`` and ``censored``, dims ``(date, lag)``, the shares of draws without a value and
    with a bound only (realized) or read outside the data (trend).
    """
    window = analysis.measured.window
    found = {
        TREND: trend_lag_by_day(analysis.fit, window),
        REALIZED: realized_lag_by_day(analysis.fit, window),
    }
    chosen = window.days[::3] if days is None else days
    dates = np.flatnonzero(np.isin(window.days, chosen))
    months, undefined, censored = [], [], []
    for lag, bound in found.values():
        lag = lag[..., dates]
        months.append(_quantiles(lag.to_numpy()))
        undefined.append(lag.isnull().mean((CHAIN, DRAW)).to_numpy())
        censored.append(bound[..., dates].mean((CHAIN, DRAW)).to_numpy())
    return xr.Dataset(
        {
            "months": ((QUANTILE, DATE, LAG_KIND), np.stack(months, -1)),
            "undefined": ((DATE, LAG_KIND), np.stack(undefined, -1)),
            "censored": ((DATE, LAG_KIND), np.stack(censored, -1)),
        },
        coords={QUANTILE: list(QUANTILES), DATE: window.dates[dates], LAG_KIND: list(found)},
    )


def _quantiles(values: np.ndarray) -> np.ndarray:
    """Quantiles over chain and draw: ``(chain, draw, date) -> (quantile, date)``."""
    flat = values.reshape(-1, values.shape[-1])
    holes = np.isnan(flat)
    if not holes.any():
        return np.quantile(flat, QUANTILES, axis=0)
    out = np.full((len(QUANTILES), flat.shape[1]), np.nan)
    some = ~holes.all(0)
    out[:, some] = np.nanquantile(flat[:, some], QUANTILES, axis=0)
    return out
