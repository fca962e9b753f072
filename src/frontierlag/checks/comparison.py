"""Models on the same data compared by PSIS-LOO, and their lags stacked.

Leave-one-out densities are those of Vehtari, Gelman & Gabry (2017) by Pareto-smoothed importance
sampling (Vehtari, Simpson, Gelman, Yao & Gabry 2024), replaced by those of an exact refit where the
smoothing cannot be trusted. Weights are those of Yao, Vehtari, Simpson & Gelman (2018).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr
from scipy.optimize import LinearConstraint, minimize
from scipy.special import logsumexp

from frontierlag.analysis import Analysis
from frontierlag.checks.convergence import Convergence, check
from frontierlag.errors import SpecError
from frontierlag.fit import Fit
from frontierlag.lags.measure import Measured
from frontierlag.names import CHAIN, DRAW, RELEASE, SAMPLE_DIMS, SCORE
from frontierlag.observations import Observations, subset
from frontierlag.sampling import sample

STACKED = "stacked"
# Edges of the bins in which Pareto k is counted, beside the threshold of the number of draws.
ALWAYS_GOOD, NO_MEAN = 0.5, 1.0
# What must agree for two densities to be of the same data.
_DATA = ("group", "day", "score", "stderr", "stderr_low", "stderr_high", "problems")


@dataclass(frozen=True, eq=False)
class Loo:
    """Leave-one-out predictive densities of one model.

    Attributes
    ----------
    model
        Its name.
    release
        Names of the releases, shape ``(release,)``.
    elpd_i
        Log predictive density of each release given the others, shape ``(release,)``.
    lppd_i
        Log predictive density of each release given all, shape ``(release,)``.
    pareto_k
        Shape of the tail of each release's importance ratios, shape ``(release,)``.
    threshold
        min(1 - 1 / log10(S), 0.7) for S draws: from here on an importance estimate is not trusted.
    refitted
        The releases whose density was taken from an exact refit without them.
    doubtful
        Those of them whose refit missed the convergence gate, with the verdict.
    """

    model: str
    release: np.ndarray
    elpd_i: np.ndarray
    lppd_i: np.ndarray
    pareto_k: np.ndarray
    threshold: float
    refitted: tuple[str, ...] = ()
    doubtful: Mapping[str, str] = field(default_factory=dict)

    @property
    def high(self) -> tuple[str, ...]:
        """Names of the releases with a Pareto k that is not below the threshold."""
        return tuple(str(name) for name in self.release[~(self.pareto_k < self.threshold)])

    @property
    def elpd(self) -> float:
        """Expected log predictive density: the sum over the releases."""
        return float(self.elpd_i.sum())

    @property
    def se(self) -> float:
        """Standard error of ``elpd`` over releases."""
        return _se(self.elpd_i)

    @property
    def p_loo(self) -> float:
        """Effective number of parameters."""
        return float((self.lppd_i - self.elpd_i).sum())


@dataclass(frozen=True, eq=False)
class ModelComparison:
    """Models on the same data, by how well each predicts a release that it has not seen.

    Attributes
    ----------
    loos
        One a model, in the order given.
    weights
        Stacking weight of each model by name; they add to one.
    """

    loos: tuple[Loo, ...]
    weights: dict[str, float]

    def table(self) -> pd.DataFrame:
        """One row a model, best first.

        ``elpd_diff`` and ``se_diff`` are against the best; ``k_high`` counts the releases with a
        high Pareto k and ``k_high_releases`` names them; ``refitted`` of them have an exact
        density, and ``refits_doubtful`` names those whose refit missed the convergence gate.
        """
        best = max(self.loos, key=lambda loo: loo.elpd)
        rows = [
            {
                "model": loo.model,
                "releases": len(loo.release),
                "elpd": loo.elpd,
                "se": loo.se,
                "p_loo": loo.p_loo,
                "elpd_diff": float((loo.elpd_i - best.elpd_i).sum()),
                "se_diff": _se(loo.elpd_i - best.elpd_i),
                "weight": self.weights[loo.model],
                "k_worst": float(loo.pareto_k.max()),
                "k_high": len(loo.high),
                "k_high_releases": "; ".join(loo.high),
                "refitted": len(loo.refitted),
                "refits_doubtful": "; ".join(f"{k}: {v}" for k, v in loo.doubtful.items()),
            }
            for loo in sorted(self.loos, key=lambda loo: -loo.elpd)
        ]
        return pd.DataFrame(rows)

    def pareto_k_table(self) -> pd.DataFrame:
        """Count the releases of each model by Pareto k, of the importance weights before refits."""
        rows = []
        for loo in self.loos:
            edges = [-np.inf, min(ALWAYS_GOOD, loo.threshold), loo.threshold, NO_MEAN, np.inf]
            k = np.where(np.isnan(loo.pareto_k), np.inf, loo.pareto_k)
            counts = np.bincount(np.searchsorted(edges, k, side="right").clip(1, 4), minlength=5)
            names = ("good", "ok", "bad", "very_bad")
            rows.append(
                {"model": loo.model, "threshold": loo.threshold}
                | {name: int(n) for name, n in zip(names, counts[1:5], strict=True)}
            )
        return pd.DataFrame(rows)

    def text(self) -> str:
        """One sentence on who predicts best and how sure that is."""
        table = self.table()
        best = table.iloc[0]
        others = [
            f"{row['model']} {row['elpd_diff']:+.1f} (se {row['se_diff']:.1f})"
            for row in table.iloc[1:].to_dict("records")
        ]
        return (
            f"{best['model']} predicts {best['releases']} left-out releases best "
            f"(elpd {best['elpd']:.1f}, se {best['se']:.1f}); against it: {', '.join(others)}."
        )


def compare(
    analyses: Sequence[Analysis],
    *,
    refit: bool = True,
    cores: int | None = None,
    stage: Callable[[str], None] = lambda _: None,
) -> ModelComparison:
    """Compare models by PSIS-LOO and stack them.

    Parameters
    ----------
    analyses
        Two or more models of the same data.
    refit
        Whether a release with a high Pareto k is left out and the model fitted again.
    cores
        Threads for refits; changes no number.
    stage
        Called with a word or two before each refit.

    Raises
    ------
    SpecError
        If there are fewer than two models, two of the same name, or two of different data.
    """
    _check_comparable(analyses)
    return comparison_of(
        analyses, [loo(a.fit, refit=refit, cores=cores, stage=stage) for a in analyses]
    )


def comparison_of(analyses: Sequence[Analysis], loos: Sequence[Loo]) -> ModelComparison:
    """Compare models whose leave-one-out densities are known already; errors as :func:`compare`."""
    _check_comparable(analyses)
    weights = stacking_weights(np.column_stack([found.elpd_i for found in loos]))
    by_name = {a.name: float(w) for a, w in zip(analyses, weights, strict=True)}
    return ModelComparison(tuple(loos), by_name)


def _check_comparable(analyses: Sequence[Analysis]) -> None:
    if len(analyses) < 2:
        raise SpecError(f"comparing needs at least two models; got {len(analyses)}")
    _check_names(analyses)
    for other in analyses[1:]:
        difference = data_difference(analyses[0], other)
        if difference:
            raise SpecError(difference)


def data_difference(one: Analysis, other: Analysis) -> str:
    """Say why two models cannot be compared; an empty text if their data are the same.

    The densities that LOO adds up must be of the same scores of the same releases.
    """
    r, s = one.fit.observations.releases, other.fit.observations.releases
    names = f"{one.name} and {other.name} cannot be compared"
    facts = (
        ("table", r.table, s.table),
        ("metric", r.metric.name, s.metric.name),
        ("comparison", r.comparison.name, s.comparison.name),
        ("as-of date", r.as_of, s.as_of),
    )
    for what, first, second in facts:
        if first != second:
            return (
                f"{names}: they were fitted to different data, {what} {first} and {what} {second}"
            )
    if not np.array_equal(r.model, s.model):
        if len(r) == len(s):
            missing = sorted(set(map(str, r.model)) ^ set(map(str, s.model)))
            return f"{names}: their releases differ, in {', '.join(missing[:4])}"
        return (
            f"{names}: {one.name} was fitted to {_described(one)} and {other.name} to "
            f"{_described(other)}; their densities are of different data"
        )
    for column in _DATA:
        first, second = getattr(r, column), getattr(s, column)
        if not np.array_equal(first, second):
            at = int(np.flatnonzero(first != second)[0])
            return (
                f"{names}: the {column} of {r.model[at]} is {first[at]:g} in one and "
                f"{second[at]:g} in the other"
            )
    return ""


def same_data(analyses: Sequence[Analysis]) -> list[list[Analysis]]:
    """Gather the models that can be compared with one another, in the order given."""
    gathered: list[list[Analysis]] = []
    for analysis in analyses:
        for group in gathered:
            if not data_difference(group[0], analysis):
                group.append(analysis)
                break
        else:
            gathered.append([analysis])
    return gathered


def loo(
    fit: Fit,
    *,
    refit: bool = True,
    cores: int | None = None,
    stage: Callable[[str], None] = lambda _: None,
) -> Loo:
    """Estimate a fit's leave-one-out densities; parameters as in :func:`compare`."""
    with warnings.catch_warnings():
        # Said in numbers by the result, and mended by refits.
        warnings.filterwarnings("ignore", message="Estimated shape parameter of Pareto")
        found = az.loo(fit.tree, pointwise=True, var_name=SCORE)
    log_lik = fit.tree["log_likelihood"][SCORE].transpose(*SAMPLE_DIMS, RELEASE).to_numpy()
    elpd_i = np.array(found.elpd_i.to_numpy(), dtype=float)
    pareto_k = np.asarray(found.pareto_k.to_numpy(), dtype=float)
    names = fit.observations.releases.model
    refitted, doubtful = [], {}
    if refit:
        for i in np.flatnonzero(~(pareto_k < found.good_k)):
            stage(f"{fit.spec.name} without {names[i]}")
            elpd_i[i], gate = exact_elpd(fit, int(i), cores)
            refitted.append(str(names[i]))
            if not gate.converged:
                doubtful[str(names[i])] = gate.verdict()
    return Loo(
        model=fit.spec.name,
        release=names,
        elpd_i=elpd_i,
        lppd_i=logsumexp(log_lik, axis=(0, 1)) - np.log(log_lik[..., 0].size),
        pareto_k=pareto_k,
        threshold=float(found.good_k),
        refitted=tuple(refitted),
        doubtful=doubtful,
    )


def exact_elpd(fit: Fit, index: int, cores: int | None = None) -> tuple[float, Convergence]:
    """Log predictive density of one release from a refit without it.

    Times count from the same reference date, so that the priors mean the same. Under ``records``
    the other record-holders stay those that they were with the release in the table.

    Parameters
    ----------
    fit
        The fit of all.
    index
        Position of the release in the likelihood.
    cores
        Threads; changes no number.

    Returns
    -------
    elpd
        log of the mean over the refit's draws of the release's density.
    gate
        The verdict on the refit's parameters.
    """
    observations = fit.observations
    left_out = np.arange(len(observations.releases)) == index
    rest, one = (
        Observations(subset(observations.releases, mask), observations.reference)
        for mask in (~left_out, left_out)
    )
    sampled = sample(fit.spec, rest, fit.settings, cores)
    parameters = sampled.posterior[[p.name for p in fit.spec.parameters]]
    p = {str(name): values.to_numpy() for name, values in parameters.data_vars.items()}
    density = fit.spec.frontier.log_likelihood(p, fit.spec.trend_at(p, one), one.arrays)[..., 0]
    elpd = float(logsumexp(density) - np.log(density.size))
    return elpd, check(sampled.sample_stats, parameters)


def stacking_weights(elpd_i: np.ndarray) -> np.ndarray:
    """Weights on the simplex that maximize the mean log score of the mixture.

    Parameters
    ----------
    elpd_i
        Leave-one-out log densities, shape ``(release, model)``.

    Returns
    -------
    Shape ``(model,)``, adding to one. Where two models predict alike the weights are not
    determined by the data, but their mixture's score is.

    Notes
    -----
    Densities are divided by the largest of each release, so that an outlier whose density
    underflows in every model does not break the optimum.
    """
    density = np.exp(elpd_i - elpd_i.max(1, keepdims=True))
    models = density.shape[1]

    def loss(w: np.ndarray) -> float:
        return -float(np.log(np.maximum(density @ w, 1e-300)).mean())

    def slope(w: np.ndarray) -> np.ndarray:
        return -(density / np.maximum(density @ w, 1e-300)[:, None]).mean(0)

    found = minimize(
        loss,
        np.full(models, 1 / models),
        jac=slope,
        method="SLSQP",
        bounds=[(0.0, 1.0)] * models,
        constraints=LinearConstraint(np.ones(models), lb=1.0, ub=1.0),
        options={"ftol": 1e-12, "maxiter": 1000},
    )
    w = np.where(found.x < 1e-6, 0.0, found.x)
    return w / w.sum()


@dataclass(frozen=True, eq=False)
class Stacked:
    """Several models of the same data as one: each draw is of one model, by its weight.

    Attributes
    ----------
    members
        The models.
    weights
        Weight of each by name.
    """

    members: tuple[Analysis, ...]
    weights: dict[str, float]

    def __post_init__(self) -> None:
        _check_names(self.members)
        names = [a.name for a in self.members]
        w = np.array([self.weights.get(name, np.nan) for name in names])
        if len(self.weights) != len(names) or not np.isclose(w.sum(), 1) or (w < 0).any():
            raise SpecError(
                f"stacking needs one weight for each of {', '.join(names)}, none negative, adding "
                f"to one; got {self.weights}"
            )
        first = self.members[0]
        for other in self.members[1:]:
            difference = data_difference(first, other)
            if difference:
                raise SpecError(difference)
            if first.measured.window != other.measured.window:
                raise SpecError(f"{first.name} and {other.name} tell their lags over two windows")
            if _shape(first) != _shape(other):
                raise SpecError(
                    f"{first.name} and {other.name} cannot be stacked: they have {_shape(first)} "
                    f"and {_shape(other)} chains and draws; fit both with the same settings"
                )

    @property
    def name(self) -> str:
        """``stacked-`` and what the members' frontiers have in common: ``stacked-records``."""
        frontiers = [a.fit.spec.frontier.name for a in self.members]
        words = [name.split("-")[0] for name in frontiers]
        common = words if len(set(frontiers)) > 1 else frontiers
        return f"{STACKED}-{'+'.join(dict.fromkeys(common))}"

    @property
    def converged(self) -> bool:
        """Whether every member with a weight above zero passed the gate."""
        return all(a.convergence.converged for a in self.members if self.weights[a.name] > 0)

    @cached_property
    def member_of_draw(self) -> np.ndarray:
        """Position of the member that each draw is taken from, shape ``(chain, draw)``.

        Stratified: in every chain each member has its share of the draws, to the nearest whole
        draw, at places shuffled by the fits' own seed. A member's draw keeps its place, so the
        lags of one draw, of every kind and period, belong together.
        """
        chains, draws = _shape(self.members[0])
        w = np.array([self.weights[a.name] for a in self.members])
        rng = np.random.default_rng([self.members[0].fit.settings.seed, 3])
        # What rounding left over in one chain is made up for in the next.
        ends = np.rint(np.outer(np.arange(chains + 1) * draws, w)).astype(int)
        rows = []
        for wanted, had in zip(ends[1:], ends[:-1], strict=True):
            counts = _to_total(wanted - had, draws)
            rows.append(rng.permutation(np.repeat(np.arange(len(w)), counts)))
        return np.stack(rows)

    @cached_property
    def measured(self) -> Measured:
        """Every lag and gap of the mixture, with undefined draws kept."""
        parts = [a.measured for a in self.members]
        return Measured(
            window=parts[0].window,
            lags={kind: self._mix([m.lags[kind] for m in parts]) for kind in parts[0].lags},
            gaps={kind: self._mix([m.gaps[kind] for m in parts]) for kind in parts[0].gaps},
            levels=self._mix([m.levels for m in parts]),
        )

    def _mix(self, datasets: list[xr.Dataset]) -> xr.Dataset:
        which = xr.DataArray(self.member_of_draw, dims=SAMPLE_DIMS)
        mixed = datasets[0]
        for k, dataset in enumerate(datasets[1:], start=1):
            mixed = dataset.where(which == k, mixed)
        return mixed.transpose(*SAMPLE_DIMS, ...)


def stacked(
    analyses: Sequence[Analysis], weights: Mapping[str, float], kind: str, period: str
) -> xr.DataArray:
    """Draws of one stacked lag, months, dims ``(chain, draw)``; NaN where it is undefined.

    Parameters
    ----------
    analyses
        Models of the same data.
    weights
        Weight of each by name, as from :func:`compare`.
    kind, period
        As in :meth:`frontierlag.lags.measure.Measured.lag`.
    """
    return Stacked(tuple(analyses), dict(weights)).measured.lag(kind, period)


def _to_total(counts: np.ndarray, total: int) -> np.ndarray:
    """Make whole numbers add to a total by changing the largest of them."""
    counts = np.maximum(counts, 0)
    counts[np.argmax(counts)] += total - counts.sum()
    return counts


def _shape(analysis: Analysis) -> tuple[int, int]:
    sizes = analysis.fit.tree["posterior"].sizes
    return sizes[CHAIN], sizes[DRAW]


def _check_names(analyses: Sequence[Analysis]) -> None:
    names = [a.name for a in analyses]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SpecError(
            f"each model may stand once in a comparison; {', '.join(twice)} is repeated"
        )


def _described(analysis: Analysis) -> str:
    n = len(analysis.fit.observations.releases)
    what = "record-holders" if analysis.fit.spec.frontier.name == "records" else "releases"
    return f"{n} {what}"


def _se(values: np.ndarray) -> float:
    """Standard error of a sum over releases."""
    return float(np.sqrt(len(values) * values.var(ddof=1)))
