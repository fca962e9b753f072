"""What the answer rests on: other choices, vintages, measures, indices, forecasts: `study ...`."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.types import PositiveFloat

from frontierlag.cli import options as o
from frontierlag.dates import Dates, suffix
from frontierlag.machine.progress import progress
from frontierlag.settings import (
    CAPABILITIES,
    INDEX,
    MIXTURES,
    QUICK,
    CapabilitiesSettings,
    IndexSettings,
    MixtureSettings,
    QuickSettings,
)

QuickSampler = Annotated[QuickSettings, Parameter(name="*")]
MixtureSampler = Annotated[MixtureSettings, Parameter(name="*")]
Tables = Annotated[tuple[str, ...], Parameter(negative="")]
RESULTS = Path("results")
# As in studies/measures/pooling.py, which is only imported where it is used.
DEFAULT_SPREAD = 4.0


def vintages(
    first: str = o.PUBLISHED_SCORES,
    second: str = o.DEFAULT_SCORES,
    *,
    comparison: o.ComparisonName = "us-china",
    dates: o.DateConvention = o.DEFAULT_DATES,
    reading: o.Reading = o.DEFAULT_OPTIONS,
    as_of: date | None = None,
    sampler: MixtureSampler = MIXTURES,
    out: Path | None = None,
    as_json: o.AsJson = False,
) -> int:
    """Set two score tables side by side: what moved, and what that did to the lag.

    Example: frontierlag study vintages eci-2025-12-19 eci-2026-08-11

    Parameters
    ----------
    first
        The earlier score table.
    second
        The later one.
    as_of
        Last day of both, YYYY-MM-DD; by default the earlier table's own.
    out
        Folder; by default results/vintages/FIRST-to-SECOND/COMPARISON[-WINDOW].
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
        folder = RESULTS / "vintages" / pair / f"{asked.of(first).prepare().slug.name}{window}"
    with progress("fitting mixtures of two vintages", 8) as step:
        found = study_vintages(jobs[0], jobs[1], folder, sampler, step)
    return o.tell(vintage_sentences(found), folder, as_json=as_json, converged=found.converged)


def sensitivity(
    *,
    scores: o.Scores = o.DEFAULT_SCORES,
    comparison: o.ComparisonName = "us-china",
    dates: o.DateConvention = o.DEFAULT_DATES,
    reading: o.Reading = o.DEFAULT_OPTIONS,
    since: o.Since = None,
    as_of: o.AsOf = None,
    date_error_days: float | None = None,
    date_error_table: str | None = None,
    sampler: QuickSampler = QUICK,
    out: Path | None = None,
    as_json: o.AsJson = False,
) -> int:
    """Run the sensible alternatives, every window start, and each model and maker left out.

    Example: frontierlag study sensitivity --date-error-table eci-2025-12-19

    Parameters
    ----------
    date_error_days
        Also let release dates err by this many days (sd).
    date_error_table
        Also let them err as dates of shared models differ from this other table.
    out
        Folder; by default results/DATASET/COMPARISON[-WINDOW]/sensitivity.
    """
    from frontierlag.jobs import Job
    from frontierlag.report.console import show_sensitivity, terminal
    from frontierlag.studies.sensitivity.dates import BetweenVintages, DateError, NormalDays
    from frontierlag.studies.sensitivity.study import study_sensitivity

    job = Job(scores, comparison, since, as_of, reading=reading, dates=dates)
    folder = out or RESULTS / job.prepare().slug / "sensitivity"
    errors: list[DateError] = []
    if date_error_days is not None:
        errors.append(NormalDays(date_error_days))
    if date_error_table is not None:
        errors.append(BetweenVintages.of_tables(scores, date_error_table, job.dates))
    with progress("fitting alternatives") as step:
        found = study_sensitivity(job, folder, sampler, dates=errors, done=step)
    show_sensitivity(terminal(silent=as_json), found)
    return o.tell((), folder, as_json=as_json, converged=found.converged)


def catch_up(
    *,
    scores: o.Scores = o.DEFAULT_SCORES,
    comparison: o.ComparisonName = "us-china",
    dates: o.DateConvention = o.DEFAULT_DATES,
    reading: o.Reading = o.DEFAULT_OPTIONS,
    as_of: o.AsOf = None,
    measured: o.BenchmarkResults = "",
    by: date | None = None,
    sampler: o.Sampler = o.DEFAULT_SAMPLER,
    out: Path | None = None,
    as_json: o.AsJson = False,
) -> int:
    """Forecast when the follower exceeds what the leader has, tested by hiding the last year.

    From benchmark results, those of releases that are hidden still inform the benchmarks.

    Example: frontierlag study catch-up --by 2026-12-31

    Parameters
    ----------
    by
        Date to give the probability for; a year ahead by default.
    out
        Folder; by default results/DATASET/COMPARISON[-WINDOW]/catch-up.
    """
    from frontierlag.jobs import Job
    from frontierlag.studies.forecast.study import study_catch_up

    job = Job(scores, comparison, as_of=as_of, results=measured, reading=reading, dates=dates)
    folder = out or RESULTS / job.prepare().slug / "catch-up"
    with progress("forecasting") as step:
        found, tried = study_catch_up(job, folder, by, sampler, step)
    words = (*found.sentences(), *tried.sentences())
    ok = found.analysis.convergence.converged and tried.converged
    return o.tell(words, folder, as_json=as_json, converged=ok)


def capabilities(
    *,
    results: o.BenchmarkResults = o.DEFAULT_RESULTS,
    scores: o.Scores = o.DEFAULT_SCORES,
    dates: o.DateConvention = o.DEFAULT_DATES,
    reading: o.Reading = o.DEFAULT_OPTIONS,
    sampler: Annotated[CapabilitiesSettings, Parameter(name="*")] = CAPABILITIES,
    out: Path = Path("capabilities.nc"),
) -> int:
    """Measure all models from benchmark results alone and write the joint draws of their scores.

    No frontier enters, so the draws can stand for the measurement in any model of one
    (docs/draws.md); the score table says only which models pin the scale.

    Example: frontierlag study capabilities --out capabilities.nc

    Parameters
    ----------
    out
        NetCDF file to write.
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
    return 0 if verdict.converged else o.NOT_CONVERGED


def history(
    scores: Tables = (),
    *,
    comparison: o.ComparisonName = "us-china",
    since: o.Since = None,
    dates: o.DateConvention = o.DEFAULT_DATES,
    reading: o.Reading = o.DEFAULT_OPTIONS,
    archive: bool = True,
    model: str | None = None,
    sampler: QuickSampler = QUICK,
    jobs: o.Jobs = 2,
    out: Path | None = None,
    as_json: o.AsJson = False,
) -> int:
    """Compare the lag over the same days between vintages, and show what moved it.

    Example: frontierlag study history

    Example: frontierlag study history my-copy-2026-09-01.csv --comparison closed-open

    Parameters
    ----------
    scores
        Further vintages: CSV or Parquet files, or reference tables; may repeat.
    archive
        Take every vintage of the index that comes with the package.
    model
        A model of scores; by default linear-stochastic.
    out
        Folder; by default results/history/COMPARISON[-DATES].
    """
    from frontierlag.jobs import Job
    from frontierlag.studies.history.study import study_history
    from frontierlag.studies.history.vintages import chosen_tables
    from frontierlag.studies.history.words import sentences

    tables = chosen_tables(scores, archive=archive)
    job = Job("", comparison, since, reading=reading, dates=dates)
    folder = out or _of_comparison("history", comparison, dates)
    with progress("fitting every vintage") as step:
        found = study_history(
            tables, job, folder, sampler, given=scores, model=model, workers=jobs, done=step
        )
    return o.tell(sentences(found), folder, as_json=as_json, converged=found.converged)


def measures(
    scores: Tables = (),
    *,
    comparison: o.ComparisonName = "us-china",
    since: date | None = None,
    dates: o.DateConvention = o.DEFAULT_DATES,
    reading: o.Reading = o.DEFAULT_OPTIONS,
    shipped: bool = True,
    trend: str = "",
    spread: PositiveFloat = DEFAULT_SPREAD,
    sampler: MixtureSampler = MIXTURES,
    jobs: o.Jobs = 2,
    out: Path | None = None,
    as_json: o.AsJson = False,
) -> int:
    """Compute the lag by several measures, and the pooled lag with the spread between them.

    Example: frontierlag study measures

    Example: frontierlag study measures my-elo.csv --interval-level 0.95 --dates-from my-dates.csv

    Parameters
    ----------
    scores
        Further measures: files or reference tables; may repeat. The options of reading hold for
        files, all alike.
    since
        First of the days that all share, YYYY-MM-DD; by default the latest start of their own
        windows.
    shipped
        Take the newest table of each measure that comes with the package.
    trend
        A trend for all; by default each measure's headline model.
    spread
        Scale of the half-normal prior of the spread between measures, months.
    out
        Folder; by default results/measures/COMPARISON[-DATES].
    """
    from frontierlag.jobs import Job
    from frontierlag.studies.measures.study import sentences, study_measures
    from frontierlag.studies.measures.table import shipped_measures

    names = dict.fromkeys((*(shipped_measures(comparison) if shipped else ()), *scores))
    asked = Job("", comparison, reading=reading, dates=dates)
    prepared = [asked.of(name).prepare() for name in names]
    folder = out or _of_comparison("measures", comparison, dates)
    with progress("fitting every measure") as step:
        found = study_measures(
            prepared, folder, sampler, trend=trend, since=since, spread=spread, workers=jobs,
            done=step,
        )  # fmt: skip
    return o.tell(sentences(found), folder, as_json=as_json, converged=found.converged)


def index(
    *,
    scores: o.Scores = o.DEFAULT_SCORES,
    measured: o.BenchmarkResults = o.DEFAULT_RESULTS,
    comparison: o.ComparisonName = "us-china",
    since: o.Since = None,
    as_of: o.AsOf = None,
    dates: o.DateConvention = o.DEFAULT_DATES,
    reading: o.Reading = o.DEFAULT_OPTIONS,
    leave_out: tuple[Literal["benchmarks", "sources"], ...] = (),
    vendor: Literal["without", "only"] | None = None,
    benchmarks_since: tuple[date, ...] = (),
    sampler: Annotated[IndexSettings, Parameter(name="*")] = INDEX,
    jobs: o.Jobs = 2,
    store: o.Keep = None,
    out: Path | None = None,
    as_json: o.AsJson = False,
) -> int:
    """Compute the lag under other constructions of the index; by default under all of them.

    Example: frontierlag study index --vendor without

    Parameters
    ----------
    leave_out
        Leave out one benchmark at a time, or one source at a time.
    vendor
        Without the results that makers of models report, or with these alone.
    benchmarks_since
        Leave out benchmarks older than this date, YYYY-MM-DD.
    out
        Folder; by default results/DATASET/COMPARISON-joint[-WINDOW]/index, for a part of the
        constructions with their names after it.
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
    folder = out or RESULTS / prepared.slug / name
    keep = store or o.default_store()
    total = len(constructions(releases, load_results(measured), prepared.table, choice))
    show_measurement(terminal(silent=as_json), releases)
    with progress("constructing the index otherwise", total) as step:
        found = study_index(job, folder, choice, keep, sampler, jobs=jobs, done=step)
    return o.tell(found.sentences, folder, as_json=as_json, keep=keep, converged=found.converged)


def _of_comparison(study: str, comparison: str, dates: Dates) -> Path:
    """Where a study of many tables goes by default."""
    return RESULTS / study / f"{comparison.replace(':', '-').lower()}{suffix(dates)}"
