"""Release dates that a model's own name contradicts, or that stand alone."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta

from frontierlag.scores.reading.parsing import MONTH_WORD, MONTHS
from frontierlag.scores.table import ScoreTable

TOLERANCE = timedelta(days=45)
# A last release that comes this long after the one before it is more likely a slip of the pen.
ALONE = timedelta(days=366)

_MONTH_IN_NAME = re.compile(rf"\([^()]*\b({MONTH_WORD})\.?\s+(20[0-9]{{2}})\)", flags=re.IGNORECASE)
_DAY_IN_NAME = re.compile(
    r"(?<![0-9])(20[0-9]{2})(-?)(0[1-9]|1[0-2])\2(0[1-9]|[12][0-9]|3[01])(?![0-9])"
)


def dates_in_name(model: str) -> list[tuple[str, date, date]]:
    """Return what a model's name says of its date: the words, and the first and last day meant.

    As names do with '(Sep 2024)', '(MoE-236B, May 2024)', '2024-08-06' or '20240806' in them.
    """
    found: list[tuple[str, date, date]] = []
    for match in _MONTH_IN_NAME.finditer(model):
        year, month = int(match.group(2)), MONTHS[match.group(1).casefold()]
        last = calendar.monthrange(year, month)[1]
        said = f"{match.group(1)} {match.group(2)}"
        found.append((said, date(year, month, 1), date(year, month, last)))
    for match in _DAY_IN_NAME.finditer(model):
        try:
            day = date(int(match.group(1)), int(match.group(3)), int(match.group(4)))
        except ValueError:  # 30 February: a number, not a date
            continue
        found.append((match.group(0), day, day))
    return found


def date_lint(table: ScoreTable) -> list[str]:
    """Return one warning a model whose name and release date are more than 45 days apart.

    A name that gives a month means any day of it; what a correction has settled is not warned of.
    And one warning if the last release comes more than a year after the one before it: a mistyped
    year would move the as-of date, and every lag with it.
    """
    warnings = []
    settled = {correction.model for correction in table.corrections}
    dated = table.frame[table.frame["released"].notna() & table.frame["score"].notna()]
    for row, model, released in zip(
        dated["row"].tolist(), dated["model"].tolist(), dated["released"].tolist(), strict=True
    ):
        day = released.date()
        if model in settled:
            continue
        for said, first, last in dates_in_name(model):
            apart = max(first - day, day - last, timedelta(0))
            if apart > TOLERANCE:
                warnings.append(
                    f"row {row}: {model} is dated {day}, {apart.days} days away from the "
                    f"{said} in its name. Check which snapshot the score belongs to."
                )
    return [*warnings, *_alone(table)]


def _alone(table: ScoreTable) -> list[str]:
    """Return a warning if the last release stands alone."""
    usable = table.frame["released"].notna() & table.frame["score"].notna()
    last = table.frame[usable].sort_values("released").tail(2)
    if len(last) < 2:
        return []
    before, day = (released.date() for released in last["released"])
    if day - before <= ALONE:
        return []
    row, model = last["row"].iloc[1], last["model"].iloc[1]
    return [
        f"row {row}: {model} is dated {day}, {(day - before).days} days after every other release, "
        "and lags are computed up to that day. Check the year, or give --as-of."
    ]
