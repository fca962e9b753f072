"""Two vintages on one window: how much of the change in lag comes from scores, dates, releases.

The change is that from the first vintage's lag to the second's, both over the same days. Three
things differ: the scores of shared models, their dates, and which models there are at all. What
one of them does depends on what the others have already done, so each is credited with its Shapley
value (Shapley 1953): the change it makes when it is replaced, averaged over the six orders in which
the three can be. The values add up to the whole change. They need the lag of all eight mixtures of
the two vintages (:meth:`~frontierlag.scores.side_by_side.SideBySide.mixed`), each a fit of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import permutations
from typing import Any

import numpy as np

from frontierlag.analyses.analysis import Analysis, analyse
from frontierlag.analyses.refits import KINDS
from frontierlag.dates import Window, day_number
from frontierlag.intervals import Summary, summarize
from frontierlag.jobs import Job
from frontierlag.model import ModelSpec, first_model
from frontierlag.names import CENSORED, PERIOD, SAMPLE_DIMS, WINDOW
from frontierlag.scores import Releases, releases
from frontierlag.scores.side_by_side import SIDES, Side, SideBySide
from frontierlag.settings import MIXTURES, SamplerSettings

COMPONENTS = ("scores", "dates", "releases")
Corner = tuple[Side, Side, Side]
CORNERS: tuple[Corner, ...] = tuple((s, d, r) for s in SIDES for d in SIDES for r in SIDES)
BEFORE: Corner = ("a", "a", "a")
AFTER: Corner = ("b", "b", "b")
WHOLE_CHANGE = {AFTER: 1, BEFORE: -1}


def shapley_weights() -> dict[str, dict[Corner, Fraction]]:
    """How much each mixture's value counts in the Shapley value of each component."""
    weights = {name: dict.fromkeys(CORNERS, Fraction(0)) for name in COMPONENTS}
    orders = list(permutations(range(len(COMPONENTS))))
    for order in orders:
        at = BEFORE
        for k in order:
            after = _with(at, k, "b")
            weights[COMPONENTS[k]][at] -= Fraction(1, len(orders))
            weights[COMPONENTS[k]][after] += Fraction(1, len(orders))
            at = after
    return weights


@dataclass(frozen=True)
class Part:
    """What one component ('scores', 'dates' or 'releases') changes in the mean of a lag, in months.

    That is its Shapley value, with its Monte Carlo error, and the change when it is replaced before
    the other two and after them: the ends of the orders.
    """

    component: str
    months: float
    mcse: float
    first: float
    last: float


@dataclass(frozen=True)
class Change:
    """The change of one kind of lag from the first vintage to the second.

    The fits are independent, so draws are not paired: the change is that of posterior means.
    ``before`` and ``after`` summarize the window's mean lag, months, and ``censored`` is the share
    of the window's days on which it is a bound or extrapolated, before and after. ``total`` is the
    change with its Monte Carlo error, and ``in_sds`` the same in units of the posterior standard
    deviation (root mean square of the two).
    """

    kind: str
    before: Summary
    after: Summary
    censored: tuple[float, float]
    parts: tuple[Part, ...]
    total: float
    mcse: float
    in_sds: float


@dataclass(frozen=True)
class VintageComparison:
    """Two vintages of one table on the same window.

    The window goes from the later of the two windows' starts to the earlier as-of date. ``corners``
    are the fits of every mixture of scores, dates and releases; mixtures without a difference share
    one, and ``corners[AFTER]`` is what the second vintage says as of the end.
    """

    pair: SideBySide
    window: Window
    corners: Mapping[Corner, Analysis]

    @property
    def tables(self) -> tuple[str, str]:
        """Names of the two vintages."""
        return self.pair.a.table, self.pair.b.table

    @property
    def model(self) -> str:
        """Name of the model."""
        return self.corners[BEFORE].name

    @cached_property
    def converged(self) -> bool:
        """Whether every one of the fits passed the gate."""
        return all(analysis.convergence.converged for analysis in self._fits)

    @property
    def _fits(self) -> list[Analysis]:
        return list({id(analysis): analysis for analysis in self.corners.values()}.values())

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """The changes of trend lag and of realized lag, and what made them."""
        return tuple(self._change(kind) for kind in KINDS)

    def _change(self, kind: str) -> Change:
        drawn = {id(a): a.measured.lag(kind, WINDOW) for a in self._fits}
        found = {key: summarize(draws) for key, draws in drawn.items()}
        fits = {corner: id(analysis) for corner, analysis in self.corners.items()}
        values = {key: (s.mean, s.mcse_mean) for key, s in found.items()}
        parts = []
        for k, (name, weights) in enumerate(shapley_weights().items()):
            months, mcse = combined(fits, values, weights)
            first, _ = combined(fits, values, {_with(BEFORE, k, "b"): 1, BEFORE: -1})
            last, _ = combined(fits, values, {AFTER: 1, _with(AFTER, k, "a"): -1})
            parts.append(Part(name, months, mcse, first, last))
        total, mcse = combined(fits, values, WHOLE_CHANGE)
        ends = [self.corners[BEFORE], self.corners[AFTER]]
        sds = [float(drawn[id(a)].std(SAMPLE_DIMS)) for a in ends]
        spread = float(np.sqrt(np.mean(np.square(sds))))
        before, after = (
            float(a.measured.lags[kind][CENSORED].sel({PERIOD: WINDOW}).mean()) for a in ends
        )
        return Change(
            kind=kind,
            before=found[id(ends[0])],
            after=found[id(ends[1])],
            censored=(before, after),
            parts=tuple(parts),
            total=total,
            mcse=mcse,
            in_sds=total / spread if spread > 0 else 0.0,
        )

    def verdicts(self) -> dict[str, str]:
        """The convergence verdict of every mixture, by what it takes from the second vintage."""
        words = {}
        for corner, analysis in self.corners.items():
            taken = [name for name, side in zip(COMPONENTS, corner, strict=True) if side == "b"]
            words[", ".join(taken) or "nothing"] = analysis.convergence.verdict()
        return words


def combined(
    fits: Mapping[Corner, Hashable],
    values: Mapping[Any, tuple[float, float]],
    weights: Mapping[Corner, Fraction | int],
) -> tuple[float, float]:
    """A weighted sum over mixtures, and its Monte Carlo error.

    ``fits`` has the key of the fit of every mixture, ``values`` the posterior mean and Monte Carlo
    error of each fit. A fit that several mixtures share counts once, with the sum of their weights:
    where these cancel it has no part in the sum, and exactly none.
    """
    by_fit: dict[Hashable, Fraction] = {}
    for corner, weight in weights.items():
        by_fit[fits[corner]] = by_fit.get(fits[corner], Fraction(0)) + weight
    used = {key: float(weight) for key, weight in by_fit.items() if weight}
    value = sum(weight * values[key][0] for key, weight in used.items())
    variance = sum((weight * values[key][1]) ** 2 for key, weight in used.items())
    return float(value), float(np.sqrt(variance))


def signature(given: Releases) -> Hashable:
    """What a fit reads of releases, so that equal ones have equal fits.

    The last day is not part of it (a table that was published again without a change is the same)
    but for what it cuts off open days: a release in the table came by then.
    """
    high = np.minimum(given.day_high, day_number(given.as_of))
    columns = (
        *(given.day, given.day_low, high, given.group, given.score, given.problems),
        *(given.stderr, given.stderr_low, given.stderr_high),
    )
    return tuple(column.tobytes() for column in columns)


def _with(corner: Corner, k: int, side: Side) -> Corner:
    found = list(corner)
    found[k] = side
    return found[0], found[1], found[2]


def compare_vintages(
    job_a: Job,
    job_b: Job,
    settings: SamplerSettings | None = None,
    model: str | None = None,
    *,
    cores: int | None = None,
    done: Callable[[str], None] = lambda _: None,
) -> VintageComparison:
    """Fit every mixture of two vintages and take the change in lag apart.

    The two are of the same comparison and metric. Both are read as of the earlier of the two as-of
    dates, and the window starts on the later of the two starts. The settings are the same for every
    fit, by default :data:`~frontierlag.settings.MIXTURES`, the model by default the headline model
    of the metric; ``cores`` changes no number.

    Raises
    ------
    SpecError, ScoresError
        If the two cannot be set side by side.
    """
    pair, window = side_by_side(job_a, job_b)
    spec = ModelSpec.of(model or first_model(pair.a.metric), pair.a.metric)
    made: dict[Hashable, Analysis] = {}
    corners: dict[Corner, Analysis] = {}
    for corner in CORNERS:
        mixed = pair.mixed(*corner)
        key = signature(mixed)
        if key not in made:
            chosen, none = settings or MIXTURES, np.zeros(0)
            made[key] = analyse(spec, mixed, window, chosen, levels=none, cores=cores)
        corners[corner] = made[key]
        tables = {"a": pair.a.table, "b": pair.b.table}
        sides = zip(COMPONENTS, corner, strict=True)
        done(", ".join(f"{name} of {tables[side]}" for name, side in sides))
    return VintageComparison(pair, window, corners)


def side_by_side(job_a: Job, job_b: Job) -> tuple[SideBySide, Window]:
    """Read two vintages and settle the window that both can speak for."""
    given = [job.prepare() for job in (job_a, job_b)]
    end = min(prepared.window.as_of for prepared in given)
    starts = [replace(job, as_of=end).prepare().window.since for job in (job_a, job_b)]
    # All releases of a table up to its own last day, which may be after the job's.
    a, b = (
        releases(p.table, p.releases.comparison, p.table.as_of, job.efforts)
        for p, job in zip(given, (job_a, job_b), strict=True)
    )
    return SideBySide(a, b, end), Window(max(starts), end)
