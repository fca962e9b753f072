"""What to analyse: a score table, a comparison and a window, settled before anything is fitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from frontierlag.dates import Dates, Window, suffix
from frontierlag.errors import SpecError
from frontierlag.model import Reads, first_model, headline_of, models_for
from frontierlag.scores import (
    DEFAULT_OPTIONS,
    Efforts,
    ReadOptions,
    Releases,
    ScoreTable,
    default_window_start,
    load_scores,
    parse_comparison,
    releases,
)
from frontierlag.scores.bootstraps import DrawnReleases, load_draws, with_draws
from frontierlag.scores.item_results import MeasuredReleases, joined, load_results
from frontierlag.scores.registry import registry


@dataclass(frozen=True)
class Job:
    """One score table and comparison over one window.

    Parameters
    ----------
    scores
        Name or path of the score table.
    comparison
        Leader and follower.
    since, as_of
        First and last day of the window; by default the table's own.
    efforts
        Of an accuracy: which settings of one model count.
    results
        Name or path of the benchmark results behind the scores; empty to fit the scores. Dates,
        makers and countries come from the score table all the same.
    draws
        Path of joint draws of the scores, in place of their intervals; empty for the intervals.
    reading
        How to read the score table where it does not say it itself.
    dates
        Which day a model is dated at: 'released' (first day of use outside the maker), 'announced'
        or 'as-published'.

    Raises
    ------
    SpecError
        From :meth:`prepare`, if the window or the as-of date does not fit the table.
    """

    scores: str
    comparison: str = "us-china"
    since: date | None = None
    as_of: date | None = None
    efforts: Efforts = "best"
    results: str = ""
    draws: str = ""
    reading: ReadOptions = DEFAULT_OPTIONS
    dates: Dates = "released"

    def of(self, scores: str) -> Job:
        """The same of another table; what columns mean is said of one's own tables alone."""
        own = registry().find(scores, "scores") is None
        return replace(self, scores=scores, reading=self.reading if own else self.reading.of_rows)

    def prepare(self, table: ScoreTable | None = None) -> Prepared:
        """Read the table, unless it is given, and settle the groups and the window."""
        if self.results and self.draws:
            raise SpecError(
                "give either benchmark results or joint draws of scores, not both: each says how "
                "the models were measured"
            )
        if table is None:
            table = load_scores(self.scores, self.reading, self.dates)
        if self.as_of is not None and self.as_of > table.as_of:
            raise SpecError(
                f"the as-of date {self.as_of} is later than {table.as_of}, the last day that "
                f"{table.name} speaks for; what was released after that is not in it"
            )
        found = releases(table, parse_comparison(self.comparison, table), self.as_of, self.efforts)
        earliest = default_window_start(found)
        since = self.since or earliest
        if since < earliest:
            raise SpecError(
                f"the window would start on {since}, but {' and '.join(found.group_names)} both "
                f"have a second record in {table.name} only from {earliest} on; "
                f"give --since {earliest} or later"
            )
        window = Window(since, found.as_of)
        if self.results:
            found = joined(load_results(self.results), found)
        if self.draws:
            found = with_draws(load_draws(self.draws), found)
        return Prepared(
            table, found, window, own_window=since == earliest, reading=self.reading,
            efforts=self.efforts,
        )  # fmt: skip


@dataclass(frozen=True)
class Prepared:
    """A job with its data read.

    Attributes
    ----------
    table, releases, window
        The score table, the two groups' releases with what was measured of them, and the days over
        which lags are computed.
    own_window
        Whether the window starts where it does by default.
    reading, efforts
        How the table was read, and which settings of one model count.
    """

    table: ScoreTable
    releases: Releases
    window: Window
    own_window: bool = True
    reading: ReadOptions = DEFAULT_OPTIONS
    efforts: Efforts = "best"

    @property
    def slug(self) -> Path:
        """Where a results folder keeps this job: dataset, then comparison, then another window."""
        comparison = self.releases.comparison.name.replace(":", "-").lower()
        return Path(self.table.name) / f"{comparison}{self.suffix}"

    @property
    def measured(self) -> bool:
        """Whether benchmark results are fitted, not scores."""
        return isinstance(self.releases, MeasuredReleases)

    @property
    def reads(self) -> Reads:
        """What models are fitted to."""
        if isinstance(self.releases, DrawnReleases):
            return "draws"
        return "results" if self.measured else "scores"

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models that are fitted by default; the headline is among them."""
        return models_for(self.table.metric, self.reads)

    def model(self, trend: str = "") -> str:
        """Name of the headline model for these data, or of its like with another trend."""
        return first_model(self.table.metric, self.reads, trend)

    def headline(self, fitted: Sequence[str]) -> str:
        """Name of the model that answers for a run: see :func:`frontierlag.model.headline_of`."""
        return headline_of(fitted, self.table.metric, self.reads)

    @property
    def suffix(self) -> str:
        """Suffix of a fit to results or draws, with other dates, or over another window.

        So that neither replaces the other in a results folder. Empty for scores with release dates
        over the table's own window; else as in ``-joint-dates-announced-since-2025-01-01``.
        """
        words = {"scores": "", "results": "-joint", "draws": "-draws"}[self.reads]
        words += suffix(self.table.dates)
        if not self.own_window:
            words += f"-since-{self.window.since}"
        if self.window.as_of != self.table.as_of:
            words += f"-as-of-{self.window.as_of}"
        return words

    @property
    def title(self) -> str:
        """Who trails whom, as a figure's title says it."""
        leader, follower = self.releases.group_names
        return f"{follower} behind {leader}"

    @property
    def window_words(self) -> str:
        """First and last day of the window."""
        return f"{self.window.since} to {self.window.as_of}"
