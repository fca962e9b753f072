"""What the index hides: `index`, the lag under other constructions of the index."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

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
    Jobs,
    Keep,
    Reading,
    Scores,
    Since,
    default_store,
)
from frontierlag.machine.progress import progress
from frontierlag.scores.reading.options import DEFAULT_OPTIONS
from frontierlag.settings import INDEX, IndexSettings


def index(
    *,
    scores: Scores = DEFAULT_SCORES,
    measured: BenchmarkResults = DEFAULT_RESULTS,
    comparison: ComparisonName = "us-china",
    since: Since = None,
    as_of: AsOf = None,
    dates: DateConvention = DEFAULT_DATES,
    reading: Reading = DEFAULT_OPTIONS,
    leave_out: Annotated[
        tuple[Literal["benchmarks", "sources"], ...],
        Parameter(help="Leave out one benchmark at a time, or one source at a time."),
    ] = (),
    vendor: Annotated[
        Literal["without", "only"] | None,
        Parameter(help="Without the results that makers of models report, or with these alone."),
    ] = None,
    benchmarks_since: Annotated[
        tuple[date, ...], Parameter(help="Leave out benchmarks older than this date, YYYY-MM-DD.")
    ] = (),
    sampler: Annotated[IndexSettings, Parameter(name="*")] = INDEX,
    jobs: Jobs = 2,
    store: Keep = None,
    out: Annotated[
        Path | None,
        Parameter(
            help="Folder; by default results/DATASET/COMPARISON-joint[-WINDOW]/index, for a part "
            "of the constructions with their names after it."
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Compute the lag under other constructions of the index; by default under all of them.

    Example: frontierlag study index --vendor without
    """
    from frontierlag.jobs import Job
    from frontierlag.report.console import show_measurement, terminal
    from frontierlag.scores.item_results import load_results
    from frontierlag.studies.index.construction import Choice, constructions
    from frontierlag.studies.index.study import prepared_with_results, study_index

    job = Job(scores, comparison, since, as_of, results=measured, reading=reading, dates=dates)
    choice = Choice(leave_out, vendor, benchmarks_since)
    prepared, releases = prepared_with_results(job)
    name = "-".join(["index", *([] if choice.everything else [choice.slug])])
    folder = out or Path("results") / prepared.slug / name
    keep = store or default_store()
    total = len(constructions(releases, load_results(measured), prepared.table, choice))
    show_measurement(terminal(silent=as_json), releases)
    with progress("constructing the index otherwise", total) as step:
        found = study_index(job, folder, choice, keep, sampler, jobs=jobs, done=step)
    tell(found.sentences, folder, as_json=as_json, keep=keep, converged=found.converged)
    return 0 if found.converged else NOT_CONVERGED
