"""What the model has to beat: the simple forecasts that people make, each with a stated spread.

A baseline is a function of the past, a target, a number of draws and a random generator. It returns
draws (score units, or days), or None where the past is too short or the method has nothing to say.

``persistence``: nothing changes. The best score stays, the next record comes after the usual time
and by the usual step, and a level is reached after the usual delay. ``drift``: the best score goes
on rising as fast as it did on average. ``shifted leader``: the
follower does what the leader did :data:`SHIFT` months before (the published lag; for origins before
it was published that is hindsight, in this baseline's favour). All three are a point and an error,
which is normal with the root mean square of the errors that the same point made before the origin.
``least squares``: a straight line through a group's records, with a bootstrap of its residuals.

What is known at the origin holds in all of them: a best score cannot fall, and what has not come
comes after the origin.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.stats import truncnorm

from frontierlag.lags.published import PUBLISHED
from frontierlag.names import FOLLOWER, LEADER
from frontierlag.studies.forecast.paths import months_to_days
from frontierlag.studies.forecast.targets import (
    BEST,
    CATCH_UP,
    NEXT_DATE,
    NEXT_SCORE,
    ForecastQuestion,
    Past,
)

SHIFT = PUBLISHED["mean"]
# Fewest past errors, and fewest days of them, from which a spread is estimated.
FEWEST, FEWEST_DAYS = 2, 30
FEWEST_RECORDS = 3

Baseline = Callable[[Past, ForecastQuestion, int, np.random.Generator], np.ndarray | None]


def persistence(
    past: Past, target: ForecastQuestion, n: int, rng: np.random.Generator
) -> np.ndarray | None:
    """Things stay as they are, and are off by as much as before."""
    days, scores = past.records[target.group]
    now = past.now(target.group)
    if target.quantity == BEST:
        rise = past_rises(past, target.group, months_to_days(target.months))
        return None if rise is None else np.maximum(now, rng.normal(now, _rms(rise), n))
    if target.quantity == CATCH_UP:
        return _after(past.day, target.level_day + past.delays, n, rng)
    if target.quantity == NEXT_DATE:
        return _after(past.day, days[-1] + np.diff(days), n, rng) if len(days) else None
    return _after(now, now + np.diff(scores), n, rng)


def drift(
    past: Past, target: ForecastQuestion, n: int, rng: np.random.Generator
) -> np.ndarray | None:
    """The best score rises by as much as it did on average, and is off by as much as it was."""
    if target.quantity != BEST:
        return None
    now = past.now(target.group)
    rise = past_rises(past, target.group, months_to_days(target.months))
    if rise is None:
        return None
    return np.maximum(now, rng.normal(now + rise.mean(), rise.std(), n))


def least_squares(
    past: Past, target: ForecastQuestion, n: int, rng: np.random.Generator
) -> np.ndarray | None:
    """A straight line through the group's records, the first dropped, and its residuals' bootstrap.

    Each draw refits the line to itself plus residuals drawn with replacement (Efron & Tibshirani
    1993, section 9.4), scaled up for the two parameters, and adds one more of them. A date is the
    day on which that line crosses the level; where it had crossed by the origin, the day after.
    A line knows no release dates: the score of the next record is read on a date from persistence.
    """
    days, scores = past.records[target.group]
    if len(days) < FEWEST_RECORDS:
        return None
    level, slope, residual = bootstrap_lines(days - past.day, scores, n, rng)
    now = past.now(target.group)
    if target.quantity == BEST:
        at = level + slope * months_to_days(target.months) + residual
        return np.maximum(now, at)
    if target.quantity == NEXT_SCORE:
        when = persistence(past, ForecastQuestion(NEXT_DATE, target.group), n, rng)
        if when is None:
            return None
        return np.maximum(now, level + slope * (when - past.day) + residual)
    aim = target.level if target.quantity == CATCH_UP else now
    with np.errstate(divide="ignore"):
        ahead = (aim - level - residual) / slope
    crossed = level + residual > aim
    days_on = np.where(crossed, 1.0, np.where(slope > 0, np.maximum(np.ceil(ahead), 1.0), np.inf))
    return np.asarray(past.day + days_on)


def shifted_leader(
    past: Past, target: ForecastQuestion, n: int, rng: np.random.Generator
) -> np.ndarray | None:
    """The follower does what the leader did :data:`SHIFT` months before."""
    if target.group != FOLLOWER:
        return None
    shift = months_to_days(SHIFT)
    now = past.now(FOLLOWER)
    if target.quantity == CATCH_UP:
        error = past.delays - shift
        return _around(past.day, target.level_day + shift, error, n, rng)
    passed = past.first_above(LEADER, now)
    if target.quantity == NEXT_DATE:
        return _around(past.day, passed + shift, past.delays - shift, n, rng)
    off = _past_misses(past, shift)
    if off is None:
        return None
    if target.quantity == NEXT_SCORE:
        point = past.best[LEADER].on(np.array([passed]))[0] if np.isfinite(passed) else now
        return _around(now, float(point), off, n, rng)
    beyond = months_to_days(target.months) - shift
    point = float(past.best[LEADER].on(np.array([past.day + min(beyond, 0)]))[0])
    spread = off
    if beyond > 0:
        # The leader's own next months are not known either: its usual rise.
        rise = past_rises(past, LEADER, beyond)
        if rise is None:
            return None
        point += float(rise.mean())
        spread = np.array([np.hypot(_rms(off), rise.std())])
    return np.maximum(now, rng.normal(point, _rms(spread), n))


BASELINES: dict[str, Baseline] = {
    "persistence": persistence,
    "drift": drift,
    "least squares": least_squares,
    "shifted leader": shifted_leader,
}


def bootstrap_lines(
    x: np.ndarray, y: np.ndarray, n: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Intercepts and slopes of lines refitted to resampled residuals, and one residual more each.

    Shapes ``(n,)``. Residuals are multiplied by sqrt(m / (m - 2)) for m points.
    """
    x = np.asarray(x, dtype=float)
    slope, level = np.polyfit(x, y, 1)
    fitted = level + slope * x
    residual = (y - fitted) * np.sqrt(len(x) / (len(x) - 2))
    again = fitted + rng.choice(residual, (n, len(x)))
    apart = x - x.mean()
    slopes = again @ apart / np.sum(apart**2)
    levels = again.mean(1) - slopes * x.mean()
    return levels, slopes, rng.choice(residual, n)


def past_rises(past: Past, group: int, span: int) -> np.ndarray | None:
    """How much a group's best score rose over a span, for every day it could have begun on.

    Counted from the group's second record. Where the past is shorter than twice the span, half of
    the past stands for it and the rise is carried on in proportion.
    """
    days = past.records[group][0]
    if not len(days):
        return None
    known = past.day - int(days[0])
    used = min(span, known // 2)
    if used < FEWEST_DAYS:
        return None
    began = np.arange(int(days[0]), past.day - used + 1)
    best = past.best[group]
    return np.asarray((best.on(began + used) - best.on(began)) * span / used)


def _past_misses(past: Past, shift: int) -> np.ndarray | None:
    """Follower's best less the leader's ``shift`` days before, every day that has both."""
    leader, follower = past.best
    began = max(int(leader.day[0]) + shift, int(follower.day[0]))
    days = np.arange(began, past.day + 1)
    if len(days) < FEWEST_DAYS:
        return None
    return np.asarray(follower.on(days) - leader.on(days - shift))


def _after(
    known: float, earlier: np.ndarray, n: int, rng: np.random.Generator
) -> np.ndarray | None:
    """Draws around the mean of earlier cases, as far off as they are from it."""
    if len(earlier) < FEWEST:
        return None
    return _around(known, float(np.mean(earlier)), earlier - np.mean(earlier), n, rng)


def _around(
    known: float, point: float, error: np.ndarray, n: int, rng: np.random.Generator
) -> np.ndarray | None:
    """Normal draws around a point, above what is known."""
    if len(error) < FEWEST or not np.isfinite(point):
        return None
    spread = max(_rms(error), 1e-6)
    drawn = truncnorm.rvs((known - point) / spread, np.inf, point, spread, n, random_state=rng)
    return np.asarray(drawn, dtype=float)


def _rms(error: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(error))))
