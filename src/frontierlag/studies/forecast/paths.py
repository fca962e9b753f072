"""Simulated futures of the best available capability: one path for each posterior draw.

Each release of a path has the capability that the fitted frontier gives a release of its day: the
draw's trend, carried on beyond the data, plus scatter minus shortfall. The uncertainty of the trend
and of the rate of releases is in the spread between draws, the luck of the releases within them.
Releases are independent of each other, as in the model that was fitted; where it tells makers
apart, each is of the maker of a recent release.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from frontierlag import arrays
from frontierlag.dates import DAYS_PER_MONTH, day_number, years_after
from frontierlag.errors import SpecError
from frontierlag.fits.fitting import Fit
from frontierlag.frontiers import OfAccuracy, Stochastic, frontier
from frontierlag.frontiers.drawn import OfDraws
from frontierlag.frontiers.makers import ByMaker
from frontierlag.frontiers.stochastic import draw_shortfall
from frontierlag.jobs import Prepared
from frontierlag.lags.measure import staircases
from frontierlag.model import ModelSpec, split_name, suits
from frontierlag.names import FOLLOWER, LEADER
from frontierlag.scores import Releases
from frontierlag.studies.forecast.arrivals import RATE_MONTHS, Rate, arrivals, rate_of
from frontierlag.trends.base import of_group

# Sets the forecast's random numbers apart from those of the fit with the same seed.
STREAM = 47


@dataclass(frozen=True)
class Future:
    """One group's releases after the as-of date, one simulated path a draw.

    Attributes
    ----------
    day
        Days since 1970-01-01, shape ``(..., k)``, ascending; infinite where there is no release.
    capability, score
        True capability and published score, score units, same shape; minus infinity where there is
        no release.
    now, now_published
        Best capability available on the as-of date, shape ``(...)``, and best published score.
    rate
        What the releases' rate was drawn from.
    """

    day: np.ndarray
    capability: np.ndarray
    score: np.ndarray
    now: np.ndarray
    now_published: float
    rate: Rate

    @cached_property
    def best(self) -> np.ndarray:
        """Best capability available after each release, shape ``(..., k)``."""
        return np.maximum(np.maximum.accumulate(self.capability, axis=-1), self.now[..., None])

    @cached_property
    def published(self) -> np.ndarray:
        """Best published score after each release, shape ``(..., k)``."""
        return np.maximum(np.maximum.accumulate(self.score, axis=-1), self.now_published)

    def first_above(self, level: np.ndarray) -> np.ndarray:
        """First day on which the best available exceeds a level of each draw; infinite if none."""
        return first_day(self.day, self.best > level[..., None])

    def best_on(self, day: int) -> np.ndarray:
        """Best capability available on a day, shape ``(...)``."""
        return _at(self.day, self.best, self.now, day)

    def published_on(self, day: int) -> np.ndarray:
        """Best published score on a day, shape ``(...)``."""
        return _at(self.day, self.published, np.full(self.now.shape, self.now_published), day)

    def next_record(self) -> tuple[np.ndarray, np.ndarray]:
        """Day and capability of the first release above the present best.

        Infinite and NaN where there is none by the horizon.
        """
        return _first_value(self.day, self.capability, self.capability > self.now[..., None])

    def next_published_record(self) -> tuple[np.ndarray, np.ndarray]:
        """Day and score of the first release published above the present best score."""
        return _first_value(self.day, self.score, self.score > self.now_published)

    def published_records_by(self, day: int) -> np.ndarray:
        """How many days bring a new best published score up to a day, shape ``(...)``."""
        start = np.full((*self.now.shape, 1), self.now_published)
        rises = np.diff(self.published, axis=-1, prepend=start) > 0
        # Of several rises on one day the last is that day's record.
        another = np.zeros_like(rises)
        another[..., :-1] = (self.day[..., 1:] == self.day[..., :-1]) & rises[..., 1:]
        return (rises & ~another & (self.day <= day)).sum(-1)


def forecast_model(item: Prepared) -> str:
    """Name of the model that forecasts unless told otherwise.

    From scores it is the headline model with shortfalls by maker and time, where the table names
    makers: of forecasts from every quarter and vintage of the past its were the best
    (docs/decisions/forecasts.md). Else it is the headline model.
    """
    headline = item.model()
    name = f"{headline}-makers"
    if item.reads != "scores" or not suits(name, item.table.metric):
        return headline
    _, makers = split_name(name)
    return headline if frontier(makers).lacking(item.releases) else name


def futures(fit: Fit, days: int, rate_months: float = RATE_MONTHS) -> tuple[Future, Future]:
    """Simulate one path of leader and follower for each posterior draw.

    Parameters
    ----------
    fit
        A fit to all releases (a stochastic frontier).
    days
        How many days after the as-of date.
    rate_months
        From how many of the last months the rate of releases is read.

    Raises
    ------
    SpecError
        If the frontier describes record-holders only: they give no release process.
    """
    release_process(fit.spec)
    if days < 1:
        raise SpecError(f"a forecast needs at least one day after the as-of date; got {days}")
    leader, follower = (_future(fit, group, days, rate_months) for group in (LEADER, FOLLOWER))
    return leader, follower


def _future(fit: Fit, group: int, days: int, rate_months: float) -> Future:
    releases = fit.observations.releases
    own = releases.of(group)
    as_of = day_number(releases.as_of)
    rng = np.random.default_rng([fit.settings.seed, STREAM, group])
    now = staircases(fit)[group].best[..., -1]
    rate = rate_of(releases.day[own], as_of, rate_months)
    day = arrivals(rng, rate.draw(rng, now.shape), as_of, days)
    real = np.isfinite(day)
    when = np.where(real, day, as_of)
    recent = own & (releases.day > as_of - rate.days)
    recent = recent if recent.any() else own
    capability = future_capabilities(fit, rng, when, group, recent)
    score = _scores(fit, rng, capability, recent)
    return Future(
        day=day,
        capability=np.where(real, capability, -np.inf),
        score=np.where(real, score, -np.inf),
        now=now,
        now_published=float(fit.observations.arrays["observed"][own].max()),
        rate=rate,
    )


def future_capabilities(
    fit: Fit, rng: np.random.Generator, day: np.ndarray, group: int, recent: np.ndarray
) -> np.ndarray:
    """True capabilities of releases of a group on given days, shape ``(chain, draw, k)``.

    Trend plus scatter minus shortfall, whatever the scores of past releases were measured by. Where
    makers differ, a release is of the maker of one of the ``recent`` releases, drawn at random.
    """
    groups = np.full(day.shape[-1], group)
    years = years_after(day, fit.observations.reference)
    centre = fit.spec.trend.value(fit.trend_inputs, years, groups, np)
    frontier = fit.spec.frontier
    if isinstance(frontier, OfAccuracy):
        centre = frontier.bounds.log_odds(centre, arrays)
    found = release_process(fit.spec)
    maker = np.zeros(0, dtype=np.int64)
    if isinstance(found, ByMaker):
        maker = rng.choice(fit.observations.arrays["maker"][recent], day.shape)
    p = fit.all_draws if maker.size else fit.draws
    mean = found.future_shortfall(p, groups, years, maker)
    drawn = rng.normal(centre, of_group(fit.draws["scatter"], groups))
    drawn = drawn - draw_shortfall(found.shortfall, rng, mean, centre.shape)
    return frontier.bounds.score(drawn, arrays) if isinstance(frontier, OfAccuracy) else drawn


def release_process(spec: ModelSpec) -> Stochastic:
    """How the capabilities of all releases lie below the frontier.

    Raises
    ------
    SpecError
        If the model describes record-holders only: they give no release process.
    """
    frontier = spec.frontier
    inner = frontier.scale_free if isinstance(frontier, (OfAccuracy, OfDraws)) else frontier
    if not isinstance(inner, Stochastic):
        raise SpecError(
            f"{spec.name} describes record-holders only; a forecast simulates all releases: fit "
            f"{spec.trend.name}-stochastic"
        )
    return inner


def _scores(
    fit: Fit, rng: np.random.Generator, capability: np.ndarray, recent: np.ndarray
) -> np.ndarray:
    """Published scores, measured as well as one of the ``recent`` releases would be by now."""
    releases: Releases = fit.observations.releases
    like = rng.choice(np.flatnonzero(recent), capability.shape)
    if isinstance(fit.spec.frontier, OfAccuracy):
        problems = releases.problems[like]
        return rng.binomial(problems, capability) / problems
    return rng.normal(capability, errors_on_last_day(releases, recent)[like])


def errors_on_last_day(releases: Releases, recent: np.ndarray) -> np.ndarray:
    """Standard errors that releases would have if they came on the last day, score units.

    While an index gets benchmarks that suit the newest models, its errors shrink. By how much is
    read from the ``recent`` releases: the slope of a line through the logarithms of their errors
    over time, by least squares. Nothing is carried on beyond the last day, and errors that have
    grown of late stay as they are: the newest releases may just not have been tested much yet.
    """
    known = recent & (releases.stderr > 0)
    if np.unique(releases.day[known]).size < 2:
        return releases.stderr
    slope = np.polyfit(releases.day[known], np.log(releases.stderr[known]), 1)[0]
    return releases.stderr * np.exp(min(slope, 0.0) * (day_number(releases.as_of) - releases.day))


def first_day(day: np.ndarray, above: np.ndarray) -> np.ndarray:
    """The first day of each path on which something holds; infinite if there is none."""
    first = np.take_along_axis(day, np.argmax(above, -1)[..., None], -1)[..., 0]
    return np.where(above.any(-1), first, np.inf)


def _first_value(
    day: np.ndarray, value: np.ndarray, above: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    first = np.take_along_axis(value, np.argmax(above, -1)[..., None], -1)[..., 0]
    return first_day(day, above), np.where(above.any(-1), first, np.nan)


def _at(day: np.ndarray, best: np.ndarray, now: np.ndarray, when: int) -> np.ndarray:
    """Value after the last release by a day, or now's if there is none."""
    count = (day <= when).sum(-1)
    after = np.take_along_axis(best, np.maximum(count - 1, 0)[..., None], -1)[..., 0]
    return np.where(count > 0, after, now)


def months_to_days(months: float) -> int:
    """Whole days in a number of months of 365.25/12 days."""
    return round(months * DAYS_PER_MONTH)
