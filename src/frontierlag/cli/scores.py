"""`scores`: tables listed, shown, checked and fetched; `update`: a published one followed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from frontierlag.cli import options as o
from frontierlag.errors import UNCHANGED
from frontierlag.machine.progress import progress

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
    all_: Annotated[bool, Parameter(name="all")] = False,
    as_json: o.AsJson = False,
) -> int:
    """List the reference tables that come with the package, and those fetched.

    A star marks a table that a command reads by default.

    Example: frontierlag scores list --all

    Parameters
    ----------
    all_
        One line for every vintage of the archive too.
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
    scores: o.Scores = o.DEFAULT_SCORES,
    *,
    reading: o.Reading = o.DEFAULT_OPTIONS,
    rows: int = 20,
    as_json: o.AsJson = False,
) -> int:
    """Show a table: what it is, what was done to it, and its latest rows.

    Example: frontierlag scores show eci-2026-08-11 --rows 5

    Parameters
    ----------
    rows
        How many of the latest rows to print.
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
    scores: o.Scores,
    *,
    reading: o.Reading = o.DEFAULT_OPTIONS,
    comparison: str | None = None,
    as_json: o.AsJson = False,
) -> int:
    """Say how a table is read: what looks wrong, rows left out, columns; nothing is fitted.

    Example: frontierlag scores check my-scores.csv --comparison us-china

    Parameters
    ----------
    comparison
        Also check that this comparison can be made.
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
    url: str | None = None,
    *,
    cache: Path | None = None,
    offline_ok: bool = False,
    accept_smaller: bool = False,
    allow_http: o.AllowHttp = False,
    seconds: o.Seconds = 60.0,
    size: o.LargestAnswer = 20_000_000,
) -> int:
    """Fetch a score table, keep it with its date, and say what changed since the last one.

    Afterwards `frontierlag run --scores latest` uses it. Its as-of date is the day of retrieval. A
    refused answer leaves the last good copy as it was.

    Example: frontierlag scores fetch

    Example: frontierlag scores fetch https://epoch.ai/data/eci_scores.csv --offline-ok

    Parameters
    ----------
    url
        Address of a CSV file; by default Epoch AI's eci_scores.csv.
    cache
        Where fetched tables are kept; also the variable FRONTIERLAG_CACHE.
    offline_ok
        If no answer comes, go on with the last good copy.
    accept_smaller
        Take a table with less than half of the rows it had.
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
        before = load_scores(found.before_path or o.DEFAULT_SCORES)
        for sentence in what_changed(before, found.table):
            console.print(sentence, soft_wrap=True)
    name = "latest" if cache is None else str(found.path)
    console.print(f"as of {found.table.as_of}; use it as --scores {name}", soft_wrap=True)
    console.print(found.table.attribution, style="dim")
    return 0


def update(
    url: str | None = None,
    *,
    out: Path = Path("updates"),
    fetched: date | None = None,
    comparison: o.ComparisonName = "us-china",
    dates: o.DateConvention = o.DEFAULT_DATES,
    reading: o.Reading = o.DEFAULT_OPTIONS,
    site: str = "",
    accept_layout: bool = False,
    accept_smaller: bool = False,
    allow_http: o.AllowHttp = False,
    seconds: o.Seconds = 60.0,
    size: o.LargestAnswer = 20_000_000,
    sampler: o.Sampler = o.DEFAULT_SAMPLER,
    as_json: o.AsJson = False,
) -> int:
    """Fetch a table; if it has changed, keep it as a vintage, fit it, and say what moved the lag.

    Written are the vintage (archive/), tables and page of the newest (results/), the headline of
    every vintage (history.csv), what moved by model (moved.csv), a feed (feed.xml) and all of it in
    words (updates.md). The exit code is 0 if there is a new vintage, 4 if nothing has changed (then
    nothing is written), 1 if a fit did not converge, and 2 if no table came or it is refused.

    Example: frontierlag update --out updates

    Example: frontierlag update https://example.org/scores.csv --out mine --comparison USA:France

    Parameters
    ----------
    url
        Address of a CSV file; by default Epoch AI's eci_scores.csv.
    out
        Folder in which vintages, results, history and feed are kept.
    fetched
        Day of fetching, YYYY-MM-DD; by default the server's (header Date).
    site
        Address under which the folder is published, for links in the feed.
    accept_layout
        Take a table whose numbers may mean something else than before.
    accept_smaller
        Take a table that lacks more than a tenth of the models it had.
    """
    from frontierlag.facade import update as updated
    from frontierlag.report import as_json as answers
    from frontierlag.report.console import terminal
    from frontierlag.scores.fetch import DEFAULT_URL

    with progress("updating") as step:
        found = updated(
            url or DEFAULT_URL, comparison, out=out, fetched=fetched, dates=dates, options=reading,
            site=site, accept_layout=accept_layout, accept_smaller=accept_smaller,
            allow_http=allow_http, seconds=seconds, size=size, **sampler.model_dump(), done=step,
        )  # fmt: skip
    console = terminal(silent=as_json)
    console.print(found.words, markup=False, soft_wrap=True)
    if found.changed:
        console.print(f"written to {out}", markup=False)
        credit = str(found.history["attribution"].iloc[-1])
        console.print(credit, style="dim", markup=False, soft_wrap=True)
    if as_json:
        newest = found.history.tail(1).drop(columns="words")
        answers.write(
            {
                "changed": found.changed,
                "words": found.words,
                "vintage": found.vintage,
                "headline": answers.records(newest, answers.MONTHS)[0],
                "moved": found.moved,
                "converged": found.converged,
                "folder": out,
            }
        )
    if not found.changed:
        return UNCHANGED
    return 0 if found.converged else o.NOT_CONVERGED
