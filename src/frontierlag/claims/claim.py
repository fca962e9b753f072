"""What a claim is: its words, the fits it rests on, and its question.

A claim is a small declared object: its words, the quantity it speaks of, and the condition under
which it is true. The answer is the posterior of the quantity and the probability of the condition.
CONTRIBUTING.md shows how to add one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
import xarray as xr

from frontierlag.analyses.analysis import Analysis
from frontierlag.checks.loo import Loo
from frontierlag.fits.convergence import quantity_checks
from frontierlag.intervals import Summary, probability, summarize
from frontierlag.scores import Releases

if TYPE_CHECKING:
    from frontierlag.analyses.two_comparisons import TwoComparisons


US_CHINA = "us-china"
# What stands for a quantity that is a lag, or a difference of lags, known on too many days only to
# be at least so long: the quantity itself is larger, or lies on either side.
AT_LEAST = "at least"
OF_BOUNDS = "difference of lower bounds"


@dataclass(frozen=True)
class Need:
    """A fit that a claim rests on, and how its models are split into two groups.

    The trend is by default that of the headline model, whose frontier it always has, and ``scores``
    the table that the claims are judged on. ``split`` is another comparison, whose two groups are
    to be formed from the capabilities of the same fit, draw by draw, or empty for the groups that
    were fitted. A fit that does not draw the capability of every model of those groups cannot be
    split so.
    """

    trend: str = ""
    comparison: str = US_CHINA
    scores: str = ""
    split: str = ""

    @property
    def fit(self) -> Need:
        """The same fit with the groups that were fitted."""
        return replace(self, split="")

    def within(self, comparison: str) -> Need:
        """The same groups as a split of the fit of ``comparison``, which draws all models."""
        if self.scores or self.comparison == comparison:
            return self
        return replace(self, comparison=comparison, split=self.split or self.comparison)


class Unanswerable(Exception):
    """Raised by a claim's question when the data cannot answer it, with the reason."""


class Evidence(Protocol):
    """Where claims find the fits that they need.

    Each method raises :class:`Unanswerable`, with the reason, if there is no such thing.
    """

    def analysis(self, need: Need) -> Analysis:
        """The fit that is needed, whatever the split."""

    def groups(self, need: Need) -> Releases:
        """The releases of the two groups of the split, from the table of the fit."""

    def loo(self, need: Need) -> Loo:
        """Leave-one-out densities of the fit that is needed."""

    def crossed(self, one: Need, other: Need) -> TwoComparisons:
        """The one posterior of the releases of two fits, as :func:`crossed_fit` finds it."""


@dataclass(frozen=True)
class ClaimDraws:
    """What came of a claim's question.

    Attributes
    ----------
    draws
        Draws of the quantity, dims ``(chain, draw)``; NaN where it does not exist.
    holds
        In which draws the claim as stated is true; None if the data only bound the quantity.
    note
        What a reader must know with the number.
    failed
        Why a fit that was made for this question alone needs the mark NOT CONVERGED; empty if it
        does not, or if there is none.
    bound
        What the draws are where they are not values: ``AT_LEAST`` or ``OF_BOUNDS``.
    """

    draws: xr.DataArray
    holds: xr.DataArray | None
    note: str = ""
    failed: str = ""
    bound: str = ""


Question = Callable[[Evidence, tuple[Need, ...]], ClaimDraws]


@dataclass(frozen=True)
class Claim:
    """A claim: words, estimand, its question, unit, and the fits it needs.

    ``one_posterior`` says that the claim speaks of two fits at once, so that draws of both must
    come from one posterior: then a fit of the releases of both is made too.
    """

    number: str
    words: str
    estimand: str
    ask: Question
    unit: str = "months"
    needs: tuple[Need, ...] = (Need(),)
    one_posterior: bool = False


POINTS = "points"
# From these probabilities on, the words of a verdict.
VERDICTS = (
    (0.95, "very likely true"),
    (0.80, "likely true"),
    (0.20, "open"),
    (0.05, "likely false"),
    (0.00, "very likely false"),
)
LEFT_CENSORED = "not identified: left-censored"
NO_ANSWER = "cannot be answered"


@dataclass(frozen=True)
class Answer:
    """A claim's answer.

    Attributes
    ----------
    claim
        What was claimed.
    summary, probability
        The posterior of the quantity and how probable the claim is; None where there is none.
    verdict
        The words for the probability, or why there is none.
    converged
        Whether every fit passed the gate and the draws of the quantity itself mix as a reported lag
        must; None without draws.
    note
        What a reader must know with the number.
    bound
        What the number is where it is not the quantity itself: see :class:`ClaimDraws`.
    rests_on
        The models, with the table where it is not the one that the claims are judged on.
    evidence
        For each fit its model, table, groups with their numbers of models, and window.
    """

    claim: Claim
    summary: Summary | None
    probability: float | None
    verdict: str
    converged: bool | None
    note: str
    bound: str = ""
    rests_on: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()

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
    if claim.unit == POINTS:  # of whatever the table's scores are
        claim = replace(claim, unit=fits[0].fit.spec.metric.unit)
    named = list(zip(fits, claim.needs, strict=True))
    rests_on = tuple(f"{f.name} ({n.scores})" if n.scores else f.name for f, n in named)
    missed = _missed(fits, asked)
    note = "; ".join(part for part in (missed, asked.note) if part)
    share = None if asked.holds is None else probability(asked.holds)
    return Answer(
        claim=claim,
        summary=summarize(asked.draws),
        probability=share,
        verdict=LEFT_CENSORED if share is None else verdict(share),
        converged=not missed,
        note=note,
        bound=asked.bound,
        rests_on=rests_on,
        evidence=tuple(dict.fromkeys(source(fit, need.split) for fit, need in named)),
    )


def _missed(fits: list[Analysis], asked: ClaimDraws) -> str:
    """Why an answer needs the mark NOT CONVERGED; empty if it does not.

    A lag that passes the gate does not vouch for what is computed from it: the largest of several
    changes, a share of days or a difference of two fits has tails and mixing of its own.
    """
    failed = [fit.name for fit in fits if not fit.convergence.converged]
    if failed:
        return f"NOT CONVERGED: {', '.join(dict.fromkeys(failed))}"
    if asked.failed:
        return f"NOT CONVERGED: {asked.failed}"
    checks = quantity_checks(xr.Dataset({"the quantity": asked.draws.reset_coords(drop=True)}))
    parts = [f"{c.name} {c.value:.4g} (needs {c.threshold})" for c in checks if not c.passed]
    return f"NOT CONVERGED: this quantity has {', '.join(parts)}" if parts else ""


def source(fit: Analysis, split: str = "") -> str:
    """What a fit is of: its model, its table, how many models of each group, and its window."""
    releases, window = fit.fit.observations.releases, fit.measured.window
    counts = (int(np.sum(releases.of(group))) for group in (0, 1))
    groups = ", ".join(
        f"{n} of {name}" for n, name in zip(counts, releases.group_names, strict=True)
    )
    return (
        f"{fit.name} on {releases.table} as of {releases.as_of} ({groups}; "
        f"window {window.since} to {window.as_of})"
        f"{f', its models split into {split}' if split else ''}"
    )


def verdict(share: float) -> str:
    """The words for a probability: see :data:`VERDICTS`."""
    return next(words for least, words in VERDICTS if share >= least)
