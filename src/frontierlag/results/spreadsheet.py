"""Tables that a spreadsheet opens as they are: no text in them is run as a formula.

Names come from a user's table as they stand there, ``=1+1`` and ``@cmd`` too. A spreadsheet that
opens a CSV file would run such a cell; with an apostrophe before it, the cell is text. Numbers are
left alone, and so is a single sign. Every CSV file of this program is written by :func:`write_csv`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd

_FORMULA = re.compile(r"[=+@\t\r]|-(?![0-9.]|$)")


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table to a CSV file, with :func:`as_text`."""
    as_text(table).to_csv(path, index=False)


def csv_text(table: pd.DataFrame) -> str:
    """The same as text, without a line end after the last line."""
    return as_text(table).to_csv(index=False, lineterminator="\n").rstrip("\n")


def as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with an apostrophe before each text that would be run as a formula."""
    words = [c for c in table.columns if not pd.api.types.is_numeric_dtype(table[c])]
    return table.assign(**{str(c): table[c].map(_safe, na_action="ignore") for c in words})


def _safe(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell
