"""Claims: how they are asked, what they answer, and what they do when the data cannot."""

import re
from dataclasses import replace
from datetime import date
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from evidence import MAIN, Fits

from frontierlag.analyses.analysis import Analysis
from frontierlag.claims import (
    ARTICLE,
    AT_LEAST,
    OF_BOUNDS,
    Claim,
    ClaimDraws,
    Need,
    Unanswerable,
    answer,
    between,
)
from frontierlag.claims.article import FOUR, FOURTEEN
from frontierlag.claims.claim import LEFT_CENSORED, NO_ANSWER, verdict
from frontierlag.claims.gaps import same_gap
from frontierlag.claims.lags import FEWEST_DAYS, extremes, shorter, steadily
from frontierlag.claims.shape import bootstrapped_sum, cadence, constant_lag, same_slope
from frontierlag.dates import DAYS_PER_MONTH, Window
from frontierlag.lags.measure import measure
from frontierlag.lags.realized import Staircase
from frontierlag.model import ModelSpec
from frontierlag.names import (
    AT_RELEASE,
    CENSORED,
    MAXIMUM,
    MINIMUM,
    PERIOD,
    REALIZED,
    SAMPLE_DIMS,
    VALUE,
    WINDOW,
)
from frontierlag.results.sentences import bounded, claim_markdown, claim_table
from frontierlag.words import FEW_BOUNDS, probability_words

pytestmark = pytest.mark.xdist_group("linear-stochastic")


@pytest.fixture(scope="module")
def to_january(both, window):
    """The same fit over a window that ends with two days of 2026."""
    return Analysis(both[0].fit, measure(both[0].fit, Window(window.since, date(2026, 1, 2))))


def test_two_days_are_not_a_year(to_january):
    evidence = Fits(us_china=to_january)
    with pytest.raises(Unanswerable, match="holds 2 days of 2026"):
        shorter(2026)(evidence, (MAIN,))
    asked = steadily(evidence, (MAIN,))
    lag = {y: to_january.measured.lag(REALIZED, y) for y in ("2024", "2025")}
    np.testing.assert_array_equal(asked.draws, lag["2025"] - lag["2024"])
    compared, *left_out = asked.note.split(";")
    assert re.findall(r"\d{4}", compared) == ["2024", "2025"]
    assert re.findall(r"(\d{4}) is left out", ";".join(left_out)) == ["2023", "2026"]


def test_a_year_counts_from_its_fewest_days_on(both, window):
    for days, counts in ((FEWEST_DAYS - 1, False), (FEWEST_DAYS, True)):
        until = date.fromordinal(date(2025, 12, 31).toordinal() + days)
        analysis = Analysis(both[0].fit, measure(both[0].fit, Window(window.since, until)))
        (found,) = answer(
            [Claim("x", "w", "e", shorter(2026), needs=(MAIN,))], Fits(us_china=analysis)
        )
        assert (found.verdict != NO_ANSWER) is counts


def test_steadily_needs_two_years_that_can_be_told(both):
    one_year = Analysis(
        both[0].fit, measure(both[0].fit, Window(date(2025, 1, 1), date(2025, 12, 31)))
    )
    with pytest.raises(Unanswerable, match="fewer than two calendar years"):
        steadily(Fits(us_china=one_year), (MAIN,))


def test_both_readings_of_the_range(asked, both):
    answers = {a.claim.number: a for a in answer(ARTICLE, asked[3])}
    for kind, low_at, high_at, range_at in (
        (AT_RELEASE, "3a", "3b", "3"),
        (REALIZED, "3c", "3d", "3e"),
    ):
        low, high = (both[0].measured.lag(kind, p).to_numpy() for p in (MINIMUM, MAXIMUM))
        assert answers[low_at].summary.median == np.median(low)
        assert answers[high_at].summary.median == np.median(high)
        as_stated = (low >= 3.5) & (low < 4.5) & (high >= 13.5) & (high < 14.5)
        assert answers[range_at].probability == np.mean(as_stated)
        share = float(both[0].measured.lags[kind][CENSORED].sel({PERIOD: WINDOW}).mean())
        assert f"{share:.0%}" in answers[range_at].note
    # A release ages until the next one: the longest lag of any day exceeds that at a release, and
    # nothing but the leader's own releases can make a day's lag shorter than at the last record.
    high, low = (
        [both[0].measured.lag(kind, p).to_numpy() for kind in (AT_RELEASE, REALIZED)]
        for p in (MAXIMUM, MINIMUM)
    )
    assert (high[0] <= high[1]).all()
    assert np.median(high[0]) < np.median(high[1]) - 1
    assert (low[0] >= low[1]).all()


def with_lag(analysis, period, values, censored):
    """The analysis with one realized lag replaced: draws around ``values``, a share censored."""
    lags = {k: v.copy(deep=True) for k, v in analysis.measured.lags.items()}
    lags[REALIZED][VALUE].loc[{PERIOD: period}] = values
    lags[REALIZED][CENSORED].loc[{PERIOD: period}] = censored
    return Fits(us_china=Analysis(analysis.fit, replace(analysis.measured, lags=lags)))


@pytest.mark.parametrize(
    ("lag", "censored", "probability"),
    [
        (7.0, FEW_BOUNDS, 1.0),  # few bounds: judged as it is
        (7.0, 2 * FEW_BOUNDS, None),  # may in truth be longer: open
        (5.0, 2 * FEW_BOUNDS, None),
        (9.0, 2 * FEW_BOUNDS, 0.0),  # at least 9 is not 6.5 to 7.5, whatever it is
    ],
)
def test_a_lag_that_is_a_bound_is_judged_only_if_the_bound_settles_it(
    both, lag, censored, probability
):
    evidence = with_lag(both[0], WINDOW, lag, censored)
    claim = Claim("x", "w", "e", between(REALIZED, WINDOW, 6.5, 7.5), needs=(MAIN,))
    (found,) = answer([claim], evidence)
    assert found.probability == probability
    assert (found.verdict == LEFT_CENSORED) is (probability is None)
    assert ("at least" in found.note) is (censored > FEW_BOUNDS)
    assert (found.bound == AT_LEAST) is (censored > FEW_BOUNDS)


def test_a_difference_of_bounds_is_called_one(both):
    evidence = with_lag(both[0], "2025", 7.0, 2 * FEW_BOUNDS)
    claim = Claim("x", "w", "e", shorter(2026), needs=(MAIN,))
    (found,) = answer([claim], evidence)
    assert found.bound == OF_BOUNDS
    assert found.probability is None
    assert bounded("1.0 months", found.bound) == f"1.0 months ({OF_BOUNDS})"
    assert bounded("7.0 months", AT_LEAST) == f"{AT_LEAST} 7.0 months"
    assert bounded("7.0 months", "") == "7.0 months"


def test_a_range_whose_largest_is_a_bound(both):
    draws = both[0].measured.lag(REALIZED, MAXIMUM)
    evidence = with_lag(both[0], MAXIMUM, draws, 2 * FEW_BOUNDS)
    asked = extremes(REALIZED, FOUR, FOURTEEN)(evidence, (MAIN,))
    # The smallest lag, which is no bound, contradicts the claim in nearly every draw.
    low = both[0].measured.lag(REALIZED, MINIMUM)
    possible = (low >= 3.5) & (low < 4.5) & (draws < 14.5)
    assert float(possible.mean()) < 0.05
    np.testing.assert_array_equal(asked.holds, possible)
    assert "upper limit" in asked.note
    assert asked.bound == AT_LEAST


def test_a_constant_lag_is_stronger_than_slopes_within_a_fifth(both):
    evidence = Fits(us_china=both[0])
    slope = both[0].fit.draws["slope"]
    ratio = slope[..., 1] / slope[..., 0]
    asked = same_slope(evidence, (MAIN,))
    np.testing.assert_allclose(asked.draws, 100 * (ratio - 1))
    np.testing.assert_array_equal(asked.holds, (ratio > 0.8) & (ratio < 1.2))
    assert "within 20 %" in asked.note
    # Straight lines drift apart by the days between first and last times 1 - ratio.
    constant = constant_lag(evidence, (MAIN,))
    span = (len(both[0].measured.window.days) - 1) / DAYS_PER_MONTH
    np.testing.assert_allclose(constant.draws, span * (1 - ratio), rtol=1e-6)
    assert float(constant.holds.mean()) < float(asked.holds.mean())


def test_the_bootstrap_over_releases_has_the_standard_error_of_the_sum():
    values = np.random.default_rng(6).normal(0.1, 0.5, 60)
    draws = bootstrapped_sum(values, (4, 5000), seed=1)
    error = np.sqrt(60 * values.var(ddof=1))
    assert float(draws.mean()) == pytest.approx(values.sum(), abs=4 * error / np.sqrt(20_000))
    assert float(draws.std()) == pytest.approx(error, rel=0.05)


def test_another_table_stops_at_the_as_of_date(tmp_path):
    from frontierlag.jobs import Job
    from frontierlag.runs.plan import evidence_items

    (claim,) = [c for c in ARTICLE if c.number == "10"]

    def last_day(as_of):
        job = Job("eci-2026-08-11", as_of=as_of)
        (item,), _ = evidence_items(job, job.prepare(), [claim], [], tmp_path)
        assert item.prepared.table.name == "frontiermath-2026-01-17"
        return item.prepared.releases.as_of

    own = last_day(None)
    assert own == date(2026, 1, 17)
    assert last_day(date(2026, 6, 30)) == own
    assert last_day(date(2025, 10, 31)) == date(2025, 10, 31)


def test_a_split_is_answered_from_the_fit_that_is_made_anyhow(tmp_path, closed_open):
    from frontierlag.jobs import Job
    from frontierlag.runs.plan import evidence_items

    claim = Claim("6", "w", "e", same_gap, needs=(MAIN, Need(split="closed-open")))
    job = Job("eci-2026-08-11")
    items, evidence = evidence_items(job, job.prepare(), [claim], [], tmp_path)
    assert len(items) == 1
    groups = evidence.groups(claim.needs[1])
    assert groups.comparison == closed_open.comparison
    np.testing.assert_array_equal(groups.model, closed_open.model)


def test_every_claim_of_the_article_has_an_answer_or_says_why_not(asked, both, eci_new, window):
    answers = {a.claim.number: a for a in answer(ARTICLE, asked[3])}
    assert {n.rstrip("abcde") for n in answers} == {str(n) for n in range(1, 11)}
    for number in ("8b", "9", "10"):
        assert answers[number].verdict == NO_ANSWER
        assert answers[number].note == "not at hand"
        assert answers[number].probability is None
    # 2023 is only known to be at least so long.
    assert answers["4a"].verdict == LEFT_CENSORED
    assert answers["4a"].summary is not None
    lag = both[0].measured.lag(REALIZED, WINDOW).to_numpy()
    assert answers["2"].probability == np.mean((lag >= 6.5) & (lag < 7.5))
    assert answers["2"].summary.median == np.median(lag)
    low, high = (both[0].measured.lag(REALIZED, p).to_numpy() for p in ("2024", "2025"))
    assert answers["5b"].probability == np.mean(high < low)


def test_a_user_adds_a_claim_in_a_few_lines(both):
    mine = Claim(
        number="11",
        words="China trailed by more than six months in 2026",
        estimand="mean realized lag, 2026",
        unit="months",
        needs=(Need(),),
        ask=between(REALIZED, "2026", low=6),
    )
    (found,) = answer([mine], Fits(us_china=both[0]))
    lag = both[0].measured.lag(REALIZED, "2026").to_numpy()
    assert found.probability == np.mean(lag >= 6)
    assert found.model == "linear-stochastic"


def test_a_period_outside_the_window_is_said_in_its_row(both):
    claim = Claim("x", "w", "e", between(REALIZED, "2031"), needs=(Need(),))
    (found,) = answer([claim], Fits(us_china=both[0]))
    assert found.verdict == NO_ANSWER
    assert "2031" in found.note


def stand_in(both, converged=True):
    """A fit's outside, with a given verdict."""
    fit = both[0]
    return SimpleNamespace(
        convergence=SimpleNamespace(converged=converged),
        name="linear-records",
        fit=fit.fit,
        measured=fit.measured,
    )


@pytest.mark.parametrize("converged", [True, False])
def test_an_unconverged_fit_marks_the_answer(both, converged):
    draws = xr.DataArray(np.zeros((2, 3)), dims=SAMPLE_DIMS)
    claim = Claim("x", "w", "e", lambda *_: ClaimDraws(draws, draws < 1, "so"), needs=(Need(),))
    (found,) = answer([claim], Fits(us_china=stand_in(both, converged)))
    assert found.converged is converged
    assert ("NOT CONVERGED: linear-records" in found.note) is not converged
    assert found.note.endswith("so")


@pytest.mark.parametrize("apart", [0.0, 2.0])
def test_a_quantity_that_does_not_mix_marks_the_answer_though_the_fit_passed(both, apart):
    rng = np.random.default_rng(8)
    draws = xr.DataArray(rng.normal(size=(4, 500)), dims=SAMPLE_DIMS)
    draws = draws + apart * xr.DataArray([0.0, 0.0, 1.0, 1.0], dims="chain")
    claim = Claim("x", "w", "e", lambda *_: ClaimDraws(draws, draws < 1), needs=(Need(),))
    (found,) = answer([claim], Fits(us_china=stand_in(both)))
    assert found.converged is (apart == 0)
    assert ("R-hat" in found.note) is (apart > 0)


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (1.0, "very likely true"),
        (0.95, "very likely true"),
        (0.94, "likely true"),
        (0.5, "open"),
        (0.2, "open"),
        (0.19, "likely false"),
        (0.04, "very likely false"),
        (0.0, "very likely false"),
    ],
)
def test_verdict_words_follow_their_thresholds(share, words):
    assert verdict(share) == words


def test_probabilities_are_never_shown_as_certain():
    assert probability_words(1.0) == ">0.99"
    assert probability_words(0.0) == "<0.01"
    assert probability_words(0.5) == "0.50"
    assert probability_words(None) == "none"


def test_claims_are_written_with_their_numbers(both):
    from frontierlag.jobs import Job

    job = Job("eci-2026-08-11").prepare()
    answers = answer(ARTICLE, Fits(us_china=both[0]))
    table = claim_table(answers, job).set_index("number")
    assert abs(table.loc["2", "probability"] - answers[1].probability) < 5.1e-4
    assert table.loc["10", "verdict"] == NO_ANSWER
    releases = both[0].fit.observations.releases
    counts = [int((releases.group == g).sum()) for g in (0, 1)]
    told = table.loc["2", "evidence"]
    assert f"{counts[0]} of USA, {counts[1]} of China" in told
    assert f"as of {releases.as_of}" in told
    assert f"window {both[0].measured.window.since} to {releases.as_of}" in told
    text = claim_markdown(answers, job)
    assert "Epoch AI" in text
    assert text.count("\n| ") == len(ARTICLE) + 1
    assert told in text


def naive_cadence(day, best, first, last):
    """Records of one draw, by the definition."""
    records, top = [], None
    for d, b in zip(day, best, strict=True):
        if top is not None and b > top:
            records.append((d, b - top))
        top = b if top is None else max(top, b)
    inside = [(d, s) for d, s in records if first <= d <= last]
    years = (last - first + 1) / 365.25
    if len(inside) < 2:
        return len(inside) / years, np.nan, np.nan
    gaps = [(b[0] - a[0]) / DAYS_PER_MONTH for a, b in pairwise(inside)]
    return len(inside) / years, np.median(gaps), np.median([s for _, s in inside[1:]])


def test_cadence_against_a_naive_count():
    rng = np.random.default_rng(2)
    day = np.sort(rng.choice(np.arange(1000), 25, replace=False))
    capability = rng.normal(0, 5, (3, 4, 25)) + day / 100
    days = np.arange(200, 900)
    found = cadence(Staircase.of(day, capability), days)
    for c in range(3):
        for d in range(4):
            expected = naive_cadence(day, np.maximum.accumulate(capability[c, d]), 200, 899)
            got = (found.per_year[c, d], found.interval[c, d], found.step[c, d])
            np.testing.assert_allclose(got, expected)


@pytest.mark.parametrize(
    ("as_of", "words"),
    [(date(2024, 12, 1), "0 days after"), (date(2025, 3, 31), "89 days after"), (None, "")],
)
def test_a_slope_without_data_is_not_told(both, as_of, words):
    from frontierlag.claims.shape import not_slowed

    fit = both[0].fit
    spec = ModelSpec.of("broken-stochastic", fit.spec.metric)
    slopes = {"slope": fit.tree["posterior"]["slope"]}
    slopes["slope_after"] = slopes["slope"] + 1
    tree = xr.DataTree.from_dict({"posterior": xr.Dataset(slopes)})
    releases = fit.observations.releases
    some = replace(fit.observations, releases=replace(releases, as_of=as_of or releases.as_of))
    analysis = Analysis(replace(fit, spec=spec, tree=tree, observations=some), both[0].measured)
    evidence = SimpleNamespace(analysis=lambda need: analysis)
    if words:
        with pytest.raises(Unanswerable, match=words):
            not_slowed(evidence, (Need(trend="broken"),))
    else:
        asked = not_slowed(evidence, (Need(trend="broken"),))
        np.testing.assert_allclose(asked.draws, 1)


@pytest.mark.parametrize(
    ("share", "words"), [(0.0003, "<0.01"), (0.9999, ">0.99"), (0.25, "0.25"), (0.006, "0.01")]
)
def test_a_note_words_a_probability_as_the_table_does(share, words):
    assert probability_words(share) == words
