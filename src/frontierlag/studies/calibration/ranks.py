"""Whether the ranks of many truths among their posterior draws are uniform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

# A model fails if a quantity's ranks are this unlikely, after correction for how many there are.
LEVEL = 0.01
BINS = 10


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
