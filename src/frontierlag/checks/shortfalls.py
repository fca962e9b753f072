"""Stochastic frontier diagnostics: how far each release falls short, and whether a group does.

What users of the R packages sfaR and frontier look at, computed from the draws of a fit. Where a
release is c = F(t) + v - u, with symmetric scatter v and a shortfall u >= 0, nothing but c, F and
the two parameters says how c - F divides into v and u (Jondrow, Lovell, Materov & Schmidt 1982).
Whether there are shortfalls at all: the probability of none, and which way residuals lean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from arviz_stats.base import array_stats

from frontierlag import arrays
from frontierlag.checks.predictive import skewness
from frontierlag.fits.fitting import Fit
from frontierlag.frontiers import Stochastic, StochasticHalfNormal
from frontierlag.frontiers.densities import normal_logp
from frontierlag.frontiers.makers import ByMaker
from frontierlag.frontiers.noise import ReleaseNoise
from frontierlag.frontiers.stochastic import Shortfall, composed_logp, positive_normal
from frontierlag.intervals import OUTER, tails
from frontierlag.names import RELEASE, SAMPLE_DIMS
from frontierlag.priors import Prior
from frontierlag.scores.metric import LOG_ODDS
from frontierlag.trends.base import of_group

# The share of a group's releases that are called nearest to its frontier.
NEAREST = 0.1
# What its draws are for, next to other draws of one seed.
_SPLITTING = 8
# A density at zero that rests on fewer draws than this is not reported, only bounded.
FEW = 10
# Events that may have been missed where none was seen, at 95 %: the rule of three.
_UNSEEN = 3.0
# Nodes of the integral over the mean shortfall, and log of a share that adds nothing to it.
_NODES, _NOTHING = 81, 25.0
# Densities that are evaluated for it, about, and the fewest draws that are integrated over.
_EVALUATIONS, _FEWEST = 5_000_000, 100
# Resampled tables, as many as have so many releases together, within limits.
_RESAMPLED, _RESAMPLES = 4_000_000, (200, 2000)
# What its draws are for, next to other draws of one seed.
_RESAMPLING = 9


@dataclass(frozen=True, eq=False)
class ComposedErrors:
    """Releases around the trend of their group, draw by draw.

    Capability and trend in ``unit`` (score units, or log odds of an accuracy), the scatter of each
    release's group and the mean of the release's shortfall have shape ``(chain, draw, release)``,
    the group ``(release,)``.
    """

    kind: Shortfall
    unit: str
    capability: np.ndarray
    trend: np.ndarray
    scatter: np.ndarray
    mean: np.ndarray
    group: np.ndarray

    @property
    def distance(self) -> np.ndarray:
        """Capability minus trend, which is scatter minus shortfall."""
        return self.capability - self.trend


def stochastic_of(fit: Fit) -> Stochastic | None:
    """The stochastic frontier of a fit, whatever its scores are measured by; None if it has none.

    A model of records has no shortfall: it looks at nothing below the frontier.
    """
    frontier = getattr(fit.spec.frontier, "scale_free", fit.spec.frontier)
    return frontier if isinstance(frontier, Stochastic) else None


def composed_errors(fit: Fit) -> ComposedErrors | None:
    """What shortfalls are made from; None of a fit without."""
    frontier = stochastic_of(fit)
    if frontier is None:
        return None
    metric, p = fit.spec.metric, fit.all_draws
    capability, mu = fit.capabilities, fit.spec.trend_at(p, fit.observations)
    group = fit.observations.arrays["group_index"]
    if metric.bounds is not None:
        capability, mu = (metric.bounds.log_odds(each, np) for each in (capability, mu))
    scatter = of_group(p["scatter"], group)
    mean = frontier.mean_shortfall(p, fit.observations.arrays, np)
    unit = metric.unit if metric.bounds is None else LOG_ODDS.unit
    return ComposedErrors(frontier.shortfall, unit, capability, mu, scatter, mean, group)


def shortfall_given(
    kind: Shortfall, distance: np.ndarray, scatter: np.ndarray, mean: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Location and scale of the shortfall of a release whose distance from the trend is known.

    u given d = v - u is a normal truncated to u >= 0 (Jondrow et al. 1982): with scatter s,
    Normal(-d - s^2 / m, s) for the exponential of mean m, and
    Normal(-d q^2 / (s^2 + q^2), s q / sqrt(s^2 + q^2)) for the half-normal of scale
    q = m sqrt(pi / 2). Its mean is location + scale phi(a) / Phi(a), a = location / scale.
    """
    if kind == "exponential":
        return -distance - scatter**2 / mean, scatter
    q = mean * np.sqrt(np.pi / 2)
    total = scatter**2 + q**2
    return -distance * q**2 / total, scatter * q / np.sqrt(total)


def shortfall_draws(fit: Fit) -> xr.DataArray | None:
    """Draws of each release's shortfall, dims ``(chain, draw, release)``; None of a fit without.

    Drawn from their exact conditional given the capability, the trend and the parameters of each
    draw; the score says no more, as it depends on the shortfall through the capability alone.
    """
    errors = composed_errors(fit)
    if errors is None:
        return None
    releases = fit.observations.releases
    noise = ReleaseNoise(fit.settings.seed, list(releases.model), _SPLITTING)
    given = shortfall_given(errors.kind, errors.distance, errors.scatter, errors.mean)
    drawn = positive_normal(noise, *(np.broadcast_to(x, errors.distance.shape) for x in given))
    return xr.DataArray(drawn, dims=(*SAMPLE_DIMS, RELEASE), coords={RELEASE: releases.model})


def nearest_share(shortfalls: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Probability that a release is among the tenth of its group with the smallest shortfalls.

    Ranks are uncertain where intervals overlap (Horrace & Schmidt 2000), so that it is a
    probability, computed draw by draw. Shortfalls have shape ``(..., release)``, and the groups
    ``(release,)``.
    """
    flat = shortfalls.reshape(-1, shortfalls.shape[-1])
    found = np.empty(flat.shape[-1])
    for g in np.unique(group):
        own = flat[:, group == g]
        few = int(np.ceil(NEAREST * own.shape[1]))
        limit = np.partition(own, few - 1, axis=1)[:, few - 1 : few]
        found[group == g] = (own <= limit).mean(0)
    return found


@dataclass(frozen=True)
class NoShortfall:
    """How probable it is that the releases of a group have no shortfall at all.

    Attributes
    ----------
    group
        Its name.
    probability
        Posterior probability of a mean shortfall of exactly 0 against the model's prior of it, with
        even odds before the data. Where ``bounded``, it is at most this.
    bayes_factor
        For none against some, with the same proviso.
    mcse
        Monte Carlo standard error of the probability; NaN where it is bounded.
    bounded
        Whether too few draws come near zero, so that they only say what it is at most.
    effective
        How many draws the estimate rests on, by their weights.
    """

    group: str
    probability: float
    bayes_factor: float
    mcse: float
    bounded: bool
    effective: float


def no_shortfall(fit: Fit) -> tuple[NoShortfall, ...]:
    """Probability of no shortfall in each group, by the density ratio of Savage and Dickey.

    The prior of the mean shortfall m is continuous, so that no fit gives exactly 0 a probability.
    Against the model without shortfalls, in which all else has the same prior, the Bayes factor is

        BF = p(m = 0 | data) / p(m = 0)

    (Dickey & Lientz 1970; Verdinelli & Wasserman 1995), and with even prior odds the probability is
    BF / (1 + BF). At the boundary of its range a density cannot be read from the draws of m; it is
    the mean over draws of the density of m = 0 given everything else in the draw (Gelfand & Smith
    1990), which is known but for a constant that one integral gives: L(m) p(m), L the composed
    density of the group's releases.

    Nearly all of that mean comes from draws of a small m, so it is reported where the draws behind
    it are worth :data:`FEW` or more. Elsewhere the draws say what the density is at most: if it
    does not fall from 0 to the smallest of N effective draws, 3 / (N smallest).

    Returns
    -------
    The leader's and the follower's; none of a fit without shortfalls, whose shortfalls have a mean
    of each maker's, or whose prior of the mean shortfall has no density at 0.
    """
    errors = composed_errors(fit)
    if errors is None or isinstance(stochastic_of(fit), ByMaker):
        return ()
    prior = next(p.prior for p in fit.spec.parameters if p.name == "shortfall")
    at_zero = float(np.exp(prior.logp(np.zeros(1)))[0])
    if not at_zero > 0:
        return ()
    drawn, found = fit.draws["shortfall"], []
    value, sd = _measured(fit, errors)
    for g, name in enumerate(fit.observations.releases.group_names):
        m, of = drawn[..., g], errors.group == g
        distance = (value - errors.trend)[..., of]
        density = density_at_zero(errors.kind, distance, sd[..., of], m, prior)
        effective = float(density.sum() ** 2 / max((density**2).sum(), np.finfo(float).tiny))
        ratio, bounded = float(density.mean()) / at_zero, effective < FEW
        if bounded:
            ratio = max(ratio, density_bound(m) / at_zero)
        error = float(array_stats.mcse(density, chain_axis=0, draw_axis=1)) / at_zero
        mcse = np.nan if bounded else error / (1 + ratio) ** 2
        found.append(NoShortfall(name, ratio / (1 + ratio), ratio, mcse, bounded, effective))
    return tuple(found)


def density_bound(draws: np.ndarray) -> float:
    """What a density is at most at 0 that does not fall between 0 and the smallest draw.

    3 / (N smallest), N the effective number of draws in the tails, at 95 %; draws ``(chain, draw)``
    of a positive quantity.
    """
    effective = array_stats.ess(draws, chain_axis=0, draw_axis=1, method="tail", prob=tails(OUTER))
    return _UNSEEN / (float(effective) * float(draws.min()))


def density_at_zero(
    kind: Shortfall, distance: np.ndarray, sd: np.ndarray, mean: np.ndarray, prior: Prior
) -> np.ndarray:
    """Density of a mean shortfall of 0 given everything else in each draw, ``(chain, draw)``.

    Draws whose density falls by far more than any other's on the way from their own mean shortfall
    to 0 add nothing and are not integrated over (by Simpson's rule); of many others, evenly spaced
    ones are taken, so that the second axis may be shorter than that of the draws. ``distance`` and
    ``sd`` are of each release of the group from the trend, and the standard deviation of its
    symmetric error, ``(chain, draw, release)``; ``mean`` are mean shortfalls, ``(chain, draw)``.
    """

    def log_density(which: Any, m: Any) -> Any:
        d, s = distance[which], sd[which]
        each = normal_logp(d, s, arrays) if m is None else composed_logp(kind, d, s, m, arrays)
        return each.sum(-1)

    none = log_density((), None) + float(prior.logp(np.zeros(1))[0])
    fall = none - log_density((), mean[..., None]) - prior.logp(mean)
    counts = fall > fall.max() - _NOTHING
    most = max(_FEWEST, _EVALUATIONS // (_NODES * distance.shape[-1]))
    thin = (slice(None), slice(None, None, -(-int(counts.sum()) // most)))
    found = np.zeros(mean[thin].shape)
    chosen = np.zeros(mean.shape, dtype=bool)
    chosen[thin] = counts[thin]
    nodes = np.linspace(0.0, 1.3 * float(mean.max()), _NODES)
    total = np.stack([none[chosen], *(log_density(chosen, m) for m in nodes[1:])], axis=-1)
    total[:, 1:] += prior.logp(nodes[1:])
    height = np.exp(total - total.max(-1, keepdims=True))
    found[counts[thin]] = height[:, 0] / (height @ _simpson(nodes))
    return found


def _simpson(nodes: np.ndarray) -> np.ndarray:
    """Weights of Simpson's rule at an odd number of evenly spaced nodes.

    SciPy's own function looks for other array libraries and imports those, which takes a second.
    """
    weights = np.ones(len(nodes))
    weights[1:-1:2], weights[2:-1:2] = 4.0, 2.0
    return weights * (nodes[1] - nodes[0]) / 3


def _measured(fit: Fit, errors: ComposedErrors) -> tuple[np.ndarray, np.ndarray]:
    """What the composed density is of, with the standard deviation of its symmetric error.

    Scores where they are measured with a normal error, as the capability is integrated out; else
    capabilities as they were drawn.
    """
    if type(fit.spec.frontier) in (Stochastic, StochasticHalfNormal):
        data = fit.observations.arrays
        return data["observed"], np.sqrt(errors.scatter**2 + data["stderr"] ** 2)
    return errors.capability, errors.scatter


@dataclass(frozen=True)
class Skewness:
    """Which way the residuals of a group lean.

    Attributes
    ----------
    group, releases
        Whose, and how many.
    value
        Skewness of the residuals.
    lower90, upper90
        Its 90 % sampling interval.
    z
        Coelli's statistic sqrt(n / 6) skewness, standard normal without shortfalls where all errors
        are alike.
    p
        Probability of a skewness as low without shortfalls, given each release's own error.
    """

    group: str
    releases: int
    value: float
    lower90: float
    upper90: float
    z: float
    p: float

    @property
    def wrong(self) -> bool:
        """Whether the sign is the wrong one: shortfalls pull below the frontier."""
        return self.value > 0


def residual_skewness(fit: Fit) -> tuple[Skewness, ...]:
    """Skewness of what lies around the fitted trend, in each group.

    Residuals are scores minus the posterior mean of the trend; of an accuracy, of joint draws and
    of benchmark results, where no score is taken as it stands, posterior mean capabilities minus
    the same. Shortfalls make it negative. Where it is positive, least squares without shortfalls is
    a local maximum of the likelihood with a half-normal shortfall (Waldman 1982).
    The interval is that of resampled releases; p is of normal residuals with each release's own
    error and a scatter that gives them the observed variance (Coelli 1995, for unequal errors).
    """
    errors = composed_errors(fit)
    if errors is None:
        return ()
    data, of_scores = fit.observations.arrays, fit.spec.frontier.reads == "scores"
    if of_scores and fit.spec.metric.bounds is None:
        value, error = data["observed"], data["stderr"]
    else:
        value, error = errors.capability.mean((0, 1)), errors.capability.std((0, 1))
    residual = value - errors.trend.mean((0, 1))
    rng = np.random.default_rng([fit.settings.seed, _RESAMPLING])
    found = []
    for g, name in enumerate(fit.observations.releases.group_names):
        own, noise = residual[errors.group == g], error[errors.group == g]
        n = len(own)
        if n < 3 or np.ptp(own) == 0:
            continue
        times = int(np.clip(_RESAMPLED // n, *_RESAMPLES))
        with np.errstate(invalid="ignore"):  # of a few releases one may be drawn every time
            again = skewness(own[rng.integers(n, size=(times, n))])
        low, high = np.nanquantile(again, tails(OUTER))
        scatter2 = max(own.var() - float((noise**2).mean()), 0.0)
        none = skewness(rng.standard_normal((times, n)) * np.sqrt(scatter2 + noise**2))
        value_ = float(skewness(own))
        p = float((none <= value_).mean())
        found.append(Skewness(name, n, value_, float(low), float(high), value_ * np.sqrt(n / 6), p))
    return tuple(found)
