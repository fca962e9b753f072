"""What a calibration asks for, the truth of it in a world, and the form of an answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np

from frontierlag.dates import Window, day_number
from frontierlag.intervals import intervals
from frontierlag.lags.periods import over_periods
from frontierlag.lags.realized import Staircase, realized_lag
from frontierlag.lags.trend import trend_lag
from frontierlag.names import FOLLOWER, LEADER, PERIOD, REALIZED, TREND, VALUE
from frontierlag.names import WINDOW as WHOLE
from frontierlag.scores import Releases
from frontierlag.scores.releases import subset
from frontierlag.studies.calibration.worlds import World
from frontierlag.studies.forecast.paths import months_to_days

# Months by which two lags of the same days may differ from rounding alone: where a lag is the same
# in nearly all draws, sums in another order would put the truth outside of an interval it ends.
ROUNDING = 1e-9
# Probabilities of the intervals whose coverage is counted.
PROBABILITIES = (0.5, 0.8, 0.9, 0.95)
# In place of a kind of lag: the estimand is a parameter of the model, which stands in place of the
# period.
PARAMETER = "parameter"
# Likewise: the estimand is the best published score of a group some months ahead, which stand in
# place of the period, score points. The forecast is made so many months before the table's end.
BEST, AHEAD, FORECAST_MONTHS = "best score", (3, 6, 12), 12
# A kind of lag and a period, as in ("realized", "window").
Estimand = tuple[str, str]


@dataclass(frozen=True)
class WorldEstimate:
    """One estimator's answer to one estimand: months, or points of a parameter or best score.

    Attributes
    ----------
    point
        Its best guess: a posterior mean, or what the method gives.
    ends
        Lower and upper end of the interval of each of :data:`PROBABILITIES`; none for a method
        without intervals.
    undefined
        Share of draws in which the lag does not exist; point and ends are over the others.
    """

    point: float
    ends: tuple[tuple[float, float], ...] = ()
    undefined: float = 0.0

    @classmethod
    def of_draws(cls, draws: np.ndarray) -> WorldEstimate:
        """Summarize draws, whose shape does not matter."""
        known = np.isfinite(draws)
        point = float(draws[known].mean()) if known.any() else float("nan")
        ends = tuple((float(a), float(b)) for a, b in intervals(draws, PROBABILITIES))
        return cls(point, ends, float(1 - known.mean()))


@dataclass(frozen=True)
class Found:
    """What one estimator found in one world.

    ``trouble`` is why the fit is counted as not converged; empty if it converged, or nothing was
    sampled.
    """

    estimates: dict[Estimand, WorldEstimate]
    trouble: str = ""


def to_json(found: Found, truth: dict[Estimand, float]) -> dict[str, Any]:
    """What a store keeps of one estimator in one world."""
    return {
        "trouble": found.trouble,
        "estimates": [
            [*estimand, truth[estimand], e.point, [list(pair) for pair in e.ends], e.undefined]
            for estimand, e in found.estimates.items()
        ],
    }


def rows_of(value: dict[str, Any]) -> Iterable[tuple[Estimand, float, WorldEstimate]]:
    """Estimand, truth and estimate, from what :func:`to_json` made."""
    for kind, period, truth, point, ends, undefined in value["estimates"]:
        pairs = tuple((float(a), float(b)) for a, b in ends)
        yield (kind, period), truth, WorldEstimate(point, pairs, undefined)


def true_lags(world: World, window: Window | None = None) -> dict[Estimand, float]:
    """Every lag of a world over every period of a window, months, from what is true in it.

    The window is the default one of the world's table if none is given. The mean over the window
    of each of the world's domains, if it has any, has the domain's name in place of a period's.

    The same functions as for a posterior draw, on the true capabilities at the true dates and on
    the true trend. NaN where a lag does not exist on a day of the period.
    """
    window, group = window or world.window, world.releases.group
    leader, follower = (
        Staircase.of(world.day[group == g], world.capability[None, group == g])
        for g in (LEADER, FOLLOWER)
    )
    first, last = world.day[group == LEADER].min(), window.days[-1]
    daily = {
        REALIZED: realized_lag(leader, follower, window.days),
        TREND: trend_lag(
            world.trend, world.parameters, window.days, world.reference, int(first), int(last)
        ),
    }
    found: dict[Estimand, float] = {}
    for name, (ability, parameters) in world.domains.items():
        inside = replace(world, capability=ability, parameters=parameters, domains={})
        of_domain = true_lags(inside, window)
        found |= {(kind, name): of_domain[kind, WHOLE] for kind in (REALIZED, TREND)}
    for kind, (months, censored) in daily.items():
        one = (1, 1, len(window.days))
        values = over_periods(months.reshape(one), censored.reshape(one), window)[VALUE]
        for period in window.periods:
            found[kind, period] = float(values.sel({PERIOD: period}).item())
    return found


def truth_of(world: World) -> dict[Estimand, float]:
    """Every lag of a world over its default window, and what only some estimators answer.

    Lags in months; parameters and best scores in points.
    """
    effects = {(PARAMETER, name): value for name, value in world.effects.items()}
    return true_lags(world) | effects | best_ahead(world)


def forecast_from(world: World) -> Releases:
    """What was published when a world is forecast, a year before its table ends."""
    r = world.releases
    as_of = r.as_of - timedelta(days=months_to_days(FORECAST_MONTHS))
    return replace(subset(r, r.day <= day_number(as_of)), as_of=as_of)


def best_ahead(world: World) -> dict[Estimand, float]:
    """Best published score of each group, 3, 6 and 12 months after a forecast."""
    r, start = world.releases, day_number(forecast_from(world).as_of)
    return {
        (BEST, ahead(group, months)): float(
            r.score[r.of(group) & (r.day <= start + months_to_days(months))].max(initial=-np.inf)
        )
        for group in (LEADER, FOLLOWER)
        for months in AHEAD
    }


def ahead(group: int, months: int) -> str:
    """What stands in place of a period, of a best score."""
    return f"{('leader', 'follower')[group]}, {months} months"
