"""Figures as the page prints them: no more digits than the Monte Carlo error supports."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup, escape

from frontierlag.lags.periods import FEW_BOUNDS
from frontierlag.names import AT_RELEASE, REALIZED, TREND
from frontierlag.report.sentences import joined_span
from frontierlag.summary import decimals

Row = Mapping[Hashable, Any]
KINDS = {REALIZED: "Realized lag", TREND: "Trend lag", AT_RELEASE: "Lag at release"}
NONE = "none"


def figure(value: float, mcse: float) -> str:
    """A number with as many decimals, at most one, as its Monte Carlo error supports.

    A figure without such an error is no summary of draws, and has one decimal.
    """
    if pd.isna(value):
        return NONE
    places = 1 if pd.isna(mcse) else decimals(float(mcse), most=1)
    return f"{round(float(value), places) + 0.0:.{places}f}"


def median(row: Row) -> str:
    """The median of a row, 'at least' before it where it is mostly a bound."""
    return f"{bound(row)}{figure(row['median'], row['mcse'])}"


def span(row: Row, inner: bool = False) -> str:
    """The 90 % (or 50 %) interval of a row, as in ``5.8 to 7.9``."""
    level = "50" if inner else "90"
    ends = [figure(row[f"{side}{level}"], row["mcse"]) for side in ("lower", "upper")]
    return NONE if NONE in ends else joined_span(*ends)


def bound(row: Row) -> str:
    """``at least `` where a realized lag is a lower bound on too many days, else nothing."""
    share = row.get("censored")
    told = share is not None and not pd.isna(share) and float(share) > FEW_BOUNDS
    return "at least " if told and row.get("lag") != TREND else ""


def percent(share: object) -> str:
    """A share as words: never, under 1 %, or a whole percentage."""
    value = float(share)  # type: ignore[arg-type]
    if np.isnan(value):
        return NONE
    if value == 0:
        return "never"
    return "under 1 %" if value < 0.01 else f"{value:.0%}".replace("%", " %")


def converged(row: Row) -> bool:
    """Whether the fit behind a row passed; a row that rests on no fit has nothing to pass."""
    value = row.get("converged")
    return value is None or pd.isna(value) or str(value) == "True"


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
