"""The lag by each measure as a forest, and below them the pooled lag."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
    lag_title,
    new_figure,
    styled,
)
from frontierlag.names import REALIZED, TREND
from frontierlag.studies.measures.table import ANOTHER, BOUND, CENTRE
from frontierlag.words import NONE, converged, median, span

ROW, HEAD = 0.46, 2.7  # inches that a row takes, and that everything else takes
INK = "#222222"
KINDS = (REALIZED, TREND)
POOLED = {CENTRE: "typical measure (pooled)", ANOTHER: "one more measure"}


def lag_by_measure(
    lags: pd.DataFrame,
    pooled: pd.DataFrame,
    about: Provenance,
    title: str,
    subtitle: str = "",
    notes: tuple[str, ...] = (),
) -> Figure:
    """Draw the mean realized and trend lag by each measure, and what is pooled from them.

    Parameters
    ----------
    lags, pooled
        Rows of :class:`frontierlag.studies.measures.table.Measures` over the same days; of the
        pooled ones those of the prior in use.
    about, title, subtitle, notes
        Footer, heading and lines above the footer.

    Returns
    -------
    The figure; measures in their order, the first on top, with the number of releases of the
    leader's and the follower's group. A bound is drawn as an arrow from its median.
    """
    realized = lags[lags["lag"] == REALIZED]
    names = [*POOLED.values()][::-1] + [*realized["measure"]][::-1]
    key = [
        (Line2D([], [], color=INK, marker="o", lw=0), "median"),
        (Line2D([], [], color=INK, lw=4.2), "50 % interval"),
        (Line2D([], [], color=INK, lw=1.4), "90 % interval"),
    ]
    with styled():
        figure = new_figure((9.6, HEAD + ROW * len(names)))
        place = add_sheet(
            figure, title, subtitle, about, key=key, columns=3, left=2.5, panel_title=True,
            notes=[INTERVALS, *notes],
        )  # fmt: skip
        panels = figure.subplots(1, 2, sharey=True, gridspec_kw={**place, "wspace": 0.08})
        for axes, kind in zip(panels, KINDS, strict=True):
            bare_rows(axes)
            own = lags[lags["lag"] == kind].set_index("measure")
            for name, row in own.to_dict("index").items():
                _draw(axes, row, names.index(str(name)), LAG_COLORS[kind])
            of_pool = pooled[pooled["lag"] == kind].set_index("quantity").to_dict("index")
            for quantity, name in POOLED.items():
                if quantity in of_pool:
                    _draw(axes, of_pool[quantity], names.index(name), INK)
            centre = of_pool.get(CENTRE, {}).get("median", float("nan"))
            if pd.notna(centre):
                axes.axvline(centre, color=INK, lw=0.8, ls=":")
            axes.axhline(len(POOLED) - 0.4, color="#bbbbbb", lw=0.7)
            axes.set(ylim=(-0.7, len(names) - 0.1), xlabel="months")
            lag_title(axes, kind)
        counts = realized.set_index("measure")[["releases_leader", "releases_follower"]]
        labels = [
            f"{name} ({counts.loc[name].iloc[0]} and {counts.loc[name].iloc[1]})"
            if name in counts.index
            else name
            for name in names
        ]
        panels[0].set_yticks(range(len(names)), labels)
    return figure


def _draw(axes: Axes, row: Mapping[Any, Any], y: float, color: str) -> None:
    """One row: intervals and median, or an arrow that begins at the median of a bound."""
    if pd.isna(row["median"]):
        axes.annotate(
            NONE, (0.02, y), xycoords=("axes fraction", "data"), va="center", size=7.5, color=color
        )
        return
    color = color if converged(row) else FAILED_COLOR
    if row.get("enters_as") == BOUND:
        axes.plot([row["median"], row["upper90"]], [y, y], color=color, lw=1.4)
        axes.plot(row["upper90"], y, ">", color=color, ms=6, gid="bound")
    else:
        for level, width in (("90", 1.4), ("50", 4.2)):
            ends = [row[f"lower{level}"], row[f"upper{level}"]]
            axes.plot(ends, [y, y], color=color, lw=width, gid=f"interval{level}")
    axes.plot(row["median"], y, "o", color=color, mec="white", ms=6, gid="median")
    axes.annotate(
        f"{median(row)} ({span(row)})", (row["median"], y), xytext=(0, 7),
        textcoords="offset points", ha="center", size=7.5,
        bbox={"fc": "white", "ec": "none", "alpha": 0.8, "pad": 0.4},
    )  # fmt: skip
