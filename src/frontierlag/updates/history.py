"""The headline of every vintage, a row of ``history.csv``, and what moved it from one to the next.

The headline is the mean realized lag over a vintage's own window. Over the days of both windows
its change is credited to scores (with their errors), models that came or went, and dates by
Shapley values, as in :mod:`frontierlag.studies.history.vintages`; the rest is due to the days on
which the two windows differ. The parts add up to the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from frontierlag.analyses.refits import refit_all
from frontierlag.errors import ResultsError
from frontierlag.intervals import Summary, summarize
from frontierlag.jobs import Prepared
from frontierlag.machine.files import replaced
from frontierlag.model import ModelSpec
from frontierlag.names import REALIZED, SAMPLE_DIMS, WINDOW
from frontierlag.runs.run import Result
from frontierlag.settings import SamplerSettings
from frontierlag.studies.history.vintages import (
    CAUSES,
    Fits,
    Vintage,
    mixtures,
    same_days,
    taken_apart,
)
from frontierlag.studies.vintages.comparison import AFTER, BEFORE
from frontierlag.studies.writing import rows_where, write_tables
from frontierlag.updates.archive import Kept
from frontierlag.updates.check import COLUMNS

DAYS = "days"
PARTS = (*CAUSES.values(), DAYS)
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
MOVED_HEAD = ["fetched", "name", *COLUMNS, "sha256"]


@dataclass(frozen=True)
class Causes:
    """The change of the posterior mean of the headline, months, and its parts, each with its error.

    ``in_sds`` is the change in posterior standard deviations (root mean square of the two).
    """

    total: tuple[float, float]
    parts: Mapping[str, tuple[float, float]]
    in_sds: float
    converged: bool


def causes(
    before: Vintage,
    after: Vintage,
    settings: SamplerSettings,
    done: Callable[[str], None] = lambda _: None,
) -> Causes:
    """Fit the mixtures of two vintages that share a day and take the change of the headline apart.

    With the settings of the run the fits of the two vintages themselves are the run's own and come
    from the store of fits where that has them.
    """
    metric = after.prepared.table.metric
    spec = ModelSpec.of(after.prepared.model(), metric)
    window = same_days((before, after))
    fits = Fits(spec)
    keys = {corner: fits.ask(mixed, window) for corner, mixed in mixtures(before, after).items()}
    ends = {BEFORE: before.prepared, AFTER: after.prepared}
    for one in ends.values():
        fits.ask(one.releases, one.window)
    fits.found = refit_all(fits.tasks, settings, done=done)
    values: dict[Hashable, tuple[float, float]] = {}
    for key in set(keys.values()):
        s = summarize(fits.lag(key, window, REALIZED, WINDOW)[0])
        values[key] = (s.mean, s.mcse_mean)
    _, parts = taken_apart(keys, values)
    whole, rest, errors, spreads = [], [], [], []
    for corner, one in ends.items():
        own, _ = fits.lag(keys[corner], one.window, REALIZED, WINDOW)
        same, _ = fits.lag(keys[corner], window, REALIZED, WINDOW)
        of_own = summarize(own)
        whole.append(of_own.mean)
        rest.append(of_own.mean - values[keys[corner]][0])
        errors.append((of_own.mcse_mean, summarize(own - same).mcse_mean))
        spreads.append(float(own.std(SAMPLE_DIMS)))
    joined = np.sqrt(np.square(errors).sum(axis=0))
    spread = float(np.sqrt(np.mean(np.square(spreads))))
    total = whole[1] - whole[0]
    named = {name: parts[component] for component, name in CAUSES.items()}
    return Causes(
        total=(total, float(joined[0])),
        parts=named | {DAYS: (rest[1] - rest[0], float(joined[1]))},
        in_sds=total / spread if spread > 0 else 0.0,
        converged=all(found.converged for found in fits.found.values()),
    )


def headline(
    kept: Kept, prepared: Prepared, result: Result, moved: Causes | None
) -> dict[str, Any]:
    """The row of one vintage, but for its words; nothing ``moved`` the first one."""
    (row,) = rows_where(result.table("lags"), model=result.headline, lag=REALIZED, period=WINDOW)
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
    """Rows of 'history' or 'moved' of the vintages that the archive lists, by time and digest.

    Of others an update was stopped half-way.
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
