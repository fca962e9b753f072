"""From bytes to text, and from text to rows of cells with their lines, for each delimiter."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from charset_normalizer import from_bytes

from frontierlag.errors import ScoresError
from frontierlag.scores.reading.cells import clean

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "pipes"}


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
        If the bytes are empty or no text.
    """
    for mark, encoding in (
        (b"\xff\xfe\x00\x00", "UTF-32"),
        (b"\x00\x00\xfe\xff", "UTF-32"),
        (b"\xff\xfe", "UTF-16"),
        (b"\xfe\xff", "UTF-16"),
    ):
        if content.startswith(mark):
            try:
                return _filled(Decoded(content.decode(encoding), encoding), shown_as)
            except UnicodeDecodeError as error:
                raise ScoresError(
                    f"{shown_as} begins as {encoding} text but cannot be read as that: {error}."
                ) from None
    try:
        decoded = Decoded(content.decode("utf-8-sig"), "UTF-8")
    except UnicodeDecodeError as error:
        decoded = _code_page(content, error, shown_as)
    if "\x00" in decoded.text:
        half = max(content[0::2].count(0), content[1::2].count(0)) / max(len(content) // 2, 1)
        if half < 0.4:
            raise ScoresError(f"{shown_as} holds NUL characters, so it is not a CSV file in UTF-8.")
        low_first = content[1::2].count(0) > content[0::2].count(0)
        encoding = "UTF-16-LE" if low_first else "UTF-16-BE"
        try:
            decoded = Decoded(content.decode(encoding), encoding, guessed=True)
        except UnicodeDecodeError:
            raise ScoresError(
                f"{shown_as} holds NUL characters, so it is not a CSV file in UTF-8."
            ) from None
    return _filled(decoded, shown_as)


def _filled(decoded: Decoded, shown_as: str) -> Decoded:
    if not decoded.text.strip("\ufeff \t\r\n"):
        raise ScoresError(f"{shown_as} is empty. Give a table with a header and one row a model.")
    return decoded


def _code_page(content: bytes, error: UnicodeDecodeError, shown_as: str) -> Decoded:
    """Text in a code page, by charset-normalizer; bytes of no text are refused."""
    best = None
    if not re.search(rb"[\x80-\xff]{2}", content):
        # Lone marked letters and dashes between ASCII ones: a Western code page, as Excel writes.
        try:
            return Decoded(content.decode("cp1252"), "cp1252", guessed=True)
        except UnicodeDecodeError:
            best = None
    if b"\x00" not in content and content[:4] != b"PAR1":
        best = from_bytes(
            content,
            cp_isolation=["cp1252", "cp1250", "cp1251", "gb18030", "big5", "shift_jis", "euc_kr"],
        ).best()
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


def not_a_table(text: str, shown_as: str) -> None:
    """Raise if a text is something else than a table, by name.

    Raises
    ------
    ScoresError
        If it is HTML, XML, Markdown, LaTeX or JavaScript's module text.
    """
    start = text.lstrip("\ufeff \t\r\n")[:2000]
    folded = start.casefold()
    kind = None
    if re.match(r"<!doctype html|<html|<head|<table|<body|<div", folded):
        kind = "an HTML page", "download the table itself (CSV, JSON or Excel) from that page"
    elif folded.startswith("<?xml") or re.match(r"<[a-z]+[ >/]", folded):
        kind = "an XML file", "save it as CSV or as an Excel workbook"
    elif re.search(r"^\s*\|?\s*:?-{2,}:?\s*\|(\s*:?-{2,}:?\s*\|?)*\s*$", start, re.MULTILINE):
        kind = "a Markdown table", "save it as CSV: one line a model, cells between commas"
    elif folded.startswith(("\\documentclass", "\\begin{")):
        kind = "a LaTeX file", "save the table as CSV"
    elif folded.startswith("%pdf"):
        kind = "a PDF", "export its table as CSV"
    if kind:
        raise ScoresError(f"{shown_as} is {kind[0]}, not a table that can be read: {kind[1]}.")


def split(text: str, delimiter: str, shown_as: str) -> tuple[list[list[str]], list[int]]:
    """Return the records of a text and the line on which each starts; empty lines are left out.

    Raises
    ------
    ScoresError
        If its double quotes do not pair.
    """
    rows, lines = [], []
    for line, cells in _records(text, delimiter, shown_as):
        rows.append([clean(cell) for cell in cells])
        lines.append(line)
    return rows, lines


def _records(text: str, delimiter: str, shown_as: str) -> Iterator[tuple[int, list[str]]]:
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
