"""What is known of benchmarks, and of who reported their results: the shipped tables."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np
import pandas as pd

from frontierlag.errors import ScoresError
from frontierlag.scores.groups import members
from frontierlag.scores.registry import DATA, shipped_rows

FILE = "benchmarks.csv"
# What the package's own table tells apart; a user's may have any other column.
DOMAIN, ITEMS = "domain", "items"
BY_VENDOR, NOT_STATED, UNCLEAR = "vendor", "not stated", "unclear"


@dataclass(frozen=True)
class Reporter:
    """Who reported the results of a ``source`` as tables write it, and why it is so.

    `reporter` is the same name for every spelling of the same organization. Its kind is ``vendor``
    (makes models itself, and its reports hold its own models' results and rivals'), ``benchmark``
    (keeps the benchmark), ``evaluator`` (runs benchmarks of others), ``not stated``, or
    ``unclear`` (does not say who ran it, or is not in the shipped table). `maker` holds a vendor's
    names in the ``organization`` column of a score table, separated by ``;``.
    """

    source: str
    reporter: str
    kind: str
    maker: str
    reason: str


@cache
def reporters() -> dict[str, Reporter]:
    """Return the shipped table, by source."""
    return {row["source"]: Reporter(**row) for row in shipped_rows("result_sources.csv")}


def reporter_of(source: str) -> Reporter:
    """Return who stands behind a source; one that the shipped table does not have is unclear."""
    reason = "not in the shipped table of sources"
    return reporters().get(source) or Reporter(source, source, UNCLEAR, "", reason)


def of_kind(sources: np.ndarray, *kinds: str) -> np.ndarray:
    """Which results were reported by such, shape ``(result,)``."""
    return np.array([reporter_of(str(source)).kind in kinds for source in sources], dtype=bool)


def self_reported(sources: np.ndarray, organizations: np.ndarray) -> np.ndarray:
    """Which results a vendor reported of its own model, shape ``(result,)`` as both arguments.

    Several makers of a model are separated by ``;``.
    """
    return np.array(
        [
            bool(set(members(reporter_of(str(source)).maker)) & set(members(str(made))))
            for source, made in zip(sources, organizations, strict=True)
        ],
        dtype=bool,
    )


def load_benchmarks(path: str | Path = "") -> pd.DataFrame:
    """Return the table of benchmarks that comes with the package, or a user's laid over it.

    A user's CSV file has a column ``benchmark`` and any others, such as ``domain``; a file of
    three benchmarks will do. The package's table, text indexed by ``benchmark``, has ``domain``;
    ``items``, whether they are private (never published, but for examples), semi-private (a part
    is published, or they are shown to others) or public; ``chance`` and ``ceiling`` on the scale
    of the reference results, which have guessing taken out, and ``guess``, what guessing gets of
    the benchmark as published; ``began`` (empty where no day was found), ``source`` and ``note``.

    Raises
    ------
    ScoresError
        If the file cannot be read, has no column ``benchmark``, or names one twice.
    """
    own = _read(DATA / FILE, FILE)
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
