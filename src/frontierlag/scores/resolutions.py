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
        One note with the number of models and each one's name and columns; none if none.
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
