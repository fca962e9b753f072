"""The lag with each model and each maker left out."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from frontierlag.errors import FrontierLagError
from frontierlag.fit import Fit
from frontierlag.jobs import Job
from frontierlag.lags.realized import Staircase
from frontierlag.names import FOLLOWER, LEADER
from frontierlag.scores import Releases, records
from frontierlag.scores.groups import members
from frontierlag.sensitivity.case import Case
from frontierlag.sensitivity.refit import (
    DIGITS,
    KINDS,
    PERIODS,
    QUICK,
    Refit,
    Task,
    in_processes,
    numbers,
    refit_all,
    refit_with_draws,
)
from frontierlag.sensitivity.table import NUMBERS, typed
from frontierlag.settings import SamplerSettings

# From this probability on of ever having been its group's best available, a model is left out once.
EVER_BEST = 0.05
# A maker of fewer releases than this is left out only if one of them is such a model.
MANY = 3
MODEL, MAKER = "model", "maker"
COLUMNS = (
    "left_out",
    "kind",
    "group",
    "lag",
    "period",
    "change",
    *NUMBERS,
    "probability_best",
    "converged",
    "n_releases",
    "note",
)


def influence(
    job: Job,
    model: str | None = None,
    settings: SamplerSettings = QUICK,
    *,
    workers: int | None = None,
    done: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """Refit without each model and each maker that can matter, and say how far the lag moves.

    Left out one at a time are the record-holders by published score, every model that was its
    group's best available on some day in more than ``EVER_BEST`` of the draws, and every maker with
    such a model or with at least ``MANY`` releases. The others stand far below their frontier: each
    is one of two hundred draws of the shortfall, and never what a realized lag is read from.
    A maker with one release is not listed beside its model: the two are the same. The window stays
    that of the full fit.

    Parameters
    ----------
    job, model, settings, workers, done
        As for :func:`frontierlag.sensitivity.table.sensitivity_table`.

    Returns
    -------
    Rows of ``COLUMNS``, months, the largest ``change`` of a median against the full fit first. The
    full fit is the row whose ``kind`` is ``none``, at the end with those that cannot be fitted, whose
    ``note`` says why. ``mcse`` is that of the median; a change has about 1.4 times as much.
    """
    workers = workers or os.cpu_count() or 1
    case = Case.of(job, model)
    (base, best) = next(iter(in_processes(_Base(settings), [case], workers)))
    tasks: list[Task] = []
    rows: list[dict[str, Any]] = []
    heads: dict[object, dict[str, Any]] = {}
    for kind, name in candidates(case.releases, best):
        head = {"left_out": name, "kind": kind} | _facts(case.releases, kind, name, best)
        try:
            tasks.append(without(case, kind, name).task((kind, name)))
            heads[kind, name] = head
        except FrontierLagError as reason:
            rows.append(head | {"note": str(reason)})
    found = refit_all(tasks, settings, workers, done)
    for key, head in heads.items():
        rows += _rows(head, found[key], base)
    rows += _rows({"left_out": "", "kind": "none", "group": ""}, base, base)
    table = typed(rows, COLUMNS)
    size = table["change"].abs().where(table["kind"] != "none", -1.0).fillna(-2.0)
    return table.loc[size.sort_values(ascending=False, kind="stable").index].reset_index(drop=True)


def without(case: Case, kind: str, name: str) -> Case:
    """The case without a model, or without a maker's models."""
    frame = case.table.frame
    if kind == MODEL:
        rows = np.asarray(frame["model"] == name)
    else:
        rows = np.array([name in members(cell) for cell in frame["organization"]], dtype=bool)
    return case.without(rows, f"{kind} {name} left out to see what it moves")


def candidates(releases: Releases, ever_best: np.ndarray) -> list[tuple[str, str]]:
    """Which models and makers are left out: pairs of kind and name.

    Parameters
    ----------
    releases
        All releases.
    ever_best
        Probability of ever having been the group's best available, shape ``(release,)``.
    """
    chosen = records(releases) | (ever_best > EVER_BEST)
    made: dict[str, list[int]] = {}
    for i, cell in enumerate(releases.organization):
        for maker in members(str(cell)):
            made.setdefault(maker, []).append(i)
    makers = [
        maker
        for maker, own in sorted(made.items())
        if len(own) > 1 and (chosen[own].any() or len(own) >= MANY)
    ]
    models = [(MODEL, str(name)) for name in releases.model[chosen]]
    return models + [(MAKER, maker) for maker in makers]


def ever_best_available(fit: Fit, releases: Releases) -> np.ndarray:
    """Share of draws in which each release was its group's best on some day, shape ``(release,)``.

    Releases that are not in the fit's likelihood have 0.
    """
    inside, capability = fit.observations.releases, fit.capabilities
    share = dict.fromkeys(releases.model.tolist(), 0.0)
    for group in (LEADER, FOLLOWER):
        own = np.flatnonzero(inside.group == group)
        stairs = Staircase.of(inside.day[own], capability[..., own])
        step = stairs.step_on(inside.day[own])
        before = np.concatenate(
            [np.full((*stairs.best.shape[:-1], 1), -np.inf), stairs.best[..., :-1]], axis=-1
        )
        c = capability[..., own]
        is_best = (c >= stairs.best[..., step]) & (c > before[..., step])
        share |= zip(inside.model[own].tolist(), is_best.mean((0, 1)).tolist(), strict=True)
    return np.array([share[name] for name in releases.model.tolist()])


class _Base:
    """The full fit, and how likely each release was ever the best: runs in a worker process."""

    def __init__(self, settings: SamplerSettings) -> None:
        self.settings = settings

    def __call__(self, case: Case) -> tuple[Refit, np.ndarray]:
        found, fit = refit_with_draws(case.task("base"), self.settings)
        return found, ever_best_available(fit, case.releases)


def _facts(releases: Releases, kind: str, name: str, best: np.ndarray) -> dict[str, Any]:
    """Whose side it is on, and for a model how likely it was ever the best."""
    if kind == MODEL:
        own = releases.model == name
        facts = {"probability_best": round(float(best[own][0]), DIGITS)}
    else:
        own = np.array([name in members(str(cell)) for cell in releases.organization])
        facts = {}
    groups = [releases.group_names[g] for g in np.unique(releases.group[own])]
    return {"group": ";".join(groups)} | facts


def _rows(head: dict[str, Any], found: Refit, base: Refit) -> list[dict[str, Any]]:
    rows = []
    for kind in KINDS:
        for period in PERIODS:
            own = numbers(*found.lags[0][kind, period])
            full = numbers(*base.lags[0][kind, period])
            cells = {
                "lag": kind,
                "period": period,
                "change": round(own["median"] - full["median"], DIGITS),
                "converged": found.converged,
                "n_releases": found.n_releases,
                "note": "" if found.converged else found.gate.verdict(),
            }
            rows.append(head | cells | own)
    return rows
