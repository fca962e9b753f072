"""Warnings of libraries, gathered from every process and shown in plain sentences at the end.

A library's warning, with its path and its line of code, means nothing to most readers, and twenty
workers would print it twenty times; yet none is dropped. While a command runs, warnings and log
records (of PyTensor, Matplotlib, joblib ...) go to a file that all its processes share; at its end
each kind is shown once, in one line. With ``--debug`` they are shown as they come.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from frontierlag.errors import FrontierLagWarning

# The environment variable by which the processes of one command find the file.
VARIABLE = "FRONTIERLAG_WARNINGS"
LONGEST = 90


@contextmanager
def gathered() -> Iterator[Path]:
    """Gather the warnings of this process, and of those that it starts, in a file.

    Yields
    ------
    The file, which is gone after the block: :func:`sentences` reads it.
    """
    descriptor, name = tempfile.mkstemp(prefix="frontierlag-warnings-")
    os.close(descriptor)
    before, root = warnings.showwarning, logging.getLogger()
    os.environ[VARIABLE] = name
    handler = _gather()
    try:
        yield Path(name)
    finally:
        warnings.showwarning = before
        root.removeHandler(handler)
        del os.environ[VARIABLE]
        Path(name).unlink(missing_ok=True)


def join() -> None:
    """In a process that a command started: send warnings where that command gathers them."""
    if VARIABLE in os.environ:
        _gather()


def sentences(file: Path) -> list[str]:
    """What was gathered, each kind once: the package's own words, then a line for libraries."""
    lines = file.read_text(encoding="utf-8").splitlines()
    found = Counter((x["library"], x["category"], x["words"]) for x in map(json.loads, lines))
    own = [words for (_, category, words) in found if category == FrontierLagWarning.__name__]
    others = Counter[str]()
    for (library, category, words), n in found.items():
        if category != FrontierLagWarning.__name__:
            others[f"{library} ({category}: {_short(words)})"] += n
    notes = [f"note: {words}" for words in dict.fromkeys(own)]
    if others:
        kinds = "; ".join(f"{kind}{f' {n} times' if n > 1 else ''}" for kind, n in others.items())
        notes.append(
            f"warnings of libraries, which changed no result by themselves: {kinds}; put --debug "
            "before the command to see where they come from"
        )
    return notes


class _Records(logging.Handler):
    """Log records from WARNING on, as warnings of the library that wrote them."""

    def emit(self, record: logging.LogRecord) -> None:
        """Gather one."""
        _write(record.name.split(".")[0], f"log, {record.levelname}", record.getMessage())


def _gather() -> logging.Handler:
    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        _write(_library(filename), category.__name__, str(message))

    warnings.showwarning = show
    # A handler of the root also keeps PyMC and PyTensor from making their own for the screen.
    handler = _Records(logging.WARNING)
    logging.getLogger().addHandler(handler)
    return handler


def _write(library: str, category: str, words: str) -> None:
    """Append one line; a short write in append mode is whole, whichever process makes it."""
    found: dict[str, Any] = {"library": library, "category": category, "words": words[:2000]}
    name = os.environ.get(VARIABLE)
    try:
        if not name or not os.path.exists(name):
            raise FileNotFoundError(name)
        with open(name, "a", encoding="utf-8") as file:
            file.write(json.dumps(found) + "\n")
    except OSError:  # no room, or the command has ended: rather on the screen than nowhere
        print(f"frontierlag: {library} warned ({category}): {words}", file=sys.stderr)


def _library(filename: str) -> str:
    parts = Path(filename).parts
    for folder in ("site-packages", "dist-packages"):
        if folder in parts[:-1]:
            return parts[parts.index(folder) + 1].removesuffix(".py")
    return "frontierlag" if "frontierlag" in parts else Path(filename).stem


def _short(words: str) -> str:
    first = " ".join(words.split())
    return first if len(first) <= LONGEST else f"{first[: LONGEST - 3]}..."
