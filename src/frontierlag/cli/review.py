"""Stored fits, looked at again: `study lags`, `diagnose`; and `published`, which needs no fit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from frontierlag.cli.options import (
    NOT_CONVERGED,
    PUBLISHED_SCORES,
    AsJson,
    AsOf,
    ComparisonName,
    DateConvention,
    Scores,
    Since,
    results_folder,
)
from frontierlag.dates import AS_PUBLISHED, WORDS
from frontierlag.errors import SpecError


def lags(
    path: Annotated[Path, Parameter(help="A results folder or a posterior.nc of `run` or `fit`.")],
    *,
    since: Since = None,
    level: Annotated[
        list[float] | None, Parameter(help="Report the lag at this score too; may be repeated.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Print the lags of a stored fit, over another window or at other scores if asked.

    Example: frontierlag study lags my-results --since 2025-01-01 --level 145
    """
    import numpy as np

    from frontierlag.analyses.analysis import Analysis
    from frontierlag.dates import Window
    from frontierlag.lags.measure import measure
    from frontierlag.report import as_json as answers
    from frontierlag.report.console import show_lags, show_levels, terminal
    from frontierlag.results.estimands import last_day_table
    from frontierlag.results.folder import headline_posterior
    from frontierlag.results.storage import load
    from frontierlag.results.tables import lag_table, level_table

    analysis = load(headline_posterior(path))
    stored = analysis.measured.window
    if since or level:
        start = since or stored.since
        if start < stored.since:
            raise SpecError(
                f"the stored window starts on {stored.since}; --since {start} is before it"
            )
        levels = np.array(level) if level else None
        window = Window(start, stored.as_of)
        analysis = Analysis(analysis.fit, measure(analysis.fit, window, levels))
    console = terminal(silent=as_json)
    show_lags(console, lag_table(analysis), last_day_table(analysis))
    show_levels(console, level_table(analysis))
    if as_json:
        answers.write(answers.analysis(analysis))
    return 0 if analysis.convergence.converged else NOT_CONVERGED


def diagnose(
    path: Annotated[
        Path | None,
        Parameter(help="A results folder or a posterior.nc; by default that of the main answer."),
    ] = None,
    *,
    figures: Annotated[bool, Parameter(help="Draw ArviZ's diagnostic figures too.")] = True,
    out: Annotated[
        Path | None, Parameter(help="Folder of the figures; by default figures/ next to the fits.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Review stored fits: the verdict, what mixed worst, what to do about it, and figures.

    Example: frontierlag diagnose results/eci-2026-08-11/us-china

    Example: frontierlag diagnose logistic.nc --no-figures
    """
    from frontierlag.errors import FitError
    from frontierlag.machine.files import MANIFEST
    from frontierlag.report import as_json as answers
    from frontierlag.report.console import terminal
    from frontierlag.report.review import FIGURES, draw_review, run_folder, show_review
    from frontierlag.results.folder import headline_model, read_manifest
    from frontierlag.results.storage import load

    path = path if path is not None else results_folder(None)
    files = sorted(path.glob("**/posterior.nc")) if path.is_dir() else [path]
    if not files:
        raise FitError(
            f"there is no posterior.nc below {path}; posteriors are not committed: "
            "make them with `frontierlag run`"
        )
    if (path / MANIFEST).is_file():  # the model that answers for the run comes first
        headline = headline_model(read_manifest(path))
        files.sort(key=lambda file: file.parent.name != headline)
    console = terminal(silent=as_json)
    fits = {file: load(file) for file in files}
    bad = [fit.name for fit in fits.values() if not fit.convergence.converged]
    words = f"NOT converged: {', '.join(bad)}" if bad else "every one converged"
    console.print(f"{len(fits)} fit(s): {words}", soft_wrap=True)
    for file, analysis in fits.items():
        show_review(console, analysis)
        if figures:
            folder = run_folder(file)
            # Fits of several folders keep apart in one place.
            below = folder.relative_to(path) if path.is_dir() and folder != path else Path()
            target = out / below if out else folder / FIGURES
            drawn = draw_review(analysis, file, target)
            console.print(f"{len(drawn)} figures in {target}", soft_wrap=True)
    if as_json:
        diagnoses = [
            {**answers.diagnosis(analysis), "file": file} for file, analysis in fits.items()
        ]
        answers.write({"converged": not bad, "fits": diagnoses})
    return NOT_CONVERGED if bad else 0


def published(
    *,
    scores: Scores = PUBLISHED_SCORES,
    comparison: ComparisonName = "us-china",
    as_of: AsOf = None,
    dates: DateConvention = AS_PUBLISHED,
    as_json: AsJson = False,
) -> int:
    """Print the lag by the published point conventions, which have no interval.

    With the dates as published, so that the published figure comes out; --dates released tells the
    same conventions by the first day of use.

    Example: frontierlag study published --scores eci-2025-12-19
    """
    from frontierlag.jobs import Job
    from frontierlag.lags.published import conventions
    from frontierlag.report import as_json as answers
    from frontierlag.report.console import show_published, terminal

    job = Job(scores, comparison, as_of=as_of, dates=dates).prepare()
    console = terminal(silent=as_json)
    found = conventions(job.releases)
    show_published(console, found)
    words = WORDS[job.table.dates]
    console.print(f"{words[0].upper()}{words[1:]}.")
    console.print(job.releases.attribution, style="dim")
    if as_json:
        # Points: there is no interval to them.
        answers.write({"data": answers.data(job), "unit": answers.MONTHS, "conventions": found})
    return 0
