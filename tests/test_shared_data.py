"""Compiled code reads its data by written-out statements: the same draws as by nutpie's loop."""

from __future__ import annotations

import numpy as np
import nutpie
import pymc as pm
import pytest

from frontierlag.fits.shared_data import quickly


def model_with_data() -> pm.Model:
    with pm.Model() as model:
        at = pm.Data("at", np.array([2, 0, 1]))
        shift = pm.Data("shift", 0.5)
        table = pm.Data("table", np.arange(6.0).reshape(3, 2))
        x = pm.Normal("x", shape=3)
        pm.Potential("pull", -((x[at] - shift - table[:, 1]) ** 2).sum())
    return model


def drawn(code) -> np.ndarray:
    trace = nutpie.sample(code, draws=50, tune=100, chains=1, seed=3, progress_bar=False)
    return trace["posterior"]["x"].to_numpy()


def test_draws_are_those_by_the_sampler_s_own_way_and_follow_new_data():
    own = nutpie.compile_pymc_model(model_with_data())
    with quickly():
        written = nutpie.compile_pymc_model(model_with_data())
    np.testing.assert_array_equal(drawn(written), drawn(own))
    new = {"table": np.arange(6.0, 0.0, -1.0).reshape(3, 2), "shift": np.array(9.0)}
    moved = drawn(written.with_data(**new))
    np.testing.assert_array_equal(moved, drawn(own.with_data(**new)))
    assert moved.mean() != pytest.approx(drawn(own).mean(), abs=1)


def test_a_model_without_data_compiles():
    with pm.Model() as model:
        pm.Normal("x", shape=2)
    with quickly():
        code = nutpie.compile_pymc_model(model)
    assert np.isfinite(drawn(code)).all()


def test_the_sampler_is_left_as_it_was():
    before = nutpie.compile_pymc.make_extraction_fn
    with quickly():
        assert nutpie.compile_pymc.make_extraction_fn is not before
    assert nutpie.compile_pymc.make_extraction_fn is before
