"""The vintages of a history: which tables, in which order, over which days, and which are refused.

A vintage is refused if its table is: among other reasons because a score that a comparison could
use has neither an interval nor a standard error while others have one (a score that defines the
scale needs none). No share of such rows is tolerated: to leave them out would take record-holders
away, and to take their error as zero would make them certain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from frontierlag.dates import Window
from frontierlag.errors import ScoresError, SpecError
from frontierlag.jobs import Job, Prepared
from frontierlag.scores import BadRowsError
from frontierlag.scores.registry import registry

PINNED, FREE = "pinned at the anchors", "not pinned at the anchors"


@dataclass(frozen=True, eq=False)
class Vintage:
    """One vintage of a table, read, with the comparison's releases and the table's own window."""

    prepared: Prepared

    @property
    def name(self) -> str:
        """Name of the table."""
        return self.prepared.table.name

    @property
    def day(self) -> date:
        """The day that it is ordered by: its vintage, or the last day that it speaks for."""
        table = self.prepared.table
        return table.vintage or table.as_of

    @property
    def errors(self) -> str:
        """Whether the scores' errors are of a scale that the anchors define; '' without anchors.

        Errors of a scale that is estimated anew in every bootstrap sample and not pinned hold what
        all scores share: they are larger where the pinned ones are small, and give the anchors an
        error of their own.
        """
        r = self.prepared.releases
        of_anchor = np.isin(r.model, [name for name, _ in r.metric.anchors])
        if not of_anchor.any():
            return ""
        return FREE if (r.stderr[of_anchor] > 0).any() else PINNED


@dataclass(frozen=True)
class Refused:
    """A vintage that cannot be used, and why."""

    name: str
    reason: str

    def __str__(self) -> str:
        """Return name and reason."""
        return f"{self.name} is refused: {self.reason}"


def chosen_tables(scores: Sequence[str], *, archive: bool = True) -> tuple[str, ...]:
    """Names and paths of the tables of a history, each once.

    With ``archive`` those of all vintages of the default table's metric that come with the package,
    and then those that are given.
    """
    known = registry()
    default = known.find(known.roles.scores, "scores")
    shipped = [
        entry.name
        for entry in known.of("scores")
        if archive and default is not None and entry.metric == default.metric
    ]
    return tuple(dict.fromkeys((*shipped, *scores)))


def read_vintages(
    scores: Sequence[str], job: Job, *, given: Sequence[str] = ()
) -> tuple[tuple[Vintage, ...], tuple[Refused, ...]]:
    """Read tables as vintages of one another.

    Their vintages by day (then by name), and those that are refused. ``job`` is the analysis of
    each, whatever its own table; ``given`` are tables of the user's own.

    Raises
    ------
    ScoresError
        If a table of the user's own cannot be used, or measures something else than the others.
    SpecError
        If fewer than two are left.
    """
    found, refused = [], []
    for name in scores:
        try:
            found.append(Vintage(whole_table(job, name).prepare()))
        except ScoresError as error:
            if name in given:
                raise
            refused.append(Refused(name, reason(error)))
    if len(found) < 2:
        words = "; ".join(map(str, refused)) or "none was refused"
        raise SpecError(
            f"a history needs at least two vintages, and {len(found)} can be read: {words}"
        )
    first = found[0].prepared.table
    for one in found:
        table = one.prepared.table
        if table.metric.name != first.metric.name:
            raise ScoresError(
                f"{table.name} measures {table.metric.name} and {first.name} {first.metric.name}: "
                "a history is of vintages of one table"
            )
    return tuple(sorted(found, key=lambda one: (one.day, one.name))), tuple(refused)


def reason(error: ScoresError) -> str:
    """Why a table is refused, in one sentence: of bad rows how many there are of each kind."""
    if not isinstance(error, BadRowsError):
        return str(error)
    kinds = Counter((problem.column, problem.advice) for problem in error.problems)
    return "; ".join(
        f"{n} row(s), column {column}: {advice}" for (column, advice), n in kinds.most_common()
    )


def same_days(vintages: Sequence[Vintage], since: date | None = None) -> Window:
    """The days that all vintages can speak for.

    From ``since``, by default the latest of their own windows' starts, to the earliest of their
    last days.

    Raises
    ------
    SpecError
        If there is none, or a vintage cannot speak for ``since``.
    """
    latest = max(vintages, key=lambda one: one.prepared.window.since)
    earliest = min(vintages, key=lambda one: one.prepared.window.as_of)
    start, end = latest.prepared.window.since, earliest.prepared.window.as_of
    if since is not None and since < start:
        raise SpecError(
            f"the history would start on {since}, but both groups of {latest.name} have a second "
            f"record only from {start} on; give --since {start} or later"
        )
    if (since or start) > end:
        raise SpecError(
            f"the vintages share no day: from {since or start}"
            f"{'' if since else f' ({latest.name})'} on, and to {end} ({earliest.name}); leave one "
            "of them out"
        )
    return Window(since or start, end)


def whole_table(job: Job, name: str) -> Job:
    """The job on another table, over that table's own window."""
    return replace(job.of(name), since=None, as_of=None)
