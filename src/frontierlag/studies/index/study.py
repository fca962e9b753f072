"""The whole study of one job: every construction fitted, and what is written of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from frontierlag.errors import SpecError
from frontierlag.figures import Provenance, save
from frontierlag.jobs import Job, Prepared
from frontierlag.machine.files import staged, write_csv, write_manifest
from frontierlag.results.manifest import models_record, run_record
from frontierlag.scores.item_results import MeasuredReleases, load_results
from frontierlag.settings import INDEX, SamplerSettings
from frontierlag.studies.index.alternatives import Choice, constructions
from frontierlag.studies.index.construction import BENCHMARKS
from frontierlag.studies.index.figure import influence_of_benchmarks
from frontierlag.studies.index.refits import fit_constructions
from frontierlag.studies.index.words import constructions_table, index_page, index_sentences
from frontierlag.studies.sensitivity.figure import specification_curve
from frontierlag.studies.writing import FIGURES


@dataclass(frozen=True, eq=False)
class IndexStudy:
    """What the constructions say of one job's lag.

    Attributes
    ----------
    table
        As from :func:`frontierlag.studies.index.words.constructions_table`.
    sentences
        The same in words.
    """

    table: pd.DataFrame
    sentences: tuple[str, ...]

    @property
    def converged(self) -> bool:
        """Whether every fit that is shown passed the gate."""
        return bool(self.table["converged"].fillna(value=True).all())


def prepared_with_results(job: Job) -> tuple[Prepared, MeasuredReleases]:
    """Prepare a job that has benchmark results.

    Raises
    ------
    SpecError
        If it has none.
    """
    prepared = job.prepare()
    releases = prepared.releases
    if not isinstance(releases, MeasuredReleases):
        raise SpecError(
            "the index can only be constructed otherwise from the benchmark results behind it: "
            "give them too, such as --results eci-results-2026-08-11"
        )
    return prepared, releases


def study_index(
    job: Job,
    out: Path,
    choice: Choice,
    keep: Path,
    settings: SamplerSettings = INDEX,
    *,
    jobs: int = 1,
    done: Callable[[str], None] = lambda _: None,
) -> IndexStudy:
    """Fit the lag under other constructions of the index and write what each says.

    Parameters
    ----------
    job
        What to analyse, with benchmark results.
    out
        Gets ``constructions.csv``, ``index.md``, the figures ``influence`` and ``constructions``,
        and the manifest.
    choice
        Which constructions.
    keep
        Folder in which finished fits are kept.
    settings, jobs, done
        As of :func:`frontierlag.studies.index.refits.fit_constructions`.

    Raises
    ------
    FrontierLagError
        For anything that is wrong with the request, the data or the output folder.
    """
    prepared, releases = prepared_with_results(job)
    chosen = constructions(releases, load_results(job.results), prepared.table, choice)
    with staged(out) as folder:
        outcomes = fit_constructions(prepared, chosen, settings, keep, jobs=jobs, done=done)
        table = constructions_table(outcomes)
        sentences = index_sentences(table, prepared)
        given = dict.fromkeys([prepared.table.attribution, releases.responses.attribution])
        # The credit of the results has that of the scores in it, with the terms of others.
        credits = [one for one in given if not any(one in other != one for other in given)]
        write_csv(table, folder / "constructions.csv")
        words = index_page(table, sentences, prepared, credits)
        (folder / "index.md").write_text(words, encoding="utf-8")
        _draw(table, prepared, folder / FIGURES)
        found = IndexStudy(table, tuple(sentences))
        models = models_record(prepared, settings, [prepared.model()])
        record = run_record(prepared, settings, models)
        record["results"] = {
            "name": releases.responses.table,
            "sha256": releases.responses.sha256,
            "attribution": releases.responses.attribution,
        }
        record["constructions"] = [c.name for c in chosen]
        record["converged"] = found.converged
        write_manifest(folder, record)
    return found


def _with_days(table: pd.DataFrame) -> pd.Series:
    """The construction of each row, with the first day of its window if that is a later one."""
    late = ~table["since"].isin(["", table["since"].iloc[0]])
    return table["construction"].where(~late, table["construction"] + ", from " + table["since"])


def _draw(table: pd.DataFrame, prepared: Prepared, folder: Path) -> None:
    """The figures that there are rows for."""
    about = Provenance.of_job(prepared, prepared.model())
    benchmarks = table[table["kind"] == BENCHMARKS]
    if len(benchmarks):
        figure = influence_of_benchmarks(
            benchmarks,
            about,
            f"What each benchmark does to the lag: {prepared.title}",
            f"change of the mean lag, {prepared.window_words}, when one benchmark is left out",
        )
        save(figure, folder, "influence")
    others = table[table["kind"] != BENCHMARKS]
    if others["kind"].nunique() > 1:
        figure = specification_curve(
            others.assign(alternative=_with_days(others), what=others["kind"]),
            about,
            f"The lag under other constructions of the index: {prepared.title}",
            f"mean lag, {prepared.window_words}",
        )
        save(figure, folder, "constructions")
