"""What a claim is: its words, the fits it rests on, and its question.

A claim is a small declared object: its words, the quantity it speaks of, and the condition under
which it is true. The answer (:mod:`frontierlag.claims.answers`) is the posterior of the quantity
and the probability of the condition. To add one::

    Claim(
        number="11",
        words="China trailed by more than six months in 2026",
        estimand="mean realized lag, 2026",
        unit="months",
        needs=(Need(),),
        ask=between("realized", "2026", low=6),
    )
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import xarray as xr

from frontierlag.analyses.analysis import Analysis
from frontierlag.checks.loo import Loo
from frontierlag.scores import Releases

if TYPE_CHECKING:
    from frontierlag.analyses.two_comparisons import Crossed

US_CHINA = "us-china"
# What stands for a quantity that is a lag, or a difference of lags, known on too many days only to
# be at least so long: the quantity itself is larger, or lies on either side.
AT_LEAST = "at least"
OF_BOUNDS = "difference of lower bounds"


@dataclass(frozen=True)
class Need:
    """A fit that a claim rests on, and how its models are split into two groups.

    Parameters
    ----------
    trend
        Name of the trend; empty for that of the headline model. The frontier
        is always that model's.
    comparison
        Name of the comparison that is fitted.
    scores
        A reference table; empty for the table that the claims are judged on.
    split
        Another comparison, whose two groups are to be formed from the capabilities of the same
        fit, draw by draw; empty for the groups that were fitted. A fit that does not draw the
        capability of every model of those groups cannot be split so.
    """

    trend: str = ""
    comparison: str = US_CHINA
    scores: str = ""
    split: str = ""

    @property
    def fit(self) -> Need:
        """The same fit with the groups that were fitted."""
        return replace(self, split="")

    def within(self, comparison: str) -> Need:
        """The same groups as a split of the fit of ``comparison``, which draws all models."""
        if self.scores or self.comparison == comparison:
            return self
        return replace(self, comparison=comparison, split=self.split or self.comparison)


class Unanswerable(Exception):
    """Raised by a claim's question when the data cannot answer it, with the reason."""


class Evidence(Protocol):
    """Where claims find the fits that they need."""

    def analysis(self, need: Need) -> Analysis:
        """The fit that is needed, whatever the split.

        Raises
        ------
        Unanswerable
            If there is none.
        """

    def groups(self, need: Need) -> Releases:
        """The releases of the two groups of the split, from the table of the fit.

        Raises
        ------
        Unanswerable
            If the table has no such groups.
        """

    def loo(self, need: Need) -> Loo:
        """Leave-one-out densities of the fit that is needed.

        Raises
        ------
        Unanswerable
            If there are none.
        """

    def crossed(self, one: Need, other: Need) -> Crossed:
        """The one posterior of the releases of two fits, as :func:`crossed_fit` finds it.

        Raises
        ------
        Unanswerable
            If there is none, with the reason.
        """


@dataclass(frozen=True)
class Asked:
    """What came of a claim's question.

    Attributes
    ----------
    draws
        Draws of the quantity, dims ``(chain, draw)``; NaN where it does not exist.
    holds
        In which draws the claim as stated is true; None if the data only bound the quantity.
    note
        What a reader must know with the number.
    failed
        Why a fit that was made for this question alone needs the mark NOT CONVERGED; empty if it
        does not, or if there is none.
    bound
        What the draws are where they are not values: ``AT_LEAST`` or ``OF_BOUNDS``.
    """

    draws: xr.DataArray
    holds: xr.DataArray | None
    note: str = ""
    failed: str = ""
    bound: str = ""


Question = Callable[[Evidence, tuple[Need, ...]], Asked]


@dataclass(frozen=True)
class Claim:
    """A claim: words, estimand, unit, the fits it needs, and its question.

    ``one_posterior`` says that the claim speaks of two fits at once, so that draws of both must
    come from one posterior: then a fit of the releases of both is made too.
    """

    number: str
    words: str
    estimand: str
    unit: str
    needs: tuple[Need, ...]
    ask: Question
    one_posterior: bool = False
