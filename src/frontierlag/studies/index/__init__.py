"""What the index hides: the lag under other constructions of the index, next to the main answer."""

from frontierlag.studies.index.alternatives import Choice, constructions
from frontierlag.studies.index.construction import Construction, Reduced, reduced
from frontierlag.studies.index.refits import Constructed, fit_constructions
from frontierlag.studies.index.words import constructions_table

__all__ = [
    "Choice",
    "Constructed",
    "Construction",
    "Reduced",
    "constructions",
    "constructions_table",
    "fit_constructions",
    "reduced",
]
