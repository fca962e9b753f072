"""Where commands print: a console that takes nothing for markup."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

# Where the output goes to a file or a pipe, so that no table is cut.
WIDE = 120


class HelpConsole(Console):
    """A console for help pages, which are made of markup."""

    def on_broken_pipe(self) -> None:
        """Leave it to the command line: rich would end with the code of an unconverged fit."""
        raise BrokenPipeError


class Terminal(HelpConsole):
    """The same for all else: it takes nothing for markup."""

    def __init__(self, width: int | None = None) -> None:
        super().__init__(width=width, highlight=False, markup=False, emoji=False)


def terminal(*, silent: bool = False) -> Console:
    """A console on standard output; wide where it goes to a file, so that no table is cut.

    Parameters
    ----------
    silent
        Whether to print nothing, where standard output is for one JSON object.
    """
    console = Terminal()
    console = console if console.is_terminal else Terminal(width=WIDE)
    console.quiet = silent
    return console


def sheet(title: str = "") -> Table:
    """An empty table with little around its cells, for terminals of 80 columns."""
    return Table(title=title or None, box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))


def add_texts(table: Table, *names: str, least: int = 0) -> None:
    """Add columns of words: in a narrow terminal they are broken into lines, never cut.

    With ``least`` letters a line has room, so that a number among the words stays whole.
    """
    for name in names:
        table.add_column(name, overflow="fold", min_width=least or None)


def add_numbers(table: Table, *names: str) -> None:
    """Add columns of numbers, which are neither cut nor broken; their headings have short lines."""
    for name in names:
        table.add_column(name.replace(" ", "\n"), justify="right", no_wrap=True)
