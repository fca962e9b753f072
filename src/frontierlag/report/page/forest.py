"""Medians with their intervals as rows that HTML alone can draw; how the page writes numbers.

A row is drawn with bars placed by percentages, so it needs no script, prints, and fits a phone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup, escape

from frontierlag import words
from frontierlag.names import AT_RELEASE, REALIZED, TREND
from frontierlag.results.charts import BANDS
from frontierlag.words import Row, converged, median, span

TICKS = 6  # at most, on one scale


@dataclass(frozen=True)
class Bar:
    """One row: words, a median, two intervals, and what was claimed, all in the same unit.

    ``text`` is median and 90 % interval in figures, ``values`` are ``lower90, lower50, median,
    upper50, upper90``, NaN where there is none. The row that others are compared with is ``base``;
    one that rests on a fit that failed the convergence checks is ``stamped``; ``href`` is another
    page that it is of. ``places`` and ``claimed_places``, percentages of the scale, are filled by
    :func:`scaled`.
    """

    label: str
    text: str
    values: tuple[float, ...]
    note: str = ""
    claimed: tuple[float, float] | None = None
    base: bool = False
    stamped: bool = False
    href: str = ""
    places: tuple[float, ...] = ()
    claimed_places: tuple[float, ...] = ()


@dataclass(frozen=True)
class Forest:
    """Rows on one scale with its ticks, each a label and a percentage, and a reference line."""

    bars: tuple[Bar, ...]
    ticks: tuple[tuple[str, float], ...]
    line: float | None = None
    line_words: str = ""


def bar(row: Row, label: str, *, note: str = "", base: bool = False) -> Bar:
    """A bar from a row of a table with median, quantiles and Monte Carlo error."""
    text = median(row)
    if pd.notna(row["lower90"]):
        text += f" ({span(row)})"
    return Bar(
        label=label,
        text=text,
        values=tuple(float(row[name]) for name in BANDS),
        note=note,
        base=base,
        stamped=not converged(row),
    )


def scaled(bars: Sequence[Bar], line: float | None = None, line_words: str = "") -> Forest | None:
    """Set rows on one scale that holds them all; None if there is nothing to draw."""
    ends = [v for b in bars for v in (*b.values, *(b.claimed or ())) if np.isfinite(v)]
    if not ends:
        return None
    if line is not None:
        ends.append(line)
    low, high = min(ends), max(ends)
    low = min(low, 0.0) if low < 0.35 * high else low
    step = _step((high - low) or 1.0)
    start, stop = np.floor(low / step) * step, np.ceil(high / step) * step
    stop = stop if stop > start else start + step
    ticks = np.arange(start, stop + step / 2, step)

    def place(value: float) -> float:
        return round(100 * float((value - start) / (stop - start)), 2)

    placed = tuple(
        replace(
            b,
            places=tuple(place(v) if np.isfinite(v) else float("nan") for v in b.values),
            claimed_places=tuple(place(v) for v in b.claimed or ()),
        )
        for b in bars
    )
    return Forest(
        bars=placed,
        ticks=tuple((f"{tick:g}", place(tick)) for tick in ticks),
        line=None if line is None else place(line),
        line_words=line_words,
    )


def _step(width: float) -> float:
    """The smallest round step that gives at most ``TICKS`` ticks."""
    rough = width / TICKS
    power = 10.0 ** np.floor(np.log10(rough))
    return float(next(power * k for k in (1, 2, 2.5, 5, 10) if power * k >= rough))


KINDS = {REALIZED: "Realized lag", TREND: "Trend lag", AT_RELEASE: "Lag at release"}


def percent(share: object) -> str:
    """A share as words: never, less than 1 %, or a whole percentage."""
    return words.share(float(share), space=" ")  # type: ignore[arg-type]


def score_digits(metric: Mapping[str, Any]) -> int:
    """Decimals of a score: one of an index, two of a logarithm, three of an accuracy."""
    if metric.get("scale", {}).get("log2"):
        return 2
    return 3 if metric["unit"] == "accuracy" else 1


def coded(text: object) -> Markup:
    """Text as HTML, what stands between two backticks as code; everything else is escaped."""
    parts = str(text).split("`")
    if len(parts) % 2 == 0:  # a backtick without its fellow is a backtick
        return escape(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if at % 2 else escape(part)
        for at, part in enumerate(parts)
    )


def whose(group: str, column: str) -> str:
    """A group's name in a sentence."""
    if column == "weights":
        return f"{group}-weight models"
    return {"USA": "the USA", "UK": "the UK", "UAE": "the UAE"}.get(group, group)


def years_back(day: str, months: int) -> str:
    """The same day ``months`` earlier, as text."""
    return str((pd.Timestamp(day) - pd.DateOffset(months=months)).date())


def long_date(day: str) -> str:
    """A day as people write it, 11 August 2026."""
    stamp = pd.Timestamp(day)
    return f"{stamp.day} {stamp:%B %Y}"
