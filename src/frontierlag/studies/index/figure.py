"""The lag under other constructions of the index: what each benchmark does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from frontierlag.figures.sheet import (
    FAILED_COLOR,
    LAG_COLORS,
    Provenance,
    add_sheet,
    bare_rows,
    lag_title,
    new_figure,
    styled,
)
from frontierlag.names import REALIZED, TREND, WINDOW

ROW, HEAD = 0.175, 2.2  # inches that a benchmark takes, and that everything else takes
ERRORS = 2.0  # Monte Carlo errors that a whisker reaches


def influence_of_benchmarks(
    table: pd.DataFrame, about: Provenance, title: str, subtitle: str = ""
) -> Figure:
    """Draw the change of the mean lag when each benchmark is left out, a panel a kind of lag.

    Parameters
    ----------
    table
        The rows of benchmarks of :func:`frontierlag.studies.index.words.constructions_table`.
    about, title, subtitle
        Footer and heading.

    Returns
    -------
    The figure; rows are sorted by the change of realized lag, those without a fit are named below.
    """
    shown = table[(table["period"] == WINDOW) & table["change"].notna()]
    realized = shown[shown["lag"] == REALIZED].sort_values("change", kind="stable")
    names = list(dict.fromkeys(realized["construction"]))
    missing = [name for name in dict.fromkeys(table["construction"]) if name not in names]
    notes = [f"not drawn, because nothing could be fitted: {'; '.join(missing)}"] if missing else []
    sound = bool(shown["converged"].fillna(value=False).all())
    key = [
        (Patch(facecolor=LAG_COLORS[REALIZED]), "realized lag"),
        (Patch(facecolor=LAG_COLORS[TREND]), "trend lag"),
        (Line2D([], [], color="#222222", lw=1.0), f"{ERRORS:g} Monte Carlo errors either way"),
    ]
    if not sound:
        key.append(
            (Patch(facecolor="white", edgecolor=FAILED_COLOR), "hollow and grey: not converged")
        )
    with styled():
        figure = new_figure((9.6, HEAD + ROW * max(len(names), 6)))
        place = add_sheet(
            figure,
            title,
            subtitle,
            replace(about, converged=sound or bool(shown["converged"].any())),
            key=key,
            columns=4,
            notes=notes,
            left=3.0,
            panel_title=True,
        )
        panels = figure.subplots(1, 2, sharey=True, gridspec_kw={**place, "wspace": 0.08})
        for axes, kind in zip(panels, (REALIZED, TREND), strict=True):
            bare_rows(axes)
            for row in shown[shown["lag"] == kind].itertuples():
                _bar(axes, row, names.index(str(row.construction)), LAG_COLORS[kind])
            axes.axvline(0, color="#222222", lw=0.8)
            axes.set(ylim=(-0.7, len(names) - 0.3), xlabel="change in months")
            lag_title(axes, kind)
        labels = [name.removeprefix("without ") for name in names]
        panels[0].set_yticks(range(len(names)), labels)
        panels[0].tick_params(axis="y", labelsize=7.5)
    return figure


def _bar(axes: Axes, row: Any, y: float, color: str) -> None:
    """One change with its Monte Carlo error."""
    sound = bool(row.converged)
    axes.barh(
        y,
        row.change,
        height=0.66,
        facecolor=color if sound else "white",
        edgecolor=color if sound else FAILED_COLOR,
        gid="change",
    )
    error = ERRORS * row.change_mcse
    ends = [row.change - error, row.change + error]
    axes.plot(ends, [y, y], color="#222222", lw=0.9, zorder=3, gid="error")
