"""Score tables in: schema, the layouts people have, groups and comparisons, reference data."""

from frontierlag.scores.corrections import Correction, corrections
from frontierlag.scores.efforts import Efforts
from frontierlag.scores.groups import Comparison, parse_comparison
from frontierlag.scores.lint import date_lint
from frontierlag.scores.loading import load_scores, reference_names
from frontierlag.scores.metric import Bounds, Metric
from frontierlag.scores.reading.options import DEFAULT_OPTIONS, ReadOptions
from frontierlag.scores.reading.report import ColumnUse, Finding, LeftOut, Reading
from frontierlag.scores.reading.validation import BadRowsError, Problem
from frontierlag.scores.registry import ATTRIBUTION, is_epochs, joined_credit, own_credit
from frontierlag.scores.releases import Releases, default_window_start, records, releases
from frontierlag.scores.table import ScoreTable

__all__ = [
    "ATTRIBUTION",
    "DEFAULT_OPTIONS",
    "BadRowsError",
    "Bounds",
    "ColumnUse",
    "Comparison",
    "Correction",
    "Efforts",
    "Finding",
    "LeftOut",
    "Metric",
    "Problem",
    "ReadOptions",
    "Reading",
    "Releases",
    "ScoreTable",
    "corrections",
    "date_lint",
    "default_window_start",
    "is_epochs",
    "joined_credit",
    "load_scores",
    "own_credit",
    "parse_comparison",
    "records",
    "reference_names",
    "releases",
]
