"""Record-holders around the trend with a free symmetric scatter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pymc as pm

from frontierlag import arrays
from frontierlag.frontiers import densities
from frontierlag.frontiers.base import Frontier, Noise, Values
from frontierlag.names import FOLLOWER, LEADER, SCORE
from frontierlag.priors import Parameter, Prior
from frontierlag.scores import Metric, Releases, records
from frontierlag.trends.base import of_group


def scatter(metric: Metric) -> Parameter:
    """The symmetric scatter of true capabilities around the trend.

    Its prior leaves out zero: capabilities do not lie on a line, and at zero the likelihood of a
    score known exactly (an anchor) has a spike that no sampler can follow. On the ECI its 90 %
    range is 1 to 7 points.
    """
    return Parameter(
        name="scatter",
        meaning="standard deviation of true capability around the trend",
        unit=metric.unit,
        prior=Prior(family="InverseGamma", alpha=3, beta=0.3 * metric.spread),
    )


@dataclass(frozen=True)
class Records(Frontier):
    """The record-holders of each group, measured with error, scattered around the trend.

    score_i = F_g(t_i) + v_i + e_i with v_i ~ Normal(0, scatter_g) and e_i ~ Normal(0, stderr_i).
    The records are chosen by published score over the whole history and each group's first one
    is dropped, as in the published analysis. Close to how the chart is read, and biased: a record
    is in part a lucky measurement.

    The first one is dropped because where the table begins says nothing of the trend; but it was
    there to be had, so that it does count for the best available.

    Parameters
    ----------
    keep_first
        Whether each group's first record, which says where the table begins, counts too.
    """

    keep_first: bool = False
    name: ClassVar[str] = "records"
    # An anchor, known exactly, narrows the posterior as the scatter gets small.
    target_accept: ClassVar[float] = 0.99

    def select(self, releases: Releases) -> np.ndarray:
        """Record-holders of each group by published score, as a rule without each group's first."""
        mask = records(releases)
        if self.keep_first:
            return mask
        for group in (LEADER, FOLLOWER):
            mask[np.flatnonzero(mask & (releases.group == group))[:1]] = False
        return mask

    def available(self, releases: Releases) -> np.ndarray:
        """Record-holders of each group by published score, the first one too."""
        return self.select(releases) | records(releases)

    def parameters(self, metric: Metric) -> tuple[Parameter, ...]:
        """Scatter alone."""
        return (scatter(metric),)

    def likelihood(self, p: Values, mu: Any, data: Values) -> None:
        """Normal around the trend with scatter and measurement error added in quadrature."""
        sd = pm.math.sqrt(of_group(p["scatter"], data["group_index"]) ** 2 + data["stderr"] ** 2)
        pm.Normal(SCORE, mu=mu, sigma=sd, observed=data["observed"])

    def log_likelihood(self, p: Values, mu: np.ndarray, data: Values) -> np.ndarray:
        """Normal log density, shape ``(..., release)``."""
        return self.logp(p, mu, data, arrays)

    def logp(self, p: Values, mu: Any, data: Values, xp: Any) -> Any:
        """Log density of scores measured with normal error, on draws or on symbols."""
        sd = xp.sqrt(of_group(p["scatter"], data["group_index"]) ** 2 + data["stderr"] ** 2)
        return densities.normal_logp(data["observed"] - mu, sd, xp)

    def capabilities(self, rng: Noise, p: Values, mu: np.ndarray, data: Values) -> np.ndarray:
        """Normal with precisions added: shrunk towards the trend where it was measured poorly."""
        return (
            split_error(
                rng,
                data["observed"] - mu,
                of_group(p["scatter"], data["group_index"]),
                data["stderr"],
            )
            + mu
        )

    def simulate(
        self, rng: np.random.Generator, p: Values, mu: np.ndarray, data: Values
    ) -> np.ndarray:
        """Normal around the trend."""
        return rng.normal(mu, self._sd(p, data))

    @staticmethod
    def _sd(p: Values, data: Values) -> np.ndarray:
        return np.sqrt(of_group(p["scatter"], data["group_index"]) ** 2 + data["stderr"] ** 2)


@dataclass(frozen=True)
class RecordsAll(Records):
    """The record-holders with each group's first."""

    keep_first: bool = True
    name: ClassVar[str] = "records-all"


def split_error(
    rng: Noise, total: np.ndarray, scatter: np.ndarray, stderr: np.ndarray
) -> np.ndarray:
    """Draw v given v + e = total, with v ~ Normal(0, scatter) and e ~ Normal(0, stderr).

    v | total ~ Normal(total k, scatter sqrt(1 - k)) with k = scatter^2 / (scatter^2 + stderr^2);
    a score known exactly (stderr 0) gives v = total.
    """
    share = scatter**2 / (scatter**2 + stderr**2)
    z = rng.standard_normal(np.shape(total))
    return total * share + scatter * np.sqrt(1 - share) * z
