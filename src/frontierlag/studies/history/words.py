"""A history, and what it says: how far vintages differ, what moved them, what cannot be said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from frontierlag.analyses.refits import KINDS
from frontierlag.dates import WORDS, Window
from frontierlag.intervals import OUTER
from frontierlag.names import REALIZED, TREND
from frontierlag.scores.registry import registry
from frontierlag.studies.history.vintages import CAUSES, FREE, Refused, Vintage
from frontierlag.studies.writing import markdown_table, page
from frontierlag.words import FEW_BOUNDS

POINT = "point"
SAME_DAYS, OWN_WINDOW, LAST_DAY = "same days", "own window", "last day"
# How many of the largest steps are named.
NAMED = 3


@dataclass(frozen=True, eq=False)
class History:
    """A comparison by every vintage, and the vintages that are refused.

    ``window`` are the days that all share. ``lags`` (``history.csv``) has a row for each vintage,
    quantity and method (the model's two lags, the point conventions), months; interval and errors
    are empty for point conventions. ``changes`` (``changes.csv``) has one for each step between
    neighbours and lag: the change of the posterior mean over the same days, its parts and their
    Monte Carlo errors. ``spread`` (``spread.csv``) has one a lag: the standard deviation over
    vintages of the posterior mean over the same days, next to the posterior's own.
    """

    vintages: tuple[Vintage, ...]
    refused: tuple[Refused, ...]
    window: Window
    model: str
    lags: pd.DataFrame
    changes: pd.DataFrame
    spread: pd.DataFrame

    @property
    def converged(self) -> bool:
        """Whether every fit passed the gate."""
        return bool(self.lags["converged"].all() and self.changes["converged"].all())

    @property
    def attributions(self) -> tuple[str, ...]:
        """The credit of every table, each once."""
        return tuple(dict.fromkeys(one.prepared.table.attribution for one in self.vintages))


def sentences(found: History) -> tuple[str, ...]:
    """What a reader should know, each in a sentence that can stand alone."""
    said = [_spread(found, kind) for kind in (REALIZED, TREND)]
    said += [_points(found), _last_days(found), *_causes(found), *_errors(found), _joint()]
    said += [f"{one}." for one in found.refused]
    same = found.changes[found.changes["same_rows"] & (found.changes["lag"] == REALIZED)]
    said += [f"{row['to']} has the same rows as {row['from']}." for _, row in same.iterrows()]
    bad = found.lags.loc[~found.lags["converged"], "table"].unique().tolist()
    if not found.converged:
        where = f" of {', '.join(bad)}" if bad else " of mixtures of neighbours"
        said.append(f"NOT CONVERGED: fits{where} missed the convergence gate.")
    return tuple(said)


def report(found: History) -> str:
    """The whole of ``history.md``."""
    title = found.vintages[0].prepared.title
    parts = [
        f"# History: {title}",
        *sentences(found),
        "## By vintage",
        "Months: posterior mean with 90 % interval over the same days, and by two point "
        "conventions.",
        by_vintage(found.lags),
        *found.attributions,
    ]
    return page(parts)


def by_vintage(lags: pd.DataFrame) -> str:
    """One line a vintage."""
    wanted = [("lag", REALIZED), ("lag", TREND), ("method", "release-matched"), ("method", "daily")]
    lines = []
    for (vintage, table), rows in lags.groupby(["vintage", "table"], sort=False):
        same = rows[rows["quantity"] == SAME_DAYS]
        cells = [_cell(same[same[column] == value]) for column, value in wanted]
        mark = "" if rows["converged"].all() else " (NOT CONVERGED)"
        lines.append([vintage, f"{table}{mark}", *cells])
    columns = ("vintage", "table", "realized", "trend", "release-matched", "daily")
    return markdown_table(columns, lines)


def _cell(rows: pd.DataFrame) -> str:
    (row,) = rows.to_dict("records")
    bound = "at least " if row["lag"] == REALIZED and row["censored"] > FEW_BOUNDS else ""
    if row["lag"] == POINT:
        return f"{row['mean']:.1f}"
    return f"{bound}{row['mean']:.1f} ({row['lower90']:.1f} to {row['upper90']:.1f})"


def _spread(found: History, kind: str) -> str:
    (row,) = found.spread[found.spread["lag"] == kind].to_dict("records")
    pinned = ""
    if 1 < row["vintages_pinned"] < row["vintages"]:
        pinned = (
            f" ({row['sd_over_vintages_pinned']:.2f} over the {row['vintages_pinned']} whose "
            "errors are of a scale pinned at the anchors)"
        )
    lowest, highest = row["lowest_mean"], row["highest_mean"]
    return (
        f"{found.vintages[0].prepared.title}, mean {kind} lag over the same days ({row['since']} "
        f"to {row['as_of']}; {WORDS[row['dates']]}), {found.model}: over {row['vintages']} "
        f"vintages with different rows the posterior mean goes from {lowest:.1f} to {highest:.1f} "
        f"months; its standard deviation over vintages is {row['sd_over_vintages']:.2f} "
        f"months{pinned}, and that of one vintage's posterior {row['posterior_sd']:.2f}."
    )


def _points(found: History) -> str:
    rows = found.lags[(found.lags["quantity"] == SAME_DAYS) & (found.lags["lag"] == POINT)]
    ranges = [
        f"{name} {group['mean'].min():.1f} to {group['mean'].max():.1f}"
        for name, group in rows.groupby("method", sort=False)
    ]
    return f"By the point conventions, over the same days: {', '.join(ranges)} months."


def _last_days(found: History) -> str:
    rows = found.lags[found.lags["quantity"] == LAST_DAY]
    texts = []
    for table in (found.vintages[0].name, found.vintages[-1].name):
        of = rows[(rows["table"] == table) & (rows["lag"] == TREND)]
        texts.append(f"{_cell(of)} on {of['as_of'].iloc[0]} ({table})")
    return (
        f"Trend lag on the last day of a vintage, months, mean with {OUTER:.0%} interval: "
        f"{' and '.join(texts)}. The realized lag of one day is the age of one release, so "
        "it is not given here by a mean: a run on a vintage (`last_day.csv`) has the releases that "
        "it may be counted from, each with its probability."
    )


def _causes(found: History) -> list[str]:
    said = []
    for kind in KINDS:
        steps = found.changes[(found.changes["lag"] == kind) & ~found.changes["same_rows"]]
        if steps.empty:
            continue
        moved = {name: float(steps[name].abs().sum()) for name in CAUSES.values()}
        net = {name: float(steps[name].sum()) for name in CAUSES.values()}
        parts = ", ".join(f"{name} {net[name]:+.1f} ({moved[name]:.1f})" for name in moved)
        errors = f"{steps['errors'].sum():+.1f} ({steps['errors'].abs().sum():.1f})"
        largest = steps.reindex(steps["change"].abs().sort_values(ascending=False).index)
        named = "; ".join(_step(row) for row in largest.head(NAMED).to_dict("records"))
        said.append(
            f"From the first vintage to the last the mean {kind} lag over the same days moved by "
            f"{steps['change'].sum():+.1f} months, by cause and in brackets the sum of "
            f"absolute steps: {parts}; of the scores' part by their standard errors alone "
            f"{errors}. Largest steps: {named}."
        )
    return said


def _step(row: dict[Any, Any]) -> str:
    parts = ", ".join(f"{name} {row[name]:+.2f}" for name in (*CAUSES.values(), "errors"))
    return (
        f"{row['from_vintage']} to {row['to_vintage']} {row['change']:+.2f} "
        f"± {row['mcse_mean']:.2f} ({parts})"
    )


def _errors(found: History) -> list[str]:
    """What the convention of the errors does, where it changes from one vintage to the next."""
    free = [one for one in found.vintages if one.errors == FREE]
    if not free:
        return []
    said = [
        f"{len(free)} vintages, {free[0].day} to {free[-1].day}, give the anchors an error: their "
        "errors are of a scale that is not pinned, larger at high scores and smaller at low ones."
    ]
    steps = found.changes[found.changes["errors_changed"] & (found.changes["lag"] == REALIZED)]
    for row in steps.to_dict("records"):
        if not np.isfinite(row["largest_score_change"]):
            continue
        said.append(
            f"From {row['from']} to {row['to']} the convention of the errors changed, and no score "
            f"of a model in both moved by more than {row['largest_score_change']:.1f}: the mean "
            f"realized lag moved by {row['change']:+.2f} months, {row['errors']:+.2f} of it by "
            "standard errors alone."
        )
    return said


def _joint() -> str:
    n = len(registry().of("results"))
    if n > 1:
        return (
            f"Benchmark results of {n} vintages come with the package; this history is of scores."
        )
    return (
        "Benchmark results come with the package for one vintage alone, so how far the joint model "
        "(linear-joint) moves from vintage to vintage is not known."
    )
