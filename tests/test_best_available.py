"""What counts for the best available beside the releases in the likelihood."""

import numpy as np
import pytest
import xarray as xr
from naive import best_by, realized
from scipy import stats

from frontierlag.dates import Window
from frontierlag.fits.fitting import Fit
from frontierlag.frontiers.observations import Observations
from frontierlag.lags.dates import available
from frontierlag.lags.measure import realized_lag_by_day, staircases
from frontierlag.model import ModelSpec
from frontierlag.names import CAPABILITIES
from frontierlag.results.storage import load, store
from frontierlag.scores import records

pytestmark = pytest.mark.xdist_group("linear-records")


@pytest.mark.parametrize("frontier", ["stochastic", "stochastic-halfnormal", "records-all"])
def test_frontiers_that_fit_all_they_have_leave_nothing_outside(eci_new, frontier):
    observations = ModelSpec.of(f"linear-{frontier}", eci_new.metric).observations(eci_new)
    assert observations.outside is None


def test_the_first_record_of_each_group_is_outside_the_likelihood(records_analysis, eci_new):
    observations = records_analysis.fit.observations
    firsts = [eci_new.model[records(eci_new, g)][0] for g in (0, 1)]
    assert sorted(observations.outside.model) == sorted(firsts)
    assert not set(firsts) & set(observations.releases.model)
    both = {*observations.releases.model, *firsts}
    assert both == set(eci_new.model[records(eci_new)])


def test_realized_lag_counts_the_first_records(records_analysis, eci_new, window):
    fit = records_analysis.fit
    there = available(fit)
    days = np.broadcast_to(there.day, there.capability.shape)
    found, censored = realized_lag_by_day(fit, window)
    for c, d in ((0, 0), (2, 111)):
        own = there.capability[c, d]
        sides = [(days[c, d, there.group == g], own[there.group == g]) for g in (0, 1)]
        for stairs, (when, what) in zip(staircases(fit), sides, strict=True):
            first = when.min()
            assert stairs.on(np.array([first]))[c, d, 0] == best_by(when, what, first)
            assert np.isnan(stairs.on(np.array([first - 1]))[c, d, 0])
        for at in range(0, len(window.days), 97):
            expected = realized(*sides[0], *sides[1], window.days[at])
            assert float(found[c, d, at]) == pytest.approx(expected[0])
            assert bool(censored[c, d, at]) is bool(expected[1])


def without_outside(fit):
    groups = {name: node.to_dataset() for name, node in fit.tree.children.items()}
    groups[CAPABILITIES] = groups[CAPABILITIES][["capability"]]
    return Fit(fit.spec, fit.observations, fit.settings, xr.DataTree.from_dict(groups), 0.0)


def test_without_them_more_days_are_censored(records_analysis, window):
    shares = [
        float(realized_lag_by_day(fit, window)[1].mean())
        for fit in (without_outside(records_analysis.fit), records_analysis.fit)
    ]
    assert shares[0] > 0.2
    assert shares[1] < shares[0] - 0.1


def test_a_release_outside_is_drawn_from_its_exact_conditional(records_analysis):
    fit = records_analysis.fit
    _, group, capability = fit.outside
    outside = Observations(fit.observations.outside, fit.observations.reference)
    mu = fit.spec.trend_at(fit.draws, outside)
    scatter, error = fit.draws["scatter"][..., group], outside.arrays["stderr"]
    precision = 1 / scatter**2 + 1 / error**2
    mean = (mu / scatter**2 + outside.arrays["observed"] / error**2) / precision
    z = (capability - mean) * np.sqrt(precision)
    for i in range(2):
        assert stats.kstest(z[..., i].ravel(), "norm").pvalue > 1e-3
    # Their noise is their own.
    assert abs(np.corrcoef(z[..., 0].ravel(), z[..., 1].ravel())[0, 1]) < 0.12


def test_a_stored_fit_keeps_what_is_outside(records_analysis, window, tmp_path):
    store(records_analysis, tmp_path / "posterior.nc")
    again = load(tmp_path / "posterior.nc")
    for one, other in zip(records_analysis.fit.outside, again.fit.outside, strict=True):
        np.testing.assert_array_equal(one, other)
    days = Window(window.as_of, window.as_of)
    xr.testing.assert_equal(
        realized_lag_by_day(records_analysis.fit, days)[0], realized_lag_by_day(again.fit, days)[0]
    )
