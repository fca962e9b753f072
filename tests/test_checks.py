"""Model comparison, stacking, prior influence and predictive checks against other answers."""

from __future__ import annotations

import warnings
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import arviz as az
import numpy as np
import pandas as pd
import pymc as pm
import pytest
import xarray as xr
from scipy import stats
from scipy.special import logsumexp
from simulate import make_releases

from frontierlag.analyses.analysis import analyse
from frontierlag.checks import predictive, priors
from frontierlag.checks.comparison import (
    Stacked,
    compare,
    comparison_of,
    same_data,
    stacking_weights,
)
from frontierlag.checks.loo import exact_elpd, loo
from frontierlag.claims import Need
from frontierlag.claims.shape import predicts_no_worse
from frontierlag.dates import Window, day_number
from frontierlag.errors import SpecError
from frontierlag.figures import Provenance, prior_predictive
from frontierlag.fits.fitting import PRIOR_DRAWS, Fit
from frontierlag.fits.sampling import SamplerSettings
from frontierlag.frontiers.observations import Observations
from frontierlag.model import ModelSpec
from frontierlag.names import CENSORED, PERIOD, REALIZED, SCORE, TREND, VALUE, WINDOW
from frontierlag.priors import Prior
from frontierlag.results.charts import LINES, figure_tables, release_table
from frontierlag.results.tables import (
    comparison_table,
    diagnostics_table,
    lag_table,
    predictive_table,
    prior_influence_table,
    stacked_lag_table,
)
from frontierlag.runs.run import Result
from frontierlag.scores import records
from frontierlag.scores.metric import ECI
from frontierlag.scores.releases import subset

pytestmark = pytest.mark.xdist_group("linear-records")
SETTINGS = SamplerSettings(chains=4, draws=500, tune=500, seed=11)
START, BREAK = day_number(date(2023, 1, 1)), day_number(date(2025, 1, 1))
END = date(2026, 12, 1)


def broken_world(n=60, seed=1):
    """Slopes that rise from 4 to 24 points a year, and little scatter: most are records."""
    rng = np.random.default_rng(seed)
    day = np.sort(rng.choice(np.arange(START, day_number(END)), n, replace=False))
    group = np.tile([0, 1], n)[:n]
    years = (day - BREAK) / 365.25
    score = 130 + np.where(years < 0, 4.0, 24.0) * years - 8 * group + rng.normal(0, 1.2, n)
    return make_releases(day, group, score, 0.3, as_of=END)


def analysed(name, releases, **options):
    window = Window(date(2025, 1, 1), releases.as_of)
    return analyse(ModelSpec.of(name, ECI, options.get("priors")), releases, window, SETTINGS)


@pytest.fixture(scope="module")
def world():
    return broken_world()


@pytest.fixture(scope="module")
def linear(world):
    return analysed("linear-records", world)


@pytest.fixture(scope="module")
def broken(world):
    return analysed("broken-records", world)


@pytest.fixture(scope="module")
def all_releases(eci_new, window, small_settings):
    return analyse(ModelSpec.of("linear-stochastic", ECI), eci_new, window, small_settings)


@pytest.fixture(scope="module")
def compared(linear, broken):
    return compare([linear, broken])


def with_releases(analysis, releases):
    """The same fit, said to be of other releases."""
    observations = Observations(releases, analysis.fit.observations.reference)
    return replace(analysis, fit=replace(analysis.fit, observations=observations))


def with_weights(linear, broken, share):
    return Stacked((linear, broken), {"linear-records": share, "broken-records": 1 - share})


# what is the same data


def test_records_against_all_releases_is_refused_with_the_reason(records_analysis, all_releases):
    with pytest.raises(SpecError) as caught:
        compare([records_analysis, all_releases])
    n = [len(a.fit.observations.releases) for a in (records_analysis, all_releases)]
    for part in ("linear-records", f"{n[0]} record-holders", "linear-stochastic", f"{n[1]} rel"):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"table": "another"}, "table made-up and table another"),
        ({"as_of": date(2027, 1, 1)}, "as-of date 2026-12-01 and as-of date 2027-01-01"),
        ({"score": lambda r: r.score + np.eye(len(r))[3] * 0.001}, "the score of"),
        ({"stderr": lambda r: r.stderr * 2}, "the stderr of"),
        ({"model": lambda r: np.where(np.arange(len(r)) == 5, "zzz", r.model)}, "zzz"),
    ],
)
def test_any_other_data_is_refused(linear, broken, change, words):
    r = broken.fit.observations.releases
    made = {k: v(r) if callable(v) else v for k, v in change.items()}
    other = with_releases(broken, replace(r, **made))
    with pytest.raises(
        SpecError, match="linear-records and broken-records cannot be compared"
    ) as e:
        compare([linear, other])
    assert words in str(e.value)
    assert len(same_data([linear, other])) == 2


def test_models_of_the_same_data_are_gathered(linear, broken, all_releases):
    names = [[a.name for a in group] for group in same_data([linear, all_releases, broken])]
    assert names == [["linear-records", "broken-records"], ["linear-stochastic"]]


def test_one_model_or_one_twice_is_refused(linear):
    with pytest.raises(SpecError, match="at least two"):
        compare([linear])
    with pytest.raises(SpecError, match="linear-records is repeated"):
        compare([linear, linear])


# leave-one-out densities


def exact_by_integration(releases, index, reference, scatter_prior):
    """log p(y_i | others) of linear-records, by a sum over a grid of the group's scatter.

    Given the scatter the scores of a group are jointly normal; the groups are independent, and the
    slopes here are so far above zero that the truncation of their prior has no effect.
    """
    of = np.flatnonzero(releases.group == releases.group[index])
    t = (releases.day[of] - day_number(reference)) / 365.25
    x = np.column_stack([np.ones(len(t)), t])
    mean, cov = x @ [130.0, 12.0], x @ np.diag([40.0**2, 10.0**2]) @ x.T
    grid = np.linspace(0.01, 40, 4000)
    noise = grid[:, None] ** 2 + releases.stderr[of] ** 2
    v = cov + noise[:, :, None] * np.eye(len(of))
    off, keep = releases.score[of] - mean, np.flatnonzero(of != index)
    joint, rest = log_normal(off, v), log_normal(off[keep], v[:, keep[:, None], keep])
    prior = scatter_prior.logp(grid)
    return logsumexp(prior + joint) - logsumexp(prior + rest)


def log_normal(off, v):
    """Log density of a normal with covariances ``(..., n, n)`` at a distance from its mean."""
    square = (off * np.linalg.solve(v, off[:, None])[..., 0]).sum(-1)
    return -0.5 * (square + np.linalg.slogdet(v)[1] + len(off) * np.log(2 * np.pi))


@pytest.fixture(scope="module")
def few():
    rng = np.random.default_rng(5)
    day = START + np.arange(12) * 90
    group = np.tile([0, 1], 6)
    score = 110 + 22 * (day - START) / 365.25 - 10 * group + rng.normal(0, 0.8, 12)
    score[8] += 6  # a record that the others do not expect
    return analysed(
        "linear-records", make_releases(day, group, score, 0.5, as_of=date(2025, 12, 1))
    )


def test_refits_agree_with_the_exact_answer(few):
    fit = few.fit
    r = fit.observations.releases
    assert 8 <= len(r) <= 10
    reference, prior = fit.observations.reference, fit.spec.parameters[-1].prior
    exact = [exact_by_integration(r, i, reference, prior) for i in range(len(r))]
    refits = [exact_elpd(fit, i)[0] for i in (0, 3, 7)]
    np.testing.assert_allclose(refits, [exact[i] for i in (0, 3, 7)], atol=0.1)
    found = loo(fit)
    np.testing.assert_allclose(found.elpd_i, exact, atol=0.3)
    assert found.high  # so few releases: some k is high
    assert found.refitted == found.high
    at = np.isin(r.model, found.high)
    np.testing.assert_allclose(found.elpd_i[at], np.array(exact)[at], atol=0.15)
    assert set(found.doubtful) <= set(found.refitted)
    assert loo(fit, refit=False).refitted == ()


def test_loo_without_refits_is_arvizs(all_releases):
    found = loo(all_releases.fit, refit=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = az.loo(all_releases.fit.tree, pointwise=True, var_name=SCORE)
    assert found.elpd == pytest.approx(theirs.elpd)
    assert found.se == pytest.approx(theirs.se)
    assert found.p_loo == pytest.approx(theirs.p)
    assert len(found.high) == (theirs.pareto_k >= theirs.good_k).sum()


# weights


def test_weights_add_to_one_and_match_arvizs(linear, broken, compared):
    assert sum(compared.weights.values()) == pytest.approx(1, abs=1e-12)
    unrefitted = compare([linear, broken], refit=False)
    assert sum(unrefitted.weights.values()) == pytest.approx(1, abs=1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trees = {a.name: a.fit.tree for a in (linear, broken)}
        theirs = az.compare(trees, method="stacking", var_name=SCORE, round_to="none")
    ours = unrefitted.table().set_index("model")
    for name in trees:
        assert ours.loc[name, "weight"] == pytest.approx(theirs.loc[name, "weight"], abs=0.01)
        assert ours.loc[name, "elpd"] == pytest.approx(theirs.loc[name, "elpd"])
        assert ours.loc[name, "elpd_diff"] == pytest.approx(theirs.loc[name, "elpd_diff"])
        assert ours.loc[name, "se_diff"] == pytest.approx(theirs.loc[name, "dse"], rel=0.03)


def test_the_true_model_gets_the_weight(compared):
    table = compared.table()
    assert list(table["model"]) == ["broken-records", "linear-records"]
    assert compared.weights["broken-records"] > 0.9
    assert table.loc[1, "elpd_diff"] < -4 * table.loc[1, "se_diff"] / 2
    assert compared.text().startswith("broken-records predicts")


def test_k_is_counted_in_bins(compared):
    table = compared.pareto_k_table().set_index("model")
    for found in compared.loos:
        row = table.loc[found.model]
        assert row[["good", "ok", "bad", "very_bad"]].sum() == len(found.release)
        assert row["bad"] + row["very_bad"] == len(found.high)
        assert row["good"] == (found.pareto_k < 0.5).sum()


@pytest.mark.parametrize("seed", range(5))
def test_stacking_weights_are_optimal(seed):
    """The gap to the best score is at most the largest mean density ratio minus one."""
    rng = np.random.default_rng(seed)
    elpd_i = rng.normal(-3, 1, (60, 5)) + rng.normal(0, 1, 5)
    elpd_i[0] -= 2000  # an outlier to every model
    w = stacking_weights(elpd_i)
    assert w.sum() == pytest.approx(1, abs=1e-12)
    assert (w >= 0).all()
    scaled = np.exp(elpd_i - elpd_i.max(1, keepdims=True))
    assert (scaled / (scaled @ w)[:, None]).mean(0).max() - 1 < 1e-4


def test_a_better_model_everywhere_takes_all():
    elpd_i = np.tile([-2.0, -3.0], (20, 1))
    np.testing.assert_array_equal(stacking_weights(elpd_i), [1, 0])


# the stacked lag


def test_stacked_draws_are_the_mixture(linear, broken):
    stack = with_weights(linear, broken, 0.3)
    assert stack.name == "stacked-records-of-2"
    share = (stack.member_of_draw == 0).mean(1)
    np.testing.assert_allclose(share, 0.3, atol=1 / SETTINGS.draws)
    for kind in (TREND, REALIZED):
        members = [a.measured.lag(kind, WINDOW).to_numpy() for a in (linear, broken)]
        draws = stack.measured.lag(kind, WINDOW)
        assert draws.dims == ("chain", "draw")
        np.testing.assert_array_equal(draws, np.where(stack.member_of_draw == 0, *members))
        mean = 0.3 * members[0].mean() + 0.7 * members[1].mean()
        error = 4 * draws.std() / np.sqrt(draws.size)
        assert float(draws.mean()) == pytest.approx(mean, abs=float(error))
        for at in np.quantile(np.concatenate(members), (0.05, 0.5, 0.95)):
            below = 0.3 * (members[0] <= at).mean() + 0.7 * (members[1] <= at).mean()
            assert float((draws <= at).mean()) == pytest.approx(below, abs=0.03)


def test_stacked_draws_are_the_same_each_time_and_belong_together(linear, broken):
    one, two = (with_weights(linear, broken, 0.45) for _ in range(2))
    np.testing.assert_array_equal(one.member_of_draw, two.member_of_draw)
    first = one.member_of_draw == 0
    for kind, data in one.measured.lags.items():
        expected = np.where(
            first[..., None], linear.measured.lags[kind][VALUE], broken.measured.lags[kind][VALUE]
        )
        np.testing.assert_array_equal(data[VALUE].transpose("chain", "draw", PERIOD), expected)


def test_all_the_weight_on_one_model_is_that_model(linear, broken):
    stack = with_weights(linear, broken, 0.0)
    for kind, data in stack.measured.lags.items():
        xr.testing.assert_equal(data, broken.measured.lags[kind].transpose("chain", "draw", ...))
    table, alone = stacked_lag_table(stack), lag_table(broken)
    assert list(table.columns) == list(alone.columns)
    assert set(table["model"]) == {"stacked-records-of-2"}
    assert table.drop(columns="model").equals(alone.drop(columns="model"))


def test_a_doubtful_refit_marks_the_weights_and_all_that_rests_on_them(linear, broken, compared):
    assert compared.trusted
    doubted = replace(compared.loos[0], refitted=("x",), doubtful={"x": "not converged: R-hat"})
    members = (linear, broken)
    found = comparison_of(members, [doubted, compared.loos[1]])
    stack = Stacked(members, found.weights, found.trusted)
    assert not found.trusted
    assert not stack.converged
    assert not stacked_lag_table(stack)["converged"].any()
    table = comparison_table(found, stack).set_index("model")
    gates = {a.name: a.convergence.converged for a in members}
    assert not table.loc["linear-records", "converged"]
    assert table.loc["broken-records", "converged"] == gates["broken-records"]
    outcome = SimpleNamespace(converged=True)
    assert Result(
        [outcome], [], [], [(compared, Stacked(members, compared.weights))], "linear-stochastic"
    ).converged == (all(gates.values()))
    assert not Result([outcome], [], [], [(found, stack)], "linear-stochastic").converged


def test_the_claim_that_one_curve_predicts_no_worse_bears_the_doubts_of_its_densities(
    linear, broken, compared
):
    one, other = compared.loos

    def asked(first):
        by_trend = {"": (linear, first), "broken": (broken, other)}
        evidence = SimpleNamespace(
            analysis=lambda need: by_trend[need.trend][0], loo=lambda need: by_trend[need.trend][1]
        )
        return predicts_no_worse(evidence, (Need(), Need(trend="broken")))

    clear = asked(one)
    assert clear.failed == ""
    assert float(clear.draws.mean()) == pytest.approx(other.elpd - one.elpd, abs=0.1)
    # As if none of the high ones had been fitted again.
    rough = replace(one, refitted=(), doubtful={}, pareto_k=np.full(len(one.release), 0.9))
    assert not rough.trusted
    assert str(one.release[0]) in asked(rough).failed


def test_tables_of_checks_say_where_they_are_from(linear, broken, compared):
    stack = Stacked((linear, broken), compared.weights, compared.trusted)
    origin = ["dataset", "comparison", "as_of", "dates", "model"]
    for table in (
        comparison_table(compared, stack),
        predictive_table(linear),
        prior_influence_table(linear),
        diagnostics_table(linear),
    ):
        assert list(table.columns[:5]) == origin
        assert set(table["dataset"]) == {"made-up"}
        assert set(table["comparison"]) == {"us-china"}
        assert set(table["as_of"]) == {END.isoformat()}
        assert table["converged"].dtype == bool
    written = comparison_table(compared, stack)
    assert set(written["stack"]) == {"stacked-records-of-2"}
    assert written["weight"].sum() == pytest.approx(1, abs=2e-3)
    np.testing.assert_allclose(written["elpd"], compared.table()["elpd"], atol=0.0051)
    told, exact = prior_influence_table(linear), priors.sensitivity(linear)
    np.testing.assert_allclose(told["prior"], exact["prior"], atol=0.00051)


def test_undefined_draws_stay_undefined(linear, broken):
    lags = {k: v.copy(deep=True) for k, v in linear.measured.lags.items()}
    lags[TREND][VALUE] = lags[TREND][VALUE] * np.nan
    hollow = replace(linear, measured=replace(linear.measured, lags=lags))
    weights = {"linear-records": 0.25, "broken-records": 0.75}
    draws = Stacked((hollow, broken), weights).measured.lag(TREND, WINDOW)
    assert float(np.isnan(draws).mean()) == pytest.approx(0.25, abs=1e-3)


def test_weights_that_do_not_fit_are_refused(linear, broken, few):
    for weights in ({"linear-records": 1.0}, {"linear-records": 0.6, "broken-records": 0.6}):
        with pytest.raises(SpecError, match="adding to one"):
            Stacked((linear, broken), weights)
    shorter = replace(broken, measured=replace(broken.measured, window=few.measured.window))
    with pytest.raises(SpecError, match="two windows"):
        with_weights(linear, shorter, 0.5)


# priors


PRIORS = [
    Prior(family="Normal", mu=130, sigma=40),
    Prior(family="TruncatedNormal", mu=12, sigma=10, lower=0),
    Prior(family="HalfNormal", sigma=5),
    Prior(family="LogNormal", median=80, sigma=0.75),
    Prior(family="Uniform", lower=2024.5, upper=2026),
]


@pytest.mark.parametrize("prior", PRIORS, ids=lambda p: p.family)
def test_log_density_is_pymcs(prior):
    values = np.array([-3.0, 0.4, 7.0, 55.0, 131.0, 2025.1])
    with pm.Model():
        variable = prior.variable("x", ())
    np.testing.assert_allclose(prior.logp(values), [pm.logp(variable, v).eval() for v in values])


def test_log_prior_has_the_dims_of_the_parameters(broken):
    found = priors.log_prior(broken.fit)
    assert {str(k): v.dims for k, v in found.data_vars.items()} == {
        p.name: ("chain", "draw", "group") for p in broken.fit.spec.parameters
    }
    slope = broken.fit.draws["slope"][0, 0, 1]
    expected = stats.truncnorm(-1.2, np.inf, 12, 10).logpdf(slope)
    assert float(found["slope"][0, 0, 1]) == pytest.approx(expected)


def test_a_stack_of_one_model_depends_on_its_priors_as_that_model_does(linear, broken):
    """And one of two lies between them, or near: the weights of its members stay."""
    alone = priors.stacked_sensitivity(with_weights(linear, broken, 1.0))
    own = priors.sensitivity(linear)
    own = own[own["quantity"].str.contains("lag")].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone.drop(columns="model"), own.drop(columns="model"))
    both = priors.stacked_sensitivity(with_weights(linear, broken, 0.5))
    other = priors.sensitivity(broken).set_index(["quantity", "at"])
    ours = own.set_index(["quantity", "at"])
    for row in both.to_dict("records"):
        key = row["quantity"], row["at"]
        most = max(ours.loc[key, "likelihood"], other.loc[key, "likelihood"])
        assert row["likelihood"] < 1.5 * most + 0.05


def test_sensitivities_are_arvizs_for_the_parameters(few):
    tree = few.fit.tree.copy()
    tree["log_prior"] = xr.DataTree(priors.log_prior(few.fit))
    mine = priors.sensitivity(few).set_index(["quantity", "at"])
    for component in ("prior", "likelihood"):
        theirs = az.psense(tree, group=component)
        for name in theirs.data_vars:
            for group in theirs["group"].to_numpy():
                value = float(theirs[name].sel(group=group))
                assert mine.loc[(name, group), component] == pytest.approx(value)


def test_a_strong_prior_is_flagged_and_a_weak_one_is_not(eci_new, window, records_analysis):
    weak = priors.sensitivity(records_analysis).set_index(["quantity", "at"])
    # The prior of the scatter is meant to tell something; those of the curves and lags are not.
    assert (weak.drop("scatter", level=0)["diagnosis"] == priors.NONE).all()
    tight = {"slope": Prior(family="TruncatedNormal", mu=5, sigma=0.7, lower=0)}
    spec = ModelSpec.of("linear-records", ECI, tight)
    strong = priors.sensitivity(analyse(spec, eci_new, window, SETTINGS))
    strong = strong.set_index(["quantity", "at"])
    assert (strong.loc["slope", "diagnosis"] == priors.CONFLICT).all()
    assert (strong.loc["slope", "prior"] > 5 * weak.loc["slope", "prior"]).all()
    assert strong.loc[("trend lag", WINDOW), "prior"] > weak.loc[("trend lag", WINDOW), "prior"]


def test_every_parameter_and_every_lag_has_a_row(few):
    table = priors.sensitivity(few)
    rows = set(zip(table["quantity"], table["at"], strict=True))
    for kind in ("trend", "realized", "release"):
        assert {(f"{kind} lag", period) for period in few.measured.window.periods} <= rows
    assert {(p.name, g) for p in few.fit.spec.parameters for g in ("USA", "China")} <= rows
    assert len(rows) == len(table)


def test_one_prior_alone_can_be_scaled(few):
    table = priors.sensitivity(few, scaled=["scatter"]).set_index(["quantity", "at"])
    everything = priors.sensitivity(few).set_index(["quantity", "at"])
    assert (table.loc["level", "prior"] < everything.loc["scatter", "prior"].max()).all()
    with pytest.raises(SpecError, match="no parameter ceiling"):
        priors.sensitivity(few, scaled=["ceiling"])


def test_an_undefined_lag_is_told_by_its_share(few):
    """Undefined where the slope is low: the share moves as the prior moves the slope."""
    slope = few.fit.draws["slope"][..., 0]
    lags = {k: v.copy(deep=True) for k, v in few.measured.lags.items()}
    undefined = slope < np.quantile(slope, 0.3)
    lags[TREND][VALUE] = lags[TREND][VALUE].where(xr.DataArray(~undefined, dims=("chain", "draw")))
    table = priors.sensitivity(replace(few, measured=replace(few.measured, lags=lags)))
    row = table.set_index(["quantity", "at"]).loc[("trend lag", WINDOW)]
    assert row["undefined"] == pytest.approx(0.3, abs=0.001)
    assert np.isfinite(row["prior"])
    # The exact derivative of a share with respect to log2 of the power, from covariances.
    log_prior = sum(v.sum("group") for v in priors.log_prior(few.fit).values()).to_numpy()
    slope_of_share = np.cov(undefined.ravel(), log_prior.ravel())[0, 1] * np.log(2)
    assert row["undefined_prior"] == pytest.approx(slope_of_share, rel=0.2, abs=0.002)
    lags[TREND][VALUE] = lags[TREND][VALUE] * np.nan
    table = priors.sensitivity(replace(few, measured=replace(few.measured, lags=lags)))
    row = table.set_index(["quantity", "at"]).loc[("trend lag", WINDOW)]
    assert row["diagnosis"] == priors.UNDEFINED
    assert np.isnan(row["prior"])


def test_distance_of_a_constant_and_of_a_nearly_constant_quantity():
    n = 1000
    lower, upper = np.linspace(0.99, 1.01, n), np.linspace(1.01, 0.99, n)
    assert priors.distance(np.full(n, 6.4), lower, upper) == 0
    draws = np.where(np.arange(n) < 950, 6.4, 9.0)
    change = (upper[950:].sum() - lower[950:].sum()) / n
    expected = abs(change) / np.log2(1.01 / 0.99)
    assert priors.distance(draws, lower, upper) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("prior", "likelihood", "words"),
    [
        (0.04, 0.2, "-"),
        (0.06, 0.2, "prior-data conflict"),
        (0.06, 0.04, "strong prior / weak likelihood"),
        (0.0, 0.0, "-"),
    ],
)
def test_diagnosis(prior, likelihood, words):
    assert priors.diagnose(prior, likelihood) == words


# predictive checks


def observing(fit: Fit, scores) -> Fit:
    """The fit with other observed scores."""
    r = replace(fit.observations.releases, score=scores)
    tree = fit.tree.copy()
    tree["observed_data"] = xr.DataTree(
        tree["observed_data"].to_dataset().assign({SCORE: ("release", np.asarray(scores))})
    )
    return replace(fit, observations=Observations(r, fit.observations.reference), tree=tree)


def by_name(fit):
    return {(c.name, c.group): c for c in predictive.predictive_checks(fit)}


def test_p_values_are_uniform_when_the_model_made_the_scores(broken, monkeypatch):
    monkeypatch.setattr(predictive, "loo_pit_check", lambda fit: None)
    replicated = broken.fit.tree["posterior_predictive"][SCORE].to_numpy()
    replicated = replicated.reshape(-1, replicated.shape[-1])
    p = {}
    for scores in replicated[::20]:
        for check in predictive.predictive_checks(observing(broken.fit, scores))[:-1]:
            p.setdefault((check.name, check.group), []).append(check.p)
    for group in ("USA", "China"):
        assert stats.kstest(p[("mean score", group)], "uniform").pvalue > 0.01
        # These do not depend on the trend, so that no refit is needed for them to be uniform.
        for name in ("mean score", "share within 50% intervals", "share within 90% intervals"):
            values = np.array(p[(name, group)])
            assert 0.42 < values.mean() < 0.58
            assert np.mean((values < 0.01) | (values > 0.99)) < 0.06


def test_p_values_are_extreme_under_a_wrong_model(broken):
    r = broken.fit.observations.releases
    good = by_name(broken.fit)
    assert all(check.passed for check in good.values()), [
        c.text for c in good.values() if not c.passed
    ]
    shifted = by_name(observing(broken.fit, r.score + 2.0 * (r.group == 1)))
    assert shifted[("mean score", "China")].p < 0.01
    assert not shifted[("mean score", "China")].passed
    assert "EXTREME" in shifted[("mean score", "China")].text
    assert not shifted[("scores above the trend", "China")].passed
    assert shifted[("mean score", "USA")].passed
    outlier = by_name(observing(broken.fit, r.score - 12.0 * (np.arange(len(r)) == 6)))
    of = r.group_names[r.group[6]]
    assert outlier[("lowest from the trend", of)].p > 0.99
    assert outlier[("skewness around the trend", of)].p > 0.99


def test_values_are_those_of_the_scores(all_releases):
    checks = by_name(all_releases.fit)
    r = all_releases.fit.observations.releases
    rep = all_releases.fit.tree["posterior_predictive"][SCORE].to_numpy().reshape(-1, len(r))
    for g, name in enumerate(r.group_names):
        assert checks[("records by score", name)].value == records(r, g).sum()
        best = checks[("best score", name)]
        assert best.value == pytest.approx(r.score[r.of(g)].max())
        assert best.p == pytest.approx(
            (rep[:, r.of(g)].max(1) > r.score[r.of(g)].max()).mean(), abs=1e-3
        )
        low, high = np.quantile(rep[:, r.of(g)], (0.05, 0.95), axis=0)
        inside = ((r.score[r.of(g)] >= low) & (r.score[r.of(g)] <= high)).mean()
        assert checks[("share within 90% intervals", name)].value == pytest.approx(inside)
        mu = all_releases.fit.spec.trend_at(all_releases.fit.draws, all_releases.fit.observations)
        skew = stats.skew(r.score[r.of(g)] - mu.reshape(len(rep), -1)[:, r.of(g)], axis=1)
        found = checks[("skewness around the trend", name)]
        assert found.value == pytest.approx(skew.mean())


def test_records_are_not_counted_under_records(records_analysis):
    names = {name for name, _ in by_name(records_analysis.fit)}
    assert "records by score" not in names
    assert "mean score" in names


def test_loo_pit_notices_a_wrong_spread(broken):
    assert predictive.loo_pit_check(broken.fit).passed
    tree = broken.fit.tree.copy()
    wide = tree["posterior_predictive"].to_dataset()
    wide = wide.mean(("chain", "draw")) + 6 * (wide - wide.mean(("chain", "draw")))
    tree["posterior_predictive"] = xr.DataTree(wide)
    assert not predictive.loo_pit_check(replace(broken.fit, tree=tree)).passed


# the prior predictive figure


def test_prior_curves_are_those_of_the_prior_draws(broken):
    curves = predictive.prior_curves(broken, lines=60)
    prior = broken.fit.tree["prior"]
    assert curves.lines.sizes["draw"] == 60
    b = np.abs(curves.lines["date"].to_numpy() - np.datetime64("2025-01-01")).argmin()
    off = (curves.lines["date"].to_numpy()[b] - np.datetime64("2025-01-01")) / np.timedelta64(
        1, "D"
    )
    draw = 7
    slope = prior["slope" if off < 0 else "slope_after"].to_numpy()[0, draw, 1]
    expected = prior["level"].to_numpy()[0, draw, 1] + slope * off / 365.25
    assert float(curves.lines[draw, b, 1]) == pytest.approx(expected)
    assert curves.prior.sizes == {"chain": 1, "draw": PRIOR_DRAWS}
    xr.testing.assert_equal(curves.posterior, broken.measured.lag(TREND, WINDOW))
    assert np.ptp(np.quantile(curves.prior, [0.05, 0.95])) > 60
    assert CENSORED in broken.measured.lags[TREND]


def test_the_figure_shows_lines_bands_releases_and_both_lags(broken, world):
    tables = figure_tables(broken)
    prior, lags = tables["prior_predictive"], tables["mean_lag"]
    about = Provenance.of(broken)
    sides = (world.comparison, world.metric)
    figure = prior_predictive(
        release_table(world), prior, lags, *sides, "day to day", about, "Before the data"
    )
    first, second, lag = figure.axes
    for group, axes in enumerate((first, second)):
        lines = [a for a in axes.lines if a.get_gid() == "prior-line"]
        assert len(lines) == LINES
        own = prior[prior["group"] == world.group_names[group]]
        np.testing.assert_array_equal(lines[3].get_ydata(), own["line_03"])
        bands = [c for c in axes.collections if (c.get_gid() or "").startswith("interval")]
        assert len(bands) == 2
        dots = next(c for c in axes.collections if c.get_gid() == f"releases-{group}")
        assert len(dots.get_offsets()) == world.of(group).sum()
        low, high = axes.get_ylim()
        assert low < world.score.min()
        assert world.score.max() < high
    assert {p.get_gid() for p in lag.patches} >= {"prior", "posterior"}
    assert "made-up" in " ".join(t.get_text() for t in figure.texts)


def test_reference_subset_is_what_refits_use(few):
    """Leaving the first release out must not move the date that priors speak of."""
    observations = few.fit.observations
    mask = np.arange(len(observations.releases)) > 0
    rest = Observations(subset(observations.releases, mask), observations.reference)
    np.testing.assert_array_equal(rest.arrays["years"], observations.arrays["years"][1:])
