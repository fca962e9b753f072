"""The other ways to construct the index, as small declared objects, and what each leaves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from frontierlag.errors import ScoresError
from frontierlag.scores import ScoreTable
from frontierlag.scores.item_results import MeasuredReleases, ResultTable, screened
from frontierlag.scores.item_results.known import (
    BY_VENDOR,
    NOT_STATED,
    UNCLEAR,
    of_kind,
    reporter_of,
    self_reported,
)
from frontierlag.scores.releases import FEWEST_RELEASES

BASE, BENCHMARKS, SOURCES, VENDOR, DATED = "base", "benchmark", "source", "vendor", "dated"
# A source of fewer results than this is not left out by itself.
FEWEST_RESULTS = 10
# From which dates on benchmarks are kept by default.
SINCE = (date(2023, 1, 1), date(2024, 1, 1), date(2025, 1, 1))

LeaveOut = Literal["benchmarks", "sources"]
VendorChoice = Literal["without", "only"]


@dataclass(frozen=True, eq=False)
class Construction:
    """Another way to construct the index.

    ``kind`` is the question that it belongs to, ``words`` say what is done, and ``dropped`` which
    results do not count, shape ``(result,)``.
    """

    name: str
    kind: str
    words: str
    dropped: np.ndarray = field(repr=False)


@dataclass(frozen=True)
class Choice:
    """Which constructions are wanted; nothing chosen is all of them.

    One benchmark or source left out at a time; without the results that vendors report, or with
    these alone; without benchmarks older than these dates.
    """

    leave_out: tuple[LeaveOut, ...] = ()
    vendor: VendorChoice | None = None
    since: tuple[date, ...] = ()

    @property
    def everything(self) -> bool:
        """Whether nothing was chosen, so that all are run."""
        return not (self.leave_out or self.vendor or self.since)

    @property
    def slug(self) -> str:
        """Suffix of a folder with only a part of the constructions."""
        words: list[str] = [*self.leave_out]
        words += [f"vendor-{self.vendor}"] if self.vendor else []
        words += [f"since-{day}" for day in self.since]
        return "-".join(words)


def constructions(
    releases: MeasuredReleases, results: ResultTable, scores: ScoreTable, choice: Choice
) -> list[Construction]:
    """List the constructions: the main one first, then those that were chosen.

    The table of results is for the dates of benchmarks, that of scores for the makers of models.
    """
    everything = choice.everything
    nothing = np.zeros(len(releases.responses.score), dtype=bool)
    found = [Construction("all results", BASE, "every usable result", nothing)]
    if everything or "benchmarks" in choice.leave_out:
        found += without_each_benchmark(releases)
    if everything or "sources" in choice.leave_out:
        found += without_each_source(releases)
    if everything or choice.vendor == "without":
        found += without_vendors(releases, scores)
    if everything or choice.vendor == "only":
        found.append(vendors_only(releases))
    for day in SINCE if everything else choice.since:
        found.append(benchmarks_since(releases, results, day))
    return found


def without_each_benchmark(releases: MeasuredReleases) -> Iterator[Construction]:
    """Leave out each benchmark by itself."""
    r = releases.responses
    for j, name in enumerate(r.benchmarks.tolist()):
        yield Construction(f"without {name}", BENCHMARKS, f"{name} left out", r.benchmark == j)


def without_each_source(
    releases: MeasuredReleases, fewest: int = FEWEST_RESULTS
) -> Iterator[Construction]:
    """Leave out whatever each source of at least so many results reported, most results first."""
    who = pd.Series([reporter_of(str(s)).reporter for s in releases.responses.source])
    for name, count in who.value_counts().items():
        if count >= fewest:
            words = (
                "results whose source the table does not state, left out"
                if name == NOT_STATED
                else f"what {name} reported, left out"
            )
            called = "unstated sources" if name == NOT_STATED else name
            yield Construction(f"without {called}", SOURCES, words, (who == name).to_numpy())


def without_vendors(releases: MeasuredReleases, scores: ScoreTable) -> Iterator[Construction]:
    """Leave out what vendors reported: of their own models, of all, and what might be theirs."""
    r = releases.responses
    made_by = dict(zip(scores.frame["model"], scores.frame["organization"], strict=True))
    models = np.concatenate([releases.model, r.others])[r.model]
    makers = np.array([str(made_by.get(name, "")) for name in models.tolist()])
    yield Construction(
        "without self-reported results",
        VENDOR,
        "what a maker reported of its own models, left out",
        self_reported(r.source, makers),
    )
    yield Construction(
        "without vendor-reported results",
        VENDOR,
        "what makers of models reported, of their own models and of rivals', left out",
        of_kind(r.source, BY_VENDOR),
    )
    yield Construction(
        "stated and not by vendors",
        VENDOR,
        "only results whose stated source ran the benchmark and makes no models",
        of_kind(r.source, BY_VENDOR, NOT_STATED, UNCLEAR),
    )


def vendors_only(releases: MeasuredReleases) -> Construction:
    """Only what vendors reported."""
    dropped = ~of_kind(releases.responses.source, BY_VENDOR)
    words = "only what makers of models reported"
    return Construction("vendor-reported results only", BY_VENDOR, words, dropped)


def benchmarks_since(releases: MeasuredReleases, results: ResultTable, day: date) -> Construction:
    """Leave out benchmarks that are known to be older than a date."""
    first = results.frame.groupby("benchmark")["benchmark_released"].min()
    released = first.reindex(releases.responses.benchmarks)
    old = (released < pd.Timestamp(day)).to_numpy(dtype=bool)
    undated = int(released.isna().sum())
    words = (
        f"{int(old.sum())} benchmarks released before {day} left out; {undated} without a date stay"
    )
    return Construction(f"benchmarks since {day}", DATED, words, old[releases.responses.benchmark])


@dataclass(frozen=True, eq=False)
class Reduced:
    """What is left of the data.

    ``releases`` are all releases, with weight 0 for the results that do not count: so the compiled
    model serves again, and a release, model or benchmark without results integrates to 1.
    ``measured`` says which of them still have usable results, shape ``(release,)``. The others are
    not in the groups: they count neither for the best available nor as releases.
    """

    releases: MeasuredReleases
    measured: np.ndarray
    results: int
    benchmarks: int

    @property
    def lost(self) -> tuple[str, ...]:
        """Releases that have no usable result left."""
        return tuple(self.releases.model[~self.measured].tolist())

    @property
    def digest(self) -> str:
        """Which results count, in a few letters."""
        weight = self.releases.responses.weight.astype(float).tobytes()
        return hashlib.sha256(weight).hexdigest()[:16]


def reduced(releases: MeasuredReleases, dropped: np.ndarray) -> Reduced:
    """Leave results out, by the rules by which a table of what remains would be screened.

    ``dropped`` says which results do not count, shape ``(result,)``.

    Raises
    ------
    ScoresError
        If a model that pins the scale has too few results left, the two share no benchmark any
        more, or too few releases of a group keep results.
    """
    r = releases.responses
    models = np.concatenate([releases.model, r.others])
    frame = pd.DataFrame(
        {
            "at": np.arange(len(r.score)),
            "model": models[r.model],
            "benchmark": r.benchmarks[r.benchmark],
        }
    )
    frame = frame[~dropped & (r.weight > 0)].reset_index(drop=True)
    kept, _ = screened(frame, tuple(str(models[index]) for index, _ in r.pins))
    out = np.ones(len(r.score), dtype=bool)
    out[kept["at"].to_numpy()] = False
    measured = np.isin(releases.model, kept["model"].to_numpy(dtype=str))
    for group, name in enumerate(releases.group_names):
        left = int(np.sum(measured & releases.of(group)))
        if left < FEWEST_RELEASES:
            raise ScoresError(
                f"{left} releases of {name} keep usable results; at least {FEWEST_RELEASES} are "
                "needed to compare the groups"
            )
    return Reduced(
        releases=replace(releases, responses=r.without(out)),
        measured=measured,
        results=len(kept),
        benchmarks=kept["benchmark"].nunique(),
    )
