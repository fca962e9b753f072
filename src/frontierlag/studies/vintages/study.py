"""Two vintages set side by side as a folder that is written whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from frontierlag.figures import Provenance, save
from frontierlag.jobs import Job
from frontierlag.machine.files import staged, write_manifest
from frontierlag.scores.side_by_side import record_holders, unshared_models
from frontierlag.settings import MIXTURES, SamplerSettings
from frontierlag.studies.vintages.comparison import AFTER, VintageComparison, compare_vintages
from frontierlag.studies.vintages.figure import vintage_waterfall
from frontierlag.studies.vintages.words import (
    moved_table,
    vintage_sentences,
    vintage_table,
)
from frontierlag.studies.writing import FIGURES, vintages_record, write_tables, write_words


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
            "records": record_holders(found.pair),
            "unshared": unshared_models(found.pair),
        }
        write_tables(folder, tables)
        about = replace(
            Provenance.of(found.corners[AFTER]),
            dataset=" and ".join(found.tables),
            converged=found.converged,
        )
        leader, follower = found.pair.a.group_names
        words = f"{found.window.since} to {found.window.as_of}"
        figure = vintage_waterfall(
            found.changes, found.tables, about, f"{follower} behind {leader}: two vintages", words
        )
        save(figure, folder / FIGURES, "vintages")
        # As far as the later vintage was read: to the end of the window, not to its own last day.
        read = [replace(job, as_of=found.window.as_of).prepare() for job in (first, second)]
        credits = dict.fromkeys(item.releases.attribution for item in read)
        write_words(folder / "vintages.md", [*vintage_sentences(found), *credits])
        record = vintages_record(read, found.window, found.model, settings)
        write_manifest(
            folder, record | {"verdicts": found.verdicts(), "converged": found.converged}
        )
    return found
