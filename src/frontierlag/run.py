"""A run: several models on several data sets, compiled once, written whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import joblib
import pandas as pd

from frontierlag.analysis import Analysis, analyse
from frontierlag.checks.comparison import Loo, ModelComparison, Stacked, loo
from frontierlag.checks.predictive import predictive_table, prior_curves
from frontierlag.checks.priors import sensitivity
from frontierlag.claims import ARTICLE, Answer, Claim, answer
from frontierlag.claims.claim import US_CHINA
from frontierlag.jobs import Job, Prepared
from frontierlag.lags.published import conventions
from frontierlag.manifest import model_record, run_record
from frontierlag.model import ModelSpec
from frontierlag.names import REALIZED, TREND, WINDOW
from frontierlag.outputs import MANIFEST, files_below, staged
from frontierlag.plan import (
    Item,
    StoredEvidence,
    by_compilation,
    compare_all,
    evidence_items,
    models_of,
)
from frontierlag.priors import Prior
from frontierlag.report import tables
from frontierlag.report.bands import curve_bands, lag_bands
from frontierlag.report.claims import claim_markdown, claim_table
from frontierlag.report.figures import (
    MeanLag,
    Provenance,
    diagnostic_figures,
    frontier_chart,
    lag_over_time,
    mean_lags,
    prior_predictive,
    save,
)
from frontierlag.report.sentences import lag_sentence
from frontierlag.settings import SamplerSettings
from frontierlag.storage import store
from frontierlag.summary import summarize

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
    loo: Loo | None
    prior_influence: pd.DataFrame | None
    predictive: pd.DataFrame | None
    record: dict[str, Any]
    converged: bool


@dataclass(frozen=True)
class Result:
    """What a run found on one job, and the folder it wrote."""

    outcomes: list[Outcome]
    answers: list[Answer]
    stacked: pd.DataFrame | None

    @property
    def converged(self) -> bool:
        """Whether every fit that is shown passed the gate."""
        fits = all(outcome.converged for outcome in self.outcomes)
        return fits and all(answer.converged is not False for answer in self.answers)


def run_jobs(
    jobs: Sequence[Job],
    outs: Sequence[Path],
    models: Sequence[str] = (),
    settings: SamplerSettings | None = None,
    *,
    priors: Mapping[str, Prior] | None = None,
    all_claims: bool = False,
    workers: int | None = None,
    done: Callable[[str], None] = lambda _: None,
) -> list[Result]:
    """Fit every model to every job and write one results folder a job.

    Everything is checked before the first sampler starts. Models run side by side in processes,
    each of which compiles its model once for all jobs. The claims of the source article are
    answered from the fits that there are.

    Parameters
    ----------
    jobs
        What to analyse.
    outs
        The results folder of each job.
    models
        Names such as ``linear-stochastic``; if there is none, all that suit the table.
    settings
        Sampler settings.
    priors
        Priors that replace a default, by parameter; each model must have the parameter.
    all_claims
        Whether to fit whatever else the claims rest on; otherwise a claim that rests on a model
        that is not fitted says so.
    workers
        Processes; by default as many as there are cores and models. Changes no number.
    done
        Called with a line each time a model has been fitted to all its data sets.

    Returns
    -------
    The results, in the order of the jobs.

    Raises
    ------
    FrontierLagError
        For anything that is wrong with the request, the data or the output folder.
    """
    settings = settings or SamplerSettings()
    prepared = [job.prepare() for job in jobs]
    chosen = [models_of(item, models, priors) for item in prepared]
    with ExitStack() as stack:
        folders = [stack.enter_context(staged(out)) for out in outs]
        aside = Path(stack.enter_context(TemporaryDirectory(prefix="frontierlag-")))
        planned = [
            [Item(name, item, folder / name / "posterior.nc", folder) for name in names]
            for item, names, folder in zip(prepared, chosen, folders, strict=True)
        ]
        items = [item for group in planned for item in group]
        asked: list[tuple[Claim, ...]] = []
        evidence: list[StoredEvidence] = []
        for job, item in zip(jobs, prepared, strict=True):
            about = item.releases.comparison.name == US_CHINA and not priors
            claims = ARTICLE if about else ()
            more, found = evidence_items(job, item, claims, items, aside, all_claims)
            items += more
            asked.append(claims)
            evidence.append(found)
        outcomes = _fit_all(items, settings, priors, workers, done)
        return [
            _write(
                item,
                [outcomes[one.posterior] for one in own],
                answer(claims, found),
                compare_all([(one, outcomes[one.posterior].loo) for one in items], item),
                folder,
                settings,
            )
            for item, own, claims, found, folder in zip(
                prepared, planned, asked, evidence, folders, strict=True
            )
        ]


def run_claims(
    job: Job,
    out: Path,
    claims: Sequence[Claim] = ARTICLE,
    settings: SamplerSettings | None = None,
    *,
    workers: int | None = None,
    done: Callable[[str], None] = lambda _: None,
) -> list[Answer]:
    """Fit what claims rest on, answer them, and write ``claims.csv`` and ``claims.md``.

    Parameters
    ----------
    job
        The table that the claims are asked of; its comparison must be the one they speak of.
    out
        The results folder.
    claims
        By default those of the source article; add your own to them.
    settings, workers, done
        As in :func:`run_jobs`.

    Returns
    -------
    One answer a claim.

    Raises
    ------
    FrontierLagError
        For anything that is wrong with the request, the data or the output folder.
    """
    settings = settings or SamplerSettings()
    prepared = job.prepare()
    with staged(out) as folder, TemporaryDirectory(prefix="frontierlag-") as aside:
        items, evidence = evidence_items(job, prepared, claims, [], Path(aside))
        outcomes = _fit_all(items, settings, None, workers, done)
        answers = answer(claims, evidence)
        _write_claims(answers, prepared, folder)
        records = {
            f"{item.prepared.slug.as_posix()}/{item.model}": outcomes[item.posterior].record
            for item in items
        }
        _write_manifest(prepared, settings, records, folder, {})
    return answers


def _write_claims(answers: list[Answer], item: Prepared, folder: Path) -> None:
    claim_table(answers, item).to_csv(folder / "claims.csv", index=False)
    (folder / "claims.md").write_text(claim_markdown(answers, item), encoding="utf-8")


def _write_manifest(
    item: Prepared,
    settings: SamplerSettings,
    models: dict[str, dict[str, Any]],
    folder: Path,
    converged: dict[str, bool],
) -> None:
    record = run_record(item.table, item.releases, item.window, settings, models)
    record["converged"] = converged
    record["files"] = sorted([*files_below(folder), MANIFEST])
    (folder / MANIFEST).write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _fit_all(
    items: Sequence[Item],
    settings: SamplerSettings,
    priors: Mapping[str, Prior] | None,
    workers: int | None,
    done: Callable[[str], None],
) -> dict[Path, Outcome]:
    """Fit all items, those that share a compilation in one process, and index what they found."""
    for item in items:
        item.posterior.parent.mkdir(parents=True, exist_ok=True)
        if item.folder:
            (item.folder / FIGURES).mkdir(exist_ok=True)
    groups = by_compilation(items)
    workers = workers or min(os.cpu_count() or 1, len(groups))
    cores = max(1, (os.cpu_count() or 1) // workers)
    task = partial(_fit_group, settings=settings, priors=priors, cores=cores)
    found: dict[Path, Outcome] = {}
    parallel = joblib.Parallel(n_jobs=workers, return_as="generator_unordered")
    for outcomes in parallel(joblib.delayed(task)(group) for group in groups):
        found |= outcomes
        done(next(iter(outcomes.values())).model)
    return found


def _fit_group(
    items: Sequence[Item],
    settings: SamplerSettings,
    priors: Mapping[str, Prior] | None,
    cores: int,
) -> dict[Path, Outcome]:
    """Fit one model to several data sets: runs in a worker process."""
    return {item.posterior: _fit_one(item, settings, priors, cores) for item in items}


def _fit_one(
    item: Item, settings: SamplerSettings, priors: Mapping[str, Prior] | None, cores: int
) -> Outcome:
    prepared = item.prepared
    spec = ModelSpec.of(item.model, prepared.table.metric, priors)
    analysis = analyse(spec, prepared.releases, prepared.window, settings, cores=cores)
    store(analysis, item.posterior)
    about = Provenance.of(analysis, prepared.table.attribution)
    if item.folder:
        _draw(analysis, prepared, about, item.folder / FIGURES)
    measured, converged = analysis.measured, analysis.convergence.converged
    return Outcome(
        model=item.model,
        lags=tables.lag_table(analysis),
        ladder=tables.ladder_table(analysis),
        gaps=tables.gap_table(analysis),
        levels=tables.level_table(analysis),
        diagnostics=tables.diagnostics_row(analysis),
        about=about,
        mean_lags=tuple(
            MeanLag(item.model, kind, draws.to_numpy(), summarize(draws), converged)
            for kind in (TREND, REALIZED)
            for draws in [measured.lag(kind, WINDOW)]
        ),
        sentences=tuple(lag_sentence(analysis, kind) for kind in (REALIZED, TREND)),
        record=model_record(spec, len(analysis.fit.observations.releases), settings),
        converged=converged,
        loo=loo(analysis.fit, cores=cores) if item.compared else None,
        prior_influence=sensitivity(analysis) if item.folder else None,
        predictive=predictive_table(analysis) if item.folder else None,
    )


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
    save(
        prior_predictive(item.releases, prior_curves(analysis), about, f"Before the data: {name}"),
        figures,
        f"prior-{name}",
    )
    parameters = [p.name for p in analysis.fit.spec.parameters]
    for kind, figure in diagnostic_figures(analysis.tree, parameters, about).items():
        save(figure, figures, f"{kind}-{name}")


def _write(
    item: Prepared,
    outcomes: list[Outcome],
    answers: list[Answer],
    compared: list[tuple[ModelComparison, Stacked]],
    folder: Path,
    settings: SamplerSettings,
) -> Result:
    """Write what needs all models of a job: tables, the figure that compares them, the manifest."""
    if answers:
        _write_claims(answers, item, folder)
    stacks = [tables.stacked_lag_table(stack) for _, stack in compared]
    written = {
        "lags": [*(outcome.lags for outcome in outcomes), *stacks],
        "comparison": [tables.comparison_table(found) for found, _ in compared],
    }
    for stem in ("ladder", "gaps", "levels", "prior_influence", "predictive"):
        written[stem] = [getattr(outcome, stem) for outcome in outcomes]
    for stem, parts in written.items():
        if parts:
            whole = pd.concat(parts, ignore_index=True)
            whole.to_csv(folder / f"{stem}.csv", index=False)
    pd.DataFrame([outcome.diagnostics for outcome in outcomes]).to_csv(
        folder / "diagnostics.csv", index=False
    )
    tables.published_table(conventions(item.releases)).to_csv(folder / "published.csv", index=False)
    ok = all(outcome.converged for outcome in outcomes)
    about = replace(outcomes[0].about, model="", converged=ok)
    found = [lag for outcome in outcomes for lag in outcome.mean_lags]
    figure = mean_lags(found, about, f"Mean lag: {item.title}", item.window_words)
    save(figure, folder / FIGURES, "mean-lag")
    _write_manifest(
        item,
        settings,
        {outcome.model: outcome.record for outcome in outcomes},
        folder,
        {outcome.model: outcome.converged for outcome in outcomes},
    )
    return Result(outcomes, answers, pd.concat(stacks) if stacks else None)
