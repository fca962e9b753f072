"""What each fit of a run found, as tables: the fits are made here, side by side."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import joblib
import pandas as pd

from frontierlag.analyses.analysis import analyse
from frontierlag.analyses.two_comparisons import TwoComparisons, fit_two_comparisons
from frontierlag.checks.loo import Loo, loo
from frontierlag.errors import SpecError
from frontierlag.machine.progress import report_progress
from frontierlag.model import ModelSpec
from frontierlag.names import CURRENT, REALIZED, TREND, WINDOW
from frontierlag.priors import Prior
from frontierlag.results.charts import figure_tables, page_tables
from frontierlag.results.fit_checks import fit_check_tables
from frontierlag.results.manifest import model_record
from frontierlag.results.sentences import lag_sentence, velocity_sentence
from frontierlag.results.storage import store
from frontierlag.results.tables import OF_EVERY_FIT, OF_OWN_DATA, benchmark_table
from frontierlag.runs.plan import PlannedFit, PlannedJointFit, by_compilation, only_what_is_compared
from frontierlag.settings import SamplerSettings
from frontierlag.studies.sensitivity.influence import quick_checks

# What a run says in sentences: kind of lag and period.
SENTENCES = ((REALIZED, WINDOW), (TREND, WINDOW), (REALIZED, CURRENT))


@dataclass(frozen=True)
class Outcome:
    """What one model found on one job, without its draws.

    ``tables`` holds its rows of each table by the name of the file, without ``.csv``.
    """

    model: str
    tables: dict[str, pd.DataFrame]
    verdict: str
    sentences: tuple[str, ...]
    loo: Loo | None
    record: dict[str, Any]
    converged: bool


def fit_all(
    items: Sequence[PlannedFit],
    settings: SamplerSettings,
    priors: Mapping[str, Prior] | None,
    workers: int | None,
    done: Callable[[str], None],
) -> dict[Path, Outcome]:
    """Fit all items, those that share a compilation in one process; by the path of the posterior.

    The other parameters are those of :func:`frontierlag.runs.run.run_jobs`.
    """
    for item in items:
        item.posterior.parent.mkdir(parents=True, exist_ok=True)
    groups = by_compilation(only_what_is_compared(items))
    workers = workers or min(os.cpu_count() or 1, len(groups))
    cores = max(1, (os.cpu_count() or 1) // workers)
    task = partial(_fit_one, settings=settings, priors=priors, cores=cores)
    found: dict[Path, Outcome] = {}
    if len(items) > 1:
        report_progress(f"{len(items)} fits", 0.0)
    # One group is fitted in this process, its chains on all cores: no worker has to be started.
    parallel = joblib.Parallel(n_jobs=workers, return_as="generator_unordered")
    for outcomes in parallel(joblib.delayed(_each)(task, group) for group in groups):
        found |= outcomes
        if len(items) > 1:
            report_progress(f"{len(items)} fits", len(found) / len(items))
        done(next(iter(outcomes.values())).model)
    return found


def fit_crossed(
    items: Sequence[PlannedJointFit],
    settings: SamplerSettings,
    priors: Mapping[str, Prior] | None,
    workers: int | None,
    done: Callable[[str], None],
) -> dict[PlannedJointFit, TwoComparisons | str]:
    """Fit the releases of two comparisons at once, for claims about both; or why it cannot be."""
    cpus = os.cpu_count() or 1
    workers = min(workers or cpus, len(items)) or 1
    task = partial(_cross, settings=settings, priors=priors, cores=max(1, cpus // workers))
    parallel = joblib.Parallel(n_jobs=workers, return_as="generator")
    found = {}
    for item, one in zip(items, parallel(joblib.delayed(task)(i) for i in items), strict=True):
        found[item] = one
        done(f"{item.first.model}, both comparisons at once")
    return found


def _cross(
    item: PlannedJointFit, settings: SamplerSettings, priors: Mapping[str, Prior] | None, cores: int
) -> TwoComparisons | str:
    one, other = item.first.prepared, item.second.prepared
    try:
        if (item.first.model, one.table.sha256) != (item.second.model, other.table.sha256):
            raise SpecError(
                f"{item.first.model} on {one.table.name} and {item.second.model} on "
                f"{other.table.name} are not one model on one table, so they have no joint fit"
            )
        spec = ModelSpec.of(item.first.model, one.table.metric, priors)
        return fit_two_comparisons(spec, one.releases, other.releases, settings, cores)
    except SpecError as reason:
        return str(reason)


def _each(fit: Callable[[PlannedFit], Outcome], group: Sequence[PlannedFit]) -> dict[Path, Outcome]:
    """Fit one model to several data sets: runs in a worker process."""
    return {item.posterior: fit(item) for item in group}


def _fit_one(
    item: PlannedFit, settings: SamplerSettings, priors: Mapping[str, Prior] | None, cores: int
) -> Outcome:
    prepared = item.prepared
    spec = ModelSpec.of(item.model, prepared.table.metric, priors)
    analysis = analyse(
        spec,
        prepared.releases,
        prepared.window,
        settings,
        cores=cores,
        stage=lambda words: report_progress(f"{words}: {item.model}, {prepared.table.name}"),
    )
    report_progress(f"writing tables: {item.model}, {prepared.table.name}")
    store(analysis, item.posterior)
    gate = analysis.convergence
    found = {stem: table(analysis) for stem, table in OF_EVERY_FIT.items()}
    if item.own:
        found |= {
            **{stem: table(analysis) for stem, table in OF_OWN_DATA.items()},
            **page_tables(analysis),
            **figure_tables(analysis),
            **fit_check_tables(analysis),
            **({"benchmarks": benchmark_table(analysis)} if prepared.measured else {}),
        }
    if item.rests_on:
        found |= quick_checks(analysis, prepared.releases)
    return Outcome(
        model=item.model,
        tables=found,
        verdict=gate.verdict(),
        sentences=(
            *(lag_sentence(analysis, *which) for which in SENTENCES),
            velocity_sentence(analysis),
        ),
        record=model_record(spec, len(analysis.fit.observations.releases), settings),
        converged=gate.converged,
        loo=loo(analysis.fit, cores=cores) if item.compared else None,
    )
