"""Tables and blocks in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A pipe table; a bar in a cell is escaped."""
    lines = [_row(head), _row(["---"] * len(head))]
    lines += [_row([str(cell).replace("|", "\\|") for cell in row]) for row in rows]
    return "\n".join(lines)


def block(text: str, language: str = "text") -> str:
    """A fenced block."""
    return f"```{language}\n{text.rstrip()}\n```"


def note(text: str, kind: str = "note") -> str:
    """An admonition."""
    return f":::{{{kind}}}\n{text}\n:::"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
