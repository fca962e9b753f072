"""The lag day by day: how it moved, how well it is known, and where it is only a bound."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from frontierlag.figures.sheet import (
    INTERVALS,
    LAG_COLORS,
    NEUTRAL,
    PUBLISHED_LOOK,
    Provenance,
    add_sheet,
    band,
    date_axis,
    draw_bands,
    lag_title,
    new_figure,
    published_line,
    styled,
    watermark,
)
from frontierlag.lags.published import PUBLISHED
from frontierlag.names import REALIZED, TREND
from frontierlag.results.charts import BANDS, MOSTLY, spans

SIZE = (9.2, 5.1)
UNDEFINED_SHARE = 0.05
BOUND_WORDS = {
    TREND: "read before the leader's first release in the table (extrapolated)",
    REALIZED: "at least: the leader's first model in the table was already ahead",
}
# The lag axis ends where the band's widest reach no longer helps: in months, either side of zero.
FARTHEST = 36.0


def lag_over_time(bands: pd.DataFrame, about: Provenance, title: str, subtitle: str = "") -> Figure:
    """Draw the kinds of lag that the bands have, side by side on one scale of months.

    Days on which most draws give a bound only (realized) or read the leader's trend before its
    first release (trend) are hatched and their bands lighter; days on which the lag exists in fewer
    than 95 % of the draws are dotted, and the largest share without one is given.

    Parameters
    ----------
    bands
        One model's rows of :func:`frontierlag.results.charts.lag_table_by_day`.
    about
        Model, dataset and verdict.
    title, subtitle
        The heading.

    Returns
    -------
    The figure.
    """
    low, high, cut = _range(bands)
    kinds = [*bands["lag"].unique()]
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
            _draw(axes, bands[bands["lag"] == kind], LAG_COLORS[kind])
            axes.axhline(PUBLISHED["mean"], zorder=4, gid="published", **PUBLISHED_LOOK)
            if low < 0:
                axes.axhline(0, color="#222222", lw=0.8, zorder=2)
            lag_title(axes, kind)
            axes.set_ylim(low, high)
            date_axis(axes, every=6)
        panels[0].yaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
        panels[0].set_ylabel("months behind")
    return figure


def _draw(axes: Axes, lag: pd.DataFrame, color: str) -> None:
    """Draw median and bands of one lag, lighter where it is mostly a bound."""
    lag = lag.assign(day=date2num(pd.to_datetime(lag["date"])))
    days, median = lag["day"].to_numpy(), lag["median"].to_numpy(float)
    bound = (lag["censored"] > MOSTLY).to_numpy()
    missing = (lag["undefined"] > UNDEFINED_SHARE).to_numpy()
    for mask, strength in ((~bound, 1.0), (bound, 0.45)):
        shown = _with_next(mask)
        draw_bands(axes, lag, color, (0.2 * strength, 0.32 * strength), where=shown)
        axes.plot(
            days, np.where(shown, median, np.nan), color=color, lw=1.8, alpha=strength, zorder=3
        )
    axes.set_xlim(days[0], days[-1])
    for mask, gid, hatch in ((bound, "bound", "////"), (missing, "undefined", "..")):
        for first, last in spans(days.tolist(), mask):
            axes.axvspan(first, last, **_hatched(hatch), zorder=1, gid=gid)
    if np.isnan(median).all():
        axes.text(0.5, 0.5, "no draw has a value", transform=axes.transAxes, ha="center")


def _key(bands: pd.DataFrame, about: Provenance) -> list[tuple[Any, str]]:
    key: list[tuple[Any, str]] = [
        (band(NEUTRAL, 0.35, lw=1.8), f"posterior median with {INTERVALS}"),
        (published_line(), about.published_label),
    ]
    for kind in bands.loc[bands["censored"] > MOSTLY, "lag"].unique():
        key.append((Patch(**_hatched("////")), f"{kind}: {BOUND_WORDS[kind]}"))
    worst = float(bands["undefined"].max())
    if worst > UNDEFINED_SHARE:
        words = f"no lag exists in up to {worst:.0%} of the draws".replace("%", " %")
        key.append((Patch(**_hatched("..")), words))
    return key


def _hatched(hatch: str) -> dict[str, Any]:
    return {"facecolor": "none", "edgecolor": "#9e9e9e", "hatch": hatch, "lw": 0}


def _range(bands: pd.DataFrame) -> tuple[float, float, bool]:
    """The drawn range in months, and whether it cuts the 90 % band."""
    months = bands[[*BANDS]].to_numpy(float)
    known = [*months[np.isfinite(months)], PUBLISHED["mean"]]
    low, high = float(min(known)), float(max(known))
    bottom, top = max(min(low, 0.0), -FARTHEST), min(max(high, 10.0), FARTHEST)
    pad = 0.04 * (top - bottom)
    return (bottom - pad if bottom < 0 else 0.0), top + pad, low < bottom or high > top


def _with_next(mask: np.ndarray) -> np.ndarray:
    """The mask with the day after each of its runs, so that neighbouring pieces join."""
    return np.asarray(mask | np.r_[False, mask[:-1]])
