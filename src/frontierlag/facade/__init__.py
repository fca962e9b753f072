"""What a user of Python works with: scores, a pair, a fit and its lags; studies and updates.

Each is the program's own object with what a notebook needs around it: a repr, a table, a figure.
The other stages know nothing of this package.
"""

from frontierlag.facade.fits import FittedModel, compare, fit, load
from frontierlag.facade.lag import Lag
from frontierlag.facade.scores import Pair, Scores, load_scores
from frontierlag.facade.studies import Domains, Measures, domains, measures
from frontierlag.facade.updates import Update, update

__all__ = [
    "Domains",
    "FittedModel",
    "Lag",
    "Measures",
    "Pair",
    "Scores",
    "Update",
    "compare",
    "domains",
    "fit",
    "load",
    "load_scores",
    "measures",
    "update",
]
