"""What a score is: its unit, its bounds, its scale and the models that define it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from frontierlag.errors import ScoresError
from frontierlag.scores.bounds import Bounds

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
