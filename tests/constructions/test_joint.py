"""The joint model: exact where it can be, then one small fit and all that follows from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pymc as pm
import pytest
from scipy.integrate import quad
from scipy.stats import norm, t
from simulate_results import matrix

from frontierlag.analyses.analysis import analyse
from frontierlag.checks.loo import exact_elpd, loo, release_densities
from frontierlag.checks.predictive import predictive_checks
from frontierlag.dates import Window
from frontierlag.frontiers.marginal import marginal_logp
from frontierlag.frontiers.pinned import free_scale
from frontierlag.lags.realized import best_at_the_end, best_on_release
from frontierlag.model import ModelSpec
from frontierlag.results.charts import releases_shown
from frontierlag.results.manifest import results_record
from frontierlag.results.storage import load, store
from frontierlag.results.tables import benchmark_table, capability_table
from frontierlag.scores import default_window_start
from frontierlag.scores.metric import ECI
from frontierlag.settings import SamplerSettings

GROUP = pytest.mark.xdist_group("linear-joint")
PINS = dict(ECI.anchors)


def test_the_free_scale_leaves_the_density_of_capabilities_alone():
    """p(x) is p(m0, m1, c) times the Jacobian, for any x: by numerical differentiation."""
    rng = np.random.default_rng(1)
    n = 6
    w = rng.dirichlet(np.full(n, 5.0))
    u = rng.normal(size=n)
    u = u - w @ u
    u = u / np.sqrt(w @ u**2)
    pins, score = np.array([1, 4]), np.array([130.0, 150.0])
    u[pins] = np.sort(u[pins])  # upright, though no longer quite standardized: only a place to be
    data = {"start_capability": u, "share": w, "pin_index": pins, "pin_score": score}
    with pm.Model() as model:
        free_scale({name: pm.Data(name, values) for name, values in data.items()})
    logp = model.compile_logp()
    tau = 0.1 / np.sqrt(n)
    others = np.setdiff1d(np.arange(n), pins)

    def image(x):
        scale = (score[1] - score[0]) / (x[pins[1]] - x[pins[0]])
        c = score[0] + scale * (x - x[pins[0]])
        return np.concatenate([[w @ x, (w * u) @ x], c[others]])

    def expected(x):
        step = 1e-5
        columns = [(image(x + step * e) - image(x - step * e)) / (2 * step) for e in np.eye(n)]
        m0, m1, *_ = image(x)
        narrow = norm.logpdf(m0, 0, tau) + norm.logpdf(m1, 1, tau) - np.log(abs(m1))
        return narrow + np.log(abs(np.linalg.det(np.column_stack(columns))))

    places = [u * (1 + 0.3 * k) + 0.1 * rng.normal(size=n) for k in range(5)]
    gaps = [float(logp({"free_capability": x})) - expected(x) for x in places]
    # The weights make the fixed directions u only where they are standardized: the rest is const.
    assert np.ptp(gaps) < 1e-3


def test_results_of_a_release_are_integrated_over_its_capability():
    rng = np.random.default_rng(2)
    draws, benchmarks = 3, 4
    p = {
        "capability": 140 + 3 * rng.normal(size=(1, 400, 2)),
        "difficulty": 138 + rng.normal(size=(1, 400, benchmarks)),
        "discrimination": np.full((1, 400, benchmarks), 0.12),
        "noise": np.full((1, 400, benchmarks), 0.05),
    }
    data = {
        "result": np.array([0.5, 0.62, 0.4, 0.55, 0.7]),
        "result_model": np.array([0, 0, 0, 1, 1]),
        "result_benchmark": np.array([0, 1, 3, 2, 3]),
        "result_weight": np.ones(5),
        "chance": np.array([0.0, 0.25, 0.0, 0.0]),
        "ceiling": np.array([1.0, 1.0, 0.9, 1.0]),
        "pin_index": np.array([1, 7]),
    }
    found = marginal_logp(p, data, 2, lambda c, i: norm.logpdf(c, 139, 5))
    for k in range(draws):

        def density(c, k=k, i=0):
            total = norm.pdf(c, 139, 5)
            for r in np.flatnonzero(data["result_model"] == i):
                j = data["result_benchmark"][r]
                odds = p["discrimination"][0, k, j] * (c - p["difficulty"][0, k, j])
                low, high = data["chance"][j], data["ceiling"][j]
                mean = low + (high - low) / (1 + np.exp(-odds))
                total *= t.pdf(data["result"][r], 4, mean, p["noise"][0, k, j])
            return total

        exact, _ = quad(density, 100, 180, points=[135, 140, 145], limit=200)
        assert found[0, k, 0] == pytest.approx(np.log(exact), abs=1e-4)
        # A pin has its capability exactly.
        pin = p["capability"][..., 1].mean()
        assert found[0, k, 1] == pytest.approx(np.log(density(pin, i=1)), abs=1e-9)


def test_the_density_of_a_release_that_was_left_out_is_exact_for_draws_as_wide_as_its_prior():
    rng = np.random.default_rng(3)
    benchmarks = 12
    p = {
        "capability": 125 + 25 * rng.normal(size=(1, 300, 1)),
        "difficulty": np.broadcast_to(np.linspace(128, 152, benchmarks), (1, 300, benchmarks)),
        "discrimination": np.full((1, 300, benchmarks), 0.2),
        "noise": np.full((1, 300, benchmarks), 0.01),
    }
    at = np.arange(benchmarks)
    data = {
        "result": 1 / (1 + np.exp(-0.2 * (140.3 - np.linspace(128, 152, benchmarks)))),
        "result_model": np.zeros(benchmarks, dtype=int),
        "result_benchmark": at,
        "result_weight": (at != 4).astype(float),
        "chance": np.zeros(benchmarks),
        "ceiling": np.ones(benchmarks),
        "pin_index": np.array([7, 8]),
    }
    found = marginal_logp(p, data, 1, lambda c, i: norm.logpdf(c, 125, 25))

    def density(c):
        mean = 1 / (1 + np.exp(-0.2 * (c - p["difficulty"][0, 0])))
        # A result of no weight says nothing.
        logs = t.logpdf(data["result"], 4, mean, 0.01)[at != 4]
        return norm.pdf(c, 125, 25) * np.exp(logs.sum())

    exact, _ = quad(density, 135, 146, points=[140.3], limit=200)
    assert found[0, 0, 0] == pytest.approx(np.log(exact), abs=1e-3)


def test_who_holds_the_record():
    day = np.array([1, 2, 2, 5])
    capability = np.array([[1.0, 3.0, 2.0, 2.5], [4.0, 3.0, 5.0, 6.0]])
    np.testing.assert_allclose(best_on_release(day, capability), [1.0, 0.5, 0.5, 0.5])
    np.testing.assert_allclose(best_at_the_end(capability), [0.0, 0.5, 0.0, 0.5])


@pytest.fixture(scope="module")
def made():
    return matrix(np.random.default_rng(5), leader=14, follower=9, benchmarks=8, each=6)


@pytest.fixture(scope="module")
def analysis(made):
    releases = made.releases
    window = Window(default_window_start(releases), releases.as_of)
    settings = SamplerSettings(draws=400, tune=400, seed=3)
    return analyse(ModelSpec.of("linear-joint", ECI), releases, window, settings, cores=1)


@GROUP
def test_capabilities_are_recovered_on_the_scale_of_the_pins(analysis, made):
    found = capability_table(analysis)
    assert len(found) == len(made.releases) + len(made.releases.responses.others)
    truth = made.capability
    assert np.corrcoef(found["mean"], truth)[0, 1] > 0.98
    inside = (found["lower90"] <= truth) & (truth <= found["upper90"])
    assert inside.mean() > 0.75
    pins = found[found["release"].isin(list(PINS))]
    assert len(pins) == 2
    np.testing.assert_allclose(pins["mean"], [PINS[name] for name in pins["release"]], atol=1e-6)
    np.testing.assert_allclose(pins["sd"], 0, atol=1e-6)
    for _, own in found[found["group"] != "neither group"].groupby("group"):
        assert own["best_now"].sum() == pytest.approx(1, abs=0.01)
        assert own["best_on_release"].iloc[0] == 1


@GROUP
def test_benchmarks_have_difficulty_discrimination_and_noise(analysis, made):
    found = benchmark_table(analysis)
    assert set(found["quantity"]) == {"difficulty", "discrimination", "noise"}
    hard = found[found["quantity"] == "difficulty"].set_index("benchmark")
    names = made.releases.responses.benchmarks
    assert np.corrcoef(hard["mean"][names], made.difficulty)[0, 1] > 0.9
    assert hard["results"].sum() == len(made.releases.responses.score)


@GROUP
def test_an_analysis_survives_its_file_with_its_results(analysis, tmp_path):
    store(analysis, tmp_path / "joint.nc")
    again = load(tmp_path / "joint.nc")
    one, other = analysis.fit.observations.responses, again.fit.observations.responses
    np.testing.assert_array_equal(one.score, other.score)
    names = [a.fit.observations.releases.result_names for a in (analysis, again)]
    np.testing.assert_array_equal(*names)
    assert one.pins == other.pins
    assert capability_table(again).equals(capability_table(analysis))
    assert again.convergence.verdict() == analysis.convergence.verdict()
    assert results_record(again.fit.observations.releases)["models"] == one.models


@GROUP
def test_releases_are_left_out_with_all_their_results(analysis):
    tree, which = release_densities(analysis.fit)
    releases = analysis.fit.observations.releases
    assert set(releases.model) - set(releases.model[which]) == set(PINS)
    assert np.isfinite(tree["log_likelihood"]["score"].to_numpy()).all()
    found = loo(analysis.fit, refit=False)
    assert found.refitted == ()
    assert found.estimated == found.high
    assert found.trusted == (not found.high)
    assert np.isfinite(found.elpd_i).all()
    # Where importance weights can be trusted, exact refits say the same. Over three releases, as a
    # few hundred effective draws leave 0.15 or so open in each density.
    best = np.argsort(found.pareto_k)[:3]
    assert (found.pareto_k[best] < found.threshold).all()
    exact = [exact_elpd(analysis.fit, int(which[i]), cores=1)[0] for i in best]
    assert np.mean(exact - found.elpd_i[best]) == pytest.approx(0, abs=0.25)


@GROUP
def test_the_model_makes_results_like_those_that_it_saw(analysis):
    lines = predictive_checks(analysis.fit)
    assert {line.group for line in lines} == {"USA", "China", "neither group", "both"}
    assert all(np.isfinite([line.value, line.expected, line.p]).all() for line in lines)
    names = {line.name for line in lines}
    assert "records by capability" in names
    within = [line for line in lines if "leave-one-out 90%" in line.name]
    assert all(0.6 < line.value <= 1 for line in within)


@GROUP
def test_a_chart_shows_posterior_capabilities(analysis):
    releases = analysis.fit.observations.releases
    table = capability_table(analysis)
    shown = releases_shown(table, analysis.name)
    table = table.set_index("release")
    assert set(shown["group"]) == set(releases.group_names)
    np.testing.assert_allclose(shown["score"], table["median"][shown["model"]], atol=1e-3)
    np.testing.assert_allclose(shown["low"], table["lower90"][shown["model"]], atol=1e-3)


def test_results_of_no_weight_say_nothing(made):
    """A model whose results count for nothing is as one that was never run, in the log density."""
    spec = ModelSpec.of("linear-joint", ECI)
    one = spec.observations(made.releases)
    responses = made.releases.responses
    changed = replace(responses, score=np.where(responses.model == 3, 0.5, responses.score))
    mask = responses.model == 3
    both = [
        spec.observations(replace(made.releases, responses=r.without(mask)))
        for r in (responses, changed)
    ]
    p = {
        "capability": np.full((1, len(one.releases)), 140.0),
        "other_capability": np.full((1, len(responses.others)), 140.0),
        "difficulty": np.full((1, 8), 138.0),
        "discrimination": np.full((1, 8), 0.1),
        "noise": np.full((1, 8), 0.05),
    }
    mu = np.zeros((1, len(one.releases)))
    first, second = (spec.frontier.log_likelihood(p, mu, o.arrays) for o in both)
    np.testing.assert_array_equal(first, second)
    assert (first[..., mask] == 0).all()
