"""Citations of a run: sentences, LaTeX, Markdown, CSV and BibTeX, from its tables alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from frontierlag.machine.files import csv_text
from frontierlag.report.cite import latex, words
from frontierlag.report.cite.estimate import Estimate, choose, read_estimates

Format = Literal["text", "latex", "macros", "markdown", "csv", "bibtex"]
FORMATS: tuple[Format, ...] = get_args(Format)


def cite(estimates: Sequence[Estimate], form: Format = "text", prefix: str = latex.PREFIX) -> str:
    """Return estimates of one results folder in one format, without a line end after the last line.

    Parameters
    ----------
    estimates
        At least one, as :func:`choose` returns them.
    form
        ``text`` (a sentence in English and in Chinese), ``latex`` (a table), ``macros``,
        ``markdown``, ``csv``, or ``bibtex`` (the data and this software).
    prefix
        Of the names of macros.
    """
    match form:
        case "text":
            return words.text(estimates)
        case "latex":
            return latex.table(estimates)
        case "macros":
            return latex.macros(estimates, prefix)
        case "markdown":
            return words.markdown(estimates)
        case "csv":
            return csv_text(words.table(estimates))
        case "bibtex":
            return latex.entries(estimates[0].source)


__all__ = ["FORMATS", "Estimate", "Format", "choose", "cite", "read_estimates"]
