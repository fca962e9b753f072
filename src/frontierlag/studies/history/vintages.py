"""The vintages of a history, and what moves the lag from one to the next.

A vintage is refused if its table is: among other reasons because a score that a comparison could
use has neither an interval nor a standard error while others have one (a score that defines the
scale needs none). No share of such rows is tolerated: to leave them out would take record-holders
away, and to take their error as zero would make them certain.

Scores (with their errors), models that came or went, and dates are each credited with their
Shapley value, as in :mod:`frontierlag.studies.vintages.comparison`, from fits of the mixtures of
two neighbours. Mixtures are read up to the later of the two last days, so that a model which only
came after the earlier one counts as one that came.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from frontierlag.analyses.refits import KINDS, Refit, Task
from frontierlag.dates import Window
from frontierlag.errors import ScoresError, SpecError
from frontierlag.frontiers.observations import Observations
from frontierlag.intervals import summarize
from frontierlag.jobs import Job, Prepared
from frontierlag.model import ModelSpec
from frontierlag.names import WINDOW as WHOLE
from frontierlag.scores import BadRowsError, Releases
from frontierlag.scores.registry import registry
from frontierlag.scores.side_by_side import SideBySide
from frontierlag.studies.vintages.comparison import (
    AFTER,
    BEFORE,
    CORNERS,
    WHOLE_CHANGE,
    Corner,
    combined,
    shapley_weights,
    signature,
)
from frontierlag.studies.writing import check_start, shared_days

# What a component of :mod:`frontierlag.studies.vintages.comparison` is called here.
CAUSES = {"scores": "scores", "releases": "models", "dates": "dates"}
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
    latest, earliest = shared_days([one.prepared for one in vintages])
    start, end = latest.window.since, earliest.window.as_of
    check_start(since, latest, "the history")
    if (since or start) > end:
        raise SpecError(
            f"the vintages share no day: from {since or start}"
            f"{'' if since else f' ({latest.table.name})'} on, and to {end} "
            f"({earliest.table.name}); leave one of them out"
        )
    return Window(since or start, end)


def whole_table(job: Job, name: str) -> Job:
    """The job on another table, over that table's own window."""
    return replace(job.of(name), since=None, as_of=None)


# The two vintages, the key of the fit of every mixture, and that of the later vintage with the
# earlier one's errors.
Step = tuple[Vintage, Vintage, dict[Corner, Hashable], Hashable]


def mixtures(a: Vintage, b: Vintage) -> dict[Corner, Releases]:
    """Releases of every mixture of two neighbours; the ends are the vintages as they are."""
    own = [one.prepared.releases for one in (a, b)]
    end = max(r.as_of for r in own)
    # A model that came after the earlier vintage's last day is one that came.
    pair = SideBySide(replace(own[0], as_of=end), replace(own[1], as_of=end), end)
    mixed = {corner: pair.mixed(*corner) for corner in CORNERS}
    # The ends share the fits of the vintages themselves.
    return mixed | {BEFORE: own[0], AFTER: own[1]}


def with_errors_of(a: Releases, b: Releases) -> Releases:
    """The later vintage with the earlier one's standard errors, for models that are in both."""
    at = {name: i for i, name in enumerate(a.model.tolist())}
    shared = np.array([name in at for name in b.model.tolist()])
    source = np.array([at[name] for name in b.model[shared].tolist()], dtype=np.int64)
    changed: dict[str, Any] = {}
    for name in ("stderr", "stderr_low", "stderr_high"):
        changed[name] = getattr(b, name).copy()
        changed[name][shared] = getattr(a, name)[source]
    return replace(b, **changed)


def asked(fits: Fits, vintages: Sequence[Vintage], window: Window) -> list[Step]:
    """Ask for the fits of every step from a vintage to the next; their keys."""
    steps = []
    for a, b in pairwise(vintages):
        corners = {corner: fits.ask(mixed, window) for corner, mixed in mixtures(a, b).items()}
        old_errors = with_errors_of(a.prepared.releases, b.prepared.releases)
        steps.append((a, b, corners, fits.ask(old_errors, window)))
    return steps


def changes_table(steps: Sequence[Step], window: Window, fits: Fits) -> pd.DataFrame:
    """Every step from a vintage to the next, taken apart.

    ``errors`` is the part of ``scores`` that is due to the standard errors alone: what it makes to
    give the later vintage its own, where models that are in both had the earlier one's.
    """
    rows = []
    for a, b, keys, old_errors in steps:
        for kind in KINDS:
            values = {}
            for key in {*keys.values(), old_errors}:
                s = summarize(fits.lag(key, window, kind, WHOLE)[0])
                values[key] = (s.mean, s.mcse_mean)
            total, parts = taken_apart(keys, values)
            row: dict[str, Any] = {
                "from": a.name,
                "to": b.name,
                "from_vintage": str(a.day),
                "to_vintage": str(b.day),
                "dates_by": b.prepared.releases.dates,
                "lag": kind,
                "since": str(window.since),
                "as_of": str(window.as_of),
                "change": total[0],
                "mcse_mean": total[1],
            }
            for component, name in CAUSES.items():
                row[name], row[f"{name}_mcse"] = parts[component]
            of_errors = {BEFORE: old_errors, AFTER: keys[AFTER]}
            row["errors"], row["errors_mcse"] = combined(of_errors, values, WHOLE_CHANGE)
            row["largest_score_change"] = largest_score_change(a, b)
            row["same_rows"] = keys[BEFORE] == keys[AFTER]
            row["errors_changed"] = a.errors != b.errors
            row["converged"] = all(fits.found[key].converged for key in values)
            rows.append(row)
    return pd.DataFrame(rows)


def largest_score_change(a: Vintage, b: Vintage) -> float:
    """How far the score of a model in both vintages moved at most; NaN if they share none."""
    scores = [
        dict(zip(r.model.tolist(), r.score.tolist(), strict=True))
        for r in (a.prepared.releases, b.prepared.releases)
    ]
    moved = [abs(scores[1][name] - score) for name, score in scores[0].items() if name in scores[1]]
    return max(moved, default=float("nan"))


def taken_apart(
    keys: dict[Corner, Hashable], values: dict[Hashable, tuple[float, float]]
) -> tuple[tuple[float, float], dict[str, tuple[float, float]]]:
    """The whole change and the Shapley value of each component, each with its Monte Carlo error.

    ``keys`` and ``values`` as of :func:`frontierlag.studies.vintages.comparison.combined`.
    """
    total = combined(keys, values, WHOLE_CHANGE)
    return total, {name: combined(keys, values, of) for name, of in shapley_weights().items()}


class Fits:
    """Fits of releases, asked for and then made: those that a likelihood reads alike are one.

    ``found`` is what each found, by key, once they are made.
    """

    def __init__(self, spec: ModelSpec) -> None:
        self.spec = spec
        self.found: dict[Hashable, Refit] = {}
        self._observations: dict[Hashable, Observations] = {}
        self._windows: dict[Hashable, dict[Window, None]] = {}

    def ask(self, given: Releases, *windows: Window) -> Hashable:
        """Ask for the lags of a fit over windows; the fit's key."""
        key = signature(given)
        if key not in self._observations:
            self._observations[key] = self.spec.observations(given)
        self._windows.setdefault(key, {}).update(dict.fromkeys(windows))
        return key

    @property
    def tasks(self) -> list[Task]:
        """One a fit."""
        return [
            Task(key, self.spec, self._observations[key], tuple(windows))
            for key, windows in self._windows.items()
        ]

    def lag(self, key: Hashable, window: Window, kind: str, period: str) -> tuple[Any, float]:
        """Draws of a lag over a window in months, and the share of its days that are bounds."""
        position = list(self._windows[key]).index(window)
        return self.found[key].lags[position][kind, period]
