"""Shortfalls by maker and time: the mean, the density without them, makers left out, recovery."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from simulate import sort_releases

from frontierlag.analyses.refits import quick_fit
from frontierlag.checks.loo import _parted
from frontierlag.checks.shortfalls import composed_errors, no_shortfall, shortfall_draws
from frontierlag.errors import SpecError
from frontierlag.fits.fitting import labels_of
from frontierlag.frontiers.observations import Observations
from frontierlag.model import ModelSpec, build
from frontierlag.names import FOLLOWER, LEADER
from frontierlag.scores.metric import ECI
from frontierlag.settings import SamplerSettings
from frontierlag.studies.calibration.matrices import MATRICES, make_matrix_world
from frontierlag.studies.calibration.worlds import BASE, DESIGNS, make_world

SPEC = ModelSpec.of("linear-stochastic-makers", ECI)


def observed(releases) -> Observations:
    return SPEC.observations(releases)


def test_makers_are_numbered_by_group_and_by_the_first_that_is_named(eci_new):
    n = len(eci_new)
    names = np.array(["A;B", "B", "", "A"] * n)[:n]
    releases = replace(eci_new, organization=names)
    observations = observed(releases)
    for i in (0, 1, 2, 3, n - 1):
        group, name = observations.makers[observations.maker[i]]
        assert group == releases.group[i]
        assert name == names[i].split(";")[0]
    labels = labels_of(observations)["maker"]
    assert {f"A ({g})" for g in releases.group_names} <= set(labels)


def test_the_mean_shortfall_is_that_of_a_plain_loop(eci_new):
    observations = observed(eci_new)
    data, rng = observations.arrays, np.random.default_rng(2)
    shape = (2, 3)
    p = {
        "shortfall": rng.uniform(2, 9, (*shape, 2)),
        "shortfall_change": rng.normal(size=(*shape, 2)),
        "maker_effect": rng.normal(size=(*shape, len(observations.makers))),
    }
    found = SPEC.frontier.mean_shortfall(p, data, np)
    for i in range(0, len(eci_new), 9):
        g, k = data["group_index"][i], data["maker"][i]
        power = p["maker_effect"][..., k] + p["shortfall_change"][..., g] * data["years"][i]
        np.testing.assert_allclose(found[..., i], p["shortfall"][..., g] * np.exp(power))


@pytest.mark.parametrize("kind", ["stochastic", "joint"])
def test_without_effects_the_density_is_that_of_the_frontier_alone(kind):
    """With effects and change at zero, there are but their own priors more."""
    if kind == "joint":
        releases = make_matrix_world(MATRICES, np.random.default_rng(1)).releases
    else:
        releases = make_world(DESIGNS["ladders"], np.random.default_rng(1)).releases

    def at_start(name: str) -> tuple[float, float]:
        spec = ModelSpec.of(name, ECI)
        observations = spec.observations(releases)
        model = build(spec, observations)
        point, extra = model.initial_point(), 0.0
        for parameter in spec.parameters:
            if parameter.name == "shortfall_change":
                point[parameter.name][...] = 0.0
                extra += 2 * parameter.prior.logp(np.array(0.0))
            if parameter.name == "maker_spread":
                log = point[model.rvs_to_values[model["maker_spread"]].name]
                extra += parameter.prior.logp(np.exp(log)) + log
        if "free_maker" in point:
            point["free_maker"][...] = 0.0
            extra += len(observations.makers) * stats.norm.logpdf(0.0)
        terms = model.compile_fn(model.logp(sum=False), mode="FAST_COMPILE")(point)
        return float(sum(np.sum(term) for term in terms)), float(extra)

    plain, _ = at_start(f"linear-{kind}")
    richer, extra = at_start(f"linear-{kind}-makers")
    assert extra != 0
    assert richer - extra == pytest.approx(plain, abs=1e-5)


def test_a_release_that_is_left_out_keeps_its_maker(eci_new):
    """Also the only one of its maker, whose effect is then known by its prior alone."""
    observations = observed(eci_new)
    alone = int(np.flatnonzero(np.bincount(observations.maker) == 1)[0])
    index = int(np.flatnonzero(observations.maker == alone)[0])
    rest, one, place = _parted(observations, index)
    assert one.makers == rest.makers == observations.makers
    assert one.maker[place] == alone
    assert alone not in rest.maker


def test_effects_of_new_data_are_those_of_the_fit_else_of_the_prior(eci_new):
    observations = observed(eci_new)
    p = {"maker_spread": np.full((1, 4000), 0.5)}
    drawn = SPEC.frontier.with_effects(np.random.default_rng(1), p, observations.arrays)
    effect = drawn["maker_effect"]
    assert effect.shape == (1, 4000, len(observations.makers))
    assert effect.std() == pytest.approx(0.5, rel=0.02)
    known = {**p, "maker_effect": effect[:, :1]}
    assert SPEC.frontier.with_effects(np.random.default_rng(1), known, observations.arrays) is known


def test_a_table_without_makers_is_refused(eci_new):
    nobody = replace(eci_new, organization=np.full(len(eci_new), ""))
    with pytest.raises(SpecError, match="'organization'"):
        SPEC.observations(nobody)


def test_a_fit_finds_shortfalls_that_shrink_and_makers_that_differ():
    """One world: makers of which half fall short by four times as much; a third of it in time."""
    world = make_world(replace(BASE, releases=(120, 120)), np.random.default_rng(8))
    r = world.releases
    k = np.arange(len(r)) % 6
    rng = np.random.default_rng(4)
    p = {g: world.parameters[g] for g in ("level", "slope")}
    years = observed(r).arrays["years"]
    trend = p["level"][r.group] + p["slope"][r.group] * years
    effect = np.where(k < 3, -0.7, 0.7)
    u = 5 * np.exp(effect - 0.8 * years) * rng.exponential(size=len(r))
    score = trend + rng.normal(size=len(r)) - u + r.stderr * rng.normal(size=len(r))
    releases, order = sort_releases(r.day, r.group, score, r.stderr, as_of=r.as_of)
    names = np.array([f"maker {i}" for i in k])[order]
    observations = observed(replace(releases, organization=names))
    fit = quick_fit(SPEC, observations, SamplerSettings(chains=2, draws=400, tune=500, seed=2))
    posterior = fit.tree["posterior"].to_dataset().mean(("chain", "draw"))
    spread = fit.tree["posterior"].to_dataset().std(("chain", "draw"))
    for group in (LEADER, FOLLOWER):
        error = posterior["shortfall_change"][group] + 0.8
        assert abs(float(error)) < 3.5 * float(spread["shortfall_change"][group])
    effects = posterior["maker_effect"].to_numpy()
    short = np.array([int(name.split()[-1]) >= 3 for _, name in observations.makers])
    assert effects[short].min() > effects[~short].max()
    assert 0.4 < float(posterior["maker_spread"]) < 1.3


def test_shortfalls_of_a_fit_have_the_means_of_their_makers(eci_new):
    """And nothing is said of no shortfall at all, which would be one of each maker's."""
    settings = SamplerSettings(chains=2, draws=100, tune=100, seed=1)
    fit = quick_fit(SPEC, SPEC.observations(eci_new), settings)
    errors = composed_errors(fit)
    p, i = fit.all_draws, 30
    k, g = fit.observations.maker[i], eci_new.group[i]
    power = p["maker_effect"][..., k] + (
        p["shortfall_change"][..., g] * fit.observations.arrays["years"][i]
    )
    np.testing.assert_allclose(errors.mean[..., i], p["shortfall"][..., g] * np.exp(power))
    assert shortfall_draws(fit).shape == (2, 100, len(eci_new))
    assert no_shortfall(fit) == ()
