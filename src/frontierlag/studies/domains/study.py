"""The lag by domain of one job: every grouping of benchmarks fitted, in a figure and in words."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from frontierlag.checks.held_out import compared, held_out
from frontierlag.dates import WORDS
from frontierlag.figures import Provenance, save
from frontierlag.figures.lags import KINDS, forest
from frontierlag.jobs import Job, Prepared
from frontierlag.machine.files import csv_text, staged, write_manifest
from frontierlag.names import REALIZED, TREND, WINDOW
from frontierlag.results.manifest import models_record, run_record
from frontierlag.results.tables import origin_of
from frontierlag.scores.item_results import MeasuredReleases
from frontierlag.scores.item_results.known import grouped_by, load_benchmarks
from frontierlag.settings import DOMAINS, SamplerSettings
from frontierlag.studies.domains.table import (
    INDEX,
    INDEX_WORDS,
    TABLES,
    DomainAnalysis,
    analyse_domains,
    index_table,
)
from frontierlag.studies.writing import FIGURES, markdown_table, write_tables, write_words
from frontierlag.words import (
    INTERVAL_WORDS,
    STAMP,
    Row,
    chance_words,
    change,
    converged,
    figure,
    probability_words,
    rows_where,
    span,
    stamp,
    with_span,
)

# Models of one index that are compared by how well they predict a benchmark they have not seen.
ONE_INDEX = ("linear-joint", "linear-joint-dif")
PRIVATE, PUBLIC = "private", "public"
NOUNS = {"domain": "domain", "items": "kind of items"}
TITLES = {"domain": "By domain of benchmarks", "items": "By whether items are published"}


@dataclass(frozen=True, eq=False)
class DomainStudy:
    """The analyses by how benchmarks were grouped, their tables, and the same in words."""

    analyses: dict[str, DomainAnalysis]
    tables: dict[str, pd.DataFrame]
    sentences: tuple[str, ...]

    @property
    def converged(self) -> bool:
        """Whether every fit passed the gate."""
        fitted = all(found.convergence.converged for found in self.analyses.values())
        return fitted and bool(self.tables["index"]["converged"].all())


def study_domains(
    job: Job,
    out: Path,
    by: Sequence[str] = ("domain", "items"),
    benchmarks: str = "",
    settings: SamplerSettings = DOMAINS,
    *,
    leave_out: bool = False,
    jobs: int = 1,
    done: Callable[[str], None] = lambda _: None,
) -> DomainStudy:
    """Fit an ability for each domain and write what each says of the lag.

    ``out`` gets ``index.csv`` (the lag of one index, with and without benchmarks that may favour a
    group), ``domains.csv``, ``contrasts.csv``, ``dif.csv``, ``spreads.csv``, ``domains.md``, a
    figure for each of ``by`` and the manifest. ``by`` are columns of the table of benchmarks, one
    fit each, ``benchmarks`` a table of one's own. With ``leave_out`` each benchmark is left out in
    turn, and the models of :data:`ONE_INDEX` are compared by how well they predict its results
    (:func:`frontierlag.checks.held_out.held_out`): ``held_out.csv`` and its summary.
    """
    prepared = job.prepare()
    table = load_benchmarks(benchmarks)
    grouped = {one: grouped_by(table, one, benchmarks or "the table of benchmarks") for one in by}
    with staged(out) as folder:
        analyses = {}
        for one, domains in grouped.items():
            analyses[one] = analyse_domains(prepared.releases, domains, prepared.window, settings)
            done(one)
        tables = {"index": index_table(prepared, ONE_INDEX, settings)}
        done("one index")
        tables |= {
            name: pd.concat([make(found, one) for one, found in analyses.items()])
            for name, make in TABLES.items()
        }
        sentences = domain_sentences(
            tables["domains"], tables["contrasts"], tables["spreads"], prepared
        )
        sentences += choice_sentences(tables["index"], prepared)
        if leave_out:
            assert isinstance(prepared.releases, MeasuredReleases)  # fitted by domain above
            tables["held_out"] = held_out(prepared.releases, ONE_INDEX, jobs=jobs, done=done)
            tables["held_out_summary"] = compared(tables["held_out"])
            sentences += held_out_sentences(tables["held_out_summary"])
        write_tables(folder, tables, origin_of(prepared.releases))
        write_words(folder / "domains.md", domain_page(tables, sentences, prepared))
        found = DomainStudy(analyses, tables, tuple(sentences))
        for one, analysis in analyses.items():
            rows = tables["domains"]
            figure = figure_of(analysis, rows[rows["by"] == one], one, prepared)
            save(figure, folder / FIGURES, f"lag-by-{one}")
        spec = next(iter(analyses.values())).fit.spec
        names = [spec.name, *ONE_INDEX]
        record = run_record(prepared, settings, models_record(prepared, settings, names))
        record["benchmarks"] = {
            "table": benchmarks or "the table that comes with the package",
            "sha256": hashlib.sha256(csv_text(table.reset_index()).encode()).hexdigest(),
        }
        record["verdicts"] = {k: found.convergence.verdict() for k, found in analyses.items()}
        record["converged"] = found.converged
        write_manifest(folder, record)
    return found


def figure_of(found: DomainAnalysis, domains: pd.DataFrame, by: str, prepared: Prepared) -> Figure:
    """The forest of one grouping of benchmarks, drawn from the rows of its table."""
    name, converged = found.fit.spec.name, found.convergence.converged
    about = Provenance.of_job(prepared, name, converged, prepared.releases.attribution)
    title = f"{TITLES.get(by, f'By {by}')}: {prepared.title}"
    return lag_by_domain(domains, about, title, f"mean lag, {prepared.window_words}")


def lag_by_domain(
    domains: pd.DataFrame, about: Provenance, title: str, subtitle: str = ""
) -> Figure:
    """The forest of rows of one grouping: the mean of all on top, then by realized lag."""
    shown = domains[domains["period"] == WINDOW]
    rows = {kind: shown[shown["lag"] == kind].set_index("domain") for kind in KINDS}
    ordered = rows[REALIZED].drop(INDEX).sort_values("median", kind="stable")
    counts = rows[REALIZED]["results"].astype(int)
    labels = {name: f"{_label(name)} ({counts[name]:,})" for name in (*ordered.index, INDEX)}
    of: dict[str, dict[Any, Row]] = {k: {**own.to_dict("index")} for k, own in rows.items()}
    return forest(labels, of, INDEX, about, title, subtitle)


def domain_sentences(
    domains: pd.DataFrame, contrasts: pd.DataFrame, spreads: pd.DataFrame, prepared: Prepared
) -> list[str]:
    """Say where the lag is longest and shortest, and whether that is more than chance."""
    leader, follower = prepared.releases.group_names
    sentences = []
    for by in dict.fromkeys(domains["by"]):
        rows = rows_where(domains, by=by, lag=REALIZED, period=WINDOW)
        own = [row for row in rows if row["domain"] != INDEX]
        ordered = sorted(own, key=lambda row: float(row["median"]))
        low, high = ordered[0], ordered[-1]
        sentences.append(
            f"{follower} trails {leader} by {with_span(low)} months {_place(by, low)} and by "
            f"{with_span(high)} {_place(by, high)}, the shortest and the longest of {len(own)} "
            f"(posterior median with {INTERVAL_WORDS}; mean realized "
            f"lag, {prepared.window_words}, {prepared.table.name}; "
            f"{WORDS[prepared.releases.dates]}){stamp(converged(low))}."
        )
        pairs = len(own) * (len(own) - 1) // 2
        extremes = _versus(contrasts, by, str(high["domain"]), str(low["domain"]))
        chosen = f" These two were chosen from {pairs} pairs as the furthest apart."
        sentences.append(extremes + (chosen if pairs > 1 else ""))
        if {PRIVATE, PUBLIC} <= {str(row["domain"]) for row in own}:
            sentences.append(_versus(contrasts, by, PRIVATE, PUBLIC))
        (tau,) = rows_where(spreads, by=by, parameter="dif_spread")
        points = figure(tau["median"], tau["mcse_median"])
        sentences.append(
            f"Within one {NOUNS.get(by, by)} benchmarks favour one group or the other by {points} "
            f"points (standard deviation over benchmarks, {INTERVAL_WORDS} {span(tau)})"
            f"{stamp(converged(tau))}."
        )
    return sentences


def choice_sentences(index: pd.DataFrame, prepared: Prepared) -> list[str]:
    """What it adds to the interval that benchmarks may favour a group."""
    plain, differing = rows_where(index, lag=REALIZED, period=WINDOW)
    return [
        "That other benchmarks might have been chosen, each of which may favour a group, moves the "
        f"mean realized lag of the index from {with_span(plain)} months ({plain['model']}) to "
        f"{with_span(differing)} ({differing['model']}; median with {INTERVAL_WORDS}, "
        f"{prepared.window_words})"
        f"{stamp(converged(plain) and converged(differing))}."
    ]


def held_out_sentences(summary: pd.DataFrame) -> list[str]:
    """Which model predicts the results of a benchmark that it has not seen best, and how sure."""
    best, other = summary.to_dict("records")[:2]
    apart, error = float(other["elpd_diff"]), float(other["diff_se"])
    verdict = "" if apart > 2 * error else ", within two standard errors"
    missed = sum(int(row["not_converged"]) for row in (best, other))
    state = f" {missed} of the fits {STAMP}." if missed else ""
    return [
        f"With each benchmark left out in turn, {best['model']} predicts its results better than "
        f"{other['model']}: log score {apart:.1f} higher, standard error {error:.1f}{verdict}."
        f"{state}"
    ]


def domain_page(
    tables: dict[str, pd.DataFrame], sentences: Sequence[str], prepared: Prepared
) -> list[str]:
    """The page: the sentences, a table for each grouping of benchmarks, the credit."""
    domains = tables["domains"]
    parts = [f"# Which capability: {prepared.title}", *sentences]
    for by in dict.fromkeys(domains["by"]):
        parts += [f"## {TITLES.get(by, f'By {by}')}", _markdown(domains, by)]
    parts += [
        f"Months, posterior median with {INTERVAL_WORDS}; both lags are means "
        f"over {prepared.window_words}. The difference is that of the realized lag from the "
        f"{INDEX_WORDS}, which is not the published index. Releases have a "
        "result in the domain; the ability of the others is estimated from their other results.",
        prepared.releases.attribution,
    ]
    return parts


def _markdown(domains: pd.DataFrame, by: str) -> str:
    own = {kind: rows_where(domains, by=by, lag=kind, period=WINDOW) for kind in (REALIZED, TREND)}
    trend = {row["domain"]: row for row in own[TREND]}
    rows = []
    for row in own[REALIZED]:
        name = row["domain"]
        of_index = ("", "") if name == INDEX else (
            change(row), probability_words(float(row["longer"]))
        )  # fmt: skip
        counts = row["benchmarks"], row["results"]
        releases = f"{row['releases_leader']} and {row['releases_follower']}"
        lags = with_span(row, mark=True), *of_index, with_span(trend[name])
        rows.append((_label(name), *lags, *counts, releases))
    head = (by, "realized lag", "difference", "P(longer)", "trend lag", "benchmarks", "results",
            "releases")  # fmt: skip
    return markdown_table(head, rows)


def _label(name: object) -> str:
    """A domain for people; the index of this model is no published one."""
    return INDEX_WORDS if name == INDEX else str(name)


def _versus(contrasts: pd.DataFrame, by: str, first: str, second: str) -> str:
    """How the lags of two domains differ, and how sure the direction is."""
    turns = {(first, second): 1, (second, first): -1}
    ((row, turn),) = (
        (row, turns[pair])
        for row in rows_where(contrasts, by=by, lag=REALIZED)
        if (pair := (row["first"], row["second"])) in turns
    )
    longer = float(row["longer"]) if turn == 1 else 1 - float(row["longer"])
    return (
        f"{first} against {second}: the mean realized lag differs by {change(row, turn)} "
        f"months (first minus second, {INTERVAL_WORDS}), probability that it is longer "
        f"{probability_words(longer)}{chance_words(longer)}{stamp(converged(row))}."
    )


def _place(by: str, row: Row) -> str:
    """Where a lag is, as in ``in coding`` or ``on private benchmarks``."""
    name = row["domain"]
    return f"in {name}" if by == "domain" else f"on {name} benchmarks"
