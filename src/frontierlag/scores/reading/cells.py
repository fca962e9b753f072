"""Cells without what nobody sees: invisible characters, odd spaces, other forms of one letter."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

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
