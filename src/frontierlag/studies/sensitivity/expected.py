"""What leaving releases out is expected to change, from the draws of the full fit: no refit."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np
from arviz_stats.base import array_stats

from frontierlag.dates import Window
from frontierlag.errors import SpecError
from frontierlag.fits.fitting import Fit
from frontierlag.lags.dates import available
from frontierlag.lags.measure import trend_lag_by_day
from frontierlag.lags.realized import Staircase, is_best_on_release, realized_lag
from frontierlag.names import FOLLOWER, LEADER, REALIZED, RELEASE, TREND

# Draws a chain, and days apart, of the expectation.
SCREENED, EVERY_DAYS = 250, 7
# From this Pareto k on the weights are not to be trusted (Vehtari, Gelman & Gabry 2017).
HIGH_K = 0.7


@dataclass(frozen=True)
class Expected:
    """What leaving some releases out is expected to do.

    Attributes
    ----------
    changes
        Change of each kind of mean lag over the window, months.
    pareto_k
        Shape of the tail of the importance weights: from :data:`HIGH_K` on the change of what rests
        on parameters is a sign and no more.
    """

    changes: Mapping[str, float]
    pareto_k: float


def expected_without[Name: Hashable](
    fit: Fit, window: Window, left_out: Mapping[Name, np.ndarray]
) -> dict[Name, Expected]:
    """Change of each mean lag over the window if releases were left out, without a refit.

    Draws are weighted by 1 / prod_i p(score_i | parameters) over the releases left out: importance
    sampling of the posterior without them, its weights smoothed by a Pareto tail (Vehtari, Gelman &
    Gabry 2017). Realized lag is read from the other capabilities. Some draws and days stand for
    all.

    Parameters
    ----------
    fit
        The full fit.
    window
        The days.
    left_out
        By name, which releases of the likelihood are left out, masks of shape ``(release,)``.

    Returns
    -------
    By name; none for a mask that leaves a group without releases. Days without a lag are left out
    of this expectation.

    Raises
    ------
    SpecError
        If the likelihood is not of scores, one a release.
    """
    if fit.spec.frontier.observed_dim != RELEASE:
        raise SpecError(
            f"{fit.spec.name} is fitted to benchmark results: what a model's results do to the "
            "others is not known without a refit"
        )
    releases = fit.observations.releases
    some = (slice(None), slice(None, None, max(1, fit.capabilities.shape[1] // SCREENED)))
    every_release = available(fit)
    day, group = every_release.day, every_release.group
    flat = every_release.capability[some].reshape(-1, len(group))
    if day.ndim > 1:
        day = day[some].reshape(flat.shape)
    days = window.days[::-EVERY_DAYS][::-1]
    log_likelihood = _log_likelihood(fit, some)

    def realized(kept: np.ndarray, draws: np.ndarray | slice = slice(None)) -> np.ndarray:
        leader, follower = (
            Staircase.of(
                day[..., own] if day.ndim == 1 else day[draws][:, own], flat[draws][:, own]
            )
            for own in (kept & (group == side) for side in (LEADER, FOLLOWER))
        )
        return _mean(realized_lag(leader, follower, days)[0])

    every = np.ones(len(group), dtype=bool)
    full = {
        TREND: _mean(trend_lag_by_day(fit, window)[0].to_numpy()[some]),
        REALIZED: realized(every),
    }
    is_best = _is_best(day, group, flat)
    found = {}
    for name, out in left_out.items():
        kept = every.copy()
        kept[: len(releases)] = ~out
        if any(not (kept & (group == side)).any() for side in (LEADER, FOLLOWER)):
            continue
        # It takes log likelihoods and smooths their inverse.
        log_weight, k = array_stats.psislw(log_likelihood[..., out].sum(-1).ravel())
        # In a draw in which none of them was ever the best, every staircase stays as it is.
        draws = np.flatnonzero(is_best[:, ~kept].any(1))
        moved = dict(full)
        if len(draws):
            moved[REALIZED] = full[REALIZED].copy()
            moved[REALIZED][draws] = realized(kept, draws)
        found[name] = Expected(
            {
                kind: _average(values, np.exp(log_weight)) - _average(full[kind])
                for kind, values in moved.items()
            },
            float(k),
        )
    return found


def expected_changes(fit: Fit, window: Window) -> dict[str, dict[str, float]]:
    """The same for each release by itself: by model, by kind of lag, months."""
    releases = fit.observations.releases
    alone = np.eye(len(releases), dtype=bool)
    found = expected_without(fit, window, dict(zip(map(str, releases.model), alone, strict=True)))
    return {name: dict(expected.changes) for name, expected in found.items()}


def _log_likelihood(fit: Fit, some: tuple[slice, slice]) -> np.ndarray:
    """Log density of each release's score in some draws, ``(chain, draw, release)``."""
    p = {name: values[some] for name, values in fit.draws.items()}
    posterior = fit.tree["posterior"].to_dataset()
    p |= {name: posterior[name].to_numpy()[some] for name in fit.spec.frontier.latent_in_model}
    mu = fit.spec.trend_at(p, fit.observations)
    return fit.spec.frontier.log_likelihood(p, mu, fit.observations.arrays)


def _is_best(day: np.ndarray, group: np.ndarray, capability: np.ndarray) -> np.ndarray:
    """In which draws each release is its group's best on its day, shape ``(draw, release)``."""
    found = np.zeros(capability.shape, dtype=bool)
    for side in (LEADER, FOLLOWER):
        own = group == side
        found[:, own] = is_best_on_release(day[..., own], capability[:, own])
    return found


def _mean(by_day: np.ndarray) -> np.ndarray:
    """Mean over the days that have a lag, shape ``(sample,)``; NaN if none has."""
    known = np.isfinite(by_day)
    total = np.where(known, by_day, 0.0).sum(-1)
    count = known.sum(-1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).ravel()


def _average(values: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Weighted mean over the draws that have a value."""
    known = np.isfinite(values)
    return float(np.average(values[known], weights=None if weights is None else weights[known]))
