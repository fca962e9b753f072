"""Release dates of reference tables gone through by hand: what was published, what is right, why.

One row a model and date as published. It holds for a table's row if both are the same letter by
letter; a row whose old and new date are equal confirms the date. Where public sources leave more
than one day open, ``earliest`` and ``latest`` are the first and last of them.
"""

from __future__ import annotations

import csv
import io
from datetime import date
from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from frontierlag.errors import ScoresError

FILE = "date_corrections.csv"
# What happened on a day: `release` and the two narrower kinds are days of use outside the maker,
# `family release` is that of an earlier model of the same name. `publication` is the day of a paper
# or post, `repository` that on which an empty or private repository was made, `snapshot name` the
# date that a snapshot has in its name, `month only` a first of the month that stands for the month.
Kind = Literal[
    "release",
    "api release",
    "snapshot release",
    "family release",
    "announcement",
    "preview for testers",
    "publication",
    "repository",
    "snapshot name",
    "month only",
]
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
    def days(self) -> int:
        """How much later the new date is."""
        return (self.new - self.old).days

    def record(self) -> dict[str, Any]:
        """What a manifest says of it."""
        return self.model_dump(mode="json", exclude_none=True)


@cache
def corrections() -> dict[Key, Correction]:
    """Return the shipped table, by model and date as published."""
    source = resources.files("frontierlag.scores") / "data" / FILE
    return read_corrections(source.read_text(encoding="utf-8"))


def read_corrections(text: str, shown_as: str = FILE) -> dict[Key, Correction]:
    """Read and validate a table of corrections.

    Parameters
    ----------
    text
        Of a CSV file with the columns of :class:`Correction`.
    shown_as
        How messages name the file.

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
