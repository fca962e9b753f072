"""Record-holders: how probably each release is its group's best available."""

from __future__ import annotations

import numpy as np

from frontierlag.lags.realized import last_of_day, take


def best_on_release(day: np.ndarray, capability: np.ndarray) -> np.ndarray:
    """Probability that each release exceeds all that its group had until then.

    P(c_i >= c_j for all j with t_j <= t_i): a release on the same day counts as there already, so
    that of several on one day only the best can be it.

    Parameters
    ----------
    day
        Release days of one group's releases, shape ``(n,)``, or that of the draws.
    capability
        Draws, shape ``(..., n)``.

    Returns
    -------
    Shape ``(n,)``.
    """
    draws = capability.reshape(-1, capability.shape[-1])
    return is_best_on_release(day if day.ndim == 1 else day.reshape(draws.shape), draws).mean(0)


def is_best_on_release(day: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """In which draws each release exceeds all that its group had until then.

    As :func:`best_on_release`, of draws of shape ``(draw, n)``; the same shape.
    """
    order = np.argsort(day, kind="stable", axis=-1)
    # Best of all days up to and including each release's own, in the order of days.
    ordered = take(draws, order)
    running = np.maximum.accumulate(ordered, axis=1)
    best = ordered >= take(running, last_of_day(take(day, order)))
    return take(best, np.argsort(order, axis=-1))


def best_at_the_end(capability: np.ndarray) -> np.ndarray:
    """Probability that each release is the best of its group; of shape ``(n,)``, adding to one."""
    draws = capability.reshape(-1, capability.shape[-1])
    counts = np.bincount(draws.argmax(1), minlength=draws.shape[1])
    return counts / len(draws)
