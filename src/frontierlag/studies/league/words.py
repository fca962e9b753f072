"""What a league says, in sentences and as a table; the answer first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import pandas as pd

from frontierlag.dates import WORDS
from frontierlag.scores.league import LeagueReleases
from frontierlag.studies.league.measure import APART
from frontierlag.studies.league.table import (
    BACKWARD,
    BEHIND,
    BEHIND_YEAR,
    CURRENT,
    FORWARD,
    KINDS,
    MEAN,
    lag_of,
)
from frontierlag.studies.writing import markdown_table, rows_where
from frontierlag.words import (
    INTERVAL_WORDS,
    STAMP,
    Row,
    converged,
    probability_words,
    stamp,
    with_span,
)

# How many groups a sentence names, and how many changes of the lead.
NAMED, CHANGES = 5, 6
RULE = (
    f"Every group of a tier is ahead of every group of the tiers below it with a probability of at "
    f"least {APART:.0%}; within a tier the order is not known that well"
)
CITE = (
    "For one lag between two groups cite the fit of the two (`frontierlag run --comparison "
    "LEADER:FOLLOWER`), which rests on their releases alone. Cite the league for ranks, for months "
    "behind the frontier and for several groups at once: in it a group with few releases takes "
    "slope, scatter and shortfall in part from the others."
)


def league_sentences(tables: Mapping[str, pd.DataFrame], releases: LeagueReleases) -> list[str]:
    """Say who leads, how far the others are behind, the tiers, and who led when.

    Sentences that can stand alone, the answer first; ``tables`` by the name of their file.
    """
    rows = rows_where(tables["league"], quantity=BEHIND)
    first, others = rows[0], rows[1:]
    state = stamp(converged(first))
    more = f", then {len(others) - NAMED} more" if len(others) > NAMED else ""
    said = [
        f"By {releases.by}, {first['group']} has the best model on {releases.as_of} with "
        f"probability {probability_words(float(first['first']))}; behind the frontier are "
        f"{', '.join(f'{row["group"]} by {_lag(row)}' for row in others[:NAMED])}{more} "
        f"(months since the best of all first exceeded what the group has; posterior median with "
        f"{INTERVAL_WORDS}; {releases.table}; {WORDS[releases.dates]}){state}.",
        f"Tiers: {'; '.join(_tiers(rows))}. {RULE}{state}.",
        _leaders(tables["leaders"]) + f"{state}.",
        *_pending(tables.get("pending"), state),
        *_few(releases),
        CITE,
    ]
    if state:
        said.append(f"{STAMP}: the fit missed the convergence gate; run it longer (--draws).")
    return said


def league_page(
    tables: Mapping[str, pd.DataFrame], sentences: Sequence[str], releases: LeagueReleases
) -> list[str]:
    """The page: the sentences, the league, the lags between neighbours, notes, the credit."""
    head, lines = league_rows(tables["league"], releases)
    order = [line[1] for line in lines]
    return [
        f"# League by {releases.by}: {releases.table}",
        *sentences,
        "## League",
        markdown_table(head, lines),
        f"Months behind the frontier on {releases.as_of} and as a mean over the year to that day, "
        f"posterior median with {INTERVAL_WORDS}; ranks by best available on that day.",
        "## Each group against the one ranked before it",
        _neighbours(tables["pairs"], order),
        "Months. Realized: since when the group ahead had more than the group behind has. Trend: "
        "how long ago the trend of the group ahead was where the other's is (backward), and how "
        "long until the other's trend, at its own pace, is where it is now (forward). Every pair "
        "is in pairs.csv.",
        *releases.notes,
        releases.attribution,
    ]


def league_rows(
    league: pd.DataFrame, releases: LeagueReleases
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Head and cells of the league as a table for people, the best ranked first."""
    rows, year = rows_where(league, quantity=BEHIND), rows_where(league, quantity=BEHIND_YEAR)
    lines: list[tuple[str, ...]] = [
        (
            str(row["tier"]), str(row["group"]), str(row["releases"]),
            f"{_lag(row)}{stamp(converged(row))}", _lag(old), f"{float(row['mean_rank']):.1f}",
            probability_words(float(row["first"])),
        )
        for row, old in zip(rows, year, strict=True)
    ]  # fmt: skip
    head = ("tier", releases.by, "releases", "months behind", "mean of a year", "mean rank",
            "P(first)")  # fmt: skip
    return head, lines


def pair_words(pair: Row) -> str:
    """The lags between two groups in words, from their row of the table of pairs."""
    by = {kind: lag_of(pair, kind) for kind in KINDS}
    ahead, behind, p = pair["ahead"], pair["behind"], float(pair["p_ahead"])
    below = any(float(row["lower90"]) < 0 for row in by.values())
    turned = f" (below zero: {behind} before {ahead})" if below else ""
    return (
        f"{behind} trails {ahead} by {_lag(by[CURRENT])} months on the last day and by "
        f"{_lag(by[MEAN])} months on average since {pair['since']} (realized lag, posterior median "
        f"with {INTERVAL_WORDS}); {ahead} is ahead on the last day with probability "
        f"{probability_words(p)}. By their trends, {ahead} was {_lag(by[BACKWARD])} months ago "
        f"where {behind} is, and {behind} will be where {ahead} is in {_lag(by[FORWARD])} months"
        f"{turned}.{stamp(converged(pair))}"
    )


def _neighbours(pairs: pd.DataFrame, order: Sequence[str]) -> str:
    lines = []
    for ahead, behind in pairwise(order):
        (pair,) = rows_where(pairs, ahead=ahead, behind=behind)
        lags = [_lag(lag_of(pair, kind)) for kind in KINDS]
        p = probability_words(float(pair["p_ahead"]))
        lines.append((behind, ahead, p, *lags, pair["since"]))
    head = ("behind", "ahead", "P(ahead)", "realized, last day", "realized, mean", "backward",
            "forward", "mean since")  # fmt: skip
    return markdown_table(head, lines)


def _lag(row: Row) -> str:
    if pd.isna(row["median"]):
        return "not there for a year"
    return with_span(row)


def _tiers(rows: Sequence[Row]) -> list[str]:
    names: dict[int, list[str]] = {}
    for row in rows:
        names.setdefault(int(row["tier"]), []).append(str(row["group"]))
    return [f"{tier}, {', '.join(groups)}" for tier, groups in names.items()]


def _leaders(table: pd.DataFrame) -> str:
    """Who led most probably since when, the latest changes; and who leads on the last day."""
    changes = table[table["change"]]
    shown = changes.tail(CHANGES)
    runs = [f"{row['group']} from {row['day']}" for row in shown.to_dict("records")]
    last = table[table["day"] == table["day"].max()]
    now = ", ".join(
        f"{row['group']} {probability_words(float(row['probability']))}"
        for row in last.to_dict("records")
    )
    cut = f" (the latest {CHANGES} of {len(changes)} times)" if len(changes) > CHANGES else ""
    return (
        f"Most probable leader{cut}: {', '.join(runs)}; on {last['day'].iloc[0]} the probability "
        f"of the lead is {now}"
    )


def _pending(table: pd.DataFrame | None, state: str) -> list[str]:
    if table is None or table.empty:
        return []
    each = ", ".join(
        f"{row['model']} ({row['group']}, {row['released']}; the best of all with probability "
        f"{probability_words(float(row['frontier']))})"
        for row in table.to_dict("records")
    )
    return [
        f"Pending, known but not scored: {each}. Each counts as unknown: in every draw it has a "
        f"capability that its group's model gives a release of that day{state}."
    ]


def _few(releases: LeagueReleases) -> list[str]:
    if not releases.few:
        return []
    names = ", ".join(f"{name} ({count})" for name, count in releases.few)
    return [f"Too few releases to be in the league: {names}."]
