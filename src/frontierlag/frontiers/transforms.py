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
import pymc as pm
import pytensor.tensor as pt
from pymc.distributions.transforms import Transform

from frontierlag.frontiers import densities
from frontierlag.names import GROUP
from frontierlag.priors import Parameter


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


class TotalAndRatio(Transform):
    """(scatter, shortfall) <-> (log sqrt(scatter^2 + shortfall^2), log(shortfall / scatter)).

    With a and b the two coordinates, log scatter = a - log(1 + exp(2b)) / 2 and log shortfall =
    log scatter + b. The determinant of (a, b) -> (log scatter, log shortfall) is 1, so that of
    (a, b) -> (scatter, shortfall) is their product.
    """

    name = "total_and_ratio"
    ndim_supp = 1

    def forward(self, value: Any, *inputs: Any) -> Any:
        """From scatter and shortfall, on the last axis, to the sampler's coordinates."""
        scatter, shortfall = value[..., 0], value[..., 1]
        total = pt.log(scatter**2 + shortfall**2) / 2
        return pt.stack([total, pt.log(shortfall) - pt.log(scatter)], axis=-1)

    def backward(self, value: Any, *inputs: Any) -> Any:
        """From the sampler's coordinates to scatter and shortfall."""
        log_scatter, log_shortfall = self._logs(value)
        return pt.exp(pt.stack([log_scatter, log_shortfall], axis=-1))

    def log_jac_det(self, value: Any, *inputs: Any) -> Any:
        """Log of scatter times shortfall."""
        log_scatter, log_shortfall = self._logs(value)
        return log_scatter + log_shortfall

    @staticmethod
    def _logs(value: Any) -> tuple[Any, Any]:
        a, b = value[..., 0], value[..., 1]
        log_scatter = a - pt.softplus(2 * b) / 2
        return log_scatter, log_scatter + b


def scatter_and_shortfall(scatter: Parameter, shortfall: Parameter) -> dict[str, Any]:
    """Add both parameters to the open ``pm.Model``, with the priors they have.

    Returns
    -------
    The two variables by name, dim ``group``; the sampler sees their pair, ``spread``.
    """
    pair = (scatter.prior, shortfall.prior)

    def logp(value: Any, _: Any) -> Any:
        return sum(prior.symbolic_logp(value[..., i]) for i, prior in enumerate(pair))

    def random(like: Any, rng: np.random.Generator, size: Any) -> np.ndarray:
        shape = np.broadcast_shapes(np.shape(like)[:-1], size or ())
        return np.stack([prior.draw(rng, shape) for prior in pair], axis=-1)

    typical = np.array([[prior.median_value for prior in pair]] * 2)
    both = pm.CustomDist(
        "spread",
        np.zeros((2, 2)),
        logp=logp,
        random=random,
        signature="(k)->(k)",
        transform=TotalAndRatio(),
        initval=typical,
    )
    return {
        q.name: pm.Deterministic(q.name, both[:, i], dims=(GROUP,))
        for i, q in enumerate((scatter, shortfall))
    }
