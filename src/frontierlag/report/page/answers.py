"""What the page says first: the answer, its three lags, the years, today, the claims."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from frontierlag.claims.article import claimed
from frontierlag.claims.lags import Between
from frontierlag.dates import DAYS_PER_MONTH
from frontierlag.intervals import OUTER
from frontierlag.names import AT_RELEASE, CURRENT, REALIZED, TREND, WINDOW
from frontierlag.report.page.folder import Results
from frontierlag.report.page.forest import (
    Bar,
    Forest,
    bar,
    long_date,
    percent,
    scaled,
    whose,
)
from frontierlag.results.charts import AGED, AS_LARGE, LAST_RELEASE
from frontierlag.results.last_day import of_model, sentence, sides, spikes, spikes_words
from frontierlag.results.tables import LAST_DAY
from frontierlag.words import (
    Row,
    bound,
    converged,
    error_of,
    figure,
    joined_span,
    median,
    rows_where,
    span,
)

ABOUT = "us-china"  # the comparison that the article spoke of
RUNGS = {
    TREND: ("Trend lag", "How far apart are typical frontier releases of the two?"),
    AT_RELEASE: (
        "Lag at release",
        "When {follower} sets a record, how long ago did {leader} first exceed it?",
    ),
    REALIZED: (
        "Realized lag",
        "On any day, how long ago did {leader} first exceed the best that {follower} has?",
    ),
}


def names(results: Results) -> tuple[str, str]:
    """Leader and follower as a sentence names them."""
    return whose(results.leader, results.column), whose(results.follower, results.column)


def title(results: Results) -> str:
    """The question in one line."""
    leader, follower = names(results)
    if results.column == "weights":
        return f"How far are {follower} behind {leader}?"
    return f"How far is {follower} behind {leader} in AI?"


def answer(results: Results) -> dict[str, Any]:
    """The answer as a sentence with its interval, the three lags, and what must be said with it."""
    leader, follower = names(results)
    mean, today = (results.lag(REALIZED, period) for period in (WINDOW, CURRENT))
    rungs = [
        {
            "name": name,
            "question": question.format(leader=leader, follower=follower),
            "headline": lag == REALIZED,
            "median": median(row),
            "span": span(row),
            "stamped": not converged(row),
        }
        for lag, (name, question) in RUNGS.items()
        if (row := results.lag(lag, WINDOW)) is not None
    ]
    weights = results.column == "weights"
    return {
        "subject": f"The best of the {follower}" if weights else f"{follower}’s best AI model",
        "object": f"the best of the {leader}" if weights else f"that of {leader}",
        "mean": _spoken(mean),
        "today": None if today is None else _today(results),
        "since": long_date(results.since),
        "as_of": long_date(results.as_of),
        "rungs": rungs,
        "bound_share": percent(mean["censored"]) if mean is not None else "",
        "has_bounds": mean is not None and float(mean["censored"]) > 0,
        "stamped": any(row is not None and not converged(row) for row in (mean, today)),
    }


def _today(results: Results) -> dict[str, str]:
    """The lag of the last day in words: its values, and the whole sentence; see the last day."""
    day = of_model(results.table(LAST_DAY), results.headline)
    if day is None:
        return {
            "chances": "",
            "said": "",
            "words": "The releases that the lag of the last day may be counted from are not stored "
            "in this folder; run the analysis again.",
        }
    groups = sides(results.column, results.leader, results.follower)
    words = sentence(day, *groups, results.as_of)
    return {
        "chances": spikes(day),
        "said": spikes_words(day),
        "words": f"{words[0].upper()}{words[1:]}.",
    }


def _spoken(row: Row | None) -> dict[str, Any] | None:
    """A row for a sentence: a negative lag is worded as being ahead."""
    if row is None or pd.isna(row["median"]):
        return None
    ahead = float(row["median"]) < 0
    return {
        "verb": "led" if ahead else "trailed",
        "months": figure(abs(float(row["median"])), error_of(row)),
        "bound": "" if ahead else bound(row),
        "span": span(row),
        "signed": float(row["lower90"]) < 0,
        "ahead": ahead,
    }


def years(results: Results) -> Forest | None:
    """Mean realized lag of each calendar year next to the range that the article stated."""
    own = results.rows("lags", model=results.headline, lag=REALIZED)
    bars: list[Bar] = []
    for row in own:
        year = str(row["period"])
        if not year.isdecimal():
            continue
        stated = claimed(REALIZED, year) if results.comparison == ABOUT else None
        made = bar(row, _year_label(year, results), note=_year_note(row, stated))
        bars.append(replace(made, claimed=(stated.low, stated.high)) if stated else made)
    return scaled(bars)


def _year_label(year: str, results: Results) -> str:
    """The year, with the days that it covers where the window cuts it."""
    since, as_of, cut = results.since, results.as_of, []
    if since[:4] == year and since[5:] != "01-01":
        cut.append(f"from {pd.Timestamp(since):%d %b}".replace(" 0", " "))
    if as_of[:4] == year and as_of[5:] != "12-31":
        cut.append(f"to {pd.Timestamp(as_of):%d %b}".replace(" 0", " "))
    return f"{year}, {' '.join(cut)}" if cut else year


def _year_note(row: Row, stated: Between | None) -> str:
    words = []
    if stated:
        words.append(f"the article: {stated.said}, counted as {stated.low:g} to {stated.high:g}")
    if float(row["censored"]) > 0:
        words.append(f"on {percent(row['censored'])} of its days only a lower bound")
    return "; ".join(words)


def now(results: Results) -> dict[str, Any] | None:
    """The lag today, the lag at the follower's last record, and when it was last as large."""
    own = {row["quantity"]: row for row in results.rows("now", model=results.headline)}
    if not own:
        return None
    held = results.rows("releases", group=results.follower, record=True)
    last = sorted(held, key=lambda row: row["released"])[-1] if held else None
    large = own[AS_LARGE]
    return {
        "today": _today(results),
        "at_release": _month_cells(own[LAST_RELEASE]),
        "aged": _month_cells(own[AGED]),
        "record": last,
        "record_date": long_date(last["released"]) if last else "",
        "as_large": None
        if pd.isna(large["median"])
        else {
            "median": _day_before(results.as_of, large["median"]),
            "span": joined_span(
                _day_before(results.as_of, large["upper90"]),
                _day_before(results.as_of, large["lower90"]),
            ),
        },
        "never": float(large["undefined"]),
        "never_words": percent(large["undefined"]),
        "since": long_date(results.since),
        "stamped": not converged(large),
    }


def _month_cells(row: Row) -> dict[str, str]:
    """Median and interval in words; of one day these often are one figure, which is no interval."""
    ends = [figure(row[name], error_of(row)) for name in ("lower90", "upper90")]
    words = f"90 % interval {span(row)}"
    if ends[0] == ends[1]:
        words = f"the same in at least {OUTER:.0%} of the draws"
    return {"median": figure(row["median"], error_of(row)), "span": words}


def _day_before(last: str, months: float) -> str:
    """The day so many months before the last one, as people write it."""
    day = pd.Timestamp(last) - pd.Timedelta(days=round(float(months) * DAYS_PER_MONTH))
    return long_date(str(day.date()))


def records_held(results: Results) -> list[Row]:
    """The record-holders of both groups by published score, newest first: the chart as a table."""
    releases = results.table("releases")
    if releases.empty:
        return []
    return rows_where(releases[releases["record"]].sort_values("released", ascending=False))
