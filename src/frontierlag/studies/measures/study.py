"""Several measures as a folder that is written whole: tables, a forest, sentences, record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from frontierlag.dates import WORDS
from frontierlag.figures import Provenance, save
from frontierlag.figures.lags import KINDS, forest
from frontierlag.jobs import Prepared
from frontierlag.machine.files import staged, write_manifest
from frontierlag.names import REALIZED, TREND
from frontierlag.results.manifest import data_record, model_record, settings_record, window_record
from frontierlag.settings import MIXTURES, SamplerSettings
from frontierlag.studies.measures.pooling import ATOMS, KERNEL, SPREAD, WIDTH
from frontierlag.studies.measures.pooling import CENTRE as MIDDLE
from frontierlag.studies.measures.table import (
    ANOTHER,
    BETWEEN,
    BOUND,
    CENTRE,
    OWN_WINDOW,
    POINT,
    SAME_DAYS,
    Measures,
    measured_by,
)
from frontierlag.studies.writing import FIGURES, markdown_table, write_tables, write_words
from frontierlag.words import (
    INTERVAL_WORDS,
    Row,
    chance_words,
    change,
    converged,
    figure,
    median,
    probability_words,
    rows_where,
    share,
    span,
    stamp,
    with_span,
)

POOLED = {CENTRE: "typical measure (pooled)", ANOTHER: "one more measure"}
LIMITS = (
    "Errors of the measures are taken as independent, and they are not: the same releases are in "
    "several tables with the same days, and an index is computed from benchmarks that may be "
    "measures of their own here. An error that measures share does not average out: the interval "
    "of the typical measure is too narrow, and the spread between measures may be too small."
)
FLAT = (
    "A measure enters with its own posterior as its likelihood, as if the prior of its lag were "
    "flat."
)


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


def sentences(found: Measures) -> tuple[str, ...]:
    """What a reader should know, each in a sentence that can stand alone, the answer first."""
    days = SAME_DAYS if found.window else OWN_WINDOW
    said = [_pooled(found, REALIZED, days), _pooled(found, TREND, days)]
    if not found.window:
        said.append("The measures share no day, so each lag is over its measure's own window.")
    else:
        said += [_pooled(found, kind, OWN_WINDOW) for kind in (REALIZED, TREND)]
    own = rows_where(found.lags, lag=REALIZED, days=OWN_WINDOW)
    realized, trend = (rows_where(found.lags, lag=kind, days=days) for kind in (REALIZED, TREND))
    said += [_of_measure(found, row) for row in own]
    said += [_why(found, row) for row in rows_where(found.differences, lag=REALIZED)]
    said += [_left_out(row) for row in (*realized, *trend) if row["enters_as"] != POINT]
    bad = [row["table"] for row in realized if not converged(row)]
    if bad:
        said.append(f"NOT CONVERGED: fits of {', '.join(bad)} missed the convergence gate.")
    return (*said, LIMITS, FLAT)


def report(found: Measures) -> list[str]:
    """The paragraphs of ``measures.md``."""
    first = found.measures[0].prepared
    parts = [f"# Measures: {first.title}", *sentences(found)]
    if found.window:
        parts += [
            "## Over the days that all share",
            f"Mean lags over {found.window.since} to {found.window.as_of}, months: posterior "
            f"median with {INTERVAL_WORDS}.",
            _markdown(found, SAME_DAYS),
        ]
    parts += ["## Over each measure's own window", _markdown(found, OWN_WINDOW)]
    if len(found.differences):
        parts += [f"## Against {found.measures[0].name}, over the days of both", _against(found)]
    parts += ["## What each measure has", _coverage(found), "## The prior of the spread"]
    parts += [
        f"The typical lag has a normal prior with standard deviation {WIDTH:g} months, the spread "
        "between measures a half-normal one, of the scale in the table.",
        _priors(found),
        found.attribution,
    ]
    return parts


def _pooled(found: Measures, kind: str, days: str) -> str:
    leader, follower = found.measures[0].prepared.releases.group_names
    rows = _pool(found, kind, days)
    if CENTRE not in rows or pd.isna(rows[CENTRE]["median"]):
        return (
            f"No pooled {kind} lag: fewer than two of {len(found.measures)} measures have a lag "
            "that is more than a bound."
        )
    centre, between, another = (rows[name] for name in (CENTRE, BETWEEN, ANOTHER))
    n = int(centre["measures"])
    window = found.window if days == SAME_DAYS else None
    when = f"{window.since} to {window.as_of}" if window else "each over its own window"
    bounds = int(centre["bounds"])
    more = f" and {bounds} bound{'s' if bounds > 1 else ''}" if bounds else ""
    return (
        f"By a typical measure {follower} trails {leader} by {with_span(centre)} months (pooled "
        f"mean {kind} lag of {n} measures{more}, {when}; posterior median with "
        f"{INTERVAL_WORDS}; {WORDS[found.measures[0].prepared.table.dates]}); measures differ by "
        f"{with_span(between)} months (standard deviation), so one more measure would say "
        f"{with_span(another)}{stamp(converged(centre))}."
    )


def _of_measure(found: Measures, row: Row) -> str:
    leader, follower = found.measures[0].prepared.releases.group_names
    undefined = float(row["undefined"])
    missing = f"; undefined in {share(undefined)} of the draws" if undefined else ""
    censored = float(row["censored"])
    partly = f"; on {share(censored)} of the days only a bound" if censored > 0 else ""
    return (
        f"{row['measure']}: {follower} trails {leader} by {median(row)} months ({span(row)}; mean "
        f"realized lag, {row['since']} to {row['as_of']}; {row['model']}, {row['table']}, "
        f"{row['releases_leader']} and {row['releases_follower']} releases; "
        f"{row['scale']}{partly}{missing}){stamp(converged(row))}."
    )


def _why(found: Measures, row: Row) -> str:
    """How a measure differs from the first over the days of both, and what either has of whom."""
    longer = float(row["longer"])
    follower = found.measures[0].prepared.releases.group_names[1]
    have, other = (_has(found, str(row[t]), follower) for t in ("table", "first_table"))
    lags = with_span(row), _of(row, "first")
    (own,) = rows_where(found.lags, lag=row["lag"], days=OWN_WINDOW, table=row["first_table"])
    return (
        f"{row['measure']} against {row['first']} over the days of both ({row['since']} to "
        f"{row['as_of']}, mean {row['lag']} lag): {lags[0]} against {lags[1]} months, difference "
        f"{change(row)}, probability that it is longer {probability_words(longer)}"
        f"{chance_words(longer)}; the days alone move {row['first']} from {with_span(own)}, over "
        f"its own window, to {lags[1]}{_same_models(row)}. Of {follower}, {row['measure']} has "
        f"{have}, and {row['first']} {other}{stamp(converged(row))}."
    )


def _same_models(row: Row) -> str:
    """What the first measure says of the models of both; '' where that is not known."""
    if pd.isna(row.get("same_models_median")):
        return ""
    counts = " and ".join(str(int(row[f"same_models_{side}"])) for side in ("leader", "follower"))
    return (
        f"; of the models of both alone ({counts} releases) it says over these days "
        f"{_of(row, 'same_models')}, so the rest of the difference comes neither from the days "
        "nor from the choice of models"
    )


def _of(row: Row, which: str) -> str:
    """The lag in a row of differences by ``first`` or ``same_models``; '' where there is none."""
    own = {k.removeprefix(f"{which}_"): v for k, v in row.items() if k.startswith(f"{which}_")}
    if pd.isna(own.get("median")):
        return ""
    return with_span(own | {"lag": row["lag"]}, mark=True)


def _has(found: Measures, table: str, group: str) -> str:
    (row,) = rows_where(found.coverage, table=table, group=group)
    return (
        f"{row['releases']} releases by {row['by']} ({row['records']} records; best "
        f"{row['best']} of {row['best_released']}, {row['best_value']})"
    )


def _left_out(row: Row) -> str:
    if row["enters_as"] == BOUND:
        return (
            f"The {row['lag']} lag by {row['measure']} is only a bound on {share(row['censored'])} "
            "of the days, so it enters the pooled lag as a bound."
        )
    return (
        f"The {row['lag']} lag by {row['measure']} is undefined in {share(row['undefined'])} of "
        "the draws, so it is left out of the pooled lag."
    )


def _markdown(found: Measures, days: str) -> str:
    trend = {row["table"]: row for row in rows_where(found.lags, lag=TREND, days=days)}
    rows = []
    for row in rows_where(found.lags, lag=REALIZED, days=days):
        lags = [with_span(one, mark=True) for one in (row, trend[row["table"]])]
        when = f"{row['since']} to {row['as_of']}"
        together = _each(row)
        rows.append((row["measure"], f"`{row['table']}`", when, lags[0], together, lags[1]))
    pools = [_pool(found, kind, days) for kind in (REALIZED, TREND)]
    for name in (CENTRE, BETWEEN, ANOTHER):
        cells = [with_span(pool[name]) if name in pool else "none" for pool in pools]
        rows.append((f"**{name}**", "", "", cells[0], "", cells[1]))
    head = ("measure", "table", "days", "realized lag", "given the others", "trend lag")
    return markdown_table(head, rows)


def _against(found: Measures) -> str:
    """Each measure next to the first, over the days that the two share."""
    rows = []
    for kind in (REALIZED, TREND):
        for row in rows_where(found.differences, lag=kind):
            rows.append(
                (
                    row["measure"], kind, f"{row['since']} to {row['as_of']}",
                    with_span(row, mark=True), _of(row, "first"), change(row),
                    probability_words(float(row["longer"])), _of(row, "same_models"),
                )
            )  # fmt: skip
    first = found.measures[0].name
    head = ("measure", "lag", "days", "months", first, "difference", "P(longer)",
            f"{first}, models of both")  # fmt: skip
    return markdown_table(head, rows)


def _coverage(found: Measures) -> str:
    columns = ("measure", "group", "releases", "records", "first_release", "last_release", "best",
               "best_released", "best_value")  # fmt: skip
    rows = [[row[c] for c in columns] for row in found.coverage.to_dict("records")]
    return markdown_table([c.replace("_", " ") for c in columns], rows)


def _priors(found: Measures) -> str:
    known = found.pooled[found.pooled["quantity"].isin([CENTRE, BETWEEN])]
    days = SAME_DAYS if found.window else OWN_WINDOW
    rows = []
    for (scale, kind), own in known[known["days"] == days].groupby(["prior_spread", "lag"]):
        told = own.set_index("quantity").to_dict("index")
        cells = [with_span(told[name]) if name in told else "none" for name in (CENTRE, BETWEEN)]
        rows.append((f"{scale:g} months", kind, *cells))
    return markdown_table(("prior scale", "lag", CENTRE, BETWEEN), rows)


def _pool(found: Measures, kind: str, days: str) -> dict[str, Row]:
    """The pooled rows by the prior in use, by quantity."""
    rows = rows_where(found.pooled, lag=kind, days=days, in_use=True)
    return {str(row["quantity"]): row for row in rows}


def _each(row: Row) -> str:
    """The lag by a measure given the others; '' where it is not pooled."""
    if pd.isna(row.get("pooled")):
        return ""
    error = float(row["pooled_mcse_median"])
    middle, low, high = (
        figure(row[name], error) for name in ("pooled", "pooled_lower90", "pooled_upper90")
    )
    return f"{middle} ({low} to {high})"
