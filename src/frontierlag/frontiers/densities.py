"""Densities of the composed errors of stochastic frontier analysis.

With a symmetric error ``v ~ Normal(0, sd)`` and a shortfall ``u >= 0``, the residual of a release
is ``eps = v - u``. Its density has a closed form for an exponential ``u`` (Meeusen & van den
Broeck 1977) and for a half-normal ``u`` (Aigner, Lovell & Schmidt 1977). ``xp`` is
``pytensor.tensor`` or :mod:`frontierlag.arrays`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

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
