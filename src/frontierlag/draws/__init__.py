"""Joint draws of scores: in from a bootstrap or a fit, out from a fit, and as a measurement."""

from frontierlag.draws.covariance import Errors
from frontierlag.draws.joint_errors import JointErrors, errors_of
from frontierlag.draws.layout import write_draws
from frontierlag.draws.releases import DrawnReleases, with_draws
from frontierlag.draws.table import FEWEST_DRAWS, DrawTable, load_draws

__all__ = [
    "FEWEST_DRAWS",
    "DrawTable",
    "DrawnReleases",
    "Errors",
    "JointErrors",
    "errors_of",
    "load_draws",
    "with_draws",
    "write_draws",
]
