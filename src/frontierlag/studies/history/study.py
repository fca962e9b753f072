"""A history as a folder that is written whole: tables, a figure, sentences, record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from frontierlag.figures import Provenance, save
from frontierlag.figures.sheet import credit_line
from frontierlag.jobs import Job
from frontierlag.machine.files import staged, write_csv, write_manifest
from frontierlag.model import ModelSpec
from frontierlag.results.manifest import data_record, model_record, settings_record
from frontierlag.results.tables import DIGITS
from frontierlag.scores.registry import joined_credit
from frontierlag.settings import QUICK, SamplerSettings
from frontierlag.studies.history.figure import history_figure
from frontierlag.studies.history.table import History, history
from frontierlag.studies.history.words import report

FIGURES = "figures"


def study_history(
    scores: Sequence[str],
    job: Job,
    out: Path,
    settings: SamplerSettings = QUICK,
    *,
    given: Sequence[str] = (),
    model: str | None = None,
    workers: int | None = None,
    done: Callable[[str], None] = lambda _: None,
) -> History:
    """Make a history and write its tables, ``history.md``, the figure and the manifest.

    Raises
    ------
    FrontierLagError
        For anything that is wrong with the request, the data or the output folder.
    """
    with staged(out) as folder:
        found = history(scores, job, settings, given=given, model=model, workers=workers, done=done)
        for stem, table in (
            ("history", found.lags),
            ("changes", found.changes),
            ("spread", found.spread),
        ):
            _write(table, folder / f"{stem}.csv")
        first, last = found.vintages[0].prepared, found.vintages[-1].prepared
        about = Provenance(
            last.releases.comparison.name,
            f"{len(found.vintages)} vintages, {first.table.name} to {last.table.name}",
            last.releases.as_of,
            found.model,
            found.converged,
            credit_line(joined_credit(*found.attributions)),
        )
        figure = history_figure(found.lags, about, f"{first.title}, by vintage of the table")
        save(figure, folder / FIGURES, "history")
        (folder / "history.md").write_text(report(found), encoding="utf-8")
        spec = ModelSpec.of(found.model, last.table.metric)
        record = {
            "vintages": [
                data_record(one.prepared.table, one.prepared.releases) for one in found.vintages
            ],
            "refused": {one.name: one.reason for one in found.refused},
            "comparison": last.releases.comparison.name,
            "dates": last.releases.dates,
            "window": {"since": str(found.window.since), "as_of": str(found.window.as_of)},
            "models": {spec.name: model_record(spec, len(last.releases), settings)},
            "converged": found.converged,
        }
        write_manifest(folder, record | settings_record(last.table.metric, settings))
    return found


def _write(table: pd.DataFrame, path: Path) -> None:
    numbers = table.select_dtypes("float").columns
    rounded = table.assign(**{str(c): table[c].round(DIGITS) + 0.0 for c in numbers})
    write_csv(rounded, path)
