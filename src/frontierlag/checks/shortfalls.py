"""Stochastic frontier diagnostics: how far each release falls short of its group's frontier.

What users of the R packages sfaR and frontier look at, computed from the draws of a fit. Where a
release is c = F(t) + v - u, with symmetric scatter v and a shortfall u >= 0, nothing but c, F and
the two parameters says how c - F divides into v and u (Jondrow, Lovell, Materov & Schmidt 1982).
Whether there are shortfalls at all is for :mod:`frontierlag.checks.no_shortfall` to say.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from frontierlag.fits.fitting import Fit
from frontierlag.frontiers import Stochastic
from frontierlag.frontiers.noise import ReleaseNoise
from frontierlag.frontiers.stochastic import Shortfall, positive_normal
from frontierlag.names import RELEASE, SAMPLE_DIMS
from frontierlag.scores.metric import LOG_ODDS
from frontierlag.trends.base import of_group

# The share of a group's releases that are called nearest to its frontier.
NEAREST = 0.1
# What its draws are for, next to other draws of one seed.
_SPLITTING = 8


@dataclass(frozen=True, eq=False)
class ComposedErrors:
    """Releases around the trend of their group, draw by draw.

    Attributes
    ----------
    kind
        Distribution of the shortfall.
    unit
        Of capabilities and trend: score units, or log odds of an accuracy.
    capability, trend
        Shape ``(chain, draw, release)``.
    scatter, mean
        Scatter of each release's group and mean of the release's shortfall, same shape.
    group
        Shape ``(release,)``.
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
    probability, computed draw by draw.

    Parameters
    ----------
    shortfalls
        Shape ``(..., release)``.
    group
        Shape ``(release,)``.
    """
    flat = shortfalls.reshape(-1, shortfalls.shape[-1])
    found = np.empty(flat.shape[-1])
    for g in np.unique(group):
        own = flat[:, group == g]
        few = int(np.ceil(NEAREST * own.shape[1]))
        limit = np.partition(own, few - 1, axis=1)[:, few - 1 : few]
        found[group == g] = (own <= limit).mean(0)
    return found
