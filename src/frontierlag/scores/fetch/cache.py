"""Fetched tables, kept by content: each copy has a record of where and when it came from.

    CACHE/scores/SHA256/eci_scores_2026-11-24.csv    the bytes
    CACHE/scores/SHA256/eci_scores_2026-11-24.json   address, retrieval, tags

The day of retrieval stands in the file's name, so that the table read from it speaks for that day
and for no other, whenever it is read.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from frontierlag.errors import ScoresError
from frontierlag.machine.caches import VARIABLE as VARIABLE
from frontierlag.machine.caches import cache_folder as cache_folder
from frontierlag.machine.files import replaced


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
    """Return the copies in a cache, the one checked last at the end.

    Raises
    ------
    ScoresError
        If a record cannot be read.
    """
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


def keep(copy: Copy, content: bytes, cache: Path) -> None:
    """Put a copy into the cache: its bytes, then its record, each whole."""
    with replaced(cache / copy.file) as path:
        path.write_bytes(content)
    record(copy, cache)


def record(copy: Copy, cache: Path) -> None:
    """Write what is known of a copy next to its bytes."""
    with replaced((cache / copy.file).with_suffix(".json")) as path:
        path.write_text(json.dumps(asdict(copy), indent=2) + "\n", encoding="utf-8")


def checked_again(copy: Copy, now: str, etag: str, last_modified: str) -> Copy:
    """Return the copy as it stands after the server said that nothing has changed."""
    return replace(
        copy,
        checked=now,
        etag=etag or copy.etag,
        last_modified=last_modified or copy.last_modified,
    )


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
