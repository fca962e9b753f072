"""One update: fetch, check against the last vintage, keep, fit, say what moved, write.

Everything is fitted before anything is written, and the list of the archive is written last: an
update that is stopped before has not happened, and the next one does it again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from frontierlag.errors import FetchError, OutputError, ResultsError
from frontierlag.machine.caches import can_be_written
from frontierlag.machine.files import replaced
from frontierlag.report.page.build import write_tree
from frontierlag.report.page.index import FEED
from frontierlag.runs.run import run_jobs
from frontierlag.scores.fetch.download import Download
from frontierlag.studies.history.tables import Vintage
from frontierlag.updates.archive import ACCEPTED, Archive, Kept, digest, moment, place
from frontierlag.updates.causes import Causes, causes
from frontierlag.updates.check import differences
from frontierlag.updates.feed import feed, write_feed
from frontierlag.updates.following import Following
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
from frontierlag.updates.taking import accepted, answer_of, prepared_of, table_of
from frontierlag.updates.words import first_words, paragraph, refusals, whole_page

RESULTS, PAGE, SITE_INDEX = "results", "updates.md", "index.html"
_OURS = (f"{HISTORY}.csv", f"{MOVED}.csv", FEED, PAGE, RESULTS, SITE_INDEX)


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
    last = archive.last
    before = None if last is None else _before(asked, archive, last)
    if last is not None and before is not None:
        _refuse_other(asked, before, last, history)
    answer = answer_of(asked, archive, last, fetched)
    if answer.content is None or (last and digest(answer.content) == last.sha256):
        assert last is not None  # only with a vintage at hand is a request conditional
        return _unchanged(last, history)
    kept = _kept(asked, archive, answer, answer.content, fetched)
    table = table_of(asked, archive, kept, answer.content)
    kept = replace(kept, rows=str(len(table.frame)))
    found = None if before is None else differences(before.prepared.table, table)
    if found is not None:
        taken = accepted(archive, kept, answer.content, found, accept_layout, accept_smaller)
        kept = replace(kept, reason=taken)
    job, prepared = prepared_of(asked, archive, kept, answer.content, table)
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
    _write(asked, archive, kept, prepared.title, history, moved)
    return Update(
        changed=True,
        vintage=kept,
        words=words,
        moved=found.moved if found else moved,
        history=history,
        converged=result.converged and (why is None or why.converged),
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


def _before(asked: Following, archive: Archive, last: Kept) -> Vintage:
    return Vintage(asked.job(archive.path(last), last.options).prepare())


def _known(archive: Archive) -> set[tuple[str, str]]:
    return {(one.fetched, one.sha256) for one in archive.accepted}


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
