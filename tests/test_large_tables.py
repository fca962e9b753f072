"""What makes thousands of releases bearable gives the numbers of the plain way."""

from dataclasses import asdict

import numpy as np
import pytest
import xarray as xr

from frontierlag.intervals import summarize, summarize_each
from frontierlag.lags.realized import Staircase, best_on_release, is_best_on_release


@pytest.mark.parametrize("shape", [(), (7,), (2, 3)])
def test_first_above_counts_as_numpy_does(shape):
    rng = np.random.default_rng(1)
    best = np.sort(rng.integers(0, 6, (*shape, 9)).astype(float), axis=-1)
    level = rng.integers(-1, 8, (*shape, 5)).astype(float)
    level[..., 2] = np.nan
    found = Staircase(np.arange(9), best).first_above(level)
    rows = zip(best.reshape(-1, 9), level.reshape(-1, 5), strict=True)
    expected = [np.searchsorted(b, v, side="right") for b, v in rows]
    assert (found.reshape(-1, 5) == expected).all()


def test_who_is_best_by_brute_force():
    rng = np.random.default_rng(2)
    day, draws = rng.integers(0, 6, 12), rng.normal(size=(20, 12))
    found = is_best_on_release(day, draws)
    for i in range(12):
        assert (found[:, i] == (draws[:, [i]] >= draws[:, day <= day[i]]).all(1)).all()
    assert best_on_release(day, draws) == pytest.approx(found.mean(0))


def test_many_summaries_at_once_are_those_of_each():
    rng = np.random.default_rng(3)
    values = rng.normal(size=(2, 200, 6)).cumsum(1)
    values[..., 5] = 4.0  # never varies
    draws = xr.DataArray(values, dims=("chain", "draw", "release"))
    found = summarize_each(draws, "release")
    for i in range(6):
        one = asdict(summarize(draws.isel(release=i)))
        assert {k: v[i] for k, v in found.items()} == pytest.approx({k: one[k] for k in found})
