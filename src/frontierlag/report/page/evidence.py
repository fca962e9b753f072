"""What the answer rests on: alternatives, models, calibration, forecasts, diagnostics."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from frontierlag.dates import WORDS, recorded
from frontierlag.lags.equivalence import BEYOND_DOUBT, EVEN
from frontierlag.machine.files import MANIFEST
from frontierlag.names import CURRENT, MAXIMUM, MINIMUM, REALIZED, TREND, WINDOW
from frontierlag.report.page.folder import Results, rows_of
from frontierlag.report.page.forest import Forest, bar, long_date, percent, scaled, told
from frontierlag.results.folder import headline_model, read_manifest, read_table, reads_of
from frontierlag.studies.domains.table import INDEX
from frontierlag.studies.domains.words import TITLES
from frontierlag.studies.index.construction import BASE, BENCHMARKS, SOURCES
from frontierlag.words import Row, converged, figure, median, probability_words, span, stamp

MOST_INFLUENCE = 10
INDEX_WORDS = "mean of all below"
CALIBRATION = "calibration"
_PERIODS = {
    WINDOW: "whole window, mean",
    CURRENT: "last day",
    MINIMUM: "smallest",
    MAXIMUM: "largest",
}


def _known(results: Results, stem: str, **equal: object) -> list[Row]:
    """Rows of a table that have a median."""
    return [row for row in results.rows(stem, **equal) if pd.notna(row["median"])]


def specification(results: Results) -> dict[str, Forest]:
    """The mean lag under each alternative, by kind of lag, sorted by the realized one."""
    shown = _known(results, "sensitivity/sensitivity", period=WINDOW)
    order = sorted((row for row in shown if row["lag"] == REALIZED), key=lambda r: r["median"])
    found = {}
    for kind in (REALIZED, TREND):
        own = {str(row["alternative"]): row for row in shown if row["lag"] == kind}
        main = results.lag(kind, WINDOW)
        bars = []
        for name in dict.fromkeys([*(str(row["alternative"]) for row in order), *own]):
            if name not in own:
                continue
            row, base = own[name], own[name]["what"] == "base"
            # The base is the answer itself, from the run's own draws: the study fits it with fewer.
            same = base and main is not None and row["model"] == main["model"]
            bars.append(bar(main if same and main else row, name, base=base))
        line = None if main is None else float(main["median"])
        if forest := scaled(bars, line, "the main answer"):
            found[kind] = forest
    return found


def specification_range(results: Results) -> dict[str, str] | None:
    """The lowest and the highest mean realized lag among the alternatives, in figures."""
    own = _known(results, "sensitivity/sensitivity", period=WINDOW, lag=REALIZED)
    if not own:
        return None
    ordered = sorted(own, key=lambda row: row["median"])
    low, high = ordered[0], ordered[-1]
    return {
        "count": str(len(own)),
        "low": median(low),
        "low_name": str(low["alternative"]),
        "high": median(high),
        "high_name": str(high["alternative"]),
    }


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
        own = rows_of(table, model=model, lag=REALIZED, period=WINDOW)
        found += told(own, words=WORDS[dates], median=median, span=span)
    return found


def _same_but_dates(manifest: dict[str, Any]) -> tuple[object, ...]:
    comparison, window = manifest.get("comparison", {}), manifest.get("window", {})
    return comparison.get("name"), reads_of(manifest["data"]), window.get("as_of")


def constructions(results: Results) -> Forest | None:
    """The mean realized lag under other constructions of the index; None if none were made.

    Of those that leave one benchmark or source out, the ones that move it most.
    """
    own = _known(results, "index/constructions", period=WINDOW, lag=REALIZED)
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
        own = _known(results, "domains/domains", by=by, period=WINDOW, lag=REALIZED)
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
    shown = {row["alternative"] for row in _known(results, "sensitivity/sensitivity")}
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
            found = _known(results, stem, start=start, model=results.headline, **of)
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


def comparisons(results: Results) -> list[list[dict[str, Any]]]:
    """PSIS-LOO tables, one for each set of data; rows of different data are never mixed."""
    rows = sorted(results.rows("comparison"), key=lambda row: row["releases"])
    return [
        told(
            own,
            model="{model}",
            releases="{releases:.0f}",
            difference="{elpd_diff:.1f}",
            se="{se_diff:.1f}",
            weight="{weight:.2f}",
            k="{k_worst:.2f}",
            high="{k_high:.0f}",
            refitted="{refitted:.0f}",
        )
        for _, own in groupby(rows, lambda row: row["releases"])
    ]


def published(results: Results) -> list[dict[str, Any]]:
    """The point conventions, which have no interval."""
    return told(
        results.rows("published"),
        convention="{convention}",
        mean="{mean:.1f}",
        minimum="{minimum:.1f}",
        maximum="{maximum:.1f}",
        n="{n}",
        censored="{censored}",
    )


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


def velocity(results: Results) -> list[dict[str, Any]]:
    """How fast the lags of the headline model change, with the probability of narrowing."""
    return told(
        _known(results, "velocity", model=results.headline),
        lag="{lag}",
        change="{change}",
        median=median,
        span=span,
        narrowing=lambda row: probability_words(float(row["narrowing"])),
    )


def forecasts(results: Results) -> dict[str, Any] | None:
    """When the follower may exceed what the leader has, and how such forecasts did before."""

    def day(value: Any) -> str:
        return str(value) if pd.notna(value) else "beyond"

    def target(row: Row) -> str:
        best = f"best of {results.leader} on {row['as_of']}"
        return best if row["target"] == "best" else row["target"]

    rows = told(
        results.rows("catch-up/catch_up"),
        target=target,
        median=lambda r: long_date(r["median"]) if pd.notna(r["median"]) else "beyond the horizon",
        span=lambda row: f"{day(row['lower90'])} to {day(row['upper90'])}",
        already=lambda row: probability_words(float(row["already_matched"])),
        by="{by}",
        probability=lambda row: probability_words(float(row["probability_by"])),
    )
    if not rows:
        return None
    checked = None
    if tried := results.rows("catch-up/hindcast"):
        inside = [str(row["inside90"]) == "True" for row in tried if pd.notna(row["inside90"])]
        origin = str(tried[0]["origin"])
        checked = {"n": len(inside), "inside": sum(inside), "origin": origin}
    return {"rows": rows, "by": rows[0]["by"], "checked": checked}


def calibration(results: Results) -> list[dict[str, Any]]:
    """Coverage, width and error of the mean realized lag in simulated worlds, if there were any."""
    path = calibration_file(results.folder)
    if path is None:
        return []
    rows = [
        row
        for row in rows_of(read_table(path.parent, path.name))
        # An estimator that never gave an answer has no lag.
        if pd.isna(row["lag"]) or (row["lag"], row["period"]) == (REALIZED, WINDOW)
    ]
    return told(
        rows,
        world="{world}",
        estimator="{estimator}",
        n="{n:.0f}",
        failed="{failed:.0f}",
        cover=lambda row: _share(row.get("cover90")),
        bar=lambda r: f"{_share(r.get('cover90_low'))} to {_share(r.get('cover90_high'))}",
        width=lambda row: _figure(row.get("width")),
        bias=lambda row: _figure(row.get("bias")),
        rmse=lambda row: _figure(row.get("rmse")),
        ratio=lambda row: _figure(row.get("rmse_ratio")),
    )


def calibration_file(folder: Path) -> Path | None:
    """The calibration table next to the results that a folder belongs to."""
    for parent in list(folder.resolve().parents)[:3]:
        path = parent / CALIBRATION / "calibration.csv"
        if path.is_file():
            return path
    return None


def diagnostics(results: Results) -> dict[str, Any]:
    """The verdict in plain words and each model's numbers."""
    rows = told(
        results.rows("diagnostics"),
        model="{model}",
        rhat="{rhat:.3f}",
        bulk="{ess_bulk:,.0f}",
        tail="{ess_tail:,.0f}",
        divergences="{divergences:.0f}",
        ebfmi="{ebfmi:.2f}",
        verdict="{verdict}",
    )
    failed = [row["model"] for row in rows if row["stamped"]]
    return {"rows": rows, "failed": failed, "count": len(rows)}


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


def prior_influence(results: Results) -> list[dict[str, Any]]:
    """Quantities for which power-scaling finds an influence of the prior."""
    rows = results.rows("prior_influence")
    return told(
        [r for r in rows if pd.notna(r["diagnosis"]) and r["diagnosis"] not in ("-", "✓")],
        model="{model}",
        quantity="{quantity}",
        at=lambda row: "" if pd.isna(row["at"]) else str(row["at"]),
        diagnosis="{diagnosis}",
        prior=lambda row: _figure(row["prior"]),
        likelihood=lambda row: _figure(row["likelihood"]),
    )


def _share(value: Any) -> str:
    return "–" if value is None or pd.isna(value) else f"{value:.0%}".replace("%", " %")


def _figure(value: Any) -> str:
    """Two decimals, or a dash."""
    return "–" if value is None or pd.isna(value) else f"{float(value):.2f}"


# What the page shows of them, each under its own name.
PARTS = (
    *(conventions, specification, specification_range, constructions, domains, impossible, starts),
    *(influence, models, comparisons, published, equivalence, velocity, forecasts, calibration),
    *(diagnostics, predictive, prior_influence),
)
