"""Two vintages on one window: how much of the change in lag comes from scores, dates, releases.

The change is that from the first vintage's lag to the second's, both over the same days. Three
things differ: the scores of shared models, their dates, and which models there are at all. What
one of them does depends on what the others have already done, so each is credited with its Shapley
value (Shapley 1953): the change it makes when it is replaced, averaged over the six orders in which
the three can be. The values add up to the whole change. They need the lag of all eight mixtures of
the two vintages (:meth:`~frontierlag.scores.side_by_side.SideBySide.mixed`), each a fit of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from functools import cached_property
from itertools import permutations

import numpy as np

from frontierlag.analyses.analysis import Analysis, analyse
from frontierlag.dates import Window, day_number
from frontierlag.intervals import Summary, summarize
from frontierlag.jobs import Job, Prepared
from frontierlag.model import ModelSpec, first_model
from frontierlag.names import CENSORED, PERIOD, REALIZED, SAMPLE_DIMS, TREND, WINDOW
from frontierlag.scores import Releases, releases
from frontierlag.scores.side_by_side import (
    SIDES,
    Side,
    SideBySide,
)
from frontierlag.settings import MIXTURES, SamplerSettings

COMPONENTS = ("scores", "dates", "releases")
KINDS = (TREND, REALIZED)
Corner = tuple[Side, Side, Side]
CORNERS: tuple[Corner, ...] = tuple((s, d, r) for s in SIDES for d in SIDES for r in SIDES)
BEFORE: Corner = ("a", "a", "a")
AFTER: Corner = ("b", "b", "b")


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
    """What one component changes in the posterior mean of a lag, in months.

    Attributes
    ----------
    component
        'scores', 'dates' or 'releases'.
    months
        Its Shapley value.
    mcse
        Monte Carlo standard error of that.
    first, last
        The change when it is replaced before the other two, and after them: the ends of the orders.
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

    Attributes
    ----------
    kind
        'trend' or 'realized'.
    before, after
        Summaries of the window's mean lag, months.
    censored
        Share of the window's days on which it is a bound or extrapolated, before and after.
    parts
        By component.
    total, mcse
        Change of the posterior mean, months, and its Monte Carlo standard error.
    in_sds
        The change in units of the posterior standard deviation (root mean square of the two).
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

    Attributes
    ----------
    pair
        The releases of both.
    window
        The days: from the later of the two windows' starts to the earlier as-of date.
    corners
        The fit of every mixture of scores, dates and releases; mixtures without a difference share
        one. ``corners[AFTER]`` is what the second vintage says as of the end.
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

        def combined(weights: Mapping[Corner, Fraction]) -> tuple[float, float]:
            by_fit = dict.fromkeys(found, Fraction(0))
            for corner, weight in weights.items():
                by_fit[id(self.corners[corner])] += weight
            # A fit whose weights cancel has no part in it, and exactly none.
            used = {key: float(weight) for key, weight in by_fit.items() if weight}
            value = sum(weight * found[key].mean for key, weight in used.items())
            variance = sum((weight * found[key].mcse_mean) ** 2 for key, weight in used.items())
            return float(value), float(np.sqrt(variance))

        one = Fraction(1)

        def step(after: Corner, before: Corner) -> tuple[float, float]:
            return combined({after: one, before: -one})

        parts = []
        for k, (name, weights) in enumerate(shapley_weights().items()):
            months, mcse = combined(weights)
            first, _ = step(_with(BEFORE, k, "b"), BEFORE)
            last, _ = step(AFTER, _with(AFTER, k, "a"))
            parts.append(Part(name, months, mcse, first, last))
        total, mcse = step(AFTER, BEFORE)
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

    Parameters
    ----------
    job_a, job_b
        The two vintages: the same comparison and metric. Both are read as of the earlier of the two
        as-of dates, and the window starts on the later of the two starts.
    settings
        Sampler settings, the same for every fit; by default :data:`~frontierlag.settings.MIXTURES`.
    model
        By default the headline model of the metric.
    cores
        Threads for sampling; changes no number.
    done
        Called with a line after each fit.

    Returns
    -------
    The comparison.

    Raises
    ------
    SpecError, ScoresError
        If the two cannot be set side by side.
    """
    pair, window = side_by_side(job_a, job_b)
    spec = ModelSpec.of(model or first_model(pair.a.metric), pair.a.metric)
    made: list[tuple[Releases, Analysis]] = []
    corners: dict[Corner, Analysis] = {}
    for corner in CORNERS:
        mixed = pair.mixed(*corner)
        found = next((a for r, a in made if _same(r, mixed)), None)
        if found is None:
            levels = np.zeros(0)
            found = analyse(spec, mixed, window, settings or MIXTURES, levels=levels, cores=cores)
            made.append((mixed, found))
        corners[corner] = found
        words = ", ".join(
            f"{name} of {pair.a.table if side == 'a' else pair.b.table}"
            for name, side in zip(COMPONENTS, corner, strict=True)
        )
        done(words)
    return VintageComparison(pair, window, corners)


def side_by_side(job_a: Job, job_b: Job) -> tuple[SideBySide, Window]:
    """Read two vintages and settle the window that both can speak for."""
    given = [job.prepare() for job in (job_a, job_b)]
    end = min(prepared.window.as_of for prepared in given)
    starts = [replace(job, as_of=end).prepare().window.since for job in (job_a, job_b)]
    a, b = (_whole(p, job) for p, job in zip(given, (job_a, job_b), strict=True))
    return SideBySide(a, b, end), Window(max(starts), end)


def _whole(prepared: Prepared, job: Job) -> Releases:
    """All releases of a table up to its own last day, which may be after the job's."""
    comparison = prepared.releases.comparison
    return releases(prepared.table, comparison, prepared.table.as_of, job.efforts)


def _same(one: Releases, other: Releases) -> bool:
    return day_number(one.as_of) == day_number(other.as_of) and all(
        np.array_equal(getattr(one, f.name), getattr(other, f.name))
        for f in fields(one)
        if isinstance(getattr(one, f.name), np.ndarray)
    )
