"""Worlds drawn from a model's own prior, and the rank of the truth in them.

How ranks are judged stands elsewhere, so that a change to that leaves finished tasks valid.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar

import numpy as np

from frontierlag.dates import DAYS_PER_YEAR, Window, day_number, years_after
from frontierlag.errors import SpecError
from frontierlag.fits.store import nothing_kept
from frontierlag.frontiers import Joint, OfAccuracy, Records, Stochastic, StochasticTwoPiece
from frontierlag.frontiers.item_response import FREEDOM
from frontierlag.frontiers.stochastic import draw_shortfall
from frontierlag.model import ModelSpec
from frontierlag.names import CURRENT, DRAW, EPOCH, PERIOD
from frontierlag.names import WINDOW as WHOLE
from frontierlag.priors import Prior
from frontierlag.scores import Metric, Releases
from frontierlag.scores.item_results import MeasuredReleases
from frontierlag.scores.metric import ECI, benchmark_metric
from frontierlag.scores.releases import reference_date
from frontierlag.studies.calibration.estimands import ROUNDING, true_lags
from frontierlag.studies.calibration.estimators import TUNE, fitted_to_pass
from frontierlag.studies.calibration.matrices import MATRICES, make_matrix_world
from frontierlag.studies.calibration.worlds import (
    AS_OF,
    BASE,
    World,
    arms_and_error,
    make_world,
    table_of,
)
from frontierlag.trends.base import of_group

# Lower over upper arm of the intervals of a model that reads both: those of the ECI's tables.
SKEW = 1.7
# 50 draws of each of two chains are ranked, every 20th of those made: near independent.
RANKED, THIN = 50, 20
# A fixed window: what is ranked must be one quantity, whatever the scores are.
SINCE = date(2025, 1, 1)
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


@dataclass(frozen=True)
class GivenRecords(Records):
    """The likelihood of the record-holders on releases that are given to it.

    Which releases are records is chosen by their scores, and no model of this package describes
    that choice; so ranks can be uniform only without it. What the choice does is seen in the
    coverage of ``records`` in simulated worlds.
    """

    name: ClassVar[str] = "records"

    def select(self, releases: Releases) -> np.ndarray:
        """Every release that is given."""
        return np.ones(len(releases), dtype=bool)


def spec_of(name: str, priors: tuple[tuple[str, Prior], ...] = ()) -> ModelSpec:
    """A model by name whose data can be drawn from its prior, with priors that replace defaults.

    ``logistic-stochastic@frontiermath`` is the model of a benchmark's accuracy. The joint model's
    priors are narrowed (:data:`frontierlag.studies.calibration.prior_worlds.NARROWED`).

    Raises
    ------
    SpecError
        If there is no such model, or its data cannot be drawn here.
    """
    model, _, benchmark = name.partition("@")
    metric = benchmark_metric(benchmark.replace("-", " ")) if benchmark else ECI
    spec = ModelSpec.of(model, metric, dict(priors))
    if type(spec.frontier) is Records:
        return replace(spec, frontier=GivenRecords())
    if type(spec.frontier) is Joint:
        return replace(spec, priors=tuple({**NARROWED, **dict(priors)}.items()))
    if isinstance(spec.frontier, OfAccuracy):
        if type(spec.frontier.scale_free) is Records:
            return replace(spec, frontier=replace(spec.frontier, scale_free=GivenRecords()))
        return spec
    if not isinstance(spec.frontier, Stochastic) or spec.frontier.reads != "scores":
        raise SpecError(f"no worlds are drawn from the prior of {name}; try linear-stochastic")
    return spec


def prior_world(spec: ModelSpec, rng: np.random.Generator) -> World:
    """Draw parameters from a model's priors, then capabilities and scores from the model.

    Dates and errors are those of a base world. Written against the model's definition, not with
    its own functions for draws: capability = trend + Normal(0, scatter) - shortfall, score =
    capability + error. Of a benchmark's accuracy the former holds of log odds, and the number
    solved is binomial of as many problems as the benchmark has. Of the joint model:
    :func:`prior_matrix_world`.
    """
    frontier = spec.frontier
    if isinstance(frontier, Joint):
        return prior_matrix_world(spec, rng)
    schedule = make_world(BASE, rng).releases
    p = _parameters(spec, rng)
    reference, group, n = reference_date(schedule), schedule.group, len(schedule)
    constants = {EPOCH: np.asarray(1970 + day_number(reference) / DAYS_PER_YEAR)}
    known = {name: constants[name] for name in spec.trend.inputs} | p
    mu = spec.trend.value(known, years_after(schedule.day, reference), group, np)
    inner = frontier
    if isinstance(frontier, OfAccuracy):
        mu, inner = frontier.bounds.log_odds(mu, np), frontier.scale_free
    capability = mu + rng.normal(size=n) * of_group(p["scatter"], group)
    if isinstance(inner, Stochastic):
        mean = of_group(p["shortfall"], group)
        capability = capability - draw_shortfall(inner.shortfall, rng, mean, (n,))
    if isinstance(frontier, OfAccuracy):
        capability = frontier.bounds.score(capability, np)
        releases, order = _counted(spec.metric, rng, schedule, capability)
    else:
        # Intervals are skewed where the model reads both of their arms.
        skew = SKEW if isinstance(frontier, StochasticTwoPiece) else 1.0
        lower, upper, error = arms_and_error(rng, schedule.stderr, skew)
        score = capability + error
        releases, order = table_of(BASE, schedule.day, group, score, lower, upper)
    return World(
        BASE, releases, capability[order], releases.day, spec.trend, known, p["scatter"], reference
    )


def _parameters(spec: ModelSpec, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw every parameter from its prior, one value a group if it is not shared."""
    return {
        q.name: np.asarray(q.prior.draw(rng, () if q.shared else (2,))) for q in spec.parameters
    }


def _counted(
    metric: Metric, rng: np.random.Generator, schedule: Releases, accuracy: np.ndarray
) -> tuple[Releases, np.ndarray]:
    """The table of accuracies of so many solved problems."""
    problems = metric.problems
    assert problems is not None  # of the benchmarks that are named here it is known
    score = rng.binomial(problems, accuracy) / problems
    error = np.sqrt(accuracy * (1 - accuracy) / problems)
    releases, order = table_of(
        BASE, schedule.day, schedule.group, score, error, error, metric=metric
    )
    return replace(releases, problems=np.full(len(schedule), problems)), order


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
        p = _parameters(spec, rng)
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


@nothing_kept()
def rank_one(
    payload: tuple[str, tuple[tuple[str, Prior], ...]], seed: np.random.SeedSequence
) -> dict[str, Any]:
    """Draw one world from a model's prior, fit it, and rank the truth: the campaign's task."""
    name, fit_priors = payload
    of_world, of_fit, of_ties = seed.spawn(3)
    world = prior_world(spec_of(name), np.random.default_rng(of_world))
    spec, window = spec_of(name, fit_priors), Window(SINCE, AS_OF)
    fit, lags, trouble = fitted_to_pass(
        spec, world.releases, window, of_fit, draws=RANKED * THIN, tune=TUNE
    )
    u = np.random.default_rng(of_ties)
    ranks = {}
    posterior = fit.tree["posterior"].to_dataset().isel({DRAW: slice(None, None, THIN)})
    for parameter in spec.parameters:
        draws = posterior[parameter.name].to_numpy()
        truth = world.parameters[parameter.name]
        if parameter.shared:
            ranks[parameter.name] = rank(float(truth), draws, u.uniform())
        else:
            for g, side in enumerate(("leader", "follower")):
                label = f"{parameter.name}[{side}]"
                ranks[label] = rank(float(truth[g]), draws[..., g], u.uniform())
    true = true_lags(world, window)
    for kind, of_kind in lags.items():
        for period in (WHOLE, CURRENT):
            draws = of_kind.sel({PERIOD: period}).to_numpy()[:, ::THIN]
            ranks[f"{kind} lag, {period}"] = rank(true[kind, period], draws, u.uniform())
    return {"ranks": ranks, "trouble": trouble}


def rank(truth: float, draws: np.ndarray, u: float) -> float:
    """Where the truth falls among the draws, 0 to 1: uniform if model and sampler are right.

    With b draws below the truth and e equal to it up to rounding, (b + u (e + 1)) / (number of
    draws + 1), with u uniform: the rank statistic of Talts et al. (2018) with ties broken at
    random. A lag that does not exist counts as below all others.
    """
    values = np.where(np.isnan(draws), -np.inf, draws)
    at = -np.inf if np.isnan(truth) else truth
    equal = int((abs(values - at) <= ROUNDING).sum() if np.isfinite(at) else (values == at).sum())
    below = int((values < at - ROUNDING).sum())
    return (below + u * (equal + 1)) / (values.size + 1)
