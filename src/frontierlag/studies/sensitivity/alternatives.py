"""The lag under the sensible alternatives to an analysis, each declared to change one thing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from frontierlag.analyses.refits import DIGITS, NUMBERS, Task, refit_all
from frontierlag.dates import CONVENTIONS, Dates, Window
from frontierlag.errors import FrontierLagError, SpecError
from frontierlag.jobs import Job
from frontierlag.lags.published import Convention, daily, release_matched, tolerance_of
from frontierlag.model import ModelSpec, first_model, split_name, suits
from frontierlag.names import REALIZED, WINDOW
from frontierlag.scores import (
    Comparison,
    Efforts,
    LeftOut,
    Releases,
    ScoreTable,
    load_scores,
    releases,
)
from frontierlag.scores.groups import members
from frontierlag.settings import QUICK, SamplerSettings
from frontierlag.studies.writing import OF_FIT, lag_rows, typed

# Makers that Epoch's tables give as two countries in one vintage ('UK;USA') and as one in another.
# The newest table has two Gemini rows under Google alone, so that name counts as the same maker.
TWO_COUNTRY_MAKERS = ("Google DeepMind", "Google")
WINDOW_STARTS = (date(2024, 1, 1), date(2025, 1, 1))
FRONTIERS = ("stochastic", "records")
TRENDS = ("linear", "logistic", "parallel", "broken")
# Names of the conventions of dates as alternatives.
DATED: dict[Dates, str] = {
    "released": "dates of first use",
    "announced": "announcement dates",
    "as-published": "dates as published",
}
# Of the frontier of the base alone.
RARE_TRENDS = ("parallel-logistic", "broken-learned")
COLUMNS = ("alternative", "what", "dates", "model", "lag", "period", *NUMBERS, *OF_FIT)


@dataclass(frozen=True)
class Alternative:
    """One way to do the analysis, and what it changes: ``base``, ``shortfall``, ``window``..."""

    name: str
    what: str


@dataclass(frozen=True)
class Refitted(Alternative):
    """An alternative that a model is fitted to.

    ``change`` gives the case with one thing changed, or raises a
    :class:`~frontierlag.errors.FrontierLagError` that says why there is no such alternative.
    """

    change: Callable[[Case], Case]


@dataclass(frozen=True)
class PointConvention(Alternative):
    """A published convention: a number from point scores, without a model or an interval."""

    convention: str
    tolerance: float
    keep_first: bool

    def lag(self, case: Case) -> Convention:
        """The convention on the case's releases, over its own days and records."""
        tolerance = self.tolerance * tolerance_of(case.table.metric)
        if self.convention == "daily":
            return daily(case.releases, tolerance=tolerance, keep_first=self.keep_first)
        return release_matched(case.releases, tolerance, keep_first=self.keep_first)


@dataclass(frozen=True)
class Case:
    """A table, a comparison, a window and a model, with the job that they are of.

    The window is settled once and stays: leaving rows out, or counting records otherwise, would
    move its default start, and two changes at once cannot be told apart.
    """

    table: ScoreTable
    comparison: Comparison
    window: Window
    model: str
    efforts: Efforts
    job: Job

    @classmethod
    def of(cls, job: Job, model: str | None = None) -> Case:
        """The case of a job, by default with the headline model of its metric.

        Raises
        ------
        FrontierLagError
            If the job cannot be prepared or the model does not suit it.
        """
        ready = job.prepare()
        name = model or first_model(ready.table.metric)
        comparison = ready.releases.comparison
        case = cls(ready.table, comparison, ready.window, name, job.efforts, job)
        _ = case.spec
        return case

    @cached_property
    def releases(self) -> Releases:
        """The releases that count."""
        return releases(self.table, self.comparison, self.window.as_of, self.efforts)

    @cached_property
    def spec(self) -> ModelSpec:
        """The model with its default priors."""
        return ModelSpec.of(self.model, self.table.metric)

    def task(self, key: object, *windows: Window) -> Task:
        """A refit of this case over its window, or over others."""
        observations = self.spec.observations(self.releases)
        return Task(key, self.spec, observations, windows or (self.window,))

    def dated(self, dates: Dates) -> Case:
        """The case with its table's dates by another convention, over the same window."""
        table = load_scores(self.job.scores, self.job.reading, dates)
        return replace(self, table=table, job=replace(self.job, dates=dates))

    def without(self, rows: np.ndarray, reason: str) -> Case:
        """The case with rows of the table (a mask over its frame) left out for a reason."""
        out = self.table.frame[rows]
        more = tuple(
            LeftOut(int(row), str(model), reason)
            for row, model in zip(out["row"], out["model"], strict=True)
        )
        return replace(self, table=replace(self.table, left_out=self.table.left_out + more))


def dated_by(case: Case, dates: Dates) -> Case:
    """The same models dated by another convention, over the same days."""
    changed = case.dated(dates)
    own, other = case.releases, changed.releases
    if all(
        np.array_equal(getattr(own, name), getattr(other, name))
        for name in ("model", "day", "day_low", "day_high")
    ):
        raise SpecError("changes nothing: every model has the same date")
    return changed


def starting(case: Case, since: date) -> Case:
    """The same fit over a later window."""
    if since < case.window.since:
        raise SpecError(f"{since} is before {case.window.since}, where the window starts")
    return replace(case, window=Window(since, case.window.as_of))


def without_rows(case: Case, rows: Callable[[Case], np.ndarray], reason: str) -> Case:
    """The case with some rows not counted."""
    mask = rows(case) & np.isin(case.table.frame["model"], case.releases.model)
    if not mask.any():
        raise SpecError("changes nothing: the table has no such row")
    return case.without(mask, reason)


def of_settings(case: Case, efforts: Efforts) -> Case:
    """Another way to count a model that was run at several settings."""
    changed = replace(case, efforts=efforts)
    if len(changed.releases) == len(case.releases):
        raise SpecError("changes nothing: no model was run at several settings")
    return changed


def of_several_countries(case: Case) -> np.ndarray:
    """Rows of makers in two countries, whether the table's cell gives both or one."""
    frame = case.table.frame
    several = np.array([len(members(cell)) > 1 for cell in frame["country"]], dtype=bool)
    makers = [set(members(cell)) & set(TWO_COUNTRY_MAKERS) for cell in frame["organization"]]
    return several | np.array([bool(found) for found in makers], dtype=bool)


def filled_in(case: Case) -> np.ndarray:
    """Rows whose group the table leaves blank and the shipped resolutions give."""
    column = case.comparison.column
    models = [model for filled, model in case.table.filled if filled == column]
    return np.asarray(case.table.frame["model"].isin(models))


def alternatives(case: Case) -> tuple[Refitted | PointConvention, ...]:
    """The base and every alternative to it that the metric and the comparison allow."""
    column = case.comparison.column
    found: list[Refitted | PointConvention] = [Refitted("base", "base", lambda case: case)]
    # First: which date counts moves the lag more than any other choice.
    found += [
        Refitted(DATED[dates], "dates", partial(dated_by, dates=dates))
        for dates in CONVENTIONS
        if dates != case.table.dates
    ]
    found += [
        Refitted(f"window from {since}", "window", partial(starting, since=since))
        for since in WINDOW_STARTS
        if case.window.since < since < case.window.as_of
    ]
    found += [
        Refitted(name, what, partial(replace, model=model))
        for name, what, model in _models(*split_name(case.model))
        if model != case.model and suits(model, case.table.metric)
    ]
    blank = f"{column} is blank in the table, and not resolved in this alternative"
    left_out = [(f"rows without a {column} left out", f"unknown {column}", filled_in, blank)]
    if "USA" in (case.comparison.leader, case.comparison.follower) and column == "country":
        reason = "of several countries, not counted in this alternative"
        google = ("UK;USA not counted (Google)", "UK;USA", of_several_countries, reason)
        left_out.insert(0, google)
    found += [
        Refitted(name, what, partial(without_rows, rows=rows, reason=reason))
        for name, what, rows, reason in left_out
    ]
    if case.table.metric.unit == "accuracy":
        other: Efforts = "all" if case.efforts == "best" else "best"
        name = {"all": "every setting a release", "best": "best setting of a model"}[other]
        found.append(Refitted(name, "settings", partial(of_settings, efforts=other)))
    kept = {True: "first records kept", False: "first records dropped"}
    for convention, published in (("release-matched", True), ("daily", False)):
        for tolerance, keep in ((1.0, published), (0.0, published), (1.0, not published)):
            words = f"{convention}, tolerance {tolerance:g}, {kept[keep]}"
            found.append(PointConvention(words, "convention", convention, tolerance, keep))
    return tuple(found)


def _models(trend: str, frontier: str) -> list[tuple[str, str, str]]:
    """Name, what it changes, and name of the model of each other model than the base."""
    found = [
        ("half-normal shortfall", "shortfall", f"{trend}-stochastic-halfnormal"),
        ("shortfalls by maker and time", "shortfall", f"{trend}-stochastic-makers"),
        ("two-piece errors", "errors", f"{trend}-stochastic-twopiece"),
    ]
    pairs = [(t, f) for f in FRONTIERS for t in TRENDS] + [(t, frontier) for t in RARE_TRENDS]
    for t, f in pairs:
        changed = {"trend": f"{t} trend"} if t != trend else {}
        if f != frontier:
            changed["frontier"] = "records only" if f == "records" else f
        found.append((", ".join(changed.values()), " and ".join(changed), f"{t}-{f}"))
    return [*found, ("records only, first ones kept", "first records", f"{trend}-records-all")]


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
    chosen
        Which alternatives to run.
    settings, workers, done
        As for :func:`frontierlag.analyses.refits.refit_all`.

    Returns
    -------
    Rows of ``COLUMNS``, in months, in the order of the alternatives. A convention has a ``median``
    (its value) and no interval, and no verdict: ``converged`` is missing. An alternative that does
    not exist here has no numbers and says why in ``note``. ``settings`` says how many draws a row
    rests on: fewer than a run's, whose own tables give the base with more.
    """
    case = Case.of(job, model)
    tasks: dict[object, Task] = {}
    given: list[tuple[dict[str, Any], Case | None]] = []
    for alternative in alternatives(case):
        if not chosen(alternative):
            continue
        head: dict[str, Any] = {"alternative": alternative.name, "what": alternative.what}
        if isinstance(alternative, PointConvention):
            given.append((head | _point(alternative, case), None))
            continue
        try:
            changed = alternative.change(case)
            task = changed.task(_identity(changed))
        except FrontierLagError as reason:
            given.append((head | {"note": str(reason)}, None))
            continue
        same = tasks.get(task.key)
        windows = (*same.windows, changed.window) if same else task.windows
        tasks[task.key] = replace(task, windows=windows)
        given.append((head | {"model": changed.model, "dates": changed.table.dates}, changed))
    found = refit_all(list(tasks.values()), settings, workers, done)
    rows: list[dict[str, Any]] = []
    for head, of_case in given:
        if of_case is None:
            rows.append(head)
            continue
        key = _identity(of_case)
        rows += lag_rows(head, found[key], tasks[key].windows.index(of_case.window))
    return typed(rows, COLUMNS, settings)


def _identity(case: Case) -> tuple[object, ...]:
    """What makes two cases the same fit, whatever their windows."""
    r = case.releases
    days = (tuple(days.tolist()) for days in (r.day, r.day_low, r.day_high))
    return case.model, case.efforts, r.dates, tuple(r.model.tolist()), *days


def _point(alternative: PointConvention, case: Case) -> dict[str, Any]:
    found = alternative.lag(case)
    total = found.n + (found.censored if alternative.convention == "release-matched" else 0)
    return {
        "dates": case.table.dates,
        "lag": REALIZED,
        "period": WINDOW,
        "median": round(found.mean, DIGITS),
        "undefined": float(found.n == 0),
        "censored": round(found.censored / max(total, 1), DIGITS),
        "note": "a convention on point scores, over its own days or records: no interval",
    }
