"""Models on the same data, compared by how well each predicts releases it has not seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from frontierlag.analyses.analysis import Analysis
from frontierlag.checks.loo import Loo, loo, standard_error
from frontierlag.checks.stacking import check_names, data_difference, stacking_weights
from frontierlag.errors import SpecError

# Edges of the bins in which Pareto k is counted; the threshold of the number of draws is another.
ALWAYS_GOOD, NO_MEAN = 0.5, 1.0


@dataclass(frozen=True, eq=False)
class ModelComparison:
    """Models on the same data, by how well each predicts a release that it has not seen.

    Attributes
    ----------
    loos
        One a model, in the order given.
    weights
        Stacking weight of each model by name; they add to one.
    """

    loos: tuple[Loo, ...]
    weights: dict[str, float]

    @property
    def trusted(self) -> bool:
        """Whether the weights are: every density behind them is."""
        return not self.doubts

    @property
    def doubts(self) -> str:
        """Why the densities are not reliable; empty if all are."""
        return "; ".join(loo.doubts for loo in self.loos if not loo.trusted)

    def table(self) -> pd.DataFrame:
        """One row a model, best first.

        ``elpd_diff`` and ``se_diff`` are against the best; ``k_high`` counts the releases with a
        high Pareto k and ``k_high_releases`` names them; ``refitted`` of them have an exact
        density, and ``refits_doubtful`` names those whose refit missed the convergence gate.
        """
        best = max(self.loos, key=lambda loo: loo.elpd)
        rows = [
            {
                "model": loo.model,
                "releases": len(loo.release),
                "elpd": loo.elpd,
                "se": loo.se,
                "p_loo": loo.p_loo,
                "elpd_diff": float((loo.elpd_i - best.elpd_i).sum()),
                "se_diff": standard_error(loo.elpd_i - best.elpd_i),
                "weight": self.weights[loo.model],
                "k_worst": float(loo.pareto_k.max()),
                "k_high": len(loo.high),
                "k_high_releases": "; ".join(loo.high),
                "refitted": len(loo.refitted),
                "refits_doubtful": "; ".join(f"{k}: {v}" for k, v in loo.doubtful.items()),
            }
            for loo in sorted(self.loos, key=lambda loo: -loo.elpd)
        ]
        return pd.DataFrame(rows)

    def pareto_k_table(self) -> pd.DataFrame:
        """Count the releases of each model by Pareto k, of the importance weights before refits."""
        rows = []
        for one in self.loos:
            edges = [-np.inf, min(ALWAYS_GOOD, one.threshold), one.threshold, NO_MEAN, np.inf]
            k = np.where(np.isnan(one.pareto_k), np.inf, one.pareto_k)
            counts = np.bincount(np.searchsorted(edges, k, side="right").clip(1, 4), minlength=5)
            names = ("good", "ok", "bad", "very_bad")
            rows.append(
                {"model": one.model, "threshold": one.threshold}
                | {name: int(n) for name, n in zip(names, counts[1:5], strict=True)}
            )
        return pd.DataFrame(rows)

    def text(self) -> str:
        """One sentence on who predicts best and how sure that is."""
        table = self.table()
        best = table.iloc[0]
        others = [
            f"{row['model']} {row['elpd_diff']:+.1f} (se {row['se_diff']:.1f})"
            for row in table.iloc[1:].to_dict("records")
        ]
        return (
            f"{best['model']} predicts {best['releases']} left-out releases best "
            f"(elpd {best['elpd']:.1f}, se {best['se']:.1f}); against it: {', '.join(others)}."
        )


def compare(
    analyses: Sequence[Analysis],
    *,
    refit: bool = True,
    cores: int | None = None,
    stage: Callable[[str], None] = lambda _: None,
) -> ModelComparison:
    """Compare models by PSIS-LOO and stack them.

    Parameters
    ----------
    analyses
        Two or more models of the same data.
    refit
        Whether a release with a high Pareto k is left out and the model fitted again. Else such
        densities stay estimates, are counted, and the weights are not trusted.
    cores
        Threads for refits; changes no number.
    stage
        Called with a word or two before each refit.

    Raises
    ------
    SpecError
        If there are fewer than two models, two of the same name, or two of different data.
    """
    _check_comparable(analyses)
    return comparison_of(
        analyses, [loo(a.fit, refit=refit, cores=cores, stage=stage) for a in analyses]
    )


def comparison_of(analyses: Sequence[Analysis], loos: Sequence[Loo]) -> ModelComparison:
    """Compare models whose leave-one-out densities are known already; errors as :func:`compare`."""
    _check_comparable(analyses)
    weights = stacking_weights(np.column_stack([found.elpd_i for found in loos]))
    by_name = {a.name: float(w) for a, w in zip(analyses, weights, strict=True)}
    return ModelComparison(tuple(loos), by_name)


def _check_comparable(analyses: Sequence[Analysis]) -> None:
    if len(analyses) < 2:
        raise SpecError(f"comparing needs at least two models; got {len(analyses)}")
    check_names(analyses)
    for other in analyses[1:]:
        difference = data_difference(analyses[0], other)
        if difference:
            raise SpecError(difference)
