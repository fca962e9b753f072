"""Estimands and conventions by loops that follow their definitions word by word."""

from __future__ import annotations

import math

MONTH = 365.25 / 12


def best_by(day, capability, t):
    """S(t): the highest capability among releases by day t; None if there is none."""
    there = [c for d, c in zip(day, capability, strict=True) if d <= t]
    return max(there) if there else None


def first_exceeded(day, capability, level):
    """inf{s : S(s) > level} over the release days; None if never."""
    for s in sorted(set(day)):
        if best_by(day, capability, s) > level:
            return s
    return None


def realized(lead_day, lead, follow_day, follow, t):
    """Realized lag in months on day t and whether it is left-censored."""
    ours, theirs = best_by(lead_day, lead, t), best_by(follow_day, follow, t)
    if ours is None or theirs is None:
        return math.nan, False
    if ours > theirs:
        since = first_exceeded(lead_day, lead, theirs)
        return (t - since) / MONTH, since == min(lead_day)
    if theirs > ours:
        since = first_exceeded(follow_day, follow, ours)
        return -(t - since) / MONTH, since == min(follow_day)
    return 0.0, False


def at_release(lead_day, lead, follow_day, follow, since, until):
    """Lag and censoring on each of the follower's record days within [since, until]."""
    out = []
    for t in sorted(set(follow_day)):
        before = best_by(follow_day, follow, t - 1)
        is_record = before is None or best_by(follow_day, follow, t) > before
        if since <= t <= until and is_record:
            lag, censored = realized(lead_day, lead, follow_day, follow, t)
            out.append((t, lag, censored))
    return out


def record_rows(day, score):
    """(day, score) of the records, in order: above everything of earlier days, best of its day."""
    out, best = [], -math.inf
    for t in sorted(set(day)):
        top = max(s for d, s in zip(day, score, strict=True) if d == t)
        if top > best:
            out.append((t, top))
            best = top
    return out


def release_matched(leader, follower, tolerance=1.0):
    """Months since the leader's latest matching record, for each of the follower's."""
    lags, unmatched = [], 0
    for d, s in follower:
        match = [e for e, r in leader if r <= s + tolerance and e <= d]
        if match:
            lags.append((d - max(match)) / MONTH)
        else:
            unmatched += 1
    return lags, unmatched


def daily(leader, follower, last, tolerance=1.0):
    """Months since the leader was last level, each day; first records dropped."""
    leader, follower = leader[1:], follower[1:]
    lags, censored = [], 0
    for t in range(max(leader[0][0], follower[0][0]), last + 1):
        theirs = [s for d, s in follower if d <= t][-1]
        above = [d for d, s in leader if d <= t and s > theirs + tolerance]
        lags.append((t - min(above)) / MONTH if above else 0.0)
        censored += bool(above) and min(above) == leader[0][0]
    return lags, censored


def catch_up(leader, follower, tolerance=1.0):
    """Months until the follower came within reach of each of the leader's records."""
    lags, unmatched = [], 0
    for d, s in leader:
        reached = [e for e, r in follower if r >= s - tolerance]
        if reached:
            lags.append((min(reached) - d) / MONTH)
        else:
            unmatched += 1
    return lags, unmatched


def equivalence(lead_day, lead, follow_day, follow, t, threshold):
    """Equivalence lag in months on day t from draws, and whether it is left-censored.

    t - sup{s <= t : P(S_lead(s) > S_follow(t)) <= threshold}, sought half a day apart: the best
    available rises on whole days only, so up to any moment before day d means up to d.
    """
    theirs = [best_by(follow_day, c, t) for c in follow]
    if None in theirs or best_by(lead_day, lead[0], t) is None:
        return math.nan, False

    def better(s):
        ours = [best_by(lead_day, c, s) for c in lead]
        wins = [o is not None and o > x for o, x in zip(ours, theirs, strict=True)]
        return sum(wins) / len(wins)

    moments = [t - k / 2 for k in range(2 * (t - min(lead_day)) + 2)]
    last = max(s for s in moments if better(s) <= threshold)
    return math.floor(t - last) / MONTH, better(min(lead_day)) > threshold
