"""The figures in the README, written from the tables in ``results/`` and from nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
from result_calibration import backtest, calibration, ranks
from result_rows import (
    NEW,
    OLD,
    Row,
    marked,
    read,
    row_of,
    rows_of,
    share,
)
from result_studies import (
    catching_up,
    dates,
    errors,
    forecast,
    index,
    line,
    priors,
    records,
    starts,
)

from frontierlag.claims.answers import probability_words
from frontierlag.names import CURRENT, REALIZED, TREND, WINDOW
from frontierlag.outputs import MANIFEST
from frontierlag.report.sentences import HEADLINE, JOINT_HEADLINE

START, END = "<!-- {}: made from results/ by `make readme` -->", "<!-- end of {} -->"
# Folders of the newest table: fitted to its scores, and to the benchmark results behind them.
ALONE, JOINT = "us-china", "us-china-joint"
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
    """The first lines: the answer as an interval, from benchmark results and from scores alone."""
    joint, scores = _Source(results, JOINT, JOINT_HEADLINE), _Source(results, ALONE, HEADLINE)
    window, now = joint.lag(REALIZED, WINDOW), joint.lag(REALIZED, CURRENT)
    beside = scores.lag(REALIZED, WINDOW)
    questions = (
        "trend lag | how far apart are typical frontier releases?",
        "lag at release | when China sets a record, how long ago did the USA first exceed it?",
        "realized lag | on any day, how long ago did the USA first exceed what China has?",
    )
    rungs = "\n".join(
        f"| {words} | {one} | {other} |"
        for words, one, other in zip(questions, joint.rungs, scores.rungs, strict=True)
    )
    return (
        "**China's best available AI model has trailed that of the USA by "
        f"{marked(window, ' months on average')}, and on {window['as_of']} by "
        f"{marked(now, ' months')}.** Intervals are 90 % equal-tailed posterior intervals; "
        f"realized lag from {joint.since} on, model `{JOINT_HEADLINE}`, fitted to the benchmark "
        f"results behind the scores `{NEW}`. On {share(window['censored'])} of the days the lag is "
        f"only a lower bound, because the table begins too late.{_settled(now)}\n\n"
        f"From the scores and their intervals alone (`{HEADLINE}`) the mean is "
        f"{marked(beside, ' months')}: intervals do not say that the errors of all scores hang "
        "together, so that model takes more of each record for luck, which shortens the lag, and "
        "is less sure of differences than the results allow.\n\n"
        "How large the number is depends on which lag is meant (months, median with 90 % "
        "interval):\n\n"
        "| rung | the question it answers | benchmark results | scores alone |\n"
        f"|---|---|---|---|\n{rungs}"
    )


def _settled(now: Row) -> str:
    """Why an interval has no width, where it has none."""
    if now["lower90"] < now["upper90"]:
        return ""
    return (
        " The lag on a day is the time since one release: on that day it is the same one in more "
        "than nine of ten draws, so the interval has no width (errors of release dates are not in "
        "it)."
    )


class _Source:
    """One model's mean lags on the newest table."""

    def __init__(self, results: Path, comparison: str, model: str) -> None:
        self._lags, self._ladder = (
            read(results, NEW, comparison, f"{stem}.csv") for stem in ("lags", "ladder")
        )
        self._model = model
        manifest = json.loads((results / NEW / comparison / MANIFEST).read_text(encoding="utf-8"))
        self.since = str(manifest["window"]["since"])

    def lag(self, kind: str, period: str) -> Row:
        return row_of(self._lags, self._model, kind, period)

    @property
    def rungs(self) -> list[str]:
        return [marked(row) for row in rows_of(self._ladder, model=self._model).to_dict("records")]


def answers(results: Path) -> str:
    """Every data set and comparison: realized and trend lag over the window, and today."""
    lines = [
        "| scores | comparison | realized lag, mean | days on which it is only a lower bound "
        "| trend lag, mean | realized lag, last day | published conventions |",
        "|---|---|---|---|---|---|---|",
    ]
    rows = [(OLD, name, words, HEADLINE) for name, words in PAIRS.items()]
    rows += [(NEW, name, words, HEADLINE) for name, words in PAIRS.items()]
    rows.append((NEW, JOINT, f"{PAIRS[ALONE]}, from benchmark results", JOINT_HEADLINE))
    for dataset, comparison, words, model in rows:
        lags = read(results, dataset, comparison, "lags.csv")
        points = read(results, dataset, comparison, "published.csv")
        window, trend, now = (
            row_of(lags, model, kind, period)
            for kind, period in ((REALIZED, WINDOW), (TREND, WINDOW), (REALIZED, CURRENT))
        )
        cells = [marked(window), share(window["censored"]), marked(trend), marked(now)]
        told = ", ".join(f"{r['mean']:.1f}" for r in points.to_dict("records"))
        lines.append(f"| `{dataset}` | {words} | {' | '.join(cells)} | {told} |")
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


BLOCKS = {
    "answer": answer,
    "answers": answers,
    "models": models,
    "claims": claims,
    "line": line,
    "starts": starts,
    "priors": priors,
    "dates": dates,
    "catching up": catching_up,
    "forecast": forecast,
    "errors": errors,
    "records": records,
    "calibration": calibration,
    "ranks": ranks,
    "backtest": backtest,
    "index": index,
}


if __name__ == "__main__":
    root = Path(__file__).parents[2]
    write(root / "README.md", root / "results")
