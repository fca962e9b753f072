"""Sentences that carry a number with its interval, its data and its caveats; and the claims."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from frontierlag.analyses.analysis import Analysis
from frontierlag.claims.claim import AT_LEAST as BOUND
from frontierlag.claims.claim import VERDICTS, Answer
from frontierlag.dates import WORDS
from frontierlag.intervals import INTERVAL_KIND, OUTER
from frontierlag.jobs import Prepared
from frontierlag.lags.velocity import SLOPE_LAST_DAY, YEAR_ON_YEAR
from frontierlag.model import first_model
from frontierlag.names import (
    AT_RELEASE,
    CENSORED,
    CURRENT,
    MAXIMUM,
    MINIMUM,
    REALIZED,
    TREND,
    WINDOW,
)
from frontierlag.results.last_day import read_last_day, sides
from frontierlag.results.last_day import sentence as day_sentence
from frontierlag.results.tables import (
    DIGITS,
    OF_A_POSTERIOR,
    lag_row,
    last_day_table,
    velocity_table,
)
from frontierlag.scores import Releases
from frontierlag.scores.metric import ECI
from frontierlag.scores.scale import scale_of, unit_words
from frontierlag.words import (
    STAMP,
    Row,
    bound,
    median,
    number,
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
_NUMBERS = OF_A_POSTERIOR[1:]


def lag_sentence(analysis: Analysis, kind: str = REALIZED, period: str = WINDOW) -> str:
    """One sentence that can stand alone.

    Its numbers are those of the table, so that a sentence, a citation and a page say the same.
    The realized lag of the last day is the age of one release, so it is given as the releases that
    it may be counted from, each with its probability, and not as an interval.
    """
    if (kind, period) == (REALIZED, CURRENT):
        return _last_day_sentence(analysis)
    releases = analysis.fit.observations.releases
    row = lag_row(analysis, kind, period)
    leader, follower = releases.group_names
    sentence = (
        f"{follower} trails {leader} by {median(row)} months "
        f"({OUTER:.0%} {INTERVAL_KIND} interval {span(row)}; "
        f"{_what(kind, period, analysis)}; {analysis.name}, "
        f"{_table(releases)}, as of {releases.as_of}; {WORDS[releases.dates]})"
    )
    extra = []
    if row[CENSORED] > 0 and not bound(row):
        extra.append(f"on {share(row[CENSORED])} of the days it is {_BOUND[kind]}")
    if row["undefined"] > 0:
        extra.append(f"undefined in {row['undefined']:.1%} of the draws")
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


def claim_table(answers: Sequence[Answer], item: Prepared) -> pd.DataFrame:
    """One row a claim: the rows of ``claims.csv``."""
    rows = []
    for a in answers:
        numbers = {k: getattr(a.summary, k) if a.summary else float("nan") for k in _NUMBERS}
        rows.append(
            {
                "number": a.claim.number,
                "claim": a.claim.words,
                "estimand": a.claim.estimand,
                "unit": a.claim.unit,
                "bound": a.bound,
                **numbers,
                "probability": float("nan") if a.probability is None else a.probability,
                "verdict": a.verdict,
                "model": a.model,
                "evidence": "; ".join(a.evidence),
                "dataset": item.table.name,
                "as_of": item.releases.as_of.isoformat(),
                "dates": item.table.dates,
                "converged": a.converged,
                "note": a.note,
            }
        )
    table = pd.DataFrame(rows)
    rounded = [*_NUMBERS, "probability"]
    table[rounded] = table[rounded].astype(float).round(DIGITS) + 0.0
    return table


def claim_markdown(answers: Sequence[Answer], item: Prepared) -> str:
    """The same for people, with no more digits than the Monte Carlo error supports."""
    lines = [
        f"# The claims of the source article, judged on {item.table.name} "
        f"as of {item.releases.as_of}",
        "",
        f"Window {item.window_words}; {WORDS[item.table.dates]}. Median with 50 % and 90 % "
        f"{INTERVAL_KIND} posterior intervals; probability that the claim as stated is true.",
        "",
        "| | claim | estimand | median | 50 % | 90 % | probability | verdict | model |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [_row(a) for a in answers]
    notes = [f"- {a.claim.number}: {a.note}" for a in answers if a.note]
    words = "; ".join(f"{word} from {least:g}" for least, word in VERDICTS)
    lines += ["", f"Verdicts by probability: {words}.", "", *notes]
    lines += ["", "What the answers rest on:", "", *_sources(answers)]
    return "\n".join([*lines, "", item.releases.attribution, ""])


def _sources(answers: Sequence[Answer]) -> list[str]:
    """Each fit with its table, numbers of models and window, and the claims that rest on it."""
    found: dict[str, list[str]] = {}
    for a in answers:
        for fit in a.evidence:
            found.setdefault(fit, []).append(a.claim.number)
    return [f"- {fit}: claims {', '.join(numbers)}" for fit, numbers in found.items()]


def bounded(text: str, bound: str) -> str:
    """A number with what it is where it is not the quantity itself."""
    if bound == BOUND:
        return f"{BOUND} {text}"
    return f"{text} ({bound})" if bound else text


def _row(a: Answer) -> str:
    cells = ["none", "none", "none"]
    if s := a.summary:
        middle, *ends = (number(getattr(s, name), s) for name in _NUMBERS[:5])
        cells = [bounded(f"{middle} {a.claim.unit}", a.bound)]
        cells += [f"{low} to {high}" for low, high in (ends[:2], ends[2:])]
    parts = [a.claim.number, a.claim.words, a.claim.estimand, *cells]
    parts += [probability_words(a.probability), a.verdict, a.model or "none"]
    return "| " + " | ".join(part.replace("|", "\\|") for part in parts) + " |"
