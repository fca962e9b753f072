"""The ten claims of the source article (Epoch AI, January 2026), each with its question.

How a stated figure is read: ``7`` is every value that rounds to it (6.5 up to 7.5), ``10-12`` is
9.5 up to 12.5, ``about 7`` is 6 up to 8, and ``nearly the same`` is a difference below one month. A
claim whose number is bare stands for its parts (``3`` for ``3a`` and ``3b``).

They apply only to the tables and groups that they are about. A claim judged on other data gives a
number all the same, and a wrong impression: "the US-China gap is nearly the same as the closed-open
gap" is certain where both are the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from frontierlag.claims.claim import US_CHINA, Claim, Need
from frontierlag.claims.gaps import same_gap
from frontierlag.claims.lags import Between, between, days_led, extremes, shorter, steadily
from frontierlag.claims.shape import constant_lag, not_slowed, predicts_no_worse, rhythm, same_slope
from frontierlag.errors import ScoresError
from frontierlag.jobs import Prepared
from frontierlag.names import AT_RELEASE, MAXIMUM, MINIMUM, REALIZED, WINDOW
from frontierlag.scores import is_epochs, parse_comparison, releases
from frontierlag.scores.metric import ECI
from frontierlag.scores.registry import registry

# What counts as "4 months" and as "14 months".
FOUR, FOURTEEN = (3.5, 4.5), (13.5, 14.5)
MAIN = (Need(),)
CLOSED_OPEN = Need(comparison="closed-open")
PARALLEL = Need(trend="parallel")
BROKEN = Need(trend="broken")
FRONTIERMATH = Need(scores=registry().roles.accuracy)

ARTICLE = (
    Claim("1", "Every frontier model since 2023 is American",
          "share of days on which China's best available exceeds that of the USA",
          days_led, "% of days"),
    Claim("2", "The mean lag is 7 months",
          "mean realized lag over the window",
          between(REALIZED, WINDOW, 6.5, 7.5, said="7")),
    Claim("3a", "The smallest lag is 4 months, at a Chinese record",
          "minimum of the lag at release over the window",
          between(AT_RELEASE, MINIMUM, *FOUR, said="4")),
    Claim("3b", "The largest lag is 14 months, at a Chinese record",
          "maximum of the lag at release over the window",
          between(AT_RELEASE, MAXIMUM, *FOURTEEN, said="14")),
    # The published 4 and 14 are at releases, so this reading stands for claim 3.
    Claim("3", "The lag ranges from 4 to 14 months, at Chinese records",
          "maximum minus minimum of the lag at release; true if both ends are as stated",
          extremes(AT_RELEASE, FOUR, FOURTEEN)),
    Claim("3c", "The smallest lag is 4 months, on any day",
          "minimum of the realized lag over the days of the window",
          between(REALIZED, MINIMUM, *FOUR, said="4")),
    Claim("3d", "The largest lag is 14 months, on any day",
          "maximum of the realized lag over the days of the window",
          between(REALIZED, MAXIMUM, *FOURTEEN, said="14")),
    Claim("3e", "The lag ranges from 4 to 14 months, on any day",
          "maximum minus minimum of the realized lag; true if both ends are as stated",
          extremes(REALIZED, FOUR, FOURTEEN)),
    Claim("4a", "It was 10-12 months in 2023", "mean realized lag in 2023",
          between(REALIZED, "2023", 9.5, 12.5, said="10 to 12")),
    Claim("4b", "It was 6-8 months in 2024", "mean realized lag in 2024",
          between(REALIZED, "2024", 5.5, 8.5, said="6 to 8")),
    Claim("4c", "It was about 7 months in 2025", "mean realized lag in 2025",
          between(REALIZED, "2025", 6.0, 8.0, said="about 7")),
    *(
        Claim(f"5{letter}", f"It was shorter in {year} than in {year - 1}",
              f"mean realized lag of {year} minus that of {year - 1}", shorter(year))
        for letter, year in zip("abc", (2024, 2025, 2026), strict=True)
    ),
    Claim("5", "It has narrowed, steadily",
          "largest change of the yearly mean realized lag between years whose lag is identified",
          steadily),
    Claim("6", "The US-China gap is nearly the same as the closed-open gap",
          "mean realized lag, us-china minus closed-open, same window, draw by draw",
          same_gap, needs=(*MAIN, CLOSED_OPEN), one_posterior=True),
    Claim("7a", "US releases are dense: it sets records more often",
          "records a year, China minus USA",
          rhythm(lambda c: c.per_year, -1, "records a year", "a year"), "a year"),
    Claim("7b", "Chinese records are rarer: longer between two of them",
          "median months between records, China minus USA",
          rhythm(lambda c: c.interval, 1, "median between records", "months")),
    Claim("7c", "Chinese progress comes in larger steps",
          "median step from record to record, China minus USA",
          rhythm(lambda c: c.step, 1, "median step", "points"), "points"),
    Claim("8", "The two curves have the same shape, out of step: a constant lag",
          "change of the trend lag over the window, slopes being free", constant_lag),
    Claim("8a", "The slopes of the two curves are within 20 % of each other",
          "slope of China above that of the USA, as a share of it", same_slope, "%"),
    Claim("8b", "One curve with a constant lag predicts no worse than two slopes",
          "expected log predictive density (PSIS-LOO), parallel minus free slopes",
          predicts_no_worse, "log density", (*MAIN, PARALLEL)),
    Claim("9", "US progress has not slowed",
          "slope of the USA after 2025-01-01 minus before",
          not_slowed, "points a year", (BROKEN,)),
    Claim("10", "FrontierMath shows the same lag of about 7 months",
          "mean realized lag on FrontierMath",
          between(REALIZED, WINDOW, 6.0, 8.0, said="about 7"), needs=(FRONTIERMATH,)),
)  # fmt: skip


def claimed(lag: str, period: str) -> Between | None:
    """The range that the article stated for a lag of the index over a period, if it did."""
    for claim in ARTICLE:
        ask, of_others = claim.ask, any(need.scores for need in claim.needs)
        if isinstance(ask, Between) and not of_others and (ask.kind, ask.period) == (lag, period):
            return ask
    return None


@dataclass(frozen=True)
class Applicable:
    """The claims that are judged on a table, and why others are not, a sentence a reason."""

    claims: tuple[Claim, ...]
    not_asked: tuple[str, ...] = ()


def applicable(prepared: Prepared, claims: Sequence[Claim] = ARTICLE) -> Applicable:
    """Choose the claims that apply to a job; claims that are not the article's all do.

    All of the article's claims for Epoch AI's index with the USA and China; without claim 6 where
    the closed-open gap has the same followers or cannot be formed, without claim 10, which is
    about FrontierMath, on tables of another score, and none of them of any other table or groups.
    """
    own = tuple(claim for claim in claims if claim not in ARTICLE)
    if len(own) == len(claims):
        return Applicable(own)
    name, comparison = prepared.table.name, prepared.releases.comparison.name
    why = ""
    if not is_epochs(prepared.table.attribution):
        why = f"they are about Epoch AI's tables, and {name} is not one"
    elif comparison != US_CHINA:
        why = f"they are about the USA and China, and this comparison is {comparison}"
    if why:
        return Applicable(own, (f"The claims of the source article are not judged: {why}.",))
    reasons = {"6": _no_closed_open(prepared), "10": _not_the_index(prepared)}
    kept = tuple(claim for claim in claims if not reasons.get(claim.number))
    return Applicable(
        kept,
        tuple(f"Claim {number} is not judged: {why}." for number, why in reasons.items() if why),
    )


def _no_closed_open(prepared: Prepared) -> str:
    """Why there is no closed-open gap to compare the gap with; empty if there is one."""
    try:
        other = parse_comparison(CLOSED_OPEN.comparison, prepared.table)
        groups = releases(prepared.table, other, prepared.releases.as_of)
    except ScoresError:
        return "the table has no closed and open models to compare"
    followers = [set(r.model[r.of(1)]) for r in (prepared.releases, groups)]
    if followers[0] == followers[1]:
        return "China's models and the open models are the same rows here, so both gaps are one"
    return ""


def _not_the_index(prepared: Prepared) -> str:
    """Why claim 10 does not apply to a table; empty if it does."""
    if prepared.table.metric.name == ECI.name:
        return ""
    of = prepared.table.metric.name
    return f"it compares FrontierMath with the index, and this table is of {of}"
