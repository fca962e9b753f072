"""Abilities by domain and differing benchmarks: density, identification, lags, tables, command."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytensor.tensor as pt
import pytest
import xarray as xr
from scipy import stats
from scipy.special import logsumexp

from frontierlag.analyses.refits import NUMBERS
from frontierlag.checks.held_out import compared, held_out, log_densities
from frontierlag.errors import ScoresError, SpecError
from frontierlag.figures import Provenance
from frontierlag.fits.fitting import Fit
from frontierlag.frontiers.functioning import domain_shift
from frontierlag.jobs import Job
from frontierlag.lags.measure import measure
from frontierlag.machine.files import MANIFEST
from frontierlag.model import ModelSpec, build
from frontierlag.names import CAPABILITIES, FOLLOWER, GROUP, LEADER, REALIZED, TREND, WINDOW
from frontierlag.report.page import evidence
from frontierlag.report.page.folder import Results
from frontierlag.results.folder import read_table
from frontierlag.scores.item_results import responses_of
from frontierlag.scores.item_results.known import grouped_by, load_benchmarks
from frontierlag.scores.metric import ECI
from frontierlag.settings import SamplerSettings
from frontierlag.studies.calibration.estimands import true_lags
from frontierlag.studies.calibration.matrices import (
    MATRIX_DESIGNS,
    DomainDesign,
    make_matrix_world,
)
from frontierlag.studies.domains import study
from frontierlag.studies.domains.study import lag_by_domain
from frontierlag.studies.domains.table import (
    INDEX,
    INDEX_WORDS,
    DomainAnalysis,
    all_domains,
    analyse_domains,
    contrast_table,
    dif_table,
    domain_table,
    spread_table,
)

DRAWS = (2, 5)


@pytest.fixture(scope="module")
def world():
    """A small one: what is checked does not grow with it, and the time does."""
    large = MATRIX_DESIGNS["matrices-domains"]
    small = replace(
        large,
        groups=replace(large.groups, releases=(26, 16)),
        others=4,
        benchmarks=15,
        domains=DomainDesign(domains=3),
    )
    return make_matrix_world(small, np.random.default_rng(3))


@pytest.fixture(scope="module")
def spec():
    return ModelSpec.of("linear-joint-domains", ECI)


def drawn(spec, observations, rng):
    """Draws of everything that the model of domains holds, of shape ``DRAWS``."""
    data = observations.arrays
    p = {q.name: q.prior.draw(rng, DRAWS if q.shared else (*DRAWS, 2)) for q in spec.parameters}
    mu = spec.trend_at(p, observations)
    return p | spec.frontier._drawn(rng, p, mu, data), data


def test_the_ability_behind_a_result_is_that_of_a_plain_loop(world, spec):
    observations = spec.observations(world.releases)
    p, data = drawn(spec, observations, np.random.default_rng(1))
    found = spec.frontier.deviation(p, data)
    group = observations.releases.group
    for r in np.random.default_rng(2).integers(len(data["result"]), size=40):
        i, j = data["result_model"][r], data["result_benchmark"][r]
        k = data["benchmark_domain"][j]
        pair = next(
            q
            for q, (m, d) in enumerate(zip(data["pair_model"], data["pair_domain"], strict=True))
            if (m, d) == (i, k)
        )
        expected = p["own"][..., pair].copy()
        if i < len(group):
            half, t = (-0.5 if group[i] == LEADER else 0.5), data["years"][i]
            expected += half * (p["domain_gap"][..., k] + p["domain_pace_gap"][..., k] * t)
            expected += p["domain_pace"][..., k] * t + half * p["dif"][..., j]
        np.testing.assert_allclose(found[..., r], expected, rtol=1e-12, atol=1e-12)


def test_symbols_and_draws_give_one_ability(world, spec):
    observations = spec.observations(world.releases)
    p, data = drawn(spec, observations, np.random.default_rng(4))
    one = {name: values[1, 2] for name, values in p.items()}
    symbols = {name: pt.as_tensor_variable(values) for name, values in one.items()}
    held = {name: pt.as_tensor_variable(values) for name, values in data.items()}
    symbolic = spec.frontier.points(symbols, held, pt).eval()
    np.testing.assert_allclose(symbolic, spec.frontier.deviation(p, data)[1, 2], rtol=1e-12)


def test_domains_add_up_to_nothing(world, spec):
    p, _ = drawn(spec, spec.observations(world.releases), np.random.default_rng(5))
    for name in ("domain_gap", "domain_pace", "domain_pace_gap"):
        np.testing.assert_allclose(p[name].sum(-1), 0, atol=1e-9)


@pytest.mark.parametrize("name", ["linear-joint-dif", "linear-joint-domains"])
def test_without_differences_the_density_is_that_of_the_joint_model(world, name):
    """With every difference at zero, it has but the priors of the differences more."""

    def at_start(name: str) -> tuple[float, float]:
        spec = ModelSpec.of(name, ECI)
        model = build(spec, spec.observations(world.releases))
        point = model.initial_point()
        extra = 0.0
        for variable in model.free_RVs:
            if variable.name.startswith("free_") and variable.owner.op.__class__.__name__ == (
                "NormalRV"
            ):
                value = point[model.rvs_to_values[variable].name]
                value[...] = 0.0
                extra += stats.norm.logpdf(value).sum()
        for parameter in spec.parameters:
            if parameter.name.endswith("_spread") and parameter.name in (
                "dif_spread", "gap_spread", "pace_spread", "pace_gap_spread", "own_spread",
            ):  # fmt: skip
                value = model.rvs_to_values[model[parameter.name]]
                spread = np.exp(point[value.name])
                extra += parameter.prior.logp(spread) + np.log(spread)
        # Interpreting the graph once is faster than compiling it.
        terms = model.compile_fn(model.logp(sum=False), mode="FAST_COMPILE")(point)
        return float(sum(np.sum(term) for term in terms)), float(extra)

    plain, _ = at_start("linear-joint")
    richer, extra = at_start(name)
    assert extra != 0
    assert richer - extra == pytest.approx(plain, abs=1e-5)


def fit_of(world, spec, rng) -> Fit:
    """A fit whose draws are made up, so that what follows from them can be checked exactly."""
    observations = spec.observations(world.releases)
    p, _ = drawn(spec, observations, rng)
    p["slope"] = 12 + rng.random(p["slope"].shape)
    dims = {"dif": "benchmark", "own": "pair", "capability": "release"}
    dims |= dict.fromkeys(("domain_gap", "domain_pace", "domain_pace_gap"), "domain")
    dims |= {"other_capability": "other"}
    dims |= dict.fromkeys(("difficulty", "discrimination", "noise"), "benchmark")
    posterior = {}
    for name, values in p.items():
        last = dims.get(name, GROUP)
        posterior[name] = (("chain", "draw", last)[: values.ndim], values)
    coords = {"chain": np.arange(DRAWS[0]), "draw": np.arange(DRAWS[1])}
    capability = xr.Dataset({"capability": (("chain", "draw", "release"), p["capability"])}, coords)
    stats_ = xr.Dataset(
        {name: (("chain", "draw"), rng.random(DRAWS)) for name in ("diverging", "energy")}, coords
    )
    tree = xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset(posterior, coords),
            "sample_stats": stats_,
            CAPABILITIES: capability,
        }
    )
    return Fit(spec, observations, SamplerSettings(seed=5), tree, 0.0)


@pytest.fixture(scope="module")
def made_up(world, spec):
    fit = fit_of(world, spec, np.random.default_rng(6))
    parts = {name: measure(part, world.window) for name, part in all_domains(fit).items()}
    return DomainAnalysis(fit, measure(fit, world.window), parts)


def test_a_domain_has_its_own_line_and_its_own_releases(made_up, world):
    fit = made_up.fit
    data = fit.observations.arrays
    p = {str(k): v.to_numpy() for k, v in fit.tree["posterior"].to_dataset().items()}
    for k, part in enumerate(all_domains(fit).values()):
        line = part.draws
        for g, half in ((LEADER, -0.5), (FOLLOWER, 0.5)):
            level = p["level"][..., g] + half * p["domain_gap"][..., k]
            slope = p["slope"][..., g] + p["domain_pace"][..., k]
            slope = slope + half * p["domain_pace_gap"][..., k]
            np.testing.assert_allclose(line["level"][..., g], level)
            known = ~np.isnan(line["slope"][..., g])
            np.testing.assert_allclose(line["slope"][..., g][known], slope[known])
        # A release with a result in the domain has the ability behind that result, less the
        # benchmark's own difference.
        group = fit.observations.releases.group
        pairs = zip(data["pair_model"], data["pair_domain"], strict=True)
        for q, (i, d) in enumerate(pairs):
            if d != k or i >= len(group):
                continue
            shift = domain_shift(p, k, group[[i]] - 0.5, data["years"][[i]])[..., 0]
            expected = p["capability"][..., i] + shift + p["own"][..., q]
            np.testing.assert_allclose(part.capabilities[..., i], expected)


def test_a_leader_that_does_not_move_has_no_lag_there(world, spec):
    fit = fit_of(world, spec, np.random.default_rng(6))
    posterior = fit.tree["posterior"].to_dataset()
    pace = posterior["domain_pace"].to_numpy().copy()
    pace[0, 0, 0], pace[0, 0, 1] = -40.0, 40.0
    fit.tree["posterior"] = xr.DataTree(
        posterior.assign(domain_pace=(posterior["domain_pace"].dims, pace))
    )
    first, second, *_ = (measure(part, world.window) for part in all_domains(fit).values())
    assert np.isnan(first.lag(TREND, WINDOW)[0, 0])
    assert np.isfinite(second.lag(TREND, WINDOW)[0, 0])


def test_tables_say_what_the_draws_say(made_up):
    table = domain_table(made_up, "domain").set_index(["domain", "lag", "period"])
    index = made_up.index.lag(REALIZED, WINDOW)
    for name, measured in made_up.measured.items():
        draws = measured.lag(REALIZED, WINDOW)
        row = table.loc[(name, REALIZED, WINDOW)]
        assert row["median"] == pytest.approx(float(draws.median()), abs=1e-3)
        assert row["difference"] == pytest.approx(float((draws - index).median()), abs=1e-3)
        assert row["longer"] == pytest.approx(float((draws > index).mean()), abs=1e-3)
    responses = made_up.fit.observations.responses
    own = table.xs((REALIZED, WINDOW), level=("lag", "period")).drop(INDEX)
    assert own["results"].sum() == len(responses.score)
    assert own["benchmarks"].sum() == len(responses.benchmarks)
    first, second = list(made_up.measured)[:2]
    contrast = contrast_table(made_up, "domain").set_index(["first", "second", "lag"])
    change = made_up.measured[first].lag(TREND, WINDOW) - made_up.measured[second].lag(
        TREND, WINDOW
    )
    assert contrast.loc[(first, second, TREND), "difference"] == pytest.approx(
        float(change.median()), abs=1e-3
    )
    dif = dif_table(made_up, "domain")
    others = len(responses.score) - dif[["results_leader", "results_follower"]].to_numpy().sum()
    assert others == int((responses.model >= len(made_up.fit.observations.releases)).sum())
    spreads = spread_table(made_up, "domain").set_index("parameter")
    drawn_spread = made_up.fit.tree["posterior/own_spread"]
    assert spreads.loc["own_spread", "median"] == pytest.approx(
        float(drawn_spread.median()), abs=1e-3
    )


def test_a_fit_in_a_world_of_domains_finds_its_lags(world, monkeypatch):
    """One real fit, through the whole way; coverage is for the calibration to count."""
    responses = world.releases.responses
    labels = {
        str(name): str(responses.domains[k])
        for name, k in zip(responses.benchmarks, responses.domain_of, strict=True)
    }
    # So few draws miss the gate; a second try with more would take the time of a real one.
    monkeypatch.setattr(
        "frontierlag.studies.domains.table.sampled_to_pass", lambda draw, *_: draw(1)
    )
    settings = SamplerSettings(chains=2, draws=120, tune=200, seed=3)
    found = analyse_domains(world.releases, labels, world.window, settings)
    truth = true_lags(world)
    assert set(found.measured) == set(world.domains)
    for name, measured in found.measured.items():
        draws = measured.lag(REALIZED, WINDOW).to_numpy()
        error = draws.mean() - truth[REALIZED, name]
        assert abs(error) < 4 * draws.std() + 0.5
    # Hand-made draws of the prior have spreads of 5 points; the data know better.
    assert found.fit.tree["posterior/own_spread"].to_numpy().std() < 1.0
    kept = found.tree[f"domains/domain 1/lags/{REALIZED}/value"].sel(period=WINDOW)
    xr.testing.assert_equal(
        kept.drop_vars("period"), found.measured["domain 1"].lag(REALIZED, WINDOW)
    )


def test_domains_need_results_a_domain_each_and_two_of_them(world, eci_new, window):
    with pytest.raises(SpecError, match="eci-results"):
        analyse_domains(eci_new, {}, window)
    names = [str(name) for name in world.releases.responses.benchmarks]
    with pytest.raises(ScoresError, match=names[0]):
        analyse_domains(world.releases, dict.fromkeys(names[1:], "a"), world.window)
    with pytest.raises(ScoresError, match="one domain, a"):
        analyse_domains(world.releases, dict.fromkeys(names, "a"), world.window)
    plain = replace(
        world.releases,
        responses=replace(
            world.releases.responses, domains=np.array([]), domain_of=np.array([], dtype=int)
        ),
    )
    with pytest.raises(SpecError, match="frontierlag domains"):
        ModelSpec.of("linear-joint-domains", ECI).observations(plain)


def test_domains_are_kept_with_the_results(world):
    responses = world.releases.responses
    back = responses_of(responses.dataset())
    np.testing.assert_array_equal(back.domains, responses.domains)
    np.testing.assert_array_equal(back.domain_of, responses.domain_of)


def test_ones_own_table_of_benchmarks_adds_to_the_packages(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("benchmark,domain,skill\nMMLU,language,recall\nMine,coding,build\n", "utf-8")
    table = load_benchmarks(path)
    assert table.loc["MMLU", "domain"] == "language"
    assert table.loc["Mine", "skill"] == "build"
    assert len(table) == len(load_benchmarks()) + 1
    assert grouped_by(table, "skill", "mine.csv") == {"MMLU": "recall", "Mine": "build"}
    with pytest.raises(ScoresError, match=r"no column .colour..*domain"):
        grouped_by(table, "colour", "mine.csv")
    path.write_text("benchmark,domain\nMMLU,a\nMMLU,b\n", "utf-8")
    with pytest.raises(ScoresError, match="MMLU"):
        load_benchmarks(path)
    path.write_text("name,domain\nMMLU,a\n", "utf-8")
    with pytest.raises(ScoresError, match="benchmark"):
        load_benchmarks(path)
    with pytest.raises(ScoresError, match="cannot be read"):
        load_benchmarks(tmp_path / "none.csv")


def test_the_density_of_a_benchmark_that_was_left_out_is_that_of_brute_force(world):
    """Against the mean likelihood over many draws of the benchmark's own parameters' prior."""
    spec = ModelSpec.of("linear-joint-dif", ECI)
    of = world.releases.responses
    # A benchmark with few results: so many draws of the prior find their way there.
    counts = np.bincount(of.benchmark)
    j = int(np.argmin(counts))
    few = of.without((of.benchmark == j) & (np.cumsum(of.benchmark == j) > 4))
    releases = replace(world.releases, responses=few)
    rng = np.random.default_rng(9)
    draws = 20
    models = np.concatenate([world.capability, np.full(len(of.others), 120.0)])
    every = models + rng.normal(size=(draws, len(models)))
    p = {
        "capability": every[:, : len(world.capability)],
        "other_capability": every[:, len(world.capability) :],
        "difficulty_mean": rng.normal(135, 1, draws),
        "difficulty_spread": np.full(draws, 8.0),
        "discrimination_typical": np.full(draws, 0.12),
        "discrimination_spread": np.full(draws, 0.4),
        "noise_typical": np.full(draws, 0.08),
        "noise_spread": np.full(draws, 0.4),
        "dif_spread": rng.uniform(1.0, 3.0, draws),
    }
    of_draw, error = log_densities(spec, p, releases, j, np.random.default_rng(1))
    assert of_draw.shape == (draws,)
    found = logsumexp(of_draw) - np.log(draws)
    here = np.flatnonzero((few.benchmark == j) & (few.weight > 0))
    m, y = few.model[here], few.score[here]
    group = np.append(releases.group, np.full(len(of.others), -1))[m]
    half = np.select([group == LEADER, group == FOLLOWER], [-0.5, 0.5], 0.0)
    n = 40_000
    total = []
    for s in range(draws):
        d = rng.normal(p["difficulty_mean"][s], 8.0, (n, 1))
        a = np.exp(rng.normal(np.log(0.12), 0.4, (n, 1)))
        noise = np.exp(rng.normal(np.log(0.08), 0.4, (n, 1)))
        dif = rng.normal(0, np.sqrt(2) * p["dif_spread"][s], (n, 1))
        expected = 1 / (1 + np.exp(-a * (every[s, m] + half * dif - d)))
        total.append(np.exp(stats.t.logpdf((y - expected) / noise, 4) - np.log(noise)).prod(-1))
    chunks = np.array(total).mean(0).reshape(40, -1).mean(-1)
    brute, brute_error = chunks.mean(), chunks.std(ddof=1) / np.sqrt(40)
    assert error < 0.1
    assert found == pytest.approx(np.log(brute), abs=4 * (error + brute_error / brute))


def test_a_benchmark_is_left_out_of_a_fit_that_is_held_to_the_gate(world):
    settings = SamplerSettings(chains=2, draws=100, tune=100, seed=4)
    name = str(world.releases.responses.benchmarks[2])
    (row,) = held_out(world.releases, ["linear-joint"], [name], settings).to_dict("records")
    counted = np.bincount(world.releases.responses.benchmark)[2]
    assert (row["benchmark"], row["results"]) == (name, counted)
    assert np.isfinite(row["elpd"])
    # Two hundred draws never reach an effective size of four hundred.
    assert not row["converged"]


def test_models_are_compared_over_the_same_benchmarks():
    table = pd.DataFrame(
        {
            "model": ["a"] * 3 + ["b"] * 3,
            "benchmark": ["x", "y", "z"] * 2,
            "elpd": [1.0, 2.0, 3.0, 0.0, 2.5, 1.0],
            "converged": [True, False, True, True, True, True],
        }
    )
    best, other = compared(table).to_dict("records")
    assert (best["model"], best["elpd"], best["elpd_diff"]) == ("a", 6.0, 0.0)
    assert (best["not_converged"], best["converged"], other["converged"]) == (1, False, True)
    assert other["elpd_diff"] == pytest.approx(2.5)
    assert other["diff_se"] == pytest.approx(np.std([1.0, -0.5, 2.0], ddof=1) * np.sqrt(3))


@pytest.fixture
def studied(made_up, monkeypatch, tmp_path):
    """A study's folder, of draws that are made up."""
    index = pd.DataFrame(
        {"model": name, "lag": lag, "period": WINDOW, "converged": True}
        | dict.fromkeys(NUMBERS, at)
        | {"lower90": at - 1.0, "upper90": at + 1.0, "mcse_median": 0.01, "censored": 0.0}
        for name, at in (("linear-joint", 6.0), ("linear-joint-dif", 7.0))
        for lag in (REALIZED, TREND)
    )
    monkeypatch.setattr(study, "analyse_domains", lambda *_: made_up)
    monkeypatch.setattr(study, "index_table", lambda *_: index)
    job = Job("eci-2026-08-11", results="eci-results-2026-08-11")
    found = study.study_domains(job, tmp_path / "domains", ("domain",))
    return found, tmp_path / "domains"


def test_a_study_writes_its_tables_words_figure_and_manifest(studied):
    found, folder = studied
    names = {path.name for path in folder.iterdir()}
    tables = {f"{stem}.csv" for stem in ("domains", "contrasts", "dif", "spreads", "index")}
    assert names >= tables | {"domains.md", "figures", MANIFEST}
    assert (folder / "figures" / "lag-by-domain.png").stat().st_size > 10_000
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    assert set(manifest["models"]) == {
        "linear-joint-domains", "linear-joint", "linear-joint-dif"
    }  # fmt: skip
    # Draws of the prior do not pass the gate, and every place says so.
    assert manifest["converged"] is False
    assert not found.converged
    assert all("NOT CONVERGED" in sentence for sentence in found.sentences[:3])
    page = (folder / "domains.md").read_text("utf-8")
    assert "Epoch AI" in page
    assert f"| {INDEX_WORDS} |" in page
    assert f"| {INDEX} |" not in page
    own = found.tables["domains"]
    own = own[(own["lag"] == REALIZED) & (own["period"] == WINDOW) & (own["domain"] != INDEX)]
    ordered = own.sort_values("median")["domain"].tolist()
    assert ordered[0] in found.sentences[0]
    assert ordered[-1] in found.sentences[0]
    assert "6.0" in found.sentences[-1]
    assert "7.0" in found.sentences[-1]


def test_the_page_of_a_run_shows_the_domains_next_to_it(studied, tmp_path):
    _, folder = studied
    tables = {f"domains/{stem}": read_table(folder, f"{stem}.csv") for stem in ("domains",)}
    (shown,) = evidence.domains(Results(tmp_path, {}, tables))
    bars = shown["forest"].bars
    assert bars[0].base
    medians = [b.values[2] for b in bars[1:]]
    assert medians == sorted(medians, reverse=True)
    assert all(b.stamped for b in bars)
    assert evidence.domains(Results(tmp_path, {}, {})) == []


def test_the_figure_draws_each_domain_with_its_interval(made_up, world):
    table = domain_table(made_up, "domain")
    releases = world.releases
    about = Provenance(releases.comparison.name, releases.table, releases.as_of, converged=False)
    figure = lag_by_domain(table, about, "a title")
    for axes, kind in zip(figure.axes, (REALIZED, TREND), strict=False):
        own = table[(table["lag"] == kind) & (table["period"] == WINDOW)].set_index("domain")
        dots = [line for line in axes.lines if line.get_gid() == "median"]
        found = sorted(float(line.get_xdata()[0]) for line in dots)
        assert found == pytest.approx(sorted(own["median"]))
    labels = [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
    assert labels[-1].startswith(INDEX_WORDS)
