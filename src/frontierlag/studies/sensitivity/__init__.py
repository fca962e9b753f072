"""How far an answer depends on what could sensibly have been done otherwise."""

from frontierlag.settings import QUICK
from frontierlag.studies.sensitivity.alternatives import Alternative, Case, alternatives
from frontierlag.studies.sensitivity.dates import (
    BetweenVintages,
    DateError,
    NormalDays,
    UniformDays,
    with_date_errors,
)
from frontierlag.studies.sensitivity.influence import influence_table
from frontierlag.studies.sensitivity.starts import window_starts
from frontierlag.studies.sensitivity.study import Sensitivity, study_sensitivity
from frontierlag.studies.sensitivity.table import sensitivity_table

__all__ = [
    "QUICK",
    "Alternative",
    "BetweenVintages",
    "Case",
    "DateError",
    "NormalDays",
    "Sensitivity",
    "UniformDays",
    "alternatives",
    "influence_table",
    "sensitivity_table",
    "study_sensitivity",
    "window_starts",
    "with_date_errors",
]
