"""Leave-one-out predictive densities of one model.

By Pareto-smoothed importance sampling (Vehtari, Gelman & Gabry 2017; Vehtari, Simpson, Gelman, Yao
& Gabry 2024), replaced by those of an exact refit where the smoothing cannot be trusted.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import arviz_stats as azs
import numpy as np
import xarray as xr
from scipy.special import logsumexp

from frontierlag.fits.convergence import Convergence, check, sampled_to_pass
from frontierlag.fits.fitting import Fit
from frontierlag.fits.sampling import sample
from frontierlag.frontiers.observations import Observations
from frontierlag.names import CHAIN, DRAW, RELEASE, SAMPLE_DIMS, SCORE
from frontierlag.scores.item_results import MeasuredReleases
from frontierlag.scores.releases import subset

# Draws of each chain of a refit to benchmark results, and to tune it.
FEWER, SHORTER = 300, 500
# Densities that take an integral a draw are computed in this many draws.
MOST_DRAWS = 2000


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
    def estimated(self) -> tuple[str, ...]:
        """Those with a high Pareto k whose density is an importance estimate all the same."""
        return tuple(name for name in self.high if name not in self.refitted)

    @property
    def trusted(self) -> bool:
        """Whether every density is: each high Pareto k has its refit, and each passed the gate."""
        return not (self.doubtful or self.estimated)

    @property
    def doubts(self) -> str:
        """Why the densities are not reliable; empty if all are."""
        found = {
            "refits missed the gate": tuple(self.doubtful),
            "high Pareto k and no refit": self.estimated,
        }
        problems = [f"{why} at {', '.join(names)}" for why, names in found.items() if names]
        return f"densities of {self.model}: {'; '.join(problems)}" if problems else ""

    @property
    def elpd(self) -> float:
        """Expected log predictive density: the sum over the releases."""
        return float(self.elpd_i.sum())

    @property
    def se(self) -> float:
        """Standard error of ``elpd`` over releases."""
        return standard_error(self.elpd_i)

    @property
    def p_loo(self) -> float:
        """Effective number of parameters."""
        return float((self.lppd_i - self.elpd_i).sum())


def loo(
    fit: Fit,
    *,
    refit: bool = True,
    cores: int | None = None,
    stage: Callable[[str], None] = lambda _: None,
) -> Loo:
    """Estimate a fit's leave-one-out densities; parameters as in :func:`compare`."""
    tree, which = release_densities(fit)
    with warnings.catch_warnings():
        # Said in numbers by the result, and mended by refits.
        warnings.filterwarnings("ignore", message="Estimated shape parameter of Pareto")
        found = azs.loo(tree, pointwise=True, var_name=SCORE)
    log_lik = tree["log_likelihood"][SCORE].to_numpy()
    elpd_i = np.array(found.elpd_i.to_numpy(), dtype=float)
    pareto_k = np.asarray(found.pareto_k.to_numpy(), dtype=float)
    names = fit.observations.releases.model[which]
    refitted, doubtful = [], {}
    if refit:
        for i in np.flatnonzero(~(pareto_k < found.good_k)):
            stage(f"{fit.spec.name} without {names[i]}")
            elpd_i[i], gate = exact_elpd(fit, int(which[i]), cores)
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


def release_densities(fit: Fit) -> tuple[xr.DataTree, np.ndarray]:
    """Log density of all that is observed of each release that can be left out, in each draw.

    Of a model of benchmark results, a release is left out with all its results, its capability
    integrated out: the unit is the same as that of a model of scores, and it is releases that
    trends differ in predicting. The two models that pin the scale cannot be left out.

    Returns
    -------
    tree
        ``log_likelihood`` with ``score``, dims ``(chain, draw, release)``, and the ``posterior`` of
        the parameters; of at most :data:`MOST_DRAWS` draws where densities take an integral.
    which
        Positions of these releases among those in the likelihood.
    """
    names = [p.name for p in fit.spec.parameters]
    posterior = fit.tree["posterior"].to_dataset()
    stored = fit.tree["log_likelihood"][SCORE]
    if RELEASE in stored.dims:
        density = stored.transpose(*SAMPLE_DIMS, RELEASE)
        which = np.arange(density.sizes[RELEASE])
    else:
        draws = posterior.sizes[DRAW] * posterior.sizes[CHAIN]
        posterior = posterior.isel({DRAW: slice(None, None, max(1, -(-draws // MOST_DRAWS)))})
        p = {str(name): values.to_numpy() for name, values in posterior.data_vars.items()}
        arrays = fit.observations.arrays
        values = fit.spec.frontier.release_logp(p, fit.spec.trend_at(p, fit.observations), arrays)
        which = np.flatnonzero(fit.spec.frontier.can_leave_out(arrays))
        density = xr.DataArray(
            values[..., which],
            dims=(*SAMPLE_DIMS, RELEASE),
            coords={RELEASE: fit.observations.releases.model[which]},
        )
    found = {"log_likelihood": density.to_dataset(name=SCORE), "posterior": posterior[names]}
    return xr.DataTree.from_dict(found), which


def exact_elpd(fit: Fit, index: int, cores: int | None = None) -> tuple[float, Convergence]:
    """Log predictive density of one release from a refit without it, and the gate's verdict.

    It is the log of the mean over the refit's draws of the release's density. Times count from the
    same reference date, so that the priors mean the same. Under ``records`` the other
    record-holders stay those that they were with the release in the table. A refit that misses the
    gate is made once more with more draws.

    Of a refit only the density is taken. A model of benchmark results takes long for each draw, so
    it gets :data:`FEWER` draws, and it is the density that is held to the gate, not the scale of
    the capabilities, which moves far more slowly and on which no density depends. ``index`` is the
    release's position in the likelihood; ``cores`` changes no number.
    """
    rest, one, place = _parted(fit.observations, index)
    frontier, settings = fit.spec.frontier, fit.settings
    slow = frontier.reads == "results"
    if slow:
        few = {"draws": min(settings.draws, FEWER), "tune": min(settings.tune, SHORTER)}
        settings = settings.model_copy(update=few)
    names = [p.name for p in fit.spec.parameters]
    kept = [*names, *frontier.latent_in_model]

    def densities(times: int) -> tuple[np.ndarray, Convergence]:
        longer = settings.model_copy(update={"draws": times * settings.draws})
        sampled = sample(fit.spec, rest, longer, cores)
        p = {name: sampled.posterior[name].to_numpy() for name in kept}
        density = frontier.release_logp(p, fit.spec.trend_at(p, one), one.arrays)[..., place]
        of_density = xr.Dataset({"density": (SAMPLE_DIMS, density)})
        judged = of_density if slow else sampled.posterior[names]
        return density, check(sampled.sample_stats, judged)

    density, gate = sampled_to_pass(densities, lambda found: found[1].converged)
    return float(logsumexp(density) - np.log(density.size)), gate


def _parted(observations: Observations, index: int) -> tuple[Observations, Observations, int]:
    """What remains without a release, what holds the release, and its place there.

    Benchmark results stay one table in which those of the release have no weight, as others need
    their models' places; its capability keeps its prior, which integrates to one.
    """
    releases, reference = observations.releases, observations.reference
    left_out = np.arange(len(releases)) == index
    if isinstance(releases, MeasuredReleases):
        of = releases.responses
        without = replace(releases, responses=of.without(of.model == index))
        return Observations(without, reference), observations, index
    rest, one = (
        Observations(subset(releases, mask), reference, makers=observations.makers)
        for mask in (~left_out, left_out)
    )
    return rest, one, 0


def standard_error(values: np.ndarray) -> float:
    """Standard error of a sum over releases."""
    return float(np.sqrt(len(values) * values.var(ddof=1)))
