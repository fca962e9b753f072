"""What was read of a table and how, as a record that others print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

# Worst first: 'wrong' may well move the answer, 'check' is worth a look, 'note' is what was done.
Severity = Literal["wrong", "check", "note"]
SEVERITIES: tuple[Severity, ...] = ("wrong", "check", "note")


@dataclass(frozen=True)
class LeftOut:
    """A row that is not used, by its line in the file (the header is line 1) and name, and why.

    `column` and `value` are the cell that is the reason, as the file has it; '' where none is.
    """

    row: int
    model: str
    reason: str
    column: str = ""
    value: str = ""


@dataclass(frozen=True)
class ColumnUse:
    """A column of the own schema and the heading that it was taken from."""

    column: str
    heading: str


@dataclass(frozen=True)
class Finding:
    """Something about a table, or rows of it, that a reader of results should know.

    'wrong' may well move the answer, 'check' is worth a look, 'note' is what was done. The text
    says what was found, in which cells, what to do.
    """

    severity: Severity
    text: str
    rows: tuple[int, ...] = ()


@dataclass(frozen=True)
class Reading:
    """How a table was read.

    Attributes
    ----------
    form
        The kind of file, such as 'CSV, semicolons, decimal commas, UTF-8' or 'Excel workbook,
        sheet Scores'.
    header_line
        Line of the headings.
    columns
        Which heading each column of the own schema was taken from.
    unused
        Headings that were not taken for anything, in the file's order.
    candidates
        Those of them whose cells are countries, or say whether weights are open, where the table
        has no such column.
    interval_level
        Probability of the table's own intervals; None if it has none. The table's `low` and `high`
        are always those of 90 %.
    interval_rule
        How that level was settled, in words; '' without intervals.
    as_of_rule
        How the as-of date was settled, in words.
    findings
        What a reader should know, worst first.
    """

    form: str = ""
    header_line: int = 1
    columns: tuple[ColumnUse, ...] = ()
    unused: tuple[str, ...] = ()
    candidates: tuple[ColumnUse, ...] = ()
    interval_level: float | None = None
    interval_rule: str = ""
    as_of_rule: str = ""
    findings: tuple[Finding, ...] = ()

    def of(self, *severities: Severity) -> tuple[Finding, ...]:
        """Return the findings of the given severities, in order."""
        return tuple(finding for finding in self.findings if finding.severity in severities)


def worst_first(findings: list[Finding]) -> tuple[Finding, ...]:
    """Return findings by severity, in their order within one."""
    return tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))


def listed(items: Sequence[object], most: int, more: str = "", between: str = ", ") -> str:
    """The first few items in words; `more` stands for the others, with {} for their number."""
    words = between.join(map(str, items[:most]))
    return words + (more.format(len(items) - most) if len(items) > most else "")
