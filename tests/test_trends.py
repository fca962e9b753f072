from __future__ import annotations

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontierlag.errors import SpecError
from frontierlag.trends import Linear, Logistic, trend

GROUPS = np.array([0, 1, 1, 0])

level = st.floats(80, 200)
slope = st.floats(0.5, 40)
reach = st.floats(5, 500)


def pair(one):
    return st.tuples(one, one).map(np.array)


parameters = st.fixed_dictionaries(
    {"level": pair(level), "slope": pair(slope), "headroom": pair(reach), "depth": pair(reach)}
)
times = st.lists(st.floats(-2, 2), min_size=4, max_size=4).map(np.array)


@given(parameters, times)
def test_linear_round_trip(p, t):
    line = Linear()
    value = line.value(p, t, GROUPS, np)
    np.testing.assert_allclose(
        value, [p["level"][g] + p["slope"][g] * s for g, s in zip(GROUPS, t, strict=True)]
    )
    np.testing.assert_allclose(line.inverse(p, value, GROUPS), t, atol=1e-9)


@given(parameters, times)
def test_logistic_round_trip_where_the_curve_still_rises(p, t):
    curve = Logistic()
    # The inverse is as well conditioned as the curve is steep: stay off the ends.
    rate = p["slope"] * (1 / p["headroom"] + 1 / p["depth"])
    offset = np.log(p["depth"] / p["headroom"])
    t = np.clip(t, (-13 - offset[GROUPS]) / rate[GROUPS], (13 - offset[GROUPS]) / rate[GROUPS])
    value = curve.value(p, t, GROUPS, np)
    np.testing.assert_allclose(curve.inverse(p, value, GROUPS), t, atol=1e-6)


@given(parameters)
def test_logistic_is_told_by_its_level_slope_floor_and_ceiling(p):
    curve, here = Logistic(), np.array([0, 1])
    at = lambda t: curve.value(p, np.full(2, t), here, np)  # noqa: E731
    np.testing.assert_allclose(at(0.0), p["level"], rtol=1e-12)
    # Central differences: the error is slope''' h^2 / 6, about slope (rate h)^2 / 6.
    h = 1e-4 * np.min(p["headroom"] * p["depth"] / (p["headroom"] + p["depth"]) / p["slope"])
    np.testing.assert_allclose((at(h) - at(-h)) / (2 * h), p["slope"], rtol=1e-6)
    np.testing.assert_allclose(at(1e6), p["level"] + p["headroom"], rtol=1e-9)
    np.testing.assert_allclose(at(-1e6), p["level"] - p["depth"], rtol=1e-9, atol=1e-9)


def test_logistic_tends_to_the_line_as_headroom_and_depth_grow():
    base = {"level": np.array([138.0, 131.0]), "slope": np.array([15.0, 11.0])}
    t = np.linspace(-1.7, 1.7, 4)
    line = Linear().value(base, t, GROUPS, np)
    off = []
    for size in (1e2, 1e3, 1e4):
        p = base | {"headroom": np.full(2, size), "depth": np.full(2, size)}
        off.append(np.abs(Logistic().value(p, t, GROUPS, np) - line).max())
    # Symmetric headroom and depth: the curvature at 0 vanishes, so the error falls as 1 / size^2.
    assert off[0] == pytest.approx(1e2 * off[1], rel=0.1)
    assert off[1] == pytest.approx(1e2 * off[2], rel=0.01)
    assert off[2] < 2e-4


def test_logistic_inverse_is_nan_at_and_beyond_floor_and_ceiling():
    p = {
        "level": np.array([130.0, 130.0]),
        "slope": np.array([15.0, 15.0]),
        "headroom": np.array([20.0, 40.0]),
        "depth": np.array([30.0, 60.0]),
    }
    group = np.array([0, 0, 0, 0, 0, 1, 1, 0])
    value = np.array([150.0, 151.0, 100.0, 99.0, 149.9, 150.0, 99.0, np.nan])
    missing = np.isnan(Logistic().inverse(p, value, group))
    assert missing.tolist() == [True, True, True, True, False, False, False, True]


@pytest.mark.parametrize("curve", [Linear(), Logistic()], ids=["linear", "logistic"])
def test_symbolic_equals_numeric(curve):
    rng = np.random.default_rng(3)
    p = {
        "level": rng.normal(135, 10, 2),
        "slope": rng.uniform(5, 30, 2),
        "headroom": rng.uniform(10, 100, 2),
        "depth": rng.uniform(10, 100, 2),
    }
    t = rng.uniform(-2, 2, 4)
    symbols = {name: pt.as_tensor(value) for name, value in p.items()}
    graph = curve.value(symbols, pt.as_tensor(t), pt.as_tensor(GROUPS), pt)
    symbolic = pytensor.function([], graph, mode="FAST_COMPILE")()
    np.testing.assert_allclose(symbolic, curve.value(p, t, GROUPS, np), rtol=1e-13)


@pytest.mark.parametrize("curve", [Linear(), Logistic()], ids=["linear", "logistic"])
def test_draws_keep_their_leading_axes(curve):
    rng = np.random.default_rng(4)
    shape = (3, 5, 2)
    p = {
        "level": rng.normal(135, 10, shape),
        "slope": rng.uniform(5, 30, shape),
        "headroom": rng.uniform(50, 100, shape),
        "depth": rng.uniform(50, 100, shape),
    }
    t = np.array([-1.0, 0.0, 0.5, 1.0])
    value = curve.value(p, t, GROUPS, np)
    assert value.shape == (3, 5, 4)
    one = {name: values[2, 4] for name, values in p.items()}
    np.testing.assert_allclose(value[2, 4], curve.value(one, t, GROUPS, np))
    np.testing.assert_allclose(
        curve.inverse(p, value, GROUPS), np.broadcast_to(t, (3, 5, 4)), atol=1e-9
    )
    # One value for all draws, as for the lag at a level.
    same = curve.inverse(p, np.full(4, 136.0), GROUPS)
    assert same.shape == (3, 5, 4)
    np.testing.assert_allclose(
        same[1, 2], curve.inverse({k: v[1, 2] for k, v in p.items()}, np.full(4, 136.0), GROUPS)
    )


def test_unknown_trend_lists_those_there_are():
    with pytest.raises(SpecError, match="linear, logistic"):
        trend("cubic")
