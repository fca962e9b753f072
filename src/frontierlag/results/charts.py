"""What the charts are drawn from: tables that a run writes, and the same read back.

One description serves both kinds of charts. Figures and the interactive page read ``bands.csv``,
``lag_by_day.csv``, ``prior_predictive.csv`` and ``mean_lag.csv``, so that no posterior has to be at
hand; the figures of a fit in Python are drawn from the same tables, made of it. ``now.csv`` is the
page's alone. Where a folder has posteriors and not these tables, the page makes them from those.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from frontierlag.analyses.analysis import Analysis
from frontierlag.checks.predictive import QUANTILE, PriorCurves, prior_curves
from frontierlag.dates import DAYS_PER_MONTH, Window
from frontierlag.intervals import QUANTILES, Summary, summarize
from frontierlag.lags.measure import realized_lag_by_day, staircases, trend_lag_by_day
from frontierlag.lags.trend import curve
from frontierlag.names import (
    AT_RELEASE,
    CHAIN,
    CURRENT,
    DATE,
    DRAW,
    FOLLOWER,
    GROUP,
    LEADER,
    REALIZED,
    TREND,
    WINDOW,
)
from frontierlag.results.tables import DIGITS, table_of, under_origin
from frontierlag.scores import Releases, records

BEST, TREND_CURVE = "best", "trend"
BANDS = ("lower90", "lower50", "median", "upper50", "upper90")
SHARES = ("undefined", "censored")
MOSTLY = 0.5  # share of draws from which a day counts as known by a bound only
TREND_STEP = 14  # days between the points of a smooth curve: no eye sees the difference
LAG_STEP = 7  # days between the points of a lag, in addition to the days on which it jumps
STEMS = ("bands", "lag_by_day", "now")
TODAY, LAST_RELEASE, AGED, AS_LARGE = (
    "lag on the last day",
    "lag at the follower's last record",
    "months since that record",
    "months since a lag as large",
)
PRIOR_PREDICTIVE, MEAN_LAG = "prior_predictive", "mean_lag"
# Draws of a trend that are kept as lines, and days between their points: no eye sees the rest.
LINES, STEP = 40, 28
# A posterior is kept as this many quantiles, at the middles of as many parts of equal probability.
PARTS = 400
PRIOR, POSTERIOR = "prior", "posterior"
LINE_COLUMNS = [f"line_{k:02d}" for k in range(LINES)]
_DRAWS = [f"q{k:03d}" for k in range(PARTS)]


def page_tables(analysis: Analysis, stems: Sequence[str] = STEMS) -> dict[str, pd.DataFrame]:
    """The tables of one model by their stem; those of several models are set below each other."""
    makers = {"bands": band_table, "lag_by_day": lag_table_by_day, "now": now_table}
    return {stem: makers[stem](analysis) for stem in stems}


def figure_tables(analysis: Analysis) -> dict[str, pd.DataFrame]:
    """The further tables of one model that figures alone draw."""
    curves = prior_curves(analysis, LINES, STEP)
    return {
        PRIOR_PREDICTIVE: prior_table(analysis, curves),
        MEAN_LAG: mean_lag_table(analysis, curves),
    }


def releases_shown(capabilities: pd.DataFrame, headline: str) -> pd.DataFrame:
    """Every release of the two groups, from ``capabilities.csv``: the dots of the chart.

    A release stands at its published score and interval. Of a fit to benchmark results, which has
    no published score behind it, it stands at the posterior median with its 90 % interval. If the
    headline model knows the records alone, another that knows all is read.

    Returns
    -------
    Columns ``model, organization, group, released, score, low, high, record``; ``record`` says
    whether it was the highest score of its group so far.
    """
    dated = capabilities[capabilities["released"].notna()]
    counts = dated.groupby("model", sort=False).size()
    model = headline if counts.get(headline, 0) == counts.max() else counts.idxmax()
    own = dated[dated["model"] == model].reset_index(drop=True)
    measured = own["results"].notna().any()
    columns = ("median", "lower90", "upper90") if measured else ("score", "score_low", "score_high")
    shown = ["release", "organization", "group", "released", *columns]
    table = own[shown].set_axis([*RELEASE_COLUMNS], axis=1)
    return table.assign(record=_records(table))


RELEASE_COLUMNS = ("model", "organization", "group", "released", "score", "low", "high")


def release_table(releases: Releases) -> pd.DataFrame:
    """The same from a score table, where no run has stored it."""
    r = releases
    group, released = np.array(r.group_names)[r.group], r.date.astype(str)
    numbers = (values.round(4) for values in (r.score, r.low, r.high))
    columns = (r.model, r.organization, group, released, *numbers)
    table = pd.DataFrame(dict(zip(RELEASE_COLUMNS, columns, strict=True)))
    return table.assign(record=records(r))


def score_range(shown: pd.DataFrame, bands: pd.DataFrame | None = None) -> tuple[float, float]:
    """The scores that a chart of releases begins and ends with.

    From below the lower of the two groups' second records, the first that counts, to above the
    highest interval of a record; and as far as the trends of ``bands`` reach with their bands.
    """
    held = shown[shown["record"]]
    # Of a fit to records the first may not be here, and a group's only other one is its last.
    seconds = [own["score"].sort_values().iloc[:2].iloc[-1] for _, own in held.groupby("group")]
    top, low = float(shown["score"].max()), float(min(seconds))
    highest = float(held["high"].max()) + 1e-3 * (top - low)
    least, most = low - 0.06 * (top - low), max(top + 0.1 * (top - low), highest)
    if bands is None or bands.empty:
        return least, most
    trends = bands.loc[bands["curve"] == TREND_CURVE, [*BANDS]].to_numpy(float)
    edge = 0.02 * (most - least)
    return min(least, float(trends.min()) - edge), max(most, float(trends.max()) + edge)


def spans[Day](days: Sequence[Day], chosen: np.ndarray) -> list[tuple[Day, Day]]:
    """First day of each stretch of chosen days, and the day after it if there is one."""
    edges = np.flatnonzero(np.diff(np.r_[False, chosen, False]))
    last = len(chosen) - 1
    return [(days[a], days[min(b, last)]) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _records(table: pd.DataFrame) -> pd.Series:
    """Whether each row was its group's record; see :func:`frontierlag.scores.reading.grids`."""
    held = pd.Series(False, index=table.index)
    for _, own in table.groupby("group"):
        best = own.sort_values(["released", "score", "model"], ascending=[True, False, True])
        best = best.drop_duplicates("released")
        before = best["score"].cummax().shift(fill_value=-np.inf)
        held[best.index[best["score"] > before]] = True
    return held


def band_table(analysis: Analysis) -> pd.DataFrame:
    """Quantiles of the trend and of the best available capability of each group.

    Columns ``model, curve, group, date`` and the quantiles. ``trend`` has a row every two weeks;
    ``best``, which is a staircase, one for each day on which its group released something in any
    draw.
    """
    fit, releases = analysis.fit, analysis.fit.observations.releases
    first, last = int(releases.day.min()), int(np.datetime64(releases.as_of, "D").astype(int))
    days = np.unique(np.r_[np.arange(first, last, TREND_STEP), last])
    parts = []
    for group, stairs in zip((LEADER, FOLLOWER), staircases(fit), strict=True):
        trend = curve(fit.spec.trend, fit.trend_inputs, days, fit.observations.reference, group)
        steps = np.union1d(stairs.day, last)
        for name, at, draws in ((TREND_CURVE, days, trend), (BEST, steps, stairs.on(steps))):
            levels = np.quantile(draws.reshape(-1, len(at)), QUANTILES, axis=0)
            about = {
                "model": analysis.name,
                "curve": name,
                "group": releases.group_names[group],
                "date": at.astype("datetime64[D]").astype(str),
            }
            parts.append(_banded(about, levels))
    return pd.concat(parts, ignore_index=True)


def lag_table_by_day(analysis: Analysis) -> pd.DataFrame:
    """Quantiles of the trend and the realized lag through the window, months.

    Columns ``model, lag, date``, the quantiles over the draws that have a value, and shares of
    draws: ``undefined`` without a value, ``censored`` with a bound only (realized) or read outside
    the data (trend). A row every week, and one on each day of a follower's release and on the day
    before, where the realized lag jumps; between those days it grows by a day a day.
    """
    releases, window = analysis.fit.observations.releases, analysis.measured.window
    jumps = releases.day[releases.group == FOLLOWER]
    wanted = np.r_[window.days[::LAG_STEP], jumps - 1, jumps, window.days[-1]]
    dates = np.flatnonzero(np.isin(window.days, wanted))
    parts = []
    for kind, by_day in ((TREND, trend_lag_by_day), (REALIZED, realized_lag_by_day)):
        lag, bound = (part[..., dates] for part in by_day(analysis.fit, window))
        days = window.dates[dates].astype("datetime64[D]").astype(str)
        part = _banded({"model": analysis.name, "lag": kind, "date": days}, _quantiles(lag))
        shares = (lag.isnull().mean((CHAIN, DRAW)), bound.mean((CHAIN, DRAW)))
        for name, share in zip(SHARES, shares, strict=True):
            part[name] = share.to_numpy().round(DIGITS) + 0.0
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _quantiles(values: xr.DataArray) -> np.ndarray:
    """Quantiles over the draws that have a value: ``(chain, draw, date) -> (quantile, date)``."""
    flat = values.to_numpy().reshape(-1, values.shape[-1])
    holes = np.isnan(flat)
    if not holes.any():
        return np.quantile(flat, QUANTILES, axis=0)
    out = np.full((len(QUANTILES), flat.shape[1]), np.nan)
    some = ~holes.all(0)
    out[:, some] = np.nanquantile(flat[:, some], QUANTILES, axis=0)
    return out


def _banded(about: Mapping[str, Any], levels: np.ndarray) -> pd.DataFrame:
    """Rows with what they are of and their quantiles, shape ``(quantile, date)``."""
    bands = pd.DataFrame(levels.T.round(DIGITS) + 0.0, columns=list(BANDS))
    return bands.assign(**about)[[*about, *BANDS]]


def now_table(analysis: Analysis) -> pd.DataFrame:
    """The lag today, the lag at the follower's last record, and when it was last as large.

    Columns ``model, quantity, unit, lower90 ... upper90``, the Monte Carlo errors
    ``mcse_mean`` and ``mcse_median``, ``undefined`` and ``converged``, in months.
    ``undefined`` is, of the time since the realized lag was last at least as large as on the last
    day, the share of draws in which it never was, within the window.
    """
    measured, window = analysis.measured, analysis.measured.window
    today = measured.lag(REALIZED, CURRENT)
    at_release = measured.lag(AT_RELEASE, CURRENT)
    as_large = since_as_large(realized_lag_by_day(analysis.fit, window)[0], window)
    rows = []
    quantities = {TODAY: today, LAST_RELEASE: at_release, AGED: today - at_release}
    for quantity, draws in (quantities | {AS_LARGE: as_large}).items():
        found = asdict(summarize(draws))
        names = (*BANDS, "mcse_mean", "mcse_median")
        numbers = {name: round(found[name], DIGITS) + 0.0 for name in names}
        about = {"model": analysis.name, "quantity": quantity, "unit": "months"}
        rows.append(about | numbers | {"undefined": round(found["undefined"], 4)})
    return pd.DataFrame(rows).assign(converged=analysis.convergence.converged)


def since_as_large(lag: xr.DataArray, window: Window) -> xr.DataArray:
    """Months from the last day on which the lag was at least that of the window's end, to it.

    ``lag`` are months on each day of the window, dims ``(chain, draw, date)``; returned are months,
    dims ``(chain, draw)``, NaN where there was no such day.
    """
    values = lag.transpose(CHAIN, DRAW, DATE).to_numpy()
    if values.shape[-1] < 2:
        return xr.DataArray(np.full(values.shape[:2], np.nan), dims=(CHAIN, DRAW))
    as_large = values[..., :-1] >= values[..., -1:]
    ago = 1 + np.argmax(as_large[..., ::-1], -1)
    found = np.where(as_large.any(-1), ago / DAYS_PER_MONTH, np.nan)
    return xr.DataArray(found, dims=(CHAIN, DRAW))


def prior_table(analysis: Analysis, curves: PriorCurves) -> pd.DataFrame:
    """Trends that the priors make: ``prior_predictive.csv``.

    Where the rows are from, ``group``, ``date``, quantiles of the trend that day over all prior
    draws, and the first draws themselves, one a column, in score units.
    """
    parts = []
    days = curves.bands[DATE].to_numpy().astype("datetime64[D]").astype(str)
    for group in curves.bands[GROUP].to_numpy():
        bands = curves.bands.sel({GROUP: group}).transpose(QUANTILE, DATE).to_numpy()
        lines = curves.lines.sel({GROUP: group}).transpose(DATE, DRAW).to_numpy()
        drawn = pd.DataFrame(lines.round(DIGITS) + 0.0, columns=LINE_COLUMNS[: lines.shape[1]])
        about = _banded({"group": str(group), "date": days}, bands)
        parts.append(pd.concat([about, drawn], axis=1))
    return under_origin(analysis, pd.concat(parts, ignore_index=True))


def mean_lag_table(analysis: Analysis, curves: PriorCurves) -> pd.DataFrame:
    """Posterior, and for the trend lag also prior, of the window's mean lag: ``mean_lag.csv``.

    Where the rows are from, ``lag``, ``of``, the summary in months, and quantiles of the draws that
    have a lag at the probabilities (k + 1/2) / :data:`PARTS`.
    """
    measured = analysis.measured
    rows = [(kind, POSTERIOR, measured.lag(kind, WINDOW)) for kind in (TREND, REALIZED)]
    rows.append((TREND, PRIOR, curves.prior))
    made = pd.DataFrame([{"lag": kind, "of": of, **_parts(draws)} for kind, of, draws in rows])
    return table_of(analysis, made)


def _parts(draws: xr.DataArray) -> dict[str, float]:
    values = draws.to_numpy()
    known = values[np.isfinite(values)]
    levels = (np.arange(PARTS) + 0.5) / PARTS
    parts = np.quantile(known, levels) if known.size else np.full(PARTS, np.nan)
    return asdict(summarize(draws)) | dict(zip(_DRAWS, parts.tolist(), strict=True))


def draws_of(row: Mapping[Hashable, Any]) -> np.ndarray:
    """The quantiles of a row of ``mean_lag.csv``, which stand for its draws."""
    return np.array([row[name] for name in _DRAWS], dtype=float)


def summary_of(row: Mapping[Hashable, Any]) -> Summary:
    """The summary of a row of ``mean_lag.csv``."""
    return Summary(**{name: float(row.get(name, np.nan)) for name in Summary.__dataclass_fields__})
