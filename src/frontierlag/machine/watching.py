"""Progress of long computations, reported to whatever function watches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# Called with what is going on, and which share of it is done if that is known.
Watcher = Callable[[str, float | None], None]

_watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


@contextmanager
def watched(by: Watcher) -> Iterator[None]:
    """Have a function called with what goes on in the block, in this process."""
    token = _watcher.set(by)
    try:
        yield
    finally:
        _watcher.reset(token)


def watcher() -> Watcher | None:
    """The function to call, from any thread; None if there is none."""
    return _watcher.get()


def report_progress(what: str, share: float | None = None) -> None:
    """Report what is going on, and which share of it is done."""
    by = watcher()
    if by is not None:
        by(what, share)
