"""The two interactive charts as plain plotly descriptions, coloured by name.

A colour is written as the name of a CSS variable (``--leader``); the page's script puts in what the
light or the dark scheme has for it. ``meta`` says when a trace is shown: all of its ``layers`` are
ticked and its ``model`` is the chosen one (an empty model is always). All text is escaped for
plotly, which renders a part of HTML.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd

from frontierlag.lags.published import PUBLISHED
from frontierlag.names import REALIZED, TREND
from frontierlag.report.page.folder import Results
from frontierlag.report.page.forest import KINDS, score_digits, years_back
from frontierlag.results.charts import BEST, MOSTLY, TREND_CURVE, score_range, spans
from frontierlag.scores.scale import axis_recorded, scale_recorded
from frontierlag.words import Row, rows_where

Trace = dict[str, Any]
SIDES = ("leader", "follower")
SILENT = {"hoverinfo": "skip"}
OUTER_ENDS, INNER_ENDS = ("lower90", "upper90"), ("lower50", "upper50")


def frontier_plot(results: Results) -> dict[str, Any] | None:
    """Score against release date: releases, records, best available, trends and their bands.

    ``hidden`` is the number of releases below the first view. None without releases.
    """
    releases = results.table("releases")
    if releases.empty:
        return None
    bands = results.table("bands")
    metric = results.manifest["data"]["metric"]
    traces: list[Trace] = []
    for side, group in zip(SIDES, (results.leader, results.follower), strict=True):
        of_group = releases[releases["group"] == group]
        if not bands.empty:
            for model in bands["model"].unique():
                own = bands[(bands["model"] == model) & (bands["group"] == group)]
                traces += _curves(own, side, group, str(model), results)
        else:
            traces.append(_published_stairs(of_group, side, group, results.as_of))
        for layer in ("releases", "records"):
            rows = rows_where(of_group, record=layer == "records")
            traces += [_whiskers(rows, side, layer), _dots(rows, side, layer, score_digits(metric))]
        traces += [_record_names(of_group, side), _end_label(of_group, side, group, results.as_of)]
    trends = _trends_shown_first(bands, results.headline)
    low, high = score_range(releases, trends)
    first = str(releases["released"].min())
    last = _shifted(results.as_of, 10)
    ranges = {"All dates": ([_shifted(first, -20), last], [low, high])}
    for label, start in _last_months(results.as_of, first):
        seen = releases[(releases["released"] >= start) & releases["record"]]
        floor = float(seen["score"].min()) if len(seen) else low
        floor -= 0.25 * (high - floor)
        own = trends if trends.empty else trends[trends["date"] >= start]
        ranges[label] = ([start, last], [min([floor, *own.get("lower90", ())]), high])
    lowest = min([float(releases["low"].min()), low])
    highest = max([float(releases["high"].max()), high])
    edge = 0.03 * (highest - lowest)
    ranges["All scores"] = ([_shifted(first, -20), last], [lowest - edge, highest + edge])
    return {
        "traces": [trace for trace in traces if len(trace["x"])],
        "layout": {
            "yaxis": _score_axis(metric, lowest - edge, highest + edge),
            "xaxis": {"type": "date"},
        },
        "ranges": ranges,
        "hidden": int((releases["score"] < low).sum()),
        "labelled": True,
    }


def _trends_shown_first(bands: pd.DataFrame, headline: str) -> pd.DataFrame:
    """The trends of the model that the chart begins with: the view holds their bands."""
    if bands.empty:
        return bands
    of_headline = bands["model"] == (
        headline if headline in set(bands["model"]) else bands["model"].iloc[0]
    )
    return bands[of_headline & (bands["curve"] == TREND_CURVE)]


def _score_axis(metric: Mapping[str, Any], low: float, high: float) -> dict[str, Any]:
    """The axis of scores, ticked at round raw values where scores are of others."""
    axis: dict[str, Any] = {"title": {"text": escape(axis_recorded(metric))}}
    scale = scale_recorded(metric)
    if scale.changes:
        axis["tickvals"], axis["ticktext"] = scale.ticks(low, high)
    return axis


def lag_plot(results: Results) -> dict[str, Any] | None:
    """Trend and realized lag on every day of the window, with their bands; None without them."""
    table = results.table("lag_by_day")
    if table.empty:
        return None
    traces: list[Trace] = []
    for model in table["model"].unique():
        stamp = _stamp(results, str(model))
        for kind in (TREND, REALIZED):
            own = table[(table["model"] == model) & (table["lag"] == kind)]
            traces += _bands(own, f"--{kind}", [kind, "bands"], str(model))
            text = [
                f"<b>{KINDS[kind]} on {escape(str(row['date']))}</b>{stamp}<br>"
                f"{row['median']:.1f} months<br>90 % interval {_span(row, OUTER_ENDS, 1)}"
                + _lag_caveat(kind, float(row["censored"]), float(row["undefined"]))
                for row in own.to_dict("records")
            ]
            stroke = {"color": f"--{kind}", "width": 2}
            name = f"{KINDS[kind]}, {escape(str(model))}"
            traces.append(_line(own["date"], own["median"], name, [kind], str(model), stroke, text))
    since, as_of = results.since, results.as_of
    if results.comparison == "us-china":
        stroke = {"color": "--ink", "width": 1.2, "dash": "dot"}
        mean, name = [PUBLISHED["mean"]] * 2, "published mean, 7 months"
        traces.append(_line([since, as_of], mean, name, ["published"], "", stroke))
    of_headline = table[(table["model"] == results.headline) & (table["lag"] == REALIZED)]
    mostly_bound = (of_headline["censored"] > MOSTLY).to_numpy()
    shapes = [
        {
            "type": "rect", "xref": "x", "yref": "paper", "x0": first, "x1": last,
            "y0": 0, "y1": 1, "fillcolor": "--shade", "line": {"width": 0}, "layer": "below",
        }
        for first, last in spans(of_headline["date"].tolist(), mostly_bound)
    ]  # fmt: skip
    layout: dict[str, Any] = {
        "yaxis": {"title": {"text": "months behind"}, "zeroline": True, "zerolinecolor": "--muted"},
        "xaxis": {"type": "date"},
        "shapes": shapes,
        "annotations": [],
    }
    realized = table[table["lag"] == REALIZED]
    heights = [min(0.0, float(realized["lower90"].min())) - 0.3, realized["upper90"].max() * 1.06]
    starts = {"All dates": since, **dict(_last_months(as_of, since))}
    ranges = {label: ([start, as_of], heights) for label, start in starts.items()}
    return {"traces": traces, "layout": layout, "ranges": ranges}


def _last_months(as_of: str, first: str) -> list[tuple[str, str]]:
    """Label and first day of the ranges that begin later than ``first``."""
    starts = {f"Last {months} months": years_back(as_of, months) for months in (24, 12)}
    return [(label, start) for label, start in starts.items() if start > first]


def _curves(own: pd.DataFrame, side: str, group: str, model: str, results: Results) -> list[Trace]:
    """One group's trend and best available of one model, with bands."""
    trend, best = (own[own["curve"] == curve] for curve in (TREND_CURVE, BEST))
    stairs = ["stairs", "stair bands"]
    traces = [
        *_bands(trend, f"--{side}", ["trends", "bands"], model),
        *_band(best, OUTER_ENDS, f"--{side}-90", stairs, model, "hv"),
    ]
    stamp = _stamp(results, model)
    digits = score_digits(results.manifest["data"]["metric"])
    for rows, layer, words, shape in (
        (trend, "trends", "trend", {"dash": "dash"}),
        (best, "stairs", "best available", {"dash": "solid", "shape": "hv"}),
    ):
        text = [
            f"<b>{escape(group)}: {words}</b>{stamp}<br>"
            f"{escape(str(row['date']))}: {row['median']:.{digits}f}<br>"
            f"90 % interval {_span(row, OUTER_ENDS, digits)}"
            for row in rows.to_dict("records")
        ]
        stroke = {"color": f"--{side}", "width": 1.6, **shape}
        name = escape(f"{group}: {words}, {model}")
        traces.append(_line(rows["date"], rows["median"], name, [layer], model, stroke, text))
    return traces


def _published_stairs(own: pd.DataFrame, side: str, group: str, as_of: str) -> Trace:
    """The running best of published scores, where no model's staircase is at hand."""
    held = own[own["record"]].sort_values("released")
    x = [*held["released"], as_of]
    y = [*held["score"], *held["score"].tail(1)]
    name = escape(f"{group}: best published score so far")
    return _line(x, y, name, ["stairs"], "", {"color": f"--{side}", "width": 1.6, "shape": "hv"})


def _dots(rows: Sequence[Row], side: str, layer: str, digits: int) -> Trace:
    """Releases as dots, each with its name, maker, date and score."""
    record = layer == "records"
    text = []
    for row in rows:
        exact = ", no interval: it defines the scale or none is published"
        known = f", 90 % interval {_span(row, ('low', 'high'), digits)}"
        text.append(
            f"<b>{escape(str(row['model']))}</b>{' (record)' if record else ''}<br>"
            f"{escape(_makers(row['organization']))}<br>{escape(str(row['released']))}<br>"
            f"score {row['score']:.{digits}f}{known if row['high'] > row['low'] else exact}"
        )
    marker = {
        "color": f"--{side}" if record else f"--{side}-dot",
        "size": 8 if record else 5,
        "line": {"color": "--paper", "width": 1 if record else 0},
    }
    x, y = ([row[name] for row in rows] for name in ("released", "score"))
    more: Trace = {"marker": marker, "text": text, "hovertemplate": "%{text}<extra></extra>"}
    return _trace("markers", x, y, f"{side} {layer}", [layer], **more)


def _whiskers(rows: Iterable[Row], side: str, layer: str) -> Trace:
    """The published 90 % interval of every score, as one broken line."""
    x: list[str | None] = []
    y: list[float | None] = []
    for row in rows:
        x += [row["released"], row["released"], None]
        y += [row["low"], row["high"], None]
    stroke = {"color": f"--{side}-{'dot' if layer == 'records' else '50'}", "width": 1}
    return _line(x, y, f"{side} {layer} intervals", [layer, "intervals"], "", stroke)


def _record_names(own: pd.DataFrame, side: str) -> Trace:
    """The names of a group's records, above the leader's and below the follower's."""
    held = own[own["record"]]
    more: Trace = {
        "text": [escape(str(name)) for name in held["model"]],
        "textposition": "top left" if side == "leader" else "bottom right",
        "textfont": {"color": f"--{side}", "size": 10},
    }
    x, y, layers = held["released"], held["score"], ["names", "records"]
    return _trace("text", x, y, f"{side} names", layers, **SILENT, **more)


def _end_label(own: pd.DataFrame, side: str, group: str, as_of: str) -> Trace:
    """The group's name at the right end, at the height of its best."""
    more: Trace = {
        "text": [f"  <b>{escape(group)}</b>"],
        "textposition": "middle right",
        "textfont": {"color": f"--{side}", "size": 14},
        "cliponaxis": False,
    }
    best = _trace("text", [as_of], [own["score"].max()], f"{side} label", [], **SILENT, **more)
    best["meta"]["wide"] = True
    return best


def _bands(rows: pd.DataFrame, color: str, layers: list[str], model: str) -> list[Trace]:
    """The outer band and on it the inner one, each in its own strength of the colour."""
    outer = _band(rows, OUTER_ENDS, f"{color}-90", layers, model)
    return [*outer, *_band(rows, INNER_ENDS, f"{color}-50", layers, model)]


def _band(
    rows: pd.DataFrame,
    bounds: tuple[str, str],
    color: str,
    layers: list[str],
    model: str,
    shape: str = "linear",
) -> list[Trace]:
    """A band as two lines without a stroke, the second filled down to the first."""
    stroke = {"width": 0, "shape": shape, "color": color}
    low, high = (
        _line(rows["date"], rows[bound], f"band {bound}", layers, model, stroke) for bound in bounds
    )
    return [low, {**high, "fill": "tonexty", "fillcolor": color}]


def _line(
    x: Iterable[Any],
    y: Iterable[Any],
    name: str,
    layers: list[str],
    model: str,
    stroke: dict[str, Any],
    text: list[str] | None = None,
) -> Trace:
    """A line; ``text`` is what the pointer shows at each of its points."""
    shown = SILENT if text is None else {"text": text, "hovertemplate": "%{text}<extra></extra>"}
    return _trace("lines", x, y, name, layers, model, line=stroke, **shown)


def _trace(
    mode: str,
    x: Iterable[Any],
    y: Iterable[Any],
    name: str,
    layers: list[str],
    model: str = "",
    **more: Any,
) -> Trace:
    return {
        "type": "scatter",
        "mode": mode,
        "x": list(x),
        "y": [None if pd.isna(value) else float(value) for value in y],
        "name": name,
        "meta": {"layers": layers, "model": model},
        "showlegend": False,
        **more,
    }


def _span(row: Row, ends: tuple[str, str], digits: int) -> str:
    low, high = (f"{row[end]:.{digits}f}" for end in ends)
    return f"{low} to {high}"


def _makers(cell: Any) -> str:
    return "maker not given" if pd.isna(cell) or not str(cell) else str(cell).replace(";", ", ")


def _lag_caveat(kind: str, censored: float, undefined: float) -> str:
    words = ""
    if censored >= 0.005:
        what = "only a lower bound" if kind == REALIZED else "read outside the data"
        words += f"<br>{what} in {censored:.0%} of the draws"
    if undefined >= 0.005:
        words += f"<br>no lag in {undefined:.0%} of the draws"
    return words


def _stamp(results: Results, model: str) -> str:
    return " <b>NOT CONVERGED</b>" if model in results.unconverged else ""


def _shifted(day: str, days: int) -> str:
    return str((pd.Timestamp(day) + pd.Timedelta(days=days)).date())
