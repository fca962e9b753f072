"""Estimators of the field, with the intervals that their authors give them.

They stand in the same tables as the models, so that the difference is seen.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from frontierlag.dates import DAYS_PER_MONTH, DAYS_PER_YEAR
from frontierlag.lags.periods import over_periods
from frontierlag.lags.published import daily_lags
from frontierlag.names import FOLLOWER, LEADER, PERIOD, REALIZED, TREND, VALUE
from frontierlag.names import WINDOW as WHOLE
from frontierlag.scores import Releases, records
from frontierlag.studies.calibration.estimands import PROBABILITIES, Estimand, Estimate, Found
from frontierlag.studies.calibration.worlds import World

LEVELS = 100
RESAMPLES = 1000


def daily_points(world: World, seed: np.random.SeedSequence) -> Found:
    """The published daily convention (:func:`frontierlag.lags.published.daily`): no interval.

    It gives the realized lag on every day since both groups' second record, which is the default
    window, from published scores.
    """
    days, lags, censored = daily_lags(world.releases)
    window = world.window
    assert np.array_equal(days, window.days)  # both begin with the later of the second records
    periods = over_periods(lags[None, None], censored[None, None], window)[VALUE]
    return Found(
        {
            (REALIZED, period): Estimate(float(periods.sel({PERIOD: period}).item()))
            for period in window.periods
        }
    )


def level_mean(world: World, seed: np.random.SeedSequence) -> Found:
    """Mean horizontal distance of the record staircases over 100 score levels.

    Levels are equally spaced from the higher of the two first records to the lower of the two
    best. The interval is that of a mean of 100 independent values, mean -/+ z sd / 10 (1.645 for
    90 %), which they are not: a few records make them all.
    """
    days, scores = zip(*(_records(world.releases, group, first=0) for group in (0, 1)), strict=True)
    low, high = max(s[0] for s in scores), min(s[-1] for s in scores)
    if not low < high:
        return _everywhere(Estimate(np.nan, ((np.nan, np.nan),) * len(PROBABILITIES), 1.0))
    levels = np.linspace(low, high, LEVELS)
    reached = [d[np.searchsorted(s, levels)] for d, s in zip(days, scores, strict=True)]
    lags = (reached[FOLLOWER] - reached[LEADER]) / DAYS_PER_MONTH
    point, error = float(lags.mean()), float(lags.std(ddof=1)) / np.sqrt(LEVELS)
    z = stats.norm.ppf((1 + np.array(PROBABILITIES)) / 2)
    ends = tuple((float(point - k * error), float(point + k * error)) for k in z)
    return _everywhere(Estimate(point, ends))


def record_line(world: World, seed: np.random.SeedSequence) -> Found:
    """Least squares through each group's records, with a bootstrap of records.

    The lag on a day is the horizontal distance of the two lines; each group's first record is
    dropped, as published. Intervals are percentiles over 1,000 resamples of each group's records.
    A line that does not rise, or whose records are all of one day, has no lag. It is judged as an
    answer to both lags: those who draw such lines do not say which they mean.
    """
    rng = np.random.default_rng(seed)
    window = world.window
    lines, boot = [], []
    for group in (LEADER, FOLLOWER):
        day, score = _records(world.releases, group, first=1)
        t = (day - window.days[-1]) / DAYS_PER_YEAR
        lines.append(_line(t[None], score[None]))
        chosen = rng.integers(len(t), size=(RESAMPLES, len(t)))
        boot.append(_line(t[chosen], score[chosen]))
    now = (window.days - window.days[-1]) / DAYS_PER_YEAR
    point, draws = (
        over_periods(lags, np.zeros(lags.shape, dtype=bool), window)[VALUE]
        for lags in (_distance(lines, now), _distance(boot, now))
    )
    estimates: dict[Estimand, Estimate] = {}
    for period in window.periods:
        of_draws = Estimate.of_draws(draws.sel({PERIOD: period}).to_numpy())
        best = float(point.sel({PERIOD: period}).item())
        for kind in (TREND, REALIZED):
            estimates[kind, period] = Estimate(best, of_draws.ends, of_draws.undefined)
    return Found(estimates)


BASELINES = {
    "daily-points": daily_points,
    "level-mean": level_mean,
    "record-line": record_line,
}


def _records(releases: Releases, group: int, first: int) -> tuple[np.ndarray, np.ndarray]:
    """Days and scores of a group's records, without the first ``first``."""
    mask = records(releases) & releases.of(group)
    return releases.day[mask][first:], releases.score[mask][first:]


def _everywhere(estimate: Estimate) -> Found:
    """The one answer of a method that does not say which lag it means."""
    return Found({(REALIZED, WHOLE): estimate, (TREND, WHOLE): estimate})


def _line(t: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Level at t = 0 and slope of the least-squares line of each row; NaN if it does not rise."""
    centre = t.mean(-1, keepdims=True)
    spread = ((t - centre) ** 2).sum(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = ((t - centre) * score).sum(-1) / spread
    slope = np.where((spread > 1e-12) & (slope > 0), slope, np.nan)
    return score.mean(-1) - slope * centre[..., 0], slope


def _distance(lines: list[tuple[np.ndarray, np.ndarray]], now: np.ndarray) -> np.ndarray:
    """Months from when the leader's line took the follower's value, shape ``(1, row, date)``."""
    (lead, lead_slope), (follow, follow_slope) = lines
    value = follow[:, None] + follow_slope[:, None] * now
    when = (value - lead[:, None]) / lead_slope[:, None]
    return ((now - when) * DAYS_PER_YEAR / DAYS_PER_MONTH)[None]
