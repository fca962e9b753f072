"""The backtest as a folder that is written whole: tables, figures, words, record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from frontierlag.figures import Provenance, save
from frontierlag.jobs import Job
from frontierlag.machine.files import staged, write_manifest
from frontierlag.results.manifest import models_record, run_record
from frontierlag.scores.registry import joined_credit
from frontierlag.settings import SMALL, SamplerSettings
from frontierlag.studies.backtest.figure import ACROSS_NOTE, WITHIN_NOTE, backtest_ratios
from frontierlag.studies.backtest.summary import summary_table, verdict_table
from frontierlag.studies.backtest.table import ACROSS, WITHIN, Backtest, backtest
from frontierlag.studies.backtest.words import report
from frontierlag.studies.writing import FIGURES, write_tables

NOTES = {WITHIN: WITHIN_NOTE, ACROSS: ACROSS_NOTE}


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
