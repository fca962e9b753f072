"""What a run ends with on a terminal: the answer first, and no more than fits one screen."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from textwrap import shorten, wrap
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Console

from frontierlag.dates import WORDS
from frontierlag.fits.size import time_and_memory
from frontierlag.intervals import INTERVAL_KIND, OUTER, decimals
from frontierlag.jobs import Prepared
from frontierlag.names import AT_RELEASE, REALIZED, TREND, WINDOW
from frontierlag.results.folder import headline_model, read_manifest, read_table
from frontierlag.results.manifest import reason_kind
from frontierlag.scores import Finding, LeftOut, ScoreTable, date_lint
from frontierlag.scores.reading.report import worst_first
from frontierlag.scores.scale import unit_words
from frontierlag.words import FEW_BOUNDS

if TYPE_CHECKING:
    from frontierlag.runs.run import Result


WIDTH, LINES = 80, 25
# What each lag is between, in the words of the table.
_BETWEEN = {
    TREND: ("trend", "between the two smooth trends"),
    AT_RELEASE: ("at release", "on days of the follower's records"),
    REALIZED: ("realized", "between the best models available"),
}
# Lines that the data may take where there is room, and those of any one fact.
_FACT_LINES = 2
_INDENT = " " * len("Data: ")
# What a reader may look for in a results folder, as far as it is there.
_FILES = ("lags.csv", "claims.md", "comparison.csv", "window_starts.csv", "influence.csv")


def run_screen(result: Result, prepared: Prepared, folder: Path, scores: str = "") -> list[str]:
    """The end of a run on one data set, at most 25 lines of at most 80 columns.

    A path or a model's name that is longer than a line is not broken. ``scores`` is the table as
    named in the request, where that is a path.
    """
    own = {outcome.model: outcome for outcome in result.outcomes}
    answer = _wrapped(own[result.headline].sentences[0])
    table = _lag_lines(result.table("ladder"), result.headline)
    rests = _wrapped(_rests(prepared, result.headline))
    others = _wrapped(_others(result.table("lags"), result.headline))
    verdict = _wrapped(_verdict(result))
    where = _where(folder)
    above, below = [*answer, "", *table, "", *rests, *others, *verdict], ["", *where]
    known = [finding.text for finding in warnings(result, prepared)]
    room = LINES - len(above) - len(below)
    return [*above, *_fitting(known, room, scores or prepared.table.name), *below]


def runs_screen(results: Sequence[Result], folders: Sequence[Path], top: Path) -> list[str]:
    """The end of a run on several data sets: a line each, and where the rest is, below ``top``."""
    lags = [result.table("lags") for result in results]
    headlines = [result.headline for result in results]
    return _summary(lags, headlines, [result.converged for result in results], folders, top)


def stored_screen(folders: Sequence[Path], top: Path) -> list[str]:
    """The same of results that are there already, from their tables."""
    manifests = [read_manifest(folder) for folder in folders]
    headlines = [headline_model(manifest) for manifest in manifests]
    lags = [read_table(folder, "lags.csv", ("model", "lag", "period")) for folder in folders]
    converged = [all(manifest["converged"].values()) for manifest in manifests]
    return _summary(lags, headlines, converged, folders, top)


def _summary(
    lags: Sequence[pd.DataFrame],
    headlines: Sequence[str],
    converged: Sequence[bool],
    folders: Sequence[Path],
    top: Path,
) -> list[str]:
    head = f"Mean realized lag in months: median ({OUTER:.0%} {INTERVAL_KIND} interval)"
    lines = [head.replace("%", " %"), ""]
    names = [_below(folder, top) for folder in folders]
    broad = min(max(len(name) for name in names), WIDTH - 40)
    for table, headline, passed, name in zip(lags, headlines, converged, names, strict=True):
        row = _row(table, headline, REALIZED)
        mark = "" if passed else " (*)"
        lines.append(f"{name:<{broad}}  {headline:<19}  {estimate(row)}{mark}")
    done = sum(converged)
    lines += ["", f"Converged: {done} of {len(folders)} data sets."]
    if done < len(folders):
        lines.append("(*) NOT CONVERGED: `frontierlag diagnose FOLDER` says which fit and why.")
    pages = f"Next: frontierlag report {shlex.quote(str(top))}"
    return [*lines, f"Tables, claims and posteriors are in {top}.", "", pages]


def estimate(row: Mapping[Hashable, Any]) -> str:
    """Median and 90 % interval, as in ``6.8 (5.8 to 7.9)``, with no more digits than they bear."""
    if pd.isna(row["median"]):
        return "no draw has a lag"
    k = decimals(max(float(row["mcse_mean"]), float(row["mcse_median"])), most=1)
    bound = "at least " if row["censored"] > FEW_BOUNDS and row["lag"] != TREND else ""
    return f"{bound}{row['median']:.{k}f} ({row['lower90']:.{k}f} to {row['upper90']:.{k}f})"


def warnings(result: Result, prepared: Prepared) -> list[Finding]:
    """What a reader of the numbers should know, worst first: of the data, and of the model.

    Notes, which say how the table was read and are no warnings, are not among them.
    """
    predictive = result.table("predictive")
    found = [*preflight(prepared), *failed_checks(predictive, result.headline)]
    return [finding for finding in worst_first(found) if finding.severity != "note"]


def _lag_lines(ladder: pd.DataFrame, model: str) -> list[str]:
    """The three lags of the headline model, a line each."""
    lines = [f"{'Lag in months':<15}{f'median ({OUTER:.0%} interval)':<26}"]
    for kind, (name, between) in _BETWEEN.items():
        lines.append(f"{name:<15}{estimate(_row(ladder, model, kind)):<26}{between}")
    return [line.rstrip() for line in lines]


def _row(table: pd.DataFrame, model: str, kind: str) -> Mapping[Hashable, Any]:
    chosen = table[(table["model"] == model) & (table["lag"] == kind) & (table["period"] == WINDOW)]
    (row,) = chosen.to_dict("records")
    return row


def _rests(prepared: Prepared, model: str) -> str:
    r = prepared.releases
    counts = [int(r.of(g).sum()) for g in (0, 1)]
    behind = {"scores": "scores", "results": "benchmark results", "draws": "joint draws of scores"}
    return (
        f"Rests on: {behind[prepared.reads]} of {counts[0]} releases of {r.group_names[0]} and "
        f"{counts[1]} of {r.group_names[1]}, {prepared.table.name}, {WORDS[r.dates]}; headline "
        f"model {model}."
    )


def _others(lags: pd.DataFrame, headline: str) -> str:
    """The mean realized lag by the other models; empty if there is none."""
    chosen = lags[(lags["lag"] == REALIZED) & (lags["period"] == WINDOW)]
    by_model = [
        f"{row['model']} {estimate(row)}" + ("" if row["converged"] else " NOT CONVERGED")
        for row in chosen.to_dict("records")
        if row["model"] != headline
    ]
    return f"Realized lag by other models: {'; '.join(by_model)}." if by_model else ""


def _verdict(result: Result) -> str:
    """Convergence in a word, and of a failure which fits."""
    fits = [*result.outcomes, *(outcome for _, outcome in result.evidence)]
    failed = [outcome for outcome in fits if not outcome.converged]
    if failed:
        names = ", ".join(dict.fromkeys(outcome.model for outcome in failed))
        first = failed[0].verdict.removeprefix("not converged: ").partition(";")[0]
        return (
            f"Convergence: NOT CONVERGED: {names} ({first}); `frontierlag diagnose` says what to do"
        )
    if not result.converged:
        return (
            "Convergence: all fits converged, but a stack or a refit without one release did not "
            "(comparison.csv)."
        )
    if len(fits) == 1:
        return "Convergence: passed."
    return f"Convergence: passed by all {len(fits)} fits."


def _where(folder: Path) -> list[str]:
    files = ", ".join(name for name in _FILES if (folder / name).is_file())
    shown = shlex.quote(str(folder))
    following = [f"Next: frontierlag report {shown}", f"      frontierlag cite {shown}"]
    return [*_wrapped(f"In {folder}: {files} and the posteriors."), *following]


def _fitting(facts: Sequence[str], room: int, scores: str) -> list[str]:
    """As many facts as there is room for, each cut to two lines, and how to see the rest."""
    if not facts:
        return ["Data: no warnings."]
    lines: list[str] = []
    shown = 0
    for fact in facts:
        wrapped = _wrapped(f"{_INDENT if lines else 'Data: '}{fact}", indent=_INDENT)
        if len(wrapped) > _FACT_LINES:
            last = wrapped[_FACT_LINES - 1][: WIDTH - 4].rstrip()
            wrapped = [*wrapped[: _FACT_LINES - 1], f"{last} ..."]
        # The last line says what is not shown.
        if len(lines) + len(wrapped) > room - 1:
            break
        lines += wrapped
        shown += 1
    if shown < len(facts) or any(line.endswith(" ...") for line in lines):
        left = len(facts) - shown
        more = f"{left} more: " if left else "in full: "
        lines.append(f"{_INDENT}{more}frontierlag scores check {shlex.quote(scores)}")
    return lines


def _wrapped(words: str, indent: str = "") -> list[str]:
    return wrap(
        words, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _below(folder: Path, top: Path) -> str:
    return str(folder.relative_to(top)) if folder.is_relative_to(top) else str(folder)


# Values of cells that are named for one reason, and lines of one severity that are printed.
NAMED, PREFLIGHT_LINES = 4, 6
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


def table_findings(
    table: ScoreTable,
    left_out: Sequence[LeftOut],
    notes: Sequence[str] = (),
    of_releases: Sequence[Finding] = (),
) -> tuple[Finding, ...]:
    """Everything of a table that should be known before it is fitted, worst first.

    That is what the reader of the table found, and what was found of a comparison's releases
    (``of_releases``); rows that were left out, by reason with the values
    of their cells; dates that names contradict; and as notes what columns were taken for, what is
    unused, how the as-of date and the level of intervals were settled, the date convention, and
    what was done to the table and, as ``notes`` say, to its rows after reading.
    """
    reading = table.reading
    findings = [*reading.findings, *of_releases]
    said = {finding.text for finding in findings}
    findings += _left_out(left_out)
    dates = [
        words
        for words in date_lint(table)
        if words not in said and not any(_of_one_date(words, other) for other in said)
    ]
    findings += [Finding("check", words) for words in dates]
    said_of = []
    if reading.unused:
        said_of.append(f"Columns that are not used: {', '.join(map(repr, reading.unused))}.")
    renamed = [f"{c.column} from {c.heading!r}" for c in reading.columns if c.column != c.heading]
    if renamed:
        said_of.append(f"Columns: {', '.join(renamed)}.")
    if reading.interval_rule:
        said_of.append(f"Level of intervals: {reading.interval_rule}")
    if reading.as_of_rule:
        said_of.append(reading.as_of_rule)
    said.add(reading.as_of_rule)
    said_of += [words for words in dict.fromkeys((*table.notes, *notes)) if words not in said]
    return worst_first([*findings, *(Finding("note", words) for words in said_of)])


def preflight(prepared: Prepared) -> tuple[Finding, ...]:
    """What should be known of a job's data before it is fitted, and how long that takes."""
    found = prepared.releases
    findings = table_findings(prepared.table, found.left_out, found.notes, found.findings)
    return worst_first(
        [*findings, *(Finding("check", words) for words in time_and_memory(prepared))]
    )


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
        f"{WORDS[found.dates]}; {unit_words(prepared.table.metric)}, {errors}"
    )


def show_preflight(console: Console, prepared: Prepared) -> None:
    """Print the sentence and the findings, each severity cut to a few lines."""
    console.print(summary_line(prepared), soft_wrap=True)
    findings = preflight(prepared)
    for severity in _MARKS:
        own = [finding for finding in findings if finding.severity == severity]
        show_findings(console, own[:PREFLIGHT_LINES], LONGEST)
        if len(own) > PREFLIGHT_LINES:
            console.print(
                f"- and {len(own) - PREFLIGHT_LINES} more: `frontierlag scores check` lists all",
                style=_STYLES[severity],
                soft_wrap=True,
            )


def show_findings(console: Console, findings: Sequence[Finding], longest: int = 0) -> None:
    """Print findings, one each line, whole or cut to a length."""
    for finding in findings:
        words = f"- {_MARKS[finding.severity]}{finding.text}"
        if longest:
            words = shorten(words, longest, placeholder=ALL)
        console.print(words, style=_STYLES[finding.severity], soft_wrap=bool(longest))


def failed_checks(predictive: pd.DataFrame, model: str) -> tuple[Finding, ...]:
    """The predictive checks that a fitted model fails, one finding each."""
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
