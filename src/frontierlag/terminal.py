"""Where commands print: a console that takes nothing for markup."""

from __future__ import annotations

from rich.console import Console

# Where the output goes to a file or a pipe, so that no table is cut.
WIDE = 120


class Terminal(Console):
    """A console that takes nothing for markup, and leaves a closed pipe to the command line."""

    def __init__(self, width: int | None = None) -> None:
        super().__init__(width=width, highlight=False, markup=False, emoji=False)

    def on_broken_pipe(self) -> None:
        """Say so; rich would end the program with the code of a fit that did not converge."""
        raise BrokenPipeError


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


class HelpConsole(Console):
    """The same for help pages, which are made of markup."""

    def on_broken_pipe(self) -> None:
        """Say so, as :class:`Terminal` does."""
        raise BrokenPipeError
