"""An update in words: the paragraph of one vintage, and the page of all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from frontierlag.intervals import OUTER, decimals
from frontierlag.runs.run import Result
from frontierlag.studies.history.tables import Vintage
from frontierlag.studies.writing import markdown_table, page
from frontierlag.updates.archive import REFUSED, Kept
from frontierlag.updates.causes import DAYS, Causes
from frontierlag.updates.check import GONE, NEW, Differences, listed
from frontierlag.words import Row, converged, median, span, stamp

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

    Parameters
    ----------
    kept, result
        The vintage and the run on it.
    last
        The row of ``history.csv`` of the vintage before.
    found
        What the vintage has otherwise.
    moved
        What moved the headline.
    vintages
        The one before and this one.
    """
    before = f"{median(last)} ({span(last)}){stamp(converged(last))}"
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
            f"{median(row)} ({span(row)}){stamp(converged(row))}",
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


def title_of(row: Row, title: str) -> str:
    """One vintage's headline in a few words, as the title of an entry."""
    mark = stamp(converged(row))
    return f"{title}: {median(row)} months ({span(row)}){mark}, {row['name']}"


def signed(months: float, mcse: float) -> str:
    """A change with its sign, and no more decimals than its Monte Carlo error supports."""
    if months == 0 and mcse == 0:
        return "none"
    places = decimals(mcse, most=1)
    return f"{round(months, places) + 0.0:+.{places}f}"


def cells_moved(moved: pd.DataFrame) -> list[str]:
    """Dates, openness, countries and makers that moved, by model."""
    rows = {column: _records(moved[moved["column"] == column]) for column in WHAT}
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
        models = moved[moved["column"] == kind]
        if len(models):
            day = "after" if kind == NEW else "before"
            names = [f"{row['model']} ({row[day] or 'no date'})" for row in _records(models)]
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


def _records(table: pd.DataFrame) -> list[dict[Any, Any]]:
    rows: list[dict[Any, Any]] = table.to_dict("records")
    return rows
