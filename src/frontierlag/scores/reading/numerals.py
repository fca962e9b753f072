"""How a table writes numbers: which mark is the decimal one, and intervals within one cell.

A number such as 1.285 is 1285 in German and 1.285 in English. Other cells of the table say which:
108,05 and 1.285,5 can only be German, 108.05 and 1,285.5 only English. Where no cell says it, the
table is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from frontierlag.errors import ScoresError
from frontierlag.scores.reading.files import TextTable
from frontierlag.scores.reading.layouts import is_whole_interval, level_in
from frontierlag.scores.reading.options import ReadOptions
from frontierlag.scores.reading.parsing import is_blank, parse_number, plain
from frontierlag.scores.reading.report import Finding

_PLAIN = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_KINDS = (
    ("integer", re.compile(r"[+-]?[0-9]+")),
    # One to three digits, a mark, three digits: thousands, or a decimal part of three digits.
    ("dot or thousands", re.compile(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}")),
    ("comma or thousands", re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")),
    ("dots", re.compile(r"[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?:,[0-9]+)?")),
    ("commas", re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?")),
    ("dot", _PLAIN),
    ("comma", re.compile(r"[+-]?(?:[0-9]+,[0-9]+|,[0-9]+)(?:[eE][+-]?[0-9]+)?")),
)
# What nearly every cell is: digits, and one or two after a point.
_SIMPLE = re.compile(r"[+-]?[0-9]+(?:\.[0-9]{1,2})?")
_ENGLISH, _GERMAN = ("dot", "commas"), ("comma", "dots")
_SHOWN = 5

_N = r"[0-9]+(?:[.,][0-9]+)?"
_PLUS_MINUS = re.compile(rf"([+-]?{_N})\s*(?:±|\+/-|\+-|\\pm)\s*({_N})\s*%?")
# Arms below and above the score, as in +5/-4, -4/+5 and ±4.
_ARMS = (
    re.compile(rf"\+\s*(?P<up>{_N})\s*[/,;]?\s*-\s*(?P<down>{_N})"),
    re.compile(rf"-\s*(?P<down>{_N})\s*[/,;]?\s*\+\s*(?P<up>{_N})"),
    re.compile(rf"(?:±|\+/-|\+-)\s*(?P<down>(?P<up>{_N}))"),
)
_ENDS = re.compile(
    rf"[\[(]?\s*([+-]?{_N})\s*(?:,\s|;|\s-\s|–|—|\bto\b|\.\.)\s*([+-]?{_N})\s*[\])]?"
)


@dataclass(frozen=True)
class Numerals:
    """Cells of each column as plain decimal numbers; what is no number stays as it was.

    `percent` holds the columns whose every number has a percent sign, `words` what was done, and
    `doubt` a sentence where the reading is likely but not sure.
    """

    cells: Mapping[str, list[str]]
    percent: frozenset[str]
    words: str
    doubt: str


def plain_numbers(
    columns: Mapping[str, Sequence[str]], lines: Sequence[int], delimiter: str | None
) -> Numerals:
    """Return the cells of number columns with a decimal point and nothing else.

    Raises
    ------
    ScoresError
        If cells of both conventions are there, if no cell says which is meant, or if only some
        cells of a column have a percent sign.
    """
    stripped = {name: [_stripped(cell) for cell in cells] for name, cells in columns.items()}
    percent = frozenset(name for name, cells in columns.items() if _all_percent(name, cells, lines))
    kinds = {name: [_kind(cell) for cell in cells] for name, cells in stripped.items()}
    places: dict[str, list[tuple[str, int]]] = {}
    for name, found in kinds.items():
        for at, kind in enumerate(found):
            if kind:
                places.setdefault(kind, []).append((name, at))

    def shown(*of: str) -> str:
        where = [place for kind in of for place in places.get(kind, ())][:_SHOWN]
        return ", ".join(f"{columns[n][at]!r} (row {lines[at]}, {n})" for n, at in where)

    english = [place for kind in _ENGLISH for place in places.get(kind, ())]
    german = [place for kind in _GERMAN for place in places.get(kind, ())]
    if german and not english and delimiter == ",":
        german = [place for place in german if _usual(place, kinds)]
    if english and german:
        few, many = (_GERMAN, _ENGLISH) if len(german) <= len(english) else (_ENGLISH, _GERMAN)
        raise ScoresError(
            "Some numbers have a decimal point and some a decimal comma: "
            f"{shown(*few)}, next to {shown(*many)}. "
            "Write all of them with a decimal point and no mark between thousands."
        )
    comma, doubt = bool(german), ""
    for kind in ("dot or thousands", "comma or thousands"):
        unsure = places.get(kind, ())
        if not unsure or english or german:
            continue
        name, at = unsure[0]
        thousands, decimals = (re.sub("[.,]", mark, stripped[name][at]) for mark in ("", "."))
        integers = [
            stripped[name][at]
            for name in dict.fromkeys(name for name, _ in unsure)
            for at, other in enumerate(kinds[name])
            if other == "integer"
        ]
        long = any(len(cell.lstrip("+-")) > 3 for cell in integers)
        if kind == "comma or thousands" and delimiter == "," and not long:
            if not integers and _median_lead(unsure, stripped) >= 50:
                doubt = (
                    f"Numbers such as {shown(kind)} are read as {thousands}, with commas between "
                    "thousands. If these are decimal commas, write decimal points."
                )
            continue  # a quoted 1,285 in a file of commas: thousands
        if integers and not (long and kind == "dot or thousands"):
            raise ScoresError(
                f"{shown(kind)} next to {integers[0]!r}: this may be {thousands} or {decimals}, "
                "and no other cell of the table says which. Write numbers with a decimal point and "
                "no mark between thousands."
            )
        comma = kind == "comma or thousands"
        if delimiter != ",":
            doubt = (
                f"Numbers such as {shown(kind)} are read as {decimals} with three decimals, not as "
                "thousands."
            )
    cells = {
        name: [_plain(cell, kind, comma, raw) for cell, kind, raw in
               zip(stripped[name], kinds[name], columns[name], strict=True)]
        for name in columns
    }  # fmt: skip
    words = []
    if comma:
        words.append("decimal commas")
    if places.keys() & {"dots", "commas"} or ("comma or thousands" in places and not comma):
        words.append("marks between thousands")
    if percent:
        words.append("percent signs")
    return Numerals(cells, percent, ", ".join(words), doubt)


def _stripped(cell: str) -> str:
    """A cell without percent sign, apostrophes or spaces between groups of three digits."""
    if _SIMPLE.fullmatch(cell):
        return cell
    text = plain(cell)
    if text[:1] == "'" and text[1:2].isdigit():
        text = text[1:]
    text = text.removesuffix("%").rstrip()
    if re.fullmatch(r"[+-]?[0-9]{1,3}(?:[ '’][0-9]{3})+(?:[.,][0-9]+)?", text):
        text = re.sub(r"[ '’]", "", text)
    return text


def _all_percent(name: str, cells: Sequence[str], lines: Sequence[int]) -> bool:
    if not any("%" in cell or "\uff05" in cell for cell in cells):
        return False
    given = [(cell, at) for at, cell in enumerate(cells) if not is_blank(cell)]
    signs = [plain(cell).endswith("%") for cell, _ in given]
    if not any(signs):
        return False
    if not all(signs):
        cell, at = given[signs.index(False)]
        raise ScoresError(
            f"Column {name!r} has {sum(signs)} numbers with a percent sign and "
            f"{len(signs) - sum(signs)} without, such as {cell!r} in row {lines[at]}. Write all of "
            "them in the same way."
        )
    return True


def _kind(cell: str) -> str:
    if _SIMPLE.fullmatch(cell):
        return "dot" if "." in cell else "integer"
    if not cell or not (cell[-1].isdigit() or cell[-1] == "."):
        return ""
    return next((name for name, pattern in _KINDS if pattern.fullmatch(cell)), "")


def _median_lead(places: Sequence[tuple[str, int]], cells: Mapping[str, list[str]]) -> float:
    """Median of what comes before the mark: scores of 94,170 are less likely than of 1,285."""
    return float(median(int(re.split(r"[.,]", cells[n][at])[0]) for n, at in places))


def _usual(place: tuple[str, int], kinds: Mapping[str, Sequence[str]]) -> bool:
    """Whether most numbers of this cell's column have a comma: a stray one is a slip instead."""
    of = [kind for kind in kinds[place[0]] if kind]
    return 2 * sum("comma" in kind or kind == "dots" for kind in of) >= len(of)


def _plain(cell: str, kind: str, comma: bool, raw: str) -> str:
    if not kind:
        return raw
    if comma:
        return cell.replace(".", "").replace(",", ".") if kind not in ("integer", "dot") else cell
    if kind in ("commas", "comma or thousands"):
        return cell.replace(",", "")
    return cell if kind in ("integer", "dot", "dot or thousands") else raw


def whole_intervals(
    raw: TextTable,
    columns: Sequence[Sequence[str]],
    text: dict[str, list[str]],
    used: dict[str, int],
    options: ReadOptions,
    level: float | None,
) -> tuple[float | None, list[Finding]]:
    """Take intervals out of cells such as '128.3 ± 3.0' and '+5/-4' into low and high.

    Text and used, cells and positions by column of the own schema, are changed here. Returned are
    the level, where a heading says it, and what was taken.

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
        arms = [_arms(cell, score) for cell, score in zip(columns[at], text["score"], strict=True)]
        rest = [cell for cell, found in zip(columns[at], arms, strict=True) if found is None]
        if len(rest) < len(arms) and all(map(is_blank, rest)):
            _set_ends(text, *zip(*(found or ("", "") for found in arms), strict=True))
            used["low"] = used["high"] = at
            said = f"Intervals are read from the cells of {heading!r}."
            return level_in(heading), [Finding("note", said)]
    return level, []


def _set_ends(text: dict[str, list[str]], down: Sequence[str], up: Sequence[str]) -> None:
    """Ends about the score from arms; where there is no plain score, blank."""
    low, high = [], []
    for score, below, above in zip(text["score"], down, up, strict=True):
        s, b, a = (parse_number(x.replace(",", ".")) for x in (score, below, above))
        known = not np.isnan([s, a, b]).any()
        low.append(repr(round(s - b, 10)) if known else "")
        high.append(repr(round(s + a, 10)) if known else "")
    text["low"], text["high"] = low, high


def _arms(cell: str, score: str) -> tuple[str, str] | None:
    """Lengths of an interval's lower and upper arm as a cell gives them."""
    word = plain(cell).replace("–", "-") if "/" in cell else plain(cell)
    for form in _ARMS:
        if (match := form.fullmatch(word)) is not None:
            return match["down"], match["up"]
    if (match := _ENDS.fullmatch(word)) is not None:
        low, high, at = (parse_number(x.replace(",", ".")) for x in (*match.groups(), score))
        if low <= at <= high:
            return repr(round(at - low, 10)), repr(round(high - at, 10))
    return None
