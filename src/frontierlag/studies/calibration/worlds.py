"""Worlds of known truth: what a calibration simulates, declared one small object a world.

A world is a true frontier for each of two groups, releases below it, and scores measured with
error. The base world meets every assumption of the stochastic frontier; each of the others breaks
one of them and keeps the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Literal

import numpy as np

from frontierlag.dates import DAYS_PER_YEAR, Window, day_number, years_after
from frontierlag.frontiers.stochastic import two_piece_noise
from frontierlag.names import EPOCH, FOLLOWER, LEADER
from frontierlag.scores import Metric, Releases, default_window_start, records
from frontierlag.scores.groups import US_CHINA
from frontierlag.scores.metric import ECI
from frontierlag.scores.releases import FEWEST_RECORDS, Z90
from frontierlag.trends import Broken, Linear, Trend

Shortfall = Literal["exponential", "lomax"]

AS_OF = date(2026, 8, 11)
MONTHS_PER_YEAR = 12


@dataclass(frozen=True)
class Ladder:
    """How makers release: a flagship, a small model beside it, a better version later.

    Every model of one generation shares the flagship's distance from the trend, so that distances
    are correlated within a maker, as no model of this package says.

    Attributes
    ----------
    makers
        How many each group has; each release is equally likely to be of any of its group's.
    spread
        Standard deviation over makers of the logarithm of the mean shortfall of a flagship.
    small
        Probability that a small model comes on the flagship's day, and how far it lies below the
        flagship on average, points (exponential).
    refresh
        Probability that a better version comes, and after how many days (uniform). It is as far
        from the trend of its day as the flagship was from that of its own.
    """

    makers: tuple[int, int] = (5, 4)
    spread: float = 0.8
    small: tuple[float, float] = (0.4, 6.0)
    refresh: tuple[float, tuple[int, int]] = (0.4, (45, 150))


@dataclass(frozen=True)
class Design:
    """What is drawn, and from what, to make one world.

    Attributes
    ----------
    name, breaks
        The world's name and the assumption that it breaks, in words.
    releases
        How many the leader and the follower make, at uniform times.
    years
        How long before :data:`AS_OF` the table begins.
    level
        The leader's trend in the middle of that time, score points.
    slope
        Mean and standard deviation of each group's slope, points a year.
    lag
        Range of the follower's trend lag in the middle, months, drawn uniformly.
    scatter
        Range of each group's symmetric scatter, points, drawn uniformly.
    shortfall
        Mean shortfall below the frontier, points.
    fading
        Mean shortfall of the follower in the first and in the second half of the time, in place of
        ``shortfall``; None if it does not change.
    ladder
        How makers release; None if every release is by itself.
    shortfall_shape
        ``exponential``, or ``lomax``: a Pareto tail with exponent 3 and the same mean, whose
        variance is three times as large and whose skewness is infinite.
    error
        Median standard error in the middle, points.
    error_trend, error_spread
        Change of its logarithm a year, and the standard deviation of the logarithm around that
        (in Epoch's tables -0.5 to -0.7 and 0.42).
    correlated
        Whether errors stretch together away from the pins of the scale, as those of the ECI do.
    skew
        Lower arm of an interval over its upper arm; the errors follow the arms.
    break_after
        Share of the time after which slopes change, and the factor by which, of both groups or of
        leader and follower; None for none.
    date_error
        Each published date is off by up to this many months, uniformly; it stays within the table.
    """

    name: str
    breaks: str
    releases: tuple[int, int] = (60, 30)
    years: float = 2.6
    level: float = 140.0
    slope: tuple[float, float] = (14.0, 1.0)
    lag: tuple[float, float] = (3.0, 11.0)
    scatter: tuple[float, float] = (0.5, 2.0)
    shortfall: float = 8.0
    fading: tuple[float, float] | None = None
    ladder: Ladder | None = None
    shortfall_shape: Shortfall = "exponential"
    error: float = 2.3
    error_trend: float = -0.5
    error_spread: float = 0.4
    correlated: bool = False
    skew: float = 1.0
    break_after: tuple[float, float | tuple[float, float]] | None = None
    date_error: float = 0.0


BASE = Design("base", "nothing")
DESIGNS: dict[str, Design] = {
    design.name: design
    for design in (
        BASE,
        Design("heavy-tail", "shortfall is exponential", shortfall_shape="lomax"),
        Design("correlated", "measurement errors are independent", correlated=True),
        Design("slope-break", "the trend is a straight line", break_after=(0.5, 2.0)),
        Design("wrong-dates", "release dates are right", date_error=4.0),
        Design("skewed", "intervals are symmetric", skew=2.5),
        # As open weights are in the newest index: as many as the leader's, and in 2023 and 2024
        # many small ones, which have hardly been scored since.
        Design(
            "fading-shortfall",
            "shortfall is as large late as early",
            releases=(110, 110),
            years=3.45,
            shortfall=5.0,
            fading=(12.5, 3.5),
        ),
        Design(
            "ladders",
            "releases are independent, and makers fall short alike",
            releases=(80, 40),
            shortfall=5.0,
            ladder=Ladder(),
        ),
        Design(
            "overtaking",
            "the trend is a straight line, and the leader leads",
            lag=(-4.0, -1.0),
            break_after=(0.5, (1.0, 0.6)),
        ),
    )
}


@dataclass(frozen=True)
class World:
    """One simulated world: the table that an analyst sees, and the truth behind it.

    Attributes
    ----------
    design
        What it was drawn from.
    releases
        The published table.
    capability, day
        True capability and true release day of each row of ``releases``, shape ``(n,)``.
    trend, parameters
        The true trend and its parameters, shape ``(2,)`` each, at ``reference``; with the
        constants that the trend reads.
    scatter
        Each group's scatter, shape ``(2,)``.
    reference
        The middle of the table's time.
    domains
        Where benchmarks are of domains, by the name of each: true abilities in it, of the releases,
        and the parameters of the trend in it.
    effects
        True values of parameters that only some models have, by name.
    """

    design: Design
    releases: Releases
    capability: np.ndarray
    day: np.ndarray
    trend: Trend
    parameters: dict[str, np.ndarray]
    scatter: np.ndarray
    reference: date
    domains: dict[str, tuple[np.ndarray, dict[str, np.ndarray]]] = field(default_factory=dict)
    effects: dict[str, float] = field(default_factory=dict)

    @cached_property
    def window(self) -> Window:
        """The default window of the published table: days over which all compute lags."""
        return Window(default_window_start(self.releases), self.releases.as_of)


def make_world(design: Design, rng: np.random.Generator) -> World:
    """Draw a world; again, from the same stream, if its table has too few records to compare.

    All randomness comes from ``rng``: the same state gives the same world.
    """
    while True:
        world = _draw(design, rng)
        found = records(world.releases)
        counts = np.bincount(world.releases.group[found], minlength=2)
        if counts.min() >= FEWEST_RECORDS:
            return world


def _draw(design: Design, rng: np.random.Generator) -> World:
    last = day_number(AS_OF)
    span = round(design.years * DAYS_PER_YEAR)
    reference = AS_OF - timedelta(days=span // 2)
    group = np.repeat([LEADER, FOLLOWER], design.releases)
    day = rng.integers(last - span, last, size=len(group), endpoint=True)
    made = None if design.ladder is None else _climbed(design.ladder, rng, group, day, last)
    if made is not None:
        day = made.day
    trend, p = _trend(design, rng, reference, last - span, span)
    scatter = rng.uniform(*design.scatter, size=2)
    frontier = trend.value(p, years_after(day, reference), group, np)
    v = rng.normal(size=len(group)) * scatter[group]
    away = v - _shortfall(design, rng, group, day > last - span / 2)
    if made is not None:
        away = made.away(design, v, rng)
    capability = frontier + away
    stderr_low, stderr_high, noise = _errors(design, rng, capability, years_after(day, reference))
    off = rng.uniform(-1, 1, size=len(group)) * design.date_error / MONTHS_PER_YEAR * DAYS_PER_YEAR
    published = np.clip(day + np.rint(off).astype(np.int64), last - span, last)
    makers = None if made is None else np.array([f"maker {k}" for k in made.maker])
    score = capability + noise
    releases, order = table_of(design, published, group, score, stderr_low, stderr_high, makers)
    return World(design, releases, capability[order], day[order], trend, p, scatter, reference)


def _trend(
    design: Design, rng: np.random.Generator, reference: date, first: int, span: int
) -> tuple[Trend, dict[str, np.ndarray]]:
    """True trend: the follower reaches the leader's level of the middle a drawn lag later."""
    slope = np.maximum(rng.normal(*design.slope, size=2), 1.0)
    lag = rng.uniform(*design.lag) / MONTHS_PER_YEAR
    share, factors = design.break_after or (0.5, 1.0)
    factor = np.asarray(factors)
    when = date(1970, 1, 1) + timedelta(days=first + round(share * span))
    # The drawn slope is the mean over the whole time.
    before = slope / (share + (1 - share) * factor)
    after = factor * before
    epoch = np.asarray(1970 + day_number(reference) / DAYS_PER_YEAR)
    p = {"level": np.zeros(2), "slope": before, "slope_after": after, EPOCH: epoch}
    trend = Broken(earliest=when, latest=when)

    def rise(t: float, group: int) -> float:
        """Trend with level 0 at the break."""
        return float(trend.value(p, np.array([t]), np.array([group]), np)[0])

    leader = design.level - rise(0, LEADER)
    follower = leader + rise(-lag, LEADER) - rise(0, FOLLOWER)
    if design.break_after is not None:
        return trend, p | {"level": np.array([leader, follower])}
    at_middle = np.array([leader + rise(0, LEADER), follower + rise(0, FOLLOWER)])
    return Linear(), {"level": at_middle, "slope": slope}


@dataclass(frozen=True)
class _Climbed:
    """Releases on ladders: day, maker, first release of the same generation, points below it."""

    day: np.ndarray
    maker: np.ndarray
    flagship: np.ndarray
    below: np.ndarray

    def away(self, design: Design, v: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Distance of each release from its trend, given the scatter of each generation."""
        assert design.ladder is not None  # or there were no ladders
        effect = design.ladder.spread * rng.normal(size=self.maker.max() + 1)
        u = design.shortfall * np.exp(effect[self.maker]) * rng.exponential(size=len(v))
        return (v - u)[self.flagship] - self.below


def _climbed(
    ladder: Ladder, rng: np.random.Generator, group: np.ndarray, start: np.ndarray, last: int
) -> _Climbed:
    """Turn releases that come by themselves, on days ``start``, into generations of makers."""
    n = len(group)
    day, maker, flagship, below = start.copy(), np.zeros(n, dtype=int), np.arange(n), np.zeros(n)
    small, mean = ladder.small
    refresh, wait = ladder.refresh
    for g, count in enumerate(ladder.makers):
        own = list(np.flatnonzero(group == g))
        while own:
            first = own.pop(0)
            maker[first] = g * ladder.makers[0] + rng.integers(count)
            later = int(day[first] + rng.integers(*wait, endpoint=True))
            siblings = (
                (rng.random() < small, int(day[first]), rng.exponential(mean)),
                (rng.random() < refresh and later <= last, later, 0.0),
            )
            for comes, when, short in siblings:
                if comes and own:
                    i = own.pop(0)
                    day[i], maker[i], flagship[i], below[i] = when, maker[first], first, short
    return _Climbed(day, maker, flagship, below)


def _shortfall(
    design: Design, rng: np.random.Generator, group: np.ndarray, late: np.ndarray
) -> np.ndarray:
    mean = np.full(len(group), design.shortfall)
    if design.fading is not None:
        mean = np.where(group == FOLLOWER, np.where(late, *design.fading[::-1]), mean)
    if design.shortfall_shape == "exponential":
        return mean * rng.exponential(size=len(group))
    # Lomax with exponent 3 and scale s has mean s / 2.
    return rng.pareto(3.0, size=len(group)) * 2 * mean


def _errors(
    design: Design, rng: np.random.Generator, capability: np.ndarray, years: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lower and upper arm of each interval as standard deviations, and the error itself."""
    log_error = np.log(design.error) + design.error_trend * years
    stderr = np.exp(log_error + design.error_spread * rng.normal(size=len(years)))
    if design.correlated:
        z = _stretched(capability, rng.normal(size=len(years)), rng)
        return stderr, stderr, stderr * z
    return arms_and_error(rng, stderr, design.skew)


def arms_and_error(
    rng: np.random.Generator, stderr: np.ndarray, skew: float = 1.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Arms of the ratio ``skew`` (lower over upper) and the mean ``stderr``; and the error."""
    upper = 2 * stderr / (1 + skew)
    lower = skew * upper
    if skew == 1.0:
        return lower, upper, stderr * rng.normal(size=len(stderr))
    # A long lower arm says that the capability may lie far below the score: the score is high.
    return lower, upper, two_piece_noise(rng, upper, lower, (len(stderr),))


# Correlation of errors of two models below 130 points, above 150, and one of each, and the scores
# between which each factor fades out.
BELOW, ABOVE, ACROSS = 0.7, 0.5, -0.3
PINS = (130.0, 150.0)


def _stretched(capability: np.ndarray, z: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Standard normal errors that share a factor below the lower pin and one above the upper.

    The factors fade out linearly towards the middle between the pins, where errors are
    independent. Each error's variance stays 1.
    """
    across = ACROSS / np.sqrt(BELOW * ABOVE)
    low = rng.normal()
    high = across * low + np.sqrt(1 - across**2) * rng.normal()
    half = (PINS[1] - PINS[0]) / 2
    middle = sum(PINS) / 2
    on_low = np.sqrt(BELOW) * np.clip((middle - capability) / half, 0, 1)
    on_high = np.sqrt(ABOVE) * np.clip((capability - middle) / half, 0, 1)
    own = np.sqrt(1 - on_low**2 - on_high**2)
    return on_low * low + on_high * high + own * z


def table_of(
    design: Design,
    day: np.ndarray,
    group: np.ndarray,
    score: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    organization: np.ndarray | None = None,
    metric: Metric = ECI,
) -> tuple[Releases, np.ndarray]:
    """The published table, and the order in which it lists the releases."""
    if organization is None:
        organization = np.full(len(day), "simulated")
    model = np.array([f"model {i:03d}" for i in range(len(day))])
    order = np.lexsort((model, score, day))
    releases = Releases(
        comparison=US_CHINA,
        metric=metric,
        as_of=AS_OF,
        table=f"simulated-{design.name}",
        model=model[order],
        organization=organization[order],
        day=day[order],
        group=group[order],
        score=score[order],
        stderr=((lower + upper) / 2)[order],
        stderr_low=lower[order],
        stderr_high=upper[order],
        low=(score - Z90 * lower)[order],
        high=(score + Z90 * upper)[order],
    )
    return releases, order
