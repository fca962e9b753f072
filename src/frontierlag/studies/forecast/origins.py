"""Refits at every quarter of the past, and what the fitted model forecasts there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from frontierlag.analyses.refits import Task, refit_with_draws
from frontierlag.dates import day_number
from frontierlag.errors import ScoresError, SpecError
from frontierlag.jobs import Job, Prepared
from frontierlag.model import ModelSpec
from frontierlag.scores.registry import registry
from frontierlag.settings import SamplerSettings
from frontierlag.studies.forecast.paths import Future, first_day, futures, months_to_days
from frontierlag.studies.forecast.targets import BEST, CATCH_UP, NEXT_DATE, ForecastQuestion, Past
from frontierlag.studies.history.vintages import chosen_tables, read_vintages, whole_table
from frontierlag.studies.sensitivity.starts import quarters
from frontierlag.studies.vintages.comparison import signature

# How far ahead releases are simulated at least: beyond it a date counts as not reached.
SPAN_MONTHS = 36.0


@dataclass(frozen=True, eq=False)
class Simulated:
    """A model fitted at an origin, and its simulated futures.

    Attributes
    ----------
    name
        The model's.
    paths
        Of leader and follower.
    converged
        Whether the fit passed the gate.
    """

    name: str
    paths: tuple[Future, Future]
    converged: bool

    def draws(self, target: ForecastQuestion, past: Past) -> np.ndarray:
        """The forecast of a target, shape ``(n,)``: score units, or days.

        Dates beyond the simulated span are infinite. The score of a next record is over the draws
        that have one within it.
        """
        path = self.paths[target.group]
        if target.quantity == BEST:
            ahead = past.day + months_to_days(target.months)
            return path.published_on(ahead).ravel()
        if target.quantity == CATCH_UP:
            return first_day(path.day, path.published > target.level).ravel()
        day, score = path.next_published_record()
        if target.quantity == NEXT_DATE:
            return day.ravel()
        return score[np.isfinite(day)]


def simulate(
    spec: ModelSpec, prepared: Prepared, settings: SamplerSettings, end: int, cores: int
) -> Simulated:
    """Refit a model to what an origin has and simulate its futures up to ``end`` or further."""
    task = Task(spec.name, spec, spec.observations(prepared.releases), (prepared.window,))
    found, fit = refit_with_draws(task, settings, cores)
    span = max(months_to_days(SPAN_MONTHS), end - day_number(prepared.window.as_of))
    leader, follower = futures(fit, span)
    return Simulated(spec.name, (leader, follower), found.converged)


def origins_of(job: Job, horizon_months: float) -> list[Prepared]:
    """The job as of the last day of every quarter that can be fitted and judged.

    A quarter can be fitted from when both groups have the releases and records that any comparison
    needs, and judged if it ends ``horizon_months`` before the table does.

    Raises
    ------
    SpecError
        If there is none.
    """
    whole = job.prepare()
    first = date.fromordinal(int(np.min(whole.releases.day)) + date(1970, 1, 1).toordinal())
    found = []
    for start in quarters(first, whole.window.as_of):
        origin = start - timedelta(days=1)
        if origin < first:
            continue
        over = day_number(whole.window.as_of) - day_number(origin)
        if over < months_to_days(horizon_months):
            continue
        try:
            found.append(replace(job, since=None, as_of=origin).prepare())
        except ScoresError:
            # Too few releases or records as yet; once there are enough there always are.
            if found:
                raise
    if not found:
        raise SpecError(
            f"{whole.table.name} has no quarter to go back to: both groups need three releases and "
            f"two records {horizon_months:g} months before {whole.window.as_of}"
        )
    return found


def vintage_origins(
    job: Job, now: Prepared, earlier: Sequence[str] = ()
) -> tuple[Prepared | None, tuple[Prepared, ...]]:
    """The table that says what came, and the vintages that forecast it, by their last day.

    Parameters
    ----------
    job, now
        The job and its table, read.
    earlier
        Tables to forecast from; what came is then read from the job's table. By default every
        vintage of the same metric that comes with the package and can be used, and what came is
        read from the latest of them and the job's table (with an as-of date, from the job's table).
        Of vintages with the same rows the first counts.

    Raises
    ------
    SpecError
        If a table that was given is not earlier than the job's.
    """
    if earlier:
        origins = [whole_table(job, name).prepare() for name in dict.fromkeys(earlier)]
        for one in origins:
            if one.window.as_of >= now.window.as_of:
                raise SpecError(
                    f"{one.table.name} speaks for days up to {one.window.as_of}, {now.table.name} "
                    f"up to {now.window.as_of}: give a table that is earlier"
                )
        return now, _by_day(origins)
    default = registry().find(registry().roles.scores, "scores")
    if default is None or default.metric != now.table.metric.name:
        return None, ()
    vintages, _ = read_vintages(chosen_tables([job.scores]), job)
    every = [one.prepared for one in vintages]
    against = now
    if job.as_of is None:
        against = max([now, *every], key=lambda one: one.window.as_of)
    return against, _by_day([one for one in every if one.window.as_of < against.window.as_of])


def _by_day(origins: Sequence[Prepared]) -> tuple[Prepared, ...]:
    """By last day, then by name; the first of those with the same rows."""
    found: dict[object, Prepared] = {}
    for one in sorted(origins, key=lambda one: (one.window.as_of, one.table.name)):
        found.setdefault(signature(one.releases), one)
    return tuple(found.values())
