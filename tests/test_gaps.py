"""The difference of two lags: one posterior for both comparisons."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from unittest.mock import Mock

import arviz as az
import numpy as np
import pytest
import xarray as xr
from evidence import MAIN, OTHER, Fits, evidence_of

from frontierlag.analyses.analysis import Analysis
from frontierlag.analyses.refits import quick_fit
from frontierlag.analyses.two_comparisons import (
    NEITHER,
    TwoComparisons,
    combinations,
    fit_two_comparisons,
    pairs,
    union,
)
from frontierlag.claims import ARTICLE, Claim, Need, Unanswerable, answer
from frontierlag.claims.claim import NO_ANSWER
from frontierlag.claims.gaps import CROSSED, ONE_FIT, lags_of_both, same_gap, with_margin
from frontierlag.dates import DAYS_PER_MONTH, Window
from frontierlag.errors import SpecError
from frontierlag.fits.convergence import Check, Convergence
from frontierlag.jobs import Job
from frontierlag.lags.dates import release_days
from frontierlag.lags.measure import measure
from frontierlag.model import ModelSpec
from frontierlag.names import CENSORED, REALIZED, SAMPLE_DIMS
from frontierlag.runs.plan import evidence_items
from frontierlag.scores.releases import subset
from frontierlag.settings import SamplerSettings
from frontierlag.words import FEW_BOUNDS

pytestmark = pytest.mark.xdist_group("linear-stochastic")

NEEDS = (MAIN, OTHER)


@pytest.fixture(scope="module")
def tied(asked):
    return {seed: lags_of_both(evidence, NEEDS) for seed, evidence in asked.items()}


def mcse(draws):
    return float(az.mcse(draws.to_dataset(name="x"), method="mean")["x"])


def lags(both):
    return both.first, both.second


def test_both_lags_come_from_one_fit_and_again_with_another_seed(tied, fitted):
    ours, theirs = lags(tied[3]), lags(tied[4])
    assert tied[3].how == CROSSED
    for mine, again in zip(ours, theirs, strict=True):
        assert not np.array_equal(mine, again)
        error = [mcse(x) for x in (mine, again)]
        # Four standard errors of the difference, about a fifth of a month.
        assert abs(float(mine.mean() - again.mean())) < 4 * np.hypot(*error) < 0.4
        # And not the mean alone: the spreads agree too.
        assert float(mine.std()) == pytest.approx(float(again.std()), rel=0.15)
    # In addition, what each lag's own fit reports over the days on which both are mostly known.
    for own, analysis in zip(tied[3].own, fitted[3], strict=True):
        told = measure(analysis.fit, tied[3].window)
        np.testing.assert_allclose(own, told.lag(REALIZED, "window"))
        assert float(told.lags[REALIZED][CENSORED].sel(period="window").mean()) <= FEW_BOUNDS
    # Open models of 2023 fall behind the table's first closed ones: a day earlier it is too much.
    window = tied[3].window
    earlier = measure(fitted[3][1].fit, Window(window.since - timedelta(days=1), window.as_of))
    assert float(earlier.lags[REALIZED][CENSORED].sel(period="window").mean()) > FEW_BOUNDS


def test_the_fit_of_both_tells_each_lag_within_half_its_spread_of_the_own_fit(tied):
    """Other frontiers are another model: not within Monte Carlo error, but near."""
    for mine, own in zip(lags(tied[3]), tied[3].own, strict=True):
        assert abs(float(mine.mean() - own.mean())) < 0.45 * float(mine.std())
        assert float(own.std()) == pytest.approx(float(mine.std()), rel=0.2)


def test_one_posterior_narrows_the_difference_of_the_two_lags(tied):
    one, other = lags(tied[3])
    # Fits of another seed are independent of these in truth, not by shuffling.
    apart, other_apart = lags(tied[4])
    independent = [float((one - other_apart).std()), float((apart - other).std())]
    assert float((one - other).std()) < 0.7 * min(independent)
    assert np.corrcoef(one.to_numpy().ravel(), other.to_numpy().ravel())[0, 1] > 0.5
    assert abs(np.corrcoef(one.to_numpy().ravel(), other_apart.to_numpy().ravel())[0, 1]) < 0.1


def test_the_better_the_scores_are_measured_the_nearer_the_fits(fitted, eci_new, closed_open):
    """Without measurement error a capability is its score, whichever frontier it is shrunk to."""
    settings = SamplerSettings(draws=300, tune=400, seed=3)

    def measured_well(releases, like):
        arms = ("stderr", "stderr_low", "stderr_high")
        exact = replace(releases, **{name: getattr(releases, name) / 50 for name in arms})
        spec = ModelSpec.of("linear-stochastic", exact.metric)
        return Analysis(quick_fit(spec, spec.observations(exact), settings), like.measured)

    pair = [measured_well(r, a) for r, a in zip((eci_new, closed_open), fitted[3], strict=True)]
    found = lags_of_both(evidence_of(pair), NEEDS)
    for mine, raw in zip(lags(found), found.own, strict=True):
        assert float(mine.std()) < 0.2
        assert float(mine.mean()) == pytest.approx(float(raw.mean()), abs=0.03)


@pytest.mark.parametrize("shape", [(4, 250), (1, 7)])
def test_a_margin_is_taken_whole_and_the_order_kept(shape):
    rng = np.random.default_rng(3)
    draws = xr.DataArray(rng.normal(size=shape).round(1), dims=SAMPLE_DIMS)
    margin = xr.DataArray(rng.exponential(size=shape), dims=SAMPLE_DIMS)
    found = with_margin(draws, margin)
    np.testing.assert_array_equal(np.sort(found, axis=None), np.sort(margin, axis=None))
    order = np.argsort(draws.to_numpy().ravel(), kind="stable")
    assert (np.diff(found.to_numpy().ravel()[order]) >= 0).all()


def test_combinations_of_the_newest_table(eci_new, closed_open):
    every = union(eci_new, closed_open)
    assert len(every) == len(set(eci_new.model) | set(closed_open.model))
    number = combinations(every, (eci_new, closed_open))
    country = dict(zip(eci_new.model, eci_new.group, strict=True))
    weights = dict(zip(closed_open.model, closed_open.group, strict=True))
    there = {}
    for name, k in zip(every.model, number, strict=True):
        there.setdefault(k, set()).add((country.get(name, NEITHER), weights.get(name, NEITHER)))
    # China's few closed models, and those of unknown weights, stand with its open ones.
    assert sorted(map(sorted, there.values())) == [
        [(-1, 0), (-1, 1)],
        [(0, 0)],
        [(0, 1)],
        [(1, -1), (1, 0), (1, 1)],
    ]
    small = combinations(every, (eci_new, closed_open), fewest=1)
    assert len(np.unique(small)) == 7


def test_every_frontier_is_in_a_pair():
    assert pairs(2) == [(0, 1)]
    assert pairs(4) == [(0, 1), (2, 3)]
    assert pairs(3) == [(0, 1), (2, 0)]


def test_a_claim_reads_and_does_not_sample(asked, monkeypatch):
    """The fit of both comparisons is planned with the others; the question only reads it."""
    import frontierlag.analyses.refits as refits

    evidence = asked[3]
    evidence.crossed(*NEEDS)

    def refuse(*_, **__):
        raise AssertionError("a claim called the sampler")

    monkeypatch.setattr(refits, "sample", refuse)
    assert CROSSED in same_gap(evidence, NEEDS).note


def test_the_plan_has_the_fit_of_both_comparisons_once(tmp_path):
    (claim,) = [c for c in ARTICLE if c.number == "6"]
    job = Job("eci-2026-08-11")
    items, evidence = evidence_items(job, job.prepare(), ARTICLE, [], tmp_path)
    (pair,) = set(evidence.pairs.values())
    assert {pair.first, pair.second} <= set(items)
    assert [i.prepared.releases.comparison.name for i in (pair.first, pair.second)] == [
        "us-china",
        "closed-open",
    ]
    needs = [need.fit for need in claim.needs]
    with pytest.raises(Unanswerable, match="was not made in this run"):
        evidence.crossed(*needs)
    told = replace(evidence, crossed_fits={pair: "too few releases"})
    with pytest.raises(Unanswerable, match="too few releases"):
        told.crossed(*needs)
    made = Mock(spec=TwoComparisons)
    assert replace(evidence, crossed_fits={pair: made}).crossed(*needs) is made


def test_comparisons_of_two_days_have_no_fit_of_both(both):
    one, other = (a.fit.observations.releases for a in both)
    late = replace(other, as_of=other.as_of - timedelta(days=1))
    with pytest.raises(SpecError, match="not one table on one day"):
        fit_two_comparisons(both[0].fit.spec, one, late, both[0].fit.settings)


@pytest.mark.parametrize(
    ("name", "reason"), [("parallel-stochastic", "share"), ("linear-records", "record-holders")]
)
def test_a_model_without_a_frontier_for_every_combination_says_so(both, name, reason):
    spec = ModelSpec.of(name, both[0].fit.spec.metric)
    pair = [Analysis(replace(a.fit, spec=spec), a.measured) for a in both]
    claim = Claim("6", "w", "e", same_gap, needs=NEEDS)
    (found,) = answer([claim], evidence_of(pair))
    assert found.verdict == NO_ANSWER
    assert reason in found.note


def test_the_answer_says_what_it_is_of(asked):
    (claim,) = [c for c in ARTICLE if c.number == "6"]
    (found,) = answer([claim], asked[3])
    assert CROSSED in found.note
    assert len(found.evidence) == 2
    assert "closed" in found.evidence[1]


def test_a_fit_of_both_that_missed_the_gate_marks_the_answer(both, asked):
    found = asked[3].crossed(*NEEDS)
    missed = Check("R-hat", 1.2, "at most 1.01", "slope[USA]", False)
    rest = [check for check in found.gates[0].checks if check.name != "R-hat"]
    failed = replace(found, gates=(Convergence((missed, *rest)),))
    claim = Claim("6", "w", "e", same_gap, needs=NEEDS)
    passed = SimpleNamespace(converged=True)
    pair = [
        SimpleNamespace(name=a.name, fit=a.fit, measured=a.measured, convergence=passed)
        for a in both
    ]
    evidence = evidence_of(pair)
    evidence.crossed = lambda *_: failed
    (found,) = answer([claim], evidence)
    assert found.converged is False
    assert found.note.startswith("NOT CONVERGED")


def test_shared_releases_share_their_noise_but_not_their_parameters(both):
    draws = [a.measured.lag(REALIZED, "window").to_numpy().ravel() for a in both]
    assert np.corrcoef(*draws)[0, 1] > 0.3
    slopes = [a.fit.tree["posterior"]["slope"].to_numpy().reshape(-1, 2) for a in both]
    assert np.abs(np.corrcoef(slopes[0].T, slopes[1].T)[:2, 2:]).max() < 0.2


def test_one_fit_answers_for_two_splits_of_its_models(both, closed_open, eci_new):
    among = subset(closed_open, np.isin(closed_open.model, eci_new.model))
    evidence = Fits(split=among, us_china=both[0])
    needs = (MAIN, Need(split="closed-open"))
    found = lags_of_both(evidence, needs)
    assert found.how == ONE_FIT
    # By the definition, draw by draw: the same draws in two groupings.
    fit = both[0].fit
    for d in (0, 17):
        drawn = dict(zip(fit.observations.releases.model, fit.capabilities[1, d], strict=True))
        for releases, lag in ((eci_new, found.first), (among, found.second)):
            day = np.broadcast_to(
                release_days(releases, fit.settings.seed, fit.capabilities.shape[:2]),
                (*fit.capabilities.shape[:2], len(releases.day)),
            )[1, d]
            capability = np.array([drawn[m] for m in releases.model])
            daily = daily_lags(releases, day, capability, found.window)
            assert float(lag[1, d]) == pytest.approx(np.mean(daily))
    one, other = (lag.to_numpy().ravel() for lag in lags(found))
    assert np.corrcoef(one, other)[0, 1] > 0.3
    asked = same_gap(evidence, needs)
    (told,) = answer([Claim("6", "w", "e", same_gap, needs=needs)], evidence)
    assert "split into closed-open" in told.evidence[1]
    assert ONE_FIT in asked.note
    np.testing.assert_array_equal(asked.holds.to_numpy().ravel(), abs(one - other) < 1)


def daily_lags(releases, dated, capability, window):
    """Realized lag on every day of one draw, by the definition (both groups are there)."""
    best = []
    for g in (0, 1):
        day, c = dated[releases.group == g], capability[releases.group == g]
        best.append([c[day <= t].max() for t in window.days])
    sides = [np.array(b) for b in best]
    out = []
    for i, t in enumerate(window.days):
        ahead, behind = (0, 1) if sides[0][i] >= sides[1][i] else (1, 0)
        g = releases.group == ahead
        above = dated[g][capability[g] > sides[behind][i]]
        since = (t - above.min()) / DAYS_PER_MONTH if above.size else 0.0
        out.append(since if ahead == 0 else -since)
    return out


def test_a_fit_that_lacks_models_of_the_split_says_so(both, closed_open):
    claim = Claim("6", "w", "e", same_gap, needs=(MAIN, Need(split="closed-open")))
    (found,) = answer([claim], Fits(split=closed_open, us_china=both[0]))
    assert found.verdict == NO_ANSWER
    assert "capability" in found.note
