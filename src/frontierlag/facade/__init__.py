"""What a user of Python works with: scores, a pair, a fit and its lags.

Each is the program's own object with what a notebook needs around it: a repr, a table, a figure.
The other stages know nothing of this package.
"""

from frontierlag.facade.fits import FittedModel, compare, fit, load
from frontierlag.facade.lag import Lag
from frontierlag.facade.pair import Pair
from frontierlag.facade.scores import Scores, load_scores

__all__ = ["FittedModel", "Lag", "Pair", "Scores", "compare", "fit", "load", "load_scores"]
