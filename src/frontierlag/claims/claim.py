"""What a claim is, and how it is answered.

A claim is a small declared object: its words, the quantity it speaks of, and the condition under
which it is true. The answer is the posterior of the quantity and the probability of the condition.
To add one::

    Claim(
        number="11",
        words="China trailed by more than six months in 2026",
        estimand="mean realized lag, 2026",
        unit="months",
        needs=(Need(),),
        ask=between("realized", "2026", low=6),
    )
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import xarray as xr

from frontierlag.analysis import Analysis
from frontierlag.names import CENSORED, PERIOD
from frontierlag.summary import Summary, probability, summarize

US_CHINA = "us-china"

# From these probabilities on, the words of a verdict.
VERDICTS = (
    (0.95, "very likely true"),
    (0.80, "likely true"),
    (0.20, "open"),
    (0.05, "likely false"),
    (0.00, "very likely false"),
)
# With a larger share of days on which a lag is only a lower bound, a range cannot be judged.
FEW_BOUNDS = 0.1
LEFT_CENSORED = "cannot be told: the table begins too late"
NO_ANSWER = "cannot be answered"


@dataclass(frozen=True)
class Need:
    """A fit that a claim rests on.

    Parameters
    ----------
    model
        Name of the model; empty for the one that stands first for the table's metric.
    comparison
        Name of the comparison.
    scores
        A reference table; empty for the table that the claims are asked of.
    """

    model: str = ""
    comparison: str = US_CHINA
    scores: str = ""


class Unanswerable(Exception):
    """Raised by a claim's question when the data cannot answer it, with the reason."""


class Evidence(Protocol):
    """Where claims find the fits that they need."""

    def analysis(self, need: Need) -> Analysis:
        """The fit that is needed.

        Raises
        ------
        Unanswerable
            If there is none.
        """


@dataclass(frozen=True)
class Asked:
    """What came of a claim's question.

    Attributes
    ----------
    draws
        Draws of the quantity, dims ``(chain, draw)``; NaN where it does not exist.
    holds
        In which draws the claim as stated is true; None if the data only bound the quantity.
    note
        What a reader must know beside the number.
    """

    draws: xr.DataArray
    holds: xr.DataArray | None
    note: str = ""


@dataclass(frozen=True)
class Claim:
    """A claim: words, estimand, unit, the fits it needs, and its question."""

    number: str
    words: str
    estimand: str
    unit: str
    needs: tuple[Need, ...]
    ask: Callable[[Evidence, tuple[Need, ...]], Asked]


@dataclass(frozen=True)
class Answer:
    """A claim's answer; ``summary`` and ``probability`` are None where there is none."""

    claim: Claim
    summary: Summary | None
    probability: float | None
    verdict: str
    converged: bool | None
    note: str
    rests_on: tuple[str, ...] = ()

    @property
    def model(self) -> str:
        """What the answer rests on: models, and other data where it is not the table's own."""
        return ", ".join(dict.fromkeys(self.rests_on))


def answer(claims: Iterable[Claim], evidence: Evidence) -> list[Answer]:
    """Answer every claim; one that the data cannot answer says so and does not stop the others."""
    return [_answer(claim, evidence) for claim in claims]


def _answer(claim: Claim, evidence: Evidence) -> Answer:
    try:
        fits = [evidence.analysis(need) for need in claim.needs]
        asked = claim.ask(evidence, claim.needs)
    except Unanswerable as reason:
        return Answer(claim, None, None, NO_ANSWER, None, str(reason))
    converged = all(fit.convergence.converged for fit in fits)
    named = zip(fits, claim.needs, strict=True)
    rests_on = tuple(f"{f.name} ({n.scores})" if n.scores else f.name for f, n in named)
    note = asked.note if converged else f"NOT CONVERGED. {asked.note}".strip()
    summary = summarize(asked.draws)
    if asked.holds is None:
        return Answer(claim, summary, None, LEFT_CENSORED, converged, note, rests_on)
    share = probability(asked.holds)
    return Answer(claim, summary, share, verdict(share), converged, note, rests_on)


def verdict(share: float) -> str:
    """The words for a probability: see :data:`VERDICTS`."""
    return next(words for least, words in VERDICTS if share >= least)


def between(
    kind: str, period: str, low: float = -float("inf"), high: float = float("inf")
) -> Callable[[Evidence, tuple[Need, ...]], Asked]:
    """Ask whether a lag (``trend``, ``realized``, ``release``) lies from ``low`` up to ``high``.

    Where the lag is only a lower bound on more than a tenth of the days, no probability is given:
    the note says in what share of the draws the bound alone contradicts the claim.
    """

    def ask(evidence: Evidence, needs: tuple[Need, ...]) -> Asked:
        analysis = evidence.analysis(needs[0])
        draws, censored = lag(analysis, kind, period)
        if censored > FEW_BOUNDS:
            beyond = probability(draws >= high)
            note = (
                f"at least: on {censored:.0%} of the days only a lower bound is known; it alone "
                f"contradicts the claim in {beyond:.0%} of the draws, and the rest leave it open"
            )
            return Asked(draws, None, note)
        note = f"a lower bound on {censored:.0%} of the days" if censored >= 0.01 else ""
        return Asked(draws, (draws >= low) & (draws < high), note)

    return ask


def lag(analysis: Analysis, kind: str, period: str) -> tuple[xr.DataArray, float]:
    """Draws of a lag and the share of its days that are censored.

    Raises
    ------
    Unanswerable
        If the window of the analysis has no such period.
    """
    window = analysis.measured.window
    if period not in window.periods:
        raise Unanswerable(f"the window {window.since} to {window.as_of} has no day in {period}")
    censored = analysis.measured.lags[kind][CENSORED].sel({PERIOD: period})
    return analysis.measured.lag(kind, period), float(censored.mean())
