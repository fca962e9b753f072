"""The lag by domain as a forest: one row a domain, the index on top."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from frontierlag.figures.sheet import (
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
from frontierlag.names import REALIZED, TREND, WINDOW
from frontierlag.results.charts import summary_of
from frontierlag.studies.domains.table import INDEX
from frontierlag.words import median, span

ROW, HEAD = 0.42, 2.5  # inches that a domain takes, and that everything else takes


def lag_by_domain(
    domains: pd.DataFrame, about: Provenance, title: str, subtitle: str = ""
) -> Figure:
    """Draw the mean realized and trend lag of the index and each domain.

    Parameters
    ----------
    domains
        Rows of :func:`frontierlag.studies.domains.table.domain_table` of one grouping
        of benchmarks.
    about, title, subtitle
        Footer and heading.

    Returns
    -------
    The figure; domains are sorted by realized lag, longest on top, below the index.
    """
    shown = domains[domains["period"] == WINDOW]
    realized = shown[shown["lag"] == REALIZED].set_index("domain")
    own = realized.drop(INDEX).sort_values("median", kind="stable")
    names = [*own.index, INDEX]
    key = [
        (Line2D([], [], color="#222222", marker="o", lw=0), "median"),
        (Line2D([], [], color="#222222", lw=4.2), "50 % interval"),
        (Line2D([], [], color="#222222", lw=1.4), "90 % interval"),
    ]
    with styled():
        figure = new_figure((9.6, HEAD + ROW * len(names)))
        place = add_sheet(
            figure, title, subtitle, about, key=key, columns=3, left=2.6, panel_title=True,
            notes=[INTERVALS],
        )  # fmt: skip
        panels = figure.subplots(1, 2, sharey=True, gridspec_kw={**place, "wspace": 0.08})
        for axes, kind in zip(panels, (REALIZED, TREND), strict=True):
            rows = shown[shown["lag"] == kind].set_index("domain")
            bare_rows(axes)
            axes.axvline(rows.loc[INDEX, "median"], color="#222222", lw=0.8, ls=":")
            for y, name in enumerate(names):
                row = rows.loc[name].to_dict()
                gids = ("interval90", "interval50", "median")
                draw_summary(axes, summary_of(row), y, LAG_COLORS[kind], gids)
                axes.annotate(
                    f"{median(row)} ({span(row)})", (row["median"], y), xytext=(0, 7),
                    textcoords="offset points", ha="center", size=7.5,
                )  # fmt: skip
            axes.set(ylim=(-0.7, len(names) - 0.1), xlabel="months")
            lag_title(axes, kind)
        results = realized["results"].astype(int)
        labels = [f"{name} ({results[name]:,})" for name in names]
        panels[0].set_yticks(range(len(names)), labels)
    return figure
