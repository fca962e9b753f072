"""The index of a tree of results: the main answer, all on one scale, a card a page and study."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from frontierlag.dates import RELEASED
from frontierlag.names import REALIZED, WINDOW
from frontierlag.report.page import answers
from frontierlag.report.page.folder import PAGE, Results
from frontierlag.report.page.forest import Forest, bar, long_date, scaled
from frontierlag.report.page.studies import studies_below

# What `frontierlag update` keeps beside its index, and what a link to it says.
FEED = "feed.xml"
BESIDE = {FEED: "Atom feed", "updates.md": "what moved", "history.csv": "all headlines"}
FITTED = {"results": "benchmark results", "draws": "joint draws", "scores": "scores"}


def index_context(root: Path, found: Sequence[Results]) -> dict[str, Any]:
    """What the index page in ``root`` shows of the results of all pages."""
    ordered = newest_first(found)
    cards = [
        {
            "href": _href(root, one.folder / PAGE),
            "title": title,
            "answer": answers.answer(one),
            "facts": facts(one),
            "model": one.headline,
            "unconverged": one.unconverged,
        }
        for one, title in zip(ordered, distinct_titles(ordered), strict=True)
    ]
    main = headline(ordered)
    (card,) = (card for one, card in zip(ordered, cards, strict=True) if one is main)
    studies = studies_below(root)
    sources = dict.fromkeys(str(one.manifest["data"]["attribution"]) for one in ordered)
    sources |= dict.fromkeys(source for study in studies for source in study.attributions)
    return {
        "main": card | {"title": answers.title(main)},
        "forest": forest(root, ordered),
        "common": differences(ordered)[0],
        "entries": cards,
        "studies": [
            {"href": _href(root, one.page), "title": one.title, "answer": one.answer}
            for one in studies
        ],
        "attributions": list(sources),
        "beside": {name: words for name, words in BESIDE.items() if (root / name).is_file()},
    }


def newest_first(found: Sequence[Results]) -> list[Results]:
    """By the last day, newest first; of one day, in the order in which the main answer is sought.

    That is: the comparison of the source article, fits to benchmark results, the default
    convention of dates; then by folder.
    """
    ordered = sorted(
        found,
        key=lambda one: (
            one.comparison != answers.ABOUT,
            one.reads != "results",
            one.dates != RELEASED,
            str(one.folder),
        ),
    )
    return sorted(ordered, key=lambda one: one.as_of, reverse=True)


def headline(ordered: Sequence[Results]) -> Results:
    """The main answer: the newest of an index by the article's comparison and default dates."""
    about = [one for one in ordered if one.comparison == answers.ABOUT]
    usual = [one for one in about if one.dates == RELEASED and not _bounded(one)]
    return (usual or [one for one in about if not _bounded(one)] or about or list(ordered))[0]


def facts(one: Results) -> tuple[str, ...]:
    """What one answer differs from another in: index, data, dates, last day and first day."""
    metric = one.manifest["data"]["metric"]["name"]
    return (
        f"{metric}, {one.dataset}",
        f"from {FITTED[one.reads]}",
        one.dates_words,
        f"as of {long_date(one.as_of)}",
        f"since {long_date(one.since)}",
    )


def differences(ordered: Sequence[Results]) -> tuple[list[str], list[list[str]]]:
    """The facts that all answers have in common, and of each answer the others."""
    rows = [facts(one) for one in ordered]
    shared = [len(set(column)) == 1 for column in zip(*rows, strict=True)]
    common = [fact for fact, same in zip(rows[0], shared, strict=True) if same]
    return common, [
        [fact for fact, same in zip(row, shared, strict=True) if not same] for row in rows
    ]


def distinct_titles(ordered: Sequence[Results]) -> list[str]:
    """A title for each card, with as many facts as make it unique."""
    rows = [(_who(one), *facts(one)) for one in ordered]
    number = 3  # who, the index, what was fitted
    titles = [_title(row[:number]) for row in rows]
    while len(set(titles)) < len(titles) and number < len(rows[0]):
        number += 1
        seen = [title for title in titles if titles.count(title) > 1]
        titles = [
            _title(row[:number]) if title in seen else title
            for row, title in zip(rows, titles, strict=True)
        ]
    return [
        f"{title} ({one.folder.name})" if titles.count(title) > 1 else title
        for title, one in zip(titles, ordered, strict=True)
    ]


def forest(root: Path, ordered: Sequence[Results]) -> Forest | None:
    """The mean realized lag of every answer on one scale, each row with what differs."""
    _, apart = differences(ordered)
    bars = []
    main = headline(ordered)
    for one, own in zip(ordered, apart, strict=True):
        row = one.lag(REALIZED, WINDOW)
        if row is not None:
            made = bar(row, _capital(_who(one)), note=" · ".join(own), base=one is main)
            bars.append(replace(made, href=_href(root, one.folder / PAGE)))
    return scaled(bars)


def _who(one: Results) -> str:
    leader, follower = answers.names(one)
    return f"{follower} behind {leader}"


def _title(parts: Sequence[str]) -> str:
    who, *rest = parts
    return f"{_capital(who)}: {', '.join(rest)}"


def _capital(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}"


def _bounded(one: Results) -> bool:
    """Whether the score is an accuracy of one benchmark and not an index."""
    return one.manifest["data"]["metric"].get("upper") is not None


def _href(root: Path, page: Path) -> str:
    return Path(os.path.relpath(page, root)).as_posix()
