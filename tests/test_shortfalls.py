"""Shortfalls, whether there are any, and which way residuals lean: against brute force."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy import stats
from scipy.integrate import quad
from simulate import make_releases

from frontierlag import arrays
from frontierlag.checks import shortfalls as module
from frontierlag.checks.shortfalls import (
    composed_errors,
    density_bound,
    nearest_share,
    no_shortfall,
    residual_skewness,
    shortfall_draws,
    shortfall_given,
)
from frontierlag.fits.fitting import Fit
from frontierlag.frontiers.noise import ReleaseNoise
from frontierlag.frontiers.stochastic import composed_logp
from frontierlag.model import ModelSpec
from frontierlag.names import CAPABILITIES, GROUP, RELEASE, SAMPLE_DIMS
from frontierlag.scores.metric import ECI, Metric
from frontierlag.settings import SamplerSettings

KINDS = ("exponential", "half-normal")
MODELS = {"exponential": "linear-stochastic", "half-normal": "linear-stochastic-halfnormal"}
SLOPE, SCATTER = 12.0, 2.5
BASIC = {"scatter": SCATTER, "slope": SLOPE}


def shortfall_density(kind, u, mean):
    if kind == "exponential":
        return stats.expon.pdf(u, scale=mean)
    return stats.halfnorm.pdf(u, scale=mean * np.sqrt(np.pi / 2))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("distance", "scatter", "mean"), [(-9, 2, 6), (1.5, 3, 4), (-3, 0.4, 9)])
def test_a_shortfall_given_the_distance_is_what_bayes_says(kind, distance, scatter, mean):
    """p(u | d) is proportional to N(d + u; 0, scatter) p(u)."""

    def density(u):
        return stats.norm.pdf(distance + u, 0, scatter) * shortfall_density(kind, u, mean)

    near = max(-distance, 0.0)
    reach = {"points": [near], "limit": 200}
    total, _ = quad(density, 0, near + 12 * scatter, **reach)
    first, _ = quad(lambda u: u * density(u), 0, near + 12 * scatter, **reach)
    location, scale = shortfall_given(kind, *map(np.asarray, (distance, scatter, mean)))
    truncated = stats.truncnorm(-location / scale, np.inf, location, scale)
    assert truncated.mean() == pytest.approx(first / total, rel=1e-6)
    for level in (0.05, 0.5, 0.95):
        u = float(truncated.ppf(level))
        below, _ = quad(density, 0, u, points=[min(near, u)], limit=200)
        assert below / total == pytest.approx(level, abs=1e-6)


def fit_of(model, releases, p, seed=3, capability=None) -> Fit:
    """A fit whose draws are given; capabilities follow by their conditional unless given too."""
    spec = ModelSpec.of(model, releases.metric)
    observations = spec.observations(releases)
    mu = spec.trend_at(p, observations)
    noise = ReleaseNoise(seed, list(observations.releases.model))
    if capability is None:
        capability = spec.frontier.capabilities(noise, p, mu, observations.arrays)
    dims = (*SAMPLE_DIMS, GROUP)
    tree = xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset({name: (dims, values) for name, values in p.items()}),
            CAPABILITIES: xr.Dataset({"capability": ((*SAMPLE_DIMS, RELEASE), capability)}),
        }
    )
    return Fit(spec, observations, SamplerSettings(seed=seed), tree, 0.0)


def constant(shape, **values):
    """Draws that never vary, a value for both groups or one each."""
    return {
        name: np.broadcast_to(np.asarray(value, dtype=float), (*shape, 2)).copy()
        for name, value in values.items()
    }


@pytest.mark.parametrize("kind", KINDS)
def test_the_shortfall_of_a_release_is_that_of_jondrow_and_others(kind):
    """Split off the capability, it is distributed as given the score, whose error is in it."""
    r = make_releases([19000, 19300, 19100], [0, 0, 1], [118.0, 131.0, 122.0], [3.0, 0.0, 1.0])
    p = constant((2, 20_000), level=130, slope=SLOPE, scatter=2.0, shortfall=(6.0, 3.0))
    fit = fit_of(MODELS[kind], r, p)
    drawn = shortfall_draws(fit)
    assert drawn.dims == ("chain", "draw", "release")
    mu = fit.spec.trend_at(p, fit.observations)[0, 0]
    sd = np.sqrt(2.0**2 + r.stderr**2)
    mean = np.where(r.group == 0, 6.0, 3.0)
    location, scale = shortfall_given(kind, r.score - mu, sd, mean)
    for i in range(3):
        known = stats.truncnorm(-location[i] / scale[i], np.inf, location[i], scale[i])
        values = drawn.to_numpy()[..., i].ravel()
        assert values.mean() == pytest.approx(known.mean(), abs=5 * known.std() / 200)
        assert (values < known.ppf(0.9)).mean() == pytest.approx(0.9, abs=0.01)


def test_the_nearest_tenth_is_counted_draw_by_draw():
    rng = np.random.default_rng(0)
    u = rng.exponential(size=(2, 50, 25))
    group = np.r_[np.zeros(14, int), np.ones(11, int)]
    found = nearest_share(u, group)
    for i in range(25):
        own = u[..., group == group[i]].reshape(100, -1)
        few = 2  # a tenth of 14 and of 11, rounded up
        mine = u[..., i].reshape(100, 1)
        assert found[i] == pytest.approx(((own < mine).sum(1) < few).mean())


def world(rng, shortfall, n=12):
    """Releases of two groups on a known line with a known scatter."""
    day = np.sort(rng.integers(19000, 19700, 2 * n))
    group = np.arange(2 * n) % 2
    r = make_releases(day, group, np.zeros(2 * n), 1.0)
    years = ModelSpec.of("linear-stochastic", ECI).observations(r).arrays["years"]
    noise = rng.normal(0, np.hypot(SCATTER, 1.0), 2 * n)
    score = 130 + SLOPE * years + noise - shortfall * rng.exponential(size=2 * n)
    return make_releases(r.day, r.group, score, 1.0)


LEVELS, MEANS = np.linspace(115, 150, 351), np.linspace(0, 40, 801)


def exact(kind, r, g):
    """Posterior of level and mean shortfall on a grid, and the Bayes factor for none."""
    spec = ModelSpec.of(MODELS[kind], ECI)
    data, prior = spec.observations(r).arrays, {q.name: q.prior for q in spec.parameters}
    of = data["group_index"] == g
    rest = data["observed"][of] - SLOPE * data["years"][of] - LEVELS[:, None]
    sd = np.full(rest.shape, np.hypot(SCATTER, 1.0))
    of_level = prior["level"].logp(LEVELS)
    # A shortfall of nearly nothing is none.
    means = np.r_[1e-6, MEANS[1:]]
    some = np.stack([composed_logp(kind, rest, sd, m, arrays).sum(-1) for m in means], axis=1)
    some += of_level[:, None] + prior["shortfall"].logp(means)
    none = stats.norm.logpdf(rest, 0, sd).sum(-1) + of_level
    top = max(some.max(), none.max())
    density = np.exp(some - top)
    weights = np.full(len(means), MEANS[1])
    weights[[0, -1]] /= 2
    evidence = (density @ weights).sum(), np.exp(none - top).sum()
    return density * weights, evidence[1] / evidence[0]


def sampled(kind, r, rng, shape):
    """Independent draws from the exact posteriors of both groups, between the nodes too."""
    p = constant(shape, level=0, shortfall=0, **BASIC)
    factors = []
    for g in (0, 1):
        height, factor = exact(kind, r, g)
        drawn = rng.choice(height.size, shape, p=(height / height.sum()).ravel())
        i, k = np.unravel_index(drawn, height.shape)
        jitter = (rng.random((2, *shape)) - 0.5) * np.array([0.1, 0.05])[:, None, None]
        p["level"][..., g] = LEVELS[i] + jitter[0]
        p["shortfall"][..., g] = np.abs(MEANS[k] + jitter[1])
        factors.append(factor)
    return p, factors


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("route", ["scores", "capabilities"])
def test_the_probability_of_no_shortfall_is_that_of_two_exact_evidences(kind, route, monkeypatch):
    """The density ratio of Savage and Dickey, from scores and from capabilities as drawn."""
    rng = np.random.default_rng(8)
    r = world(rng, shortfall=1.5)
    p, factors = sampled(kind, r, rng, (4, 1500))
    fit = fit_of(MODELS[kind], r, p)
    if route == "capabilities":  # as of results and of joint draws, whose scores are not at hand
        monkeypatch.setattr(module, "_measured", lambda fit, e: (e.capability, e.scatter))
    found = no_shortfall(fit)
    assert [one.group for one in found] == ["USA", "China"]
    for one, factor in zip(found, factors, strict=True):
        assert 0.05 < factor < 20  # an answer that the draws can give
        assert not one.bounded
        assert one.probability == pytest.approx(factor / (1 + factor), abs=4 * one.mcse + 0.004)
        assert one.bayes_factor / (1 + one.bayes_factor) == pytest.approx(one.probability)
        assert 0 < one.mcse < 0.03


def test_a_negligible_probability_is_bounded_and_the_bound_holds():
    rng = np.random.default_rng(2)
    r = world(rng, shortfall=12.0, n=30)
    p, factors = sampled("exponential", r, rng, (4, 1000))
    for one, factor in zip(no_shortfall(fit_of("linear-stochastic", r, p)), factors, strict=True):
        assert one.bounded
        assert np.isnan(one.mcse)
        assert factor / (1 + factor) < one.probability < 0.01


def test_the_rule_of_the_integral_is_exact_for_a_cubic():
    nodes = np.linspace(0.0, 3.0, 9)
    assert module._simpson(nodes) @ (nodes**3 - 2 * nodes) == pytest.approx(81 / 4 - 9)


def test_the_bound_of_a_density_at_zero():
    rng = np.random.default_rng(3)
    draws = rng.gamma(2.0, 1.0, (4, 2000))  # a density that rises from 0 at zero
    assert density_bound(draws) == pytest.approx(3 / (8000 * draws.min()), rel=0.15)


def test_a_prior_without_a_density_at_zero_gives_no_probability(monkeypatch):
    rng = np.random.default_rng(4)
    r = world(rng, 3.0)
    p = constant((2, 50), level=130, shortfall=3, **BASIC)
    fit = fit_of("linear-stochastic", r, p)
    floor = {"family": "Uniform", "sigma": None, "lower": 1.0, "upper": 20.0}
    for q in fit.spec.parameters:
        if q.name == "shortfall":
            changed = q.prior.model_copy(update=floor)
            monkeypatch.setitem(q.__dict__, "prior", changed)
    assert no_shortfall(fit) == ()


def test_a_model_of_records_has_no_shortfalls():
    r = make_releases([19000, 19100, 19200, 19300], [0, 1, 0, 1], [120.0, 115, 130, 125], 1.0)
    p = constant((2, 30), level=125, **BASIC)
    fit = fit_of("linear-records-all", r, p)
    assert composed_errors(fit) is None
    assert shortfall_draws(fit) is None
    assert no_shortfall(fit) == ()
    assert residual_skewness(fit) == ()


def test_an_accuracy_falls_short_in_log_odds():
    metric = Metric("made", "accuracy", 0.0, 1.0, 0.5, 0.25, problems=100)
    r = make_releases([19000, 19100], [0, 1], [0.4, 0.3], 0.05, metric=metric)
    r = type(r)(**{**r.__dict__, "problems": np.array([100.0, 100.0])})
    p = constant((2, 40), level=0.0, slope=1.0, scatter=0.3, shortfall=0.5)
    fit = fit_of("logistic-stochastic", r, p)
    errors = composed_errors(fit)
    assert errors.unit == "log odds"
    c, mu = fit.capabilities, fit.spec.trend_at(p, fit.observations)
    np.testing.assert_allclose(errors.distance, np.log(c / (1 - c)) - np.log(mu / (1 - mu)))
    assert (shortfall_draws(fit).to_numpy() >= 0).all()


@pytest.mark.parametrize(("sign", "wrong"), [(-1, False), (1, True)])
def test_skewness_is_that_of_scores_around_the_line(sign, wrong):
    rng = np.random.default_rng(5)
    n = 60
    day = np.sort(rng.integers(19000, 19700, 2 * n))
    r = make_releases(day, np.arange(2 * n) % 2, np.zeros(2 * n), 0.5)
    years = ModelSpec.of("linear-stochastic", ECI).observations(r).arrays["years"]
    score = 130 + SLOPE * years + sign * 6 * rng.exponential(size=2 * n)
    r = make_releases(r.day, r.group, score, 0.5)
    p = constant((2, 40), level=130, shortfall=6, **BASIC)
    for g, one in enumerate(residual_skewness(fit_of("linear-stochastic", r, p))):
        of = r.group == g
        known = stats.skew((r.score - SLOPE * years)[of])
        assert one.value == pytest.approx(known)
        assert one.z == pytest.approx(known * np.sqrt(n / 6))
        assert one.wrong is wrong
        assert one.lower90 < known < one.upper90
        assert one.p == pytest.approx(1.0 if wrong else 0.0, abs=0.01)


def test_skewness_without_shortfalls_is_as_probable_as_it_says():
    """Over tables without shortfalls and with unequal errors p is spread evenly."""
    rng = np.random.default_rng(6)
    p, found = constant((2, 20), level=130, shortfall=3, **BASIC), []
    for _ in range(100):
        n = 40
        day = np.sort(rng.integers(19000, 19700, 2 * n))
        error = rng.choice([0.5, 12.0], 2 * n, p=[0.9, 0.1])  # a few are measured badly
        r = make_releases(day, np.arange(2 * n) % 2, np.zeros(2 * n), error)
        years = ModelSpec.of("linear-stochastic", ECI).observations(r).arrays["years"]
        score = 130 + SLOPE * years + rng.normal(0, np.hypot(2.0, r.stderr))
        r = make_releases(r.day, r.group, score, r.stderr)
        found += [one.p for one in residual_skewness(fit_of("linear-stochastic", r, p))]
    assert stats.kstest(found, "uniform").pvalue > 0.01
