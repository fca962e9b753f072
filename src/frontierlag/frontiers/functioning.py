"""Abilities that differ from one index: by benchmark and group, and by domain of benchmarks.

One capability a model says that a group which is ahead on one benchmark is ahead by as much on all.
Where it is not so, item response theory speaks of differential item functioning (Holland & Wainer
1993, *Differential Item Functioning*), and of several correlated abilities.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from frontierlag.errors import SpecError
from frontierlag.frontiers.base import Noise, Values
from frontierlag.frontiers.joint import Joint
from frontierlag.frontiers.pinned import FreeScale
from frontierlag.names import BENCHMARK, DOMAIN, PAIR
from frontierlag.priors import Parameter, Prior
from frontierlag.scores import Metric, Releases
from frontierlag.scores.item_results import MeasuredReleases


class ByResult(Joint):
    """Benchmark results of which each may be of another ability than its model's capability."""

    @abstractmethod
    def differences(self, p: Values, data: Values) -> dict[str, Any]:
        """Random variables of how abilities differ from one index, by name, points."""

    @abstractmethod
    def points(self, p: Mapping[str, Any], data: Values, xp: Any) -> Any:
        """Ability behind each result minus the capability of its model, points."""

    def ability(self, p: Values, scale: FreeScale, data: Values) -> tuple[Any, Any]:
        """One for each result."""
        return self.of_results(self.differences(p, data), scale, data)

    def of_results(self, p: Mapping[str, Any], scale: FreeScale, data: Values) -> tuple[Any, Any]:
        """Abilities behind the results on the sampler's scale, one each."""
        of = data["result_model"]
        ability = scale.x[of] + self.points(p, data, pt) / scale.scale
        return ability, pt.arange(of.shape[0])

    def deviation(self, p: Values, data: Values) -> Any:
        """The same on draws."""
        return np.asarray(self.points(p, data, np))


@dataclass(frozen=True)
class JointDif(ByResult):
    """Benchmark results whose benchmarks may favour a group: differential item functioning.

    The ability behind a result of model i of group g on benchmark j is c_i + delta_jg with
    delta_jg ~ Normal(0, tau). What the two groups have of delta_j in common is the benchmark's
    difficulty, so that what moves is their difference dif_j ~ Normal(0, sqrt(2) tau), follower
    minus leader, half of it each way. The results alone cannot separate the mean of dif
    from a difference of capabilities; its prior does, and so the interval of the lag includes that
    other benchmarks might have been chosen.
    """

    name: ClassVar[str] = "joint-dif"
    latent_in_model: ClassVar[Mapping[str, str]] = {**Joint.latent_in_model, "dif": BENCHMARK}

    def parameters(self, metric: Metric) -> tuple[Parameter, ...]:
        """Those of the joint model, and the spread of what benchmarks favour a group by."""
        return (
            *super().parameters(metric),
            Parameter(
                name="dif_spread",
                meaning="standard deviation of what a benchmark favours a group by",
                unit=metric.unit,
                prior=Prior(family="HalfNormal", sigma=0.25 * metric.spread),
                shared=True,
            ),
        )

    def differences(self, p: Values, data: Values) -> dict[str, Any]:
        """Random variables of how abilities differ from one index, by name, points."""
        z = pm.Normal("free_dif", 0.0, 1.0, shape=data["centre"].shape[0])
        return {"dif": pm.Deterministic("dif", np.sqrt(2.0) * p["dif_spread"] * z)}

    def points(self, p: Mapping[str, Any], data: Values, xp: Any) -> Any:
        """Ability behind each result minus the capability of its model, points."""
        return of_side(data, xp)[data["result_model"]] * p["dif"][..., data["result_benchmark"]]

    def _drawn(
        self, rng: np.random.Generator, p: Values, mu: np.ndarray, data: Values
    ) -> dict[str, np.ndarray]:
        size = (*mu.shape[:-1], len(data["centre"]))
        dif = np.sqrt(2.0) * p["dif_spread"][..., None] * rng.standard_normal(size)
        return super()._drawn(rng, p, mu, data) | {"dif": dif}


@dataclass(frozen=True)
class JointDomains(JointDif):
    """An ability for each domain of benchmarks, correlated through the index.

    In domain k a model i of group g, released t years after the reference date, has the ability

        c_ik = c_i + s_g (gap_k + pace_gap_k t) + pace_k t + own_ik,

    s = -1/2 for the leader's group, 1/2 for the follower's: the follower's group may be better or
    worse in the domain than on the index, the domain may move faster or slower, for one group more
    than for the other, and each model has strengths of its own, own_ik ~ Normal(0, own_spread).
    gap, pace and pace_gap add up to nothing over the domains, each normal with a spread that is
    estimated: so the index is the mean of the domains, and a domain with few results is drawn
    towards it. Location and scale of every domain are those of the index, as its benchmarks'
    difficulties and discriminations absorb any other; there is nothing to rotate, as each benchmark
    measures one domain. Models of neither group have their own_ik alone. Benchmarks within a
    domain differ as in :class:`JointDif`.
    """

    name: ClassVar[str] = "joint-domains"
    measurement: ClassVar[tuple[str, ...]] = (
        *Joint.measurement, "benchmark_domain", "result_pair", "domain_basis", "pair_model",
    )  # fmt: skip
    only_to_draw: ClassVar[tuple[str, ...]] = ("pair_model",)
    latent_in_model: ClassVar[Mapping[str, str]] = {
        **JointDif.latent_in_model,
        "domain_gap": DOMAIN,
        "domain_pace": DOMAIN,
        "domain_pace_gap": DOMAIN,
        "own": PAIR,
    }

    def lacking(self, releases: Releases) -> str:
        """Domains of the benchmarks."""
        if isinstance(releases, MeasuredReleases) and len(releases.responses.domains):
            return ""
        return (
            "has an ability for each domain of benchmarks, and nothing says which benchmark is of "
            "which domain: fit it with `frontierlag domains`"
        )

    def parameters(self, metric: Metric) -> tuple[Parameter, ...]:
        """Those with differing benchmarks, and three spreads between domains."""

        def spread(name: str, meaning: str, unit: str) -> Parameter:
            prior = Prior(family="HalfNormal", sigma=0.25 * metric.spread)
            return Parameter(name=name, meaning=meaning, unit=unit, prior=prior, shared=True)

        points, yearly = metric.unit, f"{metric.unit} a year"
        return (
            *super().parameters(metric),
            spread("gap_spread", "spread over domains of follower minus leader", points),
            spread("pace_spread", "spread over domains of the slope of both", yearly),
            spread("pace_gap_spread", "spread of follower's minus leader's slope", yearly),
            spread("own_spread", "spread of a model's ability in a domain", points),
        )

    def differences(self, p: Values, data: Values) -> dict[str, Any]:
        """Those of benchmarks, of domains, and of models in a domain."""
        basis, drawn = data["domain_basis"], super().differences(p, data)
        for name in _BY_DOMAIN:
            z = pm.Normal(f"free_{name}", 0.0, 1.0, shape=basis.shape[1])
            drawn[name] = pm.Deterministic(
                name, p[f"{name.removeprefix('domain_')}_spread"] * pt.dot(basis, z)
            )
        own = pm.Normal("free_own", 0.0, 1.0, shape=data["pair_model"].shape[0])
        return drawn | {"own": pm.Deterministic("own", p["own_spread"] * own)}

    def points(self, p: Mapping[str, Any], data: Values, xp: Any) -> Any:
        """Ability behind each result minus the capability of its model, points."""
        model, k = data["result_model"], data["benchmark_domain"][data["result_benchmark"]]
        shift = domain_shift(p, k, of_side(data, xp)[model], _years(data, xp)[model])
        return super().points(p, data, xp) + shift + p["own"][..., data["result_pair"]]

    def release_logp(self, p: Values, mu: np.ndarray, data: Values) -> np.ndarray:
        """Refuse: a release's own abilities would have to be integrated out too.

        Raises
        ------
        SpecError
            Always. With own_ik held at its draws, which know the release's results, leaving the
            release out would look better than it is.
        """
        raise SpecError(
            f"{self.name}: leave-one-out by release is not defined for abilities by domain, as a "
            "release's own abilities are parameters too; compare models of one index instead "
            "(linear-joint, linear-joint-dif)"
        )

    def in_domain(self, rng: Noise, p: Values, data: Values, k: int) -> np.ndarray:
        """Ability of every release in one domain, ``(..., release)``.

        What a release is better at than its results on other domains say is drawn from the prior
        where it has no result in this one.
        """
        half, years = data["group_index"] - 0.5, data["years"]
        shape = (*p["own_spread"].shape, len(years))
        own = p["own_spread"][..., None] * rng.standard_normal(shape)
        has, at = known_pairs(data, k, len(years))
        own[..., has] = p["own"][..., at]
        return np.asarray(p["capability"] + domain_shift(p, k, half, years) + own)

    def _drawn(
        self, rng: np.random.Generator, p: Values, mu: np.ndarray, data: Values
    ) -> dict[str, np.ndarray]:
        lead, basis = mu.shape[:-1], np.asarray(data["domain_basis"])
        drawn = super()._drawn(rng, p, mu, data)
        for name in _BY_DOMAIN:
            z = rng.standard_normal((*lead, basis.shape[1]))
            drawn[name] = p[f"{name.removeprefix('domain_')}_spread"][..., None] * (z @ basis.T)
        own = rng.standard_normal((*lead, len(data["pair_model"])))
        return drawn | {"own": p["own_spread"][..., None] * own}


_BY_DOMAIN = ("domain_gap", "domain_pace", "domain_pace_gap")


def domain_shift(p: Mapping[str, Any], k: Any, half: Any, years: Any) -> Any:
    """Ability in a domain minus capability, without the model's own: points.

    Parameters
    ----------
    p
        ``domain_gap``, ``domain_pace`` and ``domain_pace_gap``, ``(..., domain)``.
    k
        Domains: one, or one for each of ``half`` and ``years``.
    half
        -1/2 for the leader's group, 1/2 for the follower's, 0 for neither.
    years
        After the reference date; 0 for a model of neither group.
    """
    gap, pace, pace_gap = (p[name][..., k] for name in _BY_DOMAIN)
    if np.ndim(k) == 0 and isinstance(gap, np.ndarray):
        gap, pace, pace_gap = gap[..., None], pace[..., None], pace_gap[..., None]
    return half * (gap + pace_gap * years) + pace * years


def of_side(data: Values, xp: Any) -> Any:
    """-1/2 for a model of the leader's group, 1/2 of the follower's, 0 of neither, ``(model,)``."""
    return _padded(data["group_index"] - 0.5, data, xp)


def _years(data: Values, xp: Any) -> Any:
    """Years after the reference date of each model, 0 for those of neither group, ``(model,)``."""
    return _padded(data["years"], data, xp)


def _padded(of_releases: Any, data: Values, xp: Any) -> Any:
    others = data["share"].shape[0] - of_releases.shape[0]
    return xp.concatenate([of_releases, xp.zeros(others)])


def known_pairs(data: Values, k: int, releases: int) -> tuple[np.ndarray, np.ndarray]:
    """Releases that have a result in a domain, and the place of each in ``own``."""
    model = np.asarray(data["pair_model"])
    at = np.flatnonzero((np.asarray(data["pair_domain"]) == k) & (model < releases))
    return model[at], at
