"""Studies in Python: the lag in each domain of benchmarks, all groups at once, several measures."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from frontierlag.analyses.domains import DomainAnalysis, analyse_domains
from frontierlag.facade.common import Day, card, day_of, settings_of
from frontierlag.facade.scores import Scores, load_scores
from frontierlag.jobs import Prepared
from frontierlag.names import REALIZED, SAMPLE_DIMS, WINDOW
from frontierlag.scores.item_results.benchmarks import DOMAIN, grouped_by, load_benchmarks
from frontierlag.settings import DOMAINS, MIXTURES
from frontierlag.studies.measures.pooling import SPREAD
from frontierlag.studies.measures.table import OWN_WINDOW, SAME_DAYS, measured_by, shipped_measures
from frontierlag.studies.measures.table import Measures as Found

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from frontierlag.studies.league.study import LeagueStudy


class _Study(ABC):
    """How a study shows itself: a title with its verdict, and a table."""

    @property
    @abstractmethod
    def converged(self) -> bool: ...

    @property
    @abstractmethod
    def _of(self) -> str: ...

    @abstractmethod
    def _shown(self) -> pd.DataFrame: ...

    @property
    def _lines(self) -> list[str]:
        return []

    @property
    def _title(self) -> str:
        verdict = "converged" if self.converged else "NOT CONVERGED"
        return f"{type(self).__name__} {self._of}, {verdict}"

    def __repr__(self) -> str:
        return f"<{self._title}>\n{self._shown().to_string()}"

    def _repr_html_(self) -> str:
        return card(self._title, self._lines, self._shown())


@dataclass(frozen=True, repr=False)
class Domains(_Study):
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


@dataclass(frozen=True, repr=False)
class League(_Study):
    """One fit of all groups of a column.

    Attributes
    ----------
    study
        The fit with its tables and sentences.
    """

    study: LeagueStudy

    @property
    def converged(self) -> bool:
        """Whether every check of convergence passed, over parameters and every reported lag."""
        return self.study.converged

    @property
    def groups(self) -> list[str]:
        """Names, the best ranked first."""
        found = self.study.league
        return [found.groups[k] for k in found.order]

    @property
    def table(self) -> pd.DataFrame:
        """How far each group is behind, as in ``league.csv``."""
        return self.study.tables["league"]

    @property
    def ranks(self) -> pd.DataFrame:
        """Probability of each rank, a row a group."""
        return self.study.tables["ranks"]

    @property
    def pairs(self) -> pd.DataFrame:
        """Every lag between every two groups, months."""
        return self.study.tables["pairs"]

    @property
    def leaders(self) -> pd.DataFrame:
        """Who led when with what probability."""
        return self.study.tables["leaders"]

    @property
    def pending(self) -> pd.DataFrame:
        """Releases that are known and not scored; empty if there are none."""
        return self.study.tables.get("pending", pd.DataFrame())

    @property
    def posterior(self) -> xr.Dataset:
        """Draws of the parameters, dims ``(chain, draw[, group])``."""
        return self.study.league.fit.posterior

    def behind(self, group: str) -> xr.DataArray:
        """Draws of the months that a group is behind the frontier on the last day."""
        found = self.study.league
        return self._draws(found.behind[..., found.fit.releases.place(group)])

    def lag(self, leader: str, follower: str, kind: str = "mean") -> xr.DataArray:
        """Draws of a lag of one group behind another, months.

        Parameters
        ----------
        leader, follower
            Two groups; the lag is positive where the follower trails.
        kind
            ``mean`` or ``current`` of the realized lag; ``backward`` (how long ago the leader's
            trend was where the follower's is) or ``forward`` (how long until the follower's is
            where the leader's is today).
        """
        found = self.study.league
        pair = found.pair(leader, follower)
        if kind not in ("mean", "current", "backward", "forward"):
            raise ValueError(f"kind is {kind!r}; there are mean, current, backward and forward")
        if pair.ahead == found.fit.releases.place(leader):
            return self._draws(getattr(pair, kind))
        # Turned round, how long ago the one was there is how long until the other is.
        turned = {"backward": "forward", "forward": "backward"}.get(kind, kind)
        return self._draws(-getattr(pair, turned))

    def probability_ahead(self, one: str, other: str) -> float:
        """Probability that one group has a better best model than another on the last day."""
        found = self.study.league
        place = found.fit.releases.place
        return float(found.ahead_probability[place(one), place(other)])

    def sentences(self) -> list[str]:
        """What the league says, the answer first."""
        return list(self.study.sentences)

    def plot(self) -> Figure:
        """Draw months behind the frontier and the probability of each rank."""
        return self.study.figure()

    def plot_leaders(self) -> Figure:
        """Draw who led on each day with what probability."""
        return self.study.leaders_figure()

    def _draws(self, values: np.ndarray) -> xr.DataArray:
        coords = {dim: self.posterior[dim] for dim in SAMPLE_DIMS}
        return xr.DataArray(values, dims=SAMPLE_DIMS, coords=coords, attrs={"units": "months"})

    @property
    def _lines(self) -> list[str]:
        return [self.study.releases.attribution]

    def _shown(self) -> pd.DataFrame:
        table = self.table
        own = table[table["quantity"] == table["quantity"].iloc[0]]
        columns = ["tier", "releases", "median", "lower90", "upper90", "mean_rank", "first"]
        return own.set_index("group")[columns]

    @property
    def _of(self) -> str:
        r = self.study.releases
        return f"by {r.by} of {r.table} to {r.as_of}, months behind the frontier"


Table = str | PathLike[str] | Scores | Prepared


@dataclass(frozen=True, repr=False)
class Measures(_Study):
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
