"""Tables of a league, and what they say: the league, ranks, every two groups, who led when."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from frontierlag.analyses.refits import DIGITS, numbers
from frontierlag.dates import WORDS
from frontierlag.intervals import summarize_each
from frontierlag.names import DATE, SAMPLE_DIMS
from frontierlag.scores.league import LeagueReleases
from frontierlag.studies.league.measure import APART, League
from frontierlag.studies.writing import markdown_table
from frontierlag.words import (
    INTERVAL_WORDS,
    STAMP,
    Row,
    converged,
    probability_words,
    rows_where,
    stamp,
    with_span,
)

BEHIND, BEHIND_YEAR = "months behind the frontier", "months behind the frontier, mean of a year"
BEST, SLOPE = "best available", "slope of the trend"
# Kinds of lag between two groups, as in :class:`frontierlag.studies.league.measure.PairLags`.
KINDS = (CURRENT, MEAN, BACKWARD, FORWARD) = "current", "mean", "backward", "forward"
# Of the many pairs one interval each is enough.
OF_A_PAIR = ("median", "lower90", "upper90", "mcse_median")
# Days between the points of a band on the chart; no eye sees the difference.
CHART_STEP = 14
# With a smaller probability of leading a group has no row of its own in the table of leaders.
SHOWN = 0.005
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


def league_table(found: League) -> pd.DataFrame:
    """How far each group is behind, the best ranked first.

    Returns
    -------
    A row for each group and quantity: ``releases``, ``pending``, ``tier``, ``mean_rank`` and
    ``first`` (probability of the first rank) are of the group on the last day; the numbers are of
    the quantity, ``unit`` says in what. ``censored``: share of draws (and days) in which months
    behind are a lower bound.
    """
    fit, releases = found.fit, found.fit.releases
    pending = np.bincount(releases.pending.group, minlength=len(found.groups))
    mean_rank, unit = found.rank.mean((0, 1)), releases.metric.unit
    rows = []
    for k in found.order:
        about: dict[str, Any] = {
            "group": found.groups[k],
            "releases": int(releases.counts[k]),
            "pending": int(pending[k]),
            "tier": int(found.tier[k]),
            "mean_rank": round(float(mean_rank[k]), DIGITS),
            "first": round(float(found.rank_probability[k, 0]), DIGITS),
        }
        quantities = (
            (BEHIND, "months", found.behind[..., k], found.censored[k]),
            (BEHIND_YEAR, "months", found.behind_year[..., k], found.censored_year[k]),
            (BEST, unit, found.best[..., k], 0.0),
            (SLOPE, f"{unit} a year", fit.p["slope"][..., k], 0.0),
        )
        for name, of, draws, censored in quantities:
            rows.append(about | {"quantity": name, "unit": of} | numbers(draws, float(censored)))
    return pd.DataFrame(rows).assign(converged=found.convergence.converged)


def rank_table(found: League) -> pd.DataFrame:
    """Probability of each rank on the last day, a row a group, the best ranked first."""
    rows = [
        {"group": found.groups[k], "tier": int(found.tier[k])}
        | {
            f"rank_{place + 1}": round(float(value), DIGITS)
            for place, value in enumerate(found.rank_probability[k])
        }
        for k in found.order
    ]
    return pd.DataFrame(rows).assign(converged=found.convergence.converged)


def pair_table(found: League) -> pd.DataFrame:
    """Every lag between every two groups, months, a row a pair.

    ``behind`` trails ``ahead`` by the number, negative where it leads; ``p_ahead``: probability
    that ``ahead`` has the better best available on the last day. Of each kind of lag of
    :class:`frontierlag.studies.league.measure.PairLags` the median, its interval
    (``current_lower90``), the Monte Carlo error of the median and, of a realized lag, how often it
    is a lower bound.
    """
    rows = []
    for p in found.pairs:
        row: dict[str, Any] = {
            "ahead": found.groups[p.ahead],
            "behind": found.groups[p.behind],
            "p_ahead": round(float(found.ahead_probability[p.ahead, p.behind]), DIGITS),
            "since": p.since.isoformat(),
        }
        for kind, draws, censored in (
            (CURRENT, p.current, {"censored": p.censored}),
            (MEAN, p.mean, {"censored": p.censored_mean}),
            (BACKWARD, p.backward, {}),
            (FORWARD, p.forward, {}),
        ):
            measured = numbers(draws, **censored)
            wanted = (*OF_A_PAIR, *censored)
            row |= {f"{kind}_{name}": measured[name] for name in wanted}
        rows.append(row)
    return pd.DataFrame(rows).assign(converged=found.convergence.converged)


def lag_of(pair: Row, kind: str) -> Row:
    """The numbers of one kind of lag in a row of :func:`pair_table`, by their plain names."""
    names = (*OF_A_PAIR, "censored")
    row = {name: pair[f"{kind}_{name}"] for name in names if f"{kind}_{name}" in pair}
    return row | {"converged": pair["converged"]}


def leader_table(found: League) -> pd.DataFrame:
    """Who led with what probability: on the first of each month, on the last day, and on changes.

    A change is a release day after which another group leads most probably. Groups with less than
    half a per cent have no row.
    """
    days, shares = leaders(found)
    first = shares.argmax(1)
    changed = np.append(True, first[1:] != first[:-1])
    kept = changed | is_month_start(days) | (days == found.last)
    rows = []
    for day, share, new in zip(days[kept], shares[kept], changed[kept], strict=True):
        for k in np.argsort(-share, kind="stable"):
            if share[k] >= SHOWN:
                first_now = bool(new and share[k] == share.max())
                rows.append((_day(day), found.groups[k], round(float(share[k]), DIGITS), first_now))
    table = pd.DataFrame(rows, columns=["day", "group", "probability", "change"])
    return table.assign(converged=found.convergence.converged)


def leaders(found: League) -> tuple[np.ndarray, np.ndarray]:
    """Every release day and first of a month, ``(date,)``, and who led, ``(date, group)``."""
    releases = found.fit.releases
    first = int(releases.day.min())
    every = np.arange(first, found.last + 1)
    starts = every[is_month_start(every)]
    wanted = np.unique(np.r_[releases.day, releases.day_high, starts, found.last])
    wanted = wanted[(wanted >= first) & (wanted <= found.last)]
    shares = found.leading(wanted)
    known = shares.sum(1) > 0
    return wanted[known], shares[known]


def pending_table(found: League) -> pd.DataFrame:
    """Releases that are known and not scored: what the group's model says of each, and its odds.

    ``record`` is the probability that it is the best of its group, ``frontier`` the best of all on
    the last day.
    """
    fit, pending = found.fit, found.fit.releases.pending
    n = len(fit.releases)
    rows = []
    for i, name in enumerate(pending.model):
        k = int(pending.group[i])
        capability = fit.capability[..., n + i]
        top = capability >= found.best[..., k]
        rows.append(
            {
                "model": str(name),
                "group": found.groups[k],
                "released": _day(pending.day[i]),
                **numbers(capability),
                "record": round(float(top.mean()), DIGITS),
                "frontier": round(float((top & (found.rank[..., k] == 1)).mean()), DIGITS),
            }
        )
    return pd.DataFrame(rows).assign(converged=found.convergence.converged)


def release_table(found: League) -> pd.DataFrame:
    """The releases as published, for the chart: model, group, day, score, interval."""
    r = found.fit.releases
    scored, waiting = (
        pd.DataFrame(
            {
                "model": of.model,
                "group": [found.groups[k] for k in of.group],
                "released": [_day(day) for day in of.day],
            }
        )
        for of in (r, r.pending)
    )
    scored = scored.assign(score=r.score, low=r.low, high=r.high)
    return pd.concat([scored, waiting], ignore_index=True)


def band_table(found: League) -> pd.DataFrame:
    """Best available of each group with its intervals, on release days and every other week."""
    releases = found.fit.releases
    parts = []
    for k in found.order:
        own = releases.day[releases.group == k]
        grid = np.arange(found.last, own.min() - 1, -CHART_STEP)
        days = np.unique(np.concatenate([own, grid, [found.last]]))
        best = found.staircases[k].on(days)
        known = ~np.isnan(best).any((0, 1))
        draws = xr.DataArray(best[..., known], dims=(*SAMPLE_DIMS, DATE))
        band = {name: v.round(2) for name, v in summarize_each(draws, DATE).items()}
        band.pop("mean"), band.pop("mcse_mean")
        when = [_day(day) for day in days[known]]
        parts.append(pd.DataFrame({"group": found.groups[k], "day": when, **band}))
    return pd.concat(parts, ignore_index=True)


TABLES: dict[str, Callable[[League], pd.DataFrame]] = {
    "league": league_table,
    "ranks": rank_table,
    "pairs": pair_table,
    "leaders": leader_table,
}


def is_month_start(days: np.ndarray) -> np.ndarray:
    """Which days are the first of a month."""
    days = np.asarray(days).astype("datetime64[D]")
    return np.asarray(days == days.astype("datetime64[M]").astype("datetime64[D]"))


def _day(day: Any) -> str:
    return str(np.datetime64(int(day), "D"))


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
