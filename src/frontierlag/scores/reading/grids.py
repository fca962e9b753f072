"""Tables that are not lines of text: JSON, YAML, Parquet, data frames and workbooks, as cells."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from python_calamine import CalamineError, CalamineWorkbook

from frontierlag.errors import ScoresError
from frontierlag.scores.reading.cells import clean

_LISTS = ("data", "rows", "records", "results", "models", "scores", "leaderboard", "entries")


@dataclass(frozen=True)
class Grid:
    """Cells of text with each row's line in the file, not yet understood.

    Attributes
    ----------
    rows, lines
        Cells, and where each row is in the file.
    form
        What the file is, in words.
    delimiter
        What parts the cells of a file of text; None where there is no such thing.
    """

    rows: list[list[str]]
    lines: list[int]
    form: str
    delimiter: str | None = None


def as_text(value: object) -> str:
    """Return a value as the text that the same cell would have in a CSV file."""
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, list | tuple | set):
        return ";".join(as_text(one) for one in value)
    if value != value:  # pandas' NA and NumPy's NaT
        return ""
    return clean(str(value))


def from_parquet(content: bytes, shown_as: str) -> Grid:
    """Return the cells of a Parquet file; its first row is line 2, as it would be in a CSV file."""
    try:
        table = pq.read_table(pa.BufferReader(content))
        columns = [[as_text(value) for value in column.to_pylist()] for column in table.columns]
    except (pa.ArrowException, OSError, ValueError) as error:
        raise ScoresError(f"{shown_as} cannot be read as Parquet: {error}") from None
    header = [clean(str(name)) for name in table.column_names]
    return _of_columns(header, columns, "Parquet")


def from_frame(frame: pd.DataFrame) -> Grid:
    """Return the cells of a data frame; named index levels count as columns."""
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    header = [clean(str(name)) for name in frame.columns]
    columns = [[as_text(v) for v in frame.iloc[:, at].tolist()] for at in range(len(header))]
    return _of_columns(header, columns, "data frame")


def _of_columns(header: list[str], columns: Sequence[Sequence[str]], form: str) -> Grid:
    rows = [list(row) for row in zip(*columns, strict=True)]
    return Grid([header, *rows], list(range(1, len(rows) + 2)), form)


def from_json(text: str, shown_as: str) -> Grid:
    """Return the cells of JSON: a list of records, of lists, or an object that holds one.

    Also one object a line, an object of columns, and an object of records by name.
    """
    try:
        found = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except json.JSONDecodeError as whole:
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            found = [json.loads(line, parse_float=str, parse_int=str) for line in lines]
        except json.JSONDecodeError:
            raise ScoresError(
                f"{shown_as} looks like JSON but cannot be read as that: {whole.msg} in line "
                f"{whole.lineno}. Give a list of records, one a model."
            ) from None
        return _of_records(found, "JSON lines", shown_as)
    except RecursionError:
        raise ScoresError(
            f"{shown_as} is JSON nested too deeply. Give a list of records."
        ) from None
    return _of_records(found, "JSON", shown_as)


def from_yaml(text: str, shown_as: str) -> Grid:
    """Return the cells of YAML: METR's time horizons, or a list of records."""
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        first = str(error).splitlines()[0]
        raise ScoresError(
            f"{shown_as} looks like YAML but cannot be read as that: {first}."
        ) from None
    results = found.get("results") if isinstance(found, dict) else None
    horizons = _horizons(results)
    if horizons is not None:
        return _of_records(horizons, "YAML, METR's time horizons", shown_as)
    return _of_records(found, "YAML", shown_as)


def _horizons(results: object) -> list[dict[str, object]] | None:
    """Records of METR's results file: minutes at 50 % success with their 95 % interval."""
    if not isinstance(results, dict) or not results:
        return None
    records = []
    for name, result in results.items():
        metrics = result.get("metrics") if isinstance(result, dict) else None
        horizon = metrics.get("p50_horizon_length") if isinstance(metrics, dict) else None
        if not isinstance(horizon, dict):
            return None
        records.append({
            "model": name,
            "released": result.get("release_date"),
            **{c: result[c] for c in ("organization", "country", "weights") if c in result},
            "minutes": horizon.get("estimate"),
            "low_95": horizon.get("ci_low"),
            "high_95": horizon.get("ci_high"),
        })  # fmt: skip
    return records


def _of_records(found: Any, form: str, shown_as: str) -> Grid:
    if isinstance(found, dict):
        found = _list_in(found)
    if isinstance(found, list) and found and all(isinstance(row, dict) for row in found):
        header = list(dict.fromkeys(str(key) for row in found for key in row))
        rows = [[_flat(row.get(key)) for key in header] for row in found]
    elif isinstance(found, list) and found and all(isinstance(row, list) for row in found):
        header, rows = [], [[_flat(cell) for cell in row] for row in found]
    else:
        raise ScoresError(
            f"{shown_as} is {form.split(',')[0]}, but holds no list of records. Give one record a "
            'model, such as [{"model": "A", "country": "USA", "released": "2024-05-06", "score": '
            "120}], or save the table as CSV."
        )
    cells = [[clean(name) for name in header], *rows] if header else rows
    return Grid(cells, list(range(1, len(cells) + 1)), form)


def _flat(value: object) -> str:
    if isinstance(value, Mapping):
        return json.dumps(value, default=str)
    return as_text(value)


def _list_in(found: Mapping[Any, Any]) -> object:
    """The list of records inside an object, whichever of the usual shapes it has."""
    for name in _LISTS:
        if isinstance(found.get(name), list | dict):
            inner = found[name]
            columns = found.get("columns")
            if isinstance(inner, list) and isinstance(columns, list):
                return [columns, *inner]
            return _list_in(inner) if isinstance(inner, dict) else inner
    values = list(found.values())
    if values and all(isinstance(value, list) for value in values):
        longest = max(len(value) for value in values)
        if all(len(value) == longest for value in values):
            return [dict(zip(found, row, strict=True)) for row in zip(*values, strict=True)]
    if values and all(isinstance(value, dict) for value in values):
        inner_keys = [list(value) for value in values]
        if all(keys == inner_keys[0] for keys in inner_keys) and all(
            str(key).isdigit() for key in inner_keys[0]
        ):
            return [{name: found[name][key] for name in found} for key in inner_keys[0]]
        return [{"model": name, **value} for name, value in found.items()]
    return found


def from_workbook(content: bytes, shown_as: str) -> list[tuple[str, Grid]]:
    """Return the sheets of a workbook (xlsx, xls, xlsb, ods): name and cells."""
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = [
            (name, book.get_sheet_by_name(name).to_python(skip_empty_area=False))
            for name in book.sheet_names
        ]
    except (CalamineError, OSError, ValueError, KeyError) as error:
        raise ScoresError(
            f"{shown_as} looks like a workbook but is broken ({type(error).__name__}: {error}). "
            "Save the sheet as CSV."
        ) from None
    found = []
    for name, rows in sheets:
        cells = [[_sheet_cell(value) for value in row] for row in rows]
        kept = [(at, row) for at, row in enumerate(cells, start=1) if any(row)]
        found.append((
            name,
            Grid([row for _, row in kept], [at for at, _ in kept], f"workbook, sheet {name!r}"),
        ))  # fmt: skip
    return found


def _sheet_cell(value: object) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        # A workbook keeps 108.05 as the nearest binary number; fifteen digits are what it shows.
        return as_text(float(f"{value:.15g}"))
    return as_text(value)
