"""What each benchmark measures, and whether its items are published."""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import pandas as pd

from frontierlag.errors import ScoresError

FILE = "benchmarks.csv"
# What the package's own table tells apart; a user's may have any other column.
DOMAIN, ITEMS = "domain", "items"


def load_benchmarks(path: str | Path = "") -> pd.DataFrame:
    """Return the table of benchmarks that comes with the package, or a user's.

    Parameters
    ----------
    path
        A CSV file with a column ``benchmark`` and any others, such as ``domain``. Its rows replace
        those of the package's table and add to them, so that a file of three benchmarks will do.

    Returns
    -------
    Text, indexed by ``benchmark``. Of the package's table: ``domain``; ``items``, whether they are
    private (never published, but for examples), semi-private (a part is published, or they are
    shown to others) or public; ``chance`` and ``ceiling`` on the scale of the reference results,
    which have guessing taken out, and ``guess``, what guessing gets of the benchmark as published;
    ``began`` (empty where no day was found), ``source`` and ``note``.

    Raises
    ------
    ScoresError
        If the file cannot be read, has no column ``benchmark``, or names one twice.
    """
    own = _read(resources.files("frontierlag.scores") / "data" / FILE, FILE)
    if not str(path):
        return own
    theirs = _read(Path(path), str(path))
    merged = theirs.reindex(columns=own.columns.union(theirs.columns, sort=False))
    return pd.concat([merged, own[~own.index.isin(theirs.index)]]).fillna("")


def grouped_by(table: pd.DataFrame, column: str, name: str) -> dict[str, str]:
    """Return what a column says of each benchmark, without those of which it says nothing.

    Raises
    ------
    ScoresError
        If there is no such column.
    """
    if column not in table.columns:
        raise ScoresError(
            f"{name} has no column {column!r} to group benchmarks by; it has "
            f"{', '.join(table.columns)}"
        )
    said = table[column].str.strip()
    return {str(k): str(v) for k, v in said[said != ""].items()}


def _read(file: Traversable, shown_as: str) -> pd.DataFrame:
    try:
        with file.open("rb") as stream:
            table = pd.read_csv(stream, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise ScoresError(f"{shown_as} cannot be read as a table of benchmarks: {error}") from None
    if "benchmark" not in table.columns:
        raise ScoresError(
            f"{shown_as} has no column 'benchmark'; it has {', '.join(map(str, table.columns))}"
        )
    table["benchmark"] = table["benchmark"].str.strip()
    twice = table["benchmark"][table["benchmark"].duplicated()]
    if len(twice):
        raise ScoresError(f"{shown_as} names {twice.iloc[0]!r} twice: keep one row of it")
    return table.set_index("benchmark")
