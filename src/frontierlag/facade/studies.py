"""Studies in Python: the lag in each domain of benchmarks, and by several measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING

import pandas as pd
import xarray as xr

from frontierlag.facade.common import Day, Study, day_of, settings_of
from frontierlag.facade.scores import Scores, load_scores
from frontierlag.jobs import Prepared
from frontierlag.names import REALIZED, WINDOW
from frontierlag.scores.item_results.known import DOMAIN, grouped_by, load_benchmarks
from frontierlag.settings import DOMAINS, MIXTURES
from frontierlag.studies.domains.table import DomainAnalysis, analyse_domains
from frontierlag.studies.measures.pooling import SPREAD
from frontierlag.studies.measures.table import OWN_WINDOW, SAME_DAYS, measured_by, shipped_measures
from frontierlag.studies.measures.table import Measures as Found

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, repr=False)
class Domains(Study):
    """One fit with an ability for each domain of benchmarks.

    Attributes
    ----------
    pair
        What it was fitted to.
    by
        How benchmarks were grouped.
    analysis
        The fit with the lags of the index and of each domain.
    """

    pair: Prepared
    by: str
    analysis: DomainAnalysis

    @property
    def converged(self) -> bool:
        """Whether every check of convergence passed, over parameters, abilities and lags."""
        return self.analysis.convergence.converged

    @property
    def tree(self) -> xr.DataTree:
        """The fit as one DataTree, the lags of a domain in its group ``domains/NAME/lags``."""
        return self.analysis.tree

    @cached_property
    def table(self) -> pd.DataFrame:
        """The lags of the index and each domain, months, with their difference from the index's.

        As from :func:`frontierlag.studies.domains.table.domain_table`.
        """
        from frontierlag.studies.domains.table import domain_table

        return domain_table(self.analysis, self.by)

    @cached_property
    def contrasts(self) -> pd.DataFrame:
        """The mean lags of every two domains against each other, months."""
        from frontierlag.studies.domains.table import contrast_table

        return contrast_table(self.analysis, self.by)

    @cached_property
    def dif(self) -> pd.DataFrame:
        """By how much each benchmark favours the follower's group within its domain, points."""
        from frontierlag.studies.domains.table import dif_table

        return dif_table(self.analysis, self.by)

    def plot(self) -> Figure:
        """Draw the mean lags by domain, the index on top."""
        from frontierlag.studies.domains.study import figure_of

        return figure_of(self.analysis, self.table, self.by, self.pair)

    def _shown(self) -> pd.DataFrame:
        table = self.table
        own = table[(table["lag"] == REALIZED) & (table["period"] == WINDOW)]
        columns = ["median", "lower90", "upper90", "difference", "longer", "results"]
        return own.set_index("domain")[columns]

    @property
    def _of(self) -> str:
        return f"of {self.pair.title} by {self.by}, mean realized lag in months"


def domains(
    pair: Prepared,
    by: str = DOMAIN,
    benchmarks: str | PathLike[str] = "",
    *,
    chains: int = DOMAINS.chains,
    draws: int = DOMAINS.draws,
    tune: int = DOMAINS.tune,
    seed: int = DOMAINS.seed,
) -> Domains:
    """Fit an ability for each domain of benchmarks and measure the lag in each.

    Parameters
    ----------
    pair
        Two groups with benchmark results, as from ``data.compare(..., results=...)``.
    by
        A column of the table of benchmarks: ``domain``, ``items`` (whether they are published), or
        one of your own.
    benchmarks
        A CSV file of your own with a column ``benchmark``; its rows replace those of the table that
        comes with the package.
    chains, draws, tune, seed
        Of the sampler; a fit that misses the gate is made once more with twice the draws.

    Raises
    ------
    FrontierLagError
        If the pair has no benchmark results, or a benchmark has no domain.
    """
    table = load_benchmarks(str(benchmarks))
    grouped = grouped_by(table, by, str(benchmarks) or "the table of benchmarks")
    settings = settings_of(DOMAINS, chains=chains, draws=draws, tune=tune, seed=seed)
    return Domains(pair, by, analyse_domains(pair.releases, grouped, pair.window, settings))


Table = str | PathLike[str] | Scores | Prepared


@dataclass(frozen=True, repr=False)
class Measures(Study):
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
        from frontierlag.studies.measures.study import sentences

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

    @property
    def _of(self) -> str:
        return f"of {self.found.measures[0].prepared.title}, mean realized lag in months"


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
    settings = settings_of(MIXTURES, chains=chains, draws=draws, tune=tune, seed=seed)
    found = measured_by(
        prepared, settings, trend=trend, since=day_of(since, "since"), spread=spread, workers=1
    )
    return Measures(found)


def _prepared(one: Table, leader: str, follower: str) -> Prepared:
    if isinstance(one, Prepared):
        return one
    table = one if isinstance(one, Scores) else load_scores(one)
    return table.compare(leader, follower)
