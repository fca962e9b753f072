"""Dates, makers, countries and weights from another table, joined by model name."""

from __future__ import annotations

from dataclasses import replace

from frontierlag.errors import ScoresError
from frontierlag.scores.reading import parsing
from frontierlag.scores.reading.files import TextTable, read_table
from frontierlag.scores.reading.layouts import Recognized
from frontierlag.scores.reading.options import ReadOptions
from frontierlag.scores.reading.parsing import same_name
from frontierlag.scores.reading.report import Finding
from frontierlag.scores.registry import registry

JOINED = ("released", "organization", "country", "weights")
# What a table may lack when another one is joined to it, and what that one may lack.
LACKING = frozenset({"released"})
_LACKING_OTHER = frozenset({"released", "score"})


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
            if parsing.is_blank(row[at]) and found[column]:
                row[at] = found[column]
                filled += 1
    if rows and len(missing) == len(rows):
        raise ScoresError(
            f"{options.dates_from} knows none of the {len(rows)} models by name, such as "
            f"{missing[0]!r}. Give a table with the same names."
        )
    findings = [Finding("note", f"{filled} cell(s) ({', '.join(columns)}) are from "
                                f"{options.dates_from}, by model name.")]  # fmt: skip
    if missing:
        findings.append(Finding(
            "wrong", f"{len(missing)} of {len(rows)} models are not in {options.dates_from}: "
                     f"{', '.join(missing[:15])}{', ...' if len(missing) > 15 else ''}.",
        ))  # fmt: skip
    recognized = Recognized(
        table.recognized.layout, positions, table.recognized.level, table.recognized.pairs
    )
    return replace(
        table,
        header=tuple(header),
        rows=tuple(tuple(row) for row in rows),
        recognized=recognized,
        findings=(*table.findings, *findings),
    )


def _other(given: str) -> TextTable:
    reference = registry().find(given, "scores")
    if reference is not None:
        return read_table(reference.source.read_bytes(), reference.file)
    path = ReadOptions(dates_from=given).dates_path
    assert path is not None
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ScoresError(f"--dates-from {given} cannot be read: {error}") from None
    return read_table(content, given, optional=_LACKING_OTHER)


def _by_name(other: TextTable, given: str) -> dict[str, dict[str, str]]:
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
        found = {c: row[positions[c][0]] for c in columns}
        found = {c: "" if parsing.is_blank(cell) else cell for c, cell in found.items()}
        key = same_name(row[at_model])
        before = known.setdefault(key, found)
        if before != found:
            raise ScoresError(
                f"--dates-from {given} has two values for {row[at_model]!r} (row {line}): {before} "
                f"and {found}. Keep one row a model."
            )
    return known
