"""Tables of every format as cells: delimited text, JSON, YAML, Parquet, frames and workbooks."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, time
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from charset_normalizer import from_bytes
from python_calamine import CalamineError, CalamineWorkbook

from frontierlag.errors import ScoresError
from frontierlag.scores.reading.parsing import clean

_LISTS = ("data", "rows", "records", "results", "models", "scores", "leaderboard", "entries")


@dataclass(frozen=True)
class Grid:
    """Cells of text with each row's line in the file, not yet understood.

    `form` says in words what the file is, `delimiter` what parts cells of a file of text.
    """

    rows: list[list[str]]
    lines: list[int]
    form: str
    delimiter: str | None = None


def as_text(value: object) -> str:
    """Return a value as the text that the same cell would have in a CSV file."""
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, date | time):  # a datetime is a date too
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
    rows = [header, *map(list, zip(*columns, strict=True))]
    return Grid(rows, list(range(1, len(rows) + 1)), "Parquet")


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
    rows = found if isinstance(found, list) else []
    if rows and all(isinstance(row, dict) for row in rows):
        header = list(dict.fromkeys(str(key) for row in rows for key in row))
        cells = [[clean(name) for name in header]]
        cells += [[_flat(row.get(key)) for key in header] for row in rows]
    elif rows and all(isinstance(row, list) for row in rows):
        cells = [[_flat(cell) for cell in row] for row in rows]
    else:
        raise ScoresError(
            f"{shown_as} is {form.split(',')[0]}, but holds no list of records. Give one record a "
            'model, such as [{"model": "A", "country": "USA", "released": "2024-05-06", "score": '
            "120}], or save the table as CSV."
        )
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
        if len({len(value) for value in values}) == 1:
            return [dict(zip(found, row, strict=True)) for row in zip(*values, strict=True)]
    elif values and all(isinstance(value, dict) for value in values):
        keys = list(values[0])
        if all(list(value) == keys for value in values) and all(str(key).isdigit() for key in keys):
            return [{name: found[name][key] for name in found} for key in keys]
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


DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "pipes"}
_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_CODE_PAGES = ["cp1252", "cp1250", "cp1251", "gb18030", "big5", "shift_jis", "euc_kr"]
# How files begin that are text and no table, without regard to case: what each is, what to do.
_NO_TABLES = (
    (r"\A(?:<!doctype html|<html|<head|<table|<body|<div)", "an HTML page",
     "download the table itself (CSV, JSON or Excel) from that page"),
    (r"\A(?:<\?xml|<[a-z]+[ >/])", "an XML file", "save it as CSV or as an Excel workbook"),
    (r"(?m)^\s*\|?\s*:?-{2,}:?\s*\|(\s*:?-{2,}:?\s*\|?)*\s*$", "a Markdown table",
     "save it as CSV: one line a model, cells between commas"),
    (r"\A\\(?:documentclass|begin\{)", "a LaTeX file", "save the table as CSV"),
    (r"\A%pdf", "a PDF", "export its table as CSV"),
)  # fmt: skip


@dataclass(frozen=True)
class Decoded:
    """Text, its encoding, and whether that one had to be guessed."""

    text: str
    encoding: str
    guessed: bool = False


def decode(content: bytes, shown_as: str) -> Decoded:
    """Return a file's text: UTF-8, UTF-16 or UTF-32 by their marks, else the likeliest code page.

    Raises
    ------
    ScoresError
        If the bytes are empty or no text, or a text that is no table but HTML or the like.
    """
    marked = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), None)
    try:
        decoded = Decoded(content.decode(marked or "utf-8-sig"), marked or "UTF-8")
    except UnicodeDecodeError as error:
        if marked:
            raise ScoresError(
                f"{shown_as} begins as {marked} text but cannot be read as that: {error}."
            ) from None
        decoded = _code_page(content, error, shown_as)
    if "\x00" in decoded.text and not marked:
        decoded = _without_mark(content, shown_as)
    start = decoded.text.lstrip("\ufeff \t\r\n")[:2000].casefold()
    if not start:
        raise ScoresError(f"{shown_as} is empty. Give a table with a header and one row a model.")
    for beginning, kind, advice in _NO_TABLES:
        if re.search(beginning, start):
            raise ScoresError(f"{shown_as} is {kind}, not a table that can be read: {advice}.")
    return decoded


def _without_mark(content: bytes, shown_as: str) -> Decoded:
    """UTF-16 that does not say so: nearly every other byte is NUL."""
    first, second = content[0::2].count(0), content[1::2].count(0)
    encoding = "UTF-16-LE" if second > first else "UTF-16-BE"
    refusal = ScoresError(f"{shown_as} holds NUL characters, so it is not a CSV file in UTF-8.")
    if max(first, second) < 0.4 * max(len(content) // 2, 1):
        raise refusal
    try:
        return Decoded(content.decode(encoding), encoding, guessed=True)
    except UnicodeDecodeError:
        raise refusal from None


def _code_page(content: bytes, error: UnicodeDecodeError, shown_as: str) -> Decoded:
    """Text in a code page, by charset-normalizer; bytes of no text are refused."""
    if not re.search(rb"[\x80-\xff]{2}", content):
        # Lone marked letters and dashes between ASCII ones: a Western code page, as Excel writes.
        with suppress(UnicodeDecodeError):
            return Decoded(content.decode("cp1252"), "cp1252", guessed=True)
    best = None
    if b"\x00" not in content:
        best = from_bytes(content, cp_isolation=_CODE_PAGES).best()
    if best is None:
        line = content[: error.start].count(b"\n") + 1
        raise ScoresError(
            f"{shown_as} is not UTF-8 text: byte 0x{content[error.start]:02x} in line {line}. "
            "Save the file with the encoding UTF-8."
        )
    text, encoding = str(best), best.encoding
    if encoding == "cp1250" and content.decode("cp1252", errors="replace") == text:
        encoding = "cp1252"  # both read these bytes alike, and this is the usual one
    return Decoded(text, encoding, guessed=True)


def split(text: str, delimiter: str, shown_as: str) -> tuple[list[list[str]], list[int]]:
    """Return the records of a text and the line on which each starts; empty lines are left out.

    Raises
    ------
    ScoresError
        If its double quotes do not pair.
    """
    rows, lines, start = [], [], 1
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if cells:
                rows.append([clean(cell) for cell in cells])
                lines.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        raise ScoresError(
            f"{shown_as} cannot be read as CSV near line {reader.line_num}: {error}. "
            "Check the double quotes there."
        ) from None
    return rows, lines
