"""All groups at once: `league`, who is how far behind the frontier and who is ahead of whom."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from frontierlag.cli.ending import tell
from frontierlag.cli.options import (
    DEFAULT_DATES,
    DEFAULT_SAMPLER,
    DEFAULT_SCORES,
    NOT_CONVERGED,
    AsJson,
    AsOf,
    DateConvention,
    Reading,
    Sampler,
    Scores,
)
from frontierlag.machine.progress import progress
from frontierlag.scores.reading.options import DEFAULT_OPTIONS


def league(
    *,
    scores: Scores = DEFAULT_SCORES,
    by: Annotated[
        str,
        Parameter(help="country, maker, weights, or a column of your own table by its heading."),
    ] = "country",
    as_of: AsOf = None,
    dates: DateConvention = DEFAULT_DATES,
    reading: Reading = DEFAULT_OPTIONS,
    sampler: Sampler = DEFAULT_SAMPLER,
    out: Annotated[
        Path | None, Parameter(help="Folder; by default results/DATASET/league-BY.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Fit all groups of a column at once: months behind the frontier, ranks, every pairwise lag.

    Groups with fewer than three releases are left out and listed. A release with a date and no
    score is pending: it counts as unknown. The folder gets tables, figures and a page,
    report.html, on which any two groups can be compared.

    Example: frontierlag league --by maker
    """
    from frontierlag.report.page.league import write_league_page
    from frontierlag.studies.league.study import LeagueJob, study_league

    job = LeagueJob(scores, by, as_of, reading, dates)
    folder = out or job.folder
    with progress("fitting all groups", 2) as step:
        found = study_league(job, folder, sampler, extra=write_league_page, done=step)
    tell(found.sentences, folder, as_json=as_json, converged=found.converged)
    return 0 if found.converged else NOT_CONVERGED
