"""From one vintage's lag to the next one's: what scores, dates and releases each change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from frontierlag.figures.sheet import (
    LAG_COLORS,
    NEUTRAL,
    Provenance,
    add_sheet,
    lag_title,
    new_figure,
    styled,
    watermark,
)
from frontierlag.intervals import INTERVAL_KIND, OUTER, Summary
from frontierlag.studies.vintages.comparison import Change

SIZE = (9.2, 5.2)
LONGER, SHORTER = "#b35806", "#2d708e"
WIDTH = 0.56


def vintage_waterfall(
    changes: Sequence[Change],
    names: tuple[str, str],
    about: Provenance,
    title: str,
    subtitle: str = "",
) -> Figure:
    """Draw the window's mean lag by both vintages and, between them, what made the change.

    The ends are posterior means with 90 % intervals. Between them each bar goes from the lag before
    a component is replaced to the lag after, by its Shapley value, with a whisker of twice its
    Monte Carlo error on either side. One change a panel; ``names`` are those of the two vintages.
    """
    bar = Line2D([], [], color=NEUTRAL, lw=1.4, marker="o", ms=5.5, mec="white")
    key: list[tuple[Any, str]] = [
        (bar, f"posterior mean, {OUTER:.0%} {INTERVAL_KIND} interval".replace("%", " %")),
        (Patch(facecolor=LONGER, lw=0), "makes the lag longer (Shapley value)"),
        (Patch(facecolor=SHORTER, lw=0), "makes it shorter (Shapley value)"),
        (Line2D([], [], color="#222222", lw=1), "twice the Monte Carlo error"),
    ]
    with styled():
        figure = new_figure(SIZE)
        place = add_sheet(figure, title, subtitle, about, key=key, columns=2, panel_title=True)
        place["bottom"] += 0.035  # the vintages' names take two lines
        panels = figure.subplots(
            1, len(changes), sharey=True, squeeze=False, gridspec_kw={**place, "wspace": 0.06}
        )[0]
        for axes, change in zip(panels, changes, strict=True):
            watermark(axes, about)
            _draw(axes, change, names)
            lag_title(axes, change.kind)
            axes.yaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
        low, high = panels[0].get_ylim()
        panels[0].set_ylim(low - 0.06 * (high - low), high + 0.06 * (high - low))
        panels[0].set_ylabel("months behind")
    return figure


def _draw(axes: Axes, change: Change, names: tuple[str, str]) -> None:
    color = LAG_COLORS[change.kind]
    last = len(change.parts) + 1
    for x, summary in ((0, change.before), (last, change.after)):
        _end(axes, x, summary, color)
    at = change.before.mean
    for x, part in enumerate(change.parts, start=1):
        axes.plot([x - 1, x + WIDTH / 2], [at, at], color="#bbbbbb", lw=0.9, zorder=1.5)
        axes.bar(
            x,
            part.months,
            WIDTH,
            bottom=at,
            color=LONGER if part.months >= 0 else SHORTER,
            zorder=2,
            gid=part.component,
        )
        at += part.months
        axes.plot([x, x], [at - 2 * part.mcse, at + 2 * part.mcse], color="#222222", lw=1, zorder=3)
        axes.annotate(
            f"{part.months:+.1f}",
            (x, max(at, at - part.months)),
            xytext=(0, 6),
            textcoords="offset points",
            ha="center",
            size=9,
            gid="change",
        )
    axes.plot([last - 1, last], [at, at], color="#bbbbbb", lw=0.9, zorder=1.5)
    labels = [_two_lines(names[0]), *(p.component for p in change.parts), _two_lines(names[1])]
    axes.set_xticks(range(last + 1), labels, size=8)
    axes.tick_params(axis="x", length=0)
    axes.set_xlim(-0.75, last + 0.75)
    if axes.get_ylim()[0] < 0:
        axes.axhline(0, color="#222222", lw=0.8, zorder=1.6)


def _end(axes: Axes, x: float, summary: Summary, color: str) -> None:
    axes.plot([x, x], [summary.lower90, summary.upper90], color=color, lw=1.6, gid="interval90")
    axes.plot(x, summary.mean, "o", ms=7, color=color, mec="white", mew=1.1, zorder=4, gid="mean")
    axes.annotate(
        f"{summary.mean:.1f}",
        (x, summary.mean),
        xytext=(-8, 0) if x == 0 else (8, 0),
        textcoords="offset points",
        ha="right" if x == 0 else "left",
        va="center",
        size=9.5,
        weight="bold",
        color=color,
    )


def _two_lines(name: str) -> str:
    """Break a vintage's name before its date."""
    stem, hyphen, rest = name.partition("-")
    return f"{stem}\n{rest}" if hyphen else name
