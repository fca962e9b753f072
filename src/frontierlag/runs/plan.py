"""What a run has to fit: each model once for every data set, and what the claims rest on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from frontierlag.analyses.analysis import Analysis
from frontierlag.analyses.two_comparisons import TwoComparisons
from frontierlag.checks.comparison import ModelComparison, Stacked, comparison_of, same_data
from frontierlag.checks.loo import Loo
from frontierlag.claims.claim import Claim, Need, Unanswerable
from frontierlag.errors import FrontierLagError, SpecError
from frontierlag.jobs import Job, Prepared
from frontierlag.model import ModelSpec
from frontierlag.priors import Prior
from frontierlag.results.storage import load
from frontierlag.scores import Metric, Releases, load_scores, parse_comparison, releases

# What a job gives in addition to scores, by what its models read.
_GIVEN = {"results": "benchmark results (--results)", "draws": "joint draws (--joint-draws)"}


@dataclass(frozen=True)
class PlannedFit:
    """One fit: a model on a prepared job, and where its posterior goes.

    ``own`` is false of a fit to other data than the job's, which only serves as evidence for
    claims. ``compared`` says whether other models are fitted to the same data, so that its
    leave-one-out densities are wanted; ``rests_on`` whether it is to be reported where the window
    starts and which releases the answer rests on.
    """

    model: str
    prepared: Prepared
    posterior: Path
    own: bool = True
    compared: bool = True
    rests_on: bool = False


@dataclass(frozen=True)
class PlannedJointFit:
    """One fit of the releases of two planned fits at once, as :func:`crossed_fit` makes it."""

    first: PlannedFit
    second: PlannedFit


@dataclass(frozen=True)
class StoredEvidence:
    """Evidence for claims from the fits that a run has stored; see :class:`Evidence`.

    ``fits`` has the fit of each need and ``missing`` why there is none, ``pairs`` the fits of two
    comparisons at once by the two needs. Known once fitted are ``loos``, leave-one-out densities by
    posterior, and ``crossed_fits``, what each fit of two comparisons found or why there is none.
    """

    fits: Mapping[Need, PlannedFit]
    missing: Mapping[Need, str]
    pairs: Mapping[tuple[Need, Need], PlannedJointFit] = field(default_factory=dict)
    loos: Mapping[Path, Loo] = field(default_factory=dict)
    crossed_fits: Mapping[PlannedJointFit, TwoComparisons | str] = field(default_factory=dict)
    _load: Callable[[Path], Analysis] = field(default_factory=lambda: cache(load))

    @property
    def items(self) -> tuple[PlannedFit, ...]:
        """The fits that there are, each once."""
        return tuple({item.posterior: item for item in self.fits.values()}.values())

    def analysis(self, need: Need) -> Analysis:
        """Read the fit that is needed."""
        return self._load(self._item(need).posterior)

    def groups(self, need: Need) -> Releases:
        """The releases of the two groups of the split, by the as-of date of the fit."""
        prepared = self._item(need).prepared
        try:
            comparison = parse_comparison(need.split or need.comparison, prepared.table)
            return releases(prepared.table, comparison, prepared.releases.as_of)
        except FrontierLagError as reason:
            raise Unanswerable(str(reason)) from reason

    def loo(self, need: Need) -> Loo:
        """Leave-one-out densities of the fit that is needed."""
        item = self._item(need)
        if item.posterior not in self.loos:
            raise Unanswerable(f"no other model was fitted to the same data as {item.model}")
        return self.loos[item.posterior]

    def crossed(self, one: Need, other: Need) -> TwoComparisons:
        """The one posterior of the releases of two fits."""
        pair = self.pairs.get((one, other))
        found = self.crossed_fits.get(pair) if pair else None
        if isinstance(found, TwoComparisons):
            return found
        lacking = "the fit of both comparisons at once was not made in this run"
        raise Unanswerable(found or lacking)

    def _item(self, need: Need) -> PlannedFit:
        if need.fit not in self.fits:
            reason = "what it rests on was not fitted in this run"
            raise Unanswerable(self.missing.get(need.fit, reason))
        return self.fits[need.fit]


def claims_on(prepared: Prepared, claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """The claims as a job judges them.

    A fit to benchmark results draws the capability of every model, so that two comparisons of one
    table need one fit: the second is a split of the first.
    """
    if not prepared.measured:
        return tuple(claims)
    main = prepared.releases.comparison.name
    return tuple(
        replace(claim, needs=tuple(need.within(main) for need in claim.needs)) for claim in claims
    )


def models_of(
    prepared: Prepared,
    models: Sequence[str],
    priors: Mapping[str, Prior] | None,
    full: bool = False,
) -> tuple[str, ...]:
    """The models to fit to a job, refused at once if one of them cannot be fitted.

    Without names the headline model, or all that suit the data if a full run is wanted.
    """
    chosen = tuple(models) or (prepared.models if full else (prepared.model(),))
    if len(set(chosen)) != len(chosen):
        raise SpecError(f"name each model once; got {', '.join(chosen)}")
    for name in chosen:
        spec = ModelSpec.of(name, prepared.table.metric, priors)
        spec.observations(prepared.releases)
        if spec.frontier.reads != prepared.reads:
            raise SpecError(
                f"{name} is fitted to scores with an interval each, and this job gives "
                f"{_GIVEN[prepared.reads]}: fit {prepared.model()} to those, or {name} in a run "
                "without them"
            )
    return chosen


def evidence_items(
    job: Job,
    prepared: Prepared,
    claims: Sequence[Claim],
    made: Sequence[PlannedFit],
    aside: Path,
) -> tuple[list[PlannedFit], StoredEvidence]:
    """The fits that claims need beyond those already planned, and where the claims will find them.

    A fit that cannot be made (a table without weights has no closed-open comparison) is no error
    here: the claims that need it will say so.
    """
    extra: list[PlannedFit] = []
    found: dict[Need, PlannedFit] = {}
    missing: dict[Need, str] = {}
    for need in dict.fromkeys(need.fit for claim in claims for need in claim.needs):
        try:
            item = _item_for(need, job, prepared, [*made, *extra], aside)
        except FrontierLagError as reason:
            missing[need] = str(reason)
            continue
        found[need] = item
        if item not in made and item not in extra:
            extra.append(item)
    return extra, StoredEvidence(found, missing, pairs=_pairs(claims, found))


def _pairs(
    claims: Sequence[Claim], found: Mapping[Need, PlannedFit]
) -> dict[tuple[Need, Need], PlannedJointFit]:
    """The fits of two comparisons at once that claims need, by the two fits."""
    pairs = {}
    for claim in claims:
        fits = tuple(dict.fromkeys(need.fit for need in claim.needs))
        if claim.one_posterior and len(fits) == 2 and all(fit in found for fit in fits):
            pairs[fits[0], fits[1]] = PlannedJointFit(found[fits[0]], found[fits[1]])
    return pairs


def _item_for(
    need: Need, job: Job, prepared: Prepared, planned: Sequence[PlannedFit], aside: Path
) -> PlannedFit:
    if need.scores:
        # Another table speaks up to its own last day, and not beyond the requested day.
        last = load_scores(need.scores).as_of
        end = min(job.as_of or last, last)
        other = Job(need.scores, need.comparison, as_of=end, dates=job.dates)
    else:
        same = need.comparison == prepared.releases.comparison.name
        other = replace(job, comparison=need.comparison, since=job.since if same else None)
    target = other.prepare()
    model = target.model(need.trend)
    for item in planned:
        if item.model == model and same_job(item.prepared, target):
            return item
    ModelSpec.of(model, target.table.metric)
    name = f"{target.slug.as_posix().replace('/', '-')}-{target.releases.as_of}-{model}.nc"
    own = same_job(prepared, target)
    return PlannedFit(model, target, aside / name, own=own, compared=own)


def same_job(one: Prepared, other: Prepared) -> bool:
    """Whether two prepared jobs are of the same table, read alike, comparison and window."""
    return (
        (one.reading, one.efforts) == (other.reading, other.efforts)
        and one.table.sha256 == other.table.sha256
        and one.table.dates == other.table.dates
        and one.releases.comparison == other.releases.comparison
        and one.window == other.window
    )


def compare_all(
    fitted: Sequence[tuple[PlannedFit, Loo | None]], target: Prepared
) -> list[tuple[ModelComparison, Stacked]]:
    """Compare and stack the models of one job, each with those fitted to the same data."""
    own = [(item, found) for item, found in fitted if same_job(item.prepared, target)]
    loos = {item.model: found for item, found in own if found is not None}
    analyses = [load(item.posterior) for item, found in own if found is not None]
    compared = []
    for members in same_data(analyses):
        if len(members) > 1:
            found = comparison_of(members, [loos[a.name] for a in members])
            compared.append((found, Stacked(tuple(members), found.weights, found.trusted)))
    return compared


def only_what_is_compared(items: Sequence[PlannedFit]) -> list[PlannedFit]:
    """The items, ``compared`` only where another model is fitted to the same job."""

    def others(item: PlannedFit) -> bool:
        return any(
            other is not item and other.compared and same_job(item.prepared, other.prepared)
            for other in items
        )

    return [replace(item, compared=item.compared and others(item)) for item in items]


def by_compilation(items: Sequence[PlannedFit]) -> list[list[PlannedFit]]:
    """Group fits by the model that they compile, those that take longest first."""
    groups: dict[tuple[str, Metric], list[PlannedFit]] = {}
    for item in items:
        groups.setdefault((item.model, item.prepared.table.metric), []).append(item)

    def cost(group: list[PlannedFit]) -> tuple[bool, bool, bool, int]:
        name, first = group[0].model, group[0].prepared
        return first.measured, first.table.metric.bounded, "logistic" in name, len(group)

    return sorted(groups.values(), key=cost, reverse=True)
