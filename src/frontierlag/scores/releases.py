"""The releases of two groups by a date, as arrays, and the record-holders among them."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from frontierlag.dates import ANNOUNCED, RELEASED, Dates, day_number
from frontierlag.errors import ScoresError
from frontierlag.scores.efforts import Efforts, counted
from frontierlag.scores.groups import Comparison, group_counts, lacking_column, members
from frontierlag.scores.metric import Metric
from frontierlag.scores.reading.report import Finding, LeftOut
from frontierlag.scores.table import ScoreTable
from frontierlag.scores.unplaced import unplaced_records

# Half the width of a 90 % interval of a standard normal.
Z90 = 1.6448536269514722
FEWEST_RELEASES = 3
FEWEST_RECORDS = 2


@dataclass(frozen=True, eq=False, repr=False)
class Releases:
    """The releases of a comparison's two groups, sorted by (day, score, model).

    Attributes
    ----------
    comparison, metric, as_of
        What is compared, what a score is, and the last day that counts.
    table
        Name of the score table.
    model, organization
        Text, shape (n,).
    day
        Day of release by the convention of ``dates``, as days since 1970-01-01, shape (n,), int64.
    group
        0 for the leader, 1 for the follower, shape (n,), int64.
    score
        Shape (n,), in score units.
    stderr
        Standard deviation of a symmetric normal error, shape (n,): as given, else (high - low) /
        (2 x 1.645); 0 for anchors and in tables without intervals.
    stderr_low, stderr_high
        Arms of a two-piece normal error, shape (n,): (score - low) / 1.645 and (high - score) /
        1.645; equal to `stderr` where there is no interval.
    low, high
        90 % interval, shape (n,): as given, else score -/+ 1.645 `stderr`, not clipped.
    problems
        Of an accuracy, the number of problems of a binomial with that standard error, shape (n,);
        0 where nothing says it, and for an index.
    day_low, day_high
        First and last day that public sources leave open for `day`, shape (n,), int64; equal to
        `day` where it is certain.
    dates
        Convention of the dates: 'released', 'announced' or 'as-published'.
    left_out
        Every row of the table that is not here, and why, by row.
    notes
        What was decided here that a reader of results should know.
    attribution
        The credit that goes wherever the figures go; '' for simulated ones.
    findings
        Those of the notes that may well move an answer.
    """

    comparison: Comparison
    metric: Metric
    as_of: date
    table: str
    model: NDArray[np.str_]
    organization: NDArray[np.str_]
    day: NDArray[np.int64]
    group: NDArray[np.int64]
    score: NDArray[np.float64]
    stderr: NDArray[np.float64]
    stderr_low: NDArray[np.float64]
    stderr_high: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    problems: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    day_low: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    day_high: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    dates: Dates = RELEASED
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    attribution: str = ""
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        """Check lengths and order, and make the arrays read-only copies."""
        if not self.problems.size:
            object.__setattr__(self, "problems", np.zeros(self.model.shape, dtype=np.int64))
        for name in ("day_low", "day_high"):
            if not getattr(self, name).size:
                object.__setattr__(self, name, self.day)
        for name in (f.name for f in fields(self) if str(f.type).startswith("NDArray")):
            array: NDArray[Any] = np.array(getattr(self, name))
            if array.shape != self.model.shape or array.ndim != 1:
                raise ScoresError(
                    f"Releases.{name} has shape {array.shape}, model has {np.shape(self.model)}: "
                    "give arrays of one value a release."
                )
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        order = np.lexsort((self.model, self.score, self.day))
        if not np.array_equal(order, np.arange(len(self))):
            raise ScoresError("Releases are not sorted by (day, score, model): sort them first.")
        if ((self.day_low > self.day) | (self.day_high < self.day)).any():
            raise ScoresError(
                "Releases.day lies outside day_low to day_high: move all three when dates change."
            )

    def __len__(self) -> int:
        """Return the number of releases."""
        return int(self.model.size)

    def __repr__(self) -> str:
        """Return name, sizes and date."""
        counts = [int(np.sum(self.of(group))) for group in (0, 1)]
        return (
            f"Releases({self.comparison.name!r} in {self.table!r} to {self.as_of}: "
            f"{counts[0]} of {self.comparison.leader}, {counts[1]} of {self.comparison.follower})"
        )

    @property
    def date(self) -> NDArray[np.datetime64]:
        """Release days as datetime64[D], shape (n,)."""
        return self.day.astype("datetime64[D]")

    @property
    def open_days(self) -> NDArray[np.int64]:
        """How many days lie between first and last possible day by the as-of date, shape (n,)."""
        last = int(np.datetime64(self.as_of, "D").astype(np.int64))
        return np.asarray(np.minimum(self.day_high, last) - self.day_low)

    @property
    def group_names(self) -> tuple[str, str]:
        """Leader and follower."""
        return self.comparison.leader, self.comparison.follower

    def of(self, group: int) -> NDArray[np.bool_]:
        """Return which releases are of a group (0 leader, 1 follower), shape (n,)."""
        return np.asarray(self.group == group)


def releases(
    table: ScoreTable,
    comparison: Comparison,
    as_of: date | None = None,
    efforts: Efforts = "best",
) -> Releases:
    """Return the releases of a comparison's groups by a date.

    Parameters
    ----------
    table
        A score table.
    comparison
        Leader and follower.
    as_of
        The last day that counts; the table's own as-of date by default.
    efforts
        Of an accuracy: whether a model that was run at several settings counts once, with the
        'best', or each setting is a release ('all').

    Raises
    ------
    ScoresError
        If the two groups cannot be compared: the same twice, a group without releases, with fewer
        than three, or with fewer than two records.
    """
    if comparison.leader == comparison.follower:
        raise ScoresError(
            f"Leader and follower are the same group, {comparison.leader!r}, so there is no lag "
            "between them. Name two different groups."
        )
    last = table.as_of if as_of is None else as_of
    if isinstance(last, datetime):
        last = last.date()
    frame = table.frame
    left_out = list(table.left_out)
    kept, group, not_here = [], [], []
    late = late_rows(table, last)
    cells = zip(frame["row"], frame["model"], frame[comparison.column], strict=True)
    for at, ((row, model, cell), usable) in enumerate(zip(cells, usable_rows(table), strict=True)):
        if not usable:
            continue
        if at in late:
            left_out.append(late[at])
            continue
        sides = [side in members(cell) for side in (comparison.leader, comparison.follower)]
        if sum(sides) == 1:
            kept.append(at)
            group.append(sides.index(True))
        else:
            why = _why_not(cell, sides, comparison)
            left_out.append(LeftOut(row, model, why, comparison.column, cell))
            not_here.append(at)
    unplaced = unplaced_records(
        table, comparison, *(np.array(each, dtype=np.int64) for each in (kept, group, not_here))
    )
    chosen = gathered(table, kept, group, left_out, last, efforts)
    _check_sizes(table, comparison, chosen["group"], last)
    chosen["notes"] = (*chosen["notes"], *(finding.text for finding in unplaced))
    result = Releases(comparison=comparison, findings=tuple(unplaced), **chosen)
    _check_records(result)
    return with_open_days(result)


def usable_rows(table: ScoreTable) -> NDArray[np.bool_]:
    """Which rows of a table can be used in some comparison."""
    unusable = {(entry.row, entry.model) for entry in table.left_out}
    rows = zip(table.frame["row"], table.frame["model"], strict=True)
    return np.array([key not in unusable for key in rows], dtype=bool)


def late_rows(table: ScoreTable, last: date) -> dict[int, LeftOut]:
    """The rows that are dated after the last day that counts, by position, and that reason."""
    day = table.frame["dated"].to_numpy().astype("datetime64[D]")
    dated = "announced" if table.dates == ANNOUNCED else "released"
    found = {}
    for at in np.flatnonzero(day > np.datetime64(last, "D")).tolist():
        row, model = (table.frame[column].iloc[at] for column in ("row", "model"))
        why = f"{dated} {day[at]}, after the as-of date {last}"
        found[at] = LeftOut(int(row), model, why, "released", str(day[at]))
    return found


def gathered(
    table: ScoreTable,
    kept: list[int],
    group: list[int],
    left_out: list[LeftOut],
    last: date,
    efforts: Efforts = "best",
) -> dict[str, Any]:
    """The fields of :class:`Releases` but the comparison, of given rows of a table.

    `kept` and `group` are positions in its frame and the number of each one's group, `left_out`
    the other rows, to which those are added that only an accuracy leaves out.
    """
    frame = table.frame.iloc[kept]
    errors = _errors(frame)
    day, low, high = (
        frame[column].to_numpy().astype("datetime64[D]").astype(np.int64)
        for column in ("dated", "dated_low", "dated_high")
    )
    used, problems = np.ones(len(kept), dtype=bool), np.zeros(len(kept), dtype=np.int64)
    notes: tuple[str, ...] = ()
    if table.metric.unit == "accuracy" and kept:
        used, problems, not_counted, notes = counted(
            frame, day, errors["stderr"], table.metric, efforts
        )
        left_out = left_out + not_counted
    arrays: dict[str, NDArray[Any]] = {
        "model": frame["model"].to_numpy(dtype=str),
        "organization": frame["organization"].to_numpy(dtype=str),
        "day": day,
        "day_low": low,
        "day_high": high,
        "group": np.array(group, dtype=np.int64),
        "score": frame["score"].to_numpy(dtype=np.float64),
        "problems": problems,
        **errors,
    }
    order = np.lexsort((arrays["model"], arrays["score"], day))
    order = order[used[order]]
    return {
        "metric": table.metric,
        "as_of": last,
        "table": table.name,
        "dates": table.dates,
        "left_out": tuple(sorted(left_out, key=lambda entry: entry.row)),
        "notes": notes,
        "attribution": table.attribution,
        **{name: array[order] for name, array in arrays.items()},
    }


def with_open_days[R: Releases](result: R) -> R:
    """The same with a note on the releases whose day public sources leave open, if any."""
    width = result.open_days
    if not width.any():
        return result
    note = (
        f"Public sources leave the day of {int((width > 0).sum())} release(s) open, by up to "
        f"{int(width.max())} days: it is drawn with the draws."
    )
    return replace(result, notes=(*result.notes, note))


def records(releases: Releases, group: int | None = None) -> NDArray[np.bool_]:
    """Return which releases were records of their own group, by published score.

    A record scores strictly higher than everything its group had released on earlier days; on
    one day only the best release can be one, of equals the first by name.

    Parameters
    ----------
    releases
        The releases of both groups.
    group
        0 for the leader's records only, 1 for the follower's, None for both.

    Returns
    -------
    ndarray of bool
        Shape (n,), in the order of the releases. Filter afterwards: a maximum taken over a subset
        is not a record.
    """
    result = np.zeros(len(releases), dtype=bool)
    for side in (0, 1) if group is None else (group,):
        index = np.flatnonzero(releases.of(side))
        index = index[
            np.lexsort((releases.model[index], -releases.score[index], releases.day[index]))
        ]
        day = releases.day[index]
        best_of_day = index[np.r_[True, day[1:] != day[:-1]]] if index.size else index
        score = releases.score[best_of_day]
        before = np.r_[-np.inf, np.maximum.accumulate(score)[:-1]] if score.size else score
        result[best_of_day[score > before]] = True
    return result


def default_window_start(releases: Releases) -> date:
    """Return the later of the two groups' second record dates by published score.

    Raises
    ------
    ScoresError
        If a group has fewer than two records.
    """
    _check_records(releases)
    seconds = [np.sort(releases.day[records(releases, group)])[1] for group in (0, 1)]
    start: date = np.datetime64(int(max(seconds)), "D").item()
    return start


def _why_not(cell: str, sides: list[bool], comparison: Comparison) -> str:
    if all(sides):
        return f"{comparison.column} is {cell!r}, so it belongs to both groups"
    if not members(cell):
        return f"{comparison.column} is not known"
    return f"{comparison.column} is {cell!r}, neither {comparison.leader} nor {comparison.follower}"


def _errors(frame: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    """Return stderr, its two arms and the interval of each row."""
    score, low, high, given = (
        frame[column].to_numpy(dtype=np.float64) for column in ("score", "low", "high", "stderr")
    )
    has_interval = ~np.isnan(low)
    from_interval = np.where(has_interval, (high - low) / (2 * Z90), 0.0)
    stderr = np.where(np.isnan(given), from_interval, given)
    return {
        "stderr": stderr,
        "stderr_low": np.where(has_interval, (score - low) / Z90, stderr),
        "stderr_high": np.where(has_interval, (high - score) / Z90, stderr),
        "low": np.where(has_interval, low, score - Z90 * stderr),
        "high": np.where(has_interval, high, score + Z90 * stderr),
    }


def _check_sizes(
    table: ScoreTable, comparison: Comparison, group: NDArray[np.int64], last: date
) -> None:
    counts = np.bincount(group, minlength=2)
    for name, count in zip((comparison.leader, comparison.follower), counts, strict=True):
        if count < FEWEST_RELEASES:
            if lacking := lacking_column(table, comparison.column):
                raise ScoresError(
                    f"{comparison.name} cannot be compared in {table.name}: {lacking}"
                )
            groups = group_counts(table, comparison.column).most_common(12)
            there = ", ".join(f"{value} ({number})" for value, number in groups)
            # What the reader found wrong is most likely why.
            why = "".join(f"\n  {finding.text}" for finding in table.reading.of("wrong")[:4])
            raise ScoresError(
                f"{comparison.name} cannot be compared in {table.name}: {name!r} has {count} "
                f"release(s) with a date and a score by {last}, and at least {FEWEST_RELEASES} are "
                f"needed to see a trend. Values of {comparison.column} in the table (models): "
                f"{there or 'none'}.{why}"
            )


def _check_records(releases: Releases) -> None:
    for group, name in enumerate(releases.group_names):
        count = int(np.sum(records(releases, group)))
        if count < FEWEST_RECORDS:
            raise ScoresError(
                f"{releases.comparison.name} cannot be compared in {releases.table}: {name!r} has "
                f"{count} record(s) by {releases.as_of}, and at least {FEWEST_RECORDS} are needed, "
                "because the first one only says where the table begins."
            )


def reference_date(releases: Releases) -> date:
    """The middle between the first release of either group and the as-of date."""
    first = int(np.min(releases.day))
    return date(1970, 1, 1) + timedelta(days=(first + day_number(releases.as_of)) // 2)


def subset(releases: Releases, mask: np.ndarray) -> Releases:
    """The releases where ``mask`` holds, in their order; what was left out is kept as it was."""
    arrays = {f.name: getattr(releases, f.name) for f in fields(releases)}
    kept: dict[str, Any] = {k: v[mask] for k, v in arrays.items() if isinstance(v, np.ndarray)}
    return replace(releases, **kept)
