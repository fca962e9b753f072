"""Progress: a bar on a terminal; in a log file a line a stage and one every half minute."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

# Steps that took no time: what an earlier run had finished.
FROM_STORE = "from the store"
# A log file gets a line as often as this, s.
EVERY = 30.0


@dataclass
class Log:
    """Lines for a log file: each stage, and how much is done and the time left of what takes long.

    Attributes
    ----------
    title, steps
        What is going on, and how many steps there are, None if that is not known.
    write
        Where a line goes.
    clock
        Seconds of a clock that only goes forward.
    """

    title: str
    steps: int | None
    write: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    done: int = field(default=0, init=False)
    stored: int = field(default=0, init=False)
    # What is going on within a step, since when, and which share of it is done, if that is known.
    part: tuple[str, float, float | None] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.began = self.last = self.first = self.clock()

    def step(self, words: str) -> None:
        """Count a step, and write a line: of known steps only if the last one is long ago."""
        now = self.clock()
        self.done += 1
        if words == FROM_STORE:
            self.stored, self.began = self.stored + 1, now
        elif self.steps is None:
            self._line(f"{self.title}: {words}")
        else:
            self.tick()

    def watch(self, what: str, share: float | None) -> None:
        """Take down what is going on: a stage has its line at once, a share waits for its time."""
        if share is None:
            self._line(f"{self.title}: {what}")
            self.part = (what, self.clock(), None)
        elif self.part is None or self.part[0] != what:
            self.part = (what, self.clock(), share)
        else:
            self.part = (what, self.part[1], share)

    def tick(self) -> None:
        """Write how far it is if the last line is long ago."""
        if self.clock() - self.last >= EVERY:
            self._line(self._state())

    def _state(self) -> str:
        now = self.clock()
        if self.steps is not None and self.done > self.stored:
            left = (now - self.began) / (self.done - self.stored) * (self.steps - self.done)
            return f"{self.title}: {self.done} of {self.steps}, {_words(left)} left"
        text = f"{self.title}: {_words(now - self.first)} so far"
        if self.part is None:
            return text
        what, since, share = self.part
        if share is None:
            return f"{self.title}: {what}, {_words(now - since)} so far"
        text = f"{self.title}: {what}, {share:.0%} done".replace("%", " %")
        if not 0 < share < 1:
            return text
        return f"{text}, {_words((now - since) * (1 - share) / share)} left"

    def _line(self, words: str) -> None:
        self.last = self.clock()
        self.write(words)


def _words(seconds: float) -> str:
    minutes = seconds / 60
    return "less than a minute" if minutes < 1 else f"about {minutes:.0f} min"


@contextmanager
def _ticking(log: Log) -> Iterator[None]:
    """Let a log write its lines in time while the block computes."""
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(1.0):
            log.tick()

    thread = threading.Thread(target=run, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def progress(title: str, steps: int | None = None) -> Iterator[Callable[[str], None]]:
    """Show on standard error how far the block is: a bar on a terminal, else lines.

    Parameters
    ----------
    title
        What is going on.
    steps
        How many steps there are, to show an estimate of the time left; None if that is not known.

    Yields
    ------
    A function to call with a word or two on each step: what has been done, or what begins.
    """
    console = Console(stderr=True)
    columns: list[ProgressColumn] = [
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
    ]
    if steps is not None:
        columns += [
            TextColumn("{task.completed:.0f} of {task.total:.0f}, left"),
            TimeRemainingColumn(),
        ]
    if not console.is_terminal:
        log = Log(title, steps, lambda line: console.print(line, markup=False, soft_wrap=True))
        with _ticking(log), watched(log.watch):
            yield log.step
        return
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(title, total=steps)
        parts: dict[str, TaskID] = {}

        def watch(what: str, share: float | None) -> None:
            if share is None:
                bar.update(task, description=f"{title}: {what}")
                return
            if what not in parts:
                parts[what] = bar.add_task(what, total=1.0)
            bar.update(parts[what], completed=share, visible=share < 1)

        def step(words: str) -> None:
            bar.update(task, advance=1, description=f"{title}: {words}")

        with watched(watch):
            yield step


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
