"""Cells of text to dates and numbers, by formats that leave no room for guessing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

import numpy as np
from numpy.typing import NDArray

# Cells that mean "nothing here", without regard to case.
BLANKS = frozenset({"", "na", "n/a", "nan", "nat", "null", "none", "<na>"})

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|\+00:00)?)?")


def is_blank(text: str) -> bool:
    """Whether a cell holds no value."""
    return text.casefold() in BLANKS


def parse_date(text: str) -> date | None:
    """Return the day of an ISO date (a time of 00:00 may follow), None for anything else."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    try:
        return date.fromisoformat(match.group(1))
    except ValueError:
        return None


def parse_number(text: str) -> float:
    """Return a finite decimal number with a point; NaN for anything else."""
    if _NUMBER.fullmatch(text) is None:
        return float("nan")
    number = float(text)
    return number if np.isfinite(number) else float("nan")


def numbers(cells: Iterable[str]) -> NDArray[np.float64]:
    """Return numbers of cells, NaN where a cell is blank or no number."""
    return np.array([parse_number(cell) for cell in cells], dtype=np.float64)


def days(cells: Iterable[str]) -> NDArray[np.datetime64]:
    """Return days of cells, NaT where a cell is blank or no ISO date."""
    parsed = (parse_date(cell) for cell in cells)
    return np.array([day if day is not None else "NaT" for day in parsed], dtype="datetime64[D]")
