"""Fits of the same data, compared by how well each predicts releases that it has not seen."""

from __future__ import annotations

from collections.abc import Sequence

from frontierlag.analyses.analysis import Analysis
from frontierlag.checks.comparison import ModelComparison
from frontierlag.checks.comparison import compare as compared
from frontierlag.facade.html import card


class Comparison(ModelComparison):
    """Models compared; ``table()`` has a row each, ``weights`` those of stacking.

    See :class:`frontierlag.checks.comparison.ModelComparison`.
    """

    def __repr__(self) -> str:
        return f"<Comparison {self.text()}>"

    def _repr_html_(self) -> str:
        return card("Comparison", [self.text(), self.doubts], self.table())


def compare(
    fits: Sequence[Analysis], *, refit: bool = True, cores: int | None = None
) -> Comparison:
    """Compare two or more models of the same data by PSIS-LOO, and stack them.

    Parameters
    ----------
    fits
        From :func:`frontierlag.fit` or :func:`frontierlag.load`.
    refit
        Whether a release with a high Pareto k is left out and the model fitted again, for its exact
        density.
    cores
        Threads for refits; changes no number.

    Returns
    -------
    Comparison
        ``table()``, ``text()``, ``weights``, and ``trusted``, whether every density behind them is.

    Raises
    ------
    SpecError
        If there are fewer than two fits, two of the same model, or two of different data.
    """
    found = compared(fits, refit=refit, cores=cores)
    return Comparison(found.loos, found.weights)
