"""A table's text in the own schema, whatever layout and spellings it came in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pandas as pd

from frontierlag.errors import ScoresError
from frontierlag.scores.reading.countries import one_name_each
from frontierlag.scores.reading.files import TextTable
from frontierlag.scores.reading.layouts import fold
from frontierlag.scores.reading.numerals import plain_numbers, whole_intervals
from frontierlag.scores.reading.options import ReadOptions
from frontierlag.scores.reading.parsing import clean, is_blank, numbers, plain, same_name
from frontierlag.scores.reading.report import Finding
from frontierlag.scores.reading.validation import DATE_COLUMNS
from frontierlag.scores.reading.weights import accessibility, weights_in_words

NUMBERS = ("score", "low", "high", "stderr")
_COLUMNS = ("model", "organization", "country", "weights", *DATE_COLUMNS, *NUMBERS)


@dataclass
class Normalized:
    """A table's text in the own schema, and what was done to it.

    `text` is indexed by line; blank cells and absent columns are '' (weights: 'unknown'). `used`
    has the position of every column that is used, by own name; `percent` the own columns whose
    numbers have a percent sign; `level` the probability of the intervals, where headings or cells
    say it; `form` words for how numbers are written, '' for a decimal point.
    """

    text: pd.DataFrame
    score_at: int
    used: dict[str, int]
    percent: frozenset[str]
    level: float | None
    form: str
    notes: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def own_schema(raw: TextTable, options: ReadOptions) -> Normalized:
    """Return a table's text in the own schema, and what was done to it.

    Raises
    ------
    ScoresError
        If several columns may hold the score, or numbers can be read in two ways.
    """
    layout, positions = raw.recognized.layout, dict(raw.recognized.positions)
    columns = list(zip(*raw.rows, strict=True)) or [()] * len(raw.header)
    score_at, of_score = _score_position(raw, columns, options)
    positions["score"] = (score_at, *(p for p in positions["score"] if p != score_at))
    used = {c: positions[c][0] for c in _COLUMNS if positions.get(c)}
    empty = ("",) * len(raw.rows)
    text = {c: list(columns[used[c]] if c in used else empty) for c in _COLUMNS}
    notes = []
    if layout.scale == "accuracy" and len(positions["score"]) > 1:
        preferred, other = positions["score"][:2]
        cells = list(zip(columns[preferred], columns[other], strict=True))
        text["score"] = [b if is_blank(a) else a for a, b in cells]
        taken = sum(is_blank(a) and not is_blank(b) for a, b in cells)
        if taken:
            notes.append(
                f"{taken} score(s) without {raw.header[preferred]!r} are from "
                f"{raw.header[other]!r}."
            )
    level, of_cells = whole_intervals(raw, columns, text, used, options, raw.recognized.level)
    numerals = plain_numbers({c: text[c] for c in NUMBERS}, raw.lines, raw.delimiter)
    text |= numerals.cells
    of_cells += [Finding("check", numerals.doubt)] if numerals.doubt else []
    for column in ("organization", "country", "weights"):
        text[column] = ["" if is_blank(cell) else cell for cell in text[column]]
    text["model"] = [" ".join(clean(model).split()) for model in text["model"]]
    for column in DATE_COLUMNS:
        text[column] = [plain(cell) for cell in text[column]]
    if any(":" in cell for cell in text["released"]):
        notes.append("Of dates with a time, the day is the one written, whatever the zone.")
    text["country"], of_countries = one_name_each(text["country"], raw.lines)
    text["organization"], of_makers = _makers(
        text["organization"], ";," if layout.from_epoch else ";"
    )
    of_weights: list[Finding] = []
    if layout.from_epoch:
        text["weights"], unlisted = accessibility(text["weights"])
        if unlisted:
            notes.append(
                "Weights are taken as unknown where 'Model accessibility' is "
                f"{' or '.join(map(repr, unlisted))}: no meaning is on record for it."
            )
    elif "weights" in used:
        heading = fold(raw.header[used["weights"]])
        text["weights"], of_weights = weights_in_words(text["weights"], heading, raw.lines)
    else:
        text["weights"] = ["unknown"] * len(raw.rows)
    return Normalized(
        pd.DataFrame(text, index=list(raw.lines), dtype="str")[list(_COLUMNS)],
        score_at,
        used,
        numerals.percent,
        level,
        numerals.words,
        notes,
        [*raw.findings, *of_score, *of_cells, *of_countries, *of_makers, *of_weights],
    )


def _makers(cells: Sequence[str], separators: str) -> tuple[list[str], list[Finding]]:
    """One spelling of each maker: names that differ in case, space or hyphens only are one."""
    parted = [_parted(cell, separators) for cell in cells]
    spellings: dict[str, Counter[str]] = {}
    for name in (name for names in parted for name in names):
        spellings.setdefault(same_name(name), Counter())[name] += 1
    chosen = {key: names.most_common(1)[0][0] for key, names in spellings.items()}
    joined = [";".join(dict.fromkeys(chosen[same_name(name)] for name in names))
              for names in parted]  # fmt: skip
    several = [" = ".join(names) for names in spellings.values() if len(names) > 1]
    if not several:
        return joined, []
    shown = "; ".join(several[:8])
    return joined, [Finding("note", f"Makers that differ only in case, space or hyphens: {shown}.")]


@lru_cache(maxsize=20_000)
def _parted(cell: str, separators: str) -> tuple[str, ...]:
    parts = (" ".join(part.split()) for part in re.split(f"[{separators}]", cell))
    return tuple(dict.fromkeys(filter(None, parts)))


def is_row_numbers(cells: Sequence[str]) -> bool:
    """Whether cells are consecutive whole numbers, each once: a data frame's row numbers.

    In any order, from any first one: frames are sorted and cut before they are written.
    """
    found = _whole(cells)
    return len(found) >= 3 and sorted(found) == list(range(min(found), min(found) + len(found)))


def rises_by_row(cells: Sequence[str]) -> bool:
    """Whether cells are whole numbers that rise from row to row, as row numbers of a cut frame."""
    found = _whole(cells)
    return len(found) >= 8 and all(a < b for a, b in pairwise(found))


def _whole(cells: Sequence[str]) -> list[int]:
    """Cells as whole numbers; none if any is another thing."""
    if all(cell.isascii() and cell.isdigit() for cell in cells):
        return [int(cell[:18]) for cell in cells]
    return []


def _score_position(
    raw: TextTable, columns: Sequence[Sequence[str]], options: ReadOptions
) -> tuple[int, list[Finding]]:
    """Return where the score is, and what else could have been it.

    Raises
    ------
    ScoresError
        If several columns may hold it and none is named 'score', or if only row numbers do.
    """
    places = raw.recognized.positions["score"]
    if "score" in options.columns or raw.recognized.layout.from_epoch:
        return places[0], []
    heading = {at: fold(raw.header[at]) for at in places}
    counts = [at for at in places if heading[at] == "index" and is_row_numbers(columns[at])]
    left = [at for at in places if at not in counts]
    if not left:
        numeric = ", ".join(map(repr, _numeric(raw, columns)))
        raise ScoresError(
            f"Column {raw.header[places[0]]!r} holds the row numbers of a data frame, not scores. "
            f"Name the column of scores with --column score=HEADING"
            f"{f'; numbers are in {numeric}' if numeric else ''}."
        )
    findings = [
        Finding("note", f"Column {raw.header[at]!r} holds row numbers and is not used.")
        for at in counts
    ]
    if len(left) == 1:
        if heading[left[0]] == "index" and rises_by_row(columns[left[0]]):
            findings.append(Finding(
                "wrong",
                f"Column {raw.header[left[0]]!r} holds whole numbers that rise from row to row, as "
                "the row numbers of a data frame do. If scores are elsewhere, name their column: "
                "--column score=HEADING.",
            ))  # fmt: skip
        return left[0], findings
    named = [at for at in left if heading[at] == "score"]
    others = ", ".join(repr(raw.header[at]) for at in left if at not in named)
    if not named:
        raise ScoresError(
            f"{len(left)} columns may hold the score: {others}. Say which with --column "
            f"'score={raw.header[left[0]]}' (or another of them)."
        )
    said = f"Scores are from the column 'score'; {others} may hold scores too and is not used."
    return named[0], [*findings, Finding("check", said)]


def _numeric(raw: TextTable, columns: Sequence[Sequence[str]]) -> list[str]:
    """Headings of the columns of numbers that are no row numbers."""
    found = []
    for heading, cells in zip(raw.header, columns, strict=True):
        given = [cell for cell in cells if not is_blank(cell)]
        if given and not is_row_numbers(cells) and not np.isnan(numbers(given)).any():
            found.append(heading)
    return found
