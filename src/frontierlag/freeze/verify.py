"""Run a frozen analysis again and say whether its tables came out the same, up to chance.

Where a sampler runs with other versions, or on another machine, the draws differ and every number
moves by its Monte Carlo error. For two independent runs a mean differs with the standard error
sqrt(mcse_1^2 + mcse_2^2), from the column ``mcse_mean``. The error of a quantile is that of its
probability divided by the density there; for a normal posterior, in units of the error of the
mean, sqrt(p (1 - p)) / phi(z_p): 1.25 for the median, 1.36 for the quartiles and 2.11 for the 5 %
and 95 % points (Serfling 1980, section 2.3). A share of draws has the error
sqrt(p (1 - p) / n), with the 400 effective draws that a converged fit has at least. Numbers within
``WIDE`` such errors, and rounding, count as the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from frontierlag.fits.convergence import MIN_ESS
from frontierlag.freeze.frozen import RESULTS, Frozen, measured_for, table_for
from frontierlag.intervals import QUANTILES
from frontierlag.machine.program import versions
from frontierlag.results.tables import DIGITS
from frontierlag.runs.run import run_jobs

State = Literal["identical", "within Monte Carlo error", "not judged", "different"]
IDENTICAL: State = "identical"
WITHIN: State = "within Monte Carlo error"
NOT_JUDGED: State = "not judged"
DIFFERENT: State = "different"

WIDE = 5.0  # standard errors; some hundred numbers a run are compared, and quantiles are not normal
# What a row is about.
KEYS = (
    *("dataset", "comparison", "as_of", "model", "lag", "gap", "rung", "period", "level"),
    *("number", "claim", "estimand", "unit", "quantity"),
)
QUANTILE_OF = dict(
    zip(("lower90", "lower50", "median", "upper50", "upper90"), QUANTILES, strict=True)
)
SHARES = ("undefined", "censored", "probability")
# Tables in which nothing is drawn at random.
EXACT = ("published.csv",)


@dataclass(frozen=True)
class Compared:
    """One table, and in words where it differs most."""

    name: str
    state: State
    words: str = ""


@dataclass(frozen=True)
class Verdict:
    """What verifying found.

    ``altered`` are files that are not as they were frozen; ``tables`` each table made again against
    the frozen one, none where nothing was run; ``other_versions`` packages of another version.
    """

    altered: tuple[str, ...]
    tables: tuple[Compared, ...]
    other_versions: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether the files are as frozen, and no number came out different."""
        return not self.altered and all(t.state != DIFFERENT for t in self.tables)

    def sentence(self) -> str:
        """The verdict in one sentence."""
        if self.altered:
            more = f" and {len(self.altered) - 5} more" if len(self.altered) > 5 else ""
            return f"NOT AS FROZEN: {'; '.join(self.altered[:5])}{more}."
        if not self.tables:
            return "The files are as they were frozen; nothing was run again."
        different = [t.name for t in self.tables if t.state == DIFFERENT]
        if different:
            return f"DIFFERENT: the numbers differ in {', '.join(different)}."
        if all(t.state == IDENTICAL for t in self.tables):
            return f"The same: all {len(self.tables)} tables are identical byte for byte."
        open_ = [t.name for t in self.tables if t.state == NOT_JUDGED]
        rest = f"; not judged, as they state no error: {', '.join(open_)}" if open_ else ""
        return f"The same up to Monte Carlo error{rest}."


def verify(
    frozen: Frozen, *, files_only: bool = False, done: Callable[[str], None] = lambda _: None
) -> Verdict:
    """Check a frozen folder's files, and unless they were altered run the analysis again.

    With ``files_only`` nothing is run; ``done`` is called with a line as each model is fitted.
    """
    now, then = versions(), frozen.manifest.get("versions", {})
    other = tuple(
        f"{name} {then[name]}, now {now.get(name, 'none')}"
        for name in then
        if now.get(name) != then[name]
    )
    altered = tuple(frozen.altered())
    if altered or files_only:
        return Verdict(altered, (), other)
    request = frozen.request
    names = sorted(p for p in frozen.manifest["files"] if p.endswith(".csv"))
    with TemporaryDirectory(prefix="frontierlag-") as aside:
        again = Path(aside) / RESULTS
        run_jobs(
            [request.job(table_for(frozen), *measured_for(frozen))],
            [again],
            request.models,
            request.sampler,
            priors=request.priors or None,
            full=request.full,
            done=done,
        )
        return Verdict((), tuple(compare_tables(frozen.folder / RESULTS, again, names)), other)


def compare_tables(first: Path, second: Path, names: list[str]) -> list[Compared]:
    """Compare the tables of two results folders, by the names of the CSV files of the first."""
    return [_compare(first / name, second / name, name) for name in names]


def _compare(one: Path, other: Path, name: str) -> Compared:
    if not other.is_file():
        return Compared(name, DIFFERENT, "it was not made again")
    if one.read_bytes() == other.read_bytes():
        return Compared(name, IDENTICAL)
    if name in EXACT:
        return Compared(name, DIFFERENT, "no chance is in it, so it should be identical")
    a, b = (pd.read_csv(path, dtype=dict.fromkeys(KEYS, str)) for path in (one, other))
    if _errors(a) is None:
        return Compared(name, NOT_JUDGED, "its numbers have no stated Monte Carlo error")
    keys = [key for key in KEYS if key in a.columns]
    if list(a.columns) != list(b.columns) or not a[keys].equals(b[keys]):
        return Compared(name, DIFFERENT, "it has other rows or columns")
    if "converged" in a.columns and not a["converged"].equals(b["converged"]):
        return Compared(name, DIFFERENT, "another set of fits converged")
    return _judge(a, b, keys, name)


def _judge(a: pd.DataFrame, b: pd.DataFrame, keys: list[str], name: str) -> Compared:
    """Set each number against its Monte Carlo error."""
    worst, where = 0.0, ""
    for column in a.columns:
        tolerance = _tolerance(a, b, str(column))
        if tolerance is None:
            continue
        x, y = (np.asarray(table[column], dtype=float) for table in (a, b))
        if not np.array_equal(np.isnan(x), np.isnan(y)):
            return Compared(name, DIFFERENT, f"{column} exists in other rows")
        apart: np.ndarray = np.nan_to_num(np.abs(x - y) / tolerance)
        at = int(np.argmax(apart))
        if apart[at] > worst:
            row = ", ".join(str(a[key].iloc[at]) for key in keys if pd.notna(a[key].iloc[at]))
            worst, where = float(apart[at]), f"{column} of {row}: {x[at]:g} and {y[at]:g}"
    state = WITHIN if worst <= 1 else DIFFERENT
    return Compared(name, state, f"furthest apart: {where}" if where else "only its text differs")


def _tolerance(a: pd.DataFrame, b: pd.DataFrame, column: str) -> np.ndarray | None:
    """How far two numbers of a column may be apart; None for a column that is not judged."""
    rounding = 10.0**-DIGITS
    both = [_errors(table) for table in (a, b)]
    if both[0] is None or both[1] is None:
        return None
    error = np.hypot(both[0], both[1])
    if column == "mean":
        return np.asarray(WIDE * error + rounding)
    if column in QUANTILE_OF:
        p = QUANTILE_OF[column]
        factor = np.sqrt(p * (1 - p)) / stats.norm.pdf(stats.norm.ppf(p))
        return np.asarray(WIDE * factor * error + rounding)
    if column in SHARES:
        shares = np.stack([table[column].to_numpy(dtype=float) for table in (a, b)])
        # A share of 0 or 1 in both has no error; one draw more than none has.
        share = np.clip(np.nan_to_num(shares).mean(0), 1 / MIN_ESS, 1 - 1 / MIN_ESS)
        return np.asarray(WIDE * np.sqrt(2 * share * (1 - share) / MIN_ESS) + rounding)
    return None


def _errors(table: pd.DataFrame) -> np.ndarray | None:
    """Monte Carlo error of each row's mean; None if the table states no error.

    Where only that of the median is stated, it is divided by the factor by which it is larger.
    """
    of_median = np.sqrt(0.25) / stats.norm.pdf(0.0)
    for name, factor in (("mcse_mean", 1.0), ("mcse", 1.0), ("mcse_median", of_median)):
        if name in table.columns:
            return np.asarray(table[name].fillna(0.0).to_numpy(dtype=float) / factor)
    return None
