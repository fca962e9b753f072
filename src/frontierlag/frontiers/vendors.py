"""Results that a vendor reports of its own models may be too good.

A vendor chooses prompts, tools, attempts, and what it publishes. Models that are measured mostly by
their makers then come out too high.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pymc as pm

from frontierlag.frontiers.base import Values
from frontierlag.frontiers.functioning import ByResult
from frontierlag.frontiers.joint import Joint
from frontierlag.names import VENDOR
from frontierlag.priors import Parameter, Prior
from frontierlag.scores import Metric, Releases
from frontierlag.scores.item_results import MeasuredReleases


@dataclass(frozen=True)
class JointVendors(ByResult):
    """Benchmark results of which vendors report some of their own models.

    The ability behind such a result of model i by vendor v is c_i + vendor_bias_v with
    vendor_bias_v ~ Normal(bias_mean, bias_spread), points of the index; behind every other result
    it is c_i. A result is a vendor's own if the table of sources says that its source made the
    model. Models of neither group have no maker here, so that their results count as others'.
    """

    name: ClassVar[str] = "joint-vendors"
    measurement: ClassVar[tuple[str, ...]] = (*Joint.measurement, "result_vendor", "vendors")
    only_to_draw: ClassVar[tuple[str, ...]] = ("vendors",)
    latent_in_model: ClassVar[Mapping[str, str]] = {**Joint.latent_in_model, "vendor_bias": VENDOR}

    def lacking(self, releases: Releases) -> str:
        """Results that vendors report of their own models."""
        if isinstance(releases, MeasuredReleases) and len(releases.vendors[0]):
            return ""
        return (
            "estimates how much better vendors report their own models, and no result here has the "
            "maker of its model as its source: fit linear-joint"
        )

    def parameters(self, metric: Metric) -> tuple[Parameter, ...]:
        """Those of the joint model, and how much better vendors report their own models."""
        scale = 0.25 * metric.spread
        return (
            *super().parameters(metric),
            Parameter(
                name="bias_mean",
                meaning="mean of how much better a vendor reports its own models",
                unit=metric.unit,
                prior=Prior(family="Normal", mu=0.0, sigma=scale),
                shared=True,
            ),
            Parameter(
                name="bias_spread",
                meaning="standard deviation of the same over vendors",
                unit=metric.unit,
                prior=Prior(family="HalfNormal", sigma=scale),
                shared=True,
            ),
        )

    def differences(self, p: Values, data: Values) -> dict[str, Any]:
        """The vendors' biases."""
        z = pm.Normal("free_vendor", 0.0, 1.0, shape=data["vendors"].shape[0])
        bias = p["bias_mean"] + p["bias_spread"] * z
        return {"vendor_bias": pm.Deterministic("vendor_bias", bias)}

    def points(self, p: Mapping[str, Any], data: Values, xp: Any) -> Any:
        """The vendor's bias behind its own results, 0 behind others."""
        bias, of = p["vendor_bias"], data["result_vendor"]
        # The last vendor stands in where there is none, and counts for nothing.
        return xp.where(of >= 0, bias[..., of], 0.0)

    def _drawn(
        self, rng: np.random.Generator, p: Values, mu: np.ndarray, data: Values
    ) -> dict[str, np.ndarray]:
        z = rng.standard_normal((*mu.shape[:-1], len(data["vendors"])))
        bias = p["bias_mean"][..., None] + p["bias_spread"][..., None] * z
        return super()._drawn(rng, p, mu, data) | {"vendor_bias": bias}
