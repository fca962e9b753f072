"""A score table in Python: from a name, a file or a DataFrame, and from there to a comparison."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime
from os import PathLike
from typing import Self

import pandas as pd

from frontierlag.conventions import RELEASED, Dates
from frontierlag.errors import SpecError
from frontierlag.facade.html import card
from frontierlag.facade.pair import Pair
from frontierlag.jobs import Job
from frontierlag.read_options import DEFAULT_OPTIONS, ReadOptions
from frontierlag.scores import Efforts, ScoreTable
from frontierlag.scores import load_scores as load_table
from frontierlag.scores.groups import group_counts
from frontierlag.scores.layouts import GROUP_COLUMNS
from frontierlag.scores.table import from_frame

Day = str | date | None


class Scores(ScoreTable):
    """A validated score table: ``frame`` holds its rows, ``compare`` sets two groups side by side.

    See :class:`frontierlag.scores.ScoreTable` for its other attributes.
    """

    @classmethod
    def of(cls, table: ScoreTable) -> Self:
        """The same table with what a notebook needs."""
        return cls(**{f.name: getattr(table, f.name) for f in fields(ScoreTable)})

    def compare(
        self,
        leader: str = "us-china",
        follower: str = "",
        *,
        since: Day = None,
        as_of: Day = None,
        results: str = "",
        draws: str = "",
        efforts: Efforts = "best",
    ) -> Pair:
        """Set two groups of the table side by side.

        Parameters
        ----------
        leader, follower
            Two values of one column (weights, country or organization), such as ``"USA"`` and
            ``"China"``; or a named comparison alone, ``"us-china"`` or ``"closed-open"``.
        since, as_of
            First and last day of the window, ``YYYY-MM-DD`` or a date. By default the day from
            which both groups have two records, and the table's own last day.
        results
            Benchmark results behind the scores, by name or path: the joint model is fitted to them.
        draws
            Path of joint draws of the scores, in place of an interval each.
        efforts
            Of an accuracy: which settings of one model count, ``"best"`` or ``"all"``.

        Returns
        -------
        Pair
            What :func:`frontierlag.fit` takes.

        Raises
        ------
        FrontierLagError
            If there are no such groups, they have too few releases, or the window does not fit.
        """
        comparison = f"{leader}:{follower}" if follower else leader
        job = Job(
            self.name,
            comparison,
            day_of(since, "since"),
            day_of(as_of, "as_of"),
            efforts,
            results=str(results),
            draws=str(draws),
            dates=self.dates,
        )
        return Pair.of(job.prepare(self))

    def groups(self) -> pd.DataFrame:
        """Number of models of each group that can be compared.

        Returns
        -------
        pandas.DataFrame
            Indexed by ``column`` and ``group``, with ``models``, the largest group first.
        """
        rows = [
            {"column": column, "group": group, "models": count}
            for column in GROUP_COLUMNS
            for group, count in group_counts(self, column).most_common()
        ]
        return pd.DataFrame(rows, columns=["column", "group", "models"]).set_index(
            ["column", "group"]
        )

    def __repr__(self) -> str:
        return f"<Scores {self._title}>"

    def _repr_html_(self) -> str:
        latest = self.frame.sort_values("released", kind="stable").tail(5)
        shown = latest[["released", "model", "organization", "country", "weights", "score"]]
        return card(f"Scores {self._title}", [*self.notes, self.attribution], shown)

    @property
    def _title(self) -> str:
        return f"{self.name}: {len(self.frame)} rows of {self.metric.name}, as of {self.as_of}"


def load_scores(
    source: str | PathLike[str] | pd.DataFrame,
    name: str = "",
    options: ReadOptions = DEFAULT_OPTIONS,
    *,
    dates: Dates = RELEASED,
) -> Scores:
    """Read a score table.

    Parameters
    ----------
    source
        The name of a reference table, such as ``"eci-2026-08-11"``; ``"latest"``, the table fetched
        last; the path of a CSV, Excel, JSON or Parquet file; or a DataFrame with the columns of
        such a file (model, released, score, and at least one of country, organization and weights;
        low and high
        or stderr if they are known).
    name
        What to call the table of a DataFrame; ``"scores"`` by default.
    options
        What only you can know of the table: which column holds the score, the level of its
        intervals, whether less is better, and so on.
    dates
        Which day a model is dated at: ``"released"``, the first day on which anyone outside the
        maker could use it; ``"announced"``, where that is known; or ``"as-published"``.

    Returns
    -------
    Scores
        The table.

    Raises
    ------
    ScoresError
        If there is no such table, or it cannot be read.
    BadRowsError
        If rows are bad: a ScoresError whose ``problems`` lists all of them.
    """
    if isinstance(source, pd.DataFrame):
        return Scores.of(from_frame(source, name or "scores", options, dates))
    if name:
        raise SpecError(f"a name ({name!r}) is for a DataFrame; a file's is that of the file")
    return Scores.of(load_table(str(source), options, dates))


def day_of(given: Day, what: str) -> date | None:
    """A day as it may be given in Python.

    Raises
    ------
    SpecError
        If it is not a day.
    """
    if given is None:
        return None
    if isinstance(given, datetime):  # a pandas Timestamp too
        return given.date()
    if isinstance(given, date):
        return given
    try:
        return date.fromisoformat(str(given))
    except ValueError:
        raise SpecError(f"{what} is {given!r}, which is no day; write it as YYYY-MM-DD") from None
