"""Trends: the smooth curve of each group's frontier, one small module a curve."""

from dataclasses import replace

from frontierlag.errors import SpecError
from frontierlag.scores import Metric
from frontierlag.trends.base import Trend
from frontierlag.trends.broken import Broken, BrokenLearned
from frontierlag.trends.linear import Linear
from frontierlag.trends.logistic import Logistic, LogisticBetween
from frontierlag.trends.parallel import Parallel, ParallelLogistic
from frontierlag.trends.wandering import Wandering

TRENDS: dict[str, Trend] = {
    trend.name: trend
    for trend in (
        Linear(),
        Logistic(),
        Parallel(),
        ParallelLogistic(),
        Broken(),
        BrokenLearned(),
        Wandering(),
    )
}


def trend(name: str) -> Trend:
    """Look a trend up by its name.

    Raises
    ------
    SpecError
        If there is no such trend.
    """
    if name not in TRENDS:
        raise SpecError(f"there is no trend {name!r}; the trends are {', '.join(TRENDS)}")
    return TRENDS[name]


def for_metric(trend: Trend, metric: Metric) -> Trend | None:
    """Return a trend as it is for scores of a metric; None where there is none.

    Of an accuracy it is the logistic between the known bounds, alone or shared in parallel.
    """
    if isinstance(trend, Parallel):
        curve = for_metric(trend.curve, metric)
        return None if curve is None else replace(trend, curve=curve)
    if isinstance(trend, LogisticBetween):
        return trend if trend.bounds == metric.bounds else None
    if metric.bounds is None:
        return trend
    return LogisticBetween(metric.bounds) if isinstance(trend, Logistic) else None


__all__ = [
    "TRENDS",
    "Broken",
    "BrokenLearned",
    "Linear",
    "Logistic",
    "LogisticBetween",
    "Parallel",
    "ParallelLogistic",
    "Trend",
    "Wandering",
    "for_metric",
    "trend",
]
