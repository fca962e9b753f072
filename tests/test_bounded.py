"""Benchmarks with bounds: counts, settings of one model, the chance level, and both frontiers."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.special import logit
from simulate import make_releases, sort_releases

import frontierlag.fits.fitting
from frontierlag import arrays
from frontierlag.analyses.analysis import analyse
from frontierlag.dates import Window
from frontierlag.errors import ScoresError, SpecError
from frontierlag.fits.convergence import check
from frontierlag.fits.fitting import draw_prior
from frontierlag.fits.sampling import SamplerSettings
from frontierlag.frontiers import FRONTIERS, OfAccuracy, Records, Stochastic, StochasticHalfNormal
from frontierlag.frontiers.counts import likelihood_of_counts
from frontierlag.jobs import Job
from frontierlag.lags.measure import default_levels, trend_by_day
from frontierlag.model import ModelSpec, build, models_for
from frontierlag.priors import Prior
from frontierlag.results.manifest import data_record
from frontierlag.results.storage import load, store
from frontierlag.scores import Bounds, default_window_start, load_scores, parse_comparison, releases
from frontierlag.scores.efforts import without_setting
from frontierlag.scores.metric import (
    ECI,
    FRONTIERMATH,
    GPQA_DIAMOND,
    effective_problems,
    inferred_problems,
    is_below_chance,
)
from frontierlag.settings import QUICK
from frontierlag.trends import LogisticBetween, ParallelLogistic

FM, GPQA = "frontiermath-2026-01-17", "gpqa-diamond-2026-01-17"
GROUPS = np.array([0, 1, 1, 0])


@pytest.fixture(scope="module")
def fm():
    return releases(load_scores(FM), parse_comparison("us-china"))


@pytest.fixture(scope="module")
def gpqa():
    return releases(load_scores(GPQA), parse_comparison("us-china"))


# --- numbers of problems ---


def test_number_of_problems_is_read_from_the_standard_error():
    # Rows of the tables: claude-3-5-sonnet, o4-mini_high, deepseek-v3p2 (a part of the problems),
    # o3-mini_medium (run more than once), gemini-1.5-flash-002 (none solved).
    score = np.array([0.01034, 0.24828, 0.221, 0.08082, 0.0])
    stderr = np.array([0.00595, 0.02541, 0.041, 0.01276, 0.0])
    got = inferred_problems(score, stderr)
    np.testing.assert_allclose(got[:4], [290.05, 290.06, 103.41, 457.27], atol=0.01)
    assert np.isnan(got[4])
    assert effective_problems(score, stderr, 290).tolist() == [290, 290, 103, 457, 290]
    # Without a known number, rows that say nothing have the median of those that do.
    assert effective_problems(score, stderr, None).tolist() == [290, 290, 103, 457, 290]
    assert effective_problems(score, np.zeros(5), None).tolist() == [0] * 5
    # GPQA Diamond: o1_high once, Mistral-7B many times, and not cut off at 198.
    got = effective_problems(np.array([0.76768, 0.15183]), np.array([0.03009, 0.01015]), 198)
    assert got.tolist() == [198, 1251]


@given(st.integers(2, 2000), st.data())
def test_number_of_problems_of_one_run_is_found_again(n, data):
    solved = data.draw(st.integers(1, n - 1))
    p = np.array([solved / n])
    assert effective_problems(p, np.sqrt(p * (1 - p) / (n - 1)), 7).tolist() == [n]


def test_most_frontiermath_rows_rest_on_its_290_problems(fm):
    counts = Counter(fm.problems.tolist())
    assert counts[290] == 34
    assert (min(counts), max(counts)) == (103, 292)
    solved = fm.score * fm.problems
    once = fm.problems == 290
    # Whole numbers of problems up to the table's five decimals.
    np.testing.assert_allclose(solved[once], np.rint(solved[once]), atol=0.005)


def test_a_table_that_does_not_say_how_many_problems_is_refused_by_the_model(tmp_path):
    rows = [f"m{i},{c},2024-0{1 + i}-01,0.{i + 1}" for i, c in enumerate(["USA", "China"] * 4)]
    path = tmp_path / "some_bench.csv"
    path.write_text("\n".join(["model,country,released,accuracy", *rows]) + "\n")
    table = load_scores(path)
    found = releases(table, parse_comparison("us-china", table))
    assert (found.problems == 0).all()
    with pytest.raises(ScoresError, match=r"how many problems m0 .*column 'stderr'"):
        ModelSpec.of("logistic-stochastic", table.metric).observations(found)


# --- settings of one model ---

COUNTED = {
    FM: {
        "o1-mini-2024-09-12_medium": ["_high"],
        "o3-mini-2025-01-31_high": ["_medium"],
        "claude-3-7-sonnet-20250219_16K": ["", "_32K", "_64K"],
        "grok-3-mini-beta_high": ["_low"],
        "o3-2025-04-16_high": ["_low", "_medium"],
        "o4-mini-2025-04-16_high": ["_low", "_medium"],
        "claude-opus-4-20250514": ["_27K"],
        "claude-opus-4-1-20250805_27K": [""],
        "gpt-5-2025-08-07_high": ["_medium"],
        "gpt-5-mini-2025-08-07_high": ["_medium"],
        "gpt-5-nano-2025-08-07_high": ["_medium"],
        "claude-sonnet-4-5-20250929_32K": ["", "_59K"],
        "claude-haiku-4-5-20251001_32K": [""],
        "gpt-5.1-2025-11-13_high": ["_low", "_medium", "_none"],
        "claude-opus-4-5-20251101": ["_16K", "_32K"],
        "gpt-5.2-2025-12-11_xhigh": ["_high", "_low", "_medium"],
    },
    GPQA: {
        "o1-mini-2024-09-12_high": ["_medium"],
        "o1-2024-12-17_high": ["_medium"],
        "o3-mini-2025-01-31_high": ["_medium"],
        "claude-3-7-sonnet-20250219_64K": ["", "_16K", "_32K"],
        "grok-3-mini-beta_low": ["_high"],
        "claude-opus-4-20250514_16K": [""],
        "claude-sonnet-4-20250514_59K": ["", "_16K", "_32K"],
        "claude-opus-4-1-20250805_16K": ["", "_27K"],
        "gpt-5-2025-08-07_high": ["_medium"],
        "gpt-5-mini-2025-08-07_high": ["_medium"],
        "gpt-5-nano-2025-08-07_high": ["_medium"],
        "claude-sonnet-4-5-20250929_59K": ["", "_16K", "_32K"],
        "claude-haiku-4-5-20251001_32K": [""],
        "gpt-5.1-2025-11-13_high": ["_medium"],
        "claude-opus-4-5-20251101_32K": ["", "_16K"],
        "gpt-5.2-2025-12-11_xhigh": ["_high", "_low", "_medium"],
    },
}


@pytest.mark.parametrize("name", [FM, GPQA])
def test_a_model_counts_once_with_its_best_setting(name, fm, gpqa):
    found = fm if name == FM else gpqa
    expected = {
        without_setting(winner) + suffix: winner
        for winner, suffixes in COUNTED[name].items()
        for suffix in suffixes
    }
    reason = "another setting of a model (counted as "
    got = {
        row.model: row.reason.removeprefix(reason).removesuffix(")")
        for row in found.left_out
        if row.reason.startswith(reason)
    }
    assert got == expected
    assert set(COUNTED[name]) <= set(found.model)
    assert any("16 model(s)" in n and "26 row(s) are left out" in n for n in found.notes)
    # No two of those that count are the same version.
    assert len({without_setting(m) for m in found.model}) == len(found)
    record = data_record(load_scores(name), found)
    assert record["left_out"]["by_reason"]["another setting of a model"] == 26
    assert record["used"]["total"] + record["left_out"]["total"] == record["rows"]
    assert set(found.notes) <= set(record["notes"])


def test_all_settings_on_request():
    job = Job(FM, efforts="all").prepare()
    assert len(job.releases) == 46 + 26
    assert not any("setting" in row.reason for row in job.releases.left_out)
    # An index has no settings, whatever its models are called.
    table = load_scores("eci-2026-08-11")
    kept = [len(releases(table, parse_comparison("us-china"), efforts=e)) for e in ("best", "all")]
    assert kept[0] == kept[1]


def test_what_is_a_setting_and_what_is_not():
    settings = ["none", "minimal", "low", "medium", "high", "xhigh", "max", "16K", "59K"]
    for setting in settings:
        assert without_setting(f"some-model-1_{setting}") == "some-model-1"
    for name in ("gemini-2.5-flash", "o1-mini", "a_highlight", "gpt-5-high", "x_16k", "m_Q4_K"):
        assert without_setting(name) == name
    # Every name of both tables, against the list of those that have one.
    for name in (FM, GPQA):
        models = load_scores(name).frame["model"]
        with_setting = {m for m in models if "_" in m}
        assert with_setting == {m for m in models if without_setting(m) != m}


def test_a_setting_released_on_another_day_is_a_release_of_its_own(tmp_path):
    rows = [
        "a_low,USA,2024-01-01,0.2,0.03",
        "a_high,USA,2024-03-01,0.3,0.03",
        "b,USA,2024-04-01,0.4,0.03",
        *(f"c{i},China,2024-0{i}-02,0.{i},0.03" for i in (1, 2, 3)),
    ]
    path = tmp_path / "bench.csv"
    path.write_text("\n".join(["model,country,released,accuracy,stderr", *rows]) + "\n")
    table = load_scores(path)
    assert len(releases(table, parse_comparison("us-china", table))) == 6


# --- the chance level ---


def test_a_score_significantly_below_chance_is_left_out_and_counted(gpqa):
    reasons = {row.model: row.reason for row in gpqa.left_out}
    assert reasons["Yi-34B-Chat"] == "significantly below chance level (0.14741, not 0.25)"
    # Guessing that happens to fall below is an attempt.
    assert "deepseek-llm-67b-chat" in gpqa.model
    assert (gpqa.score < 0.25).sum() == 1
    assert any("Yi-34B-Chat" in note for note in gpqa.notes)


def test_below_chance_is_three_binomial_standard_errors():
    error = np.sqrt(0.25 * 0.75 / 198)
    score = 0.25 - np.array([2.99, 3.01]) * error
    assert is_below_chance(score, np.array([198, 198]), 0.25).tolist() == [False, True]
    assert not is_below_chance(np.array([0.0]), np.array([290]), 0.0).any()


# --- scales, trends, refusals ---


@given(st.floats(-30, 30), st.sampled_from([Bounds(0, 1), Bounds(0.25, 1), Bounds(0.0, 0.9)]))
def test_log_odds_round_trip(x, bounds):
    score = bounds.score(np.array([x]), np)
    assert bounds.lower <= score[0] <= bounds.upper
    share = (score - bounds.lower) / (bounds.upper - bounds.lower)
    if abs(x) < 15:
        np.testing.assert_allclose(bounds.log_odds(score, np), x, atol=1e-8)
        np.testing.assert_allclose(share, 1 / (1 + np.exp(-x)), rtol=1e-9)
    assert np.isfinite(bounds.log_odds(score, np)).all()


def test_the_logistic_between_bounds_and_its_inverse():
    curve = LogisticBetween(Bounds(0.25, 1.0))
    p = {"level": np.array([0.0, -2.0]), "slope": np.array([2.0, 3.0])}
    t = np.array([0.0, 2 / 3, -1.0, 1.0])
    value = curve.value(p, t, GROUPS, np)
    sigmoid = 1 / (1 + np.exp(-np.array([0.0, 0.0, -5.0, 2.0])))
    np.testing.assert_allclose(value, 0.25 + 0.75 * sigmoid, rtol=1e-12)
    np.testing.assert_allclose(curve.inverse(p, value, GROUPS), t, atol=1e-12)
    outside = np.array([0.25, 0.2, 1.0, np.nan])
    assert np.isnan(curve.inverse(p, outside, GROUPS)).all()
    symbols = {k: pt.as_tensor(v) for k, v in p.items()}
    graph = curve.value(symbols, pt.as_tensor(t), pt.as_tensor(GROUPS), pt)
    symbolic = pytensor.function([], graph, mode="FAST_COMPILE")()
    np.testing.assert_allclose(symbolic, value, rtol=1e-13)


def test_what_suits_an_accuracy_and_what_does_not():
    assert models_for(FRONTIERMATH) == ("logistic-records", "logistic-stochastic")
    assert models_for(ECI) == (
        "linear-records",
        "linear-stochastic",
        "logistic-records",
        "logistic-stochastic",
    )
    for name in ("linear-records", "linear-stochastic", "parallel-records", "broken-stochastic"):
        with pytest.raises(SpecError, match=r"FrontierMath is an accuracy.*logistic-stochastic"):
            ModelSpec.of(name, FRONTIERMATH)
    with pytest.raises(SpecError, match="logistic-stochastic-twopiece does not suit"):
        ModelSpec.of("logistic-stochastic-twopiece", GPQA_DIAMOND)
    with pytest.raises(SpecError, match=r"no parameter 'headroom'.*level, slope, scatter"):
        ModelSpec.of(
            "logistic-records", GPQA_DIAMOND, {"headroom": Prior(family="HalfNormal", sigma=1)}
        )
    spec = ModelSpec.of("logistic-stochastic-halfnormal", GPQA_DIAMOND)
    assert spec.name == "logistic-stochastic-halfnormal"
    assert isinstance(spec.frontier, OfAccuracy)
    # Already between bounds: kept between the same, refused between others and for an index.
    assert ModelSpec(spec.trend, spec.frontier, GPQA_DIAMOND) == spec
    for metric in (FRONTIERMATH, ECI):
        with pytest.raises(SpecError):
            ModelSpec(spec.trend, spec.frontier, metric)


def test_parallel_is_one_logistic_run_through_a_lag_later():
    spec = ModelSpec.of("parallel-logistic-stochastic", GPQA_DIAMOND)
    assert isinstance(spec.trend, ParallelLogistic)
    p = {"level": np.array(0.3), "slope": np.array(2.0), "lag": np.array(6.0)}
    value = spec.trend.value(p, np.array([0.5, 1.0]), np.array([0, 1]), np)
    assert value[0] == pytest.approx(value[1])
    assert value[0] == pytest.approx(0.25 + 0.75 / (1 + np.exp(-1.3)))


def test_default_priors_in_readable_units():
    spec = ModelSpec.of("logistic-stochastic", FRONTIERMATH)
    told = {p.name: (p.prior.describe(), p.unit) for p in spec.parameters}
    assert told["level"] == ("Normal(mu=0, sigma=2.5)", "log odds")
    assert told["slope"] == ("LogNormal(median=2, sigma=0.75)", "log odds a year")
    assert told["scatter"][1] == told["shortfall"][1] == "log odds"


def test_prior_predictive_is_a_fraction_of_the_problems_and_excludes_nothing(gpqa):
    spec = ModelSpec.of("logistic-stochastic", GPQA_DIAMOND)
    observations = spec.observations(gpqa)
    _, predictive = draw_prior(spec, observations, seed=3, draws=400)
    score = predictive["score"].to_numpy()[0]
    np.testing.assert_allclose(score * gpqa.problems, np.rint(score * gpqa.problems), atol=1e-9)
    for low, high in ((0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1.0)):
        assert np.mean((score >= low) & (score <= high)) > 0.05


# --- the likelihood ---

P = {"scatter": np.array([0.4, 0.05]), "shortfall": np.array([0.7, 1.5])}
KINDS = {
    "records": Records(),
    "stochastic": Stochastic(),
    "stochastic-halfnormal": StochasticHalfNormal(),
}
CENTRES = np.linspace(-45, 30, 150_001)


def of_accuracy(name, bounds=Bounds(0, 1)):  # noqa: B008
    return OfAccuracy(KINDS[name], bounds)


def made(solved, problems, group, bounds=Bounds(0, 1)):  # noqa: B008
    solved, problems = np.asarray(solved, dtype=float), np.asarray(problems, dtype=float)
    return {
        "observed": solved / problems,
        "problems": problems,
        "group_index": np.asarray(group),
        **likelihood_of_counts(solved, problems, bounds),
    }


def prior_density(name, c, mu, scatter, mean):
    """Density of trend + scatter - shortfall in log odds, by scipy."""
    if name == "records":
        return stats.norm.pdf(c, mu, scatter)
    if name == "stochastic":
        return stats.exponnorm.pdf(mu - c, mean / scatter, scale=scatter)
    scale = mean * np.sqrt(np.pi / 2)
    width = np.hypot(scatter, scale)
    return stats.skewnorm.pdf(c, -scale / scatter, loc=mu, scale=width)


def integrand(name, k, n, bounds, mu, scatter, mean):
    p = bounds.lower + (bounds.upper - bounds.lower) / (1 + np.exp(-CENTRES))
    return stats.binom.pmf(k, n, p) * prior_density(name, CENTRES, mu, scatter, mean)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("scatter", [0.02, 0.2, 1.5])
@pytest.mark.parametrize("bounds", [Bounds(0, 1), Bounds(0.25, 1), Bounds(0.1, 0.9)], ids=str)
def test_log_likelihood_is_the_integral_over_the_capability(name, scatter, bounds):
    n, mean = 290, 0.8
    counts = np.array([0, 1, 4, 40, 72, 73, 90, 180, 255, 289, 290])
    data = made(counts, np.full(len(counts), n), np.zeros(len(counts), dtype=int), bounds)
    p = {"scatter": np.full(2, scatter), "shortfall": np.full(2, mean)}
    for mu in (-6.0, -2.0, 1.0):
        centre = bounds.score(np.full(len(counts), mu), arrays)
        got = of_accuracy(name, bounds).log_likelihood(p, centre, data)
        for i, k in enumerate(counts):
            expected = np.trapezoid(integrand(name, k, n, bounds, mu, scatter, mean), CENTRES)
            if expected > 1e-6:
                assert got[i] == pytest.approx(np.log(expected), abs=0.003), (k, mu)


def test_the_sum_of_normals_is_the_binomial_likelihood():
    c = np.linspace(-25, 15, 4001)
    for bounds, n in ((Bounds(0, 1), 290), (Bounds(0.25, 1), 198), (Bounds(0, 1), 3)):
        counts = np.arange(n + 1)
        nodes = likelihood_of_counts(counts.astype(float), np.full(n + 1, n), bounds)
        p = bounds.lower + (bounds.upper - bounds.lower) / (1 + np.exp(-c))
        for k in counts[:: max(1, n // 40)]:
            exact = stats.binom.pmf(k, n, p)
            weight = np.exp(nodes["node_log_weight"][k])
            parts = weight * stats.norm.pdf(c[:, None], nodes["node"][k], nodes["node_sd"][k])
            np.testing.assert_allclose(parts.sum(-1), exact, rtol=0.003, atol=1e-6 * exact.max())


@pytest.mark.parametrize("name", ["records", "stochastic", "stochastic-halfnormal"])
def test_capabilities_follow_their_exact_conditional(name):
    bounds = Bounds(0.25, 1)
    # Well measured, hardly above chance, all solved.
    solved, problems, group = [150, 54, 198], [198, 198, 198], [0, 1, 0]
    mu = np.array([1.2, -1.0, 4.0])
    data = made(solved, problems, group, bounds)
    n = 40_000
    p = {k: np.broadcast_to(v, (2, n // 2, 2)) for k, v in P.items()}
    centre = np.broadcast_to(bounds.score(mu, arrays), (2, n // 2, 3))
    drawn = of_accuracy(name, bounds).capabilities(np.random.default_rng(4), p, centre, data)
    assert drawn.shape == (2, n // 2, 3)
    assert ((drawn >= 0.25) & (drawn <= 1)).all()
    for i in range(3):
        g = group[i]
        f = integrand(name, solved[i], problems[i], bounds, mu[i], *(P[k][g] for k in P))
        cdf = np.concatenate([[0], np.cumsum((f[1:] + f[:-1]) / 2 * np.diff(CENTRES))])
        cdf /= cdf[-1]
        got = logit((drawn[..., i].ravel() - 0.25) / 0.75)
        assert stats.kstest(got, lambda x, cdf=cdf: np.interp(x, CENTRES, cdf)).pvalue > 1e-3


@pytest.mark.parametrize("name", KINDS)
def test_simulated_counts_follow_the_log_likelihood_which_adds_to_one(name):
    bounds, n = Bounds(0.25, 1), 12
    counts = np.arange(n + 1)
    data = made(counts, np.full(n + 1, n), np.ones(n + 1, dtype=int), bounds)
    frontier = of_accuracy(name, bounds)
    centre = bounds.score(np.full(n + 1, 0.4), arrays)
    pmf = np.exp(frontier.log_likelihood(P, centre, data))
    assert pmf.sum() == pytest.approx(1, abs=0.001)
    one = {k: v[:1] for k, v in data.items()}
    draws = 40_000
    p = {k: np.broadcast_to(v, (1, draws, 2)) for k, v in P.items()}
    drawn = frontier.simulate(np.random.default_rng(6), p, np.full((1, draws, 1), centre[0]), one)
    got = np.bincount(np.rint(drawn.ravel() * n).astype(int), minlength=n + 1)
    expected = pmf / pmf.sum() * draws
    enough = expected > 5
    chi2 = ((got - expected)[enough] ** 2 / expected[enough]).sum()
    assert chi2 < stats.chi2.ppf(0.999, enough.sum())


@pytest.mark.parametrize("name", ["records", "stochastic"])
def test_the_models_log_density_is_the_log_likelihood(name, fm):
    spec = ModelSpec.of(f"logistic-{name}", FRONTIERMATH)
    observations = spec.observations(fm)
    model = build(spec, observations)
    values = {"level": np.array([-1.8, -2.9]), "slope": np.array([2.6, 3.1])} | P
    values = {k: v for k, v in values.items() if k in model.named_vars}
    expression = pm.logp(model["score"], observations.arrays["observed"])
    given_rvs = {model[k]: v for k, v in values.items()}
    got = expression.eval(given_rvs, mode="FAST_COMPILE", on_unused_input="ignore")
    mu = spec.trend_at(values, observations)
    expected = spec.frontier.log_likelihood(values, mu, observations.arrays)
    np.testing.assert_allclose(got, expected, rtol=1e-9)
    assert len(got) == (12 if name == "records" else 46)


def test_gradient_is_finite_in_every_corner(fm):
    spec = ModelSpec.of("logistic-stochastic", FRONTIERMATH)
    model = build(spec, spec.observations(fm))
    logp = model.compile_fn([model.logp(), model.dlogp()], mode="FAST_COMPILE", point_fn=True)
    base = model.initial_point(random_seed=2)
    for level, scale in ((-12.0, -6.0), (12.0, -6.0), (0.0, 3.0), (-30.0, 0.0)):
        point = {k: np.full_like(v, scale) for k, v in base.items()}
        point["level"] = np.full(2, level)
        point["slope_log__"] = np.full(2, 0.5)
        for value in logp(point):
            assert np.isfinite(value).all()


def test_frontiers_keep_their_names():
    for name, frontier in KINDS.items():
        assert of_accuracy(name).name == name == FRONTIERS[name].name == frontier.name


# --- fits of the real tables ---


def fitted(found, name, settings=None):
    """At the default settings unless told otherwise: the gate is for them."""
    window = Window(default_window_start(found), found.as_of)
    return analyse(ModelSpec.of(name, found.metric), found, window, settings)


def covered(fit, prob=0.9):
    """Share of observed counts within their central predictive intervals."""
    data = fit.observations.arrays
    rep = fit.tree["posterior_predictive/score"].to_numpy().reshape(-1, len(data["problems"]))
    rep, seen = np.rint(rep * data["problems"]), np.rint(data["observed"] * data["problems"])
    low, high = np.quantile(rep, [(1 - prob) / 2, (1 + prob) / 2], axis=0)
    return np.mean((seen >= low) & (seen <= high))


@pytest.fixture(scope="module")
def fm_stochastic(fm):
    """With fewer draws than a run's, which the same gate judges; a run's own are a slow test."""
    return fitted(fm, "logistic-stochastic", QUICK)


@pytest.mark.xdist_group("fm_stochastic")
def test_frontiermath_converges_and_predicts_the_counts(fm_stochastic):
    assert fm_stochastic.convergence.converged, fm_stochastic.convergence.verdict()
    assert covered(fm_stochastic.fit) >= 0.85
    realized = fm_stochastic.measured.lag("realized", "window")
    assert 6 < float(realized.mean()) < 9
    trend = fm_stochastic.measured.lag("trend", "window")
    # Seven Chinese models: wide.
    assert float(trend.quantile(0.95) - trend.quantile(0.05)) > 4
    assert not np.isnan(trend).any()


@pytest.mark.xdist_group("fm_stochastic")
def test_everything_but_the_model_is_told_in_accuracies(fm_stochastic):
    fit, measured = fm_stochastic.fit, fm_stochastic.measured
    for group in (0, 1):
        curve = trend_by_day(fit, measured.window, group).to_numpy()
        assert ((curve > 0) & (curve < 1)).all()
    assert ((fit.capabilities > 0) & (fit.capabilities < 1)).all()
    for kind in ("trend", "realized"):
        gap = measured.gaps[kind]["value"].sel(period="window")
        assert 0.05 < float(gap.mean()) < 0.35
    assert default_levels(fit).tolist() == [0.15, 0.2]
    np.testing.assert_array_equal(measured.levels["level_value"], [0.15, 0.2])
    # A model that solved nothing has a capability above zero; one with 37 % of 290 about that.
    models = fit.observations.releases.model.tolist()
    nothing = fit.capabilities[..., models.index("gemini-1.5-flash-002")]
    assert 0 < np.quantile(nothing, 0.95) < 0.02
    best = fit.capabilities[..., models.index("gemini-3-pro-preview")]
    assert best.mean() == pytest.approx(0.376, abs=0.02)
    assert best.std() == pytest.approx(0.028, rel=0.15)


@pytest.mark.xdist_group("fm_stochastic")
def test_a_stored_fit_of_an_accuracy_is_the_same_again(fm_stochastic, tmp_path):
    store(fm_stochastic, tmp_path / "posterior.nc")
    back = load(tmp_path / "posterior.nc")
    one, other = fm_stochastic.fit.observations, back.fit.observations
    assert back.fit.spec.parameters == fm_stochastic.fit.spec.parameters
    assert back.fit.spec.frontier == fm_stochastic.fit.spec.frontier
    assert back.fit.spec.trend == fm_stochastic.fit.spec.trend
    np.testing.assert_array_equal(other.releases.score, one.releases.score)
    np.testing.assert_array_equal(other.releases.problems, one.releases.problems)
    assert other.releases.notes == one.releases.notes
    for key, values in one.arrays.items():
        np.testing.assert_array_equal(other.arrays[key], values)
    np.testing.assert_array_equal(
        trend_by_day(back.fit, back.measured.window, 1),
        trend_by_day(fm_stochastic.fit, back.measured.window, 1),
    )
    assert back.convergence.verdict() == fm_stochastic.convergence.verdict()


@pytest.mark.parametrize("name", [FM, GPQA])
def test_records_of_an_accuracy_converge_and_predict_the_counts(name, fm, gpqa):
    analysis = fitted(fm if name == FM else gpqa, "logistic-records")
    assert analysis.convergence.converged, analysis.convergence.verdict()
    assert covered(analysis.fit) >= 0.85


@pytest.mark.slow
@pytest.mark.parametrize("name", [FM, GPQA])
def test_a_runs_own_settings_converge_and_predict_the_counts(name, fm, gpqa):
    analysis = fitted(fm if name == FM else gpqa, "logistic-stochastic")
    assert analysis.convergence.converged, analysis.convergence.verdict()
    assert covered(analysis.fit) >= 0.85


# --- recovery from simulated truth ---

WORLDS, BAND = 40, 0.999
TRUTH = {
    "level": Prior(family="Normal", mu=-1.5, sigma=1.0),
    "slope": Prior(family="LogNormal", median=2.0, sigma=0.4),
    "scatter": Prior(family="LogNormal", median=0.2, sigma=0.75),
    "shortfall": Prior(family="HalfNormal", sigma=1.5),
}


@pytest.mark.slow
def test_ninety_percent_intervals_cover_the_truth(monkeypatch):
    """Ranks of the truth among the draws are uniform: truth and fit have the same prior."""
    spec = ModelSpec.of("logistic-stochastic", FRONTIERMATH, TRUTH)
    rng = np.random.default_rng(77)
    days = np.array([*rng.integers(19_800, 20_450, 30), *rng.integers(19_800, 20_450, 12)])
    group = np.array([0] * 30 + [1] * 12)
    as_of = date(2026, 1, 1)
    settings = SamplerSettings(chains=4, draws=300, tune=500, target_accept=0.95, seed=5)
    empty = make_releases(days, group, np.full(42, 0.5), as_of=as_of, metric=FRONTIERMATH)
    empty = replace(empty, problems=np.full(42, 290))
    drawn = draw_prior(spec, spec.observations(empty), 1, draws=10)
    monkeypatch.setattr(frontierlag.fits.fitting, "draw_prior", lambda *_: drawn)
    ranks: dict[str, list[float]] = {}
    for _ in range(WORLDS):
        p = {q.name: q.prior.draw(rng, (2,)) for q in spec.parameters}
        reference = (spec.observations(empty).reference - date(1970, 1, 1)).days
        c = p["level"][group] + p["slope"][group] * (days - reference) / 365.25
        c += rng.normal(size=42) * p["scatter"][group]
        c -= rng.exponential(size=42) * p["shortfall"][group]
        accuracy = 1 / (1 + np.exp(-c))
        score = rng.binomial(290, accuracy) / 290
        found, order = sort_releases(days, group, score, as_of=as_of, metric=FRONTIERMATH)
        found = replace(found, problems=np.full(42, 290))
        span = Window(date(2025, 1, 1), as_of)
        analysis = analyse(spec, found, span, settings, levels=np.array([0.2]), cores=2)
        gate = check(
            analysis.fit.tree["sample_stats"].to_dataset(),
            analysis.fit.tree["posterior"].to_dataset(),
        )
        assert gate.value("R-hat") < 1.05
        for name, draws in analysis.fit.draws.items():
            for g in (0, 1):
                ranks.setdefault(name, []).append(np.mean(draws[..., g] < p[name][g]))
        lag = 12 * np.diff((logit(0.2) - p["level"]) / p["slope"])[0]
        got = analysis.measured.levels["value"].to_numpy()
        ranks.setdefault("lag at 0.2", []).append(np.mean(got < lag))
        i = int(rng.integers(42))
        ranks.setdefault("capability", []).append(
            np.mean(analysis.fit.capabilities[..., i] < accuracy[order][i])
        )
    wrong = []
    for name, values in ranks.items():
        inside = sum(0.05 <= v <= 0.95 for v in values)
        low, high = stats.binom.interval(BAND, len(values), 0.9)
        p_value = stats.kstest(values, "uniform").pvalue
        print(f"{name:<12}{inside:>4}/{len(values)} ({low:.0f}-{high:.0f}) {p_value:.3f}")
        if not low <= inside <= high or p_value < 1 - BAND:
            wrong.append(name)
    assert not wrong
