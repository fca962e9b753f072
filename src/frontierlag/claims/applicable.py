"""Which claims apply to a table: the article's ten only to the tables and groups it is about.

A claim judged on other data gives a number all the same, and a wrong impression: "the US-China gap
is nearly the same as the closed-open gap" is certain where both are the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from frontierlag.claims.article import ARTICLE
from frontierlag.claims.claim import US_CHINA, Claim
from frontierlag.errors import ScoresError
from frontierlag.jobs import Prepared
from frontierlag.scores import is_epochs, parse_comparison, releases
from frontierlag.scores.metric import ECI

CLOSED_OPEN = "closed-open"


@dataclass(frozen=True)
class Applicable:
    """The claims that are judged on a table, and why others are not.

    Attributes
    ----------
    claims
        Those that make sense of it.
    not_asked
        One sentence for each reason that leaves claims out.
    """

    claims: tuple[Claim, ...]
    not_asked: tuple[str, ...] = ()


def applicable(prepared: Prepared, claims: Sequence[Claim] = ARTICLE) -> Applicable:
    """Choose the claims that apply to a job; claims that are not the article's all do.

    Parameters
    ----------
    prepared
        What is analysed.
    claims
        The article's, or others.

    Returns
    -------
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
        other = parse_comparison(CLOSED_OPEN, prepared.table)
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
