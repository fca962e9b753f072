"""Tables of a league: a row a group and quantity, ranks, every two groups, who led when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from frontierlag.analyses.refits import DIGITS, numbers
from frontierlag.intervals import summarize_each
from frontierlag.names import DATE, SAMPLE_DIMS
from frontierlag.studies.league.measure import League
from frontierlag.studies.league.model import scale_of
from frontierlag.words import Row

BEHIND, BEHIND_YEAR = "months behind the frontier", "months behind the frontier, mean of a year"
BEST, SLOPE = "best available", "slope of the trend"
# Kinds of lag between two groups, as in :class:`frontierlag.studies.league.measure.PairLags`.
KINDS = (CURRENT, MEAN, BACKWARD, FORWARD) = "current", "mean", "backward", "forward"
# Of the many pairs one interval each is enough.
OF_A_PAIR = ("median", "lower90", "upper90", "mcse_median")
# Days between the points of a band on the chart; no eye sees the difference.
CHART_STEP = 14
# Of scores on it: of points, and of accuracies.
DIGITS_OF_POINTS, DIGITS_OF_SHARES = 2, 4
# With a smaller probability of leading a group has no row of its own in the table of leaders.
SHOWN = 0.005


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
            (SLOPE, f"{scale_of(releases.metric).unit} a year", fit.p["slope"][..., k], 0.0),
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
        digits = DIGITS_OF_SHARES if releases.metric.bounded else DIGITS_OF_POINTS
        band = {name: v.round(digits) for name, v in summarize_each(draws, DATE).items()}
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
