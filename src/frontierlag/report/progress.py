"""Progress: a bar on a terminal, and a line a minute in a log file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

# Steps that took no time: what an earlier run had finished.
FROM_STORE = "from the store"
# A log file gets a line as often as this, s.
EVERY = 60.0


@dataclass
class Log:
    """Lines for a log file: how many of how many steps are done, and the time left.

    Attributes
    ----------
    title, steps
        What is going on, and how many steps there are.
    write
        Where a line goes.
    clock
        Seconds of a clock that only goes forward.
    """

    title: str
    steps: int
    write: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    done: int = field(default=0, init=False)
    stored: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.began = self.last = self.clock()

    def step(self, words: str) -> None:
        """Count a step, and write a line if the last one is long ago."""
        now = self.clock()
        self.done += 1
        if words == FROM_STORE:
            self.stored, self.began = self.stored + 1, now
            return
        if now - self.last < EVERY:
            return
        self.last = now
        per_step = (now - self.began) / (self.done - self.stored)
        left = per_step * (self.steps - self.done) / 60
        told = "less than a minute" if left < 1 else f"about {left:.0f} min"
        self.write(f"{self.title}: {self.done} of {self.steps}, {told} left")


@contextmanager
def progress(title: str, steps: int | None = None) -> Iterator[Callable[[str], None]]:
    """Show on standard error how far the block is: a bar on a terminal, else a line a minute.

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
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=steps)

        log = None
        if steps is not None and not console.is_terminal:
            log = Log(title, steps, lambda line: console.print(line, markup=False, soft_wrap=True))

        def step(words: str) -> None:
            if log is not None:
                log.step(words)
            bar.update(task, advance=1, description=f"{title}: {words}")

        yield step
