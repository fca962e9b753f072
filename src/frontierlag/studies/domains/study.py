"""The lag by domain of one job: every way to tell benchmarks apart fitted, and what is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from frontierlag.analyses.domains import DomainAnalysis, analyse_domains
from frontierlag.figures import Provenance, save
from frontierlag.figures.sheet import credit_line
from frontierlag.jobs import Job
from frontierlag.machine.files import staged, write_csv, write_manifest
from frontierlag.results.manifest import model_record, run_record
from frontierlag.scores.item_results.benchmarks import grouped_by, load_benchmarks
from frontierlag.settings import DOMAINS, SamplerSettings
from frontierlag.studies.domains.figure import lag_by_domain
from frontierlag.studies.domains.table import (
    contrast_table,
    dif_table,
    domain_table,
    spread_table,
)
from frontierlag.studies.domains.words import TITLES, domain_page, domain_sentences

FIGURES = "figures"
TABLES = {
    "domains": domain_table,
    "contrasts": contrast_table,
    "dif": dif_table,
    "spreads": spread_table,
}


@dataclass(frozen=True, eq=False)
class DomainStudy:
    """The analyses by what benchmarks were told apart by, their tables, and the same in words."""

    analyses: dict[str, DomainAnalysis]
    tables: dict[str, pd.DataFrame]
    sentences: tuple[str, ...]

    @property
    def converged(self) -> bool:
        """Whether every fit passed the gate."""
        return all(found.convergence.converged for found in self.analyses.values())


def study_domains(
    job: Job,
    out: Path,
    by: Sequence[str] = ("domain", "items"),
    benchmarks: str = "",
    settings: SamplerSettings = DOMAINS,
    done: Callable[[str], None] = lambda _: None,
) -> DomainStudy:
    """Fit an ability for each domain and write what each says of the lag.

    Parameters
    ----------
    job
        What to analyse, with benchmark results.
    out
        Gets ``domains.csv``, ``contrasts.csv``, ``dif.csv``, ``spreads.csv``, ``domains.md``, a
        figure for each of ``by`` and the manifest.
    by
        Columns of the table of benchmarks: one fit each.
    benchmarks
        A table of one's own, as for
        :func:`frontierlag.scores.item_results.benchmarks.load_benchmarks`.
    settings
        Sampler settings of each fit; a fit that misses the gate is made once more with twice the
        draws.
    done
        Called with a word as each fit finishes.

    Raises
    ------
    FrontierLagError
        For anything that is wrong with the request, the data or the output folder.
    """
    prepared = job.prepare()
    table = load_benchmarks(benchmarks)
    grouped = {one: grouped_by(table, one, benchmarks or "the table of benchmarks") for one in by}
    with staged(out) as folder:
        analyses = {}
        for one, domains in grouped.items():
            analyses[one] = analyse_domains(prepared.releases, domains, prepared.window, settings)
            done(one)
        tables = {
            name: pd.concat([make(found, one) for one, found in analyses.items()])
            for name, make in TABLES.items()
        }
        sentences = domain_sentences(
            tables["domains"], tables["contrasts"], tables["spreads"], prepared
        )
        for name, rows in tables.items():
            write_csv(rows, folder / f"{name}.csv")
        page = domain_page(tables, sentences, prepared, prepared.releases.attribution)
        (folder / "domains.md").write_text(page, encoding="utf-8")
        found = DomainStudy(analyses, tables, tuple(sentences))
        for one, analysis in analyses.items():
            about = Provenance(
                prepared.releases.comparison.name,
                prepared.table.name,
                prepared.releases.as_of,
                model=analysis.fit.spec.name,
                converged=analysis.convergence.converged,
                credit=credit_line(prepared.releases.attribution),
                dates=prepared.releases.dates,
            )
            own = tables["domains"][tables["domains"]["by"] == one]
            title = f"{TITLES.get(one, f'By {one}')}: {prepared.title}"
            figure = lag_by_domain(own, about, title, f"mean lag, {prepared.window_words}")
            save(figure, folder / FIGURES, f"lag-by-{one}")
        spec = next(iter(analyses.values())).fit.spec
        models = {spec.name: model_record(spec, len(prepared.releases), settings)}
        record = run_record(prepared.table, prepared.releases, prepared.window, settings, models)
        record["benchmarks"] = benchmarks or "the table that comes with the package"
        record["verdicts"] = {k: found.convergence.verdict() for k, found in analyses.items()}
        record["converged"] = found.converged
        write_manifest(folder, record)
    return found
