"""A run: several models on several data sets, compiled once, written whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import joblib
import pandas as pd

from frontierlag.analysis import Analysis, analyse
from frontierlag.errors import SpecError
from frontierlag.jobs import Job, Prepared
from frontierlag.lags.published import conventions
from frontierlag.manifest import model_record, run_record
from frontierlag.model import ModelSpec
from frontierlag.names import REALIZED, TREND, WINDOW
from frontierlag.outputs import MANIFEST, files_below, staged
from frontierlag.priors import Prior
from frontierlag.report import tables
from frontierlag.report.bands import curve_bands, lag_bands
from frontierlag.report.figures import (
    MeanLag,
    Provenance,
    diagnostic_figures,
    frontier_chart,
    lag_over_time,
    mean_lags,
    save,
)
from frontierlag.report.sentences import lag_sentence
from frontierlag.settings import SamplerSettings
from frontierlag.storage import store
from frontierlag.summary import summarize

MODELS = ("linear-records", "linear-stochastic", "logistic-records", "logistic-stochastic")
FIGURES = "figures"


@dataclass(frozen=True)
class Outcome:
    """What one model found on one job, without its draws."""

    model: str
    lags: pd.DataFrame
    ladder: pd.DataFrame
    gaps: pd.DataFrame
    levels: pd.DataFrame
    diagnostics: dict[str, object]
    mean_lags: tuple[MeanLag, ...]
    about: Provenance
    sentences: tuple[str, ...]
    record: dict[str, Any]
    converged: bool


def run_jobs(
    jobs: Sequence[Job],
    outs: Sequence[Path],
    models: Sequence[str] = MODELS,
    settings: SamplerSettings | None = None,
    *,
    priors: Mapping[str, Prior] | None = None,
    workers: int | None = None,
    done: Callable[[str], None] = lambda _: None,
) -> list[list[Outcome]]:
    """Fit every model to every job and write one results folder a job.

    Everything is checked before the first sampler starts. Models run side by side in processes,
    each of which compiles its model once for all jobs.

    Parameters
    ----------
    jobs
        What to analyse.
    outs
        The results folder of each job.
    models
        Names such as ``linear-stochastic``.
    settings
        Sampler settings.
    priors
        Priors that replace a default, by parameter; each model must have the parameter.
    workers
        Processes; by default as many as there are cores and models. Changes no number.
    done
        Called with a line each time a model has been fitted to a job.

    Returns
    -------
    The outcomes, by job and then by model.

    Raises
    ------
    FrontierLagError
        For anything that is wrong with the request, the data or the output folder.
    """
    settings = settings or SamplerSettings()
    prepared = [job.prepare() for job in jobs]
    if len(set(models)) != len(models) or not models:
        given = ", ".join(models) or "none"
        raise SpecError(f"name each model once, and at least one; got {given}")
    for item in prepared:
        for name in models:
            ModelSpec.of(name, item.table.metric, priors)
    workers = workers or min(os.cpu_count() or 1, len(models))
    with ExitStack() as stack:
        folders = [stack.enter_context(staged(out)) for out in outs]
        for folder in folders:
            (folder / FIGURES).mkdir()
        task = partial(
            _fit_model, prepared=prepared, folders=folders, settings=settings, priors=priors
        )
        found: dict[str, list[Outcome]] = {}
        cores = max(1, (os.cpu_count() or 1) // workers)
        if workers == 1:
            for name in models:
                found[name] = task(name, cores=cores)
                done(name)
        else:
            parallel = joblib.Parallel(n_jobs=workers, return_as="generator_unordered")
            for outcomes in parallel(joblib.delayed(task)(name, cores=cores) for name in models):
                found[outcomes[0].model] = outcomes
                done(outcomes[0].model)
        by_job = [[found[name][i] for name in models] for i in range(len(jobs))]
        for item, outcomes, folder in zip(prepared, by_job, folders, strict=True):
            _write(item, outcomes, folder, settings)
    return by_job


def _fit_model(
    name: str,
    prepared: list[Prepared],
    folders: list[Path],
    settings: SamplerSettings,
    priors: Mapping[str, Prior] | None,
    cores: int,
) -> list[Outcome]:
    """Fit one model to every job: runs in a worker process."""
    outcomes = []
    for item, folder in zip(prepared, folders, strict=True):
        spec = ModelSpec.of(name, item.table.metric, priors)
        analysis = analyse(spec, item.releases, item.window, settings, cores=cores)
        (folder / name).mkdir()
        store(analysis, folder / name / "posterior.nc")
        about = Provenance.of(analysis, item.table.attribution)
        _draw(analysis, item, about, folder / FIGURES)
        measured, converged = analysis.measured, analysis.convergence.converged
        outcomes.append(
            Outcome(
                model=name,
                lags=tables.lag_table(analysis),
                ladder=tables.ladder_table(analysis),
                gaps=tables.gap_table(analysis),
                levels=tables.level_table(analysis),
                diagnostics=tables.diagnostics_row(analysis),
                about=about,
                mean_lags=tuple(
                    MeanLag(name, kind, draws.to_numpy(), summarize(draws), converged)
                    for kind in (TREND, REALIZED)
                    for draws in [measured.lag(kind, WINDOW)]
                ),
                sentences=tuple(lag_sentence(analysis, kind) for kind in (REALIZED, TREND)),
                record=model_record(spec, len(analysis.fit.observations.releases)),
                converged=converged,
            )
        )
    return outcomes


def _draw(analysis: Analysis, item: Prepared, about: Provenance, figures: Path) -> None:
    """Draw the figures of one model."""
    name = analysis.name
    save(
        frontier_chart(item.releases, curve_bands(analysis), about, item.title),
        figures,
        f"frontier-{name}",
    )
    save(
        lag_over_time(lag_bands(analysis), about, item.title, item.window_words),
        figures,
        f"lag-{name}",
    )
    parameters = [p.name for p in analysis.fit.spec.parameters]
    for kind, figure in diagnostic_figures(analysis.tree, parameters, about).items():
        save(figure, figures, f"{kind}-{name}")


def _write(
    item: Prepared, outcomes: list[Outcome], folder: Path, settings: SamplerSettings
) -> None:
    """Write what needs all models of a job: tables, the figure that compares them, the manifest."""
    for stem in ("lags", "ladder", "gaps", "levels"):
        table = pd.concat([getattr(outcome, stem) for outcome in outcomes], ignore_index=True)
        table.to_csv(folder / f"{stem}.csv", index=False)
    pd.DataFrame([outcome.diagnostics for outcome in outcomes]).to_csv(
        folder / "diagnostics.csv", index=False
    )
    tables.published_table(conventions(item.releases)).to_csv(folder / "published.csv", index=False)
    ok = all(outcome.converged for outcome in outcomes)
    about = replace(outcomes[0].about, model="", converged=ok)
    found = [lag for outcome in outcomes for lag in outcome.mean_lags]
    figure = mean_lags(found, about, f"Mean lag: {item.title}", item.window_words)
    save(figure, folder / FIGURES, "mean-lag")
    record = run_record(
        item.table,
        item.releases,
        item.window,
        settings,
        {outcome.model: outcome.record for outcome in outcomes},
    )
    record["converged"] = {outcome.model: outcome.converged for outcome in outcomes}
    record["files"] = sorted([*files_below(folder), MANIFEST])
    (folder / MANIFEST).write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", "utf-8")
