"""The fits of a history: releases that a likelihood reads alike are fitted once."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

from frontierlag.analyses.refits import Refit, Task
from frontierlag.dates import Window, day_number
from frontierlag.frontiers.observations import Observations
from frontierlag.model import ModelSpec
from frontierlag.scores import Releases


def signature(given: Releases) -> Hashable:
    """What a fit reads of releases, so that equal ones have equal fits.

    The last day is not part of it (a table that was published again without a change is the same)
    but for what it cuts off open days: a release in the table came by then.
    """
    high = np.minimum(given.day_high, day_number(given.as_of))
    columns = (
        *(given.day, given.day_low, high, given.group, given.score, given.problems),
        *(given.stderr, given.stderr_low, given.stderr_high),
    )
    return tuple(column.tobytes() for column in columns)


class Wanted:
    """Fits to make: releases that a likelihood reads alike are fitted once, for all windows."""

    def __init__(self, spec: ModelSpec) -> None:
        self.spec = spec
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

    def position(self, key: Hashable, window: Window) -> int:
        """Where a fit's answer about a window stands."""
        return list(self._windows[key]).index(window)


@dataclass(frozen=True)
class Answers:
    """What the fits found."""

    wanted: Wanted
    found: dict[Hashable, Refit]

    def lag(self, key: Hashable, window: Window, kind: str, period: str) -> tuple[Any, float]:
        """Draws of a lag over a window in months, and the share of its days that are bounds."""
        return self.found[key].lags[self.wanted.position(key, window)][kind, period]

    def converged(self, key: Hashable) -> bool:
        """Whether a fit passed the gate."""
        return self.found[key].converged
