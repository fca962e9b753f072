"""A table's text in the own schema, whatever layout and spellings it came in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import pandas as pd

from frontierlag.errors import ScoresError
from frontierlag.scores.reading import parsing
from frontierlag.scores.reading.columns import score_position, whole_intervals
from frontierlag.scores.reading.countries import (
    ASKS,
    CROSS,
    LICENCES,
    contradicts_itself,
    countries,
    is_known,
    is_obvious,
    weights_of,
)
from frontierlag.scores.reading.files import TextTable
from frontierlag.scores.reading.headings import fold
from frontierlag.scores.reading.layouts import ACCESSIBILITY
from frontierlag.scores.reading.numerals import plain_numbers
from frontierlag.scores.reading.options import DEFAULT_OPTIONS, ReadOptions
from frontierlag.scores.reading.parsing import clean, plain, same_name
from frontierlag.scores.reading.report import Finding
from frontierlag.scores.reading.validation import DATE_COLUMNS

_COLUMNS = (
    "model",
    "organization",
    "country",
    "weights",
    "released",
    "announced",
    "released_low",
    "released_high",
    "score",
    "low",
    "high",
    "stderr",
)
# Cells that join countries in other ways than by ';' or ',', or add China to another place.
_SEVERAL = re.compile(
    r"[/|&+]|\band\b|(?=.*china)(?=.*(?:taiwan|hong ?kong|maca[ou]))", flags=re.IGNORECASE
)
NUMBERS = ("score", "low", "high", "stderr")


@dataclass
class Normalized:
    """A table's text in the own schema, and what was done to it.

    Attributes
    ----------
    text
        Text columns model, organization, country, weights, released, announced, released_low,
        released_high, score, low, high, stderr, indexed by line number. Blank cells and absent
        columns are '' (weights: 'unknown').
    score_at, used
        Position of the score column, and of every column that is used, by own name.
    percent
        Own columns whose numbers have a percent sign.
    level
        Probability of the intervals, where headings or cells say it.
    form
        Words for how numbers are written; '' for a decimal point.
    notes, findings
        What a reader of results should know.
    """

    text: pd.DataFrame
    score_at: int
    used: dict[str, int]
    percent: frozenset[str]
    level: float | None
    form: str
    notes: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def own_schema(raw: TextTable, options: ReadOptions = DEFAULT_OPTIONS) -> Normalized:
    """Return a table's text in the own schema, and what was done to it.

    Parameters
    ----------
    raw
        A table as read.
    options
        What only the user can know of it.

    Raises
    ------
    ScoresError
        If several columns may hold the score, or numbers can be read in two ways.
    """
    layout, positions = raw.recognized.layout, dict(raw.recognized.positions)
    columns = list(zip(*raw.rows, strict=True)) or [()] * len(raw.header)
    findings = list(raw.findings)
    score_at, found = score_position(raw, columns, options)
    findings += found
    positions["score"] = (score_at, *(p for p in positions["score"] if p != score_at))
    used = {c: positions[c][0] for c in _COLUMNS if positions.get(c)}
    empty = ("",) * len(raw.rows)
    text = {c: list(columns[used[c]] if c in used else empty) for c in _COLUMNS}
    notes = []
    if layout.scale == "accuracy" and len(positions["score"]) > 1:
        places = positions["score"][:2]
        text["score"], taken = _filled(*(columns[at] for at in places))
        if taken:
            preferred, other = (raw.header[at] for at in places)
            notes.append(f"{taken} score(s) without {preferred!r} are from {other!r}.")
    level = raw.recognized.level
    level, found = whole_intervals(raw, columns, text, used, options, level)
    findings += found
    numerals = plain_numbers({c: text[c] for c in NUMBERS}, raw.lines, raw.delimiter)
    text |= numerals.cells
    if numerals.doubt:
        findings.append(Finding("check", numerals.doubt))
    for column in ("organization", "country", "weights"):
        text[column] = ["" if parsing.is_blank(cell) else cell for cell in text[column]]
    text["model"] = [" ".join(clean(model).split()) for model in text["model"]]
    for column in DATE_COLUMNS:
        text[column] = [plain(cell) for cell in text[column]]
    if any(":" in cell for cell in text["released"]):
        notes.append("Of dates with a time, the day is the one written, whatever the zone.")
    text["country"], found = _countries(text["country"], raw.lines)
    findings += found
    text["organization"], found = _makers(text["organization"], layout.separators)
    findings += found
    if layout.from_epoch:
        text["weights"], unlisted = _accessibility(text["weights"])
        if unlisted:
            notes.append(
                "Weights are taken as unknown where 'Model accessibility' is "
                f"{' or '.join(map(repr, unlisted))}: no meaning is on record for it."
            )
    elif "weights" in used:
        text["weights"], found = _weights(
            text["weights"], fold(raw.header[used["weights"]]), raw.lines
        )
        findings += found
    else:
        text["weights"] = ["unknown"] * len(raw.rows)
    frame = pd.DataFrame(text, index=list(raw.lines), dtype="str")[list(_COLUMNS)]
    return Normalized(
        frame, score_at, used, numerals.percent, level, numerals.words, notes, findings
    )


def _filled(preferred: Sequence[str], other: Sequence[str]) -> tuple[list[str], int]:
    """Return preferred cells, blank ones filled from the other, and how many were filled."""
    blank = [parsing.is_blank(cell) for cell in preferred]
    cells = [b if use else a for a, b, use in zip(preferred, other, blank, strict=True)]
    return cells, sum(
        use and not parsing.is_blank(cell) for cell, use in zip(cells, blank, strict=True)
    )


def _countries(cells: Sequence[str], lines: Sequence[int]) -> tuple[list[str], list[Finding]]:
    """One name each; what is no country that is known is named with its cells."""
    brought = [countries(cell) for cell in cells]
    strange: dict[str, list[int]] = {}
    changed: Counter[tuple[str, str]] = Counter()
    for cell, names, line in zip(cells, brought, lines, strict=True):
        if cell == names:
            if cell and not is_known(cell) and ";" not in cell:
                strange.setdefault(cell, []).append(line)
            continue
        changed[cell, names] += 1
        for name in names.split(";"):
            if name and not is_known(name):
                strange.setdefault(cell, []).append(line)
                break
    findings = []
    if strange:
        shown = "; ".join(
            f"{cell!r} (row {', '.join(map(str, at[:5]))}{', ...' if len(at) > 5 else ''})"
            for cell, at in list(strange.items())[:12]
        )
        findings.append(Finding(
            "wrong",
            f"{len(strange)} cell value(s) of 'country' name no country that is known, and each "
            f"counts as a group of its own: {shown}. Correct them if they are countries.",
            tuple(line for at in strange.values() for line in at),
        ))  # fmt: skip
    several = [
        (cell, line)
        for cell, names, line in zip(cells, brought, lines, strict=True)
        if _SEVERAL.search(cell) and (";" in names or "China" not in names)
    ]
    if several:
        kinds = Counter(cell for cell, _ in several)
        shown = "; ".join(f"{c!r} is {countries(c)} ({n})" for c, n in kinds.most_common(8))
        findings.append(Finding(
            "check",
            f"{len(several)} cell(s) of 'country' name several places: {shown}. A row of both "
            "groups is left out of their comparison; Hong Kong, Macao and Taiwan are groups of "
            "their own.",
            tuple(line for _, line in several),
        ))  # fmt: skip
    if changed:
        shown = "; ".join(
            f"{cell!r} is {names or 'blank'} ({count})"
            for (cell, names), count in changed.most_common(12)
        )
        more = f"; and {len(changed) - 12} more spellings" if len(changed) > 12 else ""
        findings.append(Finding("note", f"Countries in one spelling: {shown}{more}."))
    return brought, findings


def _makers(cells: Sequence[str], separators: str) -> tuple[list[str], list[Finding]]:
    """One spelling of each maker: names that differ in case, space or hyphens only are one."""
    parted = [_joined(cell, separators) for cell in cells]
    spellings: dict[str, Counter[str]] = {}
    for cell in parted:
        for name in filter(None, cell.split(";")):
            spellings.setdefault(same_name(name), Counter())[name] += 1
    several = {key: names for key, names in spellings.items() if len(names) > 1}
    if not several:
        return parted, []
    chosen = {key: names.most_common(1)[0][0] for key, names in several.items()}
    joined = [
        ";".join(dict.fromkeys(chosen.get(same_name(name), name) for name in cell.split(";")))
        for cell in parted
    ]
    shown = "; ".join(f"{' = '.join(names)}" for names in list(several.values())[:8])
    return joined, [Finding("note", f"Makers that differ only in case, space or hyphens: {shown}.")]


@lru_cache(maxsize=20_000)
def _joined(cell: str, separators: str) -> str:
    parts = [" ".join(part.split()) for part in re.split(f"[{separators}]", cell)]
    return ";".join(dict.fromkeys(part for part in parts if part))


def _weights(
    cells: Sequence[str], heading: str, lines: Sequence[int]
) -> tuple[list[str], list[Finding]]:
    """open, closed or unknown; what is not understood stays (and is refused), licences are named.

    Raises
    ------
    ScoresError
        If TRUE and FALSE stand under a heading that does not ask whether weights are open, an x
        next to other answers under one that does, or a licence both names openness and denies it.
    """
    found = [weights_of(cell, heading) for cell in cells]
    if heading in ASKS:
        _refuse_crosses(cells, lines)
    if heading in LICENCES:
        _refuse_contradictions(cells, lines)
    answers = [
        (cell, line)
        for cell, word, line in zip(cells, found, lines, strict=True)
        if word is None and cell.casefold() in ("true", "false", "yes", "no", "0", "1", "y", "n")
    ]
    if answers and heading not in LICENCES:
        cell, line = answers[0]
        raise ScoresError(
            f"Column 'weights' holds {cell!r} in row {line} and {len(answers) - 1} more such "
            "cells: whether TRUE means open or closed is not said. Write open or closed, or name "
            "the column 'open weights' if TRUE means open."
        )
    findings = _readings(cells, found)
    if heading not in LICENCES:
        return [w or c for w, c in zip(found, cells, strict=True)], findings
    strange: dict[str, list[int]] = {}
    for cell, word, line in zip(cells, found, lines, strict=True):
        if word is None:
            strange.setdefault(cell, []).append(line)
    if strange:
        shown = "; ".join(f"{c!r} (row {at[0]})" for c, at in list(strange.items())[:12])
        findings.append(Finding(
            "wrong",
            f"{len(strange)} licence(s) are not known as open or closed, so their models count as "
            f"neither: {shown}. Write open or closed.",
            tuple(line for at in strange.values() for line in at),
        ))  # fmt: skip
    return [word or "unknown" for word in found], findings


def _readings(cells: Sequence[str], found: Sequence[str | None]) -> list[Finding]:
    """A note of how every cell is read that is not plainly open or closed."""
    counts = Counter(
        (" ".join(plain(cell).split()), word)
        for cell, word in zip(cells, found, strict=True)
        if word is not None and not is_obvious(cell)
    )
    if not counts:
        return []
    shown = "; ".join(
        f"{cell!r} is read as {word} ({n} row{'' if n == 1 else 's'})"
        for (cell, word), n in counts.most_common()
    )
    return [Finding("note", f"Weights: {shown}.")]


def _refuse_crosses(cells: Sequence[str], lines: Sequence[int]) -> None:
    """An x is a yes only where it is the one mark of the column."""
    marks = {parsing.folded(cell) for cell in cells if not parsing.is_blank(cell)}
    if CROSS not in marks or len(marks) == 1:
        return
    at = [line for cell, line in zip(cells, lines, strict=True) if parsing.folded(cell) == CROSS]
    others = ", ".join(repr(mark) for mark in sorted(marks - {CROSS})[:3])
    raise ScoresError(
        f"Column 'weights' holds 'x' in row {at[0]} and {len(at) - 1} more such cells, next to "
        f"{others}: whether x means open or closed is not said. Write open or closed."
    )


def _refuse_contradictions(cells: Sequence[str], lines: Sequence[int]) -> None:
    """A licence that names openness and denies it is neither."""
    rows: dict[str, list[int]] = {}
    for cell, line in zip(cells, lines, strict=True):
        if contradicts_itself(cell):
            rows.setdefault(cell, []).append(line)
    if not rows:
        return
    shown = "; ".join(f"{cell!r} (row {at[0]})" for cell, at in list(rows.items())[:12])
    raise ScoresError(
        f"{len(rows)} cell(s) under the heading of licences may mean open or closed weights: "
        f"{shown}. Write open or closed."
    )


def _accessibility(cells: Sequence[str]) -> tuple[list[str], list[str]]:
    folded = [" ".join(cell.split()).casefold() for cell in cells]
    weights = [ACCESSIBILITY.get(cell, "unknown") for cell in folded]
    return weights, sorted({cell for cell in folded if cell not in ACCESSIBILITY})
