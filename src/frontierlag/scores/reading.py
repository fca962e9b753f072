"""From the bytes of a CSV or Parquet file to rows of text with their line numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa
import pyarrow.parquet as pq

from frontierlag.errors import ScoresError
from frontierlag.scores.layouts import Recognized, describe_layouts, recognize

_DELIMITERS = ",;\t"
_OTHER_KINDS = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\x1f\x8b": "a gzip archive",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"SQLite": "an SQLite database",
}


@dataclass(frozen=True)
class TextTable:
    """A table as text: recognized headings, rows of cells, and each row's line in the file.

    For Parquet, which has no lines, the first row is line 2 as it would be under a header.
    """

    header: tuple[str, ...]
    recognized: Recognized
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]


def read_table(content: bytes, shown_as: str) -> TextTable:
    """Return the table in a file's bytes.

    Parameters
    ----------
    content
        The bytes of a UTF-8 CSV file (comma, semicolon or tab) or of a Parquet file.
    shown_as
        How messages name the file.

    Raises
    ------
    ScoresError
        If the bytes are neither, or follow no known layout.
    """
    if content[:4] == b"PAR1":
        return _read_parquet(content, shown_as)
    for magic, kind in _OTHER_KINDS.items():
        if content.startswith(magic):
            raise ScoresError(f"{shown_as} is {kind}. Save it as UTF-8 CSV or as Parquet.")
    return _read_csv(_decode(content, shown_as), shown_as)


def _decode(content: bytes, shown_as: str) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ScoresError(
            f"{shown_as} is not UTF-8 text: byte 0x{content[error.start]:02x} in line {line}. "
            "Save the file with the encoding UTF-8."
        ) from None
    if "\x00" in text:
        raise ScoresError(f"{shown_as} holds NUL characters, so it is not a CSV file in UTF-8.")
    if not text.strip():
        raise ScoresError(f"{shown_as} is empty. Give a table with a header and one row a model.")
    return text


def _read_csv(text: str, shown_as: str) -> TextTable:
    delimiter, header, found = _find_header(text, shown_as)
    records = _records(text, delimiter, shown_as)
    next(records)
    width = len(header)
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    ragged: list[str] = []
    for line, cells in records:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != width:
            ragged.append(f"row {line}: {len(cells)} cells")
            continue
        rows.append(tuple(cell.strip() for cell in cells))
        lines.append(line)
    if ragged:
        more = f"; and {len(ragged) - 20} more" if len(ragged) > 20 else ""
        raise ScoresError(
            f"{shown_as} has rows with another number of cells than its header, which has {width}: "
            f"{'; '.join(ragged[:20])}{more}. Put cells that hold a {delimiter!r} in double quotes."
        )
    return TextTable(tuple(header), found, tuple(rows), tuple(lines))


def _find_header(text: str, shown_as: str) -> tuple[str, list[str], Recognized]:
    """Return the delimiter under which the first line is a known header, and that header."""
    first = text.lstrip("\r\n").splitlines()[:1]
    headers = []
    for delimiter in _DELIMITERS:
        header = next(csv.reader(first, delimiter=delimiter))
        found = recognize(header)
        if found is not None:
            return delimiter, header, found
        headers.append(header)
    raise _unrecognized(max(headers, key=len), shown_as)


def _records(text: str, delimiter: str, shown_as: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each non-empty record with the line on which it starts."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = 1
    try:
        for cells in reader:
            if cells:
                yield start, cells
            start = reader.line_num + 1
    except csv.Error as error:
        raise ScoresError(
            f"{shown_as} cannot be read as CSV near line {reader.line_num}: {error}. "
            "Check the double quotes there."
        ) from None


def _read_parquet(content: bytes, shown_as: str) -> TextTable:
    try:
        table = pq.read_table(pa.BufferReader(content))
        header = [str(name) for name in table.column_names]
        found = recognize(header)
        if found is None:
            raise _unrecognized(header, shown_as)
        used = {at for places in found.positions.values() for at in places}
        columns = [
            [_as_text(value) for value in table.column(at).to_pylist()]
            if at in used
            else [""] * table.num_rows
            for at in range(len(header))
        ]
    except (pa.ArrowException, OSError) as error:
        raise ScoresError(f"{shown_as} cannot be read as Parquet: {error}") from None
    rows = tuple(zip(*columns, strict=True))
    return TextTable(tuple(header), found, rows, tuple(range(2, len(rows) + 2)))


def _as_text(value: object) -> str:
    """Return a Parquet value as the text that the same cell would have in a CSV file."""
    if value is None or value != value:  # null, NaN or NaT
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value).strip()


def _unrecognized(header: list[str], shown_as: str) -> ScoresError:
    shown = ", ".join(repr(heading) for heading in header[:40])
    more = f" and {len(header) - 40} more" if len(header) > 40 else ""
    return ScoresError(
        f"{shown_as} is laid out in no way that is understood. Columns found: {shown}{more}.\n"
        f"Rename its columns to one of these layouts:\n{describe_layouts()}"
    )
