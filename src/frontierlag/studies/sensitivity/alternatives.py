"""The sensible alternatives to an analysis, each a declared object that changes one thing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np

from frontierlag.analyses.refits import Task
from frontierlag.dates import CONVENTIONS, Dates, Window
from frontierlag.errors import SpecError
from frontierlag.jobs import Job
from frontierlag.lags.published import Convention, daily, release_matched, tolerance_of
from frontierlag.model import ModelSpec, first_model, split_name, suits
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


@dataclass(frozen=True)
class Alternative(ABC):
    """One way to do the analysis.

    Attributes
    ----------
    name
        A few words that name it in a table and a figure.
    what
        What it changes: ``base``, ``shortfall``, ``window``...
    """

    name: str
    what: str


@dataclass(frozen=True)
class Refitted(Alternative, ABC):
    """An alternative that a model is fitted to."""

    @abstractmethod
    def change(self, case: Case) -> Case:
        """The case with one thing changed.

        Raises
        ------
        FrontierLagError
            If this alternative does not exist for the case, with the reason.
        """


@dataclass(frozen=True)
class Unchanged(Refitted):
    """The base itself."""

    def change(self, case: Case) -> Case:
        """The same."""
        return case


@dataclass(frozen=True)
class OtherModel(Refitted):
    """Another model on the same rows."""

    model: str

    def change(self, case: Case) -> Case:
        """Replace the model."""
        return replace(case, model=self.model)


@dataclass(frozen=True)
class OtherDates(Refitted):
    """The same models dated by another convention, over the same days."""

    dates: Dates

    def change(self, case: Case) -> Case:
        """Date the table's rows otherwise."""
        changed = case.dated(self.dates)
        own, other = case.releases, changed.releases
        if np.array_equal(own.model, other.model) and all(
            np.array_equal(getattr(own, name), getattr(other, name))
            for name in ("day", "day_low", "day_high")
        ):
            raise SpecError("changes nothing: every model has the same date")
        return changed


@dataclass(frozen=True)
class OtherStart(Refitted):
    """The same fit over a later window."""

    since: date

    def change(self, case: Case) -> Case:
        """Move the window's start."""
        if self.since < case.window.since:
            raise SpecError(f"{self.since} is before {case.window.since}, where the window starts")
        return replace(case, window=Window(self.since, case.window.as_of))


@dataclass(frozen=True)
class WithoutRows(Refitted):
    """Some rows not counted."""

    rows: Callable[[Case], np.ndarray]
    reason: str

    def change(self, case: Case) -> Case:
        """Leave the rows out."""
        mask = self.rows(case) & np.isin(case.table.frame["model"], case.releases.model)
        if not mask.any():
            raise SpecError("changes nothing: the table has no such row")
        return case.without(mask, self.reason)


@dataclass(frozen=True)
class OtherSettings(Refitted):
    """Another way to count a model that was run at several settings."""

    efforts: Efforts

    def change(self, case: Case) -> Case:
        """Replace which settings count."""
        changed = replace(case, efforts=self.efforts)
        if len(changed.releases) == len(case.releases):
            raise SpecError("changes nothing: no model was run at several settings")
        return changed


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


def alternatives(case: Case) -> tuple[Alternative, ...]:
    """The base and every alternative to it that the metric and the comparison allow."""
    trend, frontier = split_name(case.model)
    column = case.comparison.column
    found: list[Alternative] = [Unchanged("base", "base")]
    # First: which date counts moves the lag more than any other choice.
    found += [
        OtherDates(DATED[dates], "dates", dates)
        for dates in CONVENTIONS
        if dates != case.table.dates
    ]
    found += [
        OtherStart(f"window from {since}", "window", since)
        for since in WINDOW_STARTS
        if case.window.since < since < case.window.as_of
    ]
    named = [
        ("half-normal shortfall", "shortfall", f"{trend}-stochastic-halfnormal"),
        ("shortfalls by maker and time", "shortfall", f"{trend}-stochastic-makers"),
        ("two-piece errors", "errors", f"{trend}-stochastic-twopiece"),
    ]
    named += [
        (
            ", ".join(_differences((trend, frontier), (t, f))),
            _family(trend, frontier, t, f),
            f"{t}-{f}",
        )
        for f in FRONTIERS
        for t in TRENDS
    ]
    named += [
        (f"{t} trend", _family(trend, frontier, t, frontier), f"{t}-{frontier}")
        for t in RARE_TRENDS
    ]
    named.append(("records only, first ones kept", "first records", f"{trend}-records-all"))
    found += [
        OtherModel(name, what, model)
        for name, what, model in named
        if model != case.model and suits(model, case.table.metric)
    ]
    if "USA" in (case.comparison.leader, case.comparison.follower) and column == "country":
        found.append(
            WithoutRows(
                "UK;USA not counted (Google)",
                "UK;USA",
                of_several_countries,
                "of several countries, not counted in this alternative",
            )
        )
    found.append(
        WithoutRows(
            f"rows without a {column} left out",
            f"unknown {column}",
            filled_in,
            f"{column} is blank in the table, and not resolved in this alternative",
        )
    )
    if case.table.metric.unit == "accuracy":
        other: Efforts = "all" if case.efforts == "best" else "best"
        name = {"all": "every setting a release", "best": "best setting of a model"}[other]
        found.append(OtherSettings(name, "settings", other))
    return (*found, *_conventions())


def _conventions() -> list[Alternative]:
    kept = {True: "first records kept", False: "first records dropped"}
    found: list[Alternative] = []
    for convention, published in (("release-matched", True), ("daily", False)):
        for tolerance, keep in ((1.0, published), (0.0, published), (1.0, not published)):
            words = f"{convention}, tolerance {tolerance:g}, {kept[keep]}"
            found.append(PointConvention(words, "convention", convention, tolerance, keep))
    return found


def _differences(base: tuple[str, str], other: tuple[str, str]) -> list[str]:
    trend, frontier = other
    words = [f"{trend} trend"] if trend != base[0] else []
    return words + (
        [f"{frontier} only" if frontier == "records" else frontier] if frontier != base[1] else []
    )


def _family(trend: str, frontier: str, t: str, f: str) -> str:
    if t != trend and f != frontier:
        return "trend and frontier"
    return "trend" if t != trend else "frontier"


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
        case = cls(
            ready.table,
            ready.releases.comparison,
            ready.window,
            model or first_model(ready.table.metric),
            job.efforts,
            job,
        )
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
        """The case with rows of the table left out for a reason.

        Parameters
        ----------
        rows
            Mask over the table's frame.
        reason
            What the record says of each.
        """
        out = self.table.frame[rows]
        more = tuple(
            LeftOut(int(row), str(model), reason)
            for row, model in zip(out["row"], out["model"], strict=True)
        )
        return replace(self, table=replace(self.table, left_out=self.table.left_out + more))
