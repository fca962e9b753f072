from __future__ import annotations

from datetime import date

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontierlag.dates import day_number
from frontierlag.errors import SpecError
from frontierlag.model import ModelSpec
from frontierlag.names import EPOCH
from frontierlag.scores.metric import ECI, FRONTIERMATH
from frontierlag.trends import TRENDS, Broken, Linear, Logistic, Wandering, trend

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


EVERY = [(name, ECI) for name in TRENDS] + [
    (name, FRONTIERMATH) for name in ("logistic", "parallel-logistic")
]


@pytest.mark.parametrize(("name", "metric"), EVERY, ids=lambda x: getattr(x, "name", x))
def test_every_trend_inverts_on_draws_of_its_own_prior_and_is_symbolic_too(name, metric):
    spec = ModelSpec.of(f"{name}-stochastic", metric)
    curve, rng = spec.trend, np.random.default_rng(5)
    group = np.tile([0, 1], 20)
    constants = {EPOCH: np.asarray(2025.0)} if curve.inputs else {}
    inverted = 0
    for _ in range(20):
        p = {
            q.name: np.asarray(q.prior.draw(rng, () if q.shared else (2,)))
            for q in curve.parameters(metric)
        } | constants
        t = rng.uniform(-1.5, 1.5, group.size)
        value = curve.value(p, t, group, np)
        if metric.bounded:
            assert ((value > metric.lower - 1e-9) & (value < metric.upper + 1e-9)).all()
        back = curve.inverse(p, value, group)
        # Where the curve is flat to rounding there is nothing to invert.
        h = 1e-4
        steep = curve.value(p, t + h, group, np) - curve.value(p, t - h, group, np) > 1e-7 * h * 2e3
        np.testing.assert_allclose(back[steep], t[steep], atol=1e-5)
        inverted += int(steep.sum())
        symbols = {k: pt.as_tensor(v) for k, v in p.items()}
        told = curve.value(symbols, pt.as_tensor(t), pt.as_tensor(group), pt)
        np.testing.assert_allclose(pytensor.function([], told)(), value, rtol=1e-9, atol=1e-9)
    assert inverted > 200


def test_a_broken_trend_has_its_two_slopes_and_meets_itself_at_the_break():
    curve, here = Broken(date(2025, 1, 1), date(2025, 1, 1)), np.array([0, 1])
    p = {
        "level": np.array([140.0, 132.0]),
        "slope": np.array([12.0, 9.0]),
        "slope_after": np.array([20.0, 15.0]),
        EPOCH: np.asarray(1970 + day_number(date(2025, 7, 2)) / 365.25),
    }
    at = lambda t: curve.value(p, np.full(2, t), here, np)  # noqa: E731
    years = (date(2025, 1, 1) - date(2025, 7, 2)).days / 365.25
    np.testing.assert_allclose(at(years), p["level"], atol=1e-3)
    np.testing.assert_allclose(at(years) - at(years - 1), p["slope"], rtol=1e-3)
    np.testing.assert_allclose(at(years + 1) - at(years), p["slope_after"], rtol=1e-3)


@pytest.mark.parametrize("name", ["parallel", "parallel-logistic"])
def test_the_follower_of_a_parallel_trend_is_the_leader_a_lag_later(name):
    curve, rng = trend(name), np.random.default_rng(2)
    p = {q.name: np.asarray(q.prior.draw(rng, ())) for q in curve.parameters(ECI)}
    p["lag"] = np.asarray(7.0)
    t = np.linspace(-1, 1, 9)
    lead, follow = (curve.value(p, t, np.full(9, g), np) for g in (0, 1))
    earlier = curve.value(p, t - 7.0 / 12, np.zeros(9, dtype=int), np)
    np.testing.assert_allclose(follow, earlier, rtol=1e-9)
    assert (lead > follow).all()


def wandering_draws(rng, shape=()):
    changes = [q.name for q in Wandering().parameters(ECI) if q.name.startswith("pace_")]
    return {
        "level": rng.normal(135, 10, (*shape, 2)),
        "slope": rng.uniform(5, 30, (*shape, 2)),
        **{name: rng.normal(size=(*shape, 2)) for name in changes if name != "pace_spread"},
        "pace_spread": rng.uniform(0.05, 0.5, shape),
    }


def test_the_wandering_pace_is_a_random_walk_by_years():
    p = wandering_draws(np.random.default_rng(5))
    walked = {0: np.zeros(2)}
    for k in range(1, 7):
        for sign, side, last in ((-1, "before", 3), (1, "after", 5)):
            step = p[f"pace_{side}_{k}"] if k <= last else 0.0
            walked[sign * k] = walked[sign * (k - 1)] + step
    # The curve is the integral of the pace, by the midpoint rule on a fine grid.
    grid = np.arange(-4.5, 6.5, 1e-3)
    for group in (0, 1):
        year = np.rint(grid + 5e-4).astype(int)
        pace = np.array(
            [p["slope"][group] * np.exp(p["pace_spread"] * walked[k][group]) for k in year]
        )
        integral = np.cumsum(pace) * 1e-3
        ends = grid + 1e-3
        brute = p["level"][group] + integral - np.interp(0.0, ends, integral)
        here = np.full(len(ends), group)
        np.testing.assert_allclose(Wandering().value(p, ends, here, np), brute, atol=0.1)


def test_the_wandering_trend_comes_back_from_every_year():
    rng = np.random.default_rng(6)
    p = wandering_draws(rng, (3, 5))
    t = np.linspace(-6, 8, 29)
    for group in (0, 1):
        here = np.full(len(t), group)
        value = Wandering().value(p, t, here, np)
        assert value.shape == (3, 5, 29)
        np.testing.assert_allclose(
            Wandering().inverse(p, value, here), np.broadcast_to(t, value.shape), atol=1e-9
        )


def test_without_changes_of_pace_the_wandering_trend_is_the_line():
    rng = np.random.default_rng(7)
    p = wandering_draws(rng) | {"pace_spread": np.zeros(())}
    t = rng.uniform(-5, 7, 4)
    np.testing.assert_allclose(
        Wandering().value(p, t, GROUPS, np), Linear().value(p, t, GROUPS, np), rtol=1e-12
    )
    symbols = {name: pt.as_tensor(value) for name, value in wandering_draws(rng).items()}
    graph = Wandering().value(symbols, pt.as_tensor(t), pt.as_tensor(GROUPS), pt)
    numbers = {name: value.eval() for name, value in symbols.items()}
    np.testing.assert_allclose(graph.eval(), Wandering().value(numbers, t, GROUPS, np), rtol=1e-12)
