"""The lag day by day: how it moved, how well it is known, and where it is only a bound."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from frontierlag.checks.predictive import QUANTILE
from frontierlag.figures.sheet import (
    INTERVALS,
    LAG_COLORS,
    NEUTRAL,
    PUBLISHED_DASHES,
    Provenance,
    add_sheet,
    date_axis,
    lag_title,
    new_figure,
    published_line,
    styled,
    watermark,
)
from frontierlag.lags.published import PUBLISHED
from frontierlag.names import DATE, REALIZED, TREND
from frontierlag.results.charts import LAG_KIND

SIZE = (9.2, 5.1)
CENSORED_SHARE, UNDEFINED_SHARE = 0.5, 0.05
BOUND_WORDS = {
    TREND: "read before the leader's first release in the table (extrapolated)",
    REALIZED: "at least: the leader's first model in the table was already ahead",
}
# The lag axis ends where the band's widest reach no longer helps: in months, either side of zero.
FARTHEST = 36.0


def lag_over_time(bands: xr.Dataset, about: Provenance, title: str, subtitle: str = "") -> Figure:
    """Draw the kinds of lag that the bands have, side by side on one scale of months.

    Days on which most draws give a bound only (realized) or read the leader's trend before its
    first release (trend) are hatched and their bands lighter; days on which the lag exists in fewer
    than 95 % of the draws are dotted, and the largest share without one is given.

    Parameters
    ----------
    bands
        ``months``, dims ``(quantile, date, lag)``; ``undefined`` and ``censored``, dims
        ``(date, lag)``, as from :func:`frontierlag.results.charts.lag_bands`.
    about
        Model, dataset and verdict.
    title, subtitle
        The heading.

    Returns
    -------
    The figure.
    """
    low, high, cut = _range(bands)
    kinds = [str(kind) for kind in bands[LAG_KIND].to_numpy()]
    notes = [f"The 90 % band reaches beyond the drawn range of {low:.0f} to {high:.0f} months."]
    with styled():
        figure = new_figure(SIZE)
        place = add_sheet(
            figure,
            title,
            subtitle,
            about,
            key=_key(bands, about),
            columns=2,
            notes=notes if cut else [],
            panel_title=True,
        )
        panels = figure.subplots(
            1, len(kinds), sharey=True, squeeze=False, gridspec_kw={**place, "wspace": 0.06}
        )[0]
        for axes, kind in zip(panels, kinds, strict=True):
            watermark(axes, about)
            _draw(axes, bands.sel({LAG_KIND: kind}), LAG_COLORS[kind])
            line = {"color": "#222222", "lw": 1.1, "ls": PUBLISHED_DASHES}
            axes.axhline(PUBLISHED["mean"], zorder=4, gid="published", **line)
            if low < 0:
                axes.axhline(0, color="#222222", lw=0.8, zorder=2)
            lag_title(axes, kind)
            axes.set_ylim(low, high)
            date_axis(axes, every=6)
        panels[0].yaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
        panels[0].set_ylabel("months behind")
    return figure


def _draw(axes: Axes, lag: xr.Dataset, color: str) -> None:
    """Draw median and bands of one lag, lighter where it is mostly a bound."""
    days = date2num(lag[DATE].to_numpy())
    low90, low50, median, high50, high90 = lag["months"].transpose(QUANTILE, DATE).to_numpy()
    bound = lag["censored"].to_numpy() > CENSORED_SHARE
    missing = lag["undefined"].to_numpy() > UNDEFINED_SHARE
    for mask, strength in ((~bound, 1.0), (bound, 0.45)):
        shown = _with_next(mask)
        axes.fill_between(days, low90, high90, where=shown, color=color, alpha=0.2 * strength, lw=0)
        axes.fill_between(
            days, low50, high50, where=shown, color=color, alpha=0.32 * strength, lw=0
        )
        axes.plot(
            days, np.where(shown, median, np.nan), color=color, lw=1.8, alpha=strength, zorder=3
        )
    axes.set_xlim(days[0], days[-1])
    for mask, gid, hatch in ((bound, "bound", "////"), (missing, "undefined", "..")):
        for first, last in _runs(mask):
            axes.axvspan(days[first], days[last], **_hatched(hatch), zorder=1, gid=gid)
    if np.isnan(median).all():
        axes.text(0.5, 0.5, "no draw has a value", transform=axes.transAxes, ha="center")


def _key(bands: xr.Dataset, about: Provenance) -> list[tuple[Any, str]]:
    band = (
        Patch(facecolor=NEUTRAL, alpha=0.35, lw=0),
        Line2D([], [], color=NEUTRAL, lw=1.8),
    )
    key: list[tuple[Any, str]] = [
        (band, f"posterior median with {INTERVALS}"),
        (published_line(), about.published_label),
    ]
    for kind in (str(k) for k in bands[LAG_KIND].to_numpy()):
        share = bands["censored"].sel({LAG_KIND: kind}).to_numpy()
        if (share > CENSORED_SHARE).any():
            key.append((Patch(**_hatched("////")), f"{kind}: {BOUND_WORDS[kind]}"))
    worst = float(bands["undefined"].max())
    if worst > UNDEFINED_SHARE:
        words = f"no lag exists in up to {worst:.0%} of the draws".replace("%", " %")
        key.append((Patch(**_hatched("..")), words))
    return key


def _hatched(hatch: str) -> dict[str, Any]:
    return {"facecolor": "none", "edgecolor": "#9e9e9e", "hatch": hatch, "lw": 0}


def _range(bands: xr.Dataset) -> tuple[float, float, bool]:
    """The drawn range in months, and whether it cuts the 90 % band."""
    months = bands["months"].to_numpy()
    known = [*months[np.isfinite(months)], PUBLISHED["mean"]]
    low, high = float(min(known)), float(max(known))
    bottom, top = max(min(low, 0.0), -FARTHEST), min(max(high, 10.0), FARTHEST)
    pad = 0.04 * (top - bottom)
    return (bottom - pad if bottom < 0 else 0.0), top + pad, low < bottom or high > top


def _with_next(mask: np.ndarray) -> np.ndarray:
    """The mask with the day after each of its runs, so that neighbouring pieces join."""
    return np.asarray(mask | np.r_[False, mask[:-1]])


def _runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """First and last position of each run of true values, drawn to the next position."""
    edges = np.flatnonzero(np.diff(np.r_[False, mask, False]))
    last = len(mask) - 1
    return [(int(a), int(min(b, last))) for a, b in zip(edges[::2], edges[1::2], strict=True)]
