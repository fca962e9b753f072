"""The lag day by day, its mean over the window by every model, and mean lags as a forest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from arviz_stats.base import array_stats
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from frontierlag.figures import sheet
from frontierlag.figures.sheet import FAILED_COLOR, INK, Provenance
from frontierlag.intervals import Summary
from frontierlag.lags.published import PUBLISHED
from frontierlag.names import REALIZED, TREND
from frontierlag.results.charts import BANDS, MOSTLY, spans, summary_of
from frontierlag.words import NONE, Row, converged, with_span

SIZE = (9.2, 5.1)
UNDEFINED_SHARE = 0.05
BOUND_WORDS = {
    TREND: "read before the leader's first release in the table (extrapolated)",
    REALIZED: "at least: the leader's first model in the table was already ahead",
}
# The lag axis ends where the band's widest reach no longer helps: in months, either side of zero.
FARTHEST = 36.0
# Inches that a model takes, and that everything else takes; the same of a row of a forest.
ROW, HEAD = 0.62, 2.7
FOREST_ROW, FOREST_HEAD = 0.44, 2.6
KINDS = (REALIZED, TREND)  # of the panels of a forest
CREST = 0.62  # height of a density, in rows
FAILED_DASHES = (0, (3, 1.5))


@sheet.styled()
def lag_over_time(bands: pd.DataFrame, about: Provenance, title: str, subtitle: str = "") -> Figure:
    """Draw the kinds of lag that the bands have, side by side on one scale of months.

    ``bands`` are one model's rows of :func:`frontierlag.results.charts.lag_table_by_day`. Days on
    which most draws give a bound only (realized) or read the leader's trend before its first
    release (trend) are hatched and their bands lighter; days on which the lag exists in fewer than
    95 % of the draws are dotted, and the largest share without one is given.
    """
    low, high, cut = _range(bands)
    kinds = [*bands["lag"].unique()]
    notes = [f"The 90 % band reaches beyond the drawn range of {low:.0f} to {high:.0f} months."]
    figure, place = sheet.new_sheet(
        SIZE, title, subtitle, about, key=_time_key(bands, about), columns=2,
        notes=notes if cut else [], panel_title=True,
    )  # fmt: skip
    grid = {**place, "wspace": 0.06}
    panels = figure.subplots(1, len(kinds), sharey=True, squeeze=False, gridspec_kw=grid)[0]
    for axes, kind in zip(panels, kinds, strict=True):
        sheet.watermark(axes, about)
        _draw_days(axes, bands[bands["lag"] == kind], sheet.LAG_COLORS[kind])
        axes.axhline(PUBLISHED["mean"], zorder=4, gid="published", **sheet.PUBLISHED_LOOK)
        if low < 0:
            axes.axhline(0, color=INK, lw=0.8, zorder=2)
        sheet.lag_title(axes, kind)
        axes.set_ylim(low, high)
        sheet.date_axis(axes, every=6)
    panels[0].yaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    panels[0].set_ylabel("months behind")
    return figure


def _draw_days(axes: Axes, lag: pd.DataFrame, color: str) -> None:
    """Draw median and bands of one lag, lighter where it is mostly a bound."""
    lag = lag.assign(day=date2num(pd.to_datetime(lag["date"])))
    days, median = lag["day"].to_numpy(), lag["median"].to_numpy(float)
    bound = (lag["censored"] > MOSTLY).to_numpy()
    missing = (lag["undefined"] > UNDEFINED_SHARE).to_numpy()
    for mask, strength in ((~bound, 1.0), (bound, 0.45)):
        shown = _with_next(mask)
        sheet.draw_bands(axes, lag, color, (0.2 * strength, 0.32 * strength), where=shown)
        axes.plot(
            days, np.where(shown, median, np.nan), color=color, lw=1.8, alpha=strength, zorder=3
        )
    axes.set_xlim(days[0], days[-1])
    for mask, gid, hatch in ((bound, "bound", "////"), (missing, "undefined", "..")):
        for first, last in spans(days.tolist(), mask):
            axes.axvspan(first, last, **_hatched(hatch), zorder=1, gid=gid)
    if np.isnan(median).all():
        axes.text(0.5, 0.5, "no draw has a value", transform=axes.transAxes, ha="center")


def _time_key(bands: pd.DataFrame, about: Provenance) -> list[tuple[Any, str]]:
    key: list[tuple[Any, str]] = [
        (sheet.band(sheet.NEUTRAL, 0.35, lw=1.8), f"posterior median with {sheet.INTERVALS}"),
        (sheet.line(**sheet.PUBLISHED_LOOK), about.published_label),
    ]
    for kind in bands.loc[bands["censored"] > MOSTLY, "lag"].unique():
        key.append((Patch(**_hatched("////")), f"{kind}: {BOUND_WORDS[kind]}"))
    worst = float(bands["undefined"].max())
    if worst > UNDEFINED_SHARE:
        words = f"no lag exists in up to {worst:.0%} of the draws".replace("%", " %")
        key.append((Patch(**_hatched("..")), words))
    return key


def _hatched(hatch: str) -> dict[str, Any]:
    return {"facecolor": "none", "edgecolor": "#9e9e9e", "hatch": hatch, "lw": 0}


def _range(bands: pd.DataFrame) -> tuple[float, float, bool]:
    """The drawn range in months, and whether it cuts the 90 % band."""
    months = bands[[*BANDS]].to_numpy(float)
    known = [*months[np.isfinite(months)], PUBLISHED["mean"]]
    low, high = float(min(known)), float(max(known))
    bottom, top = max(min(low, 0.0), -FARTHEST), min(max(high, 10.0), FARTHEST)
    pad = 0.04 * (top - bottom)
    return (bottom - pad if bottom < 0 else 0.0), top + pad, low < bottom or high > top


def _with_next(mask: np.ndarray) -> np.ndarray:
    """The mask with the day after each of its runs, so that neighbouring pieces join."""
    return np.asarray(mask | np.r_[False, mask[:-1]])


@dataclass(frozen=True, eq=False)
class MeanLag:
    """One posterior to draw, with the numbers that were made of it elsewhere.

    ``draws`` are months of any shape, NaN where a draw has no lag; ``summary`` is of these draws.
    """

    model: str
    kind: str
    draws: np.ndarray
    summary: Summary
    converged: bool = True


@sheet.styled()
def mean_lags(lags: Sequence[MeanLag], about: Provenance, title: str, subtitle: str = "") -> Figure:
    """Draw the posterior of the window-mean lag of every model, a panel for each kind of lag.

    Each is a density over the draws that have a lag, with the 90 % interval as a thin bar, the 50 %
    interval as a thick one and the median as a dot; the share of draws without a lag is written
    next to it. A model that did not converge is drawn hollow and grey, and says so; the sheet is
    stamped if none converged. Models and kinds stand in the order of ``lags``.
    """
    models = list(dict.fromkeys(lag.model for lag in lags))
    kinds = list(dict.fromkeys(lag.kind for lag in lags))
    limits = _limits(lags)
    about = replace(about, model="", converged=any(lag.converged for lag in lags))
    figure, place = sheet.new_sheet(
        (9.2, HEAD + ROW * len(models)), title, subtitle, about, key=_mean_key(lags, about),
        columns=2, panel_title=True, left=1.62,
    )  # fmt: skip
    grid = {**place, "wspace": 0.08}
    panels = figure.subplots(1, len(kinds), sharey=True, squeeze=False, gridspec_kw=grid)[0]
    for axes, kind in zip(panels, kinds, strict=True):
        sheet.bare_rows(axes)
        axes.axvline(PUBLISHED["mean"], zorder=1.5, gid="published", **sheet.PUBLISHED_LOOK)
        for lag in lags:
            if lag.kind == kind:
                _draw_mean(axes, lag, len(models) - 1 - models.index(lag.model), limits)
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.set(xlim=limits, ylim=(-0.45, len(models) - 0.15), xlabel="months behind")
        sheet.lag_title(axes, kind)
    failed = {lag.model for lag in lags if not lag.converged}
    names = [f"{model}\n{sheet.STAMP}" if model in failed else model for model in models]
    panels[0].set_yticks(range(len(models))[::-1], names)
    for label, model in zip(panels[0].get_yticklabels(), models, strict=True):
        if model in failed:
            label.set(color=sheet.STAMP_COLOR, weight="bold", size=8)
    return figure


def _draw_mean(axes: Axes, lag: MeanLag, y: float, limits: tuple[float, float]) -> None:
    """Draw one posterior on its row."""
    color = sheet.LAG_COLORS[lag.kind] if lag.converged else FAILED_COLOR
    s = lag.summary
    known = lag.draws[np.isfinite(lag.draws)]
    if known.size > 1 and np.ptp(known) > 0:
        at, density, _ = array_stats.kde(known)
        inside = (at >= limits[0]) & (at <= limits[1])
        height = y + CREST * density / density.max()
        face, dashes = (color, "-") if lag.converged else ("none", FAILED_DASHES)
        x, top = at[inside], height[inside]
        axes.fill_between(x, y, top, facecolor=face, alpha=0.28, lw=0, zorder=2)
        axes.plot(x, top, color=color, lw=0.9, zorder=2.5, ls=dashes)
    if np.isfinite(s.median):
        hollow = {} if lag.converged else {"mfc": "white", "mec": color}
        gids = ("interval90", "interval50", "median")
        sheet.draw_summary(axes, s, y, color, gids, mew=1.1, **hollow)
    axes.annotate(
        _words(s), (limits[1], y), xytext=(-2, -6), textcoords="offset points", ha="right",
        va="top", size=8, color=color, gid="numbers", zorder=5,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
    )  # fmt: skip


def _words(s: Summary) -> str:
    """Median and 90 % interval with the digits that they support, and what is undefined."""
    if not np.isfinite(s.median):
        return "no draw has a lag"
    words = sheet.months(s)
    if s.undefined > 0:
        share = f"{s.undefined:.1%}" if s.undefined >= 0.001 else "under 0.1%"
        words += f"; no lag in {share} of draws".replace("%", " %")
    return words


def _mean_key(lags: Sequence[MeanLag], about: Provenance) -> list[tuple[Any, str]]:
    bars = sheet.band(sheet.NEUTRAL, 0.28, lw=3.5, marker="o", ms=5.5, mec="white")
    key: list[tuple[Any, str]] = [
        (bars, f"posterior, median, {sheet.INTERVALS}; in words: median (90 %)"),
        (sheet.line(**sheet.PUBLISHED_LOOK), about.published_label),
    ]
    if not all(lag.converged for lag in lags):
        look: dict[str, Any] = {"marker": "o", "ms": 5.5, "mfc": "white"}
        hollow = sheet.line(color=FAILED_COLOR, lw=1, ls=FAILED_DASHES, **look)
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


@sheet.styled()
def forest(
    labels: Mapping[str, str],
    rows: Mapping[str, Mapping[str, Row]],
    base: str,
    about: Provenance,
    title: str,
    subtitle: str,
    notes: Sequence[str] = (),
    dark: Sequence[str] = (),
) -> Figure:
    """Draw the median of each lag with its intervals, a panel a kind of lag.

    ``labels`` is what stands beside each row by its name, the lowest row first. ``rows`` are by
    kind of lag and by name the numbers of a row; one that is missing is left empty, and one with
    ``bound`` is an arrow. The median of ``base`` is a dotted line, and a line divides the lowest
    rows, those that are ``dark``, from the others.
    """
    figure, place = sheet.new_sheet(
        (9.6, FOREST_HEAD + FOREST_ROW * len(labels)), title, subtitle, about,
        key=sheet.summary_key(), columns=3, left=2.6, panel_title=True,
        notes=[sheet.INTERVALS, *notes],
    )  # fmt: skip
    panels = figure.subplots(1, 2, sharey=True, gridspec_kw={**place, "wspace": 0.08})
    for axes, kind in zip(panels, KINDS, strict=True):
        sheet.bare_rows(axes)
        for y, name in enumerate(labels):
            if name in rows[kind]:
                color = INK if name in dark else sheet.LAG_COLORS[kind]
                _draw_row(axes, rows[kind][name], y, color)
        centre = rows[kind].get(base, {}).get("median")
        if pd.notna(centre):
            axes.axvline(centre, color=INK, lw=0.8, ls=":")
        if dark:
            axes.axhline(len(dark) - 0.4, color="#bbbbbb", lw=0.7)
        axes.set(ylim=(-0.7, len(labels) - 0.1), xlabel="months")
        sheet.lag_title(axes, kind)
    panels[0].set_yticks(range(len(labels)), [*labels.values()])
    return figure


def _draw_row(axes: Axes, row: Row, y: float, color: str) -> None:
    """One row: intervals and median, or an arrow that begins at the median of a bound."""
    if pd.isna(row["median"]):
        axes.annotate(
            NONE, (0.02, y), xycoords=("axes fraction", "data"), va="center", size=7.5, color=color
        )
        return
    color = color if converged(row) else FAILED_COLOR
    if row.get("bound"):
        axes.plot([row["median"], row["upper90"]], [y, y], color=color, lw=1.4)
        axes.plot(row["upper90"], y, ">", color=color, ms=6, gid="bound")
        axes.plot(row["median"], y, "o", color=color, mec="white", ms=6, gid="median")
    else:
        sheet.draw_summary(axes, summary_of(row), y, color, ("interval90", "interval50", "median"))
    axes.annotate(
        with_span(row), (row["median"], y), xytext=(0, 7), textcoords="offset points",
        ha="center", size=7.5, bbox={"fc": "white", "ec": "none", "alpha": 0.8, "pad": 0.4},
    )  # fmt: skip
