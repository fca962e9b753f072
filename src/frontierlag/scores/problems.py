"""How many problems an accuracy rests on, read from its standard error, and the chance level."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# An accuracy this many standard errors below the chance level is no attempt at the benchmark.
BELOW_CHANCE = 3.0


def inferred_problems(
    score: NDArray[np.float64], stderr: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return n = p (1 - p) / stderr^2 + 1 for each accuracy p, shape (n,).

    Epoch AI's standard error is that of a mean over problems, stderr^2 = p (1 - p) / (n - 1) where
    each was run once: FrontierMath's 0.01034 with 0.00595 gives 290.05, GPQA Diamond's 0.76768
    with 0.03009 gives 197.98. NaN where there is no error to read it from: an error of 0, or an
    accuracy of 0 or 1.
    """
    known = (stderr > 0) & (score > 0) & (score < 1)
    variance = np.where(known, stderr, 1.0) ** 2
    return np.where(known, score * (1 - score) / variance + 1, np.nan)


def effective_problems(
    score: NDArray[np.float64], stderr: NDArray[np.float64], problems: int | None
) -> NDArray[np.int64]:
    """Return the whole number of problems of the binomial that has each row's standard error.

    Where a model was run several times, the error is smaller than one run's and the number larger
    than the benchmark's, up to 1,250 on the 198 problems of GPQA Diamond. It is not cut off at the
    benchmark's own number: the published error is that of the mean over problems of each one's
    share of runs solved, so it holds what is left of the noise of the runs and, in full, the part
    that comes from the choice of problems (runs never average that away: with R runs the binomial
    would have 198 R problems; 16 runs give 300 to 570). Cutting off would count noise that is not
    there; and the problems are the same for every model, so that part largely cancels in a lag.

    Parameters
    ----------
    score, stderr
        Accuracies and their standard errors, shape (n,).
    problems
        The benchmark's own number, where known.

    Returns
    -------
    ndarray of int
        Shape (n,), at least 1. Rows whose error says nothing have the benchmark's own number, else
        the median of the other rows'; 0 if nothing says it.
    """
    inferred = inferred_problems(score, stderr)
    known = np.isfinite(inferred)
    if problems is None:
        problems = int(np.rint(np.median(inferred[known]))) if known.any() else 0
    filled = np.where(known, inferred, problems)
    return np.where(filled > 0, np.maximum(np.rint(filled), 1), 0).astype(np.int64)


def is_below_chance(
    score: NDArray[np.float64], problems: NDArray[np.int64], chance: float
) -> NDArray[np.bool_]:
    """Return which accuracies lie more than three standard errors below the chance level.

    Guessing among the choices reaches the chance level, so an accuracy clearly below it comes from
    answers that could not be read or were not given. The benchmark did not measure what the model
    can do, and a curve that begins at the chance level cannot produce it.
    """
    error = np.sqrt(chance * (1 - chance) / np.maximum(problems, 1))
    return np.asarray((problems > 0) & (score < chance - BELOW_CHANCE * error))
