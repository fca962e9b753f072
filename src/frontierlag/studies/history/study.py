"""A history as a folder that is written whole: tables, a figure, sentences, record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from frontierlag.figures import Provenance, save
from frontierlag.jobs import Job
from frontierlag.machine.files import staged, write_manifest
from frontierlag.scores.registry import joined_credit
from frontierlag.settings import QUICK, SamplerSettings
from frontierlag.studies.history.figure import history_figure
from frontierlag.studies.history.table import History, history
from frontierlag.studies.history.words import report
from frontierlag.studies.writing import FIGURES, vintages_record, write_tables


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
        write_tables(
            folder, {"history": found.lags, "changes": found.changes, "spread": found.spread}
        )
        read = [one.prepared for one in found.vintages]
        first, last = read[0], read[-1]
        about = replace(
            Provenance.of_job(
                last, found.model, found.converged, joined_credit(*found.attributions)
            ),
            dataset=f"{len(read)} vintages, {first.table.name} to {last.table.name}",
            dates=None,
        )
        figure = history_figure(found.lags, about, f"{first.title}, by vintage of the table")
        save(figure, folder / FIGURES, "history")
        (folder / "history.md").write_text(report(found), encoding="utf-8")
        record = vintages_record(read, found.window, found.model, settings) | {
            "refused": {one.name: one.reason for one in found.refused},
            "dates": last.releases.dates,
            "converged": found.converged,
        }
        write_manifest(folder, record)
    return found
