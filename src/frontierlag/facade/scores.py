"""A score table in Python: from a name, a file or a DataFrame, to a comparison or a league."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from os import PathLike
from typing import Any, Self

import pandas as pd

from frontierlag.dates import RELEASED, Dates
from frontierlag.facade.common import (
    Day,
    card,
    convention_of,
    day_of,
    options_of,
    settings_of,
)
from frontierlag.facade.league import League
from frontierlag.jobs import Job, Prepared
from frontierlag.scores import Efforts, ScoreTable
from frontierlag.scores import load_scores as load_table
from frontierlag.scores.groups import group_counts
from frontierlag.scores.reading.layouts import GROUP_COLUMNS
from frontierlag.scores.reading.options import DEFAULT_OPTIONS, ReadOptions
from frontierlag.scores.table import from_frame
from frontierlag.settings import SamplerSettings

DEFAULTS = SamplerSettings()


@dataclass(frozen=True, eq=False, repr=False)
class Scores(ScoreTable):
    """A validated score table: ``frame`` holds its rows, ``compare`` sets two groups side by side.

    See :class:`frontierlag.scores.ScoreTable` for its other attributes.

    Attributes
    ----------
    source, options
        What it was read from, and how.
    """

    source: str | pd.DataFrame = ""
    options: ReadOptions = DEFAULT_OPTIONS

    @classmethod
    def of(cls, table: ScoreTable, source: str | pd.DataFrame, options: ReadOptions) -> Self:
        """The same table with what a notebook needs."""
        values = {f.name: getattr(table, f.name) for f in fields(ScoreTable)}
        return cls(**values, source=source, options=options)

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
        dates: Dates | None = None,
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
        dates
            Which day a model is dated at, where that is to be another than the table was read
            with: ``"released"``, ``"announced"`` or ``"as-published"``.

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
        table: ScoreTable = self
        if dates is not None and convention_of(dates) != self.dates:
            table = _read(self.source, self.name, self.options, dates)
        job = Job(
            self.source if isinstance(self.source, str) else self.name,
            comparison,
            day_of(since, "since"),
            day_of(as_of, "as_of"),
            efforts,
            results=str(results),
            draws=str(draws),
            reading=self.options,
            dates=table.dates,
        )
        return Pair.of(job.prepare(table))

    def league(
        self,
        by: str = "country",
        *,
        as_of: Day = None,
        efforts: Efforts = "best",
        chains: int = DEFAULTS.chains,
        draws: int = DEFAULTS.draws,
        tune: int = DEFAULTS.tune,
        seed: int = DEFAULTS.seed,
    ) -> League:
        """Fit all groups of a column at once.

        Parameters
        ----------
        by
            ``"country"``, ``"maker"``, ``"weights"``, or another column of the file or DataFrame
            that this table was read from.
        as_of
            The last day that counts, ``YYYY-MM-DD`` or a date; the table's own by default.
        efforts
            Of an accuracy: which settings of one model count, ``"best"`` or ``"all"``.
        chains, draws, tune, seed
            Of the sampler; a fit that misses the gate is made once more with four times the draws.

        Returns
        -------
        League
            Months behind the frontier, ranks and tiers, every pairwise lag, who led when.

        Raises
        ------
        FrontierLagError
            If there is no such column, fewer than two groups have three releases, or nothing says
            of how many problems an accuracy is.
        """
        from frontierlag.studies.league.study import LeagueJob, fit_league

        source = self.source if isinstance(self.source, str) else self.name
        job = LeagueJob(source, by, day_of(as_of, "as_of"), self.options, self.dates, efforts)
        _, releases = job.prepare(self, self.source)
        asked = {"chains": chains, "draws": draws, "tune": tune, "seed": seed}
        return League(fit_league(releases, settings_of(DEFAULTS, **asked)))

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


class Pair(Prepared):
    """A leader and a follower, their releases, and the window over which lags are reported.

    See :class:`frontierlag.jobs.Prepared` for its other attributes.
    """

    @classmethod
    def of(cls, prepared: Prepared) -> Self:
        """The same data with what a notebook needs."""
        return cls(**{f.name: getattr(prepared, f.name) for f in fields(Prepared)})

    @property
    def leader(self) -> str:
        """Name of the group that leads."""
        return self.releases.group_names[0]

    @property
    def follower(self) -> str:
        """Name of the group that follows."""
        return self.releases.group_names[1]

    @property
    def frame(self) -> pd.DataFrame:
        """The releases that count, a row each.

        Returns
        -------
        pandas.DataFrame
            ``released``, ``group``, ``model``, ``organization``, and in score units ``score``, its
            90 % interval ``low`` and ``high``, and ``stderr``.
        """
        r = self.releases
        return pd.DataFrame(
            {
                "released": r.date.astype("datetime64[ns]"),
                "group": [r.group_names[g] for g in r.group],
                "model": r.model,
                "organization": r.organization,
                "score": r.score,
                "low": r.low,
                "high": r.high,
                "stderr": r.stderr,
            }
        )

    @property
    def left_out(self) -> pd.DataFrame:
        """Every row of the table that does not count: ``row``, ``model`` and ``reason``."""
        rows = [(row.row, row.model, row.reason) for row in self.releases.left_out]
        return pd.DataFrame(rows, columns=["row", "model", "reason"])

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done to the data that a reader of results should know."""
        return (*self.table.notes, *self.releases.notes)

    def __repr__(self) -> str:
        return f"<Pair {self._title}>"

    def _repr_html_(self) -> str:
        return card(f"Pair {self._title}", list(self.notes), self.frame.tail(5))

    @property
    def _title(self) -> str:
        counts = [int(self.releases.of(g).sum()) for g in (0, 1)]
        return (
            f"{self.leader} ({counts[0]} releases) and {self.follower} ({counts[1]}) in "
            f"{self.table.name}, window {self.window.since} to {self.window.as_of}, "
            f"headline model {self.model()}"
        )


def load_scores(
    source: str | PathLike[str] | pd.DataFrame,
    *,
    name: str = "scores",
    dates: Dates = RELEASED,
    options: ReadOptions | None = None,
    columns: Mapping[str, str] | None = None,
    **reading: Any,
) -> Scores:
    """Read a score table.

    Parameters
    ----------
    source
        The name of a reference table, such as ``"eci-2026-08-11"``; ``"latest"``, the table fetched
        last; the path of a file; an https address; or a DataFrame with the columns of a file
        (model, released, score, and at least one of country, organization and weights; low and high
        or stderr if they are known).
    name
        What to call the table of a DataFrame.
    dates
        Which day a model is dated at: ``"released"``, the first day of use outside its maker;
        ``"announced"``; or ``"as-published"``.
    options
        How to read the table where it does not say it itself, as one object,
        :class:`frontierlag.ReadOptions`; ``columns`` and the arguments below change single fields.
    columns
        Which heading holds a column, as in ``{"score": "elo"}``, where the headings do not say it.
    **reading
        What else only you can know of the table, such as ``interval_level=0.95``,
        ``lower_is_better=True`` or ``metric="accuracy"``: the fields of
        :class:`frontierlag.ReadOptions`.

    Returns
    -------
    Scores
        The table.

    Raises
    ------
    SpecError
        If there is no such way of reading.
    ScoresError
        If there is no such table, or it cannot be read.
    BadRowsError
        If rows are bad: a ScoresError whose ``problems`` lists all of them.

    Examples
    --------
    >>> import frontierlag as fl
    >>> fl.load_scores("eci-2026-08-11")
    <Scores eci-2026-08-11: 222 rows of ECI, as of 2026-08-11>

    A file with other headings, and intervals of another level::

        fl.load_scores("mine.csv", columns={"country": "Land"}, interval_level=0.95)
    """
    chosen = options_of("load_scores", options, columns, reading)
    dates = convention_of(dates)
    given = source if isinstance(source, pd.DataFrame) else str(source)
    return Scores.of(_read(given, name, chosen, dates), given, chosen)


def _read(source: str | pd.DataFrame, name: str, options: ReadOptions, dates: Dates) -> ScoreTable:
    if isinstance(source, pd.DataFrame):
        return from_frame(source, name, options, dates)
    return load_table(source, options, dates)
