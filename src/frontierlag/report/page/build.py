"""Put a page together: text from the tables, charts as JSON, script and styles inside."""

from __future__ import annotations

import base64
import hashlib
import io
import os
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from frontierlag.errors import OutputError, ResultsError
from frontierlag.machine.files import replaced
from frontierlag.machine.program import package_digest
from frontierlag.names import CURRENT, REALIZED, WINDOW
from frontierlag.report.cite import choose, cite, read_estimates
from frontierlag.report.page import answers, evidence, plots
from frontierlag.report.page.folder import PAGE, RUN, Results, read_results, results_below
from frontierlag.report.page.forest import coded, long_date, score_digits
from frontierlag.report.page.index import index_context
from frontierlag.results.fit_checks import expected_score, p_words
from frontierlag.results.tables import LAST_DAY
from frontierlag.scores.scale import scale_recorded
from frontierlag.words import converged, error_of, figure, median, probability_words, span

HERE = Path(__file__).parent
INDEX = "index.html"
LIMIT = 8_000_000  # bytes of one page
_MARK = "<!-- made from {} -->"
ROOM = 60_000  # bytes kept free of figures, for the text around them
FIGURES = {
    "rank": "Ranks of the draws, a line for each chain: lines near zero mean that the chains agree",
    "energy": "Energy of the sampler: the two curves should overlap",
    "ppc": "Scores that the fitted model would have produced, over those observed",
    "loo_pit": "Predictions of releases left out: inside the band means calibrated",
    "prior": "What the priors allow before the data are seen",
    "information": "Where on the scale results on all benchmarks tell models apart",
}
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


def write_page(folder: Path, out: Path | None = None, *, mark: str = "") -> tuple[Path, Results]:
    """Write the page of one results folder, by default into it; return it and what it is made from.

    ``mark`` is what the page ends with, to know it by when it is to be made again.
    """
    results = read_results(folder)
    target = out or folder / PAGE
    try:
        text = page(results)
    except (KeyError, ValueError, TypeError) as error:
        raise ResultsError(
            f"the tables in {folder} do not fit together ({type(error).__name__}: {error}), so "
            f"they were changed or made by another version; run `{RUN}` again"
        ) from error
    with replaced(target) as path:
        path.write_text(_marked(text, mark), encoding="utf-8")
    return target, results


def write_tree(root: Path) -> tuple[Path, list[Results]]:
    """Write a page into every results folder below ``root``, and an index of them."""
    folders = results_below(root)
    if not folders:
        raise ResultsError(
            f"there is no results folder in {root}; make one with `{RUN}`, or name another folder"
        )
    mark = _MARK.format(_made_from(root))
    target = root / INDEX
    found = [
        read_results(folder) if _has(folder / PAGE, mark) else write_page(folder, mark=mark)[1]
        for folder in folders
    ]
    if not _has(target, mark):
        with replaced(target) as path:
            path.write_text(_marked(index(root, found), mark), encoding="utf-8")
    return target, found


def _made_from(root: Path) -> str:
    """Digest of the program and of all tables, manifests and drawings below a folder.

    A page reads its neighbours too, so one digest holds for all pages of a tree. Drawings count by
    name, size and time.
    """
    digest = hashlib.sha256(package_digest().encode())
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix().encode()
        if path.suffix in (".csv", ".json", ".md"):
            digest.update(name + b"\0" + path.read_bytes())
        elif path.suffix in (".png", ".nc"):
            stat = path.stat()
            digest.update(name + f"\0{stat.st_size} {stat.st_mtime_ns}".encode())
    return digest.hexdigest()


def _marked(html: str, mark: str) -> str:
    return html.replace("</html>", f"{mark}</html>") if mark else html


def _has(page: Path, mark: str) -> bool:
    """Whether a page is there and was made from just this."""
    if not page.is_file():
        return False
    with page.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - 2 * len(mark)))
        return mark.encode() in file.read()


def page(results: Results) -> str:
    """The whole page as text; an error if it would be larger than a page may be."""
    metric = results.manifest["data"]["metric"]
    scale = scale_recorded(metric)
    makers = {"frontier": plots.frontier_plot, "lag": plots.lag_plot}
    charts = {name: chart for name, maker in makers.items() if (chart := maker(results))}
    context: dict[str, Any] = {
        "results": results,
        "title": answers.title(results),
        "names": answers.names(results),
        "answer": answers.answer(results),
        "charts": charts,
        "chart_models": _chart_models(results),
        "records": answers.records_held(results),
        "years": answers.years(results),
        "now": answers.now(results),
        **{part.__name__: part(results) for part in evidence.PARTS},
        "score_format": f".{score_digits(metric)}f",
        "scale": scale.words if scale.changes else "",
        "citations": citations(results),
        "docs": docs(results.folder),
        "stills": {} if "lag" in charts else _stills(results),
    }
    bare = len(_render("page.html.j2", context | {"figures": [], "dropped": []}).encode())
    figures, dropped = _figures(results, LIMIT - ROOM - bare)
    text = _render("page.html.j2", context | {"figures": figures, "dropped": dropped})
    if len(text.encode()) > LIMIT:
        raise OutputError(
            f"the page of {results.folder} would have {len(text.encode()):,} bytes, more than "
            f"{LIMIT:,}; it has too many models or releases for one page"
        )
    return text


def index(root: Path, found: list[Results]) -> str:
    """The index page of a tree of results."""
    return _render("index.html.j2", index_context(root, found))


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shown = (coded, expected_score, long_date, median, p_words, span)
    made.filters |= {maker.__name__: maker for maker in shown}
    made.filters |= {"known": _known, "num": _num, "chance": _chance, "figure": _figure}
    made.tests["converged"] = converged
    return made


def _known(value: Any, lacking: str = "") -> str:
    """A cell as text, where it is not empty."""
    return lacking if value is None or pd.isna(value) else str(value)


def _num(value: Any, form: str = ".2f", lacking: str = "") -> str:
    """A number in this format; what is said where there is none, if that is to be told."""
    if lacking and (value is None or pd.isna(value)):
        return lacking
    return format(float(value), form).replace("%", " %")


def _chance(value: Any) -> str:
    return probability_words(None if pd.isna(value) else float(value))


def _figure(row: Any) -> str:
    return figure(row["median"], error_of(row))


def render(template: str, context: dict[str, Any]) -> str:
    """A template of this folder with everything that it names."""
    return _environment().get_template(template).render(context)


def _render(template: str, context: dict[str, Any]) -> str:
    own = (HERE / "page.js").read_text(encoding="utf-8")
    scripts = [plotly(), own] if context.get("charts") else [own]
    parts = {
        "style": Markup((HERE / "page.css").read_text(encoding="utf-8")),
        "scripts": [Markup(script) for script in scripts],
        "hashes": [hash_of(script) for script in scripts],
    }
    return render(template, context | parts)


@cache
def plotly() -> str:
    """The chart library's source, which is a part of its Python package."""
    bundle = files("plotly") / "package_data" / "plotly.min.js"
    return bundle.read_text(encoding="utf-8")


def hash_of(script: str) -> str:
    """What the page's content security policy knows a script by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _chart_models(results: Results) -> list[str]:
    """The models that charts can show, the headline model first."""
    drawn = [m for m in results.models if m in set(results.table("bands").get("model", []))]
    return sorted(drawn, key=lambda m: m != results.headline)


def _stills(results: Results) -> dict[str, str]:
    """The run's own drawings of the charts that cannot be interactive here."""
    found = {}
    for kind in ("frontier", "lag"):
        path = results.folder / "figures" / f"{kind}-{results.headline}.png"
        if path.is_file():
            found[kind] = image(path)
    return found


def _figures(results: Results, room: int) -> tuple[list[dict[str, Any]], list[str]]:
    """Diagnostic figures of each model as far as there is room, and the names of those left out."""
    found: list[dict[str, Any]] = []
    dropped: list[str] = []
    models = sorted(results.models, key=lambda m: m != results.headline)
    for model in models:
        own = []
        for kind, words in FIGURES.items():
            path = results.folder / "figures" / f"{kind}-{model}.png"
            if not path.is_file() or (kind == "prior" and model != results.headline):
                continue
            packed = image(path)
            if len(packed) + 1000 > room:
                dropped.append(path.relative_to(results.folder).as_posix())
                continue
            room -= len(packed) + 1000
            own.append({"words": words, "src": packed})
        if own:
            found.append({"model": model, "figures": own})
    return found, dropped


def image(path: Path) -> str:
    """A drawing as an address that holds its own content, packed smaller without loss."""
    from PIL import Image

    packed = io.BytesIO()
    with Image.open(path) as drawing:
        drawing.convert("RGB").save(packed, "WEBP", lossless=True, quality=30, method=1)
    return "data:image/webp;base64," + base64.b64encode(packed.getvalue()).decode()


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
