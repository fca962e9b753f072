"""Forecasts as folders that are written whole: catching up, and every forecast of the past."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd

from frontierlag.analyses.analysis import analyse
from frontierlag.figures import Provenance, save
from frontierlag.jobs import Job
from frontierlag.machine.files import staged, write_manifest
from frontierlag.model import ModelSpec
from frontierlag.results.manifest import models_record, run_record
from frontierlag.scores.registry import joined_credit
from frontierlag.settings import SMALL, SamplerSettings
from frontierlag.studies.forecast.backtest import ACROSS, WITHIN, Backtest, backtest
from frontierlag.studies.forecast.backtest_figure import ACROSS_NOTE, WITHIN_NOTE, backtest_ratios
from frontierlag.studies.forecast.best import forecast_best
from frontierlag.studies.forecast.catch_up import CatchUp, catch_up
from frontierlag.studies.forecast.figure import catch_up_dates
from frontierlag.studies.forecast.hindcast import Hindcast, hindcast
from frontierlag.studies.forecast.paths import forecast_model
from frontierlag.studies.forecast.summary import summary_table, verdict_table
from frontierlag.studies.forecast.words import report
from frontierlag.studies.writing import FIGURES, write_tables, write_words

NOTES = {WITHIN: WITHIN_NOTE, ACROSS: ACROSS_NOTE}


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
    spec = ModelSpec.of(forecast_model(item), item.table.metric)
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


def study_backtest(
    job: Job,
    out: Path,
    settings: SamplerSettings = SMALL,
    models: Sequence[str] = (),
    earlier: Sequence[str] = (),
    done: Callable[[str], None] = lambda _: None,
) -> Backtest:
    """Run the backtest and write its tables, figures and ``backtest.md``.

    Raises
    ------
    FrontierLagError
        For anything that is wrong with the request, the data or the output folder.
    """
    with staged(out) as folder:
        found = backtest(job, settings, models, earlier, done=done)
        now = found.now
        own = joined_credit(now.releases.attribution, *found.credits)
        summary = summary_table(found)
        tables = {"backtest": found.rows, "summary": summary, "verdict": verdict_table(found)}
        write_tables(
            folder, {stem: table.assign(attribution=own) for stem, table in tables.items()}
        )
        about = Provenance.of_job(now, found.models[0], found.converged, own)
        for kind, stem, words in (
            (WITHIN, "backtest", "from every quarter of the past"),
            (ACROSS, "backtest-vintage", "from every earlier vintage"),
        ):
            rows = summary[summary["kind"] == kind]
            if "crps_ratio" in rows and rows["crps_ratio"].notna().any():
                title = f"Forecasts of the model and simple ones: {now.title}"
                caption = about
                if kind == ACROSS and found.against is not None:
                    table = found.against.table
                    caption = replace(about, dataset=table.name, as_of=table.as_of)
                figure = backtest_ratios(rows, caption, title, words.capitalize(), NOTES[kind])
                save(figure, folder / FIGURES, stem)
        (folder / "backtest.md").write_text(report(found, own), encoding="utf-8")
        record = run_record(now, settings, models_record(now, settings, found.models))
        record |= {"origins": _origins(found.rows), "converged": found.converged}
        write_manifest(folder, record)
    return found


def _origins(rows: pd.DataFrame) -> list[dict[str, str]]:
    found = rows[["kind", "from", "origin"]].drop_duplicates()
    return [{str(k): str(v) for k, v in row.items()} for row in found.to_dict("records")]
