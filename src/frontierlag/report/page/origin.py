"""Where the numbers come from and how to pass them on: data, versions, methods, citation."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from frontierlag.dates import WORDS, recorded
from frontierlag.names import CURRENT, REALIZED, WINDOW
from frontierlag.report.cite import choose, cite, read_estimates
from frontierlag.report.page.folder import Results
from frontierlag.results.estimands import LAST_DAY
from frontierlag.scores.scale import scale_recorded

# Topics of the methods section, each with its page of the docs.
DOCS = {
    "The lags explained": "lags",
    "Trends and their priors": "models/trends",
    "Frontiers and their priors": "models/frontiers",
    "Fitting and its checks": "models/fitting",
    "What fits worst": "models/fit-checks",
    "Calibration and its limits": "calibration",
    "Data, vintages and regions": "data",
    "Glossary": "glossary",
}


def data(results: Results) -> dict[str, Any]:
    """The table, what was used of it, what was left out and why, and its warnings."""
    found = results.manifest["data"]
    scale = scale_recorded(found["metric"])
    used, left = found.get("used", {}), found.get("left_out", {})
    return {
        "name": found["name"],
        "vintage": found.get("vintage") or "not stated",
        "sha256": found["sha256"],
        "rows": found.get("rows"),
        "used": {k: v for k, v in used.items() if k != "total"},
        "used_total": used.get("total"),
        "left_total": left.get("total", 0),
        "reasons": left.get("by_reason", {}),
        "left": left.get("rows", []),
        "dates": WORDS[recorded(found)],
        "changed": found.get("dates", {}).get("changed", []),
        "open": found.get("dates", {}).get("open", {}),
        "notes": found.get("notes", []),
        "warnings": found.get("date_warnings", []),
        "attribution": found["attribution"],
        "errors": results.manifest.get("measurement_errors", "not stated"),
        "anchors": found["metric"].get("anchors", []),
        "scale": scale.words if scale.changes else "",
        "metric": found["metric"]["name"],
        "results": found.get("results"),
    }


def run(results: Results) -> dict[str, Any]:
    """Sampler, seed, versions and commit."""
    return {
        "sampler": results.manifest.get("sampler", {}),
        "versions": results.manifest.get("versions", {}),
        "commit": results.manifest.get("git_commit") or "not stated",
    }


def priors(results: Results) -> list[dict[str, str]]:
    """The priors of the headline model, in units a person judges."""
    model = results.manifest.get("models", {}).get(results.headline, {})
    return [{"name": name, **fields_} for name, fields_ in model.get("priors", {}).items()]


def citations(results: Results) -> list[dict[str, str]]:
    """Texts to copy: sentences, Markdown, LaTeX and BibTeX of the mean and of today's lag."""
    estimates = read_estimates(results.folder)
    mean = choose(estimates, REALIZED, WINDOW, results.headline)
    # A folder of an earlier version does not say what the lag of the last day is counted from.
    periods = WINDOW if results.table(LAST_DAY).empty else f"{WINDOW},{CURRENT}"
    both = choose(estimates, REALIZED, periods, results.headline)
    return [
        {"id": "cite-text", "name": "Sentence, in English and in Chinese", "text": cite(mean)},
        {"id": "cite-markdown", "name": "Markdown", "text": cite(both, "markdown")},
        {"id": "cite-latex", "name": "LaTeX table", "text": cite(both, "latex")},
        {"id": "cite-bibtex", "name": "BibTeX, data and software", "text": cite(mean, "bibtex")},
    ]


def docs(folder: Path) -> list[dict[str, str]]:
    """Links to the documentation that lies above the folder, built if it has been, else names."""
    here = folder.resolve()
    for parent in here.parents:
        home = parent / "docs"
        if (home / "index.md").is_file():
            return [{"name": name, "href": _link(home, page, here)} for name, page in DOCS.items()]
    return [{"name": name, "href": ""} for name in DOCS]


def _link(home: Path, page: str, here: Path) -> str:
    """The address of a page of the docs relative to a folder; empty if there is no such page."""
    for path in (home / "_build" / "html" / f"{page}.html", home / f"{page}.md"):
        if path.is_file():
            return Path(os.path.relpath(path, here)).as_posix()
    return ""
