"""The lag for every start of the window, with the same fit and with one to later releases alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from frontierlag.analyses.analysis import Analysis
from frontierlag.analyses.refits import (
    DIGITS,
    KINDS,
    NUMBERS,
    Daily,
    Lags,
    Refit,
    from_daily,
    gate_of,
    in_processes,
    lags_over,
    quick_fit,
    refit_with_draws,
)
from frontierlag.dates import DAYS_PER_MONTH, Window, day_number
from frontierlag.fits.convergence import Convergence, sampled_to_pass
from frontierlag.fits.fitting import Fit
from frontierlag.frontiers import Records
from frontierlag.frontiers.observations import Observations
from frontierlag.jobs import Job
from frontierlag.lags.measure import staircases, trend_lag_by_day
from frontierlag.lags.realized import realized_lag
from frontierlag.model import split_name
from frontierlag.names import CURRENT, FOLLOWER, LEADER, REALIZED, TREND
from frontierlag.names import WINDOW as WHOLE
from frontierlag.scores import Releases
from frontierlag.scores.releases import reference_date, subset
from frontierlag.settings import QUICK, SamplerSettings
from frontierlag.studies.sensitivity.alternatives import Case
from frontierlag.studies.writing import OF_FIT, lag_rows, typed

LEAST_SQUARES = "least squares"
SAME_FIT, REFIT = "all releases", "releases since"
FEWEST = 3
COLUMNS = ("start", "fitted_to", "model", "lag", "period", *NUMBERS, *OF_FIT)


def quarters(first: date, last: date) -> tuple[date, ...]:
    """First days of the quarters from one to another, both included."""
    months = range(12 * first.year + first.month - 1, 12 * last.year + last.month)
    return tuple(date(m // 12, m % 12 + 1, 1) for m in months if m % 3 == 0)


STARTS = quarters(date(2023, 1, 1), date(2025, 1, 1))


def window_starts(
    job: Job,
    models: Sequence[str] = (),
    settings: SamplerSettings = QUICK,
    *,
    starts: Sequence[date] = STARTS,
    workers: int | None = None,
    done: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """Trend and realized lag over the window from every start, of two kinds of fit.

    ``all releases``: the fit does not change, only the days over which its lag is computed.
    ``releases since``: the trend, scatter and shortfall are those of a fit to the releases since
    the start alone. Records are chosen before that, over the whole history. What was released
    before the start remains available, so realized lag keeps those capabilities, draw by draw, as
    the fit to all releases has them: a trend that is only meant for later days, drawn out
    backwards, would pull them to a line that says nothing of them. (Parameters of the two fits are
    independent in a draw, the noise of shared releases is the same.)
    ``least squares``: one straight line through each group's records since the start, the first of
    the whole history dropped, trend lag alone: the baseline of the field, a point.

    A start before the job's window has no window to average over and says so; the lag on the last
    day has no need of one, so that of a fit to releases since such a start is there. The models are
    by default the headline model of the metric, and the records with its trend; the other
    parameters are those of
    :func:`frontierlag.studies.sensitivity.alternatives.sensitivity_table`.

    Returns
    -------
    Rows of ``COLUMNS``, months. A start that is not possible has no numbers and says why in
    ``note``.
    """
    case = Case.of(job)
    names = models or (case.model, f"{split_name(case.model)[0]}-records")
    cases = [Case.of(job, name) for name in dict.fromkeys(names)]
    task = partial(_of_model, starts=tuple(starts), settings=settings)
    found = {}
    for name, rows in in_processes(task, cases, workers or os.cpu_count() or 1):
        found[name] = rows
        done(f"window starts: {name}")
    rows = [row for one in cases for row in found[one.model]]
    rows += [row for start in starts for row in least_squares(case.releases, case.window, start)]
    return typed(rows, COLUMNS, settings)


def starts_without_refit(
    analysis: Analysis, every: Releases, starts: Sequence[date] = STARTS
) -> pd.DataFrame:
    """The same of one fit that there is, and least-squares lines through records among ``every``.

    A full run reports it for its headline model, from the draws that it has.
    """
    whole, fit = analysis.measured.window, analysis.fit
    windows = windows_since(starts, whole)
    lags = lags_over(fit, [whole, *windows.values()])
    found = Refit(lags, analysis.convergence, len(fit.observations.releases))
    rows: list[dict[str, Any]] = []
    for start in starts:
        rows += _same_fit(analysis.name, found, start, windows, whole)
        rows += least_squares(every, whole, start)
    return typed(rows, COLUMNS, fit.settings)


def windows_since(starts: Sequence[date], whole: Window) -> dict[date, Window]:
    """The window from each of the days that it can start on."""
    return {
        start: Window(start, whole.as_of) for start in starts if whole.since <= start < whole.as_of
    }


def _of_model(
    case: Case, starts: Sequence[date], settings: SamplerSettings
) -> tuple[str, list[dict[str, Any]]]:
    windows = windows_since(starts, case.window)
    found, whole = refit_with_draws(case.task(case.model, case.window, *windows.values()), settings)
    rows: list[dict[str, Any]] = []
    for start in starts:
        rows += _same_fit(case.model, found, start, windows, case.window)
        since = {"start": start.isoformat(), "fitted_to": REFIT, "model": case.model}
        if start in windows:
            rows += _refitted(since, whole, start, windows[start], settings)
            continue
        rows += _impossible(since, start, case.window)
        if start < case.window.since:
            refitted = _refitted(since, whole, start, case.window, settings)
            rows += [row for row in refitted if row.get("period") != WHOLE]
    return case.model, rows


def _same_fit(
    model: str, found: Refit, start: date, windows: dict[date, Window], whole: Window
) -> list[dict[str, Any]]:
    """Rows of the fit to all releases, whose lags are over the whole window and then these."""
    head = {"start": start.isoformat(), "fitted_to": SAME_FIT, "model": model}
    if start not in windows:
        return _impossible(head, start, whole)
    return lag_rows(head, found, 1 + list(windows).index(start))


def _impossible(head: dict[str, Any], start: date, whole: Window) -> list[dict[str, Any]]:
    """Rows that say why a window cannot start on a day."""
    note = f"impossible: not before {whole.as_of}, where the window ends"
    if start < whole.since:
        note = (
            f"impossible: before {whole.since}, where both groups have a second record "
            "or the window was given to start"
        )
    return [head | {"lag": kind, "period": WHOLE, "note": note} for kind in KINDS]


def _refitted(
    head: dict[str, Any], whole: Fit, start: date, window: Window, settings: SamplerSettings
) -> list[dict[str, Any]]:
    """Trend lag of a fit to the later releases; realized lag with earlier ones as of the whole."""
    releases = whole.observations.releases
    since = releases.day >= day_number(start)
    few = [
        f"{name} has {count} release(s) in the likelihood since then, fewer than {FEWEST}"
        for group, name in enumerate(releases.group_names)
        if (count := int(np.sum(since & (releases.group == group)))) < FEWEST
    ]
    if few:
        return [head | {"note": f"impossible: {'; '.join(few)}"}]
    later = subset(releases, since)
    observations = Observations(later, reference_date(later))

    def refitted(thin: int) -> tuple[Lags, Convergence]:
        fit = quick_fit(whole.spec, observations, settings, thin=thin)
        capability = whole.capabilities.copy()
        capability[..., since] = fit.capabilities
        daily: dict[str, tuple[Daily, Daily]] = {
            TREND: trend_lag_by_day(fit, window),
            REALIZED: realized_lag(*staircases(whole, capability), window.days),
        }
        (lags,) = from_daily(daily, [window])
        return lags, gate_of(fit, [lags])

    lags, gate = sampled_to_pass(refitted, lambda found: found[1].converged)
    return lag_rows(head, Refit((lags,), gate, len(later)))


def least_squares(releases: Releases, window: Window, start: date) -> list[dict[str, Any]]:
    """Trend lag of least-squares lines; no row if a group has too few records or none rises."""
    chosen = Records().select(releases) & (releases.day >= day_number(start))
    lines = []
    for group in (LEADER, FOLLOWER):
        own = chosen & (releases.group == group)
        if own.sum() < FEWEST:
            return []
        day = releases.day[own] - window.days[-1]
        lines.append(np.polyfit(day.astype(float), releases.score[own], 1))
    (slope, level), follower = lines
    if slope <= 0:
        return []
    early = start < window.since
    days = np.arange(0 if early else day_number(start) - window.days[-1], 1)
    lag = (days - (np.polyval(follower, days) - level) / slope) / DAYS_PER_MONTH
    head: dict[str, Any] = {"start": start.isoformat(), "fitted_to": REFIT}
    head |= {"model": LEAST_SQUARES, "lag": TREND}
    head |= {"n_releases": int(chosen.sum()), "note": "a point, no interval"}
    values = {CURRENT: lag[-1]} if early else {WHOLE: lag.mean(), CURRENT: lag[-1]}
    return [
        head | {"period": period, "median": round(float(value), DIGITS)}
        for period, value in values.items()
    ]
