"""Simulation-based calibration: ranks of every parameter and lag of a model.

Talts, Betancourt, Simpson, Vehtari & Gelman (2018). Parameters are drawn from the prior, scores
from the model, and the model is fitted to them: then the truth's rank among independent posterior
draws is uniform, for every parameter and every lag.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from frontierlag.errors import SpecError
from frontierlag.priors import Prior
from frontierlag.studies.calibration.calibrate import ENTROPY, problems_of
from frontierlag.studies.calibration.prior_worlds import rank_one, spec_of
from frontierlag.studies.campaign import CampaignTask, campaign_store, run_tasks

# A model fails if a quantity's ranks are this unlikely, after correction for how many there are.
LEVEL = 0.01
BINS = 10


@dataclass(frozen=True)
class RankStatistics:
    """Ranks of a campaign.

    Attributes
    ----------
    ranks
        By model, then by quantity: one a world, between 0 and 1.
    table
        A row a model and quantity, as of :func:`uniformity`, with ``failed`` and ``not_converged``
        of the model's fits (the latter's ranks count).
    problems
        Fits that failed or missed the campaign's gate.
    """

    ranks: dict[str, dict[str, list[float]]]
    table: pd.DataFrame
    problems: pd.DataFrame

    @property
    def passed(self) -> bool:
        """Whether every quantity of every model did, and every fit gave an answer."""
        return bool(self.table["passed"].all()) and not self.table["failed"].any()


def rank_statistics(
    models: Sequence[str],
    n: int | Mapping[str, int],
    keep: Path,
    *,
    entropy: int = ENTROPY,
    jobs: int = 1,
    scheduler: str | None = None,
    fit_priors: tuple[tuple[str, Prior], ...] = (),
    done: Callable[[str], None] = lambda _: None,
) -> RankStatistics:
    """Rank the truth of ``n`` worlds drawn from each model's prior.

    Parameters
    ----------
    models
        Names such as those in :data:`frontierlag.studies.calibration.calibrate.RANKED`.
    n
        Worlds a model: one number, or one for each.
    keep, entropy, jobs, scheduler, done
        As of :func:`frontierlag.studies.calibration.calibrate.calibrate`.
    fit_priors
        Priors to fit with in place of those that the worlds are drawn from. With any, the ranks
        should fail: a test of the test.

    Raises
    ------
    SpecError
        If there is no such model, one is named twice, or its data cannot be drawn.
    """
    for name in models:
        spec_of(name, fit_priors)
    if len(set(models)) != len(models):
        raise SpecError(f"name each model once; got {', '.join(models)}")
    items = [
        CampaignTask(f"{name}/{index}", index, (name, fit_priors))
        for name in models
        for index in range(n if isinstance(n, int) else n[name])
    ]
    store = campaign_store(keep, "sbc", rank_one, [("entropy", entropy), fit_priors])
    found = run_tasks(
        rank_one, items, store, entropy=entropy, jobs=jobs, scheduler=scheduler, done=done
    )
    ranks: dict[str, dict[str, list[float]]] = {name: {} for name in models}
    for key, one in found.items():
        if one.error is None:
            for quantity, value in one.value["ranks"].items():
                ranks[key.split("/")[0]].setdefault(quantity, []).append(value)
    failures = problems_of(found)
    tables = []
    for model, of_model in ranks.items():
        own = failures[failures["key"].str.startswith(f"{model}/")]["problem"]
        failed = int(own.str.startswith("failed").sum())
        if not of_model:
            tables.append(pd.DataFrame([{"model": model, "failed": failed, "passed": False}]))
            continue
        table = uniformity(of_model)
        table.insert(0, "model", model)
        tables.append(table.assign(failed=failed, not_converged=len(own) - failed))
    return RankStatistics(ranks, pd.concat(tables, ignore_index=True), failures)


def uniformity(ranks: Mapping[str, Sequence[float]]) -> pd.DataFrame:
    """Test every quantity's ranks of one model for uniformity.

    Two tests a quantity: Kolmogorov-Smirnov, which sees a shift, and chi-square over ten equal
    bins, which sees ranks heaped in the middle or at the ends; ``p`` is twice the smaller p-value.
    Over the quantities of the model ``p_adjusted`` is Holm's, valid however they depend on one
    another: the probability that a right model fails is at most 1 %.

    Returns
    -------
    A row a quantity: ``n``, ``p_ks``, ``p_chi2``, ``p``, ``p_adjusted``, ``passed``.
    """
    rows = []
    for name, values in ranks.items():
        counts = np.histogram(values, bins=BINS, range=(0, 1))[0]
        ks = float(stats.kstest(values, "uniform").pvalue)
        chi2 = float(stats.chisquare(counts).pvalue)
        p = min(1.0, 2 * min(ks, chi2))
        rows.append({"quantity": name, "n": len(values), "p_ks": ks, "p_chi2": chi2, "p": p})
    table = pd.DataFrame(rows)
    table["p_adjusted"] = holm(table["p"].to_numpy())
    table["passed"] = table["p_adjusted"] >= LEVEL
    return table


def holm(p: np.ndarray) -> np.ndarray:
    """P-values adjusted for their number by Holm's method (1979)."""
    order = np.argsort(p)
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(steps, 1.0)
    return adjusted
