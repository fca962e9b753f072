"""The lag by domain of one job: every grouping of benchmarks fitted, and what is written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from frontierlag.analyses.domains import DomainAnalysis, analyse_domains
from frontierlag.checks.held_out import compared, held_out
from frontierlag.figures import Provenance, save
from frontierlag.jobs import Job, Prepared
from frontierlag.machine.files import csv_text, staged, write_manifest
from frontierlag.names import REALIZED, WINDOW
from frontierlag.results.manifest import models_record, run_record
from frontierlag.results.tables import origin_of
from frontierlag.scores.item_results import MeasuredReleases
from frontierlag.scores.item_results.known import grouped_by, load_benchmarks
from frontierlag.settings import DOMAINS, SamplerSettings
from frontierlag.studies.domains.table import INDEX, TABLES, index_table
from frontierlag.studies.domains.words import (
    TITLES,
    choice_sentences,
    domain_page,
    domain_sentences,
    held_out_sentences,
)
from frontierlag.studies.forest import KINDS, forest
from frontierlag.studies.writing import FIGURES, write_tables, write_words
from frontierlag.words import Row

# Models of one index that are compared by how well they predict a benchmark they have not seen.
ONE_INDEX = ("linear-joint", "linear-joint-dif")


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

    Parameters
    ----------
    job
        What to analyse, with benchmark results.
    out
        Gets ``index.csv`` (the lag of one index, with and without benchmarks that may favour a
        group), ``domains.csv``, ``contrasts.csv``, ``dif.csv``, ``spreads.csv``, ``domains.md``, a
        figure for each of ``by`` and the manifest.
    by, benchmarks
        Columns of the table of benchmarks, one fit each, and a table of one's own.
    leave_out, jobs
        Also leave out each benchmark in turn, and compare by how well its results are predicted
        the joint model of one capability and the one whose benchmarks may favour a group
        (:func:`frontierlag.checks.held_out.held_out`): ``held_out.csv`` and its summary.
    settings, done
        Of the sampler; called with a word as each fit finishes.
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
    """The forest of rows of one grouping: by realized lag, longest on top, below the index."""
    shown = domains[domains["period"] == WINDOW]
    rows = {kind: shown[shown["lag"] == kind].set_index("domain") for kind in KINDS}
    ordered = rows[REALIZED].drop(INDEX).sort_values("median", kind="stable")
    counts = rows[REALIZED]["results"].astype(int)
    labels = {name: f"{name} ({counts[name]:,})" for name in (*ordered.index, INDEX)}
    of: dict[str, dict[Any, Row]] = {k: {**own.to_dict("index")} for k, own in rows.items()}
    return forest(labels, of, INDEX, about, title, subtitle)
