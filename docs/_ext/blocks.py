"""Tables and blocks in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from frontierlag.errors import OutputError

RESULTS = Path(__file__).parents[2] / "results"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A pipe table; a bar in a cell is escaped, and what is undefined is left blank."""
    lines = [_row(head), _row(["---"] * len(head))]
    lines += [_row([_cell(cell) for cell in row]) for row in rows]
    return "\n".join(lines)


def block(text: str, language: str = "text") -> str:
    """A fenced block."""
    return f"```{language}\n{text.rstrip()}\n```"


def note(text: str, kind: str = "note") -> str:
    """An admonition."""
    return f":::{{{kind}}}\n{text}\n:::"


def or_note(make: Callable[[], str]) -> str:
    """What is made, or a note in its place that names the table of the results that is missing."""
    try:
        return make()
    except OutputError as error:
        words = str(error).replace(str(RESULTS.parent) + "/", "")
        return note(f"Not in these results yet: {words}.", "warning")
    except (KeyError, IndexError) as error:
        words = f"made by an earlier version, without {error}; `make campaign` makes it again"
        return note(f"Not in these results in the present form: {words}.", "warning")


def _cell(value: object) -> str:
    return "" if value != value else str(value).replace("|", "\\|")  # NaN alone differs from itself


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
