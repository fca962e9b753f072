"""Texts of the page: shares, dates, names and code; :mod:`frontierlag.words` words numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from frontierlag import words
from frontierlag.names import AT_RELEASE, REALIZED, TREND

KINDS = {REALIZED: "Realized lag", TREND: "Trend lag", AT_RELEASE: "Lag at release"}


def percent(share: object) -> str:
    """A share as words: never, less than 1 %, or a whole percentage."""
    return words.share(float(share), space=" ")  # type: ignore[arg-type]


def score_digits(metric: Mapping[str, Any]) -> int:
    """Decimals of a score: one of an index in points, three of an accuracy from 0 to 1."""
    return 1 if metric["unit"] == "points" else 3


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
