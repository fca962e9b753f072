"""Missing organizations, countries and weights, filled from an explicit table, never guessed."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import cache
from importlib import resources

import pandas as pd


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
    source = resources.files("frontierlag.scores") / "data" / "resolutions.csv"
    rows = csv.DictReader(io.StringIO(source.read_text(encoding="utf-8"), newline=""))
    return {row["model"]: Resolution(**row) for row in rows}


def resolve(frame: pd.DataFrame, columns: tuple[str, ...]) -> tuple[pd.DataFrame, list[str]]:
    """Fill blank cells of the given columns, and say which.

    Parameters
    ----------
    frame
        Text columns model, organization, country, weights; unknown is '' (weights: 'unknown').
    columns
        Which of organization, country and weights the table has; no other is touched.

    Returns
    -------
    pandas.DataFrame
        A copy with the cells filled. A cell that has a value is never overridden.
    list of str
        One note a column that was filled: how many rows, and their names.
    """
    table = resolutions()
    filled = frame.copy()
    known = filled["model"].isin(list(table))
    notes = []
    for column in columns:
        missing = known & filled[column].isin(["", "unknown"])
        found = filled.loc[missing, "model"].map(lambda model, c=column: getattr(table[model], c))
        found = found[found != ""]
        if not found.empty:
            filled.loc[found.index, column] = found
            names = ", ".join(filled.loc[found.index, "model"])
            notes.append(
                f"{column} of {len(found)} model(s) filled from the table of resolutions: {names}."
            )
    return filled, notes
