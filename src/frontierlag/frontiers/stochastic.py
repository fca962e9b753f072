"""All releases, on average below a frontier: stochastic frontier analysis.

Aigner, Lovell & Schmidt (1977); Meeusen & van den Broeck (1977).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from scipy.special import log_ndtr, ndtri_exp

from frontierlag import arrays
from frontierlag.frontiers import densities
from frontierlag.frontiers.base import Frontier, Noise, Values
from frontierlag.frontiers.densities import two_piece_marginal_logp
from frontierlag.frontiers.records import scatter, split_error
from frontierlag.frontiers.transforms import Standardized, scatter_and_shortfall
from frontierlag.names import RELEASE, SCORE
from frontierlag.priors import Parameter, Prior
from frontierlag.scores import Metric, Releases
from frontierlag.trends.base import of_group

Shortfall = Literal["exponential", "half-normal"]


def composed_logp(shortfall: Shortfall, eps: Any, sd: Any, mean: Any, xp: Any) -> Any:
    """Log density of symmetric error minus shortfall, per release."""
    if shortfall == "exponential":
        return densities.normal_exponential_logp(eps, sd, mean, xp)
    return densities.normal_half_normal_logp(eps, sd, mean, xp)


def draw_shortfall(
    shortfall: Shortfall, rng: np.random.Generator, mean: np.ndarray, size: tuple[int, ...]
) -> np.ndarray:
    """Draw shortfalls with the given mean."""
    if shortfall == "exponential":
        return rng.exponential(np.broadcast_to(mean, size))
    return np.abs(rng.normal(0.0, np.broadcast_to(mean * np.sqrt(np.pi / 2), size)))


@dataclass(frozen=True)
class Stochastic(Frontier):
    """Every release of a group: on average short of what its frontier allows on that day.

    true capability c_i = F_g(t_i) + v_i - u_i, score_i = c_i + e_i, with
    v_i ~ Normal(0, scatter_g), e_i ~ Normal(0, stderr_i), and u_i >= 0 with mean shortfall_g.
    v, u and e are integrated out for sampling and drawn afterwards from their exact conditional.

    Parameters
    ----------
    shortfall
        Distribution of u: ``exponential`` (default) or ``half-normal``.
    """

    shortfall: Shortfall = "exponential"
    name: ClassVar[str] = "stochastic"

    def select(self, releases: Releases) -> np.ndarray:
        """Every release."""
        return np.ones(len(releases), dtype=bool)

    def parameters(self, metric: Metric) -> tuple[Parameter, ...]:
        """Scatter and mean shortfall."""
        return (
            scatter(metric),
            Parameter(
                name="shortfall",
                meaning="mean distance of a release below the frontier",
                unit=metric.unit,
                prior=Prior(family="HalfNormal", sigma=0.75 * metric.spread),
            ),
        )

    def variables(self, parameters: Sequence[Parameter]) -> dict[str, Any]:
        """Scatter and shortfall as a pair (:mod:`frontierlag.frontiers.transforms`)."""
        return scatter_and_shortfall(*parameters)

    def likelihood(self, p: Values, mu: Any, data: Values) -> None:
        """Closed-form density of scatter plus measurement error minus shortfall."""
        group = data["group_index"]
        sd = pt.sqrt(of_group(p["scatter"], group) ** 2 + data["stderr"] ** 2)
        kind = self.shortfall

        def logp(value: Any, mu: Any, sd: Any, mean: Any) -> Any:
            return composed_logp(kind, value - mu, sd, mean, pt)

        def random(mu: Any, sd: Any, mean: Any, rng: np.random.Generator, size: Any) -> np.ndarray:
            shape = np.broadcast_shapes(np.shape(mu), np.shape(sd), np.shape(mean), size or ())
            return rng.normal(mu, sd, shape) - draw_shortfall(kind, rng, mean, shape)

        pm.CustomDist(
            SCORE,
            mu,
            sd,
            self.mean_shortfall(p, data),
            logp=logp,
            random=random,
            observed=data["observed"],
        )

    def log_likelihood(self, p: Values, mu: np.ndarray, data: Values) -> np.ndarray:
        """Closed-form log density, shape ``(..., release)``."""
        return self.logp(p, mu, data, arrays)

    def logp(self, p: Values, mu: Any, data: Values, xp: Any) -> Any:
        """Log density of scores measured with normal error, on draws or on symbols."""
        group = data["group_index"]
        sd = xp.sqrt(of_group(p["scatter"], group) ** 2 + data["stderr"] ** 2)
        mean = self.mean_shortfall(p, data, xp)
        return composed_logp(self.shortfall, data["observed"] - mu, sd, mean, xp)

    def mean_shortfall(self, p: Values, data: Values, xp: Any = pt) -> Any:
        """Mean of each release's shortfall, ``(..., release)``: that of its group."""
        return of_group(p["shortfall"], data["group_index"])

    def future_shortfall(
        self, p: Values, group: np.ndarray, years: np.ndarray, maker: np.ndarray
    ) -> np.ndarray:
        """Mean shortfall of releases yet to come, ``(..., n)``: that of their group.

        Parameters
        ----------
        p
            Draws of the parameters.
        group, years, maker
            Of each release, shapes ``(n,)``, ``(..., n)`` and ``(..., n)``; years after the
            reference date, makers by their place in the data.
        """
        return np.asarray(of_group(p["shortfall"], group))

    def capabilities(self, rng: Noise, p: Values, mu: np.ndarray, data: Values) -> np.ndarray:
        """Shortfall from its truncated normal, then scatter given the rest.

        With eps = score - mu and s^2 = scatter^2 + stderr^2, u given eps is a normal truncated to
        u >= 0: Normal(-eps - s^2/m, s) for the exponential with mean m (Jondrow, Lovell, Materov &
        Schmidt 1982), Normal(-eps q^2 / (s^2 + q^2), s q / sqrt(s^2 + q^2)) for the half-normal
        with scale q. Then v given v + e = eps + u is normal (:func:`split_error`).
        """
        scatter, sd, mean = self._by_release(p, data)
        eps = data["observed"] - mu
        if self.shortfall == "exponential":
            location, scale = -eps - sd**2 / mean, sd
        else:
            q = mean * np.sqrt(np.pi / 2)
            location, scale = -eps * q**2 / (sd**2 + q**2), sd * q / np.sqrt(sd**2 + q**2)
        u = positive_normal(rng, location, scale)
        return mu + split_error(rng, eps + u, scatter, data["stderr"]) - u

    def new_capabilities(
        self, rng: np.random.Generator, p: Values, mu: np.ndarray, data: Values
    ) -> np.ndarray:
        """Capabilities of new releases at the same dates: trend plus scatter minus shortfall."""
        scatter, mean = self._scatter(p, data), self.mean_shortfall(p, data, np)
        return rng.normal(mu, scatter) - draw_shortfall(self.shortfall, rng, mean, mu.shape)

    def simulate(
        self, rng: np.random.Generator, p: Values, mu: np.ndarray, data: Values
    ) -> np.ndarray:
        """Trend plus symmetric error minus shortfall."""
        _, sd, mean = self._by_release(p, data)
        return rng.normal(mu, sd) - draw_shortfall(self.shortfall, rng, mean, mu.shape)

    def _by_release(self, p: Values, data: Values) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        scatter = self._scatter(p, data)
        sd = np.sqrt(scatter**2 + data["stderr"] ** 2)
        return scatter, sd, self.mean_shortfall(p, data, np)

    @staticmethod
    def _scatter(p: Values, data: Values) -> np.ndarray:
        return np.asarray(of_group(p["scatter"], data["group_index"]))


@dataclass(frozen=True)
class StochasticHalfNormal(Stochastic):
    """The stochastic frontier with a half-normal shortfall."""

    shortfall: Shortfall = "half-normal"
    name: ClassVar[str] = "stochastic-halfnormal"


def positive_normal(rng: Noise, location: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Draw Normal(location, scale) truncated to positive values, exactly.

    By inversion in the upper tail: x = location - scale z with Phi(z) = U Phi(location / scale),
    solved on the log scale so that it holds at any distance below zero.
    """
    log_u = -rng.standard_exponential(np.shape(location))
    z = ndtri_exp(log_u + log_ndtr(location / scale))
    return np.maximum(location - scale * z, 0.0)


def capability_prior(p: Values, mu: Any, group: Any) -> tuple[Any, Any, Any]:
    """Arguments of the density of a true capability: trend, scatter and shortfall per release."""
    return mu, of_group(p["scatter"], group), of_group(p["shortfall"], group)


@dataclass(frozen=True)
class StochasticTwoPiece(Stochastic):
    """The stochastic frontier with every capability latent and two-piece normal errors.

    The capability of each release is a variable of the model, and the published interval is read
    with its two arms: given the score y, the likelihood of a capability c is that of a two-piece
    normal with scale ``stderr_low`` for c < y and ``stderr_high`` for c > y. Slower than
    :class:`Stochastic`; it is kept to show that reading intervals as symmetric gives the same lag.
    Scores known exactly are their own capability.
    """

    name: ClassVar[str] = "stochastic-twopiece"
    measurement: ClassVar[tuple[str, ...]] = ("stderr", "stderr_low", "stderr_high")
    target_accept: ClassVar[float] = 0.99
    latent_in_model: ClassVar[Mapping[str, str]] = {"capability": RELEASE}

    def likelihood(self, p: Values, mu: Any, data: Values) -> None:
        """Latent capabilities with the composed density, then two-piece errors around them."""
        kind = self.shortfall
        observed, exact = data["observed"], pt.eq(data["stderr"], 0)

        def prior_logp(value: Any, mu: Any, scatter: Any, mean: Any) -> Any:
            return composed_logp(kind, value - mu, scatter, mean, pt)

        def prior_random(
            mu: Any, scatter: Any, mean: Any, rng: np.random.Generator, size: Any
        ) -> np.ndarray:
            shape = np.broadcast_shapes(np.shape(mu), np.shape(scatter), size or ())
            return rng.normal(mu, scatter, shape) - draw_shortfall(kind, rng, mean, shape)

        arguments = capability_prior(p, mu, data["group_index"])
        latent = pm.CustomDist(
            "capability",
            *arguments,
            logp=prior_logp,
            random=prior_random,
            shape=observed.shape,
            initval=observed - 0.5,
            transform=Standardized(kind, observed, data["stderr"]),
        )

        def logp(value: Any, c: Any, below: Any, above: Any, exact: Any, *prior: Any) -> Any:
            # A score below its capability lies on the capability's upper arm, and the other way.
            # An exact score has no measurement error: its density is that of the capability.
            measured = densities.two_piece_normal_logp(
                value - c, pt.switch(exact, 1.0, above), pt.switch(exact, 1.0, below), pt
            )
            return pt.switch(exact, prior_logp(value, *prior), measured)

        def random(
            c: Any,
            below: Any,
            above: Any,
            exact: Any,
            mu: Any,
            scatter: Any,
            mean: Any,
            rng: np.random.Generator,
            size: Any,
        ) -> np.ndarray:
            c = np.broadcast_to(c, np.broadcast_shapes(np.shape(c), size or ()))
            return c + two_piece_noise(rng, above, below, c.shape)

        pm.CustomDist(
            SCORE,
            latent,
            data["stderr_low"],
            data["stderr_high"],
            exact,
            *arguments,
            logp=logp,
            random=random,
            observed=observed,
        )

    def log_likelihood(self, p: Values, mu: np.ndarray, data: Values) -> np.ndarray:
        """The capability integrated out (:mod:`frontierlag.frontiers.densities`)."""
        _, scatter, mean = capability_prior(p, mu, data["group_index"])
        exact = data["stderr"] == 0
        low, high = (np.where(exact, 1.0, data[arm]) for arm in ("stderr_low", "stderr_high"))

        def capability_logp(eps: np.ndarray) -> np.ndarray:
            return composed_logp(self.shortfall, eps, scatter, mean, arrays)

        integrated = two_piece_marginal_logp(
            data["observed"], mu, scatter, mean, low, high, capability_logp
        )
        return np.where(exact, capability_logp(data["observed"] - mu), integrated)

    def capabilities(self, rng: Noise, p: Values, mu: np.ndarray, data: Values) -> np.ndarray:
        """The sampled capabilities; a score known exactly is its own."""
        return np.where(data["stderr"] == 0, data["observed"], p["capability"])

    def simulate(
        self, rng: np.random.Generator, p: Values, mu: np.ndarray, data: Values
    ) -> np.ndarray:
        """New capabilities, then two-piece errors around them."""
        _, scatter, mean = capability_prior(p, mu, data["group_index"])
        c = rng.normal(mu, scatter) - draw_shortfall(self.shortfall, rng, mean, mu.shape)
        return c + two_piece_noise(rng, data["stderr_high"], data["stderr_low"], mu.shape)


def two_piece_noise(
    rng: np.random.Generator, below: np.ndarray, above: np.ndarray, size: tuple[int, ...]
) -> np.ndarray:
    """Draw from a two-piece normal with mode 0: a side by its scale's share, then a half-normal."""
    below, above = np.broadcast_to(below, size), np.broadcast_to(above, size)
    total = np.where(below + above > 0, below + above, 1.0)
    lower_side = rng.uniform(size=size) < below / total
    return np.abs(rng.standard_normal(size)) * np.where(lower_side, -below, above)
