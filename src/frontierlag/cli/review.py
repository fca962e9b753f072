"""What was written, looked at: `report`, `figures`, `cite`, `lags`, `diagnose`; and `published`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

from frontierlag.cli import options as o
from frontierlag.dates import AS_PUBLISHED, WORDS
from frontierlag.errors import SpecError


def lags(
    path: Path,
    *,
    since: o.Since = None,
    level: list[float] | None = None,
    as_json: o.AsJson = False,
) -> int:
    """Print the lags of a stored fit, over another window or at other scores if asked.

    Example: frontierlag study lags my-results --since 2025-01-01 --level 145

    Parameters
    ----------
    path
        A results folder or a posterior.nc of `run` or `fit`.
    level
        Report the lag at this score too; may be repeated.
    """
    import numpy as np

    from frontierlag.analyses.analysis import Analysis
    from frontierlag.dates import Window
    from frontierlag.lags.measure import measure
    from frontierlag.report import as_json as answers
    from frontierlag.report.console import show_lags, show_levels, terminal
    from frontierlag.results.folder import headline_posterior
    from frontierlag.results.storage import load
    from frontierlag.results.tables import lag_table, last_day_table, level_table

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
    return 0 if analysis.convergence.converged else o.NOT_CONVERGED


def diagnose(
    path: Path | None = None,
    *,
    figures: bool = True,
    out: Path | None = None,
    as_json: o.AsJson = False,
) -> int:
    """Review stored fits: the verdict, what mixed worst, what to do about it, and figures.

    Example: frontierlag diagnose results/eci-2026-08-11/us-china

    Example: frontierlag diagnose logistic.nc --no-figures

    Parameters
    ----------
    path
        A results folder or a posterior.nc; by default that of the main answer.
    figures
        Draw ArviZ's diagnostic figures too.
    out
        Folder of the figures; by default figures/ next to the fits.
    """
    from frontierlag.errors import FitError
    from frontierlag.machine.files import MANIFEST
    from frontierlag.report import as_json as answers
    from frontierlag.report.console import show_review, terminal
    from frontierlag.report.drawing import FIGURES, draw_review, run_folder
    from frontierlag.results.folder import headline_model, read_manifest
    from frontierlag.results.storage import load

    path = path if path is not None else o.results_folder(None)
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
    return o.NOT_CONVERGED if bad else 0


def published(
    *,
    scores: o.Scores = o.PUBLISHED_SCORES,
    comparison: o.ComparisonName = "us-china",
    as_of: o.AsOf = None,
    dates: o.DateConvention = AS_PUBLISHED,
    as_json: o.AsJson = False,
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


def figures(
    folder: o.ResultsFolder = None, *, out: Path | None = None, kinds: str | None = None
) -> int:
    """Draw the figures of a results folder from its tables, as SVG and PNG; nothing is fitted.

    ArviZ's diagnostic figures need the posteriors: `frontierlag diagnose` draws them.

    Example: frontierlag study figures results/eci-2026-08-11/us-china

    Example: frontierlag study figures my-results --kinds frontier --out pictures

    Parameters
    ----------
    out
        Folder of the figures; by default figures/ in the results.
    kinds
        Comma-separated, such as frontier,mean-lag; by default all. A name that is none is answered
        with all names.
    """
    from frontierlag.report.drawing import FIGURES, draw_folder

    folder = o.results_folder(folder)
    made = draw_folder(folder, out, o.names(kinds))
    print(f"{len(made)} files in {out or folder / FIGURES}")
    return 0


def report(folder: Path = Path("results"), *, out: Path | None = None) -> int:
    """Make one HTML page from a results folder, to be opened without a network.

    Of a folder that has several results below it, make a page in each and index.html above them,
    which lists leagues and studies of measures, domains and history too.
    Numbers of a fit that did not converge are stamped, and the exit code is 1.

    Example: frontierlag report results/eci-2026-08-11/us-china

    Example: frontierlag report results

    Parameters
    ----------
    folder
        A results folder, or a folder that has several below it.
    out
        File of the page; by default report.html in the results folder.
    """
    from frontierlag.errors import ResultsError
    from frontierlag.report.page.build import write_page, write_tree
    from frontierlag.report.page.folder import is_results
    from frontierlag.report.page.studies import Study, studies_below

    studies: list[Study] = []
    if not folder.is_dir() or is_results(folder):
        target, found = write_page(folder, out)
        pages = [found]
    else:
        if out is not None:
            raise ResultsError(
                f"--out names one page, and {folder} has none or several results below it; name "
                "one results folder, or leave --out out"
            )
        target, pages = write_tree(folder)
        studies = [study for study in studies_below(folder) if not study.converged]
    print(f"written to {target}")
    for results in pages:
        for sentence in results.missing:
            print(f"{results.folder}: {sentence}")
        if results.unconverged:
            print(f"{results.folder}: NOT CONVERGED: {', '.join(results.unconverged)}")
    for study in studies:
        print(f"{study.page.parent}: NOT CONVERGED")
    missed = studies or any(results.unconverged for results in pages)
    return o.NOT_CONVERGED if missed else 0


def cite(
    folder: o.ResultsFolder = None,
    *,
    lag: str = "realized",
    period: str = "window",
    model: str | None = None,
    format: Literal["text", "latex", "macros", "markdown", "csv", "bibtex"] = "text",
    prefix: str = "lag",
    allow_unconverged: bool = False,
    as_json: o.AsJson = False,
) -> int:
    """Print a lag as a sentence, a LaTeX table or macros, Markdown, CSV or BibTeX.

    A fit that did not converge is refused, and the exit code is 1.

    Example: frontierlag cite results/eci-2026-08-11/us-china --lag realized --period current

    Example: frontierlag cite --lag all --period window --model all --format latex > lag.tex

    Parameters
    ----------
    lag
        realized, trend or release; several with commas, or all.
    period
        window, current, minimum, maximum or a year; several, or all.
    model
        A model in lags.csv, stacked ones too; several, or all.
    format
        text: a sentence in English and in Chinese; bibtex: data and software.
    prefix
        What the names of LaTeX macros begin with.
    allow_unconverged
        Print a fit that did not converge too, stamped as such.
    """
    from frontierlag.report import as_json as answers
    from frontierlag.report.cite import choose, read_estimates
    from frontierlag.report.cite import cite as cited

    found = choose(read_estimates(o.results_folder(folder)), lag, period, model)
    failed = sorted({e.model for e in found if not e.converged})
    if failed and not allow_unconverged:
        print(
            f"frontierlag: {', '.join(failed)} did not converge, so it is not cited; run it longer "
            "(--draws, --tune), name another with --model, or give --allow-unconverged",
            file=sys.stderr,
        )
        return o.NOT_CONVERGED
    if as_json:
        answers.write({"cited": [answers.cited(e) for e in found], "text": cited(found)})
    else:
        print(cited(found, format, prefix))
    return o.NOT_CONVERGED if failed else 0
