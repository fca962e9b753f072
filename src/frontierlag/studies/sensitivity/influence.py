"""The lag with each model and each maker left out, expected before it is refitted."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from arviz_stats.base import array_stats

from frontierlag.analyses.analysis import Analysis
from frontierlag.analyses.refits import DIGITS, NUMBERS, Task, refit_all, refit_with_draws
from frontierlag.dates import Window
from frontierlag.errors import FrontierLagError, SpecError
from frontierlag.fits.fitting import Fit
from frontierlag.fits.size import MANY as LARGE
from frontierlag.jobs import Job
from frontierlag.lags.dates import available, release_days
from frontierlag.lags.measure import trend_lag_by_day
from frontierlag.lags.realized import Staircase, best_on_release, is_best_on_release, realized_lag
from frontierlag.names import FOLLOWER, LEADER, REALIZED, RELEASE, TREND, WINDOW
from frontierlag.scores import Releases, records
from frontierlag.scores.groups import members
from frontierlag.settings import QUICK, SamplerSettings
from frontierlag.studies.sensitivity.alternatives import Case
from frontierlag.studies.sensitivity.starts import starts_without_refit
from frontierlag.studies.writing import OF_FIT, lag_rows, typed

# From this probability on of ever having been its group's best available, a model is left out once.
EVER_BEST = 0.05
# A maker of fewer releases than this is left out only if one of them is such a model.
MANY = 3
# From this expected change in months on, a model is left out by a refit.
REFIT_FROM = 0.1
# How many times the draws of a refit the full fit has.
BASE_DRAWS = 4
# Draws a chain, and days apart, of the expectation.
SCREENED, EVERY_DAYS = 250, 7
# From this Pareto k on the weights are not to be trusted (Vehtari, Gelman & Gabry 2017).
HIGH_K = 0.7
# Without a refit, a model or maker that is expected to move no lag by this many months is not
# listed; and of a large table only models are left out that were their group's best on their day
# with at least this probability.
LISTED_FROM, OFTEN_BEST = 0.1, 0.05
MODEL, MAKER = "model", "maker"
COLUMNS = (
    *("left_out", "kind", "group", "lag", "period", "change"),
    *NUMBERS,
    "probability_best",
    *OF_FIT,
)
EXPECTED = ("left_out", "kind", "group", "lag", "period", "change", "pareto_k", "note")


def influence_table(
    job: Job,
    model: str | None = None,
    settings: SamplerSettings = QUICK,
    *,
    workers: int | None = None,
    done: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """Refit without each model and each maker that can matter, and say how far the lag moves.

    Listed are the record-holders by published score, every model that was its group's best
    available on some day in more than ``EVER_BEST`` of the draws, and every maker with such a model
    or with at least ``MANY`` releases (one with a single release is the same as its model). The fit
    is made again without every maker. Without a model it is if that is expected to move the mean of
    a lag over the window by ``REFIT_FROM`` months or more (:func:`expected_changes`), wherever it
    stands; of the other models of the list the table gives the expectation as ``change`` and says
    so in ``note``. The window stays that of the full fit. The parameters are those of
    :func:`frontierlag.studies.sensitivity.alternatives.sensitivity_table`.

    Returns
    -------
    Rows of ``COLUMNS``, months, the largest ``change`` of a median against the full fit first. The
    full fit is the row whose ``kind`` is ``none``, at the end with those that cannot be fitted,
    whose ``note`` says why. A change without a ``median`` is an expectation, of a mean. The full
    fit, with ``BASE_DRAWS`` times the draws, adds little to the error of a change.
    """
    workers = workers or os.cpu_count() or 1
    case = Case.of(job, model)
    # Its Monte Carlo error is in every change, so it gets more draws than the refits.
    more = settings.model_copy(update={"draws": BASE_DRAWS * settings.draws})
    base, fit = refit_with_draws(case.task("base"), more, cores=workers)
    best = ever_best_available(fit, case.releases)
    expected = expected_changes(fit, case.window)
    listed = candidates(case.releases, best)
    listed += [
        (MODEL, name)
        for name, changes in expected.items()
        if max(map(abs, changes.values())) >= REFIT_FROM and (MODEL, name) not in listed
    ]
    done("full fit")
    tasks: list[Task] = []
    rows: list[dict[str, Any]] = []
    heads: dict[object, dict[str, Any]] = {}
    for kind, name in listed:
        head: dict[str, Any] = {"left_out": name, "kind": kind}
        own = _named(kind, name, case.releases.model, case.releases.organization)
        head["group"] = sides_of(case.releases, own)
        if kind == MODEL:
            head["probability_best"] = round(float(best[own][0]), DIGITS)
        guess = expected.get(name, {}) if kind == MODEL else {}
        if guess and max(map(abs, guess.values())) < REFIT_FROM:
            note = f"not refitted: expected to move no lag by {REFIT_FROM:g} months"
            rows += [
                head
                | {"lag": lag, "period": WINDOW, "change": round(change, DIGITS) + 0.0}
                | {"note": note}
                for lag, change in guess.items()
            ]
            continue
        try:
            tasks.append(without(case, kind, name).task((kind, name)))
            heads[kind, name] = head
        except FrontierLagError as reason:
            rows.append(head | {"note": str(reason)})
    found = refit_all(tasks, settings, workers, done)
    full = {"left_out": "", "kind": "none", "group": "", "settings": more.words}
    of_base = lag_rows(full, base)
    for of_one in (*(lag_rows(head, found[key]) for key, head in heads.items()), of_base):
        rows += [
            row | {"change": round(row["median"] - whole["median"], DIGITS)}
            for row, whole in zip(of_one, of_base, strict=True)
        ]
    table = typed(rows, COLUMNS, settings)
    size = table["change"].abs().where(table["kind"] != "none", -1.0).fillna(-2.0)
    return table.loc[size.sort_values(ascending=False, kind="stable").index].reset_index(drop=True)


def quick_checks(analysis: Analysis, every: Releases) -> dict[str, pd.DataFrame]:
    """What an answer rests on without a refit: the tables of a full run, by the name of the file.

    ``every`` release of the two groups, whichever of them the likelihood is of.
    """
    origin = {
        "dataset": every.table,
        "comparison": every.comparison.name,
        "as_of": every.as_of.isoformat(),
    }
    tables = {
        "window_starts": starts_without_refit(analysis, every),
        "influence": influence_without_refit(analysis),
    }
    return {name: table.assign(**origin)[[*origin, *table]] for name, table in tables.items()}


def influence_without_refit(analysis: Analysis) -> pd.DataFrame:
    """Which models and makers the mean lags of a fit rest on: the expected change without each.

    Returns
    -------
    Rows of ``EXPECTED``: every model, and every maker of several, that is expected to move a mean
    lag by :data:`LISTED_FROM` months or more; largest change of any first. ``pareto_k`` is that of
    the importance weights, ``note`` says where they are not to be trusted. No row for a fit to
    benchmark results, where this is not known without a refit.
    """
    fit, releases = analysis.fit, analysis.fit.observations.releases
    rows: list[dict[str, Any]] = []
    if fit.spec.frontier.observed_dim == RELEASE:
        alone = np.eye(len(releases), dtype=bool)
        listed = {(MODEL, str(releases.model[i])): alone[i] for i in _asked(fit)}
        listed |= {(MAKER, name): own for name, own in makers_of_several(releases).items()}
        found = expected_without(fit, analysis.measured.window, listed)
        for (kind, name), expected in found.items():
            if expected.largest < LISTED_FROM:
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
    table = pd.DataFrame(rows, columns=list(EXPECTED))
    table = table.astype({"change": float, "pareto_k": float})
    of_one = [table["kind"], table["left_out"]]
    largest = table["change"].abs().groupby(of_one, sort=False).transform("max")
    order = largest.sort_values(ascending=False, kind="stable").index
    table = table.loc[order].reset_index(drop=True)
    return table.assign(model=analysis.name, converged=analysis.convergence.converged)


def _asked(fit: Fit) -> np.ndarray:
    """Positions of the models that are left out one by one: in a large table, who was ever best.

    That of a thousand releases one that was hardly ever its group's best moves the lag is out of
    the question, and to ask it of each takes hours.
    """
    releases = fit.observations.releases
    if len(releases) < LARGE:
        return np.arange(len(releases))
    share = _best_of_group(releases, releases.day, fit.capabilities[_some_draws(fit)])
    return np.flatnonzero(share >= OFTEN_BEST)


def without(case: Case, kind: str, name: str) -> Case:
    """The case without a model, or without a maker's models."""
    frame = case.table.frame
    rows = _named(kind, name, frame["model"], frame["organization"])
    return case.without(rows, f"{kind} {name} left out to see what it moves")


def _named(kind: str, name: str, models: Iterable[Any], makers: Iterable[Any]) -> np.ndarray:
    """Which rows are of the model, or name one of the makers (several are separated by ';')."""
    if kind == MODEL:
        return np.asarray(models) == name
    wanted = set(members(name))
    return np.array([bool(wanted & set(members(str(cell)))) for cell in makers], dtype=bool)


def candidates(releases: Releases, ever_best: np.ndarray) -> list[tuple[str, str]]:
    """Which models and makers are left out: pairs of kind and name.

    ``ever_best`` is each release's probability of ever having been its group's best available.
    """
    chosen = records(releases) | (ever_best > EVER_BEST)
    models = [(MODEL, str(name)) for name in releases.model[chosen]]
    return models + [
        (MAKER, name)
        for name, own in makers_of_several(releases).items()
        if chosen[own].any() or own.sum() >= MANY
    ]


def makers_of_several(releases: Releases) -> dict[str, np.ndarray]:
    """Which releases are of each maker of several, masks of shape ``(release,)`` by its name.

    Makers of the same models (joint work) are one, their names separated by ';'.
    """
    made: dict[str, list[int]] = {}
    for i, cell in enumerate(releases.organization):
        for maker in members(str(cell)):
            made.setdefault(maker, []).append(i)
    same: dict[tuple[int, ...], list[str]] = {}
    for maker, own in sorted(made.items()):
        same.setdefault(tuple(own), []).append(maker)
    at = np.arange(len(releases))
    return {";".join(names): np.isin(at, own) for own, names in same.items() if len(own) > 1}


def sides_of(releases: Releases, own: np.ndarray) -> str:
    """Names of the groups that some releases are of, as a table has them."""
    return ";".join(releases.group_names[g] for g in np.unique(releases.group[own]))


def ever_best_available(fit: Fit, releases: Releases) -> np.ndarray:
    """Share of draws in which each release was its group's best on some day, shape ``(release,)``.

    Releases that are not in the fit's likelihood have 0.
    """
    inside, capability = fit.observations.releases, fit.capabilities
    day = release_days(inside, fit.settings.seed, capability.shape[:-1])
    best = _best_of_group(inside, day, capability)
    share = dict(zip(inside.model.tolist(), best.tolist(), strict=True))
    return np.array([share.get(name, 0.0) for name in releases.model.tolist()])


def _best_of_group(releases: Releases, day: np.ndarray, capability: np.ndarray) -> np.ndarray:
    """Share of draws in which each release exceeds all that its group had on its day."""
    share = np.zeros(len(releases))
    for group in (LEADER, FOLLOWER):
        own = releases.of(group)
        share[own] = best_on_release(day[..., own], capability[..., own])
    return share


@dataclass(frozen=True)
class Expected:
    """What leaving some releases out is expected to do: changes of each mean lag, months.

    ``pareto_k`` is the shape of the tail of the importance weights: from :data:`HIGH_K` on the
    change of what rests on parameters is a sign and no more.
    """

    changes: Mapping[str, float]
    pareto_k: float

    @property
    def largest(self) -> float:
        """The largest change of any lag, without its sign."""
        return max(map(abs, self.changes.values()))


def expected_without[Name: Hashable](
    fit: Fit, window: Window, left_out: Mapping[Name, np.ndarray]
) -> dict[Name, Expected]:
    """Change of each mean lag over the window if releases were left out, without a refit.

    Draws are weighted by 1 / prod_i p(score_i | parameters) over the releases left out: importance
    sampling of the posterior without them, its weights smoothed by a Pareto tail (Vehtari, Gelman &
    Gabry 2017). Realized lag is read from the other capabilities. Some draws and days stand for
    all. ``left_out`` has by name which releases of the likelihood are left out, masks of shape
    ``(release,)``.

    Returns
    -------
    By name; none for a mask that leaves a group without releases. Days without a lag are left out
    of this expectation.

    Raises
    ------
    SpecError
        If the likelihood is not of scores, one a release.
    """
    if fit.spec.frontier.observed_dim != RELEASE:
        raise SpecError(
            f"{fit.spec.name} is fitted to benchmark results: what a model's results do to the "
            "others is not known without a refit"
        )
    releases = fit.observations.releases
    some = _some_draws(fit)
    every_release = available(fit)
    day, group = every_release.day, every_release.group
    flat = every_release.capability[some].reshape(-1, len(group))
    if day.ndim > 1:
        day = day[some].reshape(flat.shape)
    days = window.days[::-EVERY_DAYS][::-1]
    log_likelihood = _log_likelihood(fit, some)

    def realized(kept: np.ndarray, draws: np.ndarray | slice = slice(None)) -> np.ndarray:
        leader, follower = (
            Staircase.of(
                day[..., own] if day.ndim == 1 else day[draws][:, own], flat[draws][:, own]
            )
            for own in (kept & (group == side) for side in (LEADER, FOLLOWER))
        )
        return _mean(realized_lag(leader, follower, days)[0])

    every = np.ones(len(group), dtype=bool)
    full = {
        TREND: _mean(trend_lag_by_day(fit, window)[0].to_numpy()[some]),
        REALIZED: realized(every),
    }
    is_best = _is_best(day, group, flat)
    found = {}
    for name, out in left_out.items():
        kept = every.copy()
        kept[: len(releases)] = ~out
        if any(not (kept & (group == side)).any() for side in (LEADER, FOLLOWER)):
            continue
        # It takes log likelihoods and smooths their inverse.
        log_weight, k = array_stats.psislw(log_likelihood[..., out].sum(-1).ravel())
        # In a draw in which none of them was ever the best, every staircase stays as it is.
        draws = np.flatnonzero(is_best[:, ~kept].any(1))
        moved = dict(full)
        if len(draws):
            moved[REALIZED] = full[REALIZED].copy()
            moved[REALIZED][draws] = realized(kept, draws)
        found[name] = Expected(
            {
                kind: _average(values, np.exp(log_weight)) - _average(full[kind])
                for kind, values in moved.items()
            },
            float(k),
        )
    return found


def expected_changes(fit: Fit, window: Window) -> dict[str, dict[str, float]]:
    """The same for each release by itself: by model, by kind of lag, months."""
    releases = fit.observations.releases
    alone = np.eye(len(releases), dtype=bool)
    found = expected_without(fit, window, dict(zip(map(str, releases.model), alone, strict=True)))
    return {name: dict(expected.changes) for name, expected in found.items()}


def _some_draws(fit: Fit) -> tuple[slice, slice]:
    """Of every chain as many draws as stand for all."""
    return slice(None), slice(None, None, max(1, fit.capabilities.shape[1] // SCREENED))


def _log_likelihood(fit: Fit, some: tuple[slice, slice]) -> np.ndarray:
    """Log density of each release's score in some draws, ``(chain, draw, release)``."""
    p = {name: values[some] for name, values in fit.draws.items()}
    posterior = fit.tree["posterior"].to_dataset()
    p |= {name: posterior[name].to_numpy()[some] for name in fit.spec.frontier.latent_in_model}
    mu = fit.spec.trend_at(p, fit.observations)
    return fit.spec.frontier.log_likelihood(p, mu, fit.observations.arrays)


def _is_best(day: np.ndarray, group: np.ndarray, capability: np.ndarray) -> np.ndarray:
    """In which draws each release is its group's best on its day, shape ``(draw, release)``."""
    found = np.zeros(capability.shape, dtype=bool)
    for side in (LEADER, FOLLOWER):
        own = group == side
        found[:, own] = is_best_on_release(day[..., own], capability[:, own])
    return found


def _mean(by_day: np.ndarray) -> np.ndarray:
    """Mean over the days that have a lag, shape ``(sample,)``; NaN if none has."""
    known = np.isfinite(by_day)
    total = np.where(known, by_day, 0.0).sum(-1)
    count = known.sum(-1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).ravel()


def _average(values: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Weighted mean over the draws that have a value."""
    known = np.isfinite(values)
    return float(np.average(values[known], weights=None if weights is None else weights[known]))
