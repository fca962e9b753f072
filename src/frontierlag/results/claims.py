"""The claims table: as CSV for machines and as Markdown for people."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from frontierlag.claims.claim import AT_LEAST, VERDICTS, Answer
from frontierlag.dates import WORDS
from frontierlag.intervals import INTERVAL_KIND
from frontierlag.jobs import Prepared
from frontierlag.results.tables import DIGITS
from frontierlag.words import number, probability_words

_NUMBERS = (
    *("median", "lower50", "upper50", "lower90", "upper90"),
    *("mcse_mean", "mcse_median", "undefined"),
)


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
    if bound == AT_LEAST:
        return f"{AT_LEAST} {text}"
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
