"""The gate: each check can fail, at its threshold."""

from __future__ import annotations

import arviz as az
import numpy as np
import pytest
import xarray as xr

from frontierlag.fits import convergence
from frontierlag.fits.convergence import bfmi_by_chain, check

N = 1000
DIMS = ("chain", "draw")
NAMES = ["R-hat", "bulk ESS", "tail ESS", "divergences", "E-BFMI"]


def sampler(diverging=0, energy=None):
    rng = np.random.default_rng(0)
    flags = np.zeros((4, N), dtype=bool)
    flags.ravel()[:diverging] = True
    energy = rng.normal(size=(4, N)) if energy is None else energy
    return xr.Dataset({"diverging": (DIMS, flags), "energy": (DIMS, energy)})


def good(seed=1, shape=()):
    return np.random.default_rng(seed).normal(size=(4, N, *shape))


def quantities(**arrays):
    return xr.Dataset(
        {k: ((*DIMS, *(f"d{i}" for i in range(v.ndim - 2))), v) for k, v in arrays.items()}
    )


def autocorrelated(rho, seed=2):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(4, N))
    for i in range(1, N):
        x[:, i] = rho * x[:, i - 1] + np.sqrt(1 - rho**2) * x[:, i]
    return x


def failed(result):
    return [c.name for c in result.failures]


def test_independent_draws_pass():
    result = check(sampler(), quantities(a=good(1), b=good(2, (3,))))
    assert [c.name for c in result.checks] == NAMES
    assert result.converged
    assert result.failures == ()
    assert result.verdict().startswith("converged")


def test_one_shifted_chain_fails_r_hat_and_is_named():
    x = good(1, (3,))
    x[0, :, 2] += 0.6
    shifted = quantities(a=good(5), b=x).assign_coords(d0=["x", "y", "z"])
    result = check(sampler(), shifted)
    assert "R-hat" in failed(result)
    rhat = next(c for c in result.checks if c.name == "R-hat")
    assert rhat.worst == "b[z]"
    assert rhat.value == pytest.approx(float(az.rhat(shifted)["b"].max()))
    assert not result.converged
    assert "b[z]" in result.verdict()


def test_a_wider_chain_fails_r_hat_though_the_means_agree():
    x = good(1)
    x[0] *= 3
    assert "R-hat" in failed(check(sampler(), quantities(a=x)))


def test_slow_mixing_fails_bulk_ess():
    result = check(sampler(), quantities(a=autocorrelated(0.9)))
    assert "bulk ESS" in failed(result)
    assert result.value("bulk ESS") < 400


def test_tails_that_stick_fail_tail_ess_alone():
    # Fresh draws throughout, but in two chains the lowest 8 % come in one block.
    x = np.sort(good(3), axis=1)
    rest = np.random.default_rng(3).permuted(x[:, 80:], axis=1)
    x = np.concatenate([rest[:, :450], x[:, :80], rest[:, 450:]], axis=1)
    sticky = quantities(a=np.concatenate([x[:2], good(4)[2:]]))
    result = check(sampler(), sticky)
    measured = {m: float(az.ess(sticky, method=m)["a"]) for m in ("bulk", "tail")}
    assert measured["tail"] < 400 < measured["bulk"]
    assert "tail ESS" in failed(result)
    assert "bulk ESS" not in failed(result)


def test_a_single_divergence_fails():
    result = check(sampler(diverging=1), quantities(a=good()))
    assert failed(result) == ["divergences"]
    assert result.value("divergences") == 1


def test_low_e_bfmi_in_one_chain_fails_and_names_the_chain():
    energy = np.random.default_rng(0).normal(size=(4, N))
    energy[2] = np.cumsum(energy[2])
    result = check(sampler(energy=energy), quantities(a=good()))
    assert failed(result) == ["E-BFMI"]
    assert result.checks[-1].worst == "chain 2"
    assert result.value("E-BFMI") == pytest.approx(float(bfmi_by_chain(sampler(energy=energy))[2]))


@pytest.mark.parametrize(
    ("name", "constant", "nudge"),
    [("R-hat", "MAX_RHAT", -1e-9), ("bulk ESS", "MIN_ESS", 1e-6), ("tail ESS", "MIN_ESS", 1e-6)],
)
def test_thresholds_are_inclusive(monkeypatch, name, constant, nudge):
    """At most 1.01, at least 400: the threshold itself passes, the least bit beyond fails."""
    data = quantities(a=autocorrelated(0.5))
    measured = check(sampler(), data).value(name)
    monkeypatch.setattr(convergence, constant, measured)
    assert name not in failed(check(sampler(), data))
    monkeypatch.setattr(convergence, constant, measured + nudge)
    assert name in failed(check(sampler(), data))


def test_e_bfmi_must_be_above_its_threshold(monkeypatch):
    measured = check(sampler(), quantities(a=good())).value("E-BFMI")
    monkeypatch.setattr(convergence, "MIN_BFMI", measured)
    assert failed(check(sampler(), quantities(a=good()))) == ["E-BFMI"]


def test_thresholds_are_those_of_the_method():
    assert (convergence.MAX_RHAT, convergence.MIN_ESS, convergence.MIN_BFMI) == (1.01, 400, 0.3)


def test_undefined_in_one_chain_more_than_in_another_fails():
    x = good()
    x[0, : N // 4] = np.nan
    result = check(sampler(), quantities(a=x))
    assert "R-hat" in failed(result)
    # The same share everywhere, at random, is no failure of the sampler.
    y = good()
    y[np.random.default_rng(9).uniform(size=y.shape) < 0.1] = np.nan
    assert check(sampler(), quantities(a=y)).converged


def test_a_constant_passes_beside_what_moves_and_alone():
    constant = np.full((4, N), 6.5)
    assert check(sampler(), quantities(a=constant)).converged
    mixed = good(1, (2,))
    mixed[..., 1] = 3.0
    assert check(sampler(), quantities(a=mixed)).converged
    mixed[0, :, 0] += 1
    assert not check(sampler(), quantities(a=mixed)).converged


def test_constant_within_chains_but_not_between_fails():
    x = np.broadcast_to(np.array([1.0, 2.0, 1.0, 2.0])[:, None], (4, N)).copy()
    assert not check(sampler(), quantities(a=x)).converged


def test_undefined_in_every_draw_is_a_constant_wherever_it_stands():
    nothing = np.full((4, N), np.nan)
    assert check(sampler(), quantities(a=nothing)).converged
    partial = good(1, (2,))
    partial[..., 1] = np.nan
    assert check(sampler(), quantities(a=partial, b=nothing)).converged


def test_no_level_to_report_is_no_failure():
    empty = xr.Dataset({"levels": ((*DIMS, "d0"), np.zeros((4, N, 0)))})
    assert check(sampler(), quantities(a=good()).merge(empty)).converged


def test_the_measures_are_arvizs_on_a_posterior_of_several_variables():
    data = quantities(a=autocorrelated(0.6), b=np.exp(good(4, (2, 3))), c=autocorrelated(0.3, 8))
    energy = autocorrelated(0.2, 5)
    result = check(sampler(energy=energy), data)
    lowest = lambda measured: min(float(v.min()) for v in measured.data_vars.values())  # noqa: E731
    highest = max(float(v.max()) for v in az.rhat(data).data_vars.values())
    assert result.value("R-hat") == pytest.approx(highest)
    assert result.value("bulk ESS") == pytest.approx(lowest(az.ess(data, method="bulk")))
    assert result.value("tail ESS") == pytest.approx(lowest(az.ess(data, method="tail")))
    tree = xr.DataTree.from_dict({"posterior": data, "sample_stats": sampler(energy=energy)})
    bfmi = np.asarray(
        az.bfmi(tree)["energy"] if hasattr(az.bfmi(tree), "data_vars") else az.bfmi(tree)
    )
    np.testing.assert_allclose(bfmi_by_chain(sampler(energy=energy)), bfmi.ravel())
