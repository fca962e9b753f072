"""The realized lag on one day in words: the one place that words it, for every output.

The lag on one day is the age of one release, so it is given as the releases that it may be counted
from with their probabilities, never as an interval. All functions read rows of ``last_day.csv`` of
one model, as :func:`frontierlag.results.tables.last_day_table` makes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from frontierlag.words import probability_words as share

PASSED, NOT_PASSED = "passed", "not passed"
# How many different lags are named, and up to which share of the draws.
MOST, ENOUGH = 4, 0.9
CERTAINTY = "0.95"
ARTICLE = {"USA": "the USA", "UK": "the UK", "UAE": "the UAE", "Netherlands": "the Netherlands"}
# From which share of the draws on a release is named next to a likelier one of the same day.
NAMED_FROM = 0.05
AHEAD = 3  # months after which the lag is given once more


@dataclass(frozen=True)
class Spike:
    """One value that the lag of the day may have: releases of one day, of one group.

    ``releases`` are the likeliest of the day and the others that at least :data:`NAMED_FROM` of the
    draws count from; ``months`` is negative if the follower is ahead; ``probability`` is that of
    all of them; ``bound`` says that it is only known to be at least as large, the table beginning
    too late.
    """

    months: float
    probability: float
    releases: tuple[str, ...]
    released: str
    bound: bool


@dataclass(frozen=True)
class LastDayRow:
    """The lag of one day, ready for a sentence.

    ``spikes`` are the most probable values, the most probable first, ``rest`` the probability of
    all others in which the follower is behind, with the least and the greatest of them in months.
    ``passed`` and ``not_passed`` are the best of the leader's releases that the follower has passed
    with probability of at least 0.95, and the leader's first that it has not, each with its day and
    empty if there is none; ``split`` the same two at even odds. ``ahead`` is the probability that
    the follower is ahead, ``censored`` the share of draws in which the lag is only a bound.
    """

    spikes: tuple[Spike, ...]
    rest: float
    rest_span: tuple[float, float]
    passed: str
    not_passed: str
    split: tuple[str, str]
    ahead: float
    censored: float
    converged: bool


def read_last_day(rows: pd.DataFrame) -> LastDayRow:
    """Read the rows of one model, the releases of one day taken together."""
    counted = rows[rows["probability"] > 0].fillna({"release": "", "released": "", "group": ""})
    spikes = []
    for (_, released), same in counted.groupby(["group", "released"], sort=False):
        months = float((same["months"] * same["probability"]).sum() / same["probability"].sum())
        share = float(same["probability"].sum())
        bound = float(same["censored"].sum()) > share / 2
        # The first is the likeliest of its day; what hardly a draw counts from is not named.
        own = same.sort_values("probability", ascending=False, kind="stable")
        least = min(NAMED_FROM, own["probability"].max())
        names = tuple(map(str, own.loc[own["probability"] >= least, "release"]))
        spikes.append(Spike(months, share, names, str(released), bound))
    spikes.sort(key=lambda s: -s.probability)
    named = 1
    while named < min(MOST, len(spikes)) and sum(s.probability for s in spikes[:named]) < ENOUGH:
        named += 1
    others = [s for s in spikes[named:] if s.months >= 0]
    values = [s.months for s in others]
    return LastDayRow(
        spikes=tuple(spikes[:named]),
        rest=sum(s.probability for s in others),
        rest_span=(min(values), max(values)) if values else (float("nan"), float("nan")),
        passed=_marked(rows, "bracket", PASSED),
        not_passed=_marked(rows, "bracket", NOT_PASSED),
        split=(_marked(rows, "split", PASSED), _marked(rows, "split", NOT_PASSED)),
        ahead=float(rows.loc[rows["ahead"].astype(str) == "True", "probability"].sum()),
        censored=float(rows["censored"].fillna(0).sum()),
        converged=bool((rows["converged"].astype(str) == "True").all()),
    )


def sides(column: str, leader: str, follower: str) -> tuple[str, str]:
    """Leader and follower as a sentence names them, by the column that divides them."""
    if column == "weights":
        return f"the best {leader}-weight model", f"the best {follower}-weight model"
    return ARTICLE.get(leader, leader), ARTICLE.get(follower, follower)


def spikes(day: LastDayRow) -> str:
    """The values with their probabilities for the cell of a table, as in ``5.2 (0.47), ...``."""
    cells = [f"{_bound(s)}{_months(s.months)} ({share(s.probability)})" for s in day.spikes]
    # All others, also those by which the follower is ahead: the cell adds up to one.
    other = 1 - sum(s.probability for s in day.spikes)
    return ", ".join([*cells, *([f"other ({share(other)})"] if other > 1e-9 else [])])


def spikes_words(day: LastDayRow) -> str:
    """The same as a clause, as in ``most probably (0.95) 5.2 months, counted from A; ...``."""
    words: list[str] = []
    for s in day.spikes:
        value, chance = f"{_bound(s)}{_months(s.months)}", f"({share(s.probability)})"
        said = f"{value} {chance}" if words else f"most probably {chance} {value} months"
        since = f", counted from {' or '.join(s.releases)}" if s.releases[0] else ""
        words.append(f"{said}{since}")
    other = 1 - sum(s.probability for s in day.spikes)
    if other > 1e-9:
        words.append(f"another lag ({share(other)})")
    return "; ".join(words)


def sentence(day: LastDayRow, leader: str, follower: str, on: str) -> str:
    """The lag of a day in English, in up to three sentences without the last full stop.

    They say the releases, the bracket, and how it goes on.
    """
    parts: list[str] = []
    for spike in day.spikes:
        verb = f"leads {leader} by" if spike.months < 0 else f"trails {leader} by"
        with_ = "with" if parts else "with probability"
        value = f"{_bound(spike)}{_months(abs(spike.months))} months"
        named = spike.releases[0]
        since = f"(counted from {' or '.join(_names(spike))})" if named else "(both are level)"
        parts.append(f"{verb} {value} {with_} {share(spike.probability)} {since}")
    if day.rest:
        low, high = (_months(m) for m in day.rest_span)
        between = low if low == high else f"{low} to {high}"
        other = f"trails {leader} by {between} months with {share(day.rest)} (other releases)"
        parts.append(other)
    said = [f"on {on} {follower} {_joined(parts, f'trails {leader} ')}"]
    if day.ahead > 0:
        said[0] += f"; {follower} is ahead with probability {share(day.ahead)}"
    if day.censored > 0:
        said[0] += f"; with probability {share(day.censored)} the lag is only a lower bound"
    if day.passed and day.not_passed:
        said.append(
            f"{follower} has passed {day.passed} and not yet {day.not_passed}, each with "
            f"probability of at least {CERTAINTY}"
        )
    elif day.passed:
        said.append(
            f"{follower} has passed {day.passed} with probability of at least {CERTAINTY}, and no "
            f"release of {leader} is better with that probability"
        )
    elif day.not_passed:
        said.append(
            f"{follower} has not yet passed {day.not_passed}, with probability of at least "
            f"{CERTAINTY}, and has passed no release of the leader with that probability"
        )
    if day.spikes[0].months > 0:
        said.append(
            f"The lag grows by a month a month, from {_months(day.spikes[0].months)} to "
            f"{_months(day.spikes[0].months + AHEAD)} months in {AHEAD} months, until "
            "something better follows"
        )
    return ". ".join(f"{one[0].upper()}{one[1:]}" if at else one for at, one in enumerate(said))


def sentence_chinese(day: LastDayRow, leader: str, follower: str, on: str) -> str:
    """The same in Chinese."""
    parts = []
    for one in day.spikes:
        verb = f"领先{leader}" if one.months < 0 else f"落后{leader}"
        since = f"，自 {' 或 '.join(_names(one))} 起算" if one.releases[0] else ""
        value = f"{'至少 ' if one.bound else ''}{_months(abs(one.months))} 个月"
        parts.append(f"{verb} {value}（概率 {share(one.probability)}{since}）")
    if day.rest:
        parts.append(f"自其他模型起算的概率合计 {share(day.rest)}")
    first = [f"在 {on} 当日{'，或'.join(parts)}"]
    if day.ahead > 0:
        first.append(f"{follower}领先的概率为 {share(day.ahead)}")
    if day.censored > 0:
        first.append(f"滞后仅为下限的概率为 {share(day.censored)}")
    said = ["；".join(first)]
    bracket = []
    if day.passed:
        bracket.append(f"已超过 {day.passed}")
    if day.not_passed:
        bracket.append(f"尚未超过 {day.not_passed}")
    if bracket:
        said.append(f"{follower}{'，'.join(bracket)}，概率均至少为 {CERTAINTY}")
    if day.spikes[0].months > 0:
        said.append("在追赶方发布更强的模型之前，滞后每天增加一天")
    return "。".join(said)


def of_model(table: pd.DataFrame, model: str) -> LastDayRow | None:
    """The day as one model has it; None if the table has no row of it."""
    if table.empty:
        return None
    own = table[table["model"] == model]
    return None if own.empty else read_last_day(own)


def _marked(rows: pd.DataFrame, column: str, word: str) -> str:
    found: list[dict[Any, Any]] = rows[rows[column] == word].to_dict("records")
    return f"{found[0]['release']} ({found[0]['released']})" if found else ""


def _names(spike: Spike) -> list[str]:
    """The releases, the day after the last of them."""
    return [*spike.releases[:-1], f"{spike.releases[-1]}, {spike.released}"]


def _bound(spike: Spike) -> str:
    return "at least " if spike.bound else ""


def _months(value: float) -> str:
    return f"{round(value, 1) + 0.0:.1f}"


def _joined(parts: list[str], again: str) -> str:
    """The parts as one list; what the first one begins with is not said again."""
    rest = [part.removeprefix(again) for part in parts[1:]]
    if not rest or not parts[0].startswith(again):
        rest = parts[1:]
    return parts[0] if not rest else f"{', '.join([parts[0], *rest[:-1]])}, or {rest[-1]}"
