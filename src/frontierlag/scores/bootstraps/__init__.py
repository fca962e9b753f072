"""Joint draws of scores, from a bootstrap or a fit, as a measurement."""

from frontierlag.scores.bootstraps.covariance import Errors, JointErrors, errors_of
from frontierlag.scores.bootstraps.releases import DrawnReleases, with_draws
from frontierlag.scores.bootstraps.table import FEWEST_DRAWS, DrawTable, load_draws

__all__ = [
    "FEWEST_DRAWS",
    "DrawTable",
    "DrawnReleases",
    "Errors",
    "JointErrors",
    "errors_of",
    "load_draws",
    "with_draws",
]
