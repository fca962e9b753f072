"""The lag in each domain of benchmarks, in Python."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING

import pandas as pd
import xarray as xr

from frontierlag.analyses.domains import DomainAnalysis, analyse_domains
from frontierlag.facade.html import card
from frontierlag.jobs import Prepared
from frontierlag.names import REALIZED, WINDOW
from frontierlag.scores.item_results.benchmarks import DOMAIN, grouped_by, load_benchmarks
from frontierlag.settings import DOMAINS

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, repr=False)
class Domains:
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

    def __repr__(self) -> str:
        return f"<Domains {self._title}>\n{self._shown().to_string()}"

    def _repr_html_(self) -> str:
        return card(f"Domains {self._title}", [], self._shown())

    @property
    def _title(self) -> str:
        state = "converged" if self.converged else "NOT CONVERGED"
        return f"of {self.pair.title} by {self.by}, mean realized lag in months, {state}"


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
    settings = DOMAINS.model_copy(
        update={"chains": chains, "draws": draws, "tune": tune, "seed": seed}
    )
    return Domains(pair, by, analyse_domains(pair.releases, grouped, pair.window, settings))
