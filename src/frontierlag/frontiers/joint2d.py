"""Two abilities behind the benchmark results; lags are told on the first, the scale of the pins.

An index gives each model one number. If models differ in more than one way, some benchmarks ask for
what others do not, and the one number depends on which benchmarks were taken. Here

    log odds_ij = a_j (c_i - d_j) + b_j z_i,    z_i ~ Normal(0, 1),

a compensatory two-dimensional item response model (Reckase 2009), with c and everything else as in
:class:`~frontierlag.frontiers.joint.Joint`. What the likelihood alone leaves open, and what settles
it:

- location and scale of c: the two models that pin it, as with one ability;
- location and scale of z, which d and b could take up: its standard normal prior;
- z + k c in place of z, with a_j - k b_j in place of a_j: the same prior, in which z depends on
  neither date nor group;
- c + k z in place of c, with b_j - k a_j in place of b_j (the pins keep their scores, so c is
  stretched back): the constraint

      sum_r w_r a_j(r) b_j(r) = 0

  over all results r that count. What a model's second ability gives it on some benchmarks it costs
  on others, in the same measure: over the results of the table it adds nothing on average to what
  discriminates. This makes c the direction in which the benchmarks agree, as the first principal
  axis is, and is what makes it comparable with the capability of the model with one ability;
- the sign of z: each draw is reflected so that its loadings agree with those of a crude solution
  (:mod:`frontierlag.scores.item_results.start`).

The constraint holds by projection: free loadings b*_j ~ Normal(0, loading_spread), and
b = b* - a (sum a b* / sum a^2), sums over results. The part of b* along a enters nothing but its
own prior, so no Jacobian is needed.

References
----------
M. D. Reckase (2009), Multidimensional Item Response Theory, Springer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from frontierlag.errors import SpecError
from frontierlag.frontiers.base import Values
from frontierlag.frontiers.joint import Joint
from frontierlag.frontiers.pinned import FreeScale
from frontierlag.names import BENCHMARK, OTHER, RELEASE
from frontierlag.priors import Parameter, Prior
from frontierlag.scores import Metric

_SPREAD = "loading_spread"


def orthogonal(loading: Any, discrimination: Any, at: Any, weight: Any) -> Any:
    """Loadings without their part along the discriminations, on draws or on symbols.

    Parameters
    ----------
    loading, discrimination
        Shape ``(..., benchmark)``, the second in any unit.
    at, weight
        Benchmark and weight of each result, shape ``(result,)``.
    """
    a, b = discrimination[..., at], loading[..., at]
    along = (weight * a * b).sum(-1) / (weight * a**2).sum(-1)
    return loading - along[..., None] * discrimination


@dataclass(frozen=True)
class Joint2d(Joint):
    """The joint model with a second ability of every model, orthogonal to the first."""

    name: ClassVar[str] = "joint2d"
    measurement: ClassVar[tuple[str, ...]] = (
        *Joint.measurement, "start_second", "start_loading",
    )  # fmt: skip
    only_to_start: ClassVar[tuple[str, ...]] = (*Joint.only_to_start, "start_second")
    latent_in_model: ClassVar[Mapping[str, str]] = {
        **Joint.latent_in_model,
        "second": RELEASE,
        "other_second": OTHER,
        "loading": BENCHMARK,
    }

    def parameters(self, metric: Metric) -> tuple[Parameter, ...]:
        """Those of one ability, and how far the benchmarks differ in what else they ask for."""
        return (
            *super().parameters(metric),
            Parameter(
                name=_SPREAD,
                meaning="standard deviation of the benchmarks' loadings on the second ability",
                unit="log odds a standard deviation",
                prior=Prior(family="LogNormal", median=0.5, sigma=1.0),
                shared=True,
            ),
        )

    def variables(self, parameters: Sequence[Parameter]) -> dict[str, Any]:
        """Those of one ability, and the loadings' spread."""
        rest = [p for p in parameters if p.name != _SPREAD]
        own = {p.name: p.variable() for p in parameters if p.name == _SPREAD}
        return super().variables(rest) | own

    def _benchmarks(
        self, p: Values, scale: FreeScale, data: Values
    ) -> tuple[list[Any], list[Any], Any, Any]:
        """As with one ability, and the second with its loadings."""
        abilities, slopes, offset, log_noise = super()._benchmarks(p, scale, data)
        at, weight, toward = (
            data[name] for name in ("result_benchmark", "result_weight", "start_loading")
        )
        releases = data["group_index"].shape[0]
        z = pm.Normal("free_second", shape=scale.x.shape, initval=data["start_second"])
        free = pm.Normal("free_loading", 0.0, p[_SPREAD], shape=toward.shape, initval=toward)
        discrimination = pm.modelcontext(None)["discrimination"]
        loading = orthogonal(free, discrimination, at, weight)
        sign = pt.switch((weight * toward[at] * loading[at]).sum() < 0, -1.0, 1.0)
        pm.Deterministic("loading", sign * loading)
        pm.Deterministic("second", sign * z[:releases])
        pm.Deterministic("other_second", sign * z[releases:])
        return [*abilities, z], [*slopes, loading], offset, log_noise

    def _log_odds(self, p: Values, data: Values) -> np.ndarray:
        """Log odds of each result on draws."""
        every = np.concatenate([p["second"], p["other_second"]], axis=-1)
        added = p["loading"][..., data["result_benchmark"]] * every[..., data["result_model"]]
        return np.asarray(super()._log_odds(p, data) + added)

    def _drawn(
        self, rng: np.random.Generator, p: Values, mu: np.ndarray, data: Values
    ) -> dict[str, np.ndarray]:
        """Capabilities, benchmarks and the second ability from what the parameters say of them."""
        drawn = super()._drawn(rng, p, mu, data)
        lead, n, releases = mu.shape[:-1], len(data["centre"]), len(data["group_index"])
        z = rng.standard_normal((*lead, len(data["share"])))
        free = p[_SPREAD][..., None] * rng.standard_normal((*lead, n))
        at, weight = data["result_benchmark"], data["result_weight"]
        return {
            **drawn,
            "loading": orthogonal(free, drawn["discrimination"], at, weight),
            "second": z[..., :releases],
            "other_second": z[..., releases:],
        }

    def release_logp(self, p: Values, mu: np.ndarray, data: Values) -> np.ndarray:
        """Not told: a release's two abilities would have to be integrated out together.

        Raises
        ------
        SpecError
            Always.
        """
        raise SpecError(
            f"{self.name} cannot be compared release by release: that needs both abilities of a "
            "release integrated out. Compare models with one ability, such as linear-joint"
        )

    def can_leave_out(self, data: Values) -> np.ndarray:
        """None (see :meth:`release_logp`)."""
        return np.zeros(len(data["group_index"]), dtype=bool)
