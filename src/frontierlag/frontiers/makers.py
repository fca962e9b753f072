"""Shortfalls that differ between makers and change with time.

One mean shortfall a group says that a maker's flagships and the small models of its neighbour lie
equally far below what their group is able to, in 2023 as in 2026. Where makers differ, so do
releases of one maker agree: in stochastic frontier analysis, inefficiency effects of firms that
change with time (Battese & Coelli 1995, Empirical Economics 20, 325-332).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from frontierlag.frontiers.base import Values
from frontierlag.frontiers.joint import Joint
from frontierlag.frontiers.stochastic import Stochastic
from frontierlag.names import MAKER
from frontierlag.priors import Parameter, Prior
from frontierlag.scores import Metric, Releases
from frontierlag.trends.base import of_group

_OWN = ("maker_spread", "shortfall_change")
_EFFECT = "maker_effect"


class ByMaker(Stochastic):
    """The mean shortfall of release i of group g and maker k, t_i years after the reference date.

    m_i = shortfall_g exp(maker_effect_k + shortfall_change_g t_i),
    maker_effect_k ~ Normal(0, maker_spread).

    So shortfall_g is that of the median maker at the reference date, makers with few releases are
    drawn towards it, and with maker_spread and shortfall_change at zero the model is the one whose
    shortfalls have one mean a group. A maker is an organization within a group: its open and its
    closed models may fall short by different amounts.
    """

    def lacking(self, releases: Releases) -> str:
        """The names of makers."""
        if (releases.organization != "").any():
            return ""
        return (
            f"tells makers apart, and {releases.table} does not name them: add a column "
            "'organization', or fit another model"
        )

    def parameters(self, metric: Metric) -> tuple[Parameter, ...]:
        """Those of the frontier, how far makers differ, and how fast shortfalls change."""
        return (
            *super().parameters(metric),
            Parameter(
                name="maker_spread",
                meaning="standard deviation over makers of the logarithm of the mean shortfall",
                unit="",
                prior=Prior(family="HalfNormal", sigma=0.75),
                shared=True,
            ),
            Parameter(
                name="shortfall_change",
                meaning="change of the logarithm of the mean shortfall",
                unit="a year",
                prior=Prior(family="Normal", mu=0.0, sigma=0.5),
            ),
        )

    def variables(self, parameters: Sequence[Parameter]) -> dict[str, Any]:
        """Those of the frontier as it samples them, then its own as they are."""
        rest = [p for p in parameters if p.name not in _OWN]
        own = {p.name: p.variable() for p in parameters if p.name in _OWN}
        return super().variables(rest) | own

    def likelihood(self, p: Values, mu: Any, data: Values) -> None:
        """That of the frontier with makers' effects, non-centred: most makers have few releases."""
        z = pm.Normal("free_maker", 0.0, 1.0, shape=data["makers"].shape[0])
        effect = pm.Deterministic(_EFFECT, p["maker_spread"] * z)
        super().likelihood({**p, _EFFECT: effect}, mu, data)

    def mean_shortfall(self, p: Values, data: Values, xp: Any = pt) -> Any:
        """Mean of each release's shortfall, ``(..., release)``, points."""
        group, years = data["group_index"], data["years"]
        change = of_group(p["shortfall_change"], group) * years
        effect = p[_EFFECT][..., data["maker"]]
        return of_group(p["shortfall"], group) * xp.exp(effect + change)

    def future_shortfall(
        self, p: Values, group: np.ndarray, years: np.ndarray, maker: np.ndarray
    ) -> np.ndarray:
        """Mean shortfall of releases yet to come: of their maker, as it is by then."""
        change = of_group(p["shortfall_change"], group) * years
        effect = np.take_along_axis(p[_EFFECT], maker, axis=-1)
        return np.asarray(
            super().future_shortfall(p, group, years, maker) * np.exp(effect + change)
        )

    def simulate(
        self, rng: np.random.Generator, p: Values, mu: np.ndarray, data: Values
    ) -> np.ndarray:
        """New data: of the sampled makers' effects, else of effects from their prior."""
        return super().simulate(rng, self.with_effects(rng, p, data), mu, data)

    def with_effects(self, rng: np.random.Generator, p: Values, data: Values) -> Values:
        """Draws that hold makers' effects: those that they have, else from their prior."""
        if _EFFECT in p:
            return p
        spread = p["maker_spread"]
        effect = rng.standard_normal((*np.shape(spread), len(data["makers"])))
        return {**p, _EFFECT: spread[..., None] * effect}


@dataclass(frozen=True)
class StochasticMakers(ByMaker, Stochastic):
    """The stochastic frontier of scores with shortfalls by maker and time."""

    name: ClassVar[str] = "stochastic-makers"
    measurement: ClassVar[tuple[str, ...]] = (*Stochastic.measurement, "maker", "makers")
    only_to_draw: ClassVar[tuple[str, ...]] = ("makers",)
    latent_in_model: ClassVar[Mapping[str, str]] = {_EFFECT: MAKER}


@dataclass(frozen=True)
class JointMakers(ByMaker, Joint):
    """The joint model of benchmark results with shortfalls by maker and time."""

    name: ClassVar[str] = "joint-makers"
    measurement: ClassVar[tuple[str, ...]] = (*Joint.measurement, "maker", "makers")
    only_to_draw: ClassVar[tuple[str, ...]] = ("makers",)
    latent_in_model: ClassVar[Mapping[str, str]] = {**Joint.latent_in_model, _EFFECT: MAKER}
