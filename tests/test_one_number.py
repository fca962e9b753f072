"""What is worded of a lag is its table's own number: sentence, citation and page say one share."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from frontierlag.dates import Window
from frontierlag.names import CENSORED, PERIOD, REALIZED, VALUE, WINDOW
from frontierlag.report.page.forest import percent
from frontierlag.results.sentences import lag_sentence
from frontierlag.results.tables import lag_row
from frontierlag.scores import default_window_start, load_scores, parse_comparison, releases
from frontierlag.scores.metric import ECI, Metric
from frontierlag.scores.scale import axis_words
from frontierlag.words import share

DIMS = ("chain", "draw", PERIOD)


def analysis(censored):
    found = releases(load_scores("eci-2026-08-11"), parse_comparison("us-china"))
    draws = np.random.default_rng(1).normal(7, 1, (4, 500, 1))
    lag = xr.Dataset(
        {VALUE: (DIMS, draws), CENSORED: (DIMS, np.full(draws.shape, censored))},
        coords={PERIOD: [WINDOW]},
    )
    window = Window(default_window_start(found), found.as_of)
    return SimpleNamespace(
        fit=SimpleNamespace(observations=SimpleNamespace(releases=found)),
        measured=SimpleNamespace(lags={REALIZED: lag}, window=window),
        convergence=SimpleNamespace(converged=True),
        name="linear-stochastic",
    )


@pytest.mark.parametrize("censored", [0.0746, 0.0754, 0.0049, 0.0996])
def test_a_share_is_worded_from_the_tables_digits(censored):
    of = analysis(censored)
    row = lag_row(of, REALIZED, WINDOW)
    assert row[CENSORED] == round(censored, 3)
    assert f"on {share(row[CENSORED])} of the days" in lag_sentence(of)
    assert percent(row[CENSORED]).replace(" %", "%") == share(row[CENSORED])


def test_a_share_between_two_percentages_was_worded_two_ways():
    assert (share(0.0746), share(0.075)) == ("7%", "8%")
    assert "on 8% of the days" in lag_sentence(analysis(0.0746))


def test_at_least_is_judged_by_the_tables_digits():
    assert "by at least" not in lag_sentence(analysis(0.1004))
    assert "by at least" in lag_sentence(analysis(0.1006))


def test_an_axis_of_scores_says_score_once():
    about = {"unit": "points", "lower": None, "upper": None, "location": 1.0, "spread": 1.0}
    assert axis_words(Metric(name="Score", **about)) == "Score (points)"
    assert axis_words(Metric(name="arena score", **about)) == "arena score (points)"
    assert axis_words(Metric(name="Elo", **about)) == "Elo score (points)"
    assert axis_words(ECI) == "ECI score (points)"
