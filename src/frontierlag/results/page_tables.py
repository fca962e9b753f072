"""What the page draws and the other tables lack: three small tables that a run writes.

``bands.csv``, ``lag_by_day.csv`` and ``now.csv`` hold what the interactive charts need, so that a
page is made from committed tables and no posterior has to be at hand. Where a folder has posteriors
and not these tables, the page makes them from the posteriors.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from frontierlag.analyses.analysis import Analysis
from frontierlag.dates import DAYS_PER_MONTH, Window
from frontierlag.intervals import QUANTILES, summarize
from frontierlag.lags.measure import realized_lag_by_day, staircases
from frontierlag.lags.trend import curve
from frontierlag.names import AT_RELEASE, CHAIN, CURRENT, DATE, DRAW, FOLLOWER, LEADER, REALIZED
from frontierlag.results.bands import LAG_KIND, QUANTILE, lag_bands
from frontierlag.scores import Releases, records

BEST, TREND_CURVE = "best", "trend"
TREND_STEP = 14  # days between the points of a smooth curve: no eye sees the difference
LAG_STEP = 7  # days between the points of a lag, in addition to the days on which it jumps
BAND_COLUMNS = ("lower90", "lower50", "median", "upper50", "upper90")
ERRORS = ("mcse_mean", "mcse_median")
STEMS = ("bands", "lag_by_day", "now")
TODAY, LAST_RELEASE, AGED, AS_LARGE = (
    "lag on the last day",
    "lag at the follower's last record",
    "months since that record",
    "months since a lag as large",
)


def page_tables(analysis: Analysis, stems: Sequence[str] = STEMS) -> dict[str, pd.DataFrame]:
    """The tables of one model by their stem; those of several models are set below each other."""
    makers = {
        "bands": lambda: band_table(analysis),
        "lag_by_day": lambda: lag_table_by_day(analysis),
        "now": lambda: now_table(analysis),
    }
    return {stem: makers[stem]() for stem in stems}


def releases_shown(capabilities: pd.DataFrame, headline: str) -> pd.DataFrame:
    """Every release of the two groups, from ``capabilities.csv``: the dots of the chart.

    A release stands at its published score and interval. Of a fit to benchmark results, which has
    no published score behind it, it stands at the posterior median with its 90 % interval.

    Parameters
    ----------
    capabilities
        As :func:`frontierlag.results.tables.capability_table` makes it, of several models.
    headline
        The headline model; if it knows the records alone, another that knows all is read.

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
    table = pd.DataFrame(
        {
            "model": own["release"],
            "organization": own["organization"],
            "group": own["group"],
            "released": own["released"],
            **{new: own[old] for new, old in zip(("score", "low", "high"), columns, strict=True)},
        }
    )
    return table.assign(record=_records(table))


def release_table(releases: Releases) -> pd.DataFrame:
    """The same from a score table, where no run has stored it."""
    names = np.array(releases.group_names)
    return pd.DataFrame(
        {
            "model": releases.model,
            "organization": releases.organization,
            "group": names[releases.group],
            "released": releases.date.astype(str),
            "score": releases.score.round(4),
            "low": releases.low.round(4),
            "high": releases.high.round(4),
            "record": records(releases),
        }
    )


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
        name = releases.group_names[group]
        trend = curve(fit.spec.trend, fit.trend_inputs, days, fit.observations.reference, group)
        steps = np.union1d(stairs.day, last)
        parts += [
            _bands(analysis, TREND_CURVE, name, days, trend),
            _bands(analysis, BEST, name, steps, stairs.on(steps)),
        ]
    return pd.concat(parts, ignore_index=True)


def lag_table_by_day(analysis: Analysis) -> pd.DataFrame:
    """Quantiles of the trend and the realized lag through the window, months.

    Columns ``model, lag, date``, the quantiles, ``undefined`` and ``censored`` (shares of draws).
    A row every week, and one on each day of a follower's release and on the day before, where the
    realized lag jumps; between those days it grows by a day a day.
    """
    releases, window = analysis.fit.observations.releases, analysis.measured.window
    jumps = releases.day[releases.group == FOLLOWER]
    wanted = np.unique(np.r_[window.days[::LAG_STEP], jumps - 1, jumps, window.days[-1]])
    chosen = lag_bands(analysis, wanted)
    parts = []
    for kind in chosen[LAG_KIND].to_numpy():
        of_kind = chosen.sel({LAG_KIND: kind})
        part = pd.DataFrame(
            of_kind["months"].transpose(DATE, QUANTILE).to_numpy(), columns=list(BAND_COLUMNS)
        )
        part.insert(0, "model", analysis.name)
        part.insert(1, "lag", str(kind))
        part.insert(2, "date", chosen[DATE].to_numpy().astype("datetime64[D]").astype(str))
        for share in ("undefined", "censored"):
            part[share] = of_kind[share].to_numpy()
        parts.append(part)
    table = pd.concat(parts, ignore_index=True)
    numbers = [*BAND_COLUMNS, "undefined", "censored"]
    table[numbers] = table[numbers].round(3) + 0.0
    return table


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
    rows = [
        _months_row(TODAY, today),
        _months_row(LAST_RELEASE, at_release),
        _months_row(AGED, today - at_release),
        _months_row(AS_LARGE, since_as_large(realized_lag_by_day(analysis.fit, window)[0], window)),
    ]
    table = pd.DataFrame(rows)
    table.insert(0, "model", analysis.name)
    return table.assign(converged=analysis.convergence.converged)


def since_as_large(lag: xr.DataArray, window: Window) -> xr.DataArray:
    """Months from the last day on which the lag was at least that of the window's end, to it.

    Parameters
    ----------
    lag
        Months on each day, dims ``(chain, draw, date)``.
    window
        The days of ``lag``.

    Returns
    -------
    Months, dims ``(chain, draw)``; NaN where there was no such day.
    """
    values = lag.transpose(CHAIN, DRAW, DATE).to_numpy()
    if values.shape[-1] < 2:
        return xr.DataArray(np.full(values.shape[:2], np.nan), dims=(CHAIN, DRAW))
    as_large = values[..., :-1] >= values[..., -1:]
    ago = 1 + np.argmax(as_large[..., ::-1], -1)
    found = np.where(as_large.any(-1), ago / DAYS_PER_MONTH, np.nan)
    return xr.DataArray(found, dims=(CHAIN, DRAW))


def _bands(
    analysis: Analysis, name: str, group: str, days: np.ndarray, draws: np.ndarray
) -> pd.DataFrame:
    levels = np.quantile(draws.reshape(-1, len(days)), QUANTILES, axis=0)
    table = pd.DataFrame(levels.T.round(3) + 0.0, columns=list(BAND_COLUMNS))
    table.insert(0, "model", analysis.name)
    table.insert(1, "curve", name)
    table.insert(2, "group", group)
    table.insert(3, "date", days.astype("datetime64[D]").astype(str))
    return table


def _months_row(quantity: str, draws: xr.DataArray) -> dict[str, object]:
    found = summarize(draws)
    numbers = {name: round(getattr(found, name), 3) + 0.0 for name in (*BAND_COLUMNS, *ERRORS)}
    undefined = round(found.undefined, 4)
    return {"quantity": quantity, "unit": "months", **numbers, "undefined": undefined}
