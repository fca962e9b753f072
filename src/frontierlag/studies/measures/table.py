"""One lag by several measures: each fitted alone, over the days they share and over its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from frontierlag.analyses.refits import Refit, Task, change_of, labelled, numbers, refit_all
from frontierlag.dates import Window
from frontierlag.errors import SpecError
from frontierlag.intervals import Summary, summarize
from frontierlag.jobs import Prepared
from frontierlag.model import ModelSpec
from frontierlag.names import REALIZED, TREND
from frontierlag.names import WINDOW as WHOLE
from frontierlag.scores import Releases, default_window_start, records
from frontierlag.scores.registry import joined_credit, registry
from frontierlag.scores.releases import FEWEST_RECORDS, FEWEST_RELEASES, subset
from frontierlag.scores.scale import scale_of
from frontierlag.scores.side_by_side import in_both
from frontierlag.settings import MIXTURES, SamplerSettings
from frontierlag.studies.measures.pooling import SPREAD, Pooled, Reported, pooled
from frontierlag.studies.writing import check_start, shared_days
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
    """A comparison by several measures, each compared with the first.

    ``window`` are the days that all share, if any, and ``spread`` is the scale of the half-normal
    prior of the spread between measures, months. Rows of ``lags`` (``measures.csv``) are of a
    measure, kind of lag and days; of ``differences`` of a measure but the first and kind of lag:
    both lags over the days that the two share, their difference, and the first measure's lag if it
    had only the models of both (``same_models_...``, where their names are known); of ``pooled`` of
    a kind of lag, days, prior scale of the spread and quantity; of ``coverage`` of a measure and
    group, what the measure has of it.
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

    ``prepared`` are the same comparison in tables of different measures; ``trend`` is one for all
    of them, by default that of each measure's headline model; ``since`` is the first of the days
    that they share, by default the latest start of their own windows; ``spread`` is the scale of
    the half-normal prior of the spread between measures, months; the others are as for
    :func:`frontierlag.analyses.refits.refit_all`.

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
    asked = [(window, *pairs), *((window, pair) for pair in pairs)]
    windows = [
        tuple(dict.fromkeys(each for each in (one.prepared.window, *over) if each))
        for one, over in zip(measures, asked, strict=True)
    ]
    commons = {
        k: (common, pair)
        for k, (one, pair) in enumerate(zip(others, pairs, strict=True), 1)
        if pair and (common := _common(first, one, pair))
    }
    tasks = [
        Task(k, one.spec, one.spec.observations(one.prepared.releases), windows[k])
        for k, one in enumerate(measures)
    ]
    tasks += [
        Task((SAME_MODELS, k), first.spec, first.spec.observations(common), (pair,))
        for k, (common, pair) in commons.items()
    ]
    found = refit_all(tasks, settings, workers, done)

    def lag(k: int, kind: str, window: Window) -> _Lag:
        draws, censored = found[k].lags[windows[k].index(window)][kind, WHOLE]
        return _Lag(kind, window, draws, censored, found[k])

    lags, summary, differences = [], [], []
    for days in (SAME_DAYS, OWN_WINDOW):
        over = [window if days == SAME_DAYS else one.prepared.window for one in measures]
        for kind in KINDS:
            own = [lag(k, kind, when) for k, when in enumerate(over) if when]
            if own:
                scales = (spread, *(times * spread for times in OTHER_PRIORS))
                pools = {scale: _pool(own, scale, settings.seed) for scale in scales}
                lags += _rows(measures, own, pools[spread], days)
                summary += _summary(own, pools, days)
    for k, pair in enumerate(pairs, 1):
        for kind in KINDS:
            if pair is not None:
                row = _difference(measures[k], lag(k, kind, pair), first, lag(0, kind, pair))
                if k in commons:
                    row |= _of_same_models(found[SAME_MODELS, k], commons[k][0], kind)
                differences.append(row)
    return Measures(
        measures, window, pd.DataFrame(lags), pd.DataFrame(differences), pd.DataFrame(summary),
        _coverage([one.prepared for one in measures], window), spread,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Lag:
    """One lag: draws, share of censored days, its fit, and what it is to the pooled lag."""

    kind: str
    window: Window
    draws: xr.DataArray
    censored: float
    fit: Refit

    @property
    def role(self) -> str:
        if float(self.draws.isnull().mean()) > FEW_UNDEFINED:
            return LEFT_OUT
        return BOUND if mostly_bound(self.kind, self.censored) else POINT

    @property
    def reported(self) -> Reported:
        values = self.draws.to_numpy().ravel()
        return Reported(values[np.isfinite(values)], bound=self.role == BOUND)


def _pool(own: Sequence[_Lag], spread: float, seed: int) -> Pooled | None:
    """The pooled lag, each of its measures in the order of those that are not left out."""
    if sum(one.role == POINT for one in own) < 2:
        return None
    return pooled([one.reported for one in own if one.role != LEFT_OUT], seed, spread)


def _rows(
    measures: Sequence[Measure], own: Sequence[_Lag], together: Pooled | None, days: str
) -> list[dict[str, Any]]:
    rows, at = [], 0
    for one, lag in zip(measures, own, strict=True):
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
            s = _summarized(together.each[:, at])
            row |= {"pooled": s.median, "pooled_lower90": s.lower90, "pooled_upper90": s.upper90,
                    "pooled_mcse_median": s.mcse_median}  # fmt: skip
        at += lag.role != LEFT_OUT
        rows.append(row | {"converged": lag.fit.converged, "note": lag.fit.note})
    return rows


def _difference(one: Measure, lag: _Lag, base: Measure, first: _Lag) -> dict[str, Any]:
    """How much longer than by the first measure; draws of two fits are independent."""
    return {
        "measure": one.name,
        "table": one.table,
        "first": base.name,
        "first_table": base.table,
        "lag": lag.kind,
        "since": lag.window.since.isoformat(),
        "as_of": lag.window.as_of.isoformat(),
        **numbers(lag.draws, lag.censored),
        **{f"first_{k}": v for k, v in numbers(first.draws, first.censored).items()},
        **change_of(lag.draws - first.draws),
        "converged": lag.fit.converged and first.fit.converged,
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


def _of_same_models(fit: Refit, common: Releases, kind: str) -> dict[str, Any]:
    """The first measure's lag if it had only the models of both, over the days of both."""
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
            "converged": all(one.fit.converged for one in own if one.role != LEFT_OUT),
        }
        if found is None:
            rows.append(about | {"quantity": CENTRE, "note": "fewer than two measures with a lag"})
            continue
        of = {CENTRE: found.centre, BETWEEN: found.spread, ANOTHER: found.another}
        for quantity, draws in of.items():
            s = asdict(_summarized(draws))
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
    latest, earliest = shared_days([one.prepared for one in measures])
    start, end = latest.window.since, earliest.window.as_of
    check_start(since, latest, "the days")
    if since is not None and since > end:
        raise SpecError(
            f"the days would start on {since}, after {end}, the last day of {earliest.table.name}"
        )
    return Window(since or start, end) if (since or start) <= end else None


def _summarized(values: np.ndarray) -> Summary:
    """Independent draws as chains of one length, which summaries want."""
    return summarize(labelled(values.reshape(4, -1)))


def _coverage(measures: Sequence[Prepared], window: Window | None) -> pd.DataFrame:
    """What each measure has of each group: releases, records, first and last, the best one.

    Of the releases by the last day that all measures speak for, or by the measure's own last day
    where they share none; ``best_value`` is the best one's score, or the value that was made from.
    """
    rows = []
    for one in measures:
        r = one.releases
        last = window.as_of if window else r.as_of
        here = r.date <= np.datetime64(last, "D")
        record, scale = records(r), scale_of(r.metric)
        for side, group in enumerate(r.group_names):
            own = np.flatnonzero(r.of(side) & here)
            row: dict[str, Any] = {
                "measure": one.table.metric.name, "table": one.table.name, "group": group,
                "by": last.isoformat(), "releases": len(own), "records": int(record[own].sum()),
            }  # fmt: skip
            if window is not None:
                begun = own[r.date[own] >= np.datetime64(window.since, "D")]
                row["records_in_days"] = int(record[begun].sum())
            if len(own):
                best = own[np.argmax(r.score[own])]
                value = scale.told(float(r.score[best])) if scale.changes else _value(r, best)
                row |= {
                    "first_release": str(r.date[own[0]]),
                    "last_release": str(r.date[own[-1]]),
                    "best": str(r.model[best]),
                    "best_released": str(r.date[best]),
                    "best_value": value,
                }
            rows.append(row)
    return pd.DataFrame(rows)


def _value(r: Releases, at: int) -> str:
    score = float(r.score[at])
    return f"{100 * score:.0f} %" if r.metric.unit == "accuracy" else f"{score:.1f}"
