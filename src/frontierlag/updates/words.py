"""An update in words: the paragraph of one vintage, the page of all, and the headlines as a feed.

The feed is Atom (RFC 4287) and made of ``history.csv`` alone. Identifiers are UUIDs of the address
that is followed and of the vintage's digest (RFC 9562, version 5), times are those of fetching: the
same history gives the same feed, whenever it is written.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from xml.etree import ElementTree

import pandas as pd

from frontierlag.intervals import OUTER, decimals
from frontierlag.report.page.index import FEED
from frontierlag.runs.run import Result
from frontierlag.studies.history.vintages import Vintage
from frontierlag.studies.writing import markdown_table, page, rows_where
from frontierlag.updates.archive import REFUSED, Kept
from frontierlag.updates.check import GONE, NEW, Differences, listed
from frontierlag.updates.history import DAYS, Causes
from frontierlag.words import Row, converged, median, span, stamp, with_span

ATOM = "http://www.w3.org/2005/Atom"
# What XML 1.0 has no letter for.
_NOT_XML = re.compile(r"[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")

# What a part of the change is called.
PARTS = {
    "scores": "revised scores",
    "models": "models that came or went",
    "dates": "dates that moved",
    DAYS: "days that only one of the two windows has",
}
# What a column is called whose cells moved.
WHAT = {
    "released": "release dates",
    "dated": "days in use, otherwise than the published ones,",
    "weights": "openness of weights",
    "country": "countries",
    "organization": "makers",
}


def first_words(kept: Kept, result: Result) -> str:
    """The paragraph of the first vintage."""
    return f"{_came(kept)}, the first vintage here. {_headline(result)}"


def paragraph(
    kept: Kept,
    result: Result,
    last: Row,
    found: Differences,
    moved: Causes,
    vintages: tuple[Vintage, Vintage],
) -> str:
    """What a vintage changed: the headline before and after, what moved it, what else moved.

    ``last`` is the row of ``history.csv`` of the vintage before; ``vintages`` are that and this.
    """
    before = with_span(last, mark=True)
    parts = [
        f"{_came(kept)}, after {last['name']} of {str(last['fetched'])[:10]}.",
        _headline(result),
        f"By the vintage before it was {before}, to {last['as_of']}.",
        _moved(moved),
        *_models(found.moved),
        *cells_moved(found.moved),
        *_errors(vintages),
        *found.remarks,
    ]
    return " ".join(parts)


def whole_page(title: str, history: pd.DataFrame, refused: Sequence[Kept]) -> str:
    """The text of ``updates.md``: the newest paragraph, all headlines, what was refused."""
    rows = history.to_dict("records")
    newest = rows[::-1]
    lines = [
        [
            str(row["fetched"])[:10],
            row["name"],
            with_span(row, mark=True),
            _change(row),
            row["as_of"],
        ]
        for row in newest
    ]
    columns = ("fetched", "vintage", f"lag ({OUTER:.0%} interval)", "change of mean", "as of")
    parts = [
        f"# {title}, by vintage",
        str(newest[0]["words"]),
        "## All vintages",
        f"Mean realized lag over the vintage's own window, months, {newest[0]['model']}.",
        markdown_table(columns, lines),
    ]
    if refused:
        parts += ["## Refused", *(f"- {one.fetched[:10]}: {one.reason}" for one in refused)]
    credits = dict.fromkeys(str(row["attribution"]) for row in rows)
    return page([*parts, *credits])


def signed(months: float, mcse: float) -> str:
    """A change with its sign, and no more decimals than its Monte Carlo error supports."""
    if months == 0 and mcse == 0:
        return "none"
    places = decimals(mcse, most=1)
    return f"{round(months, places) + 0.0:+.{places}f}"


def cells_moved(moved: pd.DataFrame) -> list[str]:
    """Dates, openness, countries and makers that moved, by model."""
    rows = {column: rows_where(moved, column=column) for column in WHAT}
    cells = {column: {_cell(row) for row in of} for column, of in rows.items()}
    dated = {str(row["model"]) for row in rows["dated"]}
    said = []
    for column, words in WHAT.items():
        names = []
        for row in rows[column]:
            if column == "dated" and _cell(row) in cells["released"]:
                continue  # the day in use is the published one, and moved with it
            kept = column == "released" and row["model"] not in dated
            names.append(f"{' '.join(_cell(row))}{' (not the day in use)' if kept else ''}")
        if names:
            said.append(f"{words[0].upper()}{words[1:]} moved: {listed(names)}.")
    return said


def refusals(kept: Sequence[Kept]) -> list[Kept]:
    """The answers that were refused."""
    return [one for one in kept if one.state == REFUSED]


def feed(history: pd.DataFrame, source: str, title: str, site: str = "") -> str:
    """The rows of ``history.csv`` as a feed, newest vintage first.

    ``source`` is the address that the first vintage came from; with ``site``, the one under which
    the folder is published, entries link to the page.
    """
    newest = history.to_dict("records")[::-1]
    about = f"{source} {newest[0]['comparison']} {newest[0]['dates']}"
    root = ElementTree.Element("feed", xmlns=ATOM)
    _add(root, "id", _urn(about))
    _add(root, "title", f"{title}, by vintage")
    _add(root, "updated", str(newest[0]["fetched"]))
    author = _add(root, "author")
    _add(author, "name", "frontierlag")
    _add(root, "generator", "frontierlag")
    _add(root, "rights", " ".join(dict.fromkeys(str(row["attribution"]) for row in newest)))
    if site:
        base = site.rstrip("/")
        _add(root, "link", rel="self", type="application/atom+xml", href=f"{base}/{FEED}")
        _add(root, "link", rel="alternate", type="text/html", href=f"{base}/")
    for row in newest:
        entry = _add(root, "entry")
        _add(entry, "id", _urn(f"{about} {row['fetched']} {row['sha256']}"))
        _add(entry, "title", _title(row, title))
        _add(entry, "updated", str(row["fetched"]))
        if site:
            _add(entry, "link", rel="alternate", type="text/html", href=f"{base}/")
        _add(entry, "content", str(row["words"]), type="text")
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _came(kept: Kept) -> str:
    return f"{kept.name}, fetched on {kept.day} from {kept.final_url}"


def _headline(result: Result) -> str:
    (outcome,) = (one for one in result.outcomes if one.model == result.headline)
    return outcome.sentences[0]


def _moved(moved: Causes) -> str:
    """By how much the posterior mean moved, and its parts, the largest first."""
    if moved.total == (0, 0):
        return "The headline is the same to the last digit."
    order = sorted(moved.parts.items(), key=lambda item: -abs(item[1][0]))
    named = "; ".join(f"{signed(*part)} by {PARTS[name]}" for name, part in order)
    verdict = stamp(moved.converged, brackets=True)
    return (
        f"The posterior mean moved by {signed(*moved.total)} months, "
        f"{abs(moved.in_sds):.1f} posterior standard deviations: {named}{verdict}."
    )


def _models(moved: pd.DataFrame) -> list[str]:
    said = []
    for kind, words in ((NEW, "new"), (GONE, "no longer there")):
        if models := rows_where(moved, column=kind):
            day = "after" if kind == NEW else "before"
            names = [f"{row['model']} ({row[day] or 'no date'})" for row in models]
            said.append(f"{_count(len(names), 'model')} {words}: {listed(names)}.")
    return said


def _cell(row: Row) -> tuple[str, ...]:
    return str(row["model"]), "from", row["before"] or "none", "to", row["after"] or "none"


def _errors(vintages: tuple[Vintage, Vintage]) -> list[str]:
    before, after = (one.errors for one in vintages)
    if before == after:
        return []
    return [
        f"The convention of the scores' errors changed: they were {before or 'without anchors'} "
        f"and are {after or 'without anchors'}."
    ]


def _change(row: Row) -> str:
    if pd.isna(row["change"]):
        return ""
    return signed(float(row["change"]), float(row["change_mcse"]))


def _count(n: int, what: str) -> str:
    return f"{n} {what} is" if n == 1 else f"{n} {what}s are"


def _title(row: Row, title: str) -> str:
    """One vintage's headline in a few words, as the title of an entry."""
    mark = stamp(converged(row))
    return f"{title}: {median(row)} months ({span(row)}){mark}, {row['name']}"


def _add(
    parent: ElementTree.Element, name: str, text: str = "", **attributes: str
) -> ElementTree.Element:
    made = ElementTree.SubElement(parent, name, attributes)
    made.text = _NOT_XML.sub(" ", text) or None
    return made


def _urn(words: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, words).urn
