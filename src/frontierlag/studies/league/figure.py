"""A league as two figures: how far each is behind with its ranks, and who led when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from frontierlag.figures.sheet import (
    INTERVALS,
    LAG_COLORS,
    Provenance,
    add_sheet,
    bare_rows,
    date_axis,
    draw_summary,
    new_figure,
    styled,
    watermark,
)
from frontierlag.names import REALIZED
from frontierlag.results.charts import summary_of
from frontierlag.scores.league import LeagueReleases
from frontierlag.studies.league.measure import APART
from frontierlag.studies.league.table import BEHIND
from frontierlag.words import Row, median, span

# Inches that a group takes, and that everything else takes.
ROW, HEAD = 0.4, 2.7
PALETTE = ("#2166ac", "#b2182b", "#1b7837", "#8c510a", "#762a83", "#01665e", "#c51b7d", "#4d4d4d")
OTHERS, OTHERS_COLOR = "others", "#c8c8c8"
# A rank this probable has its number in its cell.
WRITTEN = 0.05
# A group that never leads with this probability is one of the others.
EVER = 0.1
# If one group leads with at least this probability on every day, only what lies above is drawn.
ALWAYS = 0.8


def league_figure(
    tables: Mapping[str, pd.DataFrame], about: Provenance, releases: LeagueReleases
) -> Figure:
    """Draw months behind the frontier and the probability of each rank, a line between tiers."""
    league = tables["league"]
    rows = league[league["quantity"] == BEHIND].to_dict("records")
    ranks = tables["ranks"].filter(like="rank_").to_numpy()
    n, color = len(rows), LAG_COLORS[REALIZED]
    longest = max(len(str(row["group"])) for row in rows)
    key = [
        (Line2D([], [], color="#222222", marker="o", lw=0), "median"),
        (Line2D([], [], color="#222222", lw=4.2), "50 % interval"),
        (Line2D([], [], color="#222222", lw=1.4), "90 % interval"),
        (Line2D([], [], color="#222222", lw=0.9, ls=(0, (4, 3))),
         f"line between tiers: order known to {100 * APART:.0f} %"),
    ]  # fmt: skip
    with styled():
        figure = new_figure((10.4, HEAD + ROW * n))
        place = add_sheet(
            figure,
            f"League by {releases.by}: who is how far behind the frontier",
            f"{releases.table}, last day {releases.as_of}; number of releases in brackets",
            about, key=key, columns=4, left=0.95 + 0.075 * longest, right=0.25, panel_title=True,
            notes=[
                f"{INTERVALS}. Months since the best of all groups first exceeded what the group "
                "has; rank by best available on the last day."
            ],
        )  # fmt: skip
        left, right = figure.subplots(
            1, 2, sharey=True, gridspec_kw={**place, "wspace": 0.05, "width_ratios": (1.25, 1)}
        )
        bare_rows(left)
        highest = max(float(row["upper90"]) for row in rows)
        for y, row in enumerate(rows):
            draw_summary(left, summary_of(row), y, color, ("interval90", "interval50", "median"))
            words = "at the frontier" if _leads(row) else f"{median(row)} ({span(row)})"
            # Of a group far behind, the words stand on the other side, where there is room.
            far = float(row["lower90"]) > highest / 2
            at, shift = ("lower90", -7) if far else ("upper90", 7)
            left.annotate(
                words, (float(row[at]), y), xytext=(shift, 0), textcoords="offset points",
                va="center", ha="right" if far else "left", size=8, color="#333333",
            )  # fmt: skip
        left.set(ylim=(n - 0.4, -0.6), xlim=(-0.02 * highest, 1.1 * highest), xlabel="months")
        left.set_yticks(range(n), [f"{row['group']} ({row['releases']})" for row in rows])
        left.set_title("Months behind the frontier", color=color)
        _ranks(right, ranks)
        watermark(left, about)
        for y in range(1, n):
            if rows[y]["tier"] != rows[y - 1]["tier"]:
                for axes in (left, right):
                    axes.axhline(y - 0.5, color="#222222", lw=0.9, ls=(0, (4, 3)), zorder=5)
    return figure


def _leads(row: Row) -> bool:
    return float(row["upper90"]) == 0


def _ranks(axes: Axes, ranks: np.ndarray) -> None:
    """The probability of each rank as the shade of a cell."""
    n = len(ranks)
    axes.imshow(ranks, cmap="Purples", vmin=0, vmax=1.15, aspect="auto",
                extent=(0.5, n + 0.5, n - 0.5, -0.5))  # fmt: skip
    for y, of_group in enumerate(ranks):
        for k, p in enumerate(of_group):
            if p >= WRITTEN:
                # Never shown as certain; the sign has room where cells are wide.
                words = f"{100 * p:.0f}" if p <= 0.995 else ">99" if n <= 12 else "99"
                size, ink = (8 if n <= 12 else 6.8), ("white" if p > 0.6 else "#333333")
                axes.text(k + 1, y, words, ha="center", va="center", size=size, color=ink)
    axes.grid(visible=False)
    axes.set_xticks(range(1, n + 1))
    axes.tick_params(axis="both", length=0)
    axes.set(xlabel="rank", ylim=(n - 0.4, -0.6))
    axes.set_title("Probability of each rank, %", color="#54278f")


def leader_figure(
    days: np.ndarray, shares: np.ndarray, groups: Sequence[str], about: Provenance, by: str
) -> Figure:
    """Draw who had the best of all on each day with what probability, on top of one another.

    ``days``, shape ``(date,)``, are those on which ``shares``, ``(date, group)``, may change, the
    last the as-of day; ``by`` says what groups are. Where one group nearly always leads, the axis
    begins at the last ten percent below its smallest probability, and says so.
    """
    least = float(shares.min(0).max())
    floor = np.floor(10 * min(least, 0.99)) / 10 if least >= ALWAYS else 0.0
    ever = np.flatnonzero(shares.max(0) >= EVER * (1 - floor))
    shown = ever[np.argsort(-shares[:, ever].mean(0), kind="stable")][: len(PALETTE)]
    layers = [*shares[:, shown].T, 1 - shares[:, shown].sum(1)]
    names = [*(groups[k] for k in shown), OTHERS]
    colors = [*PALETTE[: len(shown)], OTHERS_COLOR]
    when = days.astype("datetime64[D]")
    key = [(Patch(facecolor=c, lw=0), name) for c, name in zip(colors, names, strict=True)]
    with styled():
        figure = new_figure((10.4, 4.4))
        place = add_sheet(
            figure, f"Who led, by {by}",
            "probability of having the best model of all on each day"
            + (f"; the axis begins at {100 * floor:.0f} %" if floor else ""),
            about, key=key, columns=5,
        )  # fmt: skip
        axes = figure.subplots(gridspec_kw=place)
        bottom = np.zeros(len(days))
        for layer, color in zip(layers, colors, strict=True):
            axes.fill_between(when, 100 * bottom, 100 * (bottom + layer), step="post", color=color,
                              lw=0, alpha=0.85)  # fmt: skip
            bottom = bottom + layer
        axes.set(xlim=(when[0], when[-1]), ylim=(100 * floor, 100), ylabel="probability, %")
        axes.grid(visible=False)
        date_axis(axes, every=6)
        watermark(axes, about)
    return figure
