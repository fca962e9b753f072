"""What the answer rests on: alternatives, models, calibration, forecasts, what fits worst.

Rows of tables that the page shows as they are, its template takes from the results itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from frontierlag.dates import WORDS, recorded
from frontierlag.lags.equivalence import BEYOND_DOUBT, EVEN
from frontierlag.machine.files import MANIFEST
from frontierlag.names import CURRENT, MAXIMUM, MINIMUM, REALIZED, TREND, WINDOW
from frontierlag.report.page.folder import Results
from frontierlag.report.page.forest import Forest, bar, percent, scaled
from frontierlag.results.fit_checks import STEMS, fit_sentences
from frontierlag.results.folder import headline_model, read_manifest, read_table, reads_of
from frontierlag.studies.domains.study import TITLES
from frontierlag.studies.domains.table import INDEX, INDEX_WORDS
from frontierlag.studies.index.construction import BASE, BENCHMARKS, SOURCES
from frontierlag.words import (
    Row,
    converged,
    figure,
    median,
    probability_words,
    rows_where,
    span,
    stamp,
)

MOST_INFLUENCE = 10
CALIBRATION = "calibration"
_PERIODS = {
    WINDOW: "whole window, mean",
    CURRENT: "last day",
    MINIMUM: "smallest",
    MAXIMUM: "largest",
}


def specification(results: Results) -> dict[str, Forest]:
    """The mean lag under each alternative, by kind of lag, sorted by the realized one."""
    found = {}
    for kind in (REALIZED, TREND):
        shown = results.known("sensitivity/sensitivity", period=WINDOW, lag=kind)
        own = {str(row["alternative"]): row for row in shown}
        main = results.lag(kind, WINDOW)
        bars = []
        ordered = (str(row["alternative"]) for row in alternatives(results))
        for name in dict.fromkeys([*(name for name in ordered if name in own), *own]):
            row, base = own[name], own[name]["what"] == "base"
            # The base is the answer itself, from the run's own draws: the study fits it with fewer.
            same = base and main is not None and row["model"] == main["model"]
            bars.append(bar(main if same and main else row, name, base=base))
        line = None if main is None else float(main["median"])
        if forest := scaled(bars, line, "the main answer"):
            found[kind] = forest
    return found


def alternatives(results: Results) -> list[Row]:
    """The mean realized lag under each alternative, the shortest first."""
    own = results.known("sensitivity/sensitivity", period=WINDOW, lag=REALIZED)
    return sorted(own, key=lambda row: row["median"])


def conventions(results: Results) -> list[dict[str, Any]]:
    """The mean realized lag by the other conventions of release dates, from the folders next to it.

    A folder counts if it is of the same table, comparison, window and data, and of other dates.
    """
    found = []
    for path in sorted(results.folder.resolve().parent.glob(f"*/{MANIFEST}")):
        manifest = read_manifest(path.parent)
        if manifest.get("data", {}).get("name") != results.dataset:
            continue
        dates = recorded(manifest["data"])
        if dates == results.dates or _same_but_dates(manifest) != _same_but_dates(results.manifest):
            continue
        if not (path.parent / "lags.csv").is_file():
            continue
        table, model = read_table(path.parent, "lags.csv"), headline_model(manifest)
        own = rows_where(table, model=model, lag=REALIZED, period=WINDOW)
        found += [{**row, "words": WORDS[dates]} for row in own]
    return found


def _same_but_dates(manifest: dict[str, Any]) -> tuple[object, ...]:
    comparison, window = manifest.get("comparison", {}), manifest.get("window", {})
    return comparison.get("name"), reads_of(manifest["data"]), window.get("as_of")


def constructions(results: Results) -> Forest | None:
    """The mean realized lag under other constructions of the index; None if none were made.

    Of those that leave one benchmark or source out, the ones that move it most.
    """
    own = results.known("index/constructions", period=WINDOW, lag=REALIZED)
    if not own:
        return None
    single = [row for row in own if row["kind"] in (BENCHMARKS, SOURCES)]
    base = [row for row in own if row["kind"] == BASE]
    rest = [row for row in own if row["kind"] not in (BENCHMARKS, SOURCES, BASE)]
    rows = [*base, *_most_moving(single), *rest]
    bars = []
    for row in rows:
        note = "" if row["since"] == rows[0]["since"] else f"since {row['since']}"
        bars.append(bar(row, str(row["construction"]), note=note, base=row["kind"] == BASE))
    return scaled(bars, float(rows[0]["median"]), "all results")


def domains(results: Results) -> list[dict[str, Any]]:
    """The mean realized lag by domain of benchmarks, for each grouping of benchmarks."""
    found = []
    for by in dict.fromkeys(row["by"] for row in results.rows("domains/domains")):
        own = results.known("domains/domains", by=by, period=WINDOW, lag=REALIZED)
        index = [row for row in own if row["domain"] == INDEX]
        rest = sorted((r for r in own if r["domain"] != INDEX), key=lambda r: -float(r["median"]))
        bars = [bar(row, INDEX_WORDS, base=True) for row in index]
        for row in rest:
            longer = probability_words(float(row["longer"]))
            note = f"{row['results']} results; P(longer than the mean of all): {longer}"
            bars.append(bar(row, str(row["domain"]), note=note))
        forest = scaled(bars, float(index[0]["median"]), INDEX_WORDS)
        found.append({"by": by, "title": TITLES.get(by, f"By {by}"), "forest": forest})
    return found


def _most_moving(rows: Iterable[Row]) -> list[Row]:
    """Those that change the lag most, the largest change first."""
    known = [row for row in rows if pd.notna(row["change"])]
    return sorted(known, key=lambda row: -abs(row["change"]))[:MOST_INFLUENCE]


def impossible(results: Results) -> list[str]:
    """Alternatives that have no number, with the reason."""
    shown = {row["alternative"] for row in results.known("sensitivity/sensitivity")}
    reasons = {
        row["alternative"]: row["note"]
        for row in reversed(results.rows("sensitivity/sensitivity"))
        if row["alternative"] not in shown
    }
    return [f"{name}: {note}" for name, note in reversed(reasons.items())]


def starts(results: Results) -> list[dict[str, str]]:
    """Where the window starts: the mean realized lag, and today's trend lag either way."""
    stem = "sensitivity/window-starts"
    rows = []
    for start in sorted({row["start"] for row in results.rows(stem)}):
        cells = {"start": str(start)}
        for name, fitted, lag, period in (
            ("mean", "all releases", REALIZED, WINDOW),
            ("all", "all releases", TREND, CURRENT),
            ("since", "releases since", TREND, CURRENT),
        ):
            of = {"fitted_to": fitted, "lag": lag, "period": period}
            found = results.known(stem, start=start, model=results.headline, **of)
            cells[name] = "impossible"
            if found:
                passed = stamp(converged(found[0]))
                cells[name] = f"{median(found[0])} ({span(found[0])}){passed}"
        rows.append(cells)
    return rows


def influence(results: Results) -> Forest | None:
    """The makers and models whose removal moves the mean realized lag most."""
    own = results.rows("sensitivity/influence", lag=REALIZED, period=WINDOW)
    bars = [
        bar(row, f"without {row['left_out']}", note=f"{float(row['change']):+.1f} months")
        for row in _most_moving(own)
    ]
    base = results.lag(REALIZED, WINDOW)
    return scaled(bars, None if base is None else float(base["median"]), "all models in")


def models(results: Results) -> dict[str, Forest]:
    """The mean lags of every model and stack, by kind of lag."""
    found = {}
    for kind in (REALIZED, TREND):
        bars = []
        for row in results.rows("lags", lag=kind, period=WINDOW):
            lacking = f"undefined in {percent(row['undefined'])} of the draws"
            note = lacking if row["undefined"] > 0 else ""
            name = str(row["model"])
            bars.append(bar(row, name, note=note, base=name == results.headline))
        if forest := scaled(bars):
            found[kind] = forest
    return found


def equivalence(results: Results) -> list[dict[str, str]]:
    """Equivalence lag of the headline model by period, with the same at even odds next to it."""
    by: dict[str, dict[float, str]] = {}
    for row in results.rows("equivalence", model=results.headline):
        months = figure(float(row["months"]), float(row["mcse"]))
        by.setdefault(str(row["period"]), {})[float(row["threshold"])] = months
    return [
        {"period": _PERIODS.get(name, name), "sure": at[BEYOND_DOUBT], "even": at[EVEN]}
        for name, at in by.items()
    ]


def forecasts(results: Results) -> dict[str, Any] | None:
    """When the follower may exceed what the leader has, and how such forecasts did before."""
    rows = results.rows("catch-up/catch_up")
    if not rows:
        return None
    checked = None
    if tried := results.rows("catch-up/hindcast"):
        inside = [str(row["inside90"]) == "True" for row in tried if pd.notna(row["inside90"])]
        origin = str(tried[0]["origin"])
        checked = {"n": len(inside), "inside": sum(inside), "origin": origin}
    return {"rows": rows, "by": rows[0]["by"], "checked": checked}


def calibration(results: Results) -> list[Row]:
    """Coverage, width and error of the mean realized lag in simulated worlds, if there were any."""
    path = calibration_file(results.folder)
    if path is None:
        return []
    return [
        row
        for row in rows_where(read_table(path.parent, path.name))
        # An estimator that never gave an answer has no lag.
        if pd.isna(row["lag"]) or (row["lag"], row["period"]) == (REALIZED, WINDOW)
    ]


def calibration_file(folder: Path) -> Path | None:
    """The calibration table next to the results that a folder belongs to."""
    for parent in list(folder.resolve().parents)[:3]:
        path = parent / CALIBRATION / "calibration.csv"
        if path.is_file():
            return path
    return None


def predictive(results: Results) -> list[dict[str, Any]]:
    """Posterior predictive checks by model: how many passed, and what the others say."""
    found = []
    rows = results.rows("predictive")
    for model in dict.fromkeys(row["model"] for row in rows):
        own = [row for row in rows if row["model"] == model]
        passed = sum(str(row["passed"]) == "True" for row in own)
        failed = [row["text"] for row in own if str(row["passed"]) == "False"]
        asked = passed + len(failed)
        found.append({"model": model, "passed": passed, "asked": asked, "failed": failed})
    return found


def prior_influence(results: Results) -> list[Row]:
    """Quantities for which power-scaling finds an influence of the prior."""
    rows = results.rows("prior_influence")
    return [r for r in rows if pd.notna(r["diagnosis"]) and r["diagnosis"] not in ("-", "✓")]


def fit_words(results: Results) -> list[str]:
    """What fits worst in the headline model, in sentences; none of an earlier run."""
    own = {stem: pd.DataFrame(results.rows(stem, model=results.headline)) for stem in STEMS}
    return fit_sentences({stem: table for stem, table in own.items() if len(table)})


# What the page shows of them, each under its own name.
PARTS = (
    *(conventions, specification, alternatives, constructions, domains, impossible, starts),
    *(influence, models, equivalence, forecasts, calibration, predictive, prior_influence),
    fit_words,
)
