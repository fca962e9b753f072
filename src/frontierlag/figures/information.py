"""Test information: where on the scale the benchmarks tell capabilities apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from frontierlag.figures import sheet
from frontierlag.figures.sheet import Provenance
from frontierlag.intervals import INTERVAL_KIND, OUTER
from frontierlag.results.fit_checks import BEST, SCALE
from frontierlag.scores import Comparison, Metric

SIZE = (8.6, 5.0)
BAND = 0.25
# Height of each group's row of releases, as a share of the axes.
_RUG = 0.035


@sheet.styled()
def information_curve(
    information: pd.DataFrame,
    shown: pd.DataFrame,
    comparison: Comparison,
    metric: Metric,
    about: Provenance,
    title: str,
) -> Figure:
    """Draw the information of results on all benchmarks, with the releases of both groups below.

    The right-hand axis has the standard error of a capability that goes with it. A thin line marks
    each group's best on the first and on the last day of the window. ``information`` are one
    model's rows of :func:`frontierlag.results.fit_checks.information_table`, ``shown`` the releases
    as from :func:`frontierlag.results.charts.releases_shown`.
    """
    scale = information[information["what"] == SCALE]
    best = information[information["what"] == BEST]
    sides = comparison.leader, comparison.follower
    subtitle = (
        "A model with a result on every benchmark: how much the results would tell of its "
        "capability, and how large its standard error would be. Releases have fewer results."
    )
    key = _key(sheet.group_labels(comparison))
    figure, place = sheet.new_sheet(
        SIZE, title, subtitle, about, key=key, columns=2, right=0.75, left=0.75
    )
    axes = figure.subplots(gridspec_kw=place)
    sheet.watermark(axes, about)
    axes.set_yscale("log")
    ends = scale["information_lower90"], scale["information_upper90"]
    axes.fill_between(
        scale["level"], *ends, color=sheet.NEUTRAL, alpha=BAND, lw=0, gid="interval90"
    )
    axes.plot(scale["level"], scale["information"], color=sheet.NEUTRAL, lw=1.6, gid="information")
    lowest, highest = float(ends[0].min()), float(ends[1].max())
    # Room for the releases below the band.
    axes.set_ylim(lowest / (highest / lowest) ** 0.16, highest * 1.3)
    axes.set_xlim(scale["level"].min(), scale["level"].max())
    for side, (group, color) in enumerate(zip(sides, sheet.COLORS, strict=True)):
        _draw_rug(axes, shown[shown["group"] == group], color, side)
        for row in best[best["group"] == group].to_dict("records"):
            axes.axvline(row["level"], color=color, lw=0.9, ls=(0, (4, 2)), zorder=1.5)
            _name(axes, row, color, side)
    axes.set_xlabel(f"capability ({metric.name} {metric.unit})")
    axes.set_ylabel(f"information (1 / {metric.unit}²)")
    _plain_ticks(axes)
    errors = axes.secondary_yaxis("right", functions=(_error, _information))
    errors.set_ylabel(f"standard error ({metric.unit})")
    _plain_ticks(errors)
    return figure


def _error(information: Any) -> Any:
    return 1 / np.sqrt(np.maximum(information, 1e-12))


def _information(error: Any) -> Any:
    return 1 / np.maximum(error, 1e-6) ** 2


def _plain_ticks(axes: Any) -> None:
    """Ticks at 1, 2 and 5 of each power of ten, written out."""
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=20))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _draw_rug(axes: Axes, of: pd.DataFrame, color: str, side: int) -> None:
    """Draw a short line for each release, the leader's row above the follower's."""
    low = (1.6 - 1.25 * side) * _RUG
    axes.vlines(
        of["score"], low, low + _RUG, transform=axes.get_xaxis_transform(), colors=color,
        lw=np.where(of["record"], 1.5, 0.6), alpha=0.75, gid=f"releases-{side}",
    )  # fmt: skip


def _name(axes: Axes, row: dict[Any, Any], color: str, side: int) -> None:
    """Write the day next to the line of a group's best, the leader's to the right of it."""
    axes.annotate(
        str(row["date"]), (row["level"], 0.13), xycoords=axes.get_xaxis_transform(),
        xytext=(3 - 6 * side, 0), textcoords="offset points", rotation=90, size=7.5,
        ha="left" if side == 0 else "right", va="bottom", color=color,
    )  # fmt: skip


def _key(names: tuple[str, str]) -> list[tuple[Any, str]]:
    interval = f"{OUTER:.0%} {INTERVAL_KIND} interval".replace("%", " %")
    key: list[tuple[Any, str]] = [
        (sheet.band(sheet.NEUTRAL, BAND, lw=1.6), f"all benchmarks: median, {interval}")
    ]
    dashes = sheet.line(color=sheet.NEUTRAL, lw=0.9, ls=(0, (4, 2)))
    key.append((dashes, "best of a group on the first and the last day"))
    for name, color in zip(names, sheet.COLORS, strict=True):
        tick = sheet.line(ls="", marker="|", ms=8, mew=1.5, color=color)
        key.append((tick, f"releases of {name} (thick: records)"))
    return key
