"""Vintages kept in a folder: each file under its digest, and one table that lists all of them.

    FOLDER/archive/index.csv                                  one row a vintage, refused ones too
    FOLDER/archive/SHA256/eci_scores_2026-11-24.csv           the bytes

The day in a file's name is that on which it was fetched, by the server's own clock or as the user
gives it, so that the table read from it speaks for that day whenever it is read. The table is
written last: what it does not list has not happened.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date
from email.utils import parsedate_to_datetime
from pathlib import Path

import pandas as pd

from frontierlag.errors import FetchError, ResultsError
from frontierlag.machine.files import replaced, write_csv
from frontierlag.scores.fetch import file_name
from frontierlag.scores.reading.options import ReadOptions

ARCHIVE, INDEX = "archive", "index.csv"
ACCEPTED, REFUSED = "accepted", "refused"


@dataclass(frozen=True)
class Kept:
    """One vintage, or one answer that was refused: a row of ``index.csv``.

    It was ``fetched`` at a time in UTC, as ``2026-11-24T04:32:12Z``, or on a day that the user
    gives, of which that is the first second. ``rows`` are empty of a table that could not be read,
    ``sha256``, ``size`` and ``file`` (below the archive) if no bytes came. ``source`` is the
    address that was asked, ``final_url`` the one that answered; ``reading`` the JSON of
    :class:`~frontierlag.scores.ReadOptions`.
    """

    fetched: str
    state: str
    reason: str
    rows: str
    sha256: str
    size: str
    file: str
    source: str
    final_url: str
    etag: str = ""
    last_modified: str = ""
    reading: str = "{}"

    @property
    def day(self) -> date:
        """The day of fetching."""
        return date.fromisoformat(self.fetched[:10])

    @property
    def options(self) -> ReadOptions:
        """How it is read."""
        return ReadOptions.model_validate_json(self.reading)

    @property
    def name(self) -> str:
        """The name of the table."""
        return Path(self.file).stem


class Archive:
    """The archive of a folder of updates; a table of it that cannot be used is an error."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / ARCHIVE
        self.kept = _read(self.folder / INDEX)

    @property
    def accepted(self) -> tuple[Kept, ...]:
        """The vintages, in their order."""
        return tuple(one for one in self.kept if one.state == ACCEPTED)

    @property
    def last(self) -> Kept | None:
        """The last vintage that was accepted."""
        return self.accepted[-1] if self.accepted else None

    def path(self, one: Kept) -> Path:
        """Where a vintage's bytes are; a ResultsError if they are not those that came."""
        path = self.folder / one.file
        try:
            now = digest(path.read_bytes())
        except OSError as error:
            raise ResultsError(
                f"{path}, the vintage of {one.day}, cannot be read ({error.strerror}); put it back"
            ) from None
        if now != one.sha256:
            raise ResultsError(
                f"{path} has been changed since it was fetched on {one.day}; put it back"
            )
        return path

    def store(self, one: Kept, content: bytes) -> Path:
        """Put bytes in their place; they count from when the table lists them."""
        with replaced(self.folder / one.file) as path:
            path.write_bytes(content)
        return self.folder / one.file

    def record(self, one: Kept) -> None:
        """Add a row to the table; an answer that was refused last time too has it already."""
        if self.kept and _same(self.kept[-1], one):
            return
        self.kept = (*self.kept, one)
        table = pd.DataFrame([asdict(each) for each in self.kept])
        with replaced(self.folder / INDEX) as path:
            write_csv(table, path)


def digest(content: bytes) -> str:
    """The sha256 of bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def place(source: str, fetched: str, content: bytes) -> str:
    """The path of a vintage's file below the archive."""
    return f"{digest(content)}/{file_name(source, fetched[:10])}"


def moment(fetched: date | None, header: str) -> str:
    """When something was fetched: the day that the user gives, else the server's own time.

    The clock of this machine is not asked: if neither says it, that is a FetchError.
    """
    if fetched is not None:
        return f"{fetched}T00:00:00Z"
    try:
        when = parsedate_to_datetime(header)
    except ValueError:
        raise FetchError(
            "the server does not say which day it is (header Date), and a vintage needs the day on "
            "which it was fetched: give it with --fetched YYYY-MM-DD"
        ) from None
    known = when if when.tzinfo else when.replace(tzinfo=UTC)
    return known.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _same(last: Kept, one: Kept) -> bool:
    """Whether the same answer was refused for the same reason."""
    alike = (last.sha256, last.reason, last.source) == (one.sha256, one.reason, one.source)
    return alike and last.state == one.state == REFUSED


def _read(path: Path) -> tuple[Kept, ...]:
    if not path.exists():
        return ()
    names = [field.name for field in fields(Kept)]
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)[names]
        found = tuple(Kept(*row) for row in table.itertuples(index=False))
        for one in found:
            if one.state not in (ACCEPTED, REFUSED):
                raise ValueError(f"a row has the state {one.state!r}")
            # What of a row is not text is read now, so that a wrong one is found at once.
            _ = one.day, one.options
            if ".." in Path(one.file).parts or Path(one.file).is_absolute():
                raise ValueError(f"a row names the file {one.file!r}")
    except (OSError, ValueError, KeyError) as error:
        raise ResultsError(
            f"{path}, the list of vintages, cannot be used ({error}); put it back as it was"
        ) from None
    return found
