"""Ranks: uniform for a right model, not for a wrong one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from frontierlag.errors import SpecError
from frontierlag.priors import Prior
from frontierlag.studies.calibration.calibrate import MODELS, RANKED
from frontierlag.studies.calibration.estimands import true_lags
from frontierlag.studies.calibration.figure import rank_chart
from frontierlag.studies.calibration.prior_worlds import prior_world, rank, spec_of
from frontierlag.studies.calibration.results import ABOUT
from frontierlag.studies.calibration.sbc import LEVEL, holm, rank_statistics, uniformity


def test_a_rank_counts_draws_below_and_breaks_ties():
    draws = np.array([1.0, 2.0, 3.0, 4.0])
    assert rank(2.5, draws, 0.0) == pytest.approx(2 / 5)
    assert rank(2.5, draws, 1.0) == pytest.approx(3 / 5)
    assert rank(2.0, draws, 0.5) == pytest.approx((1 + 0.5 * 2) / 5)
    assert rank(np.nan, np.array([np.nan, 1.0]), 0.5) == pytest.approx((0 + 0.5 * 2) / 3)
    assert rank(0.0, np.array([np.nan, 1.0]), 0.0) == pytest.approx(1 / 3)
    # A sum of the same days in another order is the same lag.
    same = np.full(4, 0.1 + 0.2 + 0.3)
    assert rank(0.3 + 0.2 + 0.1, same, 0.5) == pytest.approx(0.5)


def test_ranks_of_a_conjugate_normal_are_uniform_and_of_a_wrong_prior_are_not():
    rng = np.random.default_rng(3)
    ranks = {"right": [], "one side wrong": [], "too narrow": []}
    for _ in range(300):
        truth = rng.normal()
        y = truth + rng.normal()
        for name, mean, sd in (
            ("right", y / 2, np.sqrt(0.5)),
            ("one side wrong", (y + 0.8) / 2, np.sqrt(0.5)),
            ("too narrow", y / 2, 0.6 * np.sqrt(0.5)),
        ):
            ranks[name].append(rank(truth, rng.normal(mean, sd, 100), rng.uniform()))
    passed = uniformity(ranks).set_index("quantity")["passed"]
    assert passed.to_dict() == {"right": True, "one side wrong": False, "too narrow": False}


def test_a_right_model_rarely_fails():
    rng = np.random.default_rng(9)
    failed = sum(
        not uniformity({str(k): rng.uniform(size=100) for k in range(12)})["passed"].all()
        for _ in range(100)
    )
    assert failed <= stats.binom.ppf(0.999, 100, LEVEL)


def test_holm_against_its_definition():
    p = np.array([0.01, 0.04, 0.03, 0.005])
    assert holm(p) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@pytest.mark.parametrize(
    "name", [*MODELS, "parallel-logistic-stochastic", "broken-learned-stochastic"]
)
def test_prior_worlds_follow_the_model(name):
    spec = spec_of(name)
    world = prior_world(spec, np.random.default_rng(2))
    assert set(world.parameters) >= {p.name for p in spec.parameters}
    assert np.isfinite(world.capability).all()
    observations = spec.observations(world.releases)
    assert len(observations.releases) == len(world.releases) == 90
    assert observations.reference == world.reference
    assert ("realized", "window") in true_lags(world)
    t = observations.arrays["years"]
    mu = world.trend.value(world.parameters, t, world.releases.group, np)
    if name.endswith("stochastic"):
        assert (world.capability - mu).mean() < 0


@pytest.mark.parametrize("name", [name for name in RANKED if "@" in name])
def test_prior_worlds_of_a_benchmark_have_binomial_counts(name):
    spec, z = spec_of(name), []
    for i in range(20):
        world = prior_world(spec, np.random.default_rng([3, i]))
        p, r = world.capability, world.releases
        low, high = spec.metric.bounds.lower, spec.metric.bounds.upper
        assert ((p > low - 1e-9) & (p < high + 1e-9)).all()
        observations = spec.observations(r)
        assert len(observations.releases) == len(r) == 90
        assert observations.reference == world.reference
        counts = r.score * r.problems
        np.testing.assert_allclose(counts, np.rint(counts), atol=1e-6)
        known = (p > 0.05) & (p < 0.95)
        z.append(((r.score - p) / np.sqrt(p * (1 - p) / r.problems))[known])
        if "stochastic" in name:
            mu = spec.trend_at(world.parameters, observations)
            assert (p - mu).mean() < 0
    z = np.concatenate(z)
    assert abs(z.mean()) < 4 / np.sqrt(len(z))
    assert z.std() == pytest.approx(1, abs=0.1)


def test_scores_of_a_prior_world_have_the_likelihoods_density():
    """Probability integral transform of each score under the model at the true parameters."""
    spec, u = spec_of("linear-stochastic"), []
    for i in range(40):
        world = prior_world(spec, np.random.default_rng([6, i]))
        r, p = world.releases, world.parameters
        t = spec.observations(r).arrays["years"]
        mu = world.trend.value(p, t, r.group, np)
        sd = np.hypot(p["scatter"][r.group], r.stderr)
        rate = p["shortfall"][r.group] / sd
        # -(score - mu) is an exponentially modified normal.
        u.append(stats.exponnorm.sf(-(r.score - mu) / sd, rate))
    assert stats.kstest(np.concatenate(u), "uniform").pvalue > 0.001


@pytest.mark.parametrize("name", ["linear-nothing", "linear-stochastic-draws"])
def test_models_whose_data_are_not_drawn_are_refused_in_words(name):
    with pytest.raises(SpecError, match=r"no model 'linear-nothing'|no worlds are drawn"):
        spec_of(name)


def test_the_figure_has_a_panel_a_quantity():
    rng = np.random.default_rng(1)
    ranks = {f"parameter {k}": rng.uniform(size=40).tolist() for k in range(5)}
    figure = rank_chart("linear-stochastic", ranks, ABOUT)
    titles = [axes.get_title(loc="left") or axes.get_title() for axes in figure.axes]
    assert [t for t in titles if t] == list(ranks)
    assert any("CC BY 4.0" in text.get_text() for text in figure.texts)


@pytest.mark.slow
def test_a_prior_that_is_wrong_on_one_side_fails_and_the_right_one_passes(tmp_path):
    right = rank_statistics(("linear-stochastic",), 40, tmp_path, jobs=2)
    steeper = (("slope", Prior(family="TruncatedNormal", mu=24, sigma=4, lower=0)),)
    wrong = rank_statistics(("linear-stochastic",), 40, tmp_path, jobs=2, fit_priors=steeper)
    assert right.passed, right.table
    assert not wrong.passed, wrong.table
    bad = wrong.table[~wrong.table["passed"]]["quantity"]
    assert set(bad) >= {"slope[leader]", "slope[follower]"}
