"""All data sets, models and claims as Markdown tables, from the tables in ``results/``."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from result_rows import (
    NEW,
    OLD,
    marked,
    read,
    row_of,
    rows_of,
    share,
)

from frontierlag.names import CURRENT, REALIZED, TREND, WINDOW
from frontierlag.results import last_day
from frontierlag.results.sentences import HEADLINE, JOINT_HEADLINE
from frontierlag.words import figure, probability_words

# Folders of the newest table: fitted to its scores, and to the benchmark results behind them.
ALONE, JOINT, OPEN = "us-china", "us-china-joint", "closed-open"
RECORDS = "linear-records"
PAIRS = {"us-china": "China behind the USA", "closed-open": "open behind closed weights"}


def answers(results: Path) -> str:
    """Every data set and comparison: realized and trend lag over the window, and today."""
    lines = [
        "| scores | comparison | realized lag, mean | days on which it is only a lower bound "
        "| trend lag, mean | realized lag, last day (probability) | published conventions |",
        "|---|---|---|---|---|---|---|",
    ]
    rows = [(OLD, name, words, HEADLINE) for name, words in PAIRS.items()]
    rows += [(NEW, name, words, HEADLINE) for name, words in PAIRS.items()]
    rows.append((NEW, JOINT, f"{PAIRS[ALONE]}, from benchmark results", JOINT_HEADLINE))
    for dataset, comparison, words, model in rows:
        lags = read(results, dataset, comparison, "lags.csv")
        points = read(results, dataset, comparison, "published.csv")
        window, trend = (row_of(lags, model, kind, WINDOW) for kind in (REALIZED, TREND))
        days = rows_of(read(results, dataset, comparison, "last_day.csv"), model=model)
        now = last_day.spikes(last_day.read_last_day(days))
        cells = [marked(window), share(window["censored"]), marked(trend), now]
        told = ", ".join(f"{r['mean']:.1f}" for r in points.to_dict("records"))
        lines.append(f"| `{dataset}` | {words} | {' | '.join(cells)} | {told} |")
    return "\n".join(lines)


def closed_open(results: Path) -> str:
    """The trend lags of two models on the last day, which disagree for closed and open weights."""
    lags = read(results, NEW, OPEN, "lags.csv")
    found = {model: row_of(lags, model, TREND, CURRENT) for model in (HEADLINE, RECORDS)}
    named = " and ".join(f"{marked(row)} by `{model}`" for model, row in found.items())
    table = read(results, "calibration-fading-shortfall", "calibration.csv")
    covered = {
        (model, kind): rows_of(table, estimator=model, lag=kind, period=period).to_dict("records")[
            0
        ]
        for model, kind, period in (
            (HEADLINE, TREND, CURRENT),
            (RECORDS, TREND, CURRENT),
            (HEADLINE, REALIZED, WINDOW),
        )
    }
    said = {
        key: f"{100 * row['cover90']:.0f} % (standard error {100 * row['cover90_se']:.0f})"
        for key, row in covered.items()
    }
    return (
        f"For closed and open weights the trend lag on the last day is {named}. The first assumes "
        "that releases lie as far below their group's best in all years; those of open models "
        f"came much closer. In {covered[HEADLINE, TREND]['n']:.0f} simulated worlds with that "
        f"trait the 90 % interval of this lag covers the truth in {said[HEADLINE, TREND]} by "
        f"`{HEADLINE}` and in {said[RECORDS, TREND]} by `{RECORDS}`; that of the mean realized lag "
        f"of `{HEADLINE}` in {said[HEADLINE, REALIZED]}. So there use the realized lag of "
        f"`{HEADLINE}`, and for the trend on the last day `{RECORDS}` "
        "([why](calibration.md#when-the-two-models-trend-lags-disagree))."
    )


def velocity(results: Path) -> str:
    """How fast the lags of the newest table change, and the equivalence lag, of both headlines."""
    lines = [
        "| model | change of | months a year | probability that it narrows |",
        "|---|---|---|---|",
    ]
    for folder, model in ((JOINT, JOINT_HEADLINE), (ALONE, HEADLINE)):
        rows = rows_of(read(results, NEW, folder, "velocity.csv"), model=model)
        for row in rows.assign(censored=0.0).to_dict("records"):
            cells = [f"{row['lag']} lag, {row['change']}", marked(row)]
            chance = probability_words(float(row["narrowing"]))
            lines.append(f"| `{model}` | {' | '.join(cells)} | {chance} |")
    lines += ["", "| model | equivalence lag (0.95), mean | last day | at even odds (0.5), mean |"]
    lines.append("|---|---|---|---|")
    for folder, model in ((JOINT, JOINT_HEADLINE), (ALONE, HEADLINE)):
        own = rows_of(read(results, NEW, folder, "equivalence.csv"), model=model)
        by = {(r["period"], r["threshold"]): r for r in own.to_dict("records")}
        cells = [
            figure(by[key]["months"], by[key]["mcse"])
            for key in ((WINDOW, 0.95), (CURRENT, 0.95), (WINDOW, 0.5))
        ]
        lines.append(f"| `{model}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def models(results: Path) -> str:
    """The mean lags of every model on the newest table, and what the stacks are made of."""
    lags, weights = (
        pd.concat([read(results, NEW, of, f"{stem}.csv") for of in (ALONE, JOINT)])
        for stem in ("lags", "comparison")
    )
    lines = [
        "| model | realized lag | days on which it is only a lower bound | trend lag "
        "| draws in which that is undefined |",
        "|---|---|---|---|---|",
    ]
    for model in lags["model"].unique():
        realized, trend = (row_of(lags, model, kind, WINDOW) for kind in (REALIZED, TREND))
        cells = [marked(realized), share(realized["censored"])]
        cells += [marked(trend), share(trend["undefined"])]
        lines.append(f"| `{model}` | {' | '.join(cells)} |")
    told = []
    for stack, own in weights.groupby("stack", sort=False):
        shares = ", ".join(f"`{r['model']}` {r['weight']:.2f}" for r in own.to_dict("records"))
        told.append(f"`{stack}`: {shares}")
    return "\n".join([*lines, "", f"Weights in the stacks: {'; '.join(told)}."])


def claims(results: Path) -> str:
    """The ten claims in ten lines, on both vintages, and on the results behind the newer one."""
    tables = [
        read(results, *of, "claims.csv").set_index("number")
        for of in ((OLD, ALONE), (NEW, ALONE), (NEW, JOINT))
    ]
    lines = [
        f"| | claim | `{OLD}` | `{NEW}` | its benchmark results |",
        "|---|---|---|---|---|",
    ]
    for number in range(1, 11):
        keys = [k for k in tables[1].index if k.rstrip("abcdefgh") == str(number)]
        shown = _PARTS.get(number) or {k: "" for k in keys if number == 4 or k == str(number)}
        cells = [_claim_cell(table, shown) for table in tables]
        lines.append(f"| {number} | {_CLAIMS[number]} | {' | '.join(cells)} |")
    rests = str(tables[1].loc["10", "evidence"])
    return "\n".join([*lines, "", f"Claim 10 rests on {rests}."])


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


# Of a claim in several parts, what each asks; the others are told by their number alone.
_PARTS = {
    7: {"7a": "more often", "7b": "longer between", "7c": "larger steps"},
    8: {"8": "constant lag", "8b": "predicts no worse than free slopes"},
}


def _claim_cell(table: pd.DataFrame, shown: dict[str, str]) -> str:
    parts: list[str] = []
    for key, asks in shown.items():
        row = table.loc[key]
        mark = (
            ""
            if row["converged"] in (True, "True") or pd.isna(row["converged"])
            else ", NOT CONVERGED"
        )
        if pd.isna(row["probability"]):
            parts.append(f"{asks} {row['verdict']}{mark}".strip())
        else:
            told = f"{probability_words(row['probability'])} ({row['verdict']}{mark})"
            parts.append(f"{asks} {told}".strip())
    return "; ".join(parts)
