"""Latent capabilities on a scale that two models pin, in coordinates that a sampler can move in.

The scale is defined by two models: their capabilities are 130 and 150 points, exactly. Sampled as
they are, the capabilities of all other models are correlated: what is not known of the two pins
stretches everything else, and a sampler that moves one capability at a time cannot follow. Here the
sampler moves x, one number a model, the pins among them, and

    c_i = low + (high - low) (x_i - x_low) / (x_high - x_low)

is the capability. Adding a number to all x, or multiplying all, changes no c, so two directions of
x say nothing; they are given a narrow density of their own, independent of c.

Change of variables: with m0 = sum w_i x_i and m1 = sum w_i u_i x_i for fixed w and u, where
sum w_i = 1, sum w_i u_i = 0 and sum w_i u_i^2 = 1, and S = (high - low) / (x_high - x_low),

    dx = const * S^-(n-1) / m1  dm0 dm1 dc,

c without the pins (n - 2 of them). Hence p(c) q(m0) q(m1) with q(m1) proportional to
exp(-(m1 - 1)^2 / (2 tau^2)) / m1 has in x the density p(c) exp(...) S^(n-1): see
:func:`free_scale`. Both factors of 1/m1 cancel, and what is sampled of c is exactly p(c).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pymc as pm
import pytensor.tensor as pt

from frontierlag.frontiers.base import Values

# Standard deviation of the two directions that say nothing, times the root of the number of
# models: about as narrow as the other directions are, so that no step size has to bridge the two.
_SLICE = 0.1
_IMPOSSIBLE = 1e-30


@dataclass(frozen=True)
class FreeScale:
    """Symbols of capabilities on the sampler's scale and on that of the pins.

    Attributes
    ----------
    x
        The sampler's coordinates, shape ``(model,)``.
    scale
        Points per unit of x.
    log_scale
        Its logarithm.
    capability
        Points, shape ``(model,)``.
    """

    x: Any
    scale: Any
    log_scale: Any
    capability: Any

    def points(self, x: Any, low: Any, low_score: Any) -> Any:
        """Points of any place on the sampler's scale, given the lower pin's."""
        return low_score + self.scale * (x - low)


def free_scale(data: Values) -> FreeScale:
    """Add the coordinates of all capabilities to the open ``pm.Model``, with their Jacobian.

    The caller adds the density of the capabilities.

    Parameters
    ----------
    data
        ``start_capability`` and ``share`` (u and w above), shape ``(model,)``, ``pin_index`` and
        ``pin_score``, lower pin first, shape ``(2,)``.
    """
    u, w, pins, score = (
        data[name] for name in ("start_capability", "share", "pin_index", "pin_score")
    )
    n = u.shape[0]
    x = pm.Flat("free_capability", shape=n, initval=u)
    between = x[pins[1]] - x[pins[0]]
    # Capabilities that put the pins the wrong way round have no density.
    upright = pt.switch(between > _IMPOSSIBLE, between, _IMPOSSIBLE)
    scale = (score[1] - score[0]) / upright
    log_scale = pt.log(scale)
    tau = _SLICE / pt.sqrt(n)
    apart = (pt.dot(w, x) / tau) ** 2 + ((pt.dot(w * u, x) - 1) / tau) ** 2
    pm.Potential(
        "free_scale",
        pt.switch(between > _IMPOSSIBLE, (n - 1) * log_scale - apart / 2, -pt.inf),
    )
    return FreeScale(x, scale, log_scale, score[0] + scale * (x - x[pins[0]]))
