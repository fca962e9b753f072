"""Proper scores of a forecast given as draws, which may lie beyond what was seen.

Lower CRPS is better, higher log score is better. Both are proper: nobody expects a better score by
saying something else than what they believe (Gneiting & Raftery 2007, JASA 102:359-378).
"""

from __future__ import annotations

import numpy as np

from frontierlag.intervals import tails


def crps(draws: np.ndarray, outcome: float, end: float = np.inf) -> float:
    """Continuous ranked probability score of the draws' empirical distribution.

    The integral of (F(z) - 1[outcome <= z])^2 over z, by its equal E|X - y| - E|X - X'| / 2
    (Gneiting & Raftery 2007, equation 21), where the second term is a sum over sorted draws, so
    that n draws cost a sort and not n^2 differences.

    Parameters
    ----------
    draws
        Shape ``(n,)``; may be infinite if ``end`` is finite.
    outcome
        What came; anything above ``end`` stands for "not by then".
    end
        Where seeing ends. The integral then runs up to it (threshold-weighted CRPS, Gneiting &
        Ranjan 2011, JBES 29:411-422), which is the CRPS of draws and outcome both cut off there: a
        date that has not come is scored by the probability that was given to it before the end.

    Returns
    -------
    The score, in the unit of the draws. 0 is perfect.
    """
    x = np.sort(np.minimum(np.asarray(draws, dtype=float), end))
    y = min(outcome, end)
    n = len(x)
    spread = np.sum((2 * np.arange(1, n + 1) - n - 1) * x) / n**2
    return float(np.mean(np.abs(x - y)) - spread)


def pit(draws: np.ndarray, outcome: float, end: float = np.inf) -> tuple[float, float]:
    """Shares of the draws below the outcome and up to it.

    They differ where draws equal the outcome: a best score that stays what it is, or a date that
    has not come by ``end``, which all later draws equal.
    """
    x, y = np.minimum(draws, end), min(outcome, end)
    return float(np.mean(x < y)), float(np.mean(x <= y))


def covered(draws: np.ndarray, outcome: float, probability: float, end: float = np.inf) -> float:
    """Whether the equal-tailed interval holds the outcome: 1, 0, or a share in between.

    The outcome's place among the draws is a number between 0 and 1, and a range of them where draws
    equal the outcome. The share of that range that lies between the interval's tails is returned:
    what a place chosen at random within the range would be expected to do (randomized PIT; Czado,
    Gneiting & Held 2009, Biometrics 65:1254-1261). On average it is the interval's probability if
    the forecast is right, with ties and with dates that have not come as without them.
    """
    low, high = pit(draws, outcome, end)
    below, above = tails(probability)
    if high == low:
        return float(below <= low <= above)
    return max(0.0, min(high, above) - max(low, below)) / (high - low)


def log_score(draws: np.ndarray, outcome: float, edges: np.ndarray) -> float:
    """Log of the probability that was given to the cell that the outcome fell into.

    Parameters
    ----------
    draws
        Shape ``(n,)``; infinite ones fall into the last cell.
    outcome
        What came; infinite for "not by the last edge".
    edges
        Ascending, shape ``(k,)``: k + 1 cells, the first and the last without an outer edge. They
        must not depend on the outcome.

    Returns
    -------
    Natural log of (count + 1) / (n + k + 1), the rule of succession: a cell without a draw has not
    probability zero. Cells, and not a density, because a best score may stay exactly what it is and
    a date may not come: neither has a density.
    """
    cell = np.searchsorted(edges, outcome, side="right")
    count = np.sum(np.searchsorted(edges, draws, side="right") == cell)
    return float(np.log((count + 1) / (len(draws) + len(edges) + 1)))
