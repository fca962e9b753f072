"""Claims answered: the posterior of each quantity, a probability, and what they rest on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from frontierlag.analyses.analysis import Analysis
from frontierlag.claims.claim import Asked, Claim, Evidence, Unanswerable
from frontierlag.fits.convergence import quantity_checks
from frontierlag.intervals import Summary, probability, summarize

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
        What the number is where it is not the quantity itself: see :class:`Asked`.
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


def _missed(fits: list[Analysis], asked: Asked) -> str:
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
