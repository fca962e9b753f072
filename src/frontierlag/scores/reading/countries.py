"""Country names as people write them, brought to one name each.

Names and codes are those of ISO 3166-1 (pycountry, with its translations into some languages), and
usual names that the standard lacks. One rule for places that cells name together with China: Hong
Kong, Macao and Taiwan are groups of their own, however the cell writes them.
"""

from __future__ import annotations

import gettext
import re
import unicodedata
from functools import cache, lru_cache

import pycountry

from frontierlag.scores.reading import parsing
from frontierlag.scores.reading.layouts import ACCESSIBILITY
from frontierlag.scores.reading.parsing import folded, is_blank, plain

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
    joined = re.sub(r"\b(\w)(?: (\w)\b)+", lambda m: m.group(0).replace(" ", ""), " ".join(words))
    return joined


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
    """Return the countries in a cell, each by its one name, separated by ';'.

    Parameters
    ----------
    text
        Names separated by ';', ',', '/', '|', '&', '+' or 'and'. A known name that has such a
        character inside it ('Korea, Republic of', 'Trinidad and Tobago', 'Hong Kong, China') is
        recognized as one name; a comma without a space after it always separates.

    Returns
    -------
    str
        Names in the order given, each once; empty for an empty cell. Names that are not known stay
        as they are.
    """
    if parsing.is_blank(text):
        return ""
    found: list[str] = []
    for whole in re.split(r";|,(?=\S)", plain(text)):
        if is_known(whole):
            parts = [[whole]]
        else:
            parts = [part.split(",") for part in _BETWEEN.split(whole)]
        for pieces in parts:
            for name in _joined([piece.strip() for piece in pieces]):
                if name and name not in found:
                    found.append(name)
    return ";".join(found)


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


# Words that are plain under any heading for weights.
WEIGHT_WORDS = {
    **ACCESSIBILITY,
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
CROSS = "x"
_ANSWERS = {
    **dict.fromkeys(("yes", "y", "true", "1", "✓", "✔", CROSS, "t"), "open"),
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
ASKS = frozenset({"open weights", "open weight", "open source", "is open", "open", "weights open",
                  "is open source", "open-weights", "open-source", "opensource"})  # fmt: skip
LICENCES = frozenset({"license", "licence", "license type", "model license"})


def weights_of(cell: str, heading: str) -> str | None:
    """Return 'open', 'closed' or 'unknown'; None for a cell that is not understood.

    Parameters
    ----------
    cell
        What the table says.
    heading
        The column's heading, folded: under 'open weights' yes and no are answers, and under
        'license' the names of licences are. TRUE under 'weights' is neither.
    """
    word = folded(cell)
    if is_blank(word):
        return "unknown"
    known = WEIGHT_WORDS.get(word)
    if known is None and heading in ASKS:
        known = _ANSWERS.get(word)
    if known is None and heading in LICENCES:
        if _PLAINLY_CLOSED.match(word):
            known = "closed"
        elif not _DENIAL.search(word) and _LICENCE.search(word):
            known = "open"
    return known


def contradicts_itself(licence: str) -> bool:
    """Whether a cell under 'license' names openness and denies it, as 'Not open source' does."""
    word = folded(licence)
    understood = weights_of(licence, "license") is not None
    return bool(not understood and _DENIAL.search(word) and _NAMES_OPENNESS.search(word))


def is_obvious(cell: str) -> bool:
    """Whether a cell says open, closed or unknown in words that nobody reads another way."""
    word = folded(cell)
    return is_blank(word) or word in WEIGHT_WORDS or word in _OBVIOUS
