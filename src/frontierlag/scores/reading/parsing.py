"""Cells as they are seen, and the numbers and dates that people write in them."""

from __future__ import annotations

import calendar
import math
import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_JOINER = "\u200d"  # inside an emoji it belongs to what is seen


@lru_cache(maxsize=200_000)
def clean(cell: str) -> str:
    """Return a cell as it is seen: composed (NFC), plain spaces, no invisible characters.

    Format characters (zero-width spaces, direction marks, byte order marks, soft hyphens) are
    removed, except a zero-width joiner between two symbols; spaces of other widths become plain
    ones. Control characters stay: a rule names them.
    """
    if cell.isascii():
        return cell.strip(" \t\r\n\f\v")
    composed = unicodedata.normalize("NFC", cell)
    kept = []
    for at, char in enumerate(composed):
        category = unicodedata.category(char)
        if category == "Zs":
            kept.append(" ")
        elif category != "Cf" or (char == _JOINER and _between_symbols(composed, at)):
            kept.append(char)
    return "".join(kept).strip(" \t\r\n\f\v")


def _between_symbols(text: str, at: int) -> bool:
    around = text[max(at - 1, 0) : at] + text[at + 1 : at + 2]
    return len(around) == 2 and all(
        unicodedata.category(char) in ("So", "Sk", "Mn") for char in around
    )


@lru_cache(maxsize=200_000)
def plain(cell: str) -> str:
    """Return a cleaned cell in compatibility form (NFKC): full-width digits and letters are ASCII.

    For dates, numbers, countries, weights and headings; names of models keep their own letters.
    Raised digits and fractions stay as they are: they are marks of footnotes, and 94.1² is not
    94.12.
    """
    cleaned = clean(cell)
    if cleaned.isascii():
        return cleaned
    parts = re.split(
        r"([\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u2079\u2080-\u2089\u2150-\u218b])", cleaned
    )
    parts[::2] = [unicodedata.normalize("NFKC", part) for part in parts[::2]]
    return clean("".join(parts)).replace("\u2212", "-")


def folded(cell: str) -> str:
    """Return a cell in plain form without regard to case and repeated space."""
    return " ".join(plain(cell).casefold().split())


@lru_cache(maxsize=200_000)
def same_name(model: str) -> str:
    """Return what two spellings of one model's name share: letters, digits and other marks.

    Case, spaces, hyphens, dashes and underscores do not count: 'GPT-4o', 'gpt 4o', 'GPT_4o'.
    A name of such characters only is kept as it is.
    """
    return re.sub(r"[\s_\-\u2010-\u2015]+", "", plain(model).casefold()) or model


# Cells that mean "nothing here", without regard to case.
BLANKS = frozenset({
    *("", "na", "n/a", "nan", "nat", "null", "none", "<na>", "n.a.", "n.a", "#n/a", "#n/d", "#na"),
    *("-", "--", "---", "–", "—", ".", "…", "...", "missing", "not available", "#null!"),
})  # fmt: skip

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
MONTHS = {
    spelling.casefold(): month
    for month in range(1, 13)
    for spelling in (calendar.month_name[month], calendar.month_abbr[month])
} | {"sept": 9}
MONTH_WORD = "|".join(sorted(MONTHS, key=len, reverse=True))
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"
_TIME = (
    r"(?:[T ]\s*[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?\s*(?:[AaPp][Mm])?\s*"
    r"(?:Z|UTC|GMT|[+-][0-9]{2}:?(?:[0-9]{2})?)?)?"
)
# The year first, or the month as a word: no other order is sure.
_DAYS = (
    re.compile(rf"(?P<y>[0-9]{{4}})([-/.])(?P<m>[0-9]{{1,2}})\2(?P<d>[0-9]{{1,2}}){_TIME}"),
    re.compile(r"(?P<y>20[0-9]{2})(?P<m>[0-9]{2})(?P<d>[0-9]{2})"),
    re.compile(
        rf"{_WEEKDAY}(?P<m>{MONTH_WORD})\.?\s+(?P<d>[0-9]{{1,2}})(?:st|nd|rd|th)?,?\s+"
        rf"(?P<y>[0-9]{{4}}){_TIME}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"{_WEEKDAY}(?P<d>[0-9]{{1,2}})(?:st|nd|rd|th|\.)?[\s-]+(?P<m>{MONTH_WORD})\.?,?[\s-]+"
        rf"(?P<y>[0-9]{{4}}){_TIME}",
        re.IGNORECASE,
    ),
)
_NOT_A_DAY = (
    (re.compile(r"1899-.*|1900[-/.].*|.*[-/.]1900|0+(?:\.0+)?"),
     "this is what a spreadsheet makes of an empty or zero cell: write the release date as "
     "YYYY-MM-DD, or leave the cell blank"),
    (re.compile(r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2,4}.*"),
     "with the year last, day and month may stand in either order: write the release date as "
     "YYYY-MM-DD"),
    (re.compile(r"[0-9]{4}[-/.](?:1[3-9]|2[0-9]|3[01])[-/.](?:0?[1-9]|1[0-2])(?:[T\s].*)?"),
     "the day stands before the month: write the release date as YYYY-MM-DD in every row, also "
     "where the day is at most 12 and the cell reads as another date"),
    (re.compile(rf"(?:{MONTH_WORD})\.?,?[\s'-]+[0-9]{{2,4}}|[0-9]{{4}}[-/.][0-9]{{1,2}}|20[0-9]{{4}}"
                rf"|[0-9]{{4}}|[0-9]{{4}}[\s-]?Q[1-4]|Q[1-4][\s-]?[0-9]{{4}}", re.IGNORECASE),
     "this names a month or a year, and a day is needed: write the release date as YYYY-MM-DD"),
    (re.compile(r"[34][0-9]{4}(?:\.[0-9]+)?|5[0-9]{4}(?:\.[0-9]+)?"),
     "this looks like the serial number by which Excel counts days: format the column as a date "
     "(YYYY-MM-DD) and export again"),
    (re.compile(r"[0-9]{9,10}(?:\.[0-9]+)?|[0-9]{12,13}|[0-9]{16}|[0-9]{19}"),
     "this looks like a count of seconds since 1970 (Unix time): write the release date as "
     "YYYY-MM-DD"),
)  # fmt: skip


def is_blank(text: str) -> bool:
    """Whether a cell holds no value."""
    return text.casefold() in BLANKS


@lru_cache(maxsize=100_000)
def parse_date(text: str) -> date | None:
    """Return the day that a cell names, None for what is no day or not sure to be one.

    The year comes first (2026-01-30, 2026/1/30, 2026.01.30, 20260130), or the month is a word
    (May 06, 2024; 6 May 2024). A time may follow. The day is the one that is written: a time and
    its zone never move it.
    """
    match = next((found for form in _DAYS if (found := form.fullmatch(text))), None)
    if match is None:
        return None
    month = MONTHS.get(match["m"].casefold())
    try:
        return date(int(match["y"]), month or int(match["m"]), int(match["d"]))
    except ValueError:
        return None


def date_advice(text: str, words: str = "release date") -> str:
    """Return what is wrong with a cell that is no date, and what to do; words name the date."""
    for pattern, advice in _NOT_A_DAY:
        if pattern.fullmatch(text.strip()):
            return advice.replace("release date", words)
    return f"write the {words} as YYYY-MM-DD"


@lru_cache(maxsize=500_000)
def parse_number(text: str) -> float:
    """Return a finite decimal number with a point; NaN for anything else."""
    if _NUMBER.fullmatch(text) is None:
        return float("nan")
    number = float(text)
    return number if math.isfinite(number) else float("nan")


def _listed(cells: Iterable[str]) -> Iterable[str]:
    """Cells as a list: a column of a frame is far slower to go through."""
    return cells.tolist() if isinstance(cells, pd.Series) else cells


def numbers(cells: Iterable[str]) -> NDArray[np.float64]:
    """Return numbers of cells, NaN where a cell is blank or no number."""
    return np.array([parse_number(cell) for cell in _listed(cells)], dtype=np.float64)


def days(cells: Iterable[str]) -> NDArray[np.datetime64]:
    """Return days of cells, NaT where a cell is blank or names no day."""
    parsed = [parse_date(cell) for cell in _listed(cells)]
    return np.array([day if day is not None else "NaT" for day in parsed], dtype="datetime64[D]")
