"""How well a model predicts all results of a benchmark that it has not seen.

Which benchmarks an index has is a choice. A model that holds for capabilities, and not only for the
benchmarks at hand, predicts the results on another one; so models of benchmark results are compared
by leaving out whole benchmarks, not single results, which the other results of their benchmark
give away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from joblib import Parallel, delayed
from scipy import stats
from scipy.optimize import minimize
from scipy.special import logsumexp

from frontierlag import arrays
from frontierlag.analyses.refits import quick_fit
from frontierlag.fits.convergence import check, sampled_to_pass
from frontierlag.frontiers.base import Values
from frontierlag.frontiers.functioning import JointDif, of_side
from frontierlag.frontiers.item_response import expected_score, student_logp
from frontierlag.frontiers.observations import Observations
from frontierlag.model import ModelSpec
from frontierlag.names import CHAIN, DRAW, SAMPLE_DIMS
from frontierlag.scores.item_results import MeasuredReleases
from frontierlag.settings import INDEX, SamplerSettings

# Draws of a benchmark's own parameters, over which the density is averaged for each draw of a fit.
OWN_DRAWS = 2000
# The proposal for a benchmark's own parameters: degrees of freedom, and how much wider than the
# curvature at the mode says.
FREEDOM, WIDER = 5.0, 1.4


def held_out(
    releases: MeasuredReleases,
    models: Sequence[str],
    benchmarks: Sequence[str] = (),
    settings: SamplerSettings = INDEX,
    *,
    jobs: int = 1,
    done: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """Exact log density of each benchmark's results under a fit without them.

    Parameters
    ----------
    releases
        Releases with benchmark results.
    models
        Names of models of benchmark results with one ability, such as ``linear-joint``.
    benchmarks
        Which to leave out, one at a time; by default all.
    settings, jobs, done
        Of each fit; processes, which change no number; called with a word as each model is done.

    Returns
    -------
    A row for each model and benchmark: ``results``, ``elpd`` (log density of all its results,
    :func:`log_densities`), its Monte Carlo error ``elpd_mcse``, and ``converged``, whether the fit
    passed the gate, if need be in a second try with more draws.

    Notes
    -----
    Of a fit only the density is taken, so it is the density that is held to the gate, as for a
    release in :func:`frontierlag.checks.loo.exact_elpd`.
    """
    responses = releases.responses
    names = list(benchmarks) or [str(name) for name in responses.benchmarks]
    rows = []
    for model in models:
        # A process compiles a model once, so it takes several benchmarks one after another.
        parts = [names[k::jobs] for k in range(jobs)]
        found = Parallel(n_jobs=jobs)(
            delayed(_of_some)(ModelSpec.of(model, releases.metric), releases, part, settings)
            for part in parts
        )
        of = {name: row for part in found for name, row in part.items()}
        rows += [{"model": model, "benchmark": name} | of[name] for name in names]
        done(model)
    return pd.DataFrame(rows)


def compared(table: pd.DataFrame) -> pd.DataFrame:
    """Each model's total log density against the best one's, over the same benchmarks.

    Returns
    -------
    By model, best first: ``elpd``, ``elpd_diff`` (best minus this one), ``diff_se``, the standard
    error of that difference over benchmarks, sqrt(n) times the standard deviation of its parts,
    ``not_converged``, how many of its fits missed the gate, and ``converged``, whether none did.
    """
    wide = table.pivot_table(index="benchmark", columns="model", values="elpd")
    total = wide.sum().sort_values(ascending=False)
    apart = wide.sub(wide[total.index[0]], axis=0).mul(-1)
    error = apart.std(ddof=1) * np.sqrt(len(wide))
    missed = (~table["converged"].astype(bool)).groupby(table["model"]).sum()[total.index]
    return pd.DataFrame(
        {
            "elpd": total,
            "elpd_diff": apart.sum()[total.index],
            "diff_se": error[total.index],
            "not_converged": missed,
            "converged": missed == 0,
        }
    ).rename_axis("model").reset_index()  # fmt: skip


def _of_some(
    spec: ModelSpec, releases: MeasuredReleases, names: Sequence[str], settings: SamplerSettings
) -> dict[str, dict[str, float | bool]]:
    responses = releases.responses
    read = (*_hyperparameters(spec), "capability", "other_capability")
    found: dict[str, dict[str, float | bool]] = {}
    for name in names:
        j = list(responses.benchmarks).index(name)
        without = replace(releases, responses=responses.without(responses.benchmark == j))
        observations = spec.observations(without)

        def sampled(
            times: int, observations: Observations = observations, j: int = j
        ) -> tuple[float, float, bool]:
            fit = quick_fit(spec, observations, settings, thin=times)
            posterior = fit.tree["posterior"].to_dataset()
            shape = posterior.sizes[CHAIN], posterior.sizes[DRAW]
            p = {
                k: posterior[k].transpose(*SAMPLE_DIMS, ...).to_numpy().reshape(
                    -1, *posterior[k].shape[2:]
                )
                for k in read
            }  # fmt: skip
            rng = np.random.default_rng(settings.seed)
            of_draw, error = log_densities(spec, p, releases, j, rng)
            density = xr.Dataset({"density": (SAMPLE_DIMS, of_draw.reshape(shape))})
            gate = check(fit.tree["sample_stats"].to_dataset(), density)
            return float(logsumexp(of_draw) - np.log(len(of_draw))), error, gate.converged

        elpd, error, converged = sampled_to_pass(sampled, lambda made: made[2])
        counted = int(((responses.benchmark == j) & (responses.weight > 0)).sum())
        row = {"results": counted, "elpd": elpd, "elpd_mcse": error, "converged": converged}
        found[name] = row
    return found


def log_densities(
    spec: ModelSpec, p: Values, releases: MeasuredReleases, j: int, rng: np.random.Generator
) -> tuple[np.ndarray, float]:
    """Log density of all results on a benchmark given each draw, its own parameters integrated out.

    log int prod_i p(y_i | c_is, u) p(u | hyperparameters_s) du for draw s, where u holds the
    benchmark's difficulty, log discrimination, log noise, and under :class:`JointDif` what it
    favours the follower by. The integral is by importance sampling from a multivariate t around the
    mode at the posterior means of capabilities and hyperparameters, the same for every draw s.

    Parameters
    ----------
    spec
        The model.
    p
        Posterior draws of a fit without the benchmark: parameters ``(draw, ...)``, ``capability``
        ``(draw, release)`` and ``other_capability`` ``(draw, other)``.
    releases
        With the results on the benchmark.
    j
        Its index.
    rng
        For the proposal.

    Returns
    -------
    of_draw
        Log density given each draw, ``(draw,)``. The log of the mean of the densities is that given
        the results on the other benchmarks.
    error
        Monte Carlo standard error of that log mean, from the draws of u alone (delta method).
    """
    responses = releases.responses
    of = np.flatnonzero((responses.benchmark == j) & (responses.weight > 0))
    model, score = responses.model[of], responses.score[of]
    every = np.concatenate([p["capability"], p["other_capability"]], axis=-1)[:, model]
    side = of_side(spec.observations(releases).arrays, np)[model]
    differs = _differs(spec)
    bounds = responses.chance[j], responses.ceiling[j]

    def likelihood(u: np.ndarray, c: np.ndarray) -> np.ndarray:
        """For u ``(m, k)`` and capabilities ``(result,)``: ``(m,)``."""
        away = c - u[:, :1]
        if differs:
            away = away + side * u[:, 3:4]
        expected = expected_score(np.exp(u[:, 1:2]) * away, *bounds, arrays)
        noise = np.exp(u[:, 2:3])
        return np.asarray(student_logp(score - expected, noise, u[:, 2:3], arrays).sum(-1))

    def prior(u: np.ndarray, h: Mapping[str, float]) -> np.ndarray:
        own = (
            (u[:, 0], h["difficulty_mean"], h["difficulty_spread"]),
            (u[:, 1], np.log(h["discrimination_typical"]), h["discrimination_spread"]),
            (u[:, 2], np.log(h["noise_typical"]), h["noise_spread"]),
        )
        total = sum(stats.norm.logpdf(x, at, spread) for x, at, spread in own)
        if differs:
            total = total + stats.norm.logpdf(u[:, 3], 0, np.sqrt(2) * h["dif_spread"])
        return np.asarray(total)

    hyper = _hyperparameters(spec)
    means, centre = {k: float(p[k].mean()) for k in hyper}, every.mean(0)
    proposal = _proposal(
        lambda u: float((likelihood(u[None], centre) + prior(u[None], means))[0]), means, differs
    )
    u = proposal.rvs(OWN_DRAWS, random_state=rng)
    drawn = proposal.logpdf(u)
    weights = np.stack(
        [
            likelihood(u, c) + prior(u, {k: float(p[k][s]) for k in hyper}) - drawn
            for s, c in enumerate(every)
        ]
    )
    of_u = logsumexp(weights, axis=0)
    share = np.exp(of_u - of_u.max())
    of_draw = logsumexp(weights, axis=1) - np.log(OWN_DRAWS)
    return of_draw, float(share.std(ddof=1) / share.mean() / np.sqrt(OWN_DRAWS))


_HYPER = (
    "difficulty_mean", "difficulty_spread", "discrimination_typical", "discrimination_spread",
    "noise_typical", "noise_spread",
)  # fmt: skip


def _differs(spec: ModelSpec) -> bool:
    """Whether a benchmark may favour a group."""
    return isinstance(spec.frontier, JointDif)


def _hyperparameters(spec: ModelSpec) -> tuple[str, ...]:
    """Parameters that say where a benchmark's own parameters lie."""
    return (*_HYPER, *(("dif_spread",) if _differs(spec) else ()))


def _proposal(
    log_density: Callable[[np.ndarray], float], means: Mapping[str, float], differs: bool
) -> Any:
    """A multivariate t around the highest of the modes found, with the curvature there."""
    start = np.array(
        [
            means["difficulty_mean"],
            np.log(means["discrimination_typical"]),
            np.log(means["noise_typical"]),
            *([0.0] if differs else []),
        ]
    )
    scale = np.array([means["difficulty_spread"], 0.5, 0.5, *([2.0] if differs else [])])

    def height(z: np.ndarray) -> float:
        return -log_density(start + scale * z)

    # A benchmark may be far easier or harder than most.
    begins = np.outer((0.0, 1.0, -1.0), np.eye(len(start))[0])
    modes: list[Any] = [minimize(height, begin) for begin in begins]
    best = min(modes, key=lambda found: float(found.fun))
    spread = scale[:, None] * best.hess_inv * scale
    where: Any = stats.multivariate_t
    return where(start + scale * best.x, WIDER**2 * spread, FREEDOM)
