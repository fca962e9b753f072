"""Other constructions of the index: what counts under each, and what is said of the lag."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from simulate_results import matrix, score_table

from frontierlag.cli import main
from frontierlag.dates import WORDS, Window
from frontierlag.errors import USER_ERROR, FitError, ScoresError, SpecError
from frontierlag.figures import Provenance
from frontierlag.fits.convergence import Check, Convergence
from frontierlag.fits.fitting import Fit
from frontierlag.jobs import Job, Prepared
from frontierlag.lags.realized import Staircase, realized_lag
from frontierlag.machine.files import MANIFEST, files_below
from frontierlag.model import ModelSpec
from frontierlag.names import CAPABILITIES
from frontierlag.scores import default_window_start, load_scores
from frontierlag.scores.item_results import load_results
from frontierlag.scores.item_results.known import reporter_of, reporters, self_reported
from frontierlag.scores.metric import ECI
from frontierlag.settings import SamplerSettings
from frontierlag.studies.index import refits
from frontierlag.studies.index.construction import (
    Choice,
    benchmarks_since,
    constructions,
    reduced,
    vendors_only,
    without_each_benchmark,
    without_each_source,
    without_vendors,
)
from frontierlag.studies.index.study import (
    COLUMNS,
    constructions_table,
    index_page,
    index_sentences,
    influence_of_benchmarks,
    prepared_with_results,
    study_index,
)

REAL = "eci-results-2026-08-11"
WINDOW = Window(date(2026, 5, 1), date(2026, 8, 11))
FEW = SamplerSettings(chains=2, draws=300, tune=100, seed=3)


@pytest.fixture(scope="module")
def world():
    return matrix(np.random.default_rng(22))


@pytest.fixture(scope="module")
def prepared(world):
    table = replace(score_table(world.releases), name="made-up")
    return Prepared(table, world.releases, WINDOW)


# ---------------------------------------------------------------- who reported


def test_every_source_of_the_shipped_results_is_in_the_shipped_table():
    sources = set(load_results(REAL).frame["source"])
    assert sources - set(reporters()) == set()
    assert set(reporters()) - sources == set()


def test_the_shipped_table_knows_its_kinds_and_the_makers_of_the_score_table():
    makers = {
        maker
        for cell in load_scores("eci-2026-08-11").frame["organization"]
        for maker in cell.split(";")
    }
    for one in reporters().values():
        assert one.kind in ("vendor", "benchmark", "evaluator", "not stated", "unclear")
        assert one.reason
        assert bool(one.maker) == (one.kind == "vendor")
        if one.maker:
            assert set(one.maker.split(";")) & makers, one.source


def test_a_source_of_a_users_table_stands_for_itself():
    assert reporter_of("my lab").reporter == "my lab"
    assert reporter_of("my lab").kind == "unclear"


def test_a_maker_reports_itself_only_of_its_own_models():
    sources = np.array(["Qwen Technical Report", "Qwen Technical Report", "Epoch AI"])
    makers = np.array(["Alibaba;Someone", "Meta AI", "Alibaba"])
    assert self_reported(sources, makers).tolist() == [True, False, False]


# ---------------------------------------------------------------- what counts


def test_one_benchmark_at_a_time_drops_its_results_and_no_other(world):
    found = list(without_each_benchmark(world.releases))
    r = world.releases.responses
    assert len(found) == len(r.benchmarks)
    assert np.sum([c.dropped for c in found], axis=0).tolist() == [1] * len(r.score)
    for construction in found:
        names = set(r.benchmarks[r.benchmark[construction.dropped]])
        assert construction.name == f"without {names.pop()}"
        assert not names


def test_what_is_reduced_has_weights_and_names_what_is_lost(world):
    r = world.releases.responses
    chosen = world.releases.group == 1
    victim = int(np.flatnonzero(chosen)[0])
    # All but one result of a release: one result alone is no usable one, as in a table of its own.
    own = np.flatnonzero(r.model == victim)
    dropped = np.zeros(len(r.score), dtype=bool)
    dropped[own[1:]] = True
    left = reduced(world.releases, dropped)
    weight = left.releases.responses.weight
    assert weight[own].sum() == 0
    assert weight.sum() == len(r.score) - len(own) == left.results
    assert left.lost == (str(world.releases.model[victim]),)
    assert left.releases.responses.results_of[victim] == 0
    same = reduced(world.releases, np.isin(np.arange(len(r.score)), own))
    assert same.digest == left.digest
    assert reduced(world.releases, np.zeros(len(r.score), bool)).digest != left.digest


def test_a_pin_without_results_cannot_be_told(world):
    r = world.releases.responses
    with pytest.raises(ScoresError, match=r"Claude 3\.5 Sonnet"):
        reduced(world.releases, r.model == r.pins[0][0])


def test_too_few_releases_of_a_group_cannot_be_told(world):
    r = world.releases.responses
    china = np.flatnonzero(world.releases.group == 1)
    with pytest.raises(ScoresError, match="2 releases of China"):
        reduced(world.releases, np.isin(r.model, china[2:]))


def test_old_benchmarks_go_and_undated_ones_stay(world):
    construction = benchmarks_since(world.releases, world.results, date(2023, 1, 1))
    r = world.releases.responses
    assert set(r.benchmarks[r.benchmark[construction.dropped]]) == {"bench 0", "bench 1", "bench 2"}
    assert construction.words.startswith("3 benchmarks released before 2023-01-01")
    assert "1 without a date stay" in construction.words


def test_vendors_are_left_out_by_what_their_reports_hold(world):
    r = world.releases.responses
    own, all_vendors, stated = without_vendors(world.releases, score_table(world.releases))
    by_alibaba = r.source == "Qwen Technical Report"
    of_china = np.isin(r.model, np.flatnonzero(world.releases.group == 1))
    assert own.dropped.tolist() == (by_alibaba & of_china).tolist()
    assert all_vendors.dropped.tolist() == by_alibaba.tolist()
    assert stated.dropped.tolist() == (r.source != "Epoch AI").tolist()
    assert vendors_only(world.releases).dropped.tolist() == (~by_alibaba).tolist()


def test_sources_are_left_out_as_organizations_with_enough_results():
    prepared = Job("eci-2026-08-11", results=REAL).prepare()
    found = {c.name: int(c.dropped.sum()) for c in without_each_source(prepared.releases)}
    assert found["without Alibaba"] == 76 + 61
    assert found["without Epoch AI"] == 691
    assert found["without unstated sources"] == 334
    assert "without OpenAI" not in found  # three results
    assert min(found.values()) >= 10


def test_a_choice_runs_its_own_and_the_main_answer_first(world):
    def kinds(choice):
        found = constructions(world.releases, world.results, score_table(world.releases), choice)
        assert found[0].kind == "base"
        assert not found[0].dropped.any()
        return {c.kind for c in found[1:]}

    every = {"benchmark", "source", "vendor", "dated"}
    assert Choice().everything
    assert kinds(Choice()) == every
    assert kinds(Choice(leave_out=("benchmarks",))) == {"benchmark"}
    assert kinds(Choice(vendor="only", since=(date(2024, 1, 1),))) == {"vendor", "dated"}
    assert Choice(vendor="only", since=(date(2024, 1, 1),)).slug == "vendor-only-since-2024-01-01"


# ---------------------------------------------------------------- lags of what is left


def fake_fit(spec, observations, settings, *, seed=0):
    """Draws made up around the crude start, on which every refit would stand."""
    rng = np.random.default_rng(seed)
    shape = (settings.chains, settings.draws)
    r = observations.releases
    dims = ("chain", "draw")
    capability = r.score + rng.standard_normal((*shape, len(r)))
    posterior = {
        p.name: (
            dims if p.shared else (*dims, "group"),
            np.abs(rng.standard_normal(shape if p.shared else (*shape, 2))) + 0.1,
        )
        for p in spec.parameters
    }
    level = np.stack([np.full(shape, 150.0), np.full(shape, 142.0)], -1)
    posterior["level"] = ((*dims, "group"), level + rng.standard_normal((*shape, 2)))
    posterior["slope"] = ((*dims, "group"), 14 + 0.2 * rng.standard_normal((*shape, 2)))
    stats = {
        "diverging": (dims, np.zeros(shape, dtype=bool)),
        "energy": (dims, rng.standard_normal(shape)),
    }
    tree = xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset(posterior),
            "sample_stats": xr.Dataset(stats),
            CAPABILITIES: xr.Dataset({"capability": ((*dims, "release"), capability)}),
        }
    )
    return Fit(spec, observations, settings, tree, 0.0)


def test_a_release_without_results_is_not_available(world):
    spec = ModelSpec.of("linear-joint", ECI)
    fit = fake_fit(spec, spec.observations(world.releases), FEW)
    r = world.releases
    above = (r.group == 0) & (r.score > r.score[r.group == 1].max())
    first = int(np.flatnonzero(above)[0])  # the one that sets the lag on the last days
    measured = np.arange(len(r)) != first
    lags = refits.lags_of(fit, (WINDOW,), measured)[0]
    kept = [measured & r.of(g) for g in (0, 1)]
    stairs = [Staircase.of(r.day[own], fit.capabilities[..., own]) for own in kept]
    by_day, bound = realized_lag(*stairs, WINDOW.days)
    months, censored = lags["realized", "window"]
    np.testing.assert_allclose(months.to_numpy(), by_day.mean(-1))
    assert censored == pytest.approx(bound.mean())
    everything = refits.lags_of(fit, (WINDOW,), np.ones(len(r), bool))[0]["realized", "window"][0]
    assert not np.allclose(months, everything)


def test_what_is_left_late_is_told_from_when_both_groups_have_results(world):
    left = refits.reduced(world.releases, np.zeros(len(world.releases.responses.score), bool))
    r = world.releases
    window = Window(default_window_start(r), r.as_of)
    assert refits.covered_window(left, window) == window
    last = int(r.day[r.group == 1].max())
    late = left.measured & ~((r.group == 1) & (r.day < last))
    told = refits.covered_window(replace(left, measured=late), window)
    assert told.days[0] == last > window.days[0]
    assert told.as_of == window.as_of


@pytest.fixture(scope="module")
def study(prepared, world, tmp_path_factory):
    """The study without a sampler; counts what would have been sampled."""
    calls = []

    def quick(spec, observations, settings, cores=1, thin=1):
        calls.append((spec.name, float(observations.responses.weight.sum()), settings.draws))
        return fake_fit(spec, observations, settings, seed=len(calls))

    folder = tmp_path_factory.mktemp("store")
    chosen = constructions(world.releases, world.results, prepared.table, Choice())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(refits, "quick_fit", quick)
        yield chosen, refits.fit_constructions(prepared, chosen, FEW, folder), calls, folder


def test_constructions_with_the_same_results_are_one_fit_and_are_kept(study, prepared):
    chosen, found, calls, folder = study
    assert [o.construction.name for o in found] == [c.name for c in chosen]
    fitted = {o.left.digest for o in found if o.left is not None}
    once = len({(name, weight, draws) for name, weight, draws in calls})
    assert once <= len(fitted) < len(found)
    assert calls[0] == (
        "linear-joint",
        len(prepared.releases.responses.score),
        refits.BASE_DRAWS * FEW.draws,
    )
    before = len(calls)
    again = refits.fit_constructions(prepared, chosen, FEW, folder)
    assert len(calls) == before
    assert [o.lags for o in again] == [o.lags for o in found]


def test_the_table_tells_changes_beside_the_main_answer(study):
    _, found, _, _ = study
    table = constructions_table(found)
    assert list(table.columns) == list(COLUMNS)
    for outcome in found[1:]:
        rows = table[table["construction"] == outcome.construction.name]
        if not outcome.lags:
            assert rows["note"].item() == outcome.verdict
            assert rows["median"].isna().all()
            continue
        assert len(rows) == 4
        row = rows[(rows["lag"] == "realized") & (rows["period"] == "window")].iloc[0]
        since = outcome.window.since.isoformat()
        assert row["since"] == since
        own, base = (o.lags[since, "realized", "window"] for o in (outcome, found[0]))
        assert row["change"] == pytest.approx(own["median"] - base["median"], abs=5e-4)
        error = np.hypot(own["mcse_median"], base["mcse_median"])
        assert row["change_mcse"] == pytest.approx(error, abs=5e-4)
        assert row["n_results"] == outcome.left.results
    main = table[table["kind"] == "base"]
    assert (main["change"] == 0).all()
    assert (main["change_mcse"] == 0).all()


def test_the_page_has_every_construction_and_says_whose_data_it_is(study, prepared):
    _, found, _, _ = study
    table = constructions_table(found)
    sentences = index_sentences(table, prepared)
    page = "\n\n".join(index_page(table, sentences, prepared, ["Data: Epoch AI, CC BY 4.0."]))
    for outcome in found:
        late = outcome.window.since > prepared.window.since
        days = f", since {outcome.window.since}" if late else ""
        assert f"| {outcome.construction.name}{days} |" in page
    assert page.rstrip().endswith("Data: Epoch AI, CC BY 4.0.")
    main = found[0].lags[prepared.window.since.isoformat(), "realized", "window"]
    assert f"by {main['median']:.1f} (" in sentences[0]
    assert WORDS[prepared.releases.dates] in sentences[0]
    assert "of 8 differ" in next(s for s in sentences if "one benchmark at a time" in s)
    # Vendors alone report too little: no lag, and the sentence gives the reason.
    failed = table[table["lag"] == ""]
    assert len(failed)
    assert failed["median"].isna().all()
    assert any(f"not estimated: {note}" in s for s in sentences for note in failed["note"])


def test_a_fit_that_missed_the_gate_is_marked(study, prepared):
    _, found, _, _ = study
    at = next(i for i, o in enumerate(found) if o.construction.kind == "dated" and o.lags)
    name = found[at].construction.name
    found = [*found[:at], replace(found[at], converged=False, verdict="not converged: R-hat 1.2")]
    table = constructions_table(found)
    rows = table[table["construction"] == name]
    assert not rows["converged"].any()
    assert (rows["note"] == "not converged: R-hat 1.2").all()
    sentences = index_sentences(table, prepared)
    assert "NOT CONVERGED" in next(s for s in sentences if s.lower().startswith(name))


def test_a_failed_fit_is_a_row_and_a_failed_main_fit_an_error(
    world, prepared, monkeypatch, tmp_path
):
    chosen = constructions(
        world.releases, world.results, prepared.table, Choice(leave_out=("benchmarks",))
    )

    def fails(spec, observations, settings, cores=1, thin=1):
        if observations.responses.weight.all() is not np.bool_(everything):
            raise FitError("stopped short")
        return fake_fit(spec, observations, settings)

    monkeypatch.setattr(refits, "quick_fit", fails)
    everything = True
    found = refits.fit_constructions(prepared, chosen, FEW, tmp_path / "a")
    assert found[0].converged
    assert [o.verdict for o in found[1:]] == ["the fit failed: FitError: stopped short"] * 8
    assert constructions_table(found)["note"].str.contains("stopped short").sum() == 8
    everything = False
    with pytest.raises(FitError, match="stopped short"):
        refits.fit_constructions(prepared, chosen, FEW, tmp_path / "b")


def test_the_figure_draws_a_bar_a_benchmark(study):
    _, found, _, _ = study
    table = constructions_table(found)
    about = Provenance("us-china", "made-up", date(2026, 8, 11))
    benchmarks = table[table["kind"] == "benchmark"].copy()
    figure = influence_of_benchmarks(benchmarks, about, "Influence")
    realized, trend = figure.axes
    assert [len([p for p in a.patches if p.get_gid() == "change"]) for a in (realized, trend)] == [
        8,
        8,
    ]
    own = benchmarks[(benchmarks["lag"] == "realized") & (benchmarks["period"] == "window")]
    widths = [p.get_width() for p in realized.patches if p.get_gid() == "change"]
    assert sorted(widths) == pytest.approx(sorted(own["change"]))


def test_a_job_without_results_is_told_what_to_give():
    with pytest.raises(SpecError, match="--results"):
        prepared_with_results(Job("eci-2026-08-11"))


def test_the_study_writes_every_file_of_its_manifest(monkeypatch, tmp_path):
    def quick(spec, observations, settings, cores=1, thin=1):
        return fake_fit(spec, observations, settings)

    monkeypatch.setattr(refits, "quick_fit", quick)
    job = Job("eci-2026-08-11", since=date(2026, 7, 1), results=REAL)
    out = tmp_path / "index"
    choice = Choice(vendor="only", since=(date(2024, 1, 1),))
    found = study_index(job, out, choice, tmp_path / "store", FEW.model_copy(update={"draws": 100}))
    record = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
    assert record["files"] == files_below(out)
    figures = {f"figures/constructions.{ending}" for ending in ("png", "svg")}
    tables = {"constructions.csv", "index.md", MANIFEST}
    assert set(record["files"]) == figures | tables
    assert set(record["models"]) == {"linear-joint"}
    assert "Epoch AI" in record["results"]["attribution"]
    assert "CC BY 4.0" in record["data"]["attribution"]
    assert record["converged"] == found.converged is False  # 200 draws are too few for the gate
    page = (out / "index.md").read_text(encoding="utf-8")
    assert page.count("Epoch AI, 'Capabilities & Benchmarking'") == 1
    assert "NOT CONVERGED" in page
    assert len(pd.read_csv(out / "constructions.csv")) == 4 * 2 + 1


def test_the_command_asks_for_results(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["study", "index", "--results", ""])
    assert ended.value.code == USER_ERROR
    assert "--results eci-results-2026-08-11" in capsys.readouterr().err


def test_the_gate_holds_lags_to_its_limits_and_the_rest_to_a_wider_one(world):
    spec = ModelSpec.of("linear-joint", ECI)
    fit = fake_fit(spec, spec.observations(world.releases), FEW, seed=5)
    rng = np.random.default_rng(1)
    lags = refits.lags_of(fit, (WINDOW,), np.ones(len(world.releases), bool))[0]
    independent = xr.DataArray(rng.standard_normal((2, 300)), dims=("chain", "draw"))
    lags = {key: (independent, share) for key, (_, share) in lags.items()}

    def gate(name, shift):
        tree = fit.tree.copy()
        draws = rng.standard_normal((2, 300, 1)) + np.array([0, shift])[:, None, None]
        data = tree["posterior"].to_dataset()
        data[name] = (("chain", "draw", f"{name} at"), draws)
        tree["posterior"] = xr.DataTree(data)
        return refits.gate_of_lags(replace(fit, tree=tree), lags)

    assert gate("difficulty", 0.0).converged
    assert gate("difficulty", 0.2).converged  # R-hat about 1.01, few effective draws
    far = gate("difficulty", 1.5)
    assert [check.name for check in far.failures] == ["R-hat of parameters and latent variables"]
    drift = np.array([0, 0.6])[:, None]
    lags = {key: (draws + drift, share) for key, (draws, share) in lags.items()}
    assert {check.name for check in gate("difficulty", 0.0).failures} >= {"R-hat", "bulk ESS"}


@pytest.mark.parametrize(
    ("diverged", "tries"), [((), 1), ((0,), 2), ((0, 1), 3), ((0, 1, 2), 3)], ids=str
)
def test_divergences_are_answered_by_draws_and_then_by_smaller_steps(
    world, monkeypatch, diverged, tries
):
    asked = []

    def quick(spec, observations, settings, cores=1, thin=1):
        asked.append((thin, settings.target_accept))
        fit = fake_fit(spec, observations, settings)
        stats = fit.tree["sample_stats"].to_dataset()
        if len(asked) - 1 in diverged:
            stats["diverging"].values[0, 0] = True
        fit.tree["sample_stats"] = xr.DataTree(stats)
        return fit

    def gate(fit, lags):
        count = int(fit.tree["sample_stats"]["diverging"].sum())
        return Convergence((Check("divergences", count, "0", "the sampler", count == 0),))

    monkeypatch.setattr(refits, "quick_fit", quick)
    monkeypatch.setattr(refits, "gate_of_lags", gate)
    none = np.zeros(len(world.releases.responses.score), bool)
    found = refits.fit_one(
        ("linear-joint", none, 1, (WINDOW.since,)),
        np.random.SeedSequence(1),
        releases=world.releases,
        as_of=WINDOW.as_of,
        settings=FEW,
    )
    assert asked == [(1, None), (refits.LONGER, None), (refits.LONGER, refits.CAREFUL)][:tries]
    assert found["converged"] is (len(diverged) < tries)


def test_a_part_and_then_another_from_one_store(world, prepared, monkeypatch, tmp_path):
    """The main fit is told from other days for the second, which the first did not need."""
    monkeypatch.setattr(
        refits, "quick_fit", lambda spec, o, told, *_, **__: fake_fit(spec, o, told)
    )
    late = refits.Window(prepared.window.since + timedelta(days=9), prepared.window.as_of)
    part = [Choice(leave_out=("benchmarks",)), Choice(vendor="only")]
    first, second = (
        constructions(world.releases, world.results, prepared.table, choice)[:3] for choice in part
    )
    constructions_table(refits.fit_constructions(prepared, first, FEW, tmp_path))
    monkeypatch.setattr(
        refits, "covered_window", lambda left, window: window if left.results > 1e9 else late
    )
    table = constructions_table(refits.fit_constructions(prepared, second[:1], FEW, tmp_path))
    assert set(table["since"]) == {late.since.isoformat()}
