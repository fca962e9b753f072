"""What a new vintage has otherwise than the last one: its layout, its models, their dates.

A vintage is refused, and a person asked, where its numbers may mean something else than before:
a column that is gone, new, or read from another heading; another scale; another order of the
models; dates or groups of most models changed. What a publisher changes from vintage to vintage
(scores, a few dates, the openness of a model, models that come) is listed and not refused.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from frontierlag.scores import ScoreTable
from frontierlag.scores.reading.layouts import fold

# A vintage without more than this share of the last one's models may be cut off.
MOST_GONE = 0.1
# A column that has lost more than this share of its filled cells is as good as gone.
MOST_BLANK = 0.5
# If more than this share of models in both has another date or group, the column may mean another.
MOST_MOVED = 0.5
# Rank correlation of the scores of models in both below which they may measure another thing.
SAME_ORDER = 0.8
# With fewer models in both nothing is said of most of them.
FEWEST = 10
# What is listed by model where it moved; a date as published, and the day in use.
LISTED = ("released", "dated", "weights", "country", "organization")
COLUMNS = ("model", "column", "before", "after")
NEW, GONE = "new", "gone"
NAMED = 8  # models named in one sentence


@dataclass(frozen=True, eq=False)
class Differences:
    """A vintage against the last one.

    ``layout``: what may make its numbers mean something else, a clause each; ``gone``: the models
    of the last vintage that it lacks, if they are too many; ``moved``: a row a model and column
    with ``before`` and ``after`` as text, the column ``new`` or ``gone`` of a model that came or
    went; ``remarks``: columns that are not read and came or went, a sentence each.
    """

    layout: tuple[str, ...]
    gone: tuple[str, ...]
    moved: pd.DataFrame
    remarks: tuple[str, ...]


def differences(before: ScoreTable, after: ScoreTable) -> Differences:
    """Set two vintages of one table, read with the same options, side by side."""
    a, b = (_by_model(table) for table in (before, after))
    gone = tuple(sorted(set(a.index) - set(b.index)))
    shared = a.index.intersection(b.index)
    layout = (*_columns(before, after), *_blank(before, after))
    if not before.reading.of("wrong"):
        layout += tuple(finding.text.rstrip(".") for finding in after.reading.of("wrong"))
    if len(shared) >= FEWEST:
        layout = (*layout, *_meanings(a.loc[shared], b.loc[shared]))
    return Differences(
        layout,
        gone if len(gone) > MOST_GONE * len(a) else (),
        _moved(a, b),
        _unread(before, after),
    )


def headings_differ(before: bytes, after: bytes) -> str:
    """Which headings of two texts with commas are gone and which are new; empty if none is."""
    one, other = ({name: name for name in _headings(content)} for content in (before, after))
    parts = [f"{what}: {names}" for what, names in _differing(one, other, (GONE, NEW))]
    return f"against the last vintage, headings {'; '.join(parts)}" if one and parts else ""


def _differing(
    one: Mapping[str, str], other: Mapping[str, str], words: tuple[str, str]
) -> list[tuple[str, str]]:
    """Names, by a key that is the same for alike ones, that are gone and that are new, in words."""
    gone = [name for key, name in one.items() if key not in other]
    new = [name for key, name in other.items() if key not in one]
    found = zip(words, (gone, new), strict=True)
    return [(what, ", ".join(map(repr, names))) for what, names in found if names]


def _headings(content: bytes) -> list[str]:
    try:
        first = next(csv.reader(io.StringIO(content.decode("utf-8-sig"))), [])
    except (UnicodeDecodeError, csv.Error):
        return []  # not such a text: there is nothing to compare
    return [cell.strip() for cell in first]


def _by_model(table: ScoreTable) -> pd.DataFrame:
    """Rows by model, with ``released`` as published: before corrections."""
    frame = table.frame[~table.frame["model"].duplicated(keep=False)].set_index("model")
    published = {one.model: pd.Timestamp(one.old) for one in table.corrections}
    days = frame["released"].astype("datetime64[s]").copy()
    for model in days.index.intersection(list(published)):
        days[model] = published[model]
    return frame.assign(released=days)


def _columns(before: ScoreTable, after: ScoreTable) -> list[str]:
    """Columns that are read and came, went, or are read from elsewhere; other scale or interval."""
    said = []
    if before.layout != after.layout:
        said.append(f"the layout was {before.layout} and is {after.layout}")
    one, other = ({use.column: use.heading for use in t.reading.columns} for t in (before, after))
    for column, heading in one.items():
        if column not in other:
            said.append(f"the column {heading!r}, read as {column}, is gone")
        elif fold(other[column]) != fold(heading):
            said.append(f"{column} was read from {heading!r} and would be from {other[column]!r}")
    said += [
        f"the column {heading!r} is new and would be read as {column}"
        for column, heading in other.items()
        if column not in one
    ]
    if before.metric.name != after.metric.name:
        said.append(f"scores were {before.metric.name} and would be {after.metric.name}")
    levels = [table.reading.interval_level for table in (before, after)]
    if levels[0] != levels[1] and None not in levels:
        said.append(f"intervals were of {levels[0]:.0%} and would be of {levels[1]:.0%}")
    return said


def _blank(before: ScoreTable, after: ScoreTable) -> list[str]:
    """Columns that are there but have lost most of their cells."""
    said = []
    known = {use.column: use.heading for use in after.reading.columns}
    for column in (c for c in known if c in before.frame and c in after.frame):
        filled = [int(_filled(table.frame[column]).sum()) for table in (before, after)]
        sizes = [len(table.frame) for table in (before, after)]
        if filled[1] / sizes[1] < (1 - MOST_BLANK) * filled[0] / sizes[0]:
            said.append(
                f"the column {known[column]!r} is filled in {filled[1]} of {sizes[1]} rows, before "
                f"in {filled[0]} of {sizes[0]}"
            )
    return said


def _filled(cells: pd.Series) -> pd.Series:
    return cells.notna() & ~cells.astype(str).isin(["", "unknown"])


def _meanings(a: pd.DataFrame, b: pd.DataFrame) -> list[str]:
    """What is read alike but moved for most models."""
    said = []
    scored = a["score"].notna() & b["score"].notna()
    order = a["score"][scored].corr(b["score"][scored], method="spearman")
    if order < SAME_ORDER:
        said.append(
            f"the {int(scored.sum())} models in both have another order by score (rank correlation "
            f"{order:.2f})"
        )
    shift = float((b["score"] - a["score"])[scored].abs().median())
    spread = float(a["score"][scored].std())
    if shift > spread:
        said.append(
            f"scores of models in both moved by {shift:.1f} in the median, more than their spread "
            f"of {spread:.1f}"
        )
    for column in ("released", "weights", "country"):
        both = _filled(a[column]) & _filled(b[column])
        moved = int((a[column][both] != b[column][both]).sum())
        if both.sum() >= FEWEST and moved > MOST_MOVED * both.sum():
            said.append(f"{column} is another in {moved} of {int(both.sum())} models in both")
    return said


def _moved(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    rows = [
        (model, NEW, "", _text(b.at[model, "released"])) for model in b.index.difference(a.index)
    ]
    rows += [
        (model, GONE, _text(a.at[model, "released"]), "") for model in a.index.difference(b.index)
    ]
    shared = a.index.intersection(b.index)
    for column in LISTED:
        one, other = (frame.loc[shared, column].map(_text) for frame in (a, b))
        rows += [(model, column, one[model], other[model]) for model in shared[one != other]]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _text(cell: object) -> str:
    """A cell as text: a day as YYYY-MM-DD."""
    if pd.isna(cell):  # type: ignore[call-overload]
        return ""
    return f"{cell:%Y-%m-%d}" if isinstance(cell, pd.Timestamp) else str(cell)


def _unread(before: ScoreTable, after: ScoreTable) -> tuple[str, ...]:
    one, other = ({fold(name): name for name in t.reading.unused} for t in (before, after))
    return tuple(
        f"Columns that are not read and are {what}: {names}."
        for what, names in _differing(one, other, ("no longer there", NEW))
    )


def listed(names: Sequence[str]) -> str:
    """Names in a sentence, the first few and how many more there are."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"
