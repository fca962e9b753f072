"""From a table as read to validated values, what they measure and what a reader should know."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from frontierlag.dates import Dates
from frontierlag.errors import ScoresError
from frontierlag.scores.corrections import Correction, corrections, dated, resolve
from frontierlag.scores.metric import ECI, Metric, index_metric
from frontierlag.scores.reading import validation
from frontierlag.scores.reading.blanks import candidates, empty_groups, naming
from frontierlag.scores.reading.files import TextTable, read_table
from frontierlag.scores.reading.layouts import GROUP_COLUMNS, looks_like_interval
from frontierlag.scores.reading.measures import days_of, known_metric, measured, with_errors
from frontierlag.scores.reading.normalize import NUMBERS, Normalized, own_schema
from frontierlag.scores.reading.options import ReadOptions
from frontierlag.scores.reading.parsing import is_blank, same_name
from frontierlag.scores.reading.report import (
    ColumnUse,
    Finding,
    LeftOut,
    Reading,
    listed,
    worst_first,
)
from frontierlag.scores.reading.rows import (
    late,
    merged_cells,
    one_row_each,
    spelled_twice,
    unusable,
)
from frontierlag.scores.reading.sanity import checked
from frontierlag.scores.registry import ATTRIBUTION, ReferenceTable, own_credit, registry
from frontierlag.scores.scale import AS_GIVEN, METRICS, scale_of, scaled

# What another table can say of a model, and what that table and this one may lack for it.
JOINED = ("released", "organization", "country", "weights")
LACKING = frozenset({"released"})
_LACKING_OTHER = frozenset({"released", "score"})


@dataclass(frozen=True)
class Assembled:
    """What a score table is made of: the fields of `ScoreTable` that are read."""

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

    `reference` is its entry among the tables that come with the package; None for a user's own,
    which messages name as `shown_as`.

    Raises
    ------
    ScoresError
        If the table cannot be used, or would give a wrong answer as it stands.
    BadRowsError
        If rows are bad: a ScoresError whose `problems` lists all of them.
    """
    if options.dates_from:
        raw = with_dates(raw, options)
    layout = raw.recognized.layout
    groups = tuple(column for column in GROUP_COLUMNS if raw.recognized.positions.get(column))
    _check_shape(raw, groups, shown_as)
    normal = own_schema(raw, options)
    heading = " ".join(raw.header[normal.score_at].split())
    declared = METRICS[reference.metric] if reference is not None else None
    found = measured(normal, heading, options, scale_of(declared) if declared else AS_GIVEN)
    notes, findings = list(normal.notes), [*normal.findings, *found.findings]
    text, values, left_out, said = one_row_each(normal.text, found.values, options)
    findings += said
    metric: Metric | None
    if declared is not None and found.scale == scale_of(declared):
        metric = declared
    else:
        metric, how, said = known_metric(
            name, layout.scale, heading, text["model"].tolist(),
            values["score"].to_numpy(dtype=np.float64), found, options,
        )  # fmt: skip
        notes += how
        findings += said
    text, values, dropped, said = with_errors(text, values, metric, options)
    left_out += dropped
    findings += said
    problems = validation.problems(text, values, metric)
    if problems:
        raise validation.BadRowsError(shown_as, problems)
    given = text
    text, resolved = resolve(text, groups)
    notes += resolved
    filled = tuple(
        (column, model)
        for column in groups
        for model in text.loc[text[column] != given[column], "model"]
    )
    # A copy of the index in another layout is known by its anchors, and dated like the original.
    from_publisher = reference is not None or layout.from_epoch or metric == ECI
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
        findings += spelled_twice(text, values, options, shown_as, layout.from_epoch)
        findings += checked(usable, metric, heading, options, shown_as, found.scale.changes)
        merged, of_merged = merged_cells(text, groups)
        findings += merged + late(usable)
        findings += empty_groups(frame, [one for one in groups if one not in of_merged])
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
        credit = ATTRIBUTION if layout.from_epoch else own_credit(Path(shown_as).name)
    used, idle, said = _columns(raw, normal, no_errors)
    likely = candidates(raw, idle) if reference is None else ()
    findings += said + [Finding(
        "check",
        f"{use.heading!r} looks like a column {use.column!r} and is not used. If it is one, name "
        f"it: {naming(use)}.",
    ) for use in likely]  # fmt: skip
    left_out += unusable(text, values)
    return Assembled(
        frame=frame.rename_axis("row").reset_index(),
        metric=metric,
        vintage=vintage,
        as_of=as_of,
        attribution=credit,
        left_out=tuple(sorted(left_out, key=lambda row: row.row)),
        notes=(*notes, *(finding.text for finding in findings)),
        filled=filled,
        reading=Reading(
            form=f"{raw.form}, {normal.form}" if normal.form else raw.form,
            header_line=raw.header_line,
            columns=used,
            unused=tuple(raw.header[at] for at in idle),
            candidates=likely,
            interval_level=found.level,
            interval_rule=found.rule,
            as_of_rule=rule,
            findings=worst_first(findings),
        ),
        corrections=dating.corrections,
    )


def _check_shape(raw: TextTable, groups: tuple[str, ...], shown_as: str) -> None:
    """Raise if the table has no column to form groups by, or no rows."""
    if not groups:
        columns, positions = raw.recognized.layout.columns, raw.recognized.positions
        wanted = " or ".join(repr(columns[column][0]) for column in GROUP_COLUMNS)
        taken = {at for places in positions.values() for at in places}
        likely = candidates(raw, [at for at in range(len(raw.header)) if at not in taken])
        named = ", ".join(map(naming, likely))
        do = f"Name what looks like one ({named}), add" if likely else "Add"
        what = f"{shown_as} ({raw.form})" if raw.form not in ("", "CSV") else shown_as
        raise ScoresError(
            f"{what} has no column that divides models into groups. Columns found: "
            f"{', '.join(map(repr, raw.header))}. {do} {wanted}, or join them by "
            "model name with --dates-from TABLE."
        )
    if not raw.rows:
        raise ScoresError(f"{shown_as} has a header but no rows. Give one row a model.")


def _columns(
    raw: TextTable, normal: Normalized, no_errors: bool
) -> tuple[tuple[ColumnUse, ...], list[int], list[Finding]]:
    """Which heading was taken for what, which positions for nothing, and which look like errors."""
    used = tuple(ColumnUse(column, raw.header[at]) for column, at in normal.used.items())
    taken = set(normal.used.values())
    idle = [at for at, heading in enumerate(raw.header) if at not in taken and heading]
    lookalikes = [
        repr(raw.header[at])
        for at in idle
        if looks_like_interval(raw.header[at]) and any(not is_blank(row[at]) for row in raw.rows)
    ]
    if not lookalikes:
        return used, idle, []
    then = "so the scores count as exact up to the scatter. " if no_errors else ""
    return used, idle, [Finding(
        "wrong" if no_errors else "check",
        f"{', '.join(lookalikes)} look(s) like intervals or errors and is not used: {then}If it is "
        "meant, name it: --column low=HEADING --column high=HEADING, or --column stderr=HEADING.",
    )]  # fmt: skip


def with_dates(table: TextTable, options: ReadOptions) -> TextTable:
    """Return a table with what `options.dates_from` says of its models where it says nothing.

    Names are compared without regard to case, space, hyphens and underscores.

    Raises
    ------
    ScoresError
        If the other table cannot be read, has two values for one model, or knows no model.
    """
    other = _other(options.dates_from)
    known = _by_name(other, options.dates_from)
    positions = dict(table.recognized.positions)
    header, rows = list(table.header), [list(row) for row in table.rows]
    columns = [c for c in JOINED if other.recognized.positions.get(c)]
    for column in columns:
        if not positions.get(column):
            positions[column] = (len(header),)
            header.append(f"{column} ({options.dates_from})")
            for row in rows:
                row.append("")
    missing, filled = [], 0
    at_model = positions["model"][0]
    for row in rows:
        found = known.get(same_name(row[at_model]))
        if found is None:
            missing.append(row[at_model])
            continue
        for column in columns:
            at = positions[column][0]
            if is_blank(row[at]) and found[column]:
                row[at] = found[column]
                filled += 1
    if rows and len(missing) == len(rows):
        raise ScoresError(
            f"{options.dates_from} knows none of the {len(rows)} models by name, such as "
            f"{missing[0]!r}. Give a table with the same names."
        )
    said = f"{filled} cell(s) ({', '.join(columns)}) are from {options.dates_from}, by model name."
    findings = [Finding("note", said)]
    if missing:
        said = f"{len(missing)} of {len(rows)} models are not in {options.dates_from}: "
        findings.append(Finding("wrong", f"{said}{listed(missing, 15, ', ...')}."))
    return replace(
        table,
        header=tuple(header),
        rows=tuple(map(tuple, rows)),
        recognized=replace(table.recognized, positions=positions),
        findings=(*table.findings, *findings),
    )


def _other(given: str) -> TextTable:
    reference = registry().find(given, "scores")
    if reference is not None:
        return read_table(reference.source.read_bytes(), reference.file)
    try:
        content = Path(given).read_bytes()
    except OSError as error:
        raise ScoresError(f"--dates-from {given} cannot be read: {error}") from None
    return read_table(content, given, optional=_LACKING_OTHER)


def _by_name(other: TextTable, given: str) -> dict[str, dict[str, str]]:
    """What a table says of each model, by a name that spellings share."""
    positions = other.recognized.positions
    columns = [c for c in JOINED if positions.get(c)]
    if not columns:
        raise ScoresError(
            f"--dates-from {given} has none of {', '.join(JOINED)}. Columns found: "
            f"{', '.join(map(repr, other.header))}."
        )
    at_model = positions["model"][0]
    known: dict[str, dict[str, str]] = {}
    for row, line in zip(other.rows, other.lines, strict=True):
        cells = {c: row[positions[c][0]] for c in columns}
        found = {c: "" if is_blank(cell) else cell for c, cell in cells.items()}
        before = known.setdefault(same_name(row[at_model]), found)
        if before != found:
            raise ScoresError(
                f"--dates-from {given} has two values for {row[at_model]!r} (row {line}): {before} "
                f"and {found}. Keep one row a model."
            )
    return known
