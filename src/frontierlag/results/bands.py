"""Quantiles by day of the curves and lags of an analysis: what the figures draw."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import asdict, fields
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from frontierlag.analyses.analysis import Analysis
from frontierlag.checks.predictive import PriorCurves, prior_curves
from frontierlag.dates import Window
from frontierlag.intervals import QUANTILES, Summary, summarize
from frontierlag.lags.measure import (
    realized_lag_by_day,
    staircases,
    trend_by_day,
    trend_lag_by_day,
)
from frontierlag.names import CHAIN, DATE, DRAW, FOLLOWER, GROUP, LEADER, REALIZED, TREND, WINDOW
from frontierlag.results.tables import DIGITS, origin
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


PRIOR_PREDICTIVE, MEAN_LAG = "prior_predictive", "mean_lag"
# Draws of a trend that are kept as lines, and days between their points: no eye sees the rest.
LINES, STEP = 40, 28
# A posterior is kept as this many quantiles, at the middles of as many parts of equal probability.
PARTS = 400
PRIOR, POSTERIOR = "prior", "posterior"
BANDS = ("lower90", "lower50", "median", "upper50", "upper90")
_LINES = [f"line_{k:02d}" for k in range(LINES)]
_DRAWS = [f"q{k:03d}" for k in range(PARTS)]
_SUMMARY = tuple(Summary.__dataclass_fields__)


def figure_tables(analysis: Analysis) -> dict[str, pd.DataFrame]:
    """The tables of one model by their stem."""
    curves = prior_curves(analysis, LINES, STEP)
    return {
        PRIOR_PREDICTIVE: prior_table(analysis, curves),
        MEAN_LAG: mean_lag_table(analysis, curves),
    }


def prior_table(analysis: Analysis, curves: PriorCurves) -> pd.DataFrame:
    """Trends that the priors make: ``prior_predictive.csv``.

    Where the rows are from, ``group``, ``date``, quantiles of the trend that day over all prior
    draws, and the first draws themselves, one a column, in score units.
    """
    parts = []
    for group in curves.bands[GROUP].to_numpy():
        bands = curves.bands.sel({GROUP: group}).transpose(DATE, QUANTILE).to_numpy()
        lines = curves.lines.sel({GROUP: group}).transpose(DATE, DRAW).to_numpy()
        columns = [*BANDS, *_LINES[: lines.shape[1]]]
        part = pd.DataFrame(np.hstack([bands, lines]).round(DIGITS) + 0.0, columns=columns)
        part.insert(0, "group", str(group))
        part.insert(1, "date", curves.bands[DATE].to_numpy().astype("datetime64[D]").astype(str))
        parts.append(part)
    return _of(analysis, pd.concat(parts, ignore_index=True))


def mean_lag_table(analysis: Analysis, curves: PriorCurves) -> pd.DataFrame:
    """Posterior, and for the trend lag also prior, of the window's mean lag: ``mean_lag.csv``.

    Where the rows are from, ``lag``, ``of``, the summary in months, and quantiles of the draws that
    have a lag at the probabilities (k + 1/2) / :data:`PARTS`.
    """
    measured = analysis.measured
    rows = [(kind, POSTERIOR, measured.lag(kind, WINDOW)) for kind in (TREND, REALIZED)]
    rows.append((TREND, PRIOR, curves.prior))
    made = [{"lag": kind, "of": of, **_row(draws)} for kind, of, draws in rows]
    return _of(analysis, pd.DataFrame(made)).assign(converged=analysis.convergence.converged)


def drawn(row: Mapping[Hashable, Any]) -> np.ndarray:
    """The quantiles of a row of ``mean_lag.csv``, which stand for its draws."""
    return np.array([row[name] for name in _DRAWS], dtype=float)


def summary_of(row: Mapping[Hashable, Any]) -> Summary:
    """The summary of a row of ``mean_lag.csv``."""
    return Summary(**{name: float(row[name]) for name in _SUMMARY})


def curves_of(prior: pd.DataFrame, mean_lag: pd.DataFrame, window: Window) -> PriorCurves:
    """The curves of one model again from its rows of the two tables."""
    groups = list(dict.fromkeys(prior["group"]))
    lines = [name for name in _LINES if name in prior.columns]
    dates = prior.loc[prior["group"] == groups[0], "date"].to_numpy().astype("datetime64[ns]")
    of = [prior[prior["group"] == group] for group in groups]
    coords = {DATE: dates, GROUP: groups}
    rows = {row["of"]: row for row in mean_lag[mean_lag["lag"] == TREND].to_dict("records")}

    def draws(which: str) -> xr.DataArray:
        return xr.DataArray(drawn(rows[which])[None], dims=(CHAIN, DRAW))

    return PriorCurves(
        lines=xr.DataArray(
            np.stack([part[lines].to_numpy(dtype=float).T for part in of], -1),
            dims=(DRAW, DATE, GROUP),
            coords=coords,
        ),
        bands=xr.DataArray(
            np.stack([part[list(BANDS)].to_numpy(dtype=float).T for part in of], -1),
            dims=(QUANTILE, DATE, GROUP),
            coords={QUANTILE: list(QUANTILES), **coords},
        ),
        prior=draws(PRIOR),
        posterior=draws(POSTERIOR),
        prior_summary=summary_of(rows[PRIOR]),
        posterior_summary=summary_of(rows[POSTERIOR]),
        window=window,
    )


def _row(draws: xr.DataArray) -> dict[str, float]:
    values = draws.to_numpy()
    known = values[np.isfinite(values)]
    levels = (np.arange(PARTS) + 0.5) / PARTS
    parts = np.quantile(known, levels) if known.size else np.full(PARTS, np.nan)
    named = asdict(summarize(draws)) | dict(zip(_DRAWS, parts.tolist(), strict=True))
    return {name: round(value, DIGITS) + 0.0 for name, value in named.items()}


def _of(analysis: Analysis, table: pd.DataFrame) -> pd.DataFrame:
    for at, (name, value) in enumerate(origin(analysis).items()):
        table.insert(at, name, str(value))
    return table
