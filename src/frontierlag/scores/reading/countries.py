"""Country names as people write them, brought to one name each.

Names and codes are those of ISO 3166-1 (pycountry, with its translations into some languages), and
usual names that the standard lacks. One rule for places that cells name together with China: Hong
Kong, Macao and Taiwan are groups of their own, however the cell writes them.
"""

from __future__ import annotations

import gettext
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache

import pycountry

from frontierlag.scores.reading.parsing import is_blank, plain
from frontierlag.scores.reading.report import Finding, listed

# What a country is called here, where the standard's name is not what people write.
_SHORT = {
    "US": "USA", "GB": "UK", "AE": "UAE", "RU": "Russia", "CZ": "Czechia", "BN": "Brunei",
    "CD": "DR Congo", "CG": "Congo", "LA": "Laos", "SY": "Syria", "TR": "Turkey", "PS": "Palestine",
    "FM": "Micronesia", "MK": "North Macedonia", "VA": "Vatican",
}  # fmt: skip
# Usual names that the standard does not list; folded as by `_key`.
_USUAL = {
    "US": ("america", "united states america", "the us", "the usa", "the united states", "u s of a",
           "estados unidos", "etats unis", "vereinigte staaten", "california", "american",
           "vereinigte staaten von amerika", "etats unis damerique", "us america", "u s america",
           "estados unidos de america", "eeuu"),
    "CN": ("prc", "pr china", "p r china", "peoples republic china", "mainland china",
           "china mainland", "china prc", "chinese mainland", "peoples rep of china",
           "peoples republic of china prc", "中华人民共和国", "中國", "中国大陆", "china p r",
           "the peoples republic of china", "red china", "china pr", "chinese",
           "china peoples republic of", "volksrepublik china", "vr china", "chine populaire",
           "republique populaire de chine", "republica popular china", "communist china",
           "china communist"),
    "GB": ("uk", "great britain", "britain", "england", "scotland", "wales", "northern ireland",
           "the uk", "the united kingdom"),
    "KR": ("korea", "south korea", "republic of korea", "rok", "s korea", "korea south",
           "korea republic of"),
    "AE": ("uae", "emirates", "abu dhabi", "dubai", "the uae"),
    "RU": ("russia",),
    "NL": ("holland", "the netherlands", "kingdom of the netherlands",
           "netherlands kingdom of the"),
    "TW": ("taiwan roc", "roc", "republic of china", "chinese taipei", "taiwan china",
           "china taiwan", "taiwan province of china", "taiwan province", "taiwan roc china",
           "republic of china taiwan", "taiwan republic of china", "china taiwan province of"),
    "HK": ("hong kong sar", "hong kong china", "china hong kong", "hong kong china sar", "hksar",
           "hong kong sar china", "china hong kong sar", "hongkong", "hong kong s a r",
           "hong kong special administrative region", "hong kong sar prc",
           "china hong kong special administrative region"),
    "MO": ("macau", "macao sar", "macau sar", "macao china", "macau china", "china macao",
           "macao sar china", "macau sar china", "china macao sar", "china macau"),
    "VN": ("vietnam",),
    "IR": ("iran islamic republic of",),
    "KP": ("north korea", "dprk"),
    "CZ": ("czech republic",),
    "TR": ("turkey",),
    "SA": ("ksa",),
}  # fmt: skip
# Cells that are understood and are no one country.
_OTHER = {
    "multinational": "Multinational",
    "international": "Multinational",
    "global": "Global",
    "worldwide": "Global",
    "europe": "Europe",
    "eu": "EU",
    "european union": "EU",
}
_LANGUAGES = ("de", "fr", "es", "it", "pt", "nl", "ja", "ko", "ru", "zh_CN", "zh_TW")
_BETWEEN = re.compile(r"[;/|&+\n]|\band\b|\bund\b|\bet\b|\by\b|、|，", flags=re.IGNORECASE)
# Cells that join countries in other ways than by ';' or ',', or add China to another place.
_SEVERAL = re.compile(
    r"[/|&+]|\band\b|(?=.*china)(?=.*(?:taiwan|hong ?kong|maca[ou]))", flags=re.IGNORECASE
)
# What stands behind a name as a mark of a footnote: *, a raised figure, [1].
_FOOTNOTE = re.compile(r"\s*(?:[*†‡§]|[\u00b9\u00b2\u00b3\u2070-\u2079]|\[[0-9a-z]{1,2}\])+\s*$")
_PLACES_OF_CHINA = re.compile(r"taiwan|hong ?kong|maca[ou]|台|臺|港|澳", flags=re.IGNORECASE)


def _flagless(text: str) -> str:
    """A cell without the flag next to a name; of a flag alone, its two letters."""
    letters = "".join(chr(ord(c) - 0x1F1E6 + 65) for c in text if 0x1F1E6 <= ord(c) <= 0x1F1FF)
    rest = "".join(c for c in text if not 0x1F1E6 <= ord(c) <= 0x1F1FF)
    return rest if any(c.isalnum() for c in rest) or not letters else letters


@lru_cache(maxsize=20_000)
def _key(text: str) -> str:
    """Fold a name: no case, accents, apostrophes or other marks; words parted by one space."""
    flat = unicodedata.normalize("NFKD", plain(_FOOTNOTE.sub("", _flagless(text)))).casefold()
    letters = "".join(char for char in flat if not unicodedata.combining(char))
    letters = re.sub(r"['’‘`´ʼ]", "", letters).replace("&", " and ")
    words = re.findall(r"[^\W_]+", letters)
    # U.S.A. and P.R.C.: letters on their own are one word.
    return re.sub(r"\b(\w)(?: (\w)\b)+", lambda m: m[0].replace(" ", ""), " ".join(words))


@cache
def _short_names() -> dict[str, str]:
    """What each country is called here, by its code of two letters."""
    return {
        country.alpha_2: _SHORT.get(country.alpha_2, getattr(country, "common_name", country.name))
        for country in pycountry.countries
    }


@cache
def _names() -> dict[str, str]:
    """Every known spelling, folded, and the one name of its country."""
    found: dict[str, str] = {}
    short = _short_names()
    for country in pycountry.countries:
        code = country.alpha_2
        for attribute in ("alpha_2", "alpha_3", "name", "common_name", "official_name"):
            written = getattr(country, attribute, None)
            if written:
                found.setdefault(_key(written), short[code])
        found[_key(short[code])] = short[code]
    for code, spellings in _USUAL.items():
        for spelling in spellings:
            found[_key(spelling)] = short[code]
    found |= {_key(name): value for name, value in _OTHER.items()}
    for language in _LANGUAGES:
        catalogue = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, [language])
        for country in pycountry.countries:
            word = _key(catalogue.gettext(country.name))
            if len(word) > 1:
                found.setdefault(word, short[country.alpha_2])
    return found


def listed_names() -> list[str]:
    """Return the one name of every country that is known, sorted."""
    return sorted(set(_names().values()))


def usual_names() -> dict[str, tuple[str, ...]]:
    """Return the usual spellings that ISO 3166-1 lacks, by the one name of their country."""
    names = _short_names()
    return {names[code]: spellings for code, spellings in _USUAL.items()}


def _found(text: str) -> str | None:
    """The one name of a country; also of 'the ...', 'China (Hangzhou)' and 'CN - China'."""
    key = _key(text)
    name = _names().get(key) or _names().get(key.removeprefix("the "))
    if name is not None or not key or _PLACES_OF_CHINA.search(text):
        return name
    head, bracket, _ = plain(text).partition("(")
    if bracket and (name := _names().get(_key(head))) is not None:
        return name
    parts = {
        _names().get(_key(part)) for part in re.split(r"[-–—:()]", plain(text)) if part.strip()
    }
    return parts.pop() if len(parts) == 1 else None


def is_known(name: str) -> bool:
    """Whether a name is that of a country, or a listed word such as 'Multinational'."""
    return _found(name) is not None


def country_name(text: str) -> str:
    """Return the one name used for a country; a name that is not known stays as it is."""
    stripped = " ".join(plain(text).split())
    return _found(stripped) or stripped


@lru_cache(maxsize=50_000)
def countries(text: str) -> str:
    """Return the countries in a cell, each by its one name and once, separated by ';'.

    Names may be separated by ';', ',', '/', '|', '&', '+' or 'and'. A known name that has such a
    character inside it ('Korea, Republic of', 'Trinidad and Tobago', 'Hong Kong, China') is
    recognized as one name; a comma without a space after it always separates. Names that are not
    known stay as they are.
    """
    if is_blank(text):
        return ""
    found: list[str] = []
    for whole in re.split(r";|,(?=\S)", plain(text)):
        if is_known(whole):
            found.append(country_name(whole))
        else:
            for part in _BETWEEN.split(whole):
                found += _joined([piece.strip() for piece in part.split(",")])
    return ";".join(dict.fromkeys(filter(None, found)))


def _joined(pieces: list[str]) -> list[str]:
    """Names in pieces between commas; the longest run of pieces that is a known name is one."""
    names = []
    start = 0
    while start < len(pieces):
        stop = next(
            (
                end
                for end in range(min(len(pieces), start + 3), start + 1, -1)
                if is_known(", ".join(pieces[start:end]))
            ),
            start + 1,
        )
        names.append(country_name(", ".join(pieces[start:stop])))
        start = stop
    return names


def one_name_each(cells: Sequence[str], lines: Sequence[int]) -> tuple[list[str], list[Finding]]:
    """Return a column of countries by one name each, and what was changed or is not known."""
    brought = [countries(cell) for cell in cells]
    rows = list(zip(cells, brought, lines, strict=True))
    strange: dict[str, list[int]] = {}
    for cell, names, line in rows:
        unknown = any(name and not is_known(name) for name in names.split(";"))
        if unknown and (cell != names or ";" not in cell):
            strange.setdefault(cell, []).append(line)
    several = [(cell, line) for cell, names, line in rows
               if _SEVERAL.search(cell) and (";" in names or "China" not in names)]  # fmt: skip
    changed = Counter((cell, names) for cell, names, _ in rows if cell != names)
    findings = []
    if strange:
        shown = [f"{cell!r} (row {listed(at, 5, ', ...')})" for cell, at in strange.items()]
        findings.append(Finding(
            "wrong",
            f"{len(strange)} cell value(s) of 'country' name no country that is known, and each "
            f"counts as a group of its own: {listed(shown, 12, between='; ')}. Correct them if "
            "they are countries.",
            tuple(line for at in strange.values() for line in at),
        ))  # fmt: skip
    if several:
        kinds = Counter(cell for cell, _ in several).most_common(8)
        findings.append(Finding(
            "check",
            f"{len(several)} cell(s) of 'country' name several places: "
            f"{'; '.join(f'{cell!r} is {countries(cell)} ({n})' for cell, n in kinds)}. A row of "
            "both groups is left out of their comparison; Hong Kong, Macao and Taiwan are groups "
            "of their own.",
            tuple(line for _, line in several),
        ))  # fmt: skip
    if changed:
        shown = [f"{cell!r} is {names or 'blank'} ({n})"
                 for (cell, names), n in changed.most_common()]  # fmt: skip
        said = listed(shown, 12, "; and {} more spellings", "; ")
        findings.append(Finding("note", f"Countries in one spelling: {said}."))
    return brought, findings
