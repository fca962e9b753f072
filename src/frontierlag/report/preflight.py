"""What a reader should know of the data before anything is fitted: one screen, worst first.

A fit of the wrong rows converges as well as one of the right ones. So what was read, what was left
out and with which cells, and what looks wrong is said before the sampler starts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from textwrap import shorten

import pandas as pd
from rich.console import Console

from frontierlag.dates import WORDS
from frontierlag.fits.size import estimate
from frontierlag.intervals import OUTER
from frontierlag.jobs import Prepared
from frontierlag.results.manifest import reason_kind
from frontierlag.scores import Finding, LeftOut, date_lint
from frontierlag.scores.reading.report import worst_first

# Values of cells that are named for one reason, and lines of one severity that are printed.
NAMED, LINES = 4, 6
# Letters of a finding that are printed; the manifest and `scores check` have all of it.
LONGEST, ALL = 280, " ... (`frontierlag scores check` has all)"
# A reason of these is how a comparison works, not a fault of the table.
_EXPECTED = (
    "belongs to neither group",
    "released after the as-of date",
    "another setting of a model",
)
_MARKS = {"wrong": "WRONG? ", "check": "check: ", "note": ""}
_STYLES = {"wrong": "bold red", "check": "yellow", "note": "dim"}


def preflight(prepared: Prepared) -> tuple[Finding, ...]:
    """Everything of a job's data that should be known before it is fitted.

    Parameters
    ----------
    prepared
        The job with its data read.

    Returns
    -------
    Findings, worst first: what the reader of the table found; rows that were left out, by reason
    with the values of their cells; dates that names contradict; and as notes what columns were
    taken for, what is unused, how the as-of date and the level of intervals were settled, the date
    convention, and what was done to the table.
    """
    table, found = prepared.table, prepared.releases
    reading = table.reading
    findings = list(reading.findings)
    said = {finding.text for finding in findings}
    findings += _left_out(found.left_out)
    dates = [
        words
        for words in date_lint(table)
        if words not in said and not any(_of_one_date(words, other) for other in said)
    ]
    findings += [Finding("check", words) for words in dates]
    if reading.unused:
        unused = ", ".join(map(repr, reading.unused))
        findings.append(Finding("note", f"Columns that are not used: {unused}."))
    renamed = [f"{c.column} from {c.heading!r}" for c in reading.columns if c.column != c.heading]
    if renamed:
        findings.append(Finding("note", f"Columns: {', '.join(renamed)}."))
    if reading.interval_rule:
        findings.append(Finding("note", f"Level of intervals: {reading.interval_rule}"))
    if reading.as_of_rule:
        findings.append(Finding("note", reading.as_of_rule))
    said.add(reading.as_of_rule)
    notes = dict.fromkeys((*table.notes, *found.notes))
    findings += [Finding("note", words) for words in notes if words not in said]
    findings += [Finding("check", words) for words in estimate(prepared)]
    return worst_first(findings)


def _of_one_date(one: str, other: str) -> bool:
    """Whether two warnings say the same of one row's date: 'row 52: Omega is dated 2026-12-01,'."""
    start = one.partition(" days ")[0]
    return start.startswith("row ") and other.startswith(start)


def summary_line(prepared: Prepared) -> str:
    """What is fitted, in one sentence: rows, groups, window, dates and intervals."""
    found = prepared.releases
    counts = " and ".join(
        f"{int(found.of(g).sum())} of {name}" for g, name in enumerate(found.group_names)
    )
    level = prepared.table.reading.interval_level
    exact = bool((found.stderr == 0).all())
    errors = "no intervals" if exact else f"intervals of {level or OUTER:.0%}"
    return (
        f"{prepared.table.name}: {len(found)} of {len(prepared.table.frame)} rows are used "
        f"({counts}), {len(found.left_out)} left out; {prepared.window_words}; "
        f"{WORDS[found.dates]}; {prepared.table.metric.name}, {errors}"
    )


def show_preflight(console: Console, prepared: Prepared) -> None:
    """Print the sentence and the findings, each severity cut to a few lines."""
    console.print(summary_line(prepared), markup=False, soft_wrap=True)
    findings = preflight(prepared)
    for severity, mark in _MARKS.items():
        own = [finding for finding in findings if finding.severity == severity]
        for finding in own[:LINES]:
            words = shorten(f"- {mark}{finding.text}", LONGEST, placeholder=ALL)
            console.print(words, style=_STYLES[severity], markup=False, soft_wrap=True)
        if len(own) > LINES:
            console.print(
                f"- and {len(own) - LINES} more: `frontierlag scores check` lists all",
                style=_STYLES[severity],
                markup=False,
                soft_wrap=True,
            )


def failed_checks(predictive: pd.DataFrame, model: str) -> tuple[Finding, ...]:
    """The predictive checks that a fitted model fails, afterwards.

    Parameters
    ----------
    predictive
        Rows of ``predictive.csv``.
    model
        Whose.

    Returns
    -------
    A finding each.
    """
    own = predictive[(predictive["model"] == model) & (predictive["passed"] == False)]  # noqa: E712
    return tuple(
        Finding("check", f"{model} does not predict its data: {text}") for text in own["text"]
    )


def _left_out(rows: Sequence[LeftOut]) -> list[Finding]:
    """One finding a reason, the most frequent first, with the cells that are the reason."""
    by_kind: dict[str, list[LeftOut]] = {}
    for row in rows:
        by_kind.setdefault(reason_kind(row.reason), []).append(row)
    found = []
    for kind, own in sorted(by_kind.items(), key=lambda item: -len(item[1])):
        expected = kind in _EXPECTED and all(row.value or not row.column for row in own)
        words = f"{len(own)} row{'s' if len(own) > 1 else ''} left out, {kind}: {_cells(own)}"
        lines = tuple(row.row for row in own)
        found.append(Finding("note" if expected else "check", words, lines))
    return found


def _cells(rows: Sequence[LeftOut]) -> str:
    """The cells of rows by how many have the same, or the models where no cell is the reason."""
    valued = [row for row in rows if row.column]
    if len(valued) < len(rows):
        return _first([f"{row.model} (row {row.row})" for row in rows])
    (column, *others) = dict.fromkeys(row.column for row in rows)
    counts = Counter(row.value for row in rows)
    at: dict[str, list[str]] = {}
    for row in rows:
        at.setdefault(row.value, []).append(str(row.row))
    cells = [
        f"{value!r}{f' in {n}' if n > 1 else ''} (row {_first(at[value])})"
        for value, n in counts.most_common()
    ]
    return f"{'/'.join((column, *others))} {_first(cells)}"


def _first(words: Iterable[str]) -> str:
    every = list(words)
    more = f" and {len(every) - NAMED} more" if len(every) > NAMED else ""
    return f"{', '.join(every[:NAMED])}{more}"
