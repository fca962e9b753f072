"""All groups of a table at once: who is in which, by one column, and what is pending."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from frontierlag.errors import ScoresError
from frontierlag.scores.efforts import Efforts, without_setting
from frontierlag.scores.groups import Comparison, group_counts, lacking_column, members
from frontierlag.scores.reading.files import TextTable, read_table
from frontierlag.scores.reading.layouts import GROUP_COLUMNS
from frontierlag.scores.reading.options import DEFAULT_OPTIONS, ReadOptions
from frontierlag.scores.reading.parsing import folded
from frontierlag.scores.reading.report import LeftOut
from frontierlag.scores.registry import registry
from frontierlag.scores.releases import (
    FEWEST_RELEASES,
    Releases,
    gathered,
    late_rows,
    usable_rows,
    with_open_days,
)
from frontierlag.scores.table import ScoreTable, content_of

# What a person calls a column, where that is not its name.
COLUMN_OF = {"maker": "organization"}
# Where a release has several groups the first one named is its own: the maker that leads.
FIRST_NAMED = "organization"
# Parts of one company that tables name apart; in a league by maker they are one group.
SAME_MAKER = {"Google": "Google DeepMind", "Microsoft Research": "Microsoft"}


@dataclass(frozen=True, eq=False, repr=False)
class Pending:
    """Releases that are known and not scored yet, by group, shape ``(k,)`` each.

    ``group`` is the position in the league's groups; days are as in :class:`Releases`.
    """

    model: NDArray[np.str_]
    group: NDArray[np.int64]
    day: NDArray[np.int64]
    day_low: NDArray[np.int64]
    day_high: NDArray[np.int64]

    def __len__(self) -> int:
        """Return how many there are."""
        return int(self.model.size)


NOTHING = Pending(np.zeros(0, dtype=str), *(np.zeros(0, dtype=np.int64) for _ in range(4)))


@dataclass(frozen=True, eq=False, repr=False)
class LeagueReleases(Releases):
    """The releases of all groups of a column, sorted as :class:`Releases` are.

    ``group`` is the position in ``groups``. The comparison has the column and no two groups.

    Attributes
    ----------
    by
        What a person called the column: 'country', 'maker', 'weights', or a column's own name.
    groups
        Names, those with the most releases first.
    few
        Groups with too few releases to see a trend, and how many each has.
    pending
        Releases of these groups that are known by the as-of date and not scored yet.
    """

    by: str = ""
    groups: tuple[str, ...] = ()
    few: tuple[tuple[str, int], ...] = ()
    pending: Pending = NOTHING

    def __repr__(self) -> str:
        """Return column, table, date and groups."""
        return (
            f"LeagueReleases(by {self.by!r} in {self.table!r} to {self.as_of}: "
            f"{len(self)} of {len(self.groups)} groups)"
        )

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many releases each group has, shape ``(group,)``."""
        return np.bincount(self.group, minlength=len(self.groups))

    def place(self, name: str) -> int:
        """Position of a group.

        Raises
        ------
        ScoresError
            If the league has no such group.
        """
        if name not in self.groups:
            raise ScoresError(
                f"there is no {name!r} in the league by {self.by} of {self.table}; there are "
                f"{', '.join(self.groups)}"
            )
        return self.groups.index(name)


def league_releases(
    table: ScoreTable,
    by: str = "country",
    as_of: date | None = None,
    efforts: Efforts = "best",
    fewest: int = FEWEST_RELEASES,
) -> LeagueReleases:
    """Return the releases of all groups of a column by a date.

    Parameters
    ----------
    table
        A score table.
    by
        'country', 'maker' (the column organization), 'weights', or another column of the frame.
    as_of
        The last day that counts; the table's own as-of date by default.
    efforts
        As for :func:`frontierlag.scores.releases`.
    fewest
        A group with fewer releases is left out, and listed in ``few``.

    Raises
    ------
    ScoresError
        If there is no such column, or fewer than two groups have enough releases.

    Notes
    -----
    A release whose cell names several groups of the league counts for the first of them where the
    column is the maker, and is left out elsewhere, as in a comparison of two groups. Names of
    groups with too few releases do not count: 'UK;USA' is of the USA where the UK has too few.
    """
    gone: dict[str, int] = {}
    while True:
        found = _league(table, by, as_of, efforts, fewest, gone)
        counts = zip(found.groups, found.counts.tolist(), strict=True)
        # What is left after settings of one model were counted once may be too few.
        fewer = {name: count for name, count in counts if count < fewest}
        if not fewer:
            return with_open_days(found)
        gone |= fewer


def _league(
    table: ScoreTable,
    by: str,
    as_of: date | None,
    efforts: Efforts,
    fewest: int,
    gone: Mapping[str, int],
) -> LeagueReleases:
    """The league without groups that are known to have too few releases, and how many each has."""
    column = _column(table, by)
    last = table.as_of if as_of is None else as_of
    frame = table.frame
    day = frame["dated"].to_numpy().astype("datetime64[D]")
    cells = [str(cell) for cell in frame[column]]
    notes: tuple[str, ...] = ()
    if column == FIRST_NAMED:
        cells, notes = _one_company(cells)
    here = ~np.isnat(day) & (day <= np.datetime64(last, "D"))
    blank = frame["score"].isna().to_numpy()
    scored = usable_rows(table) & ~blank
    usable = [cells[at] for at in np.flatnonzero(here & scored)]
    names = _large_enough(usable, column, fewest, gone)
    if len(names) < 2:
        if column in GROUP_COLUMNS and (lacking := lacking_column(table, column)):
            raise ScoresError(f"There is no league by {by} of {table.name}: {lacking}")
        there = ", ".join(f"{k} ({n})" for k, n in group_counts(table, column).most_common(12))
        raise ScoresError(
            f"There is no league by {by} of {table.name}: {len(names)} group(s) have {fewest} or "
            f"more releases with a date and a score by {last}, and two are needed. Values of "
            f"{column} in the table (models): {there or 'none'}."
        )
    place = {name: k for k, name in enumerate(names)}
    left_out, kept, group, waiting, later = list(table.left_out), [], [], [], []
    late = late_rows(table, last)
    few: Counter[str] = Counter()
    for at, (row, model) in enumerate(zip(frame["row"], frame["model"], strict=True)):
        own = _own(cells[at], column, place)
        if blank[at] and own is not None and here[at]:
            waiting.append((at, place[own]))
        if blank[at] and own is not None and at in late:
            later.append(f"{model} ({day[at]})")
        if not scored[at]:
            continue
        if at in late:
            left_out.append(late[at])
        elif own is None:
            few.update(members(cells[at])[:1])
            left_out.append(LeftOut(row, model, _why_not(cells[at], by, place), column, cells[at]))
        else:
            kept.append(at)
            group.append(place[own])
    if table.metric.bounded and efforts == "best":
        waiting = _once(frame, waiting, day, kept)
    found = gathered(table, kept, group, left_out, last, efforts)
    if later:
        notes = (
            *notes,
            f"Without a score and after the as-of date {last}, so not pending: {', '.join(later)}. "
            "The as-of date is the day in the file's name, else that of the last scored release.",
        )
    counted = {**few, **gone}
    return LeagueReleases(
        comparison=Comparison(f"league by {by}", "", "", column),
        by=by,
        groups=names,
        few=tuple(sorted(((k, n) for k, n in counted.items() if k not in place), key=_by_size)),
        pending=_pending(frame, waiting),
        **(found | {"notes": (*found["notes"], *notes)}),
    )


def pair_window_start(releases: LeagueReleases, one: int, other: int) -> date:
    """The later of two groups' second record dates by published score, as for two groups.

    Of a group with a single record, the day of that one.
    """
    starts = []
    for k in (one, other):
        own = np.flatnonzero(releases.group == k)
        day, score = releases.day[own], releases.score[own]
        best = np.maximum.accumulate(
            np.array([score[day == when].max() for when in np.unique(day)])
        )
        record = np.unique(day)[np.diff(best, prepend=-np.inf) > 0]
        starts.append(int(record[min(1, len(record) - 1)]))
    start: date = np.datetime64(max(starts), "D").item()
    return min(start, releases.as_of)


def _column(table: ScoreTable, by: str) -> str:
    column = COLUMN_OF.get(by, by)
    if column not in table.frame.columns:
        known = ", ".join(("country", "maker", "weights"))
        raise ScoresError(
            f"{table.name} has no column {by!r} to make a league by: give {known}, or a column of "
            "your own table as its heading has it."
        )
    if column not in GROUP_COLUMNS:
        text = all(isinstance(cell, str) for cell in table.frame[column])
        if not text or column == "model":
            raise ScoresError(
                f"{by} is no column of groups: give country, maker, weights, or a column of your "
                "own table that names groups."
            )
    return column


def _one_company(cells: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """The cells with the parts of a company under one name, and a note on what was joined."""
    joined: Counter[str] = Counter()
    found = []
    for cell in cells:
        names = members(cell)
        joined.update(name for name in names if name in SAME_MAKER)
        found.append(";".join(dict.fromkeys(SAME_MAKER.get(name, name) for name in names)))
    notes = tuple(
        f"{name} ({count} rows) counts as {SAME_MAKER[name]}." for name, count in joined.items()
    )
    return found, notes


def _large_enough(
    cells: list[str], column: str, fewest: int, gone: Collection[str] = ()
) -> tuple[str, ...]:
    """Groups that keep enough releases, the largest first; a release counts for one alone."""
    every = Counter(name for cell in cells for name in members(cell) if name not in gone)
    names = {name for name, count in every.items() if count >= fewest}
    while True:
        own = Counter(_own(cell, column, names) for cell in cells)
        kept = {name for name in names if own[name] >= fewest}
        if kept == names:
            return tuple(sorted(names, key=lambda name: (-own[name], name)))
        names = kept


def _own(cell: str, column: str, names: Any) -> str | None:
    """The one group of the league that a cell counts for."""
    inside = [name for name in members(cell) if name in names]
    if len(inside) == 1 or (inside and column == FIRST_NAMED):
        return inside[0]
    return None


def _why_not(cell: str, by: str, names: Any) -> str:
    if not members(cell):
        return f"{by} is not known"
    if any(name in names for name in members(cell)):
        return f"{by} is {cell!r}, so it belongs to several groups"
    return f"{by} is {cell!r}, which has too few releases"


def _by_size(entry: tuple[str, int]) -> tuple[int, str]:
    return -entry[1], entry[0]


def _once(
    frame: Any, waiting: list[tuple[int, int]], day: Any, kept: Collection[int]
) -> list[tuple[int, int]]:
    """Of rows without a score, one for each model that has none under any of its settings."""

    def release(at: int) -> tuple[str, Any]:
        return without_setting(str(frame["model"].iloc[at])), day[at]

    seen, found = {release(at) for at in kept}, []
    for at, group in waiting:
        if release(at) not in seen:
            seen.add(release(at))
            found.append((at, group))
    return found


def _pending(frame: pd.DataFrame, waiting: list[tuple[int, int]]) -> Pending:
    if not waiting:
        return NOTHING
    rows = frame.iloc[[at for at, _ in waiting]]
    day, low, high = (
        rows[column].to_numpy().astype("datetime64[D]").astype(np.int64)
        for column in ("dated", "dated_low", "dated_high")
    )
    group = np.array([k for _, k in waiting], dtype=np.int64)
    model = rows["model"].to_numpy(dtype=str)
    return Pending(model, group, day, np.minimum(low, day), np.maximum(high, day))


def with_column(
    table: ScoreTable,
    source: str | pd.DataFrame,
    heading: str,
    options: ReadOptions = DEFAULT_OPTIONS,
) -> ScoreTable:
    """The table with one more column of the source it was read from, for a league by that column.

    The heading is taken without regard to case. One that the table has already needs nothing.

    Raises
    ------
    ScoresError
        If there is no such column.
    """
    if COLUMN_OF.get(heading, heading) in table.frame:
        return table
    raw = _read_again(source, options)
    headings = [folded(name) for name in raw.header]
    if folded(heading) not in headings:
        raise ScoresError(
            f"{table.name} has no column {heading!r} to make a league by: give country, maker, "
            f"weights, or one of its own: {', '.join(map(repr, raw.header))}."
        )
    at = headings.index(folded(heading))
    cells = {line: row[at].strip() for line, row in zip(raw.lines, raw.rows, strict=True)}
    values = [cells.get(int(line), "") for line in table.frame["row"]]
    return replace(table, frame=table.frame.assign(**{heading: values}))


def _read_again(source: str | pd.DataFrame, options: ReadOptions) -> TextTable:
    if isinstance(source, pd.DataFrame):
        return read_table(content_of(source), "the DataFrame", options)
    reference = registry().find(source, "scores")
    if reference is not None:
        return read_table(reference.source.read_bytes(), reference.file, options)
    try:
        return read_table(Path(source).read_bytes(), source, options)
    except OSError:
        raise ScoresError(
            f"{source} is no file, so a column of one's own cannot be read from it: save the table "
            "as a file, and give its path"
        ) from None
