"""Fetch a table: download, check that it is one, keep it; or keep the last good copy."""

from __future__ import annotations

import csv
import hashlib
import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from frontierlag.dates import RELEASED, Dates
from frontierlag.errors import FetchError, ScoresError
from frontierlag.scores.fetch import cache as kept
from frontierlag.scores.fetch.download import DEFAULT_URL, Limits, download
from frontierlag.scores.reading.options import DEFAULT_OPTIONS, ReadOptions
from frontierlag.scores.table import ScoreTable, from_file

# A table that has lost this share of its rows is more likely cut off than shortened.
FEWEST_LEFT = 0.5


@dataclass(frozen=True)
class Fetched:
    """What came of it.

    Attributes
    ----------
    copy, path, table
        The copy that now stands as ``latest``, its bytes, and the table they hold.
    before
        The copy of the same address that stood before; None for the first.
    before_path
        The bytes of that one.
    changed
        Whether the bytes are other than before.
    """

    copy: kept.Copy
    path: Path
    table: ScoreTable
    before: kept.Copy | None
    before_path: Path | None
    changed: bool


def fetch(
    url: str = DEFAULT_URL,
    cache: Path | None = None,
    limits: Limits | None = None,
    *,
    accept_smaller: bool = False,
    now: datetime | None = None,
) -> Fetched:
    """Fetch a score table into the cache and return it.

    Parameters
    ----------
    url
        An https address of a CSV file in a layout that is understood.
    cache
        The cache's folder; see :func:`frontierlag.scores.fetch.cache.cache_folder`.
    limits
        On size, time and redirects.
    accept_smaller
        Take a table that has lost more than half of its rows since the last copy.
    now
        The time of retrieval; the clock's if it is not given. This is the one place where the
        clock is read: what is fetched is a table of that day, and says so ever after.

    Raises
    ------
    Unreachable
        If no answer came.
    FetchError
        If the answer is refused. The last good copy stays in either case.
    ScoresError
        If the cache is damaged.
    """
    limits = limits or Limits()
    folder = kept.cache_folder(cache)
    moment = (now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    before, before_path = kept.last_copy_of(url, folder)
    answer = (
        download(url, limits, before.etag, before.last_modified, now_at=before.final_url)
        if before
        else download(url, limits)
    )
    if answer.content is None:
        assert before is not None  # only a conditional request is answered without content
        assert before_path is not None
        again = kept.checked_again(before, moment, answer.etag, answer.last_modified)
        kept.record(again, folder)
        return Fetched(again, before_path, from_file(before_path), before, before_path, False)
    sha256 = hashlib.sha256(answer.content).hexdigest()
    same = before is not None and before.sha256 == sha256
    if before is not None and same:
        copy = kept.checked_again(before, moment, answer.etag, answer.last_modified)
    else:
        copy = kept.Copy(
            url=url,
            final_url=answer.final_url,
            retrieved=moment,
            checked=moment,
            sha256=sha256,
            size=len(answer.content),
            file=f"scores/{sha256}/{kept.file_name(url, moment[:10])}",
            etag=answer.etag,
            last_modified=answer.last_modified,
        )
    table = read_answer(answer.content, Path(copy.file).name, answer.final_url)
    if before_path is not None and not same and not accept_smaller:
        _refuse_shrunken(table, from_file(before_path), answer.final_url)
    kept.keep(copy, answer.content, folder)
    return Fetched(copy, folder / copy.file, table, before, before_path, not same)


def read_answer(
    content: bytes,
    name: str,
    url: str,
    options: ReadOptions = DEFAULT_OPTIONS,
    dates: Dates = RELEASED,
    words: Callable[[ScoresError], str] = str,
) -> ScoreTable:
    """The table that an address sent, read as it will be from a file of this name.

    Parameters
    ----------
    content, name, url
        The bytes, the name of the file in which they are kept, and where they came from.
    options, dates
        As for :func:`frontierlag.scores.load_scores`.
    words
        How a message says why a table cannot be used.

    Raises
    ------
    FetchError
        If they are no score table, or one that may be cut off.
    """
    with tempfile.TemporaryDirectory(prefix="frontierlag-") as aside:
        path = Path(aside) / name
        path.write_bytes(content)
        try:
            table = from_file(path, options, dates)
        except ScoresError as error:
            why = words(error).replace(str(path), "it")
            raise FetchError(f"what {url} sent is no score table that can be used: {why}") from None
    if table.layout.startswith("epoch"):
        _refuse_cut_off(content, url)
    return table


def _refuse_cut_off(content: bytes, url: str) -> None:
    """Raise if a file of the publisher ends within a row: it has no notes below its table."""
    rows = [row for row in csv.reader(io.StringIO(content.decode("utf-8", "replace"))) if row]
    if len(rows[-1]) != len(rows[0]):
        raise FetchError(
            f"the last row that {url} sent has {len(rows[-1])} cells where its header has "
            f"{len(rows[0])}, so it may be cut off; try again"
        )


def _refuse_shrunken(table: ScoreTable, before: ScoreTable, url: str) -> None:
    now, then = len(table.frame), len(before.frame)
    if now < FEWEST_LEFT * then:
        raise FetchError(
            f"{url} sent {now} rows where the last copy has {then}, so it may be cut off; if it is "
            "right, take it with --accept-smaller"
        )
