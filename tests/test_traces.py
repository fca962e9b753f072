"""The quick way from the sampler's record batches to arrays, against the sampler's own."""

from __future__ import annotations

import numpy as np
import nutpie
import pymc as pm

from frontierlag.fits.traces import arrays_of

TOLD = {
    "draws": 60, "tune": 40, "chains": 3, "cores": 1, "seed": 5, "save_warmup": False,
    "progress_bar": False,
}  # fmt: skip


def small_model():
    with pm.Model() as model:
        x = pm.Normal("x", shape=(2, 3))
        s = pm.HalfNormal("s")
        pm.Deterministic("product", x * s)
        pm.Normal("y", x.sum(), s, observed=np.ones(4))
    return nutpie.compile_pymc_model(model)


def test_arrays_are_those_of_the_samplers_own_conversion():
    compiled = small_model()
    theirs = nutpie.sample(compiled, **TOLD)
    posterior, stats = arrays_of(nutpie.sample(compiled, **TOLD, return_raw_trace=True))
    for name in ("x", "s", "product"):
        told = theirs["posterior"][name].to_numpy()
        assert posterior[name].dtype == told.dtype
        assert np.array_equal(posterior[name], told)
    for name in ("diverging", "energy", "n_steps", "depth", "maxdepth_reached", "tuning"):
        assert np.array_equal(stats[name], theirs["sample_stats"][name].to_numpy()), name
    assert not stats["tuning"].any()


def test_tuning_steps_are_left_out_whether_kept_or_not():
    compiled = small_model()
    kept = nutpie.sample(compiled, **TOLD | {"save_warmup": True}, return_raw_trace=True)
    without = nutpie.sample(compiled, **TOLD, return_raw_trace=True)
    assert np.array_equal(arrays_of(kept)[0]["x"], arrays_of(without)[0]["x"])
    assert arrays_of(nutpie.sample(compiled, **TOLD, return_raw_trace=True))[0]["x"].shape == (
        3, 60, 2, 3,
    )  # fmt: skip
