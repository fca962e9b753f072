"""Rows of the tables in ``results/`` and how the README words them."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from frontierlag.dates import RELEASED, WORDS, recorded
from frontierlag.errors import OutputError
from frontierlag.intervals import decimals
from frontierlag.machine.files import MANIFEST
from frontierlag.names import TREND
from frontierlag.scores.registry import registry
from frontierlag.words import FEW_BOUNDS, error_of, joined_span

Row = Mapping[Hashable, Any]

NEW, OLD = registry().roles.scores, registry().roles.published


def read(results: Path, *parts: str) -> pd.DataFrame:
    """Read a table of the results.

    Raises
    ------
    OutputError
        If it has not been made.
    """
    file = results.joinpath(*parts)
    if not file.is_file():
        raise OutputError(
            f"{file} is missing; `make results studies calibration sbc backtest` makes it"
        )
    return pd.read_csv(file)


def convention(results: Path, *folder: str) -> str:
    """Which days a study's models are dated at, as a sentence; bold where not at our own."""
    manifest = json.loads(results.joinpath(*folder, MANIFEST).read_text(encoding="utf-8"))
    dates = recorded(manifest["data"])
    if dates == RELEASED:
        return f"By {WORDS[dates]}."
    return (
        f"**By {WORDS[dates]}, not by the first day of use as the rest of this page: the study has "
        "not been made again since.** Compare its rows with its own first row."
    )


def rows_of(table: pd.DataFrame, **where: str) -> pd.DataFrame:
    """The rows in which columns have these values."""
    for column, value in where.items():
        table = table[table[column] == value]
    return table


def row_of(lags: pd.DataFrame, model: str, lag: str, period: str) -> Row:
    """The one row of a model, lag and period."""
    (row,) = rows_of(lags, model=model, lag=lag, period=period).to_dict("records")
    return row


def _places(row: Row) -> int:
    return decimals(error_of(row), most=1)


def _median(row: Row) -> str:
    """The median, with the digits that its Monte Carlo error supports."""
    return _figure(row["median"], _places(row))


def _outer(row: Row) -> str:
    """The ends of the 90 % interval."""
    low, high = (_figure(row[name], _places(row)) for name in ("lower90", "upper90"))
    return joined_span(low, high)


def _figure(value: float, places: int) -> str:
    """With so many decimals; a rounded -0 is 0."""
    return f"{round(value, places) + 0.0:.{places}f}"


def marked(row: Row, unit: str = "") -> str:
    """Median and interval, with 'at least' and NOT CONVERGED where they belong.

    A trend read outside the data is extrapolated, which is no lower bound.
    """
    bound = "at least " if row["censored"] > FEW_BOUNDS and row["lag"] != TREND else ""
    stamp = "" if row["converged"] else " NOT CONVERGED"
    return f"{bound}{_median(row)}{unit} ({_outer(row)}){stamp}"


def share(value: float) -> str:
    """A share of days or draws in whole per cent, never rounded to none."""
    if value == 0:
        return "none"
    return "<1%" if value < 0.01 else f"{value:.0%}"
