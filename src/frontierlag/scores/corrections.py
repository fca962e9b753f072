"""Release dates of reference tables gone through by hand: what was published, what is right, why.

One row a model and date as published. It holds for a table's row if both are the same letter by
letter; a row whose old and new date are equal confirms the date. Where public sources leave more
than one day open, ``earliest`` and ``latest`` are the first and last of them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from frontierlag.dates import ANNOUNCED, AS_PUBLISHED, Dates
from frontierlag.errors import ScoresError
from frontierlag.scores.registry import DATA, shipped_rows

FILE = "date_corrections.csv"
# What happened on a day: `release` and the two narrower kinds are days of use outside the maker,
# `family release` is that of an earlier model of the same name, `later model` that of a later one
# of the same family. `publication` is the day of a paper or post, `repository` that on which an
# empty or private repository was made, `snapshot name` the date that a snapshot has in its name,
# `month only` a first of the month that stands for the month.
Kind = Literal[
    "release", "api release", "snapshot release", "family release", "later model", "announcement",
    "preview for testers", "publication", "repository", "snapshot name", "month only",
]  # fmt: skip
# The reason of a row that rests on the publisher alone: no announcement by the maker was read.
OWN_FILES = "The publisher's files and every vintage that has the model agree."
Key = tuple[str, date]
Day = Annotated[date | None, BeforeValidator(lambda cell: cell or None)]
Filled = Annotated[str, Field(min_length=1)]


class Correction(BaseModel):
    """The date of one model: as published, as corrected, and between which days it may lie.

    Attributes
    ----------
    model, old, old_kind
        The row it is for, and what happened on the day as published.
    new, new_kind
        The first day of use outside the maker.
    earliest, latest
        The closed interval that public sources leave open; None if the day is certain.
    announced
        The day of the announcement; None if not known. Weights sometimes come before it.
    reason, source
        Why, and where it can be read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Filled
    old: date
    old_kind: Kind
    new: date
    new_kind: Kind
    earliest: Day
    latest: Day
    announced: Day
    reason: Filled
    source: Filled

    @model_validator(mode="after")
    def _ordered(self) -> Correction:
        if (self.earliest is None) != (self.latest is None):
            raise ValueError("give both earliest and latest, or neither where the day is certain")
        if not self.low <= self.new <= self.high:
            raise ValueError(
                f"the new date {self.new} lies outside {self.low} to {self.high}, from earliest to "
                "latest"
            )
        return self

    @property
    def low(self) -> date:
        """First day that it may be."""
        return self.earliest or self.new

    @property
    def high(self) -> date:
        """Last day that it may be."""
        return self.latest or self.new

    @property
    def changes(self) -> bool:
        """Whether it changes the date, and does not only confirm it."""
        return self.old != self.new

    @property
    def from_publisher_alone(self) -> bool:
        """Whether it was checked against nothing but the files of the table's own publisher."""
        return self.reason == OWN_FILES

    @property
    def days(self) -> int:
        """How much later the new date is."""
        return (self.new - self.old).days

    def record(self) -> dict[str, Any]:
        """What a manifest says of it."""
        return self.model_dump(mode="json", exclude_none=True)


@cache
def corrections() -> dict[Key, Correction]:
    """Return the shipped table, by model and date as published."""
    return read_corrections((DATA / FILE).read_text(encoding="utf-8"))


def read_corrections(text: str, shown_as: str = FILE) -> dict[Key, Correction]:
    """Read and validate the text of a table with the columns of :class:`Correction`.

    Raises
    ------
    ScoresError
        With every row that is not understood, or the columns that are missing.
    """
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    columns = list(Correction.model_fields)
    if list(rows.fieldnames or []) != columns:
        raise ScoresError(
            f"{shown_as} has the columns {', '.join(rows.fieldnames or [])}; it needs "
            f"{', '.join(columns)}, in this order"
        )
    found: dict[Key, Correction] = {}
    wrong: list[str] = []
    for row in rows:
        line = rows.line_num
        try:
            one = Correction.model_validate(row)
        except ValidationError as error:
            wrong += [
                f"row {line}, {'.'.join(map(str, e['loc'])) or row.get('model')}: {e['msg']}"
                for e in error.errors()
            ]
            continue
        if (one.model, one.old) in found:
            wrong.append(f"row {line}: {one.model} of {one.old} is there twice: keep one row")
        found[one.model, one.old] = one
    if wrong:
        raise ScoresError(f"{shown_as}: {len(wrong)} problem(s).\n  " + "\n  ".join(wrong))
    return found


# How many changed dates a note names; a manifest has all of them.
SHOWN = 5


@dataclass(frozen=True, eq=False)
class Dated:
    """The dates of a table's rows under one convention.

    Attributes
    ----------
    columns
        Indexed as the table: ``released`` (corrected unless as published), ``announced``, and the
        day in use, ``dated``, with the first and last day it may be, ``dated_low`` and
        ``dated_high``; datetime64, NaT where not known.
    corrections
        Those that matched a row, in the order of the rows, with the ones that confirm a date.
    notes
        What was done.
    """

    columns: pd.DataFrame
    corrections: tuple[Correction, ...]
    notes: tuple[str, ...]


def dated(
    values: pd.DataFrame,
    models: Sequence[str],
    dates: Dates,
    corrections: dict[Key, Correction],
) -> Dated:
    """Date the rows of a table by a convention.

    Values have the columns ``released``, ``announced``, ``released_low`` and ``released_high``,
    datetime64; corrections are by model and date as published, none for a table that none is for.
    """
    published = values["released"]
    keys = [
        (model, None if pd.isna(day) else day.date())
        for model, day in zip(models, published, strict=True)
    ]
    found = [corrections.get((model, day)) if day else None for model, day in keys]
    if dates == AS_PUBLISHED:
        frame = values[["released", "announced"]].assign(
            dated=published, dated_low=published, dated_high=published
        )
        changed = sum(one is not None and one.changes for one in found)
        note = f"Dates are as published: {changed} correction(s) are not applied."
        return Dated(frame, (), (note,) if changed else ())
    of_row = {at: one for at, one in enumerate(found) if one is not None}

    def replaced(column: pd.Series, name: str, *, where_blank: bool = False) -> pd.Series:
        cells = column.to_numpy().astype("datetime64[D]").copy()
        for at, one in of_row.items():
            value = getattr(one, name)
            if value is not None and not (where_blank and not np.isnat(cells[at])):
                cells[at] = np.datetime64(value, "D")
        return pd.Series(cells.astype("datetime64[s]"), index=column.index)

    released = replaced(published, "new")
    low = replaced(values["released_low"].fillna(published), "low")
    high = replaced(values["released_high"].fillna(published), "high")
    announced = replaced(values["announced"], "announced", where_blank=True)
    matched = tuple(of_row.values())
    notes = _correction_notes(matched)
    if dates == ANNOUNCED:
        unknown = int((released.notna() & announced.isna()).sum())
        use = low = high = announced.fillna(released).where(released.notna())
        notes.append(
            f"Models are dated at their announcement; {unknown} of {int(released.notna().sum())} "
            "have no announcement on record and are dated at their release."
        )
    else:
        use = released
    frame = pd.DataFrame(
        {"released": released, "announced": announced, "dated": use}
        | {"dated_low": low, "dated_high": high}
    )
    return Dated(frame, matched, tuple(notes))


def _correction_notes(matched: tuple[Correction, ...]) -> list[str]:
    """How many dates are corrected, and the largest changes."""
    changed = sorted((c for c in matched if c.changes), key=lambda c: -abs(c.days))
    if not changed:
        return []
    shown = "; ".join(f"{c.model} from {c.old} to {c.new}" for c in changed[:SHOWN])
    more = f"; and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
    return [
        f"Dates of {len(changed)} model(s) are corrected to the first day of use outside the maker "
        f"(--dates as-published leaves them): {shown}{more}."
    ]


@dataclass(frozen=True)
class Resolution:
    """What is known of a model by its exact name; blank cells are left unresolved."""

    model: str
    organization: str
    country: str
    weights: str
    reason: str


@cache
def resolutions() -> dict[str, Resolution]:
    """Return the shipped table, by model name."""
    return {row["model"]: Resolution(**row) for row in shipped_rows("resolutions.csv")}


def resolve(frame: pd.DataFrame, columns: tuple[str, ...]) -> tuple[pd.DataFrame, list[str]]:
    """Return a copy with blank cells of the given columns filled, and a note that says which.

    The frame has text columns model, organization, country and weights; unknown is '' (weights:
    'unknown'). Columns are those of the last three that the table has. A cell that has a value is
    never overridden.
    """
    table = resolutions()
    filled = frame.copy()
    known = filled["model"].isin(list(table))
    filled_columns: dict[str, list[str]] = {}
    for column in columns:
        missing = known & filled[column].isin(["", "unknown"])
        for row, model in filled.loc[missing, "model"].items():
            value = getattr(table[model], column)
            if value:
                filled.loc[row, column] = value
                filled_columns.setdefault(model, []).append(column)
    if not filled_columns:
        return filled, []
    names = ", ".join(f"{model} ({', '.join(cells)})" for model, cells in filled_columns.items())
    note = f"Missing cells of {len(filled_columns)} model(s) are filled from resolutions: {names}."
    return filled, [note]
