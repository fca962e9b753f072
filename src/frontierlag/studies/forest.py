"""Mean lags as a forest: a panel for the realized and for the trend lag, a row a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from frontierlag.figures.sheet import (
    FAILED_COLOR,
    INTERVALS,
    LAG_COLORS,
    Provenance,
    add_sheet,
    bare_rows,
    draw_summary,
    lag_title,
    new_figure,
    styled,
)
from frontierlag.names import REALIZED, TREND
from frontierlag.results.charts import summary_of
from frontierlag.words import NONE, Row, converged, with_span

KINDS = (REALIZED, TREND)
ROW, HEAD = 0.44, 2.6  # inches that a row takes, and that everything else takes
INK = "#222222"


def forest(
    labels: Mapping[str, str],
    rows: Mapping[str, Mapping[str, Row]],
    base: str,
    about: Provenance,
    title: str,
    subtitle: str,
    notes: Sequence[str] = (),
    dark: Sequence[str] = (),
) -> Figure:
    """Draw the median of each lag with its intervals.

    Parameters
    ----------
    labels
        What stands beside each row by its name, the lowest row first.
    rows
        By kind of lag and by name the numbers of a row; one that is missing is left empty, and one
        with ``bound`` is an arrow.
    base
        The name of the row whose median is a dotted line.
    about, title, subtitle, notes
        Footer, heading and lines above the footer.
    dark
        Names of the lowest rows, which a line divides from the others.
    """
    key = [
        (Line2D([], [], color=INK, marker="o", lw=0), "median"),
        (Line2D([], [], color=INK, lw=4.2), "50 % interval"),
        (Line2D([], [], color=INK, lw=1.4), "90 % interval"),
    ]
    with styled():
        figure = new_figure((9.6, HEAD + ROW * len(labels)))
        place = add_sheet(
            figure, title, subtitle, about, key=key, columns=3, left=2.6, panel_title=True,
            notes=[INTERVALS, *notes],
        )  # fmt: skip
        panels = figure.subplots(1, 2, sharey=True, gridspec_kw={**place, "wspace": 0.08})
        for axes, kind in zip(panels, KINDS, strict=True):
            bare_rows(axes)
            for y, name in enumerate(labels):
                if name in rows[kind]:
                    _draw(axes, rows[kind][name], y, INK if name in dark else LAG_COLORS[kind])
            centre = rows[kind].get(base, {}).get("median")
            if pd.notna(centre):
                axes.axvline(centre, color=INK, lw=0.8, ls=":")
            if dark:
                axes.axhline(len(dark) - 0.4, color="#bbbbbb", lw=0.7)
            axes.set(ylim=(-0.7, len(labels) - 0.1), xlabel="months")
            lag_title(axes, kind)
        panels[0].set_yticks(range(len(labels)), [*labels.values()])
    return figure


def _draw(axes: Axes, row: Row, y: float, color: str) -> None:
    """One row: intervals and median, or an arrow that begins at the median of a bound."""
    if pd.isna(row["median"]):
        axes.annotate(
            NONE, (0.02, y), xycoords=("axes fraction", "data"), va="center", size=7.5, color=color
        )
        return
    color = color if converged(row) else FAILED_COLOR
    if row.get("bound"):
        axes.plot([row["median"], row["upper90"]], [y, y], color=color, lw=1.4)
        axes.plot(row["upper90"], y, ">", color=color, ms=6, gid="bound")
        axes.plot(row["median"], y, "o", color=color, mec="white", ms=6, gid="median")
    else:
        draw_summary(axes, summary_of(row), y, color, ("interval90", "interval50", "median"))
    axes.annotate(
        with_span(row), (row["median"], y), xytext=(0, 7), textcoords="offset points",
        ha="center", size=7.5, bbox={"fc": "white", "ec": "none", "alpha": 0.8, "pad": 0.4},
    )  # fmt: skip
