from __future__ import annotations

import arviz as az
import numpy as np
import pytest
import xarray as xr

from frontierlag import intervals as summary
from frontierlag.intervals import decimals, probability, summarize


def draws(values):
    return xr.DataArray(values, dims=("chain", "draw"))


@pytest.fixture(scope="module")
def skewed():
    """Autocorrelated and skewed: an equal-tailed and a highest-density interval differ much."""
    rng = np.random.default_rng(17)
    x = rng.normal(size=(4, 1000))
    for i in range(1, x.shape[1]):
        x[:, i] += 0.7 * x[:, i - 1]
    return np.exp(x)


def test_intervals_are_equal_tailed_on_a_skewed_posterior(skewed):
    s = summarize(draws(skewed))
    flat = skewed.ravel()
    assert (s.lower90, s.upper90) == pytest.approx(np.quantile(flat, [0.05, 0.95]))
    assert (s.lower50, s.upper50) == pytest.approx(np.quantile(flat, [0.25, 0.75]))
    assert (s.mean, s.median) == pytest.approx((flat.mean(), np.median(flat)))
    assert s.undefined == 0
    # As many draws lie below as above, which is what a highest-density interval would not give.
    assert (flat < s.lower90).mean() == pytest.approx(0.05, abs=1e-3)
    assert (flat > s.upper90).mean() == pytest.approx(0.05, abs=1e-3)
    highest = az.hdi(xr.Dataset({"x": draws(skewed)}), prob=0.9)["x"].to_numpy()
    assert abs(highest[0] - s.lower90) > 0.05
    assert s.upper90 - highest[1] > 0.5


def test_the_interval_constants_are_what_they_say():
    assert summary.INTERVAL_KIND == "equal-tailed"
    np.testing.assert_allclose(summary.QUANTILES, (0.05, 0.25, 0.5, 0.75, 0.95))
    assert summary.tails(0.9) == pytest.approx((0.05, 0.95))


def test_monte_carlo_error_is_arvizs_and_knows_autocorrelation(skewed):
    s = summarize(draws(skewed))
    dataset = xr.Dataset({"x": draws(skewed)})
    assert s.mcse_mean == pytest.approx(float(az.mcse(dataset, method="mean")["x"]))
    assert s.mcse_median == pytest.approx(float(az.mcse(dataset, method="median")["x"]))
    assert s.mcse_mean > 1.5 * skewed.std() / np.sqrt(skewed.size)


def test_dims_in_another_order_are_the_same_draws(skewed):
    assert summarize(draws(skewed).transpose("draw", "chain")) == summarize(draws(skewed))


def test_undefined_draws_are_counted_and_the_rest_summarized():
    values = np.random.default_rng(4).gamma(2, 3, (4, 500))
    values[:, ::4] = np.nan
    values[1, 1] = np.inf
    s = summarize(draws(values))
    known = values[np.isfinite(values)]
    assert s.undefined == pytest.approx(501 / 2000)
    assert s.mean == pytest.approx(known.mean())
    assert (s.lower90, s.median, s.upper90) == pytest.approx(np.quantile(known, [0.05, 0.5, 0.95]))


@pytest.mark.parametrize("missing", [0.3, 0.9])
def test_monte_carlo_error_with_undefined_draws_is_that_of_the_known_ones(missing):
    """Independent draws: sd / sqrt(number known), and the median's by its asymptotic formula."""
    rng = np.random.default_rng(6)
    values = rng.normal(10, 2, (4, 5000))
    values[rng.uniform(size=values.shape) < missing] = np.nan
    s = summarize(draws(values))
    n = np.isfinite(values).sum()
    assert s.mcse_mean == pytest.approx(2 / np.sqrt(n), rel=0.1)
    assert s.mcse_median == pytest.approx(2 * np.sqrt(np.pi / 2) / np.sqrt(n), rel=0.2)


def test_nothing_defined():
    s = summarize(draws(np.full((2, 50), np.nan)))
    assert s.undefined == 1
    rest = [v for k, v in vars(s).items() if k != "undefined"]
    assert len(rest) == 8
    assert np.isnan(rest).all()


def test_a_constant_has_no_monte_carlo_error():
    s = summarize(draws(np.full((4, 100), 6.25)))
    assert (s.mean, s.lower90, s.upper90, s.mcse_mean, s.mcse_median) == (6.25, 6.25, 6.25, 0, 0)


def test_probability_is_a_share_of_draws():
    x = draws(np.arange(40.0).reshape(4, 10))
    assert probability(x > 29.5) == 0.25
    # An undefined draw is not one in which the condition holds, and it still counts.
    assert probability(x.where(x >= 20) > 29.5) == 0.25


@pytest.mark.parametrize(
    ("mcse", "places"),
    [(0.0, 2), (0.0049, 2), (0.0051, 1), (0.049, 1), (0.051, 0), (0.4, 0), (3.0, 0), (np.nan, 0)],
)
def test_no_more_decimals_than_twice_the_monte_carlo_error_supports(mcse, places):
    assert decimals(mcse) == places


def test_decimals_are_capped():
    assert decimals(1e-9, most=1) == 1
    assert decimals(1e-9, most=4) == 4
