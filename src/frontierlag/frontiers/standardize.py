"""Coordinates in which a latent capability is easy to sample.

A capability that was measured well lies close to its score, one that was measured poorly close to
what the trend, scatter and shortfall say. Sampled as it is, it ties the scatter's hands: as the
scatter nears 0 it has no room to move (a funnel). Here the sampler moves its distance from the mean
it would have under a symmetric error, in standard deviations of the same: near standard normal
whatever the parameters are (Papaspiliopoulos, Roberts & Sköld 2007, on partial non-centring). Mean
and standard deviation only place and scale the coordinate, so the posterior is exactly the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor.tensor as pt
from pymc.distributions.transforms import Transform

from frontierlag.frontiers import densities


class Standardized(Transform):
    """Capability <-> its distance from the conditional mean in conditional standard deviations.

    Parameters
    ----------
    shortfall
        Distribution of the shortfall, as of the stochastic frontier.
    score, stderr
        Scores and their symmetric errors, symbols of shape ``(release,)``; where ``stderr`` is 0
        mean and standard deviation are those of a capability that was not measured.
    """

    name = "standardized"
    ndim_supp = 0

    def __init__(self, shortfall: str, score: Any, stderr: Any) -> None:
        self.shortfall, self.score, self.stderr = shortfall, score, stderr

    def forward(self, value: Any, *inputs: Any) -> Any:
        """From the capability to the sampler's coordinate."""
        mean, sd = self._moments(*inputs[-3:])
        return (value - mean) / sd

    def backward(self, value: Any, *inputs: Any) -> Any:
        """From the sampler's coordinate to the capability."""
        mean, sd = self._moments(*inputs[-3:])
        return mean + sd * value

    def log_jac_det(self, value: Any, *inputs: Any) -> Any:
        """Log of d capability / d coordinate."""
        _, sd = self._moments(*inputs[-3:])
        return pt.log(sd) + pt.zeros_like(value)

    def _moments(self, mu: Any, scatter: Any, shortfall: Any) -> tuple[Any, Any]:
        """Mean and standard deviation of c given the score, as in ``Stochastic.capabilities``.

        u is a truncated normal with mean and variance by the inverse Mills ratio, and given u,
        c = mu - u + k (eps + u) up to Normal(0, scatter sqrt(1 - k)).
        """
        exact = pt.eq(self.stderr, 0)
        stderr = pt.switch(exact, 1.0, self.stderr)
        variance = scatter**2 + stderr**2
        eps, k = self.score - mu, scatter**2 / variance
        if self.shortfall == "exponential":
            location, scale = -eps - variance / shortfall, pt.sqrt(variance)
        else:
            q2 = shortfall**2 * np.pi / 2
            share = q2 / (variance + q2)
            location, scale = -eps * share, pt.sqrt(variance * share)
        a = location / scale
        mills = pt.exp(-(a**2) / 2 - 0.5 * densities.LOG_2PI - densities.log_ndtr(a, pt))
        u = location + scale * mills
        # Below the bound the difference of two near equals has lost its digits.
        room = pt.maximum(1 - mills * (mills + a), 1 / (3 + a**2))
        spread = pt.sqrt(scatter**2 * (1 - k) + (1 - k) ** 2 * scale**2 * room)
        return (
            pt.switch(exact, mu - shortfall, mu - u + k * (eps + u)),
            pt.switch(exact, pt.sqrt(scatter**2 + shortfall**2), spread),
        )
