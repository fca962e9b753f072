"""How numbers are worded: value, bound and stamp of an object, and one rendering of each."""

import numpy as np
import pytest
import xarray as xr

from frontierlag import words
from frontierlag.intervals import summarize
from frontierlag.names import SAMPLE_DIMS


def row(**change):
    usual = {"lag": "realized", "median": 6.849, "lower90": 5.84, "upper90": 7.88}
    return usual | {"mcse_mean": 0.2, "mcse_median": 0.01, "censored": 0.06} | change


def test_digits_follow_the_error_of_the_median_wherever_the_number_is_printed():
    assert (words.median(row()), words.span(row())) == ("6.8", "5.8 to 7.9")
    assert words.median(row(mcse_median=0.06)) == "7"
    draws = xr.DataArray(np.random.default_rng(1).normal(6.8, 1, (4, 4000)), dims=SAMPLE_DIMS)
    s = summarize(draws)
    of_row = {"median": s.median, "lower90": s.lower90, "upper90": s.upper90}
    of_row |= {"mcse_mean": s.mcse_mean, "mcse_median": s.mcse_median}
    assert words.interval(s) == f"{words.median(of_row)} ({words.span(of_row)})"


def test_the_error_of_an_earlier_table_is_read_where_there_is_no_other():
    assert words.error_of(row()) == 0.01
    assert words.error_of({"mcse": 0.3}) == 0.3
    assert np.isnan(words.error_of({}))
    assert words.figure(6.849, np.nan) == "6.8"  # a point: no error to decide
    assert words.figure(-0.01, 0.001) == "0.0"


@pytest.mark.parametrize(
    ("lag", "censored", "bound"),
    [
        ("realized", 0.3, "at least "),
        ("realized", 0.1, ""),
        ("trend", 0.9, ""),
        ("realized", np.nan, ""),
    ],
)
def test_a_bound_is_said_where_most_days_are_bounds(lag, censored, bound):
    assert words.bound(row(lag=lag, censored=censored)) == bound


def test_shares_probabilities_and_stamps():
    said = [words.share(x) for x in (0.0, 0.004, 0.064, 1.0, np.nan)]
    assert said == ["never", "less than 1%", "6%", "100%", "none"]
    said = [words.probability_words(x) for x in (None, 0.0, 0.5, 0.999)]
    assert said == ["none", "<0.01", "0.50", ">0.99"]
    assert [words.stamp(x) for x in (True, None, False)] == ["", "", " NOT CONVERGED"]
    assert words.converged({"converged": "True"})
    assert not words.converged({"converged": False})
    assert words.converged({})
