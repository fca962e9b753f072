"""A league: who is in which group, the density, what follows from draws, a fit, the command."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pymc as pm
import pytest
import xarray as xr
from commands import here
from league_worlds import LeagueDesign, as_accuracies, coverage, judged, make_league_world

import frontierlag as fl
from frontierlag.analyses.refits import Task, refit
from frontierlag.dates import DAYS_PER_MONTH, Window
from frontierlag.errors import NOT_CONVERGED, ScoresError
from frontierlag.facade.league import League as Shown
from frontierlag.fits.store import LIMIT, REFIT, key_of, modules_that_sample
from frontierlag.frontiers.observations import Observations
from frontierlag.lags.realized import realized_lag
from frontierlag.model import ModelSpec
from frontierlag.names import CHAIN, DRAW, GROUP, REALIZED, SCORE, WINDOW
from frontierlag.scores.efforts import without_setting
from frontierlag.scores.groups import Comparison
from frontierlag.scores.league import league_releases, pair_window_start, with_column
from frontierlag.scores.metric import ECI
from frontierlag.scores.reading.options import ReadOptions
from frontierlag.scores.releases import Releases, default_window_start, subset
from frontierlag.scores.table import from_frame
from frontierlag.settings import QuickSettings, SamplerSettings
from frontierlag.studies.league import fit as league_fit
from frontierlag.studies.league import model as league_model
from frontierlag.studies.league.fit import derived, sample_league
from frontierlag.studies.league.measure import League, ranks, tiers
from frontierlag.studies.league.model import (
    OF_A_GROUP,
    build_league,
    curve_of,
    frontier_of,
    observations_of,
    parameters,
)
from frontierlag.studies.league.study import LeagueStudy, fit_league
from frontierlag.studies.league.table import (
    BACKWARD,
    BEHIND,
    CURRENT,
    FORWARD,
    MEAN,
    band_table,
    lag_of,
    leader_table,
    pair_table,
)

DRAWS = (2, 40)
# Of graphs that are evaluated a few times: interpreting them is faster than compiling.
QUICKLY = "FAST_COMPILE"


@pytest.fixture(scope="module")
def world():
    """Four groups, the last with three releases."""
    return make_league_world(LeagueDesign(releases=(30, 18, 9, 3)), np.random.default_rng(11))


@pytest.fixture(scope="module")
def shares():
    """Three groups in accuracies."""
    rng = np.random.default_rng(12)
    return as_accuracies(make_league_world(LeagueDesign(releases=(16, 9, 4)), rng), rng)


def made_up(releases, rng, sample=DRAWS, level=138.0, slope=14.0, unit=1.0):
    """A league of made-up draws around what the releases say."""
    observations = observations_of(releases)
    n = len(releases.groups)
    posterior = xr.Dataset(
        {
            "level": ((CHAIN, DRAW, GROUP), rng.normal(level, 2 * unit, (*sample, n))),
            "slope": (
                (CHAIN, DRAW, GROUP),
                rng.uniform(slope - 4 * unit, slope + 4 * unit, (*sample, n)),
            ),
            "scatter": ((CHAIN, DRAW, GROUP), rng.uniform(unit, 2 * unit, (*sample, n))),
            "shortfall": ((CHAIN, DRAW, GROUP), rng.uniform(4 * unit, 8 * unit, (*sample, n))),
        },
        {CHAIN: np.arange(sample[0]), DRAW: np.arange(sample[1]), GROUP: list(releases.groups)},
    )
    stats = xr.Dataset(
        {
            "diverging": ((CHAIN, DRAW), np.zeros(sample, dtype=bool)),
            "energy": ((CHAIN, DRAW), rng.normal(size=sample)),
        }
    )
    return League(derived(observations, SamplerSettings(), posterior, stats))


@pytest.fixture(scope="module")
def drawn(world):
    return made_up(world.releases, np.random.default_rng(2))


def frame():
    """Five makers, one of two releases; a model of two makers, one of two countries."""
    rows = [
        (f"{maker} {k}", maker, country, f"2025-{k + 1:02d}-1{shift}", 120 + 3 * k - shift)
        for maker, country, shift, count in (
            ("Ada", "USA", 1, 6), ("Bo", "China", 2, 5), ("Cy", "France", 3, 4), ("Di", "UK", 4, 2),
            ("Google", "USA", 5, 2), ("Google DeepMind", "USA", 6, 3),
        )
        for k in range(count)
    ]  # fmt: skip
    rows.append(("joint", "Bo; Ada", "China", "2025-07-20", 130))
    rows.append(("two countries", "Ada", "USA; China", "2025-07-21", 131))
    rows.append(("small country", "Ada", "UK; USA", "2025-07-22", 132))
    found = pd.DataFrame(rows, columns=["model", "organization", "country", "released", "score"])
    return found.assign(stderr=1.0, team=["red", "blue"] * (len(found) // 2) + ["red"])


@pytest.fixture(scope="module")
def table():
    return from_frame(frame(), "mine")


# Who is in which group


def test_groups_are_those_with_three_releases(table):
    found = league_releases(table, "country")
    assert dict(zip(found.groups, found.counts, strict=True)) == {
        "USA": 12,
        "China": 6,
        "France": 4,
    }
    assert found.few == (("UK", 2),)
    reasons = {entry.model: entry.reason for entry in found.left_out}
    assert set(reasons) == {"two countries", "Di 0", "Di 1"}
    assert "several groups" in reasons["two countries"]
    assert "too few" in reasons["Di 0"]


def test_of_several_makers_the_first_named_counts_and_parts_of_a_company_are_one(table):
    found = league_releases(table, "maker")
    of = dict(zip(found.model, (found.groups[k] for k in found.group), strict=True))
    assert of["joint"] == "Bo"
    assert of["Google 0"] == "Google DeepMind"
    assert found.counts[found.place("Google DeepMind")] == 5
    assert any("counts as Google DeepMind" in note for note in found.notes)
    with pytest.raises(ScoresError, match="no 'Di' in the league"):
        found.place("Di")


def test_any_column_of_an_own_table_makes_a_league(table):
    found = league_releases(with_column(table, frame(), "Team"), "Team")
    assert sorted(found.groups) == ["blue", "red"]
    assert len(found) == len(table.frame)
    with pytest.raises(ScoresError, match=r"no column 'colour'.*'team'"):
        with_column(table, frame(), "colour")
    with pytest.raises(ScoresError, match="no column of groups"):
        league_releases(table, "score")
    with pytest.raises(ScoresError, match="no column 'nothing'"):
        league_releases(table, "nothing")


def test_two_groups_are_those_of_a_comparison(eci_new, window):
    """The same releases, arrays and first day as the comparison of the two has."""
    table = fl.load_scores(eci_new.table)
    found = league_releases(table, "country")
    pair = [found.place(name) for name in eci_new.group_names]
    own = subset(found, np.isin(found.group, pair))
    for name in ("model", "day", "score", "stderr", "stderr_low", "day_low", "day_high"):
        np.testing.assert_array_equal(getattr(own, name), getattr(eci_new, name))
    assert pair_window_start(found, *pair) == default_window_start(eci_new) == window.since


def test_a_league_needs_two_groups_and_of_accuracies_their_problems(table):
    few = from_frame(frame()[lambda f: f["country"] == "China"], "mine")
    with pytest.raises(ScoresError, match="two are needed"):
        league_releases(few, "country")
    shares = frame().assign(score=lambda f: f["score"] / 200).drop(columns="stderr")
    shares = from_frame(shares, "mine", ReadOptions(metric="accuracy"))
    with pytest.raises(ScoresError, match=r"how many problems .*column 'stderr'"):
        observations_of(league_releases(shares, "country"))


def settings_of_models():
    """Three makers; one has four rows and two models, and one of the others waits for a score."""
    rows = [
        (f"{maker} {k}{setting}", maker, f"2025-{k + 1:02d}-10", 0.3 + 0.1 * k + extra, 0.03)
        for maker, count in (("Ada", 4), ("Bo", 3), ("Cy", 2))
        for k in range(count)
        for setting, extra in (("_low", 0.0), ("_high", 0.05))
    ]
    rows += [
        ("Bo 2_medium", "Bo", "2025-03-10", None, None),  # scored at other settings
        ("Bo 3_low", "Bo", "2025-03-20", None, None),
        ("Bo 3_high", "Bo", "2025-03-20", None, None),
    ]
    columns = ["model", "organization", "released", "accuracy", "stderr"]
    return from_frame(pd.DataFrame(rows, columns=columns), "bench", ReadOptions(metric="accuracy"))


def test_settings_of_one_model_count_once_in_groups_too_few_and_pending():
    found = league_releases(settings_of_models(), "maker")
    assert dict(zip(found.groups, found.counts.tolist(), strict=True)) == {"Ada": 4, "Bo": 3}
    assert found.few == (("Cy", 2),)
    assert all("high" in name for name in found.model)
    assert [without_setting(name) for name in found.pending.model] == ["Bo 3"]
    every = league_releases(settings_of_models(), "maker", efforts="all")
    assert dict(zip(every.groups, every.counts.tolist(), strict=True)) == {
        "Ada": 8, "Bo": 6, "Cy": 4,
    }  # fmt: skip
    assert len(every.pending) == 3


def test_a_release_without_a_score_is_pending():
    rows = frame()
    rows.loc[len(rows)] = ["next", "Bo", "China", "2025-07-19", None, None, "red"]
    rows.loc[len(rows)] = ["later", "Bo", "China", "2025-12-19", None, None, "red"]
    found = league_releases(from_frame(rows, "mine"), "country")
    assert any("not pending: later (2025-12-19)" in note for note in found.notes)
    assert found.pending.model.tolist() == ["next"]
    assert found.groups[found.pending.group[0]] == "China"
    assert "next" not in found.model


# The density


@pytest.mark.parametrize("of", ["points", "accuracies"])
def test_the_density_of_scores_is_that_of_the_stochastic_frontier(world, shares, of):
    """As the numbers of the frontier's own method say, and groups have their own parameters."""
    releases = {"points": world, "accuracies": shares}[of].releases
    observations = observations_of(releases)
    model = build_league(observations)
    point = model.initial_point(random_seed=3)
    rng = np.random.default_rng(4)
    point = {name: value + 0.1 * rng.normal(size=np.shape(value)) for name, value in point.items()}
    scores = model.compile_logp(vars=[model[SCORE]], sum=False, mode=QUICKLY)(point)[0]
    p = dict(zip(OF_A_GROUP, _values(model, point), strict=True))
    data = observations.arrays
    mu = p["level"][data["group_index"]] + p["slope"][data["group_index"]] * data["years"]
    if of == "accuracies":
        assert curve_of(releases.metric).name == "logistic"
        mu = 0.25 + 0.75 / (1 + np.exp(-mu))
    expected = frontier_of(releases.metric).log_likelihood(p, mu, data)
    np.testing.assert_allclose(scores, expected, rtol=1e-9)


def _values(model, point):
    outputs = model.replace_rvs_by_values([model[name] for name in OF_A_GROUP])
    return model.compile_fn(
        outputs, inputs=model.value_vars, on_unused_input="ignore", mode=QUICKLY
    )(point)


def test_groups_spread_as_the_priors_say(world):
    """The sampler's coordinates leave the distribution over groups as it is written."""
    model = build_league(observations_of(world.releases))
    given = {"level_mean": 135.0, "level_spread": 4.0}
    for name in ("slope", "scatter", "shortfall"):
        given |= {f"{name}_typical": 3.0, f"{name}_spread": 0.4}
    fixed = pm.do(model, given)
    found = pm.draw([fixed[name] for name in OF_A_GROUP], draws=4000, random_seed=1, mode=QUICKLY)
    for name, values in zip(OF_A_GROUP, found, strict=True):
        flat, n = (values if name == "level" else np.log(values)), np.sqrt(4000)
        mean, sd = (135.0, 4.0) if name == "level" else (np.log(3.0), 0.4)
        np.testing.assert_allclose(flat.mean(0), mean, atol=4 * sd / n)
        np.testing.assert_allclose(flat.std(0), sd, rtol=0.06)
    assert {q.name for q in parameters(ECI)} == set(given)


# What follows from draws


def naive_behind(found, day, k):
    """Months since the best of all first exceeded what group k has, draw by draw."""
    fit = found.fit
    capability = fit.capability.reshape(-1, fit.capability.shape[-1])
    lags = []
    for c in capability:
        there = fit.day <= day
        own = c[there & (fit.group == k)].max()
        above = fit.day[there & (c > own)]
        lags.append((day - above.min()) / DAYS_PER_MONTH if above.size else 0.0)
    return np.array(lags)


def test_months_behind_the_frontier_are_those_of_a_plain_loop(drawn):
    assert (drawn.behind >= 0).all()
    for k in range(4):
        np.testing.assert_allclose(
            drawn.behind[..., k].ravel(), naive_behind(drawn, drawn.last, k), atol=1e-9
        )
    leads = drawn.rank == 1
    assert (drawn.behind[leads] == 0).all()
    assert (drawn.behind[~leads] > 0).all()


def test_ranks_and_their_probabilities_are_those_of_sorting(drawn):
    best = drawn.best.reshape(-1, 4)
    for one, rank in zip(best, drawn.rank.reshape(-1, 4), strict=True):
        assert [sorted(one, reverse=True).index(value) + 1 for value in one] == rank.tolist()
    np.testing.assert_allclose(drawn.rank_probability.sum(0), 1)
    np.testing.assert_allclose(drawn.rank_probability.sum(1), 1)
    ahead = drawn.ahead_probability
    assert ahead[0, 1] == pytest.approx((best[:, 0] > best[:, 1]).mean())
    np.testing.assert_allclose(ahead + ahead.T + np.eye(4), 1)
    assert ranks(np.array([3.0, 5.0, 3.0])).tolist() == [2, 1, 3]


def test_a_line_stands_where_all_above_are_ahead_of_all_below():
    def ahead(*upper):
        p = np.full((4, 4), 0.5)
        for (i, j), value in zip(
            [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)], upper, strict=True
        ):
            p[i, j], p[j, i] = value, 1 - value
        return p

    assert tiers(ahead(0.95, 0.99, 0.99, 0.92, 0.99, 0.91)).tolist() == [1, 2, 3, 4]
    assert tiers(ahead(0.95, 0.99, 0.99, 0.7, 0.99, 0.91)).tolist() == [1, 2, 2, 3]
    # The second and the fourth overlap, so no line stands between them.
    assert tiers(ahead(0.95, 0.99, 0.99, 0.95, 0.8, 0.95)).tolist() == [1, 2, 2, 2]
    assert tiers(ahead(0.6, 0.6, 0.6, 0.6, 0.6, 0.6)).tolist() == [1, 1, 1, 1]


def test_a_pair_has_the_lags_of_its_two_groups(drawn, world):
    assert len(drawn.pairs) == 6
    pair = drawn.pair("group 0", "group 2")
    a, b = pair.ahead, pair.behind
    assert pair.since == pair_window_start(world.releases, a, b)
    p, at = drawn.fit.p, (drawn.last - _reference(drawn)) / 365.25
    gap = p["level"][..., a] - p["level"][..., b]
    gap = gap + (p["slope"][..., a] - p["slope"][..., b]) * at
    np.testing.assert_allclose(pair.backward, 12 * gap / p["slope"][..., a])
    np.testing.assert_allclose(pair.forward, 12 * gap / p["slope"][..., b])
    # The mean over every seventh day is the mean over every day to a few days.
    days = Window(pair.since, world.releases.as_of).days
    daily, _ = realized_lag(drawn.staircases[a], drawn.staircases[b], days)
    np.testing.assert_allclose(pair.mean, daily.mean(-1), atol=0.25)
    np.testing.assert_allclose(pair.mean.mean(), daily.mean(), atol=0.05)
    np.testing.assert_allclose(pair.current, daily[..., -1])


def _reference(found):
    return (found.fit.observations.reference - date(1970, 1, 1)).days


def test_who_led_is_the_share_of_draws_with_the_best(drawn, world):
    r = world.releases
    days = np.array([r.day.min() - 1, r.day[10], r.day[30], drawn.last])
    found = drawn.leading(days)
    assert found[0].sum() == 0
    capability = drawn.fit.capability.reshape(-1, len(r))
    for day, shares in zip(days[1:], found[1:], strict=True):
        best = np.where(r.day <= day, capability, -np.inf).argmax(1)
        expected = np.bincount(r.group[best], minlength=4) / len(best)
        np.testing.assert_allclose(shares, expected)
    table = leader_table(drawn)
    assert table["day"].max() == r.as_of.isoformat()
    last = table[table["day"] == r.as_of.isoformat()].set_index("group")["probability"]
    for k, name in enumerate(r.groups):
        assert last.get(name, 0) == pytest.approx(drawn.rank_probability[k, 0], abs=6e-3)


def test_a_pending_release_counts_as_unknown(world):
    rng = np.random.default_rng(7)
    r = world.releases
    pending = replace(
        r.pending, model=np.array(["next"]), group=np.array([3]), day=np.array([r.day.max()]),
        day_low=np.array([r.day.max()]), day_high=np.array([r.day.max()]),
    )  # fmt: skip
    found = made_up(replace(r, pending=pending), rng, (2, 400))
    without = made_up(r, np.random.default_rng(7), (2, 400))
    np.testing.assert_array_equal(found.best[..., :3], without.best[..., :3])
    assert (found.best[..., 3] >= without.best[..., 3]).all()
    mu = found.fit.p["level"][..., 3] + found.fit.p["slope"][..., 3] * (
        (r.day.max() - _reference(found)) / 365.25
    )
    own = found.fit.capability[..., -1] - mu + found.fit.p["shortfall"][..., 3]
    assert abs(own.mean()) < 4 * own.std() / np.sqrt(800)
    moving = replace(r, pending=pending, day_low=r.day - 3, day_high=r.day)
    days = made_up(moving, np.random.default_rng(7)).fit.day
    assert days.shape == (*DRAWS, len(r) + 1)
    assert (days[..., -1] == pending.day).all()
    study = LeagueStudy(found)
    (row,) = study.tables["pending"].to_dict("records")
    assert row["model"] == "next"
    assert 0 < row["record"] < 1
    assert any("Pending, known but not scored: next (group 3" in one for one in study.sentences)


def test_what_misses_the_gate_is_stamped(drawn):
    study = LeagueStudy(drawn)  # of 80 draws, which is too few for any gate
    assert not study.converged
    for sentence in study.sentences[:3]:
        assert sentence.endswith("NOT CONVERGED.")
    assert study.sentences[0].startswith("By group, ")


def test_tables_have_a_row_for_each_thing(drawn, world):
    study = LeagueStudy(drawn)
    names = list(world.releases.groups)
    league = study.tables["league"]
    assert sorted(league[league["quantity"] == BEHIND]["group"]) == names
    pairs = pair_table(drawn)
    assert len(pairs) == 6
    first = drawn.pairs[0]
    for kind in (CURRENT, MEAN, BACKWARD, FORWARD):
        row = lag_of(pairs.iloc[0].to_dict(), kind)
        assert row["median"] == pytest.approx(np.median(getattr(first, kind)), abs=1e-3)
        low = np.quantile(getattr(first, kind), 0.05)
        assert row["lower90"] == pytest.approx(low, abs=1e-3)
    assert "backward_censored" not in pairs
    bands = band_table(drawn)
    assert (bands["lower90"] <= bands["upper90"]).all()
    assert set(bands["group"]) == set(names)


# A fit


@pytest.fixture(scope="module")
def fitted(world):
    settings = QuickSettings(draws=500, tune=500, chains=2, seed=3)
    return League(sample_league(world.releases, settings, cores=2))


def test_two_groups_have_the_lag_of_their_own_fit(fitted, world):
    assert_two_agree(fitted, world, "linear-stochastic")


def assert_two_agree(fitted, world, model):
    """The limits that the documentation states: half a month in the median of the mean lag."""
    r = world.releases
    pair = fitted.pair("group 0", "group 1")
    own = np.isin(r.group, (pair.ahead, pair.behind))
    arrays = {k: v[own] for k, v in vars(r).items() if isinstance(v, np.ndarray)}
    arrays["group"] = np.where(arrays["group"] == pair.ahead, 0, 1)
    two = Releases(
        comparison=Comparison("a:b", r.groups[pair.ahead], r.groups[pair.behind], "organization"),
        metric=r.metric, as_of=r.as_of, table=r.table, **arrays,
    )  # fmt: skip
    spec = ModelSpec.of(model, r.metric)
    window = Window(default_window_start(two), r.as_of)
    assert window.since == pair.since
    observations: Observations = spec.observations(two)
    settings = QuickSettings(draws=500, tune=500, chains=2, seed=3)
    found = refit(Task("two", spec, observations, (window,)), settings, cores=2)
    lag, _ = found.lags[0][REALIZED, WINDOW]
    assert abs(float(np.median(pair.mean)) - float(lag.median())) < 0.5
    ends = np.quantile(pair.mean, (0.05, 0.95)) - np.quantile(lag.to_numpy(), (0.05, 0.95))
    assert (abs(ends) < 1).all()


@pytest.fixture(scope="module")
def fitted_shares(shares):
    settings = QuickSettings(draws=300, tune=400, chains=2, seed=3)
    return League(sample_league(shares.releases, settings, cores=2))


def test_accuracies_hold_the_truth_of_their_world(fitted_shares, shares):
    """Lags, ranks and trends of a world that is known, in log odds where trends are lines."""
    rows = judged(shares, fitted_shares)
    intervals = rows[rows["kind"] != "tiers"]
    assert len(intervals) == 3 * 4 + 3 * 2
    assert intervals["inside90"].mean() > 0.75
    bounds = shares.releases.metric.bounds
    assert (fitted_shares.best > bounds.lower).all()
    assert (fitted_shares.best < bounds.upper).all()
    table = LeagueStudy(fitted_shares).tables["league"].set_index("quantity")
    assert set(table.loc["best available", "unit"]) == {"accuracy"}
    assert set(table.loc["slope of the trend", "unit"]) == {"log odds a year"}


def test_two_groups_of_accuracies_have_the_lag_of_their_own_fit(fitted_shares, shares):
    assert_two_agree(fitted_shares, shares, "logistic-stochastic")


def test_a_pending_accuracy_lies_between_the_bounds(shares):
    r, rng = shares.releases, np.random.default_rng(8)
    day = np.array([r.day.max()])
    pending = replace(
        r.pending, model=np.array(["next"]), group=np.array([0]), day=day, day_low=day, day_high=day
    )
    found = made_up(replace(r, pending=pending), rng, (2, 300), level=0.0, slope=1.5, unit=0.1)
    extra = found.fit.capability[..., -1]
    assert ((extra > 0.25) & (extra < 1)).all()
    # On the log odds it is below its trend by the mean shortfall.
    odds = np.log((extra - 0.25) / (1 - extra))
    at = (r.day.max() - _reference(found)) / 365.25
    p = found.fit.p
    rest = odds - p["level"][..., 0] - p["slope"][..., 0] * at + p["shortfall"][..., 0]
    assert abs(rest.mean()) < 4 * rest.std() / np.sqrt(600)


def test_a_group_of_three_releases_has_a_wide_interval(fitted, world):
    """Wide where its own data say little, and not without an answer."""
    counts = world.releases.counts
    width = np.subtract(*np.quantile(fitted.fit.p["slope"], (0.95, 0.05), axis=(0, 1)))
    assert width[np.argmin(counts)] > 1.5 * width[np.argmax(counts)]
    trend = np.subtract(*np.quantile(fitted.trend, (0.95, 0.05), axis=(0, 1)))
    assert trend[np.argmin(counts)] > 2 * trend[np.argmax(counts)]
    assert np.isfinite(fitted.behind).all()


def test_a_world_is_judged_quantity_by_quantity(fitted, world):
    rows = judged(world, fitted)
    assert (rows["kind"] == "rank").sum() == 4
    assert (rows["kind"] == "mean").sum() == 6
    # Of 6 x 4 + 2 x 4 intervals that hold the truth nine times in ten.
    assert rows[rows["kind"] != "tiers"]["inside90"].mean() > 0.75
    table = coverage(rows)
    assert table.loc[("mean", "all"), "n"] == 6


def test_the_same_league_twice_is_the_same_to_the_last_digit(fitted, world):
    settings = fitted.fit.settings
    again = sample_league(world.releases, settings, cores=1)
    np.testing.assert_array_equal(again.capability, fitted.fit.capability)


# The store of fits

SHORT = QuickSettings(draws=100, tune=200, chains=2, seed=3)


@pytest.fixture
def sampled(tmp_path, monkeypatch):
    """How often the sampler really ran, with a store of fits in an empty folder."""
    monkeypatch.setenv("FRONTIERLAG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv(LIMIT, "1")
    calls, real = [], league_fit.draw

    def counted(code, settings, *more, **options):
        calls.append(settings)
        return real(code, settings, *more, **options)

    monkeypatch.setattr(league_fit, "draw", counted)
    return calls


def test_a_league_that_is_asked_for_again_is_not_sampled_again(world, sampled, monkeypatch):
    first, again = (LeagueStudy(League(sample_league(world.releases, SHORT))) for _ in range(2))
    assert sampled == [SHORT.resolved(0.99)]
    for name, table in first.tables.items():
        assert again.tables[name].to_csv() == table.to_csv()
    assert again.sentences == first.sentences
    assert again.league.fit.seconds == first.league.fit.seconds
    xr.testing.assert_identical(again.league.fit.sample_stats, first.league.fit.sample_stats)
    monkeypatch.setenv(REFIT, "1")
    refitted = sample_league(world.releases, SHORT)
    assert len(sampled) == 2
    np.testing.assert_array_equal(refitted.capability, first.league.fit.capability)
    monkeypatch.delenv(REFIT)
    assert sample_league(world.releases, SHORT).seconds == refitted.seconds
    assert len(sampled) == 2


def test_groups_of_other_names_are_the_same_fit_and_have_their_names(world, sampled):
    sample_league(world.releases, SHORT)
    names = tuple(f"maker {k}" for k in range(4))
    renamed = sample_league(replace(world.releases, groups=names), SHORT)
    assert len(sampled) == 1
    assert tuple(renamed.posterior[GROUP].to_numpy()) == names


def test_the_second_try_of_a_league_is_kept_too(world, sampled):
    """100 draws miss the gate, so that the league is sampled once more with more draws."""
    for _ in range(2):
        study = fit_league(world.releases, SHORT)
    assert [asked.draws for asked in sampled] == [100, 400]
    assert study.league.fit.posterior.sizes[DRAW] == 100


def test_whatever_a_league_depends_on_makes_another_fit(world, monkeypatch):
    keys = []

    class Asked(Exception):
        pass

    def asked(model, arrays, settings, sampled, behind):
        keys.append(key_of(model, arrays, settings, behind))
        raise Asked

    monkeypatch.setattr(league_fit, "once", asked)
    r = world.releases
    moved = replace(r, score=np.nextafter(r.score, 1e9))
    other = replace(r, group=np.where(r.group == 3, 2, r.group), groups=r.groups[:3])
    wide = replace(r, metric=replace(ECI, spread=21.0))
    for releases, settings in (
        *((of, SHORT) for of in (r, moved, other, wide, r)),
        (r, SHORT.model_copy(update={"seed": 4})),
    ):
        with pytest.raises(Asked):
            sample_league(releases, settings)
    assert keys[4] == keys[0]
    assert len(set(keys)) == 5


def test_the_source_that_a_league_is_kept_by_is_that_of_its_model():
    behind = modules_that_sample(league_model.__name__)
    assert {"frontierlag.studies.league.model", "frontierlag.frontiers.stochastic"} <= set(behind)
    rooms = {name.split(".")[1] for name in behind}
    assert not rooms & {"cli", "facade", "report", "results", "figures", "lags", "analyses"}
    assert "frontierlag.studies.league.words" not in behind


# The command


def test_the_command_writes_tables_figures_and_words(fitted, world, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(
        "frontierlag.studies.league.study.sample_league", lambda *_, **__: fitted.fit
    )
    monkeypatch.setattr(
        "frontierlag.studies.league.study.league_releases", lambda *_, **__: world.releases
    )
    out = tmp_path / "league"
    done = here("league", "--by", "maker", "--out", out)
    assert done.returncode in (0, NOT_CONVERGED)
    names = {path.name for path in out.iterdir()}
    assert names >= {"league.csv", "ranks.csv", "pairs.csv", "leaders.csv", "league.md", "figures"}
    record = json.loads((out / "manifest.json").read_text())
    assert record["league"]["groups"]["group 3"] == 3
    assert record["converged"] == (done.returncode == 0)
    assert (out / "figures" / "league.png").stat().st_size > 10_000
    assert (out / "figures" / "leaders.png").stat().st_size > 10_000
    assert "By group, " in done.stdout
    text = (out / "league.md").read_text()
    assert "cite the fit of the two" in text
    assert "| tier | group | releases |" in text


def test_in_python_a_lag_turns_round_with_its_groups(fitted):
    found = Shown(LeagueStudy(fitted))
    one, other = found.groups[0], found.groups[-1]
    for kind, turned in (("mean", "mean"), ("backward", "forward")):
        lag, back = found.lag(one, other, kind), found.lag(other, one, turned)
        np.testing.assert_allclose(lag, -back)
    assert found.lag(one, other, "current").mean() > 0
    assert found.probability_ahead(one, other) > 0.9
    assert found.behind(one).sizes == {CHAIN: 2, DRAW: 500}
    assert one in repr(found)
    assert set(found.pairs["ahead"]) <= set(found.groups)
    with pytest.raises(ValueError, match="there are mean"):
        found.lag(one, other, "median")
