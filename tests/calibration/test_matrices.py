"""Worlds of benchmark results: what they hold, their index, and what they are drawn from."""

from __future__ import annotations

from dataclasses import replace

import naive
import numpy as np
import pytest
from scipy import optimize, stats

from frontierlag.dates import DAYS_PER_YEAR
from frontierlag.errors import SpecError
from frontierlag.fits.sampling import _fixed_shape
from frontierlag.frontiers.item_response import FREEDOM
from frontierlag.jobs import Job
from frontierlag.model import ModelSpec
from frontierlag.scores.item_results import joined, load_results
from frontierlag.scores.item_results.responses import responses_of
from frontierlag.scores.metric import ECI
from frontierlag.studies.calibration.calibrate import JOINT, PLAN, Block, default_plan, run_plan
from frontierlag.studies.calibration.estimands import true_lags, truth_of
from frontierlag.studies.calibration.index import RESIDUAL, _Problem, publish
from frontierlag.studies.calibration.matrices import (
    MATRICES,
    MATRIX_DESIGNS,
    _scored,
    make_matrix_world,
)
from frontierlag.studies.calibration.prior_worlds import prior_world, spec_of

# The worlds take a minute to draw: one process draws them.
pytestmark = pytest.mark.xdist_group("matrices")


@pytest.fixture(scope="module")
def worlds():
    return [make_matrix_world(MATRICES, np.random.default_rng([3, i])) for i in range(6)]


def test_every_world_has_the_sizes_that_one_compilation_serves(worlds):
    for world in worlds:
        measured = world.releases
        assert [(measured.group == g).sum() for g in (0, 1)] == [60, 30]
        assert len(measured.responses.others) == MATRICES.others
        assert len(measured.responses.benchmarks) == MATRICES.benchmarks
    spec = ModelSpec.of(JOINT, ECI)
    assert {spec.observations(w.releases).arrays["centre"].shape for w in worlds} == {(30,)}


def test_tables_are_as_sparse_as_the_real_one(worlds):
    counts = np.concatenate([w.releases.responses.results_of for w in worlds])
    assert counts.min() >= 2
    assert counts.mean() == pytest.approx(10, abs=1)
    filled = [len(w.releases.responses.score) / (102 * 30) for w in worlds]
    assert max(filled) < 0.4
    r = worlds[0].releases.responses
    # Each benchmark is given to models of its own time, and benchmarks overlap.
    day = worlds[0].releases.day
    spans = [np.ptp(day[r.model[(r.benchmark == j) & (r.model < 90)]]) for j in range(30)]
    assert 0.3 < np.median(spans) / DAYS_PER_YEAR < 2.5


def test_the_pins_are_exact_in_truth_and_in_the_index(worlds):
    for world in worlds:
        measured = world.releases
        for (at, score), (name, pinned) in zip(measured.responses.pins, ECI.anchors, strict=True):
            assert measured.model[at] == name
            assert score == pinned
            assert world.capability[at] == pytest.approx(pinned, abs=1e-9)
            assert measured.score[at] == pytest.approx(pinned, abs=1e-9)
            assert measured.stderr[at] == 0


def test_the_index_is_near_the_truth_with_errors_of_the_size_it_states(worlds):
    z = []
    for w in worlds:
        free = w.releases.stderr > 0
        z.append((w.releases.score - w.capability)[free] / w.releases.stderr[free])
    z = np.concatenate(z)
    assert 0.6 < np.median(np.abs(z)) / stats.norm.ppf(0.75) < 1.8
    assert min(np.corrcoef(w.releases.score, w.capability)[0, 1] for w in worlds) > 0.9


def test_true_lag_does_not_depend_on_the_scale(worlds):
    for world in worlds[:2]:
        group = world.releases.group
        day = [world.day[group == g].tolist() for g in (0, 1)]
        true = [(7 * world.capability[group == g] - 3).tolist() for g in (0, 1)]
        days = world.window.days
        told = [naive.realized(day[0], true[0], day[1], true[1], t)[0] for t in days.tolist()]
        assert true_lags(world)["realized", "window"] == pytest.approx(np.mean(told), abs=1e-9)


def test_capabilities_are_trend_plus_scatter_less_shortfall(worlds):
    below = []
    for w in worlds:
        t = (w.day - np.datetime64(w.reference, "D").astype(int)) / DAYS_PER_YEAR
        scale = w.parameters["slope"].mean() / 14
        frontier = w.trend.value(w.parameters, t, w.releases.group, np)
        below.append((frontier - w.capability) / scale)
    assert np.concatenate(below).mean() == pytest.approx(8, rel=0.15)


def test_errors_are_student_t_of_each_benchmarks_own_size():
    rng = np.random.default_rng(4)
    design = replace(MATRICES, benchmarks=2, noise=(0.001, 0.0), discrimination=(0.1, 0.0))
    model, benchmark = np.tile(np.arange(2000), 2), np.repeat([0, 1], 2000)
    c = rng.uniform(130, 150, 2000)
    difficulty = np.array([138.0, 145.0])
    score = _scored(design, rng, difficulty, c[model], benchmark)
    expected = 1 / (1 + np.exp(-0.1 * (c[model] - difficulty[benchmark])))
    assert stats.kstest((score - expected) / 0.001, stats.t(FREEDOM).cdf).pvalue > 0.01


def test_the_same_stream_gives_the_same_world():
    one, other = (make_matrix_world(MATRICES, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(one.releases.responses.score, other.releases.responses.score)
    assert np.array_equal(one.releases.stderr, other.releases.stderr)
    assert np.array_equal(one.capability, other.capability)


def small_matrix(noise):
    rng = np.random.default_rng(2)
    c, d, a = rng.normal(size=12), rng.normal(size=6), np.exp(rng.normal(size=6) / 3)
    model, benchmark = (x.ravel() for x in np.indices((12, 6)))
    score = 1 / (1 + np.exp(-a[benchmark] * (c[model] - d[benchmark])))
    return c, model, benchmark, score + noise * rng.normal(size=len(score))


def test_the_publishers_fit_is_the_least_squares_of_scipy():
    _, model, benchmark, score = small_matrix(0.05)
    problem = _Problem(model, benchmark, score, 12, 6)
    weight = np.linspace(0.5, 1.5, 6)
    penalty = RESIDUAL * np.concatenate([np.ones(18), np.full(6, 1 / 3)])

    def residuals(theta):
        x, a, b = theta[:12], np.exp(theta[12:18]), theta[18:]
        error = score - 1 / (1 + np.exp(-(a[benchmark] * x[model] + b[benchmark])))
        return np.concatenate([np.sqrt(weight)[benchmark] * error, penalty * theta])

    expected = optimize.least_squares(residuals, np.zeros(24), xtol=1e-12, ftol=1e-12, gtol=1e-12)
    found = problem.solve(np.zeros(24), weight)
    assert found == pytest.approx(expected.x, abs=2e-3)


def test_an_index_of_exact_results_orders_models_as_they_are():
    c, model, benchmark, score = small_matrix(0.0)
    index = publish(model, benchmark, score, ((0, 130.0), (1, 150.0)), np.random.default_rng(1))
    on_scale = 130 + 20 * (c - c[0]) / (c[1] - c[0])
    assert stats.spearmanr(index.score, on_scale).statistic > 0.99
    assert (index.score[:2] == [130.0, 150.0]).all()
    assert (index.low <= index.high).all()


def test_the_publisher_finds_epochs_scores_and_the_size_of_their_errors_in_their_results():
    measured = joined(
        load_results("eci-results-2026-08-11"), Job("eci-2026-08-11", "us-china").prepare().releases
    )
    r, n = measured.responses, len(measured)
    index = publish(r.model, r.benchmark, r.score, r.pins, np.random.default_rng(1))
    above = measured.score > 130
    assert np.corrcoef(index.score[:n], measured.score)[0, 1] > 0.99
    assert np.abs(index.score[:n] - measured.score)[above].mean() < 1
    stderr = (index.high - index.low)[:n] / (2 * 1.6448536)
    assert np.median(stderr[above]) == pytest.approx(np.median(measured.stderr[above]), rel=0.15)


def test_prior_worlds_of_results_follow_the_model():
    spec = spec_of(JOINT)
    world = prior_world(spec, np.random.default_rng(2))
    assert set(world.parameters) >= {q.name for q in spec.parameters}
    measured = world.releases
    for at, score in measured.responses.pins:
        assert score == world.capability[at]
    observations = spec.observations(measured)
    assert observations.reference == world.reference
    assert ("realized", "window") in true_lags(world)
    assert np.array_equal(observations.arrays["result"], measured.responses.score)


def test_worlds_of_results_break_what_they_say_and_keep_truth_beside_the_table():
    broken = {name: MATRIX_DESIGNS[name] for name in MATRIX_DESIGNS if name != "matrices"}
    names = ("heavy-tail", "slope-break", "wrong-dates", "dif", "vendors", "domains")
    assert set(broken) == {f"matrices-{x}" for x in names}
    for name, design in broken.items():
        world = make_matrix_world(design, np.random.default_rng(4))
        off = np.abs(world.releases.day - world.day)
        assert (off.max() > 30) == (name == "matrices-wrong-dates")
        assert off.max() <= 4 * 31
        # Rows of the truth are those of the table.
        assert np.corrcoef(world.capability, world.releases.score)[0, 1] > 0.8
        assert set(world.domains) == set(world.releases.responses.domains)
        for index, score in world.releases.responses.pins:
            assert world.capability[index] == pytest.approx(score)


def test_worlds_of_domains_share_one_compiled_model_and_know_the_size_of_their_effects():
    worlds = [
        make_matrix_world(MATRIX_DESIGNS["matrices-domains"], np.random.default_rng(seed))
        for seed in (4, 5)
    ]
    spec = ModelSpec.of("linear-joint-domains", ECI)
    one, other = (spec.observations(world.releases) for world in worlds)
    assert len(one.arrays["result"]) != len(other.arrays["result"])
    assert _fixed_shape(spec, one) == _fixed_shape(spec, other)
    responses = worlds[0].releases.responses
    model, domain, of = responses.pairs
    assert len(model) == responses.models * len(responses.domains)
    assert np.array_equal(model[of], responses.model)
    assert np.array_equal(domain[of], responses.domain_of[responses.benchmark])
    assert responses_of(responses.dataset()).every_pair
    assert worlds[0].effects == {"dif_spread": 1.0, "own_spread": 2.5}
    assert truth_of(worlds[0])["parameter", "dif_spread"] == 1.0


def test_results_are_asked_only_of_worlds_that_have_them(tmp_path):
    with pytest.raises(SpecError, match="linear-joint is fitted to benchmark results"):
        run_plan([Block(("base",), (JOINT,), 1)], tmp_path)


def test_baselines_answer_in_worlds_of_results_from_the_index(tmp_path):
    plan = [
        Block(("matrices",), ("daily-points", "level-mean"), 2),
        Block(("base",), ("daily-points",), 2),
    ]
    found = run_plan(plan, tmp_path)
    assert set(found.table["world"]) == {"matrices", "base"}
    assert (found.table["failed"] == 0).all()


def test_the_plan_is_cut_by_names_and_grows_by_pairs():
    whole = default_plan(None, None, None)
    assert whole == PLAN
    base = default_plan(("base",), None, 7)
    assert {block.worlds for block in base} == {("base",)}
    assert {block.n for block in base} == {7}
    assert default_plan(("base",), ("linear-records-all",), None)[0].n == 500
    with pytest.raises(SpecError, match="no 'cubic'"):
        default_plan(None, ("cubic",), None)
