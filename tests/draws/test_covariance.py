"""Own and shared errors of joint draws, against known ones and exact identities."""

from __future__ import annotations

import numpy as np
import pytest

from frontierlag.scores.bootstraps.covariance import (
    Errors,
    aligned,
    alignment,
    error_model,
    restricted_factors,
    without_prior,
)

N, DRAWS = 60, 1500


def world(rng, factors, exact_pins=False):
    centre = rng.normal(130, 15, N)
    centre[:2] = 130, 150
    own = np.exp(rng.normal(0.5, 0.5, N))
    loading = rng.normal(0, [2.0, 1.2][:factors], (N, factors))
    if exact_pins:
        own[:2], loading[:2] = 0.0, 0.0
    noise = rng.normal(size=(DRAWS, N)) * own + rng.normal(size=(DRAWS, factors)) @ loading.T
    return centre, own, loading, centre + noise


def pinned(draws):
    low, high = draws[:, :1], draws[:, 1:2]
    return 130 + 20 * (draws - low) / (high - low)


def contrasts(covariance, centre):
    """Covariance of what no shift or stretch changes."""
    gauge = np.stack([np.ones(N), centre - centre.mean()], 1)
    basis = np.linalg.qr(np.concatenate([gauge, np.eye(N)], 1))[0][:, 2:N]
    return basis.T @ covariance @ basis


def test_alignment_gives_every_draw_the_mean_and_slope_of_the_centre():
    rng = np.random.default_rng(1)
    centre, _, _, draws = world(rng, 1)
    weight = rng.uniform(0.5, 2, N)
    x = aligned(draws, *alignment(draws, centre, weight))
    w = weight / weight.sum()
    u = centre - w @ centre
    assert x @ w == pytest.approx(np.full(DRAWS, w @ centre))
    assert x @ (w * u) == pytest.approx(np.full(DRAWS, w @ (u * centre)))


def test_a_shift_and_a_stretch_of_each_draw_change_nothing():
    rng = np.random.default_rng(2)
    centre, _, _, draws = world(rng, 1)
    other = rng.normal(0, 50, (DRAWS, 1)) + rng.uniform(0.1, 3, (DRAWS, 1)) * draws
    weight = np.ones(N)
    one, two = (aligned(d, *alignment(d, centre, weight)) for d in (draws, other))
    assert two == pytest.approx(one)


@pytest.mark.parametrize("exact_pins", [False, True])
@pytest.mark.parametrize("factors", [0, 2])
def test_errors_are_recovered_from_pinned_draws(factors, exact_pins):
    rng = np.random.default_rng(3 + factors)
    centre, own, loading, draws = world(rng, factors, exact_pins)
    draws = pinned(draws)
    found = error_model(aligned(draws, *alignment(draws, centre)), centre)
    assert found.loading.shape[1] == max(factors, 1)
    if not factors:
        assert not found.loading.any()
    ratio = found.stderr[2:] / own[2:]
    assert np.median(ratio) == pytest.approx(1.0, abs=0.03)
    assert np.abs(np.log(ratio)).max() < 0.2
    # On the pinned scale everything beyond the pins is stretched by their error; freed of that,
    # each pin has its own, and exact pins have none.
    if exact_pins:
        assert (found.stderr[:2] < 0.05).all()
    else:
        assert found.stderr[:2] == pytest.approx(own[:2], rel=0.1)
    truth = contrasts(np.diag(own**2) + loading @ loading.T, centre)
    error = np.linalg.norm(contrasts(found.covariance, centre) - truth) / np.linalg.norm(truth)
    assert error < 0.15


def test_shared_errors_of_the_gauge_are_invisible():
    rng = np.random.default_rng(5)
    centre, own, _, _ = world(rng, 0)
    gauge = np.stack([np.ones(N), centre - centre.mean()], 1)
    plain, stretched = np.diag(own**2), np.diag(own**2) + 100 * gauge @ gauge.T / N
    first, second = (restricted_factors(c, gauge, 1e6) for c in (plain, stretched))
    assert second[0] == pytest.approx(first[0], rel=1e-4)
    assert first[0] == pytest.approx(own, rel=1e-2)


def posterior(measured: Errors, mean, spread):
    """Exact normal posterior of a normal measurement under Normal(mean, spread), as factors."""
    d = 1 / (1 / measured.stderr**2 + spread**-2)
    full = np.linalg.inv(np.linalg.inv(measured.covariance) + np.eye(N) / spread**2)
    values, vectors = np.linalg.eigh(full - np.diag(d))
    kept = values > 1e-9
    centre = full @ (np.linalg.solve(measured.covariance, measured.centre) + mean / spread**2)
    return Errors(centre, np.sqrt(d), vectors[:, kept] * np.sqrt(values[kept]))


@pytest.mark.parametrize("factors", [1, 2])
def test_a_normal_prior_is_taken_out_exactly(factors):
    rng = np.random.default_rng(7)
    centre, own, loading, _ = world(rng, factors)
    own[5] = 30.0  # hardly measured
    measured = Errors(centre, own, loading)
    found = without_prior(posterior(measured, 125.0, 18.0), 125.0, 18.0)
    assert found.covariance == pytest.approx(measured.covariance, abs=1e-6)
    assert found.centre == pytest.approx(measured.centre, abs=1e-6)
    assert found.uninformed == 0


def test_a_model_known_by_its_prior_alone_keeps_a_finite_error_and_is_counted():
    stderr = np.full(N, 2.0)
    stderr[3] = 18.4  # sampling noise has put it above the prior's 18
    centre = np.full(N, 140.0)
    found = without_prior(Errors(centre, stderr, np.zeros((N, 1))), 125.0, 18.0)
    assert found.uninformed == 1
    assert found.stderr[3] == pytest.approx(18.0 * np.sqrt(0.95 / 0.05))
    assert np.isfinite(found.centre).all()


def test_shared_errors_as_wide_as_the_prior_keep_a_finite_covariance():
    loading = np.full((N, 1), 5.0)  # variance of the mean: 25, of its direction: 25 N > 18^2
    found = without_prior(Errors(np.full(N, 140.0), np.full(N, 2.0), loading), 125.0, 18.0)
    assert np.isfinite(found.covariance).all()
    assert np.linalg.eigvalsh(found.covariance).min() > 0
