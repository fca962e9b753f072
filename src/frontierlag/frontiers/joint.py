"""From benchmark results to capabilities in one model, with the stochastic frontier as their prior.

Scores of an index are measured together, so their errors are correlated; a model of the scores and
their intervals takes them as independent. Here the results themselves are the data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from frontierlag import arrays
from frontierlag.frontiers import densities
from frontierlag.frontiers.base import Noise, Values
from frontierlag.frontiers.item_response import FREEDOM, expected_score, student_logp
from frontierlag.frontiers.marginal import marginal_logp
from frontierlag.frontiers.pinned import FreeScale, free_scale
from frontierlag.frontiers.results_logp import ResultsLogp
from frontierlag.frontiers.stochastic import Stochastic, composed_logp
from frontierlag.names import BENCHMARK, OTHER, RELEASE, RESULT
from frontierlag.priors import Parameter, Prior
from frontierlag.scores import Metric
from frontierlag.trends.base import of_group

_FRONTIER = ("scatter", "shortfall")
# What the density of the results reads of the data.
_RESULTS = (
    "result", "result_model", "result_benchmark", "result_weight", "chance", "ceiling",
)  # fmt: skip


@dataclass(frozen=True)
class Joint(Stochastic):
    """Benchmark results of all models, with the stochastic frontier as prior of the capabilities.

    result_ij = chance_j + (ceiling_j - chance_j) logistic(a_j (c_i - d_j)) + noise_j t_4, where a
    release's capability is c_i = F_g(t_i) + v_i - u_i as in :class:`Stochastic`, and that of a
    model of neither group Normal(other_mean, other_spread). Difficulties d_j are
    Normal(difficulty_mean, difficulty_spread), discriminations a_j and noises log-normal around a
    typical value. The two models that pin the scale have their capability exactly
    (:mod:`frontierlag.frontiers.pinned`).

    The sampler moves, beside x of the capabilities, each benchmark's log discrimination per unit of
    x and its log odds at the mean x of the models it was given to (``centre``), which the data tell
    apart. For the log odds b, d = centre' - b / a on the points scale, so that abs(dd/db) = 1 / a.
    """

    name: ClassVar[str] = "joint"
    reads: ClassVar[Literal["scores", "results", "draws"]] = "results"
    observed: ClassVar[str] = "result"
    observed_dim: ClassVar[str] = RESULT
    measurement: ClassVar[tuple[str, ...]] = (
        "result_model", "result_benchmark", "result_weight", "chance", "ceiling", "pin_index",
        "pin_score", "start_capability", "start_discrimination", "start_intercept", "centre",
        "share",
    )  # fmt: skip
    only_to_start: ClassVar[tuple[str, ...]] = ("start_discrimination", "start_intercept")
    target_accept: ClassVar[float] = 0.9
    latent_in_model: ClassVar[Mapping[str, str]] = {
        "capability": RELEASE,
        "other_capability": OTHER,
        "difficulty": BENCHMARK,
        "discrimination": BENCHMARK,
        "noise": BENCHMARK,
    }

    def parameters(self, metric: Metric) -> tuple[Parameter, ...]:
        """Scatter and shortfall, and what benchmarks and models of neither group have in common."""

        def shared(name: str, meaning: str, unit: str, prior: Prior) -> Parameter:
            return Parameter(name=name, meaning=meaning, unit=unit, prior=prior, shared=True)

        points, spread = metric.unit, metric.spread
        anywhere = Prior(family="Normal", mu=metric.location, sigma=spread)
        wide = Prior(family="HalfNormal", sigma=spread)
        factor = Prior(family="HalfNormal", sigma=0.5)
        return (
            *super().parameters(metric),
            shared("other_mean", "mean capability of models of neither group", points, anywhere),
            shared("other_spread", "standard deviation of the same", points, wide),
            shared("difficulty_mean", "mean difficulty of a benchmark", points, anywhere),
            shared("difficulty_spread", "standard deviation of the same", points, wide),
            shared(
                "discrimination_typical",
                "median discrimination of a benchmark",
                f"log odds a {points.removesuffix('s')}",
                Prior(family="LogNormal", median=2 / spread, sigma=1.0),
            ),
            shared("discrimination_spread", "standard deviation of its logarithm", "", factor),
            shared(
                "noise_typical",
                "median scale of a benchmark's errors",
                "fraction",
                Prior(family="LogNormal", median=0.05, sigma=1.0),
            ),
            shared("noise_spread", "standard deviation of its logarithm", "", factor),
        )

    def variables(self, parameters: Sequence[Parameter]) -> dict[str, Any]:
        """Scatter and shortfall as a pair; the others as they are."""
        pair = [p for p in parameters if p.name in _FRONTIER]
        rest = {p.name: p.variable() for p in parameters if p.name not in _FRONTIER}
        return super().variables(pair) | rest

    def likelihood(self, p: Values, mu: Any, data: Values) -> None:
        """Capabilities with their prior, benchmarks with theirs, and the results."""
        group = data["group_index"]
        releases = group.shape[0]
        scale = free_scale(data)
        own, other = scale.capability[:releases], scale.capability[releases:]
        scatter, mean = of_group(p["scatter"], group), self.mean_shortfall(p, data)
        pm.Potential("frontier", composed_logp(self.shortfall, own - mu, scatter, mean, pt).sum())
        pm.Potential(
            "others", densities.normal_logp(other - p["other_mean"], p["other_spread"], pt).sum()
        )
        pm.Deterministic("capability", own)
        pm.Deterministic("other_capability", other)
        self.results(p, scale, data)

    def ability(self, p: Values, scale: FreeScale, data: Values) -> tuple[Any, Any]:
        """Abilities on the sampler's scale, and which of them each result is of.

        Here every model has one.
        """
        return scale.x, data["result_model"]

    def results(self, p: Values, scale: FreeScale, data: Values) -> None:
        """Add the benchmarks with their prior, and the results given abilities."""
        ability, of = self.ability(p, scale, data)
        centre, pins, pin_score = data["centre"], data["pin_index"], data["pin_score"]
        n = centre.shape[0]
        own_log = pm.Flat(
            "free_log_discrimination", shape=n, initval=pt.log(data["start_discrimination"])
        )
        intercept = pm.Flat("free_intercept", shape=n, initval=data["start_intercept"])
        own = pt.exp(own_log)
        log_discrimination = own_log - scale.log_scale
        pm.Deterministic("discrimination", pt.exp(log_discrimination))
        pm.Potential(
            "discriminations",
            densities.normal_logp(
                log_discrimination - pt.log(p["discrimination_typical"]),
                p["discrimination_spread"],
                pt,
            ).sum(),
        )
        difficulty = pm.Deterministic(
            "difficulty",
            scale.points(centre - intercept / own, scale.x[pins[0]], pin_score[0]),
        )
        pm.Potential(
            "difficulties",
            densities.normal_logp(
                difficulty - p["difficulty_mean"], p["difficulty_spread"], pt
            ).sum()
            - log_discrimination.sum(),
        )
        log_noise = pm.Normal("log_noise", pt.log(p["noise_typical"]), p["noise_spread"], shape=n)
        pm.Deterministic("noise", pt.exp(log_noise))
        moving = ability, own, intercept - own * centre, log_noise
        given = {**data, "result_model": of}
        total, *_ = ResultsLogp()(*moving, *(given[name] for name in _RESULTS))
        pm.Potential("results", total)

    def log_likelihood(self, p: Values, mu: np.ndarray, data: Values) -> np.ndarray:
        """Log density of each result given capabilities and benchmarks, ``(..., result)``."""
        at = data["result_benchmark"]
        noise = p["noise"][..., at]
        error = data["result"] - self._expected(p, data)
        density = student_logp(error, noise, np.log(noise), arrays) * data["result_weight"]
        return density.astype(np.float32)

    def release_logp(self, p: Values, mu: np.ndarray, data: Values) -> np.ndarray:
        """Log density of all results of each release, its capability integrated out."""
        group = data["group_index"]
        scatter, mean = of_group(p["scatter"], group), self.mean_shortfall(p, data, np)
        away = self.deviation(p, data)

        def density(c: np.ndarray, i: int) -> np.ndarray:
            eps = c - mu[..., i, None]
            of = scatter[..., i, None], mean[..., i, None]
            return np.asarray(composed_logp(self.shortfall, eps, *of, arrays))

        return marginal_logp(p, data, len(group), density, away)

    def deviation(self, p: Values, data: Values) -> Any:
        """By how much the ability behind each result differs from the model's capability, points.

        Here by nothing; else of shape ``(..., result)``.
        """
        return 0.0

    def can_leave_out(self, data: Values) -> np.ndarray:
        """All but the two that define the scale."""
        return ~np.isin(np.arange(len(data["group_index"])), data["pin_index"])

    def capabilities(self, rng: Noise, p: Values, mu: np.ndarray, data: Values) -> np.ndarray:
        """The sampled capabilities of the releases."""
        return np.asarray(p["capability"])

    def simulate(
        self, rng: np.random.Generator, p: Values, mu: np.ndarray, data: Values
    ) -> np.ndarray:
        """New results: of the sampled capabilities and benchmarks, else of those of the prior."""
        if "capability" not in p:
            p = {**p, **self._drawn(rng, p, mu, data)}
        at = data["result_benchmark"]
        expected = self._expected(p, data)
        error = rng.standard_t(FREEDOM, expected.shape) * p["noise"][..., at]
        return (expected + error).astype(np.float32)

    def _drawn(
        self, rng: np.random.Generator, p: Values, mu: np.ndarray, data: Values
    ) -> dict[str, np.ndarray]:
        """New capabilities and benchmarks from what the parameters say of them."""
        group, n = data["group_index"], len(data["centre"])
        others = len(data["share"]) - len(group)
        lead = mu.shape[:-1]

        def normal(location: str, spread: str, size: int, log: bool = False) -> np.ndarray:
            at = np.log(p[location]) if log else p[location]
            values = at[..., None] + p[spread][..., None] * rng.standard_normal((*lead, size))
            return np.exp(values) if log else values

        return {
            "capability": self.new_capabilities(rng, p, mu, data),
            "other_capability": normal("other_mean", "other_spread", others),
            "difficulty": normal("difficulty_mean", "difficulty_spread", n),
            "discrimination": normal("discrimination_typical", "discrimination_spread", n, True),
            "noise": normal("noise_typical", "noise_spread", n, True),
        }

    def _expected(self, p: Values, data: Values) -> np.ndarray:
        """Score of each result without its error, ``(..., result)``."""
        at = data["result_benchmark"]
        every = np.concatenate([p["capability"], p["other_capability"]], axis=-1)
        ability = every[..., data["result_model"]] + self.deviation(p, data)
        odds = p["discrimination"][..., at] * (ability - p["difficulty"][..., at])
        return np.asarray(expected_score(odds, data["chance"][at], data["ceiling"][at], arrays))
