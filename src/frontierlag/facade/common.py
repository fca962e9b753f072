"""What the objects of the facade share: how they look in a notebook, how days and settings come."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import date, datetime
from html import escape
from typing import Any

import pandas as pd
from pydantic import ValidationError

from frontierlag.dates import CONVENTIONS, Dates
from frontierlag.errors import SpecError
from frontierlag.scores.reading.options import DEFAULT_OPTIONS, ReadOptions
from frontierlag.settings import SamplerSettings

Day = str | date | None


def card(title: str, lines: list[str], table: pd.DataFrame) -> str:
    """A heading, lines of text and a table, as HTML."""
    head = f"<p><b>{escape(title)}</b>{''.join(f'<br>{escape(line)}' for line in lines)}</p>"
    return f"<div>{head}{table.to_html(float_format=lambda x: f'{x:.2f}', border=0)}</div>"


def day_of(given: Day, what: str) -> date | None:
    """A day as it may be given in Python.

    Raises
    ------
    SpecError
        If it is not a day.
    """
    if isinstance(given, datetime):  # a pandas Timestamp too
        return given.date()
    if given is None or isinstance(given, date):
        return given
    try:
        return date.fromisoformat(str(given))
    except ValueError:
        raise SpecError(f"{what} is {given!r}, which is no day; write it as YYYY-MM-DD") from None


def convention_of(dates: Dates) -> Dates:
    """A convention of dates as it may be given in Python.

    Raises
    ------
    SpecError
        If there is none of that name.
    """
    if dates not in CONVENTIONS:
        raise SpecError(f"there are no dates {dates!r}; there are {', '.join(CONVENTIONS)}")
    return dates


def options_of(
    what: str,
    options: ReadOptions | None,
    columns: Mapping[str, str] | None,
    reading: Mapping[str, Any],
) -> ReadOptions:
    """How a table is read: these options with what was given one by one.

    Raises
    ------
    SpecError
        If there is no such way of reading; the message names the function, ``what``.
    """
    given = dict(reading)
    if columns:
        given["column"] = tuple(f"{column}={heading}" for column, heading in columns.items())
    try:
        return ReadOptions(**((options or DEFAULT_OPTIONS).model_dump() | given))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SpecError(
            f"{what}: {where}={first['input']!r}: {first['msg']}; there are "
            f"{', '.join(ReadOptions.model_fields)}"
        ) from None


def settings_of[Settings: SamplerSettings](defaults: Settings, **given: Any) -> Settings:
    """The settings of a sampler with what was given.

    Raises
    ------
    SpecError
        If a setting cannot have this value.
    """
    known = {name: value for name, value in given.items() if value is not None}
    try:
        return type(defaults)(**defaults.model_dump() | known)
    except ValidationError as error:
        raise SpecError(
            "; ".join(f"{e['loc'][0]}={e['input']}: {e['msg']}" for e in error.errors())
        ) from None


class Study(ABC):
    """How a study shows itself: a title with its verdict, and a table."""

    @property
    @abstractmethod
    def converged(self) -> bool:
        """Whether every fit passed the convergence gate."""

    @property
    @abstractmethod
    def _of(self) -> str: ...

    @abstractmethod
    def _shown(self) -> pd.DataFrame: ...

    @property
    def _lines(self) -> list[str]:
        return []

    @property
    def _title(self) -> str:
        verdict = "converged" if self.converged else "NOT CONVERGED"
        return f"{type(self).__name__} {self._of}, {verdict}"

    def __repr__(self) -> str:
        return f"<{self._title}>\n{self._shown().to_string()}"

    def _repr_html_(self) -> str:
        return card(self._title, self._lines, self._shown())
