"""What is analysed, as a value that an alternative turns into another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from frontierlag.analyses.refits import Task
from frontierlag.dates import Dates, Window
from frontierlag.jobs import Job
from frontierlag.model import ModelSpec, first_model
from frontierlag.scores import (
    Comparison,
    Efforts,
    LeftOut,
    Releases,
    ScoreTable,
    load_scores,
    releases,
)


@dataclass(frozen=True)
class Case:
    """A table, a comparison, a window and a model, with the job that they are of.

    The window is settled once and stays: leaving rows out, or counting records otherwise, would
    move its default start, and two changes at once cannot be told apart.
    """

    table: ScoreTable
    comparison: Comparison
    window: Window
    model: str
    efforts: Efforts
    job: Job

    @classmethod
    def of(cls, job: Job, model: str | None = None) -> Case:
        """The case of a job, by default with the headline model of its metric.

        Raises
        ------
        FrontierLagError
            If the job cannot be prepared or the model does not suit it.
        """
        ready = job.prepare()
        case = cls(
            ready.table,
            ready.releases.comparison,
            ready.window,
            model or first_model(ready.table.metric),
            job.efforts,
            job,
        )
        _ = case.spec
        return case

    @cached_property
    def releases(self) -> Releases:
        """The releases that count."""
        return releases(self.table, self.comparison, self.window.as_of, self.efforts)

    @cached_property
    def spec(self) -> ModelSpec:
        """The model with its default priors."""
        return ModelSpec.of(self.model, self.table.metric)

    def task(self, key: object, *windows: Window) -> Task:
        """A refit of this case over its window, or over others."""
        observations = self.spec.observations(self.releases)
        return Task(key, self.spec, observations, windows or (self.window,))

    def dated(self, dates: Dates) -> Case:
        """The case with its table's dates by another convention, over the same window."""
        table = load_scores(self.job.scores, self.job.reading, dates)
        return replace(self, table=table, job=replace(self.job, dates=dates))

    def without(self, rows: np.ndarray, reason: str) -> Case:
        """The case with rows of the table left out for a reason.

        Parameters
        ----------
        rows
            Mask over the table's frame.
        reason
            What the record says of each.
        """
        out = self.table.frame[rows]
        more = tuple(
            LeftOut(int(row), str(model), reason)
            for row, model in zip(out["row"], out["model"], strict=True)
        )
        return replace(self, table=replace(self.table, left_out=self.table.left_out + more))
