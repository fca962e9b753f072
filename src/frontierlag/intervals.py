"""Summaries of posterior draws: one interval kind, one set of probabilities, for every number.

Intervals are equal-tailed. Nothing else in the package computes an interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from arviz_stats.base import array_stats

from frontierlag.names import CHAIN, DRAW, SAMPLE_DIMS

INTERVAL_KIND = "equal-tailed"
INNER, OUTER = 0.5, 0.9


def tails(probability: float) -> tuple[float, float]:
    """Quantile levels of the equal-tailed interval with this probability."""
    return (1 - probability) / 2, (1 + probability) / 2


QUANTILES = (*tails(OUTER)[:1], tails(INNER)[0], 0.5, tails(INNER)[1], *tails(OUTER)[1:])


@dataclass(frozen=True)
class Summary:
    """A posterior in a few numbers, in the unit of the draws.

    ``undefined`` is the share of draws without a value; the other numbers are over the draws
    that have one, NaN if none has. ``mcse_mean`` is the Monte Carlo standard error of the mean,
    ``mcse_median`` that of the median.
    """

    mean: float
    median: float
    lower50: float
    upper50: float
    lower90: float
    upper90: float
    mcse_mean: float
    mcse_median: float
    undefined: float


def summarize(draws: xr.DataArray) -> Summary:
    """Summarize draws of one quantity, dims ``(chain, draw)``."""
    values = draws.transpose(*SAMPLE_DIMS).to_numpy()
    defined = np.isfinite(values)
    undefined = float(1 - defined.mean())
    if not defined.any():
        nan = float("nan")
        return Summary(nan, nan, nan, nan, nan, nan, nan, nan, undefined)
    known = values[defined]
    low90, low50, median, high50, high90 = (float(q) for q in np.quantile(known, QUANTILES))
    return Summary(
        mean=float(known.mean()),
        median=median,
        lower50=low50,
        upper50=high50,
        lower90=low90,
        upper90=high90,
        mcse_mean=_mcse(values, "mean"),
        mcse_median=_mcse(values, "median"),
        undefined=undefined,
    )


def summarize_each(draws: xr.DataArray, dim: str) -> dict[str, np.ndarray]:
    """Summarize draws of many quantities at once, those along ``dim``, all with a value.

    Returned are the numbers of a :class:`Summary` but ``mcse_median`` and ``undefined``, each of
    shape ``(dim,)``.
    """
    values = draws.transpose(*SAMPLE_DIMS, dim).to_numpy()
    flat = values.reshape(-1, values.shape[-1])
    low90, low50, median, high50, high90 = np.quantile(flat, QUANTILES, axis=0)
    return {
        "mean": flat.mean(0),
        "median": median,
        "lower50": low50,
        "upper50": high50,
        "lower90": low90,
        "upper90": high90,
        "mcse_mean": np.array([_of_mean(values[..., i]) for i in range(values.shape[-1])]),
    }


def _of_mean(values: np.ndarray) -> float:
    """Monte Carlo standard error of the mean of draws ``(chain, draw)``; 0 if they never vary."""
    if np.ptp(values) == 0:
        return 0.0
    return float(array_stats.mcse(values, method="mean"))


def _mcse(values: np.ndarray, method: str) -> float:
    """Monte Carlo standard error of the mean or median over the draws that have a value.

    With undefined draws both are ratios, E[x known] / P(known), so the error is that of the
    linearized ratio: an undefined draw adds nothing itself but the share of known ones divides.
    """
    known = np.isfinite(values)
    share = known.mean()
    centre = np.mean(values[known]) if method == "mean" else np.median(values[known])
    filled = np.where(known, values, centre)
    if np.ptp(filled) == 0:
        return 0.0
    if method == "mean" or share == 1:
        return _of_array(filled, method) / float(share)
    below = np.where(known, (filled <= centre) - 0.5, 0.0)
    error = min(_of_array(below, "mean") / float(share), 0.5)
    low, high = np.quantile(values[known], (0.5 - error, 0.5 + error))
    return float(high - low) / 2


def _of_array(values: np.ndarray, method: str) -> float:
    return float(array_stats.mcse(values, chain_axis=0, draw_axis=1, method=method))


def probability(condition: xr.DataArray) -> float:
    """Share of draws in which a condition holds, dims ``(chain, draw)``."""
    return float(condition.mean((CHAIN, DRAW)))


def decimals(mcse: float, most: int = 2) -> int:
    """How many decimals a figure with this Monte Carlo error supports (0 to ``most``).

    A decimal is kept if twice the error is less than one unit of it.
    """
    if not np.isfinite(mcse):
        return 0
    places = [k for k in range(most + 1) if 2 * mcse < 10.0**-k]
    return max(places, default=0)


def intervals(values: np.ndarray, probabilities: Sequence[float]) -> np.ndarray:
    """Equal-tailed intervals of draws of one quantity, any shape, over the defined values.

    Lower and upper ends, shape ``(probability, 2)``; NaN if no value is defined.
    """
    known = values[np.isfinite(values)]
    if not known.size:
        return np.full((len(probabilities), 2), np.nan)
    return np.quantile(known, [tails(probability) for probability in probabilities])
