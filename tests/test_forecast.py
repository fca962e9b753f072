"""The release process against closed forms and brute force; catch-up dates; the hidden year."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from matplotlib.dates import date2num
from scipy import integrate, stats
from simulate import make_releases

from frontierlag.analyses.analysis import analyse
from frontierlag.dates import DAYS_PER_YEAR, WORDS, day_number
from frontierlag.errors import SpecError
from frontierlag.figures.sheet import Provenance
from frontierlag.fits.fitting import Fit
from frontierlag.fits.sampling import SamplerSettings
from frontierlag.jobs import Job
from frontierlag.lags.measure import staircases
from frontierlag.model import ModelSpec
from frontierlag.scores import records
from frontierlag.scores.metric import ECI
from frontierlag.scores.releases import reference_date
from frontierlag.studies.forecast import catch_up, forecast_best, hindcast, summarize_days
from frontierlag.studies.forecast.arrivals import Rate, arrivals, as_date, rate_of
from frontierlag.studies.forecast.catch_up import BEST, chance
from frontierlag.studies.forecast.figure import catch_up_dates
from frontierlag.studies.forecast.hindcast import compare
from frontierlag.studies.forecast.paths import (
    Future,
    errors_on_last_day,
    forecast_model,
    future_capabilities,
    futures,
)

SMALL = SamplerSettings(chains=2, draws=150, tune=250, seed=3)
DRAWS = (4, 2000)
AS_OF = date(2025, 6, 30)
END = day_number(AS_OF)


def given(
    level=(150.0, 145.0),
    slope=(14.0, 16.0),
    scatter=1.0,
    shortfall=6.0,
    per_year=(40, 20),
    now=None,
    seed=11,
    draws=DRAWS,
    frontier="stochastic",
):
    """An analysis whose posterior is a point: releases on a grid, parameters as told."""
    day, group = [], []
    for g, n in enumerate(per_year):
        day += list(np.linspace(END - 729, END, 2 * n).round().astype(int))
        group += [g] * (2 * n)
    day = np.array(day)
    score = 100 + 0.01 * (day - day.min()) + 3 * (np.array(group) == 0)
    releases = make_releases(day, group, score, 1.0, as_of=AS_OF)
    spec = ModelSpec.of(f"linear-{frontier}", ECI)
    values = {"level": level, "slope": slope, "scatter": scatter, "shortfall": shortfall}
    posterior = xr.Dataset(
        {
            name: (("chain", "draw", "group"), np.full((*draws, 2), value, dtype=float))
            for name, value in values.items()
        }
    )
    capability = np.broadcast_to(releases.score, (*draws, len(releases))).copy()
    if now is not None:
        for g in (0, 1):
            capability[..., np.flatnonzero(releases.group == g)[-1]] = now[g]
    tree = xr.DataTree.from_dict(
        {
            "posterior": posterior,
            "capabilities": xr.Dataset({"capability": (("chain", "draw", "release"), capability)}),
        }
    )
    observations = spec.observations(releases)
    assert observations.reference == reference_date(releases)
    fit = Fit(spec, observations, SamplerSettings(seed=seed), tree, 0.0)
    verdict = SimpleNamespace(converged=True)
    return SimpleNamespace(fit=fit, name=spec.name, convergence=verdict)


def height(analysis, group, day):
    """The made-up trend on a day."""
    p = analysis.fit.draws
    years = (day - day_number(analysis.fit.observations.reference)) / DAYS_PER_YEAR
    return p["level"][0, 0, group] + p["slope"][0, 0, group] * years


# --- arrivals


def test_the_rate_counts_the_last_months_and_has_a_gamma_posterior():
    day = np.array([0, 100, 630, 640, 700, 1000, 1001, 1001])
    rate = rate_of(day, 1005, 12)
    assert rate == Rate(5, 365.25)
    draws = rate.draw(np.random.default_rng(0), (200_000,))
    assert draws.mean() == pytest.approx(5.5 / 365.25, rel=0.01)
    assert draws.var() == pytest.approx(5.5 / 365.25**2, rel=0.02)
    assert stats.kstest(draws, stats.gamma(5.5, scale=1 / 365.25).cdf).pvalue > 0.001
    # The tables begin somewhere: a first release opens the span and is not counted in it.
    assert rate_of(np.array([0, 50, 100]), 100, 12) == Rate(2, 100.0)
    with pytest.raises(SpecError):
        rate_of(day, 1005, 0)


def test_arrivals_are_a_poisson_process():
    rng = np.random.default_rng(1)
    day = arrivals(rng, np.full(40_000, 0.05), 1000, 200)
    real = np.isfinite(day)
    count = real.sum(-1)
    assert count.mean() == pytest.approx(10, rel=0.01)
    assert count.var() == pytest.approx(10, rel=0.03)
    assert (np.diff(np.where(real, day, 1e9), axis=-1) >= 0).all()
    assert day[real].min() == 1001
    assert day[real].max() == 1200
    first = np.where(count > 0, day[:, 0], np.inf) - 1000
    # P(first after day k) = exp(-0.05 k), exactly, as days are rounded up.
    for k in (1, 10, 60):
        assert (first > k).mean() == pytest.approx(np.exp(-0.05 * k), abs=0.01)


# --- paths against closed forms


@pytest.mark.parametrize("slope", [0.0001, 20.0])
@pytest.mark.parametrize("days", [40, 300])
def test_the_best_available_has_the_distribution_of_a_thinned_poisson_process(slope, days):
    a = given(slope=(slope, slope), scatter=2.0, shortfall=5.0, now=(-1e6, -1e6), per_year=(9, 9))
    path = futures(a.fit, days)[1]
    count, span = path.rate.count, path.rate.days

    def above(level, day):
        # P(trend + v - u > level), u - v the exponentially modified normal.
        short = height(a, 1, day) - level
        return stats.exponnorm.cdf(short, K=5.0 / 2.0, loc=0, scale=2.0)

    best = path.best_on(END + days)
    for level in height(a, 1, END) + np.array([-6.0, -2.0, 0.0, 3.0, 8.0]):
        # Releases above the level are Poisson with mean rate x integral; the rate is Gamma.
        exposure, _ = integrate.quad(lambda t, c=level: above(c, END + t + 0.5), 0, days)
        expected = (span / (span + exposure)) ** (count + 0.5)
        assert (best <= level).mean() == pytest.approx(expected, abs=0.025)
        reached = path.first_above(np.full(DRAWS, level))
        np.testing.assert_array_equal(np.isinf(reached), best <= level)


def test_dense_releases_without_scatter_reproduce_the_trends_crossing_date():
    a = given(scatter=1e-9, shortfall=1e-9, per_year=(1500, 1500), draws=(1, 30), now=(0, 0))
    path = futures(a.fit, 400)[1]
    for ahead in (60, 250):
        level = height(a, 1, END + ahead)
        day = path.first_above(np.full((1, 30), level))
        assert ((day >= END + ahead) & (day <= END + ahead + 4)).all()


def test_paths_are_the_same_again_and_others_with_another_seed():
    one, two, other = (futures(given(seed=s).fit, 100) for s in (1, 1, 2))
    for g in (0, 1):
        np.testing.assert_array_equal(one[g].capability, two[g].capability)
        np.testing.assert_array_equal(one[g].score, two[g].score)
        assert one[g].capability.shape != other[g].capability.shape or not np.array_equal(
            one[g].capability, other[g].capability
        )


def test_published_scores_add_the_error_of_recent_releases():
    path = futures(given(scatter=1e-9, shortfall=1e-9).fit, 400)[0]
    real = np.isfinite(path.day)
    error = path.score[real] - path.capability[real]
    assert error.mean() == pytest.approx(0, abs=0.01)
    assert error.std() == pytest.approx(1.0, rel=0.01)


def test_errors_to_come_are_those_of_the_last_day():
    a = given()
    releases = a.fit.observations.releases
    own = releases.of(0)
    ago = (END - releases.day) / DAYS_PER_YEAR
    shrinking = replace(releases, stderr=2.0 * np.exp(0.7 * ago))
    assert errors_on_last_day(shrinking, own) == pytest.approx(2.0)
    growing = replace(releases, stderr=2.0 * np.exp(-0.7 * ago))
    np.testing.assert_array_equal(errors_on_last_day(growing, own), growing.stderr)
    exact = replace(releases, stderr=np.zeros(len(releases)))
    assert not errors_on_last_day(exact, own).any()
    # What shrank long ago says nothing of today.
    late = own & (ago < 1)
    flat = replace(releases, stderr=np.where(ago < 1, 2.0, 8.0))
    np.testing.assert_allclose(errors_on_last_day(flat, late), flat.stderr)
    # And a forecast is measured so: with scatter and shortfall of nothing, only the error is left.
    fit = given(scatter=1e-9, shortfall=1e-9).fit
    observations = replace(fit.observations, releases=shrinking)
    path = futures(replace(fit, observations=observations), 400)[0]
    real = np.isfinite(path.day)
    assert (path.score[real] - path.capability[real]).std() == pytest.approx(2.0, rel=0.02)


@pytest.mark.parametrize("name", ["stochastic", "stochastic-halfnormal", "stochastic-twopiece"])
def test_every_stochastic_frontier_can_be_carried_on(name):
    a = given(frontier=name, scatter=1.0, shortfall=4.0)
    rng = np.random.default_rng(2)
    day = np.full((*DRAWS, 3), END + 100.0)
    drawn = future_capabilities(a.fit, rng, day, 0, a.fit.observations.releases.of(0)) - height(
        a, 0, END + 100
    )
    assert drawn.mean() == pytest.approx(-4.0, abs=0.1)


def test_a_release_to_come_falls_short_as_its_maker_does_by_then():
    a = given(scatter=1e-9, shortfall=4.0, draws=(1, 4000))
    spec = ModelSpec.of("linear-stochastic-makers", ECI)
    own = a.fit.observations.releases
    # The follower has three makers; only two of them have released of late.
    late = own.of(1) & (own.day > END - 365)
    names = np.where(np.arange(len(own)) % 2, "Zhipu AI", "Moonshot")
    named = replace(own, organization=np.where(late | ~own.of(1), names, "01.AI"))
    observations = spec.observations(named)
    effect = {(1, "Moonshot"): 0.5, (1, "Zhipu AI"): -0.7, (1, "01.AI"): 3.0}
    drawn = np.array([effect.get(maker, 0.0) for maker in observations.makers])
    posterior = a.fit.tree["posterior"].to_dataset()
    posterior = posterior.assign(
        maker_effect=(("chain", "draw", "maker"), np.broadcast_to(drawn, (1, 4000, len(drawn)))),
        maker_spread=(("chain", "draw"), np.ones((1, 4000))),
        shortfall_change=(("chain", "draw", "group"), np.full((1, 4000, 2), -0.4)),
    )
    tree = xr.DataTree.from_dict({"posterior": posterior})
    fit = replace(a.fit, spec=spec, observations=observations, tree=tree)
    day = np.full((1, 4000, 5), END + 100.0)
    below = height(a, 1, END + 100) - future_capabilities(
        fit, np.random.default_rng(6), day, 1, late
    )
    years = (END + 100 - day_number(observations.reference)) / DAYS_PER_YEAR
    share = (np.asarray(names)[late] == "Moonshot").mean()
    mean = share * np.exp(0.5) + (1 - share) * np.exp(-0.7)
    assert below.mean() == pytest.approx(4.0 * mean * np.exp(-0.4 * years), rel=0.03)


def test_who_forecasts_depends_on_what_the_table_names():
    named = Job("eci-2026-08-11").prepare()
    assert forecast_model(named) == "linear-stochastic-makers"
    nobody = replace(named.releases, organization=np.full(len(named.releases), ""))
    assert forecast_model(replace(named, releases=nobody)) == "linear-stochastic"
    # An accuracy has no model with makers, and results are forecast by their headline model.
    assert forecast_model(Job("gpqa-diamond-2026-01-17").prepare()) == "logistic-stochastic"
    measured = Job("eci-2026-08-11", results="eci-results-2026-08-11").prepare()
    assert forecast_model(measured) == "linear-joint"


def test_record_holders_are_no_release_process():
    a = given()
    records_only = ModelSpec.of("linear-records", ECI)
    with pytest.raises(SpecError, match="record-holders"):
        futures(replace(a.fit, spec=records_only), 10)
    with pytest.raises(SpecError, match="at least one day"):
        futures(a.fit, 0)


def test_lookups_on_a_path_agree_with_loops():
    rng = np.random.default_rng(4)
    n, k = 300, 12
    day = np.sort(rng.integers(101, 130, (n, k)).astype(float), -1)
    day[rng.uniform(size=(n, k)) < 0.2] = np.inf
    day.sort(-1)
    value = np.where(np.isfinite(day), rng.normal(10, 3, (n, k)), -np.inf)
    path = Future(day, value, value, rng.normal(9, 2, n), 10.0, Rate(1, 1.0))
    for i in range(n):
        releases = [(d, v) for d, v in zip(day[i], value[i], strict=True) if np.isfinite(d)]
        for when in (100, 110, 129):
            seen = [v for d, v in releases if d <= when]
            assert path.best_on(when)[i] == max([path.now[i], *seen])
            assert path.published_on(when)[i] == max([10.0, *seen])
            daily = [10.0]
            for d in sorted({d for d, _ in releases if d <= when}):
                daily.append(max([daily[-1], *(v for e, v in releases if e == d)]))
            assert path.published_records_by(when)[i] == (np.diff(daily) > 0).sum()
        above = [(d, v) for d, v in releases if v > path.now[i]]
        found = [x[i] for x in path.next_record()]
        if above:
            assert tuple(found) == above[0]
        else:
            assert np.isinf(found[0])
            assert np.isnan(found[1])


# --- catch-up


def test_a_level_beyond_the_horizon_is_counted_and_not_dropped():
    a = given(now=(150.0, 140.0))
    found = catch_up(a, [400.0], horizon_months=12)
    (f,) = found.forecasts
    assert f.when.beyond == 1
    assert f.by_probability == 0
    assert f.when.median is None
    row = found.table().iloc[0]
    assert row["beyond_horizon"] == 1
    assert row["median"] is None
    assert "after 2026-06-30" in found.sentences()[0]
    assert WORDS[a.fit.observations.releases.dates] in found.sentences()[0]
    with pytest.raises(SpecError, match="simulate further"):
        found.probability_by("400", date(2030, 1, 1))
    with pytest.raises(SpecError, match="horizon"):
        catch_up(a, [400.0], horizon_months=12, by=date(2030, 1, 1))


def test_draws_beyond_the_horizon_move_the_quantiles():
    day = np.r_[np.arange(100.0, 160.0), np.full(40, np.inf)].reshape(4, 25)
    s = summarize_days(xr.DataArray(day, dims=("chain", "draw")))
    assert s.beyond == 0.4
    assert s.median == as_date(149)
    assert s.lower90 == as_date(104)
    assert s.upper50 is None
    assert s.upper90 is None


def test_a_level_matched_in_the_past_has_its_past_date():
    a = given(now=(150.0, 140.0))
    releases = a.fit.observations.releases
    own = np.flatnonzero(releases.group == 1)
    level = float(releases.score[own[5]]) - 1e-6
    found = catch_up(a, [level, 139.5])
    past, last = found.forecasts
    assert past.already == last.already == 1
    assert past.when.median == past.when.upper90 == releases.date[own[5]].item()
    assert last.when.median == releases.date[own[-1]].item()
    assert last.when.beyond == 0


def test_part_of_the_draws_matched_keeps_them_in_the_past():
    a = given(now=(150.0, 140.0), draws=(4, 500))
    follower = np.flatnonzero(a.fit.observations.releases.group == 1)[-1]
    a.fit.capabilities[:, :200, follower] = 149.0
    capability = a.fit.tree["capabilities/capability"].to_numpy()
    assert capability[0, 0, follower] == 149.0
    (f,) = catch_up(a, [148.0]).forecasts
    assert f.already == pytest.approx(0.4)
    assert f.when.lower90 == AS_OF
    assert f.when.upper90 > AS_OF


def test_the_default_targets_are_open_records_and_the_present_best():
    a = given(now=(150.0, 140.0))
    releases = a.fit.observations.releases
    found = catch_up(a)
    names = [t.name for t in found.targets]
    held = np.flatnonzero(records(releases, 0))
    best_of_follower = staircases(a.fit)[1].best[0, 0, -1]
    capability = a.fit.capabilities[0, 0]
    assert names[-1] == BEST
    assert names[:-1] == [str(releases.model[i]) for i in held if capability[i] >= best_of_follower]
    np.testing.assert_array_equal(found.targets[-1].level, 150.0)
    with pytest.raises(SpecError, match="no release 'nobody'"):
        catch_up(a, ["nobody"])


def test_the_named_date_is_a_share_of_the_draws():
    a = given(now=(150.0, 140.0))
    by = date(2025, 8, 15)
    found = catch_up(a, ["best"], by=by)
    (f,) = found.forecasts
    share = (found.days.to_numpy() <= day_number(by)).mean()
    assert f.by_probability == pytest.approx(share)
    assert found.probability_by("best", by) == pytest.approx(share)
    assert 0.02 < share < 0.98
    assert found.rates == pytest.approx((40.5, 20.5), abs=1.6)
    assert [chance(p) for p in (0.0, 0.67, 0.9999)] == ["< 0.01", "= 0.67", "> 0.99"]


def test_the_best_ahead_and_the_next_record():
    a = given(now=(150.0, 140.0))
    found = forecast_best(a, (3, 12))
    latent = found.best["latent"]
    assert latent.dims == ("chain", "draw", "group", "months")
    assert (latent.sel(months=12) >= latent.sel(months=3)).all()
    leader = futures(a.fit, 1096)[0]
    np.testing.assert_array_equal(
        latent.sel(group="USA", months=3).to_numpy(), leader.best_on(END + 91)
    )
    record = found.next_record.sel(group="USA")
    known = np.isfinite(record["latent_day"])
    assert (record["latent_score"].where(known, 1e9) > 150).all()
    assert len(found.table()) == 8
    table = found.next_table()
    assert len(table) == 4
    assert (table["lower90"] <= table["median"]).all()


# --- the hidden year


@pytest.fixture(scope="module")
def hidden():
    return hindcast(Job("eci-2026-08-11"), 12, SMALL, cores=2)


@pytest.mark.xdist_group("linear-stochastic")
def test_the_hidden_year_is_hidden_and_then_compared(hidden):
    then, now = (a.fit.observations.releases for a in (hidden.then, hidden.now))
    assert then.as_of == date(2025, 8, 11)
    assert now.as_of == date(2026, 8, 11)
    assert then.date.max() <= np.datetime64(then.as_of)
    best = hidden.best
    assert len(best) == 2 * 3 * 3
    assert sorted(set(best["months"])) == [3, 6, 12]
    assert best["pit"].between(0, 1).all()
    inside = (best["lower90"] <= best["truth"]) & (best["truth"] <= best["upper90"])
    assert (inside == best["inside90"]).mean() > 0.95  # the table is rounded
    for g, name in enumerate(now.group_names):
        row = best.query(f"group == '{name}' and months == 12")
        scores = now.score[now.group == g]
        assert row[row["quantity"] == "best published score"]["truth"].item() == scores.max()
        held = records(now, g) & (now.day > day_number(then.as_of))
        assert row[row["quantity"] == "records by score"]["truth"].item() == held.sum()
        truth = np.median(staircases(hidden.now.fit)[g].best[..., -1])
        latent = row[row["quantity"] == "best available"]
        assert latent["truth"].item() == pytest.approx(truth, abs=1e-3)
    levels = hidden.catch_up.set_index("target")
    assert {"o3", "GPT-5", BEST} <= set(levels.index)
    assert levels.loc["o3", "happened"] == 1
    assert date(2025, 7, 1) < levels.loc["o3", "happened_median"] < date(2026, 3, 1)
    assert levels["pit"].between(0, 1).all()
    assert "drift" in hidden.sentences()[0]
    assert WORDS["released"] in hidden.sentences()[0]


@pytest.mark.xdist_group("linear-stochastic")
def test_the_forecast_is_made_from_the_earlier_fit_alone(hidden):
    paths = futures(hidden.then.fit, 365)
    for path, name in zip(paths, ("USA", "China"), strict=True):
        for months, days in ((3, 91), (12, 365)):
            row = hidden.best.query(
                f"group == '{name}' and months == {months} and quantity == 'best available'"
            )
            drawn = path.best_on(day_number(date(2025, 8, 11)) + days)
            assert row["median"].item() == pytest.approx(np.median(drawn), abs=1e-3)
            assert row["upper90"].item() == pytest.approx(np.quantile(drawn, 0.95), abs=1e-3)


@pytest.mark.xdist_group("linear-stochastic")
def test_a_level_the_later_table_does_not_have_is_left_open():
    job = Job("eci-2025-12-19", as_of=date(2024, 12, 31)).prepare()
    spec = ModelSpec.of("linear-stochastic", job.table.metric)
    then = analyse(spec, job.releases, job.window, SMALL, levels=np.zeros(0), cores=2)
    later = Job("eci-2026-08-11", as_of=date(2025, 6, 30)).prepare()
    now = analyse(spec, later.releases, later.window, SMALL, levels=np.zeros(0), cores=2)
    levels = compare(then, now, (3.0,)).catch_up.set_index("target")
    assert "Gemini 1.5 Pro" in levels.index
    assert np.isnan(levels.loc["Gemini 1.5 Pro", "happened"])
    assert np.isfinite(levels.loc["o1", "happened"])


def test_nothing_to_hide_is_refused():
    with pytest.raises(SpecError, match="nothing to forecast"):
        hindcast(Job("eci-2025-12-19"), earlier=Job("eci-2026-08-11"))


# --- the figure


def test_the_figure_draws_the_dates_given():
    found = catch_up(given(now=(150.0, 140.0)), ["best", 130.0, 400.0], by=date(2025, 12, 31))
    about = Provenance("us-china", "made-up", AS_OF, "linear-stochastic")
    figure = catch_up_dates(found.forecasts, about, "Catching up")
    (axes,) = figure.axes
    medians = sorted(x.get_xdata()[0] for x in axes.lines if x.get_gid() == "median")
    expected = sorted(date2num(f.when.median) for f in found.forecasts if f.when.median)
    assert medians == pytest.approx(expected)
    assert len(medians) == 2
    words = [t.get_text() for t in axes.texts if t.get_gid() == "numbers"]
    assert any("beyond the horizon" in w for w in words)
    (line,) = (x for x in axes.lines if x.get_gid() == "as-of")
    assert line.get_xdata()[0] == date2num(AS_OF)


def test_an_interval_that_leaves_the_range_ends_in_an_arrow():
    (f,) = catch_up(given(now=(150.0, 140.0)), ["best"]).forecasts
    open_end = replace(f, when=replace(f.when, upper90=None, beyond=0.08))
    about = Provenance("us-china", "made-up", AS_OF, "linear-stochastic")
    figure = catch_up_dates([open_end], about, "Catching up")
    arrows = [x for x in figure.axes[0].lines if x.get_gid() == "beyond"]
    assert len(arrows) == 1
    assert f.by == AS_OF + timedelta(days=365)


@pytest.mark.parametrize("frontier", ["joint", "stochastic-twopiece"])
def test_futures_do_not_depend_on_what_measured_the_past(frontier):
    fit = given().fit
    spec = ModelSpec.of(f"linear-{frontier}", ECI)
    beside = {p.name: (("chain", "draw"), np.ones(DRAWS)) for p in spec.parameters if p.shared}
    tree = xr.DataTree.from_dict({"posterior": fit.tree["posterior"].to_dataset().assign(beside)})
    day = np.full((*DRAWS, 3), END + 90.0)
    drawn = [
        future_capabilities(
            one,
            np.random.default_rng(4),
            day,
            1,
            np.ones(len(one.observations.releases), dtype=bool),
        )
        for one in (fit, replace(fit, spec=spec, tree=tree))
    ]
    np.testing.assert_array_equal(*drawn)
    assert drawn[0].mean() == pytest.approx(height(given(), 1, END + 90) - 6.0, abs=0.1)
