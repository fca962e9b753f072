"""A table's text in the own schema, whatever layout and spellings it came in."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from frontierlag.scores import parsing
from frontierlag.scores.countries import countries
from frontierlag.scores.layouts import ACCESSIBILITY, WEIGHTS
from frontierlag.scores.reading import TextTable

_COLUMNS = (
    "model",
    "organization",
    "country",
    "weights",
    "released",
    "announced",
    "released_low",
    "released_high",
    "score",
    "low",
    "high",
    "stderr",
)


def own_schema(raw: TextTable) -> tuple[pd.DataFrame, list[str]]:
    """Return a table's text in the own schema, and what was done to it.

    Parameters
    ----------
    raw
        A table as read.

    Returns
    -------
    pandas.DataFrame
        Text columns model, organization, country, weights, released, announced, released_low,
        released_high, score, low, high, stderr, indexed by line number. Blank cells and absent
        columns are '' (weights: 'unknown').
    list of str
        Notes.
    """
    layout, positions = raw.recognized.layout, raw.recognized.positions
    columns = list(zip(*raw.rows, strict=True))
    empty = ("",) * len(raw.rows)
    text = {
        column: list(columns[positions[column][0]] if positions.get(column) else empty)
        for column in _COLUMNS
    }
    notes = []
    if layout.scale == "accuracy" and len(positions["score"]) > 1:
        places = positions["score"][:2]
        text["score"], taken = _filled(*(columns[at] for at in places))
        if taken:
            preferred, other = (raw.header[at] for at in places)
            notes.append(f"{taken} score(s) without {preferred!r} are from {other!r}.")
    for column in ("organization", "country", "weights"):
        text[column] = ["" if parsing.is_blank(cell) else cell for cell in text[column]]
    text["model"] = [" ".join(model.split()) for model in text["model"]]
    text["country"] = [countries(cell) for cell in text["country"]]
    text["organization"] = [_joined(cell, layout.separators) for cell in text["organization"]]
    if layout.from_epoch:
        text["weights"], unlisted = _accessibility(text["weights"])
        if unlisted:
            notes.append(
                "Weights are taken as unknown where 'Model accessibility' is "
                f"{' or '.join(map(repr, unlisted))}: no meaning is on record for it."
            )
    else:
        text["weights"] = [
            cell.casefold() if cell.casefold() in WEIGHTS else cell or "unknown"
            for cell in text["weights"]
        ]
    return pd.DataFrame(text, index=list(raw.lines), dtype="str"), notes


def _filled(preferred: Sequence[str], other: Sequence[str]) -> tuple[list[str], int]:
    """Return preferred cells, blank ones filled from the other, and how many were filled."""
    blank = [parsing.is_blank(cell) for cell in preferred]
    cells = [b if use else a for a, b, use in zip(preferred, other, blank, strict=True)]
    return cells, sum(
        use and not parsing.is_blank(cell) for cell, use in zip(cells, blank, strict=True)
    )


def _joined(cell: str, separators: str) -> str:
    parts = [part.strip() for part in re.split(f"[{separators}]", cell)]
    return ";".join(dict.fromkeys(part for part in parts if part))


def _accessibility(cells: Sequence[str]) -> tuple[list[str], list[str]]:
    folded = [" ".join(cell.split()).casefold() for cell in cells]
    weights = [ACCESSIBILITY.get(cell, "unknown") for cell in folded]
    return weights, sorted({cell for cell in folded if cell not in ACCESSIBILITY})
