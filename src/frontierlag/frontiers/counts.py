"""The binomial likelihood of a capability on the log-odds scale, as a sum of normal densities.

A frontier says how a capability lies around its trend: a normal, or a normal less an exponential.
Integrated against a *normal* likelihood that has a closed form. So the binomial likelihood of each
release is written, once and from its data alone, as

    Binomial(k; n, p(c)) = sum_j w_j Normal(c; node_j, sd_j),    p(c) = floor + height sigmoid(c),

and every integral over a capability becomes a sum of closed forms, good however narrow the scatter;
a draw from a capability's conditional is a draw of j, then one from the closed form.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls
from scipy.special import betaln, expit

from frontierlag.scores import Bounds

# Nodes stand half a standard deviation of the likelihood apart, with half of it as their own; where
# the likelihood flattens out (nothing solved, a score at the chance level) each step out is a tenth
# longer than the last, beginning with a quarter: 30 steps reach 40 log odds.
STEP, GROWTH, SIDE = 0.5, 1.13, 28
# Points between two nodes at which the sum is fitted, and the share of the peak from which on it is
# the absolute error that counts, not the relative one.
BETWEEN, FLOOR = 8, 1e-5
# Nodes with less than this share of the largest weight are dropped.
NEGLIGIBLE = 1e-12
LOG_ROOT_2PI = 0.5 * float(np.log(2 * np.pi))


def likelihood_of_counts(
    solved: np.ndarray, problems: np.ndarray, bounds: Bounds
) -> dict[str, np.ndarray]:
    """Write each release's likelihood as a sum of normal densities.

    Parameters
    ----------
    solved, problems
        Whole numbers, shape ``(release,)``.
    bounds
        Chance level and ceiling.

    Returns
    -------
    ``node``, ``node_sd`` and ``node_log_weight``, shape ``(release, node)``: the sum of
    exp(node_log_weight) Normal(c; node, node_sd) is the binomial probability of the count at log
    odds c, to 0.2 % of it wherever that
    is more than 1e-5 of its largest. Rows with fewer nodes are filled up with some of a
    negligible weight.
    """
    rows = [_row(k, n, bounds) for k, n in zip(solved, problems, strict=True)]
    width = max((len(node) for node, _, _ in rows), default=0)
    out = {name: np.empty((len(rows), width)) for name in ("node", "node_sd", "node_log_weight")}
    for i, row in enumerate(rows):
        for values, column, filler in zip(out.values(), row, (None, None, -1e3), strict=True):
            values[i] = column[0] if filler is None else column.max() + filler
            values[i, : len(column)] = column
    return out


def binomial_logp(
    solved: float, problems: float, log_odds: np.ndarray, bounds: Bounds
) -> np.ndarray:
    """Log probability of a count at each log odds."""
    height = bounds.upper - bounds.lower
    p = bounds.lower + height * expit(log_odds)
    q = (1 - bounds.upper) + height * expit(-log_odds)
    choices = -np.log1p(problems) - betaln(solved + 1, problems - solved + 1)
    with np.errstate(divide="ignore"):
        success = solved * np.log(p) if solved > 0 else 0.0
        failure = (problems - solved) * np.log(q) if solved < problems else 0.0
    return choices + success + failure


def _row(solved: float, problems: float, bounds: Bounds) -> tuple[np.ndarray, ...]:
    """Nodes, their standard deviations and log weights of one release, by least squares."""
    node, sd = _nodes(solved, problems, bounds)
    inner = node[1:-1]
    steps = np.arange(BETWEEN) / BETWEEN
    at = np.append((inner[:-1, None] + np.diff(inner)[:, None] * steps).ravel(), inner[-1])
    logp = binomial_logp(solved, problems, at, bounds)
    top = logp.max()
    height = np.exp(logp - top)
    per_unit = 1 / (height + FLOOR)
    basis = np.exp(-0.5 * ((at[:, None] - node) / sd) ** 2)
    weight, _ = nnls(basis * per_unit[:, None], height * per_unit, maxiter=100 * len(node))
    kept = weight > NEGLIGIBLE * weight.max()
    log_weight = np.log(weight[kept]) + np.log(sd[kept]) + LOG_ROOT_2PI + top
    return node[kept], sd[kept], log_weight


def _nodes(solved: float, problems: float, bounds: Bounds) -> tuple[np.ndarray, np.ndarray]:
    """Where normals stand and how wide they are: steps outward from where the likelihood changes.

    That is its mode; or, where it has a plateau (towards the floor if hardly more was solved than
    by guessing, towards the ceiling if everything was), half a log unit down from the plateau.
    """
    grid = np.linspace(-30, 30, 6001)
    logp = binomial_logp(solved, problems, grid, bounds)
    near = np.flatnonzero(logp > logp.max() - 0.5)
    start, widest = grid[np.argmax(logp)], 0.7
    for end, edge in ((0, near[-1]), (len(grid) - 1, near[0])):
        if end in near:
            start = grid[edge]
        if logp[end] > logp.max() - 8:
            widest = 0.35
    first = min(_spread(solved, problems, start, bounds), widest)
    places = [(start, first)]
    for direction in (-1, 1):
        at, step = start, first
        for _ in range(SIDE):
            at = at + direction * STEP * step
            step = min(_spread(solved, problems, at, bounds), GROWTH * step)
            places.append((at, step))
    node, step_length = np.array(sorted(places)).T
    return node, STEP * step_length


def _spread(solved: float, problems: float, log_odds: float, bounds: Bounds) -> float:
    """How fast the likelihood changes: 1 / sqrt of its curvature, expected or observed; up to 1e3.

    The larger of the two curvatures: near a chance level the observed one is twice the expected.
    """
    height = bounds.upper - bounds.lower
    s, r = expit(log_odds), expit(-log_odds)
    p, q = bounds.lower + height * s, (1 - bounds.upper) + height * r
    first, second = height * s * r, height * s * r * (r - s)
    expected = problems * first**2 / (p * q)
    failed = problems - solved
    observed = (solved / p**2 + failed / q**2) * first**2 - (solved / p - failed / q) * second
    return float(1 / np.sqrt(max(expected, observed) + 1e-6))
