"""The answer: `run`, `results`, `fit`, `claims`, `league`, and `domains` of benchmarks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.types import PositiveInt

from frontierlag.cli import options as o
from frontierlag.machine.progress import progress
from frontierlag.settings import DOMAINS, DomainSettings, SamplerSettings

if TYPE_CHECKING:
    from frontierlag.jobs import Job, Prepared


def run(
    *,
    scores: o.Scores = o.DEFAULT_SCORES,
    measured: o.BenchmarkResults = "",
    drawn: o.JointDraws = "",
    comparison: o.ComparisonName = "us-china",
    since: o.Since = None,
    as_of: o.AsOf = None,
    dates: o.DateConvention = o.DEFAULT_DATES,
    reading: o.Reading = o.DEFAULT_OPTIONS,
    models: str | None = None,
    full: Annotated[bool, Parameter(name=("--full", "--all-claims"))] = False,
    sampler: o.Sampler = o.DEFAULT_SAMPLER,
    out: Path | None = None,
    as_json: o.AsJson = False,
) -> int:
    """Fit a model to one table and comparison and write tables and the posterior.

    Figures are drawn from the tables by `frontierlag study figures`, the page by
    `frontierlag report`.

    Example: frontierlag run --scores eci-2025-12-19 --comparison us-china --out my-results

    Example: frontierlag run --results eci-results-2026-08-11 --scores eci-2026-08-11

    Parameters
    ----------
    models
        Comma-separated, such as linear-records,linear-stochastic, which are then compared; by
        default the headline model: linear-stochastic, of an accuracy logistic-stochastic, of
        benchmark results linear-joint.
    full
        Fit and compare all models, answer the article's claims, and report which releases and which
        start of the window the answer rests on.
    out
        Results folder; by default results/DATASET/COMPARISON[-WINDOW].
    """
    from frontierlag.jobs import Job

    job = Job(scores, comparison, since, as_of, "best", measured, drawn, reading, dates)
    prepared = job.prepare()
    folder = out or Path("results") / prepared.slug
    chosen = o.names(models) or ()
    return _run_and_show([job], [prepared], [folder], chosen, sampler, full, as_json=as_json)


def results(
    *,
    every: Annotated[bool, Parameter(name="--all")] = False,
    dates: o.DateConvention = o.DEFAULT_DATES,
    out: Path = Path("results"),
    as_json: o.AsJson = False,
) -> int:
    """Run the main job: the newest table, USA and China, from scores and from benchmark results.

    Where all results are there, made by this program from these data, nothing is made again.

    The headline model of each, as `frontierlag run` does; with `--all` every table, all models and
    claims, as `frontierlag run --full` does.

    Example: frontierlag results --out results

    Example: frontierlag results --all

    Parameters
    ----------
    every
        Every reference table with every comparison it allows; `frontierlag scores list` marks them.
    out
        Folder of all results.
    """
    from frontierlag.fits.store import refit_wanted
    from frontierlag.jobs import Job
    from frontierlag.report.screen import stored_screen
    from frontierlag.results.folder import is_made_from, read_manifest
    from frontierlag.runs.request import Request
    from frontierlag.runs.run import made_from
    from frontierlag.scores.registry import registry

    known = registry()
    roles = known.roles
    main = [(roles.scores, "us-china", measured) for measured in ("", roles.results)]
    jobs = [
        Job(scores, comparison, results=measured, dates=dates)
        for scores, comparison, measured in (known.main_jobs() if every else main)
    ]
    prepared = [job.prepare() for job in jobs]
    folders = [out / item.slug for item in prepared]
    wanted = [
        made_from(item, Request.of(job, (), o.DEFAULT_SAMPLER, None, every))
        for job, item in zip(jobs, prepared, strict=True)
    ]
    there = all(is_made_from(*each) for each in zip(folders, wanted, strict=True))
    if there and not refit_wanted() and not as_json:
        print("\n".join(["Nothing has changed: these results are as they were.", ""]))
        print("\n".join(stored_screen(folders, out)))
        done = [all(read_manifest(folder)["converged"].values()) for folder in folders]
        return 0 if all(done) else o.NOT_CONVERGED
    return _run_and_show(
        jobs, prepared, folders, (), o.DEFAULT_SAMPLER, full=every, top=out, as_json=as_json
    )


def fit(
    *,
    model: str | None = None,
    scores: o.Scores = o.DEFAULT_SCORES,
    measured: o.BenchmarkResults = "",
    drawn: o.JointDraws = "",
    comparison: o.ComparisonName = "us-china",
    since: o.Since = None,
    as_of: o.AsOf = None,
    dates: o.DateConvention = o.DEFAULT_DATES,
    reading: o.Reading = o.DEFAULT_OPTIONS,
    sampler: o.Sampler = o.DEFAULT_SAMPLER,
    out: Path = Path("posterior.nc"),
    as_json: o.AsJson = False,
) -> int:
    """Fit one model and store its posterior, capabilities and lags in one NetCDF file.

    Example: frontierlag fit --model logistic-stochastic --out logistic.nc

    Parameters
    ----------
    model
        Trend and frontier; by default linear-stochastic, of an accuracy logistic-stochastic, of
        benchmark results linear-joint.
    out
        NetCDF file to write.
    """
    from frontierlag.analyses.analysis import analyse
    from frontierlag.jobs import Job
    from frontierlag.machine.files import replaced
    from frontierlag.model import ModelSpec
    from frontierlag.report import as_json as answers
    from frontierlag.report.console import show_convergence, show_measurement, terminal
    from frontierlag.report.screen import show_preflight
    from frontierlag.results.storage import store
    from frontierlag.runs.plan import models_of

    job = Job(scores, comparison, since, as_of, "best", measured, drawn, reading, dates).prepare()
    (name,) = models_of(job, (model or job.model(),), None)
    spec = ModelSpec.of(name, job.table.metric)
    console = terminal(silent=as_json)
    show_preflight(console, job)
    show_measurement(console, job.releases)
    with replaced(out) as path, progress(f"fitting {spec.name}") as step:
        analysis = analyse(spec, job.releases, job.window, sampler, stage=step)
        store(analysis, path)
    show_convergence(console, analysis.name, analysis.convergence)
    console.print(f"stored in {out}")
    if as_json:
        answers.write({**answers.analysis(analysis), "file": out})
    return 0 if analysis.convergence.converged else o.NOT_CONVERGED


def claims(
    *,
    scores: o.Scores = o.DEFAULT_SCORES,
    measured: o.BenchmarkResults = "",
    since: o.Since = None,
    as_of: o.AsOf = None,
    dates: o.DateConvention = o.DEFAULT_DATES,
    reading: o.Reading = o.DEFAULT_OPTIONS,
    sampler: o.Sampler = o.DEFAULT_SAMPLER,
    out: Path | None = None,
    as_json: o.AsJson = False,
) -> int:
    """Answer the claims of the source article, each with a probability.

    Example: frontierlag claims --scores eci-2025-12-19

    Parameters
    ----------
    out
        Results folder; by default results/DATASET/claims[-WINDOW].
    """
    from frontierlag.jobs import Job
    from frontierlag.report import as_json as answered
    from frontierlag.report.console import show_claims, show_measurement, terminal
    from frontierlag.report.screen import show_preflight
    from frontierlag.results.sentences import claim_table
    from frontierlag.runs.run import run_claims

    job = Job(scores, since=since, as_of=as_of, results=measured, reading=reading, dates=dates)
    prepared = job.prepare()
    folder = out or Path("results") / prepared.table.name / f"claims{prepared.suffix}"
    console = terminal(silent=as_json)
    show_preflight(console, prepared)
    show_measurement(console, prepared.releases)
    with progress("fitting what the claims rest on") as step:
        answers = run_claims(job, folder, settings=sampler, done=step)
    show_claims(console, answers)
    console.print(f"written to {folder}")
    if as_json:
        table = answered.records(claim_table(answers, prepared))
        answered.write({"data": answered.data(prepared), "claims": table, "folder": folder})
    return o.NOT_CONVERGED if any(a.converged is False for a in answers) else 0


def domains(
    *,
    scores: o.Scores = o.DEFAULT_SCORES,
    measured: o.BenchmarkResults = o.DEFAULT_RESULTS,
    comparison: o.ComparisonName = "us-china",
    since: o.Since = None,
    as_of: o.AsOf = None,
    dates: o.DateConvention = o.DEFAULT_DATES,
    reading: o.Reading = o.DEFAULT_OPTIONS,
    by: tuple[str, ...] = ("domain", "items"),
    benchmarks: str = "",
    leave_out: bool = False,
    jobs: PositiveInt = 2,
    sampler: Annotated[DomainSettings, Parameter(name="*")] = DOMAINS,
    out: Path | None = None,
    as_json: o.AsJson = False,
) -> int:
    """Compute the lag in each domain of benchmarks, and on private against public ones.

    Takes some minutes a grouping of benchmarks on two cores; with --leave-out two fits more for
    each benchmark, an hour or more.

    Example: frontierlag domains --by domain

    Parameters
    ----------
    by
        Columns of the table of benchmarks, a fit each: domain, items (whether they are published),
        or a column of your own table.
    benchmarks
        A CSV file of your own with a column `benchmark` and others; its rows replace those of the
        table that comes with the package.
    leave_out
        Also compare models by how well they predict each benchmark without having seen it: two fits
        for each benchmark.
    jobs
        Processes for that; changes no number.
    out
        Folder; by default results/DATASET/COMPARISON-joint[-WINDOW]/domains.
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
    return o.tell(found.sentences, folder, as_json=as_json, converged=found.converged)


def league(
    *,
    scores: o.Scores = o.DEFAULT_SCORES,
    by: str = "country",
    as_of: o.AsOf = None,
    efforts: o.EffortsCounted = "best",
    dates: o.DateConvention = o.DEFAULT_DATES,
    reading: o.Reading = o.DEFAULT_OPTIONS,
    sampler: o.Sampler = o.DEFAULT_SAMPLER,
    out: Path | None = None,
    as_json: o.AsJson = False,
) -> int:
    """Fit all groups of a column at once: months behind the frontier, ranks, every pairwise lag.

    Groups with fewer than three releases are left out and listed. A release with a date and no
    score is pending: it counts as unknown. The folder gets tables, figures and a page,
    report.html, on which any two groups can be compared. Takes about a minute on two cores for the
    ECI, and several for the accuracies of a benchmark.

    Example: frontierlag league --by maker

    Parameters
    ----------
    by
        country, maker, weights, or a column of your own table by its heading.
    out
        Folder; by default results/DATASET/league-BY.
    """
    from frontierlag.report.page.league import write_league_page
    from frontierlag.studies.league.study import LeagueJob, study_league

    job = LeagueJob(scores, by, as_of, reading, dates, efforts)
    folder = out or job.folder
    with progress("fitting all groups", 2) as step:
        found = study_league(job, folder, sampler, extra=write_league_page, done=step)
    return o.tell(found.sentences, folder, as_json=as_json, converged=found.converged)


def _run_and_show(
    jobs: list[Job],
    prepared: list[Prepared],
    folders: list[Path],
    models: Sequence[str],
    sampler: SamplerSettings,
    full: bool,
    *,
    top: Path | None = None,
    as_json: bool = False,
) -> int:
    """Run, print the answers, and say by the exit code whether every fit converged.

    ``top`` is the folder of several jobs' results.
    """
    from frontierlag.report import as_json as answers
    from frontierlag.report.console import show_measurement, terminal
    from frontierlag.report.screen import run_screen, runs_screen, show_preflight
    from frontierlag.runs.run import run_jobs

    console = terminal(silent=as_json)
    for item in prepared:
        show_preflight(console, item)
        show_measurement(console, item.releases)
    what = prepared[0].table.name if len(prepared) == 1 else f"{len(jobs)} data sets"
    with progress(f"fitting {what}") as step:
        found = run_jobs(jobs, folders, models, sampler, full=full, done=step, prepared=prepared)
    if top:
        lines = runs_screen(found, folders, top)
    else:
        lines = run_screen(found[0], prepared[0], folders[0], jobs[0].scores)
    for line in ["", *lines]:
        console.print(line, soft_wrap=True)
    if as_json:
        runs = [answers.run(*each) for each in zip(found, prepared, folders, strict=True)]
        answers.write({"runs": runs} if top else runs[0])
    return 0 if all(result.converged for result in found) else o.NOT_CONVERGED
