"""`scores`: score tables listed, shown, checked and fetched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from frontierlag.cli.options import (
    DEFAULT_OPTIONS,
    DEFAULT_SCORES,
    AllowHttp,
    AsJson,
    LargestAnswer,
    Reading,
    Scores,
    Seconds,
)

if TYPE_CHECKING:
    from rich.console import Console

    from frontierlag.scores.registry import ReferenceTable

scores_app = App(
    name="scores",
    help="Look at score tables: list, show, check, fetch.",
    help_epilogue="Example: frontierlag scores list",
)


@scores_app.command(name="list")
def list_(
    *,
    all_: Annotated[
        bool, Parameter(name="all", help="One line for every vintage of the archive too.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """List the reference tables that come with the package, and those fetched.

    A star marks a table that a command reads by default.

    Example: frontierlag scores list --all
    """
    from frontierlag.report import as_json as answers
    from frontierlag.report.console import terminal
    from frontierlag.scores import ATTRIBUTION, load_scores
    from frontierlag.scores.fetch import cache_folder, kept_copies
    from frontierlag.scores.item_results import load_results
    from frontierlag.scores.registry import registry

    console, known = terminal(silent=as_json), registry()
    console.print("Main tables", style="bold")
    for entry in known.of("scores", archived=False):
        table, star = load_scores(entry.name), " *" if entry.name == known.roles.scores else ""
        console.print(
            f"  {entry.name}{star}: {len(table.frame)} rows, {table.metric.name}, as of "
            f"{table.as_of}",
        )
    for entry in known.of("results"):
        results, star = load_results(entry.name), " *" if entry.name == known.roles.results else ""
        models, benchmarks = (results.frame[c].nunique() for c in ("model", "benchmark"))
        console.print(
            f"  {entry.name}{star}: {len(results.frame)} benchmark results (--results), {models} "
            f"models on {benchmarks} benchmarks",
        )
    console.print("Archive", style="bold")
    _list_archive(console, known.archive, every=all_)
    cache = cache_folder()
    for copy in kept_copies(cache):
        console.print(f"{cache / copy.file}: {copy.description}", soft_wrap=True)
    console.print(ATTRIBUTION, soft_wrap=True)
    if as_json:
        answers.write({"tables": known.tables, "fetched": kept_copies(cache), "cache": cache})
    return 0


def _list_archive(console: Console, archive: Sequence[ReferenceTable], *, every: bool) -> None:
    """Vintages by day, in a few lines or one line each."""
    from rich.padding import Padding
    from rich.text import Text

    if every:
        for one in archive:
            note = f"; {one.note}" if one.note else ""
            console.print(f"  {one.name}: {one.what}{note}", soft_wrap=True)
        return
    days = " ".join(str(one.vintage) for one in archive)
    console.print(
        f"  eci-DATE: the Epoch Capabilities Index as it stood on {len(archive)} days "
        "(`frontierlag study history` compares them, --all lists them with remarks):",
    )
    console.print(Padding(Text(days), (0, 0, 0, 4)))


@scores_app.command
def show(
    scores: Scores = DEFAULT_SCORES,
    *,
    reading: Reading = DEFAULT_OPTIONS,
    rows: Annotated[int, Parameter(help="How many of the latest rows to print.")] = 20,
    as_json: AsJson = False,
) -> int:
    """Show a table: what it is, what was done to it, and its latest rows.

    Example: frontierlag scores show eci-2026-08-11 --rows 5
    """
    from frontierlag.report import as_json as answers
    from frontierlag.report.console import show_rows, show_scores, terminal
    from frontierlag.report.screen import table_findings
    from frontierlag.scores import load_scores

    console, table = terminal(silent=as_json), load_scores(scores, reading)
    show_scores(console, table, table_findings(table, table.left_out))
    show_rows(console, table, rows)
    if as_json:
        latest = table.frame.sort_values("released").tail(rows)
        answers.write({**answers.table(table), "latest": latest})
    return 0


@scores_app.command
def check(
    scores: Scores,
    *,
    reading: Reading = DEFAULT_OPTIONS,
    comparison: Annotated[
        str | None, Parameter(help="Also check that this comparison can be made.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Say how a table is read: what looks wrong, rows left out, columns; nothing is fitted.

    Example: frontierlag scores check my-scores.csv --comparison us-china
    """
    from frontierlag.jobs import Job
    from frontierlag.report import as_json as answers
    from frontierlag.report.console import show_scores, terminal
    from frontierlag.report.screen import preflight, summary_line, table_findings
    from frontierlag.scores import load_scores

    console, table = terminal(silent=as_json), load_scores(scores, reading)
    record = answers.table(table)
    if comparison:
        prepared = Job(scores, comparison, reading=reading).prepare(table)
        findings = preflight(prepared)
        console.print(summary_line(prepared))
        record["data"] = answers.data(prepared)
    else:
        findings = table_findings(table, table.left_out)
    show_scores(console, table, findings)
    if as_json:
        answers.write({**record, "findings": findings})
    return 0


@scores_app.command
def fetch(
    url: Annotated[
        str | None, Parameter(help="Address of a CSV file; by default Epoch AI's eci_scores.csv.")
    ] = None,
    *,
    cache: Annotated[
        Path | None,
        Parameter(help="Where fetched tables are kept; also the variable FRONTIERLAG_CACHE."),
    ] = None,
    offline_ok: Annotated[
        bool, Parameter(help="If no answer comes, go on with the last good copy.")
    ] = False,
    accept_smaller: Annotated[
        bool, Parameter(help="Take a table with less than half of the rows it had.")
    ] = False,
    allow_http: AllowHttp = False,
    seconds: Seconds = 60.0,
    size: LargestAnswer = 20_000_000,
) -> int:
    """Fetch a score table, keep it with its date, and say what changed since the last one.

    Afterwards `frontierlag run --scores latest` uses it. Its as-of date is the day of retrieval. A
    refused answer leaves the last good copy as it was.

    Example: frontierlag scores fetch

    Example: frontierlag scores fetch https://epoch.ai/data/eci_scores.csv --offline-ok
    """
    from frontierlag.report.console import terminal
    from frontierlag.scores import load_scores
    from frontierlag.scores.fetch import DEFAULT_URL, Limits, Unreachable, cache_folder
    from frontierlag.scores.fetch import fetch as fetched
    from frontierlag.scores.fetch.cache import last_copy_of
    from frontierlag.scores.side_by_side import what_changed

    console, address = terminal(), url or DEFAULT_URL
    limits = Limits(size=size, seconds=seconds, allow_http=allow_http)
    try:
        found = fetched(address, cache, limits, accept_smaller=accept_smaller)
    except Unreachable as error:
        copy, path = last_copy_of(address, cache_folder(cache))
        if not offline_ok or copy is None:
            kept = f"; the copy of {copy.day} is kept: --offline-ok uses it" if copy else ""
            raise Unreachable(f"{error}{kept}") from error
        console.print(f"{error}; going on with {path}, {copy.description}", soft_wrap=True)
        return 0
    state = "new" if found.changed else "unchanged"
    console.print(
        f"{state}: {found.path}, {found.copy.description}, sha256 {found.copy.sha256[:12]}",
        soft_wrap=True,
    )
    if found.changed:
        before = load_scores(found.before_path or DEFAULT_SCORES)
        for sentence in what_changed(before, found.table):
            console.print(sentence, soft_wrap=True)
    name = "latest" if cache is None else str(found.path)
    console.print(f"as of {found.table.as_of}; use it as --scores {name}", soft_wrap=True)
    console.print(found.table.attribution, style="dim")
    return 0
