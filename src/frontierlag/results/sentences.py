"""Sentences that carry a number with its interval, its kind, its data and its caveats."""

from __future__ import annotations

import pandas as pd

from frontierlag.analyses.analysis import Analysis
from frontierlag.dates import WORDS
from frontierlag.intervals import INTERVAL_KIND, OUTER, summarize
from frontierlag.lags.velocity import SLOPE_LAST_DAY, YEAR_ON_YEAR
from frontierlag.model import first_model
from frontierlag.names import (
    AT_RELEASE,
    CENSORED,
    CURRENT,
    MAXIMUM,
    MINIMUM,
    PERIOD,
    REALIZED,
    TREND,
    WINDOW,
)
from frontierlag.results.last_day import read_last_day, sides
from frontierlag.results.last_day import sentence as day_sentence
from frontierlag.results.tables import last_day_table, velocity_table
from frontierlag.scores import Releases
from frontierlag.scores.metric import ECI
from frontierlag.scores.scale import scale_of, unit_words
from frontierlag.words import (
    AT_LEAST,
    STAMP,
    Row,
    median,
    mostly_bound,
    number,
    outer,
    probability_words,
    share,
    span,
)

# The headline models of the index, of scores and of the benchmark results behind them.
HEADLINE, JOINT_HEADLINE = first_model(ECI), first_model(ECI, "results")
# What a censored day means, by kind of lag.
_BOUND = {
    REALIZED: "only a lower bound",
    AT_RELEASE: "only a lower bound",
    TREND: "read from the leader's curve outside the data",
}


def lag_sentence(analysis: Analysis, kind: str = REALIZED, period: str = WINDOW) -> str:
    """One sentence that can stand alone.

    The realized lag of the last day is the age of one release, so it is given as the releases that
    it may be counted from, each with its probability, and not as an interval.
    """
    if (kind, period) == (REALIZED, CURRENT):
        return _last_day_sentence(analysis)
    measured, releases = analysis.measured, analysis.fit.observations.releases
    summary = summarize(measured.lag(kind, period))
    censored = float(measured.lags[kind][CENSORED].sel({PERIOD: period}).mean())
    leader, follower = releases.group_names
    at_least = mostly_bound(kind, censored)
    bound = AT_LEAST if at_least else ""
    sentence = (
        f"{follower} trails {leader} by {bound}{number(summary.median, summary)} months "
        f"({OUTER:.0%} {INTERVAL_KIND} interval {outer(summary)}; "
        f"{_what(kind, period, analysis)}; {analysis.name}, "
        f"{_table(releases)}, as of {releases.as_of}; {WORDS[releases.dates]})"
    )
    extra = []
    if censored > 0 and not at_least:
        extra.append(f"on {share(censored)} of the days it is {_BOUND[kind]}")
    if summary.undefined > 0:
        extra.append(f"undefined in {summary.undefined:.1%} of the draws")
    if not analysis.convergence.converged:
        extra.append(STAMP)
    return sentence + "".join(f"; {text}" for text in extra) + "."


def _last_day_sentence(analysis: Analysis) -> str:
    releases = analysis.fit.observations.releases
    day = read_last_day(last_day_table(analysis))
    names = sides(releases.comparison.column, *releases.group_names)
    words = day_sentence(day, *names, str(analysis.measured.window.as_of))
    about = (
        f" (realized lag; {analysis.name}, {_table(releases)}, as of {releases.as_of}; "
        f"{WORDS[releases.dates]})"
    )
    stamp = "" if day.converged else f"; {STAMP}"
    return f"{words[0].upper()}{words[1:]}{about}{stamp}."


def velocity_sentence(analysis: Analysis) -> str:
    """By how much the lags change in a year, with intervals and the probability of narrowing."""
    window = analysis.measured.window
    rows = {str(r["change"]): r for r in velocity_table(analysis).to_dict("records")}
    parts = [
        f"{words} changes by {_velocity(rows[change])}"
        for change, words in (
            (SLOPE_LAST_DAY, f"The trend lag on {window.as_of}"),
            (YEAR_ON_YEAR, "the mean realized lag of the last 12 months against the 12 before"),
        )
        if change in rows
    ]
    if YEAR_ON_YEAR not in rows:
        parts.append("the change of the realized lag is undefined: the window has under 24 months")
    stamp = "" if all(bool(r["converged"]) for r in rows.values()) else f"; {STAMP}"
    releases = analysis.fit.observations.releases
    about = f"{analysis.name}, {_table(releases)}; {WORDS[releases.dates]}"
    return f"{'; '.join(parts)} ({about}){stamp}."


def _table(releases: Releases) -> str:
    """The table, and what it scores where scores are not its own values."""
    changed = scale_of(releases.metric).changes
    return f"{releases.table} ({unit_words(releases.metric)})" if changed else releases.table


def _velocity(row: Row) -> str:
    if pd.isna(row["median"]):
        return "an amount that no draw defines"
    lacking = f", undefined in {row['undefined']:.1%} of the draws" if row["undefined"] > 0 else ""
    return (
        f"{median(row)} months a year ({OUTER:.0%} interval {span(row)}; it narrows with "
        f"probability {probability_words(float(row['narrowing']))}{lacking})"
    )


def _what(kind: str, period: str, analysis: Analysis) -> str:
    window = analysis.measured.window
    names = {
        WINDOW: f"mean {kind} lag, {window.since} to {window.as_of}",
        CURRENT: f"{kind} lag on {window.as_of}",
        MINIMUM: f"smallest {kind} lag since {window.since}",
        MAXIMUM: f"largest {kind} lag since {window.since}",
    }
    return names.get(period, f"mean {kind} lag in {period}")
