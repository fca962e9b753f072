"""How the answer moved from vintage to vintage: `history`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import PositiveInt

from frontierlag.cli.options import (
    DEFAULT_DATES,
    NOT_CONVERGED,
    AsJson,
    ComparisonName,
    DateConvention,
    QuickSampler,
    Since,
)
from frontierlag.dates import suffix
from frontierlag.machine.progress import progress
from frontierlag.settings import QUICK


def history(
    scores: Annotated[
        tuple[str, ...],
        Parameter(
            negative="",
            help="Further vintages: CSV or Parquet files, or reference tables; may repeat.",
        ),
    ] = (),
    *,
    comparison: ComparisonName = "us-china",
    since: Since = None,
    dates: DateConvention = DEFAULT_DATES,
    archive: Annotated[
        bool, Parameter(help="Take every vintage of the index that comes with the package.")
    ] = True,
    model: Annotated[
        str | None, Parameter(help="A model of scores; by default linear-stochastic.")
    ] = None,
    sampler: QuickSampler = QUICK,
    jobs: Annotated[
        PositiveInt, Parameter(help="Processes, one thread each; changes no number.")
    ] = 2,
    out: Annotated[
        Path | None, Parameter(help="Folder; by default results/history/COMPARISON[-DATES].")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Compare the lag over the same days between vintages, and show what moved it.

    Example: frontierlag study history

    Example: frontierlag study history my-copy-2026-09-01.csv --comparison closed-open
    """
    from frontierlag.jobs import Job
    from frontierlag.report import as_json as answers
    from frontierlag.report.console import terminal
    from frontierlag.studies.history.study import study_history
    from frontierlag.studies.history.tables import chosen_tables
    from frontierlag.studies.history.words import sentences

    tables = chosen_tables(scores, archive=archive)
    job = Job("", comparison, since, dates=dates)
    slug = f"{comparison.replace(':', '-').lower()}{suffix(dates)}"
    folder = out or Path("results") / "history" / slug
    with progress("fitting every vintage") as step:
        found = study_history(
            tables, job, folder, sampler, given=scores, model=model, workers=jobs, done=step
        )
    console = terminal(silent=as_json)
    words = sentences(found)
    for sentence in words:
        console.print(sentence, markup=False)
    console.print(f"written to {folder}", markup=False)
    if as_json:
        answers.write(answers.study(words, folder, converged=found.converged))
    return 0 if found.converged else NOT_CONVERGED
