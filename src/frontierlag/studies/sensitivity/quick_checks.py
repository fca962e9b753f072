"""What an answer rests on: where the window starts, and each model and maker. No refit.

A full run reports both for its headline model, from the draws that it has. The study of
:mod:`frontierlag.studies.sensitivity.study` refits, and says more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from frontierlag.analyses.analysis import Analysis
from frontierlag.analyses.refits import DIGITS, Refit, lags_over
from frontierlag.fits.fitting import Fit
from frontierlag.fits.size import MANY
from frontierlag.lags.realized import best_on_release
from frontierlag.names import FOLLOWER, LEADER, RELEASE, WINDOW
from frontierlag.scores import Releases
from frontierlag.studies.sensitivity.influence import (
    HIGH_K,
    MAKER,
    MODEL,
    expected_without,
    makers_of_several,
    sides_of,
    some_draws,
)
from frontierlag.studies.sensitivity.starts import COLUMNS as START_COLUMNS
from frontierlag.studies.sensitivity.starts import (
    STARTS,
    least_squares,
    same_fit_rows,
    windows_since,
)
from frontierlag.studies.sensitivity.table import typed

# A model or maker that is expected to move no lag by this many months is not listed.
LISTED_FROM = 0.1
# Of a large table only models are left out that were their group's best on their day with at least
# this probability.
OFTEN_BEST = 0.05
INFLUENCE_COLUMNS = ("left_out", "kind", "group", "lag", "period", "change", "pareto_k", "note")


def quick_checks(analysis: Analysis, every: Releases) -> dict[str, pd.DataFrame]:
    """Both tables by the name of their file.

    ``every`` release of the two groups, whichever of them the likelihood is of.
    """
    starts = starts_without_refit(analysis, every)
    return {"window_starts": starts, "influence": influence_without_refit(analysis)}


def starts_without_refit(
    analysis: Analysis, every: Releases, starts: Sequence[date] = STARTS
) -> pd.DataFrame:
    """Trend and realized lag over the window from every start, and least-squares lines since.

    Parameters
    ----------
    analysis
        The model.
    every
        All releases of the two groups, among which the records of the least-squares lines are.
    starts
        First days of windows.

    Returns
    -------
    Rows as of :func:`frontierlag.studies.sensitivity.starts.window_starts`, of the same fit and of
    least squares alone, with the data set before them.
    """
    whole, fit = analysis.measured.window, analysis.fit
    windows = windows_since(starts, whole)
    lags = lags_over(fit, [whole, *windows.values()])
    found = Refit(lags, analysis.convergence, len(fit.observations.releases))
    rows: list[dict[str, Any]] = []
    for start in starts:
        rows += same_fit_rows(analysis.name, found, start, windows, whole)
        rows += least_squares(every, whole, start)
    return _of(every, typed(rows, START_COLUMNS, fit.settings))


def influence_without_refit(analysis: Analysis) -> pd.DataFrame:
    """Which models and makers the mean lags rest on: the expected change without each.

    Parameters
    ----------
    analysis
        The model.

    Returns
    -------
    Rows of ``INFLUENCE_COLUMNS`` with the data set before them: every model, and every maker of
    several, that is expected to move a mean lag by :data:`LISTED_FROM` months or more; largest
    change of any first. ``pareto_k`` is that of the importance weights, ``note`` says where they
    are not to be trusted. No row for a fit to benchmark results, where this is not known
    without a refit.
    """
    fit, releases = analysis.fit, analysis.fit.observations.releases
    rows: list[dict[str, Any]] = []
    if fit.spec.frontier.observed_dim == RELEASE:
        listed = _left_out(releases, _asked(fit))
        found = expected_without(fit, analysis.measured.window, listed)
        for (kind, name), expected in found.items():
            if max(map(abs, expected.changes.values())) < LISTED_FROM:
                continue
            head: dict[str, Any] = {
                "left_out": name,
                "kind": kind,
                "group": sides_of(releases, listed[kind, name]),
                "period": WINDOW,
                "pareto_k": round(expected.pareto_k, 2),
                "note": "weights not to be trusted" if expected.pareto_k >= HIGH_K else "",
            }
            rows += [
                head | {"lag": lag, "change": round(change, DIGITS) + 0.0}
                for lag, change in expected.changes.items()
            ]
    table = pd.DataFrame(rows, columns=list(INFLUENCE_COLUMNS))
    table = table.astype({"change": float, "pareto_k": float})
    of_one = [table["kind"], table["left_out"]]
    largest = table["change"].abs().groupby(of_one, sort=False).transform("max")
    order = largest.sort_values(ascending=False, kind="stable").index
    table = table.loc[order].reset_index(drop=True)
    return _of(
        releases, table.assign(model=analysis.name, converged=analysis.convergence.converged)
    )


def _asked(fit: Fit) -> np.ndarray:
    """Positions of the models that are left out one by one: in a large table, who was ever best.

    That of a thousand releases one that was hardly ever its group's best moves the lag is out of
    the question, and to ask it of each takes hours.
    """
    releases = fit.observations.releases
    if len(releases) < MANY:
        return np.arange(len(releases))
    some = some_draws(fit)
    share = np.zeros(len(releases))
    for group in (LEADER, FOLLOWER):
        own = releases.of(group)
        share[own] = best_on_release(releases.day[own], fit.capabilities[some][..., own])
    return np.flatnonzero(share >= OFTEN_BEST)


def _left_out(releases: Releases, models: np.ndarray) -> dict[tuple[str, str], np.ndarray]:
    """These models, and every maker of several, with the mask of its releases."""
    at = np.arange(len(releases))
    masks = {(MODEL, str(releases.model[i])): at == i for i in models}
    return masks | {(MAKER, name): own for name, own in makers_of_several(releases).items()}


def _of(releases: Releases, table: pd.DataFrame) -> pd.DataFrame:
    origin = {
        "dataset": releases.table,
        "comparison": releases.comparison.name,
        "as_of": releases.as_of.isoformat(),
    }
    return table.assign(**origin)[[*origin, *table]]
