"""What every frontier offers: which releases count, their likelihood, and their capabilities."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np

from frontierlag.frontiers.noise import ReleaseNoise
from frontierlag.names import RELEASE
from frontierlag.priors import Parameter
from frontierlag.scores import Metric, Releases

Values = Mapping[str, Any]
# What draws from a conditional need; the noise of a fit keeps a stream for each release.
Noise = np.random.Generator | ReleaseNoise


class Frontier(ABC):
    """How the releases of a group relate to its trend.

    The model calls :meth:`likelihood` once, on symbols. Everything after sampling calls the other
    methods on draws: parameters with leading sample axes and, where they are per group, a last
    axis of two; the trend ``mu`` at each release of shape ``(..., release)``; and the arrays of
    :class:`~frontierlag.frontiers.observations.Observations`, each ``(release,)``.
    """

    name: ClassVar[str]
    # Columns of the data that say how each score was measured.
    measurement: ClassVar[tuple[str, ...]] = ("stderr",)
    # Those of the data that drawing scores needs but their log density does not read.
    only_to_draw: ClassVar[tuple[str, ...]] = ()
    # Those that only say where chains start.
    only_to_start: ClassVar[tuple[str, ...]] = ()
    # Acceptance rate that tuning should aim for: higher where the posterior has narrow places.
    target_accept: ClassVar[float] = 0.95
    # Variables of the model beside its parameters, and the dim of each: latent capabilities, where
    # they are not integrated out.
    latent_in_model: ClassVar[Mapping[str, str]] = {}
    # What it is fitted to: scores with intervals, benchmark results, or joint draws of scores.
    reads: ClassVar[Literal["scores", "results", "draws"]] = "scores"
    # The data that the likelihood is of, and its dim.
    observed: ClassVar[str] = "observed"
    observed_dim: ClassVar[str] = RELEASE

    @abstractmethod
    def select(self, releases: Releases) -> np.ndarray:
        """Say which releases enter the likelihood: a mask of shape ``(release,)``."""

    def available(self, releases: Releases) -> np.ndarray:
        """Say which releases make up the best available: at least those in the likelihood."""
        return self.select(releases)

    def lacking(self, releases: Releases) -> str:
        """Say what these releases lack that the frontier reads, and what to do; '' if nothing."""
        return ""

    @abstractmethod
    def parameters(self, metric: Metric) -> tuple[Parameter, ...]:
        """List the parameters with their default priors in the units of ``metric``."""

    def variables(self, parameters: Sequence[Parameter]) -> dict[str, Any]:
        """Add the parameters to the open ``pm.Model``, in coordinates that suit the sampler."""
        return {parameter.name: parameter.variable() for parameter in parameters}

    @abstractmethod
    def likelihood(self, p: Values, mu: Any, data: Values) -> None:
        """Add the likelihood of the observed scores to the open ``pm.Model``."""

    @abstractmethod
    def log_likelihood(self, p: Values, mu: np.ndarray, data: Values) -> np.ndarray:
        """Log likelihood of each release with its own latent terms integrated out."""

    def release_logp(self, p: Values, mu: np.ndarray, data: Values) -> np.ndarray:
        """Log density of all that is observed of each release, its latent terms integrated out.

        What leave-one-release-out densities are made from; shape ``(..., release)``.
        """
        return self.log_likelihood(p, mu, data)

    def can_leave_out(self, data: Values) -> np.ndarray:
        """Say without which releases the model still means the same, shape ``(release,)``."""
        return np.ones(len(data["group_index"]), dtype=bool)

    @abstractmethod
    def capabilities(self, rng: Noise, p: Values, mu: np.ndarray, data: Values) -> np.ndarray:
        """Draw each release's latent true capability from its exact conditional."""

    @abstractmethod
    def simulate(
        self, rng: np.random.Generator, p: Values, mu: np.ndarray, data: Values
    ) -> np.ndarray:
        """Draw replicated scores at the releases' dates and measurement errors."""
