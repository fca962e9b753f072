"""Whether weights are open, by the words of a cell and of its heading."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from frontierlag.errors import ScoresError
from frontierlag.scores.reading.parsing import folded, is_blank, plain
from frontierlag.scores.reading.report import Finding, listed

WEIGHTS = ("open", "closed", "unknown")
# Epoch AI's 'Model accessibility'. What never left its maker counts as closed. A value that is not
# listed here is unknown, and the table's notes say so.
_ACCESSIBILITY = {
    "open weights (unrestricted)": "open",
    "open weights (restricted use)": "open",
    "open weights (non-commercial)": "open",
    "api access": "closed",
    "hosted access (no api)": "closed",
    "unreleased": "closed",
    "unknown": "unknown",
    "": "unknown",
}
# Words that are plain under any heading for weights.
WEIGHT_WORDS = {
    **_ACCESSIBILITY,
    **dict.fromkeys(
        ("open", "open weights", "open-weights", "open weight", "open-weight", "openweights",
         "open source", "open-source", "opensource", "weights available", "open model",
         "downloadable", "public weights"), "open"),
    **dict.fromkeys(
        ("closed", "closed weights", "closed-weights", "closed weight", "closed-weight",
         "closed source", "closed-source", "proprietary", "api", "api only", "private",
         "proprietary (api)", "closed (api)", "api-only"), "closed"),
    **dict.fromkeys(("unknown", "not known", "unclear", "tbd"), "unknown"),
}  # fmt: skip
# Under a heading that asks whether weights are open. An x is an answer only where every other cell
# is blank: next to a tick or a "no" it may as well mean no.
_CROSS = "x"
_ANSWERS = {
    **dict.fromkeys(("yes", "y", "true", "1", "✓", "✔", _CROSS, "t"), "open"),
    **dict.fromkeys(("no", "n", "false", "0", "✗", "✘", "f"), "closed"),
}
# Words after which a cell under "license" is no plain grant, whatever else it names.
_DENIAL = re.compile(r"proprietary|closed|\b(?:not|no|non)\b|\bapis?\b|terms of (?:service|use)")
_PLAINLY_CLOSED = re.compile(r"(?:proprietary|closed)\b")
# Licences under which weights are handed out. The name of a model or of a maker is a licence only
# where the cell says so: "Qwen license", not "Qwen".
_BRAND = r"llama|gemma|qwen|qianwen|deepseek|falcon|tulu|jamba"
_LICENCE = re.compile(
    r"apache|\bmit\b|\bbsd\b|\bcc[- ]by|creative ?commons|\bgpl|\bopen\b|openrail|"
    r"mistral research|\bmrl\b|\bmpl\b|\bcommunity\b|"
    rf"(?:{_BRAND}).*\blicen[cs]e\b"
)
_NAMES_OPENNESS = re.compile(rf"{_LICENCE.pattern}|{_BRAND}")
# Words that anybody reads the same way under a heading that asks; others are named in a note.
_OBVIOUS = frozenset({"yes", "no", "true", "false"})
_ASKS = frozenset({"open weights", "open weight", "open source", "is open", "open", "weights open",
                   "is open source", "open-weights", "open-source", "opensource"})  # fmt: skip
_LICENCES = frozenset({"license", "licence", "license type", "model license"})


def _weights_of(cell: str, heading: str) -> str | None:
    """Return 'open', 'closed' or 'unknown'; None for a cell that is not understood.

    Under the (folded) heading 'open weights' yes and no are answers, and under 'license' the names
    of licences are. TRUE under 'weights' is neither.
    """
    word = folded(cell)
    if is_blank(word):
        return "unknown"
    known = WEIGHT_WORDS.get(word)
    if known is None and heading in _ASKS:
        known = _ANSWERS.get(word)
    if known is None and heading in _LICENCES:
        if _PLAINLY_CLOSED.match(word):
            known = "closed"
        elif not _DENIAL.search(word) and _LICENCE.search(word):
            known = "open"
    return known


def _contradicts_itself(licence: str) -> bool:
    """Whether a cell under 'license' that is not understood names openness and denies it."""
    word = folded(licence)
    return bool(_DENIAL.search(word) and _NAMES_OPENNESS.search(word))


def _is_obvious(cell: str) -> bool:
    """Whether a cell says open, closed or unknown in words that nobody reads another way."""
    word = folded(cell)
    return is_blank(word) or word in WEIGHT_WORDS or word in _OBVIOUS


def weights_in_words(
    cells: Sequence[str], heading: str, lines: Sequence[int]
) -> tuple[list[str], list[Finding]]:
    """open, closed or unknown; what is not understood stays (and is refused), licences are named.

    Raises
    ------
    ScoresError
        If TRUE and FALSE stand under a heading that does not ask whether weights are open, an x
        next to other answers under one that does, or a licence both names openness and denies it.
    """
    found = [_weights_of(cell, heading) for cell in cells]
    strange: dict[str, list[int]] = {}
    for cell, word, line in zip(cells, found, lines, strict=True):
        if word is None:
            strange.setdefault(cell, []).append(line)
    if heading in _ASKS:
        _refuse_crosses(cells, lines)
    if heading in _LICENCES:
        _refuse_contradictions(strange)
    else:
        _refuse_answers(strange)
    findings = _readings(cells, found)
    if heading not in _LICENCES:
        return [word or cell for word, cell in zip(found, cells, strict=True)], findings
    if strange:
        findings.append(Finding(
            "wrong",
            f"{len(strange)} licence(s) are not known as open or closed, so their models count as "
            f"neither: {_first_rows(strange)}. Write open or closed.",
            tuple(line for at in strange.values() for line in at),
        ))  # fmt: skip
    return [word or "unknown" for word in found], findings


def _first_rows(cells: dict[str, list[int]]) -> str:
    return listed([f"{cell!r} (row {at[0]})" for cell, at in cells.items()], 12, between="; ")


def _readings(cells: Sequence[str], found: Sequence[str | None]) -> list[Finding]:
    """A note of how every cell is read that is not plainly open or closed."""
    counts = Counter(
        (" ".join(plain(cell).split()), word)
        for cell, word in zip(cells, found, strict=True)
        if word is not None and not _is_obvious(cell)
    )
    if not counts:
        return []
    shown = "; ".join(
        f"{cell!r} is read as {word} ({n} row{'' if n == 1 else 's'})"
        for (cell, word), n in counts.most_common()
    )
    return [Finding("note", f"Weights: {shown}.")]


def _refuse_answers(strange: dict[str, list[int]]) -> None:
    """TRUE and no are answers only under a heading that asks."""
    plainly = ("true", "false", "yes", "no", "0", "1", "y", "n")
    rows = {cell: at for cell, at in strange.items() if cell.casefold() in plainly}
    if rows:
        cell, at = next(iter(rows.items()))
        raise ScoresError(
            f"Column 'weights' holds {cell!r} in row {at[0]} and "
            f"{sum(map(len, rows.values())) - 1} more such cells: whether TRUE means open or "
            "closed is not said. Write open or closed, or name the column 'open weights' if TRUE "
            "means open."
        )


def _refuse_crosses(cells: Sequence[str], lines: Sequence[int]) -> None:
    """An x is a yes only where it is the one mark of the column."""
    marks = {folded(cell) for cell in cells if not is_blank(cell)}
    if _CROSS not in marks or len(marks) == 1:
        return
    at = [line for cell, line in zip(cells, lines, strict=True) if folded(cell) == _CROSS]
    others = listed([repr(mark) for mark in sorted(marks - {_CROSS})], 3)
    raise ScoresError(
        f"Column 'weights' holds 'x' in row {at[0]} and {len(at) - 1} more such cells, next to "
        f"{others}: whether x means open or closed is not said. Write open or closed."
    )


def _refuse_contradictions(strange: dict[str, list[int]]) -> None:
    """A licence that names openness and denies it is neither."""
    rows = {cell: at for cell, at in strange.items() if _contradicts_itself(cell)}
    if rows:
        raise ScoresError(
            f"{len(rows)} cell(s) under the heading of licences may mean open or closed weights: "
            f"{_first_rows(rows)}. Write open or closed."
        )


def accessibility(cells: Sequence[str]) -> tuple[list[str], list[str]]:
    """Weights by Epoch AI's words, and the words that have no meaning on record."""
    words = [" ".join(cell.split()).casefold() for cell in cells]
    weights = [_ACCESSIBILITY.get(word, "unknown") for word in words]
    return weights, sorted({word for word in words if word not in _ACCESSIBILITY})
