"""Claims: how they are asked, what they answer, and what they do when the data cannot."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from frontierlag.claims import ARTICLE, Asked, Claim, Need, Unanswerable, answer, between
from frontierlag.claims.article import joint_difference
from frontierlag.claims.cadence import cadence
from frontierlag.claims.claim import LEFT_CENSORED, NO_ANSWER, verdict
from frontierlag.lags.days import DAYS_PER_MONTH, Window
from frontierlag.lags.measure import measure
from frontierlag.lags.realized import Staircase
from frontierlag.names import REALIZED, SAMPLE_DIMS, WINDOW
from frontierlag.report.claims import claim_markdown, claim_table, probability_words

pytestmark = pytest.mark.xdist_group("linear-stochastic")


class Fits:
    """Evidence from fits at hand."""

    def __init__(self, **fits):
        self.fits = fits

    def analysis(self, need):
        key = need.comparison.replace("-", "_") if not need.model and not need.scores else ""
        if key not in self.fits:
            raise Unanswerable("not at hand")
        return self.fits[key]


@pytest.fixture(scope="module")
def both(eci_new, window):
    """us-china and closed-open with one seed, as a run fits them."""
    from frontierlag.analysis import analyse
    from frontierlag.model import ModelSpec
    from frontierlag.scores import default_window_start, load_scores, parse_comparison, releases
    from frontierlag.settings import SamplerSettings

    settings = SamplerSettings(draws=400, tune=400, seed=3)
    other = releases(load_scores("eci-2026-08-11"), parse_comparison("closed-open"))
    spec = ModelSpec.of("linear-stochastic", eci_new.metric)
    return (
        analyse(spec, eci_new, window, settings),
        analyse(spec, other, Window(default_window_start(other), other.as_of), settings),
    )


def test_joint_difference_keeps_each_lag_and_narrows_the_difference(both):
    difference, window = joint_difference(*both)
    lags = [measure(a.fit, window).lag(REALIZED, WINDOW) for a in both]
    # The joint draws are the separate fits' own draws: each lag is theirs to the last bit.
    xr.testing.assert_identical(difference, lags[0] - lags[1])
    rng = np.random.default_rng(1)
    flat = [lag.to_numpy().ravel() for lag in lags]
    shuffled = [np.std(flat[0] - rng.permutation(flat[1])) for _ in range(20)]
    assert float(difference.std()) < 0.9 * min(shuffled)


def test_joint_difference_shares_noise_but_not_parameters(both):
    slopes = [a.fit.tree["posterior"]["slope"].to_numpy().reshape(-1, 2) for a in both]
    # Parameters of two fits are independent draws; only the releases' own noise is shared.
    r = np.corrcoef(slopes[0].T, slopes[1].T)[:2, 2:]
    assert np.abs(r).max() < 0.2


def test_fits_of_other_settings_have_no_joint_difference(both, eci_new, window):
    from frontierlag.analysis import analyse
    from frontierlag.settings import SamplerSettings

    spec = both[0].fit.spec
    again = analyse(spec, eci_new, window, SamplerSettings(draws=400, tune=400, seed=4))
    with pytest.raises(Unanswerable, match="one seed"):
        joint_difference(again, both[1])


def test_every_claim_of_the_article_has_an_answer_or_says_why_not(both, eci_new, window):
    evidence = Fits(us_china=both[0], closed_open=both[1])
    answers = {a.claim.number: a for a in answer(ARTICLE, evidence)}
    assert {n.rstrip("abc") for n in answers} == {str(n) for n in range(1, 11)}
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
    claim = Claim("x", "w", "e", "months", (Need(),), between(REALIZED, "2031"))
    (found,) = answer([claim], Fits(us_china=both[0]))
    assert found.verdict == NO_ANSWER
    assert "2031" in found.note


@pytest.mark.parametrize("converged", [True, False])
def test_an_unconverged_fit_marks_the_answer(converged):
    draws = xr.DataArray(np.zeros((2, 3)), dims=SAMPLE_DIMS)
    claim = Claim("x", "w", "e", "months", (Need(),), lambda *_: Asked(draws, draws < 1, "so"))
    fit = SimpleNamespace(convergence=SimpleNamespace(converged=converged), name="linear-records")
    (found,) = answer([claim], Fits(us_china=fit))
    assert found.converged is converged
    assert found.note == ("so" if converged else "NOT CONVERGED. so")


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
    text = claim_markdown(answers, job)
    assert "Epoch AI" in text
    assert text.count("\n| ") == len(ARTICLE) + 1


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
