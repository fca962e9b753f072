"""The headlines as an Atom feed (RFC 4287), made of ``history.csv`` and of nothing else.

Identifiers are UUIDs of the address that is followed and of the vintage's digest (RFC 9562, version
5), times are those of fetching: the same history gives the same feed, whenever it is written.
"""

from __future__ import annotations

import re
import uuid
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd

from frontierlag.machine.files import replaced
from frontierlag.report.page.index import FEED
from frontierlag.updates.words import title_of

ATOM = "http://www.w3.org/2005/Atom"
# What XML 1.0 has no letter for.
_NOT_XML = re.compile(r"[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


def feed(history: pd.DataFrame, source: str, title: str, site: str = "") -> str:
    """Return the feed as text, newest vintage first.

    Parameters
    ----------
    history
        Rows of ``history.csv``, at least one.
    source
        The address that the first vintage came from.
    title
        Who trails whom.
    site
        The address under which the folder is published; with it entries link to the page.
    """
    rows = history.to_dict("records")
    newest = rows[::-1]
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
        _add(entry, "title", title_of(row, title))
        _add(entry, "updated", str(row["fetched"]))
        if site:
            _add(entry, "link", rel="alternate", type="text/html", href=f"{base}/")
        _add(entry, "content", str(row["words"]), type="text")
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def write_feed(folder: Path, text: str) -> None:
    """Write the feed whole."""
    with replaced(folder / FEED) as path:
        path.write_text(text, encoding="utf-8")


def _add(
    parent: ElementTree.Element, name: str, text: str = "", **attributes: str
) -> ElementTree.Element:
    made = ElementTree.SubElement(parent, name, attributes)
    made.text = _NOT_XML.sub(" ", text) or None
    return made


def _urn(words: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, words).urn
