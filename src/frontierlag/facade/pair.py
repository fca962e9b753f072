"""Two groups of a score table over a window: what a model is fitted to."""

from __future__ import annotations

from dataclasses import fields
from typing import Self

import pandas as pd

from frontierlag.facade.html import card
from frontierlag.jobs import Prepared


class Pair(Prepared):
    """A leader and a follower, their releases, and the window over which lags are reported.

    See :class:`frontierlag.jobs.Prepared` for its other attributes.
    """

    @classmethod
    def of(cls, prepared: Prepared) -> Self:
        """The same data with what a notebook needs."""
        return cls(**{f.name: getattr(prepared, f.name) for f in fields(Prepared)})

    @property
    def leader(self) -> str:
        """Name of the group that leads."""
        return self.releases.group_names[0]

    @property
    def follower(self) -> str:
        """Name of the group that follows."""
        return self.releases.group_names[1]

    @property
    def frame(self) -> pd.DataFrame:
        """The releases that count, a row each.

        Returns
        -------
        pandas.DataFrame
            ``released``, ``group``, ``model``, ``organization``, and in score units ``score``, its
            90 % interval ``low`` and ``high``, and ``stderr``.
        """
        r = self.releases
        return pd.DataFrame(
            {
                "released": r.date.astype("datetime64[ns]"),
                "group": [r.group_names[g] for g in r.group],
                "model": r.model,
                "organization": r.organization,
                "score": r.score,
                "low": r.low,
                "high": r.high,
                "stderr": r.stderr,
            }
        )

    @property
    def left_out(self) -> pd.DataFrame:
        """Every row of the table that does not count: ``row``, ``model`` and ``reason``."""
        rows = [(row.row, row.model, row.reason) for row in self.releases.left_out]
        return pd.DataFrame(rows, columns=["row", "model", "reason"])

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done to the data that a reader of results should know."""
        return (*self.table.notes, *self.releases.notes)

    def __repr__(self) -> str:
        return f"<Pair {self._title}>"

    def _repr_html_(self) -> str:
        return card(f"Pair {self._title}", list(self.notes), self.frame.tail(5))

    @property
    def _title(self) -> str:
        counts = [int(self.releases.of(g).sum()) for g in (0, 1)]
        return (
            f"{self.leader} ({counts[0]} releases) and {self.follower} ({counts[1]}) in "
            f"{self.table.name}, window {self.window.since} to {self.window.as_of}, "
            f"headline model {self.model()}"
        )
