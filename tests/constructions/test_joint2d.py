"""A second ability: what the model says, what settles its directions, and that it is recovered."""

from __future__ import annotations

import numpy as np
import pytensor
import pytest
from pytensor.compile.mode import Mode
from simulate_results import matrix

from frontierlag.analyses.analysis import analyse
from frontierlag.dates import Window
from frontierlag.errors import SpecError
from frontierlag.frontiers import Joint, Joint2d
from frontierlag.frontiers.joint2d import orthogonal
from frontierlag.model import ModelSpec, build
from frontierlag.scores import default_window_start
from frontierlag.scores.metric import ECI
from frontierlag.settings import SamplerSettings

SPEC = ModelSpec.of("linear-joint2d", ECI)
# Evaluated a few times: interpreting is quicker than compiling.
PLAIN = Mode(linker="py", optimizer=None)


@pytest.fixture(scope="module")
def world():
    return matrix(np.random.default_rng(5), loading=0.8)


@pytest.fixture(scope="module")
def observations(world):
    return SPEC.observations(world.releases)


@pytest.fixture(scope="module")
def model(observations):
    return build(SPEC, observations)


def at_truth(world, draws=3):
    """The truth as draws, three times the same."""
    r = world.releases
    n = len(r)

    def drawn(values):
        return np.broadcast_to(values, (1, draws, *np.shape(values)))

    return {
        "capability": drawn(world.capability[:n]),
        "other_capability": drawn(world.capability[n:]),
        "second": drawn(world.second[:n]),
        "other_second": drawn(world.second[n:]),
        "difficulty": drawn(world.difficulty),
        "discrimination": drawn(world.discrimination),
        "loading": drawn(world.loading),
        "noise": drawn(np.full(len(world.difficulty), 0.02)),
    }


def test_density_and_gradient_are_finite_at_and_around_the_start(model):
    logp, gradient = model.compile_logp(mode=PLAIN), model.compile_dlogp(mode=PLAIN)
    start = model.initial_point()
    rng = np.random.default_rng(0)
    for jitter in (0.0, 0.3, 1.0):
        point = {k: v + jitter * rng.uniform(-1, 1, v.shape) for k, v in start.items()}
        assert np.isfinite(logp(point))
        assert np.isfinite(gradient(point)).all()


def test_loadings_have_no_part_along_the_discriminations(world, model, observations):
    data = observations.arrays
    at, weight = data["result_benchmark"], data["result_weight"]
    rng = np.random.default_rng(1)
    free, a = rng.standard_normal((4, 8)), rng.uniform(0.1, 0.3, (4, 8))
    b = orthogonal(free, a, at, weight)
    assert np.abs((weight * a[:, at] * b[:, at]).sum(-1)).max() < 1e-12
    # What is taken away lies along a, and doing it twice takes nothing more.
    share = (free - b) / a
    np.testing.assert_allclose(share, share[:, :1] * np.ones(8))
    np.testing.assert_allclose(orthogonal(b, a, at, weight), b, atol=1e-12)
    # A result that does not count does not count here.
    lighter = weight * (at != 2)
    b = orthogonal(free, a, at, lighter)
    assert np.abs((lighter * a[:, at] * b[:, at]).sum(-1)).max() < 1e-12


def test_the_model_holds_the_constraint_and_the_sign(world, model, observations):
    names = ("loading", "second", "other_second", "discrimination")
    point = model.initial_point()
    values = dict(zip(names, _evaluate(model, names, point), strict=True))
    data = observations.arrays
    at, weight = data["result_benchmark"], data["result_weight"]
    along = (weight * values["discrimination"][at] * values["loading"][at]).sum()
    assert abs(along) < 1e-10
    assert (weight * data["start_loading"][at] * values["loading"][at]).sum() > 0
    mirrored = dict(point)
    mirrored["free_loading"] = -point["free_loading"]
    mirrored["free_second"] = -point["free_second"]
    for name, value in zip(names, _evaluate(model, names, mirrored), strict=True):
        np.testing.assert_allclose(value, values[name])
    logp = model.compile_logp(mode=PLAIN)
    assert logp(mirrored) == pytest.approx(logp(point))


def test_without_loadings_it_is_the_model_with_one_ability(world, observations):
    p = at_truth(world)
    data, mu = observations.arrays, np.zeros((1, 3, len(world.releases)))
    one = Joint().log_likelihood(p, mu, data)
    np.testing.assert_allclose(
        Joint2d().log_likelihood({**p, "loading": 0 * p["loading"]}, mu, data), one
    )
    two = Joint2d().log_likelihood(p, mu, data)
    assert two.sum() > one.sum() + 50  # the truth has a second ability, which the one leaves out


def test_likelihood_cannot_tell_what_the_constraint_settles(world, observations):
    """c + k z in place of c, with b - k a in place of b: the same results."""
    p = at_truth(world)
    data, mu = observations.arrays, np.zeros((1, 3, len(world.releases)))
    k = 2.5
    sheared = p | {
        "capability": p["capability"] + k * p["second"],
        "other_capability": p["other_capability"] + k * p["other_second"],
        "loading": p["loading"] - k * p["discrimination"],
    }
    frontier = Joint2d()
    np.testing.assert_allclose(
        frontier.log_likelihood(sheared, mu, data),
        frontier.log_likelihood(p, mu, data),
        rtol=1e-5,
    )
    at, weight = data["result_benchmark"], data["result_weight"]
    back = orthogonal(sheared["loading"], p["discrimination"], at, weight)
    np.testing.assert_allclose(back, p["loading"], atol=1e-10)


def test_prior_draws_are_finite_and_keep_the_constraint(world, observations):
    rng = np.random.default_rng(2)
    p = {q.name: q.prior.draw(rng, (1, 50) if q.shared else (1, 50, 2)) for q in SPEC.parameters}
    mu, data = SPEC.trend_at(p, observations), observations.arrays
    drawn = Joint2d()._drawn(rng, p, mu, data)
    assert drawn["second"].shape == (1, 50, len(world.releases))
    assert drawn["other_second"].shape == (1, 50, 2)
    at, weight = data["result_benchmark"], data["result_weight"]
    a, b = drawn["discrimination"], drawn["loading"]
    along = (weight * a[..., at] * b[..., at]).sum(-1)
    assert np.abs(along / (weight * np.abs(a[..., at] * b[..., at])).sum(-1)).max() < 1e-9
    scores = SPEC.frontier.simulate(rng, p, mu, data)
    assert scores.shape == (1, 50, len(data["result"]))
    assert np.isfinite(scores).all()


def test_it_is_not_compared_release_by_release(world, observations):
    data = observations.arrays
    assert not SPEC.frontier.can_leave_out(data).any()
    with pytest.raises(SpecError, match="both abilities"):
        SPEC.frontier.release_logp({}, np.zeros((1, 1, 1)), data)


def _evaluate(model, names, point):
    """Values of the model's deterministic variables at a point of the sampler's."""
    outputs = model.replace_rvs_by_values([model[name] for name in names])
    inputs = list(model.value_vars)
    function = pytensor.function(inputs, outputs, mode=PLAIN, on_unused_input="ignore")
    return function(*(point[variable.name] for variable in inputs))


@pytest.mark.slow
def test_two_abilities_are_recovered_and_the_lag_is_that_of_the_first():
    rng = np.random.default_rng(6)
    world = matrix(
        rng, leader=60, follower=30, others=10, benchmarks=24, each=12, loading=1.0, noise=0.02
    )
    window = Window(default_window_start(world.releases), world.releases.as_of)
    settings = SamplerSettings(chains=2, draws=1000, tune=600, seed=1)
    analysis = analyse(SPEC, world.releases, window, settings, cores=2)
    assert analysis.convergence.converged, analysis.convergence.verdict()
    posterior = analysis.fit.tree["posterior"].to_dataset()
    n = len(world.releases)
    for name, truth, correlation in (
        ("capability", world.capability[:n], 0.99),
        ("second", world.second[:n], 0.95),
        ("loading", world.loading, 0.98),
    ):
        mean = posterior[name].mean(("chain", "draw")).to_numpy()
        found = np.corrcoef(mean, truth)[0, 1]
        # The sign of the second ability is a convention.
        assert (found if name == "capability" else abs(found)) > correlation, name
    low, high = np.quantile(posterior["capability"].to_numpy(), (0.05, 0.95), axis=(0, 1))
    covered = (low <= world.capability[:n]) & (world.capability[:n] <= high)
    assert covered.mean() > 0.8
    one = analyse(ModelSpec.of("linear-joint", ECI), world.releases, window, settings, cores=2)
    errors = [
        np.abs(
            a.fit.tree["posterior"]["capability"].mean(("chain", "draw")).to_numpy()
            - world.capability[:n]
        ).mean()
        for a in (analysis, one)
    ]
    assert errors[0] < 0.7 * errors[1]
