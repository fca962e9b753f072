"""The prior predictive figure: are these priors something that a person would have said?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from frontierlag.figures.sheet import (
    COLORS,
    INTERVALS,
    LAG_COLORS,
    NEUTRAL,
    Provenance,
    add_sheet,
    band,
    date_axis,
    draw_bands,
    draw_summary,
    group_labels,
    months,
    new_figure,
    score_axis,
    score_room,
    styled,
    watermark,
)
from frontierlag.intervals import Summary
from frontierlag.names import FOLLOWER, LEADER, TREND
from frontierlag.results.charts import (
    BANDS,
    LINE_COLUMNS,
    POSTERIOR,
    PRIOR,
    draws_of,
    summary_of,
)
from frontierlag.scores import Comparison, Metric
from frontierlag.scores.scale import axis_words

SIZE = (9.6, 5.2)
BINS = 48
PRIOR_COLOR = "#8a8a8a"


def prior_predictive(
    shown: pd.DataFrame,
    prior: pd.DataFrame,
    lags: pd.DataFrame,
    comparison: Comparison,
    metric: Metric,
    window: str,
    about: Provenance,
    title: str,
) -> Figure:
    """Draw the trends that the priors make over the releases, and the lag that they imply.

    A panel a group: draws of its trend from the prior as thin lines, their 50 % and 90 % intervals
    day by day, and the group's releases. Next to them the prior of the window's mean trend lag as a
    histogram with that of the posterior, each scaled to its own height.

    Parameters
    ----------
    shown
        The releases, as from :func:`frontierlag.results.charts.releases_shown`.
    prior, lags
        One model's rows of :func:`frontierlag.results.charts.prior_table` and
        :func:`frontierlag.results.charts.mean_lag_table`.
    comparison, metric
        The two groups, and what scores them.
    window
        First and last day of the window, in words.
    about
        Model, dataset and verdict.
    title
        The heading.

    Returns
    -------
    The figure.
    """
    rows = {row["of"]: row for row in lags[lags["lag"] == TREND].to_dict("records")}
    both = [(summary_of(rows[of]), draws_of(rows[of])) for of in (PRIOR, POSTERIOR)]
    limits = _lag_range(*(summary for summary, _ in both))
    low, high = _score_range(shown, prior)
    days = date2num(pd.to_datetime(shown["released"]))
    prior = prior.assign(day=date2num(pd.to_datetime(prior["date"])))
    with styled():
        figure = new_figure(SIZE)
        place = add_sheet(
            figure, title, "", about, key=_key(), columns=3, notes=[_note(both, limits, window)],
            panel_title=True, left=score_room(metric),
        )  # fmt: skip
        grid = figure.add_gridspec(1, 3, width_ratios=(1, 1, 1.05), wspace=0.16, **place)
        panels = [figure.add_subplot(grid[0, k]) for k in range(3)]
        sides = (comparison.leader, comparison.follower)
        looks = zip(panels[:2], sides, group_labels(comparison), COLORS, strict=True)
        for side, (axes, group, name, color) in enumerate(looks):
            watermark(axes, about)
            axes.set_title(name, color=color)
            own = prior[prior["group"] == group]
            _draw_trends(axes, own, color)
            of = (shown["group"] == group).to_numpy()
            axes.scatter(days[of], shown["score"][of], s=9, color=color,
                         ec="white", lw=0.3, zorder=4, gid=f"releases-{side}")  # fmt: skip
            first, last = min(own["day"].min(), days.min()), own["day"].max()
            axes.set(xlim=(first - 25, last + 25), ylim=(low, high))
            date_axis(axes, every=12)
        panels[LEADER].set_ylabel(axis_words(metric))
        for axes in panels[:2]:
            score_axis(axes, metric)
        panels[FOLLOWER].tick_params(labelleft=False)
        watermark(panels[2], about)
        _draw_lags(panels[2], both, limits)
    return figure


def _draw_trends(axes: Axes, own: pd.DataFrame, color: str) -> None:
    draw_bands(axes, own, color, (0.10, 0.16), zorder=1.2)
    for name in own.columns.intersection(LINE_COLUMNS):
        axes.plot(
            own["day"], own[name], color=NEUTRAL, lw=0.5, alpha=0.45, zorder=2, gid="prior-line"
        )
    axes.plot(own["day"], own["median"], color=color, lw=1.6, zorder=3, gid="median")


def _draw_lags(
    axes: Axes, both: Sequence[tuple[Summary, np.ndarray]], limits: tuple[float, float]
) -> None:
    """Draw prior and posterior of the mean lag, with their intervals below."""
    looks = ((PRIOR_COLOR, PRIOR, -0.09), (LAG_COLORS[TREND], POSTERIOR, -0.2))
    for (summary, values), (color, name, y) in zip(both, looks, strict=True):
        edges = np.linspace(*limits, BINS + 1)
        counts, _ = np.histogram(values[np.isfinite(values)], edges)
        heights = counts / max(counts.max(), 1)
        axes.stairs(heights, edges, fill=True, color=color, alpha=0.35, zorder=2, gid=name)
        draw_summary(axes, summary, y, color)
    axes.axvline(0, color="#444444", lw=0.7, zorder=1)
    axes.axhline(0, color="#444444", lw=0.7, zorder=1)
    axes.set(xlim=limits, ylim=(-0.28, 1.08), xlabel="months behind (negative: ahead)")
    axes.set_title("Mean trend lag", color="#333333")
    axes.set_yticks([])
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)


def _note(
    both: Sequence[tuple[Summary, np.ndarray]], limits: tuple[float, float], window: str
) -> str:
    (prior, draws), (posterior, _) = both
    beyond = float(((draws < limits[0]) | (draws > limits[1])).mean())
    words = (
        f"Mean trend lag from {window}, months, median (90 % interval): prior "
        f"{_words(prior)}; posterior {_words(posterior)}. "
        "Each histogram is scaled to its own highest bar."
    )
    if beyond > 0:
        words += f" {beyond:.0%} of the prior's draws lie outside the panel.".replace("%", " %")
    return words


def _words(s: Summary) -> str:
    if not np.isfinite(s.median):
        return "undefined in every draw"
    undefined = f", undefined in {s.undefined:.1%}".replace("%", " %") if s.undefined else ""
    return f"{months(s)}{undefined}"


def _key() -> list[tuple[Any, str]]:
    dot = Line2D([], [], ls="", marker="o", ms=4, color=NEUTRAL)
    line = Line2D([], [], color=NEUTRAL, lw=0.6, alpha=0.7)
    return [
        (band(NEUTRAL, 0.3, lw=1.6), f"prior of the trend: median, {INTERVALS}"),
        (line, "one draw of it"),
        (dot, "release in the table"),
        (Patch(facecolor=PRIOR_COLOR, alpha=0.4, lw=0), "mean trend lag: prior"),
        (Patch(facecolor=LAG_COLORS[TREND], alpha=0.4, lw=0), "mean trend lag: posterior"),
    ]


def _score_range(shown: pd.DataFrame, prior: pd.DataFrame) -> tuple[float, float]:
    """The 90 % bands and every release, with some room."""
    values = np.r_[prior[[*BANDS]].to_numpy(float).ravel(), shown["score"]]
    low, high = values.min(), values.max()
    pad = 0.05 * (high - low)
    return low - pad, high + pad


def _lag_range(prior: Summary, posterior: Summary) -> tuple[float, float]:
    """Three times the prior's 50 % interval, and the whole posterior interval."""
    half = 1.5 * (prior.upper50 - prior.lower50)
    middle = (prior.median - half, prior.median + half)
    ends = [*middle, posterior.lower90 - 1, posterior.upper90 + 1]
    known = [x for x in ends if np.isfinite(x)] or [-1.0, 1.0]
    return min(known), max(known)
