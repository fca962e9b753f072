"""What moves the lag between vintages: scores, models, dates, errors; and the fits for that.

Scores (with their errors), models that came or went, and dates are each credited with their
Shapley value, as in :mod:`frontierlag.studies.vintages.comparison`, from fits of the mixtures of
the two vintages. Mixtures are read up to the later of the two last days, so that a model which only
came after the earlier one counts as one that came.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from frontierlag.analyses.refits import KINDS, Refit, Task
from frontierlag.dates import Window
from frontierlag.frontiers.observations import Observations
from frontierlag.intervals import summarize
from frontierlag.model import ModelSpec
from frontierlag.names import WINDOW as WHOLE
from frontierlag.scores import Releases
from frontierlag.scores.side_by_side import SideBySide
from frontierlag.studies.history.tables import Vintage
from frontierlag.studies.vintages.comparison import (
    AFTER,
    BEFORE,
    CORNERS,
    WHOLE_CHANGE,
    Corner,
    combined,
    shapley_weights,
    signature,
)

# What a component of :mod:`frontierlag.studies.vintages.comparison` is called here.
CAUSES = {"scores": "scores", "releases": "models", "dates": "dates"}
# The two vintages, the key of the fit of every mixture, and that of the later vintage with the
# earlier one's errors.
Step = tuple[Vintage, Vintage, dict[Corner, Hashable], Hashable]


def mixtures(a: Vintage, b: Vintage) -> dict[Corner, Releases]:
    """Releases of every mixture of two neighbours; the ends are the vintages as they are."""
    own = [one.prepared.releases for one in (a, b)]
    end = max(r.as_of for r in own)
    # A model that came after the earlier vintage's last day is one that came.
    pair = SideBySide(replace(own[0], as_of=end), replace(own[1], as_of=end), end)
    mixed = {corner: pair.mixed(*corner) for corner in CORNERS}
    # The ends share the fits of the vintages themselves.
    return mixed | {BEFORE: own[0], AFTER: own[1]}


def with_errors_of(a: Releases, b: Releases) -> Releases:
    """The later vintage with the earlier one's standard errors, for models that are in both."""
    at = {name: i for i, name in enumerate(a.model.tolist())}
    shared = np.array([name in at for name in b.model.tolist()])
    source = np.array([at[name] for name in b.model[shared].tolist()], dtype=np.int64)
    changed: dict[str, Any] = {}
    for name in ("stderr", "stderr_low", "stderr_high"):
        changed[name] = getattr(b, name).copy()
        changed[name][shared] = getattr(a, name)[source]
    return replace(b, **changed)


def asked(fits: Fits, vintages: Sequence[Vintage], window: Window) -> list[Step]:
    """Ask for the fits of every step from a vintage to the next; their keys."""
    steps = []
    for a, b in pairwise(vintages):
        corners = {corner: fits.ask(mixed, window) for corner, mixed in mixtures(a, b).items()}
        old_errors = with_errors_of(a.prepared.releases, b.prepared.releases)
        steps.append((a, b, corners, fits.ask(old_errors, window)))
    return steps


def changes_table(steps: Sequence[Step], window: Window, fits: Fits) -> pd.DataFrame:
    """Every step from a vintage to the next, taken apart.

    ``errors`` is the part of ``scores`` that is due to the standard errors alone: what it makes to
    give the later vintage its own, where models that are in both had the earlier one's.
    """
    rows = []
    for a, b, keys, old_errors in steps:
        for kind in KINDS:
            values = {}
            for key in {*keys.values(), old_errors}:
                s = summarize(fits.lag(key, window, kind, WHOLE)[0])
                values[key] = (s.mean, s.mcse_mean)
            total, parts = taken_apart(keys, values)
            row: dict[str, Any] = {
                "from": a.name,
                "to": b.name,
                "from_vintage": str(a.day),
                "to_vintage": str(b.day),
                "dates_by": b.prepared.releases.dates,
                "lag": kind,
                "since": str(window.since),
                "as_of": str(window.as_of),
                "change": total[0],
                "mcse_mean": total[1],
            }
            for component, name in CAUSES.items():
                row[name], row[f"{name}_mcse"] = parts[component]
            of_errors = {BEFORE: old_errors, AFTER: keys[AFTER]}
            row["errors"], row["errors_mcse"] = combined(of_errors, values, WHOLE_CHANGE)
            row["largest_score_change"] = largest_score_change(a, b)
            row["same_rows"] = keys[BEFORE] == keys[AFTER]
            row["errors_changed"] = a.errors != b.errors
            row["converged"] = all(fits.found[key].converged for key in values)
            rows.append(row)
    return pd.DataFrame(rows)


def largest_score_change(a: Vintage, b: Vintage) -> float:
    """How far the score of a model in both vintages moved at most; NaN if they share none."""
    scores = [
        dict(zip(r.model.tolist(), r.score.tolist(), strict=True))
        for r in (a.prepared.releases, b.prepared.releases)
    ]
    moved = [abs(scores[1][name] - score) for name, score in scores[0].items() if name in scores[1]]
    return max(moved, default=float("nan"))


def taken_apart(
    keys: dict[Corner, Hashable], values: dict[Hashable, tuple[float, float]]
) -> tuple[tuple[float, float], dict[str, tuple[float, float]]]:
    """The whole change and the Shapley value of each component, each with its Monte Carlo error.

    ``keys`` and ``values`` as of :func:`frontierlag.studies.vintages.comparison.combined`.
    """
    total = combined(keys, values, WHOLE_CHANGE)
    return total, {name: combined(keys, values, of) for name, of in shapley_weights().items()}


class Fits:
    """Fits of releases, asked for and then made: those that a likelihood reads alike are one.

    ``found`` is what each found, by key, once they are made.
    """

    def __init__(self, spec: ModelSpec) -> None:
        self.spec = spec
        self.found: dict[Hashable, Refit] = {}
        self._observations: dict[Hashable, Observations] = {}
        self._windows: dict[Hashable, dict[Window, None]] = {}

    def ask(self, given: Releases, *windows: Window) -> Hashable:
        """Ask for the lags of a fit over windows; the fit's key."""
        key = signature(given)
        if key not in self._observations:
            self._observations[key] = self.spec.observations(given)
        self._windows.setdefault(key, {}).update(dict.fromkeys(windows))
        return key

    @property
    def tasks(self) -> list[Task]:
        """One a fit."""
        return [
            Task(key, self.spec, self._observations[key], tuple(windows))
            for key, windows in self._windows.items()
        ]

    def lag(self, key: Hashable, window: Window, kind: str, period: str) -> tuple[Any, float]:
        """Draws of a lag over a window in months, and the share of its days that are bounds."""
        position = list(self._windows[key]).index(window)
        return self.found[key].lags[position][kind, period]
