"""Which benchmarks, models and single results the joint model fits worst; what results tell.

Item and person fit, which users of the R package mirt know as ``itemfit`` and ``personfit``, as
posterior predictive checks of realized discrepancies (Gelman, Meng & Stern 1996; Sinharay, Johnson
& Stern 2006). The errors follow a Student t distribution, whose squares have no distribution that a
mean settles on, so each error is first turned into a normal score, z = Phi^-1(T_4(error / noise))
(Dunn & Smyth 1996). Under the model the z of a draw are independent standard normal whatever the
parameters are, so that sums of their squares are chi-squared and nothing need be simulated.

Such p-values gather about one half, as the model was fitted to the same results: an extreme one
says more than its size.

Test information, :class:`Information`: where on the scale results on the benchmarks tell
capabilities apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import chdtrc, ndtri, stdtr

from frontierlag import arrays
from frontierlag.fits.fitting import Fit
from frontierlag.frontiers import Joint
from frontierlag.frontiers.item_response import FREEDOM, expected_score
from frontierlag.intervals import OUTER, tails
from frontierlag.names import CHAIN, DRAW, FOLLOWER, LEADER, RESULT, SAMPLE_DIMS, SCORE
from frontierlag.scores import Releases
from frontierlag.scores.item_results import Responses

# Draws that are looked at, of each chain evenly spaced ones; more would not move a p-value much.
DRAWS = 400
# Parts of a benchmark's models by capability, and the fewest results that are divided so.
PARTS, FEWEST = ("low", "middle", "high"), 6
# Evenly spaced capabilities at which information is given.
NODES = 81
# How far they reach beyond the releases, as a share of the releases' range.
_BEYOND = 0.1


@dataclass(frozen=True, eq=False)
class Scored:
    """Benchmark results against what each draw expects of them; those of no weight left out.

    Attributes
    ----------
    responses
        The results with their models and benchmarks.
    which
        Positions of the results that count, shape ``(result,)``.
    capability
        Posterior mean of every model's capability, releases first, shape ``(model,)``.
    expected
        Score without error, shape ``(draw, result)``.
    noise
        Scale of the error, same shape.
    """

    responses: Responses
    which: np.ndarray
    capability: np.ndarray
    expected: np.ndarray
    noise: np.ndarray

    @property
    def model(self) -> np.ndarray:
        """Model of each result."""
        return self.responses.model[self.which]

    @property
    def benchmark(self) -> np.ndarray:
        """Benchmark of each result."""
        return self.responses.benchmark[self.which]

    @property
    def observed(self) -> np.ndarray:
        """The results."""
        return self.responses.score[self.which]

    @cached_property
    def error(self) -> np.ndarray:
        """Errors in units of their scale, ``(draw, result)``."""
        return np.asarray((self.observed - self.expected) / self.noise)

    @cached_property
    def z(self) -> np.ndarray:
        """Errors as normal scores, exact in both tails, ``(draw, result)``."""
        return np.asarray(-np.sign(self.error) * ndtri(stdtr(FREEDOM, -np.abs(self.error))))

    @cached_property
    def tail(self) -> np.ndarray:
        """Posterior predictive tail probability of each result, twice the smaller one, (result,).

        The probability that a replicated result lies at least as far out on the same side; a result
        is replicated with the draws that it was fitted with, so it is seldom very small.
        """
        below = stdtr(FREEDOM, self.error).mean(0)
        return np.asarray(2 * np.minimum(below, 1 - below))


def scored(fit: Fit) -> Scored | None:
    """Results of a fit against what it expects of them; None of a fit to scores."""
    responses, frontier = fit.observations.responses, fit.spec.frontier
    if responses is None or not isinstance(frontier, Joint):
        return None
    p, data = thinned(fit), fit.observations.arrays
    which = np.flatnonzero(responses.weight > 0)
    model, at = responses.model[which], responses.benchmark[which]
    every = np.concatenate([p["capability"], p["other_capability"]], axis=-1)
    away = frontier.deviation(p, data)
    ability = every[:, model] + (away[:, which] if np.ndim(away) else away)
    odds = p["discrimination"][:, at] * (ability - p["difficulty"][:, at])
    expected = expected_score(odds, responses.chance[at], responses.ceiling[at], arrays)
    return Scored(responses, which, every.mean(0), expected, p["noise"][:, at])


def thinned(fit: Fit, draws: int = DRAWS) -> Mapping[str, np.ndarray]:
    """Evenly spaced draws of everything that a model samples, ``(draw, ...)`` by name."""
    posterior = fit.tree["posterior"].to_dataset()
    step = max(1, -(-posterior.sizes[CHAIN] * posterior.sizes[DRAW] // draws))
    some = posterior.isel({DRAW: slice(None, None, step)})
    names = [*(p.name for p in fit.spec.parameters), *fit.spec.frontier.latent_in_model]
    found = {name: some[name].transpose(*SAMPLE_DIMS, ...).to_numpy() for name in names}
    return {name: values.reshape(-1, *values.shape[2:]) for name, values in found.items()}


@dataclass(frozen=True, eq=False)
class FitOf:
    """How well each benchmark, or each model, fits: arrays with one entry each.

    ``outfit`` are draws of the mean squared normal score, 1 on average where the model is right,
    ``(draw, ...)``; NaN without results. ``p`` is the posterior predictive p-value of the same, the
    probability that replicated results are as far out: small for results that scatter more than the
    model says, near 1 for results that scatter less.
    """

    results: np.ndarray
    outfit: np.ndarray
    p: np.ndarray


def outfit(z: np.ndarray, of: np.ndarray, count: int) -> FitOf:
    """Mean squared normal score of the results of each benchmark or model, against chi-squared.

    The unweighted mean square of Rasch analysis ("outfit", Wright & Masters 1982), on scores whose
    distribution is known: n outfit ~ chi-squared of n degrees of freedom. ``z`` are normal scores,
    ``(draw, result)``, and ``of`` says which of ``count`` benchmarks or models each result is of.
    """
    results = np.bincount(of, minlength=count)
    total = _totals(z**2, of, count)
    has = results > 0
    mean = np.full(total.shape, np.nan)
    mean[:, has] = total[:, has] / results[has]
    p = np.full(count, np.nan)
    p[has] = chdtrc(results[has], total[:, has]).mean(0)
    return FitOf(results, mean, p)


@dataclass(frozen=True, eq=False)
class Shape:
    """Whether results follow each benchmark's curve from weak models to strong ones.

    ``residual`` is the mean normal score of the weakest third of a benchmark's models, of the
    middle and the strongest, posterior mean, ``(3, benchmark)``; NaN of a benchmark with few
    results. ``p`` is the posterior predictive p-value of the sum over the thirds of n times the
    squared mean, which is chi-squared of 3 degrees of freedom.
    """

    residual: np.ndarray
    p: np.ndarray


def shape(found: Scored) -> Shape:
    """Compare results with the curve by thirds of each benchmark's models, as Yen (1981).

    A benchmark's own noise absorbs results that scatter, so that outfit alone finds little; a curve
    that is too steep, too flat, or has a floor that the model does not know leaves residuals of one
    sign at one end.
    """
    part = _thirds(found)
    count = len(found.responses.benchmarks)
    keeps = part >= 0
    cell = part[keeps] * count + found.benchmark[keeps]
    n = np.bincount(cell, minlength=len(PARTS) * count)
    total = _totals(found.z[:, keeps], cell, len(PARTS) * count)
    known = n > 0
    mean = np.full(total.shape, np.nan)
    mean[:, known] = total[:, known] / n[known]
    square = (n * mean**2).reshape(-1, len(PARTS), count).sum(1)
    return Shape(mean.mean(0).reshape(len(PARTS), count), chdtrc(len(PARTS), square).mean(0))


def _thirds(found: Scored) -> np.ndarray:
    """Third of its benchmark's models, by capability, that each result is of; -1 of few."""
    part = np.full(len(found.which), -1)
    for j in range(len(found.responses.benchmarks)):
        own = np.flatnonzero(found.benchmark == j)
        if len(own) < FEWEST:
            continue
        order = own[np.argsort(found.capability[found.model[own]], kind="stable")]
        for k, these in enumerate(np.array_split(order, len(PARTS))):
            part[these] = k
    return part


def _totals(values: np.ndarray, of: np.ndarray, count: int) -> np.ndarray:
    """Sums of the last axis by cell, ``(draw, cell)``."""
    order = np.argsort(of, kind="stable")
    running = np.zeros((len(values), len(of) + 1))
    np.cumsum(values[:, order], axis=1, out=running[:, 1:])
    ends = np.searchsorted(of[order], np.arange(count + 1))
    return running[:, ends[1:]] - running[:, ends[:-1]]


def worst_results(fit: Fit, found: Scored, most: int) -> pd.DataFrame:
    """The results with the smallest posterior predictive tail probability, the worst first.

    Returns
    -------
    Of each ``which``, its position among all results; ``expected``, the posterior median of the
    score without error; ``lower90`` and ``upper90`` of a replicated result; ``z``, the posterior
    mean of the normal score; ``tail``, the posterior predictive tail probability.
    """
    z = found.z.mean(0)
    # Of two that are equally improbable the one further out comes first.
    order = np.lexsort((-np.abs(z), found.tail))[:most]
    which = found.which[order]
    replicated = fit.tree["posterior_predictive"].to_dataset()[SCORE].isel({RESULT: which})
    drawn = replicated.transpose(*SAMPLE_DIMS, RESULT).to_numpy().reshape(-1, len(which))
    low, high = np.quantile(drawn, tails(OUTER), axis=0)
    return pd.DataFrame(
        {
            "which": which,
            "expected": np.median(found.expected[:, order], axis=0),
            "lower90": low,
            "upper90": high,
            "z": z[order],
            "tail": found.tail[order],
        }
    )


@dataclass(frozen=True, eq=False)
class Information:
    """Fisher information of results on all benchmarks about a capability, draw by draw.

    Releases are those of the two groups, with capabilities ``(draw, release)``; difficulty,
    discrimination and noise are of every benchmark, ``(draw, benchmark)``, and ``span`` is its
    ceiling minus its chance level, ``(benchmark,)``.
    """

    releases: Releases
    capability: np.ndarray
    difficulty: np.ndarray
    discrimination: np.ndarray
    noise: np.ndarray
    span: np.ndarray

    @cached_property
    def scale(self) -> np.ndarray:
        """Evenly spaced capabilities from below the releases to above them, ``(node,)``."""
        middle = np.median(self.capability, axis=0)
        pad = _BEYOND * np.ptp(middle)
        return np.linspace(middle.min() - pad, middle.max() + pad, NODES)

    def of_each(self, c: float | np.ndarray) -> np.ndarray:
        """Of a result on each benchmark at a capability, ``(draw, benchmark)``."""
        of = self.difficulty, self.discrimination, self.noise
        return result_information(c, *of, self.span)

    def of_all(self, levels: np.ndarray) -> np.ndarray:
        """Of results on all benchmarks at each capability, 1 / points^2, ``(draw, level)``."""
        return np.stack([self.of_each(float(c)).sum(-1) for c in levels], axis=-1)

    @property
    def highest(self) -> np.ndarray:
        """Of a result on each benchmark at its difficulty, where it is highest."""
        return self.of_each(self.difficulty)

    def best(self, day: int) -> np.ndarray:
        """Capability of each group's best by a day, ``(draw, 2)``; NaN of a group without any."""
        found = np.full((len(self.capability), 2), np.nan)
        for g in (LEADER, FOLLOWER):
            there = self.releases.of(g) & (self.releases.day <= day)
            if there.any():
                found[:, g] = self.capability[:, there].max(-1)
        return found

    def shares(self, c: float) -> np.ndarray:
        """Share of the information at a capability that each benchmark gives, posterior mean."""
        each = self.of_each(c)
        return np.asarray((each / each.sum(-1, keepdims=True)).mean(0))


def result_information(
    c: float | np.ndarray,
    difficulty: np.ndarray,
    discrimination: np.ndarray,
    noise: np.ndarray,
    span: np.ndarray,
) -> np.ndarray:
    """Fisher information of one result about the capability, for known benchmarks.

    A result is f(c) + s t_4 with f'(c) = span a p (1 - p), p = logistic(a (c - d)). That of a
    Student t of nu degrees of freedom about its location is (nu + 1) / ((nu + 3) s^2) (Lange,
    Little & Taylor 1989), so that I(c) = 5/7 (f'(c) / s)^2: highest at c = d. ``span`` is the
    benchmark's ceiling minus its chance level; all arguments broadcast.
    """
    p = arrays.sigmoid(discrimination * (c - difficulty))
    slope = span * discrimination * p * (1 - p)
    return np.asarray((FREEDOM + 1) / (FREEDOM + 3) * (slope / noise) ** 2)


def information(fit: Fit) -> Information | None:
    """Information along the scale of a fit to benchmark results; None of a fit to scores.

    Each benchmark as it is to a model that it does not favour: differential item functioning moves
    the curve of a group's models by what the benchmark favours the group by.
    """
    responses = fit.observations.responses
    if responses is None or not isinstance(fit.spec.frontier, Joint):
        return None
    p = thinned(fit)
    return Information(
        fit.observations.releases,
        p["capability"],
        p["difficulty"],
        p["discrimination"],
        p["noise"],
        responses.ceiling - responses.chance,
    )
