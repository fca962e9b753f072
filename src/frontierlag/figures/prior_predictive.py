"""The prior predictive figure: are these priors something that a person would have said?"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from frontierlag.checks.predictive import QUANTILE, PriorCurves
from frontierlag.figures.sheet import (
    COLORS,
    INTERVALS,
    LAG_COLORS,
    NEUTRAL,
    Provenance,
    add_sheet,
    date_axis,
    draw_summary,
    group_labels,
    months,
    new_figure,
    styled,
    watermark,
)
from frontierlag.intervals import Summary
from frontierlag.names import DATE, FOLLOWER, GROUP, LEADER, TREND
from frontierlag.scores import Releases

SIZE = (9.6, 5.2)
BINS = 48
PRIOR_COLOR = "#8a8a8a"


def prior_predictive(
    releases: Releases, curves: PriorCurves, about: Provenance, title: str, subtitle: str = ""
) -> Figure:
    """Draw the trends that the priors make over the releases, and the lag that they imply.

    A panel a group: draws of its trend from the prior as thin lines, their 50 % and 90 % intervals
    day by day, and the group's releases. Next to them the prior of the window's mean trend lag as a
    histogram with that of the posterior, each scaled to its own height.

    Parameters
    ----------
    releases
        The releases in the likelihood, or all.
    curves
        As from :func:`frontierlag.checks.predictive.prior_curves`.
    about
        Model, dataset and verdict.
    title, subtitle
        The heading.

    Returns
    -------
    The figure.
    """
    with styled():
        figure = new_figure(SIZE)
        place = add_sheet(
            figure, title, subtitle, about, key=_key(), columns=3, notes=[_note(curves)],
            panel_title=True,
        )  # fmt: skip
        low, high = _score_range(releases, curves)
        grid = figure.add_gridspec(1, 3, width_ratios=(1, 1, 1.05), wspace=0.16, **place)
        panels = [figure.add_subplot(grid[0, k]) for k in range(3)]
        names = group_labels(releases)
        for group, color in zip((LEADER, FOLLOWER), COLORS, strict=True):
            axes = panels[group]
            watermark(axes, about)
            axes.set_title(names[group], color=color)
            _draw_trends(axes, curves, group, color)
            of = releases.of(group)
            axes.scatter(date2num(releases.date[of]), releases.score[of], s=9, color=color,
                         ec="white", lw=0.3, zorder=4, gid=f"releases-{group}")  # fmt: skip
            dates = date2num(curves.bands[DATE].to_numpy())
            first = min(dates[0], date2num(releases.date).min())
            axes.set(xlim=(first - 25, dates[-1] + 25), ylim=(low, high))
            date_axis(axes, every=12)
        panels[LEADER].set_ylabel(f"{releases.metric.name} score ({releases.metric.unit})")
        panels[FOLLOWER].tick_params(labelleft=False)
        watermark(panels[2], about)
        _draw_lags(panels[2], curves)
    return figure


def _draw_trends(axes: Axes, curves: PriorCurves, group: int, color: str) -> None:
    bands: xr.DataArray = curves.bands.isel({GROUP: group})
    days = date2num(bands[DATE].to_numpy())
    low90, low50, median, high50, high90 = bands.transpose(QUANTILE, DATE).to_numpy()
    axes.fill_between(days, low90, high90, color=color, alpha=0.10, lw=0, zorder=1.2,
                      gid="interval90")  # fmt: skip
    axes.fill_between(days, low50, high50, color=color, alpha=0.16, lw=0, zorder=1.3,
                      gid="interval50")  # fmt: skip
    for line in curves.lines.isel({GROUP: group}).to_numpy():
        axes.plot(days, line, color=NEUTRAL, lw=0.5, alpha=0.45, zorder=2, gid="prior-line")
    axes.plot(days, median, color=color, lw=1.6, zorder=3, gid="median")


def _draw_lags(axes: Axes, curves: PriorCurves) -> None:
    """Draw prior and posterior of the mean lag, with their intervals below."""
    limits = _lag_range(curves)
    both = (
        (curves.prior, curves.prior_summary, PRIOR_COLOR, "prior", -0.09),
        (curves.posterior, curves.posterior_summary, LAG_COLORS[TREND], "posterior", -0.2),
    )
    for draws, summary, color, name, y in both:
        values = draws.to_numpy().ravel()
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


def _note(curves: PriorCurves) -> str:
    low, high = _lag_range(curves)
    values = curves.prior.to_numpy()
    beyond = float(((values < low) | (values > high)).mean())
    since, as_of = curves.window.since, curves.window.as_of
    words = (
        f"Mean trend lag from {since} to {as_of}, months, median (90 % interval): prior "
        f"{_words(curves.prior_summary)}; posterior {_words(curves.posterior_summary)}. "
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
    band = (
        Patch(facecolor=NEUTRAL, alpha=0.3, lw=0),
        Line2D([], [], color=NEUTRAL, lw=1.6),
    )
    dot = Line2D([], [], ls="", marker="o", ms=4, color=NEUTRAL)
    line = Line2D([], [], color=NEUTRAL, lw=0.6, alpha=0.7)
    return [
        (band, f"prior of the trend: median, {INTERVALS}"),
        (line, "one draw of it"),
        (dot, "release in the table"),
        (Patch(facecolor=PRIOR_COLOR, alpha=0.4, lw=0), "mean trend lag: prior"),
        (Patch(facecolor=LAG_COLORS[TREND], alpha=0.4, lw=0), "mean trend lag: posterior"),
    ]


def _score_range(releases: Releases, curves: PriorCurves) -> tuple[float, float]:
    """The 90 % bands and every release, with some room."""
    low = min(float(curves.bands.min()), float(releases.score.min()))
    high = max(float(curves.bands.max()), float(releases.score.max()))
    pad = 0.05 * (high - low)
    return low - pad, high + pad


def _lag_range(curves: PriorCurves) -> tuple[float, float]:
    """Three times the prior's 50 % interval, and the whole posterior interval."""
    s, t = curves.prior_summary, curves.posterior_summary
    half = 1.5 * (s.upper50 - s.lower50)
    ends = [s.median - half, s.median + half, t.lower90 - 1, t.upper90 + 1]
    known = [x for x in ends if np.isfinite(x)] or [-1.0, 1.0]
    return min(known), max(known)
