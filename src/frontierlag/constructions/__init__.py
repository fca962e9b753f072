"""What the index hides: the lag under other constructions of the index, next to the main answer."""

from frontierlag.constructions.alternatives import Choice, constructions
from frontierlag.constructions.construction import Construction, Reduced, reduced
from frontierlag.constructions.refits import Outcome, fit_constructions
from frontierlag.constructions.table import constructions_table, second_table

__all__ = [
    "Choice",
    "Construction",
    "Outcome",
    "Reduced",
    "constructions",
    "constructions_table",
    "fit_constructions",
    "reduced",
    "second_table",
]
