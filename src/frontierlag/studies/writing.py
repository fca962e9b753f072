"""What studies share: rows of refits as tables, and how a study writes its folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from frontierlag.analyses.refits import DIGITS, NUMBERS, Refit, numbers
from frontierlag.errors import SpecError
from frontierlag.jobs import Prepared
from frontierlag.machine.files import write_csv
from frontierlag.settings import SamplerSettings
from frontierlag.words import rows_where as rows_where

FIGURES = "figures"
QUANTILES = NUMBERS[:5]
# What a row says of the fit that its numbers are from.
OF_FIT = ("converged", "n_releases", "settings", "note")


def shared_days(jobs: Sequence[Prepared]) -> tuple[Prepared, Prepared]:
    """Of several tables the one whose window starts last, and the one whose window ends first."""
    latest = max(jobs, key=lambda one: one.window.since)
    return latest, min(jobs, key=lambda one: one.window.as_of)


def check_start(since: date | None, latest: Prepared, what: str) -> None:
    """Refuse a start before the groups of some table have their second records."""
    start = latest.window.since
    if since is not None and since < start:
        raise SpecError(
            f"{what} would start on {since}, but both groups of {latest.table.name} have a second "
            f"record only from {start} on; give --since {start} or later"
        )


def write_tables(
    folder: Path, tables: Mapping[str, pd.DataFrame], about: Mapping[str, str] | None = None
) -> None:
    """Write tables by the name of their file, numbers rounded alike everywhere.

    With ``about``, columns that say what every row is of stand before the others.
    """
    for stem, table in tables.items():
        if about:
            table = table.assign(**about)[[*about, *table]]
        numbers = table.select_dtypes("float").columns
        # Adding zero turns a rounded -0.0 into 0.0.
        rounded = table.assign(**{str(c): table[c].round(DIGITS) + 0.0 for c in numbers})
        write_csv(rounded, folder / f"{stem}.csv")


def write_words(file: Path, paragraphs: Sequence[str]) -> None:
    """Write paragraphs of Markdown."""
    file.write_text(page(paragraphs), encoding="utf-8")


def page(paragraphs: Sequence[str]) -> str:
    """Paragraphs as the text of a page."""
    return "\n\n".join(paragraphs) + "\n"


def markdown_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Cells as a table in Markdown."""
    head, *lines = (f"| {' | '.join(map(str, cells))} |" for cells in (columns, *rows))
    return "\n".join([head, f"|{'---|' * len(columns)}", *lines])


def quantiles(summary: Any, places: int | None = None) -> dict[str, Any]:
    """Median and intervals of a summary as cells of a table, rounded if ``places`` are given."""
    cells = {name: getattr(summary, name) for name in QUANTILES}
    if places is None:
        return cells
    return {name: round(value, places) for name, value in cells.items()}


def lag_rows(head: Mapping[str, Any], found: Refit, window: int = 0) -> list[dict[str, Any]]:
    """The rows of one refit over one of its windows, each with ``head`` before it."""
    about = {"converged": found.converged, "n_releases": found.n_releases, "note": found.note}
    return [
        {**head, **about, "lag": kind, "period": period, **numbers(*lag)}
        for (kind, period), lag in found.lags[window].items()
    ]


def typed(
    rows: Sequence[dict[str, Any]], columns: Sequence[str], settings: SamplerSettings | None = None
) -> pd.DataFrame:
    """Rows as a table: numbers that may be missing are NaN, words that may be are empty.

    With ``settings`` the column of that name says how many draws each row rests on, where it rests
    on a fit and does not say so itself.
    """
    table = pd.DataFrame(rows, columns=list(columns))
    if settings is not None:
        of_fit = table["converged"].notna()
        table["settings"] = table["settings"].where(
            ~of_fit | table["settings"].notna(), settings.words
        )
    for name in table.columns:
        if name == "converged":
            table[name] = table[name].astype("boolean")
        elif name.startswith("n_"):
            table[name] = table[name].astype("Int64")
        elif name in (*NUMBERS, "change", "change_mcse", "probability_best"):
            table[name] = table[name].astype(float)
        else:
            table[name] = table[name].astype(object).fillna("").astype(str)
    return table
