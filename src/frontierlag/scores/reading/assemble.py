"""From a table as read to validated values, what they measure and what a reader should know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from frontierlag.dates import Dates
from frontierlag.errors import ScoresError
from frontierlag.scores.corrections import Correction, corrections, dated, resolve
from frontierlag.scores.metric import ECI, Metric, index_metric
from frontierlag.scores.reading import validation
from frontierlag.scores.reading.files import TextTable
from frontierlag.scores.reading.headings import looks_like_interval
from frontierlag.scores.reading.identify import days_of, known_metric
from frontierlag.scores.reading.joins import with_dates
from frontierlag.scores.reading.layouts import GROUP_COLUMNS
from frontierlag.scores.reading.measures import MeasuredColumns, measured, with_errors
from frontierlag.scores.reading.normalize import NUMBERS, Normalized, own_schema
from frontierlag.scores.reading.options import ReadOptions
from frontierlag.scores.reading.parsing import is_blank
from frontierlag.scores.reading.report import (
    ColumnUse,
    Finding,
    LeftOut,
    Reading,
    worst_first,
)
from frontierlag.scores.reading.sanity import checked
from frontierlag.scores.reading.sanity_of_rows import merged_cells, one_row_each, spelled_twice
from frontierlag.scores.registry import ATTRIBUTION, ReferenceTable, own_credit
from frontierlag.scores.scale import AS_GIVEN, METRICS, scale_of, scaled


@dataclass(frozen=True)
class Assembled:
    """What a score table is made of; see `ScoreTable`. `frame` is indexed by line."""

    frame: pd.DataFrame
    metric: Metric
    vintage: date | None
    as_of: date
    attribution: str
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    filled: tuple[tuple[str, str], ...]
    reading: Reading
    corrections: tuple[Correction, ...]


def assembled(
    raw: TextTable,
    name: str,
    shown_as: str,
    reference: ReferenceTable | None,
    options: ReadOptions,
    dates: Dates,
) -> Assembled:
    """Normalize, measure, validate, resolve and check a table.

    Parameters
    ----------
    raw
        The table as read.
    name, shown_as
        The table's name, and how messages name it.
    reference
        Its entry among the tables that come with the package; None for a user's own.
    options
        What only the user can know.
    dates
        Which day a model is dated at.

    Raises
    ------
    ScoresError
        If the table cannot be used, or would give a wrong answer as it stands.
    BadRowsError
        If rows are bad: a ScoresError whose `problems` lists all of them.
    """
    if options.dates_from:
        raw = with_dates(raw, options)
    groups = tuple(column for column in GROUP_COLUMNS if raw.recognized.positions.get(column))
    _check_shape(raw, groups, shown_as)
    normal = own_schema(raw, options)
    heading = " ".join(raw.header[normal.score_at].split())
    declared = METRICS[reference.metric] if reference is not None else None
    found = measured(normal, heading, options, scale_of(declared) if declared else AS_GIVEN)
    text, values = normal.text, found.values
    notes, findings = list(normal.notes), [*normal.findings, *found.findings]
    text, values, merged, said = one_row_each(text, values, options)
    findings += said
    metric: Metric | None
    if declared is not None and found.scale == scale_of(declared):
        metric = declared
    else:
        metric, how, said = known_metric(
            raw, name, heading, text["model"].tolist(), values["score"].to_numpy(dtype=np.float64),
            found, options,
        )  # fmt: skip
        notes += how
        findings += said
    text, values, dropped, said = with_errors(text, values, metric, options)
    findings += said
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
    # A copy of the index in another layout is known by its anchors, and dated like the original.
    from_publisher = reference is not None or raw.recognized.layout.from_epoch or metric == ECI
    known = corrections() if from_publisher else {}
    dating = dated(values, text["model"].tolist(), dates, known)
    notes += dating.notes
    about = text[["model", "organization", "country", "weights"]]
    frame = pd.concat([about, dating.columns, values[list(NUMBERS)]], axis=1)[~text.duplicated()]
    usable = frame[frame["released"].notna() & frame["score"].notna()]
    if usable.empty:
        raise ScoresError(
            f"{shown_as} has {len(raw.rows)} row(s), none with both a release date and a score. "
            "Give both for the models to be compared."
        )
    if reference is None:
        findings += _spelled_twice(
            text, values, options, shown_as, raw.recognized.layout.from_epoch
        )
        findings += checked(usable, metric, heading, options, shown_as, found.scale.changes)
        findings += merged_cells(text, groups) + _late(usable)
    if metric is None:
        label = f"{heading} ({found.scale.short})" if found.scale.changes else heading
        metric = index_metric(label, usable["score"].to_numpy(dtype=np.float64))
        if found.scale.changes:
            metric = scaled(metric, found.scale)
        notes.append(
            f"Read as an unbounded index {metric.name!r} at {metric.location:g} with a spread of "
            f"{metric.spread:g}, from the table's own scores."
        )
        if usable["score"].between(0, 1).all():
            notes.append(
                "Every score lies from 0 to 1. If it is the fraction of problems solved, name "
                "the column 'accuracy'."
            )
    no_errors = bool(usable[["low", "stderr"]].isna().all(axis=None))
    if no_errors:
        notes.append(
            "The table has no intervals and no standard errors: measurement error is taken as "
            "zero and is absorbed in the scatter."
        )
    vintage: date | None
    if reference is not None:
        vintage, as_of = reference.vintage, reference.as_of
        rule = f"As-of date {as_of}: that of the reference table."
        credit = reference.attribution
        if reference.note:
            notes.append(f"{reference.what}: {reference.note}.")
    else:
        # By the dates as published: which convention is in use does not move the last day.
        last = values.loc[usable.index, "released"].max().date()
        vintage, as_of, rule, said = days_of(name, last)
        findings += said
        notes.append(rule)
        from_epoch = raw.recognized.layout.from_epoch
        credit = ATTRIBUTION if from_epoch else own_credit(Path(shown_as).name)
    used, unused = _columns(raw, normal, no_errors)
    findings += unused[1]
    left_out = [*merged, *dropped, *_unusable(text, values)]
    return Assembled(
        frame=frame,
        metric=metric,
        vintage=vintage,
        as_of=as_of,
        attribution=credit,
        left_out=tuple(sorted(left_out, key=lambda row: row.row)),
        notes=(*notes, *(f.text for f in findings)),
        filled=tuple(filled),
        reading=_reading(raw, normal, found, used, unused[0], rule, findings),
        corrections=dating.corrections,
    )


def _reading(
    raw: TextTable,
    normal: Normalized,
    found: MeasuredColumns,
    used: tuple[ColumnUse, ...],
    unused: tuple[str, ...],
    rule: str,
    findings: list[Finding],
) -> Reading:
    return Reading(
        form=f"{raw.form}, {normal.form}" if normal.form else raw.form,
        header_line=raw.header_line,
        columns=used,
        unused=unused,
        interval_level=found.level,
        interval_rule=found.rule,
        as_of_rule=rule,
        findings=worst_first(findings),
    )


def _check_shape(raw: TextTable, groups: tuple[str, ...], shown_as: str) -> None:
    """Raise if the table has no column to form groups by, or no rows."""
    if not groups:
        columns = raw.recognized.layout.columns
        wanted = " or ".join(repr(columns[column][0]) for column in GROUP_COLUMNS)
        what = f"{shown_as} ({raw.form})" if raw.form not in ("", "CSV") else shown_as
        raise ScoresError(
            f"{what} has no column that divides models into groups. Columns found: "
            f"{', '.join(map(repr, raw.header))}. Add {wanted}, or join them by model name with "
            "--dates-from TABLE."
        )
    if not raw.rows:
        raise ScoresError(f"{shown_as} has a header but no rows. Give one row a model.")


def _columns(
    raw: TextTable, normal: Normalized, no_errors: bool
) -> tuple[tuple[ColumnUse, ...], tuple[tuple[str, ...], list[Finding]]]:
    """Which heading was taken for what, which for nothing, and which of those look like errors."""
    used = tuple(ColumnUse(column, raw.header[at]) for column, at in normal.used.items())
    taken = set(normal.used.values())
    idle = [at for at, heading in enumerate(raw.header) if at not in taken and heading]
    findings = []
    lookalikes = [
        raw.header[at]
        for at in idle
        if looks_like_interval(raw.header[at]) and any(not is_blank(row[at]) for row in raw.rows)
    ]
    if lookalikes:
        shown = ", ".join(map(repr, lookalikes))
        then = "so the scores count as exact up to the scatter. " if no_errors else ""
        findings.append(Finding(
            "wrong" if no_errors else "check",
            f"{shown} look(s) like intervals or errors and is not used: {then}If it is meant, name "
            "it: --column low=HEADING --column high=HEADING, or --column stderr=HEADING.",
        ))  # fmt: skip
    return used, (tuple(raw.header[at] for at in idle), findings)


def _spelled_twice(
    text: pd.DataFrame, values: pd.DataFrame, options: ReadOptions, shown_as: str, warn: bool
) -> list[Finding]:
    """One model under two spellings, refused unless it is accepted."""
    found = spelled_twice(text, values)
    if not found:
        return []
    shown = "; ".join(
        " and ".join(f"{model!r} (row {row})" for row, model in group) for group in found[:10]
    )
    said = f"Names that differ only in case, space or hyphens: {shown}"
    if not warn and "same-name" not in options.accept:
        raise ScoresError(
            f"{shown_as}: {said}. Keep one row a model, take one by --reruns mean, best or latest, "
            "or give --accept same-name if they are different models."
        )
    rows = tuple(row for group in found for row, _ in group)
    return [Finding("check", f"{said}. They count as different models.", rows)]


def _late(usable: pd.DataFrame) -> list[Finding]:
    """A last release long after the others: announced ahead, or a mistyped date."""
    ordered = usable.sort_values("released")
    gaps = ordered["released"].diff().dt.days.to_numpy(dtype=np.float64)[1:]
    if gaps.size < 5 or gaps[-1] <= max(90.0, 1.5 * gaps[:-1].max()):
        return []
    row, last = int(ordered.index[-1]), ordered.iloc[-1]
    return [Finding(
        "wrong",
        f"row {row}: {last['model']} is dated {last['released']:%Y-%m-%d}, {gaps[-1]:.0f} days "
        "after every other release, and lags are reported up to that day. Check the date (a model "
        "that is only announced has none yet), or give --as-of.",
        (row,),
    )]  # fmt: skip


def _unusable(text: pd.DataFrame, values: pd.DataFrame) -> list[LeftOut]:
    """Return repeated rows and rows without a date or a score, in the file's order."""
    first: dict[tuple[str, ...], int] = {}
    found = []
    no_score, no_date = values["score"].isna().to_numpy(), values["released"].isna().to_numpy()
    rows = zip(*(text[column].tolist() for column in text.columns), strict=True)
    for at, (row, cells) in enumerate(zip(text.index.tolist(), rows, strict=True)):
        seen = first.setdefault(cells, row)
        if seen != row:
            found.append(LeftOut(row, cells[0], f"the same as row {seen}"))
        elif no_score[at]:
            cell = text["score"].iloc[at]
            found.append(LeftOut(row, cells[0], "no score", "score", cell))
        elif no_date[at]:
            cell = text["released"].iloc[at]
            found.append(LeftOut(row, cells[0], "no release date", "released", cell))
    return found
