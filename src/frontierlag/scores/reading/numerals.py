"""How a table writes numbers: which mark is the decimal one, and which parts thousands.

A number such as 1.285 is 1285 in German and 1.285 in English. Other cells of the table say which:
108,05 and 1.285,5 can only be German, 108.05 and 1,285.5 only English. Where no cell says it, the
table is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from frontierlag.errors import ScoresError
from frontierlag.scores.reading.parsing import is_blank, plain

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


@dataclass(frozen=True)
class Numerals:
    """Cells as plain decimal numbers, and what was settled.

    Attributes
    ----------
    cells
        Of each column: numbers with a decimal point; what is no number stays as it was.
    percent
        Columns whose every number has a percent sign.
    words
        What was done; '' where numbers were plain already.
    doubt
        A sentence where the reading is likely but not sure; else ''.
    """

    cells: Mapping[str, list[str]]
    percent: frozenset[str]
    words: str
    doubt: str


def plain_numbers(
    columns: Mapping[str, Sequence[str]], lines: Sequence[int], delimiter: str | None
) -> Numerals:
    """Return the cells of number columns with a decimal point and nothing else.

    Parameters
    ----------
    columns
        Cells by column of the own schema.
    lines
        Each row's line in the file.
    delimiter
        What parts the file's cells; None where there is no such thing.

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
        few, of = (_GERMAN, german) if len(german) <= len(english) else (_ENGLISH, english)
        if len(few) and (delimiter != "," or few == _ENGLISH or len(of) > 0):
            raise ScoresError(
                "Some numbers have a decimal point and some a decimal comma: "
                f"{shown(*few)}, next to {shown(*(_ENGLISH if few == _GERMAN else _GERMAN))}. "
                "Write all of them with a decimal point and no mark between thousands."
            )
    comma, doubt = bool(german), ""
    for kind, decimal_if in (("dot or thousands", "english"), ("comma or thousands", "german")):
        unsure = places.get(kind, ())
        if not unsure or english or german:
            continue
        integers = [
            stripped[name][at]
            for name in {name for name, _ in unsure}
            for at, other in enumerate(kinds[name])
            if other == "integer"
        ]
        long = any(len(cell.lstrip("+-")) > 3 for cell in integers)
        if kind == "comma or thousands" and delimiter == "," and not long:
            if not integers and _median_lead(unsure, stripped) >= 50:
                doubt = (
                    f"Numbers such as {shown(kind)} are read as "
                    f"{_as(unsure, stripped, thousands=True)}, with commas between thousands. If "
                    "these are decimal commas, write decimal points."
                )
            continue  # a quoted 1,285 in a file of commas: thousands
        if integers and not (long and decimal_if == "english"):
            raise ScoresError(
                f"{shown(kind)} next to {integers[0]!r}: this may be "
                f"{_as(unsure, stripped, thousands=True)} or "
                f"{_as(unsure, stripped, thousands=False)}, and no other cell of the table says "
                "which. Write numbers with a decimal point and no mark between thousands."
            )
        comma = decimal_if == "german"
        if delimiter != ",":
            doubt = (
                f"Numbers such as {shown(kind)} are read as "
                f"{_as(unsure, stripped, thousands=False)} with three decimals, not as thousands."
            )
    cells = {
        name: [_plain(cell, kind, comma, raw) for cell, kind, raw in
               zip(stripped[name], kinds[name], columns[name], strict=True)]
        for name in columns
    }  # fmt: skip
    words = []
    if comma:
        words.append("decimal commas")
    if any(k in places for k in ("dots", "commas")) or (
        not comma and "comma or thousands" in places
    ):
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


def _as(places: Sequence[tuple[str, int]], cells: Mapping[str, list[str]], thousands: bool) -> str:
    name, at = places[0]
    digits = re.sub(r"[.,]", "" if thousands else ".", cells[name][at])
    return digits


def _plain(cell: str, kind: str, comma: bool, raw: str) -> str:
    if not kind:
        return raw
    if comma:
        return cell.replace(".", "").replace(",", ".") if kind not in ("integer", "dot") else cell
    if kind in ("commas", "comma or thousands"):
        return cell.replace(",", "")
    return cell if kind in ("integer", "dot", "dot or thousands") else raw
