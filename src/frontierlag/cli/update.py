"""`update`: a published table followed, vintage by vintage."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from frontierlag.cli.options import (
    DEFAULT_DATES,
    DEFAULT_SAMPLER,
    NOT_CONVERGED,
    AllowHttp,
    AsJson,
    ComparisonName,
    DateConvention,
    LargestAnswer,
    Reading,
    Sampler,
    Seconds,
)
from frontierlag.errors import UNCHANGED
from frontierlag.machine.progress import progress
from frontierlag.scores.reading.options import DEFAULT_OPTIONS


def update(
    url: Annotated[
        str | None, Parameter(help="Address of a CSV file; by default Epoch AI's eci_scores.csv.")
    ] = None,
    *,
    out: Annotated[
        Path, Parameter(help="Folder in which vintages, results, history and feed are kept.")
    ] = Path("updates"),
    fetched: Annotated[
        date | None,
        Parameter(help="Day of fetching, YYYY-MM-DD; by default the server's (header Date)."),
    ] = None,
    comparison: ComparisonName = "us-china",
    dates: DateConvention = DEFAULT_DATES,
    reading: Reading = DEFAULT_OPTIONS,
    site: Annotated[
        str, Parameter(help="Address under which the folder is published, for links in the feed.")
    ] = "",
    accept_layout: Annotated[
        bool, Parameter(help="Take a table whose numbers may mean something else than before.")
    ] = False,
    accept_smaller: Annotated[
        bool, Parameter(help="Take a table that lacks more than a tenth of the models it had.")
    ] = False,
    allow_http: AllowHttp = False,
    seconds: Seconds = 60.0,
    size: LargestAnswer = 20_000_000,
    sampler: Sampler = DEFAULT_SAMPLER,
    as_json: AsJson = False,
) -> int:
    """Fetch a table; if it has changed, keep it as a vintage, fit it, and say what moved the lag.

    Written are the vintage (archive/), tables and page of the newest (results/), the headline of
    every vintage (history.csv), what moved by model (moved.csv), a feed (feed.xml) and all of it in
    words (updates.md). The exit code is 0 if there is a new vintage, 4 if nothing has changed (then
    nothing is written), 1 if a fit did not converge, and 2 if no table came or it is refused.

    Example: frontierlag update --out updates

    Example: frontierlag update https://example.org/scores.csv --out mine --comparison USA:France
    """
    from frontierlag.report import as_json as answers
    from frontierlag.report.console import terminal
    from frontierlag.scores.fetch import DEFAULT_URL, Limits
    from frontierlag.updates.update import Following
    from frontierlag.updates.update import update as updated

    limits = Limits(size=size, seconds=seconds, allow_http=allow_http)
    asked = Following(
        out, url or DEFAULT_URL, comparison, dates, reading, sampler, limits, site
    )  # fmt: skip
    with progress("updating") as step:
        found = updated(
            asked, fetched, accept_layout=accept_layout, accept_smaller=accept_smaller, done=step
        )
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
    return 0 if found.converged else NOT_CONVERGED
