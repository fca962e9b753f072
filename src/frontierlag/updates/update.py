"""One update: fetch, check against the last vintage, keep, fit, say what moved, write.

What is written is written so that a stop at any moment does no harm: a vintage's file comes first
and counts for nothing until the list of the archive names it, which is written last of all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import NoReturn

import pandas as pd

from frontierlag.dates import RELEASED, Dates
from frontierlag.errors import FetchError, FrontierLagError, OutputError, ScoresError
from frontierlag.jobs import Job
from frontierlag.machine.files import replaced
from frontierlag.report.page.build import write_tree
from frontierlag.runs.run import Result, run_jobs
from frontierlag.scores import ScoreTable
from frontierlag.scores.fetch import DEFAULT_URL, Limits, Unusable, read_answer
from frontierlag.scores.fetch.cache import file_name
from frontierlag.scores.fetch.download import Download, download
from frontierlag.scores.reading.options import DEFAULT_OPTIONS, ReadOptions
from frontierlag.settings import SamplerSettings
from frontierlag.studies.history.tables import Vintage, reason
from frontierlag.updates.archive import ACCEPTED, REFUSED, Archive, Kept, digest, moment, place
from frontierlag.updates.causes import Causes, causes
from frontierlag.updates.check import Differences, differences, headings_differ, listed
from frontierlag.updates.feed import FEED, feed, write_feed
from frontierlag.updates.headlines import (
    ABOUT,
    HISTORY,
    MOVED,
    headline,
    read_rows,
    with_moved,
    with_row,
    write_table,
)
from frontierlag.updates.words import first_words, paragraph, refusals, whole_page

RESULTS, PAGE, SITE_INDEX = "results", "updates.md", "index.html"
_OURS = (f"{HISTORY}.csv", f"{MOVED}.csv", FEED, PAGE, RESULTS, SITE_INDEX)


@dataclass(frozen=True)
class Following:
    """What is followed, and how.

    Attributes
    ----------
    folder
        Where everything is kept.
    url
        The address of the table.
    comparison, dates, reading
        As of a :class:`~frontierlag.jobs.Job`; the same for all vintages of a folder.
    settings
        Of the sampler.
    limits
        On what a server may send.
    site
        The address under which the folder is published; empty if nowhere.
    """

    folder: Path
    url: str = DEFAULT_URL
    comparison: str = "us-china"
    dates: Dates = RELEASED
    reading: ReadOptions = DEFAULT_OPTIONS
    settings: SamplerSettings = field(default_factory=SamplerSettings)
    limits: Limits = field(default_factory=Limits)
    site: str = ""

    def job(self, path: Path) -> Job:
        """The analysis of one vintage."""
        return Job(str(path), self.comparison, reading=self.reading, dates=self.dates)


@dataclass(frozen=True, eq=False)
class Update:
    """What came of it.

    Attributes
    ----------
    changed
        Whether there is a new vintage; without one nothing was written.
    vintage
        The new one, or the last one that still stands.
    words
        The paragraph.
    moved
        What moved by model; empty of a first vintage.
    history
        The headline of every vintage, in order.
    converged
        Whether every fit passed the gate.
    """

    changed: bool
    vintage: Kept
    words: str
    moved: pd.DataFrame
    history: pd.DataFrame
    converged: bool


def update(
    asked: Following,
    fetched: date | None = None,
    *,
    accept_layout: bool = False,
    accept_smaller: bool = False,
    done: Callable[[str], None] = lambda _: None,
) -> Update:
    """Fetch the table once and, if it has changed, take it as the next vintage.

    Parameters
    ----------
    asked
        What is followed, and how.
    fetched
        The day of fetching; by default that of the server's clock (header ``Date``).
    accept_layout
        Take a vintage whose numbers may mean something else than before.
    accept_smaller
        Take one without more than a tenth of the last one's models.
    done
        Called with a line each time something has been done.

    Raises
    ------
    FetchError
        If no table came, or one that is refused. A refused one is listed with its reason, and the
        last vintage stays.
    FrontierLagError
        If the folder cannot be used, or a fit cannot be made.
    """
    archive = Archive(asked.folder)
    _refuse_foreign(asked, archive)
    history, moved = (read_rows(asked.folder, stem, _known(archive)) for stem in (HISTORY, MOVED))
    _refuse_other(asked, history)
    last = archive.last
    before = None if last is None else _before(asked, archive, last)
    answer = _answer(asked, archive, last, fetched)
    if answer.content is None or (last and digest(answer.content) == last.sha256):
        assert last is not None  # only with a vintage at hand is a request conditional
        return _unchanged(last, history)
    when = moment(fetched, answer.date)
    if last is not None and when[:10] < last.fetched[:10]:
        raise FetchError(
            f"the last vintage in {asked.folder} was fetched on {last.day}, and this one would be "
            f"of {when[:10]}: vintages are kept in their order"
        )
    kept = Kept(
        fetched=when,
        state=ACCEPTED,
        reason="",
        rows="",
        sha256=digest(answer.content),
        size=str(len(answer.content)),
        file=place(asked.url, when, answer.content),
        source=asked.url,
        final_url=answer.final_url,
        etag=answer.etag,
        last_modified=answer.last_modified,
    )
    table = _read(asked, archive, kept, answer.content)
    kept = replace(kept, rows=str(len(table.frame)))
    found = None if before is None else differences(before.prepared.table, table)
    if found is not None:
        taken = _check(archive, kept, answer.content, found, accept_layout, accept_smaller)
        kept = replace(kept, reason=taken)
    job = asked.job(archive.store(kept, answer.content))
    prepared = job.prepare()
    results = asked.folder / RESULTS
    (result,) = run_jobs([job], [results], settings=asked.settings, done=done, prepared=[prepared])
    after = Vintage(prepared)
    why: Causes | None = None
    if before is None or found is None or last is None:
        words = first_words(kept, result)
    else:
        why = causes(before, after, asked.settings, done)
        row = history.to_dict("records")[-1]
        words = paragraph(kept, result, row, found, why, (before, after))
        moved = with_moved(moved, kept, found.moved)
    history = with_row(history, headline(kept, prepared, result, why) | {"words": words})
    _write(asked, archive, kept, prepared.title, history, moved)
    return Update(
        changed=True,
        vintage=kept,
        words=words,
        moved=found.moved if found else moved,
        history=history,
        converged=_converged(result, why),
    )


def _converged(result: Result, why: Causes | None) -> bool:
    return result.converged and (why is None or why.converged)


def _unchanged(last: Kept, history: pd.DataFrame) -> Update:
    (row,) = history.tail(1).to_dict("records")
    return Update(
        changed=False,
        vintage=last,
        words=f"Nothing has changed since {last.name} was fetched on {last.day}.",
        moved=pd.DataFrame(),
        history=history,
        converged=bool(row["converged"]),
    )


def _answer(
    asked: Following, archive: Archive, last: Kept | None, fetched: date | None
) -> Download:
    """What the server sends; an answer that is no table is listed as refused."""
    try:
        if last is None or last.source != asked.url:
            return download(asked.url, asked.limits)
        tags = last.etag, last.last_modified
        return download(asked.url, asked.limits, *tags, now_at=last.final_url)
    except Unusable as error:
        try:
            when = moment(fetched, error.date)
        except FetchError:
            raise error from None  # of no day that is known, so it is not listed
        file = f"{file_name(asked.url, when[:10])}"
        none = Kept(when, REFUSED, "", "", "", "", file, asked.url, asked.url)
        _refuse(archive, none, None, str(error))


def _read(asked: Following, archive: Archive, kept: Kept, content: bytes) -> ScoreTable:
    """The table, which must be one from which the comparison can be made."""
    name = Path(kept.file).name
    try:
        table = read_answer(content, name, kept.final_url, asked.reading, asked.dates, _one_line)
        asked.job(Path(name)).prepare(table)
    except FrontierLagError as error:
        why = str(error)
        if archive.last is not None:
            old = archive.path(archive.last).read_bytes()
            differ = headings_differ(old, content)
            why = f"{why.rstrip('.')}; {differ}" if differ else why
        _refuse(archive, kept, content, why)
    return table


def _one_line(error: ScoresError) -> str:
    """Why a table cannot be used, without the list of layouts below it."""
    return reason(error).splitlines()[0]


def _check(
    archive: Archive,
    kept: Kept,
    content: bytes,
    found: Differences,
    accept_layout: bool,
    accept_smaller: bool,
) -> str:
    """Refuse what may mean something else than before, unless it is accepted; what was."""
    reasons: list[tuple[str, str]] = []
    taken: list[tuple[str, str]] = []
    if found.layout:
        words = f"its layout is not that of the last vintage: {'; '.join(found.layout)}"
        (taken if accept_layout else reasons).append((words, "--accept-layout"))
    if found.gone:
        words = f"it lacks {len(found.gone)} models of the last vintage: {listed(found.gone)}"
        (taken if accept_smaller else reasons).append((words, "--accept-smaller"))
    if reasons:
        words = "; ".join(text for text, _ in reasons)
        options = " ".join(option for _, option in reasons)
        _refuse(
            archive, kept, content, words, f"if it is right all the same, take it with {options}"
        )
    return f"taken all the same: {'; '.join(text for text, _ in taken)}" if taken else ""


def _refuse(
    archive: Archive, kept: Kept, content: bytes | None, why: str, advice: str = ""
) -> NoReturn:
    """List an answer as refused, with its bytes if they came, and raise."""
    words = " ".join(why.split())
    if content is not None:
        archive.store(kept, content)
    archive.record(replace(kept, state=REFUSED, reason=words))
    last = archive.last
    stays = f"; the vintage of {last.day} stays the last one" if last else ""
    tail = f"; {advice}" if advice else ""
    raise FetchError(
        f"the table of {kept.fetched[:10]} is refused: {words.rstrip('.')}{stays}{tail}"
    )


def _before(asked: Following, archive: Archive, last: Kept) -> Vintage:
    return Vintage(asked.job(archive.path(last)).prepare())


def _known(archive: Archive) -> set[tuple[str, str]]:
    return {(one.fetched, one.sha256) for one in archive.accepted}


def _refuse_foreign(asked: Following, archive: Archive) -> None:
    """Raise if the folder has files of the names that are written, and no archive of ours."""
    there = [name for name in _OURS if (asked.folder / name).exists()]
    if not archive.kept and there and not (asked.folder / "archive").is_dir():
        raise OutputError(
            f"{asked.folder} has {', '.join(there)} in it but no archive of earlier updates, so "
            "nothing is written there; give an empty or new folder with --out"
        )


def _refuse_other(asked: Following, history: pd.DataFrame) -> None:
    """Raise if the folder follows another comparison or other dates."""
    if history.empty:
        return
    wanted = {"comparison": asked.comparison, "dates": asked.dates}
    kept = history.iloc[-1]
    for name in ABOUT:
        if kept[name] != wanted[name]:
            raise OutputError(
                f"{asked.folder} follows {kept['comparison']} by dates {kept['dates']}, not "
                f"{wanted['comparison']} by {wanted['dates']}; give another folder with --out"
            )


def _write(
    asked: Following,
    archive: Archive,
    kept: Kept,
    title: str,
    history: pd.DataFrame,
    moved: pd.DataFrame,
) -> None:
    """Write tables, words, feed and pages, and last the list of the archive."""
    write_table(asked.folder, HISTORY, history)
    write_table(asked.folder, MOVED, moved)
    with replaced(asked.folder / PAGE) as path:
        path.write_text(whole_page(title, history, refusals(archive.kept)), encoding="utf-8")
    first = archive.accepted[0] if archive.accepted else kept
    write_feed(asked.folder, feed(history, first.source, title, asked.site))
    write_tree(asked.folder)
    archive.record(kept)
