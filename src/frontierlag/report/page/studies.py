"""Studies below a folder, for its index: what each is called, its answer and where it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from frontierlag.errors import ResultsError
from frontierlag.machine.files import MANIFEST
from frontierlag.report.page.folder import PAGE
from frontierlag.results.folder import read_manifest

# The table that a study's folder is known by, which its words are beside, in the order of the list.
STEMS = ("league", "measures", "domains", "history")
# Where a manifest says what was read: one table or several.
_READ = ("data", "measures", "vintages")


@dataclass(frozen=True)
class Study:
    """One study: its heading and first paragraph, the page that it links to, and whom to credit.

    ``converged`` is what its manifest says; the first paragraph carries the stamp itself.
    """

    title: str
    answer: str
    page: Path
    attributions: tuple[str, ...]
    converged: bool


def studies_below(root: Path) -> list[Study]:
    """Every league and study of measures, domains or history below a folder, in that order."""
    return [
        _study(words, read_manifest(words.parent))
        for stem in STEMS
        for words in sorted(root.rglob(f"{stem}.md"))
        if all((words.parent / name).is_file() for name in (MANIFEST, f"{stem}.csv"))
    ]


def _study(words: Path, manifest: dict[str, Any]) -> Study:
    try:
        title, answer, *_ = words.read_text(encoding="utf-8").replace("`", "").split("\n\n")
    except (OSError, ValueError) as error:
        raise ResultsError(f"{words} cannot be read: {error}; run the study again") from None
    page, read = words.parent / PAGE, []
    for name in _READ:
        part = manifest.get(name, [])
        read += part if isinstance(part, list) else [part]
    return Study(
        title.removeprefix("# "),
        answer,
        page if page.is_file() else words,
        tuple(dict.fromkeys(str(one["attribution"]) for one in read)),
        bool(manifest.get("converged", True)),
    )
