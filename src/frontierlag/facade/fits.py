"""Fitted models in Python: fitted, saved, loaded, looked at and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from pydantic import ValidationError

from frontierlag.analyses.analysis import Analysis, analyse
from frontierlag.checks.comparison import ModelComparison
from frontierlag.checks.comparison import compare as compared
from frontierlag.errors import SpecError
from frontierlag.facade.common import card, settings_of
from frontierlag.facade.lag import Lag
from frontierlag.jobs import Prepared
from frontierlag.machine.files import replaced
from frontierlag.model import ModelSpec
from frontierlag.names import AT_RELEASE, REALIZED, WINDOW
from frontierlag.priors import FAMILIES, Prior
from frontierlag.results import fit_checks as checks
from frontierlag.results import storage
from frontierlag.results.fit_checks import fit_sentences
from frontierlag.results.tables import origin
from frontierlag.runs.plan import models_of
from frontierlag.settings import SamplerSettings

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, repr=False)
class FittedModel(Analysis):
    """A fitted model with its lags and its diagnostics.

    ``tree`` is one DataTree that ArviZ and xarray read: ArviZ's groups, with ``lags``, ``gaps``,
    ``levels`` and ``capabilities`` next to them. ``name`` is the model's, ``convergence`` the
    verdict check by check. ``shortfalls`` to ``information`` are what users of sfaR, frontier and
    mirt look at, each a table as a run writes it, computed the first time that one is asked for.
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
        from frontierlag.figures import Provenance, frontier_chart
        from frontierlag.results.charts import band_table, releases_shown
        from frontierlag.results.tables import capability_table

        of, about = self.fit.observations, Provenance.of(self)
        shown, bands = releases_shown(capability_table(self), self.name), band_table(self)
        groups, metric = of.releases.comparison, of.releases.metric
        title = f"{groups.follower} behind {groups.leader}"
        scores = "published" if of.responses is None else "posterior"
        return frontier_chart(shown, bands, groups, metric, about, title, scores=scores)

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

    @property
    def shortfalls(self) -> pd.DataFrame:
        """How far each release falls short of its group's frontier (sfaR: ``efficiencies``).

        Index ``release``; columns of :func:`frontierlag.results.fit_checks.shortfall_table`.
        """
        return self._table(checks.SHORTFALLS).set_index("release")

    @property
    def no_shortfall(self) -> pd.DataFrame:
        """Whether a group falls short at all, and the skewness of its residuals.

        Index ``group``; columns of :func:`frontierlag.results.fit_checks.no_shortfall_table`.
        """
        return self._table(checks.NO_SHORTFALL).set_index("group")

    @property
    def items(self) -> pd.DataFrame:
        """How well each benchmark fits, the worst first (mirt: ``itemfit``).

        Index ``benchmark``; columns of :func:`frontierlag.results.fit_checks.item_table`.
        """
        return self._table(checks.ITEM_FIT).set_index("benchmark")

    @property
    def persons(self) -> pd.DataFrame:
        """How well each model fits, the worst first (mirt: ``personfit``).

        Index ``release``; columns of :func:`frontierlag.results.fit_checks.person_table`.
        """
        return self._table(checks.PERSON_FIT).set_index("release")

    @property
    def worst_results(self) -> pd.DataFrame:
        """The single results that fit worst, with their source.

        Columns of :func:`frontierlag.results.fit_checks.worst_table`.
        """
        return self._table(checks.WORST)

    @property
    def information(self) -> pd.DataFrame:
        """Information of results on all benchmarks along the scale (mirt: ``testinfo``).

        Columns of :func:`frontierlag.results.fit_checks.information_table`.
        """
        return self._table(checks.INFORMATION)

    def what_fits_worst(self) -> list[str]:
        """What these tables say, in sentences."""
        return fit_sentences(self._checks)

    def __repr__(self) -> str:
        return f"<FittedModel {self.name}: {self.convergence.verdict()}; {self._answer}>"

    def _repr_html_(self) -> str:
        lines = [self._answer, self.convergence.verdict()]
        return card(f"Fitted model {self.name}, lags in months", lines, self.summary())

    @property
    def _answer(self) -> str:
        return self.lag(REALIZED).sentence()

    @cached_property
    def _checks(self) -> dict[str, pd.DataFrame]:
        return checks.fit_check_tables(self)

    def _table(self, stem: str) -> pd.DataFrame:
        if stem not in self._checks:
            needs = (
                "it looks at record-holders alone; fit a stochastic frontier"
                if stem in (checks.SHORTFALLS, checks.NO_SHORTFALL)
                else "it is fitted to scores; fit benchmark results, as with "
                ".compare(..., results='eci-results-2026-08-11')"
            )
            raise SpecError(f"{self.name} has no {stem.replace('_', ' ')}, because {needs}")
        return self._checks[stem].drop(columns=[*origin(self), "converged"])


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

    Examples
    --------
    ::

        import frontierlag as fl

        pair = fl.load_scores("eci-2026-08-11").compare("USA", "China")
        fit = fl.fit(pair, "linear-stochastic", seed=1)
        fit.lag("realized").summary()
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
    asked = {"seed": seed, "chains": chains, "draws": draws, "tune": tune}
    settings = settings_of(SamplerSettings(), **asked, target_accept=target_accept)
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
        f"a dict such as {{'sigma': 20}}. Families are {', '.join(FAMILIES)}"
    )


def _made(name: str, numbers: Mapping[str, Any]) -> Prior:
    try:
        return Prior(**numbers)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SpecError(
            f"the prior of {name} is not understood: {where}: {first['msg']}. Families are "
            f"{', '.join(FAMILIES)}"
        ) from None
    except SpecError as error:
        raise SpecError(f"the prior of {name}: {error}") from None


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
