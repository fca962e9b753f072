"""How a number is worded, everywhere: its digits, its interval, its bound, its share, its stamp.

Terminal, tables in Markdown, page, citations and sentences take their words from here, so that one
estimand is one number wherever it is printed. A median and the ends of its interval have as many
decimals as the Monte Carlo error of the median supports (:func:`frontierlag.intervals.decimals`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from frontierlag.intervals import INTERVAL_KIND, OUTER, Summary, decimals
from frontierlag.names import TREND

Row = Mapping[Any, Any]
STAMP = "NOT CONVERGED"
AT_LEAST = "at least "
NONE = "none"
INTERVAL_WORDS = f"{OUTER:.0%} {INTERVAL_KIND} interval"
# With a larger share of censored days a lag is worded "at least" and no range is judged by it. Up
# to a tenth, even bounds that fall short of the true lag by as much as they say (7 months) move
# the mean by less than a month, which is within its own 90 % interval (2 months wide).
FEW_BOUNDS = 0.1
# A difference this probable in its direction is said to be one.
CLEAR = 0.95
# Of a table of an earlier version, which has one Monte Carlo error and does not say of what.
_UNNAMED = "mcse"


def rows_where(table: pd.DataFrame, /, **wanted: object) -> list[Row]:
    """The rows whose columns have these values; none of a table without rows."""
    for name, value in wanted.items() if len(table) else ():
        table = table[table[name] == value]
    return list(table.to_dict("records"))


def error_of(row: Row) -> float:
    """Monte Carlo error of a row's median, which decides its digits; NaN if the row has none.

    A table of many rows, such as ``capabilities.csv``, states that of the mean alone, and a table
    of an earlier version one, ``mcse``, and does not say of what: then that decides.
    """
    for name in ("mcse_median", "mcse_mean", _UNNAMED):
        if name in row:
            return float(row[name])
    return float("nan")


def figure(value: float, error: float) -> str:
    """A number with as many decimals, at most one, as its Monte Carlo error supports.

    A number without such an error is no summary of draws, and has one decimal; one that does not
    exist is 'none'.
    """
    if pd.isna(value):
        return NONE
    places = 1 if pd.isna(error) else decimals(float(error), most=1)
    return f"{round(float(value), places) + 0.0:.{places}f}"  # plus zero: no figure reads -0.0


def number(value: float, summary: Summary) -> str:
    """The same for one number of a summary of draws."""
    return figure(value, summary.mcse_median)


def interval(summary: Summary) -> str:
    """Median and outer interval, as in ``6.9 (5.9 to 7.9)``."""
    return f"{number(summary.median, summary)} ({outer(summary)})"


def outer(summary: Summary) -> str:
    """The outer interval, as in ``5.9 to 7.9``."""
    return joined_span(number(summary.lower90, summary), number(summary.upper90, summary))


def median(row: Row) -> str:
    """The median of a row, 'at least' before it where it is mostly a bound."""
    return f"{bound(row)}{figure(row['median'], error_of(row))}"


def span(row: Row, inner: bool = False) -> str:
    """The 90 % (or 50 %) interval of a row, as in ``5.8 to 7.9``."""
    level = "50" if inner else "90"
    ends = [figure(row[f"{side}{level}"], error_of(row)) for side in ("lower", "upper")]
    return NONE if NONE in ends else joined_span(*ends)


def with_span(row: Row, mark: bool = False) -> str:
    """Median and 90 % interval of a row, as in ``6.9 (5.9 to 7.9)``; ``mark`` for its stamp."""
    return f"{median(row)} ({span(row)}){stamp(converged(row)) if mark else ''}"


def change(row: Row, turn: int = 1) -> str:
    """The ``difference`` of a row and its interval, each with its sign; turned round with -1."""
    error = float(row["difference_mcse_median"])
    ends = [turn * float(row[f"difference_{end}90"]) for end in ("lower", "upper")][::turn]
    middle, low, high = (
        figure(value, error) if value < 0 else f"+{figure(value, error)}"
        for value in (turn * float(row["difference"]), *ends)
    )
    return f"{middle} ({low} to {high})"


def chance_words(longer: float) -> str:
    """What is said of a difference that is not clearly on one side; ``longer``, its probability."""
    return "" if max(longer, 1 - longer) >= CLEAR else ", which may be chance"


def joined_span(low: str, high: str) -> str:
    """An interval in words; where both of its ends are one figure, that it hardly varies."""
    return f"{low} throughout" if low == high else f"{low} to {high}"


def mostly_bound(lag: str, censored: float) -> bool:
    """Whether a lag is only a lower bound on more than :data:`FEW_BOUNDS` of its days.

    A trend lag never is: beyond the data it is read from the curve.
    """
    return not pd.isna(censored) and censored > FEW_BOUNDS and lag != TREND


def bound(row: Row) -> str:
    """``at least `` where the lag of a row is mostly a lower bound, else nothing."""
    share = row.get("censored")
    known = share is not None and not pd.isna(share)
    return AT_LEAST if known and mostly_bound(str(row.get("lag")), float(str(share))) else ""


def share(value: float, none: str = "never", space: str = "") -> str:
    """A share of days or draws: ``none`` of 0, 'less than 1%', or a whole percentage.

    Parameters
    ----------
    value
        From 0 to 1; 'none' if there is no share.
    none
        What a share of 0 is called.
    space
        Stands before the percent sign.
    """
    if np.isnan(value):
        return NONE
    if value == 0:
        return none
    return f"less than 1{space}%" if value < 0.01 else f"{100 * value:.0f}{space}%"


def probability_words(value: float | None) -> str:
    """A probability with two decimals, never shown as certain."""
    if value is None:
        return NONE
    if value < 0.005:
        return "<0.01"
    return ">0.99" if value > 0.995 else f"{value:.2f}"


def converged(row: Row) -> bool:
    """Whether the fit behind a row passed; a row that rests on no fit has nothing to pass."""
    value = row.get("converged")
    return value is None or pd.isna(value) or str(value) == "True"


def stamp(passed: bool | None, brackets: bool = False) -> str:
    """What stands behind a number of a fit that failed the gate, with a space before it."""
    if passed is None or passed:
        return ""
    return f" ({STAMP})" if brackets else f" {STAMP}"
