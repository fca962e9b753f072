"""What the results of one model say with its capability integrated out.

Comparing models of latent variables by how well each predicts wants the density of all that is
observed of a unit with its own latent variable integrated out, not given it: conditional densities
reward a model for variables that the left-out data themselves informed (Merkle, Furr &
Rabe-Hesketh 2019, Psychometrika 84, 802-829).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import logsumexp

from frontierlag import arrays
from frontierlag.frontiers.base import Values
from frontierlag.frontiers.item_response import expected_score, student_logp

# Nodes of the trapezoidal rule, and how far they reach on either side of the posterior.
NODES = 49
REACH = 8.0
# Log of the share of the integrand's highest value below which it adds nothing.
_NOTHING = 25.0
# A rule that reaches further than the integrand by more than this is set anew.
_MOSTLY = 0.6

# Log density of capabilities of shape (..., node) under what is known of release i.
Density = Callable[[np.ndarray, int], np.ndarray]


def marginal_logp(
    p: Values, data: Values, releases: int, density: Density, away: Any = 0.0
) -> np.ndarray:
    """Log density of all results of each release, its capability integrated out.

    log p(y_i | rest) = log int prod_j t_4((y_ij - f_j(c)) / noise_j) / noise_j  p(c | trend_i) dc,
    by the trapezoidal rule over 8 posterior standard deviations on either side of the posterior
    mean, where the integrand, which is the posterior's own, has all but vanished. The two models
    that pin the scale have their capability exactly, so that their integrand has one point.

    Parameters
    ----------
    p
        Draws: ``capability`` ``(..., release)``; ``difficulty``, ``discrimination`` and ``noise``
        ``(..., benchmark)``.
    data
        ``result``, ``result_model``, ``result_benchmark``, ``result_weight``, ``chance``,
        ``ceiling`` and ``pin_index``.
    releases
        How many models are releases: the first ones.
    density
        Log density of a capability of release i.
    away
        By how much the ability behind each result differs from its model's capability, points,
        ``(..., result)``.

    Returns
    -------
    Shape ``(..., release)``.
    """
    capability = p["capability"]
    lead = capability.shape[:-1]
    found = np.empty((*lead, releases))
    for i in range(releases):
        of = np.flatnonzero(np.asarray(data["result_model"]) == i)
        draws = capability[..., i]
        pinned = i in np.asarray(data["pin_index"])
        half = 0.0 if pinned else REACH * draws.std()
        nodes = np.linspace(draws.mean() - half, draws.mean() + half, 1 if pinned else NODES)
        total = _results_logp(p, data, of, nodes, away) + density(_spread(nodes, lead), i)
        # Of a release that was left out, the draws are as wide as its prior and the integrand is
        # not: the rule is set anew over where there is something to add up, while that narrows it.
        while not pinned and np.ptp(narrow := _where_it_counts(total, nodes)) < (
            _MOSTLY * np.ptp(nodes)
        ):
            nodes = narrow
            total = _results_logp(p, data, of, nodes, away) + density(_spread(nodes, lead), i)
        step = 1.0 if pinned else nodes[1] - nodes[0]
        found[..., i] = logsumexp(total, axis=-1) + np.log(step)
    return found


def _results_logp(
    p: Values, data: Values, of: np.ndarray, nodes: np.ndarray, away: Any
) -> np.ndarray:
    """Log density of some results at each node, those of no weight left out, ``(..., node)``."""
    at = np.asarray(data["result_benchmark"])[of]
    a, d, noise = (p[name][..., at, None] for name in ("discrimination", "difficulty", "noise"))
    if np.ndim(away):
        d = d - away[..., of, None]
    expected = expected_score(
        a * (nodes - d), data["chance"][at, None], data["ceiling"][at, None], arrays
    )
    error = np.asarray(data["result"])[of, None] - expected
    weight = np.asarray(data["result_weight"])[of, None]
    return np.asarray((weight * student_logp(error, noise, np.log(noise), arrays)).sum(-2))


def _spread(nodes: np.ndarray, lead: tuple[int, ...]) -> np.ndarray:
    return np.broadcast_to(nodes, (*lead, len(nodes)))


def _where_it_counts(total: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """As many nodes between those beyond which no draw has anything to add."""
    counts = (total > total.max(-1, keepdims=True) - _NOTHING).reshape(-1, len(nodes)).any(0)
    first, last = np.flatnonzero(counts)[[0, -1]]
    low, high = nodes[max(first - 1, 0)], nodes[min(last + 1, len(nodes) - 1)]
    return np.linspace(low, high, len(nodes))
