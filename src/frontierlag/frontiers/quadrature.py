"""The likelihood of a score with a two-piece error, its capability integrated out."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from frontierlag import arrays
from frontierlag.frontiers import densities

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
    return total - arrays.log(below + above) + densities.LOG_ROOT_2_OVER_PI


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
