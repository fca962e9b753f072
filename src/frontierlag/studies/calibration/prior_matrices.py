"""Benchmark results drawn from the joint model's own prior, for rank statistics."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from frontierlag.frontiers.item_response import FREEDOM
from frontierlag.model import ModelSpec
from frontierlag.priors import Prior
from frontierlag.scores.item_results import MeasuredReleases
from frontierlag.scores.releases import reference_date
from frontierlag.studies.calibration.matrices import MATRICES, make_matrix_world
from frontierlag.studies.calibration.worlds import World
from frontierlag.trends.base import of_group

# The scores of the two pins are data to the model, so ranks stay uniform whichever worlds are
# drawn again because of them: those whose pins are the wrong way round, or so close that two
# results could identify the scale.
LEAST_APART = 5.0

# The model's own priors, narrowed to where benchmarks and frontiers are, and spreads kept off zero.
# From the far ends of the shipped ones come worlds in which a fit takes minutes or diverges (two
# groups 100 points apart, errors of a thousandth, benchmarks all alike), and there are a hundred.
NARROWED: dict[str, Prior] = {
    "level": Prior(family="Normal", mu=137, sigma=6),
    "slope": Prior(family="TruncatedNormal", mu=14, sigma=4, lower=0),
    "shortfall": Prior(family="HalfNormal", sigma=8),
    "other_mean": Prior(family="Normal", mu=125, sigma=8),
    "other_spread": Prior(family="LogNormal", median=10, sigma=0.3),
    "difficulty_mean": Prior(family="Normal", mu=135, sigma=6),
    "difficulty_spread": Prior(family="LogNormal", median=10, sigma=0.3),
    "discrimination_typical": Prior(family="LogNormal", median=0.1, sigma=0.3),
    "discrimination_spread": Prior(family="LogNormal", median=0.5, sigma=0.3),
    "noise_typical": Prior(family="LogNormal", median=0.05, sigma=0.3),
    "noise_spread": Prior(family="LogNormal", median=0.5, sigma=0.3),
}


def prior_matrix_world(spec: ModelSpec, rng: np.random.Generator) -> World:
    """Draw parameters from a joint model's priors, then capabilities, benchmarks and results.

    Dates, and which model was given which benchmark, are those of a world of results. Written
    against the model's definition, not with its own functions for draws: capability = trend +
    Normal(0, scatter) - Exponential(shortfall), or Normal(other_mean, other_spread) of models of
    neither group; result = logistic(discrimination (capability - difficulty)) + noise t_4.
    """
    schedule = make_matrix_world(MATRICES, rng).releases
    assert isinstance(schedule, MeasuredReleases)  # what such a world is made of
    r, n, m = schedule.responses, len(schedule), len(schedule.responses.benchmarks)
    reference = reference_date(schedule)
    constants = spec.observations(schedule).arrays
    trend_constants = {name: constants[name] for name in spec.trend.inputs}
    group, (low, high) = schedule.group, (index for index, _ in r.pins)
    while True:
        p = {q.name: np.asarray(q.prior.draw(rng, () if q.shared else (2,)))
             for q in spec.parameters}  # fmt: skip
        mu = spec.trend.value({**trend_constants, **p}, constants["years"], group, np)
        own = mu + rng.normal(size=n) * of_group(p["scatter"], group)
        own = own - rng.exponential(size=n) * of_group(p["shortfall"], group)
        if own[high] - own[low] >= LEAST_APART:
            break
    other = p["other_mean"] + p["other_spread"] * rng.normal(size=len(r.others))
    capability = np.concatenate([own, other])
    difficulty = p["difficulty_mean"] + p["difficulty_spread"] * rng.normal(size=m)
    discrimination, noise = (
        p[f"{name}_typical"] * np.exp(p[f"{name}_spread"] * rng.normal(size=m))
        for name in ("discrimination", "noise")
    )
    i, j = r.model, r.benchmark
    odds = discrimination[j] * (capability[i] - difficulty[j])
    error = noise[j] * rng.standard_t(FREEDOM, size=len(i))
    results = replace(
        r,
        score=1 / (1 + np.exp(-odds)) + error,
        pins=((low, float(own[low])), (high, float(own[high]))),
    )
    return World(
        MATRICES.groups,
        replace(schedule, responses=results),
        own,
        schedule.day,
        spec.trend,
        {**trend_constants, **p},
        p["scatter"],
        reference,
    )
