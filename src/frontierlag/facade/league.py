"""A league in Python: the one fit of all groups of a column, its tables, lags and figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from frontierlag.facade.common import Study
from frontierlag.names import SAMPLE_DIMS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from frontierlag.studies.league.study import LeagueStudy


@dataclass(frozen=True, repr=False)
class League(Study):
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
