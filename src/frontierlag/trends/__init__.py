"""Trends: the smooth curve of each group's frontier, one small module a curve."""

from frontierlag.errors import SpecError
from frontierlag.trends.base import Trend
from frontierlag.trends.broken import Broken, BrokenLearned
from frontierlag.trends.linear import Linear
from frontierlag.trends.logistic import Logistic
from frontierlag.trends.parallel import Parallel, ParallelLogistic

TRENDS: dict[str, Trend] = {
    trend.name: trend
    for trend in (
        Linear(),
        Logistic(),
        Parallel(),
        ParallelLogistic(),
        Broken(),
        BrokenLearned(),
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


__all__ = [
    "TRENDS",
    "Broken",
    "BrokenLearned",
    "Linear",
    "Logistic",
    "Parallel",
    "ParallelLogistic",
    "Trend",
    "trend",
]
