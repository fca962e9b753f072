"""Whether an answer is taken as the next vintage: what is not is listed as refused, and raised."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NoReturn

from frontierlag.errors import FetchError, FrontierLagError, ScoresError
from frontierlag.jobs import Job, Prepared
from frontierlag.scores import ScoreTable
from frontierlag.scores.fetch import Unusable, read_answer
from frontierlag.scores.fetch.download import Download, download
from frontierlag.scores.reading.layouts import describe_layouts
from frontierlag.studies.history.tables import reason
from frontierlag.updates.archive import REFUSED, Archive, Kept, moment
from frontierlag.updates.check import Differences, headings_differ, listed
from frontierlag.updates.following import Following


def answer_of(
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


def table_of(asked: Following, archive: Archive, kept: Kept, content: bytes) -> ScoreTable:
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


def prepared_of(
    asked: Following, archive: Archive, kept: Kept, content: bytes, table: ScoreTable
) -> tuple[Job, Prepared]:
    """The analysis of a vintage; one from which the comparison cannot be made is refused.

    Raises
    ------
    FrontierLagError
        Of the first vintage: then it is the comparison that is wrong.
    """
    job = asked.job(archive.folder / kept.file)
    try:
        return job, job.prepare(table)
    except FrontierLagError as error:
        if archive.last is None:
            raise
        _refuse(archive, kept, content, str(error))


def accepted(
    archive: Archive,
    kept: Kept,
    content: bytes,
    found: Differences,
    accept_layout: bool,
    accept_smaller: bool,
) -> str:
    """Refuse what may mean something else than before, unless it is accepted: then what was."""
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
