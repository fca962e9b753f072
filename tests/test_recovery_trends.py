"""The parallel and broken trends recover what they were made from; a far ceiling is no ceiling."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from simulate import make_releases

from frontierlag.analyses.analysis import analyse
from frontierlag.fits.sampling import sample
from frontierlag.intervals import summarize
from frontierlag.model import ModelSpec
from frontierlag.names import REALIZED, TREND
from frontierlag.priors import Prior
from frontierlag.settings import SamplerSettings

SETS = 40
NARROWED = {
    "level": Prior(family="Normal", mu=136, sigma=6),
    "slope": Prior(family="TruncatedNormal", mu=15, sigma=4, lower=0),
    "shortfall": Prior(family="HalfNormal", sigma=10),
}
OWN = {
    "parallel": {"lag": Prior(family="Normal", mu=6, sigma=4)},
    "broken": {"slope_after": Prior(family="TruncatedNormal", mu=15, sigma=4, lower=0)},
}


@pytest.mark.slow
@pytest.mark.parametrize("curve", list(OWN))
def test_parameters_drawn_from_the_prior_are_covered_at_the_nominal_rate(curve, eci_new):
    spec = ModelSpec.of(f"{curve}-stochastic", eci_new.metric, NARROWED | OWN[curve])
    rng = np.random.default_rng(11)
    settings = SamplerSettings(chains=4, draws=500, tune=500, seed=5)
    inside: dict[str, list[bool]] = {}
    for _ in range(SETS):
        truth = {q.name: q.prior.draw(rng, () if q.shared else (2,)) for q in spec.parameters}
        p = {name: np.asarray(value) for name, value in truth.items()}
        observations = spec.observations(eci_new)
        mu = spec.trend_at(p, observations)
        score = spec.frontier.simulate(rng, p, mu, observations.arrays)
        r = eci_new
        made = make_releases(r.day, r.group, score, r.stderr, as_of=r.as_of)
        found = sample(spec, spec.observations(made), settings)
        for name, value in truth.items():
            low, high = found.posterior[name].quantile([0.05, 0.95], ("chain", "draw")).to_numpy()
            inside.setdefault(name, []).extend(np.atleast_1d((low <= value) & (value <= high)))
    for name, hits in inside.items():
        low, high = stats.binom.interval(0.999, len(hits), 0.9)
        print(f"{spec.name} {name}: {sum(hits)}/{len(hits)} (band {low:.0f} to {high:.0f})")
        assert low <= sum(hits) <= high, name


@pytest.mark.slow
def test_a_logistic_far_from_its_ceiling_gives_the_linear_lag(eci_new, window):
    settings = SamplerSettings(draws=1000, tune=1000, seed=8)
    far = Prior(family="LogNormal", median=4000.0, sigma=0.2)
    specs = (
        ModelSpec.of("linear-stochastic", eci_new.metric),
        ModelSpec.of("logistic-stochastic", eci_new.metric, {"headroom": far, "depth": far}),
    )
    fits = [analyse(spec, eci_new, window, settings) for spec in specs]
    for kind in (TREND, REALIZED):
        one, other = (summarize(a.measured.lag(kind, "window")) for a in fits)
        error = np.hypot(one.mcse_mean, other.mcse_mean)
        assert abs(one.mean - other.mean) < 4 * error
        assert other.undefined == 0
