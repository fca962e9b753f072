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

    Attributes
    ----------
    capability
        Shape ``(model,)``.
    discrimination, intercept
        Of each benchmark: log odds = intercept + discrimination (capability - centre), shape
        ``(benchmark,)``.
    centre
        Mean capability of the models given each benchmark, shape ``(benchmark,)``.
    weight
        Share of the results that are each model's, shape ``(model,)``.
    second, loading
        Of a second ability: what it adds to the log odds of model i on benchmark j is
        second_i loading_j, shapes ``(model,)`` and ``(benchmark,)``. The largest loading is
        positive.
    """

    capability: np.ndarray
    discrimination: np.ndarray
    intercept: np.ndarray
    centre: np.ndarray
    weight: np.ndarray
    second: np.ndarray
    loading: np.ndarray


def start(
    model: np.ndarray,
    benchmark: np.ndarray,
    fraction: np.ndarray,
    models: int,
    benchmarks: int,
) -> Start:
    """Alternate weighted least squares on log odds: benchmarks given models, models given those.

    Parameters
    ----------
    model, benchmark
        Indices of each result, shape ``(result,)``.
    fraction
        Score between chance level (0) and ceiling (1), shape ``(result,)``.
    models, benchmarks
        How many there are.

    Returns
    -------
    The solution after a fixed number of steps. It enters no posterior: it only says where chains
    start and which coordinates they move in.
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
    left_over = y - b[benchmark] - a[benchmark] * c[model]
    second, loading = _second(model, benchmark, left_over, w, models, benchmarks)
    return Start(c, a, b + a * centre, centre, weight, second, loading)


def _second(
    model: np.ndarray,
    benchmark: np.ndarray,
    left_over: np.ndarray,
    w: np.ndarray,
    models: int,
    benchmarks: int,
) -> tuple[np.ndarray, np.ndarray]:
    """What one number a model and one a benchmark explain of the log odds that are left over.

    From the first singular vectors of the matrix with 0 where there is no result, by alternate
    least squares with a penalty, for abilities of mean 0 and variance 1.
    """
    table = np.zeros((models, benchmarks))
    table[model, benchmark] = w * left_over
    loading = np.linalg.svd(table, full_matrices=False)[2][0]
    second = np.zeros(models)
    for _ in range(_STEPS):
        pull = np.bincount(model, w * loading[benchmark] * left_over, models)
        second = pull / (np.bincount(model, w * loading[benchmark] ** 2, models) + _RIDGE)
        second = (second - second.mean()) / max(second.std(), 1e-6)
        pull = np.bincount(benchmark, w * second[model] * left_over, benchmarks)
        loading = pull / (np.bincount(benchmark, w * second[model] ** 2, benchmarks) + _RIDGE)
    sign = np.sign(loading[np.argmax(np.abs(loading))]) or 1.0
    return sign * second, sign * loading
