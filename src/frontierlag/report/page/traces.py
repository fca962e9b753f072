"""Traces of the interactive charts: what every one of them is made of."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import pandas as pd

Trace = dict[str, Any]


def dots(rows: pd.DataFrame, side: str, layer: str, digits: int) -> Trace:
    """Releases as dots, each with its name, maker, date and score."""
    record = layer == "records"
    return {
        "type": "scatter",
        "mode": "markers",
        "x": list(rows["released"]),
        "y": list(rows["score"]),
        "text": [
            f"<b>{html.escape(str(row['model']))}</b>{' (record)' if record else ''}<br>"
            f"{html.escape(_makers(row['organization']))}<br>{html.escape(str(row['released']))}<br>"
            f"score {row['score']:.{digits}f}"
            + (
                f", 90 % interval {row['low']:.{digits}f} to {row['high']:.{digits}f}"
                if row["high"] > row["low"]
                else ", no interval: it defines the scale or none is published"
            )
            for row in rows.to_dict("records")
        ],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {
            "color": f"--{side}" if record else f"--{side}-dot",
            "size": 8 if record else 5,
            "line": {"color": "--paper", "width": 1 if record else 0},
        },
        "name": f"{side} {layer}",
        "meta": {"layers": [layer], "model": ""},
        "showlegend": False,
    }


def record_names(own: pd.DataFrame, side: str) -> Trace:
    """The names of a group's records, above the leader's and below the follower's."""
    held = own[own["record"]]
    return {
        "type": "scatter",
        "mode": "text",
        "x": list(held["released"]),
        "y": list(held["score"]),
        "text": [html.escape(str(name)) for name in held["model"]],
        "textposition": "top left" if side == "leader" else "bottom right",
        "textfont": {"color": f"--{side}", "size": 10},
        "hoverinfo": "skip",
        "name": f"{side} names",
        "meta": {"layers": ["names", "records"], "model": ""},
        "showlegend": False,
    }


def end_label(own: pd.DataFrame, side: str, group: str, as_of: str) -> Trace:
    """The group's name at the right end, at the height of its best."""
    best = own["score"].max()
    return {
        "type": "scatter",
        "mode": "text",
        "x": [as_of],
        "y": [None if pd.isna(best) else float(best)],
        "text": [f"  <b>{html.escape(group)}</b>"],
        "textposition": "middle right",
        "textfont": {"color": f"--{side}", "size": 14},
        "cliponaxis": False,
        "hoverinfo": "skip",
        "name": f"{side} label",
        "meta": {"layers": [], "model": "", "wide": True},
        "showlegend": False,
    }


def whiskers(rows: pd.DataFrame, side: str, layer: str) -> Trace:
    """The published 90 % interval of every score, as one broken line."""
    x: list[str | None] = []
    y: list[float | None] = []
    for row in rows.to_dict("records"):
        x += [row["released"], row["released"], None]
        y += [row["low"], row["high"], None]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "line": {"color": f"--{side}-dot" if layer == "records" else f"--{side}-50", "width": 1},
        "hoverinfo": "skip",
        "name": f"{side} {layer} intervals",
        "meta": {"layers": [layer, "intervals"], "model": ""},
        "showlegend": False,
    }


def line(
    x: Sequence[Any] | pd.Series,
    y: Sequence[Any] | pd.Series,
    color: str,
    layers: list[str],
    about: dict[str, str],
) -> Trace:
    """A line whose ``text`` is what the pointer shows; ``about`` names its model."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(x),
        "y": _numbers(y),
        "line": {"color": color, "width": 1.6},
        "hovertemplate": "%{text}<extra></extra>",
        "meta": {"layers": layers, "model": about.get("model", "")},
        "showlegend": False,
    }


def band(
    rows: pd.DataFrame,
    bounds: tuple[str, str],
    color: str,
    layers: list[str],
    about: dict[str, str],
    shape: str = "linear",
) -> list[Trace]:
    """A band as two lines without a stroke, the second filled down to the first."""
    traces = []
    for bound, fill in zip(bounds, (None, "tonexty"), strict=True):
        traces.append(
            {
                **line(rows["date"], rows[bound], color, layers, about),
                "line": {"width": 0, "shape": shape, "color": color},
                "hoverinfo": "skip",
                "name": f"band {bound}",
                **({"fill": fill, "fillcolor": color} if fill else {}),
            }
        )
        traces[-1].pop("hovertemplate")
    return traces


def _numbers(values: Sequence[Any] | pd.Series) -> list[float | None]:
    return [None if pd.isna(v) else float(v) for v in values]


def _makers(cell: Any) -> str:
    return "maker not given" if pd.isna(cell) or not str(cell) else str(cell).replace(";", ", ")
