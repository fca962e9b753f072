from __future__ import annotations

import numpy as np
import pymc as pm
import pytest
from scipy import stats
from scipy.integrate import quad
from simulate import make_releases

from frontierlag import arrays
from frontierlag.errors import SpecError
from frontierlag.frontiers import FRONTIERS, densities, frontier
from frontierlag.frontiers.stochastic import positive_normal, two_piece_noise
from frontierlag.model import ModelSpec, build
from frontierlag.scores.metric import ECI

P = {
    "scatter": np.array([2.5, 0.8]),
    "shortfall": np.array([6.0, 9.0]),
    # What only models that tell makers apart read.
    "shortfall_change": np.array([-0.3, 0.5]),
    "maker_effect": np.array([0.4, -0.5]),
}
# Three releases: measured fairly, measured poorly and far below, known exactly.
DATA = {
    "observed": np.array([139.0, 108.0, 131.5]),
    "stderr": np.array([2.0, 7.0, 0.0]),
    "stderr_low": np.array([3.0, 11.0, 0.0]),
    "stderr_high": np.array([1.5, 3.5, 0.0]),
    "group_index": np.array([0, 1, 1]),
    "years": np.array([0.3, -0.4, 0.1]),
    "maker": np.array([0, 1, 1]),
}
MU = np.array([141.0, 128.0, 130.0])


def mean_shortfall(name, i):
    """Of one release, by the formula in the docstring."""
    g = DATA["group_index"][i]
    if name != "stochastic-makers":
        return P["shortfall"][g]
    change = P["shortfall_change"][g] * DATA["years"][i]
    return P["shortfall"][g] * np.exp(P["maker_effect"][DATA["maker"][i]] + change)


def many(n, p=P):
    """The parameters repeated over (chain, draw), and the trend with them."""
    return (
        {k: np.broadcast_to(v, (2, n // 2, 2)) for k, v in p.items()},
        np.broadcast_to(MU, (2, n // 2, 3)),
    )


def shortfall_pdf(name, u, mean):
    if name == "records":
        raise AssertionError
    if name == "stochastic-halfnormal":
        return stats.halfnorm.pdf(u, scale=mean * np.sqrt(np.pi / 2))
    return np.exp(-u / mean) / mean


def capability_density(name, c, mu, scatter, mean):
    """Density of trend + scatter - shortfall on a grid, by brute force over the shortfall."""
    if name == "records":
        return stats.norm.pdf(c, mu, scatter)
    u = np.linspace(0, 80, 8001)
    f = stats.norm.pdf(c[:, None], mu - u, scatter) * shortfall_pdf(name, u, mean)
    return np.trapezoid(f, u, axis=1)


def conditional(name, i):
    """Grid and distribution function of one release's capability given its score."""
    g = DATA["group_index"][i]
    y, e = DATA["observed"][i], DATA["stderr"][i]
    c = np.linspace(y - 9 * e, y + 9 * e, 3001)
    f = capability_density(name, c, MU[i], P["scatter"][g], mean_shortfall(name, i))
    f = f * stats.norm.pdf(y, c, e)
    cdf = np.concatenate([[0], np.cumsum((f[1:] + f[:-1]) / 2 * np.diff(c))])
    return c, f / cdf[-1], cdf / cdf[-1]


@pytest.mark.parametrize(
    "name", ["records", "stochastic", "stochastic-halfnormal", "stochastic-makers"]
)
def test_capabilities_follow_their_exact_conditional(name):
    n = 100_000
    p, mu = many(n)
    drawn = frontier(name).capabilities(np.random.default_rng(11), p, mu, DATA)
    assert drawn.shape == (2, n // 2, 3)
    for i in (0, 1):
        c, f, cdf = conditional(name, i)
        mean = np.trapezoid(f * c, c)
        sd = np.sqrt(np.trapezoid(f * (c - mean) ** 2, c))
        got = drawn[..., i].ravel()
        assert got.mean() == pytest.approx(mean, abs=4 * sd / np.sqrt(n))
        assert got.std() == pytest.approx(sd, rel=4 / np.sqrt(n))
        for q in (0.05, 0.5, 0.95):
            at = np.interp(q, cdf, c)
            error = np.sqrt(q * (1 - q) / n) / np.interp(at, c, f)
            assert np.quantile(got, q) == pytest.approx(at, abs=4 * error)
        assert stats.kstest(got, lambda x, c=c, cdf=cdf: np.interp(x, c, cdf)).pvalue > 1e-3
    # A score without error is the capability.
    np.testing.assert_allclose(drawn[..., 2], DATA["observed"][2], rtol=1e-12)


def test_capability_is_shrunk_towards_the_trend_by_the_precisions():
    """Records: a normal prior and a normal error, so the mean is the precision-weighted one."""
    n = 200_000
    p, mu = many(n)
    drawn = frontier("records").capabilities(np.random.default_rng(3), p, mu, DATA)[..., 1]
    prior, error = 1 / 0.8**2, 1 / 7.0**2
    mean = (prior * MU[1] + error * DATA["observed"][1]) / (prior + error)
    sd = (prior + error) ** -0.5
    assert drawn.mean() == pytest.approx(mean, abs=4 * sd / np.sqrt(n))
    assert drawn.std() == pytest.approx(sd, rel=0.01)


@pytest.mark.parametrize("ratio", [3.0, 0.0, -3.0, -40.0, -1e3, -1e5])
def test_positive_normal_at_any_distance_below_zero(ratio):
    scale = 2.5
    x = positive_normal(np.random.default_rng(5), np.full(20_000, ratio * scale), np.array(scale))
    assert (x >= 0).all()
    if ratio > -30:
        expected = stats.truncnorm(-ratio, np.inf, loc=ratio * scale, scale=scale)
        assert stats.kstest(x, expected.cdf).pvalue > 1e-3
    else:
        # Far in the tail x |location| / scale^2 is exponential up to 1 / ratio^2.
        scaled = x * -ratio / scale
        assert scaled.mean() == pytest.approx(1 - 1 / ratio**2, abs=4 / np.sqrt(20_000))
        assert stats.kstest(scaled, stats.expon.cdf).pvalue > 1e-3


SCORED = [name for name in FRONTIERS if FRONTIERS[name].reads == "scores"]


@pytest.mark.parametrize("name", SCORED)
def test_simulated_scores_follow_the_log_likelihood(name):
    n = 40_000
    p, mu = many(n)
    drawn = frontier(name).simulate(np.random.default_rng(8), p, mu, DATA)
    assert drawn.shape == (2, n // 2, 3)
    for i in range(3):
        one = {k: v[i : i + 1] for k, v in DATA.items()}
        y = np.linspace(MU[i] - 130, MU[i] + 60, 6001)
        f = np.exp(
            frontier(name).log_likelihood(
                {k: np.broadcast_to(v, (len(y), 2)) for k, v in P.items()},
                np.full((len(y), 1), MU[i]),
                one | {"observed": y[:, None]},
            )[:, 0]
        )
        cdf = np.concatenate([[0], np.cumsum((f[1:] + f[:-1]) / 2 * np.diff(y))])
        assert cdf[-1] == pytest.approx(1, abs=1e-4)
        got = drawn[..., i].ravel()
        mean = np.trapezoid(f * y, y)
        sd = np.sqrt(np.trapezoid(f * (y - mean) ** 2, y))
        assert got.mean() == pytest.approx(mean, abs=4 * sd / np.sqrt(n))
        assert got.std() == pytest.approx(sd, rel=0.03)
        assert stats.kstest(got, lambda x, y=y, cdf=cdf: np.interp(x, y, cdf)).pvalue > 1e-3


def test_two_piece_noise_follows_its_density():
    below, above = 4.0, 0.7
    drawn = two_piece_noise(np.random.default_rng(2), np.array(below), np.array(above), (50_000,))

    def cdf(x):
        share = below / (below + above)
        low = 2 * share * stats.norm.cdf(np.minimum(x, 0) / below)
        return low + (1 - share) * (2 * stats.norm.cdf(np.maximum(x, 0) / above) - 1)

    assert stats.kstest(drawn, cdf).pvalue > 1e-3
    assert (two_piece_noise(np.random.default_rng(2), np.zeros(9), np.zeros(9), (9,)) == 0).all()


def a_model(name):
    spec = ModelSpec.of(f"linear-{name}", ECI)
    # Every release is a record here and each group's first would be dropped: give one more each.
    releases = make_releases(
        [10, 20, 400, 500, 600, 700],
        [0, 1, 0, 1, 1, 0],
        [90.0, 80.0, 139.0, 108.0, 131.5, 150.0],
        [2.0, 2.0, 2.0, 7.0, 0.0, 1.0],
        [2.0, 2.0, 3.0, 11.0, 0.0, 0.5],
        [2.0, 2.0, 1.5, 3.5, 0.0, 2.5],
    )
    observations = spec.observations(releases)
    return spec, observations, build(spec, observations)


POINT = {
    "level": np.array([139.0, 131.0]),
    "slope": np.array([15.0, 12.0]),
    **P,
}


def model_logp(model, variable, value, given):
    """The model's own log density of a variable, elementwise, at given values of the others."""
    expression = pm.logp(model[variable], value)
    rvs = {model[k]: v for k, v in given.items() if k in model.named_vars}
    return expression.eval(rvs, mode="FAST_COMPILE", on_unused_input="ignore")


@pytest.mark.parametrize("name", ["records", "stochastic", "stochastic-halfnormal"])
def test_log_likelihood_is_the_models(name):
    spec, observations, model = a_model(name)
    data = observations.arrays
    mu = spec.trend_at(POINT, observations)
    got = spec.frontier.log_likelihood(POINT, mu, data)
    np.testing.assert_allclose(got, model_logp(model, "score", data["observed"], POINT), rtol=1e-10)
    assert len(got) == (4 if name == "records" else 6)


def test_two_piece_model_has_the_capabilitys_density_and_the_interval_two_arms():
    spec, observations, model = a_model("stochastic-twopiece")
    data = observations.arrays
    mu = spec.trend_at(POINT, observations)
    group, y = data["group_index"], data["observed"]
    c = y + np.array([-3.0, 4.0, 1.0, -6.0, 2.0, -0.2])
    scatter, mean = P["scatter"][group], P["shortfall"][group]
    prior = stats.exponnorm.logpdf(mu - c, mean / scatter, scale=scatter)
    np.testing.assert_allclose(model_logp(model, "capability", c, POINT), prior, rtol=1e-9)

    arm = np.where(c < y, data["stderr_low"], data["stderr_high"])
    exact = data["stderr"] == 0
    with np.errstate(divide="ignore", invalid="ignore"):
        both = data["stderr_low"] + data["stderr_high"]
        measured = np.log(np.sqrt(2 / np.pi) / both) - (y - c) ** 2 / (2 * arm**2)
    at_score = stats.exponnorm.logpdf(mu - y, mean / scatter, scale=scatter)
    np.testing.assert_allclose(
        model_logp(model, "score", y, POINT | {"capability": c}),
        np.where(exact, at_score, measured),
        rtol=1e-9,
    )
    assert exact.sum() == 1


@pytest.mark.parametrize("scatter", [0.02, 0.3, 1.0, 3.0])
@pytest.mark.parametrize("shortfall", [0.2, 8.0])
@pytest.mark.parametrize("arms", [(0.5, 0.8), (17.0, 3.5)])
def test_two_piece_log_likelihood_is_the_integral_over_the_capability(scatter, shortfall, arms):
    low, high = arms
    for y in (-30.0, -1.0, 0.5, 6.0):
        data = {
            "observed": np.array([y]),
            "stderr": np.array([1.0]),
            "stderr_low": np.array([low]),
            "stderr_high": np.array([high]),
            "group_index": np.array([0]),
        }
        p = {"scatter": np.full(2, scatter), "shortfall": np.full(2, shortfall)}
        got = frontier("stochastic-twopiece").log_likelihood(p, np.zeros(1), data)[0]

        def log_f(c, y=y):
            arm = np.where(c < y, low, high)
            return (
                -((y - c) ** 2) / (2 * arm**2)
                + densities.normal_exponential_logp(c, scatter, shortfall, arrays)
                + np.log(np.sqrt(2 / np.pi) / (low + high))
            )

        # Panels no wider than half the narrowest feature near it, over all that could matter.
        edges = [y]
        for centre, width in ((y, low), (y, high), (0.0, scatter), (0.0, shortfall)):
            steps = np.concatenate([np.linspace(0, 8, 17), np.linspace(8, 60, 14)]) * width
            edges.extend([*(centre - steps), *(centre + steps)])
        edges = np.unique(edges)
        heights = log_f(edges)
        top = heights.max()

        def scaled(c, log_f=log_f, top=top):
            return np.exp(log_f(c) - top)

        total = sum(
            quad(scaled, *edges[i : i + 2], epsabs=1e-7, epsrel=1e-7)[0]
            for i in range(len(edges) - 1)
            if max(heights[i : i + 2]) - top > -40
        )
        assert got == pytest.approx(top + np.log(total), abs=1e-4)


def test_two_piece_with_equal_arms_is_the_symmetric_frontier():
    data = DATA | {"stderr_low": DATA["stderr"], "stderr_high": DATA["stderr"]}
    np.testing.assert_allclose(
        frontier("stochastic-twopiece").log_likelihood(P, MU, data),
        frontier("stochastic").log_likelihood(P, MU, data),
        atol=1e-3,
    )


def test_two_piece_capabilities_are_the_sampled_ones_but_for_exact_scores():
    latent = np.random.default_rng(1).normal(130, 5, (2, 7, 3))
    p, mu = many(14)
    drawn = frontier("stochastic-twopiece").capabilities(
        np.random.default_rng(1), p | {"capability": latent}, mu, DATA
    )
    np.testing.assert_array_equal(drawn[..., :2], latent[..., :2])
    assert (drawn[..., 2] == DATA["observed"][2]).all()


def test_records_are_chosen_over_the_whole_history_and_each_first_is_dropped():
    #       leader: 100, 90 (no record), 105, 105 (tie: no record), 120; follower: 95, 80, 97, 101
    day = [0, 5, 9, 12, 30, 3, 6, 11, 30]
    group = [0, 0, 0, 0, 0, 1, 1, 1, 1]
    score = [100.0, 90.0, 105.0, 105.0, 120.0, 95.0, 80.0, 97.0, 101.0]
    releases = make_releases(day, group, score)
    chosen = frontier("records").select(releases)
    kept = sorted(
        zip(releases.group[chosen], releases.day[chosen], releases.score[chosen], strict=True)
    )
    assert kept == [(0, 9, 105.0), (0, 30, 120.0), (1, 11, 97.0), (1, 30, 101.0)]
    assert frontier("records-all").select(releases).sum() == chosen.sum() + 2
    # All others take every release.
    for name in set(SCORED) - {"records", "records-all"}:
        assert frontier(name).select(releases).all()


def test_the_best_of_a_day_is_its_only_record():
    releases = make_releases(
        [0, 4, 4, 4, 0, 4, 7], [0, 0, 0, 0, 1, 1, 1], [10, 12, 15, 11, 8, 9, 9]
    )
    chosen = frontier("records").select(releases)
    assert sorted(releases.score[chosen]) == [9.0, 15.0]
    assert releases.day[chosen].tolist() == [4, 4]


def test_unknown_frontier_lists_those_there_are():
    with pytest.raises(SpecError, match="records, records-all, stochastic, stochastic-halfnormal"):
        frontier("envelope")


def test_densities_are_written_once():
    """The closed form of the model is the one of the log likelihood: same function."""
    f = frontier("stochastic")
    sd = np.sqrt(P["scatter"][DATA["group_index"]] ** 2 + DATA["stderr"] ** 2)
    expected = stats.exponnorm.logpdf(
        MU - DATA["observed"], P["shortfall"][DATA["group_index"]] / sd, scale=sd
    )
    np.testing.assert_allclose(f.log_likelihood(P, MU, DATA), expected, rtol=1e-9)
