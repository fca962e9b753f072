"""The days on which releases could first be used, in every draw.

Where public sources leave the day of a release open, each draw has a day of its own, uniform on the
whole days of the interval and none past the as-of date: the release is in the table by then. Where
sources document only the two ends, as two days that differ and no day between, this is an
approximation. So what is open about dates is in every quantity that is read from the best
available, together with what is open about capabilities, and by one path.

The likelihood keeps the central day. There a date enters only through the trend at that date: a
shift of d days moves the expected capability by slope x d / 365.25, 0.04 points a day at 14 points
a year, while the scatter around the trend is 2 points and more (shortfall included, about 8). Days
drawn independently add the square of that to the variance of a release: for an interval of a week
(standard deviation 2 days, 0.08 points) less than 0.2 % of a scatter of 2 points, so neither slope
nor capability moves by what a figure shows. A realized lag instead counts days, so there they do.
For the few long intervals this is coarser: the central day of one may be its last (GPT-5 Pro: 61
days, 1.2 points of trend from end to middle), which moves the capability of that one release by at
most that times the weight of the trend in it, its measurement variance over the sum of both.

A release's days come from the seed and its name alone, as its capability does
(:class:`frontierlag.frontiers.noise.ReleaseNoise`): two fits, or two splits of one fit, have it on
the same day in the same draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from frontierlag.dates import day_number
from frontierlag.fits.fitting import Fit
from frontierlag.frontiers.noise import ReleaseNoise
from frontierlag.scores import Releases

# Keeps the days of a release independent of the noise of its capability.
_STREAM = 3


@dataclass(frozen=True)
class Available:
    """Releases with their days and capabilities in every draw.

    Attributes
    ----------
    model
        Names, shape ``(n,)``.
    group
        0 leader, 1 follower, shape ``(n,)``.
    day
        Days since 1970-01-01, shape ``(n,)``, or ``(chain, draw, n)`` where dates are drawn too.
    capability
        Shape ``(chain, draw, n)``.
    """

    model: np.ndarray
    group: np.ndarray
    day: np.ndarray
    capability: np.ndarray

    @property
    def flat(self) -> np.ndarray:
        """Capabilities, shape ``(chain * draw, n)``."""
        return self.capability.reshape(-1, len(self.model))

    @property
    def days(self) -> np.ndarray:
        """Day of each release in every draw, shape ``(chain * draw, n)``."""
        return np.broadcast_to(self.day, self.capability.shape).reshape(-1, len(self.model))


def release_days(releases: Releases, seed: int, sample: tuple[int, ...]) -> np.ndarray:
    """Day of each release in every draw.

    Parameters
    ----------
    releases
        With the interval of each day.
    seed
        The fit's.
    sample
        Shape of the draws, ``(chain, draw)``.

    Returns
    -------
    Days since 1970-01-01, shape ``(release,)`` if every day is certain, else
    ``(*sample, release)``.
    """
    last = day_number(releases.as_of)
    names = releases.model.tolist()
    return _drawn(releases.day, releases.day_low, releases.day_high, names, last, seed, sample)


def available(fit: Fit, capability: np.ndarray | None = None) -> Available:
    """Every release of a fit that counts for the best available, in and outside its likelihood.

    Parameters
    ----------
    fit
        The fit.
    capability
        Other draws than the fit's for the releases in its likelihood, ``(chain, draw, release)``.
    """
    releases = fit.observations.releases
    own = fit.capabilities if capability is None else capability
    outside_day, outside_group, outside = fit.outside
    others, low, high = fit.outside_interval
    names = [*releases.model.tolist(), *others]
    day = _drawn(
        np.concatenate([releases.day, outside_day]),
        np.concatenate([releases.day_low, low]),
        np.concatenate([releases.day_high, high]),
        names,
        day_number(releases.as_of),
        fit.settings.seed,
        own.shape[:-1],
    )
    return Available(
        np.array(names),
        np.concatenate([releases.group, outside_group]),
        day,
        np.concatenate([own, outside], axis=-1),
    )


def _drawn(
    day: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    names: Sequence[str],
    last: int,
    seed: int,
    sample: tuple[int, ...],
) -> np.ndarray:
    high = np.minimum(high, last)
    is_open = np.flatnonzero(high > low)
    if not is_open.size:
        return day
    noise = ReleaseNoise(seed, [names[int(i)] for i in is_open], _STREAM)
    width = (high - low + 1)[is_open]
    days = np.broadcast_to(day, (*sample, len(day))).copy()
    days[..., is_open] = low[is_open] + np.floor(
        noise.uniform((*sample, len(is_open))) * width
    ).astype(np.int64)
    return days
