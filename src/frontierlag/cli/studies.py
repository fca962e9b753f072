"""What the answer rests on: `vintages`, `history`, `measures`, `sensitivity`, `catch-up`, ..."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import PositiveFloat

from frontierlag.cli.ending import tell
from frontierlag.cli.options import (
    DEFAULT_DATES,
    DEFAULT_SAMPLER,
    DEFAULT_SCORES,
    NOT_CONVERGED,
    PUBLISHED_SCORES,
    AsJson,
    AsOf,
    BenchmarkResults,
    ComparisonName,
    DateConvention,
    Jobs,
    MixtureSampler,
    QuickSampler,
    Reading,
    Sampler,
    Scores,
    Since,
)
from frontierlag.dates import suffix
from frontierlag.machine.progress import progress
from frontierlag.scores.reading.options import DEFAULT_OPTIONS
from frontierlag.settings import CAPABILITIES, MIXTURES, QUICK, CapabilitiesSettings

# As in studies/measures/pooling.py, which is only imported where it is used.
DEFAULT_SPREAD = 4.0


def vintages(
    first: Annotated[str, Parameter(help="The earlier score table.")] = PUBLISHED_SCORES,
    second: Annotated[str, Parameter(help="The later one.")] = DEFAULT_SCORES,
    *,
    comparison: ComparisonName = "us-china",
    dates: DateConvention = DEFAULT_DATES,
    reading: Reading = DEFAULT_OPTIONS,
    as_of: Annotated[
        date | None,
        Parameter(help="Last day of both, YYYY-MM-DD; by default the earlier table's own."),
    ] = None,
    sampler: MixtureSampler = MIXTURES,
    out: Annotated[
        Path | None,
        Parameter(help="Folder; by default results/vintages/FIRST-to-SECOND/COMPARISON[-WINDOW]."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Set two score tables side by side: what moved, and what that did to the lag.

    Example: frontierlag study vintages eci-2025-12-19 eci-2026-08-11
    """
    from frontierlag.jobs import Job
    from frontierlag.studies.vintages.study import study_vintages, vintage_sentences

    asked = Job(first, comparison, reading=reading, dates=dates)
    jobs = [replace(asked.of(name), as_of=as_of) for name in (first, second)]
    folder = out
    if folder is None:
        earlier, later = (job.prepare() for job in jobs)
        last = min(earlier.table.as_of, later.table.as_of)
        window = f"-as-of-{as_of}" if as_of not in (None, last) else ""
        pair = f"{earlier.table.name}-to-{later.table.name}"
        name = f"{asked.of(first).prepare().slug.name}{window}"
        folder = Path("results") / "vintages" / pair / name
    with progress("fitting mixtures of two vintages", 8) as step:
        found = study_vintages(jobs[0], jobs[1], folder, sampler, step)
    words = vintage_sentences(found)
    tell(words, folder, as_json=as_json, converged=found.converged)
    return 0 if found.converged else NOT_CONVERGED


def sensitivity(
    *,
    scores: Scores = DEFAULT_SCORES,
    comparison: ComparisonName = "us-china",
    dates: DateConvention = DEFAULT_DATES,
    reading: Reading = DEFAULT_OPTIONS,
    since: Since = None,
    as_of: AsOf = None,
    date_error_days: Annotated[
        float | None, Parameter(help="Also let release dates err by this many days (sd).")
    ] = None,
    date_error_table: Annotated[
        str | None,
        Parameter(help="Also let them err as dates of shared models differ from this other table."),
    ] = None,
    sampler: QuickSampler = QUICK,
    out: Annotated[
        Path | None,
        Parameter(help="Folder; by default results/DATASET/COMPARISON[-WINDOW]/sensitivity."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Run the sensible alternatives, every window start, and each model and maker left out.

    Example: frontierlag study sensitivity --date-error-table eci-2025-12-19
    """
    from frontierlag.jobs import Job
    from frontierlag.report.console import show_sensitivity, terminal
    from frontierlag.studies.sensitivity.dates import BetweenVintages, DateError, NormalDays
    from frontierlag.studies.sensitivity.study import study_sensitivity

    job = Job(scores, comparison, since, as_of, reading=reading, dates=dates)
    folder = out or Path("results") / job.prepare().slug / "sensitivity"
    errors: list[DateError] = []
    if date_error_days is not None:
        errors.append(NormalDays(date_error_days))
    if date_error_table is not None:
        errors.append(BetweenVintages.of_tables(scores, date_error_table, job.dates))
    with progress("fitting alternatives") as step:
        found = study_sensitivity(job, folder, sampler, dates=errors, done=step)
    show_sensitivity(terminal(silent=as_json), found)
    tell((), folder, as_json=as_json, converged=found.converged)
    return 0 if found.converged else NOT_CONVERGED


def catch_up(
    *,
    scores: Scores = DEFAULT_SCORES,
    comparison: ComparisonName = "us-china",
    dates: DateConvention = DEFAULT_DATES,
    reading: Reading = DEFAULT_OPTIONS,
    as_of: AsOf = None,
    measured: BenchmarkResults = "",
    by: Annotated[
        date | None, Parameter(help="Date to give the probability for; a year ahead by default.")
    ] = None,
    sampler: Sampler = DEFAULT_SAMPLER,
    out: Annotated[
        Path | None,
        Parameter(help="Folder; by default results/DATASET/COMPARISON[-WINDOW]/catch-up."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Forecast when the follower exceeds what the leader has, tested by hiding the last year.

    From benchmark results, those of releases that are hidden still inform the benchmarks.

    Example: frontierlag study catch-up --by 2026-12-31
    """
    from frontierlag.jobs import Job
    from frontierlag.studies.forecast.study import study_catch_up

    job = Job(scores, comparison, as_of=as_of, results=measured, reading=reading, dates=dates)
    folder = out or Path("results") / job.prepare().slug / "catch-up"
    with progress("forecasting") as step:
        found, tried = study_catch_up(job, folder, by, sampler, step)
    words = (*found.sentences(), *tried.sentences())
    ok = found.analysis.convergence.converged and tried.converged
    tell(words, folder, as_json=as_json, converged=ok)
    return 0 if ok else NOT_CONVERGED


def capabilities(
    *,
    results: BenchmarkResults = "eci-results-2026-08-11",
    scores: Scores = DEFAULT_SCORES,
    dates: DateConvention = DEFAULT_DATES,
    reading: Reading = DEFAULT_OPTIONS,
    sampler: Annotated[CapabilitiesSettings, Parameter(name="*")] = CAPABILITIES,
    out: Annotated[Path, Parameter(help="NetCDF file to write.")] = Path("capabilities.nc"),
) -> int:
    """Measure all models from benchmark results alone and write the joint draws of their scores.

    No frontier enters, so the draws can stand for the measurement in any model of one
    (docs/draws.md); the score table says only which models pin the scale.

    Example: frontierlag study capabilities --out capabilities.nc
    """
    from frontierlag.fits.plain import fit_plain, write_draws
    from frontierlag.jobs import Job
    from frontierlag.machine.files import replaced
    from frontierlag.report.console import show_measurement, terminal
    from frontierlag.scores.item_results import joined, load_results

    prepared = Job(scores, reading=reading, dates=dates).prepare()
    measured = joined(load_results(results), prepared.releases)
    with replaced(out) as path, progress("measuring capabilities"):
        fit = fit_plain(measured, sampler)
        write_draws(fit, path)
    console = terminal()
    verdict = fit.convergence
    console.print(f"{fit.posterior.sizes['model']} models: {verdict.verdict()}")
    show_measurement(console, measured)
    console.print(f"stored in {out}")
    return 0 if verdict.converged else NOT_CONVERGED


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
    reading: Reading = DEFAULT_OPTIONS,
    archive: Annotated[
        bool, Parameter(help="Take every vintage of the index that comes with the package.")
    ] = True,
    model: Annotated[
        str | None, Parameter(help="A model of scores; by default linear-stochastic.")
    ] = None,
    sampler: QuickSampler = QUICK,
    jobs: Jobs = 2,
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
    from frontierlag.studies.history.study import study_history
    from frontierlag.studies.history.tables import chosen_tables
    from frontierlag.studies.history.words import sentences

    tables = chosen_tables(scores, archive=archive)
    job = Job("", comparison, since, reading=reading, dates=dates)
    slug = f"{comparison.replace(':', '-').lower()}{suffix(dates)}"
    folder = out or Path("results") / "history" / slug
    with progress("fitting every vintage") as step:
        found = study_history(
            tables, job, folder, sampler, given=scores, model=model, workers=jobs, done=step
        )
    words = sentences(found)
    tell(words, folder, as_json=as_json, converged=found.converged)
    return 0 if found.converged else NOT_CONVERGED


def measures(
    scores: Annotated[
        tuple[str, ...],
        Parameter(
            negative="",
            help="Further measures: files or reference tables; may repeat. The options of reading "
            "hold for files, all alike.",
        ),
    ] = (),
    *,
    comparison: ComparisonName = "us-china",
    since: Annotated[
        date | None,
        Parameter(
            help="First of the days that all share, YYYY-MM-DD; by default the latest start of "
            "their own windows."
        ),
    ] = None,
    dates: DateConvention = DEFAULT_DATES,
    reading: Reading = DEFAULT_OPTIONS,
    shipped: Annotated[
        bool,
        Parameter(help="Take the newest table of each measure that comes with the package."),
    ] = True,
    trend: Annotated[
        str, Parameter(help="A trend for all; by default each measure's headline model.")
    ] = "",
    spread: Annotated[
        PositiveFloat,
        Parameter(help="Scale of the half-normal prior of the spread between measures, months."),
    ] = DEFAULT_SPREAD,
    sampler: MixtureSampler = MIXTURES,
    jobs: Jobs = 2,
    out: Annotated[
        Path | None, Parameter(help="Folder; by default results/measures/COMPARISON[-DATES].")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Compute the lag by several measures, and the pooled lag with the spread between them.

    Example: frontierlag study measures

    Example: frontierlag study measures my-elo.csv --interval-level 0.95 --dates-from my-dates.csv
    """
    from frontierlag.jobs import Job
    from frontierlag.studies.measures.study import study_measures
    from frontierlag.studies.measures.table import shipped_measures
    from frontierlag.studies.measures.words import sentences

    names = dict.fromkeys((*(shipped_measures(comparison) if shipped else ()), *scores))
    asked = Job("", comparison, reading=reading, dates=dates)
    prepared = [asked.of(name).prepare() for name in names]
    slug = f"{comparison.replace(':', '-').lower()}{suffix(dates)}"
    folder = out or Path("results") / "measures" / slug
    with progress("fitting every measure") as step:
        found = study_measures(
            prepared, folder, sampler, trend=trend, since=since, spread=spread, workers=jobs,
            done=step,
        )  # fmt: skip
    tell(sentences(found), folder, as_json=as_json, converged=found.converged)
    return 0 if found.converged else NOT_CONVERGED
