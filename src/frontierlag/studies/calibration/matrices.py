"""Worlds of benchmark matrices: true capabilities, dates and lag, and results on benchmarks.

The groups' releases are those of a world of :mod:`frontierlag.studies.calibration.worlds`; what an
analyst sees of them is a sparse table of results and the index that a publisher makes of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from frontierlag.dates import DAYS_PER_YEAR, day_number, years_after
from frontierlag.frontiers.item_response import FREEDOM
from frontierlag.names import FOLLOWER, LEADER
from frontierlag.scores import records
from frontierlag.scores.item_results import ResultTable, joined
from frontierlag.scores.item_results.known import BY_VENDOR, reporters
from frontierlag.scores.item_results.table import FEWEST
from frontierlag.scores.metric import ECI
from frontierlag.scores.releases import FEWEST_RECORDS, Z90
from frontierlag.studies.calibration.index import publish
from frontierlag.studies.calibration.worlds import (
    AS_OF,
    BASE,
    DESIGNS,
    Design,
    World,
    make_world,
    table_of,
)


@dataclass(frozen=True)
class DomainDesign:
    """By how much abilities in the domains of benchmarks differ from the capability.

    As :class:`frontierlag.frontiers.functioning.JointDomains` says it, with these standard
    deviations over the domains of ``gap`` (follower minus leader, points), ``pace`` (slope of
    both) and ``pace_gap`` (follower's slope minus leader's, points a year), and over models and
    domains of ``own`` (points). Benchmarks fall to the domains in turn, so that sizes are equal.
    """

    domains: int = 5
    gap: float = 3.0
    pace: float = 1.5
    pace_gap: float = 1.5
    own: float = 2.5

    @property
    def names(self) -> list[str]:
        """Names of the domains."""
        return [f"domain {k}" for k in range(self.domains)]


# A maker's name and a source of its own, as the table of sources has them, by group.
_VENDORS = (("OpenAI", "Anthropic", "xAI", "Meta AI"), ("Alibaba", "DeepSeek", "01.AI", "Baichuan"))


@dataclass(frozen=True)
class VendorDesign:
    """By how much results that makers report of their own models are too good, points.

    A share of the results of the two groups' releases is reported by the maker; its bias is
    Normal(``mean``, ``spread``), one for each of four makers a group.
    """

    share: float = 0.15
    mean: float = 2.0
    spread: float = 3.0


@dataclass(frozen=True)
class MatrixDesign:
    """What is drawn, and from what, to make one world of benchmark results.

    Numbers of models, results and benchmarks, and sizes of discriminations and errors, are shaped
    after the results behind the ECI of 2026-08-11. How many releases, other models and benchmarks
    there are is the same in every world, so that one compilation serves all.

    Attributes
    ----------
    name, breaks
        The world's name and the assumption that it breaks, in words.
    groups
        Where releases, dates, capabilities and lag are drawn from.
    others
        Models of neither group. Their capability lies below the follower's frontier at their date
        by an exponential variable of mean ``other_shortfall`` points.
    benchmarks
        How many. Each begins at a uniform time, from ``before`` years before the table to half a
        year before its end, and is given to models released from ``before`` years before its
        beginning until ``life`` years (uniform) after.
    results
        Fewest results a model, and the mean number beyond those (geometric).
    popularity
        Standard deviation of the logarithm of a benchmark's chance to be run.
    ease
        Mean and standard deviation of how far a benchmark's difficulty lies above the leader's
        frontier in the middle of its life, points.
    discrimination
        Median, log odds a point, and standard deviation of the logarithm.
    noise
        Scale of a benchmark's Student-t errors (4 degrees of freedom): median, and standard
        deviation of the logarithm.
    cut_off
        Whether results end at 0 and 1, whatever the error.
    dif
        Standard deviation of what a benchmark favours a group by, points.
    vendors
        None, or how makers report their own models.
    domains
        None, or how the abilities in domains of benchmarks differ from the capability.
    """

    name: str
    breaks: str
    groups: Design
    others: int = 12
    other_shortfall: float = 12.0
    benchmarks: int = 30
    before: float = 0.5
    life: tuple[float, float] = (0.6, 1.8)
    results: tuple[int, float] = (4, 8.0)
    popularity: float = 0.6
    ease: tuple[float, float] = (-8.0, 6.0)
    discrimination: tuple[float, float] = (0.11, 0.5)
    noise: tuple[float, float] = (0.055, 0.5)
    cut_off: bool = True
    dif: float = 0.0
    vendors: VendorDesign | None = None
    domains: DomainDesign | None = None


def _matrices(suffix: str, breaks: str, groups: Design = BASE, **of: Any) -> MatrixDesign:
    name = f"matrices{suffix}"
    return MatrixDesign(name, breaks, replace(groups, name=name), **of)


_BEHIND = "with benchmark results behind the scores"
MATRICES = _matrices("", f"nothing, {_BEHIND}")
MATRIX_DESIGNS: dict[str, MatrixDesign] = {
    design.name: design
    for design in (
        MATRICES,
        *(
            _matrices(f"-{name}", f"{DESIGNS[name].breaks}, {_BEHIND}", DESIGNS[name])
            for name in ("heavy-tail", "slope-break", "wrong-dates")
        ),
        _matrices("-dif", f"benchmarks favour no group, {_BEHIND}", dif=2.0),
        _matrices(
            "-vendors",
            "makers report their own models as others do, with benchmark results",
            vendors=VendorDesign(),
        ),
        _matrices("-domains", f"there is one ability, {_BEHIND}", dif=1.0, domains=DomainDesign()),
    )
}


def make_matrix_world(design: MatrixDesign, rng: np.random.Generator) -> World:
    """Draw a world whose ``releases`` carry their benchmark results and the index made of them.

    Again, from the same stream, if a benchmark has too few models to place it, models are not
    connected through benchmarks, or the index has too few records to compare. All randomness comes
    from ``rng``: the same state gives the same world.
    """
    while True:
        world = make_world(design.groups, rng)
        low, high = _pins(world)
        if world.capability[low] >= world.capability[high]:
            continue
        world = _rescaled(world, low, high)
        found = _with_results(design, rng, world, low, high)
        if found is not None:
            return found


def _reported(
    design: VendorDesign, rng: np.random.Generator, world: World, model: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Maker of each release; source and bias of each result."""
    makers = np.array(_VENDORS)
    group, n = world.releases.group, len(world.releases)
    place = rng.integers(makers.shape[1], size=n)
    bias = rng.normal(design.mean, design.spread, size=makers.shape)
    own = (rng.random(len(model)) < design.share) & (model < n)
    of = np.minimum(model, n - 1)
    named = {r.maker: r.source for r in reporters().values() if r.kind == BY_VENDOR}
    organization = makers[group, place]
    source = np.where(own, np.array([named[name] for name in organization])[of], "simulated")
    return organization, source, np.where(own, bias[group, place][of], 0.0)


def _pins(world: World) -> tuple[int, int]:
    """The leader's models whose capabilities are nearest to the scores that define the scale."""
    lead = np.flatnonzero(world.releases.group == LEADER)
    low, high = (
        int(lead[np.argmin(np.abs(world.capability[lead] - score))]) for _, score in ECI.anchors
    )
    return low, high


def _rescaled(world: World, low: int, high: int) -> World:
    """The same world in points on whose scale two models have exactly the scores of the pins."""
    (_, to_low), (_, to_high) = ECI.anchors
    origin = world.capability[low]
    scale = (to_high - to_low) / (world.capability[high] - origin)
    slopes = {k: scale * v for k, v in world.parameters.items() if k.startswith("slope")}
    level = to_low + scale * (world.parameters["level"] - origin)
    return replace(
        world,
        capability=to_low + scale * (world.capability - origin),
        parameters=world.parameters | slopes | {"level": level},
        scatter=scale * world.scatter,
    )


def _with_results(
    design: MatrixDesign, rng: np.random.Generator, world: World, low: int, high: int
) -> World | None:
    """Add other models, results and the index; None if they do not make a usable table."""
    day, capability = _with_others(design, rng, world)
    lives = _lives(design, rng)
    model, benchmark = _tested(design, rng, day, lives)
    if np.bincount(benchmark, minlength=design.benchmarks).min() < FEWEST:
        return None
    above = rng.normal(*design.ease, size=design.benchmarks)
    difficulty = _frontier(world, (lives[0] + lives[1]) / 2, LEADER) + above
    side = np.concatenate([world.releases.group - 0.5, np.zeros(design.others)])
    ability = capability[model]
    if design.dif:
        dif = np.sqrt(2) * design.dif * rng.normal(size=design.benchmarks)
        ability = ability + side[model] * dif[benchmark]
    abilities: dict[str, tuple[np.ndarray, dict[str, np.ndarray]]] = {}
    if design.domains is not None:
        away, parameters = _domains(design.domains, rng, world, side)
        ability = ability + away[model, benchmark % design.domains.domains]
        n = len(world.day)
        for k, name in enumerate(design.domains.names):
            abilities[name] = capability[:n] + away[:n, k], parameters[k]
    organization, source = world.releases.organization, np.full(len(model), "simulated")
    if design.vendors is not None:
        organization, source, bias = _reported(design.vendors, rng, world, model)
        ability = ability + bias
    score = _scored(design, rng, difficulty, ability, benchmark)
    names = [f"model {i:03d}" for i in range(len(day))]
    for at, (name, _) in zip((low, high), ECI.anchors, strict=True):
        names[at] = name
    frame = pd.DataFrame(
        {
            "row": np.arange(len(score)) + 2,
            "model": np.array(names, dtype=object)[model],
            "benchmark": [f"benchmark {j:02d}" for j in benchmark],
            "source": source.astype(object),
            "benchmark_released": pd.NaT,
            "score": score,
            "chance": 0.0,
            "ceiling": 1.0,
        }
    )
    pins = ((low, ECI.anchors[0][1]), (high, ECI.anchors[1][1]))
    index = publish(model, benchmark, score, pins, rng)
    n = len(world.day)
    lower, upper = (
        np.maximum(arm[:n], 0) / Z90 for arm in (index.score - index.low, index.high - index.score)
    )
    lower[[low, high]] = upper[[low, high]] = 0.0  # they define the scale
    days, group = world.releases.day, world.releases.group
    releases, order = table_of(
        design.groups, days, group, index.score[:n], lower, upper, organization
    )
    releases = replace(releases, model=np.array(names[:n])[order])
    table = ResultTable(
        name=f"simulated-{design.name}", frame=frame, sha256="", layout="own", attribution=""
    )
    measured = joined(table, releases)
    of = measured.responses
    sizes = (len(measured), len(of.others), len(of.benchmarks))
    if sizes != (n, design.others, design.benchmarks):
        return None
    counts = np.bincount(measured.group[records(measured)], minlength=2)
    if counts.min() < FEWEST_RECORDS:
        return None
    if design.domains is not None:
        domains = design.domains.names
        labels = {
            str(name): domains[int(str(name).split()[1]) % len(domains)] for name in of.benchmarks
        }
        measured = replace(measured, responses=of.divided(labels, every_pair=True))
    return replace(
        world,
        releases=measured,
        capability=world.capability[order],
        day=world.day[order],
        domains={name: (own[order], p) for name, (own, p) in abilities.items()},
        effects=_effects(design),
    )


def _effects(design: MatrixDesign) -> dict[str, float]:
    """True sizes of what differs from one capability, by the name of the models' parameter."""
    found = {"dif_spread": design.dif} if design.dif else {}
    if design.vendors is not None:
        found |= {"bias_mean": design.vendors.mean, "bias_spread": design.vendors.spread}
    if design.domains is not None:
        found["own_spread"] = design.domains.own
    return found


def _domains(
    design: DomainDesign, rng: np.random.Generator, world: World, side: np.ndarray
) -> tuple[np.ndarray, list[dict[str, np.ndarray]]]:
    """Ability minus capability of each model in each domain, and the trend of each domain."""

    def drawn(spread: float) -> np.ndarray:
        values = rng.normal(size=design.domains)
        return np.asarray(spread * (values - values.mean()))

    gap, pace, pace_gap = drawn(design.gap), drawn(design.pace), drawn(design.pace_gap)
    years = np.zeros(len(side))
    years[: len(world.day)] = years_after(world.day, world.reference)
    half, t = side[:, None], years[:, None]
    own = design.own * rng.normal(size=(len(side), design.domains))
    away = half * (gap + pace_gap * t) + pace * t + own
    sides = np.array([-0.5, 0.5])
    p = world.parameters
    return away, [
        p
        | {
            "level": p["level"] + sides * gap[k],
            "slope": p["slope"] + pace[k] + sides * pace_gap[k],
        }
        for k in range(design.domains)
    ]


def _with_others(
    design: MatrixDesign, rng: np.random.Generator, world: World
) -> tuple[np.ndarray, np.ndarray]:
    """Days and capabilities of the releases followed by those of the models of neither group."""
    first, last = _span(design)
    day = rng.integers(first, last, size=design.others, endpoint=True)
    below = rng.exponential(design.other_shortfall, size=design.others)
    other = _frontier(world, day, FOLLOWER) - below
    return np.concatenate([world.day, day]), np.concatenate([world.capability, other])


def _tested(
    design: MatrixDesign,
    rng: np.random.Generator,
    day: np.ndarray,
    lives: tuple[np.ndarray, np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """Draw which model was given which benchmark: indices of each result."""
    begins, ends = lives
    weight = np.exp(design.popularity * rng.normal(size=design.benchmarks))
    early = begins - design.before * DAYS_PER_YEAR
    fewest, beyond = design.results
    model, benchmark = [], []
    for i, t in enumerate(day):
        away = np.maximum(np.maximum(early - t, t - ends), 0)
        wanted = fewest + rng.geometric(1 / (1 + beyond)) - 1
        open_to = np.flatnonzero(away == 0)
        if len(open_to) < fewest:
            # Old and new models are also given what is nearest in time.
            open_to = np.argsort(away, kind="stable")[:fewest]
        share = weight[open_to] / weight[open_to].sum()
        chosen = rng.choice(open_to, size=min(wanted, len(open_to)), replace=False, p=share)
        model += [i] * len(chosen)
        benchmark += sorted(chosen.tolist())
    return np.array(model), np.array(benchmark)


def _lives(design: MatrixDesign, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """First and last day of each benchmark's life; the days need not be in the table's time."""
    first, last = _span(design)
    early, late = design.before * DAYS_PER_YEAR, 0.5 * DAYS_PER_YEAR
    begins = rng.uniform(first - early, last - late, size=design.benchmarks)
    return begins, begins + DAYS_PER_YEAR * rng.uniform(*design.life, size=design.benchmarks)


def _scored(
    design: MatrixDesign,
    rng: np.random.Generator,
    difficulty: np.ndarray,
    ability: np.ndarray,
    benchmark: np.ndarray,
) -> np.ndarray:
    """Draw each result: a logistic curve a benchmark, and errors of its own size.

    Where the design says so, what errors would take below 0 or above 1 is reported as 0 or 1.
    """
    discrimination, noise = (
        median * np.exp(spread * rng.normal(size=design.benchmarks))
        for median, spread in (design.discrimination, design.noise)
    )
    odds = discrimination[benchmark] * (ability - difficulty[benchmark])
    error = noise[benchmark] * rng.standard_t(FREEDOM, size=len(ability))
    result = 1 / (1 + np.exp(-odds)) + error
    return np.clip(result, 0, 1) if design.cut_off else result


def _frontier(world: World, day: np.ndarray, group: int) -> np.ndarray:
    """A group's frontier on each day, points."""
    side = np.full(len(day), group)
    found = world.trend.value(world.parameters, years_after(day, world.reference), side, np)
    return np.asarray(found)


def _span(design: MatrixDesign) -> tuple[int, int]:
    """First and last day of the table."""
    last = day_number(AS_OF)
    return last - round(design.groups.years * DAYS_PER_YEAR), last
