"""Everything about the sensitivity of one job, as a folder that is written whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from frontierlag.figures.sheet import Provenance, save
from frontierlag.jobs import Job
from frontierlag.machine.files import staged, write_csv, write_manifest
from frontierlag.model import first_model
from frontierlag.results.manifest import models_record, run_record
from frontierlag.settings import QUICK, SamplerSettings
from frontierlag.studies.sensitivity.alternatives import sensitivity_table
from frontierlag.studies.sensitivity.dates import DateError, with_date_errors
from frontierlag.studies.sensitivity.figure import specification_curve, window_and_influence
from frontierlag.studies.sensitivity.influence import influence_table
from frontierlag.studies.sensitivity.starts import window_starts


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """The tables of one job; ``dates`` is None where no error of the dates was requested."""

    alternatives: pd.DataFrame
    starts: pd.DataFrame
    influence: pd.DataFrame
    dates: pd.DataFrame | None

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by the name of their file."""
        named = {
            "sensitivity": self.alternatives,
            "window-starts": self.starts,
            "influence": self.influence,
        }
        return named if self.dates is None else named | {"dates": self.dates}

    @property
    def converged(self) -> bool:
        """Whether every fit that is shown passed the gate."""
        return all(
            bool(table["converged"].fillna(value=True).all()) for table in self.tables.values()
        )


def study_sensitivity(
    job: Job,
    out: Path,
    settings: SamplerSettings = QUICK,
    *,
    dates: Sequence[DateError] = (),
    workers: int | None = None,
    done: Callable[[str], None] = lambda _: None,
) -> Sensitivity:
    """Run the alternatives, the window starts and the influence of one job, and write them.

    ``out`` gets ``sensitivity.csv``, ``window-starts.csv``, ``influence.csv``, ``dates.csv`` (if
    there are errors of ``dates`` to propagate), the figures ``specification`` and
    ``window-influence``, and the manifest.
    """
    item = job.prepare()
    with staged(out) as folder:
        how: Any = {"workers": workers, "done": done}
        erring = [with_date_errors(job, None, error, settings, **how) for error in dates]
        dated = {"dates": item.table.dates}
        found = Sensitivity(
            sensitivity_table(job, None, settings, **how),
            window_starts(job, (), settings, **how).assign(**dated),
            influence_table(job, None, settings, **how).assign(**dated),
            pd.concat(erring, ignore_index=True).drop_duplicates() if erring else None,
        )
        for stem, table in found.tables.items():
            write_csv(table, folder / f"{stem}.csv")
        about = Provenance.of_job(item)
        words = f"mean lag, {item.window_words}, under each alternative"
        title = f"Sensitivity: {item.title}"
        save(specification_curve(found.alternatives, about, title, words), folder, "specification")
        moved = window_and_influence(
            found.starts,
            found.influence,
            about,
            f"Window and influence: {item.title}",
            "the lag by where window and fit begin, and with one model or maker left out",
            item.releases.group_names,
        )
        save(moved, folder, "window-influence")
        models = models_record(item, settings, [first_model(item.table.metric)])
        record = run_record(item, settings, models)
        record |= {"date_errors": [error.words for error in dates], "converged": found.converged}
        write_manifest(folder, record)
    return found
