from __future__ import annotations

import numpy as np
import nutpie
import pymc as pm
import pytest
from pydantic import ValidationError

from frontierlag.errors import SpecError
from frontierlag.fits import sampling
from frontierlag.fits.fitting import draw_prior
from frontierlag.fits.sampling import SamplerSettings
from frontierlag.frontiers import FRONTIERS
from frontierlag.model import ModelSpec, build
from frontierlag.priors import Prior
from frontierlag.scores import load_scores
from frontierlag.scores.metric import ECI
from frontierlag.scores.releases import reference_date, subset
from frontierlag.trends import TRENDS

# What makers add does not depend on the trend.
PAIRINGS = [
    f"{t}-{f}"
    for t in TRENDS
    for f in FRONTIERS
    if FRONTIERS[f].reads == "scores" and (t == "linear" or not f.endswith("makers"))
]


def unconstrained(model: pm.Model, values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Values of the model's variables as the sampler sees them."""
    point = {}
    for rv in model.free_RVs:
        value = model.rvs_to_values[rv]
        transform = model.rvs_to_transforms[rv]
        if rv.name == "spread":  # scatter and shortfall, sampled as a pair
            values = values | {"spread": np.stack([values["scatter"], values["shortfall"]], -1)}
        at = values[rv.name]
        if transform is not None:
            at = transform.forward(at, *rv.owner.inputs).eval(mode="FAST_COMPILE")
        point[value.name] = np.asarray(at, dtype=float)
    return point


@pytest.mark.parametrize("name", PAIRINGS)
def test_every_pairing_has_finite_logp_and_gradient_and_a_plausible_prior(name, eci_new):
    spec = ModelSpec.of(name, ECI)
    assert spec.name == name
    observations = spec.observations(eci_new)
    model = build(spec, observations)
    logp = model.compile_fn(
        [model.logp(), model.dlogp()],
        mode="FAST_COMPILE",
        point_fn=True,
        on_unused_input="ignore",
    )
    start = model.initial_point(random_seed=1)
    for values in logp(start):
        assert np.isfinite(values).all()

    prior, predictive = draw_prior(spec, observations, seed=5, draws=200)
    assert (prior["slope"] > 0).all()
    for parameter in spec.parameters:
        sizes = {"chain": 1, "draw": 200} | ({} if parameter.shared else {"group": 2})
        assert dict(prior[parameter.name].sizes) == sizes
    scores = predictive["score"].to_numpy()
    assert scores.shape == (1, 200, len(observations.releases))
    assert np.mean((scores > 0) & (scores < 300)) > 0.97
    # The ECI's own range is neither excluded nor all there is.
    assert 0.3 < np.mean((scores > 90) & (scores < 165)) < 0.95

    latent = dict.fromkeys(spec.frontier.latent_in_model, observations.arrays["observed"] - 1.0)
    latent["free_maker"] = np.linspace(-2, 2, len(observations.makers))
    for i in range(0, 200, 60):
        drawn = {n: prior[n].to_numpy()[0, i] for n in prior.data_vars}
        for value in logp(unconstrained(model, drawn | latent)):
            assert np.isfinite(value).all()


def test_default_priors_in_the_units_of_the_index():
    spec = ModelSpec.of("logistic-stochastic", ECI)
    assert {p.name: p.prior.describe() for p in spec.parameters} == {
        "level": "Normal(mu=130, sigma=40)",
        "slope": "TruncatedNormal(mu=12, sigma=10, lower=0)",
        "headroom": "LogNormal(median=80, sigma=0.75)",
        "depth": "LogNormal(median=80, sigma=0.75)",
        "scatter": "InverseGamma(alpha=3, beta=6)",
        "shortfall": "HalfNormal(sigma=15)",
    }


def test_prior_draws_follow_the_stated_priors(eci_new):
    spec = ModelSpec.of("logistic-records", ECI, {"scatter": Prior(family="HalfNormal", sigma=2)})
    prior, _ = draw_prior(spec, spec.observations(eci_new), seed=3, draws=4000)
    n = 8000
    flat = {k: v.to_numpy().ravel() for k, v in prior.data_vars.items()}
    assert flat["level"].mean() == pytest.approx(130, abs=4 * 40 / np.sqrt(n))
    assert np.median(flat["headroom"]) == pytest.approx(80, rel=4 * 0.75 * 1.2533 / np.sqrt(n))
    assert np.log(flat["depth"]).std() == pytest.approx(0.75, rel=0.04)
    # The replaced prior, not the default of 5: the mean of a half-normal is sigma sqrt(2 / pi).
    assert flat["scatter"].mean() == pytest.approx(2 * np.sqrt(2 / np.pi), rel=0.04)
    assert flat["slope"].min() > 0


def test_a_prior_on_nothing_is_an_error_that_lists_the_parameters():
    with pytest.raises(SpecError, match=r"'ceiling'.*level, slope, scatter, shortfall"):
        ModelSpec.of("linear-stochastic", ECI, {"ceiling": Prior(family="HalfNormal", sigma=1)})
    # A parameter of another trend is not one of this model.
    with pytest.raises(SpecError, match="headroom"):
        ModelSpec.of("linear-records", ECI, {"headroom": Prior(family="HalfNormal", sigma=1)})


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"family": "Normal", "mu": 1}, "takes mu, sigma; got mu"),
        ({"family": "HalfNormal", "sigma": 1, "mu": 0}, "takes sigma; got mu, sigma"),
        ({"family": "HalfNormal", "sigma": 0}, "positive"),
        ({"family": "LogNormal", "median": -1, "sigma": 1}, "positive"),
        ({"family": "Uniform", "lower": 2, "upper": 2}, "lower < upper"),
    ],
)
def test_priors_check_themselves(given, match):
    with pytest.raises(SpecError, match=match):
        Prior(**given)


def test_a_bounded_metric_is_refused():
    metric = load_scores("frontiermath-2026-01-17").metric
    with pytest.raises(SpecError, match="FrontierMath is an accuracy"):
        ModelSpec.of("linear-records", metric)


@pytest.mark.parametrize("name", ["cubic-records", "linear-envelope", "linear", ""])
def test_unknown_names(name):
    with pytest.raises(SpecError, match="there is no"):
        ModelSpec.of(name, ECI)


@pytest.mark.parametrize(
    "given",
    [{"chains": 1}, {"draws": 10}, {"tune": 0}, {"target_accept": 1.0}, {"seed": -1}, {"cores": 4}],
)
def test_sampler_settings_check_themselves(given):
    with pytest.raises(ValidationError):
        SamplerSettings(**given)


def test_observations_are_years_after_one_reference_for_all_models(eci_new):
    a = ModelSpec.of("linear-records", ECI).observations(eci_new)
    b = ModelSpec.of("linear-stochastic", ECI).observations(eci_new)
    assert a.reference == b.reference == reference_date(eci_new)
    days = eci_new.day - (a.reference - type(a.reference)(1970, 1, 1)).days
    np.testing.assert_allclose(b.arrays["years"], days / 365.25)
    # Half of the time from the first release to the as-of date lies on either side.
    last = (eci_new.as_of - a.reference).days
    assert abs(last + days.min()) <= 1
    assert len(b.releases) == len(eci_new)
    assert 10 < len(a.releases) < 60


@pytest.mark.xdist_group("linear-records")
def test_other_data_is_not_compiled_again_and_gives_the_same_posterior(
    records_analysis, eci_new, small_settings, monkeypatch
):
    """One compilation serves data of another length, as well as one made for that data."""
    spec = records_analysis.fit.spec
    full = spec.observations(eci_new)
    keep = np.ones(len(full.releases), dtype=bool)
    keep[3::4] = False
    shorter = type(full)(subset(full.releases, keep), full.reference)
    assert 5 < len(shorter.releases) < len(full.releases)

    compiled, compile_model = [], nutpie.compile_pymc_model

    def spy(model):
        compiled.append(model)
        return compile_model(model)

    monkeypatch.setattr(nutpie, "compile_pymc_model", spy)
    reused = sampling.sample(spec, shorter, small_settings)
    again = sampling.sample(spec, full, small_settings)
    assert not compiled
    # The first data set is as it was before: the compiled model keeps none of the other's.
    for name in ("level", "slope", "scatter"):
        np.testing.assert_array_equal(
            again.posterior[name], records_analysis.fit.tree["posterior"][name]
        )

    monkeypatch.setattr(sampling, "_compiled", {})
    fresh = sampling.sample(spec, shorter, small_settings)
    assert len(compiled) == 1
    for name in ("level", "slope", "scatter"):
        np.testing.assert_allclose(
            reused.posterior[name], fresh.posterior[name], rtol=1e-6, atol=1e-8
        )
        assert abs(again.posterior[name] - reused.posterior[name]).max() > 1e-3
