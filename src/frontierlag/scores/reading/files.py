"""From the bytes of a file, whatever kind it is, to rows of text under understood headings."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import PurePath

from frontierlag.errors import ScoresError
from frontierlag.scores.reading import grids
from frontierlag.scores.reading.grids import DELIMITERS, Grid
from frontierlag.scores.reading.layouts import (
    Recognized,
    describe_layouts,
    lower_is_better,
    recognize,
)
from frontierlag.scores.reading.options import DEFAULT_OPTIONS, ReadOptions
from frontierlag.scores.reading.report import Finding, listed

_OTHER_KINDS = {
    b"SQLite": ("an SQLite database", "export the table as CSV"),
    b"%PDF": ("a PDF", "export its table as CSV"),
    b"BZh": ("a bzip2 archive", "unpack it first"),
    b"\xfd7zXZ": ("an xz archive", "unpack it first"),
    b"\x28\xb5\x2f\xfd": ("a zstandard archive", "unpack it first"),
    b"7z\xbc\xaf": ("a 7z archive", "unpack it first"),
    b"Rar!": ("a RAR archive", "unpack it first"),
    b"\x89PNG": ("a picture (PNG)", "give the table itself"),
    b"\xff\xd8\xff": ("a picture (JPEG)", "give the table itself"),
    b"ARROW1": ("an Arrow (Feather) file", "save it as Parquet or CSV"),
    b"\x89HDF": ("an HDF5 file", "save the table as CSV or Parquet"),
    b"CDF": ("a NetCDF file", "save the table as CSV or Parquet"),
    b"\x80\x04\x95": ("a Python pickle", "save the table as CSV or Parquet"),
}
_WORKBOOK_PARTS = {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}
_MOST_UNPACKED = 200_000_000
_HEAD = 60


@dataclass(frozen=True)
class TextTable:
    """A table as text: recognized headings, rows of cells, and each row's line in the file.

    For Parquet, JSON and data frames, which have no lines, the first row is line 2 as it would be
    under a header.

    `form` says in words what the file is, `delimiter` what parts cells (None where there is no such
    thing), `header_line` on which line the headings are, and `findings` what was done to read it.
    """

    header: tuple[str, ...]
    recognized: Recognized
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    form: str = ""
    delimiter: str | None = None
    header_line: int = 1
    findings: tuple[Finding, ...] = ()


def read_table(
    content: bytes,
    shown_as: str,
    options: ReadOptions = DEFAULT_OPTIONS,
    optional: frozenset[str] = frozenset(),
) -> TextTable:
    """Return the table in a file's bytes.

    They may be text with delimiters, JSON, YAML, Parquet, a workbook, or a gzip or zip of one.
    `shown_as` is how messages name the file, `optional` holds columns that may lack.

    Raises
    ------
    ScoresError
        If the bytes are none of these, or follow no known layout.
    """
    if content[:4] == b"PAR1":
        return _understood(grids.from_parquet(content, shown_as), shown_as, options, optional)
    if content.startswith(b"\x1f\x8b"):
        inner = _gunzip(content, shown_as)
        table = read_table(inner, shown_as, options, optional)
        return replace(table, form=f"gzip of {table.form}")
    if content.startswith(b"PK\x03\x04"):
        return _zip(content, shown_as, options, optional)
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _workbook(content, shown_as, options, optional)
    for magic, (kind, advice) in _OTHER_KINDS.items():
        if content.startswith(magic):
            raise ScoresError(f"{shown_as} is {kind}, which is not read: {advice}.")
    decoded = grids.decode(content, shown_as)
    table = _understood(
        _cells(decoded.text.removeprefix("\ufeff"), shown_as, options, optional),
        shown_as, options, optional,
    )  # fmt: skip
    if decoded.encoding != "UTF-8":
        table = replace(table, form=f"{table.form}, {decoded.encoding}")
    if decoded.guessed:
        odd = next((c for row in table.rows for c in row if not c.isascii()), "")
        shown = f", so that a cell reads {odd!r}" if odd else ""
        said = f"The file is not UTF-8 and is read as {decoded.encoding}{shown}. Check the names."
        table = replace(table, findings=(*table.findings, Finding("check", said)))
    return table


def _cells(text: str, shown_as: str, options: ReadOptions, optional: frozenset[str]) -> Grid:
    """The cells of a text: JSON, YAML by the file's name, or the delimiter that is understood."""
    suffix = PurePath(shown_as).suffix.casefold()
    start = text.lstrip()
    # '[' alone may begin a CSV file too.
    brackets = start[:1] == "{" or start[1:].lstrip()[:1] in ("{", "[", "]")
    if start[:1] in ("[", "{") and (brackets or suffix in (".json", ".jsonl", ".ndjson")):
        return grids.from_json(text, shown_as)
    if suffix in (".yaml", ".yml"):
        return grids.from_yaml(text, shown_as)
    head = text.splitlines()[: 2 * _HEAD]
    found, width = [], {}
    for delimiter in DELIMITERS:
        rows = list(csv.reader(head, delimiter=delimiter))
        width[delimiter] = max(map(len, rows), default=0)
        understood = _header(rows, options, optional)
        if understood is not None:
            found.append((understood[0], -len(rows[understood[0]]), delimiter))
    delimiter = min(found)[2] if found else max(width, key=lambda d: width[d])
    rows, lines = grids.split(text, delimiter, shown_as)
    form = "CSV" if delimiter == "," else f"text with {DELIMITERS[delimiter]}"
    return Grid(rows, lines, form, delimiter)


def _gunzip(content: bytes, shown_as: str) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            inner = packed.read(_MOST_UNPACKED + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ScoresError(f"{shown_as} is a broken gzip archive: {error}.") from None
    if len(inner) > _MOST_UNPACKED:
        raise ScoresError(f"{shown_as} unpacks to more than {_MOST_UNPACKED:,} bytes.")
    return inner


@contextmanager
def _opened(content: bytes, wrong: str) -> Iterator[zipfile.ZipFile]:
    """A zip archive; what is wrong with it is said where it turns out to be broken."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield archive
    except (zipfile.BadZipFile, OSError, RuntimeError, zlib.error) as error:
        raise ScoresError(f"{wrong}: {error}.") from None


def _zip(
    content: bytes, shown_as: str, options: ReadOptions, optional: frozenset[str]
) -> TextTable:
    """A workbook, or the one table in a zip archive that is understood."""
    wrong = f"{shown_as} begins like a zip archive or an Excel workbook, but is broken"
    with _opened(content, wrong) as archive:
        names = [
            info.filename
            for info in archive.infolist()
            if not info.is_dir() and "__MACOSX" not in info.filename
        ]
        is_book = not _WORKBOOK_PARTS.isdisjoint(names)
        size = sum(archive.getinfo(name).file_size for name in names)
        if not is_book and size > _MOST_UNPACKED:
            raise ScoresError(f"{shown_as} unpacks to more than {_MOST_UNPACKED:,} bytes.")
        members = {} if is_book else {name: archive.read(name) for name in names}
    if is_book:
        return _workbook(content, shown_as, options, optional)
    tables, refused = {}, {}
    for name, inner in members.items():
        try:
            tables[name] = read_table(inner, name, options, optional)
        except ScoresError as error:
            refused[name] = str(error).splitlines()[0]
    if len(tables) == 1:
        ((name, table),) = tables.items()
        said = f"Of the {len(names)} file(s) in the archive, {name!r} is the table that is read."
        return replace(
            table, form=f"zip, {name}: {table.form}",
            findings=(*table.findings, Finding("note", said)),
        )  # fmt: skip
    if tables:
        raise ScoresError(
            f"{shown_as} holds {len(tables)} tables that are understood: {', '.join(tables)}. "
            f"Give one of them, such as {shown_as}/{next(iter(tables))}."
        )
    first = next(iter(refused.items()), None)
    why = f" The first, {first[0]}: {first[1]}" if first else ""
    raise ScoresError(
        f"{shown_as} is a zip archive of {len(names)} file(s), and none is a table that is "
        f"understood: {', '.join(names[:20])}.{why}"
    )


def zip_member(content: bytes, member: str, shown_as: str) -> bytes:
    """Return the bytes of one file of a zip archive; a ScoresError if it has no such file."""
    with _opened(content, f"{shown_as} is a broken zip archive") as archive:
        if member not in archive.namelist():
            there = ", ".join(archive.namelist()[:20])
            raise ScoresError(f"{shown_as} has no file {member!r}; it has {there}.")
        if archive.getinfo(member).file_size > _MOST_UNPACKED:
            raise ScoresError(f"{member} unpacks to more than {_MOST_UNPACKED:,} bytes.")
        return archive.read(member)


def _workbook(
    content: bytes, shown_as: str, options: ReadOptions, optional: frozenset[str]
) -> TextTable:
    sheets = [(name, grid) for name, grid in grids.from_workbook(content, shown_as) if grid.rows]
    if not sheets:
        raise ScoresError(f"{shown_as} is a workbook without a filled cell.")
    tables = {
        name: _understood(grid, shown_as, options, optional)
        for name, grid in sheets
        if _header(grid.rows, options, optional) is not None
    }
    if len(tables) > 1:
        raise ScoresError(
            f"{shown_as} has {len(tables)} sheets that are understood: {', '.join(tables)}. Save "
            "the one that is meant as a file of its own."
        )
    if not tables:
        raise _unrecognized(sheets[0][1], shown_as, options)
    return next(iter(tables.values()))


def _header(
    rows: Sequence[Sequence[str]], options: ReadOptions, optional: frozenset[str]
) -> tuple[int, Recognized] | None:
    """The first of the first rows that is an understood header, and what its headings mean."""
    for at, row in enumerate(rows[:_HEAD]):
        recognized = recognize(_trimmed(row), options.columns, optional)
        if recognized is not None:
            return at, recognized
    return None


def _trimmed(row: Sequence[str]) -> list[str]:
    """Cells without the empty ones at the end."""
    cells = [cell.strip() for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _understood(
    grid: Grid, shown_as: str, options: ReadOptions, optional: frozenset[str]
) -> TextTable:
    """Find the header in a grid, and bring every row to its width."""
    understood = _header(grid.rows, options, optional)
    if understood is None:
        raise _unrecognized(grid, shown_as, options)
    at, recognized = understood
    header = _trimmed(grid.rows[at])
    findings = []
    above = [" ".join(filter(None, row)) for row in grid.rows[:at]]
    above = [line for line in above if line and not line.casefold().startswith("sep=")]
    if above:
        shown = "; ".join(repr(line[:60]) for line in above[:3])
        said = f"{len(above)} line(s) above the headings are skipped: {shown}."
        findings.append(Finding("note", said))
    rows, lines, skipped = _same_width(grid, at, header, shown_as)
    if skipped:
        said = f"{len(skipped)} line(s) are no rows of the table and are skipped: "
        findings.append(Finding("check", f"{said}{'; '.join(skipped[:5])}."))
    return TextTable(
        tuple(header), recognized, tuple(rows), tuple(lines), grid.form, grid.delimiter,
        grid.lines[at], tuple(findings),
    )  # fmt: skip


def _same_width(
    grid: Grid, at: int, header: list[str], shown_as: str
) -> tuple[list[tuple[str, ...]], list[int], list[str]]:
    width = len(header)
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    ragged: list[str] = []
    skipped: list[str] = []
    pads = grid.delimiter is None
    body = list(zip(grid.rows[at + 1 :], grid.lines[at + 1 :], strict=True))
    last = next((i for i in range(len(body) - 1, -1, -1) if len(_trimmed(body[i][0])) > 1), -1)
    again = [cell.casefold() for cell in header]
    for i, (cells, line) in enumerate(body):
        if len(cells) == width and all(cells[:2]) and width > 1 and cells[0].casefold() != again[0]:
            rows.append(tuple(cells))
            lines.append(line)
            continue
        if not any(cells):
            continue
        if len(cells) != width:
            cells = [*cells[:width], *_trimmed(cells[width:])]
        filled = [cell for cell in cells if cell]
        is_note = len(filled) == 1 and cells[0] and (cells[0].startswith("#") or i > last)
        if [cell.casefold() for cell in cells] == again or (
            is_note and width > 1 and (len(cells) == 1 or pads)
        ):
            skipped.append(f"row {line}: {' '.join(filled)[:60]!r}")
            continue
        if len(cells) < width and pads:
            cells = [*cells, *[""] * (width - len(cells))]
        if len(cells) != width:
            ragged.append(f"row {line}: {len(cells)} cells")
            continue
        rows.append(tuple(cells))
        lines.append(line)
    if ragged:
        raise ScoresError(
            f"{shown_as} has rows with another number of cells than its header, which has {width}: "
            f"{listed(ragged, 20, '; and {} more', '; ')}. Put cells that hold a "
            f"{grid.delimiter!r} in double quotes."
        )
    return rows, lines, skipped


def _unrecognized(grid: Grid, shown_as: str, options: ReadOptions) -> ScoresError:
    """What is wrong with a table whose headings are not understood, and what to rename."""
    header = max(map(_trimmed, grid.rows[:_HEAD]), key=len, default=[])
    missing = [
        f"--column {column}={heading}: there is no such heading"
        for column, heading in options.columns.items()
        if recognize(header, {column: heading}, frozenset({"model", "released", "score"})) is None
    ]
    shown = listed([repr(heading) for heading in header], 40, " and {} more")
    found = f"Columns found: {shown}."
    if missing:
        return ScoresError(f"{shown_as}: {'; '.join(missing)}. {found}")
    if len(header) < 2:
        return ScoresError(
            f"{shown_as} has no known layout: no line of it has the headings "
            f"of a table (looked for in the first {_HEAD} lines). {found}\nGive a table with one "
            f"of these layouts:\n{describe_layouts()}"
        )
    falling = [heading for heading in header if lower_is_better(heading)]
    if falling and recognize(header, {"score": falling[0]}) is not None:
        return ScoresError(
            f"{shown_as} has no score, but a column {falling[0]!r}, where less is better. "
            f"{found} Use it with --column 'score={falling[0]}' --lower-is-better."
        )
    if recognize(header, options.columns, frozenset({"released"})) is not None:
        return ScoresError(
            f"{shown_as} has no release dates (exports of Arena have none). {found} Join them by "
            "model name with --dates-from TABLE, or name their column with --column "
            "released=HEADING, or rename it to 'released'."
        )
    if recognize(header, options.columns, frozenset({"score"})) is not None:
        return ScoresError(
            f"{shown_as} has no column that is known to hold scores. {found} Name it with --column "
            "score=HEADING (and --lower-is-better if less is better), or rename it to 'score'. One "
            "column of scores is read at a time, and a column 'country', 'weights' or "
            f"'organization' says whose model it is:\n{describe_layouts()}"
        )
    return ScoresError(
        f"{shown_as} ({grid.form}) has no known layout. {found}\n"
        f"Rename its columns to one of these layouts:\n{describe_layouts()}"
    )
