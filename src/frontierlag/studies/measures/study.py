"""Several measures as a folder that is written whole: tables, a forest, sentences, record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from frontierlag.figures import Provenance, save
from frontierlag.jobs import Prepared
from frontierlag.machine.files import staged, write_manifest
from frontierlag.names import REALIZED
from frontierlag.results.manifest import (
    data_record,
    model_record,
    settings_record,
    window_record,
)
from frontierlag.settings import MIXTURES, SamplerSettings
from frontierlag.studies.forest import KINDS, forest
from frontierlag.studies.measures.pooling import ATOMS, KERNEL, SPREAD, WIDTH
from frontierlag.studies.measures.pooling import CENTRE as MIDDLE
from frontierlag.studies.measures.table import (
    ANOTHER,
    BOUND,
    CENTRE,
    OWN_WINDOW,
    SAME_DAYS,
    Measures,
    measured_by,
)
from frontierlag.studies.measures.words import LIMITS, report
from frontierlag.studies.writing import FIGURES, write_tables, write_words
from frontierlag.words import Row

POOLED = {CENTRE: "typical measure (pooled)", ANOTHER: "one more measure"}


def study_measures(
    prepared: Sequence[Prepared],
    out: Path,
    settings: SamplerSettings = MIXTURES,
    *,
    trend: str = "",
    since: date | None = None,
    spread: float = SPREAD,
    workers: int | None = None,
    done: Callable[[str], None] = lambda _: None,
) -> Measures:
    """Fit every measure, pool their lags and write what they say.

    ``out`` gets ``measures.csv``, ``differences.csv``, ``pooled.csv``, ``coverage.csv``,
    ``measures.md``, a forest and the manifest; the others are as for
    :func:`frontierlag.studies.measures.table.measured_by`.
    """
    with staged(out) as folder:
        found = measured_by(
            prepared, settings, trend=trend, since=since, spread=spread, workers=workers, done=done
        )
        write_tables(
            folder,
            {
                "measures": found.lags,
                "differences": found.differences,
                "pooled": found.pooled,
                "coverage": found.coverage,
            },
        )
        write_words(folder / "measures.md", report(found))
        save(figure_of(found), folder / FIGURES, "lag-by-measure")
        write_manifest(folder, _record(found, settings))
    return found


def figure_of(found: Measures) -> Figure:
    """The forest over the days that all measures share, or over their own where there are none."""
    days = SAME_DAYS if found.window else OWN_WINDOW
    first = found.measures[0].prepared
    about = replace(
        Provenance.of_job(first, "", found.converged, found.attribution),
        dataset=", ".join(one.table for one in found.measures),
    )
    if found.window:
        about = replace(about, as_of=found.window.as_of)
    window = f"{found.window.since} to {found.window.as_of}" if found.window else "own windows"
    lags, pooled = found.lags[found.lags["days"] == days], found.pooled
    pooled = pooled[(pooled["days"] == days) & pooled["in_use"]]
    rows: dict[str, dict[str, Row]] = {}
    for kind in KINDS:
        own = lags[lags["lag"] == kind].to_dict("records")
        of_pool = pooled[pooled["lag"] == kind].to_dict("records")
        rows[kind] = {
            **{str(row["measure"]): {**row, "bound": row["enters_as"] == BOUND} for row in own},
            **{POOLED[q]: row for row in of_pool if (q := str(row["quantity"])) in POOLED},
        }
    labels = {name: name for name in reversed(POOLED.values())} | {
        name: f"{name} ({row['releases_leader']} and {row['releases_follower']})"
        for name, row in reversed(rows[REALIZED].items())
        if name not in POOLED.values()
    }
    notes = [
        f"Half-normal prior of the spread between measures: scale {found.spread:g} months. "
        "Errors of measures count as independent."
    ]
    counted = f"in brackets releases of {' and '.join(first.releases.group_names)}"
    return forest(
        labels, rows, POOLED[CENTRE], about, f"By measure: {first.title}",
        f"mean lag, {window}; {counted}", notes, dark=[*POOLED.values()],
    )  # fmt: skip


def _record(found: Measures, settings: SamplerSettings) -> dict[str, Any]:
    first = found.measures[0].prepared
    fitted = {
        one.table: model_record(one.spec, len(one.prepared.releases), settings)
        for one in found.measures
    }
    return {
        "measures": [
            data_record(one.prepared.table, one.prepared.releases)
            | {"window": window_record(one.prepared.window), "model": one.spec.name}
            for one in found.measures
        ],
        "comparison": first.releases.comparison.name,
        "dates": first.table.dates,
        "window": window_record(found.window) if found.window else None,
        "models": fitted,
        "pooling": {
            "centre": f"normal, mean {MIDDLE:g}, standard deviation {WIDTH:g} months",
            "spread": f"half-normal, scale {found.spread:g} months",
            "likelihood": f"{ATOMS} quantiles of each posterior, each a normal of {KERNEL:g} of "
            "its standard deviation",
            "limits": LIMITS,
        },
        **settings_record(first.table.metric, settings),
        "measurement_errors": {
            one.table: one.prepared.table.metric.measurement for one in found.measures
        },
        "converged": found.converged,
    }
