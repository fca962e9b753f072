"""The lag under each construction, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from frontierlag.analyses.refits import DIGITS, KINDS, PERIODS
from frontierlag.studies.index.construction import BASE
from frontierlag.studies.index.refits import Outcome
from frontierlag.studies.sensitivity.table import NUMBERS, typed

_COUNTS = ("n_results", "n_benchmarks", "n_releases")
COLUMNS = (
    "construction",
    "kind",
    "what",
    "lag",
    "period",
    "since",
    "change",
    "change_mcse",
    *NUMBERS,
    "converged",
    *_COUNTS,
    "without_results",
    "note",
)
SECOND_COLUMNS = ("kind", "name", "median", "lower90", "upper90")


def constructions_table(outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """Return the lags under every construction and of the main answer.

    Parameters
    ----------
    outcomes
        The main one first.

    Returns
    -------
    Rows of ``COLUMNS``, months. ``since`` is the first day of the window of a row, later than that
    of the job where what is left begins later. ``change`` is of the median against that of the main
    one over the same days and ``change_mcse`` its Monte Carlo error, of both medians; the counts
    are of what is left, and
    ``without_results`` names the releases that have no usable result left, which are in neither
    group then. A construction that cannot be fitted has one row, whose ``note`` says why.
    """
    base = outcomes[0]
    rows: list[dict[str, Any]] = []
    for outcome in outcomes:
        head = _head(outcome)
        if not outcome.lags:
            rows.append(head | {"note": outcome.verdict})
            continue
        for key in ((kind, period) for kind in KINDS for period in PERIODS):
            since = outcome.window.since.isoformat()
            own, main = outcome.lags[since, *key], base.lags[since, *key]
            moved = outcome is not base
            error = float(np.hypot(own["mcse_median"], main["mcse_median"])) if moved else 0.0
            rows.append(
                head
                | {
                    "lag": key[0],
                    "period": key[1],
                    "since": since,
                    "change": round(own["median"] - main["median"], DIGITS) + 0.0,
                    "change_mcse": round(error, DIGITS),
                    "converged": outcome.converged,
                    "note": outcome.verdict,
                }
                | dict(own)
            )
    return _typed(rows)


def second_table(outcomes: Sequence[Outcome]) -> pd.DataFrame | None:
    """Return what a second ability is: loadings of benchmarks, abilities of models, groups apart.

    Returns
    -------
    Rows of ``SECOND_COLUMNS``: ``loading`` of each benchmark in log odds a standard deviation of
    the ability, ``ability`` of each release and ``groups`` (follower minus leader, mean) in
    standard deviations; None if no fit has a second ability.
    """
    found = next((o.second for o in outcomes if o.second is not None), None)
    if found is None:
        return None
    rows = [
        (kind, name, *numbers)
        for kind, those in (("loading", found["loadings"]), ("ability", found["models"]))
        for name, numbers in sorted(those.items(), key=lambda one: -one[1][0])
    ]
    rows.append(("groups", "follower minus leader", *found["follower_minus_leader"]))
    return pd.DataFrame(rows, columns=list(SECOND_COLUMNS))


def _head(outcome: Outcome) -> dict[str, Any]:
    construction, left = outcome.construction, outcome.left
    head: dict[str, Any] = {
        "construction": construction.name,
        "kind": construction.kind,
        "what": construction.words,
        "lag": "",
        "period": "",
        "since": "",
        "without_results": "",
        "note": "",
    }
    if left is None:
        return head
    return head | {
        "n_results": left.results,
        "n_benchmarks": left.benchmarks,
        "n_releases": int(left.measured.sum()),
        "without_results": "; ".join(left.lost),
    }


def _typed(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    table = typed(rows, [name for name in COLUMNS if name not in (*_COUNTS, "change_mcse")])
    for name in _COUNTS:
        table[name] = pd.array([row.get(name, pd.NA) for row in rows], dtype="Int64")
    table["change_mcse"] = [float(row.get("change_mcse", np.nan)) for row in rows]
    return table[list(COLUMNS)]


__all__ = ["BASE", "COLUMNS", "SECOND_COLUMNS", "constructions_table", "second_table"]
