"""The posterior of linear-records against its exact solution on the real table.

Given the scatter, scores are normal around a line with normal priors on level and slope, so level
and slope are jointly normal and the scatter's marginal likelihood has a closed form: the posterior
is a mixture of normals over one dimension, integrated here on a fine grid, group by group. The
slope's prior is cut off at 0; the mixture without the cut has less than 1e-6 of its mass below 0
(tested), so that the two are the same to far below any Monte Carlo error.
"""

from __future__ import annotations

import arviz as az
import numpy as np
import pytest
import xarray as xr
from scipy import stats

from frontierlag.dates import years_after
from frontierlag.fits.sampling import SamplerSettings, sample
from frontierlag.lags.trend import trend_lag

pytestmark = pytest.mark.xdist_group("linear-records")

PRIOR_MEAN = np.array([130.0, 12.0])  # level, slope
PRIOR_SD = np.array([40.0, 10.0])
QUANTILES = (0.05, 0.5, 0.95)
LARGEST_DEVIATION = 4.0


def scatter_prior_of(analysis):
    """The scatter's prior in force as a distribution of SciPy's; the others are written above."""
    priors = {p.name: p.prior for p in analysis.fit.spec.parameters}
    level, slope, scatter = (priors[name] for name in ("level", "slope", "scatter"))
    assert (level.mu, slope.mu, level.sigma, slope.sigma) == (*PRIOR_MEAN, *PRIOR_SD)
    return {
        "HalfNormal": lambda p: stats.halfnorm(scale=p.sigma),
        "LogNormal": lambda p: stats.lognorm(p.sigma, scale=p.median),
        "InverseGamma": lambda p: stats.invgamma(p.alpha, scale=p.beta),
    }[scatter.family](scatter)


class Exact:
    """The mixture of one group: grid of the scatter, its weights, and the normals given it."""

    def __init__(self, t, y, stderr, scatter_prior):
        self.scatter = np.linspace(2.5e-3, 20, 4000)
        x = np.stack([np.ones_like(t), t], axis=1)
        self.mean = np.empty((len(self.scatter), 2))
        self.cov = np.empty((len(self.scatter), 2, 2))
        log_weight = np.empty(len(self.scatter))
        prior_precision = np.diag(PRIOR_SD**-2)
        resid = y - x @ PRIOR_MEAN
        for i, s in enumerate(self.scatter):
            w = 1 / (s**2 + stderr**2)
            precision = prior_precision + (x.T * w) @ x
            cov = np.linalg.inv(precision)
            gain = cov @ ((x.T * w) @ resid)
            self.mean[i], self.cov[i] = PRIOR_MEAN + gain, cov
            # log N(y; X m0, X V0 X' + D), by the matrix determinant and inversion lemmas.
            log_weight[i] = 0.5 * (
                np.log(w).sum()
                + np.linalg.slogdet(cov)[1]
                - (w * resid**2).sum()
                + gain @ precision @ gain
                + 2 * scatter_prior.logpdf(s)
            )
        weight = np.exp(log_weight - log_weight.max())
        self.weight = weight / weight.sum()

    def cdf(self, j, at):
        sd = np.sqrt(self.cov[:, j, j])
        return float(self.weight @ stats.norm.cdf((at - self.mean[:, j]) / sd))

    def moments(self, j):
        mean = self.weight @ self.mean[:, j]
        second = self.weight @ (self.cov[:, j, j] + self.mean[:, j] ** 2)
        return mean, np.sqrt(second - mean**2)

    def draw(self, rng, n):
        i = rng.choice(len(self.weight), size=n, p=self.weight)
        return self.mean[i] + np.einsum(
            "nij,nj->ni", np.linalg.cholesky(self.cov[i]), rng.normal(size=(n, 2))
        )

    def scatter_quantile(self, q):
        return np.interp(q, np.cumsum(self.weight) - self.weight / 2, self.scatter)


@pytest.fixture(scope="module")
def long_run(records_analysis):
    fit = records_analysis.fit
    settings = SamplerSettings(chains=4, draws=4000, tune=1000, target_accept=0.95, seed=11)
    return sample(fit.spec, fit.observations, settings).posterior


@pytest.fixture(scope="module")
def exact(records_analysis):
    data = records_analysis.fit.observations.arrays
    of = lambda g: data["group_index"] == g  # noqa: E731
    prior = scatter_prior_of(records_analysis)
    return [
        Exact(data["years"][of(g)], data["observed"][of(g)], data["stderr"][of(g)], prior)
        for g in (0, 1)
    ]


def error(draws: xr.DataArray, **kind) -> float:
    return float(az.mcse(draws.rename("x").to_dataset(), **kind)["x"])


def test_the_closed_form_of_the_weights_is_the_normal_density(records_analysis):
    """The lemmas above, against the multivariate normal they shorten."""
    data = records_analysis.fit.observations.arrays
    of = data["group_index"] == 1
    t, y, e = data["years"][of], data["observed"][of], data["stderr"][of]
    scatter_prior = scatter_prior_of(records_analysis)
    made = Exact(t, y, e, scatter_prior)
    x = np.stack([np.ones_like(t), t], axis=1)
    at = np.array([100, 400, 1000])
    expected = [
        stats.multivariate_normal.logpdf(
            y, x @ PRIOR_MEAN, x @ np.diag(PRIOR_SD**2) @ x.T + np.diag(s**2 + e**2)
        )
        + scatter_prior.logpdf(s)
        for s in made.scatter[at]
    ]
    np.testing.assert_allclose(np.diff(np.log(made.weight[at])), np.diff(expected), rtol=1e-9)


def test_the_grid_holds_the_posterior_and_the_cut_at_slope_zero_does_not_matter(exact):
    for one in exact:
        assert one.weight[-1] < 1e-8
        assert one.weight.max() < 0.01
        assert one.cdf(1, 0.0) < 1e-6
        # The density of the scatter does not run off towards 0.
        assert one.weight[0] < 0.1 * one.weight.max()


def test_nuts_agrees_with_the_exact_posterior(exact, long_run):
    worst = 0.0
    rows = []
    for g, one in enumerate(exact):
        draws = long_run.isel(group=g)
        for j, name in enumerate(("level", "slope")):
            x = draws[name]
            mean, sd = one.moments(j)
            found = [
                ("mean", float(x.mean()), mean, error(x, method="mean")),
                ("sd", float(x.std()), sd, error(x, method="sd")),
            ]
            for q in QUANTILES:
                # Where the exact distribution function puts the sampled quantile; its error by az.
                sampled = float(x.quantile(q))
                lo, hi = mean - 12 * sd, mean + 12 * sd
                for _ in range(45):
                    middle = (lo + hi) / 2
                    lo, hi = (middle, hi) if one.cdf(j, middle) < q else (lo, middle)
                found.append((f"q{q}", sampled, lo, error(x, method="quantile", prob=q)))
            rows += [(f"{name}[{g}] {kind}", a, b, e) for kind, a, b, e in found]
        x = draws["scatter"]
        mean = one.weight @ one.scatter
        sd = np.sqrt(one.weight @ (one.scatter - mean) ** 2)
        rows.append((f"scatter[{g}] mean", float(x.mean()), mean, error(x, method="mean")))
        rows.append((f"scatter[{g}] sd", float(x.std()), sd, error(x, method="sd")))
        for q in QUANTILES:
            rows.append(
                (
                    f"scatter[{g}] q{q}",
                    float(x.quantile(q)),
                    one.scatter_quantile(q),
                    error(x, method="quantile", prob=q),
                )
            )
    assert len(rows) == 30
    for label, sampled, true, e in rows:
        deviation = (sampled - true) / e
        worst = max(worst, abs(deviation))
        print(f"{label:<20}{sampled:>10.4f}{true:>10.4f}{e:>9.4f}{deviation:>7.2f}")
    assert worst < LARGEST_DEVIATION
    # Errors that small make the comparison mean something: a hundredth of a posterior sd or so.
    assert max(e for label, _, _, e in rows if label.endswith("mean")) < 0.03


def test_the_mean_trend_lag_agrees_with_exact_draws(exact, long_run, records_analysis, window):
    """A million independent draws of the mixtures, pushed through the definition of the lag."""
    fit = records_analysis.fit
    n = 1_000_000
    leader, follower = (one.draw(np.random.default_rng(40 + g), n) for g, one in enumerate(exact))
    t = years_after(window.days, fit.observations.reference).mean()
    # Lines: the lag is linear in time, so its mean over the window is its value at the mean day.
    reached = (follower[:, 0] + follower[:, 1] * t - leader[:, 0]) / leader[:, 1]
    true = 12 * (t - reached)

    p = {k: long_run[k].to_numpy() for k in ("level", "slope")}
    by_day, _ = trend_lag(
        fit.spec.trend, p, window.days, fit.observations.reference, 0, int(window.days[-1])
    )
    sampled = xr.DataArray(by_day.mean(-1), dims=("chain", "draw"))
    rows = [
        ("mean", float(sampled.mean()), true.mean(), error(sampled, method="mean")),
        ("sd", float(sampled.std()), true.std(), error(sampled, method="sd")),
        *(
            (
                f"q{q}",
                float(sampled.quantile(q)),
                np.quantile(true, q),
                error(sampled, method="quantile", prob=q),
            )
            for q in QUANTILES
        ),
    ]
    for label, got, want, e in rows:
        print(f"trend lag {label:<10}{got:>10.4f}{want:>10.4f}{e:>9.4f}{(got - want) / e:>7.2f}")
        assert abs(got - want) < LARGEST_DEVIATION * e, label
