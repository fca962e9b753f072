"""Release dates that carry an error, propagated to the lag."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from frontierlag.analyses.refits import DIGITS, Refit, Task, numbers, refit_all
from frontierlag.dates import RELEASED, Dates, day_number
from frontierlag.errors import SpecError
from frontierlag.jobs import Job
from frontierlag.model import ModelSpec
from frontierlag.names import SAMPLE_DIMS
from frontierlag.scores import Releases, ScoreTable, load_scores
from frontierlag.settings import QUICK, SamplerSettings
from frontierlag.studies.sensitivity.alternatives import COLUMNS as ALTERNATIVES
from frontierlag.studies.sensitivity.alternatives import Case
from frontierlag.studies.writing import typed

# From the convention of dates on, the columns of the sensitivity table.
COLUMNS = ("error", *ALTERNATIVES[ALTERNATIVES.index("dates") :])
AS_GIVEN = "as given"


@dataclass(frozen=True)
class DateError(ABC):
    """How far release dates may be from the truth, independently between releases."""

    @property
    @abstractmethod
    def words(self) -> str:
        """What a table says of it."""

    @abstractmethod
    def draw(self, rng: np.random.Generator, size: int) -> np.ndarray:
        """Draw errors in whole days, shape ``(size,)``."""


def _check_days(days: float) -> None:
    if not (np.isfinite(days) and days >= 0):
        raise SpecError(f"{days} days cannot be the size of an error: give 0 or more")


@dataclass(frozen=True)
class NormalDays(DateError):
    """Normal with mean 0 and a standard deviation in days, rounded to whole days."""

    sd: float

    def __post_init__(self) -> None:
        _check_days(self.sd)

    @property
    def words(self) -> str:
        """Its standard deviation."""
        return f"normal error, sd {self.sd:g} days"

    def draw(self, rng: np.random.Generator, size: int) -> np.ndarray:
        """Normal."""
        return np.rint(rng.normal(0.0, self.sd, size)).astype(np.int64)


@dataclass(frozen=True)
class UniformDays(DateError):
    """Every whole day up to so many before or after."""

    most: int

    def __post_init__(self) -> None:
        _check_days(self.most)

    @property
    def words(self) -> str:
        """Its half width."""
        return f"uniform error, up to {self.most} days"

    def draw(self, rng: np.random.Generator, size: int) -> np.ndarray:
        """Uniform, both ends included."""
        return rng.integers(-self.most, self.most, size, endpoint=True)


@dataclass(frozen=True)
class BetweenVintages(DateError):
    """As the dates of shared models differ between two score tables, by their names.

    A release's error is that of a shared model drawn at random, with its sign: the date in the
    other table minus the date in the one that is analysed. ``days`` has one a shared model.
    """

    of: str
    other: str
    days: tuple[int, ...]

    @classmethod
    def of_tables(cls, of: str, other: str, dates: Dates = RELEASED) -> BetweenVintages:
        """Read the differences from two tables, both dated by one convention.

        Raises
        ------
        ScoresError, SpecError
            If a table cannot be read, or they share no model with a date.
        """
        found = differences(load_scores(of, dates=dates), load_scores(other, dates=dates))
        if not found:
            raise SpecError(f"{of} and {other} share no model that both give a release date")
        return cls(of, other, tuple(found.values()))

    @property
    def words(self) -> str:
        """The two tables."""
        return f"as between {self.of} and {self.other}"

    def draw(self, rng: np.random.Generator, size: int) -> np.ndarray:
        """From the differences, with replacement."""
        return rng.choice(np.array(self.days, dtype=np.int64), size)


def differences(of: ScoreTable, other: ScoreTable) -> dict[str, int]:
    """Days from each shared model's release in one table to that in another.

    A model that a table gives several times is left out.
    """
    dates = []
    for table in (of, other):
        known = table.frame[table.frame["dated"].notna()]
        known = known[~known["model"].duplicated(keep=False)]
        dates.append(dict(zip(known["model"], known["dated"], strict=True)))
    return {
        str(model): int((dates[1][model] - day).days)
        for model, day in dates[0].items()
        if model in dates[1]
    }


def shifted(releases: Releases, days: np.ndarray) -> Releases:
    """The releases with their days moved, none past the as-of date (it is in the table), sorted."""
    last = day_number(releases.as_of)
    day, low, high = (
        np.minimum(those + days, last)
        for those in (releases.day, releases.day_low, releases.day_high)
    )
    columns = {f.name: getattr(releases, f.name) for f in fields(releases)}
    columns |= {"day": day, "day_low": low, "day_high": high}
    order = np.lexsort((releases.model, releases.score, day))
    sorted_columns: dict[str, Any] = {
        name: column[order] for name, column in columns.items() if isinstance(column, np.ndarray)
    }
    return replace(releases, **sorted_columns)


def with_date_errors(
    job: Job,
    spec: ModelSpec | None,
    error: DateError,
    settings: SamplerSettings = QUICK,
    draws: int = 20,
    *,
    workers: int | None = None,
    done: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """The lag with dates as given, and with an error in every release date.

    For each of ``draws`` sets of dates the model is fitted again (days are data: nothing is
    compiled again; records are chosen by the new dates), and draw ``i`` of the mixture is draw
    ``i`` of the fit to set ``i mod draws``. So the mixture has as many draws as one fit, each with
    dates of its own, and an error of 0 days gives the base exactly. Window and as-of date stay. The
    model is by default the headline model of the metric; the other parameters are those of
    :func:`frontierlag.studies.sensitivity.alternatives.sensitivity_table`.

    Returns
    -------
    Rows of ``COLUMNS``, months: dates as given, then with the error. ``mcse_median`` of the mixture
    includes what so few sets of dates leave open. It has converged if every fit has.

    Raises
    ------
    SpecError
        If ``draws`` is less than 2.
    """
    if draws < 2:
        raise SpecError(f"{draws} set(s) of dates say nothing of their error: give 2 or more")
    case = Case.of(job, spec.name if spec else None)
    spec = spec or case.spec
    rng = np.random.default_rng([settings.seed, 2])
    sets = [shifted(case.releases, error.draw(rng, len(case.releases))) for _ in range(draws)]
    tasks = [
        Task(key, spec, spec.observations(releases), (case.window,))
        for key, releases in enumerate([case.releases, *sets])
    ]
    found = refit_all(tasks, settings, workers, done)
    head = {"dates": case.table.dates, "model": spec.name}
    rows = _rows(head | {"error": AS_GIVEN}, [found[0]])
    rows += _rows(head | {"error": error.words}, [found[1 + k] for k in range(draws)])
    return typed(rows, COLUMNS, settings)


def mixture(fits: list[xr.DataArray]) -> xr.DataArray:
    """Draw ``i`` of each chain from the ``i mod n``-th of ``n`` fits, dims ``(chain, draw)``."""
    values = np.stack([draws.transpose(*SAMPLE_DIMS).to_numpy() for draws in fits])
    at = np.arange(values.shape[-1])
    return xr.DataArray(values[at % len(fits), :, at].T, dims=SAMPLE_DIMS)


def _rows(head: dict[str, Any], fits: list[Refit]) -> list[dict[str, Any]]:
    failed = sum(not fit.converged for fit in fits)
    note = f"{failed} of {len(fits)} fits not converged" if failed else ""
    head = head | {"converged": not failed, "n_releases": fits[0].n_releases, "note": note}
    rows = []
    for kind, period in fits[0].lags[0]:
        lags = [fit.lags[0][kind, period] for fit in fits]
        pooled = mixture([draws for draws, _ in lags])
        cells = numbers(pooled, float(np.mean([censored for _, censored in lags])))
        own = [numbers(draws, 0.0)["median"] for draws, _ in lags]
        medians = [median for median in own if np.isfinite(median)]
        if medians:
            between = np.std(medians) / np.sqrt(len(medians))
            error = float(np.hypot(cells["mcse_median"], between))
            cells["mcse_median"] = round(error, DIGITS)
        rows.append(head | {"lag": kind, "period": period} | cells)
    return rows
