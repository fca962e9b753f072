"""Fits to joint draws: one short one for what every fit must do, and slow recovery."""

from __future__ import annotations

import numpy as np
import pytest
from simulate_draws import SLOPE, N, names, pinned, published, schedule, table

from frontierlag.analyses.analysis import analyse
from frontierlag.dates import Window
from frontierlag.fits.convergence import check
from frontierlag.fits.fitting import fit_model
from frontierlag.fits.sampling import SamplerSettings, sample
from frontierlag.model import ModelSpec
from frontierlag.results.storage import load, store
from frontierlag.scores import default_window_start
from frontierlag.scores.bootstraps import DrawnReleases, with_draws
from frontierlag.scores.metric import ECI

SETTINGS = SamplerSettings(chains=2, draws=200, tune=300, seed=3)
MODEL = "linear-stochastic-draws"


def bootstrap(rng, capability, own, loading, draws=400):
    """An estimate with joint errors, and draws around it, on the scale of the pins."""

    def measured(around, size=()):
        shared = rng.normal(size=(*size, loading.shape[1])) @ loading.T
        return around + rng.normal(size=(*size, len(around))) * own + shared

    estimate = measured(capability)
    return pinned(estimate), pinned(measured(estimate, (draws,)))


def world(rng, pin_sd=1.0, **settings):
    """Releases with joint errors and their draws, the true capabilities and the true slope."""
    day, group, capability, scale = schedule(rng, **settings)
    n = len(day)
    own = np.exp(rng.normal(0.2, 0.5, n))
    own[:2] = pin_sd
    # Above the pins errors go one way, below them the other, as of a stitched scale.
    loading = np.stack([(capability - 135) / 20, rng.normal(0, 0.6, n)], 1)
    score, draws = bootstrap(rng, capability, own, loading)
    found = with_draws(table(draws), published(day, group, score, 2.0))
    place = [names(n).tolist().index(m) for m in found.model]
    return found, capability[place], SLOPE * scale


@pytest.fixture(scope="module")
def analysis():
    releases, _, _ = world(np.random.default_rng(11))
    window = Window(default_window_start(releases), releases.as_of)
    return analyse(ModelSpec.of(MODEL, ECI), releases, window, SETTINGS)


@pytest.mark.xdist_group("draws")
def test_a_fit_has_what_every_fit_has(analysis):
    tree = analysis.fit.tree
    shape = (2, 200, N)
    for group in ("log_likelihood", "posterior_predictive"):
        values = tree[group]["score"]
        assert values.shape == shape
        assert np.isfinite(values).all()
    assert tree["prior_predictive"]["score"].shape == (1, 500, N)
    assert np.isfinite(tree["prior_predictive"]["score"]).all()
    assert list(tree["posterior"]["pin"].to_numpy()) == ["Claude 3.5 Sonnet", "GPT-5"]
    capability = tree["capabilities"]["capability"]
    assert capability.shape == shape
    for name, score in ECI.anchors:
        assert capability.sel(release=name).to_numpy() == pytest.approx(score)
    assert set(tree["constant_data"].data_vars).isdisjoint({"pin_score", "loading"})


@pytest.mark.xdist_group("draws")
def test_a_stored_fit_comes_back_with_its_joint_errors(analysis, tmp_path):
    store(analysis, tmp_path / "a.nc")
    back = load(tmp_path / "a.nc")
    releases = back.fit.observations.releases
    assert isinstance(releases, DrawnReleases)
    for name, values in analysis.fit.observations.arrays.items():
        assert back.fit.observations.arrays[name] == pytest.approx(values), name
    assert releases.joint_errors.prior == "none"
    assert back.fit.capabilities == pytest.approx(analysis.fit.capabilities)


@pytest.mark.xdist_group("draws")
def test_scores_freed_of_what_they_share_stay_near_their_measurements(analysis):
    """Capabilities lie around the scores by as much as their errors say, not by half a scale."""
    releases = analysis.fit.observations.releases
    free = releases.stderr > 0
    z = (analysis.fit.capabilities.mean((0, 1)) - releases.score)[free] / releases.stderr[free]
    assert np.abs(z).max() < 4
    assert np.sqrt((z**2).mean()) < 1.2


@pytest.mark.slow
def test_with_independent_errors_and_exact_pins_the_answer_is_that_of_intervals():
    """Against linear-stochastic on the same errors, by parameter, within Monte Carlo error."""
    rng = np.random.default_rng(21)
    day, group, capability, _ = schedule(rng, 90)
    own = np.exp(rng.normal(0.5, 0.5, 90))
    own[:2] = 0.0
    score = capability + rng.normal(size=90) * own
    draws = score + rng.normal(size=(20000, 90)) * own
    releases = published(day, group, score, own)
    drawn = with_draws(table(draws, names(90)), releases)
    settings = SamplerSettings(draws=2000, seed=5)
    one = fit_model(ModelSpec.of("linear-stochastic", ECI), releases, settings)
    two = fit_model(ModelSpec.of(MODEL, ECI), drawn, settings)
    for name, values in one.draws.items():
        a, b = (x.reshape(-1, 2) for x in (values, two.draws[name]))
        assert b.mean(0) == pytest.approx(a.mean(0), abs=0.1 * a.std(0).max()), name
        assert b.std(0) == pytest.approx(a.std(0), rel=0.1), name
    # Of the capabilities too.
    a, b = one.capabilities, two.capabilities
    assert (np.abs(b.mean((0, 1)) - a.mean((0, 1))) < 0.1 * a.std((0, 1)) + 0.05).all()


@pytest.mark.slow
def test_the_truth_is_recovered_and_the_scale_keeps_its_size():
    """Slopes neither collapse nor bias, and 90 % intervals cover slopes and capabilities.

    Pins are measured with 2 points of error each, so the scale is known to about 14 %, and errors
    of the scores stretch with their distance from the pins.
    """
    rng = np.random.default_rng(31)
    spec = ModelSpec.of(MODEL, ECI)
    settings = SamplerSettings(draws=500, tune=500, seed=1)
    covered, ratios, inside, gates = [], [], [], []
    for _ in range(30):
        releases, capability, true_slope = world(rng, 2.0, n=80)
        observations = spec.observations(releases)
        sampled = sample(spec, observations, settings)
        parameters = sampled.posterior[[p.name for p in spec.parameters]]
        gates.append(check(sampled.sample_stats, parameters).value("R-hat"))
        slope = parameters["slope"].to_numpy().reshape(-1, 2)
        low, high = np.quantile(slope, [0.05, 0.95], axis=0)
        covered.append((low <= true_slope) & (high >= true_slope))
        ratios.append(slope.mean(0) / true_slope)
        p = {name: v.to_numpy() for name, v in sampled.posterior.data_vars.items()}
        c = spec.frontier.capabilities(
            np.random.default_rng(0), p, spec.trend_at(p, observations), observations.arrays
        )
        free = observations.arrays["pinned"] == 0
        low, high = np.quantile(c, [0.05, 0.95], axis=(0, 1))
        inside.append(((low <= capability) & (capability <= high))[free].mean())
    assert max(gates) < 1.05
    # The two slopes of a world share the scale's error, so that there are about 30 trials, of which
    # 21 or more are covered with probability 0.999 if the intervals are right.
    assert np.sum(covered) >= 2 * 21
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.08)
    assert 0.84 < np.mean(inside) < 0.95
