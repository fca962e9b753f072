"""Fit one model to one comparison: everything that is known about the posterior, in one tree."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pymc as pm
import xarray as xr

from frontierlag.model import ModelSpec, build
from frontierlag.names import CAPABILITIES, CHAIN, DRAW, GROUP, RELEASE, SAMPLE_DIMS, SCORE
from frontierlag.noise import ReleaseNoise
from frontierlag.observations import Observations
from frontierlag.sampling import sample
from frontierlag.scores import Releases
from frontierlag.settings import SamplerSettings

PRIOR_DRAWS = 500


@dataclass(frozen=True)
class Fit:
    """A fitted model.

    Attributes
    ----------
    spec, observations, settings
        What was fitted, to what, and how.
    tree
        DataTree with ``posterior``, ``sample_stats``, ``log_likelihood``, ``prior``,
        ``prior_predictive``, ``posterior_predictive``, ``observed_data``, ``constant_data`` and
        ``capabilities`` (the latent true capability of each release).
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
    def trend_inputs(self) -> dict[str, np.ndarray]:
        """What the trend reads: the parameter draws and the constants of its data."""
        constants = {name: self.observations.arrays[name] for name in self.spec.trend.inputs}
        return self.draws | constants

    @property
    def capabilities(self) -> np.ndarray:
        """Latent capabilities, shape ``(chain, draw, release)``."""
        return self.tree[f"{CAPABILITIES}/capability"].to_numpy()


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
    The fit. Whether it may be shown is for :func:`frontierlag.checks.convergence.check` to say.
    """
    settings = (settings or SamplerSettings()).resolved(spec.frontier.target_accept)
    observations = spec.observations(releases)
    stage("sampling")
    sampled = sample(spec, observations, settings, cores)
    stage("predicting")
    p = {q.name: sampled.posterior[q.name].to_numpy() for q in spec.parameters}
    for name in spec.frontier.latent_in_model:
        p[name] = sampled.posterior[name].to_numpy()
    mu, data = spec.trend_at(p, observations), observations.arrays
    release = observations.releases.model
    dims = (*SAMPLE_DIMS, RELEASE)

    def per_release(name: str, values: np.ndarray) -> xr.Dataset:
        coords = {CHAIN: np.arange(values.shape[0]), DRAW: np.arange(values.shape[1])}
        return xr.Dataset({name: (dims, values)}, coords={**coords, RELEASE: release})

    noise = ReleaseNoise(settings.seed, list(release))
    capability = spec.frontier.capabilities(noise, p, mu, data)
    replicated = spec.frontier.simulate(np.random.default_rng([settings.seed, 1]), p, mu, data)
    prior, prior_predictive = draw_prior(spec, observations, settings.seed)
    posterior = sampled.posterior
    if RELEASE in posterior.dims:
        posterior = posterior.assign_coords({RELEASE: release})
    tree = xr.DataTree.from_dict(
        {
            "posterior": posterior,
            "sample_stats": sampled.sample_stats,
            "log_likelihood": per_release(SCORE, spec.frontier.log_likelihood(p, mu, data)),
            "prior": prior,
            "prior_predictive": prior_predictive,
            "posterior_predictive": per_release(SCORE, replicated),
            "observed_data": xr.Dataset({SCORE: (RELEASE, data["observed"])}, {RELEASE: release}),
            "constant_data": _constant_data(observations),
            CAPABILITIES: per_release("capability", capability),
        }
    )
    tree.attrs.update(describe(spec, observations, settings))
    return Fit(spec, observations, settings, tree, sampled.seconds)


def draw_prior(
    spec: ModelSpec, observations: Observations, seed: int, draws: int = PRIOR_DRAWS
) -> tuple[xr.Dataset, xr.Dataset]:
    """Draw parameters and scores from the prior, from the same model that is fitted.

    Returns
    -------
    Datasets of parameters, dims ``(chain, draw[, group])``, and of scores
    ``(chain, draw, release)``.
    """
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
    coords = {CHAIN: np.arange(scores.shape[0]), DRAW: np.arange(scores.shape[1])}
    predictive = xr.Dataset(
        {SCORE: ((*SAMPLE_DIMS, RELEASE), scores)},
        coords={**coords, RELEASE: observations.releases.model},
    )
    return prior, predictive


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
        "reference_date": observations.reference.isoformat(),
        "metric": spec.metric.name,
        "priors": json.dumps(spec.describe_priors()),
        "sampler": settings.model_dump_json(),
    }


def _constant_data(observations: Observations) -> xr.Dataset:
    """The model's inputs and the facts of each release that figures and tables need."""
    r = observations.releases
    # What follows from the other columns, and has more dims than the release, is left out.
    columns = {k: v for k, v in observations.arrays.items() if k != "observed" and v.ndim < 2}
    dataset = xr.Dataset(
        {name: ((RELEASE,) * values.ndim, values) for name, values in columns.items()},
        coords={RELEASE: r.model},
    )
    dataset["published"] = (RELEASE, r.score)
    dataset["problems"] = (RELEASE, r.problems)
    dataset["day"] = (RELEASE, r.day)
    dataset["low"] = (RELEASE, r.low)
    dataset["high"] = (RELEASE, r.high)
    dataset["organization"] = (RELEASE, r.organization)
    return dataset
