"""The sensitivity table: the lag under every alternative."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from frontierlag.analyses.refits import DIGITS, Refit, Task, numbers, refit_all
from frontierlag.errors import FrontierLagError
from frontierlag.jobs import Job
from frontierlag.names import REALIZED, WINDOW
from frontierlag.settings import QUICK, SamplerSettings
from frontierlag.studies.sensitivity.alternatives import (
    Alternative,
    Case,
    PointConvention,
    Refitted,
    alternatives,
)

NUMBERS = (
    "median",
    "lower50",
    "upper50",
    "lower90",
    "upper90",
    "mcse_median",
    "undefined",
    "censored",
)
# What a row says of the fit that its numbers are from.
OF_FIT = ("converged", "n_releases", "settings", "note")
COLUMNS = ("alternative", "what", "dates", "model", "lag", "period", *NUMBERS, *OF_FIT)


def sensitivity_table(
    job: Job,
    model: str | None = None,
    settings: SamplerSettings = QUICK,
    *,
    chosen: Callable[[Alternative], bool] = lambda _: True,
    workers: int | None = None,
    done: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """Trend and realized lag under the base and every alternative, one thing changed at a time.

    Parameters
    ----------
    job
        What to analyse.
    model
        The base; by default the headline model of the metric.
    settings
        Sampler settings of every fit.
    chosen
        Which alternatives to run.
    workers
        Processes; changes no number.
    done
        Called with a line each time a group of fits is finished.

    Returns
    -------
    Rows of ``COLUMNS``, in months, in the order of the alternatives. A convention has a ``median``
    (its value) and no interval, and no verdict: ``converged`` is missing. An alternative that does
    not exist here has no numbers and says why in ``note``. ``settings`` says how many draws a row
    rests on: fewer than a run's, whose own tables give the base with more.
    """
    case = Case.of(job, model)
    rows: dict[int, list[dict[str, Any]]] = {}
    tasks: dict[tuple[object, ...], Task] = {}
    wanted: list[tuple[int, Alternative, Case, tuple[object, ...]]] = []
    for at, alternative in enumerate(a for a in alternatives(case) if chosen(a)):
        if isinstance(alternative, PointConvention):
            rows[at] = [_point_row(alternative, case)]
        elif isinstance(alternative, Refitted):
            try:
                changed = alternative.change(case)
                task = changed.task(_identity(changed))
            except FrontierLagError as reason:
                rows[at] = [_row(alternative, note=str(reason))]
                continue
            same = tasks.get(_identity(changed))
            windows = (*same.windows, changed.window) if same else task.windows
            tasks[_identity(changed)] = replace(task, windows=windows)
            wanted.append((at, alternative, changed, _identity(changed)))
    found = refit_all(list(tasks.values()), settings, workers, done)
    for at, alternative, changed, key in wanted:
        head = _row(alternative, model=changed.model, dates=changed.table.dates)
        rows[at] = lag_rows(head, found[key], tasks[key].windows.index(changed.window))
    return typed([row for at in sorted(rows) for row in rows[at]], COLUMNS, settings)


def _identity(case: Case) -> tuple[object, ...]:
    """What makes two cases the same fit, whatever their windows."""
    r = case.releases
    days = (tuple(days.tolist()) for days in (r.day, r.day_low, r.day_high))
    return case.model, case.efforts, r.dates, tuple(r.model.tolist()), *days


def lag_rows(head: Mapping[str, Any], found: Refit, window: int = 0) -> list[dict[str, Any]]:
    """The rows of one refit over one of its windows, each with ``head`` before it."""
    about = {"converged": found.converged, "n_releases": found.n_releases, "note": found.note}
    return [
        {**head, **about, "lag": kind, "period": period, **numbers(*lag)}
        for (kind, period), lag in found.lags[window].items()
    ]


def typed(
    rows: Sequence[dict[str, Any]],
    columns: Sequence[str],
    settings: SamplerSettings | None = None,
) -> pd.DataFrame:
    """Rows as a table: numbers that may be missing are NaN, words that may be are empty.

    With ``settings`` the column of that name says how many draws each row rests on, where it rests
    on a fit and does not say so itself.
    """
    table = pd.DataFrame(rows, columns=list(columns))
    if settings is not None:
        of_fit = table["converged"].notna()
        table["settings"] = table["settings"].where(
            ~of_fit | table["settings"].notna(), settings.words
        )
    for name in table.columns:
        if name == "converged":
            table[name] = table[name].astype("boolean")
        elif name.startswith("n_"):
            table[name] = table[name].astype("Int64")
        elif name in (*NUMBERS, "change", "change_mcse", "probability_best"):
            table[name] = table[name].astype(float)
        else:
            table[name] = table[name].astype(object).fillna("").astype(str)
    return table


def _row(alternative: Alternative, **cells: object) -> dict[str, Any]:
    return {"alternative": alternative.name, "what": alternative.what} | cells


def _point_row(alternative: PointConvention, case: Case) -> dict[str, Any]:
    found = alternative.lag(case)
    total = found.n + (found.censored if alternative.convention == "release-matched" else 0)
    return _row(
        alternative,
        dates=case.table.dates,
        lag=REALIZED,
        period=WINDOW,
        median=round(found.mean, DIGITS),
        undefined=float(found.n == 0),
        censored=round(found.censored / max(total, 1), DIGITS),
        note="a convention on point scores, over its own days or records: no interval",
    )
