"""Rows that a table puts in no group, and columns of groups that it has under other headings."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import numpy as np
import pandas as pd

from frontierlag.scores.reading.countries import countries, is_known
from frontierlag.scores.reading.files import TextTable
from frontierlag.scores.reading.layouts import GROUP_COLUMNS, OWN
from frontierlag.scores.reading.parsing import folded, is_blank
from frontierlag.scores.reading.report import ColumnUse, Finding, Reading, listed
from frontierlag.scores.reading.weights import WEIGHT_WORDS

NO_GROUP = ("", "unknown")
# A column holds countries, or openness, if this share of its filled cells names one.
_MOST = 0.8
_SHOWN, _HEADINGS = 5, 3


def empty_groups(frame: pd.DataFrame, columns: Sequence[str]) -> list[Finding]:
    """Return, for each of these columns, the rows that have no value in it.

    The frame is indexed by line, with model, organization, country and weights.
    """
    findings = []
    for column in columns:
        empty = frame[frame[column].isin(NO_GROUP)]
        if empty.empty:
            continue
        hints = makers_country(frame) if column == "country" else {}
        shown = [
            f"{row['model']} (row {line}{_said(row['organization'], hints)})"
            for line, row in empty.iterrows()
        ]
        findings.append(Finding(
            "check",
            f"Column {column!r} has no value in {len(empty)} of {len(frame)} rows, which count for "
            f"no group: {listed(shown, _SHOWN, ' and {} more')}. Fill the cells if they are known.",
            tuple(int(str(line)) for line in empty.index),
        ))  # fmt: skip
    return findings


def _said(maker: str, hints: dict[str, str]) -> str:
    return f"; other rows of {maker} say {hints[maker]}" if maker in hints else ""


def makers_country(frame: pd.DataFrame) -> dict[str, str]:
    """Return by maker the country that all rows of it name that name any; none where they differ.

    The frame has text columns organization and country.
    """
    named = frame[~frame["country"].isin(NO_GROUP) & (frame["organization"] != "")]
    cells = named.groupby("organization")["country"].agg(["nunique", "first"])
    one = cells.loc[(cells["nunique"] == 1) & ~cells["first"].str.contains(";"), "first"]
    return {str(maker): str(country) for maker, country in one.items()}


def candidates(raw: TextTable, idle: Sequence[int]) -> tuple[ColumnUse, ...]:
    """Return unused columns, by position, whose cells are those of a column of groups it lacks."""
    tests = {"country": _is_country, "weights": _is_openness}
    found = []
    for column in GROUP_COLUMNS:
        if raw.recognized.positions.get(column) or column not in tests:
            continue
        for at in idle:
            cells = {row[at].strip() for row in raw.rows if not is_blank(row[at])}
            if cells and np.mean([tests[column](cell) for cell in cells]) >= _MOST:
                found.append(ColumnUse(column, raw.header[at]))
    return tuple(found)


def lacking(column: str, reading: Reading) -> str:
    """Say that a table has no such column, which heading would be one, and how to name another."""
    *others, last = map(repr, OWN.columns[column][:_HEADINGS])
    return (
        f"The table has no column {column!r}, which is a heading such as {', '.join(others)} or "
        f"{last}. {not_used(reading, column)}"
    )


def not_used(reading: Reading, *columns: str) -> str:
    """Name a table's unused headings, and how to take one for one of these columns."""
    if not reading.unused:
        return "Every column of it is used."
    likely = next((use for use in reading.candidates if use.column in columns), None)
    if likely is None:
        only = reading.unused[0] if len(reading.unused) == 1 else "HEADING"
        likely = ColumnUse(columns[0], only)
    return (
        f"Columns that are not used: {', '.join(map(repr, reading.unused))}. If one of them holds "
        f"it, name it: {naming(likely)}."
    )


def naming(use: ColumnUse) -> str:
    """The option that takes a heading for a column."""
    return f"--column {shlex.quote(f'{use.column}={use.heading}')}"


def _is_openness(cell: str) -> bool:
    return WEIGHT_WORDS.get(folded(cell), "unknown") != "unknown"


def _is_country(cell: str) -> bool:
    names = countries(cell)
    return bool(names) and all(is_known(name) for name in names.split(";"))
