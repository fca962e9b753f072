"""Comparisons: which two groups of a table are set against each other, and who is in them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from frontierlag.errors import ScoresError
from frontierlag.scores.reading.blanks import lacking, not_used
from frontierlag.scores.reading.countries import country_name, listed_names
from frontierlag.scores.reading.layouts import GROUP_COLUMNS
from frontierlag.scores.reading.parsing import folded, same_name
from frontierlag.scores.reading.report import listed
from frontierlag.scores.reading.weights import WEIGHT_WORDS
from frontierlag.scores.table import ScoreTable


@dataclass(frozen=True)
class Comparison:
    """A leader and a follower: two values of a column, 'weights', 'country' or 'organization'.

    Its name is 'us-china', 'closed-open', or 'LEADER:FOLLOWER'; `parse_comparison` reads it back.
    """

    name: str
    leader: str
    follower: str
    column: str


US_CHINA = Comparison("us-china", "USA", "China", "country")
CLOSED_OPEN = Comparison("closed-open", "closed", "open", "weights")
NAMED = {comparison.name: comparison for comparison in (US_CHINA, CLOSED_OPEN)}


@lru_cache(maxsize=20_000)
def members(cell: str) -> tuple[str, ...]:
    """Return the groups that a cell names, each once; none for '' and 'unknown'."""
    parts = (part.strip() for part in cell.split(";"))
    return tuple(dict.fromkeys(part for part in parts if part and part != "unknown"))


def group_counts(table: ScoreTable, column: str) -> Counter[str]:
    """Return how many of a table's models each value of a column has."""
    cells: pd.Series[str] = table.frame[column]
    return Counter(group for cell in cells for group in members(cell))


def lacking_column(table: ScoreTable, column: str) -> str:
    """Say that a table has no such column, and how to name one; '' if it has."""
    reading = table.reading
    if group_counts(table, column) or any(use.column == column for use in reading.columns):
        return ""
    return lacking(column, reading)


def parse_comparison(text: str, table: ScoreTable | None = None) -> Comparison:
    """Return the comparison that a text names.

    Parameters
    ----------
    text
        'us-china', 'closed-open', or 'LEADER:FOLLOWER' with two values of one column, without
        regard to case. They are looked up in weights, then country, then organization.
    table
        The table whose values count. Without one, only weights and listed countries are known.

    Raises
    ------
    ScoresError
        If there is no such comparison; the message lists what there is.
    """
    wanted = text.strip()
    named = NAMED.get(wanted.casefold())
    if named is not None:
        return named
    parts = [part.strip() for part in wanted.split(":")]
    if len(parts) != 2 or not all(parts):
        raise ScoresError(
            f"There is no comparison {text!r}. Write {' or '.join(NAMED)}, or LEADER:FOLLOWER, "
            f"such as USA:France.{_listing(table)}"
        )
    for column in GROUP_COLUMNS:
        values = _values(table, column)
        found = [_look_up(part, column, values) for part in parts]
        leader, follower = found
        if leader is None or follower is None:
            continue
        if leader == follower:
            raise ScoresError(
                f"The comparison {text!r} has the same group, {leader!r}, as leader and as "
                "follower, so there is no lag between them. Name two different groups."
            )
        for known in NAMED.values():
            if (leader, follower, column) == (known.leader, known.follower, known.column):
                return known
        return Comparison(f"{leader}:{follower}", leader, follower, column)
    raise ScoresError(
        f"The groups {parts[0]!r} and {parts[1]!r} are not both values of one column."
        f"{_listing(table)}"
    )


def _values(table: ScoreTable | None, column: str) -> list[str]:
    if table is not None:
        return [group for group, _ in group_counts(table, column).most_common()]
    known = {"weights": ["closed", "open"], "country": listed_names()}
    return known.get(column, [])


def _look_up(text: str, column: str, values: list[str]) -> str | None:
    """The value of a column that a text names: exactly, without case, without hyphens and space."""
    name = country_name(text) if column == "country" else text
    if column == "weights":
        name = WEIGHT_WORDS.get(folded(text), text)
    if name in values:
        return name
    for key in (folded, same_name):
        found = [value for value in values if key(value) == key(name)]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _listing(table: ScoreTable | None) -> str:
    """Return the groups that could have been named, with their numbers of models."""
    if table is None:
        return " Organizations and unlisted countries can be looked up only in a given table."
    lines: list[str] = []
    lacked: list[str] = []
    for column in GROUP_COLUMNS:
        counts = group_counts(table, column).most_common()
        shown = listed([f"{group} ({count})" for group, count in counts], 30, ", and {} more")
        if lacking_column(table, column):
            lacked.append(column)
        lines.append(f"\n  {column}: {shown or ('no such column' if column in lacked else 'none')}")
    if lacked:
        # Who compares by a column that is not there means a country more often than openness.
        lines.append(f"\n{not_used(table.reading, *sorted(lacked))}")
    return f" The table {table.name!r} has (models):{''.join(lines)}"
