"""The headline of every vintage: ``history.csv``, one row a vintage, and what moved it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pandas as pd

from frontierlag.errors import ResultsError
from frontierlag.intervals import Summary
from frontierlag.jobs import Prepared
from frontierlag.machine.files import replaced
from frontierlag.names import REALIZED, WINDOW
from frontierlag.runs.run import Result
from frontierlag.studies.writing import write_tables
from frontierlag.updates.archive import Kept
from frontierlag.updates.causes import PARTS, Causes
from frontierlag.updates.check import COLUMNS

HISTORY, MOVED = "history", "moved"
_NUMBERS = [field.name for field in fields(Summary)]
_BY = [f"by_{name}{tail}" for name in PARTS for tail in ("", "_mcse")]
# Of which rows may only be of one kind in one folder.
ABOUT = ("comparison", "dates")
HEAD = [
    *("fetched", "name", *ABOUT, "model", "lag", "since", "as_of", "releases"),
    *(*_NUMBERS, "censored", "converged", "change", "change_mcse", *_BY),
    *("sha256", "words", "attribution"),
]
_TEXTS = ("fetched", "name", *ABOUT, "model", "lag", "since", "as_of", "sha256", "words")


def headline(
    kept: Kept, prepared: Prepared, result: Result, moved: Causes | None
) -> dict[str, Any]:
    """The row of one vintage, but for its words.

    Parameters
    ----------
    kept, prepared, result
        The vintage, its data, and the run on it.
    moved
        What moved the headline since the vintage before; None for the first.
    """
    lags = result.table("lags")
    chosen = (lags["model"] == result.headline) & (lags["lag"] == REALIZED)
    (row,) = lags[chosen & (lags["period"] == WINDOW)].to_dict("records")
    parts: dict[str, float] = {}
    if moved is not None:
        parts = {"change": moved.total[0], "change_mcse": moved.total[1]}
        for name, (months, mcse) in moved.parts.items():
            parts |= {f"by_{name}": months, f"by_{name}_mcse": mcse}
    return {
        "fetched": kept.fetched,
        "name": kept.name,
        "comparison": prepared.releases.comparison.name,
        "dates": prepared.releases.dates,
        "model": result.headline,
        "lag": REALIZED,
        "since": str(prepared.window.since),
        "as_of": str(prepared.window.as_of),
        "releases": len(prepared.releases),
        **{name: row[name] for name in (*_NUMBERS, "censored")},
        "converged": result.converged and (moved is None or moved.converged),
        **parts,
        "sha256": kept.sha256,
        "attribution": prepared.releases.attribution,
    }


def read_rows(folder: Path, stem: str, known: Collection[tuple[str, str]]) -> pd.DataFrame:
    """Rows of the vintages that the archive lists: of others an update was stopped half-way.

    Parameters
    ----------
    folder
        Of all updates.
    stem
        'history' or 'moved'.
    known
        The time and the digest of every vintage that was accepted.

    Raises
    ------
    ResultsError
        If the table cannot be used.
    """
    path, columns = folder / f"{stem}.csv", {HISTORY: HEAD, MOVED: MOVED_HEAD}[stem]
    if not path.exists():
        return pd.DataFrame(columns=columns)
    texts = _TEXTS if stem == HISTORY else MOVED_HEAD
    try:
        table = pd.read_csv(
            path, keep_default_na=False, na_values=[""], dtype=dict.fromkeys(texts, str)
        )[columns]
    except (OSError, ValueError, KeyError) as error:
        raise ResultsError(f"{path} cannot be used ({error}); put it back as it was") from None
    pairs = zip(table["fetched"], table["sha256"], strict=True)
    return table[[pair in known for pair in pairs]].reset_index(drop=True)


MOVED_HEAD = ["fetched", "name", *COLUMNS, "sha256"]


def with_row(history: pd.DataFrame, row: Mapping[str, Any]) -> pd.DataFrame:
    """The history with one vintage more."""
    new = pd.DataFrame([row]).reindex(columns=HEAD)
    return new if history.empty else pd.concat([history, new], ignore_index=True)


def with_moved(table: pd.DataFrame, kept: Kept, moved: pd.DataFrame) -> pd.DataFrame:
    """The table of what moved with the rows of one vintage more."""
    about = {name: asdict(kept)[name] for name in ("fetched", "sha256")}
    new = moved.assign(**about, name=kept.name)[MOVED_HEAD]
    return new if table.empty else pd.concat([table, new], ignore_index=True)


def write_table(folder: Path, stem: str, table: pd.DataFrame) -> None:
    """Write a table whole."""
    with replaced(folder / f"{stem}.csv") as path:
        write_tables(path.parent, {stem: table})
