"""The command line: parses, calls, prints."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, CycloptsError, Parameter
from pydantic import ValidationError
from rich.console import Console

from frontierlag.errors import FrontierLagError, SpecError
from frontierlag.report.progress import progress
from frontierlag.settings import SamplerSettings

if TYPE_CHECKING:
    from frontierlag.jobs import Job

NOT_CONVERGED, USER_ERROR, INTERRUPTED = 1, 2, 130
DEFAULT_SCORES = "eci-2026-08-11"

app = App(
    name="frontierlag",
    help="How far one frontier trails another, with intervals that can be trusted.",
    help_on_error=False,
)
scores_app = App(name="scores", help="Look at score tables: list, show, check.")
app.command(scores_app)

Scores = Annotated[
    str, Parameter(help="A reference table (`frontierlag scores list`) or a CSV or Parquet file.")
]
ComparisonName = Annotated[
    str, Parameter(help="us-china, closed-open, or LEADER:FOLLOWER such as USA:France.")
]
Since = Annotated[
    date | None,
    Parameter(help="First day of the window, YYYY-MM-DD; by default both groups' second record."),
]
AsOf = Annotated[
    date | None, Parameter(help="Last day that counts, YYYY-MM-DD; by default the table's own.")
]
Sampler = Annotated[SamplerSettings, Parameter(name="*")]
DEFAULT_SAMPLER = SamplerSettings()


@app.command
def run(
    *,
    scores: Scores = DEFAULT_SCORES,
    comparison: ComparisonName = "us-china",
    since: Since = None,
    as_of: AsOf = None,
    models: Annotated[
        str | None,
        Parameter(
            help="Comma-separated, such as linear-records,linear-stochastic; by default all four, "
            "of an accuracy the two logistic ones."
        ),
    ] = None,
    all_claims: Annotated[
        bool, Parameter(help="Fit also the models and tables that only some claims rest on.")
    ] = False,
    sampler: Sampler = DEFAULT_SAMPLER,
    out: Annotated[
        Path | None, Parameter(help="Results folder; by default results/DATASET/COMPARISON.")
    ] = None,
) -> int:
    """Fit the models to one table and comparison and write tables, figures and posteriors.

    Example: frontierlag run --scores eci-2025-12-19 --comparison us-china --out my-results
    """
    from frontierlag.jobs import Job

    job = Job(scores, comparison, since, as_of)
    prepared = job.prepare()
    folder = out or Path("results") / prepared.slug
    chosen = tuple(models.split(",")) if models else ()
    return _run_and_show([job], [folder], chosen, sampler, all_claims)


@app.command
def results(
    *, out: Annotated[Path, Parameter(help="Folder of all results.")] = Path("results")
) -> int:
    """Run the main job: both ECI vintages, both comparisons, all four models.

    Example: frontierlag results --out results
    """
    from frontierlag.jobs import Job

    jobs = [
        Job(name, comparison)
        for name in ("eci-2025-12-19", "eci-2026-08-11")
        for comparison in ("us-china", "closed-open")
    ]
    folders = [out / job.prepare().slug for job in jobs]
    return _run_and_show(jobs, folders, (), DEFAULT_SAMPLER, all_claims=True)


@app.command
def fit(
    *,
    model: Annotated[
        str | None,
        Parameter(
            help="Trend and frontier; by default linear-stochastic, of an accuracy "
            "logistic-stochastic."
        ),
    ] = None,
    scores: Scores = DEFAULT_SCORES,
    comparison: ComparisonName = "us-china",
    since: Since = None,
    as_of: AsOf = None,
    sampler: Sampler = DEFAULT_SAMPLER,
    out: Annotated[Path, Parameter(help="NetCDF file to write.")] = Path("posterior.nc"),
) -> int:
    """Fit one model and store its posterior, capabilities and lags in one NetCDF file.

    Example: frontierlag fit --model logistic-stochastic --out logistic.nc
    """
    from frontierlag.analysis import analyse
    from frontierlag.jobs import Job
    from frontierlag.model import ModelSpec
    from frontierlag.outputs import replaced
    from frontierlag.report.console import show_convergence, terminal
    from frontierlag.report.sentences import headline
    from frontierlag.storage import store

    job = Job(scores, comparison, since, as_of).prepare()
    metric = job.table.metric
    default = headline(metric)
    spec = ModelSpec.of(model or default, metric)
    console = terminal()
    with replaced(out) as path, progress(f"fitting {spec.name}") as step:
        analysis = analyse(spec, job.releases, job.window, sampler, stage=step)
        store(analysis, path)
    show_convergence(console, analysis.name, analysis.convergence)
    console.print(f"stored in {out}", markup=False)
    return 0 if analysis.convergence.converged else NOT_CONVERGED


@app.command
def lags(
    file: Annotated[Path, Parameter(help="A posterior.nc of `run` or `fit`.")],
    *,
    since: Since = None,
    level: Annotated[
        list[float] | None, Parameter(help="Tell the lag at this score too; may be repeated.")
    ] = None,
) -> int:
    """Print the lags of a stored fit, over another window or at other scores if asked.

    Example: frontierlag lags posterior.nc --since 2025-01-01 --level 145
    """
    import numpy as np

    from frontierlag.analysis import Analysis
    from frontierlag.lags.days import Window
    from frontierlag.lags.measure import measure
    from frontierlag.report.console import show_lags, show_levels, terminal
    from frontierlag.report.tables import lag_table, level_table
    from frontierlag.storage import load

    analysis = load(file)
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
    console = terminal()
    show_lags(console, lag_table(analysis))
    show_levels(console, level_table(analysis))
    return 0 if analysis.convergence.converged else NOT_CONVERGED


@app.command
def diagnose(
    path: Annotated[Path, Parameter(help="A results folder or a posterior.nc.")],
) -> int:
    """Print the convergence verdict of stored fits, check by check.

    Example: frontierlag diagnose results/eci-2026-08-11/us-china
    """
    from frontierlag.errors import FitError
    from frontierlag.report.console import show_convergence, terminal
    from frontierlag.storage import load

    files = sorted(path.glob("**/posterior.nc")) if path.is_dir() else [path]
    if not files:
        raise FitError(
            f"there is no posterior.nc below {path}; posteriors are not committed: "
            "make them with `frontierlag run`"
        )
    console = terminal()
    verdicts = []
    for file in files:
        analysis = load(file)
        show_convergence(console, analysis.name, analysis.convergence)
        verdicts.append(analysis.convergence.converged)
    return 0 if all(verdicts) else NOT_CONVERGED


@app.command
def claims(
    *,
    scores: Scores = DEFAULT_SCORES,
    since: Since = None,
    as_of: AsOf = None,
    sampler: Sampler = DEFAULT_SAMPLER,
    out: Annotated[
        Path | None, Parameter(help="Results folder; by default results/DATASET/claims.")
    ] = None,
) -> int:
    """Answer the claims of the source article, each with a probability.

    Example: frontierlag claims --scores eci-2025-12-19
    """
    from frontierlag.jobs import Job
    from frontierlag.report.console import show_claims, terminal
    from frontierlag.run import run_claims

    job = Job(scores, since=since, as_of=as_of)
    folder = out or Path("results") / job.prepare().table.name / "claims"
    with progress("fitting what the claims rest on") as step:
        answers = run_claims(job, folder, settings=sampler, done=step)
    console = terminal()
    show_claims(console, answers)
    console.print(f"written to {folder}", markup=False)
    return NOT_CONVERGED if any(a.converged is False for a in answers) else 0


@app.command
def vintages(
    first: Annotated[str, Parameter(help="The earlier score table.")] = "eci-2025-12-19",
    second: Annotated[str, Parameter(help="The later one.")] = DEFAULT_SCORES,
    *,
    comparison: ComparisonName = "us-china",
    out: Annotated[
        Path | None, Parameter(help="Folder; by default results/vintages/COMPARISON.")
    ] = None,
) -> int:
    """Set two score tables side by side: what moved, and what that did to the lag.

    Example: frontierlag vintages eci-2025-12-19 eci-2026-08-11
    """
    from frontierlag.jobs import Job
    from frontierlag.report.console import terminal
    from frontierlag.report.vintages import vintage_sentences
    from frontierlag.studies import study_vintages

    jobs = [Job(name, comparison) for name in (first, second)]
    folder = out or Path("results") / "vintages" / jobs[0].prepare().slug.name
    with progress("fitting mixtures of two vintages", 8) as step:
        found = study_vintages(jobs[0], jobs[1], folder, done=step)
    console = terminal()
    for sentence in vintage_sentences(found):
        console.print(sentence, markup=False)
    console.print(f"written to {folder}", markup=False)
    return 0 if found.converged else NOT_CONVERGED


@app.command
def sensitivity(
    *,
    scores: Scores = DEFAULT_SCORES,
    comparison: ComparisonName = "us-china",
    since: Since = None,
    as_of: AsOf = None,
    date_error_days: Annotated[
        float | None, Parameter(help="Also let release dates err by this many days (sd).")
    ] = None,
    out: Annotated[
        Path | None,
        Parameter(help="Folder; by default results/DATASET/COMPARISON/sensitivity."),
    ] = None,
) -> int:
    """Run the sensible alternatives, every window start, and each model and maker left out.

    Example: frontierlag sensitivity --scores eci-2026-08-11
    """
    from frontierlag.jobs import Job
    from frontierlag.report.console import show_sensitivity, terminal
    from frontierlag.sensitivity import NormalDays
    from frontierlag.studies import study_sensitivity

    job = Job(scores, comparison, since, as_of)
    folder = out or Path("results") / job.prepare().slug / "sensitivity"
    dates = () if date_error_days is None else (NormalDays(date_error_days),)
    with progress("fitting alternatives") as step:
        found = study_sensitivity(job, folder, dates=dates, done=step)
    console = terminal()
    show_sensitivity(console, found)
    console.print(f"written to {folder}", markup=False)
    return 0 if found.converged else NOT_CONVERGED


@app.command(name="catch-up")
def catch_up(
    *,
    scores: Scores = DEFAULT_SCORES,
    comparison: ComparisonName = "us-china",
    as_of: AsOf = None,
    by: Annotated[
        date | None, Parameter(help="Date to give the probability for; a year ahead by default.")
    ] = None,
    sampler: Sampler = DEFAULT_SAMPLER,
    out: Annotated[
        Path | None, Parameter(help="Folder; by default results/DATASET/COMPARISON/catch-up.")
    ] = None,
) -> int:
    """Forecast when the follower exceeds what the leader has, tested by hiding the last year.

    Example: frontierlag catch-up --by 2026-12-31
    """
    from frontierlag.jobs import Job
    from frontierlag.report.console import terminal
    from frontierlag.studies import study_catch_up

    job = Job(scores, comparison, as_of=as_of)
    folder = out or Path("results") / job.prepare().slug / "catch-up"
    with progress("forecasting") as step:
        found, tried = study_catch_up(job, folder, by, sampler, step)
    console = terminal()
    for sentence in (*found.sentences(), *tried.sentences()):
        console.print(sentence, markup=False)
    console.print(f"written to {folder}", markup=False)
    ok = found.analysis.convergence.converged and tried.converged
    return 0 if ok else NOT_CONVERGED


@app.command
def published(
    *,
    scores: Scores = "eci-2025-12-19",
    comparison: ComparisonName = "us-china",
    as_of: AsOf = None,
) -> int:
    """Print the lag by the published point conventions, which have no interval.

    Example: frontierlag published --scores eci-2025-12-19
    """
    from frontierlag.jobs import Job
    from frontierlag.lags.published import conventions
    from frontierlag.report.console import show_published, terminal

    job = Job(scores, comparison, as_of=as_of).prepare()
    console = terminal()
    show_published(console, conventions(job.releases))
    console.print(job.table.attribution, style="dim", markup=False)
    return 0


@scores_app.command(name="list")
def scores_list() -> int:
    """List the reference tables that come with the package."""
    from frontierlag.report.console import terminal
    from frontierlag.scores import load_scores, reference_names

    console = terminal()
    for name in reference_names():
        table = load_scores(name)
        console.print(
            f"{name}: {len(table.frame)} rows, {table.metric.name}, as of {table.as_of}",
            markup=False,
        )
    return 0


@scores_app.command(name="show")
def scores_show(
    scores: Scores = DEFAULT_SCORES,
    *,
    rows: Annotated[int, Parameter(help="How many of the latest rows to print.")] = 20,
) -> int:
    """Show a table: what it is, what was done to it, and its latest rows."""
    from frontierlag.report.console import show_rows, show_scores, terminal
    from frontierlag.scores import load_scores

    console, table = terminal(), load_scores(scores)
    show_scores(console, table)
    show_rows(console, table, rows)
    return 0


@scores_app.command(name="check")
def scores_check(
    scores: Scores,
    *,
    comparison: Annotated[
        str | None, Parameter(help="Also check that this comparison can be made.")
    ] = None,
) -> int:
    """Check a table, listing every bad row, and say what a run would leave out.

    Example: frontierlag scores check my-scores.csv --comparison us-china
    """
    from frontierlag.jobs import Job
    from frontierlag.report.console import show_scores, terminal
    from frontierlag.scores import load_scores

    console = terminal()
    show_scores(console, load_scores(scores))
    if comparison:
        found = Job(scores, comparison).prepare().releases
        console.print(f"{found!r}, {len(found.left_out)} rows left out", markup=False)
    return 0


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; a user's mistake ends with one sentence and exit code 2."""
    tokens = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in tokens
    if debug:
        tokens.remove("--debug")
    errors = Console(stderr=True)
    try:
        code = app(tokens, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        words = _sentence(error)
        errors.print(f"frontierlag: {words}; see frontierlag --help", markup=False, soft_wrap=True)
        sys.exit(USER_ERROR)
    except FrontierLagError as error:
        if debug:
            raise
        errors.print(f"frontierlag: {error}", markup=False, highlight=False, soft_wrap=True)
        sys.exit(USER_ERROR)
    except KeyboardInterrupt:
        if debug:
            raise
        errors.print("frontierlag: interrupted; nothing was changed", markup=False)
        sys.exit(INTERRUPTED)
    sys.exit(code if isinstance(code, int) else 0)


def _sentence(error: CycloptsError) -> str:
    """What was wrong with an option, in one line."""
    cause = error.__cause__
    if isinstance(cause, ValidationError):
        return "; ".join(
            f"--{str(e['loc'][0]).replace('_', '-')} {e['input']}: {e['msg']}"
            for e in cause.errors()
        )
    return str(error).rstrip(".")


def _run_and_show(
    jobs: list[Job],
    folders: list[Path],
    models: Sequence[str],
    sampler: SamplerSettings,
    all_claims: bool,
) -> int:
    """Run, print the answers, and say by the exit code whether every fit converged."""
    from frontierlag.report.console import show_run, terminal
    from frontierlag.run import run_jobs

    with progress(f"fitting models to {len(jobs)} data sets") as step:
        found = run_jobs(jobs, folders, models, sampler, all_claims=all_claims, done=step)
    console = terminal()
    for result, folder in zip(found, folders, strict=True):
        show_run(console, result, folder)
    return 0 if all(result.converged for result in found) else NOT_CONVERGED


if __name__ == "__main__":
    main()
