"""The figures in the README, from the tables in ``results/`` and from nothing else.

``make readme`` runs this file; a test holds the README to it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
from result_rows import NEW, Row, marked, read, row_of, rows_of, share

from frontierlag.lags.velocity import SLOPE_LAST_DAY, YEAR_ON_YEAR
from frontierlag.machine.files import MANIFEST
from frontierlag.names import AT_RELEASE, CURRENT, REALIZED, TREND, WINDOW
from frontierlag.results import last_day
from frontierlag.results.sentences import HEADLINE as SCORES_MODEL
from frontierlag.results.sentences import JOINT_HEADLINE as JOINT_MODEL
from frontierlag.studies.domains.study import PRIVATE, PUBLIC
from frontierlag.studies.domains.table import INDEX
from frontierlag.studies.forecast.backtest import ACROSS
from frontierlag.words import probability_words

START, END = "<!-- {}: made from results/ by `make readme` -->", "<!-- end of {} -->"
# Folders of the newest table: fitted to its scores, and to the benchmark results behind them.
ALONE, JOINT = "us-china", "us-china-joint"
PUBLISHED = "-dates-as-published"
HISTORY = ("history", "us-china")
LEADER, FOLLOWER = "the best US model", "China's best model"


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
    """The first lines: the answer with its interval, under both conventions of release dates."""
    window = _lag(results, JOINT, JOINT_MODEL, WINDOW)
    since = _manifest(results, JOINT)["window"]["since"]
    rows = [
        "| release dates | from benchmark results (`linear-joint`) "
        "| from scores alone (`linear-stochastic`) |",
        "|---|---|---|",
    ]
    for words, suffix in (
        ("first day of use outside the maker (our convention)", ""),
        ("as in the publisher's table", PUBLISHED),
    ):
        cells = [
            marked(_lag(results, f"{folder}{suffix}", model, WINDOW))
            for folder, model in ((JOINT, JOINT_MODEL), (ALONE, SCORES_MODEL))
        ]
        rows.append(f"| {words} | {' | '.join(cells)} |")
    return (
        f"**From {since} to {window['as_of']}, China's best available model trailed the best US "
        f"model by {marked(window, ' months on average')}.** This is the mean realized lag: on "
        "each day, how long ago the USA first exceeded what China has on that day. In brackets is "
        f"a 90 % equal-tailed posterior interval; scores: `{NEW}`; on "
        f"{share(window['censored'])} of the days the lag is only a lower bound, because the "
        "table begins too late.\n\n" + "\n".join(rows) + "\n\n"
        "The publisher's table dates o3 at its announcement (2024-12-20); anyone could use it from "
        "2025-04-16 on. The published 7 is a mean without an interval over another window. "
        "Intervals of single scores do not say that errors are correlated between models, so the "
        "answer from benchmark results is the better one.\n\n" + _one_day(results)
    )


def ladder(results: Path) -> str:
    """The three lags of both headline models, in months."""
    questions = {
        TREND: ("trend lag", "how far apart are typical frontier releases?"),
        AT_RELEASE: (
            "lag at release",
            "when China sets a record, how long ago did the USA first exceed it?",
        ),
        REALIZED: (
            "realized lag",
            "on any day, how long ago did the USA first exceed what China has?",
        ),
    }
    lines = [
        "| lag | the question it answers | benchmark results | scores alone |",
        "|---|---|---|---|",
    ]
    found = [
        rows_of(read(results, NEW, folder, "ladder.csv"), model=model)
        for folder, model in ((JOINT, JOINT_MODEL), (ALONE, SCORES_MODEL))
    ]
    for kind, (name, question) in questions.items():
        cells = [marked(rows_of(table, lag=kind).to_dict("records")[0]) for table in found]
        lines.append(f"| {name} | {question} | {' | '.join(cells)} |")
    about = "Months: median of the mean over the window, 90 % interval."
    return "\n".join([*lines, "", f"{about} {_velocity(results)}"])


def _velocity(results: Path) -> str:
    """How fast the realized and the trend lag change, with the probability of narrowing."""
    table = rows_of(read(results, NEW, JOINT, "velocity.csv"), model=JOINT_MODEL)
    realized, trend = (
        f"{r['median']:+.1f} ({r['lower90']:.1f} to {r['upper90']:.1f}; narrows with probability "
        f"{r['narrowing']:.2f})"
        for r in (
            rows_of(table, change=change).to_dict("records")[0]
            for change in (YEAR_ON_YEAR, SLOPE_LAST_DAY)
        )
    )
    return f"Change a year: realized lag {realized}, trend lag {trend}."


def trust(results: Path) -> str:
    """How often the interval covered the truth in simulated worlds, and where it did not."""
    table = read(results, "calibration", "calibration.csv")
    own = table[(table["lag"] == REALIZED) & (table["period"] == WINDOW)]
    scores = rows_of(own, estimator=SCORES_MODEL)
    base = rows_of(scores, world="base").to_dict("records")[0]
    joint = rows_of(own, estimator=JOINT_MODEL, world="matrices").to_dict("records")[0]
    broken = scores[~scores["world"].isin(["base", "matrices"])]
    low = broken[broken["cover90"] < 0.8].to_dict("records")
    fine = broken[broken["cover90"] >= 0.8]["cover90"]
    exceptions = "; ".join(
        f"only {100 * r['cover90']:.0f} % if {_FAULTS.get(r['world'], r['world'])}" for r in low
    )
    return (
        "In simulated worlds with a known lag, the 90 % interval of the mean realized lag covered "
        f"the truth in {100 * base['cover90']:.0f} % of {base['n']:.0f} worlds from scores, with "
        f"{base['rmse_ratio']:.2f} times the error of the daily point method, and in "
        f"{100 * joint['cover90']:.0f} % of {joint['n']:.0f} worlds from benchmark results, with "
        f"{joint['rmse_ratio']:.2f} times its error. Where an assumption is broken it covered in "
        f"{100 * fine.min():.0f} to {100 * fine.max():.0f} % (from scores alone)"
        f"{', ' + exceptions if exceptions else ''}.\n\n{_vintages(results)} {_forecasts(results)} "
        "[Calibration](docs/calibration.md) has every world, model and lag."
    )


def capability(results: Path) -> str:
    """How the lag differs between domains of benchmarks, and what their choice adds."""
    table = rows_of(_domains(results, "domains"), lag=REALIZED, period=WINDOW)
    own = rows_of(table, by="domain")
    own = own[own["domain"] != INDEX].sort_values("median", kind="stable").to_dict("records")
    low, high = own[0], own[-1]
    items = rows_of(table, by="items").set_index("domain")
    private, public = (marked(items.loc[name].to_dict()) for name in (PRIVATE, PUBLIC))
    (versus,) = rows_of(
        _domains(results, "contrasts"), by="items", first=PRIVATE, second=PUBLIC, lag=REALIZED
    ).to_dict("records")
    _, differing = rows_of(_domains(results, "index"), lag=REALIZED).to_dict("records")
    return (
        "One index is one mixture of benchmarks. [By domain](docs/studies.md#which-capability) the "
        f"mean realized lag runs from {marked(low)} months in {low['domain']} to {marked(high)} in "
        f"{high['domain']}; on private benchmarks it is {private}, on public ones {public} (longer "
        f"on private: probability {probability_words(float(versus['longer']))}). If a benchmark "
        f"may favour a group (`{differing['model']}`), the lag of the index is {marked(differing)} "
        "instead of the answer above."
    )


def _domains(results: Path, stem: str) -> pd.DataFrame:
    return read(results, NEW, JOINT, "domains", f"{stem}.csv")


def _vintages(results: Path) -> str:
    """How far the answer moves from vintage to vintage, next to its own uncertainty."""
    (row,) = rows_of(read(results, *HISTORY, "spread.csv"), lag=REALIZED).to_dict("records")
    return (
        f"Over the same days in {row['vintages']} vintages of the index its posterior mean lies "
        f"between {row['lowest_mean']:.1f} and {row['highest_mean']:.1f} months "
        f"(`{SCORES_MODEL}`; standard deviation {row['sd_over_vintages']:.1f}, that of one "
        f"posterior {row['posterior_sd']:.1f})."
    )


def _forecasts(results: Path) -> str:
    """How the model forecasts from earlier vintages: what beats it first, what it beats."""
    table = rows_of(read(results, "backtest", "verdict.csv"), kind=ACROSS)
    own = table[table["origins"].notna()].to_dict("records")[0]
    others = table[table["method"].isin(list(_SIMPLE))].sort_values("crps_ratio", ascending=False)
    against = [
        f"against {_SIMPLE[r['method']]} {r['crps_ratio']:.2f} "
        f"({r['crps_ratio_lower90']:.2f} to {r['crps_ratio_upper90']:.2f})"
        for r in others.to_dict("records")
    ]
    better, worse = others["crps_ratio_upper90"] < 1, others["crps_ratio_lower90"] > 1
    found = {"worse than": worse, "better than": better, "about as well as": ~better & ~worse}
    did = " and ".join(f"{how} {_COUNTS[int(of.sum())]}" for how, of in found.items() if of.any())
    return (
        f"At forecasts from {own['origins']:.0f} of them `{own['method']}` did {did} of "
        f"{_COUNTS[len(others)]} simple methods. Ratio of mean CRPS (below 1 the model is better; "
        f"90 % interval): {', '.join(against)}. Its 90 % interval contained "
        f"{100 * own['covered90']:.0f} % of the outcomes."
    )


_COUNTS = {1: "one", 2: "two", 3: "three", 4: "four"}
_SIMPLE = {
    "persistence": "“nothing changes”",
    "drift": "“it goes on rising as fast as before”",
    "least squares": "a straight line",
    "shifted leader": "“China repeats the US path seven months later”",
}
_FAULTS = {"wrong-dates": "release dates are wrong by up to four months and this is not modelled"}


def _one_day(results: Path) -> str:
    """The lag of the last day as the releases that it may be counted from."""
    table = read(results, NEW, JOINT, "last_day.csv")
    day = last_day.read_last_day(rows_of(table, model=JOINT_MODEL))
    on = _lag(results, JOINT, JOINT_MODEL, CURRENT)["as_of"]
    words = last_day.sentence(day, LEADER, FOLLOWER, str(on))
    return f"A lag on one day is the age of one release: {words}."


def _lag(results: Path, folder: str, model: str, period: str) -> Row:
    return row_of(read(results, NEW, folder, "lags.csv"), model, REALIZED, period)


def _manifest(results: Path, folder: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(
        (results / NEW / folder / MANIFEST).read_text(encoding="utf-8")
    )
    return found


BLOCKS = {"answer": answer, "ladder": ladder, "trust": trust, "capability": capability}


if __name__ == "__main__":
    root = Path(__file__).parents[2]
    write(root / "README.md", root / "results")
