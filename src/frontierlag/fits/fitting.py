"""Fit one model to one comparison: everything that is known about the posterior, in one tree."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pymc as pm
import xarray as xr

from frontierlag.fits.sampling import sample
from frontierlag.fits.size import thinning
from frontierlag.frontiers.noise import ReleaseNoise
from frontierlag.frontiers.observations import Observations
from frontierlag.model import ModelSpec, build
from frontierlag.names import (
    BENCHMARK,
    CAPABILITIES,
    CHAIN,
    DOMAIN,
    DRAW,
    GROUP,
    MAKER,
    MEASURED,
    OTHER,
    OUTSIDE,
    PAIR,
    RELEASE,
    RESULT,
    SAMPLE_DIMS,
    SCORE,
    VENDOR,
)
from frontierlag.scores import Releases
from frontierlag.scores.bootstraps.releases import DrawnReleases
from frontierlag.scores.item_results import MeasuredReleases
from frontierlag.settings import SamplerSettings

PRIOR_DRAWS = 500
# What is kept of the releases outside the likelihood.
_OUTSIDE = ("day", "group", "capability")
_OUTSIDE_INTERVAL = ("day_low", "day_high")


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted model.

    Attributes
    ----------
    spec, observations, settings
        What was fitted, to what, and how.
    tree
        DataTree with ``posterior``, ``sample_stats``, ``log_likelihood``, ``prior``,
        ``prior_predictive``, ``posterior_predictive``, ``observed_data``, ``constant_data``,
        ``capabilities`` (as from :func:`draw_capabilities`), and of a model of benchmark results
        ``measured``, those results, or of one of joint draws how their errors are correlated.
    seconds
        Time that sampling took.
    """

    spec: ModelSpec
    observations: Observations
    settings: SamplerSettings
    tree: xr.DataTree
    seconds: float

    @property
    def draws(self) -> dict[str, np.ndarray]:
        """Parameter draws by name, shape ``(chain, draw, 2)`` or ``(chain, draw)`` if shared."""
        posterior = self.tree["posterior"].to_dataset()
        return {p.name: posterior[p.name].to_numpy() for p in self.spec.parameters}

    @property
    def all_draws(self) -> dict[str, np.ndarray]:
        """The same with the latent variables of the frontier, ``(chain, draw, ...)``."""
        posterior = self.tree["posterior"].to_dataset()
        latent = self.spec.frontier.latent_in_model
        return self.draws | {name: posterior[name].to_numpy() for name in latent}

    @property
    def trend_inputs(self) -> dict[str, np.ndarray]:
        """What the trend reads: the parameter draws and the constants of its data."""
        constants = {name: self.observations.arrays[name] for name in self.spec.trend.inputs}
        return self.draws | constants

    @property
    def capabilities(self) -> np.ndarray:
        """Latent capabilities of the releases in the likelihood, ``(chain, draw, release)``."""
        return self.tree[f"{CAPABILITIES}/capability"].to_numpy()

    @property
    def outside(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Day, group and capability of what is available outside the likelihood.

        Shapes ``(k,)``, ``(k,)`` and ``(chain, draw, k)``; k is 0 for most frontiers.
        """
        group = self.tree[CAPABILITIES].to_dataset()
        if OUTSIDE not in group.dims:
            none = np.zeros(0, dtype=np.int64)
            return none, none, np.zeros((*self.capabilities.shape[:2], 0))
        day, side, capability = (group[f"{OUTSIDE}_{n}"].to_numpy() for n in _OUTSIDE)
        return day, side, capability

    @property
    def outside_interval(self) -> tuple[list[str], np.ndarray, np.ndarray]:
        """Names of the same, and the first and last day that each may have come out on."""
        group = self.tree[CAPABILITIES].to_dataset()
        if OUTSIDE not in group.dims:
            none = np.zeros(0, dtype=np.int64)
            return [], none, none
        low, high = (group[f"{OUTSIDE}_{n}"].to_numpy() for n in _OUTSIDE_INTERVAL)
        return [str(name) for name in group[OUTSIDE].to_numpy()], low, high


def fit_model(
    spec: ModelSpec,
    releases: Releases,
    settings: SamplerSettings | None = None,
    *,
    cores: int | None = None,
    stage: Callable[[str], None] = lambda _: None,
) -> Fit:
    """Sample a model and derive what follows from its draws.

    Parameters
    ----------
    spec
        Trend, frontier and priors.
    releases
        All releases of the two groups by the as-of date; the frontier selects among them.
    settings
        Sampler settings; the defaults of :class:`SamplerSettings` if not given.
    cores
        Threads for sampling; changes no number.
    stage
        Called with a word at the start of each stage, for a progress display.

    Returns
    -------
    The fit; of very many releases, of evenly thinned draws (:mod:`frontierlag.fits.size`), as
    every release has its capability in every draw. Whether it may be shown is for
    :func:`frontierlag.fits.convergence.check` to say.
    """
    settings = (settings or SamplerSettings()).resolved(spec.frontier.target_accept)
    observations = spec.observations(releases)
    stage("sampling")
    sampled = sample(spec, observations, settings, cores)
    stage("predicting")
    kept = _thinned(spec, sampled.posterior, len(observations.releases))
    p = {q.name: kept[q.name].to_numpy() for q in spec.parameters}
    for name in spec.frontier.latent_in_model:
        p[name] = kept[name].to_numpy()
    mu, data = spec.trend_at(p, observations), observations.arrays
    dim, labels = spec.frontier.observed_dim, labels_of(observations)

    def per_score(values: np.ndarray) -> xr.Dataset:
        return _per_score(spec, observations, values)

    replicated = spec.frontier.simulate(np.random.default_rng([settings.seed, 1]), p, mu, data)
    prior, prior_predictive = draw_prior(spec, observations, settings.seed)
    posterior = kept
    posterior = posterior.assign_coords({d: labels[d] for d in labels if d in posterior.dims})
    tree = xr.DataTree.from_dict(
        {
            "posterior": posterior,
            "sample_stats": sampled.sample_stats,
            "log_likelihood": per_score(spec.frontier.log_likelihood(p, mu, data)),
            "prior": prior,
            "prior_predictive": prior_predictive,
            "posterior_predictive": per_score(replicated),
            "observed_data": xr.Dataset(
                {SCORE: (dim, data[spec.frontier.observed])}, {dim: labels[dim]}
            ),
            "constant_data": _constant_data(observations),
            CAPABILITIES: draw_capabilities(spec, observations, p, settings.seed),
        }
    )
    if observations.measured is not None:
        tree[MEASURED] = xr.DataTree(observations.measured)
    tree.attrs.update(describe(spec, observations, settings))
    return Fit(spec, observations, settings, tree, sampled.seconds)


def _thinned(spec: ModelSpec, posterior: xr.Dataset, releases: int) -> xr.Dataset:
    """The draws that are kept: all but for tables of many thousand releases."""
    if spec.frontier.latent_in_model:
        return posterior
    draws = posterior.sizes[CHAIN] * posterior.sizes[DRAW]
    return posterior.isel({DRAW: slice(None, None, thinning(draws, releases))})


def draw_capabilities(
    spec: ModelSpec, observations: Observations, p: dict[str, np.ndarray], seed: int
) -> xr.Dataset:
    """Draw the latent capability of every release that counts for the best available.

    Each from its exact conditional, p(capability | score, parameters). A release outside the
    likelihood is drawn by the same rule: its score informs its own capability, but not the
    parameters.

    Parameters
    ----------
    spec, observations
        The model and its releases.
    p
        Posterior draws of the parameters, leading axes ``(chain, draw)``.
    seed
        The fit's; each release has its own stream of random numbers.

    Returns
    -------
    ``capability`` of dims ``(chain, draw, release)``, and where there are such releases
    ``outside_capability`` ``(chain, draw, outside)`` with ``outside_day``, its interval and
    ``outside_group``.
    """

    def drawn(these: Observations) -> np.ndarray:
        noise = ReleaseNoise(seed, list(these.releases.model))
        return spec.frontier.capabilities(noise, p, spec.trend_at(p, these), these.arrays)

    capability = drawn(observations)
    dims = (*SAMPLE_DIMS, RELEASE)
    coords = {CHAIN: np.arange(capability.shape[0]), DRAW: np.arange(capability.shape[1])}
    found = xr.Dataset(
        {"capability": (dims, capability)}, {**coords, RELEASE: observations.releases.model}
    )
    if observations.outside is None:
        return found
    outside = observations.outside
    values = (
        (OUTSIDE, outside.day),
        (OUTSIDE, outside.group),
        ((*SAMPLE_DIMS, OUTSIDE), drawn(Observations(outside, observations.reference))),
    )
    named = {f"{OUTSIDE}_{name}": value for name, value in zip(_OUTSIDE, values, strict=True)}
    named |= {f"{OUTSIDE}_{n}": (OUTSIDE, getattr(outside, n)) for n in _OUTSIDE_INTERVAL}
    return found.assign(named).assign_coords({OUTSIDE: outside.model})


def draw_prior(
    spec: ModelSpec, observations: Observations, seed: int, draws: int = PRIOR_DRAWS
) -> tuple[xr.Dataset, xr.Dataset]:
    """Draw parameters and scores from the prior, from the same model that is fitted.

    Returns
    -------
    Datasets of parameters, dims ``(chain, draw[, group])``, and of scores
    ``(chain, draw, release)``.
    """
    if spec.frontier.reads != "scores":
        return _simulated_prior(spec, observations, seed, draws)
    logging.getLogger("pymc").setLevel(logging.WARNING)  # or it lists its variables each time
    drawn = pm.sample_prior_predictive(
        draws,
        model=build(spec, observations),
        random_seed=seed,
        # One pass: interpreting the graph is faster than compiling it.
        compile_kwargs={"mode": "FAST_COMPILE"},
    )
    names = [p.name for p in spec.parameters]
    prior = drawn["prior"].to_dataset()[names].drop_attrs()
    if GROUP in prior.dims:
        prior = prior.assign_coords({GROUP: list(observations.releases.group_names)})
    scores = drawn["prior_predictive"].to_dataset()[SCORE].to_numpy()
    return prior, _per_score(spec, observations, scores)


def _simulated_prior(
    spec: ModelSpec, observations: Observations, seed: int, draws: int
) -> tuple[xr.Dataset, xr.Dataset]:
    """The same for a model with latent variables that PyMC holds only as a density."""
    rng = np.random.default_rng([seed, 2])
    p = {
        q.name: q.prior.draw(rng, (1, draws) if q.shared else (1, draws, 2))
        for q in spec.parameters
    }
    mu = spec.trend_at(p, observations)
    scores = spec.frontier.simulate(rng, p, mu, observations.arrays)
    groups = list(observations.releases.group_names)
    prior = xr.Dataset(
        {name: ((*SAMPLE_DIMS, GROUP)[: values.ndim], values) for name, values in p.items()},
        coords={CHAIN: [0], DRAW: np.arange(draws), GROUP: groups},
    )
    return prior, _per_score(spec, observations, scores)


def _per_score(spec: ModelSpec, observations: Observations, values: np.ndarray) -> xr.Dataset:
    """Draws of one number for each score, or result, that the likelihood is of."""
    dim = spec.frontier.observed_dim
    return xr.Dataset(
        {SCORE: ((*SAMPLE_DIMS, dim), values)},
        coords={
            CHAIN: np.arange(values.shape[0]),
            DRAW: np.arange(values.shape[1]),
            dim: labels_of(observations)[dim],
        },
    )


def labels_of(observations: Observations) -> dict[str, np.ndarray]:
    """Labels of every dim that a model's variables may have in addition to sample and group."""
    r = observations.releases
    names = [name for _, name in observations.makers]
    makers = [
        f"{name} ({r.group_names[group]})" if names.count(name) > 1 else name
        for group, name in observations.makers
    ]
    labels: dict[str, np.ndarray] = {RELEASE: r.model, MAKER: np.array(makers)}
    if isinstance(r, DrawnReleases):
        return labels | r.joint_errors.labels
    if not isinstance(r, MeasuredReleases):
        return labels
    of = r.responses
    labels |= {
        VENDOR: r.vendors[0],
        OTHER: of.others,
        BENCHMARK: of.benchmarks,
        RESULT: r.result_names,
    }
    if len(of.domains):
        model, domain, _ = of.pairs
        every = np.concatenate([r.model, of.others])
        pairs = [f"{every[i]} in {of.domains[k]}" for i, k in zip(model, domain, strict=True)]
        labels |= {DOMAIN: of.domains, PAIR: np.array(pairs)}
    return labels


def describe(
    spec: ModelSpec, observations: Observations, settings: SamplerSettings
) -> dict[str, str]:
    """What a stored fit needs to be understood without its program, as text attributes."""
    r = observations.releases
    return {
        "model": spec.name,
        "dataset": r.table,
        "comparison": r.comparison.name,
        "leader": r.group_names[0],
        "follower": r.group_names[1],
        "as_of": r.as_of.isoformat(),
        "dates": r.dates,
        "reference_date": observations.reference.isoformat(),
        "metric": spec.metric.name,
        "priors": json.dumps(spec.describe_priors()),
        "sampler": settings.model_dump_json(),
    }


def _constant_data(observations: Observations) -> xr.Dataset:
    """The model's inputs and the facts of each release that figures and tables need."""
    r = observations.releases
    # What follows from the other columns, or has other dims than the release, is left out.
    apart = {"observed", "maker", "makers", *observations.measurement}
    columns = {k: v for k, v in observations.arrays.items() if k not in apart and v.ndim < 2}
    dataset = xr.Dataset(
        {name: ((RELEASE,) * values.ndim, values) for name, values in columns.items()},
        coords={RELEASE: r.model},
    )
    dataset["published"] = (RELEASE, r.score)
    dataset["problems"] = (RELEASE, r.problems)
    dataset["day"] = (RELEASE, r.day)
    dataset["day_low"] = (RELEASE, r.day_low)
    dataset["day_high"] = (RELEASE, r.day_high)
    dataset["low"] = (RELEASE, r.low)
    dataset["high"] = (RELEASE, r.high)
    dataset["organization"] = (RELEASE, r.organization)
    return dataset
