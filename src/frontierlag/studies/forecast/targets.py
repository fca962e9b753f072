"""What is forecast at an origin, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from frontierlag.dates import DAYS_PER_MONTH, day_number
from frontierlag.lags.published import tolerance_of
from frontierlag.lags.realized import Staircase
from frontierlag.names import FOLLOWER, LEADER
from frontierlag.scores import Releases, records
from frontierlag.studies.forecast.paths import months_to_days

BEST, NEXT_DATE, NEXT_SCORE, CATCH_UP = (
    "best score",
    "next record, date",
    "next record, score",
    "level reached, date",
)
HORIZONS = (3.0, 6.0, 12.0)
# From one vintage to later ones, which are months apart and not years.
VINTAGE_HORIZONS = (1.0, 3.0, 6.0)
NOT_BY_END = "not by the end"
# Cells of the log score on either side of the present best.
CELLS_BELOW, CELLS_ABOVE = 5, 60


@dataclass(frozen=True)
class ForecastQuestion:
    """One forecast question at an origin.

    Attributes
    ----------
    quantity
        :data:`BEST`, :data:`NEXT_DATE`, :data:`NEXT_SCORE` or :data:`CATCH_UP`.
    group
        Whose: 0 for the leader, 1 for the follower.
    months
        How far ahead, of a best score; 0 otherwise.
    level, level_day, level_name
        The leader's record to be reached: its score and day by the origin's table, and its name.
    """

    quantity: str
    group: int
    months: float = 0.0
    level: float = np.nan
    level_day: int = 0
    level_name: str = ""

    @property
    def is_date(self) -> bool:
        """Whether the answer is a day, days since 1970-01-01, infinite if it does not come."""
        return self.quantity in (NEXT_DATE, CATCH_UP)


@dataclass(frozen=True, eq=False)
class Past:
    """What was published of both groups by a day, as a forecaster finds it on that day."""

    releases: Releases

    @cached_property
    def day(self) -> int:
        """The day, days since 1970-01-01."""
        return day_number(self.releases.as_of)

    @cached_property
    def best(self) -> tuple[Staircase, Staircase]:
        """Best published score of leader and follower."""
        r = self.releases
        leader, follower = (Staircase.of(r.day[r.of(g)], r.score[r.of(g)]) for g in (0, 1))
        return leader, follower

    @cached_property
    def records(self) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
        """Days and scores of each group's records, without the first, where the table begins."""
        r = self.releases
        leader, follower = ((r.day[m][1:], r.score[m][1:]) for m in (records(r, 0), records(r, 1)))
        return leader, follower

    def now(self, group: int) -> float:
        """Best published score on the day."""
        return float(self.best[group].best[-1])

    def first_above(self, group: int, level: float) -> float:
        """Day on which a group's best first exceeded a level; infinite if it has not."""
        return first_above(self.best[group], level)

    @cached_property
    def delays(self) -> np.ndarray:
        """Days from each record of the leader until the follower exceeded it, if it has."""
        days, scores = self.records[LEADER]
        found = np.array([self.first_above(FOLLOWER, s) for s in scores]) - days
        return found[np.isfinite(found)]


def first_above(staircase: Staircase, level: float) -> float:
    """Day of the first step above a level; infinite if none is."""
    step = np.searchsorted(staircase.best, level, side="right")
    return float(np.append(staircase.day.astype(float), np.inf)[step])


def targets_at(
    past: Past, end: int, horizons: Sequence[float] = HORIZONS
) -> list[ForecastQuestion]:
    """The questions at an origin that the outcomes by ``end`` can answer.

    Best scores so many months ahead, where those are over by then; each group's next record; and
    the follower's date for each record of the leader that it had not exceeded.
    """
    asked = [
        ForecastQuestion(BEST, group, months)
        for group in (LEADER, FOLLOWER)
        for months in horizons
        if past.day + months_to_days(months) <= end
    ]
    asked += [ForecastQuestion(q, g) for g in (LEADER, FOLLOWER) for q in (NEXT_DATE, NEXT_SCORE)]
    r = past.releases
    for i in np.flatnonzero(records(r, LEADER)):
        if r.score[i] >= past.now(FOLLOWER):
            name = str(r.model[i])
            level, day = float(r.score[i]), int(r.day[i])
            asked.append(ForecastQuestion(CATCH_UP, FOLLOWER, 0.0, level, day, name))
    return asked


def outcome(target: ForecastQuestion, past: Past, later: Past) -> float | None:
    """What came by the later table, in score units or days since 1970-01-01.

    A date that had not come by the later table's last day is infinite. A level is that of the
    leader's release of the same name in the later table, which may have another score there.

    Returns
    -------
    None where there is nothing to score: a next record that has not come has no score, and a
    release that the later table does not hold has no level.
    """
    staircase = later.best[target.group]
    if target.quantity == BEST:
        return float(staircase.on(np.array([past.day + months_to_days(target.months)]))[0])
    level = _level_to_exceed(target, past, later)
    if level is None:
        return None
    day = first_above(staircase, level)
    if target.quantity == CATCH_UP:
        # By later scores it may have come before the origin: that counts as the origin itself.
        return max(day, float(past.day))
    if target.quantity == NEXT_DATE:
        return day
    return float(staircase.on(np.array([int(day)]))[0]) if np.isfinite(day) else None


def _level_to_exceed(target: ForecastQuestion, past: Past, later: Past) -> float | None:
    """By later scores, the level of the leader or what the group held; None if it is not there."""
    if target.quantity != CATCH_UP:
        return float(later.best[target.group].on(np.array([past.day]))[0])
    r = later.releases
    same = np.flatnonzero((r.model == target.level_name) & r.of(LEADER))
    return float(r.score[same[0]]) if same.size else None


def decided_by(target: ForecastQuestion, past: Past, later: Past) -> str:
    """Name of the release that decides the outcome, or :data:`NOT_BY_END`.

    Forecasts that the same release decides are right or wrong together: it is what one resamples
    to know how far a score is chance.
    """
    r, own = later.releases, later.releases.of(target.group)
    name, day, score = r.model[own], r.day[own], r.score[own]
    if target.quantity == BEST:
        by_then = day <= past.day + months_to_days(target.months)
        return str(name[by_then][np.argmax(score[by_then])])
    level = _level_to_exceed(target, past, later)
    assert level is not None  # what has no outcome is not asked
    above = np.flatnonzero(score > level)
    if not above.size:
        return NOT_BY_END
    first = above[day[above] == day[above[0]]]
    return str(name[first[np.argmax(score[first])]])


def cells(target: ForecastQuestion, past: Past, end: int) -> np.ndarray:
    """Edges of the log score's cells: about a point of the score wide, or a month."""
    if target.is_date:
        return np.append(np.arange(past.day + DAYS_PER_MONTH, end, DAYS_PER_MONTH), end + 0.5)
    step = tolerance_of(past.releases.metric)
    return past.now(target.group) + step * (np.arange(-CELLS_BELOW, CELLS_ABOVE) - 0.5)
