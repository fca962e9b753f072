from __future__ import annotations

import json
import re

import arviz as az
import numpy as np
import nutpie
import pytest
import xarray as xr
from scipy import stats
from simulate import days_until, make_releases

from frontierlag.analyses.analysis import Analysis, analyse
from frontierlag.dates import Window
from frontierlag.errors import FitError
from frontierlag.fits.convergence import check
from frontierlag.fits.fitting import PRIOR_DRAWS
from frontierlag.fits.sampling import SamplerSettings, sample
from frontierlag.lags.measure import measure, realized_lag_by_day, staircases
from frontierlag.results.tables import level_table

pytestmark = pytest.mark.xdist_group("linear-records")


# When and whose a release outside the likelihood is, which is of the data.
DATA = re.compile(r"outside_(day|group)")


def numbers(analysis: Analysis) -> dict[str, np.ndarray]:
    tree = analysis.tree
    return {
        f"{path}/{name}": values.to_numpy()
        for path in (
            "posterior",
            "capabilities",
            "posterior_predictive",
            "prior",
            "lags/trend",
            "lags/realized",
            "lags/release",
            "gaps/realized",
            "levels",
        )
        for name, values in tree[path].to_dataset().data_vars.items()
    }


@pytest.fixture(scope="module")
def again(records_analysis, eci_new, window):
    """The same analysis again, by another number of cores."""
    a = records_analysis
    return analyse(a.fit.spec, eci_new, window, a.fit.settings, cores=1)


def test_same_seed_same_numbers_on_any_number_of_cores(records_analysis, again, eci_new, window):
    first, second = numbers(records_analysis), numbers(again)
    assert len(first) > 12
    for name, values in first.items():
        np.testing.assert_array_equal(values, second[name], err_msg=name)
    two = analyse(
        records_analysis.fit.spec, eci_new, window, records_analysis.fit.settings, cores=2
    )
    for name, values in numbers(two).items():
        np.testing.assert_array_equal(values, first[name], err_msg=name)


def test_another_seed_gives_other_numbers(records_analysis, eci_new, window, small_settings):
    other = analyse(
        records_analysis.fit.spec, eci_new, window, small_settings.model_copy(update={"seed": 8})
    )
    mine = numbers(records_analysis)
    for name, values in numbers(other).items():
        if not name.endswith("censored") and not DATA.search(name):
            assert not np.array_equal(values, mine[name], equal_nan=True), name
    # Chains are streams of their own.
    level = records_analysis.fit.draws["level"]
    assert len(np.unique(level[:, 0, 0])) == 4


def test_every_group_is_there_with_its_dims_and_labels(records_analysis, eci_new, window):
    tree = records_analysis.tree
    n = len(records_analysis.fit.observations.releases)
    per_release = {"chain": 4, "draw": 200, "release": n}
    expected = {
        "posterior": {"chain": 4, "draw": 200, "group": 2},
        "log_likelihood": per_release,
        "posterior_predictive": per_release,
        "capabilities": per_release | {"outside": 2},
        "prior": {"chain": 1, "draw": PRIOR_DRAWS, "group": 2},
        "prior_predictive": {"chain": 1, "draw": PRIOR_DRAWS, "release": n},
        "observed_data": {"release": n},
        "constant_data": {"release": n},
        "lags/trend": {"chain": 4, "draw": 200, "period": 8},
        "lags/realized": {"chain": 4, "draw": 200, "period": 8},
        "lags/release": {"chain": 4, "draw": 200, "period": 8},
        "gaps/trend": {"chain": 4, "draw": 200, "period": 8},
        "gaps/realized": {"chain": 4, "draw": 200, "period": 8},
    }
    for path, sizes in expected.items():
        assert dict(tree[path].to_dataset().sizes) == sizes, path
    assert {"sample_stats", "levels"} <= set(tree.children)
    assert tree["sample_stats"].sizes["draw"] == 200
    assert tree["posterior"]["group"].values.tolist() == ["USA", "China"]
    release = records_analysis.fit.observations.releases
    assert tree["capabilities"]["release"].values.tolist() == release.model.tolist()
    np.testing.assert_array_equal(tree["observed_data"]["score"], release.score)
    np.testing.assert_array_equal(tree["constant_data"]["group_index"], release.group)
    np.testing.assert_array_equal(tree["constant_data"]["day"], release.day)
    assert tree["lags/trend"]["period"].values.tolist() == window.periods
    assert tree.attrs["model"] == "linear-records"
    assert tree.attrs["dataset"] == eci_new.table
    assert tree.attrs["as_of"] == eci_new.as_of.isoformat()
    assert json.loads(tree.attrs["sampler"])["draws"] == 200
    assert json.loads(tree.attrs["priors"]) == records_analysis.fit.spec.describe_priors()


def test_log_likelihood_is_that_of_the_draws(records_analysis):
    fit = records_analysis.fit
    data, p = fit.observations.arrays, fit.draws
    g = data["group_index"]
    mu = p["level"][..., g] + p["slope"][..., g] * data["years"]
    sd = np.sqrt(p["scatter"][..., g] ** 2 + data["stderr"] ** 2)
    np.testing.assert_allclose(
        fit.tree["log_likelihood/score"], stats.norm.logpdf(data["observed"], mu, sd)
    )
    # Each replicate differs from its trend as its own draw says: standardized, they are normal.
    z = ((fit.tree["posterior_predictive/score"].to_numpy() - mu) / sd).ravel()
    assert stats.kstest(z, "norm").pvalue > 1e-3


def test_lags_are_measured_on_the_fits_own_draws(records_analysis, window):
    """The window mean of the trend lag in closed form; the realized lag from the capabilities."""
    fit = records_analysis.fit
    p = fit.draws
    days = window.days - (fit.observations.reference - type(window.since)(1970, 1, 1)).days
    t = days.mean() / 365.25
    follower = p["level"][..., 1] + p["slope"][..., 1] * t
    expected = 12 * (t - (follower - p["level"][..., 0]) / p["slope"][..., 0])
    np.testing.assert_allclose(records_analysis.measured.lag("trend", "window"), expected)
    by_day, _ = realized_lag_by_day(fit, window)
    np.testing.assert_allclose(
        records_analysis.measured.lag("realized", "2025"),
        by_day.sel(date=slice("2025-01-01", "2025-12-31")).mean("date"),
    )
    leader, _ = staircases(fit)
    group = fit.observations.releases.group
    np.testing.assert_allclose(leader.best[..., -1], fit.capabilities[..., group == 0].max(-1))


def test_a_window_without_a_release_of_the_follower(records_analysis):
    """The lag at release does not exist there, which is said, and the others do."""
    releases = records_analysis.fit.observations.releases
    until = releases.as_of
    last = int(releases.day[releases.group == 1].max())
    quiet = days_until(until, 1)
    assert last < quiet[0]
    got = measure(records_analysis.fit, Window(until, until))
    assert got.lags["release"]["value"].isnull().all()
    assert got.lags["realized"]["value"].notnull().all()


def test_a_short_trace_is_an_error(records_analysis, small_settings, monkeypatch):
    """An interrupted nutpie run returns what it has without an error."""
    whole = nutpie.sample
    for cut in ({"draws": 150}, {"chains": 3}):
        monkeypatch.setattr(
            nutpie,
            "sample",
            lambda *args, cut=cut, **kwargs: whole(*args, **{**kwargs, **cut}),
        )
        fit = records_analysis.fit
        with pytest.raises(FitError, match="interrupted"):
            sample(fit.spec, fit.observations, small_settings)


def test_the_sampler_is_told_everything(records_analysis, monkeypatch):
    """No default of the sampler is relied on."""
    told, whole = {}, nutpie.sample

    def spy(model, **kwargs):
        told.update(kwargs)
        return whole(model, **kwargs)

    monkeypatch.setattr(nutpie, "sample", spy)
    settings = SamplerSettings(chains=3, draws=120, tune=110, target_accept=0.9, seed=99)
    fit = records_analysis.fit
    result = sample(fit.spec, fit.observations, settings)
    expected = {"chains": 3, "draws": 120, "tune": 110, "target_accept": 0.9, "seed": 99}
    assert expected.items() <= told.items()
    assert told["save_warmup"] is False
    assert result.posterior.sizes["chain"] == 3
    assert result.posterior.sizes["draw"] == 120


def test_the_gate_runs_on_parameters_and_lags_and_its_verdict_is_stored(records_analysis):
    """Nothing warns of divergences by itself."""
    tree = records_analysis.tree
    quantities = xr.merge([tree["posterior"].to_dataset(), records_analysis.measured.reported()])
    stats_ = tree["sample_stats"].to_dataset()
    gate = check(stats_, quantities)
    assert tree.attrs["verdict"] == gate.verdict()
    assert tree.attrs["converged"] == str(gate.converged)
    worst = min(
        float(az.ess(records_analysis.measured.reported(), method="bulk")[k].min())
        for k in ("trend lag", "realized gap")
    )
    assert gate.value("bulk ESS") <= worst
    diverging = stats_.assign(diverging=stats_["diverging"].copy(data=np.ones((4, 200), bool)))
    assert not check(diverging, quantities).converged


def test_a_tree_survives_its_file(records_analysis, tmp_path):
    tree = records_analysis.tree
    path = tmp_path / "fit.nc"
    tree.to_netcdf(path, engine="netcdf4")
    with xr.load_datatree(path) as back:
        assert [n.path for n in back.subtree] == [n.path for n in tree.subtree]
        assert back.attrs == tree.attrs
        for node in tree.subtree:
            other = back[node.path]
            xr.testing.assert_identical(other.to_dataset(), node.to_dataset())
            for name, values in node.to_dataset().variables.items():
                found = other.to_dataset().variables[name].dtype
                # Text may come back in a narrower array, but as text.
                same = found.kind == "U" if values.dtype.kind == "U" else found == values.dtype
                assert same, (node.path, name, found, values.dtype)
    # Loaded, not opened: the file can go.
    path.unlink()
    assert float(back["posterior/level"].mean()) == pytest.approx(
        float(tree["posterior/level"].mean())
    )


def test_made_up_releases_can_be_fitted_without_a_new_compilation(records_analysis, monkeypatch):
    """Another comparison with other group sizes; the answer is the one that made the data."""
    monkeypatch.setattr(nutpie, "compile_pymc_model", None)
    day = np.arange(19_600, 20_600, 20)
    group = np.arange(len(day)) % 2
    score = 120 + 15 * (day - 19_600) / 365.25 - 7.5 * group
    rng = np.random.default_rng(5)
    releases = make_releases(day, group, score + rng.normal(0, 0.5, len(day)), 0.5)
    window = Window(releases.as_of.replace(year=releases.as_of.year - 1), releases.as_of)
    settings = SamplerSettings(chains=2, draws=300, tune=300, seed=1)
    result = analyse(records_analysis.fit.spec, releases, window, settings)
    lag = result.measured.lag("trend", "window")
    assert float(lag.mean()) == pytest.approx(6, abs=0.5)
    assert float(lag.std()) < 0.5


def test_two_groups_without_a_common_score_have_an_empty_table_of_levels(records_analysis):
    measured = records_analysis.measured
    none = measure(records_analysis.fit, measured.window, np.array([]))
    table = level_table(Analysis(records_analysis.fit, none))
    assert list(table.columns) == list(level_table(records_analysis).columns)
    assert table.empty
