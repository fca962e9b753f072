"""Sentences that carry a number with its interval, its kind, its data and its caveats."""

from __future__ import annotations

from frontierlag.analysis import Analysis
from frontierlag.conventions import WORDS
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
from frontierlag.report.estimands import last_day_table
from frontierlag.report.last_day import sentence as day_sentence
from frontierlag.report.last_day import sides, told
from frontierlag.scores.metric import ECI
from frontierlag.summary import INTERVAL_KIND, OUTER, summarize
from frontierlag.words import AT_LEAST, STAMP, mostly_bound, number, outer, share

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
        f"{releases.table}, as of {releases.as_of}; {WORDS[releases.dates]})"
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
    day = told(last_day_table(analysis))
    names = sides(releases.comparison.column, *releases.group_names)
    words = day_sentence(day, *names, str(analysis.measured.window.as_of))
    about = (
        f" (realized lag; {analysis.name}, {releases.table}, as of {releases.as_of}; "
        f"{WORDS[releases.dates]})"
    )
    stamp = "" if day.converged else f"; {STAMP}"
    return f"{words[0].upper()}{words[1:]}{about}{stamp}."


def _what(kind: str, period: str, analysis: Analysis) -> str:
    window = analysis.measured.window
    names = {
        WINDOW: f"mean {kind} lag, {window.since} to {window.as_of}",
        CURRENT: f"{kind} lag on {window.as_of}",
        MINIMUM: f"smallest {kind} lag since {window.since}",
        MAXIMUM: f"largest {kind} lag since {window.since}",
    }
    return names.get(period, f"mean {kind} lag in {period}")
