"""When the follower's best available exceeds what the leader has: looked up, or forecast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr

from frontierlag.analyses.analysis import Analysis
from frontierlag.dates import WORDS, day_number
from frontierlag.errors import SpecError
from frontierlag.intervals import OUTER, Summary, summarize
from frontierlag.lags.measure import staircases
from frontierlag.lags.realized import Staircase
from frontierlag.names import CHAIN, DRAW, FOLLOWER, LEADER
from frontierlag.scores import records
from frontierlag.studies.forecast.arrivals import RATE_MONTHS, DateSummary, as_date, summarize_days
from frontierlag.studies.forecast.paths import Future, futures, months_to_days
from frontierlag.studies.writing import quantiles

HORIZON_MONTHS = 36.0
# The leader's release whose level a default forecast always reports, if there is one.
LANDMARK = "o3"
# The leader's best available on the as-of date, whichever release that is in a draw.
BEST = "best"
# A record is reported by default unless it is matched with at least this probability.
MATCHED = 0.5
NOT_MATCHED = "unmatched"
ASSUMED = (
    "The forecast assumes that releases are independent of each other, come at the last year's "
    "rate, and that trends and shortfalls go on; hindcast.csv says how that did with the last year "
    "hidden."
)


@dataclass(frozen=True, eq=False)
class Level:
    """A level for the follower to exceed.

    Attributes
    ----------
    name
        The leader's release, 'best', or a score.
    level
        Score units, shape ``(chain, draw)``: latent, from the same draw as the follower's.
    released
        When the leader released it; None for a score and for 'best'.
    """

    name: str
    level: np.ndarray
    released: date | None = None


@dataclass(frozen=True)
class Forecast:
    """When one target is exceeded.

    Attributes
    ----------
    target, released
        Its name and when the leader released it.
    level
        Score units.
    when
        The date; in draws where the follower has exceeded it by the as-of date, the past one.
    already
        Probability that it was exceeded by the as-of date.
    by, by_probability, by_mcse
        The date asked for, the probability of catching up by then, and its Monte Carlo error.
    """

    target: str
    released: date | None
    level: Summary
    when: DateSummary
    already: float
    by: date
    by_probability: float
    by_mcse: float


@dataclass(frozen=True, eq=False)
class CatchUp:
    """Catch-up dates of several targets.

    Attributes
    ----------
    analysis
        What they are computed from.
    targets
        The levels.
    days
        Days since 1970-01-01, dims ``(chain, draw, target)``; infinite beyond the horizon.
    horizon
        The last day that was simulated.
    by
        The date of the probability.
    rates
        Releases a year of leader and follower, posterior means.
    """

    analysis: Analysis
    targets: tuple[Level, ...]
    days: xr.DataArray
    horizon: date
    by: date
    rates: tuple[float, float]

    @property
    def as_of(self) -> date:
        """The day from which on it is a forecast."""
        return self.analysis.fit.observations.releases.as_of

    def probability_by(self, target: str, when: date) -> float:
        """Probability that a target is exceeded by a date, which the horizon must include."""
        if when > self.horizon:
            raise SpecError(
                f"the forecast ends on {self.horizon}; simulate further ahead to ask about {when}"
            )
        return float((self.days.sel(target=target) <= day_number(when)).mean())

    @cached_property
    def forecasts(self) -> tuple[Forecast, ...]:
        """Each target's date in a few numbers."""
        found = []
        for k, target in enumerate(self.targets):
            day = self.days.isel(target=k, drop=True)
            by = summarize((day <= day_number(self.by)).astype(float))
            found.append(
                Forecast(
                    target=target.name,
                    released=target.released,
                    level=summarize(xr.DataArray(target.level, dims=(CHAIN, DRAW))),
                    when=summarize_days(day),
                    already=float((day <= day_number(self.as_of)).mean()),
                    by=self.by,
                    by_probability=by.mean,
                    by_mcse=by.mcse_mean,
                )
            )
        return tuple(found)

    def table(self) -> pd.DataFrame:
        """One row a target: ``catch_up.csv``. An empty date lies beyond the horizon."""
        rows = [
            {
                **origin_of(self.analysis),
                "target": f.target,
                "released": f.released,
                "level": round(f.level.median, 3),
                "level_lower90": round(f.level.lower90, 3),
                "level_upper90": round(f.level.upper90, 3),
                "already_matched": round(f.already, 4),
                **quantiles(f.when),
                "mcse_days": round(f.when.mcse_days, 1),
                "by": f.by,
                "probability_by": round(f.by_probability, 4),
                "mcse_probability": round(f.by_mcse, 4),
                "beyond_horizon": round(f.when.beyond, 4),
                "horizon": self.horizon,
                "releases_a_year": round(self.rates[FOLLOWER], 1),
            }
            for f in self.forecasts
        ]
        return pd.DataFrame(rows).assign(converged=self.analysis.convergence.converged)

    def sentences(self) -> tuple[str, ...]:
        """One sentence a target."""
        return tuple(self._sentence(f) for f in self.forecasts)

    def _sentence(self, f: Forecast) -> str:
        leader, follower = self.analysis.fit.observations.releases.group_names
        what = {
            True: f"{leader}'s best of {self.as_of}",
            False: f"the level of {f.target}" if f.released else f"a score of {f.target}",
        }[f.target == BEST]
        low, median, high = (
            f"after {self.horizon}" if d is None else d.isoformat()
            for d in (f.when.lower90, f.when.median, f.when.upper90)
        )
        known = f"; already by {self.as_of}: P {chance(f.already)}" if f.already else ""
        beyond = f"; not by {self.horizon}: P {chance(f.when.beyond)}"
        mark = "" if self.analysis.convergence.converged else " NOT CONVERGED."
        dates = WORDS[self.analysis.fit.observations.releases.dates]
        return (
            f"{follower}'s best exceeds {what}: median date {median} ({OUTER:.0%} interval {low} "
            f"to {high}); by {f.by}: P {chance(f.by_probability)}{known}"
            f"{beyond if f.when.beyond > 0 else ''} ({dates}).{mark}"
        )


def origin_of(analysis: Analysis) -> dict[str, object]:
    """What a row of a forecast is made from."""
    releases = analysis.fit.observations.releases
    return {
        "dataset": releases.table,
        "comparison": releases.comparison.name,
        "as_of": releases.as_of,
        "model": analysis.name,
    }


def chance(p: float) -> str:
    """A probability, never rounded to certainty, behind a 'P': '= 0.67', '> 0.99', '< 0.01'."""
    if p >= 0.995:
        return "> 0.99"
    return "< 0.01" if p < 0.005 else f"= {p:.2f}"


def catch_up(
    analysis: Analysis,
    levels: Sequence[str | float] | None = None,
    horizon_months: float = HORIZON_MONTHS,
    by: date | None = None,
    rate_months: float = RATE_MONTHS,
) -> CatchUp:
    """Forecast when the follower's best available exceeds levels of the leader.

    Parameters
    ----------
    analysis
        A stochastic frontier's analysis.
    levels
        Names of the leader's releases, 'best' for its best available on the as-of date, 'unmatched'
        for every record of the leader by published score that is matched with a probability below
        :data:`MATCHED`, or scores. By default 'unmatched', :data:`LANDMARK` where the table has it,
        and 'best'.
    horizon_months
        How far paths are simulated. A level not reached by then is counted as beyond the horizon.
    by
        The date of the probability; by default a year after the as-of date.
    rate_months
        From how many of the last months the rate of releases is read.

    Returns
    -------
    The dates, draw by draw.

    Raises
    ------
    SpecError
        If a release is not the leader's or the date asked for is not within the horizon.
    """
    fit = analysis.fit
    as_of = fit.observations.releases.as_of
    span = months_to_days(horizon_months)
    paths = futures(fit, span, rate_months)
    horizon = as_date(day_number(as_of) + span)
    by = by or as_date(day_number(as_of) + min(months_to_days(12), span))
    if by > horizon:
        raise SpecError(f"the date {by} is after the horizon {horizon}: give a longer one")
    targets = targets_of(analysis, levels)
    follower = staircases(fit)[FOLLOWER]
    days = [exceeded(follower, paths[FOLLOWER], target.level) for target in targets]
    return CatchUp(
        analysis=analysis,
        targets=targets,
        days=xr.DataArray(
            np.stack(days, -1),
            dims=(CHAIN, DRAW, "target"),
            coords={"target": [target.name for target in targets]},
        ),
        horizon=horizon,
        by=by,
        rates=(365.25 * paths[LEADER].rate.mean, 365.25 * paths[FOLLOWER].rate.mean),
    )


def exceeded(past: Staircase, future: Future, level: np.ndarray) -> np.ndarray:
    """First day on which a group's best exceeds a level, looked up in the past, then simulated."""
    before = exceeded_before(past, level)
    return np.where(np.isfinite(before), before, future.first_above(level))


def exceeded_before(past: Staircase, level: np.ndarray) -> np.ndarray:
    """First day on which a group's best exceeded a level; infinite if it has not."""
    return past.day_of(past.first_above(level[..., None]))[..., 0]


def targets_of(analysis: Analysis, levels: Sequence[str | float] | None) -> tuple[Level, ...]:
    """The levels that names, scores and keywords stand for, each once, in the order given."""
    fit = analysis.fit
    releases = fit.observations.releases
    lead = np.flatnonzero(releases.of(LEADER))
    names = releases.model[lead].tolist()
    leader, follower = staircases(fit)
    if levels is None:
        levels = (*([LANDMARK] if LANDMARK in names else []), NOT_MATCHED, BEST)
    found: dict[str, Level] = {}

    def add(target: Level) -> None:
        found.setdefault(target.name, target)

    def release(i: int) -> Level:
        released = releases.date[i].astype("datetime64[D]").item()
        return Level(str(releases.model[i]), fit.capabilities[..., i], released)

    for level in levels:
        if level == BEST:
            add(Level(BEST, leader.best[..., -1]))
        elif level == NOT_MATCHED:
            held = np.flatnonzero(records(releases, LEADER))
            for i in held:
                matched = np.isfinite(exceeded_before(follower, fit.capabilities[..., i]))
                if matched.mean() < MATCHED:
                    add(release(int(i)))
        elif isinstance(level, str):
            if level not in names:
                raise SpecError(
                    f"{releases.group_names[LEADER]} has no release {level!r} in {releases.table} "
                    f"by {releases.as_of}; its latest are {', '.join(names[-5:])}"
                )
            add(release(int(lead[names.index(level)])))
        else:
            add(Level(f"{level:g}", np.full(fit.capabilities.shape[:2], float(level))))
    return tuple(sorted(found.values(), key=_order))


def _order(target: Level) -> tuple[int, date, str]:
    """Releases by date, then scores, then the present best."""
    kind = 2 if target.name == BEST else (1 if target.released is None else 0)
    return kind, target.released or date.max, target.name
