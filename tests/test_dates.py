"""Which day a model is dated at, and days that are open: small examples worked by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from importlib import resources

import naive
import numpy as np
import pytest
import xarray as xr
from simulate import make_releases

from frontierlag.claims.shape import cadence
from frontierlag.dates import Window, day_number
from frontierlag.errors import ScoresError
from frontierlag.fits.fitting import Fit
from frontierlag.frontiers.observations import Observations
from frontierlag.jobs import Job
from frontierlag.lags.dates import available, release_days
from frontierlag.lags.equivalence import BEYOND_DOUBT, Exceedance
from frontierlag.lags.measure import measure, realized_gap_by_day, realized_lag_by_day, staircases
from frontierlag.lags.realized import Staircase, best_on_release, lag_at_release, realized_lag
from frontierlag.model import ModelSpec
from frontierlag.names import CAPABILITIES, MINIMUM, REALIZED, RELEASE, SAMPLE_DIMS, VALUE, WINDOW
from frontierlag.results.manifest import dates_record
from frontierlag.runs.request import Request
from frontierlag.scores import BadRowsError, date_lint, load_scores, parse_comparison, releases
from frontierlag.scores.corrections import read_corrections
from frontierlag.scores.releases import reference_date, subset
from frontierlag.settings import SamplerSettings
from frontierlag.studies.sensitivity.alternatives import DATED, Case, alternatives
from frontierlag.studies.sensitivity.dates import shifted

MONTH = 365.25 / 12
OWN = """model,country,released,announced,score
A,USA,2025-01-01,,100
B,USA,2025-06-01,2025-03-01,120
E,USA,2025-01-15,,95
C,China,2025-02-01,2025-01-20,90
D,China,2025-08-01,,110
F,China,2025-02-10,,80
"""


def equivalence_lag(leader, follower, days, threshold=BEYOND_DOUBT):
    """Lag on each day and whether it is only a bound, of all draws at once."""
    return Exceedance.of(leader, follower, blocks=1).lag(days, threshold)


def write(tmp_path, text, name="table.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def of(path, dates="released"):
    table = load_scores(path, dates=dates)
    return table, releases(table, parse_comparison("us-china", table))


# --- conventions


@pytest.mark.parametrize(
    # China's best from 2025-08-01 on is D with 110, which the USA first exceeded with B: used from
    # 2025-06-01, 61 days before, announced on 2025-03-01, 153 days before. The mean over the 31
    # days of August is 15 days more.
    ("dates", "first"),
    [("released", 61), ("announced", 153), ("as-published", 61)],
)
def test_a_lag_by_each_convention_worked_out_by_hand(tmp_path, dates, first):
    _, found = of(write(tmp_path, OWN), dates)
    august = np.arange(day_number(date(2025, 8, 1)), day_number(date(2025, 9, 1)))
    stairs = [Staircase.of(found.day[found.of(g)], found.score[found.of(g)][None]) for g in (0, 1)]
    lag, censored = realized_lag(*stairs, august)
    np.testing.assert_allclose(lag[0] * MONTH, first + np.arange(31))
    assert lag.mean() * MONTH == pytest.approx(first + 15)
    assert not censored.any()
    assert found.dates == dates


def test_both_dates_are_kept_and_models_without_an_announcement_are_counted(tmp_path):
    table, found = of(write(tmp_path, OWN), "announced")
    at = table.frame.set_index("model")
    assert [f"{d:%Y-%m-%d}" for d in at.loc["B", ["released", "announced", "dated"]]] == [
        "2025-06-01",
        "2025-03-01",
        "2025-03-01",
    ]
    assert at["announced"].isna().sum() == 4
    assert f"{at.loc['A', 'dated']:%Y-%m-%d}" == "2025-01-01"
    (note,) = [words for words in table.notes if "announcement" in words]
    assert "4 of 6" in note
    # The last day that the table speaks for is not moved by the convention.
    assert table.as_of == load_scores(tmp_path / "table.csv").as_of == date(2025, 8, 1)
    assert (found.open_days == 0).all()


@pytest.mark.parametrize(
    ("row", "column", "advice"),
    [
        ("x,USA,2025-01-01,soon,,,1", "announced", "YYYY-MM-DD"),
        ("x,USA,2025-01-01,,2025-01-02,,1", "released_low", "later than the release date"),
        ("x,USA,2025-01-01,,,2024-12-31,1", "released_high", "earlier than the release date"),
    ],
)
def test_bad_dates(tmp_path, row, column, advice):
    head = "model,country,released,announced,released_low,released_high,score\n"
    with pytest.raises(BadRowsError) as caught:
        load_scores(write(tmp_path, f"{head}{row}\n"))
    assert [(p.column, advice in p.advice) for p in caught.value.problems] == [(column, True)]


def test_a_tables_own_intervals_hold_for_release_dates_only(tmp_path):
    rows = OWN.replace("announced,score", "announced,released_low,released_high,score")
    rows = "\n".join(
        line if i == 0 else line.rsplit(",", 1)[0] + ",,," + line.rsplit(",", 1)[1]
        for i, line in enumerate(rows.splitlines())
    )
    rows = rows.replace(
        "B,USA,2025-06-01,2025-03-01,,,", "B,USA,2025-06-01,2025-03-01,2025-05-30,2025-06-05,"
    )
    path = write(tmp_path, rows)
    _, found = of(path)
    at = int(np.flatnonzero(found.model == "B")[0])
    assert (found.day[at] - found.day_low[at], found.day_high[at] - found.day[at]) == (2, 4)
    assert found.open_days.tolist() == [6 if name == "B" else 0 for name in found.model]
    for dates in ("announced", "as-published"):
        assert (of(path, dates)[1].open_days == 0).all()


# --- corrections

EPOCH = "Model,eci,eci_ci_low,eci_ci_high,date,Organization,Country (of organization)\n"


def epoch_table(tmp_path, model, day):
    rows = [(model, day), ("other", "2024-01-01")]
    text = "".join(f"{name},{100 + i},90,120,{d},OpenAI,USA\n" for i, (name, d) in enumerate(rows))
    return load_scores(write(tmp_path, EPOCH + text, "eci_scores.csv"))


@pytest.mark.parametrize(
    ("model", "day", "corrected"),
    [
        ("o3", "2024-12-20", True),
        ("o3", "2024-12-21", False),
        ("O3", "2024-12-20", False),
        ("o3 ", "2024-12-20", True),  # spaces around a name are none of it
        ("o3-mini", "2024-12-20", False),
    ],
)
def test_a_correction_is_of_one_model_and_one_date(tmp_path, model, day, corrected):
    table = epoch_table(tmp_path, model, day)
    expected = "2025-04-16" if corrected else day
    assert f"{table.frame['released'].iloc[0]:%Y-%m-%d}" == expected
    assert [c.model for c in table.corrections if c.changes] == (["o3"] if corrected else [])


def test_a_table_in_the_own_schema_is_not_corrected(tmp_path):
    rows = OWN.replace("B,USA,2025-06-01,2025-03-01", "o3,USA,2024-12-20,")
    table = load_scores(write(tmp_path, rows))
    assert table.corrections == ()
    assert f"{table.frame.set_index('model').loc['o3', 'dated']:%Y-%m-%d}" == "2024-12-20"


def test_a_copy_of_the_index_is_dated_like_the_original(tmp_path):
    """A vintage given as a file, in the layout of the archive: its anchors say what it is."""
    source = resources.files("frontierlag.scores") / "data" / "vintages" / "eci_2026-08-19.csv"
    copy = tmp_path / "index_2026-08-25.csv"
    copy.write_bytes(source.read_bytes())
    days = ["released", "dated", "dated_low", "dated_high"]
    original, own = load_scores("eci-2026-08-19"), load_scores(copy)
    assert own.corrections == original.corrections
    assert own.frame[days].equals(original.frame[days])
    assert load_scores(copy, dates="as-published").corrections == ()


def test_o3_counts_from_its_release_by_default_and_from_its_announcement_if_asked():
    days = {}
    for dates in ("released", "announced", "as-published"):
        table, found = of("eci-2026-08-11", dates)
        days[dates] = str(found.date[found.model == "o3"][0])
        record = dates_record(table, found)
        assert record["convention"] == dates
        changed = {(one["model"], one["old"], one["new"]) for one in record["changed"]}
        assert (("o3", "2024-12-20", "2025-04-16") in changed) is (dates != "as-published")
    assert days == {
        "released": "2025-04-16",
        "announced": "2024-12-20",
        "as-published": "2024-12-20",
    }
    assert any("are corrected" in note for note in load_scores("eci-2026-08-11").notes)
    assert any(
        "not applied" in n for n in load_scores("eci-2026-08-11", dates="as-published").notes
    )


HEAD = "model,old,old_kind,new,new_kind,earliest,latest,announced,reason,source\n"


def test_what_a_correction_settles_is_not_warned_of(tmp_path, monkeypatch):
    name = "GPT-4o (Aug 2024)"
    row = f"{name},2024-05-13,family release,2024-08-06,snapshot release,,,,its own day,source\n"
    monkeypatch.setattr(
        "frontierlag.scores.reading.assemble.corrections", lambda: read_corrections(HEAD + row)
    )
    path = write(tmp_path, f"{EPOCH}{name},100,90,120,2024-05-13,OpenAI,USA\n", "eci_scores.csv")
    assert date_lint(load_scores(path)) == []
    assert len(date_lint(load_scores(path, dates="as-published"))) == 1


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("m,2024-01-01,release,2024-02-01,release,2024-02-02,2024-02-03,,r,s", "lies outside"),
        ("m,2024-01-01,release,2024-02-01,release,2024-01-31,,,r,s", "both earliest and latest"),
        ("m,2024-01-01,leak,2024-02-01,release,,,,r,s", "old_kind"),
        ("m,2024-01-01,release,2024-02-30,release,,,,r,s", "row 2, new"),
        ("m,2024-01-01,release,2024-02-01,release,,,,,s", "row 2, reason"),
        (
            "m,2024-01-01,release,2024-02-01,release,,,,r,s\n"
            "m,2024-01-01,release,2024-03-01,release,,,,r,s",
            "there twice",
        ),
    ],
)
def test_a_table_of_corrections_is_checked(row, said):
    with pytest.raises(ScoresError, match=said):
        read_corrections(f"{HEAD}{row}\n")


def test_a_table_of_corrections_needs_its_columns():
    with pytest.raises(ScoresError, match="it needs model, old, old_kind"):
        read_corrections("model,new\nm,2024-01-01\n")


# --- open days


def open_releases(seed=1):
    """14 releases of two groups, half of them with days that are open; two intervals overlap."""
    rng = np.random.default_rng(seed)
    n = 14
    base = make_releases(
        18_300 + np.sort(rng.integers(0, 60, n)), np.arange(n) % 2, rng.normal(100, 10, n), 2.0
    )
    wide = rng.integers(0, 12, (2, n)) * (rng.random(n) < 0.6)
    return replace(base, day_low=base.day - wide[0], day_high=base.day + wide[1])


def made_fit(r, seed=1, draws=(2, 40)):
    """A fit of made-up capabilities, without a sampler."""
    rng = np.random.default_rng(seed)
    capability = np.round(r.score + rng.normal(0, 6, (*draws, len(r))), 1)
    tree = xr.DataTree.from_dict(
        {
            CAPABILITIES: xr.Dataset(
                {"capability": ((*SAMPLE_DIMS, RELEASE), capability)}, {RELEASE: r.model}
            )
        }
    )
    spec = ModelSpec.of("linear-stochastic", r.metric)
    return Fit(spec, Observations(r, reference_date(r)), SamplerSettings(seed=seed), tree, 0.0)


def window_of(r):
    last = r.as_of
    return Window(date.fromordinal(last.toordinal() - 45), last)


def sides(day, r):
    return [(day[r.group == g], r.group == g) for g in (0, 1)]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_lags_with_open_days_follow_their_definition_in_every_draw(seed):
    r = open_releases(seed)
    fit, window = made_fit(r, seed), window_of(r)
    day = release_days(r, seed, (2, 40))
    assert (day != r.day).any()
    lag, censored = realized_lag_by_day(fit, window)
    gap = realized_gap_by_day(fit, window)
    leader, follower = staircases(fit)
    when, at_release, _ = lag_at_release(leader, follower, window.days)
    for c, d in ((0, 0), (0, 17), (1, 5), (1, 39)):
        (lead_day, lead), (follow_day, follow) = sides(day[c, d], r)
        own = fit.capabilities[c, d]
        for at, t in enumerate(window.days):
            value, bound = naive.realized(lead_day, own[lead], follow_day, own[follow], t)
            np.testing.assert_allclose(lag[c, d, at], value, atol=1e-12)
            assert bool(censored[c, d, at]) == bound
            best = [
                naive.best_by(lead_day, own[lead], t),
                naive.best_by(follow_day, own[follow], t),
            ]
            if None not in best:
                assert float(gap[c, d, at]) == pytest.approx(best[0] - best[1])
        expected = naive.at_release(
            lead_day, own[lead], follow_day, own[follow], window.days[0], window.days[-1]
        )
        shown = ~np.isnan(at_release[c, d])
        assert when[c, d][shown].tolist() == [t for t, _, _ in expected]
        np.testing.assert_allclose(at_release[c, d][shown], [v for _, v, _ in expected])


def test_mean_and_spread_are_those_of_a_loop_over_draws():
    r = open_releases(4)
    fit, window = made_fit(r, 4, (2, 150)), window_of(r)
    measured = measure(fit_with_trend(fit), window)
    day, found = release_days(r, 4, (2, 150)), []
    for c, d in np.ndindex(2, 150):
        (lead_day, lead), (follow_day, follow) = sides(day[c, d], r)
        own = fit.capabilities[c, d]
        lags = [
            naive.realized(lead_day, own[lead], follow_day, own[follow], t)[0] for t in window.days
        ]
        found.append((np.mean(lags), np.min(lags)))
    for period, values in zip((WINDOW, MINIMUM), np.array(found).T, strict=True):
        own = measured.lags[REALIZED][VALUE].sel(period=period).to_numpy().ravel()
        known = ~np.isnan(values)
        np.testing.assert_allclose(own[known], values[known])
        assert own[known].mean() == pytest.approx(values[known].mean())
        assert own[known].std() == pytest.approx(values[known].std())


def fit_with_trend(fit):
    """The same with parameters, so that every lag can be measured."""
    shape = fit.capabilities.shape[:2]
    tree = fit.tree.copy()
    names = {p.name: p for p in fit.spec.parameters}
    values = {"level": 100.0, "slope": 14.0}
    tree["posterior"] = xr.DataTree(
        xr.Dataset(
            {
                name: ((*SAMPLE_DIMS, "group"), np.full((*shape, 2), values.get(name, 1.0)))
                for name in names
            }
        )
    )
    return replace(fit, tree=tree)


def test_days_without_an_interval_change_no_bit():
    r = replace_certain(open_releases(5))
    fit, window = fit_with_trend(made_fit(r, 5)), window_of(r)
    assert release_days(r, 5, (2, 40)) is r.day
    assert available(fit).day.ndim == 1
    # The same days given to every draw for itself: the general path, the same numbers.
    own = np.broadcast_to(r.day, fit.capabilities.shape)
    for g in (0, 1):
        mask = r.group == g
        shared = Staircase.of(r.day[mask], fit.capabilities[..., mask])
        each = Staircase.of(own[..., mask], fit.capabilities[..., mask])
        np.testing.assert_array_equal(shared.on(window.days), each.on(window.days))
        np.testing.assert_array_equal(
            best_on_release(r.day[mask], fit.capabilities[..., mask]),
            best_on_release(own[..., mask], fit.capabilities[..., mask]),
        )
        for one, other in zip(
            vars(cadence(shared, window.days)).values(),
            vars(cadence(each, window.days)).values(),
            strict=True,
        ):
            np.testing.assert_array_equal(one, other)
    pair = [
        [Staircase.of(days[..., r.group == g], fit.capabilities[..., r.group == g]) for g in (0, 1)]
        for days in (r.day, own)
    ]
    for shared, each in zip(
        realized_lag(*pair[0], window.days), realized_lag(*pair[1], window.days), strict=True
    ):
        np.testing.assert_array_equal(shared, each)
    for shared, each in zip(
        equivalence_lag(*pair[0], window.days), equivalence_lag(*pair[1], window.days), strict=True
    ):
        np.testing.assert_array_equal(shared, each)


def replace_certain(r):
    return replace(r, day_low=r.day, day_high=r.day)


def test_open_days_are_uniform_on_whole_days_and_never_past_the_last():
    r = make_releases([100, 110, 120, 130], [0, 1, 0, 1], [1.0, 2.0, 3.0, 4.0])
    r = replace(r, day_low=r.day - np.array([0, 2, 0, 3]), day_high=r.day + np.array([0, 1, 0, 30]))
    day = release_days(r, 11, (4, 5_000))
    assert (day[..., [0, 2]] == [100, 120]).all()
    values, counts = np.unique(day[..., 1], return_counts=True)
    assert values.tolist() == [108, 109, 110, 111]
    # Each expected 5,000 times, with a standard deviation of 61.
    assert np.abs(counts - 5_000).max() < 250
    # By day 130, the as-of date, the last one is in the table.
    assert np.unique(day[..., 3]).tolist() == [127, 128, 129, 130]
    assert abs(np.corrcoef(day[..., 1].ravel(), day[..., 3].ravel())[0, 1]) < 0.03
    assert r.open_days.tolist() == [0, 3, 0, 3]


def test_a_release_has_its_days_from_its_name_and_the_seed():
    r = open_releases(6)
    some = np.arange(14) % 3 > 0
    whole, part = release_days(r, 6, (2, 30)), release_days(subset(r, some), 6, (2, 30))
    np.testing.assert_array_equal(whole[..., some], part)
    assert (release_days(r, 7, (2, 30)) != whole).any()


def test_equivalence_lag_with_open_days_follows_its_definition():
    r = open_releases(8)
    fit, window = made_fit(r, 8, (2, 60)), window_of(r)
    leader, follower = staircases(fit)
    lag, _ = equivalence_lag(leader, follower, window.days, 0.8)
    every = np.arange(int(leader.day.min()), window.days[-1] + 1)
    lead, follow = leader.on(every), follower.on(window.days)
    for at, t in enumerate(window.days):
        if np.isnan(follow[..., at]).any() or np.isnan(lag[at]):
            continue
        share = (np.nan_to_num(lead, nan=-np.inf) > follow[..., [at]]).mean((0, 1))
        below = np.flatnonzero((share <= 0.8) & (every <= t))
        since = every[below[-1]] + 1 if below.size else every[0]
        assert lag[at] * MONTH == pytest.approx(max(t - since, 0))


def test_days_that_are_moved_keep_their_intervals():
    r = open_releases(9)
    moved = shifted(r, np.full(14, -5))
    np.testing.assert_array_equal(moved.day - moved.day_low, r.day - r.day_low)
    with pytest.raises(ScoresError, match="lies outside day_low to day_high"):
        replace(r, day=r.day + 40, day_low=r.day, day_high=r.day)


# --- jobs, requests, alternatives


def test_a_results_folder_of_other_dates_is_another_one():
    slugs = {
        d: Job("eci-2026-08-11", dates=d).prepare().slug.name for d in ("released", "announced")
    }
    assert slugs == {"released": "us-china", "announced": "us-china-dates-announced"}


def test_a_request_keeps_the_convention():
    job = Job("eci-2026-08-11", dates="announced")
    request = Request.of(job, (), SamplerSettings(), None, full=False)
    assert request.job().dates == "announced"
    assert "--dates announced" in request.command()
    assert Request.read({"request": request.record()}, "here") == request


def test_the_convention_is_the_first_alternative():
    case = Case.of(Job("eci-2026-08-11"))
    first, second = alternatives(case)[1:3]
    assert [a.name for a in (first, second)] == [DATED["announced"], DATED["as-published"]]
    changed = second.change(case)
    assert str(changed.releases.date[changed.releases.model == "o3"][0]) == "2024-12-20"
    assert changed.window == case.window
    base = Case.of(Job("eci-2026-08-11", dates="as-published"))
    names = [DATED["released"], DATED["announced"]]
    assert [a.name for a in alternatives(base)[1:3]] == names
    assert first.what == "dates"
