"""What the pages say of the committed results, read from their tables."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from blocks import block, table

from frontierlag.names import CURRENT, MAXIMUM, MINIMUM, REALIZED, TREND, WINDOW
from frontierlag.report.readme import answer, answers
from frontierlag.report.readme_rows import NEW, OLD, marked, read, row_of, rows_of, share
from frontierlag.report.sentences import HEADLINE

HERE = (NEW, "us-china")
_PERIODS = {
    WINDOW: "mean over the window",
    CURRENT: "last day",
    MINIMUM: "smallest",
    MAXIMUM: "largest",
}


def shown(results: Path) -> dict[str, str]:
    """Return Markdown by name."""
    lags = read(results, *HERE, "lags.csv")
    return {
        "answer": answer(results),
        "answers": answers(results),
        "lags_of_headline": _lags(lags),
        "lags_of_models": _models(lags),
        "ladder": _ladder(read(results, *HERE, "ladder.csv")),
        "levels": _levels(read(results, *HERE, "levels.csv")),
        "lag_row": _one_row(lags),
        "diagnostics": _diagnostics(read(results, *HERE, "diagnostics.csv")),
        "comparison": _comparison(read(results, *HERE, "comparison.csv")),
        "claims": _claims(read(results, *HERE, "claims.csv")),
        "published": _published(results),
        "files_of_run": _files(results),
        "vintage_steps": _vintages(results),
        "headline_model": f"`{HEADLINE}`",
        "scores_new": f"`{NEW}`",
        "scores_old": f"`{OLD}`",
    } | _figures(lags)


def _figures(lags: pd.DataFrame) -> dict[str, str]:
    """Single figures in the text, as in ``6.8 (5.8 to 7.9) months``."""
    wanted = {
        "realized_window": (REALIZED, WINDOW),
        "realized_current": (REALIZED, CURRENT),
        "trend_window": (TREND, WINDOW),
        "trend_current": (TREND, CURRENT),
    }
    rows = {name: row_of(lags, HEADLINE, *which) for name, which in wanted.items()}
    found = {name: f"{marked(row)} months" for name, row in rows.items()}
    return found | {
        "censored_window": share(rows["realized_window"]["censored"]),
        "as_of_new": str(rows["realized_window"]["as_of"]),
    }


def _lags(lags: pd.DataFrame) -> str:
    rows = rows_of(lags, model=HEADLINE)
    rows = rows[rows["lag"].isin([REALIZED, TREND])]
    periods = list(dict.fromkeys(rows["period"]))
    cells = []
    for period in periods:
        of_period = {r["lag"]: r for r in rows_of(rows, period=period).to_dict("records")}
        realized, trend = of_period[REALIZED], of_period[TREND]
        cells.append(
            (_PERIODS.get(period, period), marked(realized), share(realized["censored"]),
             marked(trend), share(trend["censored"]))
        )  # fmt: skip
    head = ("months", "realized lag", "only a lower bound", "trend lag", "extrapolated")
    return table(head, cells)


def _models(lags: pd.DataFrame) -> str:
    cells = []
    for model in dict.fromkeys(lags["model"]):
        realized, trend = (row_of(lags, model, kind, WINDOW) for kind in (REALIZED, TREND))
        cells.append((f"`{model}`", marked(realized), marked(trend), share(trend["undefined"])))
    return table(
        ("model", "realized lag, mean", "trend lag, mean", "draws in which that is undefined"),
        cells,
    )


def _ladder(ladder: pd.DataFrame) -> str:
    names = {TREND: "trend lag", "release": "lag at release", REALIZED: "realized lag"}
    cells = [
        (r["rung"], names[r["lag"]], marked(r), share(r["censored"]))
        for r in rows_of(ladder, model=HEADLINE).to_dict("records")
    ]
    return table(
        ("rung", "lag", "months, median (90 % interval)", "censored or extrapolated"), cells
    )


def _levels(levels: pd.DataFrame) -> str:
    rows = rows_of(levels, model=HEADLINE).assign(lag=TREND).to_dict("records")
    return table(
        ("level", "lag at it, months", "extrapolated"),
        [(f"{r['level']:g}", marked(r), share(r["censored"])) for r in rows],
    )


def _one_row(lags: pd.DataFrame) -> str:
    """A row of lags.csv as it stands, a column a line."""
    row = row_of(lags, HEADLINE, REALIZED, WINDOW)
    return table(("column", "value"), [(f"`{key}`", value) for key, value in row.items()])


def _diagnostics(found: pd.DataFrame) -> str:
    return table(
        ("model", "R-hat", "bulk ESS", "tail ESS", "divergences", "E-BFMI", "converged"),
        [
            (f"`{r['model']}`", f"{r['rhat']:.4f}", f"{r['ess_bulk']:.0f}", f"{r['ess_tail']:.0f}",
             r["divergences"], f"{r['ebfmi']:.2f}", "yes" if r["converged"] else "NO")
            for r in found.to_dict("records")
        ],
    )  # fmt: skip


def _comparison(found: pd.DataFrame) -> str:
    return table(
        ("model", "releases", "elpd", "difference", "its s.e.", "worst Pareto k", "weight"),
        [
            (f"`{r['model']}`", r["releases"], f"{r['elpd']:.1f}", f"{r['elpd_diff']:.1f}",
             f"{r['se_diff']:.1f}", f"{r['k_worst']:.2f}", f"{r['weight']:.2f}")
            for r in found.to_dict("records")
        ],
    )  # fmt: skip


def _claims(found: pd.DataFrame) -> str:
    cells = []
    for r in found.to_dict("records"):
        chance = "" if pd.isna(r["probability"]) else f"{r['probability']:.2f}"
        mark = " NOT CONVERGED" if str(r["converged"]) == "False" else ""
        cells.append((r["number"], r["claim"], r["estimand"], chance, f"{r['verdict']}{mark}"))
    return table(("", "claim", "estimand", "probability", "verdict"), cells)


def _published(results: Path) -> str:
    cells = []
    for dataset in (OLD, NEW):
        for r in read(results, dataset, "us-china", "published.csv").to_dict("records"):
            cells.append(
                (f"`{dataset}`", r["convention"], f"{r['mean']:.2f}", f"{r['minimum']:.2f}",
                 f"{r['maximum']:.2f}", r["n"], r["censored"])
            )  # fmt: skip
    head = ("scores", "convention", "mean", "smallest", "largest", "n", "censored")
    return table(head, cells)


def _files(results: Path) -> str:
    """What lies in a results folder, without its figures."""
    folder = results.joinpath(*HERE)
    return block(
        "\n".join(sorted(p.name for p in folder.iterdir() if p.suffix in {".csv", ".md", ".json"}))
    )


def _vintages(results: Path) -> str:
    found = read(results, "vintages", f"{OLD}-to-{NEW}", "us-china", "vintages.csv")
    words = {
        "from": f"`{OLD}`", "scores": "other scores", "dates": "other dates",
        "releases": "other releases", "to": f"`{NEW}`",
    }  # fmt: skip
    cells = []
    for step, said in words.items():
        row = [said]
        for lag in (REALIZED, TREND):
            (r,) = rows_of(found, step=step, lag=lag).to_dict("records")
            signed = "+.1f" if step in ("scores", "dates", "releases") else ".1f"
            row.append(f"{r['months']:{signed}}")
        cells.append(row)
    return table(("", "realized lag, mean", "trend lag, mean"), cells)
