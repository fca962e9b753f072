"""Simulated worlds have the truth they say, and estimators are judged by it correctly."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import naive
import numpy as np
import pytest
from scipy import stats

from frontierlag.cli import main
from frontierlag.dates import DAYS_PER_MONTH, day_number
from frontierlag.errors import SpecError
from frontierlag.lags.published import daily, daily_lags
from frontierlag.names import MAXIMUM
from frontierlag.scores import records
from frontierlag.studies.calibration.calibrate import calibrate, coverage_table, key_of
from frontierlag.studies.calibration.estimands import (
    PROBABILITIES,
    Found,
    WorldEstimate,
    forecast_from,
    to_json,
    true_lags,
    truth_of,
)
from frontierlag.studies.calibration.estimators import (
    DATED,
    FORECASTING,
    DateErrors,
    daily_points,
    estimator,
    level_mean,
    record_line,
)
from frontierlag.studies.calibration.worlds import BASE, DESIGNS, PINS, make_world
from frontierlag.studies.campaign import Done

SEED = np.random.SeedSequence(4)


def worlds(name, n=40):
    return [make_world(DESIGNS[name], np.random.default_rng([3, i])) for i in range(n)]


def test_the_base_world_is_what_the_method_describes():
    made = worlds("base")
    for world in made:
        r = world.releases
        assert [(r.group == g).sum() for g in (0, 1)] == [60, 30]
        assert r.day.max() - r.day.min() <= 2.6 * 365.25 + 1
        assert ((world.scatter >= 0.5) & (world.scatter <= 2)).all()
        assert np.array_equal(world.day, r.day)
    error = np.concatenate([w.releases.stderr for w in made])
    years = np.concatenate([w.releases.day for w in made]) / 365.25
    assert np.median(error) == pytest.approx(2.3, rel=0.1)
    assert stats.linregress(years, np.log(error)).slope == pytest.approx(-0.5, abs=0.05)
    assert np.mean([w.parameters["slope"] for w in made]) == pytest.approx(14, abs=0.4)
    z = np.concatenate([(w.releases.score - w.capability) / w.releases.stderr for w in made])
    assert z.mean() == pytest.approx(0, abs=0.06)
    assert z.std() == pytest.approx(1, abs=0.05)


def test_the_lag_in_the_middle_is_the_drawn_one():
    for name in ("base", "slope-break"):
        for world in worlds(name, 20):
            p = world.parameters
            value = world.trend.value(p, np.array([0.0]), np.array([1]), np)
            when = world.trend.inverse(p, value, np.array([0]))[0]
            assert 3 <= -12 * when <= 11


def test_slopes_of_the_broken_world_double():
    p = worlds("slope-break", 1)[0].parameters
    assert p["slope_after"] == pytest.approx(2 * p["slope"])


def test_heavy_tails_have_the_same_mean_shortfall():
    below = []
    for world in worlds("heavy-tail", 200):
        t = (world.day - np.datetime64(world.reference, "D").astype(int)) / 365.25
        frontier = world.trend.value(world.parameters, t, world.releases.group, np)
        below.append(frontier - world.capability)
    below = np.concatenate(below)
    assert below.mean() == pytest.approx(8, rel=0.06)
    assert (below > 50).mean() > 3 * np.exp(-50 / 8)


def test_correlated_errors_correlate_as_told_and_keep_their_size():
    low, high = [], []
    for world in worlds("correlated", 400):
        z = (world.releases.score - world.capability) / world.releases.stderr
        below, above = world.capability < PINS[0], world.capability > PINS[1]
        if below.sum() > 1 and above.sum() > 1:
            low.append(z[below][:2])
            high.append(z[above][:2])
    low, high = np.array(low), np.array(high)
    assert len(low) > 300
    assert np.corrcoef(low.T)[0, 1] == pytest.approx(0.7, abs=0.1)
    assert np.corrcoef(high.T)[0, 1] == pytest.approx(0.5, abs=0.12)
    assert np.corrcoef(low[:, 0], high[:, 0])[0, 1] == pytest.approx(-0.3, abs=0.12)
    assert np.concatenate([low, high]).std() == pytest.approx(1, abs=0.06)


def test_wrong_dates_are_off_by_up_to_four_months_and_truth_keeps_the_right_ones():
    off = np.concatenate([w.releases.day - w.day for w in worlds("wrong-dates")]) / DAYS_PER_MONTH
    assert 3.5 < np.abs(off).max() <= 4.1
    assert np.abs(off).mean() == pytest.approx(2, abs=0.2)


def test_skewed_errors_follow_their_arms():
    made = worlds("skewed", 200)
    r = [w.releases for w in made]
    assert all(x.stderr_low == pytest.approx(2.5 * x.stderr_high) for x in r)
    error = np.concatenate([w.releases.score - w.capability for w in made])
    # A score lies above its capability with the share of the lower arm.
    assert (error > 0).mean() == pytest.approx(2.5 / 3.5, abs=0.02)


def test_the_same_stream_gives_the_same_world():
    one, other = (make_world(BASE, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(one.releases.score, other.releases.score)
    assert np.array_equal(one.capability, other.capability)


@pytest.mark.parametrize("name", ["base", "slope-break", "wrong-dates"])
def test_truth_is_that_of_a_loop_over_days(name):
    for world in worlds(name, 3):
        group = world.releases.group
        day = [world.day[group == g].tolist() for g in (0, 1)]
        true = [world.capability[group == g].tolist() for g in (0, 1)]
        days = world.window.days
        told = [naive.realized(day[0], true[0], day[1], true[1], t)[0] for t in days.tolist()]
        p, t = world.parameters, (days - np.datetime64(world.reference, "D").astype(int)) / 365.25
        grid = np.linspace(-6, 4, 400_001)
        lead = world.trend.value(p, grid, np.zeros(len(grid), dtype=int), np)
        wanted = world.trend.value(p, t, np.ones(len(t), dtype=int), np)
        lag = 12 * (t - np.interp(wanted, lead, grid))
        found = true_lags(world)
        in_2025 = np.array([str(d)[:4] == "2025" for d in days.astype("datetime64[D]")])
        assert found["realized", "window"] == pytest.approx(np.mean(told), abs=1e-9)
        assert found["realized", "current"] == pytest.approx(told[-1], abs=1e-9)
        assert found["realized", "2025"] == pytest.approx(np.mean(np.array(told)[in_2025]))
        assert found["trend", "window"] == pytest.approx(lag.mean(), abs=1e-3)
        assert found["trend", "current"] == pytest.approx(lag[-1], abs=1e-3)


def test_the_level_mean_is_that_of_a_loop_over_levels():
    world = worlds("base", 1)[0]
    r, found = world.releases, level_mean(world, SEED).estimates["realized", "window"]
    holders = [[(d, s) for d, s, k in zip(r.day, r.score, records(r) & (r.group == g), strict=True)
                if k] for g in (0, 1)]  # fmt: skip
    low = max(h[0][1] for h in holders)
    high = min(h[-1][1] for h in holders)
    lags = []
    for level in np.linspace(low, high, 100):
        first = [min(d for d, s in h if s >= level) for h in holders]
        lags.append((first[1] - first[0]) / DAYS_PER_MONTH)
    assert found.point == pytest.approx(np.mean(lags))
    low90, high90 = found.ends[PROBABILITIES.index(0.9)]
    assert (high90 - low90) / 2 == pytest.approx(1.6448536 * np.std(lags, ddof=1) / 10)


def test_the_record_line_is_least_squares_and_its_bootstrap_is_reproducible():
    world = worlds("base", 1)[0]
    r = world.releases
    lines = []
    for g in (0, 1):
        mask = np.flatnonzero(records(r) & (r.group == g))[1:]
        lines.append(stats.linregress(r.day[mask], r.score[mask]))
    last = world.window.days[-1]
    value = lines[1].intercept + lines[1].slope * last
    expected = (last - (value - lines[0].intercept) / lines[0].slope) / DAYS_PER_MONTH
    found, again = (record_line(world, np.random.SeedSequence(4)).estimates for _ in range(2))
    assert found["trend", "current"].point == pytest.approx(expected, rel=1e-6)
    assert found == again


def test_the_daily_point_method_has_no_interval():
    found = daily_points(worlds("base", 1)[0], SEED)
    assert all(not e.ends for e in found.estimates.values())
    world = worlds("base", 1)[0]
    published = daily(world.releases)
    assert found.estimates["realized", "window"].point == pytest.approx(published.mean)
    assert found.estimates["realized", MAXIMUM].point == pytest.approx(published.maximum)
    # A day's lag is that of the days after the last record that still counts.
    days, lags, _ = daily_lags(world.releases)
    assert found.estimates["realized", "current"].point == pytest.approx(lags[-1])
    of_2025 = (days >= day_number(date(2025, 1, 1))) & (days < day_number(date(2026, 1, 1)))
    assert found.estimates["realized", "2025"].point == pytest.approx(lags[of_2025].mean())


@pytest.mark.xdist_group("linear-stochastic")
def test_dates_without_an_error_change_nothing_and_with_one_widen_the_interval():
    world = worlds("wrong-dates", 1)[0]
    exact = replace(world, design=replace(world.design, date_error=0.0))
    plain = estimator("linear-stochastic")(world, SEED).estimates["realized", "window"]
    same, told = (DateErrors("linear-stochastic", 4)(w, SEED) for w in (exact, world))
    same, told = (found.estimates["realized", "window"] for found in (same, told))
    at = PROBABILITIES.index(0.9)
    width = [float(np.diff(e.ends[at])[0]) for e in (plain, same, told)]
    assert same.point == pytest.approx(plain.point, abs=0.15 * width[0])
    assert width[1] == pytest.approx(width[0], rel=0.25)
    assert width[2] > 1.1 * width[0]
    assert isinstance(estimator(f"linear-stochastic{DATED}"), DateErrors)


@pytest.mark.xdist_group("linear-stochastic")
def test_a_forecaster_sees_nothing_of_the_year_that_it_forecasts():
    world = worlds("ladders", 1)[0]
    r = world.releases
    hidden = r.day > day_number(forecast_from(world).as_of)
    assert 0 < hidden.sum() < len(r)
    told = estimator(f"linear-stochastic{FORECASTING}")(world, SEED)
    higher = replace(world, releases=replace(r, score=r.score + 50.0 * hidden))
    assert estimator(f"linear-stochastic{FORECASTING}")(higher, SEED) == told
    assert truth_of(higher)["best score", "leader, 12 months"] > 150 + 40
    truth = truth_of(world)
    for group, side in enumerate(("leader", "follower")):
        best = [truth["best score", f"{side}, {months} months"] for months in (3, 6, 12)]
        assert best == sorted(best)
        assert best[-1] == pytest.approx(r.score[r.of(group)].max(), abs=1e-9)
        means = [told.estimates["best score", f"{side}, {m} months"].point for m in (3, 6, 12)]
        assert best[0] - 15 < means[0] < means[1] < means[2] < best[-1] + 15


def done_with(world, estimator, index, truth, estimate, trouble=""):
    value = to_json(Found({("realized", "window"): estimate}, trouble), truth)
    return Done(key_of(world, estimator, index), (0, index), value, None, 1.0)


def test_the_table_counts_what_was_put_in():
    rng = np.random.default_rng(1)
    n = 400
    z = stats.norm.ppf((1 + np.array(PROBABILITIES)) / 2)
    done = {}
    for i in range(n):
        truth = {("realized", "window"): 6.0}
        point = 6.0 + rng.normal()
        honest = WorldEstimate(point, tuple((point - k, point + k) for k in z))
        done[f"a{i}"] = done_with("base", "honest", i, truth, honest, "R-hat" if i < 7 else "")
        twice = WorldEstimate(6.0 + 2 * (point - 6.0))
        done[f"b{i}"] = done_with("base", "daily-points", i, truth, twice)
    done["c"] = Done(key_of("base", "honest", n), (0, n), None, "ValueError: no", 0.1)
    nan = WorldEstimate(float("nan"), ((float("nan"),) * 2,) * 4, 1.0)
    done["d"] = done_with("base", "honest", n + 1, {("realized", "window"): 6.0}, nan)
    table = coverage_table({one.key: one for one in done.values()}).set_index("estimator")
    row = table.loc["honest"]
    assert (row["n"], row["failed"], row["undefined"], row["not_converged"]) == (n, 1, 1, 7)
    for probability in PROBABILITIES:
        name = f"cover{probability * 100:g}"
        assert abs(row[name] - probability) < 3.5 * row[f"{name}_se"]
    assert row["cover90_low"] < row["cover90"] < row["cover90_high"]
    assert row["width"] == pytest.approx(2 * 1.6448536)
    assert row["rmse"] == pytest.approx(1, abs=0.1)
    assert row["rmse_se"] == pytest.approx(1 / np.sqrt(2 * n), rel=0.25)
    assert row["rmse_ratio"] == pytest.approx(0.5)
    assert row["rmse_ratio_se"] == pytest.approx(0, abs=1e-12)
    assert np.isnan(table.loc["daily-points", "cover90"])


def test_a_campaign_resumes_grows_and_does_not_depend_on_how_it_ran(tmp_path):
    names = ("daily-points", "level-mean", "record-line")
    small = calibrate(("base",), names, 3, tmp_path / "a")
    grown = calibrate(("base", "skewed"), names, 5, tmp_path / "a")
    afresh = calibrate(("base", "skewed"), names, 5, tmp_path / "b")
    assert grown.table.equals(afresh.table)
    assert len(small.table) < len(grown.table)


@pytest.mark.parametrize(
    ("worlds", "estimators", "words"),
    [
        (("bas",), ("daily-points",), "there is no world 'bas'"),
        (("base",), ("cubic-records",), "there is no model 'cubic-records'.*daily-points"),
        (("base", "base"), ("daily-points",), "name each world"),
        (("base",), ("linear-records+forecast",), "describes record-holders only"),
        (("matrices",), ("linear-stochastic+forecast",), "name a world of scores"),
    ],
)
def test_wrong_names_are_said_before_anything_runs(worlds, estimators, words, tmp_path):
    with pytest.raises(SpecError, match=words):
        calibrate(worlds, estimators, 1, tmp_path)


def test_a_part_of_a_campaign_does_not_replace_the_whole(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command = ["validate", "calibrate", "--worlds", "base", "--models", "daily-points"]
    with pytest.raises(SystemExit, match="0"):
        main([*command, "--n", "2", "--store", "kept", "--jobs", "1"])
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["calibration-part"]
    assert "calibration-part" in capsys.readouterr().out


def test_an_interval_that_is_one_value_covers_it_whatever_the_order_of_the_sum():
    other = 0.1 + 0.2 + 0.3
    point = WorldEstimate(other, ((other, other),) * 4)
    done = [
        done_with("base", "honest", i, {("realized", "window"): 0.3 + 0.2 + 0.1}, point)
        for i in range(2)
    ]
    assert other != 0.3 + 0.2 + 0.1
    (row,) = coverage_table({one.key: one for one in done}).to_dict("records")
    assert row["cover90"] == 1
