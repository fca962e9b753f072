"""How far an answer depends on what could sensibly have been done otherwise."""

from frontierlag.sensitivity.alternatives import Alternative, alternatives
from frontierlag.sensitivity.case import Case
from frontierlag.sensitivity.command import Sensitivity, run_sensitivity
from frontierlag.sensitivity.dates import (
    BetweenVintages,
    DateError,
    NormalDays,
    UniformDays,
    with_date_errors,
)
from frontierlag.sensitivity.influence import influence_table
from frontierlag.sensitivity.starts import window_starts
from frontierlag.sensitivity.table import sensitivity_table
from frontierlag.settings import QUICK

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
    "run_sensitivity",
    "sensitivity_table",
    "window_starts",
    "with_date_errors",
]
