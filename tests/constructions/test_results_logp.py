"""The density of all results in one pass: against the formula it stands for, and its gradient."""

from __future__ import annotations

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from scipy.special import expit
from scipy.stats import t

from frontierlag.frontiers.item_response import FREEDOM, expected_score, student_logp
from frontierlag.frontiers.results_logp import ResultsLogp

MODELS, BENCHMARKS, RESULTS = 7, 4, 60


def made(seed: int, noise: float = 0.1) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """What moves, and data with results that count fully, not at all and by half."""
    rng = np.random.default_rng(seed)
    moving = [
        rng.normal(size=MODELS),
        rng.normal(1, 0.5, size=BENCHMARKS),
        rng.normal(size=BENCHMARKS),
        np.log(noise) + rng.normal(0, 0.3, BENCHMARKS),
    ]
    data = [
        rng.uniform(size=RESULTS),
        rng.integers(0, MODELS, RESULTS),
        rng.integers(0, BENCHMARKS, RESULTS),
        rng.choice([0.0, 0.5, 1.0, 1.0], RESULTS),
        np.array([0.0, 0.1, 0.25, 0.0]),
        np.array([1.0, 1.0, 0.9, 0.8]),
    ]
    return moving, data


def symbols(values: list[np.ndarray]) -> list[pt.TensorVariable]:
    return [pt.as_tensor_variable(one).type() for one in values]


def plain(x, a, b, log_noise, result, model, benchmark, weight, chance, ceiling):
    """The same as a graph of single operations."""
    odds = a[benchmark] * x[model] + b[benchmark]
    error = result - expected_score(odds, chance[benchmark], ceiling[benchmark], pt)
    log_noise = log_noise[benchmark]
    return (weight * student_logp(error, pt.exp(log_noise), log_noise, pt)).sum()


def value_and_gradient(density, moving, data, mode):
    at = symbols([*moving, *data])
    total = density(*at)
    return pytensor.function(at, [total, *pytensor.grad(total, at[:4])], mode=mode)(*moving, *data)


@pytest.mark.parametrize("mode", ["FAST_COMPILE", "NUMBA"])
@pytest.mark.parametrize("seed", [1, 2])
def test_value_and_gradient_are_those_of_the_formula(seed, mode):
    moving, data = made(seed)
    found = value_and_gradient(lambda *a: ResultsLogp()(*a)[0], moving, data, mode)
    for one, other in zip(
        found, value_and_gradient(plain, moving, data, "FAST_COMPILE"), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-11)


def test_gradient_is_that_of_finite_differences():
    moving, data = made(2)
    at = symbols([*moving, *data])
    total = pytensor.function(at, ResultsLogp()(*at)[0], mode="FAST_COMPILE")
    gradient = value_and_gradient(lambda *a: ResultsLogp()(*a)[0], moving, data, "FAST_COMPILE")
    step = 1e-6
    for k, values in enumerate(moving):
        for place in np.ndindex(values.shape):
            ends = []
            for side in (step, -step):
                moved = [one.copy() for one in moving]
                moved[k][place] += side
                ends.append(float(total(*moved, *data)))
            slope = (ends[0] - ends[1]) / (2 * step)
            assert gradient[1 + k][place] == pytest.approx(slope, rel=1e-5, abs=1e-5)


def test_far_out_results_neither_overflow_nor_vanish():
    """Factors of 1e40 and more each: their product has no room in a number, its logarithm has."""
    moving, data = made(1, noise=1e-20)
    x, a, b, log_noise = moving
    result, model, benchmark, weight, chance, ceiling = data
    odds = a[benchmark] * x[model] + b[benchmark]
    expected = chance[benchmark] + (ceiling - chance)[benchmark] * expit(odds)
    each = t.logpdf(result - expected, FREEDOM, scale=np.exp(log_noise)[benchmark])
    found = value_and_gradient(lambda *a: ResultsLogp()(*a)[0], moving, data, "FAST_COMPILE")
    assert found[0] == pytest.approx(float(weight @ each), rel=1e-10)
    assert all(np.isfinite(one).all() for one in found)


def test_certain_successes_and_failures_have_no_slope():
    moving, data = made(1)
    moving[2] = np.array([-800.0, 800.0, -40.0, 40.0])
    found = value_and_gradient(lambda *a: ResultsLogp()(*a)[0], moving, data, "NUMBA")
    assert np.isfinite(found[0])
    np.testing.assert_allclose(found[3], 0, atol=1e-12)


def test_a_second_derivative_is_refused():
    moving, data = made(1)
    at = symbols([*moving, *data])
    slope = pytensor.grad(ResultsLogp()(*at)[0], at[2]).sum()
    with pytest.raises(NotImplementedError, match="no derivative"):
        pytensor.grad(slope, at[2])
