"""What a campaign has finished: one line a task, appended as tasks finish, read again on resume."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from frontierlag.errors import OutputError
from frontierlag.machine.program import digest_behind


@dataclass(frozen=True)
class Done:
    """A finished task.

    Attributes
    ----------
    key
        The task's name, unique in its campaign.
    seed
        Entropy and index that its random numbers came from.
    value
        What it returned, JSON; None if it failed.
    error
        What went wrong, None if nothing did.
    seconds
        How long it took, which is the only thing here that differs from run to run.
    """

    key: str
    seed: tuple[int, int]
    value: Any
    error: str | None
    seconds: float


class Store:
    """Finished tasks of one campaign in one file of JSON lines.

    Each line is written whole and flushed to disk before the next. A line that a killed program
    left unfinished is dropped when the file is read.

    Parameters
    ----------
    file
        Made with its folder when the first task is finished.
    """

    def __init__(self, file: Path) -> None:
        self.file = file

    def read(self) -> dict[str, Done]:
        """Finished tasks by key; of one that was finished twice the last."""
        if not self.file.exists():
            return {}
        found = {}
        for line in self._whole_lines():
            done = Done(**json.loads(line))
            found[done.key] = Done(**{**asdict(done), "seed": tuple(done.seed)})
        return found

    def add(self, done: Done) -> None:
        """Append a finished task.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        line = json.dumps(asdict(done)).encode() + b"\n"
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self._end_last_line()
            # One write of one line, so that two programs on one store never mix theirs.
            with open(self.file, "ab", buffering=0) as stream:
                stream.write(line)
                os.fsync(stream.fileno())
        except OSError as error:
            raise OutputError(
                f"cannot keep finished tasks in {self.file}: {error.strerror}; choose another "
                "folder with --store"
            ) from None

    def _whole_lines(self) -> list[bytes]:
        return [line for line in self.file.read_bytes().split(b"\n")[:-1] if _is_json(line)]

    def _end_last_line(self) -> None:
        """Close the line that a killed program left open, so that the next begins on its own."""
        if not self.file.exists() or self.file.stat().st_size == 0:
            return
        with open(self.file, "rb+") as stream:
            stream.seek(-1, os.SEEK_END)
            if stream.read(1) != b"\n":
                stream.write(b"\n")


def campaign_store(
    folder: Path, name: str, task: Callable[..., Any], settings: Iterable[object]
) -> Store:
    """Return the store of a campaign: the same as long as its settings and its program are.

    Parameters
    ----------
    folder
        Where stores are kept.
    name
        The campaign's name, in the file's.
    task
        What is run.
    settings
        Everything that tasks of a key depend on, with a ``repr`` that says it whole.
    """
    text = "\n".join([digest_behind(task), *(repr(setting) for setting in settings)])
    return Store(folder / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.jsonl")


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True
