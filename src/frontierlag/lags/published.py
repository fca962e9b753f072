"""The published conventions: a lag computed from point scores, without an interval.

Epoch AI reported in January 2026 a mean of 7 months, minimum 4, maximum 14. Three conventions that
an analyst could mean by that, each a deterministic function of the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from scipy.stats import norm

from frontierlag.dates import DAYS_PER_MONTH, day_number
from frontierlag.lags.realized import Staircase
from frontierlag.names import FOLLOWER, LEADER
from frontierlag.scores import Metric, Releases, records

# How far above the follower still counts as level: one point of an index, one percentage point; on
# a logarithm or another scale as much of its spread as a point is of the index's.
TOLERANCE = {"points": 1.0, "accuracy": 0.01}
SHARE_OF_SPREAD = 0.05
PUBLISHED = {"mean": 7.0, "minimum": 4.0, "maximum": 14.0}


@dataclass(frozen=True)
class Convention:
    """A point lag by one convention, in months.

    ``n`` is how many records or days it is an average of, ``censored`` how many had no match by
    the as-of date (catch-up) or no earlier record to match (release-matched).
    """

    name: str
    mean: float
    minimum: float
    maximum: float
    n: int
    censored: int


def release_matched(
    releases: Releases,
    tolerance: float | None = None,
    *,
    keep_first: bool = True,
    since: date | None = None,
) -> Convention:
    """For each record of the follower, months since the latest matching record of the leader.

    A leader's record matches if its score is at most the follower's plus ``tolerance`` points and
    it came no later; records of the follower without a match are counted as censored. Each group's
    first record counts, as published, unless ``keep_first`` says otherwise. Those from ``since`` on
    count, if it is given.
    """
    lead_day, lead_score = _records(releases, LEADER, keep_first)
    day, score = _from(since, *_records(releases, FOLLOWER, keep_first))
    lags = []
    for d, s in zip(day, score, strict=True):
        matching = lead_day[(lead_score <= s + _margin(releases, tolerance)) & (lead_day <= d)]
        if matching.size:
            lags.append((d - matching.max()) / DAYS_PER_MONTH)
    return _convention("release-matched", lags, censored=len(day) - len(lags))


def daily(
    releases: Releases,
    as_of: date | None = None,
    tolerance: float | None = None,
    *,
    keep_first: bool = False,
    since: date | None = None,
) -> Convention:
    """On every day with both values, months since the leader last was level with the follower.

    That is since the day on which its running best first rose more than ``tolerance`` points above
    what the follower has. Each group's first record is dropped, as published, unless ``keep_first``
    says otherwise. Days on which that was the leader's first counted record are averaged too, and
    counted as censored: their lag is only known to be at least as long. Days on which the leader is
    level count as 0. Days from ``since`` on count, if it is given.
    """
    days, *found = daily_lags(releases, as_of, tolerance, keep_first=keep_first)
    _, lags, censored = _from(since, days, *found)
    return _convention("daily", lags.tolist(), censored=int(censored.sum()))


def daily_lags(
    releases: Releases,
    as_of: date | None = None,
    tolerance: float | None = None,
    *,
    keep_first: bool = False,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Days of :func:`daily`, the lag on each in months, and whether it is censored, ``(day,)``."""
    leader, follower = (
        _point_staircase(releases, group, keep_first) for group in (LEADER, FOLLOWER)
    )
    last = day_number(as_of or releases.as_of)
    days = np.arange(max(leader.day[0], follower.day[0]), last + 1)
    step = leader.first_above(follower.on(days) + _margin(releases, tolerance))[0]
    passed = np.append(leader.day, np.iinfo(np.int64).max)[step]
    lags = np.maximum(days - passed, 0) / DAYS_PER_MONTH
    return days, lags, (step == 0) & (passed <= days)


def catch_up(
    releases: Releases, tolerance: float | None = None, *, since: date | None = None
) -> Convention:
    """For each record of the leader, months until the follower first came within ``tolerance``.

    Records that the follower has not reached by the as-of date are counted as censored. Those from
    ``since`` on count, if it is given.
    """
    lead_day, lead_score = _from(since, *_records(releases, LEADER))
    day, score = _records(releases, FOLLOWER)
    lags = []
    for d, s in zip(lead_day, lead_score, strict=True):
        reached = day[score >= s - _margin(releases, tolerance)]
        if reached.size:
            lags.append((reached.min() - d) / DAYS_PER_MONTH)
    return _convention("catch-up", lags, censored=len(lead_day) - len(lags))


def equivalence(
    releases: Releases, threshold: float = 0.95, since: date | None = None
) -> Convention:
    """On every day, months since the leader's record was last not better beyond doubt.

    As Epoch AI's figures of open and closed weights in 2026 do it: a record i of the leader is
    better than the follower's present record j beyond doubt if, with independent normal errors,
    P(i > j) = Phi((score_i - score_j) / sqrt(stderr_i^2 + stderr_j^2)) exceeds the threshold. The
    lag is counted from the first record after the last that is not, and is 0 if there is none. A
    threshold of one half is strict exceedance of the scores, without their errors.

    Parameters
    ----------
    releases
        The releases.
    threshold
        Of that probability.
    since
        The first day that counts; by default the first on which both groups have a record. Days
        on which the leader's very first record is better beyond doubt are counted as censored.
    """
    own = records(releases)
    lead, follow = (np.flatnonzero(own & (releases.group == group)) for group in (LEADER, FOLLOWER))
    first = max(releases.day[lead[0]], releases.day[follow[0]])
    days = np.arange(
        max(first, day_number(since)) if since else first, day_number(releases.as_of) + 1
    )
    rise = releases.score[lead] - releases.score[follow][:, None]
    error = np.hypot(releases.stderr[lead], releases.stderr[follow][:, None])
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(rise == 0, 0.0, rise / error)  # without errors the higher score is better
    doubtful = z <= norm.ppf(threshold)
    # One past the last record so far that is not better beyond doubt: for each record of the
    # follower and each of the leader, of those up to it, since a day knows nothing of later ones.
    at = np.where(doubtful, np.arange(doubtful.shape[1]), -1)
    past = np.maximum.accumulate(at, axis=1) + 1
    step = np.searchsorted(releases.day[follow], days, side="right") - 1
    released = np.searchsorted(releases.day[lead], days, side="right")
    counted = past[step, released - 1]
    day = np.append(releases.day[lead], np.iinfo(np.int64).max)[counted]
    lags = np.where(counted < released, days - day, 0) / DAYS_PER_MONTH
    censored = int((counted == 0).sum())
    return _convention(f"equivalence at {threshold:g}", lags.tolist(), censored)


def between_levels(releases: Releases, levels: int = 100) -> tuple[Convention, tuple[float, float]]:
    """Months by which the follower's records reach a score after the leader's, over many scores.

    As Epoch AI's figure of October 2025 does it: scores equally spaced from the higher of the two
    first records to the lower of the two best, each group's first record dropped.

    Returns
    -------
    convention
        Mean, minimum and maximum over the scores.
    spread
        Where the central 90 % of the scores lie, months: how the lag varies between scores, not
        how well its mean is known.
    """
    lead_day, lead = _records(releases, LEADER, keep_first=False)
    follow_day, follow = _records(releases, FOLLOWER, keep_first=False)
    scores = np.linspace(max(lead[0], follow[0]), min(lead[-1], follow[-1]), levels)
    reached = (day[np.searchsorted(best, scores)] for day, best in
               ((follow_day, follow), (lead_day, lead)))  # fmt: skip
    lags = np.subtract(*reached) / DAYS_PER_MONTH
    low, high = np.quantile(lags, (0.05, 0.95))
    return _convention("between levels", lags.tolist(), 0), (float(low), float(high))


def conventions(releases: Releases, since: date | None = None) -> tuple[Convention, ...]:
    """All of them, over all records and days or those from ``since`` on."""
    return (
        release_matched(releases, since=since),
        daily(releases, since=since),
        catch_up(releases, since=since),
    )


def last_day_conventions(releases: Releases) -> tuple[Convention, ...]:
    """What two of them say on the last day: of the follower's last record, and of that day."""
    last = int(_records(releases, FOLLOWER)[0][-1])
    record = date(1970, 1, 1) + timedelta(days=last)
    return release_matched(releases, since=record), daily(releases, since=releases.as_of)


def _from(since: date | None, day: np.ndarray, *others: np.ndarray) -> tuple[np.ndarray, ...]:
    """Days from ``since`` on, with what goes with each."""
    kept = np.ones(len(day), dtype=bool) if since is None else day >= day_number(since)
    return day[kept], *(other[kept] for other in others)


def tolerance_of(metric: Metric) -> float:
    """How far above the follower still counts as level, in score units."""
    return TOLERANCE.get(metric.unit, SHARE_OF_SPREAD * metric.spread)


def _margin(releases: Releases, tolerance: float | None) -> float:
    return tolerance_of(releases.metric) if tolerance is None else tolerance


def _records(
    releases: Releases, group: int, keep_first: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    mask = records(releases) & (releases.group == group)
    first = 0 if keep_first else 1
    return releases.day[mask][first:], releases.score[mask][first:]


def _point_staircase(releases: Releases, group: int, keep_first: bool) -> Staircase:
    day, score = _records(releases, group, keep_first)
    return Staircase.of(day, score[None])


def _convention(name: str, lags: list[float], censored: int) -> Convention:
    if not lags:
        nan = float("nan")
        return Convention(name, nan, nan, nan, 0, censored)
    return Convention(
        name, float(np.mean(lags)), float(np.min(lags)), float(np.max(lags)), len(lags), censored
    )
