"""Country names as people write them, brought to one name each by an explicit table."""

from __future__ import annotations

# Keys are compared without regard to case. Names not listed are kept as they are.
COUNTRY_NAMES = {
    "USA": "USA",
    "US": "USA",
    "U.S.": "USA",
    "United States": "USA",
    "United States of America": "USA",
    "UK": "UK",
    "United Kingdom": "UK",
    "United Kingdom of Great Britain and Northern Ireland": "UK",
    "China": "China",
    "PRC": "China",
    "People's Republic of China": "China",
    "Hong Kong": "Hong Kong",
    "Hong Kong, China (SAR)": "Hong Kong",
    "Taiwan": "Taiwan",
    "Taiwan, Province of China": "Taiwan",
    "Korea (Republic of)": "South Korea",
    "Korea, Republic of": "South Korea",
    "Republic of Korea": "South Korea",
    "South Korea": "South Korea",
    "UAE": "UAE",
    "United Arab Emirates": "UAE",
    "France": "France",
    "Germany": "Germany",
    "Canada": "Canada",
    "Israel": "Israel",
    "Japan": "Japan",
    "India": "India",
    "Singapore": "Singapore",
    "Switzerland": "Switzerland",
    "Netherlands": "Netherlands",
    "Netherlands (Kingdom of the)": "Netherlands",
    "Russia": "Russia",
    "Russian Federation": "Russia",
    "Iran": "Iran",
    "Iran (Islamic Republic of)": "Iran",
    "Iran, Islamic Republic of": "Iran",
    "Vietnam": "Vietnam",
    "Viet Nam": "Vietnam",
    "Saudi Arabia": "Saudi Arabia",
    "Multinational": "Multinational",
}

_BY_FOLDED = {name.casefold(): short for name, short in COUNTRY_NAMES.items()}
_LONGEST = max(name.count(",") for name in COUNTRY_NAMES) + 1


def country_name(text: str) -> str:
    """Return the one name used for a country; a name that is not in the table stays as it is."""
    stripped = " ".join(text.split())
    return _BY_FOLDED.get(stripped.casefold(), stripped)


def countries(text: str) -> str:
    """Return the countries in a cell, each by its one name, separated by ';'.

    Parameters
    ----------
    text
        Names separated by ';' or ','. A listed name that has a comma inside it
        ('Korea, Republic of') is recognized as one name.

    Returns
    -------
    str
        Names in the order given, each once; empty for an empty cell.
    """
    found: list[str] = []
    for part in text.split(";"):
        pieces = [piece.strip() for piece in part.split(",")]
        start = 0
        while start < len(pieces):
            stop = next(
                (
                    end
                    for end in range(min(len(pieces), start + _LONGEST), start + 1, -1)
                    if ", ".join(pieces[start:end]).casefold() in _BY_FOLDED
                ),
                start + 1,
            )
            name = country_name(", ".join(pieces[start:stop]))
            if name and name not in found:
                found.append(name)
            start = stop
    return ";".join(found)
