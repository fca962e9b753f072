"""What the constructions say: their tables, sentences, and the page that holds them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from frontierlag.analyses.refits import DIGITS, KINDS, PERIODS
from frontierlag.dates import WORDS
from frontierlag.intervals import INTERVAL_KIND, OUTER
from frontierlag.jobs import Prepared
from frontierlag.names import REALIZED, TREND, WINDOW
from frontierlag.studies.index.construction import BASE, BENCHMARKS, DATED, SOURCES, VENDOR
from frontierlag.studies.index.refits import Constructed
from frontierlag.studies.writing import NUMBERS, markdown_table, page, typed
from frontierlag.words import STAMP, median, span, stamp

# A change by this many of its Monte Carlo errors is not chance.
CLEAR_ERRORS = 3.0
_MOST = 3
_TITLES = {
    BENCHMARKS: "One benchmark at a time",
    SOURCES: "One source at a time",
    VENDOR: "Who reports",
    DATED: "Without older benchmarks",
}
COLUMNS = (
    *("construction", "kind", "what", "lag", "period", "since", "change", "change_mcse"),
    *NUMBERS,
    *("converged", "n_results", "n_benchmarks", "n_releases", "without_results", "note"),
)


def constructions_table(outcomes: Sequence[Constructed]) -> pd.DataFrame:
    """Return the lags under every construction and of the main answer, which is the first.

    Returns
    -------
    Rows of ``COLUMNS``, months. ``since`` is the first day of the window of a row, later than that
    of the job where what is left begins later. ``change`` is of the median against that of the main
    one over the same days and ``change_mcse`` its Monte Carlo error, of both medians; the counts
    are of what is left, and ``without_results`` names the releases that have no usable result left,
    which are in neither group then. A construction that cannot be fitted has one row, whose
    ``note`` says why.
    """
    base = outcomes[0]
    rows: list[dict[str, Any]] = []
    for outcome in outcomes:
        construction, left = outcome.construction, outcome.left
        head: dict[str, Any] = {
            "construction": construction.name,
            "kind": construction.kind,
            "what": construction.words,
        }
        if left is not None:
            head |= {
                "n_results": left.results,
                "n_benchmarks": left.benchmarks,
                "n_releases": int(left.measured.sum()),
                "without_results": "; ".join(left.lost),
            }
        if not outcome.lags:
            rows.append(head | {"note": outcome.verdict})
            continue
        for key in ((kind, period) for kind in KINDS for period in PERIODS):
            since = outcome.window.since.isoformat()
            own, main = outcome.lags[since, *key], base.lags[since, *key]
            moved = outcome is not base
            error = float(np.hypot(own["mcse_median"], main["mcse_median"])) if moved else 0.0
            rows.append(
                head
                | {
                    "lag": key[0],
                    "period": key[1],
                    "since": since,
                    "change": round(own["median"] - main["median"], DIGITS) + 0.0,
                    "change_mcse": round(error, DIGITS),
                    "converged": outcome.converged,
                    "note": outcome.verdict,
                }
                | dict(own)
            )
    return typed(rows, COLUMNS)


def index_sentences(table: pd.DataFrame, prepared: Prepared) -> list[str]:
    """Say what the main answer is and how far each kind of construction moves it.

    One sentence or two for the main answer and for each kind, ready to stand alone.
    """
    leader, follower = prepared.releases.group_names
    main = _lag(table[table["kind"] == BASE], REALIZED).iloc[0]
    trend = _lag(table[table["kind"] == BASE], TREND).iloc[0]
    sentences = [
        f"{follower} trails {leader} by {_months(main)} months (posterior median with "
        f"{OUTER:.0%} {INTERVAL_KIND} interval; mean realized lag, {prepared.window_words}; trend "
        f"lag {_months(trend)}) by all {main['n_results']} usable results on "
        f"{main['n_benchmarks']} benchmarks ({prepared.model()}, {prepared.table.name}; "
        f"{WORDS[prepared.releases.dates]}){_mark(main)}."
    ]
    for kind in (BENCHMARKS, SOURCES):
        rows = _lag(table[table["kind"] == kind], REALIZED)
        if len(rows):
            sentences.append(_one_at_a_time(rows, kind))
    for kind in (VENDOR, DATED):
        for name, rows in table[table["kind"] == kind].groupby("construction", sort=False):
            sentences.append(_single(str(name), rows, main))
    return sentences


def index_page(
    table: pd.DataFrame, sentences: Sequence[str], prepared: Prepared, credits: Sequence[str]
) -> str:
    """Return the page: the sentences, a table for each kind, and whose data it is."""
    parts = [f"# What the index hides: {prepared.title}", *sentences]
    base = table[table["kind"] == BASE]
    for kind, title in _TITLES.items():
        own = table[table["kind"] == kind]
        if len(own):
            parts += [f"## {title}", _markdown(base, own)]
    parts += [
        "Months, posterior median with "
        f"{OUTER:.0%} {INTERVAL_KIND} interval; realized and trend lag are means over "
        f"{prepared.window_words}. The change is that of the median against all results over the "
        "same days, with its Monte Carlo standard error. At least: on more than a tenth of the "
        "days the lag is only a lower bound, because the data left begin too late. A release "
        "without usable results counts in neither group; where a group then has no release on the "
        "first days, the window begins with its first, as stated.",
        *credits,
    ]
    return page(parts)


def _markdown(base: pd.DataFrame, own: pd.DataFrame) -> str:
    lines = []
    both = pd.concat([base, own])
    order = _lag(own, REALIZED)["change"].abs().sort_values(ascending=False, kind="stable").index
    sorted_names = [*base["construction"].unique(), *own.loc[order, "construction"]]
    names = dict.fromkeys([*sorted_names, *own["construction"]])
    for name in names:
        rows = both[both["construction"] == name]
        first = rows.iloc[0]
        if first["lag"] == "":
            lines.append([name, "", "", first["note"], "", "", ""])
            continue
        cells = []
        for kind in (REALIZED, TREND):
            row = _lag(rows, kind).iloc[0]
            change = "" if row["kind"] == BASE else _change(row)
            cells += [_months(row) + _mark(row), change]
        # The first day of a window that is not that of the main answer.
        since = "" if first["since"] == base.iloc[0]["since"] else f", since {first['since']}"
        lines.append([f"{name}{since}", first["n_results"], first["n_releases"], *cells])
    columns = ("construction", "results", "releases", "realized lag", "change", "trend lag")
    return markdown_table([*columns, "change"], lines)


def _one_at_a_time(rows: pd.DataFrame, kind: str) -> str:
    """How far leaving out one of many moves the realized lag, and which moves it most."""
    order = rows["change"].abs().sort_values(ascending=False, kind="stable").index
    largest = rows.loc[order[:_MOST]]
    named = ", ".join(
        f"{row['construction'].removeprefix('without ')} ({_change(row)})"
        for _, row in largest.iterrows()
    )
    apart = int((rows["change"].abs() > CLEAR_ERRORS * rows["change_mcse"]).sum())
    good = rows["converged"].fillna(value=False).astype(bool)
    bad, changes = int((~good).sum()), rows.loc[good, "change"]
    span = (
        "no fit converged"
        if changes.empty
        else f"by {changes.min():+.2f} to {changes.max():+.2f} months"
    )
    return (
        f"Leaving out one {kind} at a time moves the mean realized lag {span}; "
        f"the largest changes are those without {named}; {apart} of {len(rows)} differ from the "
        f"main answer by more than {CLEAR_ERRORS:g} Monte Carlo errors"
        f"{f'; {bad} {STAMP}' if bad else ''}."
    )


def _single(name: str, rows: pd.DataFrame, main: pd.Series) -> str:
    first = rows.iloc[0]
    if first["lag"] == "":
        return f"{name[0].upper()}{name[1:]} ({first['what']}): not estimated: {first['note']}"
    realized, trend = _lag(rows, REALIZED).iloc[0], _lag(rows, TREND).iloc[0]
    lost = len(first["without_results"].split("; ")) if first["without_results"] else 0
    gone = f", {lost} releases have no results left" if lost else ""
    days = ""
    if first["since"] != main["since"]:
        days = f"since {first['since']}, when the data left begin, "
    return (
        f"{name[0].upper()}{name[1:]} ({first['what']}; {first['n_results']} results on "
        f"{first['n_benchmarks']} benchmarks count{gone}): {days}realized lag {_months(realized)} "
        f"months, {_change(realized)} against all results{' over the same days' if days else ''}; "
        f"trend lag {_months(trend)}, "
        f"{_change(trend)}{_mark(realized)}."
    )


def _lag(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    return rows[(rows["lag"] == kind) & (rows["period"] == WINDOW)]


def _months(row: pd.Series) -> str:
    """Median and outer interval, worded as every lag is: a bound where many days are bounds."""
    cells = row.to_dict()
    return f"{median(cells)} ({span(cells)})"


def _change(row: pd.Series) -> str:
    return f"{round(float(row['change']), 2) + 0.0:+.2f} ± {float(row['change_mcse']):.2f}"


def _mark(row: pd.Series) -> str:
    return stamp(bool(row["converged"]))
