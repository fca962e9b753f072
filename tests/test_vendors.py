"""Vendors that report their own models: which results, the ability behind them, recovery."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytensor.tensor as pt
import pytest

from frontierlag.analyses.refits import quick_fit
from frontierlag.errors import SpecError
from frontierlag.fits.fitting import labels_of
from frontierlag.model import ModelSpec
from frontierlag.scores.metric import ECI
from frontierlag.settings import SamplerSettings
from frontierlag.studies.calibration.matrices import (
    MATRICES,
    MATRIX_DESIGNS,
    VendorDesign,
    make_matrix_world,
)

SPEC = ModelSpec.of("linear-joint-vendors", ECI)


@pytest.fixture(scope="module")
def world():
    large = MATRIX_DESIGNS["matrices-vendors"]
    small = replace(
        large,
        groups=replace(large.groups, releases=(26, 16)),
        others=4,
        benchmarks=15,
        vendors=VendorDesign(share=0.4, mean=8.0, spread=0.5),
    )
    return make_matrix_world(small, np.random.default_rng(3))


def test_a_result_is_a_vendors_own_if_its_source_made_the_model(world):
    r = world.releases
    names, of = r.vendors
    maker = {"Qwen": "Alibaba"}
    for k in range(0, len(of), 7):
        i = r.responses.model[k]
        own = i < len(r) and r.responses.source[k] != "simulated"
        assert (of[k] >= 0) == own
        if own:
            assert names[of[k]] == r.organization[i]
    assert maker["Qwen"] in names
    labels = labels_of(SPEC.observations(r))
    assert list(labels["vendor"]) == list(names)


def test_the_ability_behind_a_result_is_that_of_a_plain_loop(world):
    observations = SPEC.observations(world.releases)
    data, rng = observations.arrays, np.random.default_rng(1)
    p = {"vendor_bias": rng.normal(size=(2, 3, len(data["vendors"])))}
    found = SPEC.frontier.deviation(p, data)
    for k in range(0, len(data["result"]), 5):
        v = data["result_vendor"][k]
        expected = p["vendor_bias"][..., v] if v >= 0 else np.zeros((2, 3))
        np.testing.assert_array_equal(found[..., k], expected)
    held = {name: pt.as_tensor_variable(values) for name, values in data.items()}
    one = {"vendor_bias": pt.as_tensor_variable(p["vendor_bias"][1, 2])}
    np.testing.assert_allclose(SPEC.frontier.points(one, held, pt).eval(), found[1, 2])


def test_results_without_a_vendor_are_refused():
    plain = make_matrix_world(
        replace(MATRICES, benchmarks=15, others=4), np.random.default_rng(2)
    ).releases
    with pytest.raises(SpecError, match="fit linear-joint"):
        SPEC.observations(plain)


def test_a_fit_finds_how_much_too_good_vendors_report(world):
    settings = SamplerSettings(chains=2, draws=150, tune=250, seed=3)
    fit = quick_fit(SPEC, SPEC.observations(world.releases), settings)
    mean = fit.tree["posterior/bias_mean"]
    assert abs(float(mean.mean()) - 8.0) < 3.5 * float(mean.std())
    # The prior is around zero with a standard deviation of five; the data say otherwise.
    assert float((mean > 3.0).mean()) > 0.9
