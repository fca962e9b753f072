"""What a user of Python works with: scores, a pair, a fit and its lags.

Each is the program's own object with what a notebook needs around it: a repr, a table, a figure.
The other stages know nothing of this package.
"""

from frontierlag.facade.abilities import Domains, domains
from frontierlag.facade.fits import FittedModel, compare, fit, load
from frontierlag.facade.lag import Lag
from frontierlag.facade.pair import Pair
from frontierlag.facade.scores import Scores, load_scores
from frontierlag.facade.several import Measures, measures

__all__ = [
    "Domains",
    "FittedModel",
    "Lag",
    "Measures",
    "Pair",
    "Scores",
    "compare",
    "domains",
    "fit",
    "load",
    "load_scores",
    "measures",
]
