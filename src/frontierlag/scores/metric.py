"""What a score is: unit, bounds, scale, the models that define it, problems of an accuracy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from frontierlag.errors import ScoresError

Unit = Literal["points", "accuracy", "log odds"]


@dataclass(frozen=True)
class Metric:
    """What a score measures.

    Attributes
    ----------
    name
        'ECI', 'FrontierMath', 'GPQA Diamond', or the score column's or the file's name.
    unit
        'points' of an index; 'accuracy', the fraction of problems solved; or 'log odds' of an
        accuracy between its bounds, which no table has but models work on.
    lower, upper
        Bounds of the underlying curve in score units; None where there is none. For a multiple
        choice benchmark `lower` is the chance level, so a single observed score may fall below.
    location, spread
        Where scores lie and how far they spread, in score units: the scale that priors refer to.
    problems
        Number of problems of a benchmark, where known.
    anchors
        (model, score) pairs that define the scale: exact, without an interval.
    """

    name: str
    unit: Unit
    lower: float | None
    upper: float | None
    location: float
    spread: float
    problems: int | None = None
    anchors: tuple[tuple[str, float], ...] = ()

    @property
    def bounded(self) -> bool:
        """Whether both a floor and a ceiling of the scores are known."""
        return self.bounds is not None

    @property
    def bounds(self) -> Bounds | None:
        """Floor and ceiling, if both are known."""
        if self.lower is None or self.upper is None:
            return None
        return Bounds(self.lower, self.upper)

    @property
    def measurement(self) -> str:
        """How models read the table's errors, for the record of a run."""
        if self.bounded:
            return (
                "binomial, independent between models given their capability; number of problems "
                "from accuracy and standard error, n = p (1 - p) / stderr^2 + 1"
            )
        return "independent between models, from the table's intervals"

    def is_anchor(self, model: str, score: float) -> bool:
        """Whether this model at this score defines the scale (equal to a hundredth)."""
        return any(model == name and abs(score - at) < 0.005 for name, at in self.anchors)


ECI = Metric(
    name="ECI",
    unit="points",
    lower=None,
    upper=None,
    location=130.0,
    spread=20.0,
    anchors=(("Claude 3.5 Sonnet", 130.0), ("GPT-5", 150.0)),
)


# The scale of the log odds of an accuracy between its bounds; 2 on either side of the middle are
# 12 % and 88 % of the way from floor to ceiling.
LOG_ODDS = Metric(
    name="log odds", unit="log odds", lower=None, upper=None, location=0.0, spread=2.0
)


def _accuracy(name: str, lower: float = 0.0, problems: int | None = None) -> Metric:
    """Return a bounded metric; location and spread are the middle and a quarter of its range."""
    return Metric(
        name=name,
        unit="accuracy",
        lower=lower,
        upper=1.0,
        location=(lower + 1.0) / 2,
        spread=(1.0 - lower) / 4,
        problems=problems,
    )


FRONTIERMATH = _accuracy("FrontierMath", problems=290)
GPQA_DIAMOND = _accuracy("GPQA Diamond", lower=0.25, problems=198)

# By the name that the registry of reference tables gives.
BY_NAME = {metric.name: metric for metric in (ECI, FRONTIERMATH, GPQA_DIAMOND)}

# File stems, lower case, words separated by single spaces, without a date.
KNOWN_BENCHMARKS = {
    "frontiermath": FRONTIERMATH,
    "frontiermath private": FRONTIERMATH,
    "frontiermath tiers 1 3": FRONTIERMATH,
    "gpqa diamond": GPQA_DIAMOND,
}


def benchmark_metric(words: str) -> Metric:
    """Return the metric of a benchmark by its name in words, known or not.

    Parameters
    ----------
    words
        The name as the file's stem gives it, words separated by spaces.

    Returns
    -------
    Metric
        A known benchmark's metric, or an accuracy between 0 and 1 under the given name.
    """
    known = KNOWN_BENCHMARKS.get(words.lower())
    return known if known is not None else _accuracy(words)


def index_metric(name: str, scores: NDArray[np.float64]) -> Metric:
    """Return the metric of an unknown unbounded index, scaled by its own table.

    Parameters
    ----------
    name
        The score column's name.
    scores
        The table's scores, shape (n,), finite.

    Returns
    -------
    Metric
        Location is the median and spread the standard deviation (n - 1) of the scores, both
        rounded to two significant digits so that a changed row seldom moves a prior.

    Raises
    ------
    ScoresError
        If the scores have no spread to read a scale from.
    """
    if np.unique(scores).size < 2:
        raise ScoresError(
            f"Column {name!r} holds {scores.size} score(s) and fewer than two different values, so "
            "the scale of this index cannot be read from it. Give a table with more models."
        )
    spread = _two_digits(float(np.std(scores, ddof=1)))
    return Metric(
        name=name,
        unit="points",
        lower=None,
        upper=None,
        location=_two_digits(float(np.median(scores))),
        spread=spread,
    )


def _two_digits(value: float) -> float:
    """Round to two significant digits."""
    if value == 0.0:
        return 0.0
    return round(value, 1 - math.floor(math.log10(abs(value))))


# A score nearer to an end than this share of the range has the log odds of that distance (+-34.5):
# beyond it double precision no longer tells the score from the end.
NEAREST = 1e-15


@dataclass(frozen=True)
class Bounds:
    """Where the scores of a benchmark can lie: from chance level to ceiling.

    The log odds of a score s are log((s - lower) / (upper - s)): how far along the S-curve between
    the two it lies. ``xp`` is ``numpy``, ``pytensor.tensor`` or :mod:`frontierlag.arrays`.
    """

    lower: float
    upper: float

    def score(self, log_odds: Any, xp: Any) -> Any:
        """lower + (upper - lower) sigmoid(log odds), without overflow and exact near the floor."""
        e = xp.exp(-abs(log_odds))
        return self.lower + (self.upper - self.lower) * xp.where(log_odds < 0, e, 1.0) / (1 + e)

    def log_odds(self, score: Any, xp: Any) -> Any:
        """The inverse of :meth:`score`, finite everywhere: scores outside count as the ends."""
        least = NEAREST * (self.upper - self.lower)
        above = xp.maximum(score - self.lower, least)
        below = xp.maximum(self.upper - score, least)
        return xp.log(above) - xp.log(below)


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
