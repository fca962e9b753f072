"""The forecast on trial: hide the last months, forecast them, compare with what came.

Two trials. With one vintage, what was released after an earlier date is hidden; the scores of what
is left are still those of the later vintage, with results that did not exist at the time, so the
trial is of the release process and the trend, not of the scores. With an earlier vintage as the
origin nothing is borrowed from the future: its own scores and dates make the forecast, and those of
the later vintage, refitted and redated, judge it.

Next to each forecast is **drift**: the best available of the earlier day, carried along the
trend's rise. It knows nothing of releases, so what the simulated releases are worth can be seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr

from frontierlag.analyses.analysis import Analysis, analyse
from frontierlag.dates import WORDS, day_number
from frontierlag.errors import SpecError
from frontierlag.intervals import INNER, OUTER, summarize, tails
from frontierlag.jobs import Job
from frontierlag.lags.measure import staircases
from frontierlag.lags.realized import Staircase
from frontierlag.lags.trend import curve
from frontierlag.model import ModelSpec
from frontierlag.names import CHAIN, DRAW, FOLLOWER, LEADER
from frontierlag.settings import SamplerSettings
from frontierlag.studies.forecast.arrivals import RATE_MONTHS, as_date, summarize_days
from frontierlag.studies.forecast.catch_up import (
    BEST,
    Level,
    exceeded,
    exceeded_before,
    targets_of,
)
from frontierlag.studies.forecast.paths import Future, forecast_model, futures, months_to_days
from frontierlag.studies.writing import quantiles

MONTHS = (3.0, 6.0, 12.0)
LATENT, PUBLISHED, RECORDS = "best available", "best published score", "records by score"


@dataclass(frozen=True, eq=False)
class Hindcast:
    """A forecast from an earlier day and what came.

    Attributes
    ----------
    then, now
        The analysis that the forecast is made from and the one that it is compared with.
    best
        One row a group, quantity and horizon: the forecast's median and intervals, what came
        (``truth``; of a latent quantity its posterior median by ``now`` and its standard deviation
        ``truth_sd``), where it fell (``pit``, the share of forecast draws below it, those equal
        counted half) and whether the intervals held it: ``hindcast.csv``.
    catch_up
        One row for each level of the leader that was open then: the forecast, the probability of
        catching up by the end, what ``now`` says of it, and the ``pit`` of the date if it happened:
        ``hindcast_catch_up.csv``.
    """

    then: Analysis
    now: Analysis
    best: pd.DataFrame
    catch_up: pd.DataFrame

    @property
    def converged(self) -> bool:
        """Whether both fits passed the gate."""
        return self.then.convergence.converged and self.now.convergence.converged

    def sentences(self) -> tuple[str, ...]:
        """How the forecast did, in a few sentences."""
        then, now = (a.fit.observations.releases for a in (self.then, self.now))
        latent = self.best[self.best["quantity"] == LATENT]
        held = [int(latent[f"inside{round(100 * p)}"].sum()) for p in (INNER, OUTER)]
        pits = ", ".join(f"{v:.2f}" for v in latent["pit"])
        mark = "" if self.converged else " NOT CONVERGED."
        first = (
            f"Forecast from {then.table} as of {then.as_of}, compared with {now.table} as of "
            f"{now.as_of} ({self.then.name}, {then.comparison.name}; "
            f"{WORDS[now.dates]}): of {len(latent)} values of "
            f"the best available, {held[0]} lie in the {INNER:.0%} and {held[1]} in the "
            f"{OUTER:.0%} interval (PIT {pits}; they are not independent). The "
            f"medians are off by {_off(latent, 'median')} on average, those of the drift "
            f"by {_off(latent, 'drift')}.{mark}"
        )
        said = self.catch_up.dropna(subset=["happened"])
        expected, came = said["probability_by_end"].sum(), said["happened"].sum()
        second = (
            f"Of {len(said)} open levels the forecast expected {expected:.1f} to be exceeded by "
            f"{now.as_of}; {came:.1f} were."
        )
        return (first, second) if len(said) else (first,)


def hindcast(
    job: Job,
    months: float = 12,
    settings: SamplerSettings | None = None,
    model: str | None = None,
    *,
    earlier: Job | None = None,
    horizons: Sequence[float] = MONTHS,
    rate_months: float = RATE_MONTHS,
    cores: int | None = None,
) -> Hindcast:
    """Forecast the last months of a table from what came before, and compare.

    Parameters
    ----------
    job
        The table and comparison that hold what came; its window is not used.
    months
        How many of the last months are hidden.
    settings
        Sampler settings of both fits.
    model
        A stochastic frontier; by default that of
        :func:`~frontierlag.studies.forecast.paths.forecast_model`.
    earlier
        Forecast from this job (an earlier vintage, as of its own date) instead of from the first
        part of the same table; ``months`` is then what lies between the two.
    horizons
        Months ahead at which the best available is compared, as far as they are over, and the end.
    rate_months
        From how many months before the earlier date the rate of releases is read.
    cores
        Threads for sampling; changes no number.

    Raises
    ------
    SpecError
        If nothing lies between the two dates.
    """
    now_job = job.prepare()
    end = day_number(now_job.window.as_of)
    if earlier is None:
        start = as_date(end - months_to_days(months))
        earlier = replace(job, since=None, as_of=start)
    then_job = earlier.prepare()
    hidden = end - day_number(then_job.window.as_of)
    if hidden < 1:
        raise SpecError(
            f"nothing to forecast between {then_job.window.as_of} and {now_job.window.as_of}: "
            "hide some months, or give an earlier vintage"
        )
    metric = now_job.table.metric
    spec = ModelSpec.of(model or forecast_model(now_job), metric)
    then, now = (
        analyse(spec, p.releases, p.window, settings, levels=np.zeros(0), cores=cores)
        for p in (then_job, now_job)
    )
    return compare(then, now, horizons, rate_months)


def compare(
    then: Analysis, now: Analysis, horizons: Sequence[float], rate_months: float = RATE_MONTHS
) -> Hindcast:
    """Hold the forecast of one analysis against a later one."""
    start, end = (day_number(a.fit.observations.releases.as_of) for a in (then, now))
    paths = futures(then.fit, end - start, rate_months)
    came = staircases(now.fit)
    ahead = {m: start + months_to_days(m) for m in horizons if start + months_to_days(m) <= end}
    if end not in ahead.values():
        ahead[round((end - start) / months_to_days(1), 1)] = end
    rows = []
    for group, name in enumerate(now.fit.observations.releases.group_names):
        origin = {**_origin(then, now), "group": name}
        for m, day in ahead.items():
            rows += [
                origin | {"months": m} | row
                for row in _best_rows(paths[group], came[group], then, now, group, day)
            ]
    levels = [_open(target, then, now, paths[FOLLOWER], came) for target in targets_of(then, None)]
    return Hindcast(
        then,
        now,
        pd.DataFrame(rows),
        pd.DataFrame([_origin(then, now) | row for row in levels]),
    )


def _best_rows(
    path: Future, came: Staircase, then: Analysis, now: Analysis, group: int, day: int
) -> list[dict[str, object]]:
    releases = now.fit.observations.releases
    start = day_number(then.fit.observations.releases.as_of)
    fit = then.fit
    height = curve(
        fit.spec.trend,
        fit.trend_inputs,
        np.array([start, day]),
        fit.observations.reference,
        group,
    )
    rise = height[..., 1] - height[..., 0]
    drift = float(np.median(path.now + rise)), path.now_published + float(np.median(rise))
    own = releases.of(group)
    # What the model knows of a score: of an accuracy, whole problems, as simulated ones are.
    published = Staircase.of(releases.day[own], now.fit.observations.arrays["observed"][own])
    latent = came.on(np.array([day]))[..., 0]
    steps = np.flatnonzero(np.diff(published.best, prepend=-np.inf) > 0)
    records = ((published.day[steps] > start) & (published.day[steps] <= day)).sum()
    return [
        {"quantity": LATENT}
        | _held(path.best_on(day), float(np.median(latent)), latent.std())
        | {"drift": round(drift[0], 3)},
        {"quantity": PUBLISHED}
        | _held(path.published_on(day), float(published.on(np.array([day]))[0]))
        | {"drift": round(drift[1], 3)},
        {"quantity": RECORDS} | _held(path.published_records_by(day), float(records)),
    ]


def _held(forecast: np.ndarray, truth: float, truth_sd: float = 0.0) -> dict[str, object]:
    """A forecast's intervals, and where the truth fell."""
    s = summarize(xr.DataArray(forecast.astype(float), dims=(CHAIN, DRAW)))
    return {
        **quantiles(s, 3),
        "truth": round(truth, 3),
        "truth_sd": round(float(truth_sd), 3),
        "pit": round(_pit(forecast, truth), 3),
        "inside50": bool(s.lower50 <= truth <= s.upper50),
        "inside90": bool(s.lower90 <= truth <= s.upper90),
    }


def _open(
    target: Level,
    then: Analysis,
    now: Analysis,
    path: Future,
    came: tuple[Staircase, Staircase],
) -> dict[str, object]:
    """One level of the leader: the forecast of its catch-up date, and what came of it."""
    start, end = (day_number(a.fit.observations.releases.as_of) for a in (then, now))
    forecast = exceeded(staircases(then.fit)[FOLLOWER], path, target.level)
    when = summarize_days(xr.DataArray(forecast, dims=(CHAIN, DRAW)))
    row: dict[str, object] = {
        "target": target.name,
        "released": target.released,
        "already_matched": round(float((forecast <= start).mean()), 4),
        "forecast_median": when.median,
        "forecast_lower90": when.lower90,
        "forecast_upper90": when.upper90,
        "probability_by_end": round(float((forecast <= end).mean()), 4),
        "happened": np.nan,
        "happened_median": None,
        "pit": np.nan,
        "inside90": None,
    }
    level = _level_now(target, now, came[LEADER], start)
    if level is None:
        return row
    truth = exceeded_before(came[FOLLOWER], level)
    row["happened"] = round(float(np.isfinite(truth).mean()), 4)
    found = summarize_days(xr.DataArray(truth, dims=(CHAIN, DRAW))).median
    if found is None:
        return row
    day = day_number(found)
    low, high = np.quantile(forecast, tails(OUTER), method="inverted_cdf")
    return row | {
        "happened_median": found,
        "pit": round(_pit(forecast, day), 3),
        "inside90": bool(low <= day <= high),
    }


def _level_now(target: Level, now: Analysis, leader: Staircase, start: int) -> np.ndarray | None:
    """The same level by the later analysis; None if it does not have the release."""
    if target.name == BEST:
        return leader.on(np.array([start]))[..., 0]
    releases = now.fit.observations.releases
    at = np.flatnonzero((releases.model == target.name) & releases.of(LEADER))
    return now.fit.capabilities[..., at[0]] if at.size else None


def _pit(forecast: np.ndarray, truth: float) -> float:
    """Share of the forecast below the truth, that equal to it counted half."""
    return float((forecast < truth).mean() + 0.5 * (forecast == truth).mean())


def _origin(then: Analysis, now: Analysis) -> dict[str, object]:
    first, second = (a.fit.observations.releases for a in (then, now))
    return {
        "from": first.table,
        "origin": first.as_of,
        "against": second.table,
        "end": second.as_of,
        "comparison": second.comparison.name,
        "model": then.name,
    }


def _off(rows: pd.DataFrame, column: str) -> str:
    """Mean absolute distance of a column from the truth."""
    return f"{(rows[column] - rows['truth']).abs().mean():.3g}"
