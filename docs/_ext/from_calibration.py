"""What the pages say of calibration, rank statistics and backtest: their tables, where they are."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from blocks import note, table
from worlds import worlds_table

from frontierlag.names import REALIZED, TREND, WINDOW
from frontierlag.studies.calibration.calibrate import HEADLINE, JOINT, all_designs
from frontierlag.studies.calibration.results import OTHERWISE, TARGETS

# Months; a mean above says that a trend is nearly flat in some draw of some world.
_ENDLESS = 1000
_ABSENT = (
    "These results do not hold a campaign of this kind: `{folder}` is not there. `{command}` makes "
    "it, and the next build of these pages shows it."
)


def shown(results: Path) -> dict[str, str]:
    """Return Markdown by name; where a campaign has not been run, a note that says so."""
    return {
        "worlds": worlds_table(results),
        "calibration_targets": _targets(),
        "calibration_verdicts": _page(
            results / "calibration" / "calibration.md", "frontierlag validate calibrate"
        ),
        "calibration_realized": _coverage(results, REALIZED),
        "calibration_trend": _coverage(results, TREND),
        "calibration_too_narrow": _too_narrow(results),
        "calibration_abilities": "\n\n".join(
            _abilities(results / f"calibration-{kind}", command)
            for kind, command in (
                ("domains", "frontierlag validate calibrate --worlds matrices-domains"),
                ("dif", "frontierlag validate calibrate --worlds matrices,matrices-dif"),
                ("vendors", "frontierlag validate calibrate --worlds matrices-vendors"),
            )
        ),
        "calibration_forecasts": _page(
            results / "calibration-forecasts" / "calibration.md",
            "frontierlag validate calibrate --worlds base,ladders --models "
            "linear-stochastic+forecast,linear-stochastic-makers+forecast",
        ),
        "calibration_figures": _figures(results / "calibration" / "calibration.csv"),
        "sbc_verdicts": _page(results / "sbc" / "sbc.md", "frontierlag validate sbc"),
        "backtest_verdict": _page(
            results / "backtest" / "backtest.md", "frontierlag validate backtest"
        ),
    }


def _targets() -> str:
    """The target of each model in each world."""
    rows = []
    for name in all_designs():
        target = TARGETS.get(name, OTHERWISE)
        low, high = target.coverage
        wanted = f"{low:.0%} to {high:.0%}" if high < 1 else f"at least {low:.0%}"
        error = "; ".join(f"{most:g} times {whose}" for most, whose in target.error.values())
        rows.append((f"`{name}`", f"`{target.model}`", wanted, error or "reported"))
    return table(("world", "model", "coverage of the 90 % interval", "largest error"), rows)


def _absent(folder: str, command: str) -> str:
    return note(_ABSENT.format(folder=folder, command=command), "warning")


def _page(file: Path, command: str) -> str:
    """A page of sentences as a campaign wrote it, its headings lowered into this page."""
    if not file.is_file():
        return _absent(f"results/{file.parent.name}", command)
    lines = file.read_text(encoding="utf-8").splitlines()
    return "\n".join(f"**{_heading(line)}**" if line.startswith("#") else line for line in lines)


def _heading(line: str) -> str:
    return line.lstrip("#").strip()


def _table(results: Path) -> pd.DataFrame | None:
    file = results / "calibration" / "calibration.csv"
    if not file.is_file():
        return None
    found = pd.read_csv(file, dtype={"period": str})
    return found[(found["period"] == WINDOW) & found["rmse"].notna()]


def _coverage(results: Path, lag: str) -> str:
    """Coverage, error and width of every estimator in every world, for the mean over the window."""
    found = _table(results)
    if found is None:
        return _absent("results/calibration", "frontierlag validate calibrate")
    rows = []
    for r in found[found["lag"] == lag].to_dict("records"):
        interval = pd.notna(r.get("cover90"))
        covers = [f"{r[f'cover{level}']:.1%}" if interval else "" for level in (50, 80, 90, 95)]
        covers[2] += f" ± {r['cover90_se']:.1%}" if interval else ""
        ratio = f"{r['rmse_ratio']:.2f}" if pd.notna(r.get("rmse_ratio")) else ""
        width = _finite(r["width"], ".1f") if interval else "none"
        bad = int(r["failed"] + r["not_converged"])
        rows.append(
            (r["world"], f"`{r['estimator']}`", int(r["n"]), *covers, _finite(r["bias"], "+.2f"),
             _finite(r["rmse"], ".2f"), ratio, width, bad)
        )  # fmt: skip
    head = ("world", "estimator", "worlds", "50 %", "80 %", "90 % ± s.e.", "95 %", "bias", "rmse",
            "rmse / daily points", "width", "bad fits")  # fmt: skip
    return table(head, rows)


def _abilities(folder: Path, command: str) -> str:
    """Coverage of mean lags and of the sizes of effects, of models whose benchmarks differ."""
    file = folder / "calibration.csv"
    if not file.is_file():
        return _absent(f"results/{folder.name}", command)
    found = pd.read_csv(file, dtype={"period": str}).dropna(subset=["cover90"])
    inside = found["period"].str.startswith("domain") | (found["period"] == WINDOW)
    found = found[inside | (found["lag"] == "parameter")]
    rows = [
        (r["world"], f"`{r['estimator']}`", _asked(r), int(r["n"]),
         f"{r['cover90']:.1%} ± {r['cover90_se']:.1%}", f"{r['bias']:+.2f}", f"{r['width']:.2f}")
        for r in found.to_dict("records")
    ]  # fmt: skip
    return table(("world", "model", "of", "worlds", "90 % ± s.e.", "bias", "width"), rows)


def _asked(row: Mapping[Hashable, Any]) -> str:
    if row["lag"] == "parameter":
        return f"`{row['period']}`, points"
    where = "" if row["period"] == WINDOW else f", {row['period']}"
    return f"mean {row['lag']} lag{where}, months"


def _finite(value: float, places: str) -> str:
    """A mean over worlds, unless single draws whose slope is near zero make it endless."""
    return f"{value:{places}}" if abs(value) < _ENDLESS else "no finite mean"


def _too_narrow(results: Path) -> str:
    """In which worlds the 90 % intervals of the main models cover less often than is wanted."""
    found = _table(results)
    if found is None:
        return _absent("results/calibration", "frontierlag validate calibrate")
    here = set(found["estimator"])
    sentences = []
    for model in (HEADLINE, JOINT):
        if model not in here:
            sentences.append(f"- The campaign does not hold `{model}`.")
            continue
        for lag in (REALIZED, TREND):
            rows = found[(found["estimator"] == model) & (found["lag"] == lag)]
            rows = rows[rows["cover90"].notna()]
            low = [
                f"{r['world']} ({r['cover90']:.1%}, standard error {r['cover90_se']:.1%})"
                for r in rows.to_dict("records")
                if r["cover90"] < TARGETS.get(r["world"], OTHERWISE).coverage[0]
            ]
            verdict = (
                f"is too narrow in {', '.join(low)}" if low else "is too narrow in no world run"
            )
            worlds = ", ".join(dict.fromkeys(rows["world"]))
            sentences.append(
                f"- The 90 % interval of `{model}` for the mean {lag} lag {verdict} "
                f"(worlds: {worlds})."
            )
    return "\n".join(sentences)


def _figures(table: Path) -> str:
    """The figures that :mod:`drawn` makes of the table."""
    words = {
        "coverage": "How often the 90 % interval covers the true mean lag",
        "error": "Error against width of the 90 % interval",
    }
    if not table.is_file():
        return ""
    return "\n\n".join(f"![{said}](_made/{name}.svg)" for name, said in words.items())
