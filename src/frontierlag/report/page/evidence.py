"""What the answer rests on: alternatives, models, calibration, forecasts, diagnostics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from frontierlag.dates import WORDS, recorded
from frontierlag.lags.equivalence import BEYOND_DOUBT, EVEN
from frontierlag.machine.files import MANIFEST
from frontierlag.names import CURRENT, MAXIMUM, MINIMUM, REALIZED, TREND, WINDOW
from frontierlag.report.page.answers import lag_row
from frontierlag.report.page.folder import Results, read_csv
from frontierlag.report.page.forest import Forest, bar, long_date, percent, scaled
from frontierlag.results.folder import headline_model, read_manifest, reads_of
from frontierlag.studies.index.construction import BASE, BENCHMARKS, SOURCES
from frontierlag.words import converged, figure, median, probability_words, span, stamp

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
    table = results.table("sensitivity/sensitivity")
    if table.empty:
        return {}
    shown = table[(table["period"] == WINDOW) & table["median"].notna()]
    order = shown[shown["lag"] == REALIZED].sort_values("median", kind="stable")["alternative"]
    found = {}
    for kind in (REALIZED, TREND):
        own = shown[shown["lag"] == kind].set_index("alternative", drop=False)
        main = lag_row(results, kind, WINDOW)
        bars = []
        for name in dict.fromkeys([*order, *own.index]):
            if name not in own.index:
                continue
            row, base = own.loc[name].to_dict(), own.loc[name]["what"] == "base"
            # The base is the answer itself, from the run's own draws: the study fits it with fewer.
            same = base and main is not None and row["model"] == main["model"]
            bars.append(bar(main if same and main else row, str(name), base=base))
        line = None if main is None else float(main["median"])
        forest = scaled(bars, line, "the main answer")
        if forest:
            found[kind] = forest
    return found


def specification_range(results: Results) -> dict[str, str] | None:
    """The lowest and the highest mean realized lag among the alternatives, in figures."""
    table = results.table("sensitivity/sensitivity")
    if table.empty:
        return None
    own = table[
        (table["period"] == WINDOW) & (table["lag"] == REALIZED) & table["median"].notna()
    ].sort_values("median")
    low, high = (own.iloc[k].to_dict() for k in (0, -1))
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
        table = read_csv(path.parent / "lags.csv")
        model = headline_model(manifest)
        own = table[
            (table["model"] == model) & (table["lag"] == REALIZED) & (table["period"] == WINDOW)
        ].to_dict("records")
        found += [
            {
                "words": WORDS[dates],
                "median": median(r),
                "span": span(r),
                "stamped": not converged(r),
            }
            for r in own
        ]
    return found


def _same_but_dates(manifest: dict[str, Any]) -> tuple[object, ...]:
    comparison, window = manifest.get("comparison", {}), manifest.get("window", {})
    return comparison.get("name"), reads_of(manifest["data"]), window.get("as_of")


def constructions(results: Results) -> Forest | None:
    """The mean realized lag under other constructions of the index; None if none were made.

    Of those that leave one benchmark or source out, the ones that move it most.
    """
    table = results.table("index/constructions")
    if table.empty:
        return None
    own = table[(table["period"] == WINDOW) & (table["lag"] == REALIZED) & table["median"].notna()]
    single = own["kind"].isin([BENCHMARKS, SOURCES])
    size = own.loc[single, "change"].abs().sort_values(ascending=False, kind="stable")
    rows = pd.concat([own[own["kind"] == BASE], own.loc[size.index[:MOST_INFLUENCE]]])
    rows = pd.concat([rows, own[~single & (own["kind"] != BASE)]])
    main = rows.iloc[0]
    bars = []
    for row in rows.to_dict("records"):
        note = "" if row["since"] == main["since"] else f"since {row['since']}"
        bars.append(bar(row, str(row["construction"]), note=note, base=row["kind"] == BASE))
    return scaled(bars, float(main["median"]), "all results")


def impossible(results: Results) -> list[str]:
    """Alternatives that have no number, with the reason."""
    table = results.table("sensitivity/sensitivity")
    if table.empty:
        return []
    shown = set(table.loc[table["median"].notna(), "alternative"])
    rows = table[~table["alternative"].isin(shown)].drop_duplicates("alternative")
    return [f"{row['alternative']}: {row['note']}" for row in rows.to_dict("records")]


def starts(results: Results) -> list[dict[str, str]]:
    """Where the window starts: the mean realized lag, and today's trend lag either way."""
    table = results.table("sensitivity/window-starts")
    if table.empty:
        return []
    rows = []
    for start, own in table.groupby("start", sort=True):
        cells = {"start": str(start)}
        for name, fitted, lag, period in (
            ("mean", "all releases", REALIZED, WINDOW),
            ("all", "all releases", TREND, CURRENT),
            ("since", "releases since", TREND, CURRENT),
        ):
            found = own[
                (own["model"] == results.headline)
                & (own["fitted_to"] == fitted)
                & (own["lag"] == lag)
                & (own["period"] == period)
                & own["median"].notna()
            ].to_dict("records")
            cells[name] = f"{median(found[0])} ({span(found[0])})" if found else "impossible"
            if found and not converged(found[0]):
                cells[name] += stamp(False)
        rows.append(cells)
    return rows


def influence(results: Results) -> Forest | None:
    """The makers and models whose removal moves the mean realized lag most."""
    table = results.table("sensitivity/influence")
    if table.empty:
        return None
    own = table[(table["lag"] == REALIZED) & (table["period"] == WINDOW) & table["change"].notna()]
    own = own.reindex(own["change"].abs().sort_values(ascending=False, kind="stable").index)
    bars = [
        bar(row, f"without {row['left_out']}", note=f"{float(row['change']):+.1f} months")
        for row in own.head(MOST_INFLUENCE).to_dict("records")
    ]
    base = lag_row(results, REALIZED, WINDOW)
    return scaled(bars, None if base is None else float(base["median"]), "all models in")


def models(results: Results) -> dict[str, Forest]:
    """The mean lags of every model and stack, by kind of lag."""
    table = results.table("lags")
    found = {}
    for kind in (REALIZED, TREND):
        own = table[(table["lag"] == kind) & (table["period"] == WINDOW)]
        bars = [
            bar(
                row,
                str(row["model"]),
                note=f"undefined in {percent(row['undefined'])} of the draws"
                if row["undefined"] > 0
                else "",
                base=row["model"] == results.headline,
            )
            for row in own.to_dict("records")
        ]
        forest = scaled(bars)
        if forest:
            found[kind] = forest
    return found


def comparisons(results: Results) -> list[list[dict[str, Any]]]:
    """PSIS-LOO tables, one for each set of data; rows of different data are never mixed."""
    table = results.table("comparison")
    if table.empty:
        return []
    found = []
    for _, own in table.groupby("releases", sort=True):
        found.append(
            [
                {
                    "model": row["model"],
                    "releases": int(row["releases"]),
                    "difference": f"{row['elpd_diff']:.1f}",
                    "se": f"{row['se_diff']:.1f}",
                    "weight": f"{row['weight']:.2f}",
                    "k": f"{row['k_worst']:.2f}",
                    "high": int(row["k_high"]),
                    "refitted": int(row["refitted"]),
                    "stamped": not converged(row),
                }
                for row in own.to_dict("records")
            ]
        )
    return found


def published(results: Results) -> list[dict[str, str]]:
    """The point conventions, which have no interval."""
    return [
        {
            "convention": str(row["convention"]),
            **{k: f"{row[k]:.1f}" for k in ("mean", "minimum", "maximum")},
            "n": str(row["n"]),
            "censored": str(row["censored"]),
        }
        for row in results.table("published").to_dict("records")
    ]


def equivalence(results: Results) -> list[dict[str, str]]:
    """Equivalence lag of the headline model by period, with the same at even odds next to it."""
    table = results.table("equivalence")
    if table.empty:
        return []
    own = table[table["model"] == results.headline].astype({"period": str})
    found = []
    for name, rows in own.groupby("period", sort=False):
        by = {float(r["threshold"]): r for r in rows.to_dict("records")}
        found.append(
            {
                "period": _PERIODS.get(str(name), str(name)),
                **{
                    key: figure(float(by[at]["months"]), float(by[at]["mcse"]))
                    for key, at in (("sure", BEYOND_DOUBT), ("even", EVEN))
                },
            }
        )
    return found


def velocity(results: Results) -> list[dict[str, Any]]:
    """How fast the lags of the headline model change, with the probability of narrowing."""
    table = results.table("velocity")
    if table.empty:
        return []
    own = table[(table["model"] == results.headline) & table["median"].notna()]
    return [
        {
            "lag": str(row["lag"]),
            "change": str(row["change"]),
            "median": median(row),
            "span": span(row),
            "narrowing": probability_words(float(row["narrowing"])),
            "stamped": not converged(row),
        }
        for row in own.to_dict("records")
    ]


def forecasts(results: Results) -> dict[str, Any] | None:
    """When the follower may exceed what the leader has, and how such forecasts did before."""
    table = results.table("catch-up/catch_up")
    if table.empty:
        return None
    rows = [
        {
            "target": f"best of {results.leader} on {r['as_of']}"
            if r["target"] == "best"
            else r["target"],
            "median": long_date(r["median"]) if pd.notna(r["median"]) else "beyond the horizon",
            "span": " to ".join(
                str(r[k]) if pd.notna(r[k]) else "beyond" for k in ("lower90", "upper90")
            ),
            "already": probability_words(float(r["already_matched"])),
            "by": str(r["by"]),
            "probability": probability_words(float(r["probability_by"])),
            "stamped": not converged(r),
        }
        for r in table.to_dict("records")
    ]
    tried = results.table("catch-up/hindcast")
    checked = None
    if not tried.empty:
        known = tried[tried["inside90"].notna()]
        inside = known["inside90"].astype(str) == "True"
        checked = {
            "n": len(known),
            "inside": int(inside.sum()),
            "origin": str(tried["origin"].iloc[0]),
        }
    return {"rows": rows, "by": rows[0]["by"], "checked": checked}


def calibration(results: Results) -> list[dict[str, str]]:
    """Coverage, width and error of the mean realized lag in simulated worlds, if there were any."""
    path = calibration_file(results.folder)
    if path is None:
        return []
    table = read_csv(path)
    nothing = table["lag"].isna()  # an estimator that never gave an answer has no lag
    own = table[nothing | ((table["lag"] == REALIZED) & (table["period"] == WINDOW))]
    return [
        {
            "world": str(row["world"]),
            "estimator": str(row["estimator"]),
            "n": f"{row['n']:.0f}",
            "failed": f"{row['failed']:.0f}",
            "cover": _share(row.get("cover90")),
            "bar": f"{_share(row.get('cover90_low'))} to {_share(row.get('cover90_high'))}",
            "width": figure_or_blank(row.get("width")),
            "bias": figure_or_blank(row.get("bias")),
            "rmse": figure_or_blank(row.get("rmse")),
            "ratio": figure_or_blank(row.get("rmse_ratio")),
        }
        for row in own.to_dict("records")
    ]


def calibration_file(folder: Path) -> Path | None:
    """The calibration table next to the results that a folder belongs to."""
    for parent in list(folder.resolve().parents)[:3]:
        path = parent / CALIBRATION / "calibration.csv"
        if path.is_file():
            return path
    return None


def _share(value: Any) -> str:
    return "–" if value is None or pd.isna(value) else f"{value:.0%}".replace("%", " %")


def diagnostics(results: Results) -> dict[str, Any]:
    """The verdict in plain words and each model's numbers."""
    table = results.table("diagnostics")
    rows = [
        {
            "model": row["model"],
            "rhat": f"{row['rhat']:.3f}",
            "bulk": f"{row['ess_bulk']:,.0f}",
            "tail": f"{row['ess_tail']:,.0f}",
            "divergences": int(row["divergences"]),
            "ebfmi": f"{row['ebfmi']:.2f}",
            "verdict": row["verdict"],
            "stamped": not converged(row),
        }
        for row in table.to_dict("records")
    ]
    failed = [row["model"] for row in rows if row["stamped"]]
    return {"rows": rows, "failed": failed, "count": len(rows)}


def predictive(results: Results) -> list[dict[str, Any]]:
    """Posterior predictive checks by model: how many passed, and what the others say."""
    table = results.table("predictive")
    if table.empty:
        return []
    found = []
    for model, own in table.groupby("model", sort=False):
        passed = own["passed"].astype(str) == "True"
        failed = own[own["passed"].astype(str) == "False"]
        found.append(
            {
                "model": model,
                "passed": int(passed.sum()),
                "asked": int(passed.sum()) + len(failed),
                "failed": list(failed["text"]),
            }
        )
    return found


def prior_influence(results: Results) -> list[dict[str, str]]:
    """Quantities for which power-scaling finds an influence of the prior."""
    table = results.table("prior_influence")
    if table.empty:
        return []
    flagged = table[~table["diagnosis"].isin(["-", "✓"]) & table["diagnosis"].notna()]
    return [
        {
            "model": str(row["model"]),
            "quantity": str(row["quantity"]),
            "at": "" if pd.isna(row["at"]) else str(row["at"]),
            "diagnosis": str(row["diagnosis"]),
            "prior": figure_or_blank(row["prior"]),
            "likelihood": figure_or_blank(row["likelihood"]),
        }
        for row in flagged.to_dict("records")
    ]


def figure_or_blank(value: Any) -> str:
    """Two decimals, or a dash."""
    return "–" if value is None or pd.isna(value) else f"{float(value):.2f}"
