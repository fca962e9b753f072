"""A forecast of catching up, with its trial, as a folder that is written whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from frontierlag.analyses.analysis import analyse
from frontierlag.figures import Provenance, save
from frontierlag.jobs import Job
from frontierlag.machine.files import staged, write_manifest
from frontierlag.model import ModelSpec
from frontierlag.results.manifest import models_record, run_record
from frontierlag.settings import SamplerSettings
from frontierlag.studies.forecast.best import forecast_best
from frontierlag.studies.forecast.catch_up import CatchUp, catch_up
from frontierlag.studies.forecast.figure import catch_up_dates
from frontierlag.studies.forecast.hindcast import Hindcast, hindcast
from frontierlag.studies.writing import FIGURES, write_tables, write_words


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
    item = job.prepare()
    spec = ModelSpec.of(item.model(), item.table.metric)
    with staged(out) as folder:
        analysis = analyse(spec, item.releases, item.window, settings, stage=stage)
        found = catch_up(analysis, by=by)
        ahead = forecast_best(analysis)
        stage("hiding the last year")
        tried = hindcast(job, settings=settings)
        tables = {
            "catch_up": found.table(),
            "forecast": ahead.table(),
            "next_record": ahead.next_table(),
            "hindcast": tried.best.assign(converged=tried.converged),
            "hindcast_catch_up": tried.catch_up.assign(converged=tried.converged),
        }
        write_tables(folder, tables)
        about = Provenance.of(analysis)
        figure = catch_up_dates(found.forecasts, about, f"When {item.title} has caught up")
        save(figure, folder / FIGURES, "catch-up")
        words = [*found.sentences(), *tried.sentences(), item.releases.attribution]
        write_words(folder / "catch_up.md", words)
        record = run_record(item, settings, models_record(item, settings, [spec.name]))
        record["converged"] = analysis.convergence.converged and tried.converged
        write_manifest(folder, record)
    return found, tried
