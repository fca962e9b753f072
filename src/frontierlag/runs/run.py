"""A run: several models on several data sets, compiled once, written whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from frontierlag.checks.comparison import ModelComparison, Stacked
from frontierlag.claims import ARTICLE, Answer, Claim, answer
from frontierlag.claims.article import Applicable, applicable
from frontierlag.errors import SpecError
from frontierlag.jobs import Job, Prepared
from frontierlag.lags.published import conventions
from frontierlag.machine.files import staged, staged_all, write_csv, write_manifest
from frontierlag.machine.program import package_digest
from frontierlag.priors import Prior
from frontierlag.results import tables
from frontierlag.results.folder import HEADLINE, MADE_FROM, POSTERIOR
from frontierlag.results.manifest import data_record, evidence_record, run_record
from frontierlag.results.sentences import claim_markdown, claim_table
from frontierlag.results.tables import LAST_DAY, stacked_last_day_table
from frontierlag.runs.outcomes import Outcome, fit_all, fit_crossed
from frontierlag.runs.plan import (
    PlannedFit,
    StoredEvidence,
    claims_on,
    compare_all,
    evidence_items,
    models_of,
    same_job,
)
from frontierlag.runs.request import REQUEST, Request
from frontierlag.settings import SamplerSettings

# The tables that evidence of other tables or comparisons has too, as ``evidence_lags.csv``.
EVIDENCE = ("lags", "diagnostics", "predictive", "prior_influence")
# The tables that pass from hand to hand without their folder: each row credits its source.
CREDITED = ("lags", "claims", "evidence_lags")


@dataclass(frozen=True)
class Result:
    """What a run found on one job.

    ``outcomes`` are of every fit to the job's own data: the models that were asked for, then those
    that only claims rest on; ``evidence`` of each fit to another table or comparison, with what it
    was fitted to. ``compared`` are the models of the same data, compared and stacked; ``not_asked``
    says why claims of the article were not judged.
    """

    outcomes: list[Outcome]
    evidence: list[tuple[Prepared, Outcome]]
    answers: list[Answer]
    compared: list[tuple[ModelComparison, Stacked]]
    headline: str
    not_asked: tuple[str, ...] = ()

    @property
    def stacked(self) -> pd.DataFrame | None:
        """The lags of the stacks; None if there is none."""
        stacks = [tables.stacked_lag_table(stack) for _, stack in self.compared]
        return pd.concat(stacks, ignore_index=True) if stacks else None

    @property
    def converged(self) -> bool:
        """Whether every fit and stack that is shown passed the gate, and all exact refits."""
        fits = [*self.outcomes, *(outcome for _, outcome in self.evidence)]
        return (
            all(outcome.converged for outcome in fits)
            and all(answer.converged is not False for answer in self.answers)
            and all(found.trusted and stack.converged for found, stack in self.compared)
        )

    def table(self, stem: str) -> pd.DataFrame:
        """The rows of all of the job's own fits that have such a table; empty if none has."""
        parts = [outcome.tables[stem] for outcome in self.outcomes if stem in outcome.tables]
        if stem == "lags" and self.stacked is not None:
            parts.append(self.stacked)
        if stem == LAST_DAY:
            parts += [stacked_last_day_table(stack) for _, stack in self.compared]
        if stem == "prior_influence":
            parts += [tables.stacked_influence_table(stack) for _, stack in self.compared]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def run_jobs(
    jobs: Sequence[Job],
    outs: Sequence[Path],
    models: Sequence[str] = (),
    settings: SamplerSettings | None = None,
    *,
    priors: Mapping[str, Prior] | None = None,
    full: bool = False,
    workers: int | None = None,
    done: Callable[[str], None] = lambda _: None,
    prepared: Sequence[Prepared] = (),
) -> list[Result]:
    """Fit models to every job and write one results folder a job.

    Everything is checked before the first sampler starts. Models run side by side in processes,
    each of which compiles its model once for all jobs; a single one runs in this process. A full
    run also compares the models, answers the claims of the source article and fits whatever they
    rest on, and says what the answer rests on.

    Parameters
    ----------
    jobs
        What to analyse.
    outs
        The results folder of each job; all appear, or none.
    models
        Names such as ``linear-stochastic``; if there is none, the headline model, of a full run
        all that suit the table.
    settings
        Sampler settings.
    priors
        Priors that replace a default, by parameter; each model must have the parameter.
    full
        Whether to compare models, answer claims and report what the answer rests on.
    workers
        Processes; by default as many as there are cores and models. Changes no number.
    done
        Called with a line each time something has been done.
    prepared
        The jobs with their data, if they have been read.

    Returns
    -------
    The results, in the order of the jobs.

    Raises
    ------
    FrontierLagError
        For anything that is wrong with the request, the data or the output folder.
    """
    settings = settings or SamplerSettings()
    prepared = prepared or [job.prepare() for job in jobs]
    chosen = [models_of(item, models, priors, full) for item in prepared]
    with ExitStack() as stack:
        folders = stack.enter_context(staged_all(outs))
        aside = Path(stack.enter_context(TemporaryDirectory(prefix="frontierlag-")))
        planned = [
            [
                PlannedFit(
                    name,
                    item,
                    folder / name / POSTERIOR,
                    compared=len(names) > 1 or full,
                    rests_on=full and name == item.model(),
                )
                for name in names
            ]
            for item, names, folder in zip(prepared, chosen, folders, strict=True)
        ]
        items = [item for group in planned for item in group]
        asked = []
        for job, item, own, folder in zip(jobs, prepared, planned, folders, strict=True):
            sense = applicable(item, ARTICLE if full and not priors else ())
            sense = replace(sense, claims=claims_on(item, sense.claims))
            more, evidence = evidence_items(job, item, sense.claims, items, aside)
            items += more
            request = Request.of(job, models, settings, priors, full)
            asked.append(_Asked(item, own, sense, evidence, folder, request))
        return _found(asked, items, settings, priors, workers, done)


def made_from(item: Prepared, request: Request) -> str:
    """Digest of all that the tables of a run follow from: program, data and request."""
    data = data_record(item.table, item.releases)
    parts = [package_digest(), data, request.record()]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


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

    The tables of a run are with them, for the fits that the claims rest on.

    Parameters
    ----------
    job
        The table that the claims are judged on; its comparison must be the one they speak of.
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
    sense = applicable(prepared, claims)
    if not sense.claims:
        raise SpecError(" ".join(sense.not_asked) or "there is no claim to ask")
    sense = replace(sense, claims=claims_on(prepared, sense.claims))
    with staged(out) as folder, TemporaryDirectory(prefix="frontierlag-") as aside:
        items, evidence = evidence_items(job, prepared, sense.claims, [], Path(aside))
        asked = _Asked(prepared, [], sense, evidence, folder)
        (result,) = _found([asked], items, settings, None, workers, done)
    return result.answers


@dataclass(frozen=True)
class _Asked:
    """One job of a run: its own fits, its claims with the evidence for them, and its folder."""

    item: Prepared
    own: list[PlannedFit]
    sense: Applicable
    evidence: StoredEvidence
    folder: Path
    request: Request | None = None


def _found(
    asked: Sequence[_Asked],
    items: Sequence[PlannedFit],
    settings: SamplerSettings,
    priors: Mapping[str, Prior] | None,
    workers: int | None,
    done: Callable[[str], None],
) -> list[Result]:
    """Fit, and gather and write what was found on each job and whatever else its claims rest on."""
    outcomes = fit_all(items, settings, priors, workers, done)
    pairs = list(dict.fromkeys(pair for one in asked for pair in one.evidence.pairs.values()))
    crossed = fit_crossed(pairs, settings, priors, workers, done)
    loos = {path: outcome.loo for path, outcome in outcomes.items() if outcome.loo is not None}
    results = []
    for one in asked:
        evidence = replace(one.evidence, loos=loos, crossed_fits=crossed)
        of_item = {fit.posterior: same_job(fit.prepared, one.item) for fit in evidence.items}
        own = list(one.own)
        own += [fit for fit in evidence.items if of_item[fit.posterior] and fit not in own]
        others = [fit for fit in evidence.items if not of_item[fit.posterior]]
        result = Result(
            outcomes=[outcomes[fit.posterior] for fit in own],
            evidence=[(fit.prepared, outcomes[fit.posterior]) for fit in others],
            answers=answer(one.sense.claims, evidence),
            compared=compare_all([(fit, outcomes[fit.posterior].loo) for fit in own], one.item),
            headline=one.item.headline([fit.model for fit in own]),
            not_asked=one.sense.not_asked,
        )
        _write(result, one.item, settings, one.folder, one.request)
        results.append(result)
    return results


def _write(
    result: Result,
    item: Prepared,
    settings: SamplerSettings,
    folder: Path,
    request: Request | None = None,
) -> None:
    """Write the tables, the claims and, last, the manifest that lists them."""
    written: dict[str, pd.DataFrame] = {}
    if result.outcomes:
        stems = dict.fromkeys(stem for outcome in result.outcomes for stem in outcome.tables)
        written |= {stem: result.table(stem) for stem in stems}
    if result.compared:
        parts = [tables.comparison_table(*pair) for pair in result.compared]
        written["comparison"] = pd.concat(parts, ignore_index=True)
    if result.evidence:
        for stem in EVIDENCE:
            parts = [outcome.tables[stem] for _, outcome in result.evidence]
            written[f"evidence_{stem}"] = pd.concat(parts, ignore_index=True)
    written["published"] = tables.published_table(conventions(item.releases), item.table.dates)
    if result.answers:
        written["claims"] = claim_table(result.answers, item)
        words = claim_markdown(result.answers, item)
        (folder / "claims.md").write_text(words, encoding="utf-8")
    for stem in CREDITED:
        if stem in written:
            written[stem] = written[stem].assign(attribution=item.releases.attribution)
    for stem, table in written.items():
        write_csv(table, folder / f"{stem}.csv")
    fitted = {outcome.model: outcome.record for outcome in result.outcomes}
    record = run_record(item, settings, fitted)
    if request:
        record[REQUEST] = request.record()
        record[MADE_FROM] = made_from(item, request)
    record["evidence"] = [
        evidence_record(other, outcome.model, outcome.record, outcome.converged)
        for other, outcome in result.evidence
    ]
    record[HEADLINE] = result.headline
    record["claims_not_asked"] = list(result.not_asked)
    record["converged"] = {outcome.model: outcome.converged for outcome in result.outcomes}
    write_manifest(folder, record)
