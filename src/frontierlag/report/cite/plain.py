"""Estimates as text, Markdown and CSV."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict

import pandas as pd

from frontierlag.intervals import OUTER
from frontierlag.report.cite.estimate import Estimate
from frontierlag.report.cite.words import (
    MARKED,
    chinese,
    days,
    english,
    estimand,
    interval_of,
    share_of,
    undefined_share,
)
from frontierlag.results.last_day import spikes
from frontierlag.words import AT_LEAST, STAMP


def text(estimates: Sequence[Estimate]) -> str:
    """Return each estimate as a sentence in English and one in Chinese, and the credit."""
    sentences = [f"{english(e)}\n\n{chinese(e)}" for e in estimates]
    return "\n\n".join([*sentences, estimates[0].source.attribution])


def markdown(estimates: Sequence[Estimate]) -> str:
    """Return the sentences as paragraphs, a table, and the credit."""
    sentences = [part for e in estimates for part in (_escaped(english(e)), _escaped(chinese(e)))]
    rows = [
        f"| estimand | model | median, months | {OUTER:.0%} interval | {MARKED} | "
        "draws without a lag |",
        "|---|---|---|---|---|---|",
    ]
    for e in estimates:
        bound = AT_LEAST if e.at_least else ""
        median = f"{bound}{e.figure(e.median)}" if e.defined else "undefined"
        outer = interval_of(e)
        model = e.model if e.converged else f"{e.model} ({STAMP})"
        share = share_of(e)
        cells = (estimand(e), model, median, outer, share, undefined_share(e))
        rows.append(f"| {' | '.join(map(_escaped, cells))} |")
    return "\n\n".join([*sentences, "\n".join(rows), _escaped(estimates[0].source.attribution)])


def table(estimates: Sequence[Estimate]) -> pd.DataFrame:
    """Return one row an estimate, with everything that a citation must state, as numbers."""
    rows = []
    for e in estimates:
        first, last = days(e)
        own = {k: v for k, v in asdict(e).items() if k not in ("source", "lower", "upper", "day")}
        rows.append(
            {
                **asdict(e.source),
                "first_day": first,
                "last_day": last,
                **own,
                "unit": "months",
                "lower": e.lower,
                "upper": e.upper,
                "probability": OUTER,
                "at_least": e.at_least,
                "shown": e.figure(e.median) if e.defined else "",
                "shown_lower": e.figure(e.lower) if e.defined and e.day is None else "",
                "shown_upper": e.figure(e.upper) if e.defined and e.day is None else "",
                "shown_values": "" if e.day is None else spikes(e.day),
            }
        )
    return pd.DataFrame(rows)


def _escaped(words: str) -> str:
    """Text that Markdown shows as it stands."""
    flat = "".join(character if character.isprintable() else " " for character in words)
    return re.sub(r"([\\`*_\[\]<>|#~$])", r"\\\1", flat)
