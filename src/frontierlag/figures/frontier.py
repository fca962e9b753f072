"""The frontier chart: releases, records by name, best available and trend of each group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from frontierlag.figures.labels import place_labels, short_names
from frontierlag.figures.sheet import (
    COLORS,
    INTERVALS,
    NEUTRAL,
    Provenance,
    add_sheet,
    band,
    date_axis,
    draw_bands,
    group_labels,
    new_figure,
    score_axis,
    score_room,
    styled,
    watermark,
)
from frontierlag.results.charts import BEST, TREND_CURVE, score_range
from frontierlag.scores import Comparison, Metric
from frontierlag.scores.scale import axis_words, scale_of

SIZE = (9.2, 7.0)
LABEL_SIZE = 6.8
LINE_APART = 13.0  # points between the names of the groups, a line
TREND_DASHES = (0, (4, 1.3))
EMPTY = 366  # days without a release in the drawn range that are not drawn


def frontier_chart(
    shown: pd.DataFrame,
    bands: pd.DataFrame,
    comparison: Comparison,
    metric: Metric,
    about: Provenance,
    title: str,
    subtitle: str = "",
    scores: str = "published",
) -> Figure:
    """Draw score against release date with the posterior of both frontiers.

    Releases below the score axis, which begins where
    :func:`frontierlag.results.charts.score_range` says, are counted in a note. Every record in the
    drawn range is labelled, its trailing parenthesis dropped where its name stays unique in the
    table; were there no room for some, the chart would say for how many.

    Parameters
    ----------
    shown
        All releases of both groups, as from :func:`frontierlag.results.charts.releases_shown`.
    bands
        One model's rows of :func:`frontierlag.results.charts.band_table`.
    comparison, metric
        The two groups, and what scores them.
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
    low, high = score_range(shown)
    below = shown["score"] < low
    names = group_labels(comparison)
    days = date2num(pd.to_datetime(shown["released"]))
    sides = (comparison.leader, comparison.follower)
    curves = [_curves(bands, group) for group in sides]
    with styled():
        figure = new_figure(SIZE)
        place = add_sheet(
            figure,
            title,
            subtitle,
            about,
            key=_key(names, scores),
            columns=2,
            notes=_below_note(
                int(below.sum()), [*shown["model"][below & shown["record"]]], low, metric
            ),
            right=0.95,
            left=score_room(metric),
        )
        axes = figure.subplots(gridspec_kw=place)
        watermark(axes, about)
        for side, group in enumerate(sides):
            of = shown["group"] == group
            for record in (False, True):
                chosen = of & (shown["record"] == record)
                _draw_releases(axes, days[chosen], shown[chosen], side, record=record)
        for (trend, best), color in zip(curves, COLORS, strict=True):
            _draw_group(axes, trend, best, color)
        # Years before the first release in the drawn range would be empty.
        seen = days[~below.to_numpy()].min()
        first = seen if seen - days.min() > EMPTY else days.min()
        axes.set_xlim(first - 20, date2num(np.datetime64(about.as_of)) + 26)
        axes.set_ylim(low, high)
        axes.set_ylabel(axis_words(metric))
        score_axis(axes, metric)
        date_axis(axes)
        _name_groups(axes, [float(best["median"].iloc[-1]) for _, best in curves], names)
        _label_records(axes, shown.assign(day=days), curves, sides, low)
    return figure


def _curves(bands: pd.DataFrame, group: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One group's trend, and its best available, whose days are steps; ``day`` is Matplotlib's."""
    own = bands[bands["group"] == group]
    own = own.assign(day=date2num(pd.to_datetime(own["date"])))
    # Where dates are open there are days on which most draws have nothing released as yet.
    there = np.isfinite(own["median"])
    return own[own["curve"] == TREND_CURVE], own[there & (own["curve"] == BEST)]


def _draw_releases(
    axes: Axes, days: np.ndarray, shown: pd.DataFrame, side: int, *, record: bool
) -> None:
    """Draw releases faint, records in full, each with its 90 % interval."""
    color = COLORS[side]
    alpha = 0.3 if record else 0.09
    axes.vlines(days, shown["low"], shown["high"], colors=color, alpha=alpha, lw=0.8, zorder=2)
    faint = {"s": 7, "alpha": 0.28, "lw": 0, "zorder": 2.5}
    full = {"s": 20, "ec": "white", "lw": 0.6, "zorder": 5, "gid": f"records-{side}"}
    axes.scatter(days, shown["score"], color=color, **(full if record else faint))


def _draw_group(axes: Axes, trend: pd.DataFrame, best: pd.DataFrame, color: str) -> None:
    """Draw one group's trend with its bands, and its best available as a staircase."""
    draw_bands(axes, trend, color, (0.13, 0.22), zorder=1.5)
    axes.plot(trend["day"], trend["median"], color=color, lw=1.3, ls=TREND_DASHES, zorder=3)
    axes.step(best["day"], best["median"], where="post", color=color, lw=1.6, zorder=3.5)


def _label_records(
    axes: Axes,
    shown: pd.DataFrame,
    curves: Sequence[tuple[pd.DataFrame, pd.DataFrame]],
    sides: tuple[str, str],
    low: float,
) -> None:
    lines = []
    for trend, best in curves:
        stairs = best[["day", "median"]].to_numpy(float)
        lines.append(np.column_stack([stairs[:, 0].repeat(2)[1:], stairs[:, 1].repeat(2)[:-1]]))
        lines.append(trend[["day", "median"]].to_numpy(float))
    chosen = shown[shown["record"] & (shown["score"] >= low)]
    leads = (chosen["group"] == sides[0]).to_numpy()
    written = place_labels(
        axes,
        chosen[["day", "score"]].to_numpy(float),
        short_names([*chosen["model"]], [*shown["model"]]),
        np.where(leads, 1, -1),
        [COLORS[0] if lead else COLORS[1] for lead in leads],
        lines,
        LABEL_SIZE,
    )
    if missing := len(chosen) - len(written):
        words = f"{missing} more records are not named: no room"
        axes.text(0.99, 0.01, words, transform=axes.transAxes, size=7, ha="right", color=NEUTRAL)


def _name_groups(axes: Axes, ends: Sequence[float], names: Sequence[str]) -> None:
    """Write each group's name at the end of its staircase."""
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
        trend = band(color, 0.3, lw=1.3, ls=TREND_DASHES)
        key.append((trend, f"{name}: trend, median with {INTERVALS}"))
    dot = Line2D([], [], ls="", marker="o", ms=5, color=NEUTRAL)
    key.append((dot, f"record by {scores} score"))
    for name, color in zip(names, COLORS, strict=True):
        stairs = Line2D([], [], color=color, lw=1.6)
        key.append((stairs, f"{name}: best available, posterior median"))
    faint = Line2D([], [], ls="", marker="o", ms=3, color=NEUTRAL, alpha=0.5)
    key.append((faint, f"other release; vertical lines: {scores} 90 % intervals"))
    return key


def _below_note(count: int, names: list[str], low: float, metric: Metric) -> list[str]:
    if not count:
        return []
    noun = "release" if count == 1 else "releases"
    which = ""
    if names:
        firsts = "record" if len(names) == 1 else "records"
        which = f", among them the first {firsts} {' and '.join(names)}"
    scale = scale_of(metric)
    digits = ".2f" if low < 1 else ".0f"
    # Of what less is better, a score below is a value above.
    side = "above" if scale.negated else "below"
    end = f"{side} {scale.told(low)}" if scale.changes else f"below {low:{digits}}"
    return [
        f"Not shown: {count} {noun} with a {'value' if scale.changes else 'score'} {end}{which}."
    ]
