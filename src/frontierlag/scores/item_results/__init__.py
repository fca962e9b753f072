"""Benchmark results in: who scored what on which benchmark, and how it joins a score table."""

from frontierlag.scores.item_results.responses import (
    MeasuredReleases,
    Responses,
    joined,
    responses_of,
)
from frontierlag.scores.item_results.table import (
    Excluded,
    ResultTable,
    load_results,
    result_names,
    screened,
)

__all__ = [
    "Excluded",
    "MeasuredReleases",
    "Responses",
    "ResultTable",
    "joined",
    "load_results",
    "responses_of",
    "result_names",
    "screened",
]
