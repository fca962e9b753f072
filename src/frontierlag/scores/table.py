"""Score tables: a reference name or a local file in, one validated table out."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from frontierlag.conventions import RELEASED, Dates
from frontierlag.errors import ScoresError
from frontierlag.scores import parsing, validation
from frontierlag.scores.attribution import ATTRIBUTION, own_credit
from frontierlag.scores.corrections import Correction, corrections
from frontierlag.scores.dating import dated
from frontierlag.scores.identify import days_of, known_metric, score_heading
from frontierlag.scores.layouts import GROUP_COLUMNS
from frontierlag.scores.metric import BY_NAME, Metric, index_metric
from frontierlag.scores.normalize import own_schema
from frontierlag.scores.options import DEFAULT_OPTIONS, ReadOptions
from frontierlag.scores.reading import TextTable, read_table
from frontierlag.scores.reading_report import LeftOut, Reading
from frontierlag.scores.registry import ReferenceTable, registry
from frontierlag.scores.resolutions import resolve


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
    name_or_path: str | Path, options: ReadOptions = DEFAULT_OPTIONS, dates: Dates = RELEASED
) -> ScoreTable:
    """Return the score table of a reference name or of a local CSV or Parquet file.

    Parameters
    ----------
    name_or_path
        One of `reference_names()`, a path, or 'latest', the table fetched last. Epoch AI's own
        layouts are recognized.
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
    reference = registry().find(str(name_or_path), "scores")
    if reference is not None:
        content = reference.source.read_bytes()
        return _build(content, reference.name, reference.file, reference, dates)
    if str(name_or_path) == LATEST:
        return _latest(dates)
    path = Path(name_or_path)
    content = _read_bytes(name_or_path, path)
    return _build(content, path.stem, str(path), dates=dates)


def from_frame(frame: pd.DataFrame, name: str, dates: Dates = RELEASED) -> ScoreTable:
    """Return the score table of a DataFrame, read as the CSV file of it would be.

    Parameters
    ----------
    frame
        Columns as in a file; an index with a name is one of them.
    name
        What to call the table.
    dates
        As for :func:`load_scores`.

    Raises
    ------
    ScoresError
        As :func:`load_scores`.
    """
    named = any(level is not None for level in frame.index.names)
    content = frame.to_csv(index=named, date_format="%Y-%m-%d").encode()
    return _build(content, name, f"the DataFrame {name!r}", dates=dates)


def _latest(dates: Dates) -> ScoreTable:
    """The table that `frontierlag scores fetch` fetched last; its as-of date is that day's."""
    from frontierlag.scores.fetch import cache_folder, latest_copy

    copy, path = latest_copy(cache_folder())
    table = _build(path.read_bytes(), path.stem, str(path), dates=dates)
    return replace(table, notes=(f"Table {copy.told}.", *table.notes))


def _read_bytes(given: str | Path, path: Path) -> bytes:
    main = ", ".join(table.name for table in registry().of("scores", archived=False))
    if re.match(r"[a-z][a-z0-9+.-]+://", str(given), flags=re.IGNORECASE):
        raise ScoresError(
            f"{given} is an address; a table is fetched first, with `frontierlag scores fetch "
            f"{given}`, and then used as --scores {LATEST}."
        )
    if path.is_dir():
        raise ScoresError(f"{path} is a folder. Give the path of a CSV or Parquet file.")
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ScoresError(
            f"There is no reference table and no file {str(given)!r}. Give the path of a CSV or "
            f"Parquet file, or one of the reference tables: {main}, and the archive of vintages "
            "that `frontierlag scores list` names."
        ) from None
    except (OSError, ValueError) as error:
        raise ScoresError(f"{path} cannot be read: {error}") from None


def _build(
    content: bytes,
    name: str,
    shown_as: str,
    reference: ReferenceTable | None = None,
    dates: Dates = RELEASED,
) -> ScoreTable:
    """Read, normalize, validate and resolve a table."""
    raw = read_table(content, shown_as)
    layout = raw.recognized.layout
    groups = tuple(column for column in GROUP_COLUMNS if raw.recognized.positions.get(column))
    _check_shape(raw, groups, shown_as)

    text, notes = own_schema(raw)
    values = pd.DataFrame(
        {
            **{c: parsing.days(text[c]) for c in validation.DATE_COLUMNS},
            **{c: parsing.numbers(text[c]) for c in ("score", "low", "high", "stderr")},
        },
        index=text.index,
    )
    scores = values["score"].to_numpy(dtype=np.float64)
    if reference is not None:
        metric: Metric | None = BY_NAME[reference.metric]
    else:
        metric, metric_notes = known_metric(raw, name, text["model"].tolist(), scores)
        notes += metric_notes
    problems = validation.problems(text, values, metric)
    if problems:
        raise validation.BadRowsError(shown_as, problems)

    given = text
    text, resolved = resolve(text, groups)
    notes += resolved
    filled = [
        (column, model)
        for column in groups
        for model in text.loc[text[column] != given[column], "model"]
    ]
    known = corrections() if reference is not None or layout.from_epoch else {}
    dating = dated(values, text["model"].tolist(), dates, known)
    notes += dating.notes
    own = values[["score", "low", "high", "stderr"]]
    about = text[["model", "organization", "country", "weights"]]
    frame = pd.concat([about, dating.columns, own], axis=1)[~text.duplicated()]
    usable = frame[frame["released"].notna() & frame["score"].notna()]
    if usable.empty:
        raise ScoresError(
            f"{shown_as} has {len(raw.rows)} row(s), none with both a release date and a score. "
            "Give both for the models to be compared."
        )
    if metric is None:
        metric = index_metric(score_heading(raw), usable["score"].to_numpy(dtype=np.float64))
        notes.append(
            f"Read as an unbounded index {metric.name!r} at {metric.location:g} with a spread of "
            f"{metric.spread:g}, from the table's own scores."
        )
        if usable["score"].between(0, 1).all():
            notes.append(
                "Every score lies from 0 to 1. If it is the fraction of problems solved, name "
                "the column 'accuracy'."
            )
    if usable[["low", "stderr"]].isna().all(axis=None):
        notes.append(
            "The table has no intervals and no standard errors: measurement error is taken as "
            "zero and is absorbed in the scatter."
        )
    vintage: date | None
    if reference is not None:
        vintage, as_of = reference.vintage, reference.as_of
    else:
        # By the dates as published: which convention is in use does not move the last day.
        last = values.loc[usable.index, "released"].max().date()
        vintage, as_of, date_notes = days_of(name, last)
        notes += date_notes
    if reference is not None:
        credit = reference.attribution
        if reference.note:
            notes.append(f"{reference.what}: {reference.note}.")
    else:
        credit = ATTRIBUTION if layout.from_epoch else own_credit(Path(shown_as).name)
    return ScoreTable(
        name=name,
        frame=frame.rename_axis("row").reset_index(),
        metric=metric,
        vintage=vintage,
        as_of=as_of,
        sha256=hashlib.sha256(content).hexdigest(),
        layout=layout.name,
        attribution=credit,
        left_out=_unusable(text, values),
        notes=tuple(notes),
        filled=tuple(filled),
        dates=dates,
        corrections=dating.corrections,
    )


def _check_shape(raw: TextTable, groups: tuple[str, ...], shown_as: str) -> None:
    """Raise if the table has no column to form groups by, or no rows."""
    if not groups:
        columns = raw.recognized.layout.columns
        wanted = " or ".join(repr(columns[column][0]) for column in GROUP_COLUMNS)
        raise ScoresError(
            f"{shown_as} has no column to tell groups of models apart. Columns found: "
            f"{', '.join(map(repr, raw.header))}. Add {wanted}."
        )
    if not raw.rows:
        raise ScoresError(f"{shown_as} has a header but no rows. Give one row a model.")


def _unusable(text: pd.DataFrame, values: pd.DataFrame) -> tuple[LeftOut, ...]:
    """Return repeated rows and rows without a date or a score, in the file's order."""
    first: dict[tuple[str, ...], int] = {}
    found = []
    no_score, no_date = values["score"].isna().to_numpy(), values["released"].isna().to_numpy()
    for at, (row, *cells) in enumerate(text.itertuples()):
        seen = first.setdefault(tuple(cells), row)
        if seen != row:
            found.append(LeftOut(row, cells[0], f"the same as row {seen}"))
        elif no_score[at]:
            found.append(LeftOut(row, cells[0], "no score"))
        elif no_date[at]:
            found.append(LeftOut(row, cells[0], "no release date"))
    return tuple(found)
