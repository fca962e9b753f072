"""Fetch a table: download, check that it is one, keep it; or keep the last good copy.

Copies are kept by content, each with a record of where and when it came from:

    CACHE/scores/SHA256/eci_scores_2026-11-24.csv    the bytes
    CACHE/scores/SHA256/eci_scores_2026-11-24.json   address, retrieval, tags

The day of retrieval stands in the file's name, so that the table read from it speaks for that day
and for no other, whenever it is read.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path

from frontierlag.dates import RELEASED, Dates
from frontierlag.errors import FetchError, ScoresError
from frontierlag.machine.caches import cache_folder
from frontierlag.machine.files import replaced
from frontierlag.scores.fetch.download import DEFAULT_URL, Limits, download
from frontierlag.scores.reading.options import DEFAULT_OPTIONS, ReadOptions
from frontierlag.scores.table import ScoreTable, from_file

# A table that has lost this share of its rows is more likely cut off than shortened.
FEWEST_LEFT = 0.5


@dataclass(frozen=True)
class Copy:
    """A table as it was fetched.

    Attributes
    ----------
    url, final_url
        The requested address, and the one that answered after redirects.
    retrieved, checked
        When these bytes were first fetched, and when the server last said that it still has them:
        UTC, as ``2026-11-24T04:32:12Z``.
    sha256, size
        Of the bytes.
    file
        Its path below the cache.
    etag, last_modified
        What the server said, for the next time.
    """

    url: str
    final_url: str
    retrieved: str
    checked: str
    sha256: str
    size: int
    file: str
    etag: str = ""
    last_modified: str = ""

    @property
    def day(self) -> str:
        """The day of retrieval."""
        return self.retrieved[:10]

    @property
    def description(self) -> str:
        """Where and when it came from, in a few words."""
        return f"fetched from {self.final_url} on {self.day}"


def kept_copies(cache: Path) -> list[Copy]:
    """Return the copies in a cache, the one checked last at the end."""
    found = [_read(path) for path in (cache / "scores").glob("*/*.json")]
    return sorted(found, key=lambda copy: (copy.checked, copy.retrieved, copy.file))


def latest_copy(cache: Path) -> tuple[Copy, Path]:
    """Return the copy that was fetched, or found unchanged, last, and the path of its bytes.

    Raises
    ------
    ScoresError
        If there is none, or its bytes are not those that were fetched.
    """
    copies = kept_copies(cache)
    if not copies:
        raise ScoresError(
            f"no score table has been fetched into {cache} yet: run `frontierlag scores fetch`"
        )
    return copies[-1], path_of(copies[-1], cache)


def last_copy_of(url: str, cache: Path) -> tuple[Copy, Path] | tuple[None, None]:
    """Return the last copy of an address whose bytes are still those that were fetched, if any."""
    for copy in reversed(kept_copies(cache)):
        if copy.url == url:
            try:
                return copy, path_of(copy, cache)
            except ScoresError:
                continue  # damaged: as if it had never been fetched
    return None, None


def path_of(copy: Copy, cache: Path) -> Path:
    """Return the path of a copy's bytes, which must be those that were fetched.

    Raises
    ------
    ScoresError
        If they are not.
    """
    path = cache / copy.file
    try:
        now = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ScoresError(
            f"the fetched table {path} cannot be read ({error.strerror}): fetch it again with "
            "`frontierlag scores fetch`"
        ) from None
    if now != copy.sha256:
        raise ScoresError(
            f"{path} has been changed since it was {copy.description}: delete it and "
            "fetch it again with `frontierlag scores fetch`"
        )
    return path


def file_name(url: str, day: str) -> str:
    """Return the name under which a table fetched on a day is kept: its own, and that day."""
    stem = re.sub(r"\.(csv|parquet|txt)$", "", re.split("[?#]", url)[0].rsplit("/", 1)[-1])
    # Another date in the name would leave open which of the two is meant.
    stem = re.sub(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", "", stem)
    safe = re.sub(r"[^A-Za-z0-9]+", "_", stem).strip("_")[:80] or "table"
    return f"{safe}_{day}.csv"


def _record(copy: Copy, cache: Path) -> None:
    """Write what is known of a copy next to its bytes."""
    with replaced((cache / copy.file).with_suffix(".json")) as path:
        path.write_text(json.dumps(asdict(copy), indent=2) + "\n", encoding="utf-8")


def _read(path: Path) -> Copy:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        copy = Copy(**{field.name: stored[field.name] for field in fields(Copy)})
        inside = path.parent.relative_to(path.parents[2])
        if Path(copy.file).parent != inside:
            raise ValueError(f"it names the file {copy.file}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ScoresError(
            f"the record {path} of a fetched table cannot be used ({error}): delete it and fetch "
            "the table again"
        ) from None
    return copy


@dataclass(frozen=True)
class Fetched:
    """The copy that now stands as ``latest``, with its bytes and the table they hold.

    `before` is the copy of the same address that stood before, and `changed` whether it was other.
    """

    copy: Copy
    path: Path
    table: ScoreTable
    before: Copy | None
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
    """Fetch a score table from an https address into the cache and return it.

    A table that has lost more than half of its rows is refused unless `accept_smaller`. Only here
    is the clock read (if `now` is not given): what is fetched is a table of that day, and says so
    ever after.

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
    folder = cache_folder(cache)
    moment = (now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    before, before_path = last_copy_of(url, folder)
    answer = (
        download(url, limits, before.etag, before.last_modified, now_at=before.final_url)
        if before
        else download(url, limits)
    )
    sha256 = hashlib.sha256(answer.content or b"").hexdigest()
    changed = before is None or (answer.content is not None and before.sha256 != sha256)
    if before is not None and not changed:
        copy = replace(
            before,
            checked=moment,
            etag=answer.etag or before.etag,
            last_modified=answer.last_modified or before.last_modified,
        )
    else:
        copy = Copy(
            url=url,
            final_url=answer.final_url,
            retrieved=moment,
            checked=moment,
            sha256=sha256,
            size=len(answer.content or b""),
            file=f"scores/{sha256}/{file_name(url, moment[:10])}",
            etag=answer.etag,
            last_modified=answer.last_modified,
        )
    if answer.content is None:
        assert before_path is not None  # only a conditional request is answered without content
        _record(copy, folder)
        return Fetched(copy, before_path, from_file(before_path), before, before_path, False)
    table = read_answer(answer.content, Path(copy.file).name, answer.final_url)
    if before_path is not None and changed and not accept_smaller:
        _refuse_shrunken(table, from_file(before_path), answer.final_url)
    with replaced(folder / copy.file) as path:
        path.write_bytes(answer.content)
    _record(copy, folder)
    return Fetched(copy, folder / copy.file, table, before, before_path, changed)


def read_answer(
    content: bytes,
    name: str,
    url: str,
    options: ReadOptions = DEFAULT_OPTIONS,
    dates: Dates = RELEASED,
    words: Callable[[ScoresError], str] = str,
) -> ScoreTable:
    """The table that an address sent, read as it will be from a file of this name.

    `words` makes the sentence that says why a table cannot be used.

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
