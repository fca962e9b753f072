"""One update: fetch, check against the last vintage, keep, fit, say what moved, write.

Everything is fitted before anything is written, and the list of the archive is written last: an
update that is stopped before has not happened, and the next one does it again. An answer that is
not taken as the next vintage is listed as refused, and raised.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import NoReturn

import pandas as pd

from frontierlag.dates import RELEASED, Dates
from frontierlag.errors import FetchError, FrontierLagError, OutputError, ResultsError, ScoresError
from frontierlag.jobs import Job, Prepared
from frontierlag.machine.caches import can_be_written
from frontierlag.machine.files import replaced
from frontierlag.report.page.build import write_tree
from frontierlag.report.page.index import FEED
from frontierlag.runs.run import run_jobs
from frontierlag.scores import ScoreTable
from frontierlag.scores.fetch import DEFAULT_URL, Limits, Unusable, read_answer
from frontierlag.scores.fetch.download import Download, download
from frontierlag.scores.reading.layouts import describe_layouts
from frontierlag.scores.reading.options import DEFAULT_OPTIONS, ReadOptions
from frontierlag.settings import SamplerSettings
from frontierlag.studies.history.vintages import Vintage, reason
from frontierlag.updates.archive import ACCEPTED, REFUSED, Archive, Kept, digest, moment, place
from frontierlag.updates.check import COLUMNS, Differences, differences, headings_differ, listed
from frontierlag.updates.history import (
    ABOUT,
    HISTORY,
    MOVED,
    Causes,
    causes,
    headline,
    read_rows,
    with_moved,
    with_row,
    write_table,
)
from frontierlag.updates.words import feed, first_words, paragraph, refusals, whole_page

RESULTS, PAGE, SITE_INDEX = "results", "updates.md", "index.html"
_OURS = (f"{HISTORY}.csv", f"{MOVED}.csv", FEED, PAGE, RESULTS, SITE_INDEX)


@dataclass(frozen=True)
class Following:
    """The address that is followed, and how every vintage from it is read and fitted.

    ``comparison`` and ``dates`` are the same for all vintages of a folder; ``reading`` is that of
    the next one, as the archive keeps how each of those before was read. ``limits`` are on what a
    server may send, and ``site`` is the address under which the folder is published, if any.
    """

    folder: Path
    url: str = DEFAULT_URL
    comparison: str = "us-china"
    dates: Dates = RELEASED
    reading: ReadOptions = DEFAULT_OPTIONS
    settings: SamplerSettings = field(default_factory=SamplerSettings)
    limits: Limits = field(default_factory=Limits)
    site: str = ""

    def job(self, path: Path, reading: ReadOptions | None = None) -> Job:
        """The analysis of one vintage, read as this one is or as it was."""
        return Job(str(path), self.comparison, reading=reading or self.reading, dates=self.dates)


@dataclass(frozen=True, eq=False)
class Update:
    """What came of it: without a new vintage, ``changed``, nothing was written.

    ``vintage`` is the new one or the last one that still stands, ``words`` the paragraph, ``moved``
    what moved by model since the vintage before, ``history`` the headline of every vintage, in
    order, and ``folder`` where all of it is kept.
    """

    changed: bool
    vintage: Kept
    words: str
    moved: pd.DataFrame
    history: pd.DataFrame
    converged: bool
    folder: Path


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
    accept_layout, accept_smaller
        Take a vintage whose numbers may mean something else than before, or one without more than
        a tenth of the last one's models.
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
    known = {(one.fetched, one.sha256) for one in archive.accepted}
    history, moved = (read_rows(asked.folder, stem, known) for stem in (HISTORY, MOVED))
    last, before = archive.last, None
    if last is not None:
        before = Vintage(asked.job(archive.path(last), last.options).prepare())
        _refuse_other(asked, before, last, history)
    answer = _answer_of(asked, archive, last, fetched)
    if answer.content is None or (last and digest(answer.content) == last.sha256):
        assert last is not None  # only with a vintage at hand is a request conditional
        return _unchanged(asked, last, history)
    kept = _kept(asked, archive, answer, answer.content, fetched)
    table = _table_of(asked, archive, kept, answer.content)
    kept = replace(kept, rows=str(len(table.frame)))
    found = None if before is None else differences(before.prepared.table, table)
    if found is not None:
        taken = _accepted(archive, kept, answer.content, found, accept_layout, accept_smaller)
        kept = replace(kept, reason=taken)
    job, prepared = _prepared_of(asked, archive, kept, answer.content, table)
    why: Causes | None = None
    if before is not None:
        # The fit of this vintage is then in the store of fits, for the run.
        why = causes(before, Vintage(prepared), asked.settings, done)
    results = asked.folder / RESULTS
    (result,) = run_jobs([job], [results], settings=asked.settings, done=done, prepared=[prepared])
    if before is None or found is None or why is None:
        words = first_words(kept, result)
    else:
        row = history.to_dict("records")[-1]
        words = paragraph(kept, result, row, found, why, (before, Vintage(prepared)))
        moved = with_moved(moved, kept, found.moved)
    history = with_row(history, headline(kept, prepared, result, why) | {"words": words})
    archive.store(kept, answer.content)
    write_table(asked.folder, HISTORY, history)
    write_table(asked.folder, MOVED, moved)
    title, first = prepared.title, archive.accepted[0] if archive.accepted else kept
    texts = {
        PAGE: whole_page(title, history, refusals(archive.kept)),
        FEED: feed(history, first.source, title, asked.site),
    }
    for name, text in texts.items():
        with replaced(asked.folder / name) as path:
            path.write_text(text, encoding="utf-8")
    write_tree(asked.folder)
    archive.record(kept)
    return Update(
        changed=True,
        vintage=kept,
        words=words,
        moved=_nothing() if found is None else found.moved,
        history=history,
        converged=result.converged and (why is None or why.converged),
        folder=asked.folder,
    )


def _kept(
    asked: Following, archive: Archive, answer: Download, content: bytes, fetched: date | None
) -> Kept:
    """The row of an answer, which must be of no day before the last vintage's."""
    when, last = moment(fetched, answer.date), archive.last
    if last is not None and when[:10] < last.fetched[:10]:
        raise FetchError(
            f"the last vintage in {asked.folder} was fetched on {last.day}, and this one would be "
            f"of {when[:10]}: vintages are kept in their order"
        )
    return Kept(
        fetched=when,
        state=ACCEPTED,
        reason="",
        rows="",
        sha256=digest(content),
        size=str(len(content)),
        file=place(asked.url, when, content),
        source=asked.url,
        final_url=answer.final_url,
        etag=answer.etag,
        last_modified=answer.last_modified,
        reading=asked.reading.model_dump_json(exclude_defaults=True),
    )


def _unchanged(asked: Following, last: Kept, history: pd.DataFrame) -> Update:
    (row,) = history.tail(1).to_dict("records")
    return Update(
        changed=False,
        vintage=last,
        words=f"Nothing has changed since {last.name} was fetched on {last.day}.",
        moved=_nothing(),
        history=history,
        converged=bool(row["converged"]),
        folder=asked.folder,
    )


def _nothing() -> pd.DataFrame:
    return pd.DataFrame(columns=list(COLUMNS))


def _refuse_foreign(asked: Following, archive: Archive) -> None:
    """Raise if the folder cannot be written, or has files of our names and no archive of ours."""
    if asked.folder.exists() and not asked.folder.is_dir():
        raise OutputError(f"{asked.folder} is a file; give a folder with --out")
    if not can_be_written(asked.folder):
        raise OutputError(f"{asked.folder} cannot be written; give another folder with --out")
    there = [name for name in _OURS if (asked.folder / name).exists()]
    if not archive.kept and there and not archive.folder.is_dir():
        raise OutputError(
            f"{asked.folder} has {', '.join(there)} in it but no archive of earlier updates, so "
            "nothing is written there; give an empty or new folder with --out"
        )


def _refuse_other(asked: Following, before: Vintage, last: Kept, history: pd.DataFrame) -> None:
    """Raise if the folder follows another comparison or other dates, or lacks its last headline."""
    path = asked.folder / f"{HISTORY}.csv"
    if history.empty or history["sha256"].iloc[-1] != last.sha256:
        raise ResultsError(f"{path} has no row of the last vintage, of {last.day}; put it back")
    releases, kept = before.prepared.releases, history.iloc[-1]
    wanted = {"comparison": releases.comparison.name, "dates": releases.dates}
    if any(kept[name] != wanted[name] for name in ABOUT):
        raise OutputError(
            f"{asked.folder} follows {kept['comparison']} by dates {kept['dates']}, not "
            f"{wanted['comparison']} by {wanted['dates']}; give another folder with --out"
        )


def _answer_of(
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
        none = Kept(when, REFUSED, "", "", "", "", "", asked.url, asked.url)
        _refuse(archive, none, None, str(error))


def _table_of(asked: Following, archive: Archive, kept: Kept, content: bytes) -> ScoreTable:
    """The table of an answer; what cannot be read is refused."""
    name = Path(kept.file).name
    try:
        return read_answer(content, name, kept.final_url, asked.reading, asked.dates, _one_line)
    except FetchError as error:
        why = str(error)
        if archive.last is not None:
            old = archive.path(archive.last).read_bytes()
            differ = headings_differ(old, content)
            why = f"{why.rstrip('.')}; {differ}" if differ else why
        _refuse(archive, kept, content, why)


def _prepared_of(
    asked: Following, archive: Archive, kept: Kept, content: bytes, table: ScoreTable
) -> tuple[Job, Prepared]:
    """The analysis of a vintage; one from which the comparison cannot be made is refused.

    Of the first vintage it is the comparison that is wrong, and its error is raised.
    """
    job = asked.job(archive.folder / kept.file)
    try:
        return job, job.prepare(table)
    except FrontierLagError as error:
        if archive.last is None:
            raise
        _refuse(archive, kept, content, str(error))


def _accepted(
    archive: Archive,
    kept: Kept,
    content: bytes,
    found: Differences,
    accept_layout: bool,
    accept_smaller: bool,
) -> str:
    """Refuse what may mean something else than before, unless it is accepted: then what was."""
    layout = f"its layout is not that of the last vintage: {'; '.join(found.layout)}"
    gone = f"it lacks {len(found.gone)} models of the last vintage: {listed(found.gone)}"
    doubts = [
        (words, option, taken)
        for there, words, option, taken in (
            (found.layout, layout, "--accept-layout", accept_layout),
            (found.gone, gone, "--accept-smaller", accept_smaller),
        )
        if there
    ]
    options = " ".join(option for _, option, taken in doubts if not taken)
    if options:
        words = "; ".join(words for words, _, taken in doubts if not taken)
        advice = f"if it is right all the same, take it with {options}"
        _refuse(archive, kept, content, words, advice)
    return f"taken all the same: {'; '.join(words for words, *_ in doubts)}" if doubts else ""


def _one_line(error: ScoresError) -> str:
    """Why a table cannot be used, without the list of layouts below it."""
    text, layouts = reason(error), describe_layouts()
    if layouts in text:
        # The sentence that leads to the list goes with it.
        text = text.replace(layouts, "")
        text = text[: text.rfind(". ") + 1] or text.rstrip(" :\n")
    return " ".join(text.split())


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
