"""A crude solution of the item-response model: where chains start and by what they are centred."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_STEPS = 30
_EDGE = 0.02
_RIDGE = 1.0


@dataclass(frozen=True)
class Start:
    """A crude solution on a scale of its own: weighted mean 0, weighted variance 1.

    Capability and weight (share of the results) are ``(model,)``. Of each benchmark the log odds
    are intercept + discrimination (capability - centre), ``(benchmark,)``, with the centre the
    mean capability of the models given it.
    """

    capability: np.ndarray
    discrimination: np.ndarray
    intercept: np.ndarray
    centre: np.ndarray
    weight: np.ndarray


def start(
    model: np.ndarray,
    benchmark: np.ndarray,
    fraction: np.ndarray,
    models: int,
    benchmarks: int,
) -> Start:
    """Alternate weighted least squares on log odds: benchmarks given models, models given those.

    Model and benchmark are indices of each result, the fraction its score between chance level (0)
    and ceiling (1), all ``(result,)``. The solution after a fixed number of steps enters no
    posterior: it only says where chains start and which coordinates they move in.
    """
    p = np.clip(fraction, _EDGE, 1 - _EDGE)
    y, w = np.log(p / (1 - p)), 4 * p * (1 - p)

    def total(index: np.ndarray, values: np.ndarray, n: int) -> np.ndarray:
        return np.bincount(index, values, n)

    c = np.zeros(models)
    a, b = np.ones(benchmarks), total(benchmark, w * y, benchmarks)
    b /= total(benchmark, w, benchmarks) + 1e-3
    for _ in range(_STEPS):
        residual = total(model, w * a[benchmark] * (y - b[benchmark]), models)
        c = residual / (total(model, w * a[benchmark] ** 2, models) + 0.05)
        c = (c - c.mean()) / max(c.std(), 1e-6)
        x = c[model]
        n, s = total(benchmark, w, benchmarks) + 1e-3, total(benchmark, w * x, benchmarks)
        ss = total(benchmark, w * x**2, benchmarks) + _RIDGE
        t, st = total(benchmark, w * y, benchmarks), total(benchmark, w * x * y, benchmarks)
        a = np.clip((n * (st + _RIDGE) - s * t) / (n * ss - s**2), 0.2, 5.0)
        b = (t - a * s) / n
    weight = np.bincount(model, minlength=models) / len(model)
    mean = float(weight @ c)
    spread = float(np.sqrt(weight @ (c - mean) ** 2))
    b, a, c = b + a * mean, a * spread, (c - mean) / spread
    count = np.maximum(np.bincount(benchmark, minlength=benchmarks), 1)
    centre = total(benchmark, c[model], benchmarks) / count
    return Start(c, a, b + a * centre, centre, weight)
