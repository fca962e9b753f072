"""Analyses after the main run: vintages, sensitivity, catching up. Each writes a folder whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd

from frontierlag.analyses.analysis import Analysis, analyse
from frontierlag.figures import Provenance, save
from frontierlag.jobs import Job
from frontierlag.machine.files import staged, write_csv, write_manifest
from frontierlag.model import ModelSpec, first_model
from frontierlag.results.manifest import data_record, model_record, run_record, settings_record
from frontierlag.results.tables import DIGITS
from frontierlag.settings import MIXTURES, QUICK, SamplerSettings
from frontierlag.studies.forecast import CatchUp, Hindcast, catch_up, forecast_best, hindcast
from frontierlag.studies.forecast.figure import catch_up_dates
from frontierlag.studies.sensitivity import DateError, Sensitivity, run_sensitivity
from frontierlag.studies.vintages.comparison import AFTER, VintageComparison, compare_vintages
from frontierlag.studies.vintages.figure import vintage_waterfall
from frontierlag.studies.vintages.words import (
    moved_table,
    unshared_table,
    vintage_records,
    vintage_sentences,
    vintage_table,
)

FIGURES = "figures"


def study_vintages(
    first: Job,
    second: Job,
    out: Path,
    settings: SamplerSettings = MIXTURES,
    done: Callable[[str], None] = lambda _: None,
) -> VintageComparison:
    """Set two vintages side by side and write what moved and what that did to the lag.

    Raises
    ------
    FrontierLagError
        For anything that is wrong with the request, the data or the output folder.
    """
    with staged(out) as folder:
        found = compare_vintages(first, second, settings, done=done)
        tables = {
            "vintages": vintage_table(found),
            "moved": moved_table(found),
            "records": vintage_records(found),
            "unshared": unshared_table(found),
        }
        _write_tables(tables, folder)
        after = found.corners[AFTER]
        about = replace(
            Provenance.of(after), dataset=" and ".join(found.tables), converged=found.converged
        )
        leader, follower = after.fit.observations.releases.group_names
        words = f"{found.window.since} to {found.window.as_of}"
        figure = vintage_waterfall(
            found.changes, found.tables, about, f"{follower} behind {leader}: two vintages", words
        )
        save(figure, folder / FIGURES, "vintages")
        # As far as the later vintage was read: to the end of the window, not to its own last day.
        read = [replace(job, as_of=found.window.as_of).prepare() for job in (first, second)]
        credits = dict.fromkeys(item.releases.attribution for item in read)
        _write_sentences([*vintage_sentences(found), *credits], folder / "vintages.md")
        used, spec = len(after.fit.observations.releases), after.fit.spec
        record = {
            "vintages": [data_record(item.table, item.releases) for item in read],
            "comparison": found.pair.a.comparison.name,
            "window": {"since": str(found.window.since), "as_of": str(found.window.as_of)},
            "models": {spec.name: model_record(spec, used, settings)},
            "verdicts": found.verdicts(),
            "converged": found.converged,
        }
        write_manifest(folder, record | settings_record(found.pair.a.metric, settings))
    return found


def study_sensitivity(
    job: Job,
    out: Path,
    settings: SamplerSettings = QUICK,
    *,
    dates: Sequence[DateError] = (),
    workers: int | None = None,
    done: Callable[[str], None] = lambda _: None,
) -> Sensitivity:
    """Run the sensible alternatives, the window starts and the influence table, and write them.

    Raises
    ------
    FrontierLagError
        For anything that is wrong with the request, the data or the output folder.
    """
    prepared = job.prepare()
    with staged(out) as folder:
        found = run_sensitivity(job, folder, settings, dates=dates, workers=workers, done=done)
        spec = ModelSpec.of(first_model(prepared.table.metric), prepared.table.metric)
        models = {spec.name: model_record(spec, len(prepared.releases), settings)}
        record = run_record(prepared.table, prepared.releases, prepared.window, settings, models)
        record["date_errors"] = [error.words for error in dates]
        write_manifest(folder, record | {"converged": found.converged})
    return found


def study_catch_up(
    job: Job,
    out: Path,
    by: date | None = None,
    settings: SamplerSettings | None = None,
    stage: Callable[[str], None] = lambda _: None,
) -> tuple[CatchUp, Hindcast]:
    """Forecast when the follower exceeds levels of the leader, and test it on the hidden last year.

    Raises
    ------
    FrontierLagError
        For anything that is wrong with the request, the data or the output folder.
    """
    settings = settings or SamplerSettings()
    prepared = job.prepare()
    spec = ModelSpec.of(prepared.model(), prepared.table.metric)
    with staged(out) as folder:
        analysis: Analysis = analyse(
            spec, prepared.releases, prepared.window, settings, stage=stage
        )
        found = catch_up(analysis, by=by)
        ahead = forecast_best(analysis)
        stage("hiding the last year")
        tried = hindcast(job, settings=settings)
        _write_tables(
            {
                "catch_up": found.table(),
                "forecast": ahead.table(),
                "next_record": ahead.next_table(),
                "hindcast": tried.best.assign(converged=tried.converged),
                "hindcast_catch_up": tried.catch_up.assign(converged=tried.converged),
            },
            folder,
        )
        about = Provenance.of(analysis)
        figure = catch_up_dates(found.forecasts, about, f"When {prepared.title} has caught up")
        save(figure, folder / FIGURES, "catch-up")
        words = [*found.sentences(), *tried.sentences(), prepared.releases.attribution]
        _write_sentences(words, folder / "catch_up.md")
        models = {spec.name: model_record(spec, len(prepared.releases), settings)}
        record = run_record(prepared.table, prepared.releases, prepared.window, settings, models)
        record["converged"] = analysis.convergence.converged and tried.converged
        write_manifest(folder, record)
    return found, tried


def _write_tables(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    (folder / FIGURES).mkdir(exist_ok=True)
    for name, table in tables.items():
        numbers = table.select_dtypes("float").columns
        rounded = table.assign(**{str(c): table[c].round(DIGITS) + 0.0 for c in numbers})
        write_csv(rounded, folder / f"{name}.csv")


def _write_sentences(sentences: Sequence[str], file: Path) -> None:
    file.write_text("\n\n".join(sentences) + "\n", encoding="utf-8")


__all__ = ["study_catch_up", "study_sensitivity", "study_vintages"]
