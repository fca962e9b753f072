"""Score tables: a reference name or a local file in, one validated table out."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import pandas as pd

from frontierlag.conventions import RELEASED, Dates
from frontierlag.errors import ScoresError
from frontierlag.scores.corrections import Correction
from frontierlag.scores.metric import Metric
from frontierlag.scores.reading.assemble import assembled
from frontierlag.scores.reading.files import read_table, zip_member
from frontierlag.scores.reading.joins import LACKING
from frontierlag.scores.reading.options import DEFAULT_OPTIONS, ReadOptions
from frontierlag.scores.reading.report import LeftOut, Reading
from frontierlag.scores.registry import ReferenceTable, registry


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
        :class:`frontierlag.scores.dating.Dated`), score, low, high, stderr (float, NaN where
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
# What names the table that was fetched last.
LATEST = "latest"


def reference_names() -> list[str]:
    """Return the names of the tables that come with the package, the main ones first."""
    return [table.name for table in registry().of("scores")]


def reference_file(name: str) -> str:
    """Return the file in the package, below its folder of data, that holds a reference table.

    Raises
    ------
    ScoresError
        If there is no such table.
    """
    reference = registry().find(name, "scores")
    if reference is None:
        raise ScoresError(f"There is no reference table {name!r}.")
    return reference.file


def load_scores(
    name_or_path: str | Path | pd.DataFrame,
    options: ReadOptions = DEFAULT_OPTIONS,
    dates: Dates = RELEASED,
) -> ScoreTable:
    """Return the score table of a reference name, a local file, an https address or a data frame.

    Parameters
    ----------
    name_or_path
        One of `reference_names()`; a path of text with delimiters, JSON, YAML, Parquet, a workbook,
        or a gzip or zip of one; an https address; 'latest', the table fetched last; or a data
        frame. Epoch AI's own layouts are recognized.
    options
        What only the user can know of the table.
    dates
        Which day a model is dated at: the first day of use outside the maker (corrections of
        reference tables and of Epoch AI's own layouts applied), its announcement where that is
        known, or as published.

    Raises
    ------
    ScoresError
        If there is no such table, or it cannot be read or recognized.
    BadRowsError
        If rows are bad: a ScoresError whose `problems` lists all of them.
    """
    if isinstance(name_or_path, pd.DataFrame):
        return from_frame(name_or_path, "scores", options, dates)
    reference = registry().find(str(name_or_path), "scores")
    if reference is not None:
        content = reference.source.read_bytes()
        return _build(content, reference.name, reference.file, reference, options, dates)
    if str(name_or_path) == LATEST:
        return _latest(options, dates)
    if re.match(r"https://", str(name_or_path), flags=re.IGNORECASE):
        return _fetched(str(name_or_path), options, dates)
    path = Path(name_or_path)
    content, path = _read_bytes(name_or_path, path)
    return _build(content, _stem(path), str(path), options=options, dates=dates)


def _fetched(url: str, options: ReadOptions, dates: Dates) -> ScoreTable:
    """The table at an address, fetched into the cache as `frontierlag scores fetch` does."""
    from frontierlag.scores.fetch.fetching import fetch

    found = fetch(url)
    table = _build(
        found.path.read_bytes(), found.path.stem, str(found.path), options=options, dates=dates
    )
    return replace(table, notes=(f"Table {found.copy.description}.", *table.notes))


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

    Parameters
    ----------
    frame
        Columns as in a file; an index with a name is one of them.
    name
        What to call the table.
    options
        What only the user can know of it.
    dates
        As for :func:`load_scores`.

    Raises
    ------
    ScoresError
        As :func:`load_scores`.
    """
    named = any(level is not None for level in frame.index.names)
    content = frame.to_csv(index=named, date_format="%Y-%m-%d").encode()
    return _build(content, name, f"the DataFrame {name!r}", options=options, dates=dates)


def _latest(options: ReadOptions, dates: Dates) -> ScoreTable:
    """The table that `frontierlag scores fetch` fetched last; its as-of date is that day's."""
    from frontierlag.scores.fetch import cache_folder, latest_copy

    copy, path = latest_copy(cache_folder())
    table = _build(path.read_bytes(), path.stem, str(path), options=options, dates=dates)
    return replace(table, notes=(f"Table {copy.description}.", *table.notes))


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


def _build(
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
    found = assembled(raw, name, shown_as, reference, options, dates)
    return ScoreTable(
        name=name,
        frame=found.frame.rename_axis("row").reset_index(),
        metric=found.metric,
        vintage=found.vintage,
        as_of=found.as_of,
        sha256=hashlib.sha256(content).hexdigest(),
        layout=raw.recognized.layout.name,
        attribution=found.attribution,
        left_out=found.left_out,
        notes=found.notes,
        filled=found.filled,
        reading=found.reading,
        dates=dates,
        corrections=found.corrections,
    )
