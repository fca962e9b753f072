"""Fitted models in Python: fitted, saved, loaded, looked at and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pandas as pd
from pydantic import ValidationError

from frontierlag.analyses.analysis import Analysis, analyse
from frontierlag.checks.comparison import ModelComparison
from frontierlag.checks.comparison import compare as compared
from frontierlag.errors import SpecError
from frontierlag.facade.fit_checks import Checked
from frontierlag.facade.html import card
from frontierlag.facade.lag import Lag
from frontierlag.jobs import Prepared
from frontierlag.machine.files import replaced
from frontierlag.model import ModelSpec
from frontierlag.names import AT_RELEASE, REALIZED, WINDOW
from frontierlag.priors import FAMILIES, Prior
from frontierlag.results import storage
from frontierlag.runs.plan import models_of
from frontierlag.settings import SamplerSettings

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, repr=False)
class FittedModel(Checked):
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


Given = Prior | Mapping[str, Any] | Sequence[Any]


def priors_of(given: Mapping[str, Given], spec: ModelSpec) -> dict[str, Prior]:
    """Priors by parameter.

    Parameters
    ----------
    given
        By the name of a parameter: a :class:`frontierlag.Prior`; a tuple of a family and its
        numbers, ``("Normal", 130, 40)``; a dict with a family, ``{"family": "HalfNormal", "sigma":
        5}``; or a dict without one, which changes numbers of the default prior, ``{"sigma": 20}``.
    spec
        The model with its default priors.

    Raises
    ------
    SpecError
        If the model has no such parameter, or it is not a prior.
    """
    defaults = {p.name: p.prior for p in spec.parameters}
    unknown = [name for name in given if name not in defaults]
    if unknown:
        raise SpecError(
            f"{spec.name} has no parameter {unknown[0]!r} to put a prior on; its parameters are "
            f"{', '.join(defaults)}"
        )
    return {name: _prior(name, value, defaults[name]) for name, value in given.items()}


def _prior(name: str, value: Given, default: Prior) -> Prior:
    if isinstance(value, Prior):
        return value
    if isinstance(value, Mapping):
        if "family" in value:
            return _made(name, dict(value))
        return _made(name, default.model_dump(exclude_none=True) | dict(value))
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        family, *numbers = value
        needed = FAMILIES.get(str(family))
        if needed is not None and len(numbers) == len(needed):
            return _made(name, {"family": family, **dict(zip(needed, numbers, strict=True))})
        if needed is not None:
            raise SpecError(
                f"the prior of {name} is {tuple(value)!r}; a {family} prior takes "
                f"{', '.join(needed)}: ({family!r}, {', '.join(needed)})"
            )
    raise SpecError(
        f"the prior of {name} is {value!r}; give a Prior, a tuple such as ('Normal', 130, 40), or "
        f"a dict such as {{'sigma': 20}}. Families are {', '.join(_families())}"
    )


def _made(name: str, numbers: Mapping[str, Any]) -> Prior:
    try:
        return Prior(**numbers)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SpecError(
            f"the prior of {name} is not understood: {where}: {first['msg']}. Families are "
            f"{', '.join(_families())}"
        ) from None
    except SpecError as error:
        raise SpecError(f"the prior of {name}: {error}") from None


def _families() -> tuple[str, ...]:
    return get_args(Prior.model_fields["family"].annotation)


class ComparedModels(ModelComparison):
    """Models compared; ``table()`` has a row each, ``weights`` those of stacking.

    See :class:`frontierlag.checks.comparison.ModelComparison`.
    """

    def __repr__(self) -> str:
        return f"<Comparison {self.text()}>"

    def _repr_html_(self) -> str:
        return card("Comparison", [self.text(), self.doubts], self.table())


def compare(
    fits: Sequence[Analysis], *, refit: bool = True, cores: int | None = None
) -> ComparedModels:
    """Compare two or more models of the same data by PSIS-LOO, and stack them.

    Parameters
    ----------
    fits
        From :func:`frontierlag.fit` or :func:`frontierlag.load`.
    refit
        Whether a release with a high Pareto k is left out and the model fitted again, for its exact
        density.
    cores
        Threads for refits; changes no number.

    Returns
    -------
    Comparison
        ``table()``, ``text()``, ``weights``, and ``trusted``, whether every density behind them is.

    Raises
    ------
    SpecError
        If there are fewer than two fits, two of the same model, or two of different data.
    """
    found = compared(fits, refit=refit, cores=cores)
    return ComparedModels(found.loos, found.weights)
