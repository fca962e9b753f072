"""Which column holds the score, and intervals that stand in one cell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from frontierlag.errors import ScoresError
from frontierlag.scores.reading import parsing
from frontierlag.scores.reading.files import TextTable
from frontierlag.scores.reading.headings import fold, is_whole_interval, level_in
from frontierlag.scores.reading.options import ReadOptions
from frontierlag.scores.reading.parsing import plain
from frontierlag.scores.reading.report import Finding

_N = r"[0-9]+(?:[.,][0-9]+)?"
_PLUS_MINUS = re.compile(rf"([+-]?{_N})\s*(?:±|\+/-|\+-|\\pm)\s*({_N})\s*%?")
_UP_DOWN = re.compile(rf"\+\s*({_N})\s*[/,;]?\s*-\s*({_N})")
_DOWN_UP = re.compile(rf"-\s*({_N})\s*[/,;]?\s*\+\s*({_N})")
_HALF = re.compile(rf"(?:±|\+/-|\+-)\s*({_N})")
_ENDS = re.compile(
    rf"[\[(]?\s*([+-]?{_N})\s*(?:,\s|;|\s-\s|–|—|\bto\b|\.\.)\s*([+-]?{_N})\s*[\])]?"
)


def is_row_numbers(cells: Sequence[str]) -> bool:
    """Whether cells are consecutive whole numbers, each once: a data frame's row numbers.

    In any order, from any first one: frames are sorted and cut before they are written.
    """
    if len(cells) < 3 or any(not (cell.isascii() and cell.isdigit()) for cell in cells):
        return False
    found = {int(cell[:18]) for cell in cells}
    return len(found) == len(cells) and max(found) - min(found) == len(cells) - 1


def rises_by_row(cells: Sequence[str]) -> bool:
    """Whether cells are whole numbers that rise from row to row, as row numbers of a cut frame."""
    if len(cells) < 8 or any(not (cell.isascii() and cell.isdigit()) for cell in cells):
        return False
    numbers = [int(cell[:18]) for cell in cells]
    return all(a < b for a, b in pairwise(numbers))


def score_position(
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
    counts = [
        at for at in places if is_row_numbers(columns[at]) and fold(raw.header[at]) == "index"
    ]
    left = [at for at in places if at not in counts]
    if not left:
        numeric = _numeric(raw, columns)
        raise ScoresError(
            f"Column {raw.header[places[0]]!r} holds the row numbers of a data frame, not scores. "
            f"Name the column of scores with --column score=HEADING"
            f"{'; numbers are in ' + ', '.join(map(repr, numeric)) if numeric else ''}."
        )
    findings = [
        Finding("note", f"Column {raw.header[at]!r} holds row numbers and is not used.")
        for at in counts
    ]
    if len(left) == 1:
        if fold(raw.header[left[0]]) == "index" and rises_by_row(columns[left[0]]):
            findings.append(Finding(
                "wrong",
                f"Column {raw.header[left[0]]!r} holds whole numbers that rise from row to row, as "
                "the row numbers of a data frame do. If scores are elsewhere, name their column: "
                "--column score=HEADING.",
            ))  # fmt: skip
        return left[0], findings
    named = [at for at in left if fold(raw.header[at]) == "score"]
    others = ", ".join(repr(raw.header[at]) for at in left if at not in named)
    if not named:
        raise ScoresError(
            f"{len(left)} columns may hold the score: {others}. Say which with --column "
            f"'score={raw.header[left[0]]}' (or another of them)."
        )
    said = f"Scores are from the column 'score'; {others} may hold scores too and is not used."
    return named[0], [*findings, Finding("check", said)]


def _numeric(raw: TextTable, columns: Sequence[Sequence[str]]) -> list[str]:
    found = []
    for heading, cells in zip(raw.header, columns, strict=True):
        given = [cell for cell in cells if not parsing.is_blank(cell)]
        if given and not is_row_numbers(cells) and not np.isnan(parsing.numbers(given)).any():
            found.append(heading)
    return found


def whole_intervals(
    raw: TextTable,
    columns: Sequence[Sequence[str]],
    text: dict[str, list[str]],
    used: dict[str, int],
    options: ReadOptions,
    level: float | None,
) -> tuple[float | None, list[Finding]]:
    """Take intervals out of cells such as '128.3 ± 3.0' and '+5/-4' into low and high.

    Parameters
    ----------
    raw, columns
        The table, and its cells by column.
    text, used
        Cells and positions by column of the own schema; changed here.
    options
        The interval's level, where the user gives it.
    level
        That of the headings so far.

    Returns
    -------
    float or None
        The level, where a heading says it.
    list of Finding
        What was taken.

    Raises
    ------
    ScoresError
        If scores are written with ± and nothing says what it stands for.
    """
    parted = [_PLUS_MINUS.fullmatch(plain(cell)) for cell in text["score"]]
    if any(parted):
        at = next(i for i, match in enumerate(parted) if match)
        if "low" in used or "stderr" in used:
            raise ScoresError(
                f"The score cell {text['score'][at]!r} (row {raw.lines[at]}) has a ± in it though "
                "the table has columns for errors. Write the number alone."
            )
        if options.interval_level is None:
            raise ScoresError(
                f"The score cell {text['score'][at]!r} (row {raw.lines[at]}) has a ± in it, and "
                "whether that is a standard error or half an interval is not said. Give "
                "--interval-level 0.95 for halves of 95 % intervals, --interval-level 0.6827 for "
                "standard errors, or write the number and a column 'stderr'."
            )
        halves = [match.group(2) if match else "" for match in parted]
        text["score"] = [
            match.group(1) if match else cell
            for match, cell in zip(parted, text["score"], strict=True)
        ]
        _set_ends(text, halves, halves)
        used["low"] = used["high"] = used["score"]
        return level, [Finding("note", "Intervals are read from the ± in the cells of the score.")]
    if "low" in used or "stderr" in used:
        return level, []
    taken = set(used.values())
    for at, heading in enumerate(raw.header):
        if at in taken or not is_whole_interval(heading):
            continue
        ends = [_arms(cell, score) for cell, score in zip(columns[at], text["score"], strict=True)]
        if all(
            found is not None or parsing.is_blank(cell)
            for found, cell in zip(ends, columns[at], strict=True)
        ) and any(found is not None for found in ends):
            _set_ends(text, [e[0] if e else "" for e in ends], [e[1] if e else "" for e in ends])
            used["low"] = used["high"] = at
            said = f"Intervals are read from the cells of {heading!r}."
            return level_in(heading), [Finding("note", said)]
    return level, []


def _set_ends(text: dict[str, list[str]], down: Sequence[str], up: Sequence[str]) -> None:
    """Ends about the score from arms; where there is no plain score, blank."""
    low, high = [], []
    for score, below, above in zip(text["score"], down, up, strict=True):
        s, b, a = (parsing.parse_number(x.replace(",", ".")) for x in (score, below, above))
        known = not np.isnan([s, a, b]).any()
        low.append(repr(round(s - b, 10)) if known else "")
        high.append(repr(round(s + a, 10)) if known else "")
    text["low"], text["high"] = low, high


def _arms(cell: str, score: str) -> tuple[str, str] | None:
    """Lengths of an interval's lower and upper arm as a cell gives them."""
    word = plain(cell).replace("–", "-") if "/" in cell else plain(cell)
    if (match := _UP_DOWN.fullmatch(word)) is not None:
        return match.group(2), match.group(1)
    if (match := _DOWN_UP.fullmatch(word)) is not None:
        return match.group(1), match.group(2)
    if (match := _HALF.fullmatch(word)) is not None:
        return match.group(1), match.group(1)
    if (match := _ENDS.fullmatch(word)) is not None:
        low, high, at = (
            parsing.parse_number(x.replace(",", ".")) for x in (*match.groups(), score)
        )
        if low <= at <= high:
            return repr(round(at - low, 10)), repr(round(high - at, 10))
    return None
