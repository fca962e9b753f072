"""One validated score table, from a file, a data frame or bytes."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd

from frontierlag.dates import RELEASED, Dates
from frontierlag.errors import ScoresError
from frontierlag.scores.corrections import Correction
from frontierlag.scores.metric import Metric
from frontierlag.scores.reading.assemble import LACKING, assembled
from frontierlag.scores.reading.files import read_table, zip_member
from frontierlag.scores.reading.options import DEFAULT_OPTIONS, ReadOptions
from frontierlag.scores.reading.report import LeftOut, Reading
from frontierlag.scores.registry import ReferenceTable, registry

# What names the table that was fetched last.
LATEST = "latest"


@dataclass(frozen=True, eq=False)
class ScoreTable:
    """A validated score table.

    Attributes
    ----------
    name
        The reference table's name, or the file's stem.
    frame
        One row a model, in the file's order: row (line in the file), model, organization, country,
        weights (text; '' or 'unknown' where not known; several separated by ';'), released,
        announced, dated, dated_low, dated_high (datetime64, NaT where missing; see
        :class:`frontierlag.scores.corrections.Dated`), score, low, high, stderr (float, NaN where
        missing). Rows without a date or score are still here; a repeated identical row is not.
    metric
        What the score is.
    vintage
        The day the table was published, where known.
    as_of
        The last day the table speaks for; never the clock's.
    sha256
        Of the file's bytes, in hexadecimal.
    layout
        Name of the column layout it was read from.
    attribution
        The credit that goes wherever the figures go.
    left_out
        Rows that no comparison can use.
    notes
        What was done to the table that a reader of results should know.
    filled
        Pairs of column and model: the organizations, countries and weights that the table leaves
        blank and the shipped resolutions give.
    reading
        How the file was read: columns, intervals, findings.
    dates
        The convention of the dates in use, column ``dated``.
    corrections
        Corrections of release dates that were applied, with those that confirm a date.
    """

    name: str
    frame: pd.DataFrame = field(repr=False)
    metric: Metric
    vintage: date | None
    as_of: date
    sha256: str
    layout: str
    attribution: str
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    filled: tuple[tuple[str, str], ...] = ()
    reading: Reading = field(default_factory=Reading, repr=False)
    dates: Dates = RELEASED
    corrections: tuple[Correction, ...] = ()


_ENDINGS = (
    ".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".yaml", ".yml", ".xlsx", ".xls",
    ".xlsb", ".ods", ".parquet", ".pq", ".tab", ".psv",
)  # fmt: skip


def from_file(
    given: str | Path, options: ReadOptions = DEFAULT_OPTIONS, dates: Dates = RELEASED
) -> ScoreTable:
    """Return the score table of a local file, or of a member of a zip archive.

    Raises
    ------
    ScoresError
        As :func:`frontierlag.scores.load_scores`.
    """
    content, path = _read_bytes(given, Path(given))
    return table_of(content, _stem(path), str(path), options=options, dates=dates)


def _stem(path: Path) -> str:
    """A file's name without the endings of its kind and of its packing."""
    inner = Path(path.stem) if path.suffix.casefold() in (".gz", ".zip") else path
    return inner.stem if inner.suffix.casefold() in _ENDINGS else inner.name


def from_frame(
    frame: pd.DataFrame,
    name: str,
    options: ReadOptions = DEFAULT_OPTIONS,
    dates: Dates = RELEASED,
) -> ScoreTable:
    """Return the score table of a DataFrame, read as the CSV file of it would be.

    Columns are as in a file; an index with a name is one of them.

    Raises
    ------
    ScoresError
        As :func:`frontierlag.scores.load_scores`.
    """
    content = content_of(frame)
    return table_of(content, name, f"the DataFrame {name!r}", options=options, dates=dates)


def content_of(frame: pd.DataFrame) -> bytes:
    """The bytes of the file that a DataFrame would be, with its index where that has a name."""
    named = any(level is not None for level in frame.index.names)
    return frame.to_csv(index=named, date_format="%Y-%m-%d").encode()


def _read_bytes(given: str | Path, path: Path) -> tuple[bytes, Path]:
    """The bytes of a file, or of a member of a zip archive given as ARCHIVE.zip/MEMBER."""
    main = ", ".join(table.name for table in registry().of("scores", archived=False))
    if re.match(r"[a-z][a-z0-9+.-]+://", str(given), flags=re.IGNORECASE):
        raise ScoresError(
            f"{given} is an address without encryption: give an https address, or fetch it with "
            f"`frontierlag scores fetch {given} --allow-http` and use it as --scores {LATEST}."
        )
    if path.is_dir():
        raise ScoresError(f"{path} is a folder. Give the path of a file with a table.")
    archive = next((p for p in path.parents if p.suffix.casefold() == ".zip"), None)
    try:
        if archive is not None and archive.is_file():
            member = path.relative_to(archive).as_posix()
            return zip_member(archive.read_bytes(), member, str(archive)), path
        return path.read_bytes(), path
    except FileNotFoundError:
        raise ScoresError(
            f"There is no reference table and no file {str(given)!r}. Give the path of a table "
            f"(CSV, Excel, JSON, Parquet), or one of the reference tables: {main}, and the archive "
            "of vintages that `frontierlag scores list` names."
        ) from None
    except (OSError, ValueError) as error:
        raise ScoresError(f"{path} cannot be read: {error}") from None


def table_of(
    content: bytes,
    name: str,
    shown_as: str,
    reference: ReferenceTable | None = None,
    options: ReadOptions = DEFAULT_OPTIONS,
    dates: Dates = RELEASED,
) -> ScoreTable:
    """Read, normalize, validate and resolve a table."""
    optional = LACKING if options.dates_from else frozenset()
    raw = read_table(content, shown_as, options, optional)
    return ScoreTable(
        name=name,
        sha256=hashlib.sha256(content).hexdigest(),
        layout=raw.recognized.layout.name,
        dates=dates,
        **vars(assembled(raw, name, shown_as, reference, options, dates)),
    )
