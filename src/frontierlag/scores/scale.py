"""How the values of a table become scores: as they are, their logarithm, their negative.

Every model wants scores of which more is better and that a straight line can follow. A metric
declares how it gets there, once: tables, manifests, sentences and axes read the declaration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

import numpy as np

from frontierlag.scores.metric import BY_NAME, Metric, Unit

MINUTES = "minutes"
# Units of time that an axis or a sentence names, in minutes, the largest first.
_TIMES = ((60.0 * 24, "d"), (60.0, "h"), (1.0, "min"), (1 / 60, "s"))
# Amounts of time that are ticks of an axis, in minutes: seconds, minutes, hours, days.
_ROUND_TIMES = (
    *(seconds / 60 for seconds in (1, 2, 5, 15, 30)),
    *(1, 2, 5, 15, 30),
    *(hours * 60 for hours in (1, 2, 4, 8)),
    *(days * 60 * 24 for days in (1, 2, 4, 8, 16, 32)),
)
MOST_TICKS = 8


@dataclass(frozen=True)
class Scale:
    """How raw values become scores.

    Attributes
    ----------
    raw
        Unit of the raw values in words, such as 'minutes'; '' where scores are raw values.
    log2
        Whether their logarithm to base 2 is taken: one more is a doubling.
    negated
        Whether the sign is turned, because less is better: a cost, a loss, an error rate.
    """

    raw: str = ""
    log2: bool = False
    negated: bool = False

    @property
    def changes(self) -> bool:
        """Whether scores are anything else than the raw values."""
        return self.log2 or self.negated

    @property
    def unit(self) -> str:
        """What one more of a score is, in words: 'doublings of minutes'."""
        if self.log2:
            return f"{'halvings' if self.negated else 'doublings'} of {self.raw}"
        return f"{self.raw}, negated" if self.negated else self.raw or "points"

    @property
    def short(self) -> str:
        """What was done, as a name carries it: 'log2, negated'; '' for nothing."""
        done = (("log2", self.log2), ("negated", self.negated))
        return ", ".join(word for word, was in done if was)

    @property
    def words(self) -> str:
        """What was done, as a record and a sentence say it."""
        if not self.changes:
            return "scores are the table's values"
        if not self.log2:
            return f"scores are the negative of {self.raw}, because less is better"
        if self.negated:
            return (
                f"scores are the negative logarithm to base 2 of {self.raw}, because less is "
                "better: one more is half as much"
            )
        return f"scores are the logarithm to base 2 of {self.raw}: one more is twice as much"

    def score(self, raw: Any) -> Any:
        """Scores of raw values; a logarithm needs them positive."""
        value = np.log2(raw) if self.log2 else np.asarray(raw)
        return -value if self.negated else value

    def value(self, score: Any) -> Any:
        """Raw values of scores: the inverse of :meth:`score`."""
        value = -np.asarray(score) if self.negated else np.asarray(score)
        return np.exp2(value) if self.log2 else value

    def told(self, score: float) -> str:
        """A score as its raw value in words, such as '2 h' of seven doublings of minutes."""
        value = float(self.value(score))
        if self.raw != MINUTES:
            return f"{value:.4g}"
        # In the largest unit of which there is at least one, after rounding: 60 min are 1 h.
        for size, unit in _TIMES[:-1]:
            if float(f"{value / size:.2g}") >= 1:
                return f"{float(f'{value / size:.2g}'):g} {unit}"
        size, unit = _TIMES[-1]
        return f"{value / size:.2g} {unit}"

    def ticks(self, low: float, high: float) -> tuple[list[float], list[str]]:
        """Scores between two at which raw values are round, and those values in words."""
        first, last = sorted(float(self.value(end)) for end in (low, high))
        if self.log2 and self.raw == MINUTES:
            rounds = [t for t in _ROUND_TIMES if first <= t <= last]
        elif self.log2:
            rounds = _round_factors(first, last)
        else:
            rounds = _round_steps(first, last)
        rounds = rounds[:: -(-len(rounds) // MOST_TICKS)] if rounds else []
        scores = [float(self.score(one)) for one in rounds]
        told = [self.told(score) for score in scores]
        pairs = sorted(zip(scores, told, strict=True))
        return [score for score, _ in pairs], [words for _, words in pairs]


def _round_factors(first: float, last: float) -> list[float]:
    """Numbers 1, 2 and 5 times powers of ten; of many decades the powers alone."""
    decades = range(int(np.floor(np.log10(first))), int(np.ceil(np.log10(last))) + 1)
    steps = (1, 2, 5) if len(decades) < MOST_TICKS / 2 else (1,)
    return [s * 10.0**k for k in decades for s in steps if first <= s * 10.0**k <= last]


def _round_steps(first: float, last: float) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten, some four to eight of them."""
    if not last > first:
        return [first]
    rough = (last - first) / MOST_TICKS
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(s * power for s in (1, 2, 5, 10) if s * power >= rough)
    count = np.arange(np.ceil(first / step), np.floor(last / step) + 1)
    return [float(one) for one in np.round(count * step, 12) + 0.0]


AS_GIVEN = Scale()


@dataclass(frozen=True)
class ScaledMetric(Metric):
    """A metric whose scores are not the raw values.

    Attributes
    ----------
    scale
        How they were made.
    """

    scale: Scale = AS_GIVEN


def scaled(metric: Metric, scale: Scale) -> ScaledMetric:
    """A metric of scores on a scale, whose unit is the scale's."""
    # Units that computation asks for are those of plain metrics; this one is told, not asked for.
    about = {**_fields(metric), "unit": cast(Unit, scale.unit)}
    return ScaledMetric(**about, scale=scale)


def scale_of(metric: Metric) -> Scale:
    """How a metric's scores were made from raw values."""
    return metric.scale if isinstance(metric, ScaledMetric) else AS_GIVEN


def metric_of(stored: Mapping[str, Any]) -> Metric:
    """The metric that a manifest or a stored fit describes."""
    about = dict(stored)
    about["anchors"] = tuple((str(name), float(at)) for name, at in about.get("anchors", ()))
    if "scale" not in about:
        return Metric(**about)
    return ScaledMetric(**{**about, "scale": Scale(**about["scale"])})


def unit_words(metric: Metric) -> str:
    """A metric with the unit of its scores, where they are not the raw values; else its name."""
    return unit_recorded({"name": metric.name, "scale": asdict(scale_of(metric))})


def axis_words(metric: Metric) -> str:
    """What an axis of scores is called."""
    about = {"name": metric.name, "unit": metric.unit, "scale": asdict(scale_of(metric))}
    return axis_recorded(about)


def scale_recorded(metric: Mapping[str, Any]) -> Scale:
    """The scale of a metric in a manifest; one of an earlier version has none."""
    return Scale(**metric["scale"]) if "scale" in metric else AS_GIVEN


def unit_recorded(metric: Mapping[str, Any]) -> str:
    """:func:`unit_words` of a metric in a manifest."""
    scale = scale_recorded(metric)
    return f"{metric['name']} in {scale.unit}" if scale.changes else str(metric["name"])


def axis_recorded(metric: Mapping[str, Any]) -> str:
    """:func:`axis_words` of a metric in a manifest."""
    scale = scale_recorded(metric)
    if not scale.changes:
        name = str(metric["name"])
        of_scores = name if name.casefold().endswith("score") else f"{name} score"
        return f"{of_scores} ({metric['unit']})"
    how = (("logarithmic", scale.log2), ("less is better", scale.negated))
    return f"{metric['name']} ({', '.join([scale.raw, *(word for word, is_so in how if is_so)])})"


def _fields(metric: Metric) -> dict[str, Any]:
    return {name: value for name, value in asdict(metric).items() if name != "scale"}


# METR's 50 % time horizon: how long the tasks take people that a model solves half of the time.
# Half an hour, give or take a factor of eight; a doubling every seven months is 1.7 a year.
TIME_HORIZON = scaled(
    Metric(
        name="METR time horizon", unit="points", lower=None, upper=None, location=5.0, spread=3.0
    ),
    Scale(raw=MINUTES, log2=True),
)

# Every metric that the registry of reference tables can name.
METRICS: dict[str, Metric] = {**BY_NAME, TIME_HORIZON.name: TIME_HORIZON}
