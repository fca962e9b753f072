"""One lag by several measures, in Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING

import pandas as pd

from frontierlag.facade.html import card
from frontierlag.facade.scores import Day, Scores, day_of, load_scores
from frontierlag.jobs import Prepared
from frontierlag.names import REALIZED
from frontierlag.settings import MIXTURES
from frontierlag.studies.measures.pooling import SPREAD
from frontierlag.studies.measures.table import OWN_WINDOW, SAME_DAYS, measured_by, shipped_measures
from frontierlag.studies.measures.table import Measures as Found

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Table = str | PathLike[str] | Scores | Prepared


@dataclass(frozen=True, repr=False)
class Measures:
    """The lag by several measures, and what is pooled from them.

    Attributes
    ----------
    found
        The measures with their tables.
    """

    found: Found

    @property
    def converged(self) -> bool:
        """Whether every fit passed the convergence gate."""
        return self.found.converged

    @property
    def table(self) -> pd.DataFrame:
        """The lag by each measure, months, over the days that all share and over its own.

        ``pooled`` is the lag by this measure given the others.
        """
        return self.found.lags

    @property
    def differences(self) -> pd.DataFrame:
        """Each measure against the first, over the days that the two share, months."""
        return self.found.differences

    @property
    def pooled(self) -> pd.DataFrame:
        """The lag of a typical measure, the spread between measures, and one more measure's lag."""
        return self.found.pooled

    @property
    def coverage(self) -> pd.DataFrame:
        """What each measure has of each group."""
        return self.found.coverage

    @property
    def sentences(self) -> tuple[str, ...]:
        """What they say, the answer first, and the limits."""
        from frontierlag.studies.measures.words import sentences

        return sentences(self.found)

    def plot(self) -> Figure:
        """Draw the mean lags by measure, and the pooled ones below."""
        from frontierlag.studies.measures.study import figure_of

        return figure_of(self.found)

    def _shown(self) -> pd.DataFrame:
        days = SAME_DAYS if self.found.window else OWN_WINDOW
        table = self.table
        own = table[(table["lag"] == REALIZED) & (table["days"] == days)]
        columns = ["median", "lower90", "upper90", "since", "as_of", "converged"]
        return own.set_index("measure")[columns]

    def __repr__(self) -> str:
        return f"<Measures {self._title}>\n{self._shown().to_string()}"

    def _repr_html_(self) -> str:
        return card(f"Measures {self._title}", [], self._shown())

    @property
    def _title(self) -> str:
        state = "converged" if self.converged else "NOT CONVERGED"
        title = self.found.measures[0].prepared.title
        return f"of {title}, mean realized lag in months, {state}"


def measures(
    tables: Sequence[Table] = (),
    leader: str = "us-china",
    follower: str = "",
    *,
    since: Day = None,
    trend: str = "",
    spread: float = SPREAD,
    chains: int = MIXTURES.chains,
    draws: int = MIXTURES.draws,
    tune: int = MIXTURES.tune,
    seed: int = MIXTURES.seed,
) -> Measures:
    """Fit the lag by each of several measures, and pool them.

    Parameters
    ----------
    tables
        Names or paths, tables from :func:`frontierlag.load_scores` (with what only you know of
        each), or pairs from ``compare``. By default the newest table of each measure that comes
        with the package.
    leader, follower
        As for ``compare``; pairs have their own.
    since
        First of the days that all share, by default the latest start of their own windows.
    trend
        A trend for all; by default each measure's headline model.
    spread
        Scale of the half-normal prior of the standard deviation between measures, months.
    chains, draws, tune, seed
        Of the sampler; a fit that misses the gate is made once more with twice the draws.

    Raises
    ------
    FrontierLagError
        If there are fewer than two tables, or they do not compare the same two groups.
    """
    comparison = f"{leader}:{follower}" if follower else leader
    given = tables or shipped_measures(comparison)
    prepared = [_prepared(one, leader, follower) for one in given]
    settings = MIXTURES.model_copy(
        update={"chains": chains, "draws": draws, "tune": tune, "seed": seed}
    )
    found = measured_by(
        prepared, settings, trend=trend, since=day_of(since, "since"), spread=spread, workers=1
    )
    return Measures(found)


def _prepared(one: Table, leader: str, follower: str) -> Prepared:
    if isinstance(one, Prepared):
        return one
    table = one if isinstance(one, Scores) else load_scores(one)
    return table.compare(leader, follower)
