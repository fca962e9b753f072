"""BibTeX entries for the data and for this software, the latter from ``CITATION.cff``."""

from __future__ import annotations

import re
from importlib import resources
from typing import Any

import yaml

from frontierlag.report.cite.estimate import Source
from frontierlag.report.cite.latex import escape

CITATION = "CITATION.cff"


def citation_file() -> dict[str, Any]:
    """Return what the ``CITATION.cff`` that is installed with the package says."""
    text = (resources.files("frontierlag") / CITATION).read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def software_entry() -> str:
    """Return the entry for this software."""
    metadata = citation_file()
    fields = {
        "author": _authors(metadata["authors"]),
        "title": f"{{{escape(metadata['title'])}}}: {escape(metadata['abstract'])}",
        "version": escape(str(metadata["version"])),
        "note": (
            f"Version {escape(str(metadata['version']))}, licence {escape(metadata['license'])}"
        ),
    }
    if "date-released" in metadata:
        fields["year"] = str(metadata["date-released"])[:4]
    if "repository-code" in metadata:
        fields["url"] = metadata["repository-code"]
    return _entry("software", metadata["title"], fields)


def data_entry(source: Source) -> str:
    """Return the entry for a score table: Epoch AI's, or a user's own by its name and hash."""
    said = [f"Dataset {source.dataset}"]
    said += [f"vintage {source.vintage}"] if source.vintage else []
    said += [f"as of {source.as_of}", f"SHA-256 {source.sha256}"]
    said += [f"{source.fitted}, SHA-256 {source.fitted_sha256}"] if source.fitted else []
    fields = {"title": f"{{{escape(source.dataset)}}}", "note": escape(", ".join(said))}
    if source.of_epoch:
        (data,) = (r for r in citation_file()["references"] if r["type"] == "data")
        fields = {
            "author": _authors(data["authors"]),
            "title": f"{{{escape(data['title'])}}}",
            "url": data["url"],
            "note": escape(f"{', '.join(said)}. Licensed under CC BY 4.0"),
        }
    if source.vintage:
        fields["year"] = source.vintage[:4]
    return _entry("misc", f"{'epoch-ai-' if source.of_epoch else ''}{source.dataset}", fields)


def entries(source: Source) -> str:
    """Return both entries."""
    return f"{data_entry(source)}\n\n{software_entry()}"


def _authors(listed: list[dict[str, str]]) -> str:
    """Names as BibTeX takes them: a body in braces, which has no first and last name."""
    names = [
        f"{{{escape(a['name'])}}}"
        if "name" in a
        else escape(f"{a['family-names']}, {a.get('given-names', '')}".rstrip(", "))
        for a in listed
    ]
    return " and ".join(names)


def _entry(kind: str, key: str, fields: dict[str, str]) -> str:
    safe = re.sub("[^a-z0-9]+", "-", key.lower()).strip("-") or "data"
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@{kind}{{{safe},\n{lines}\n}}"
