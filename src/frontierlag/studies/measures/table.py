"""One lag by several measures: each fitted alone, over the days they share and over its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from frontierlag.analyses.refits import Refit, Task, numbers, refit_all
from frontierlag.dates import Window
from frontierlag.errors import SpecError
from frontierlag.intervals import probability, summarize
from frontierlag.jobs import Prepared
from frontierlag.model import ModelSpec
from frontierlag.names import REALIZED, SAMPLE_DIMS, TREND
from frontierlag.names import WINDOW as WHOLE
from frontierlag.scores import Releases, default_window_start, records
from frontierlag.scores.registry import joined_credit, registry
from frontierlag.scores.releases import FEWEST_RECORDS, FEWEST_RELEASES, subset
from frontierlag.scores.same_models import in_both
from frontierlag.scores.scale import scale_of
from frontierlag.settings import MIXTURES, SamplerSettings
from frontierlag.studies.measures.coverage import coverage
from frontierlag.studies.measures.pooling import SPREAD, Pooled, Reported, pooled
from frontierlag.words import mostly_bound

SAME_DAYS, OWN_WINDOW = "same days", "own window"
KINDS = (REALIZED, TREND)
# What a measure's lag is to the pooled one.
POINT, BOUND, LEFT_OUT = "a lag", "a bound", "left out"
# A lag without a value in a larger share of draws than this is not pooled.
FEW_UNDEFINED = 0.1
# Other scales of the prior of the spread, as multiples of the one in use, that are shown beside it.
OTHER_PRIORS = (0.5, 2.0)
SAME_MODELS = "same models"
# Of each group, the share of another measure's releases whose names the first must know before it
# is fitted to the models of both: with fewer they are another choice of models.
MOST_KNOWN = 0.8
CENTRE, BETWEEN, ANOTHER = "typical measure", "spread between measures", "one more measure"


@dataclass(frozen=True, eq=False)
class Measure:
    """One measure: its table with the groups' releases, and its model."""

    prepared: Prepared
    spec: ModelSpec

    @property
    def name(self) -> str:
        """What is measured, as rows call it."""
        return self.prepared.table.metric.name

    @property
    def table(self) -> str:
        """Name of the score table."""
        return self.prepared.table.name


@dataclass(frozen=True, eq=False)
class Measures:
    """A comparison by several measures.

    Attributes
    ----------
    measures
        In the order given; each is compared with the first.
    window
        The days that all share; None if there is none.
    lags
        One row a measure, kind of lag and days: ``measures.csv``.
    differences
        One row a measure but the first and kind of lag: both lags over the days that the two
        share, their difference, and the first measure's lag if it had only the models of both
        (``same_models_...``, where their names are known): ``differences.csv``.
    pooled
        One row a kind of lag, days, prior scale of the spread and quantity: ``pooled.csv``.
    coverage
        One row a measure and group, what the measure has of it: ``coverage.csv``.
    spread
        Scale of the half-normal prior of the spread between measures, months.
    """

    measures: tuple[Measure, ...]
    window: Window | None
    lags: pd.DataFrame
    differences: pd.DataFrame
    pooled: pd.DataFrame
    coverage: pd.DataFrame
    spread: float

    @property
    def converged(self) -> bool:
        """Whether every fit passed the gate."""
        fits = [self.lags["converged"]]
        if "same_models_converged" in self.differences:
            fits.append(self.differences["same_models_converged"].dropna())
        return all(bool(one.all()) for one in fits)

    @property
    def attribution(self) -> str:
        """The credit of every table, each once."""
        return joined_credit(*(one.prepared.releases.attribution for one in self.measures))


def shipped_measures(comparison: str) -> tuple[str, ...]:
    """The newest table of each metric that comes with the package and allows a comparison."""
    tables = registry().of("scores", archived=False)
    newest = {t.metric: t.name for t in sorted(tables, key=lambda t: t.vintage)
              if comparison in t.comparisons}  # fmt: skip
    order = dict.fromkeys(t.metric for t in tables)
    return tuple(newest[metric] for metric in order if metric in newest)


def measured_by(
    prepared: Sequence[Prepared],
    settings: SamplerSettings = MIXTURES,
    *,
    trend: str = "",
    since: date | None = None,
    spread: float = SPREAD,
    workers: int | None = None,
    done: Callable[[str], None] = lambda _: None,
) -> Measures:
    """Fit every measure and pool their lags.

    Parameters
    ----------
    prepared
        The same comparison in tables of different measures.
    settings
        Sampler settings of every fit.
    trend
        A trend for all of them; by default each measure's headline model.
    since
        First day of the days that they share; by default the latest start of their own windows.
    spread
        Scale of the half-normal prior of the spread between measures, months.
    workers
        Processes; changes no number.
    done
        Called with a line as fits are finished.

    Raises
    ------
    SpecError
        If there are fewer than two tables, a table comes twice, they compare different groups, or
        a model does not suit a measure.
    """
    _check(prepared)
    measures = tuple(
        Measure(one, ModelSpec.of(one.model(trend), one.table.metric)) for one in _named(prepared)
    )
    window = _shared(measures, since)
    first, *others = measures
    pairs = [_shared((first, one)) for one in others]
    asked = [(one.prepared.window, window, *(pairs if k == 0 else pairs[k - 1 : k]))
             for k, one in enumerate(measures)]  # fmt: skip
    windows = [tuple(dict.fromkeys(w for w in each if w is not None)) for each in asked]
    tasks = [
        Task(k, one.spec, one.spec.observations(one.prepared.releases), windows[k])
        for k, one in enumerate(measures)
    ]
    commons = [
        None if pair is None else _common(first, one, pair)
        for one, pair in zip(others, pairs, strict=True)
    ]
    tasks += [
        Task((SAME_MODELS, k), first.spec, first.spec.observations(common), (pair,))
        for k, (common, pair) in enumerate(zip(commons, pairs, strict=True), 1)
        if common is not None and pair is not None
    ]
    found = refit_all(tasks, settings, workers, done)
    fitted = [_Fitted(one, found[k], windows[k]) for k, one in enumerate(measures)]
    lags, summary = [], []
    for days in (SAME_DAYS, OWN_WINDOW):
        over = [window if days == SAME_DAYS else one.prepared.window for one in measures]
        for kind in KINDS if None not in over else ():
            own = [one.lag(kind, when) for one, when in zip(fitted, over, strict=True)]
            scales = (spread, *(times * spread for times in OTHER_PRIORS))
            pools = {scale: _pool(own, scale, settings.seed) for scale in scales}
            lags += _rows(fitted, own, pools[spread], days)
            summary += _summary(own, pools, days)
    differences = [
        _difference(fitted[k].lag(kind, pair), fitted[0].lag(kind, pair), fitted[k], fitted[0])
        | _of_same_models(found.get((SAME_MODELS, k)), commons[k - 1], kind)
        for k, pair in enumerate(pairs, 1)
        for kind in KINDS
        if pair is not None
    ]
    return Measures(
        measures, window, pd.DataFrame(lags), pd.DataFrame(differences), pd.DataFrame(summary),
        coverage([one.prepared for one in measures], window), spread,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Lag:
    """One lag of one fit: draws, share of censored days, and what it is to the pooled lag."""

    kind: str
    window: Window
    draws: xr.DataArray
    censored: float
    converged: bool

    @property
    def role(self) -> str:
        if float(self.draws.isnull().mean()) > FEW_UNDEFINED:
            return LEFT_OUT
        return BOUND if mostly_bound(self.kind, self.censored) else POINT

    @property
    def reported(self) -> Reported:
        values = self.draws.to_numpy().ravel()
        return Reported(values[np.isfinite(values)], bound=self.role == BOUND)


@dataclass(frozen=True, eq=False)
class _Fitted:
    """A measure with its refit, whose lags are over these windows."""

    measure: Measure
    fit: Refit
    windows: tuple[Window, ...]

    def lag(self, kind: str, window: Window | None) -> _Lag:
        assert window is not None  # asked for days that there are
        draws, censored = self.fit.lags[self.windows.index(window)][kind, WHOLE]
        return _Lag(kind, window, draws, censored, self.fit.converged)


def _pool(own: Sequence[_Lag], spread: float, seed: int) -> Pooled | None:
    """The pooled lag, each of its measures in the order of those that are not left out."""
    if sum(one.role == POINT for one in own) < 2:
        return None
    return pooled([one.reported for one in own if one.role != LEFT_OUT], seed, spread)


def _rows(
    fitted: Sequence[_Fitted], own: Sequence[_Lag], together: Pooled | None, days: str
) -> list[dict[str, Any]]:
    rows, at = [], 0
    for of, lag in zip(fitted, own, strict=True):
        one, fit = of.measure, of.fit
        r, metric = one.prepared.releases, one.prepared.table.metric
        row: dict[str, Any] = {
            "measure": one.name,
            "table": one.table,
            "model": one.spec.name,
            "unit": metric.unit,
            "scale": scale_of(metric).words,
            "dates": r.dates,
            "lag": lag.kind,
            "days": days,
            "since": lag.window.since.isoformat(),
            "as_of": lag.window.as_of.isoformat(),
            "releases_leader": int(r.of(0).sum()),
            "releases_follower": int(r.of(1).sum()),
            **numbers(lag.draws, lag.censored),
            "enters_as": lag.role,
        }
        if together is not None and lag.role != LEFT_OUT:
            s = summarize(_labelled(together.each[:, at]))
            row |= {"pooled": s.median, "pooled_lower90": s.lower90, "pooled_upper90": s.upper90,
                    "pooled_mcse_median": s.mcse_median}  # fmt: skip
        at += lag.role != LEFT_OUT
        rows.append(row | {"converged": fit.converged, "note": fit.note})
    return rows


def _difference(lag: _Lag, first: _Lag, one: _Fitted, base: _Fitted) -> dict[str, Any]:
    """How much longer than by the first measure; draws of two fits are independent."""
    change = lag.draws - first.draws
    known = change.notnull()
    s = summarize(change)
    longer = probability(change > 0) / float(known.mean()) if bool(known.any()) else float("nan")
    of_first = {f"first_{k}": v for k, v in numbers(first.draws, first.censored).items()}
    return {
        "measure": one.measure.name,
        "table": one.measure.table,
        "first": base.measure.name,
        "first_table": base.measure.table,
        "lag": lag.kind,
        "since": lag.window.since.isoformat(),
        "as_of": lag.window.as_of.isoformat(),
        **numbers(lag.draws, lag.censored),
        **of_first,
        "difference": s.median,
        "difference_lower90": s.lower90,
        "difference_upper90": s.upper90,
        "difference_mcse_median": s.mcse_median,
        "longer": longer,
        "converged": lag.converged and first.converged,
    }


def _common(first: Measure, one: Measure, pair: Window) -> Releases | None:
    """The first measure's releases that the other has too, by the last day that both speak for.

    None where the names of too few of the other's releases are known to the first, or they are too
    few to compare over all of these days.
    """
    r, other = first.prepared.releases, one.prepared.releases
    mine, its = in_both(r, other)
    known = [float(its[other.of(side)].mean()) for side in (0, 1)]
    chosen = mine & (r.day <= pair.days[-1])
    of_each = [int((chosen & r.of(side)).sum()) for side in (0, 1)]
    if min(known) < MOST_KNOWN or min(of_each) < FEWEST_RELEASES:
        return None
    common = replace(subset(r, chosen), as_of=pair.as_of)
    if min(int(records(common, side).sum()) for side in (0, 1)) < FEWEST_RECORDS:
        return None
    return common if default_window_start(common) <= pair.since else None


def _of_same_models(fit: Refit | None, common: Releases | None, kind: str) -> dict[str, Any]:
    """The first measure's lag if it had only the models of both, over the days of both."""
    if fit is None or common is None:
        return {}
    draws, censored = fit.lags[0][kind, WHOLE]
    return {
        "same_models_leader": int(common.of(0).sum()),
        "same_models_follower": int(common.of(1).sum()),
        **{f"same_models_{k}": v for k, v in numbers(draws, censored).items()},
        "same_models_converged": fit.converged,
    }


def _summary(
    own: Sequence[_Lag], pools: Mapping[float, Pooled | None], days: str
) -> list[dict[str, Any]]:
    """The pooled lag by each prior scale of the spread, the first of which is the one in use."""
    counts = {role: sum(one.role == role for one in own) for role in (POINT, BOUND, LEFT_OUT)}
    rows = []
    for k, (scale, found) in enumerate(pools.items()):
        about = {
            "lag": own[0].kind,
            "days": days,
            "prior_spread": scale,
            "in_use": k == 0,
            "measures": counts[POINT],
            "bounds": counts[BOUND],
            "left_out": counts[LEFT_OUT],
            "converged": all(one.converged for one in own if one.role != LEFT_OUT),
        }
        if found is None:
            rows.append(about | {"quantity": CENTRE, "note": "fewer than two measures with a lag"})
            continue
        for quantity, draws in (
            (CENTRE, found.centre),
            (BETWEEN, found.spread),
            (ANOTHER, found.another),
        ):
            s = asdict(summarize(_labelled(draws)))
            s.pop("undefined")
            rows.append(about | {"quantity": quantity, **s, "note": ""})
    return rows


def _check(prepared: Sequence[Prepared]) -> None:
    if len(prepared) < 2:
        raise SpecError(f"{len(prepared)} measure(s) given: a spread needs at least two tables")
    first = prepared[0].releases.comparison
    for one in prepared[1:]:
        if one.releases.comparison != first:
            raise SpecError(
                f"{one.table.name} compares {one.releases.comparison.name} and "
                f"{prepared[0].table.name} {first.name}: give the same two groups"
            )
        if one.table.dates != prepared[0].table.dates:
            raise SpecError(
                f"{one.table.name} has its dates by {one.table.dates} and {prepared[0].table.name} "
                f"by {prepared[0].table.dates}: read both by one convention"
            )
    for one in prepared:
        if one.reads != "scores":
            raise SpecError(
                f"{one.table.name} comes with {one.reads}; measures are compared from scores alone"
            )
    digests = [one.table.sha256 for one in prepared]
    twice = sorted({p.table.name for p in prepared if digests.count(p.table.sha256) > 1})
    if twice:
        raise SpecError(f"given twice: {', '.join(twice)}; each measure counts once")


def _named(prepared: Sequence[Prepared]) -> list[Prepared]:
    """The same, measures of one name told apart by their tables."""
    names = [one.table.metric.name for one in prepared]
    out = []
    for one, name in zip(prepared, names, strict=True):
        if names.count(name) > 1:
            metric = replace(one.table.metric, name=f"{name}, {one.table.name}")
            one = replace(
                one,
                table=replace(one.table, metric=metric),
                releases=replace(one.releases, metric=metric),
            )
        out.append(one)
    return out


def _shared(measures: Sequence[Measure], since: date | None = None) -> Window | None:
    """The days that all of these can speak for; None if there is none and none was asked for."""
    latest = max(measures, key=lambda one: one.prepared.window.since)
    earliest = min(measures, key=lambda one: one.prepared.window.as_of)
    start, end = latest.prepared.window.since, earliest.prepared.window.as_of
    if since is not None and since < start:
        raise SpecError(
            f"the days would start on {since}, but both groups of {latest.table} have a second "
            f"record only from {start} on; give --since {start} or later"
        )
    if since is not None and since > end:
        raise SpecError(
            f"the days would start on {since}, after {end}, the last day of {earliest.table}"
        )
    return Window(since or start, end) if (since or start) <= end else None


def _labelled(values: np.ndarray) -> xr.DataArray:
    """Independent draws as chains of one length, which summaries want."""
    return xr.DataArray(values.reshape(4, -1), dims=SAMPLE_DIMS)
