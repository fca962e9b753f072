"""Everything about the sensitivity of one job, as files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from frontierlag.figures.sheet import Provenance, credit_line, save
from frontierlag.jobs import Job
from frontierlag.machine.files import write_csv
from frontierlag.settings import QUICK, SamplerSettings
from frontierlag.studies.sensitivity.dates import DateError, with_date_errors
from frontierlag.studies.sensitivity.figure import specification_curve, window_and_influence
from frontierlag.studies.sensitivity.influence import influence_table
from frontierlag.studies.sensitivity.starts import window_starts
from frontierlag.studies.sensitivity.table import sensitivity_table


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


def run_sensitivity(
    job: Job,
    folder: Path,
    settings: SamplerSettings = QUICK,
    *,
    dates: Sequence[DateError] = (),
    workers: int | None = None,
    done: Callable[[str], None] = lambda _: None,
) -> Sensitivity:
    """Run the alternatives, the window starts and the influence of one job, and write them.

    Parameters
    ----------
    job
        What to analyse.
    folder
        Gets ``sensitivity.csv``, ``window-starts.csv``, ``influence.csv``, ``dates.csv`` (if there
        are errors of dates) and the figures ``specification`` and ``window-influence``.
    settings
        Sampler settings of every fit.
    dates
        Errors of the release dates to propagate.
    workers
        Processes; changes no number.
    done
        Called with a line as the work goes on.

    Returns
    -------
    The tables.
    """
    prepared = job.prepare()
    erring = [
        with_date_errors(job, None, error, settings, workers=workers, done=done) for error in dates
    ]
    dated = {"dates": prepared.table.dates}
    result = Sensitivity(
        sensitivity_table(job, None, settings, workers=workers, done=done),
        window_starts(job, (), settings, workers=workers, done=done).assign(**dated),
        influence_table(job, None, settings, workers=workers, done=done).assign(**dated),
        pd.concat(erring, ignore_index=True).drop_duplicates() if erring else None,
    )
    folder.mkdir(parents=True, exist_ok=True)
    for stem, table in result.tables.items():
        write_csv(table, folder / f"{stem}.csv")
    credit = prepared.table.attribution
    about = Provenance(
        prepared.releases.comparison.name,
        prepared.table.name,
        prepared.releases.as_of,
        credit=credit_line(credit),
        dates=prepared.table.dates,
    )
    curve = specification_curve(
        result.alternatives,
        about,
        f"Sensitivity: {prepared.title}",
        f"mean lag, {prepared.window_words}, under each alternative",
    )
    save(curve, folder, "specification")
    moved = window_and_influence(
        result.starts,
        result.influence,
        about,
        f"Window and influence: {prepared.title}",
        "the lag by where window and fit begin, and with one model or maker left out",
        prepared.releases.group_names,
    )
    save(moved, folder, "window-influence")
    return result
