"""How a study writes its folder: tables rounded alike, words, and the record of several tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from frontierlag.dates import Window
from frontierlag.jobs import Prepared
from frontierlag.machine.files import write_csv
from frontierlag.results.manifest import (
    data_record,
    models_record,
    settings_record,
    window_record,
)
from frontierlag.results.tables import DIGITS
from frontierlag.settings import SamplerSettings
from frontierlag.words import Row

FIGURES = "figures"
QUANTILES = ("median", "lower50", "upper50", "lower90", "upper90")


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


def rows_where(table: pd.DataFrame, /, **wanted: object) -> list[Row]:
    """The rows whose columns have these values; none of a table without rows."""
    for name, value in wanted.items() if len(table) else ():
        table = table[table[name] == value]
    return list(table.to_dict("records"))


def quantiles(summary: Any, places: int | None = None) -> dict[str, Any]:
    """Median and intervals of a summary as cells of a table, rounded if ``places`` are given."""
    cells = {name: getattr(summary, name) for name in QUANTILES}
    if places is None:
        return cells
    return {name: round(value, places) for name, value in cells.items()}


def vintages_record(
    read: Sequence[Prepared], window: Window, model: str, settings: SamplerSettings
) -> dict[str, Any]:
    """The record of a study of several vintages of one table; its model is that of the last."""
    last = read[-1]
    return {
        "vintages": [data_record(item.table, item.releases) for item in read],
        "comparison": last.releases.comparison.name,
        "window": window_record(window),
        "models": models_record(last, settings, [model]),
        **settings_record(last.table.metric, settings),
    }
