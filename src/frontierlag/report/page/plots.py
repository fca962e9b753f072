"""The two interactive charts as plain plotly descriptions, coloured by name.

A colour is written as the name of a CSS variable (``--leader``); the page's script puts in what the
light or the dark scheme has for it. ``meta`` says when a trace is shown: all of its ``layers`` are
ticked and its ``model`` is the chosen one (an empty model is always). All text is escaped for
plotly, which renders a part of HTML.
"""

from __future__ import annotations

import html
from typing import Any

import pandas as pd

from frontierlag.lags.published import PUBLISHED
from frontierlag.names import REALIZED, TREND
from frontierlag.report.page.folder import Results
from frontierlag.report.page.forest import KINDS, score_digits, years_back
from frontierlag.report.page.traces import (
    Trace,
    band,
    dots,
    end_label,
    line,
    record_names,
    whiskers,
)
from frontierlag.results.charts import BEST, TREND_CURVE

SIDES = ("leader", "follower")
MOSTLY = 0.5  # share of draws from which a day counts as known by a bound only


def frontier_plot(results: Results) -> dict[str, Any] | None:
    """Score against release date: releases, records, best available, trends and their bands.

    Returns
    -------
    ``traces``, ``layout``, ``ranges`` (by label) and ``hidden``, the number of releases below the
    first view; None if the folder has no releases.
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
            rows = of_group[of_group["record"] == (layer == "records")]
            traces += [whiskers(rows, side, layer), dots(rows, side, layer, score_digits(metric))]
        traces += [record_names(of_group, side), end_label(of_group, side, group, results.as_of)]
    low, high = _score_range(releases)
    first = str(releases["released"].min())
    last = _shifted(results.as_of, 10)
    ranges = {"All dates": ([_shifted(first, -20), last], [low, high])}
    for months in (24, 12):
        start = years_back(results.as_of, months)
        if start > first:
            seen = releases[(releases["released"] >= start) & releases["record"]]
            floor = float(seen["score"].min()) if len(seen) else low
            bottom = floor - 0.25 * (high - floor)
            ranges[f"Last {months} months"] = ([start, last], [bottom, high])
    everything = [float(releases["low"].min()), float(releases["high"].max())]
    edge = 0.03 * (everything[1] - everything[0])
    ranges["All scores"] = (
        [_shifted(first, -20), last],
        [everything[0] - edge, everything[1] + edge],
    )
    return {
        "traces": [trace for trace in traces if len(trace["x"])],
        "layout": {
            "yaxis": {"title": {"text": html.escape(f"{metric['name']} score ({metric['unit']})")}},
            "xaxis": {"type": "date"},
        },
        "ranges": ranges,
        "hidden": int((releases["score"] < low).sum()),
        "labelled": True,
    }


def lag_plot(results: Results) -> dict[str, Any] | None:
    """Trend and realized lag on every day of the window, with their bands.

    Returns
    -------
    As :func:`frontier_plot`; None if the folder does not have the lag by day.
    """
    table = results.table("lag_by_day")
    if table.empty:
        return None
    traces: list[Trace] = []
    for model in table["model"].unique():
        for kind in (TREND, REALIZED):
            own = table[(table["model"] == model) & (table["lag"] == kind)]
            about = {"model": str(model)}
            for inner, color in ((False, f"--{kind}-90"), (True, f"--{kind}-50")):
                bounds = ("lower50", "upper50") if inner else ("lower90", "upper90")
                traces += band(own, bounds, color, [kind, "bands"], about, "linear")
            stamp = _stamp(results, str(model))
            traces.append(
                {
                    **line(own["date"], own["median"], f"--{kind}", [kind], about),
                    "line": {"color": f"--{kind}", "width": 2},
                    "text": [
                        f"<b>{KINDS[kind]} on {html.escape(str(row['date']))}</b>{stamp}<br>"
                        f"{row['median']:.1f} months<br>"
                        f"90 % interval {row['lower90']:.1f} to {row['upper90']:.1f}"
                        + _lag_caveat(kind, float(row["censored"]), float(row["undefined"]))
                        for row in own.to_dict("records")
                    ],
                    "name": f"{KINDS[kind]}, {html.escape(str(model))}",
                }
            )
    since = str(results.manifest["window"]["since"])
    layout: dict[str, Any] = {
        "yaxis": {"title": {"text": "months behind"}, "zeroline": True, "zerolinecolor": "--muted"},
        "xaxis": {"type": "date"},
        "shapes": [],
        "annotations": [],
    }
    if results.comparison == "us-china":
        traces.append(
            {
                **line([since, results.as_of], [PUBLISHED["mean"]] * 2, "--ink", ["published"], {}),
                "line": {"color": "--ink", "width": 1.2, "dash": "dot"},
                "hoverinfo": "skip",
                "name": "published mean, 7 months",
            }
        )
    own = table[(table["model"] == results.headline) & (table["lag"] == REALIZED)]
    for first, last in _bound_spans(own):
        layout["shapes"].append(
            {
                "type": "rect", "xref": "x", "yref": "paper", "x0": first, "x1": last,
                "y0": 0, "y1": 1, "fillcolor": "--shade", "line": {"width": 0}, "layer": "below",
            }
        )  # fmt: skip
    top = float(table.loc[table["lag"] == REALIZED, "upper90"].max())
    bottom = min(0.0, float(table.loc[table["lag"] == REALIZED, "lower90"].min()))
    ranges = {
        "All dates": ([since, results.as_of], [bottom - 0.3, top * 1.06]),
        **{
            f"Last {months} months": (
                [years_back(results.as_of, months), results.as_of],
                [bottom - 0.3, top * 1.06],
            )
            for months in (24, 12)
            if years_back(results.as_of, months) > since
        },
    }
    return {"traces": traces, "layout": layout, "ranges": ranges}


def _curves(own: pd.DataFrame, side: str, group: str, model: str, results: Results) -> list[Trace]:
    """One group's trend and best available of one model, with bands."""
    about = {"model": model}
    trend = own[own["curve"] == TREND_CURVE]
    best = own[own["curve"] == BEST]
    traces = [
        *band(trend, ("lower90", "upper90"), f"--{side}-90", ["trends", "bands"], about),
        *band(trend, ("lower50", "upper50"), f"--{side}-50", ["trends", "bands"], about),
        *band(best, ("lower90", "upper90"), f"--{side}-90", ["stairs", "stair bands"], about, "hv"),
    ]
    stamp = _stamp(results, model)
    digits = score_digits(results.manifest["data"]["metric"])
    for rows, layer, words in ((trend, "trends", "trend"), (best, "stairs", "best available")):
        stroke = {
            "color": f"--{side}",
            "width": 1.6,
            "dash": "dash" if layer == "trends" else "solid",
        }
        if layer == "stairs":
            stroke["shape"] = "hv"
        traces.append(
            {
                **line(rows["date"], rows["median"], f"--{side}", [layer], about),
                "line": stroke,
                "text": [
                    f"<b>{html.escape(group)}: {words}</b>{stamp}<br>"
                    f"{html.escape(str(row['date']))}: {row['median']:.{digits}f}<br>"
                    f"90 % interval {row['lower90']:.{digits}f} to {row['upper90']:.{digits}f}"
                    for row in rows.to_dict("records")
                ],
                "name": html.escape(f"{group}: {words}, {model}"),
            }
        )
    return traces


def _published_stairs(own: pd.DataFrame, side: str, group: str, as_of: str) -> Trace:
    """The running best of published scores, where no model's staircase is at hand."""
    held = own[own["record"]].sort_values("released")
    x = [*held["released"], as_of]
    y = [*held["score"], *held["score"].tail(1)]
    return {
        **line(x, y, f"--{side}", ["stairs"], {}),
        "line": {"color": f"--{side}", "width": 1.6, "shape": "hv"},
        "hoverinfo": "skip",
        "name": html.escape(f"{group}: best published score so far"),
    }


def _lag_caveat(kind: str, censored: float, undefined: float) -> str:
    words = ""
    if censored >= 0.005:
        what = "only a lower bound" if kind == REALIZED else "read outside the data"
        words += f"<br>{what} in {censored:.0%} of the draws"
    if undefined >= 0.005:
        words += f"<br>no lag in {undefined:.0%} of the draws"
    return words


def _bound_spans(own: pd.DataFrame) -> list[tuple[str, str]]:
    """Stretches of days on which the realized lag is a bound in most draws."""
    spans: list[tuple[str, str]] = []
    start = ""
    last = ""
    for row in own.to_dict("records"):
        bound = float(row["censored"]) > MOSTLY
        if bound and not start:
            start = str(row["date"])
        if start and not bound:
            spans.append((start, str(row["date"])))
            start = ""
        last = str(row["date"])
    return [*spans, (start, last)] if start else spans


def _stamp(results: Results, model: str) -> str:
    return " <b>NOT CONVERGED</b>" if model in results.unconverged else ""


def _score_range(releases: pd.DataFrame) -> tuple[float, float]:
    """From a little below the lower of the two second records to above the highest interval."""
    held = releases[releases["record"]]
    seconds = [own["score"].sort_values().iloc[:2].iloc[-1] for _, own in held.groupby("group")]
    top, low = float(releases["score"].max()), float(min(seconds))
    return low - 0.06 * (top - low), max(top + 0.08 * (top - low), float(held["high"].max()))


def _shifted(day: str, days: int) -> str:
    return str((pd.Timestamp(day) + pd.Timedelta(days=days)).date())
