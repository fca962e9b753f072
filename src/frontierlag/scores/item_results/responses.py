"""Benchmark results joined with the releases of a comparison: what a joint model is fitted to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy.linalg import helmert

from frontierlag.errors import ScoresError
from frontierlag.names import BENCHMARK, DOMAIN, OTHER, RESULT
from frontierlag.scores import LeftOut, Releases, joined_credit
from frontierlag.scores.groups import members
from frontierlag.scores.item_results.known import self_reported
from frontierlag.scores.item_results.table import Excluded, ResultTable, screened
from frontierlag.scores.reading.report import listed
from frontierlag.scores.releases import subset

# Steps of the crude solution that chains start from, and what keeps it finite.
_STEPS = 30
_EDGE = 0.02
_RIDGE = 1.0
# Arrays of `Responses` by their names in a stored dataset, with their dim; and what it tells.
_STORED = {
    "result_score": ("score", RESULT),
    "result_model": ("model", RESULT),
    "result_benchmark": ("benchmark", RESULT),
    "result_source": ("source", RESULT),
    "result_weight": ("weight", RESULT),
    "chance": ("chance", BENCHMARK),
    "ceiling": ("ceiling", BENCHMARK),
}
_TOLD = ("models", "table", "sha256", "attribution")


@dataclass(frozen=True)
class Start:
    """A crude solution on a scale of its own: weighted mean 0, weighted variance 1.

    Capability and weight (share of the results) are ``(model,)``. Of each benchmark the log odds
    are intercept + discrimination (capability - centre), ``(benchmark,)``, with the centre the
    mean capability of the models given it.
    """

    capability: np.ndarray
    discrimination: np.ndarray
    intercept: np.ndarray
    centre: np.ndarray
    weight: np.ndarray


def start(
    model: np.ndarray,
    benchmark: np.ndarray,
    fraction: np.ndarray,
    models: int,
    benchmarks: int,
) -> Start:
    """Alternate weighted least squares on log odds: benchmarks given models, models given those.

    Model and benchmark are indices of each result, the fraction its score between chance level (0)
    and ceiling (1), all ``(result,)``. The solution after a fixed number of steps enters no
    posterior: it only says where chains start and which coordinates they move in.
    """
    p = np.clip(fraction, _EDGE, 1 - _EDGE)
    y, w = np.log(p / (1 - p)), 4 * p * (1 - p)

    def total(index: np.ndarray, values: np.ndarray, n: int) -> np.ndarray:
        return np.bincount(index, values, n)

    c = np.zeros(models)
    a, b = np.ones(benchmarks), total(benchmark, w * y, benchmarks)
    b /= total(benchmark, w, benchmarks) + 1e-3
    for _ in range(_STEPS):
        residual = total(model, w * a[benchmark] * (y - b[benchmark]), models)
        c = residual / (total(model, w * a[benchmark] ** 2, models) + 0.05)
        c = (c - c.mean()) / max(c.std(), 1e-6)
        x = c[model]
        n, s = total(benchmark, w, benchmarks) + 1e-3, total(benchmark, w * x, benchmarks)
        ss = total(benchmark, w * x**2, benchmarks) + _RIDGE
        t, st = total(benchmark, w * y, benchmarks), total(benchmark, w * x * y, benchmarks)
        a = np.clip((n * (st + _RIDGE) - s * t) / (n * ss - s**2), 0.2, 5.0)
        b = (t - a * s) / n
    weight = np.bincount(model, minlength=models) / len(model)
    mean = float(weight @ c)
    spread = float(np.sqrt(weight @ (c - mean) ** 2))
    b, a, c = b + a * mean, a * spread, (c - mean) / spread
    count = np.maximum(np.bincount(benchmark, minlength=benchmarks), 1)
    centre = total(benchmark, c[model], benchmarks) / count
    return Start(c, a, b + a * centre, centre, weight)


@dataclass(frozen=True, eq=False)
class Responses:
    """Results of the releases of two groups and of other models, by index.

    Models are numbered with the releases first, in their order, then the others by name.

    Attributes
    ----------
    others
        Models of neither group, shape ``(other,)``: they still inform the benchmarks.
    benchmarks
        Names, shape ``(benchmark,)``.
    chance, ceiling
        Bounds of each benchmark's scores, shape ``(benchmark,)``.
    model, benchmark
        Index of each result's model and benchmark, shape ``(result,)``.
    score
        From 0 to 1, shape ``(result,)``.
    source
        Who reported each result, shape ``(result,)``.
    weight
        1 for a result that counts, 0 for one that is left out of this fit, shape ``(result,)``.
    pins
        Index of the two models whose scores define the scale, and those scores.
    table, sha256, attribution
        Of the table the results come from.
    excluded, notes
        What is not used, and what was done.
    domains, domain_of
        Names of the domains of benchmarks, shape ``(domain,)``, and which each benchmark is of,
        shape ``(benchmark,)``; empty where nobody asked: see :meth:`divided`.
    every_pair
        Whether a model has an ability in every domain, or only in those that it has results in.
    """

    others: np.ndarray
    benchmarks: np.ndarray
    chance: np.ndarray
    ceiling: np.ndarray
    model: np.ndarray
    benchmark: np.ndarray
    score: np.ndarray
    source: np.ndarray
    weight: np.ndarray
    pins: tuple[tuple[int, float], tuple[int, float]]
    models: int
    table: str = ""
    sha256: str = ""
    attribution: str = ""
    excluded: tuple[Excluded, ...] = ()
    notes: tuple[str, ...] = ()
    domains: np.ndarray = field(default_factory=lambda: np.array([], dtype=str))
    domain_of: np.ndarray = field(default_factory=lambda: np.array([], dtype=np.int64))
    every_pair: bool = False

    def divided(self, domains: Mapping[str, str], every_pair: bool = False) -> Responses:
        """The same with a domain for each benchmark, by its name.

        With `every_pair` each model has an ability in every domain. One without a result has its
        prior, so that answers are the same; and how many there are, which the compiled model
        knows, does not depend on which results a table has.

        Raises
        ------
        ScoresError
            If a benchmark has none, or all have one and the same.
        """
        missing = [str(name) for name in self.benchmarks if name not in domains]
        if missing:
            raise ScoresError(
                f"{len(missing)} benchmark(s) of {self.table} have no domain: "
                f"{listed(missing, 10, ' ...')}. "
                "Add a row for each to the table of benchmarks."
            )
        of = [str(domains[str(name)]) for name in self.benchmarks]
        names, index = np.unique(of, return_inverse=True)
        if len(names) < 2:
            raise ScoresError(
                f"all benchmarks of {self.table} are of one domain, {names[0]}: "
                "there is nothing to compare"
            )
        return replace(self, domains=names, domain_of=index.astype(np.int64), every_pair=every_pair)

    @cached_property
    def pairs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Model and domain of each ability in a domain, and which of them each result is of."""
        code = self.model * len(self.domains) + self.domain_of[self.benchmark]
        found, of = np.unique(code, return_inverse=True)
        if self.every_pair:
            found, of = np.arange(self.models * len(self.domains)), code
        model, domain = np.divmod(found, len(self.domains))
        return model, domain, of

    def without(self, dropped: np.ndarray) -> Responses:
        """The same with some results given no weight, a mask of shape ``(result,)``.

        A model or benchmark left without results keeps its place and its prior, which changes
        nothing else: with nothing observed it integrates to 1.
        """
        return replace(self, weight=np.where(dropped, 0.0, self.weight))

    def dataset(self) -> xr.Dataset:
        """All of it as one labelled dataset, for storage: see :func:`responses_of`."""
        found = xr.Dataset(
            {name: (dim, getattr(self, field)) for name, (field, dim) in _STORED.items()},
            coords={BENCHMARK: self.benchmarks, OTHER: self.others},
        )
        if len(self.domains):
            found = found.assign(domain_of_benchmark=(BENCHMARK, self.domain_of))
            found = found.assign_coords({DOMAIN: self.domains})
        found.attrs = {
            "pins": json.dumps(self.pins),
            **{name: getattr(self, name) for name in _TOLD},
            "excluded": json.dumps([asdict(one) for one in self.excluded]),
            "notes": json.dumps(self.notes),
            **({"every_pair": 1} if self.every_pair else {}),
        }
        return found

    @property
    def results_of(self) -> np.ndarray:
        """How many results that count each model has, shape ``(model,)``."""
        return np.bincount(self.model, self.weight, self.models)

    @cached_property
    def start(self) -> Start:
        """A crude solution to start from."""
        span = self.ceiling - self.chance
        fraction = (self.score - self.chance[self.benchmark]) / span[self.benchmark]
        return start(self.model, self.benchmark, fraction, self.models, len(self.benchmarks))

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        """What enters the model as ``pm.Data``."""
        begin = self.start
        found = {
            "result": self.score,
            "result_model": self.model.astype(np.int64),
            "result_benchmark": self.benchmark.astype(np.int64),
            "result_weight": self.weight,
            "chance": self.chance,
            "ceiling": self.ceiling,
            "pin_index": np.array([index for index, _ in self.pins], dtype=np.int64),
            "pin_score": np.array([score for _, score in self.pins]),
            "start_capability": begin.capability,
            "start_discrimination": begin.discrimination,
            "start_intercept": begin.intercept,
            "centre": begin.centre,
            "share": begin.weight,
        }
        if not len(self.domains):
            return found
        model, domain, of = self.pairs
        # Columns that add up to nothing over the domains, at right angles and of length 1.
        basis = helmert(len(self.domains)).T
        of_domains = {"benchmark_domain": self.domain_of, "result_pair": of, "pair_model": model}
        return of_domains | {"pair_domain": domain, "domain_basis": basis} | found


def responses_of(stored: xr.Dataset) -> Responses:
    """Read back what :meth:`Responses.dataset` gave."""
    (low, high), attrs = json.loads(stored.attrs["pins"]), stored.attrs
    arrays: dict[str, Any] = {
        field: stored[name].to_numpy() for name, (field, _) in _STORED.items()
    }
    found = Responses(
        others=stored[OTHER].to_numpy().astype(str),
        benchmarks=stored[BENCHMARK].to_numpy().astype(str),
        pins=((int(low[0]), float(low[1])), (int(high[0]), float(high[1]))),
        excluded=tuple(Excluded(**one) for one in json.loads(attrs["excluded"])),
        notes=tuple(json.loads(attrs["notes"])),
        **arrays,
        **{name: attrs[name] for name in _TOLD},
    )
    found = replace(found, source=found.source.astype(str), models=int(found.models))
    if DOMAIN not in stored.coords:
        return found
    return replace(
        found,
        domains=stored[DOMAIN].to_numpy().astype(str),
        domain_of=stored["domain_of_benchmark"].to_numpy(),
        every_pair=bool(attrs.get("every_pair", False)),
    )


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class MeasuredReleases(Releases):
    """Releases of two groups together with the benchmark results behind their scores."""

    responses: Responses

    @cached_property
    def vendors(self) -> tuple[np.ndarray, np.ndarray]:
        """Makers that report results of their own models, and which each result is of, or -1.

        Who made a model of neither group is not known here.
        """
        r = self.responses
        makers = np.concatenate([self.organization, np.full(len(r.others), "")])[r.model]
        own = self_reported(r.source, makers)
        names = np.array([(*members(str(cell)), "")[0] for cell in makers])
        found = np.unique(names[own])
        return found, np.where(own, np.searchsorted(found, names), -1)

    @property
    def result_names(self) -> np.ndarray:
        """Model and benchmark of each result, as a label, shape ``(result,)``."""
        r = self.responses
        models = np.concatenate([self.model, r.others])[r.model]
        return np.array(
            [f"{m} on {b}" for m, b in zip(models, r.benchmarks[r.benchmark], strict=True)]
        )


def joined(table: ResultTable, releases: Releases) -> MeasuredReleases:
    """Join results with the releases of a comparison by the as-of date, by model.

    Releases without results are added to what is left out; results of all models are kept.

    Raises
    ------
    ScoresError
        If the metric is not pinned at two models, a pin has no results, or too few releases have
        results.
    """
    anchors = releases.metric.anchors
    if len(anchors) != 2:
        raise ScoresError(
            f"{releases.metric.name} is not defined by two pinned models, so results cannot be "
            "put on its scale; benchmark results go with an ECI score table"
        )
    kept, excluded = screened(table.frame, tuple(name for name, _ in anchors))
    known = set(kept["model"])
    has = np.array([str(name) in known for name in releases.model])
    reason = f"no usable result in {table.name}"
    lost = tuple(LeftOut(0, str(name), reason) for name in releases.model[~has])
    here = _only(releases, has, lost)
    names = [str(name) for name in here.model]
    others = sorted(known - set(names))
    index = {name: i for i, name in enumerate([*names, *others])}
    benchmarks = sorted(set(kept["benchmark"]))
    place = {name: j for j, name in enumerate(benchmarks)}
    bounds = kept.drop_duplicates("benchmark").set_index("benchmark").loc[benchmarks]
    low, high = anchors
    responses = Responses(
        others=np.array(others, dtype=str),
        benchmarks=np.array(benchmarks, dtype=str),
        chance=bounds["chance"].to_numpy(dtype=float),
        ceiling=bounds["ceiling"].to_numpy(dtype=float),
        model=kept["model"].map(index).to_numpy(dtype=np.int64),
        benchmark=kept["benchmark"].map(place).to_numpy(dtype=np.int64),
        score=kept["score"].to_numpy(dtype=float),
        source=kept["source"].to_numpy(dtype=str),
        weight=np.ones(len(kept)),
        pins=((index[low[0]], low[1]), (index[high[0]], high[1])),
        models=len(index),
        table=table.name,
        sha256=table.sha256,
        attribution=table.attribution,
        excluded=excluded,
        notes=(*table.notes, *_mismatches(kept, releases, has, others)),
    )
    columns = {f.name: getattr(here, f.name) for f in fields(Releases)}
    columns["attribution"] = joined_credit(here.attribution, table.attribution)
    return MeasuredReleases(**columns, responses=responses)


def _only(releases: Releases, mask: np.ndarray, lost: tuple[LeftOut, ...]) -> Releases:
    for group, name in enumerate(releases.group_names):
        if int(np.sum(mask & releases.of(group))) < 3:
            raise ScoresError(
                f"fewer than 3 releases of {name} have benchmark results under the same names as "
                f"in {releases.table}; the join is by the model's name, letter for letter"
            )
    return replace(subset(releases, mask), left_out=(*releases.left_out, *lost))


def _mismatches(
    kept: pd.DataFrame, releases: Releases, has: np.ndarray, others: list[str]
) -> list[str]:
    """What the two tables do not share, in words."""
    notes = []
    if not has.all():
        names = ", ".join(releases.model[~has])
        notes.append(f"{(~has).sum()} release(s) have no usable result: {names}.")
    if others:
        notes.append(
            f"{len(others)} model(s) with results are of neither group or not in the score table "
            f"by the as-of date; they inform the benchmarks only: {', '.join(others)}."
        )
    return notes
