"""Citations of a run: sentences, LaTeX, Markdown, CSV and BibTeX, from its tables alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, get_args

from frontierlag.machine.files import csv_text
from frontierlag.report.cite import latex, words
from frontierlag.report.cite.estimate import Estimate, choose, read_estimates

Format = Literal["text", "latex", "macros", "markdown", "csv", "bibtex"]
FORMATS: tuple[Format, ...] = get_args(Format)


def cite(estimates: Sequence[Estimate], form: Format = "text", prefix: str = latex.PREFIX) -> str:
    """Return estimates of one results folder in one format, without a line end after the last line.

    ``text`` is a sentence in English and in Chinese, ``latex`` a table, ``bibtex`` the data and
    this software; ``prefix`` is that of the names of macros.
    """
    makers: dict[Format, Callable[[Sequence[Estimate]], str]] = {
        "text": words.text,
        "latex": latex.table,
        "macros": lambda found: latex.macros(found, prefix),
        "markdown": words.markdown,
        "csv": lambda found: csv_text(words.table(found)),
        "bibtex": lambda found: latex.entries(found[0].source),
    }
    return makers[form](estimates)


__all__ = ["FORMATS", "Estimate", "Format", "choose", "cite", "read_estimates"]
