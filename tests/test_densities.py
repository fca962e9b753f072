from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from scipy import stats
from scipy.integrate import quad

from frontierlag import arrays
from frontierlag.frontiers import densities

SDS = (1e-3, 0.3, 2.0, 10.0, 50.0)
MEANS = (0.05, 1.0, 8.0, 30.0)
EPS = np.array([-200.0, -60.0, -10.0, -1.0, -0.01, 0.0, 0.01, 0.5, 3.0, 10.0, 50.0])

COMPOSED = {
    "exponential": densities.normal_exponential_logp,
    "half-normal": densities.normal_half_normal_logp,
}


def convolution(kind, eps, sd, mean):
    """log of the integral over u of phi((eps + u) / sd) / sd g(u), scaled by its highest value."""
    if kind == "exponential":
        log_g = lambda u: -u / mean - np.log(mean)  # noqa: E731
        peak = max(-eps - sd**2 / mean, 0.0)
    else:
        scale = mean * np.sqrt(np.pi / 2)
        log_g = lambda u: stats.halfnorm.logpdf(u, scale=scale)  # noqa: E731
        peak = max(-eps * scale**2 / (sd**2 + scale**2), 0.0)
    log_f = lambda u: stats.norm.logpdf(eps + u, scale=sd) + log_g(u)  # noqa: E731
    top = log_f(peak)
    # Pieces that halve towards the peak, so that none holds a spike that quad could miss.
    steps = np.geomspace(1e-6, 60 * (sd + mean), 60)
    edges = np.unique(np.concatenate([peak - steps, [peak], peak + steps]))
    edges = np.concatenate([[0.0], edges[edges > 0]])
    pieces = [
        quad(lambda u: np.exp(log_f(u) - top), a, b, epsabs=0, epsrel=1e-10)[0]
        for a, b in pairwise(edges)
        if max(log_f(a), log_f(b)) - top > -60
    ]
    return top + np.log(sum(pieces))


@pytest.mark.parametrize("kind", COMPOSED)
@pytest.mark.parametrize("sd", [0.05, 0.5, 2.0, 10.0])
@pytest.mark.parametrize("mean", [0.5, 8.0])
def test_composed_density_is_the_convolution(kind, sd, mean):
    for eps in (-40.0, -9.0, -1.0, 0.0, 0.2, 2.0, 15.0):
        got = COMPOSED[kind](np.float64(eps), sd, mean, arrays)
        assert got == pytest.approx(convolution(kind, eps, sd, mean), rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("mean", MEANS)
@pytest.mark.parametrize("sd", SDS)
def test_composed_density_is_scipys(sd, mean):
    # -eps = u - v has the exponentially modified normal distribution with K = mean / sd.
    expected = stats.exponnorm.logpdf(-EPS, mean / sd, scale=sd)
    got = densities.normal_exponential_logp(EPS, sd, mean, arrays)
    known = np.isfinite(expected)
    assert known.sum() >= 2
    np.testing.assert_allclose(got[known], expected[known], rtol=1e-7, atol=1e-7)

    scale = mean * np.sqrt(np.pi / 2)
    expected = stats.skewnorm.logpdf(EPS, -scale / sd, scale=np.hypot(sd, scale))
    got = densities.normal_half_normal_logp(EPS, sd, mean, arrays)
    near = np.isfinite(expected) & (expected > -500)
    assert near.sum() >= 2
    np.testing.assert_allclose(got[near], expected[near], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("kind", COMPOSED)
def test_composed_density_integrates_to_one_with_mean_minus_the_shortfall(kind):
    for sd, mean in ((0.05, 8.0), (2.0, 8.0), (10.0, 0.5), (3.0, 3.0)):
        spread = np.hypot(sd, mean * 1.3)
        grid = np.unique(
            np.concatenate(
                [np.linspace(-60 * spread, 12 * sd, 400_001), np.linspace(-8 * sd, 8 * sd, 100_001)]
            )
        )
        f = np.exp(COMPOSED[kind](grid, sd, mean, arrays))
        assert np.trapezoid(f, grid) == pytest.approx(1, abs=1e-6)
        assert np.trapezoid(f * grid, grid) == pytest.approx(-mean, rel=1e-5)
        variance = mean**2 if kind == "exponential" else mean**2 * (np.pi / 2 - 1)
        second = np.trapezoid(f * (grid + mean) ** 2, grid)
        assert second == pytest.approx(sd**2 + variance, rel=1e-4)


@pytest.mark.parametrize("kind", COMPOSED)
def test_values_and_gradients_are_finite_at_extremes_and_right(kind):
    eps, sd, mean = pt.dvectors("eps", "sd", "mean")
    value = COMPOSED[kind](eps, sd, mean, pt)
    gradients = pytensor.grad(value.sum(), [eps, sd, mean])
    f = pytensor.function([eps, sd, mean], [value, *gradients], mode="FAST_COMPILE")
    grid = np.array([(e, s, m) for e in EPS for s in SDS for m in (*MEANS, 1e-3)])
    value, *gradients = f(*grid.T)
    assert np.isfinite(value).all()
    np.testing.assert_allclose(value, COMPOSED[kind](*grid.T, arrays), rtol=1e-9, atol=1e-9)
    for at, gradient in enumerate(gradients):
        assert np.isfinite(gradient).all()
        h = np.minimum(1e-5 * np.maximum(np.abs(grid[:, at]), 1e-3), 1e-4 * grid[:, 1])
        up, down = grid.copy(), grid.copy()
        up[:, at] += h
        down[:, at] -= h
        width = up[:, at] - down[:, at]
        numeric = (COMPOSED[kind](*up.T, arrays) - COMPOSED[kind](*down.T, arrays)) / width
        # A difference of two large numbers carries their rounding; allow it. So does the gradient
        # by the mean where sd / mean is far above any fitted one.
        noise = 1e-14 * np.abs(value) / width + 1e-5
        if at == 2:
            noise = noise + 4e-16 * grid[:, 1] ** 2 / grid[:, 2] ** 3
        assert (np.abs(gradient - numeric) <= 1e-4 * np.abs(numeric) + noise).all()


def test_log_ndtr_in_both_tails():
    z = np.array([-1e4, -40.0, -8.0, -1.0, -1e-9, 0.0, 1e-9, 0.5, 5.0, 8.0, 40.0])
    np.testing.assert_allclose(
        densities.log_ndtr(z, arrays), stats.norm.logcdf(z), rtol=1e-12, atol=1e-300
    )
    x = pt.dvector()
    gradient = pytensor.function(
        [x], pytensor.grad(densities.log_ndtr(x, pt).sum(), x), mode="FAST_COMPILE"
    )
    # d log Phi / dz = phi / Phi, by logs so that neither underflows.
    expected = np.exp(stats.norm.logpdf(z) - stats.norm.logcdf(z))
    np.testing.assert_allclose(gradient(z), expected, rtol=1e-6, atol=1e-300)


@pytest.mark.parametrize(("below", "above"), [(1.0, 1.0), (4.0, 0.7), (0.2, 3.0)])
def test_two_piece_normal(below, above):
    f = lambda x: np.exp(densities.two_piece_normal_logp(np.float64(x), below, above, arrays))  # noqa: E731
    left = quad(f, -12 * below, 0)[0]
    right = quad(f, 0, 12 * above)[0]
    assert left + right == pytest.approx(1, abs=1e-9)
    assert left / right == pytest.approx(below / above, rel=1e-9)
    # Each side has its own scale: one scale away from the mode is exp(-1/2) of it.
    assert f(-below) / f(-1e-12) == pytest.approx(np.exp(-0.5))
    assert f(above) / f(1e-12) == pytest.approx(np.exp(-0.5))
    assert f(-1e-12) == pytest.approx(f(1e-12))
    if below == above:
        x = np.linspace(-4, 4, 9)
        np.testing.assert_allclose(
            densities.two_piece_normal_logp(x, below, above, arrays),
            stats.norm.logpdf(x, scale=below),
        )


def test_normal_logp():
    x = np.linspace(-30, 30, 13)
    np.testing.assert_allclose(
        densities.normal_logp(x, 2.5, arrays), stats.norm.logpdf(x, scale=2.5), rtol=1e-13
    )
