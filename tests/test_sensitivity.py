"""Alternatives, window starts, influence and errors of dates, on the real table."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from frontierlag.analyses.analysis import analyse
from frontierlag.analyses.refits import refit, refit_with_draws
from frontierlag.dates import Window, day_number
from frontierlag.errors import SpecError
from frontierlag.figures.sheet import Provenance
from frontierlag.fits.fitting import fit_model
from frontierlag.jobs import Job
from frontierlag.lags.measure import measure
from frontierlag.lags.published import daily, release_matched
from frontierlag.names import CURRENT, REALIZED, TREND, WINDOW
from frontierlag.scores import load_scores
from frontierlag.settings import SamplerSettings
from frontierlag.studies.sensitivity.alternatives import (
    Case,
    PointConvention,
    Refitted,
    alternatives,
    sensitivity_table,
)
from frontierlag.studies.sensitivity.dates import (
    BetweenVintages,
    NormalDays,
    UniformDays,
    differences,
    mixture,
    shifted,
    with_date_errors,
)
from frontierlag.studies.sensitivity.influence import (
    LISTED_FROM,
    MAKER,
    MODEL,
    candidates,
    ever_best_available,
    expected_changes,
    expected_without,
    influence_table,
    influence_without_refit,
    without,
)
from frontierlag.studies.sensitivity.starts import (
    REFIT,
    SAME_FIT,
    quarters,
    starts_without_refit,
    window_starts,
)
from frontierlag.studies.sensitivity.study import specification_curve, window_and_influence

# The numbers below are of the dates as published.
JOB = Job("eci-2026-08-11", dates="as-published")
SMALL = SamplerSettings(chains=4, draws=200, tune=300, seed=7)
RECORDS = "linear-records"
ABOUT = Provenance("us-china", "eci-2026-08-11", date(2026, 8, 11))


@pytest.fixture(scope="module")
def case():
    return Case.of(JOB, RECORDS)


def changed(case, name):
    (alternative,) = [a for a in alternatives(case) if a.name == name]
    assert isinstance(alternative, Refitted)
    return alternative.change(case)


def test_every_alternative_has_a_name_of_its_own_and_one_is_the_base(case):
    found = alternatives(case)
    assert len({a.name for a in found}) == len(found)
    assert [a.name for a in found if a.what == "base"] == ["base"]
    assert {"window", "shortfall", "errors", "trend", "frontier", "first records"} <= {
        a.what for a in found
    }


@pytest.mark.parametrize("table", ["eci-2026-08-11", "eci-2025-12-19"])
def test_without_the_makers_of_two_countries_gemini_is_gone(table):
    # One vintage gives Google DeepMind as USA, the other as UK;USA: both mean the same alternative.
    base = Case.of(Job(table), RECORDS)
    less = changed(base, "UK;USA not counted (Google)")
    gone = set(base.releases.model) - set(less.releases.model)
    assert any(name.startswith("Gemini") for name in gone)
    assert not any("Gemini" in name for name in less.releases.model)
    makers = set(base.releases.organization[np.isin(base.releases.model, list(gone))])
    assert makers <= {"Google DeepMind", "Google", "Google DeepMind;Google"}
    assert not any("Google" in str(cell) for cell in less.releases.organization)
    assert less.window == base.window
    reasons = {entry.model: entry.reason for entry in less.releases.left_out}
    assert all("several countries" in reasons[name] for name in gone)


def test_rows_without_a_country_are_left_out(case):
    less = changed(case, "rows without a country left out")
    gone = set(case.releases.model) - set(less.releases.model)
    assert {"chatglm2-6b", "internlm-20b", "Yi-9B", "PaLM 2-L"} <= gone
    assert len(gone) == 16
    # Its country is in the table, though its weights were not.
    assert "o3-pro" in less.releases.model
    with pytest.raises(SpecError, match="no such row"):
        changed(Case.of(Job("eci-2025-12-19"), RECORDS), "rows without a country left out")


def test_settings_count_once_or_each():
    case = Case.of(Job("gpqa-diamond-2026-01-17"))
    more = changed(case, "every setting a release")
    assert len(more.releases) > len(case.releases)
    assert {a.what for a in alternatives(case)}.isdisjoint({"errors"})


def test_models_and_starts_are_what_they_say(case):
    assert changed(case, "stochastic").spec.name == "linear-stochastic"
    assert changed(case, "half-normal shortfall").spec.frontier.shortfall == "half-normal"
    assert changed(case, "logistic trend").spec.name == "logistic-records"
    kept = changed(case, "records only, first ones kept").task("x").observations.releases
    assert set(kept.model) - set(case.task("x").observations.releases.model) == {
        "LLaMA-65B",
        "Baichuan1-7B",
    }
    assert changed(case, "window from 2024-01-01").window.since == date(2024, 1, 1)


def test_conventions_are_those_of_the_published_figure(case):
    points = {a.name: a.lag(case) for a in alternatives(case) if isinstance(a, PointConvention)}
    r = case.releases
    assert points["release-matched, tolerance 1, first records kept"] == release_matched(r)
    assert points["daily, tolerance 1, first records dropped"] == daily(r)
    assert points["daily, tolerance 0, first records dropped"] == daily(r, tolerance=0.0)
    assert points["daily, tolerance 1, first records kept"].n > daily(r).n
    less = release_matched(r, keep_first=False)
    assert less.n + less.censored == release_matched(r).n + release_matched(r).censored - 1


def test_leaving_out_leaves_out(case):
    assert "o3" not in without(case, MODEL, "o3").releases.model
    assert len(without(case, MODEL, "o3").releases) == len(case.releases) - 1
    less = without(case, MAKER, "Tsinghua University").releases
    assert "chatglm2-6b" not in less.model  # of two makers
    assert not any("Tsinghua" in str(cell) for cell in less.organization)
    best = np.where(case.releases.model == "Gemini 2.5 Pro (Mar 2025)", 0.06, 0.0)
    chosen = candidates(case.releases, best)
    assert {(MODEL, "o3"), (MODEL, "Gemini 2.5 Pro (Mar 2025)"), (MAKER, "OpenAI")} <= set(chosen)
    assert (MODEL, "Llama 3-70B") not in chosen


def test_quarters():
    found = quarters(date(2023, 1, 1), date(2025, 1, 1))
    assert len(found) == 9
    assert found[:2] == (date(2023, 1, 1), date(2023, 4, 1))


def test_vintages_differ_as_their_tables_say():
    new, old = (
        load_scores(name, dates="as-published") for name in ("eci-2026-08-11", "eci-2025-12-19")
    )
    found = differences(new, old)
    assert found["o3"] == (date(2025, 4, 16) - date(2024, 12, 20)).days == 117
    assert sum(days != 0 for days in found.values()) == 33
    error = BetweenVintages.of_tables("eci-2026-08-11", "eci-2025-12-19", "as-published")
    assert sorted(error.days) == sorted(found.values())
    assert set(error.draw(np.random.default_rng(1), 500)) <= set(error.days)


def test_dates_are_moved_and_sorted_and_none_past_the_as_of_date(case):
    r = case.releases
    days = np.full(len(r), 40)
    days[0] = -5
    moved = shifted(r, days)
    by_name = dict(zip(moved.model, moved.day, strict=True))
    assert by_name[r.model[0]] == r.day[0] - 5
    assert by_name["Kimi K3"] == day_number(r.as_of)
    assert by_name["o3"] == r.day[r.model == "o3"][0] + 40
    assert dict(zip(moved.model, moved.score, strict=True)) == dict(
        zip(r.model, r.score, strict=True)
    )
    draws = UniformDays(3).draw(np.random.default_rng(1), 4000)
    assert (draws.min(), draws.max()) == (-3, 3)
    assert NormalDays(30).draw(np.random.default_rng(1), 4000).std() == pytest.approx(30, rel=0.05)
    with pytest.raises(SpecError, match="size of an error"):
        NormalDays(-1)


@pytest.mark.xdist_group("linear-records")
def test_a_quick_refit_is_the_full_fit(case):
    found, fit = refit_with_draws(case.task("base"), SMALL.model_copy(update={"draws": 800}))
    assert found.converged
    full = fit_model(case.spec, case.releases, SMALL.model_copy(update={"draws": 800}))
    np.testing.assert_array_equal(fit.capabilities, full.capabilities)
    lags = measure(full, case.window)
    for kind in (TREND, REALIZED):
        for period in (WINDOW, CURRENT):
            draws, censored = found.lags[0][kind, period]
            np.testing.assert_allclose(draws, lags.lag(kind, period), atol=1e-9)
            expected = lags.lags[kind]["censored"].sel(period=period)
            assert censored == pytest.approx(float(expected.mean()))


@pytest.mark.xdist_group("linear-records")
def test_a_fit_that_misses_the_gate_is_made_longer_and_keeps_its_shape(case):
    short = SMALL.model_copy(update={"draws": 100})
    found, fit = refit_with_draws(case.task("base"), short)
    assert fit.capabilities.shape[:2] == (4, 100)
    assert fit.tree["sample_stats"].sizes["draw"] == 400
    assert found.gate.value("bulk ESS") < 500


@pytest.mark.xdist_group("linear-records")
def test_starts_agree_with_a_direct_measure(case):
    settings = SMALL.model_copy(update={"draws": 800})
    starts = (date(2023, 4, 1), date(2024, 7, 1))
    table = window_starts(JOB, [RECORDS], settings, starts=starts, workers=1)
    early = table[table["start"] == "2023-04-01"]
    assert early.loc[early["period"] == WINDOW, "median"].isna().all()
    assert early.loc[early["period"] == WINDOW, "note"].str.startswith("impossible: before").all()
    model = table[(table["model"] == RECORDS) & (table["start"] == "2024-07-01")]
    full = fit_model(case.spec, case.releases, settings)
    lags = measure(full, Window(date(2024, 7, 1), case.window.as_of))
    for row in model[model["fitted_to"] == SAME_FIT].itertuples():
        assert row.median == pytest.approx(float(lags.lag(row.lag, row.period).median()), abs=1e-3)
    later = model[model["fitted_to"] == REFIT]
    assert (later["n_releases"] == 28).all()
    assert (model.loc[model["fitted_to"] == SAME_FIT, "n_releases"] == 41).all()
    # The current realized lag rests on capabilities, hardly on where the trend begins; its median
    # is one of the leader's release days, so it moves by whole steps.
    current = model[(model["lag"] == REALIZED) & (model["period"] == CURRENT)]
    assert np.ptp(current["median"]) < 1


def test_one_straight_line_gives_3_8_months_or_7_6(case):
    from frontierlag.studies.sensitivity.starts import least_squares

    found = {
        start.year: {
            row["period"]: row["median"] for row in least_squares(case.releases, case.window, start)
        }
        for start in (date(2023, 1, 1), date(2025, 1, 1))
    }
    assert found[2023][CURRENT] == pytest.approx(3.8, abs=0.05)
    assert found[2025][CURRENT] == pytest.approx(7.6, abs=0.05)
    assert WINDOW not in found[2023]


@pytest.mark.xdist_group("linear-records")
def test_an_error_of_no_days_is_the_base(case):
    table = with_date_errors(JOB, case.spec, NormalDays(0), SMALL, draws=2, workers=1)
    base, erring = (part.reset_index(drop=True) for _, part in table.groupby("error", sort=False))
    pd.testing.assert_frame_equal(base.drop(columns="error"), erring.drop(columns="error"))
    with pytest.raises(SpecError, match="2 or more"):
        with_date_errors(JOB, case.spec, NormalDays(0), SMALL, draws=1)


@pytest.mark.xdist_group("linear-records")
def test_errors_of_dates_widen_the_lag_and_repeat(case):
    settings = SMALL.model_copy(update={"draws": 400})
    twice = [
        with_date_errors(JOB, case.spec, UniformDays(90), settings, draws=4, workers=1)
        for _ in range(2)
    ]
    pd.testing.assert_frame_equal(*twice)
    window = twice[0][(twice[0]["lag"] == TREND) & (twice[0]["period"] == WINDOW)]
    width = (window["upper90"] - window["lower90"]).to_numpy()
    assert width[1] > width[0]


def test_a_mixture_takes_its_draws_in_turn():
    import xarray as xr

    fits = [xr.DataArray(np.full((2, 4), k), dims=("chain", "draw")) for k in range(3)]
    np.testing.assert_array_equal(mixture(fits), [[0, 1, 2, 0]] * 2)


@pytest.mark.xdist_group("linear-records")
def test_expected_changes_are_those_of_refits(case):
    settings = SMALL.model_copy(update={"draws": 800})
    base, fit = refit_with_draws(case.task("base"), settings)
    expected = expected_changes(fit, case.window)
    assert set(expected) == set(fit.observations.releases.model)
    less = without(case, MODEL, "Yi-34B")
    found = refit(less.task("less"), settings)
    for kind in (TREND, REALIZED):
        change = found.lags[0][kind, WINDOW][0].mean() - base.lags[0][kind, WINDOW][0].mean()
        assert float(change) == pytest.approx(expected["Yi-34B"][kind], abs=0.12)
    # Several at once: a maker's, from the product of their weights.
    own = fit.observations.releases.organization == "Alibaba"
    assert own.sum() > 1
    (together,) = expected_without(fit, case.window, {"Alibaba": own}).values()
    found = refit(without(case, MAKER, "Alibaba").task("less"), settings)
    assert together.pareto_k < 0.7
    for kind in (TREND, REALIZED):
        change = found.lags[0][kind, WINDOW][0].mean() - base.lags[0][kind, WINDOW][0].mean()
        assert float(change) == pytest.approx(together.changes[kind], abs=0.2)
    best = ever_best_available(fit, case.releases)
    assert best[case.releases.model == "o3"][0] > 0.9
    assert best[case.releases.model == "Llama 3-70B"][0] == 0  # not a record: not in this model
    assert ((best >= 0) & (best <= 1)).all()


@pytest.fixture(scope="module")
def table():
    return sensitivity_table(
        JOB,
        RECORDS,
        SMALL,
        chosen=lambda a: a.what in {"base", "window", "UK;USA", "convention"},
        workers=1,
    )


@pytest.mark.xdist_group("linear-records")
def test_the_table_has_the_base_and_what_was_chosen(table):
    window = table[(table["lag"] == REALIZED) & (table["period"] == WINDOW)]
    assert window["alternative"].is_unique
    base = window[window["what"] == "base"].iloc[0]
    later = window[window["alternative"] == "window from 2025-01-01"].iloc[0]
    assert later["median"] != base["median"]
    # The same fit over another window: what holds on its last day is the same.
    now = table[(table["lag"] == TREND) & (table["period"] == CURRENT)].set_index("alternative")
    assert now.loc["base", "median"] == now.loc["window from 2025-01-01", "median"]
    points = table[table["what"] == "convention"]
    assert points[["lower50", "upper50", "lower90", "upper90"]].isna().all(axis=None)
    assert points["converged"].isna().all()
    assert (table["lower90"].dropna() <= table["median"][table["lower90"].notna()]).all()


def artists(figure: Figure, gid: str) -> list:
    return [a for axes in figure.axes for a in axes.get_children() if a.get_gid() == gid]


@pytest.mark.xdist_group("linear-records")
def test_the_curve_draws_each_alternative_and_hollows_what_did_not_converge(table):
    sound = table.assign(converged=table["converged"].mask(table["converged"].notna(), True))
    failed = sound["what"] == "UK;USA"
    sound.loc[failed, "converged"] = False
    figure = specification_curve(sound, ABOUT, "Sensitivity")
    window = sound[sound["period"] == WINDOW]
    points = artists(figure, "point")
    assert [float(a.get_xdata()[0]) for a in points] == window.loc[
        window["what"] == "convention", "median"
    ].tolist()
    medians = artists(figure, "median")
    assert len(medians) == window["lower90"].notna().sum()
    hollow = [a for a in medians if a.get_markerfacecolor() == "white"]
    assert len(hollow) == 2
    assert len(artists(figure, "base")) == 2
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    order = window[window["lag"] == REALIZED].sort_values("median", kind="stable")
    assert names == order["alternative"].tolist()
    assert any("not converged" in t.get_text() for t in figure.legends[0].get_texts())


def made_starts() -> pd.DataFrame:
    rows = [
        {
            "start": start,
            "fitted_to": fitted,
            "model": RECORDS,
            "lag": lag,
            "period": period,
            "median": 5.0,
            "lower90": 4.0,
            "upper90": 6.0,
            "converged": True,
            "note": "",
        }
        for start in ("2024-01-01", "2024-04-01")
        for fitted in (SAME_FIT, REFIT)
        for lag in (TREND, REALIZED)
        for period in (WINDOW, CURRENT)
    ]
    early = {"start": "2023-01-01", "fitted_to": REFIT, "model": RECORDS, "lag": TREND}
    table = pd.DataFrame([*rows, early | {"period": WINDOW, "note": "impossible: too early"}])
    return table.assign(converged=table["converged"].astype("boolean"))


def test_the_figure_of_starts_and_influence_draws_the_largest_changes():
    rows = [
        {
            "left_out": f"m{k}",
            "kind": "model",
            "group": "USA",
            "lag": lag,
            "period": WINDOW,
            "change": (-1) ** k * k / 10,
            "median": 5.0 if k > 1 else np.nan,
            "mcse_median": 0.01,
            "converged": True,
        }
        for k in range(1, 6)
        for lag in (TREND, REALIZED)
    ]
    moved = pd.DataFrame(rows)
    moved["converged"] = moved["converged"].astype("boolean")
    figure = window_and_influence(
        made_starts(), moved, ABOUT, "Window", groups=("USA", "China"), most=3
    )
    bars = [a for a in artists(figure, "change") if hasattr(a, "get_width")]
    assert sorted(a.get_width() for a in bars) == pytest.approx([-0.5, -0.5, -0.3, -0.3, 0.4, 0.4])
    labels = [label.get_text() for label in figure.axes[3].get_yticklabels()]
    assert labels == ["m5 (model)", "m4 (model)", "m3 (model)"]
    assert len(artists(figure, f"{RECORDS}, {REFIT}")) == 6
    assert any("impossible: too early" in text.get_text() for text in figure.texts)


@pytest.mark.xdist_group("linear-records")
def test_influence_sorts_by_size_and_gives_reasons(case, monkeypatch):
    monkeypatch.setattr("frontierlag.studies.sensitivity.influence.REFIT_FROM", 99.0)
    monkeypatch.setattr(
        "frontierlag.studies.sensitivity.influence.candidates",
        lambda *_: [(MODEL, "Yi-34B"), (MAKER, "OpenAI"), (MAKER, "everyone")],
    )
    real = without

    def refusing(case, kind, name):
        if name == "everyone":
            raise SpecError("a group would have 0 releases")
        return real(case, kind, name)

    monkeypatch.setattr("frontierlag.studies.sensitivity.influence.without", refusing)
    table = influence_table(JOB, RECORDS, SMALL, workers=1)
    fitted = table[table["kind"] == MAKER].dropna(subset="change")
    assert set(fitted["left_out"]) == {"OpenAI"}
    listed = table[table["kind"] == MODEL]
    assert listed["note"].str.startswith("not refitted").all()
    refused = table[table["left_out"] == "everyone"].iloc[0]
    assert refused["note"] == "a group would have 0 releases"
    sizes = table.loc[(table["kind"] != "none") & table["change"].notna(), "change"].abs()
    assert (sizes.diff().dropna() <= 0).all()
    assert (table.loc[table["kind"] == "none", "change"] == 0).all()


def test_a_case_keeps_its_window(case):
    assert without(case, MODEL, "chatglm2-6b").window == case.window
    assert replace(case, model="linear-stochastic").window == case.window


@pytest.mark.xdist_group("linear-records")
def test_what_stands_beside_every_answer_needs_no_refit(case, monkeypatch):
    settings = SMALL.model_copy(update={"draws": 400})
    analysis = analyse(case.spec, case.releases, case.window, settings)
    monkeypatch.setattr("frontierlag.analyses.refits.sample", None)
    starts = starts_without_refit(analysis, case.releases)
    assert set(starts["fitted_to"]) == {SAME_FIT, REFIT}
    assert set(starts.loc[starts["fitted_to"] == REFIT, "model"]) == {"least squares"}
    line = starts[(starts["model"] == "least squares") & (starts["period"] == CURRENT)]
    told = line.set_index("start")["median"]
    assert told["2023-01-01"] == pytest.approx(3.8, abs=0.05)
    assert told["2025-01-01"] == pytest.approx(7.6, abs=0.05)
    own = starts[(starts["model"] == RECORDS) & (starts["lag"] == REALIZED)]
    own = own[own["period"] == WINDOW].set_index("start")
    assert own.loc["2023-01-01", "note"].startswith("impossible")
    later = measure(analysis.fit, Window(date(2024, 7, 1), case.window.as_of))
    assert own.loc["2024-07-01", "median"] == pytest.approx(
        float(later.lag(REALIZED, WINDOW).median()), abs=1e-3
    )
    moved = influence_without_refit(analysis)
    assert {MODEL, MAKER} == set(moved["kind"])
    sizes = moved.groupby(["kind", "left_out"], sort=False)["change"].agg(lambda c: c.abs().max())
    assert (sizes >= LISTED_FROM).all()
    assert (sizes.diff().dropna() <= 0).all()
    expected = expected_changes(analysis.fit, case.window)
    named = moved[(moved["kind"] == MODEL) & (moved["lag"] == TREND)]
    for row in named.itertuples():
        assert row.change == pytest.approx(expected[row.left_out][TREND], abs=1e-3)
