"""Every lag and gap of a fit, as labelled draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import xarray as xr

from frontierlag.dates import DAYS_PER_MONTH, Window
from frontierlag.fits.fitting import Fit
from frontierlag.lags.dates import available
from frontierlag.lags.periods import over_periods
from frontierlag.lags.realized import Staircase, lag_at_release, realized_lag
from frontierlag.lags.trend import curve, lag_at_level, trend_lag
from frontierlag.names import (
    AT_RELEASE,
    CENSORED,
    CHAIN,
    CURRENT,
    DATE,
    DRAW,
    FOLLOWER,
    GAPS,
    LAGS,
    LEADER,
    LEVEL,
    LEVELS,
    MAXIMUM,
    MINIMUM,
    PERIOD,
    REALIZED,
    TREND,
    VALUE,
    WINDOW,
)


@dataclass(frozen=True)
class Measured:
    """The lags and gaps of one fit over one window.

    Attributes
    ----------
    window
        The days.
    lags
        ``trend``, ``realized`` and ``release``: datasets of dims ``(chain, draw, period)`` with
        ``value`` in months and ``censored``, the share of the period's days (for ``release``: of
        its records) on which the lag is only a bound or read outside the data.
    gaps
        ``trend`` and ``realized``: the same in score units.
    levels
        Lag at a level, dims ``(chain, draw, level_value)``, months.
    """

    window: Window
    lags: dict[str, xr.Dataset]
    gaps: dict[str, xr.Dataset]
    levels: xr.Dataset

    def lag(self, kind: str, period: str) -> xr.DataArray:
        """Draws of one lag, months, dims ``(chain, draw)``."""
        return self.lags[kind][VALUE].sel({PERIOD: period}, drop=True)

    def groups(self) -> dict[str, xr.Dataset]:
        """The datasets by their path in a fit's tree."""
        return {
            **{f"{LAGS}/{kind}": dataset for kind, dataset in self.lags.items()},
            **{f"{GAPS}/{kind}": dataset for kind, dataset in self.gaps.items()},
            LEVELS: self.levels,
        }

    def reported(self) -> xr.Dataset:
        """All reported quantities in one dataset, for the convergence gate."""
        named = {f"{kind} lag": data[VALUE] for kind, data in self.lags.items()}
        named |= {f"{kind} gap": data[VALUE] for kind, data in self.gaps.items()}
        return xr.Dataset(named | {"lag at level": self.levels[VALUE]})


def measure(fit: Fit, window: Window, levels: np.ndarray | None = None) -> Measured:
    """Compute every lag and gap of a fit.

    Parameters
    ----------
    fit
        The fitted model.
    window
        The days over which lags are computed.
    levels
        Scores at which to compute the lag at a level; by default :func:`default_levels`.

    Returns
    -------
    The labelled draws.
    """
    lag_trend, extrapolated = trend_lag_by_day(fit, window)
    lag_real, censored = realized_lag_by_day(fit, window)
    inside = np.zeros(lag_trend.shape, dtype=bool)
    chosen = default_levels(fit) if levels is None else np.asarray(levels, dtype=float)
    return Measured(
        window=window,
        lags={
            TREND: over_periods(lag_trend.to_numpy(), extrapolated.to_numpy(), window),
            REALIZED: over_periods(lag_real.to_numpy(), censored.to_numpy(), window),
            AT_RELEASE: _at_release(fit, window),
        },
        gaps={
            TREND: over_periods(trend_gap_by_day(fit, window).to_numpy(), inside, window),
            REALIZED: over_periods(realized_gap_by_day(fit, window).to_numpy(), inside, window),
        },
        levels=_at_levels(fit, chosen),
    )


def trend_lag_by_day(fit: Fit, window: Window) -> tuple[xr.DataArray, xr.DataArray]:
    """Trend lag in months on each day, and whether it was read outside the data.

    Dims ``(chain, draw, date)``; read-only.
    """
    last = int(window.days[-1])
    return _once(fit, window, TREND, lambda: trend_lag_on(fit, window.days, last))


def trend_lag_on(
    fit: Fit, days: np.ndarray, last: int, p: Mapping[str, np.ndarray] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Trend lag in months on given days, and whether it was read outside the data.

    Parameters
    ----------
    fit
        The fit.
    days
        Shape ``(date,)``.
    last
        The last day of the data; the first is that of the leader's first release.
    p
        Other draws than the fit's for the parameters and inputs of its trend.

    Returns
    -------
    Both of shape ``(chain, draw, date)``.
    """
    releases = fit.observations.releases
    first = int(releases.day[releases.group == LEADER].min())
    inputs = fit.trend_inputs if p is None else p
    return trend_lag(fit.spec.trend, inputs, days, fit.observations.reference, first, last)


def realized_lag_by_day(fit: Fit, window: Window) -> tuple[xr.DataArray, xr.DataArray]:
    """Realized lag in months on each day, and whether it is left-censored.

    Dims ``(chain, draw, date)``; read-only.
    """
    return _once(fit, window, REALIZED, lambda: realized_lag(*staircases(fit), window.days))


# Lags by day of the fits in use, over the latest window: several tables need them.
_kept: WeakKeyDictionary[Fit, dict[str, tuple[Window, np.ndarray, np.ndarray]]] = (
    WeakKeyDictionary()
)


def _once(
    fit: Fit, window: Window, kind: str, compute: Callable[[], tuple[np.ndarray, np.ndarray]]
) -> tuple[xr.DataArray, xr.DataArray]:
    """A lag by day and whether it is a bound, computed once while the window stays the same."""
    of_fit = _kept.setdefault(fit, {})
    if kind not in of_fit or of_fit[kind][0] != window:
        lag, bound = compute()
        for values in (lag, bound):
            values.setflags(write=False)
        of_fit[kind] = (window, lag, bound)
    _, lag, bound = of_fit[kind]
    return _by_day(lag, window), _by_day(bound, window)


def trend_gap_by_day(fit: Fit, window: Window) -> xr.DataArray:
    """Leader's trend minus follower's on each day, score units, dims ``(chain, draw, date)``."""
    return trend_by_day(fit, window, LEADER) - trend_by_day(fit, window, FOLLOWER)


def realized_gap_by_day(fit: Fit, window: Window) -> xr.DataArray:
    """Leader's best available minus follower's, score units, dims ``(chain, draw, date)``."""
    leader, follower = (s.on(window.days) for s in staircases(fit))
    return _by_day(leader - follower, window)


def trend_by_day(fit: Fit, window: Window, group: int) -> xr.DataArray:
    """A group's trend on each day, score units, dims ``(chain, draw, date)``."""
    values = curve(fit.spec.trend, fit.trend_inputs, window.days, fit.observations.reference, group)
    return _by_day(values, window)


def staircases(fit: Fit, capability: np.ndarray | None = None) -> tuple[Staircase, Staircase]:
    """Best available capability of leader and follower in every draw.

    Of the releases in the likelihood and the others that count, each from the day on which it
    came out in that draw.

    Parameters
    ----------
    fit
        The fit.
    capability
        Other draws than the fit's for the releases in its likelihood,
        ``(chain, draw, release)``.
    """
    every = available(fit, capability)
    leader, follower = (
        Staircase.of(every.day[..., own], every.capability[..., own])
        for own in (every.group == g for g in (LEADER, FOLLOWER))
    )
    return leader, follower


def default_levels(fit: Fit) -> np.ndarray:
    """Round scores that both groups' trends pass within the data, as a rule.

    Multiples of five points of the ECI, of a quarter of another index's spread, of 0.1 of an
    accuracy, or of 0.05 where the two groups share less than half of its range.
    """
    releases = fit.observations.releases
    best = [releases.score[releases.group == g] for g in (LEADER, FOLLOWER)]
    low = max(np.min(scores) for scores in best)
    high = min(np.max(scores) for scores in best)
    metric = fit.spec.metric
    if metric.bounds is None:
        step = metric.spread / 4
    else:
        step = 0.1 if high - low > (metric.bounds.upper - metric.bounds.lower) / 2 else 0.05
    # From the middle of the shared range up: below it releases are far under their frontier.
    first = np.ceil((low + high) / 2 / step) * step
    return np.round(np.arange(first, high + step / 2, step), 10)


def _at_release(fit: Fit, window: Window) -> xr.Dataset:
    """Lag at release over the periods: the mean over the records of each, NaN without one."""
    day, lag, censored = lag_at_release(*staircases(fit), window.days)
    if not day.shape[-1]:  # nothing was released: one day without a lag stands for the window
        day, empty = window.days[:1], (*lag.shape[:-1], 1)
        lag, censored = np.full(empty, np.nan), np.zeros(empty, dtype=bool)
    is_record = ~np.isnan(lag)

    def mean_over(mask: np.ndarray, values: np.ndarray) -> np.ndarray:
        count = (is_record & mask).sum(-1)
        total = np.where(is_record & mask, values, 0.0).sum(-1)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    columns = {WINDOW: np.ones(day.shape, dtype=bool)}
    values, shares = {}, {}
    year_of = {year: np.isin(day, window.days[mask]) for year, mask in window.years.items()}
    for name, mask in (columns | year_of).items():
        values[name], shares[name] = mean_over(mask, lag), mean_over(mask, censored.astype(float))
    any_record = is_record.any(-1)
    positions = {
        CURRENT: is_record.shape[-1] - 1 - np.argmax(is_record[..., ::-1], -1),
        MINIMUM: np.argmin(np.where(is_record, lag, np.inf), -1),
        MAXIMUM: np.argmax(np.where(is_record, lag, -np.inf), -1),
    }
    for name, where in positions.items():
        values[name] = np.where(
            any_record, np.take_along_axis(lag, where[..., None], -1)[..., 0], np.nan
        )
        shares[name] = np.take_along_axis(censored, where[..., None], -1)[..., 0].astype(float)
    # As in over_periods: a record that is a bound may in truth lag the most.
    shares[MAXIMUM] = np.fmax(shares[MAXIMUM], shares[WINDOW])
    dims = (CHAIN, DRAW, PERIOD)
    return xr.Dataset(
        {
            VALUE: (dims, np.stack([values[name] for name in window.periods], -1)),
            CENSORED: (dims, np.stack([shares[name] for name in window.periods], -1)),
        },
        coords={PERIOD: window.periods},
    )


def _at_levels(fit: Fit, levels: np.ndarray) -> xr.Dataset:
    releases = fit.observations.releases
    first = [int(releases.day[releases.group == g].min()) for g in (LEADER, FOLLOWER)]
    lag, outside = lag_at_level(
        fit.spec.trend,
        fit.trend_inputs,
        levels,
        fit.observations.reference,
        (first[LEADER], first[FOLLOWER]),
        releases.as_of,
    )
    dims = (CHAIN, DRAW, LEVEL)
    return xr.Dataset(
        {VALUE: (dims, lag), CENSORED: (dims, outside.astype(float))}, coords={LEVEL: levels}
    )


def _by_day(values: np.ndarray, window: Window) -> xr.DataArray:
    return xr.DataArray(values, dims=(CHAIN, DRAW, DATE), coords={DATE: window.dates})


__all__ = ["DAYS_PER_MONTH", "Measured", "measure"]
