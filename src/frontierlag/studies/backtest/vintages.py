"""Vintages as origins: which tables forecast, and which one says what came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from frontierlag.errors import SpecError
from frontierlag.jobs import Job, Prepared
from frontierlag.scores.registry import registry
from frontierlag.studies.history.fits import signature
from frontierlag.studies.history.tables import chosen_tables, read_vintages


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
        origins = [_as_origin(job, name) for name in dict.fromkeys(earlier)]
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


def _as_origin(job: Job, name: str) -> Prepared:
    return replace(job, scores=name, since=None, as_of=None).prepare()


def _by_day(origins: Sequence[Prepared]) -> tuple[Prepared, ...]:
    """By last day, then by name; the first of those with the same rows."""
    found: dict[object, Prepared] = {}
    for one in sorted(origins, key=lambda one: (one.window.as_of, one.table.name)):
        found.setdefault(signature(one.releases), one)
    return tuple(found.values())
