"""Figures of a calibration: how often intervals cover the truth, and error against width."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import batched

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from scipy import stats

from frontierlag.figures.sheet import LAG_COLORS, NEUTRAL, Provenance, add_sheet, new_figure, styled
from frontierlag.names import REALIZED, SAMPLE_DIMS, TREND
from frontierlag.names import WINDOW as WHOLE

NOMINAL, BAR = 0.9, 0.95
ROW, HEAD = 0.3, 2.2  # inches that an estimator takes in a panel, and that the sheet takes
GAP = 0.95  # inches between rows of panels: tick labels, axis label and the next title
COLUMNS = 3
COVERAGE_COLUMNS = 2  # each panel names its own estimators
# Dots higher than this many times the daily point method's largest error stand at the edge.
HIGHEST = 2.0
KINDS = (REALIZED, TREND)
# Of ranks.
THRESHOLD = 0.01
RANK_COLUMNS = 4
PANEL = (2.5, 1.9)  # inches


def coverage_chart(table: pd.DataFrame, about: Provenance) -> Figure:
    """Draw how often the 90 % interval of each estimator covers the true mean lag, a panel a world.

    A dot and a 95 % binomial bar for each kind of lag; the grey band is where 95 % of coverages
    fall if the interval is honest.
    """
    shown = table[(table["period"] == WHOLE) & table["cover90"].notna()]
    names = {
        str(world): own["estimator"].astype(str).unique().tolist()
        for world, own in shown.groupby("world", sort=False)
    }
    rows = [ROW * max(map(len, some)) for some in batched(names.values(), COVERAGE_COLUMNS)]
    with styled():
        figure, panels = _panels(
            rows,
            len(names),
            COVERAGE_COLUMNS,
            "How often the 90 % interval covers the true mean lag",
            "Simulated worlds of known truth; most break one assumption of the models.",
            about,
            [
                *((_dot(LAG_COLORS[kind]), f"{kind} lag") for kind in KINDS),
                (Patch(color="#dddddd"), "where an honest interval lies (95 %)"),
            ],
            left=2.1,
            sharey=False,
            wspace=0.77,
        )
        for axes, (world, own) in zip(panels, names.items(), strict=False):
            of_world = shown[shown["world"] == world]
            n = int(of_world["n"].max())
            low, high = stats.binom.interval(BAR, n, NOMINAL)
            axes.axvspan(low / n, high / n, color="#dddddd", lw=0, zorder=0.5)
            axes.axvline(NOMINAL, color=NEUTRAL, lw=0.9, zorder=0.6)
            for offset, kind in zip((0.16, -0.16), KINDS, strict=True):
                of_kind = of_world[of_world["lag"] == kind]
                y = [len(own) - 1 - own.index(name) + offset for name in of_kind["estimator"]]
                axes.hlines(
                    y,
                    of_kind["cover90_low"],
                    of_kind["cover90_high"],
                    color=LAG_COLORS[kind],
                    lw=1.4,
                )
                axes.plot(of_kind["cover90"], y, "o", ms=4, color=LAG_COLORS[kind])
            axes.set(xlim=(0, 1.02), ylim=(-0.6, len(own) - 0.4))
            axes.set_xticks([0, 0.25, 0.5, 0.75, 0.9], ["0", "25", "50", "75", "90 %"])
            axes.set_yticks(range(len(own))[::-1], own)
            axes.set_title(f"{world} (n = {n})", loc="left")
    return figure


def error_chart(table: pd.DataFrame, about: Provenance) -> Figure:
    """Draw root-mean-square error against width of the 90 % interval, a panel a world.

    Drawn are rows on the mean realized lag: a numbered dot an estimator and two standard errors
    each way; the error of methods without an interval as a dashed line. On the oblique line an
    interval is as wide as that of a normal error of this size.
    """
    shown = table[(table["period"] == WHOLE) & (table["lag"] == REALIZED) & table["rmse"].notna()]
    with_interval = shown[shown["width"].notna()]
    names, worlds = (
        with_interval["estimator"].astype(str).unique().tolist(),
        shown["world"].astype(str).unique().tolist(),
    )
    points = shown.loc[shown["width"].isna(), "rmse"]
    highest = float(shown["rmse"].max())
    if not points.empty:
        highest = min(highest, HIGHEST * float(points.max()))
    top = 1.12 * highest
    right = 1.12 * float(with_interval.loc[with_interval["rmse"] <= top, "width"].max())
    z = 2 * stats.norm.ppf((1 + NOMINAL) / 2)
    numbered = [(_dot("white"), f"{i + 1}  {name}") for i, name in enumerate(names)]
    with styled():
        figure, panels = _panels(
            [4.0 - HEAD] * -(-len(worlds) // COLUMNS),
            len(worlds),
            min(COLUMNS, len(worlds)),
            "Error of the mean realized lag against the width of its 90 % interval",
            "Below the oblique line intervals are wider than the error requires, above narrower.",
            about,
            [
                *numbered,
                (Line2D([], [], color=NEUTRAL, ls=(0, (3, 2))), "daily point method, no interval"),
                (Line2D([], [], color="#bbbbbb"), "as wide as the error asks for"),
            ],
            left=0.75,
        )
        for axes, world in zip(panels, worlds, strict=False):
            of_world = shown[shown["world"] == world].set_index("estimator")
            axes.plot([0, right], [0, right / z], color="#bbbbbb", lw=1, zorder=0.8)
            for _, row in of_world[of_world["width"].isna()].iterrows():
                axes.axhline(row["rmse"], color=NEUTRAL, lw=1, ls=(0, (3, 2)), zorder=0.9)
            for name, row in of_world[of_world["width"].notna()].iterrows():
                number = str(names.index(str(name)) + 1)
                if row["rmse"] > top or row["width"] > right:
                    _beyond(axes, number, row, right, top)
                    continue
                axes.errorbar(
                    row["width"],
                    row["rmse"],
                    xerr=2 * row["width_se"],
                    yerr=2 * row["rmse_se"],
                    fmt="o",
                    ms=11,
                    color=LAG_COLORS[REALIZED],
                    mfc="white",
                    lw=0.9,
                )
                at = (row["width"], row["rmse"])
                axes.annotate(number, at, ha="center", va="center", size=7.5)
            axes.set(xlim=(0, right), ylim=(0, top), xlabel="mean width, months")
            axes.set_title(f"{world} (n = {int(of_world['n'].max())})", loc="left")
        panels[0].set_ylabel("root-mean-square error, months")
    return figure


def _panels(
    heights: Sequence[float],
    worlds: int,
    columns: int,
    title: str,
    subtitle: str,
    about: Provenance,
    key: list[tuple[object, str]],
    left: float,
    *,
    sharey: bool = True,
    wspace: float = 0.1,
) -> tuple[Figure, list[Axes]]:
    """A sheet with a panel a world, in rows of these heights, and those that are not used."""
    rows = len(heights)
    figure = new_figure((9.6, sum(heights) + HEAD + GAP * (rows - 1)))
    place = add_sheet(
        figure, title, subtitle, about, key=key, columns=4, panel_title=True, left=left
    )
    grid = figure.subplots(
        rows,
        columns,
        sharey=sharey,
        squeeze=False,
        gridspec_kw={
            **place,
            "wspace": wspace,
            "hspace": GAP * rows / sum(heights),
            "height_ratios": heights,
        },
    )
    panels = list(grid.ravel())
    for axes in panels[worlds:]:
        axes.set_visible(False)
    return figure, panels


def _beyond(axes: Axes, number: str, row: pd.Series, right: float, top: float) -> None:
    """Say at the edge of a panel where a dot that lies outside it is."""
    axes.annotate(
        f"{number}: error {row['rmse']:.2g}, width {row['width']:.2g}",
        (min(row["width"], 0.98 * right), min(row["rmse"], 0.95 * top)),
        ha="right" if row["width"] > right / 2 else "left",
        va="top",
        size=7.5,
        color=LAG_COLORS[REALIZED],
    )


def _dot(color: str) -> Line2D:
    return Line2D([], [], color=color, marker="o", ls="none", ms=5)


def rank_chart(model: str, ranks: Mapping[str, Sequence[float]], about: Provenance) -> Figure:
    """Draw ArviZ's ECDF-PIT difference plot: ranks against uniform ones, a panel a quantity.

    Each panel carries ArviZ's own p-value of uniformity (method ``pot_c``), and the points that
    speak against it are marked where that is below 1 %. It is a second opinion: the rule that
    decides is :func:`frontierlag.studies.calibration.sbc.uniformity`.
    """
    import arviz_plots  # takes a second, which no other figure need wait for

    panels = xr.Dataset({name: (SAMPLE_DIMS, np.array([values])) for name, values in ranks.items()})
    n = len(next(iter(ranks.values())))
    rows = -(-len(ranks) // RANK_COLUMNS)
    with styled():
        collection = arviz_plots.plot_ecdf_pit(
            xr.DataTree.from_dict({"prior_sbc": panels}),
            method="pot_c",
            envelope_prob=1 - THRESHOLD,
            backend="matplotlib",
            visuals={"xlabel": {"text": "rank"}, "ylabel": False},
            col_wrap=RANK_COLUMNS,
            figure_kwargs={
                "figsize": (RANK_COLUMNS * PANEL[0], rows * PANEL[1] + 1.7),
                "figsize_units": "inches",
                "layout": "none",
            },
        )
        figure: Figure = collection.viz["figure"].item()
        plt.close(figure)  # out of pyplot's hands
        FigureCanvasAgg(figure)
        place = add_sheet(
            figure,
            f"Ranks of the truth among posterior draws: {model}",
            f"Share of {n} ranks up to each value, less that of uniform ranks. p: ArviZ's test of "
            f"uniformity; points are marked where it is below {THRESHOLD:.0%}.",
            replace(about, model=model),
            panel_title=True,
        )
        figure.subplots_adjust(**place, hspace=0.6, wspace=0.35)
    return figure
