"""Lags that can be cited, read from the tables of a results folder; no posterior is needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from frontierlag.dates import AS_PUBLISHED, Dates, recorded
from frontierlag.errors import ResultsError, SpecError
from frontierlag.intervals import OUTER
from frontierlag.names import AT_RELEASE, CURRENT, MAXIMUM, MINIMUM, REALIZED, TREND, WINDOW
from frontierlag.results.folder import headline_model, read_manifest, read_table
from frontierlag.results.last_day import LastDayRow, of_model
from frontierlag.scores import is_epochs
from frontierlag.scores.scale import unit_recorded
from frontierlag.words import error_of, figure, mostly_bound

LAGS = (REALIZED, TREND, AT_RELEASE)
ALL = "all"
# What a run may have been fitted to in place of scores with intervals, by its key in the manifest.
FITTED = {"results": "benchmark results", "draws": "joint draws"}
_NUMBERS = ("mean", "median", "lower90", "upper90", "undefined", "censored")
_DAY_COLUMNS = (
    *("model", "group", "release", "released", "months", "probability", "censored"),
    *("bracket", "split", "ahead", "converged"),
)
_COLUMNS = ("dataset", "comparison", "as_of", "model", "lag", "period", *_NUMBERS, "converged")


@dataclass(frozen=True)
class Source:
    """What stands behind every number of a results folder.

    ``vintage`` is the day the table was published, empty where it does not say; ``fitted`` is what
    was fitted in place of the scores and their intervals, ``benchmark results NAME`` or ``joint
    draws NAME``, with its hash, and empty where the scores were; ``headline`` is the model that
    answers for the run.
    """

    dataset: str
    metric: str
    vintage: str
    sha256: str
    comparison: str
    column: str
    leader: str
    follower: str
    since: str
    as_of: str
    interval_kind: str
    attribution: str
    fitted: str = ""
    fitted_sha256: str = ""
    headline: str = ""
    dates: Dates = AS_PUBLISHED

    @property
    def of_epoch(self) -> bool:
        """Whether the figures are Epoch AI's."""
        return is_epochs(self.attribution)


@dataclass(frozen=True)
class Estimate:
    """One lag in months: posterior median and outer interval, and what must be said with it.

    ``censored`` is the share of the period's days (of the draws, where the period is one day) on
    which the lag is only a bound or, for a trend, read outside the data; ``undefined`` is the share
    of draws without a lag. The realized lag of the last day has ``day``, the releases that it may
    be counted from, which is reported in place of an interval.
    """

    source: Source
    lag: str
    period: str
    model: str
    mean: float
    median: float
    lower: float
    upper: float
    mcse_median: float
    undefined: float
    censored: float
    converged: bool
    day: LastDayRow | None = None

    @property
    def defined(self) -> bool:
        """Whether any draw has a lag."""
        return not pd.isna(self.median)

    @property
    def at_least(self) -> bool:
        """Whether the lag is mostly only known to be at least this large."""
        return mostly_bound(self.lag, self.censored)

    @property
    def one_day(self) -> bool:
        """Whether the period is a single day of each draw."""
        return self.period in (CURRENT, MINIMUM, MAXIMUM)

    @property
    def one_value(self) -> bool:
        """Whether both ends of the interval are the same day: the draws agree on the two models."""
        return self.defined and self.lower == self.upper

    def figure(self, value: float) -> str:
        """A number with no more decimals than its Monte Carlo error supports."""
        return figure(value, self.mcse_median)


def read_estimates(folder: Path) -> list[Estimate]:
    """Return every lag that a results folder has a number for."""
    source = _source(folder)
    lags = read_table(folder, "lags.csv", _COLUMNS)
    ladder = read_table(folder, "ladder.csv", _COLUMNS)
    at_release = ladder[ladder["lag"] == AT_RELEASE]
    rows = pd.concat([lags, at_release]).to_dict("records")
    days = read_days(folder)
    try:
        return [_estimate({str(k): v for k, v in row.items()}, source, days) for row in rows]
    except ValueError as error:
        raise ResultsError(
            f"a table in {folder} has a cell that is no number ({error}); run the analysis again"
        ) from None


def choose(
    estimates: Sequence[Estimate], lag: str, period: str, model: str | None
) -> list[Estimate]:
    """Return the requested estimates of one results folder, in the order of the tables.

    Lag, period and model are names, several separated by commas, or ``all``; no model means the
    headline model of the run. A SpecError says which name is not in the tables.
    """
    lags = _named(lag, "lag", [e.lag for e in estimates])
    periods = _named(period, "period", [e.period for e in estimates])
    named = model or (estimates[0].source.headline if estimates else "")
    models = _named(named, "model", [e.model for e in estimates])
    found = [e for e in estimates if e.lag in lags and e.period in periods and e.model in models]
    if not found:
        raise SpecError(
            f"there is no {lag} lag over {period} of {named}; the lag at "
            f"release is in the tables for the period {WINDOW} only"
        )
    missing = [e for e in found if (e.lag, e.period) == (REALIZED, CURRENT) and e.day is None]
    if missing:
        raise ResultsError(
            f"the realized lag of the last day is given by the releases it may be counted from, "
            f"and last_day.csv has none for {missing[0].model}; run the analysis again"
        )
    return found


def _named(asked: str, what: str, there: Sequence[str]) -> list[str]:
    known = list(dict.fromkeys(there))
    if asked == ALL:
        return known
    names = [name.strip() for name in asked.split(",")]
    for name in names:
        if name not in known:
            raise SpecError(
                f"there is no {what} {name!r} in the tables; there are {', '.join(known)}, and "
                f"{ALL}"
            )
    return names


def read_days(folder: Path) -> pd.DataFrame:
    """The rows of ``last_day.csv``; empty if a run of an earlier version did not write it."""
    if not (folder / "last_day.csv").is_file():
        return pd.DataFrame()
    return read_table(folder, "last_day.csv", _DAY_COLUMNS)


def _estimate(row: dict[str, Any], source: Source, days: pd.DataFrame) -> Estimate:
    numbers: dict[str, Any] = {column.removesuffix("90"): float(row[column]) for column in _NUMBERS}
    lag, period, model = (str(row[name]) for name in ("lag", "period", "model"))
    day = of_model(days, model) if (lag, period) == (REALIZED, CURRENT) else None
    passed = str(row["converged"]) == "True"
    numbers |= {"mcse_median": error_of(row), "converged": passed}
    return Estimate(source=source, lag=lag, period=period, model=model, day=day, **numbers)


def _source(folder: Path) -> Source:
    manifest = read_manifest(folder)
    try:
        data, comparison, window = (manifest[k] for k in ("data", "comparison", "window"))
        intervals = manifest["intervals"]
        fitted, fitted_sha256 = _fitted(data)
        if OUTER not in intervals["probabilities"]:
            raise ResultsError(
                f"the intervals in {folder} are not those of {OUTER:.0%} that are cited; run the "
                "analysis again"
            )
        return Source(
            dataset=str(data["name"]),
            metric=unit_recorded(data["metric"]),
            vintage=str(data["vintage"] or ""),
            sha256=str(data["sha256"]),
            comparison=str(comparison["name"]),
            column=str(comparison["column"]),
            leader=str(comparison["leader"]),
            follower=str(comparison["follower"]),
            since=str(window["since"]),
            as_of=str(window["as_of"]),
            interval_kind=str(intervals["kind"]),
            attribution=str(data["attribution"]),
            fitted=fitted,
            fitted_sha256=fitted_sha256,
            headline=headline_model(manifest),
            dates=recorded(data),
        )
    except (KeyError, TypeError) as error:
        raise ResultsError(
            f"the manifest in {folder} is not that of a run (it lacks {error}); give a folder made "
            "by `frontierlag run`"
        ) from None


def _fitted(data: dict[str, Any]) -> tuple[str, str]:
    """Name and hash of what was fitted in place of the scores; empty where the scores were."""
    for key, words in FITTED.items():
        if found := data.get(key):
            return f"{words} {found['name']}", str(found["sha256"])
    return "", ""
