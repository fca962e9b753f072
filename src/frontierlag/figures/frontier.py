"""The frontier chart: releases, records by name, best available and trend of each group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from frontierlag.checks.predictive import QUANTILE
from frontierlag.figures.labels import place_labels, short_names
from frontierlag.figures.sheet import (
    COLORS,
    INTERVALS,
    NEUTRAL,
    Provenance,
    add_sheet,
    date_axis,
    group_labels,
    new_figure,
    styled,
    watermark,
)
from frontierlag.names import DATE, FOLLOWER, GROUP, LEADER
from frontierlag.scores import Releases, records

SIZE = (9.2, 7.0)
LABEL_SIZE = 6.8
LINE_APART = 13.0  # points between the names of the groups, a line
TREND_DASHES = (0, (4, 1.3))


def frontier_chart(
    releases: Releases,
    bands: xr.Dataset,
    about: Provenance,
    title: str,
    subtitle: str = "",
    scores: str = "published",
) -> Figure:
    """Draw score against release date with the posterior of both frontiers.

    The score axis begins a little below the lower of the two groups' second records, the first
    that counts; releases below are counted in a note. Every record in the drawn range is labelled,
    its trailing parenthesis dropped where its name stays unique in the table; were there no room
    for some, the chart would say for how many.

    Parameters
    ----------
    releases
        All releases of both groups.
    bands
        ``trend`` and ``best``, dims ``(quantile, date, group)``, score units, as from
        :func:`frontierlag.results.charts.curve_bands`.
    about
        Model, dataset and verdict.
    title, subtitle
        The heading.
    scores
        Whose the releases' scores and intervals are: ``published`` or ``posterior``.

    Returns
    -------
    The figure.
    """
    low, high = _score_range(releases)
    is_record = records(releases)
    below = releases.score < low
    with styled():
        figure = new_figure(SIZE)
        place = add_sheet(
            figure,
            title,
            subtitle,
            about,
            key=_key(group_labels(releases), scores),
            columns=2,
            notes=_below_note(int(below.sum()), list(releases.model[below & is_record]), low),
            right=0.95,
        )
        axes = figure.subplots(gridspec_kw=place)
        watermark(axes, about)
        _draw_releases(axes, releases, is_record)
        for group, color in zip((LEADER, FOLLOWER), COLORS, strict=True):
            _draw_group(axes, bands.isel({GROUP: group}), color)
        first, last = releases.day.min(), np.datetime64(releases.as_of)
        axes.set_xlim(date2num(np.datetime64(int(first), "D")) - 20, date2num(last) + 26)
        axes.set_ylim(low, high)
        axes.set_ylabel(f"{releases.metric.name} score ({releases.metric.unit})")
        date_axis(axes)
        _name_groups(axes, bands, group_labels(releases))
        _label_records(axes, releases, bands, is_record & ~below)
    return figure


def _draw_releases(axes: Axes, releases: Releases, is_record: np.ndarray) -> None:
    """Draw releases faint, records in full, each with its 90 % interval."""
    days = date2num(releases.date)
    for group, color in zip((LEADER, FOLLOWER), COLORS, strict=True):
        other, best = (releases.of(group) & mask for mask in (~is_record, is_record))
        for mask, alpha in ((other, 0.09), (best, 0.3)):
            ends = (releases.low[mask], releases.high[mask])
            axes.vlines(days[mask], *ends, colors=color, alpha=alpha, lw=0.8, zorder=2)
        faint = {"s": 7, "alpha": 0.28, "lw": 0, "zorder": 2.5}
        full = {"s": 20, "ec": "white", "lw": 0.6, "zorder": 5, "gid": f"records-{group}"}
        for mask, look in ((other, faint), (best, full)):
            axes.scatter(days[mask], releases.score[mask], color=color, **look)


def _draw_group(axes: Axes, bands: xr.Dataset, color: str) -> None:
    """Draw one group's trend with its bands, and its best available as a staircase."""
    days = date2num(bands[DATE].to_numpy())
    low90, low50, median, high50, high90 = bands["trend"].transpose(QUANTILE, DATE).to_numpy()
    axes.fill_between(days, low90, high90, color=color, alpha=0.13, lw=0, zorder=1.5)
    axes.fill_between(days, low50, high50, color=color, alpha=0.22, lw=0, zorder=1.6)
    axes.plot(days, median, color=color, lw=1.3, ls=TREND_DASHES, zorder=3)
    best = bands["best"].sel({QUANTILE: 0.5}).to_numpy()
    axes.step(days, best, where="post", color=color, lw=1.6, zorder=3.5)


def _label_records(axes: Axes, releases: Releases, bands: xr.Dataset, chosen: np.ndarray) -> None:
    curves = []
    for group in (LEADER, FOLLOWER):
        median = bands.isel({GROUP: group}).sel({QUANTILE: 0.5})
        days = date2num(median[DATE].to_numpy())
        best = median["best"].to_numpy()
        there = np.isfinite(best)
        stairs = np.column_stack([np.repeat(days[there], 2)[1:], np.repeat(best[there], 2)[:-1]])
        curves += [stairs, np.column_stack([days, median["trend"].to_numpy()])]
    group = releases.group[chosen]
    written = place_labels(
        axes,
        np.column_stack([date2num(releases.date[chosen]), releases.score[chosen]]),
        short_names(list(releases.model[chosen]), list(releases.model)),
        np.where(group == LEADER, 1, -1),
        [COLORS[g] for g in group],
        curves,
        LABEL_SIZE,
    )
    if missing := int(chosen.sum()) - len(written):
        words = f"{missing} more records are not named: no room"
        axes.text(0.99, 0.01, words, transform=axes.transAxes, size=7, ha="right", color=NEUTRAL)


def _name_groups(axes: Axes, bands: xr.Dataset, names: Sequence[str]) -> None:
    """Write each group's name at the end of its staircase."""
    ends = bands["best"].sel({QUANTILE: 0.5}).isel({DATE: -1}).to_numpy()
    names = [name.replace(" ", "\n") for name in names]
    apart = LINE_APART * max(1 + name.count("\n") for name in names)
    y = axes.transData.transform(np.column_stack([[0, 0], ends]))[:, 1] * 72 / axes.figure.dpi
    push = max(0.0, (apart - abs(y[0] - y[1])) / 2) * (1 if y[0] >= y[1] else -1)
    for end, name, color, shift in zip(ends, names, COLORS, (push, -push), strict=True):
        axes.annotate(
            name,
            (1, end),
            xycoords=("axes fraction", "data"),
            xytext=(6, shift),
            textcoords="offset points",
            color=color,
            weight="bold",
            va="center",
            annotation_clip=False,
            gid="group",
        )


def _key(names: tuple[str, str], scores: str) -> list[tuple[Any, str]]:
    """Trends and best available of both groups, then what the dots are."""
    key: list[tuple[Any, str]] = []
    for name, color in zip(names, COLORS, strict=True):
        trend = (
            Patch(facecolor=color, alpha=0.3, lw=0),
            Line2D([], [], color=color, lw=1.3, ls=TREND_DASHES),
        )
        key.append((trend, f"{name}: trend, median with {INTERVALS}"))
    dot = Line2D([], [], ls="", marker="o", ms=5, color=NEUTRAL)
    key.append((dot, f"record by {scores} score"))
    for name, color in zip(names, COLORS, strict=True):
        stairs = Line2D([], [], color=color, lw=1.6)
        key.append((stairs, f"{name}: best available, posterior median"))
    faint = Line2D([], [], ls="", marker="o", ms=3, color=NEUTRAL, alpha=0.5)
    key.append((faint, f"other release; vertical lines: {scores} 90 % intervals"))
    return key


def _score_range(releases: Releases) -> tuple[float, float]:
    """From below the lower of the two second records to above the highest record's interval."""
    is_record = records(releases)
    # Of a fit to records the first may not be here, and a group's only other one is its last.
    seconds = [
        np.sort(releases.score[is_record & releases.of(g)])[:2][-1] for g in (LEADER, FOLLOWER)
    ]
    top = float(releases.score.max())
    low = float(min(seconds))
    reach = float(releases.high[is_record].max())
    return low - 0.06 * (top - low), max(top + 0.1 * (top - low), reach + 1e-3 * (top - low))


def _below_note(count: int, names: list[str], low: float) -> list[str]:
    if not count:
        return []
    noun = "release" if count == 1 else "releases"
    which = ""
    if names:
        firsts = "record" if len(names) == 1 else "records"
        which = f", among them the first {firsts} {' and '.join(names)}"
    digits = ".2f" if low < 1 else ".0f"
    return [f"Not shown: {count} {noun} with a score below {low:{digits}}{which}."]
