"""What a command answers, as one JSON object: every interval with its kind and its probability."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pydantic import BaseModel

from frontierlag.intervals import INTERVAL_KIND, OUTER
from frontierlag.jobs import Prepared
from frontierlag.report.screen import warnings
from frontierlag.results.folder import as_written
from frontierlag.scores import ScoreTable
from frontierlag.scores.scale import scale_of

if TYPE_CHECKING:
    from frontierlag.analyses.analysis import Analysis
    from frontierlag.fits.convergence import Convergence
    from frontierlag.report.cite import Estimate
    from frontierlag.runs.run import Result

MONTHS = "months"
_END = re.compile(r"(.*)(lower|upper)(\d\d)")


def write(answer: Mapping[str, Any]) -> None:
    """Print an answer on standard output, and nothing else."""
    print(json.dumps(plain(answer), ensure_ascii=False, allow_nan=False, indent=2))


def plain(value: Any) -> Any:
    """The same in types that JSON has; what is not a finite number is null."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, pd.DataFrame):
        return plain(records(value))
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner) for inner in value]
    if isinstance(value, BaseModel):
        return plain(value.model_dump())
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, str | int | None) else str(value)


def records(table: pd.DataFrame, unit: str = "") -> list[dict[str, Any]]:
    """Rows of a table; columns such as ``lower90`` and ``upper90`` become one list of intervals.

    ``unit`` is that of its numbers, where no column says it.
    """
    return [_record(row, unit) for row in table.to_dict("records")]


def run(result: Result, prepared: Prepared, folder: Path) -> dict[str, Any]:
    """What a run found on one data set."""
    own = {outcome.model: outcome for outcome in result.outcomes}
    fits = [*result.outcomes, *(outcome for _, outcome in result.evidence)]
    ladder = result.table("ladder")
    return {
        "data": data(prepared),
        "headline_model": result.headline,
        "sentence": own[result.headline].sentences[0],
        "headline": records(ladder[ladder["model"] == result.headline], MONTHS),
        "lags": records(result.table("lags"), MONTHS),
        "converged": result.converged,
        "fits": [{"model": o.model, "converged": o.converged, "verdict": o.verdict} for o in fits],
        "claims_not_asked": result.not_asked,
        "warnings": [asdict(finding) for finding in warnings(result, prepared)],
        "folder": folder,
    }


def table(found: ScoreTable) -> dict[str, Any]:
    """What a score table is and how it was read."""
    return {
        "scores": found.name,
        "rows": len(found.frame),
        "metric": found.metric.name,
        "unit": found.metric.unit,
        "scale": scale_of(found.metric).words,
        "as_of": found.as_of,
        "layout": found.layout,
        "sha256": found.sha256,
        "left_out": found.left_out,
        "notes": found.notes,
        "reading": found.reading,
        "attribution": found.attribution,
    }


def data(prepared: Prepared) -> dict[str, Any]:
    """The request and its table."""
    r = prepared.releases
    return {
        "scores": prepared.table.name,
        "sha256": prepared.table.sha256,
        "comparison": r.comparison.name,
        "leader": r.group_names[0],
        "follower": r.group_names[1],
        "releases": {r.group_names[g]: int(r.of(g).sum()) for g in (0, 1)},
        "fitted_to": prepared.reads,
        "dates": prepared.table.dates,
        "window_start": prepared.window.since,
        "as_of": prepared.window.as_of,
        "attribution": prepared.table.attribution,
    }


def analysis(found: Analysis) -> dict[str, Any]:
    """A fit: what it is of, its lags and its convergence."""
    from frontierlag.results.tables import lag_table, level_table, origin

    window = found.measured.window
    return {
        **origin(found),
        "window_start": window.since,
        "lags": records(lag_table(found), MONTHS),
        "levels": records(level_table(found), MONTHS),
        **convergence(found.convergence),
    }


def diagnosis(found: Analysis) -> dict[str, Any]:
    """The convergence of a fit, the quantities that mixed worst, and what fits worst."""
    from frontierlag.fits.convergence import worst_quantities
    from frontierlag.results.fit_checks import fit_check_tables, fit_sentences
    from frontierlag.results.tables import origin

    checks, about = fit_check_tables(found), origin(found)
    return {
        **about,
        **convergence(found.convergence),
        "worst": worst_quantities(found.quantities),
        "fit": {"sentences": fit_sentences(checks)}
        | {stem: records(table.drop(columns=[*about])) for stem, table in checks.items()},
    }


def convergence(gate: Convergence) -> dict[str, Any]:
    """The verdict of the gate, check by check."""
    return {
        "converged": gate.converged,
        "verdict": gate.verdict(),
        "checks": [
            {"name": c.name, "value": c.value, "needs": c.threshold, "at": c.worst}
            | {"passed": c.passed}
            for c in gate.checks
        ],
    }


def cited(found: Estimate) -> dict[str, Any]:
    """An estimate as it is cited, with what must be said with it."""
    fields_ = asdict(found)
    ends = {"lower": fields_.pop("lower"), "upper": fields_.pop("upper")}
    interval = {"kind": INTERVAL_KIND, "probability": OUTER, **ends}
    return {**fields_, "unit": MONTHS, "intervals": [interval]}


def study(words: Sequence[str], folder: Path, **verdict: bool) -> dict[str, Any]:
    """What a study found: its sentences, its verdict, and each of its tables as it wrote them."""
    tables = {}
    for file in sorted(folder.glob("*.csv")):
        table = as_written(file)
        tables[file.stem] = records(table, MONTHS if "lag" in table else "")
    return {"sentences": list(words), **verdict, "tables": tables, "folder": folder}


def _record(row: Mapping[Any, Any], unit: str) -> dict[str, Any]:
    ends: dict[str, dict[int, dict[str, Any]]] = {}
    found: dict[str, Any] = {}
    for name, value in row.items():
        end = _END.fullmatch(str(name))
        if end is None:
            found[str(name)] = value
            continue
        prefix, side, percent = end[1].rstrip("_"), end[2], int(end[3])
        ends.setdefault(prefix, {}).setdefault(percent, {})[side] = value
    for prefix, levels in ends.items():
        name = f"{prefix}_intervals" if prefix else "intervals"
        found[name] = [
            {"kind": INTERVAL_KIND, "probability": percent / 100, **sides}
            for percent, sides in sorted(levels.items())
        ]
    if unit and "unit" not in found:
        found["unit"] = unit
    return found
