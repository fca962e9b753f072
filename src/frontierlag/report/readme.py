"""The figures in the README, written from the tables in ``results/`` and from nothing else."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from frontierlag.names import CURRENT, REALIZED, TREND, WINDOW
from frontierlag.report.claims import probability_words
from frontierlag.report.sentences import HEADLINE, MOSTLY
from frontierlag.summary import decimals

Row = Mapping[Hashable, Any]

START, END = "<!-- {}: made from results/ by `make readme` -->", "<!-- end of {} -->"
NEW, OLD = "eci-2026-08-11", "eci-2025-12-19"
PAIRS = {"us-china": "China behind the USA", "closed-open": "open behind closed weights"}


def write(readme: Path, results: Path) -> None:
    """Replace every marked block of the README by what the results say."""
    readme.write_text(updated(readme.read_text(encoding="utf-8"), results), encoding="utf-8")


def updated(text: str, results: Path) -> str:
    """The README's text with its marked blocks made anew."""
    for name, make in BLOCKS.items():
        start, end = START.format(name), END.format(name)
        before, _, rest = text.partition(start)
        _, _, after = rest.partition(end)
        text = f"{before}{start}\n{make(results)}\n{end}{after}"
    return text


def answer(results: Path) -> str:
    """The first lines: the answer as an interval."""
    lags, ladder = (_read(results, NEW, "us-china", f"{stem}.csv") for stem in ("lags", "ladder"))
    window = _row(lags, HEADLINE, REALIZED, WINDOW)
    now = _row(lags, HEADLINE, REALIZED, CURRENT)
    rungs = [f"{_marked(r)} months" for r in _of(ladder, model=HEADLINE).to_dict("records")]
    return (
        "**China's best available AI model has trailed that of the USA by "
        f"{_median(window)} months on average ({_range(window)}), and on {window['as_of']} by "
        f"{_median(now)} months "
        f"({_range(now)}).** Intervals are 90 % equal-tailed posterior intervals; realized lag, "
        f"model `{HEADLINE}`, scores `{NEW}`. On {window['censored']:.0%} of the days the lag is "
        "only a lower bound, because the table begins too late.\n\n"
        "How large the number is depends on which lag is meant:\n\n"
        "| rung | the question it answers | months, median (90 % interval) |\n|---|---|---|\n"
        f"| trend lag | how far apart are typical frontier releases? | {rungs[0]} |\n"
        "| lag at release | when China sets a record, how long ago did the USA first exceed it? "
        f"| {rungs[1]} |\n"
        "| realized lag | on any day, how long ago did the USA first exceed what China has? "
        f"| {rungs[2]} |"
    )


def answers(results: Path) -> str:
    """Every data set and comparison: realized and trend lag over the window, and today."""
    lines = [
        "| scores | comparison | realized lag, mean | trend lag, mean | realized lag, last day "
        "| published conventions |",
        "|---|---|---|---|---|---|",
    ]
    for dataset in (OLD, NEW):
        for comparison, words in PAIRS.items():
            lags = _read(results, dataset, comparison, "lags.csv")
            points = _read(results, dataset, comparison, "published.csv")
            cells = [
                _marked(_row(lags, HEADLINE, kind, period))
                for kind, period in ((REALIZED, WINDOW), (TREND, WINDOW), (REALIZED, CURRENT))
            ]
            told = ", ".join(f"{r['mean']:.1f}" for r in points.to_dict("records"))
            lines.append(f"| `{dataset}` | {words} | {' | '.join(cells)} | {told} |")
    return "\n".join(lines)


def models(results: Path) -> str:
    """The mean lags of every model on the newest table."""
    lags = _read(results, NEW, "us-china", "lags.csv")
    lines = ["| model | realized lag | trend lag | trend lag undefined |", "|---|---|---|---|"]
    for model in lags["model"].unique():
        realized, trend = (_row(lags, model, kind, WINDOW) for kind in (REALIZED, TREND))
        share = f"{trend['undefined']:.0%} of draws" if trend["undefined"] > 0 else "never"
        lines.append(f"| `{model}` | {_marked(realized)} | {_marked(trend)} | {share} |")
    return "\n".join(lines)


def claims(results: Path) -> str:
    """The ten claims in ten lines, on both vintages."""
    tables = [_read(results, d, "us-china", "claims.csv").set_index("number") for d in (OLD, NEW)]
    lines = [
        f"| | claim | `{OLD}` | `{NEW}` |",
        "|---|---|---|---|",
    ]
    for number in range(1, 11):
        keys = [k for k in tables[1].index if k.rstrip("abcdefgh") == str(number)]
        head = str(number) if str(number) in keys else keys[0]
        cells = [_claim_cell(table, keys, head) for table in tables]
        lines.append(f"| {number} | {_CLAIMS[number]} | {' | '.join(cells)} |")
    return "\n".join(lines)


_CLAIMS = {
    1: "Every frontier model since 2023 is American",
    2: "The mean lag is 7 months",
    3: "It ranges from 4 to 14 months",
    4: "10-12 months in 2023, 6-8 in 2024, about 7 in 2025",
    5: "It has narrowed, steadily",
    6: "The US-China gap is nearly the closed-open gap",
    7: "US records are dense, Chinese ones rarer and larger",
    8: "Same shape, out of step",
    9: "US progress has not slowed",
    10: "FrontierMath shows about 7 months too",
}


def _claim_cell(table: pd.DataFrame, keys: list[str], head: str) -> str:
    shown = [head] if head.isdigit() else keys
    parts: list[str] = []
    for key in shown:
        row = table.loc[key]
        mark = (
            ""
            if row["converged"] in (True, "True") or pd.isna(row["converged"])
            else ", NOT CONVERGED"
        )
        if pd.isna(row["probability"]):
            parts.append(f"{row['verdict']}{mark}")
        else:
            parts.append(f"{probability_words(row['probability'])} ({row['verdict']}{mark})")
    return "; ".join(parts)


def _read(results: Path, dataset: str, comparison: str, name: str) -> pd.DataFrame:
    return pd.read_csv(results / dataset / comparison / name)


def _of(table: pd.DataFrame, **where: str) -> pd.DataFrame:
    for column, value in where.items():
        table = table[table[column] == value]
    return table


def _row(lags: pd.DataFrame, model: str, lag: str, period: str) -> Row:
    (row,) = _of(lags, model=model, lag=lag, period=period).to_dict("records")
    return row


def _places(row: Row) -> int:
    return decimals(row["mcse"], most=1)


def _median(row: Row) -> str:
    return f"{row['median']:.{_places(row)}f}"


def _range(row: Row) -> str:
    return f"{row['lower90']:.{_places(row)}f} to {row['upper90']:.{_places(row)}f}"


def _interval(row: Row) -> str:
    bound = "at least " if row["censored"] > MOSTLY else ""
    return f"{bound}{_median(row)} ({_range(row)})"


def _marked(row: Row) -> str:
    return _interval(row) if row["converged"] else f"{_interval(row)} NOT CONVERGED"


def starts(results: Path) -> str:
    """The lag by where the window, and where the line, starts; and what moves it when left out."""
    folder = results / NEW / "us-china" / "sensitivity"
    table = pd.read_csv(folder / "window-starts.csv")
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
    left = pd.read_csv(folder / "influence.csv")
    left = left[(left["lag"] == REALIZED) & (left["period"] == WINDOW) & left["median"].notna()]
    largest = left.reindex(left["change"].abs().sort_values(ascending=False).index).head(5)
    told = ", ".join(f"{r['left_out']} {r['change']:+.1f}" for r in largest.to_dict("records"))
    return "\n".join(
        [*lines, "", f"Left out, the mean realized lag changes most by: {told} months."]
    )


def _start_cell(table: pd.DataFrame, start: str, fitted_to: str, lag: str, period: str) -> str:
    rows = _of(table, start=start, fitted_to=fitted_to, lag=lag, period=period).to_dict("records")
    return _marked(rows[0]) if rows else "impossible"


BLOCKS = {
    "answer": answer,
    "answers": answers,
    "models": models,
    "claims": claims,
    "starts": starts,
}
