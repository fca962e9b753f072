"""Item and person fit, worst results and test information: against brute force."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from rich.console import Console
from scipy import stats
from scipy.integrate import quad
from simulate_results import matrix

import frontierlag as fl
from frontierlag.analyses.analysis import Analysis
from frontierlag.checks.items import (
    DRAWS,
    FEWEST,
    PARTS,
    information,
    outfit,
    result_information,
    scored,
    shape,
    thinned,
    worst_results,
)
from frontierlag.dates import Window
from frontierlag.fits.fitting import Fit, labels_of
from frontierlag.lags.measure import measure
from frontierlag.model import ModelSpec
from frontierlag.names import BENCHMARK, CAPABILITIES, GROUP, OTHER, RELEASE, RESULT, SAMPLE_DIMS
from frontierlag.report import as_json
from frontierlag.report.console import show_fit_checks
from frontierlag.results.fit_checks import (
    BEST,
    INFORMATION,
    ITEM_FIT,
    NO_SHORTFALL,
    PEAK,
    PERSON_FIT,
    SCALE,
    SHORTFALLS,
    STEMS,
    WORST,
    fit_check_tables,
    fit_sentences,
)
from frontierlag.scores import default_window_start
from frontierlag.scores.metric import ECI
from frontierlag.settings import SamplerSettings

SHAPE = (2, 60)
NOISE = 0.03


@pytest.fixture(scope="module")
def made():
    return matrix(np.random.default_rng(5), leader=16, follower=10, others=3, benchmarks=9, each=7)


def fit_of(made, model="linear-joint", responses=None, wide=1.0) -> Fit:
    """A fit whose draws lie around the truth, so that results fit as the model says."""
    rng = np.random.default_rng(7)
    spec = ModelSpec.of(model, ECI)
    releases = made.releases if responses is None else replace(made.releases, responses=responses)
    observations = spec.observations(releases)
    n, j = len(releases), len(releases.responses.benchmarks)

    def around(values, by, size):
        return values + wide * by * rng.standard_normal((*SHAPE, size))

    p = {q.name: q.prior.draw(rng, SHAPE if q.shared else (*SHAPE, 2)) for q in spec.parameters}
    p |= {"level": 135 - 6 * np.arange(2) + rng.standard_normal((*SHAPE, 2))}
    p |= {"slope": 14 + rng.random((*SHAPE, 2)), "scatter": 2 + rng.random((*SHAPE, 2))}
    p |= {"shortfall": 4 + rng.random((*SHAPE, 2))}
    p["capability"] = around(made.capability[:n], 0.5, n)
    p["other_capability"] = around(made.capability[n:], 0.5, len(made.capability) - n)
    p["difficulty"] = around(made.difficulty, 0.5, j)
    p["discrimination"] = made.discrimination * np.exp(around(0.0, 0.03, j))
    p["noise"] = NOISE * np.exp(around(0.0, 0.1, j))
    last = {"capability": RELEASE, "other_capability": OTHER}
    last |= dict.fromkeys(("difficulty", "discrimination", "noise", "dif"), BENCHMARK)
    if "dif" in spec.frontier.latent_in_model:
        p["dif"] = 2 * rng.standard_normal((*SHAPE, j))
    coords = {"chain": np.arange(SHAPE[0]), "draw": np.arange(SHAPE[1])}
    labels = labels_of(observations)
    replicated = spec.frontier.simulate(rng, p, spec.trend_at(p, observations), observations.arrays)
    numbers = {k: (SAMPLE_DIMS, rng.random(SHAPE)) for k in ("diverging", "energy")}
    of_release = xr.Dataset({"capability": ((*SAMPLE_DIMS, RELEASE), p["capability"])}, coords)
    tree = xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset(
                {
                    k: ((*SAMPLE_DIMS, last.get(k, GROUP))[: values.ndim], values)
                    for k, values in p.items()
                },
                coords,
            ),
            "sample_stats": xr.Dataset(numbers, coords),
            "posterior_predictive": xr.Dataset({"score": ((*SAMPLE_DIMS, RESULT), replicated)}),
            CAPABILITIES: of_release.assign_coords({RELEASE: labels[RELEASE]}),
        }
    )
    return Fit(spec, observations, SamplerSettings(seed=5), tree, 0.0)


@pytest.fixture(scope="module")
def fit(made):
    return fit_of(made)


@pytest.fixture(scope="module")
def analysis(fit):
    releases = fit.observations.releases
    window = Window(default_window_start(releases), releases.as_of)
    return Analysis(fit, measure(fit, window))


@pytest.mark.parametrize("model", ["linear-joint", "linear-joint-dif"])
def test_expected_scores_and_normal_scores_are_those_of_a_plain_loop(made, model):
    fit = fit_of(made, model)
    found, p = scored(fit), thinned(fit)
    r, group = fit.observations.responses, fit.observations.releases.group
    every = np.concatenate([p["capability"], p["other_capability"]], -1)
    for q in np.random.default_rng(1).integers(len(r.score), size=30):
        i, j = r.model[q], r.benchmark[q]
        c = every[:, i].copy()
        if model.endswith("dif") and i < len(group):
            c += (-0.5 if group[i] == 0 else 0.5) * p["dif"][:, j]
        expected = 1 / (1 + np.exp(-p["discrimination"][:, j] * (c - p["difficulty"][:, j])))
        np.testing.assert_allclose(found.expected[:, q], expected)
        place = stats.t.cdf((r.score[q] - expected) / p["noise"][:, j], 4)
        np.testing.assert_allclose(found.z[:, q], stats.norm.ppf(place), atol=1e-6)
        low = min(place.mean(), 1 - place.mean())
        assert found.tail[q] == pytest.approx(2 * low, abs=1e-9)


def test_normal_scores_are_exact_far_out(fit):
    far = replace(scored(fit), expected=np.array([[0.0]]), noise=np.array([[1e-9]]),
                  which=np.array([0]))  # fmt: skip
    assert np.isfinite(far.z).all()
    high = replace(far, expected=2 * far.observed[None])
    np.testing.assert_allclose(high.z, -far.z)


def test_p_values_are_those_of_replicated_results(fit):
    """Gelman, Meng & Stern (1996) by brute force: replicate, compare the realized discrepancy."""
    found, rng = scored(fit), np.random.default_rng(2)
    responses = found.responses
    of_item = outfit(found.z, found.benchmark, len(responses.benchmarks))
    of_person = outfit(found.z, found.model, responses.models)
    curve = shape(found)

    def discrepancy(z, of, count):
        return np.stack([(z[:, of == k] ** 2).sum(-1) for k in range(count)], -1)

    def by_thirds(z):
        total = []
        for j in range(len(responses.benchmarks)):
            own = np.flatnonzero(found.benchmark == j)
            order = own[np.argsort(found.capability[found.model[own]])]
            thirds = np.array_split(order, 3)
            total.append(sum(len(t) * z[:, t].mean(-1) ** 2 for t in thirds))
        return np.stack(total, -1)

    measures = (
        (of_item.p, lambda z: discrepancy(z, found.benchmark, len(of_item.p))),
        (of_person.p, lambda z: discrepancy(z, found.model, len(of_person.p))),
        (curve.p, by_thirds),
    )
    counts, repeats = [0.0, 0.0, 0.0], 40
    for _ in range(repeats):
        error = rng.standard_t(4, found.error.shape)
        again = stats.norm.ppf(stats.t.cdf(error, 4))
        for k, (_, measure_) in enumerate(measures):
            counts[k] = counts[k] + (measure_(again) >= measure_(found.z)).mean(0)
    for (p, _), count in zip(measures, counts, strict=True):
        known = np.isfinite(p)
        assert known.any()
        # 120 draws, 40 times: independent replications, so a standard error of at most 0.0072.
        np.testing.assert_allclose(p[known], (count / repeats)[known], atol=0.035)


def test_outfit_is_the_mean_square_and_a_model_without_results_has_none():
    z = np.array([[1.0, -2.0, 0.5], [0.0, 1.0, 3.0]])
    found = outfit(z, np.array([2, 0, 2]), 3)
    np.testing.assert_array_equal(found.results, [1, 0, 2])
    np.testing.assert_allclose(found.outfit[:, 0], [4, 1])
    np.testing.assert_allclose(found.outfit[:, 2], [0.625, 4.5])
    assert np.isnan(found.outfit[:, 1]).all()
    assert np.isnan(found.p[1])
    assert found.p[0] == pytest.approx((stats.chi2.sf(4, 1) + stats.chi2.sf(1, 1)) / 2)


def test_a_benchmark_of_few_results_has_no_shape(fit):
    found = scored(fit)
    few = found.benchmark == 0
    kept = np.flatnonzero(few)[: FEWEST - 1]
    which = np.flatnonzero(~few | np.isin(np.arange(len(few)), kept))
    less = replace(
        found, which=found.which[which], expected=found.expected[:, which],
        noise=found.noise[:, which],
    )  # fmt: skip
    curve = shape(less)
    assert np.isnan(curve.p[0])
    assert np.isfinite(curve.p[1:]).all()
    assert curve.residual.shape == (len(PARTS), len(found.responses.benchmarks))


def test_a_wrong_curve_an_uneven_model_and_a_wrong_result_are_found(made):
    r = made.releases.responses
    score = r.score.copy()
    # One benchmark has a floor that nobody knows of.
    floored = r.benchmark == 6
    score[floored] = np.maximum(score[floored], 0.35)
    # A model is far better than itself on every other benchmark.
    i = int(np.argmax(np.bincount(r.model[~np.isin(r.model, [k for k, _ in r.pins])])))
    own = np.flatnonzero((r.model == i) & ~floored)
    score[own] += np.where(np.arange(len(own)) % 2, 0.12, -0.12)
    # And one result of another is plainly wrong.
    lost = int(np.flatnonzero((r.benchmark == 2) & (r.model != i))[-1])
    score[lost] += -0.5 if score[lost] > 0.5 else 0.5
    fit = fit_of(made, responses=replace(r, score=score))
    found = scored(fit)
    persons = outfit(found.z, found.model, r.models)
    assert persons.p[i] < 0.01
    curve = shape(found)
    assert np.nanargmin(curve.p) == 6
    assert curve.p[6] < 0.01
    assert curve.residual[0, 6] > 1  # the weakest stand above the curve
    worst = worst_results(fit, found, 5)
    assert worst.which[0] == lost
    assert worst["tail"][0] < 1e-4
    assert (np.diff(worst["tail"]) >= 0).all()
    low, high = np.quantile(
        fit.tree["posterior_predictive/score"].to_numpy()[..., worst.which[0]], [0.05, 0.95]
    )
    assert (worst.lower90[0], worst.upper90[0]) == pytest.approx((low, high))
    assert not low <= score[lost] <= high


def test_results_of_no_weight_are_left_out(made):
    r = made.releases.responses
    fit = fit_of(made, responses=r.without(r.benchmark == 1))
    found = scored(fit)
    assert 1 not in found.benchmark
    assert len(found.observed) == (r.benchmark != 1).sum()
    items = outfit(found.z, found.benchmark, len(r.benchmarks))
    assert items.results[1] == 0


def test_draws_are_thinned_evenly(fit):
    some = thinned(fit, 30)
    full = fit.tree["posterior"]["difficulty"].to_numpy()
    np.testing.assert_array_equal(some["difficulty"], full[:, ::4].reshape(-1, full.shape[-1]))
    assert len(thinned(fit)["noise"]) == min(DRAWS, np.prod(SHAPE))


@pytest.mark.parametrize("c", [118.0, 140.0, 151.0])
def test_information_is_the_expected_square_of_the_score_function(c):
    """E (d log p(y | c) / dc)^2 by quadrature and a difference quotient."""
    d, a, s, chance, ceiling = 138.0, 0.15, 0.04, 0.25, 0.9

    def expected(x):
        return chance + (ceiling - chance) / (1 + np.exp(-a * (x - d)))

    def slope(y):
        h = 1e-4
        return np.diff(stats.t.logpdf(y, 4, expected(c + np.array([-h, h])), s))[0] / (2 * h)

    middle = expected(c)
    total, _ = quad(
        lambda y: stats.t.pdf(y, 4, middle, s) * slope(y) ** 2,
        middle - 60 * s, middle + 60 * s, points=[middle], limit=400,
    )  # fmt: skip
    found = result_information(c, *map(np.array, (d, a, s)), np.array(ceiling - chance))
    assert found == pytest.approx(total, rel=1e-4)


def test_information_of_all_benchmarks_along_the_scale(fit):
    found, r = information(fit), fit.observations.releases
    levels = np.array([120.0, 141.0])
    total = found.of_all(levels)
    for k, c in enumerate(levels):
        each = [
            result_information(
                c, found.difficulty[3, j], found.discrimination[3, j], found.noise[3, j],
                found.span[j],
            )
            for j in range(len(found.span))
        ]  # fmt: skip
        assert total[3, k] == pytest.approx(sum(each))
        assert found.shares(float(c)).sum() == pytest.approx(1)
    beside = [found.of_each(found.difficulty + step) for step in (-1.0, 1.0)]
    assert (found.highest > np.maximum(*beside)).all()
    day = int(np.sort(r.day)[8])
    best = found.best(day)
    for g in (0, 1):
        own = (r.group == g) & (r.day <= day)
        np.testing.assert_array_equal(best[:, g], found.capability[:, own].max(-1))
    assert np.isnan(found.best(int(r.day.min()) - 1)).all()


def test_tables_say_what_the_checks_say(analysis, fit):
    tables = fit_check_tables(analysis)
    assert set(tables) == set(STEMS)
    found, along, r = scored(fit), information(fit), fit.observations.responses
    items = tables[ITEM_FIT].set_index("benchmark")
    of = outfit(found.z, found.benchmark, len(r.benchmarks))
    assert sorted(items.index) == sorted(r.benchmarks)
    np.testing.assert_allclose(items["p"][r.benchmarks], of.p, atol=1e-4)
    np.testing.assert_allclose(items["outfit"][r.benchmarks], of.outfit.mean(0), atol=1e-3)
    np.testing.assert_allclose(
        items["peak_at"][r.benchmarks], np.median(along.difficulty, 0), atol=1e-3
    )
    assert items[["share_leader", "share_follower"]].sum().to_numpy() == pytest.approx(1, abs=1e-2)
    worst = np.fmin(tables[ITEM_FIT]["p"], tables[ITEM_FIT]["shape_p"])
    assert (np.diff(worst) >= -1e-4).all()
    persons = tables[PERSON_FIT]
    assert len(persons) == r.models
    assert set(persons["group"]) == {"USA", "China", "neither group"}
    z = found.z.mean(0)
    names = np.concatenate([fit.observations.releases.model, r.others])
    for row in persons.to_dict("records"):
        own = np.flatnonzero(names[found.model] == row["release"])
        furthest = own[np.abs(z[own]).argmax()]
        assert row["most_surprising"] == r.benchmarks[found.benchmark[furthest]]
        assert row["z"] == pytest.approx(z[furthest], abs=1e-3)
        assert row["results"] == len(own)
    single = tables[WORST].iloc[0]
    q = int(found.tail.argmin())
    assert (single["release"], single["source"]) == (names[r.model[q]], r.source[q])
    assert single["observed"] == pytest.approx(r.score[q], abs=1e-3)
    rows = tables[INFORMATION]
    counts = rows["what"].value_counts()
    assert (counts[SCALE], counts[PEAK]) == (len(along.scale), 1)
    last = rows[
        (rows["what"] == BEST) & (rows["date"] == analysis.measured.window.as_of.isoformat())
    ]
    for g, name in enumerate(("USA", "China")):
        row = last[last["group"] == name].iloc[0]
        level = np.median(along.best(int(analysis.measured.window.days[-1]))[:, g])
        assert row["level"] == pytest.approx(level, abs=1e-3)
        total = along.of_all(np.array([level]))
        assert row["error"] == pytest.approx(np.median(1 / np.sqrt(total)), abs=1e-3)
        pace = np.median(fit.draws["slope"][..., 0]) / 12  # of a line, points a month
        assert row["months"] == pytest.approx(row["error"] / pace, rel=0.01)
    assert len(tables[SHORTFALLS]) == len(fit.observations.releases)
    assert list(tables[NO_SHORTFALL]["group"]) == ["USA", "China"]


def test_sentences_name_what_fits_worst(analysis):
    tables = fit_check_tables(analysis)
    items = tables[ITEM_FIT]
    items.loc[items.index[0], ["p", "shape_p"]] = [0.5, 0.001]
    none = tables[NO_SHORTFALL]
    none["wrong_sign"] = [True, False]
    none["probability"], none["bounded"], none["mcse"] = [0.04, 0.3], [True, False], [np.nan, 0.02]
    words = " ".join(fit_sentences(tables))
    assert f"do not follow their curve (p < 0.01): {items['benchmark'].iloc[0]}." in words
    assert "at most 0.04 (too few draws come near zero to say more)" in words
    assert "0.30, Monte Carlo error 0.02" in words
    assert words.count("WRONG SIGN") == 1
    assert f"{tables[WORST]['release'].iloc[0]} on {tables[WORST]['benchmark'].iloc[0]}" in words
    assert "with a standard error of" in words
    bare = none.drop(columns=["probability", "mcse", "bounded"])
    unknown = " ".join(fit_sentences({NO_SHORTFALL: bare}))
    assert "not to be had: the prior of the shortfall has no density at zero" in unknown
    assert "too few draws" not in unknown
    # These draws are made up, so they did not converge.
    assert "NOT CONVERGED" in words


def test_a_fit_to_scores_has_no_items(eci_new):
    spec = ModelSpec.of("linear-records", ECI)
    fit = Fit(spec, spec.observations(eci_new), SamplerSettings(), xr.DataTree(), 0.0)
    assert scored(fit) is None
    assert information(fit) is None


def test_a_review_prints_the_worst_and_json_has_them(analysis):
    tables = fit_check_tables(analysis)
    console = Console(record=True, width=200, file=io.StringIO())
    show_fit_checks(console, tables)
    words = console.export_text()
    for sentence in fit_sentences(tables):
        assert sentence in words
    single = tables[WORST].iloc[0]
    for part in (tables[ITEM_FIT]["benchmark"].iloc[0], tables[PERSON_FIT]["release"].iloc[0],
                 single["release"], single["source"]):  # fmt: skip
        assert part in words
    found = as_json.plain(as_json.diagnosis(analysis))["fit"]
    assert set(found) == {"sentences", *STEMS}
    assert len(found[PERSON_FIT]) == len(tables[PERSON_FIT])
    row = found[WORST][0]
    assert row["intervals"][0]["lower"] == pytest.approx(single["lower90"])
    assert row["intervals"][0]["probability"] == 0.9


@pytest.mark.xdist_group("linear-records")
def test_in_python_the_tables_are_properties_of_the_fit(analysis, records_analysis):
    fit, tables = fl.FittedModel.of(analysis), fit_check_tables(analysis)
    for name, stem, index in (
        ("shortfalls", SHORTFALLS, "release"), ("no_shortfall", NO_SHORTFALL, "group"),
        ("items", ITEM_FIT, "benchmark"), ("persons", PERSON_FIT, "release"),
        ("worst_results", WORST, None), ("information", INFORMATION, None),
    ):  # fmt: skip
        shown = getattr(fit, name)
        assert "dataset" not in shown
        whole = tables[stem] if index is None else tables[stem].set_index(index)
        assert shown.equals(whole[shown.columns])
    assert fit.what_fits_worst() == fit_sentences(tables)
    records = fl.FittedModel.of(records_analysis)
    with pytest.raises(fl.FrontierLagError, match="record-holders alone"):
        _ = records.shortfalls
    with pytest.raises(fl.FrontierLagError, match="fit benchmark results"):
        _ = records.items
    assert records.what_fits_worst() == []
