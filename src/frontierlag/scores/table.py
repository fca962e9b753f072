"""Score tables: a reference name or a local file in, one validated table out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd

from frontierlag.errors import ScoresError
from frontierlag.scores import parsing, validation
from frontierlag.scores.attribution import ATTRIBUTION
from frontierlag.scores.countries import countries
from frontierlag.scores.layouts import ACCESSIBILITY, GROUP_COLUMNS, Layout
from frontierlag.scores.metric import (
    ECI,
    FRONTIERMATH,
    GPQA_DIAMOND,
    KNOWN_BENCHMARKS,
    Metric,
    benchmark_metric,
    index_metric,
)
from frontierlag.scores.reading import TextTable, read_table
from frontierlag.scores.resolutions import resolve


@dataclass(frozen=True)
class LeftOut:
    """A row that is not used, by its line in the file (the header is line 1), and why."""

    row: int
    model: str
    reason: str


@dataclass(frozen=True, eq=False)
class ScoreTable:
    """A validated score table.

    Attributes
    ----------
    name
        The reference table's name, or the file's stem.
    frame
        One row a model, in the file's order: row (line in the file), model, organization, country,
        weights (text; '' or 'unknown' where not known; several separated by ';'), released
        (datetime64, NaT where missing), score, low, high, stderr (float, NaN where missing). Rows
        without a date or score are still here; a repeated identical row is not.
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


@dataclass(frozen=True)
class _Reference:
    file: str
    metric: Metric
    vintage: date
    as_of: date


_REFERENCES = {
    # Epoch published nothing new between the vintage and the article of 2026-01-02.
    "eci-2025-12-19": _Reference(
        "eci_2025-12-19.csv", ECI, date(2025, 12, 19), as_of=date(2026, 1, 2)
    ),
    "eci-2026-08-11": _Reference(
        "eci_2026-08-11.csv", ECI, date(2026, 8, 11), as_of=date(2026, 8, 11)
    ),
    "frontiermath-2026-01-17": _Reference(
        "frontiermath_2026-01-17.csv", FRONTIERMATH, date(2026, 1, 17), as_of=date(2026, 1, 17)
    ),
    "gpqa-diamond-2026-01-17": _Reference(
        "gpqa_diamond_2026-01-17.csv", GPQA_DIAMOND, date(2026, 1, 17), as_of=date(2026, 1, 17)
    ),
}

_DATE_IN_NAME = re.compile(r"(?<![0-9])20[0-9]{2}-[0-9]{2}-[0-9]{2}(?![0-9])")
_TEXT_COLUMNS = ("model", "organization", "country", "weights")
_CELLS = ("released", "score", "low", "high", "stderr")


def reference_names() -> list[str]:
    """Return the names of the tables that come with the package."""
    return list(_REFERENCES)


def load_scores(name_or_path: str | Path) -> ScoreTable:
    """Return the score table of a reference name or of a local CSV or Parquet file.

    Parameters
    ----------
    name_or_path
        One of `reference_names()`, or a path. Epoch AI's own layouts are recognized.

    Raises
    ------
    ScoresError
        If there is no such table, or it cannot be read or recognized.
    BadRowsError
        If rows are bad: a ScoresError whose `problems` lists all of them.
    """
    reference = _REFERENCES.get(str(name_or_path))
    if reference is not None:
        source = resources.files("frontierlag.scores") / "data" / reference.file
        table = _build(source.read_bytes(), str(name_or_path), reference.file, reference.metric)
        return replace(
            table, vintage=reference.vintage, as_of=reference.as_of, attribution=ATTRIBUTION
        )
    path = Path(name_or_path)
    content = _read_bytes(name_or_path, path)
    return _build(content, path.stem, str(path), metric=None)


def _read_bytes(given: str | Path, path: Path) -> bytes:
    names = ", ".join(reference_names())
    if re.match(r"[a-z][a-z0-9+.-]+://", str(given), flags=re.IGNORECASE):
        raise ScoresError(
            f"{given} is an address; only local files are read. Download it and give its path."
        )
    if path.is_dir():
        raise ScoresError(f"{path} is a folder. Give the path of a CSV or Parquet file.")
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ScoresError(
            f"There is no reference table and no file {str(given)!r}. Give the path of a CSV or "
            f"Parquet file, or one of the reference tables: {names}."
        ) from None
    except (OSError, ValueError) as error:
        raise ScoresError(f"{path} cannot be read: {error}") from None


def _build(content: bytes, name: str, shown_as: str, metric: Metric | None) -> ScoreTable:
    """Read, normalize, validate and resolve a table; dates of a reference are set by the caller."""
    raw = read_table(content, shown_as)
    layout = raw.recognized.layout
    groups = tuple(column for column in GROUP_COLUMNS if raw.recognized.positions.get(column))
    if not groups:
        wanted = ", ".join(repr(layout.columns[column][0]) for column in GROUP_COLUMNS)
        raise ScoresError(
            f"{shown_as} has no column to tell groups of models apart. Columns found: "
            f"{', '.join(map(repr, raw.header))}. Add one of {wanted}."
        )
    if not raw.rows:
        raise ScoresError(f"{shown_as} has a header but no rows. Give one row a model.")

    text, notes = _own_schema(raw)
    values = pd.DataFrame(
        {
            "released": parsing.days(text["released"]),
            **{column: parsing.numbers(text[column]) for column in _CELLS[1:]},
        },
        index=text.index,
    )
    if metric is None:
        metric, metric_notes = _metric(raw, name, text, values["score"].to_numpy(dtype=np.float64))
        notes += metric_notes
    problems = validation.problems(text, values, metric)
    if problems:
        raise validation.BadRowsError(shown_as, problems)

    frame = pd.concat([text[list(_TEXT_COLUMNS)], values], axis=1)
    left_out = _unusable(text, values)
    frame, resolved = resolve(frame[~text.duplicated()], groups)
    notes += resolved
    usable = frame["released"].notna() & frame["score"].notna()
    if not usable.any():
        raise ScoresError(
            f"{shown_as} has {len(raw.rows)} row(s), none with both a release date and a score. "
            "Give both for the models to be compared."
        )
    if frame.loc[usable, ["low", "stderr"]].isna().all(axis=None):
        notes.append(
            "The table has no intervals and no standard errors: measurement error is taken as "
            "zero and is absorbed in the scatter."
        )
    if metric.unit == "points" and frame.loc[usable, "score"].between(0, 1).all():
        notes.append(
            "Every score lies from 0 to 1 and is read as points of an unbounded index. If it is "
            "the fraction of problems solved, name the column 'accuracy'."
        )
    last = frame.loc[usable, "released"].max().date()
    vintage, as_of, date_notes = _dates(name, last)
    return ScoreTable(
        name=name,
        frame=frame.rename_axis("row").reset_index(),
        metric=metric,
        vintage=vintage,
        as_of=as_of,
        sha256=hashlib.sha256(content).hexdigest(),
        layout=layout.name,
        attribution=ATTRIBUTION if layout.from_epoch else f"Data: {Path(shown_as).name}.",
        left_out=left_out,
        notes=(*notes, *date_notes),
    )


def _own_schema(raw: TextTable) -> tuple[pd.DataFrame, list[str]]:
    """Return the table's text in the own schema, indexed by line number, and notes."""
    layout, positions = raw.recognized.layout, raw.recognized.positions
    columns = dict(enumerate(zip(*raw.rows, strict=True)))
    empty = ("",) * len(raw.rows)
    notes: list[str] = []

    def first(column: str) -> Sequence[str]:
        places = positions.get(column)
        return columns[places[0]] if places else empty

    text = {column: list(first(column)) for column in (*_TEXT_COLUMNS, *_CELLS)}
    if layout.scale == "accuracy" and len(positions["score"]) > 1:
        preferred, other = (columns[at] for at in positions["score"][:2])
        used = [parsing.is_blank(a) and not parsing.is_blank(b) for a, b in zip(preferred, other, strict=True)]
        text["score"] = [b if take else a for a, b, take in zip(preferred, other, used, strict=True)]
        if any(used):
            headings = [raw.header[at] for at in positions["score"][:2]]
            notes.append(f"{sum(used)} score(s) without {headings[0]!r} are from {headings[1]!r}.")
    for column in ("organization", "country"):
        text[column] = ["" if parsing.is_blank(cell) else cell for cell in text[column]]
    text["model"] = [" ".join(model.split()) for model in text["model"]]
    text["country"] = [countries(cell) for cell in text["country"]]
    text["organization"] = [_joined(cell, layout.separators) for cell in text["organization"]]
    if layout.from_epoch:
        text["weights"], unknown = _accessibility(text["weights"])
        if unknown:
            notes.append(
                "Model accessibility that is in no table, so weights are unknown: "
                f"{', '.join(map(repr, unknown))}."
            )
    else:
        text["weights"] = [cell.casefold() or "unknown" for cell in text["weights"]]
    return pd.DataFrame(text, index=list(raw.lines), dtype="str"), notes


def _joined(cell: str, separators: str) -> str:
    parts = [part.strip() for part in re.split(f"[{separators}]", cell)]
    return ";".join(dict.fromkeys(part for part in parts if part))


def _accessibility(cells: Sequence[str]) -> tuple[list[str], list[str]]:
    folded = [" ".join(cell.split()).casefold() for cell in cells]
    folded = ["" if parsing.is_blank(cell) else cell for cell in folded]
    weights = [ACCESSIBILITY.get(cell, "unknown") for cell in folded]
    return weights, sorted({cell for cell in folded if cell not in ACCESSIBILITY})


def _metric(
    raw: TextTable, name: str, text: pd.DataFrame, scores: np.ndarray
) -> tuple[Metric, list[str]]:
    """Return what a user's table measures, and how that was decided where it is not obvious."""
    layout = raw.recognized.layout
    words = " ".join(re.split(r"[\s_-]+", _DATE_IN_NAME.sub("", name))).strip()
    if layout.scale == "eci":
        return ECI, []
    if layout.scale == "accuracy":
        return benchmark_metric(words), []
    heading = " ".join(raw.header[raw.recognized.positions["score"][0]].split())
    if heading.casefold() == "eci":
        return ECI, []
    if words.casefold() in KNOWN_BENCHMARKS:
        metric = KNOWN_BENCHMARKS[words.casefold()]
        return metric, [f"Read as {metric.name} by the file's name."]
    if heading.casefold() == "accuracy":
        return benchmark_metric(words), []
    if words.casefold().split(" ")[0] == "eci":
        return ECI, ["Read as ECI by the file's name."]
    at = dict(zip(text["model"], scores, strict=True))
    if all(ECI.is_anchor(model, at.get(model, float("nan"))) for model, _ in ECI.anchors):
        return ECI, ["Read as ECI, because both of its anchor models have their defining scores."]
    metric = index_metric(heading, scores[np.isfinite(scores)])
    note = (
        f"Read as an unbounded index {heading!r} at {metric.location:g} with a spread of "
        f"{metric.spread:g}, from the table's own scores."
    )
    return metric, [note]


def _unusable(text: pd.DataFrame, values: pd.DataFrame) -> tuple[LeftOut, ...]:
    """Return repeated rows and rows without a date or a score, in the file's order."""
    repeated = text.duplicated()
    first = dict(zip(text["model"][~repeated], text.index[~repeated], strict=True))
    found = []
    lacking = repeated | values["released"].isna() | values["score"].isna()
    for row in text.index[lacking]:
        model = str(text.at[row, "model"])
        if repeated[row]:
            reason = f"the same as row {first[model]}"
        elif pd.isna(values.at[row, "score"]):
            reason = "no score"
        else:
            reason = "no release date"
        found.append(LeftOut(int(row), model, reason))
    return tuple(found)


def _dates(name: str, last: date) -> tuple[date | None, date, list[str]]:
    """Return vintage, as-of date and notes of a user's table from its name and last release."""
    in_name = {parsing.parse_date(text) for text in _DATE_IN_NAME.findall(name)} - {None}
    if len(in_name) == 1:
        vintage = in_name.pop()
        if vintage is not None and vintage >= last:
            return vintage, vintage, [f"As-of date {vintage} is the date in the file's name."]
        note = (
            f"The date {vintage} in the file's name is before the last release in the table, so "
            f"it is not taken as the vintage; the as-of date is that release's, {last}."
        )
        return None, last, [note]
    return None, last, [f"As-of date {last} is that of the last release in the table."]
