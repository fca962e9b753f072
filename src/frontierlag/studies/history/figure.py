"""The lag by vintage: over the same days, and on each vintage's last day."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from frontierlag.dates import WORDS
from frontierlag.figures.sheet import (
    INTERVALS,
    LAG_COLORS,
    NEUTRAL,
    Provenance,
    add_sheet,
    new_figure,
    styled,
    watermark,
)
from frontierlag.names import REALIZED, TREND
from frontierlag.studies.history.tables import FREE

SIZE = (10.0, 7.6)
# Position within a vintage's place, so that intervals do not cover one another.
SHIFT = {TREND: -0.17, REALIZED: 0.17}
MARKERS = {"release-matched": "^", "daily": "s", "catch-up": "D"}
FREE_COLOR = "#f1ead9"
PANELS = {"same days": "Mean over the same days", "last day": "On the vintage's last day"}


def history_figure(lags: pd.DataFrame, about: Provenance, title: str) -> Figure:
    """Draw the rows of ``history.csv``, as they were made or read from the file.

    A panel for the mean over the same days and one for the last day of each vintage share the
    vintages as their horizontal axis.
    """
    same = lags[lags["quantity"] == "same days"]
    labels = _labels(same)
    one = same.iloc[0]
    days = f"same days: {one['since']} to {one['as_of']}; {WORDS[one['dates']]}"
    key: list[tuple[Any, str]] = [
        (
            Line2D([], [], color=LAG_COLORS[kind], lw=1.4, marker="o", ms=5, mec="white"),
            f"{kind} lag, posterior mean, {INTERVALS}",
        )
        for kind in (REALIZED, TREND)
    ]
    key += [
        (Line2D([], [], color=NEUTRAL, lw=0.8, marker=m, ms=4, mfc="white"), f"{name} (points)")
        for name, m in MARKERS.items()
        if (lags["method"] == name).any()
    ]
    if lags["errors"].eq(FREE).any():
        key.append((Patch(facecolor=FREE_COLOR), "errors not of a scale pinned at the anchors"))
    with styled():
        figure = new_figure(SIZE)
        place = add_sheet(figure, title, days, about, key=key, columns=2, panel_title=True)
        # Names are written upright; a day is ten letters.
        longest = max(map(len, labels))
        place["bottom"] += 0.07 + 0.008 * max(longest - len("2026-08-11"), 0)
        panels = figure.subplots(2, 1, sharex=True, gridspec_kw={**place, "hspace": 0.2})
        for axes, (quantity, words) in zip(panels, PANELS.items(), strict=True):
            watermark(axes, about)
            _draw(axes, lags[lags["quantity"] == quantity])
            axes.set_title(words, size=10, loc="left")
            axes.set_ylabel("months behind")
        panels[-1].set_xticks(range(len(labels)), labels, rotation=90, size=7.5)
        panels[-1].set_xlim(-0.6, len(labels) - 0.4)
    return figure


def _draw(axes: Axes, rows: pd.DataFrame) -> None:
    names = rows["table"].unique().tolist()
    free = rows.drop_duplicates("table")["errors"].eq(FREE).to_numpy()
    for x in np.flatnonzero(free):
        axes.axvspan(x - 0.5, x + 0.5, color=FREE_COLOR, lw=0, zorder=0)
    for name, marker in MARKERS.items():
        of = rows[rows["method"] == name]
        if not of.empty:
            at = np.array([names.index(table) for table in of["table"]], dtype=float)
            axes.plot(
                at, of["mean"], color=NEUTRAL, lw=0.8, marker=marker, ms=4, mfc="white", gid=name
            )
    for kind, shift in SHIFT.items():
        of, color = rows[rows["lag"] == kind], LAG_COLORS[kind]
        at = np.array([names.index(table) for table in of["table"]]) + shift
        axes.vlines(at, of["lower90"], of["upper90"], color=color, lw=1.0, zorder=3)
        axes.vlines(at, of["lower50"], of["upper50"], color=color, lw=2.6, zorder=3)
        axes.plot(
            at, of["mean"], "o", color=color, ms=4.5, mec="white", mew=0.8, zorder=4, gid=kind
        )
    if axes.get_ylim()[0] < 0:
        axes.axhline(0, color="#222222", lw=0.8, zorder=1)


def _labels(same: pd.DataFrame) -> list[str]:
    """A vintage's day, or its name where that says more than the day."""
    once = same.drop_duplicates("table")
    labels = []
    for table, vintage in zip(once["table"], once["vintage"], strict=True):
        own = str(table).removeprefix("eci-")
        labels.append(str(vintage) if own == vintage else str(table))
    return labels
