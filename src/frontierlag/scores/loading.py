"""Which table a name stands for: one of the package's, a file, an address, the one fetched last."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd

from frontierlag.dates import RELEASED, Dates
from frontierlag.errors import ScoresError
from frontierlag.scores.reading.options import DEFAULT_OPTIONS, ReadOptions
from frontierlag.scores.registry import registry
from frontierlag.scores.table import LATEST, ScoreTable, from_file, from_frame, table_of

_HTTPS = re.compile("https://", flags=re.IGNORECASE)


def reference_names() -> list[str]:
    """Return the names of the tables that come with the package, the main ones first."""
    return [table.name for table in registry().of("scores")]


def reference_file(name: str) -> str:
    """Return the file in the package, below its folder of data, that holds a reference table.

    Raises
    ------
    ScoresError
        If there is no such table.
    """
    reference = registry().find(name, "scores")
    if reference is None:
        raise ScoresError(f"There is no reference table {name!r}.")
    return reference.file


def load_scores(
    name_or_path: str | Path | pd.DataFrame,
    options: ReadOptions = DEFAULT_OPTIONS,
    dates: Dates = RELEASED,
) -> ScoreTable:
    """Return the score table of a reference name, a local file, an https address or a data frame.

    Parameters
    ----------
    name_or_path
        One of `reference_names()`; a path of text with delimiters, JSON, YAML, Parquet, a workbook,
        or a gzip or zip of one; an https address; 'latest', the table fetched last; or a data
        frame. Epoch AI's own layouts are recognized.
    options
        What only the user can know of the table.
    dates
        Which day a model is dated at: the first day of use outside the maker (corrections of
        reference tables and of Epoch AI's own layouts applied), its announcement where that is
        known, or as published.

    Raises
    ------
    ScoresError
        If there is no such table, or it cannot be read or recognized.
    BadRowsError
        If rows are bad: a ScoresError whose `problems` lists all of them.
    """
    if isinstance(name_or_path, pd.DataFrame):
        return from_frame(name_or_path, "scores", options, dates)
    reference = registry().find(str(name_or_path), "scores")
    if reference is not None:
        content = reference.source.read_bytes()
        return table_of(content, reference.name, reference.file, reference, options, dates)
    if str(name_or_path) != LATEST and not _HTTPS.match(str(name_or_path)):
        return from_file(name_or_path, options, dates)
    from frontierlag.scores.fetch import cache_folder, fetch, latest_copy

    if str(name_or_path) == LATEST:
        copy, path = latest_copy(cache_folder())
    else:
        found = fetch(str(name_or_path))
        copy, path = found.copy, found.path
    table = table_of(path.read_bytes(), path.stem, str(path), options=options, dates=dates)
    return replace(table, notes=(f"Table {copy.description}.", *table.notes))
