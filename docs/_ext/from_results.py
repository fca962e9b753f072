"""What the pages say of the committed results, read from their tables."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import inf
from pathlib import Path

import numpy as np
import pandas as pd
from blocks import block, or_note, table
from readme import answer
from result_dates import conventions, history
from result_rows import NEW, OLD, decimals, marked, read, row_of, rows_of, share
from result_studies import dates, priors
from result_tables import answers, claims, closed_open, models, velocity

from frontierlag.names import AT_RELEASE, CURRENT, MAXIMUM, MINIMUM, REALIZED, TREND, WINDOW
from frontierlag.results import last_day
from frontierlag.results.sentences import HEADLINE, JOINT_HEADLINE
from frontierlag.scores import load_scores
from frontierlag.words import error_of

HERE, JOINT = (NEW, "us-china"), (NEW, "us-china-joint")
SOURCES = {"benchmark results": (JOINT, JOINT_HEADLINE), "scores alone": (HERE, HEADLINE)}
MOST = 12  # rows of a long table
_SCORES = (-inf, 110, 120, 130, 140, 150, inf)  # bins of published scores
_PERIODS = {
    WINDOW: "mean over the window",
    CURRENT: "last day",
    MINIMUM: "smallest",
    MAXIMUM: "largest",
}


def shown(results: Path) -> dict[str, str]:
    """Return Markdown by name; a note where a table has not been made."""
    made: dict[str, Callable[[], str]] = {
        "answer": lambda: answer(results),
        "answers": lambda: answers(results),
        "closed_open": lambda: closed_open(results),
        "velocity": lambda: velocity(results),
        "models": lambda: models(results),
        "claims_short": lambda: claims(results),
        "dates_conventions": lambda: conventions(results),
        "history": lambda: history(results),
        "dates_errors": lambda: dates(results),
        "priors_moved": lambda: priors(results),
        "lags_of_headline": lambda: _lags(
            read(results, *HERE, "lags.csv"), read(results, *HERE, "last_day.csv")
        ),
        "lags_of_models": lambda: _models(results),
        "ladder": lambda: _ladder(results),
        "levels": lambda: _levels(read(results, *HERE, "levels.csv")),
        "lag_row": lambda: _one_row(read(results, *HERE, "lags.csv")),
        "diagnostics": lambda: _diagnostics(read(results, *HERE, "diagnostics.csv")),
        "diagnostics_joint": lambda: _diagnostics(read(results, *JOINT, "diagnostics.csv")),
        "comparison": lambda: _comparison(read(results, *HERE, "comparison.csv")),
        "claims": lambda: _claims(read(results, *HERE, "claims.csv")),
        "claims_joint": lambda: _claims(read(results, *JOINT, "claims.csv")),
        "capabilities": lambda: _capabilities(read(results, *JOINT, "capabilities.csv")),
        "agreement": lambda: _agreement(read(results, *JOINT, "capabilities.csv")),
        "benchmarks": lambda: _benchmarks(read(results, *JOINT, "benchmarks.csv")),
        "published": lambda: _published(results),
        "files_of_run": lambda: _files(results),
        "vintage_steps": lambda: _vintages(results),
    }
    return {name: or_note(make) for name, make in made.items()} | {
        "headline_model": f"`{HEADLINE}`",
        "joint_model": f"`{JOINT_HEADLINE}`",
        "scores_new": f"`{NEW}`",
        "scores_old": f"`{OLD}`",
    }


def _lags(lags: pd.DataFrame, last: pd.DataFrame) -> str:
    """Both lags by period; the realized lag of one day is its few values, not an interval."""
    day = last_day.of_model(last, HEADLINE)
    rows = rows_of(lags, model=HEADLINE)
    rows = rows[rows["lag"].isin([REALIZED, TREND])]
    periods = list(dict.fromkeys(rows["period"]))
    cells = []
    for period in periods:
        of_period = {r["lag"]: r for r in rows_of(rows, period=period).to_dict("records")}
        realized, trend = of_period[REALIZED], of_period[TREND]
        own = last_day.spikes(day) if period == CURRENT and day else marked(realized)
        cells.append(
            (_PERIODS.get(period, period), own, share(realized["censored"]),
             marked(trend), share(trend["censored"]))
        )  # fmt: skip
    head = ("months", "realized lag", "only a lower bound", "trend lag", "extrapolated")
    return (
        f"{table(head, cells)}\n\nThe realized lag of the last day is the age of one release: the "
        "months that it may be, each with its probability in brackets."
    )


def _models(results: Path) -> str:
    cells = []
    for words, (folder, _) in SOURCES.items():
        if not results.joinpath(*folder, "lags.csv").is_file():
            continue
        lags = read(results, *folder, "lags.csv")
        for model in dict.fromkeys(lags["model"]):
            realized, trend = (row_of(lags, model, kind, WINDOW) for kind in (REALIZED, TREND))
            cells.append(
                (f"`{model}`", words, marked(realized), marked(trend), share(trend["undefined"]))
            )
    head = ("model", "fitted to", "realized lag, mean", "trend lag, mean",
            "draws in which that is undefined")  # fmt: skip
    return table(head, cells)


def _ladder(results: Path) -> str:
    names = {TREND: "trend lag", AT_RELEASE: "lag at release", REALIZED: "realized lag"}
    cells = []
    for words, (folder, model) in SOURCES.items():
        if not results.joinpath(*folder, "ladder.csv").is_file():
            continue
        for r in rows_of(read(results, *folder, "ladder.csv"), model=model).to_dict("records"):
            rung = f"{r['rung']} {names[r['lag']]}"
            cells.append((rung, f"`{model}`", words, marked(r), share(r["censored"])))
    head = ("lag", "model", "fitted to", "months, median (90 % interval)",
            "censored or extrapolated")  # fmt: skip
    return table(head, cells)


def _capabilities(found: pd.DataFrame) -> str:
    """The highest of the headline model."""
    of = found[found["model"] == JOINT_HEADLINE].sort_values("median", ascending=False)
    cells = []
    for r in of.head(MOST).to_dict("records"):
        published = "" if pd.isna(r["score"]) else f"{r['score']:.1f}"
        places = decimals(error_of(r), most=1)
        low, high = (f"{r[key]:.{places}f}" for key in ("lower90", "upper90"))
        best = "" if pd.isna(r["best_now"]) else f"{r['best_now']:.2f}"
        cells.append(
            (r["release"], r["group"], r["released"], published,
             f"{r['median']:.{places}f} ({low} to {high})", best)
        )  # fmt: skip
    head = ("model", "group", "released", "published", "capability, median (90 % interval)",
            "P(its group's best now)")  # fmt: skip
    return table(head, cells)


def _agreement(found: pd.DataFrame) -> str:
    """Posterior means of all models against the published index."""
    of = found[found["model"] == JOINT_HEADLINE].set_index("release")
    published = load_scores(NEW).frame.set_index("model")["score"].dropna()
    mean = of["mean"].reindex(published.index).dropna()
    published = published.loc[mean.index]
    apart = mean - published
    cells = []
    for low, high in pairwise(_SCORES):
        within = apart[(published > low) & (published <= high)]
        said = (
            f"up to {high}" if low < 0 else f"above {low}" + ("" if high == inf else f" to {high}")
        )
        cells.append((said, len(within), f"{within.mean():+.1f}", f"{within.abs().mean():.2f}"))
    head = ("published score", "models", "mean difference", "mean absolute difference")
    correlation = f"{np.corrcoef(mean, published)[0, 1]:.4f}"
    words = f"Over {len(mean)} models the correlation is {correlation}; joint minus published:"
    return f"{words}\n\n{table(head, cells)}"


def _benchmarks(found: pd.DataFrame) -> str:
    """Those with the most results."""
    of = found[found["model"] == JOINT_HEADLINE].sort_values("results", ascending=False)
    cells = []
    for name in list(dict.fromkeys(of["benchmark"]))[:MOST]:
        rows = rows_of(of, benchmark=name).set_index("quantity")
        shown_of = [
            f"{rows.at[key, 'median']:{form}}"
            for key, form in (("difficulty", ".1f"), ("discrimination", ".3f"), ("noise", ".3f"))
        ]
        cells.append((name, rows["results"].iloc[0], *shown_of))
    head = ("benchmark", "results", "difficulty, points", "discrimination, log odds a point",
            "noise, fraction")  # fmt: skip
    return table(head, cells)


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
