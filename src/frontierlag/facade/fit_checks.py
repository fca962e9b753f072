"""What fits worst in a fit, as tables for a notebook."""

from __future__ import annotations

from functools import cached_property

import pandas as pd

from frontierlag.analyses.analysis import Analysis
from frontierlag.errors import SpecError
from frontierlag.results.fit_checks import (
    INFORMATION,
    ITEM_FIT,
    NO_SHORTFALL,
    PERSON_FIT,
    SHORTFALLS,
    WORST,
    fit_check_tables,
)
from frontierlag.results.fit_words import fit_sentences
from frontierlag.results.tables import origin

_SCORES = (SHORTFALLS, NO_SHORTFALL)


class Checked(Analysis):
    """An analysis with the diagnostics that users of sfaR, frontier and mirt look at.

    Each is a table as a run writes it, without the columns that say what the fit is of; the whole
    of them is computed from the draws, the first time that one is asked for.
    """

    @cached_property
    def _checks(self) -> dict[str, pd.DataFrame]:
        return fit_check_tables(self)

    @property
    def shortfalls(self) -> pd.DataFrame:
        """How far each release falls short of its group's frontier (sfaR: ``efficiencies``).

        Index ``release``; columns of :func:`frontierlag.results.fit_checks.shortfall_table`.
        """
        return self._table(SHORTFALLS).set_index("release")

    @property
    def no_shortfall(self) -> pd.DataFrame:
        """Whether a group falls short at all, and the skewness of its residuals.

        Index ``group``; columns of :func:`frontierlag.results.fit_checks.no_shortfall_table`.
        """
        return self._table(NO_SHORTFALL).set_index("group")

    @property
    def items(self) -> pd.DataFrame:
        """How well each benchmark fits, the worst first (mirt: ``itemfit``).

        Index ``benchmark``; columns of :func:`frontierlag.results.fit_checks.item_table`.
        """
        return self._table(ITEM_FIT).set_index("benchmark")

    @property
    def persons(self) -> pd.DataFrame:
        """How well each model fits, the worst first (mirt: ``personfit``).

        Index ``release``; columns of :func:`frontierlag.results.fit_checks.person_table`.
        """
        return self._table(PERSON_FIT).set_index("release")

    @property
    def worst_results(self) -> pd.DataFrame:
        """The single results that fit worst, with their source.

        Columns of :func:`frontierlag.results.fit_checks.worst_table`.
        """
        return self._table(WORST)

    @property
    def information(self) -> pd.DataFrame:
        """Information of results on all benchmarks along the scale (mirt: ``testinfo``).

        Columns of :func:`frontierlag.results.fit_checks.information_table`.
        """
        return self._table(INFORMATION)

    def what_fits_worst(self) -> list[str]:
        """What these tables say, in sentences."""
        return fit_sentences(self._checks)

    def _table(self, stem: str) -> pd.DataFrame:
        if stem not in self._checks:
            needs = (
                "it looks at record-holders alone; fit a stochastic frontier"
                if stem in _SCORES
                else "it is fitted to scores; fit benchmark results, as with "
                ".compare(..., results='eci-results-2026-08-11')"
            )
            raise SpecError(f"{self.name} has no {stem.replace('_', ' ')}, because {needs}")
        return self._checks[stem].drop(columns=[*origin(self), "converged"])
