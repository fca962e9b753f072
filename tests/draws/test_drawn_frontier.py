"""The likelihood of jointly measured scores against brute force and exact identities."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from scipy import stats
from simulate_draws import HIGH, LOW, drawn, names, schedule

from frontierlag import arrays
from frontierlag.frontiers import OfDraws, Records, Stochastic, StochasticHalfNormal
from frontierlag.frontiers.observations import Observations
from frontierlag.model import ModelSpec, build, models_for
from frontierlag.scores.metric import ECI
from frontierlag.scores.releases import subset

REFERENCE = date(2024, 10, 4)
FRONTIERS = [Stochastic(), StochasticHalfNormal(), Records(keep_first=True)]


def density(frontier, eps, scatter, shortfall):
    """Density of a capability at a distance from its trend, by SciPy where it can."""
    if isinstance(frontier, Records):
        return stats.norm.pdf(eps, 0, scatter)
    if isinstance(frontier, StochasticHalfNormal):
        scale = shortfall * np.sqrt(np.pi / 2)
        width = np.hypot(scatter, scale)
        return stats.skewnorm.pdf(eps, -scale / scatter, 0, width)
    return stats.exponnorm.pdf(-eps, shortfall / scatter, 0, scatter)


def log_density(frontier, observations, level, slope, scatter, shortfall, shared, pin):
    """Log density of the measured scores given what they share, shape of the leading axes.

    By the frontier's densities on draws, which are those of the model
    (:func:`test_draws_and_symbols_give_one_density`), and the stretch that they leave out.
    """
    data = observations.arrays
    lead = np.shape(shared)[:-1]
    p = {
        "scatter": np.full((*lead, 2), float(scatter)),
        "shortfall": np.full((*lead, 2), float(shortfall)),
        "shared_error": shared,
        "pin_error": pin,
    }
    mu = np.broadcast_to(level + slope * data["years"], (*lead, len(data["years"])))
    x = data["pin_score"] - shared @ data["pin_loading"].T - pin * data["pin_error_sd"]
    # Where the pins are the wrong way round there is no density.
    between = x[..., 1] - x[..., 0]
    log_stretch = np.log(20 / np.where(between > 1e-6, between, np.inf) + 1e-300)
    return OfDraws(frontier).log_likelihood(p, mu, data).sum(-1) + log_stretch


@pytest.mark.parametrize("frontier", FRONTIERS, ids=lambda f: f.name)
def test_the_density_is_the_integral_over_capability_shift_and_stretch(frontier):
    """Two pins and one release with one shared error, all integrals done by brute force."""
    score, sd, loading = [130.0, 150.0, 161.0], [1.2, 1.5, 2.0], [[0.6], [-0.5], [1.5]]
    releases = drawn([19900, 20300, 20400], [0, 0, 0], score, sd, loading)
    observations = Observations(releases, REFERENCE)
    years = observations.arrays["years"]
    covariance = np.diag(np.square(sd)) + np.array(loading) @ np.array(loading).T
    node, weight = np.polynomial.hermite_e.hermegauss(24)
    grid = np.stack(np.meshgrid(node, node, node, indexing="ij"), -1)
    weight = np.einsum("i,j,k->ijk", weight, weight, weight) / weight.sum() ** 3
    for level, slope, scatter, shortfall in ((142, 14, 3, 5), (140, 11, 4, 2), (146, 20, 2.5, 8)):
        parameters = level, slope, scatter, shortfall
        logp = log_density(frontier, observations, *parameters, grid[..., :1], grid[..., 1:])
        formula = (weight * np.exp(logp)).sum()
        mu = level + slope * years
        # x = 140 + b + (c - 140) / S, flat in b and log S.
        b, log_s = np.linspace(-9, 9, 61), np.linspace(-0.8, 0.8, 81)
        c = np.linspace(125, 205, 161)
        stretch = np.exp(log_s)[None, :, None]
        places = (130.0, 150.0, c[None, None, :])
        x = np.stack(
            np.broadcast_arrays(*(140 + b[:, None, None] + (p - 140) / stretch for p in places)), -1
        )
        measured = stats.multivariate_normal(score, covariance).pdf(x)
        prior = density(frontier, c - mu[2], scatter, shortfall)
        pins = np.prod(density(frontier, np.array([130.0, 150.0]) - mu[:2], scatter, shortfall))
        step = (b[1] - b[0]) * (log_s[1] - log_s[0]) * (c[1] - c[0])
        brute = (measured * prior).sum() * step * pins
        # dx_low dx_high = 20 / S db dlog S.
        assert formula / 20 == pytest.approx(brute, rel=2e-3)


@pytest.mark.parametrize("frontier", FRONTIERS, ids=lambda f: f.name)
def test_shrinking_the_scale_and_all_that_is_on_it_is_not_rewarded(frontier):
    """Shrunk by t, m capabilities gain t^-m in density; the measurement must take it back.

    With free linear factors the reward stays: at half the scale exp(0.69 x 46), which no prior of a
    stretch can outweigh, and slopes fall to a fraction.
    """
    day, group, capability, _ = schedule(np.random.default_rng(3))
    n = len(day)
    sd, loading = np.full(n, 2.0), np.ones((n, 1))
    every = drawn(day, group, capability, sd, loading)
    outside = subset(every, ~np.isin(every.model, names()[:2]))
    observations = Observations(outside, REFERENCE)

    def at(t):
        # The lower pin as measured, the upper so that its distance is 20 / t.
        pin = np.array([0.0, (20 - 20 / t) / 2.0])
        trend = 130 + t * 10, 15 * t, 2 * t, 6 * t
        return log_density(frontier, observations, *trend, np.zeros(1), pin)

    for t in (0.5, 0.8, 1.25, 2.0):
        assert at(t) - at(1.0) == pytest.approx(np.log(t), abs=1e-8)


@pytest.mark.parametrize("frontier", FRONTIERS, ids=lambda f: f.name)
def test_without_shared_errors_the_density_is_that_of_scores_with_intervals(frontier):
    day, group, capability, _ = schedule(np.random.default_rng(4))
    n = len(day)
    rng = np.random.default_rng(5)
    sd = rng.uniform(0.5, 4, n)
    releases = drawn(day, group, capability, sd, np.zeros((n, 1)))
    data = Observations(releases, REFERENCE).arrays
    p = {
        "scatter": rng.uniform(1, 3, (2, 5, 2)),
        "shortfall": rng.uniform(3, 8, (2, 5, 2)),
        "shared_error": rng.normal(size=(2, 5, 1)),
        "pin_error": np.zeros((2, 5, 2)),
    }
    mu = rng.normal(135, 8, (2, 5, n))
    intervals = {**data, "stderr": np.where(data["pinned"] > 0, 0.0, data["error_sd"])}
    expected = frontier.logp(p, mu, intervals, arrays)
    assert OfDraws(frontier).log_likelihood(p, mu, data) == pytest.approx(expected)


def test_draws_and_symbols_give_one_density():
    day, group, capability, _ = schedule(np.random.default_rng(6))
    rng = np.random.default_rng(7)
    n = len(day)
    releases = drawn(day, group, capability, rng.uniform(0.5, 4, n), rng.normal(0, 1, (n, 3)))
    spec = ModelSpec.of("linear-stochastic-draws", ECI)
    observations = Observations(releases, REFERENCE)
    model = build(spec, observations)
    found = [model[name] for name in ("shared_error", "pin_error", "scores")]
    logp = model.compile_logp(
        vars=found, sum=True, jacobian=False, mode="FAST_COMPILE", on_unused_input="ignore"
    )
    at = model.initial_point()
    at["shared_error"], at["pin_error"] = rng.normal(size=3), rng.normal(size=2)
    untransformed = model.compile_fn(
        model.replace_rvs_by_values(
            [model[name] for name in ("level", "slope", "scatter", "shortfall")]
        ),
        inputs=model.value_vars, mode="FAST_COMPILE", on_unused_input="ignore",
    )  # fmt: skip
    values = dict(zip(("level", "slope", "scatter", "shortfall"), untransformed(at), strict=True))
    p = {k: v[None, None] for k, v in values.items()}
    p |= {k: at[k][None, None] for k in ("shared_error", "pin_error")}
    by_release = spec.frontier.log_likelihood(
        p, spec.trend_at(p, observations), observations.arrays
    )
    data = observations.arrays
    x = data["pin_score"] - data["pin_loading"] @ at["shared_error"]
    x = x - data["pin_error_sd"] * at["pin_error"]
    normal = stats.norm.logpdf(np.concatenate([at["shared_error"], at["pin_error"]])).sum()
    assert logp(at) == pytest.approx(by_release.sum() + np.log(20 / (x[1] - x[0])) + normal)


def test_what_two_near_equal_scores_share_cancels_in_their_difference():
    day, group, capability, _ = schedule(np.random.default_rng(8))
    n = len(day)
    rng = np.random.default_rng(9)
    capability[5], capability[6] = 155.0, 155.5
    sd, loading = np.full(n, 0.6), np.zeros((n, 1))
    loading[5:7] = 3.0
    releases = drawn(day, group, capability, sd, loading)
    data = Observations(releases, REFERENCE).arrays
    lead = (2, 4000)
    p = {
        # So wide that nothing is shrunk.
        "scatter": np.full((*lead, 2), 1e3),
        "shortfall": np.full((*lead, 2), 1e-3),
        "shared_error": rng.normal(size=(*lead, 1)),
        "pin_error": rng.normal(size=(*lead, 2)),
    }
    mu = np.full((*lead, n), 150.0)
    c = OfDraws(Stochastic()).capabilities(rng, p, mu, data)
    one, two = (int(np.flatnonzero(releases.model == f"model {i:03d}")[0]) for i in (5, 6))
    stretched = np.hypot(3.0, 0.6)
    assert c[..., one].std() > stretched
    assert (c[..., two] - c[..., one]).std() == pytest.approx(np.sqrt(2) * 0.6, rel=0.06)
    spread = releases.joint_errors.spread[5]
    assert c[..., one].std() == pytest.approx(spread, rel=0.06)


def test_pins_are_where_they_are_in_every_draw():
    day, group, capability, _ = schedule(np.random.default_rng(10))
    rng = np.random.default_rng(11)
    n = len(day)
    releases = drawn(day, group, capability, rng.uniform(0.5, 4, n), rng.normal(0, 1, (n, 2)))
    data = Observations(releases, REFERENCE).arrays
    p = {
        "scatter": np.full((2, 50, 2), 2.0),
        "shortfall": np.full((2, 50, 2), 6.0),
        "shared_error": rng.normal(size=(2, 50, 2)),
        "pin_error": rng.normal(size=(2, 50, 2)),
    }
    mu = np.full((2, 50, n), 140.0)
    frontier = OfDraws(Stochastic())
    for values in (
        frontier.capabilities(rng, p, mu, data),
        frontier.simulate(rng, p, mu, data),
        frontier.simulate(rng, {k: p[k] for k in ("scatter", "shortfall")}, mu, data),
    ):
        assert np.isfinite(values).all()
        for name, score in (LOW, HIGH):
            assert values[..., releases.model == name] == pytest.approx(score)


def test_replicated_scores_have_the_spread_of_the_errors_on_the_pinned_scale():
    day, group, capability, _ = schedule(np.random.default_rng(12))
    rng = np.random.default_rng(13)
    n = len(day)
    loading = rng.normal(0, 0.3, (n, 2))
    releases = drawn(day, group, capability, rng.uniform(0.3, 0.8, n), loading)
    data = Observations(releases, REFERENCE).arrays
    lead = (2, 5000)
    p = {
        "scatter": np.full((*lead, 2), 1e-6),
        "shortfall": np.full((*lead, 2), 1e-6),
        "shared_error": np.zeros((*lead, 2)),
        "pin_error": np.zeros((*lead, 2)),
    }
    mu = np.broadcast_to(data["observed"], (*lead, n))
    values = OfDraws(Stochastic()).simulate(rng, p, mu, data)
    place = {str(name): i for i, name in enumerate(releases.joint_errors.models)}
    spread = releases.joint_errors.spread[[place[str(m)] for m in releases.model]]
    free = data["pinned"] == 0
    # To first order in the pins' errors, which are a thirtieth of their distance.
    assert values[..., free].std((0, 1)) == pytest.approx(spread[free], rel=0.05)


def test_models_of_draws_are_named_and_stand_for_any_trend():
    assert models_for(ECI, "draws") == (
        "linear-records-draws", "linear-stochastic-draws",
        "logistic-records-draws", "logistic-stochastic-draws",
    )  # fmt: skip
    for name in ("parallel-stochastic-draws", "broken-stochastic-halfnormal-draws"):
        assert ModelSpec.of(name, ECI).name == name
