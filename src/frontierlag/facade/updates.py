"""A published table followed from Python: `update`, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from os import PathLike
from pathlib import Path
from typing import Any, Self

import pandas as pd

from frontierlag.dates import RELEASED, Dates
from frontierlag.facade.common import Day, card, convention_of, day_of, options_of, settings_of
from frontierlag.report.page.folder import PAGE
from frontierlag.report.page.index import FEED
from frontierlag.scores.fetch import DEFAULT_URL, Limits
from frontierlag.scores.reading.options import ReadOptions
from frontierlag.settings import SamplerSettings
from frontierlag.updates import update as steps
from frontierlag.updates.history import PARTS

LIMITS, SAMPLER = Limits(), SamplerSettings()
TOTAL = "total"


@dataclass(frozen=True, eq=False, repr=False)
class Update(steps.Update):
    """What came of an update.

    Attributes
    ----------
    changed
        Whether there is a new vintage; without one nothing was written.
    words
        The paragraph: the headline before and after, what moved it and by how much, what else
        moved.
    vintage
        The new vintage, or the last one that still stands: when it was ``fetched``, its ``file``
        below ``archive/`` of the folder, ``sha256``, ``rows`` and addresses.
    moved
        Models that came or went, and dates, openness of weights, countries and makers that moved: a
        row a model and ``column``, with ``before`` and ``after``.
    history
        The headline of every vintage, in order, as in ``history.csv``.
    converged
        Whether every fit passed the convergence gate.
    folder
        Where vintages, results, history and feed are kept.
    """

    @classmethod
    def of(cls, found: steps.Update) -> Self:
        """The same update with what a notebook needs."""
        return cls(**{f.name: getattr(found, f.name) for f in fields(steps.Update)})

    @property
    def headline(self) -> pd.Series:
        """The mean realized lag by this vintage, months: its row of ``history``."""
        newest: pd.Series = self.history.iloc[-1]
        return newest

    @property
    def causes(self) -> pd.DataFrame:
        """What moved the posterior mean of the headline since the vintage before, months.

        Index ``cause``: ``scores``, ``models`` that came or went, ``dates``, ``days`` that only one
        of the two windows has, and their ``total``. Columns ``months`` and its Monte Carlo error
        ``mcse``; NaN for the first vintage.
        """
        row = self.headline
        names = {name: f"by_{name}" for name in PARTS} | {TOTAL: "change"}
        values = [(row[column], row[f"{column}_mcse"]) for column in names.values()]
        index = pd.Index(list(names), name="cause")
        return pd.DataFrame(values, index, ["months", "mcse"], dtype=float)

    @property
    def page(self) -> Path:
        """The page of the newest vintage."""
        return self.folder / steps.RESULTS / PAGE

    @property
    def tables(self) -> dict[str, Path]:
        """Every table that is kept, by name: of the history, and the newest vintage's results."""
        kept = (self.folder, self.folder / steps.RESULTS)
        return {path.stem: path for folder in kept for path in sorted(folder.glob("*.csv"))}

    @property
    def feed(self) -> Path:
        """The headline of every vintage as an Atom feed."""
        return self.folder / FEED

    def __repr__(self) -> str:
        return f"<{self._title}>\n{self.words}"

    def _repr_html_(self) -> str:
        return card(self._title, [self.words, str(self.headline["attribution"])], self.causes)

    @property
    def _title(self) -> str:
        state = "new vintage" if self.changed else "nothing new"
        verdict = "" if self.converged else ", NOT CONVERGED"
        return f"Update {state}: {self.vintage.name} in {self.folder}{verdict}"


def update(
    url: str = DEFAULT_URL,
    leader: str = "us-china",
    follower: str = "",
    *,
    out: str | PathLike[str] = "updates",
    fetched: Day = None,
    dates: Dates = RELEASED,
    options: ReadOptions | None = None,
    columns: Mapping[str, str] | None = None,
    site: str = "",
    accept_layout: bool = False,
    accept_smaller: bool = False,
    allow_http: bool = LIMITS.allow_http,
    seconds: float = LIMITS.seconds,
    size: int = LIMITS.size,
    chains: int = SAMPLER.chains,
    draws: int = SAMPLER.draws,
    tune: int = SAMPLER.tune,
    target_accept: float | None = None,
    seed: int = SAMPLER.seed,
    done: Callable[[str], None] | None = None,
    **reading: Any,
) -> Update:
    """Fetch a table; if it has changed, keep it as a vintage, fit it, and say what moved the lag.

    What ``frontierlag update`` does: the two share their folders.

    Parameters
    ----------
    url
        Address of a CSV file; by default that of Epoch AI's ``eci_scores.csv``.
    leader, follower
        As for :meth:`Scores.compare`; the same for all vintages of a folder.
    out
        Folder in which vintages, results, history and feed are kept.
    fetched
        Day of fetching, ``YYYY-MM-DD`` or a date; by default that of the server's answer.
    dates
        Which day a model is dated at, as for :func:`frontierlag.load_scores`.
    options, columns, **reading
        How to read the table, as for :func:`frontierlag.load_scores`.
    site
        Address under which the folder is published, for links in the feed.
    accept_layout
        Take a table whose numbers may mean something else than before.
    accept_smaller
        Take a table that lacks more than a tenth of the models that it had.
    allow_http, seconds, size
        Whether an address without encryption will do; the most time and the most bytes that an
        answer may take.
    chains, draws, tune, target_accept, seed
        Of the sampler.
    done
        Called with a line each time something has been done, such as ``print``.

    Returns
    -------
    Update
        ``changed``, ``words``, ``headline``, ``causes``, ``moved``, ``history``, and where page,
        tables and feed are.

    Raises
    ------
    FetchError
        If no table came, or one that is refused, each reason by name. The last vintage stays.
    FrontierLagError
        If the folder cannot be used, or a fit cannot be made.

    Examples
    --------
    Once a day, say; without a new table nothing is written::

        import frontierlag as fl

        found = fl.update(out="updates", done=print)
        if found.changed:
            print(found.words)
    """
    sampler = settings_of(
        SAMPLER, chains=chains, draws=draws, tune=tune, target_accept=target_accept, seed=seed
    )
    asked = steps.Following(
        folder=Path(out),
        url=url,
        comparison=f"{leader}:{follower}" if follower else leader,
        dates=convention_of(dates),
        reading=options_of("update", options, columns, reading),
        settings=sampler,
        limits=Limits(size=size, seconds=seconds, allow_http=allow_http),
        site=site,
    )
    found = steps.update(
        asked,
        day_of(fetched, "fetched"),
        accept_layout=accept_layout,
        accept_smaller=accept_smaller,
        done=done or (lambda _: None),
    )
    return Update.of(found)
