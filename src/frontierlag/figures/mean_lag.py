"""The mean lag over the window: every model's posterior, one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from arviz_stats.base import array_stats
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from frontierlag.figures.sheet import (
    INTERVALS,
    LAG_COLORS,
    NEUTRAL,
    PUBLISHED_LOOK,
    STAMP,
    STAMP_COLOR,
    Provenance,
    add_sheet,
    band,
    draw_summary,
    lag_title,
    months,
    new_figure,
    published_line,
    styled,
)
from frontierlag.intervals import Summary
from frontierlag.lags.published import PUBLISHED

ROW, HEAD = 0.62, 2.7  # inches that a model takes, and that everything else takes
CREST = 0.62  # height of a density, in rows


@dataclass(frozen=True, eq=False)
class MeanLag:
    """One posterior to draw, with the numbers that were made of it elsewhere.

    Attributes
    ----------
    model, kind
        Name of the model; ``trend``, ``realized`` or ``release``.
    draws
        Months, any shape; NaN where a draw has no lag.
    summary
        Of these draws, by :func:`frontierlag.intervals.summarize`.
    converged
        Whether the fit passed the gate.
    """

    model: str
    kind: str
    draws: np.ndarray
    summary: Summary
    converged: bool = True


def mean_lags(lags: Sequence[MeanLag], about: Provenance, title: str, subtitle: str = "") -> Figure:
    """Draw the posterior of the window-mean lag of every model, a panel for each kind of lag.

    Each is a density over the draws that have a lag, with the 90 % interval as a thin bar, the 50 %
    interval as a thick one and the median as a dot; the share of draws without a lag is written
    next to it. A model that did not converge is drawn hollow and grey, and says so.

    Parameters
    ----------
    lags
        Draws and summaries, in the order in which models and kinds shall stand.
    about
        Dataset and comparison; the models and their verdicts are those of ``lags``, and the sheet
        is stamped if none converged.
    title, subtitle
        The heading.

    Returns
    -------
    The figure.
    """
    models = list(dict.fromkeys(lag.model for lag in lags))
    kinds = list(dict.fromkeys(lag.kind for lag in lags))
    limits = _limits(lags)
    about = replace(about, model="", converged=any(lag.converged for lag in lags))
    with styled():
        figure = new_figure((9.2, HEAD + ROW * len(models)))
        place = add_sheet(
            figure,
            title,
            subtitle,
            about,
            key=_key(lags, about),
            columns=2,
            panel_title=True,
            left=1.62,
        )
        panels = figure.subplots(
            1, len(kinds), sharey=True, squeeze=False, gridspec_kw={**place, "wspace": 0.08}
        )[0]
        for axes, kind in zip(panels, kinds, strict=True):
            axes.grid(visible=False, axis="y")
            axes.grid(visible=True, axis="x")
            axes.axvline(PUBLISHED["mean"], zorder=1.5, gid="published", **PUBLISHED_LOOK)
            for lag in lags:
                if lag.kind == kind:
                    _draw(axes, lag, len(models) - 1 - models.index(lag.model), limits)
            axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
            axes.set(xlim=limits, ylim=(-0.45, len(models) - 0.15), xlabel="months behind")
            lag_title(axes, kind)
            axes.tick_params(axis="y", length=0)
            axes.spines["left"].set_visible(False)
        failed = {lag.model for lag in lags if not lag.converged}
        names = [f"{model}\n{STAMP}" if model in failed else model for model in models]
        panels[0].set_yticks(range(len(models))[::-1], names)
        for label, model in zip(panels[0].get_yticklabels(), models, strict=True):
            if model in failed:
                label.set(color=STAMP_COLOR, weight="bold", size=8)
    return figure


def _draw(axes: Axes, lag: MeanLag, y: float, limits: tuple[float, float]) -> None:
    """Draw one posterior on its row."""
    color = LAG_COLORS[lag.kind] if lag.converged else "#8a8a8a"
    s = lag.summary
    known = lag.draws[np.isfinite(lag.draws)]
    if known.size > 1 and np.ptp(known) > 0:
        at, density, _ = array_stats.kde(known)
        inside = (at >= limits[0]) & (at <= limits[1])
        height = y + CREST * density / density.max()
        face, dashes = (color, "-") if lag.converged else ("none", (0, (3, 1.5)))
        x, top = at[inside], height[inside]
        axes.fill_between(x, y, top, facecolor=face, alpha=0.28, lw=0, zorder=2)
        axes.plot(x, top, color=color, lw=0.9, zorder=2.5, ls=dashes)
    if np.isfinite(s.median):
        hollow = {} if lag.converged else {"mfc": "white", "mec": color}
        gids = ("interval90", "interval50", "median")
        draw_summary(axes, s, y, color, gids, mew=1.1, **hollow)
    axes.annotate(
        _words(s),
        (limits[1], y),
        xytext=(-2, -6),
        textcoords="offset points",
        ha="right",
        va="top",
        size=8,
        color=color,
        gid="numbers",
        zorder=5,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
    )


def _words(s: Summary) -> str:
    """Median and 90 % interval with the digits that they support, and what is undefined."""
    if not np.isfinite(s.median):
        return "no draw has a lag"
    words = months(s)
    if s.undefined > 0:
        share = f"{s.undefined:.1%}" if s.undefined >= 0.001 else "under 0.1%"
        words += f"; no lag in {share} of draws".replace("%", " %")
    return words


def _key(lags: Sequence[MeanLag], about: Provenance) -> list[tuple[Any, str]]:
    bars = band(NEUTRAL, 0.28, lw=3.5, marker="o", ms=5.5, mec="white")
    key: list[tuple[Any, str]] = [
        (bars, f"posterior, median, {INTERVALS}; in words: median (90 %)"),
        (published_line(), about.published_label),
    ]
    if not all(lag.converged for lag in lags):
        hollow = Line2D(
            [], [], color="#8a8a8a", lw=1, ls=(0, (3, 1.5)), marker="o", ms=5.5, mfc="white"
        )
        key.append((hollow, "grey and hollow: not converged, not to be cited"))
    return key


def _limits(lags: Sequence[MeanLag]) -> tuple[float, float]:
    """Months that all intervals and the published mean lie within, with room for the tails."""
    ends = [PUBLISHED["mean"]]
    for lag in lags:
        ends += [x for x in (lag.summary.lower90, lag.summary.upper90) if np.isfinite(x)]
    low, high = min(ends), max(ends)
    pad = 0.22 * max(high - low, 1.0)
    return low - pad, high + pad
