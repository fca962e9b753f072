"""Days as numbers, the window of a lag, and which day a model is dated at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np

from frontierlag.errors import SpecError
from frontierlag.names import CURRENT, MAXIMUM, MINIMUM, WINDOW

DAYS_PER_YEAR = 365.25
DAYS_PER_MONTH = DAYS_PER_YEAR / 12


def years_after(day: np.ndarray, reference: date) -> np.ndarray:
    """Years of 365.25 days from ``reference`` to each day (days since 1970-01-01)."""
    return (np.asarray(day, dtype=float) - day_number(reference)) / DAYS_PER_YEAR


def day_number(when: date) -> int:
    """Days since 1970-01-01."""
    return (when - date(1970, 1, 1)).days


@dataclass(frozen=True)
class Window:
    """Every day from ``since`` to ``as_of``, both included.

    Raises
    ------
    SpecError
        If it would be empty.
    """

    since: date
    as_of: date

    def __post_init__(self) -> None:
        if self.since > self.as_of:
            raise SpecError(
                f"the window is empty: it would start on {self.since} and end on {self.as_of}; "
                "give a start (--since) on or before the as-of date"
            )

    @cached_property
    def days(self) -> np.ndarray:
        """Days since 1970-01-01, shape ``(date,)``."""
        return np.arange(day_number(self.since), day_number(self.as_of) + 1)

    @cached_property
    def dates(self) -> np.ndarray:
        """The same as ``datetime64[ns]``, for coordinates."""
        return self.days.astype("datetime64[D]").astype("datetime64[ns]")

    @cached_property
    def years(self) -> dict[str, np.ndarray]:
        """For each calendar year that the window touches, the mask of its days."""
        year_of = np.array([(date(1970, 1, 1) + timedelta(days=int(d))).year for d in self.days])
        return {str(year): year_of == year for year in np.unique(year_of)}

    @property
    def periods(self) -> list[str]:
        """Names of all periods, in the order in which they are reported."""
        return [WINDOW, CURRENT, MINIMUM, MAXIMUM, *self.years]


Dates = Literal["released", "announced", "as-published"]
CONVENTIONS: tuple[Dates, ...] = get_args(Dates)
RELEASED: Dates = "released"
ANNOUNCED: Dates = "announced"
AS_PUBLISHED: Dates = "as-published"

# What a sentence, a caption and a page say of the convention.
WORDS: dict[Dates, str] = {
    "released": "release dates: first day of use outside the maker",
    "announced": "announcement dates",
    "as-published": "dates as published",
}
WORDS_ZH: dict[Dates, str] = {
    "released": "发布日期：开发者之外任何人首次可用之日",
    "announced": "公布日期",
    "as-published": "数据原表日期",
}


def recorded(data: Mapping[str, Any]) -> Dates:
    """The convention that a manifest's record of the data names.

    A record from before there were conventions names none: its dates are as published.
    """
    named: Dates = data["dates"]["convention"] if "dates" in data else AS_PUBLISHED
    return named


def suffix(dates: Dates) -> str:
    """What the name of a results folder adds; nothing for the default convention."""
    return "" if dates == RELEASED else f"-dates-{dates}"
