"""What a run was asked to do, as its manifest keeps it, so that it can be asked again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from frontierlag.dates import RELEASED, Dates
from frontierlag.errors import ResultsError
from frontierlag.jobs import Job
from frontierlag.priors import Prior
from frontierlag.scores import Efforts
from frontierlag.scores.reading.options import DEFAULT_OPTIONS, ReadOptions
from frontierlag.settings import SamplerSettings

REQUEST = "request"  # its key in a manifest
_OF_JOB = [field.name for field in fields(Job)]  # all of which a request has too


class Request(BaseModel):
    """One job of a run, with all that its numbers depend on, except table and program.

    ``scores`` is as it was given: the name of a reference table, ``latest``, or a path.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    scores: str
    comparison: str
    since: date | None
    as_of: date | None
    efforts: Efforts
    results: str = ""
    draws: str = ""
    dates: Dates
    reading: ReadOptions = DEFAULT_OPTIONS
    models: tuple[str, ...]
    full: bool
    priors: dict[str, Prior]
    sampler: SamplerSettings

    @classmethod
    def of(
        cls,
        job: Job,
        models: Sequence[str],
        settings: SamplerSettings,
        priors: Mapping[str, Prior] | None,
        full: bool,
    ) -> Request:
        """Return the request of one job of :func:`frontierlag.runs.run.run_jobs`."""
        asked: dict[str, Any] = {name: getattr(job, name) for name in _OF_JOB} | {
            "scores": str(job.scores)
        }
        asked |= {"models": tuple(models), "full": full, "priors": dict(priors or {})}
        return cls(**asked, sampler=settings)

    @classmethod
    def read(cls, manifest: Mapping[str, Any], where: str) -> Request:
        """Return the request that a manifest keeps; a ResultsError says why there is none."""
        if REQUEST not in manifest:
            raise ResultsError(
                f"{where} does not say what was requested: it was made by another command than "
                "`frontierlag run`, or by an older version; run the analysis again"
            )
        try:
            return cls.model_validate(manifest[REQUEST])
        except ValidationError as error:
            raise ResultsError(
                f"the request in {where} is not understood by this version "
                f"({error.error_count()} fields, such as {error.errors()[0]['loc']}); use the "
                "version that made it"
            ) from None

    def record(self) -> dict[str, Any]:
        """The request as a manifest keeps it."""
        return self.model_dump(mode="json", exclude_none=False)

    def job(
        self, scores: str | None = None, results: str | None = None, draws: str | None = None
    ) -> Job:
        """The job, on the same tables or on copies of them elsewhere."""
        asked = {name: getattr(self, name) for name in _OF_JOB}
        given = {"scores": scores, "results": results, "draws": draws}
        return Job(**asked | {name: value for name, value in given.items() if value})

    def command(self) -> str:
        """The command line that asks for the same; priors of one's own have none."""
        words = ["frontierlag", "run", "--scores", self.scores, "--comparison", self.comparison]
        words += ["--results", self.results] if self.results else []
        words += ["--joint-draws", self.draws] if self.draws else []
        for name, day in (("since", self.since), ("as-of", self.as_of)):
            words += [f"--{name}", day.isoformat()] if day else []
        words += ["--dates", self.dates] if self.dates != RELEASED else []
        words += self.reading.words()
        words += ["--models", ",".join(self.models)] if self.models else []
        words += ["--full"] if self.full else []
        for name, value in self.sampler.model_dump(exclude_none=True).items():
            words += [f"--{name.replace('_', '-')}", str(value)]
        return shlex.join(words)
