"""What the README says of sensitivity, checks and forecasts, from their tables."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import pandas as pd
from result_rows import NEW, OLD, convention, marked, read, rows_of

from frontierlag.names import CURRENT, REALIZED, TREND, WINDOW
from frontierlag.results.sentences import HEADLINE
from frontierlag.studies.index.construction import BASE, BENCHMARKS, SOURCES
from frontierlag.words import probability_words

_LEAST_SQUARES = "least squares"
_FIRST, _LAST = "2023-01-01", "2025-01-01"
_SYMMETRIC, _TWO_PIECE = "base", "two-piece errors"
_LATENT = "best available"
_FOLDERS = ("us-china", "us-china-joint")
# How many of the constructions that leave one thing out are shown.
SHOWN = 6


def line(results: Path) -> str:
    """What a single straight line through the records says, by where it starts."""
    table = read(results, NEW, "us-china", "sensitivity", "window-starts.csv")
    own = rows_of(table, model=_LEAST_SQUARES, lag=TREND, period=CURRENT).set_index("start")
    first, last = (float(own["median"][start]) for start in (_FIRST, _LAST))
    return (
        "One straight line by least squares through each group's published records gives a trend "
        f"lag on the last day of {first:.1f} months if it starts in January 2023 and of {last:.1f} "
        "if it starts in January 2025 (a point, no interval)."
    )


def priors(results: Path) -> str:
    """Of which mean lags the priors move the answer, by power-scaling, in a sentence."""
    table = pd.concat([read(results, NEW, of, "prior_influence.csv") for of in _FOLDERS])
    lags = table[table["quantity"].isin([f"{kind} lag" for kind in (TREND, REALIZED)])]
    lags = lags[lags["at"].isin([WINDOW, CURRENT])]
    moved = lags[lags["diagnosis"] != "-"]
    periods = {WINDOW: "mean", CURRENT: "last day"}
    told = []
    for r in moved.to_dict("records"):
        most, what = max(
            (r["prior"], "its distribution"),
            (abs(r["undefined_prior"]), "the share of draws in which it is undefined"),
        )
        told.append(
            f"{r['quantity']}, {periods[r['at']]}, of `{r['model']}` ({what} by {most:.2f}, "
            f"{r['diagnosis']})"
        )
    listed = "; ".join(told) or "none"
    return (
        f"Priors, by power-scaling (sensitivity of 0.05 or more, each doubling of the prior's "
        f"weight): of {len(lags)} mean and last-day lags of all models and stacks on the newest "
        f"table they move {len(moved)}: {listed}."
    )


def dates(results: Path) -> str:
    """The lag with dates as given, and with an error in every date."""
    table = read(results, NEW, "us-china", "sensitivity", "dates.csv")
    lines = [
        "| release dates | realized lag, mean | trend lag, mean |",
        "|---|---|---|",
    ]
    for words, rows in table.groupby("error", sort=False):
        cells = [
            marked(rows_of(rows, lag=kind, period=period).to_dict("records")[0])
            for kind, period in ((REALIZED, WINDOW), (TREND, WINDOW))
        ]
        lines.append(f"| {words} | {' | '.join(cells)} |")
    return "\n".join(lines)


def starts(results: Path) -> str:
    """The lag by where the window, and where the line, starts; and what moves it when left out."""
    table = read(results, NEW, "us-china", "sensitivity", "window-starts.csv")
    own = table[(table["model"] == HEADLINE) & table["median"].notna()]
    lines = [
        "| start | realized lag, mean since | trend lag, last day, line through all "
        "| trend lag, last day, line since the start |",
        "|---|---|---|---|",
    ]
    for start in own["start"].unique():
        wanted = (
            ("all releases", REALIZED, WINDOW),
            ("all releases", TREND, CURRENT),
            ("releases since", TREND, CURRENT),
        )
        cells = [_start_cell(own, str(start), *key) for key in wanted]
        lines.append(f"| {start} | {' | '.join(cells)} |")
    left = read(results, NEW, "us-china", "sensitivity", "influence.csv")
    left = left[(left["lag"] == REALIZED) & (left["period"] == WINDOW) & left["median"].notna()]
    largest = left.reindex(left["change"].abs().sort_values(ascending=False).index).head(5)
    told = ", ".join(f"{r['left_out']} {r['change']:+.1f}" for r in largest.to_dict("records"))
    return "\n".join(
        [*lines, "", f"Left out, the mean realized lag changes most by: {told} months."]
    )


def _start_cell(table: pd.DataFrame, start: str, fitted_to: str, lag: str, period: str) -> str:
    found = rows_of(table, start=start, fitted_to=fitted_to, lag=lag, period=period)
    rows = found.to_dict("records")
    return marked(rows[0]) if rows else "impossible"


def errors(results: Path) -> str:
    """Symmetric and two-piece measurement errors, on both vintages."""
    lines = [
        "| scores | lag | symmetric errors | two-piece errors | difference of medians |",
        "|---|---|---|---|---|",
    ]
    for dataset in (OLD, NEW):
        table = read(results, dataset, "us-china", "sensitivity", "sensitivity.csv")
        for lag, period, words in (
            (REALIZED, WINDOW, "realized, mean"),
            (TREND, WINDOW, "trend, mean"),
            (TREND, CURRENT, "trend, last day"),
        ):
            rows = [
                rows_of(table, alternative=name, lag=lag, period=period).to_dict("records")[0]
                for name in (_SYMMETRIC, _TWO_PIECE)
            ]
            change = rows[1]["median"] - rows[0]["median"]
            told = f"{round(change, 1) + 0.0:+.1f}"
            lines.append(
                f"| `{dataset}` | {words} | {marked(rows[0])} | {marked(rows[1])} | {told} |"
            )
    return "\n".join(lines)


def records(results: Path) -> str:
    """How many Chinese record-holders there are and how many the stochastic models make."""
    table = read(results, NEW, "us-china", "predictive.csv")
    own = rows_of(table, name="records by score", group="China")
    told = ", ".join(
        f"{r['expected']:.0f} (`{r['model']}`, p {probability_words(r['p'])})"
        for r in own.to_dict("records")
    )
    there = own["value"].iloc[0]
    if not own["passed"].any() and (own["expected"] < there).all():
        verdict = (
            "Every stochastic model makes too few: Chinese releases come in better-ordered "
            "sequence than independent draws would."
        )
    else:
        passed = ", ".join(f"`{name}`" for name in own.loc[own["passed"], "model"])
        verdict = f"Such a number is not extreme for {passed or 'none of them'}."
    return (
        f"On `{NEW}` {there:.0f} Chinese models held the record by published score when they came. "
        f"On average the models make {told}; p is the posterior predictive p-value. {verdict}"
    )


def index(results: Path) -> str:
    """The lag under other constructions of the index, in months, those that move it most first."""
    table = read(results, NEW, "us-china-joint", "index", "constructions.csv")
    whole = table[table["period"] == WINDOW].set_index(["kind", "construction"])
    realized, trend = (whole[whole["lag"] == kind] for kind in (REALIZED, TREND))
    single = realized.loc[[BENCHMARKS, SOURCES]]
    by_size = single["change"].abs().sort_values(ascending=False, kind="stable").index[:SHOWN]
    others = [key for key in realized.index if key[0] not in (BENCHMARKS, SOURCES)]
    lines = [
        "| construction | results | realized lag, mean | change over the same days "
        "| trend lag, mean |",
        "|---|---|---|---|---|",
    ]
    base = realized.loc[others[0]]
    for key in [others[0], *by_size, *others[1:]]:
        row, own = realized.loc[key], trend.loc[key]
        late = "" if row["since"] == base["since"] else f", from {row['since']}"
        change = "" if key[0] == BASE else f"{round(row['change'], 1) + 0.0:+.1f}"
        lines.append(
            f"| {key[1]}{late} | {row['n_results']:.0f} | {marked(row.to_dict())} "
            f"| {change} | {marked(own.to_dict())} |"
        )
    told = single.loc[single["converged"].astype(bool), "change"]
    text = (
        f"Left out one at a time, {len(single.loc[BENCHMARKS])} benchmarks and "
        f"{len(single.loc[SOURCES])} sources move the mean realized lag by {told.min():+.1f} to "
        f"{told.max():+.1f} months (those that converged); the {SHOWN} largest changes are shown."
    )
    about = convention(results, NEW, "us-china-joint", "index")
    return "\n".join([about, "", *lines, "", text])


def catching_up(results: Path) -> str:
    """When the follower exceeds what the leader has, from scores and from benchmark results."""
    alone, joint = (read(results, NEW, of, "catch-up", "catch_up.csv") for of in _FOLDERS)
    by = alone["by"].iloc[0]
    lines = [
        f"| level of | scores alone | by {by} | benchmark results | by {by} |",
        "|---|---|---|---|---|",
    ]
    every = dict.fromkeys([*alone["target"], *joint["target"]])
    for target in every:
        cells = [target]
        for table in (alone, joint):
            found = rows_of(table, target=target).to_dict("records")
            cells += _catch_cells(found[0]) if found else ["not asked: it is matched", ""]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _catch_cells(row: dict[Hashable, Any]) -> list[str]:
    """Median date with its 90 % interval, and the probability by the date that was named."""
    dates = [str(row[name])[:7] for name in ("median", "lower90", "upper90")]
    now = probability_words(float(row["already_matched"]))
    stamp = "" if row["converged"] in (True, "True") else " NOT CONVERGED"
    told = f"{dates[0]} ({dates[1]} to {dates[2]}), already: {now}{stamp}"
    return [told, probability_words(float(row["probability_by"]))]


def forecast(results: Path) -> str:
    """How the forecasts did with the last year hidden, beside a plain drift."""
    told = [
        f"- {words}: {_hindcast(read(results, NEW, of, 'catch-up', 'hindcast.csv'))}"
        for words, of in zip(("Scores alone", "Benchmark results"), _FOLDERS, strict=True)
    ]
    intro = (
        "Read a forecast together with its hindcast (`hindcast.csv`), with the last year hidden:"
    )
    return "\n".join([intro, "", *told])


def _hindcast(table: pd.DataFrame) -> str:
    own = rows_of(table, quantity=_LATENT)
    off, drift = ((own[name] - own["truth"]).abs().mean() for name in ("median", "drift"))
    high = int((own["median"] > own["truth"]).sum())
    better = "worse than" if off > drift else "better than"
    stamp = "" if own["converged"].all() else " NOT CONVERGED."
    return (
        f"from {own['origin'].iloc[0]} on the simulated best available came out too high in {high} "
        f"of {len(own)} values; its medians are off by {off:.1f} points on average, {better} those "
        f"of a plain drift of the present best ({drift:.1f}). Of the {len(own)} values "
        f"{int(own['inside50'].sum())} lie in the 50 % and {int(own['inside90'].sum())} in the "
        f"90 % interval.{stamp}"
    )
