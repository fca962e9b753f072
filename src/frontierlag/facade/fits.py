"""A fitted model in Python: fitted, saved, loaded and looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from pydantic import ValidationError

from frontierlag.analyses.analysis import Analysis, analyse
from frontierlag.errors import SpecError
from frontierlag.facade.html import card
from frontierlag.facade.lag import Lag
from frontierlag.facade.priors import Given, priors_of
from frontierlag.jobs import Prepared
from frontierlag.machine.files import replaced
from frontierlag.model import ModelSpec
from frontierlag.names import AT_RELEASE, REALIZED, WINDOW
from frontierlag.results import storage
from frontierlag.runs.plan import models_of
from frontierlag.settings import SamplerSettings

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, repr=False)
class FittedModel(Analysis):
    """A fitted model with its lags and its diagnostics.

    ``tree`` is one DataTree that ArviZ and xarray read: ArviZ's groups, with ``lags``, ``gaps``,
    ``levels`` and ``capabilities`` next to them. ``name`` is the model's, ``convergence`` the
    verdict check by check.
    """

    @classmethod
    def of(cls, analysis: Analysis) -> FittedModel:
        """The same analysis with what a notebook needs."""
        return cls(analysis.fit, analysis.measured)

    @property
    def converged(self) -> bool:
        """Whether every check of convergence passed, over the parameters and all lags."""
        return self.convergence.converged

    @property
    def kinds(self) -> list[str]:
        """Kinds of lag that the fit has."""
        return [*self.measured.lags]

    def lag(self, kind: str = REALIZED) -> Lag:
        """One kind of lag.

        Parameters
        ----------
        kind
            ``"realized"``: how long before a day the leader first had what the follower has on it;
            ``"trend"``: how long before the leader's trend passed the follower's; ``"release"``:
            the realized lag on the days of the follower's records alone.

        Raises
        ------
        SpecError
            If there is no such kind.
        """
        wanted = AT_RELEASE if kind in ("at release", "at_release", "at-release") else kind
        if wanted not in self.measured.lags:
            raise SpecError(f"there is no lag {kind!r}; there are {', '.join(self.kinds)}")
        return Lag(self, wanted)

    def summary(self, period: str = WINDOW) -> pd.DataFrame:
        """All lags over one period, in months: rows of :meth:`Lag.summary`, indexed by kind."""
        rows = {kind: self.lag(kind).summary().loc[period] for kind in self.kinds}
        return pd.DataFrame(rows).T.rename_axis("lag")

    def plot(self) -> Figure:
        """Draw the releases with the posterior of both frontiers.

        Returns
        -------
        matplotlib.figure.Figure
        """
        from frontierlag.facade.plots import frontier

        return frontier(self)

    def save(self, path: str | PathLike[str]) -> Path:
        """Write one NetCDF file, which :func:`frontierlag.load` and plain ArviZ read.

        Returns
        -------
        pathlib.Path
            Where it is. A file that was there is replaced once the new one is whole.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        with replaced(Path(path)) as partial:
            storage.store(self, partial)
        return Path(path)

    def __repr__(self) -> str:
        return f"<FittedModel {self.name}: {self.convergence.verdict()}; {self._answer}>"

    def _repr_html_(self) -> str:
        lines = [self._answer, self.convergence.verdict()]
        return card(f"Fitted model {self.name}, lags in months", lines, self.summary())

    @property
    def _answer(self) -> str:
        return self.lag(REALIZED).sentence()


def fit(
    pair: Prepared,
    model: str | None = None,
    *,
    priors: Mapping[str, Given] | None = None,
    seed: int | None = None,
    chains: int | None = None,
    draws: int | None = None,
    tune: int | None = None,
    target_accept: float | None = None,
    cores: int | None = None,
) -> FittedModel:
    """Fit a model to two groups and measure the lags.

    Parameters
    ----------
    pair
        From :meth:`Scores.compare`.
    model
        A trend and a frontier, such as ``"linear-stochastic"``; by default the headline model of
        these data, ``pair.model()``.
    priors
        Priors in place of the defaults, by parameter: a :class:`frontierlag.Prior`, a tuple
        ``("Normal", 130, 40)``, or a dict of the numbers to change, ``{"sigma": 20}``.
    seed
        Same seed, same numbers; 2026 by default.
    chains, draws, tune
        Chains, and a chain's draws after tuning and steps of tuning; by default 4, 1500 and 1000.
    target_accept
        Acceptance rate of the sampler; by default the one that the model asks for.
    cores
        Threads; changes no number.

    Returns
    -------
    FittedModel
        Whether it converged is for :attr:`FittedModel.converged` to say; its sentences and figures
        are marked where it did not.

    Raises
    ------
    SpecError
        Before sampling, if the model, a prior or a setting does not exist or does not suit the
        data.
    """
    if not isinstance(pair, Prepared):
        raise SpecError(
            f"fit takes two groups of a score table, and got {type(pair).__name__}; make them with "
            "load_scores(...).compare('USA', 'China')"
        )
    name = model or pair.model()
    spec = ModelSpec.of(name, pair.table.metric)
    chosen = priors_of(priors or {}, spec)
    (name,) = models_of(pair, (name,), chosen)
    settings = _settings(
        seed=seed, chains=chains, draws=draws, tune=tune, target_accept=target_accept
    )
    spec = ModelSpec.of(name, pair.table.metric, chosen)
    return FittedModel.of(analyse(spec, pair.releases, pair.window, settings, cores=cores))


def load(path: str | PathLike[str]) -> FittedModel:
    """Read a fit from the NetCDF file that :meth:`FittedModel.save` or ``frontierlag run`` wrote.

    Raises
    ------
    FitError
        If there is no such file, or it is not such a fit.
    """
    return FittedModel.of(storage.load(Path(path)))


def _settings(**given: Any) -> SamplerSettings:
    try:
        return SamplerSettings(**{k: v for k, v in given.items() if v is not None})
    except ValidationError as error:
        raise SpecError(
            "; ".join(f"{e['loc'][0]}={e['input']}: {e['msg']}" for e in error.errors())
        ) from None
