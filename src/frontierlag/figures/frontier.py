"""Releases over time with what is said of them: both frontiers, and the trends that priors make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from frontierlag.figures import sheet
from frontierlag.figures.labels import place_labels, short_names
from frontierlag.figures.sheet import Provenance
from frontierlag.intervals import Summary
from frontierlag.names import FOLLOWER, LEADER, TREND
from frontierlag.results import charts
from frontierlag.scores import Comparison, Metric
from frontierlag.scores.scale import axis_words, scale_of

SIZE = (9.2, 7.0)
LABEL_SIZE = 6.8
LINE_APART = 13.0  # points between the names of the groups, a line
TREND_DASHES = (0, (4, 1.3))
EMPTY = 366  # days without a release in the drawn range that are not drawn
PRIOR_SIZE = (9.6, 5.2)
BINS = 48
PRIOR_COLOR = "#8a8a8a"


@sheet.styled()
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

    ``shown`` are all releases as from :func:`frontierlag.results.charts.releases_shown`, ``bands``
    one model's rows of :func:`frontierlag.results.charts.band_table`; ``scores`` says whose the
    releases' scores and intervals are, ``published`` or ``posterior``. Releases below the score
    axis, which begins where :func:`frontierlag.results.charts.score_range` says, are counted in a
    note. Every record in the drawn range is labelled, its trailing parenthesis dropped where its
    name stays unique in the table; were there no room for some, the chart would say for how many.
    """
    low, high = charts.score_range(shown)
    below = shown["score"] < low
    names = sheet.group_labels(comparison)
    days = date2num(pd.to_datetime(shown["released"]))
    sides = (comparison.leader, comparison.follower)
    curves = [_curves(bands, group) for group in sides]
    note = _below_note(int(below.sum()), [*shown["model"][below & shown["record"]]], low, metric)
    figure, place = sheet.new_sheet(
        SIZE, title, subtitle, about, key=_key(names, scores), columns=2, notes=note,
        right=0.95, left=sheet.score_room(metric),
    )  # fmt: skip
    axes = figure.subplots(gridspec_kw=place)
    sheet.watermark(axes, about)
    for side, group in enumerate(sides):
        of = shown["group"] == group
        for record in (False, True):
            chosen = of & (shown["record"] == record)
            _draw_releases(axes, days[chosen], shown[chosen], side, record=record)
    for (trend, best), color in zip(curves, sheet.COLORS, strict=True):
        sheet.draw_bands(axes, trend, color, (0.13, 0.22), zorder=1.5)
        axes.plot(trend["day"], trend["median"], color=color, lw=1.3, ls=TREND_DASHES, zorder=3)
        axes.step(best["day"], best["median"], where="post", color=color, lw=1.6, zorder=3.5)
    # Years before the first release in the drawn range would be empty.
    seen = days[~below.to_numpy()].min()
    first = seen if seen - days.min() > EMPTY else days.min()
    axes.set_xlim(first - 20, date2num(np.datetime64(about.as_of)) + 26)
    axes.set_ylim(low, high)
    axes.set_ylabel(axis_words(metric))
    sheet.score_axis(axes, metric)
    sheet.date_axis(axes)
    _name_groups(axes, [float(best["median"].iloc[-1]) for _, best in curves], names)
    _label_records(axes, shown.assign(day=days), curves, sides, low)
    return figure


def _curves(bands: pd.DataFrame, group: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One group's trend, and its best available, whose days are steps; ``day`` is Matplotlib's."""
    own = bands[bands["group"] == group]
    own = own.assign(day=date2num(pd.to_datetime(own["date"])))
    # Where dates are open there are days on which most draws have nothing released as yet.
    there = np.isfinite(own["median"])
    return own[own["curve"] == charts.TREND_CURVE], own[there & (own["curve"] == charts.BEST)]


def _draw_releases(
    axes: Axes, days: np.ndarray, shown: pd.DataFrame, side: int, *, record: bool
) -> None:
    """Draw releases faint, records in full, each with its 90 % interval."""
    color = sheet.COLORS[side]
    alpha = 0.3 if record else 0.09
    axes.vlines(days, shown["low"], shown["high"], colors=color, alpha=alpha, lw=0.8, zorder=2)
    faint = {"s": 7, "alpha": 0.28, "lw": 0, "zorder": 2.5}
    full = {"s": 20, "ec": "white", "lw": 0.6, "zorder": 5, "gid": f"records-{side}"}
    axes.scatter(days, shown["score"], color=color, **(full if record else faint))


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
        [sheet.COLORS[0] if lead else sheet.COLORS[1] for lead in leads],
        lines,
        LABEL_SIZE,
    )
    if missing := len(chosen) - len(written):
        words = f"{missing} more records are not named: no room"
        axes.text(
            0.99, 0.01, words, transform=axes.transAxes, size=7, ha="right", color=sheet.NEUTRAL
        )


def _name_groups(axes: Axes, ends: Sequence[float], names: Sequence[str]) -> None:
    """Write each group's name at the end of its staircase."""
    names = [name.replace(" ", "\n") for name in names]
    apart = LINE_APART * max(1 + name.count("\n") for name in names)
    y = axes.transData.transform(np.column_stack([[0, 0], ends]))[:, 1] * 72 / axes.figure.dpi
    push = max(0.0, (apart - abs(y[0] - y[1])) / 2) * (1 if y[0] >= y[1] else -1)
    for end, name, color, shift in zip(ends, names, sheet.COLORS, (push, -push), strict=True):
        axes.annotate(
            name, (1, end), xycoords=("axes fraction", "data"), xytext=(6, shift),
            textcoords="offset points", color=color, weight="bold", va="center",
            annotation_clip=False, gid="group",
        )  # fmt: skip


def _key(names: tuple[str, str], scores: str) -> list[tuple[Any, str]]:
    """Trends and best available of both groups, then what the dots are."""
    key: list[tuple[Any, str]] = []
    for name, color in zip(names, sheet.COLORS, strict=True):
        trend = sheet.band(color, 0.3, lw=1.3, ls=TREND_DASHES)
        key.append((trend, f"{name}: trend, median with {sheet.INTERVALS}"))
    dot = sheet.line(ls="", marker="o", ms=5, color=sheet.NEUTRAL)
    key.append((dot, f"record by {scores} score"))
    for name, color in zip(names, sheet.COLORS, strict=True):
        stairs = sheet.line(color=color, lw=1.6)
        key.append((stairs, f"{name}: best available, posterior median"))
    faint = sheet.line(ls="", marker="o", ms=3, color=sheet.NEUTRAL, alpha=0.5)
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


@sheet.styled()
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
    histogram with that of the posterior, each scaled to its own height. ``shown`` is as for
    :func:`frontier_chart`, ``prior`` and ``lags`` are one model's rows of
    :func:`frontierlag.results.charts.prior_table` and ``mean_lag_table``, ``window`` its days in
    words.
    """
    rows = {row["of"]: row for row in lags[lags["lag"] == TREND].to_dict("records")}
    both = [
        (charts.summary_of(rows[of]), charts.draws_of(rows[of]))
        for of in (charts.PRIOR, charts.POSTERIOR)
    ]
    limits = _lag_range(*(summary for summary, _ in both))
    low, high = _score_range(shown, prior)
    days = date2num(pd.to_datetime(shown["released"]))
    prior = prior.assign(day=date2num(pd.to_datetime(prior["date"])))
    figure, place = sheet.new_sheet(
        PRIOR_SIZE, title, "", about, key=_prior_key(), columns=3,
        notes=[_note(both, limits, window)], panel_title=True, left=sheet.score_room(metric),
    )  # fmt: skip
    grid = figure.add_gridspec(1, 3, width_ratios=(1, 1, 1.05), wspace=0.16, **place)
    panels = [figure.add_subplot(grid[0, k]) for k in range(3)]
    sides = (comparison.leader, comparison.follower)
    looks = zip(panels[:2], sides, sheet.group_labels(comparison), sheet.COLORS, strict=True)
    for side, (axes, group, name, color) in enumerate(looks):
        sheet.watermark(axes, about)
        axes.set_title(name, color=color)
        own = prior[prior["group"] == group]
        _draw_trends(axes, own, color)
        of = (shown["group"] == group).to_numpy()
        axes.scatter(days[of], shown["score"][of], s=9, color=color,
                     ec="white", lw=0.3, zorder=4, gid=f"releases-{side}")  # fmt: skip
        first, last = min(own["day"].min(), days.min()), own["day"].max()
        axes.set(xlim=(first - 25, last + 25), ylim=(low, high))
        sheet.date_axis(axes, every=12)
    panels[LEADER].set_ylabel(axis_words(metric))
    for axes in panels[:2]:
        sheet.score_axis(axes, metric)
    panels[FOLLOWER].tick_params(labelleft=False)
    sheet.watermark(panels[2], about)
    _draw_lags(panels[2], both, limits)
    return figure


def _draw_trends(axes: Axes, own: pd.DataFrame, color: str) -> None:
    sheet.draw_bands(axes, own, color, (0.10, 0.16), zorder=1.2)
    for name in own.columns.intersection(charts.LINE_COLUMNS):
        look: dict[str, Any] = {"lw": 0.5, "alpha": 0.45, "zorder": 2, "gid": "prior-line"}
        axes.plot(own["day"], own[name], color=sheet.NEUTRAL, **look)
    axes.plot(own["day"], own["median"], color=color, lw=1.6, zorder=3, gid="median")


def _draw_lags(
    axes: Axes, both: Sequence[tuple[Summary, np.ndarray]], limits: tuple[float, float]
) -> None:
    """Draw prior and posterior of the mean lag, with their intervals below."""
    looks = ((PRIOR_COLOR, charts.PRIOR, -0.09), (sheet.LAG_COLORS[TREND], charts.POSTERIOR, -0.2))
    for (summary, values), (color, name, y) in zip(both, looks, strict=True):
        edges = np.linspace(*limits, BINS + 1)
        counts, _ = np.histogram(values[np.isfinite(values)], edges)
        heights = counts / max(counts.max(), 1)
        axes.stairs(heights, edges, fill=True, color=color, alpha=0.35, zorder=2, gid=name)
        sheet.draw_summary(axes, summary, y, color)
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
    return f"{sheet.months(s)}{undefined}"


def _prior_key() -> list[tuple[Any, str]]:
    dot = sheet.line(ls="", marker="o", ms=4, color=sheet.NEUTRAL)
    line = sheet.line(color=sheet.NEUTRAL, lw=0.6, alpha=0.7)
    return [
        (sheet.band(sheet.NEUTRAL, 0.3, lw=1.6), f"prior of the trend: median, {sheet.INTERVALS}"),
        (line, "one draw of it"),
        (dot, "release in the table"),
        (Patch(facecolor=PRIOR_COLOR, alpha=0.4, lw=0), "mean trend lag: prior"),
        (Patch(facecolor=sheet.LAG_COLORS[TREND], alpha=0.4, lw=0), "mean trend lag: posterior"),
    ]


def _score_range(shown: pd.DataFrame, prior: pd.DataFrame) -> tuple[float, float]:
    """The 90 % bands and every release, with some room."""
    values = np.r_[prior[[*charts.BANDS]].to_numpy(float).ravel(), shown["score"]]
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
