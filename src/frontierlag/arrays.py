"""The array functions that formulas need, under the names that ``pytensor.tensor`` uses too.

A density or curve written against ``xp`` runs in a model graph (``xp = pytensor.tensor``) and on
posterior draws (``xp = frontierlag.arrays``), so each formula stands in the project once.
"""

from numpy import exp, log, log1p, maximum, sqrt, tanh, where
from scipy.special import erfc, erfcx, logsumexp
from scipy.special import expit as sigmoid

__all__ = [
    "erfc",
    "erfcx",
    "exp",
    "log",
    "log1p",
    "logsumexp",
    "maximum",
    "sigmoid",
    "sqrt",
    "tanh",
    "where",
]
