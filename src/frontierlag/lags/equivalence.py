"""Equivalence lag: how long ago the leader was last not better beyond doubt.

The publisher's later figures of open and closed weights use it. It is one number a day from all
draws, not one a draw, so it has no posterior interval: it has a Monte Carlo error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from frontierlag.dates import DAYS_PER_MONTH, Window
from frontierlag.errors import SpecError
from frontierlag.lags.periods import over_periods
from frontierlag.lags.realized import Staircase
from frontierlag.names import CENSORED, PERIOD, VALUE

# Better with more than this probability is better beyond doubt.
BEYOND_DOUBT = 0.95
# Better with more than an even chance: strict exceedance, the most probable order of the two.
EVEN = 0.5
BLOCKS = 40
REPLICATES = 200


@dataclass(frozen=True)
class Exceedance:
    """How probably each step of the leader's staircase exceeds each step of the follower's.

    Attributes
    ----------
    leader_day, follower_day
        Days of the steps, ascending, shapes ``(k,)`` and ``(j,)``.
    probability
        P(S_lead > S_follow), shape ``(j, k)``, never falling along the last axis.
    by_block
        The same within each block of consecutive draws, shape ``(block, j, k)``.
    """

    leader_day: np.ndarray
    follower_day: np.ndarray
    probability: np.ndarray
    by_block: np.ndarray

    @classmethod
    def of(cls, leader: Staircase, follower: Staircase, blocks: int = BLOCKS) -> Exceedance:
        """Count over draws, for every pair of steps at once.

        Parameters
        ----------
        leader, follower
            Staircases with the same leading axes, ``(draw,)`` or ``(chain, draw)``.
        blocks
            Blocks of consecutive draws for the Monte Carlo error, at most one a draw.
        """
        leader, follower = leader.shared(), follower.shared()
        steps = len(leader.day)
        first = leader.first_above(follower.best).reshape(-1, len(follower.day))
        parts = np.array_split(first, min(blocks, len(first)))
        # P(best of step k > level) is the share of draws whose first step above is k or earlier.
        by_block = np.stack([_share_by_step(part, steps) for part in parts])
        sizes = np.array([len(part) for part in parts], dtype=float)
        return cls(leader.day, follower.day, _mean(by_block, sizes / sizes.sum()), by_block)

    def lag(
        self, days: np.ndarray, threshold: float = BEYOND_DOUBT
    ) -> tuple[np.ndarray, np.ndarray]:
        """Equivalence lag on each day.

        t - sup{s <= t : P(S_lead(s) > S_follow(t)) <= threshold}: the time since the leader's best
        was last not better than what the follower has on day t beyond doubt. Best available rises
        on release days only, so it is the time since the release that made the leader's best better
        beyond doubt, and 0 where none has. If all draws agree it is the realized lag where the
        leader is ahead; where they do not it is shorter than the realized lag of most draws, the
        more so the higher the threshold. It is never negative.

        Parameters
        ----------
        days
            Days since 1970-01-01, shape ``(date,)``.
        threshold
            Between 0 and 1.

        Returns
        -------
        lag
            Months, shape ``(date,)``; NaN before the first release of either group.
        censored
            Whether the leader's very first release of the table is already better beyond doubt, so
            that the lag is only known to be at least as large; same shape.

        Raises
        ------
        SpecError
            If the threshold is not a probability below one.
        """
        _check(threshold)
        return self._lag(self.probability, days, threshold)

    def replicates(
        self, days: np.ndarray, threshold: float, count: int = REPLICATES, seed: int = 0
    ) -> np.ndarray:
        """The lag on each day from resampled blocks of draws, months, shape ``(count, date)``.

        Blocks of consecutive draws are resampled whole, so that the draws' autocorrelation counts
        (the bootstrap of blocks: Künsch 1989). The lag jumps where a probability crosses the
        threshold, and a replicate crosses it oftener than another run would, so that their spread
        is rather too large than too small as a Monte Carlo error.
        """
        _check(threshold)
        n = len(self.by_block)
        rng = np.random.default_rng(seed)
        counts = rng.multinomial(n, np.full(n, 1 / n), size=count) / n
        return np.stack([self._lag(_mean(self.by_block, w), days, threshold)[0] for w in counts])

    def _lag(
        self, probability: np.ndarray, days: np.ndarray, threshold: float
    ) -> tuple[np.ndarray, np.ndarray]:
        # A sum of shares may miss the threshold by a rounding error.
        first = (probability <= threshold + 1e-12).sum(1)
        passed = np.append(self.leader_day.astype(float), np.inf)[first]
        step = np.searchsorted(self.follower_day, days, side="right") - 1
        at = np.maximum(step, 0)
        known = (step >= 0) & (days >= self.leader_day[0])
        months = np.maximum(days - passed[at], 0.0) / DAYS_PER_MONTH
        censored = (first == 0)[at] & known
        return np.where(known, months, np.nan), censored


@dataclass(frozen=True)
class EquivalenceLag:
    """The equivalence lag of one period.

    Attributes
    ----------
    period
        As in :attr:`frontierlag.dates.Window.periods`.
    threshold
        The probability above which the leader counts as better.
    months
        The lag; of a year or the window the mean over its days.
    mcse
        Its Monte Carlo standard error, months.
    censored
        Share of the period's days on which it is only a lower bound.
    """

    period: str
    threshold: float
    months: float
    mcse: float
    censored: float


def equivalence_over(
    leader: Staircase,
    follower: Staircase,
    window: Window,
    thresholds: tuple[float, ...] = (BEYOND_DOUBT, EVEN),
    seed: int = 0,
) -> list[EquivalenceLag]:
    """Equivalence lag over each period of a window, with its Monte Carlo error.

    Parameters
    ----------
    leader, follower
        Staircases with the same leading axes, over which the probability is taken.
    window
        The days.
    thresholds
        The lag is computed at each.
    seed
        Of the resampled blocks of draws.
    """
    exceedance = Exceedance.of(leader, follower)
    found = []
    for threshold in thresholds:
        months, censored = exceedance.lag(window.days, threshold)
        again = exceedance.replicates(window.days, threshold, seed=seed)
        here = over_periods(months[None, None], censored[None, None], window)
        # Only the values of the replicates are read; what is a bound is said of the lag itself.
        spread = over_periods(again[None], np.zeros(again[None].shape, dtype=bool), window)
        for period in window.periods:
            at = {PERIOD: period}
            found.append(
                EquivalenceLag(
                    period,
                    threshold,
                    float(here[VALUE].sel(at).item()),
                    float(spread[VALUE].sel(at).std(ddof=1)),
                    float(here[CENSORED].sel(at).item()),
                )
            )
    return found


def _share_by_step(first: np.ndarray, steps: int) -> np.ndarray:
    """Share of draws whose first step above is k or earlier, ``(draw, j)`` to ``(j, steps)``."""
    levels = first.shape[1]
    flat = (first + np.arange(levels) * (steps + 1)).ravel()
    counts = np.bincount(flat, minlength=levels * (steps + 1)).reshape(levels, steps + 1)
    return counts[:, :steps].cumsum(1) / len(first)


def _mean(by_block: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return np.asarray(np.tensordot(weight, by_block, axes=1))


def _check(threshold: float) -> None:
    if not 0 <= threshold < 1:
        raise SpecError(
            f"the threshold of an equivalence lag is a probability from 0 up to but not 1; got "
            f"{threshold:g}"
        )
