"""What the README says of calibration, rank statistics and the backtest, from their tables."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from result_rows import Row, read

from frontierlag.errors import OutputError
from frontierlag.names import CURRENT, REALIZED, TREND, WINDOW

# Worlds in which coverage below this is said in words.
LEAST_COVERAGE = 0.80
# In more worlds than this, a model's lag is told in one line.
FEW_WORLDS = 3
_CAVEAT = (
    "At every quarter of the past the scores of earlier models are those of the later table, "
    "measured by results that came after, so that test is easier than real forecasting, for every "
    "method; across "
    "vintages nothing is borrowed, but vintages of one month hold nearly the same rows, and a few "
    "releases decide what many of them forecast: intervals draw months and releases at once."
)
_MODELS, _BASE = "-stochastic|-records|-joint", "base"


def calibration(results: Path) -> str:
    """Coverage, error and width of the mean realized lag, a row a world and estimator.

    Of models in every world, of the estimators of the field in the base world.
    """
    table = read(results, "calibration", "calibration.csv")
    own = table[(table["lag"] == REALIZED) & (table["period"] == WINDOW)]
    own = own[own["estimator"].str.contains(_MODELS) | (own["world"] == _BASE)]
    lines = [
        "| world | estimator | worlds | its 90 % interval covers the truth in | mean width, months "
        "| root-mean-square error, months | error / daily point method's |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in own.to_dict("records"):
        ratio = row["rmse_ratio"]
        cells = [
            str(row["world"]),
            f"`{row['estimator']}`",
            f"{row['n']:.0f}{_of_all(row)}",
            _coverage(row),
            "none" if pd.isna(row["width"]) else f"{row['width']:.1f}",
            f"{row['rmse']:.2f}",
            "1" if pd.isna(ratio) else f"{ratio:.2f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", too_narrow(results)])


def too_narrow(results: Path) -> str:
    """In which worlds, of which models, the interval of a lag of either kind is too narrow.

    Of the mean over the window, of the last day and of every year.
    """
    table = read(results, "calibration", "calibration.csv")
    years = table["period"].astype(str).str.isdigit()
    told_of = table["period"].isin([WINDOW, CURRENT]) | years
    shown = table[table["lag"].isin([REALIZED, TREND]) & told_of]
    models = shown[shown["estimator"].str.contains(_MODELS)]
    low = models[models["cover90"] < LEAST_COVERAGE]
    if low.empty:
        return "No model's interval covers the truth in fewer than 80 % of the worlds of any kind."
    periods = {WINDOW: "mean", CURRENT: "last day"}
    told = []
    for (estimator, lag), of_lag in low.groupby(["estimator", "lag"], sort=False):
        worlds = list(dict.fromkeys(of_lag["world"]))
        if len(worlds) > FEW_WORLDS:
            least, most = 100 * of_lag["cover90"].min(), 100 * of_lag["cover90"].max()
            where = f"{', '.join(worlds)}: {least:.0f} to {most:.0f} % in what is too narrow there"
            told.append(f"- the {lag} lag of `{estimator}` in worlds {where}")
            continue
        for world, rows in of_lag.groupby("world", sort=False):
            parts = [
                f"{periods.get(r['period'], r['period'])} {_coverage(r)}"
                for r in rows.to_dict("records")
            ]
            told.append(f"- the {lag} lag of `{estimator}` in world {world}: {', '.join(parts)}")
    listed = "\n".join(told)
    return f"The 90 % interval is too narrow, covering fewer than 80 %, of:\n\n{listed}"


def ranks(results: Path) -> str:
    """Whether the ranks of every model are uniform, in a sentence."""
    table = read(results, "sbc", "sbc.csv")
    told = []
    for model, rows in table.groupby("model", sort=False):
        bad = [str(name) for name in rows.loc[~rows["passed"].astype(bool), "quantity"]]
        told.append(
            f"`{model}` ({rows['n'].iloc[0]:.0f} worlds, {len(rows)} quantities): "
            + ("uniform" if not bad else f"NOT uniform: {', '.join(bad)}")
        )
    return f"Rank statistics: {'; '.join(told)}."


def backtest(results: Path) -> str:
    """How past forecasts did: the verdicts of the backtest's own page, a paragraph each."""
    told = []
    for heading in ("Every quarter of the past", "Across vintages"):
        verdict = _after(results / "backtest" / "backtest.md", f"## {heading}")
        told.append(f"- {heading}: {verdict}")
    return "\n".join([*told, "", _CAVEAT])


def _after(file: Path, heading: str) -> str:
    """The first paragraph after a heading of a page.

    Raises
    ------
    OutputError
        If the page has no such heading.
    """
    lines = iter(file.read_text(encoding="utf-8").splitlines())
    if heading not in lines:  # reads on to the heading
        raise OutputError(f"{file} has no heading {heading!r}; write it again")
    return next(line for line in lines if line)


def _of_all(row: Row) -> str:
    """Of how many worlds, where in some the lag does not exist."""
    return f" of {row['n'] + row['undefined']:.0f}" if row["undefined"] else ""


def _coverage(row: Row) -> str:
    if pd.isna(row["cover90"]):
        return "has none"
    return f"{100 * row['cover90']:.0f} ± {100 * row['cover90_se']:.0f} %"
