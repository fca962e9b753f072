"""Scatter and mean shortfall, sampled in coordinates that the data tell apart.

A table of releases says well how far they lie apart in all, and less well how much of that is
symmetric scatter and how much shortfall: on their own axes the two, and the level with them, lie on
a curved ridge. Here the sampler moves the log of their root sum of squares and the log of their
ratio. Priors are those of scatter and shortfall, with the Jacobian of the change; the posterior is
the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pymc.distributions.transforms import Transform

from frontierlag.names import GROUP
from frontierlag.priors import Parameter


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
