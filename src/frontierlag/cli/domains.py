"""Which capability: `domains`, the lag in each domain of benchmarks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import PositiveInt

from frontierlag.cli.ending import tell
from frontierlag.cli.options import (
    DEFAULT_DATES,
    DEFAULT_RESULTS,
    DEFAULT_SCORES,
    NOT_CONVERGED,
    AsJson,
    AsOf,
    BenchmarkResults,
    ComparisonName,
    DateConvention,
    Reading,
    Scores,
    Since,
)
from frontierlag.machine.progress import progress
from frontierlag.scores.reading.options import DEFAULT_OPTIONS
from frontierlag.settings import DOMAINS, DomainSettings


def domains(
    *,
    scores: Scores = DEFAULT_SCORES,
    measured: BenchmarkResults = DEFAULT_RESULTS,
    comparison: ComparisonName = "us-china",
    since: Since = None,
    as_of: AsOf = None,
    dates: DateConvention = DEFAULT_DATES,
    reading: Reading = DEFAULT_OPTIONS,
    by: Annotated[
        tuple[str, ...],
        Parameter(
            help="Columns of the table of benchmarks, a fit each: domain, items (whether they are "
            "published), or a column of your own table.",
        ),
    ] = ("domain", "items"),
    benchmarks: Annotated[
        str,
        Parameter(
            help="A CSV file of your own with a column `benchmark` and others; its rows replace "
            "those of the table that comes with the package."
        ),
    ] = "",
    leave_out: Annotated[
        bool,
        Parameter(
            help="Also compare models by how well they predict each benchmark without having seen "
            "it: two fits for each benchmark."
        ),
    ] = False,
    jobs: Annotated[PositiveInt, Parameter(help="Processes for that; changes no number.")] = 2,
    sampler: Annotated[DomainSettings, Parameter(name="*")] = DOMAINS,
    out: Annotated[
        Path | None,
        Parameter(help="Folder; by default results/DATASET/COMPARISON-joint[-WINDOW]/domains."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Compute the lag in each domain of benchmarks, and on private against public ones.

    Example: frontierlag domains --by domain
    """
    from frontierlag.jobs import Job
    from frontierlag.studies.domains.study import study_domains

    job = Job(scores, comparison, since, as_of, results=measured, reading=reading, dates=dates)
    folder = out or Path("results") / job.prepare().slug / "domains"
    steps = len(by) + 1 + 2 * leave_out
    with progress("fitting an ability for each domain", steps) as step:
        found = study_domains(
            job, folder, by, benchmarks, sampler, leave_out=leave_out, jobs=jobs, done=step
        )
    tell(found.sentences, folder, as_json=as_json, converged=found.converged)
    return 0 if found.converged else NOT_CONVERGED
