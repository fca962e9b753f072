"""Progress that a person sees and a log file does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

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


@contextmanager
def progress(title: str, steps: int | None = None) -> Iterator[Callable[[str], None]]:
    """Show a bar on standard error while the block runs, if that is a terminal.

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

        def step(words: str) -> None:
            bar.update(task, advance=1, description=f"{title}: {words}")

        yield step
