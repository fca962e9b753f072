"""Densities of the composed errors of stochastic frontier analysis.

With a symmetric error ``v ~ Normal(0, sd)`` and a shortfall ``u >= 0``, the residual of a release
is ``eps = v - u``. Its density has a closed form for an exponential ``u`` (Meeusen & van den
Broeck 1977) and for a half-normal ``u`` (Aigner, Lovell & Schmidt 1977). ``xp`` is
``pytensor.tensor`` or :mod:`frontierlag.arrays`.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from frontierlag import arrays

LOG_2PI = float(np.log(2 * np.pi))
ROOT_2 = float(np.sqrt(2))
LOG_ROOT_2_OVER_PI = 0.5 * float(np.log(2 / np.pi))


def normal_logp(eps: Any, sd: Any, xp: Any) -> Any:
    """Log density of Normal(0, sd) at ``eps``."""
    return -0.5 * (eps / sd) ** 2 - xp.log(sd) - 0.5 * LOG_2PI


def _log_scaled_lower_tail(z: Any, xp: Any) -> Any:
    """log(Phi(z) exp(z^2 / 2)) for z <= 0, through the scaled complementary error function."""
    return xp.log(xp.erfcx(-z / ROOT_2) / 2)


def log_ndtr(z: Any, xp: Any) -> Any:
    """log Phi(z), with values and gradients that neither overflow nor cancel in either tail."""
    below, above = xp.where(z < 0, z, 0.0), xp.where(z < 0, 0.0, z)
    return xp.where(
        z < 0,
        _log_scaled_lower_tail(below, xp) - below**2 / 2,
        xp.log1p(-xp.erfc(above / ROOT_2) / 2),
    )


def normal_exponential_logp(eps: Any, sd: Any, shortfall: Any, xp: Any) -> Any:
    """Log density of ``Normal(0, sd) - Exponential(mean=shortfall)`` at ``eps``.

    f(eps) = (1/m) exp(eps/m + sd^2 / (2 m^2)) Phi(z) with z = -(eps/sd + sd/m) and m the mean
    shortfall. For z < 0 the exponent and the tail of Phi cancel to -eps^2 / (2 sd^2), which is
    how it is computed there.
    """
    z = -(eps / sd + sd / shortfall)
    below, above = xp.where(z < 0, z, 0.0), xp.where(z < 0, 0.0, z)
    left = -0.5 * (eps / sd) ** 2 + _log_scaled_lower_tail(below, xp)
    right = eps / shortfall + 0.5 * (sd / shortfall) ** 2 + xp.log1p(-xp.erfc(above / ROOT_2) / 2)
    return -xp.log(shortfall) + xp.where(z < 0, left, right)


def normal_half_normal_logp(eps: Any, sd: Any, shortfall: Any, xp: Any) -> Any:
    """Log density of ``Normal(0, sd) - HalfNormal(mean=shortfall)`` at ``eps``.

    f(eps) = (2/w) phi(eps/w) Phi(-eps s / (sd w)) with s = shortfall sqrt(pi/2) the scale of the
    half-normal and w^2 = sd^2 + s^2: a skew normal.
    """
    scale = shortfall * np.sqrt(np.pi / 2)
    width = xp.sqrt(sd**2 + scale**2)
    return np.log(2) + normal_logp(eps, width, xp) + log_ndtr(-eps * scale / (sd * width), xp)


def two_piece_normal_logp(eps: Any, below: Any, above: Any, xp: Any) -> Any:
    """Log density of a two-piece normal with mode 0 and scales ``below`` and ``above`` it.

    f(eps) = sqrt(2/pi) / (below + above) exp(-eps^2 / (2 s^2)), s the scale of eps's own side.
    """
    scale = xp.where(eps < 0, below, above)
    return -0.5 * (eps / scale) ** 2 - xp.log(below + above) + LOG_ROOT_2_OVER_PI


NODES = 6


def two_piece_marginal_logp(
    score: np.ndarray,
    mu: np.ndarray,
    scatter: np.ndarray,
    shortfall: np.ndarray,
    below: np.ndarray,
    above: np.ndarray,
    capability_logp: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """Log of the integral over c of p(score | c) p(c).

    Gauss-Legendre quadrature over panels that end where the integrand changes its pace: at the
    score, at the trend, at some scatters and decay lengths from it, and around the peak of the
    product, which lies between the two or, for a score far below the trend, above the score. So it
    holds however narrow the scatter is beside the error, or the error beside the scatter.

    Parameters
    ----------
    score, below, above
        Scores and the two arms of their errors, both positive, shape ``(release,)``.
    mu, scatter, shortfall
        Trend, scatter and mean shortfall at each release, shape ``(..., release)``.
    capability_logp
        Log density of ``c - mu``, on arrays of the shape of ``mu``.

    Returns
    -------
    Log likelihood, shape ``(..., release)``, to about 1e-4.
    """
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    total = np.full(np.shape(mu), -np.inf)
    for arm, sign in ((below, -1.0), (above, 1.0)):
        edges = _panels(score, mu, scatter, shortfall, arm, sign)
        for left, right in pairwise(edges):
            half = (right - left) / 2
            with np.errstate(divide="ignore"):
                log_half = np.log(half)
            for node, weight in zip(nodes, weights, strict=True):
                c = left + half * (1 + node)
                height = capability_logp(c - mu) - 0.5 * ((c - score) / arm) ** 2
                total = np.logaddexp(total, height + log_half + np.log(weight))
    return total - arrays.log(below + above) + LOG_ROOT_2_OVER_PI


def _panels(
    score: np.ndarray,
    mu: np.ndarray,
    scatter: np.ndarray,
    shortfall: np.ndarray,
    arm: np.ndarray,
    sign: float,
) -> np.ndarray:
    """Ascending ends of the panels on one side of the score, shape ``(end, ..., release)``."""
    if sign < 0:  # a peak between trend and score, where the score is above the trend
        share = scatter**2 / (scatter**2 + arm**2)
        peak = mu + np.maximum(score - mu, 0) * share
        width = arm * np.sqrt(share)
        tail = 1 / (1 / shortfall + np.maximum(score - mu, 0) / arm**2)
    else:  # a peak towards the trend, where the score is below it
        peak = np.minimum(np.maximum(mu, score), score + arm**2 / shortfall)
        width, tail = arm, shortfall
    ends = [
        score + 0 * mu,
        *(score + sign * k * arm for k in (2, 4, 9)),
        *(mu + k * scatter for k in (-6, -2.5, 0, 2.5, 6)),
        *(mu - 6 * scatter - k * tail for k in (0.5, 2, 6, 16, 40)),
        *(peak + k * width for k in (-9, -3, 0, 3, 9)),
    ]
    reach = (np.abs(peak - score) + 9 * arm) * sign
    low, high = (score + reach, score) if sign < 0 else (score, score + reach)
    stacked = np.stack([np.broadcast_to(end, np.shape(mu)) for end in ends])
    return np.sort(np.clip(stacked, low, high), axis=0)
