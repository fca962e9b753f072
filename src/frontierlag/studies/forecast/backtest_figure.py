"""The model's forecasts against simple ones: a ratio of scores for each question."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator

from frontierlag.figures.sheet import (
    LEADER_COLOR,
    NEUTRAL,
    Provenance,
    add_sheet,
    new_figure,
    styled,
    watermark,
)

ROW, HEAD = 0.5, 2.3  # inches that a question takes, and that everything else takes
COLORS = (LEADER_COLOR, "#b35806", "#1b7837", NEUTRAL, "#762a83")
TICKS = (0.1, 0.25, 0.5, 1, 2, 4, 8)
_READING = "Left of 1 the model's mean CRPS is the smaller, so its forecasts were the better. "
WITHIN_NOTE = (
    f"{_READING}Intervals: 90 %, from a bootstrap of the origins in blocks of four quarters; few "
    "origins, so rough."
)
ACROSS_NOTE = (
    f"{_READING}Intervals: 90 %, from a bootstrap of months of vintages and of the releases that "
    "decide what came; few of both, so rough."
)


def backtest_ratios(
    summary: pd.DataFrame,
    about: Provenance,
    title: str,
    subtitle: str,
    note: str = WITHIN_NOTE,
) -> Figure:
    """Draw the model's CRPS over each other method's, with intervals, one row a question.

    Parameters
    ----------
    summary
        Rows of one kind of origin of :func:`frontierlag.studies.forecast.summary.summary_table`.
    about
        Model, dataset and verdict.
    title, subtitle
        The heading.
    note
        How to read it, and what the intervals are.

    Returns
    -------
    The figure.
    """
    rows = summary.dropna(subset=["crps_ratio"])
    methods = list(dict.fromkeys(rows["method"]))
    asked = [question(row) for _, row in rows.iterrows()]
    questions = list(dict.fromkeys(asked))
    colors = dict(zip(methods, np.resize(np.array(COLORS), len(methods)), strict=True))
    with styled():
        figure = new_figure((9.2, HEAD + ROW * len(questions)))
        key = [
            (Line2D([], [], color=colors[m], marker="o", lw=1.4), f"model against {m}")
            for m in methods
        ]
        place = add_sheet(
            figure, title, subtitle, about, key=key, columns=2, notes=(note,), left=2.35, right=0.3
        )
        axes = figure.subplots(gridspec_kw=place)
        watermark(axes, about)
        axes.set_xscale("log")
        axes.axvline(1, color="#222222", lw=1.1, ls=(0, (4, 2)), gid="equal")
        for at, (_, row) in zip(asked, rows.iterrows(), strict=True):
            k = methods.index(row["method"])
            y = questions.index(at) + 0.17 * (k - (len(methods) - 1) / 2)
            color = colors[row["method"]]
            ends = [row.get("crps_ratio_lower90", np.nan), row.get("crps_ratio_upper90", np.nan)]
            if np.isfinite(ends).all():
                axes.plot(ends, [y, y], color=color, lw=1.4, gid="interval90")
            axes.plot(row["crps_ratio"], y, "o", ms=5, color=color, gid="ratio")
        axes.set_ylim(len(questions) - 0.4, -0.6)
        axes.set_yticks(range(len(questions)), questions)
        low, high = axes.get_xlim()
        ticks = [t for t in TICKS if low <= t <= high]
        axes.xaxis.set_major_locator(FixedLocator(ticks))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
        axes.set_xlabel("mean CRPS of the model / that of the other method")
        axes.grid(visible=False, axis="y")
        axes.grid(visible=True, axis="x")
        axes.tick_params(axis="y", length=0)
    return figure


def question(row: pd.Series) -> str:
    """The question in a few words."""
    months = row["months"]
    ahead = f", {months:g} month{'' if months == 1 else 's'}" if np.isfinite(months) else ""
    return f"{row['group']}: {row['target']}{ahead}"
