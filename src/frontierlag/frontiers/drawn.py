r"""Any frontier of scores, measured by joint draws of all scores in place of an interval each.

What is measured is x_i = a + c_i / S + own_i + sum_k loading_ik f_k: capabilities up to a shift a
and a stretch S of all of them, with errors as of :mod:`frontierlag.scores.bootstraps.covariance`.
The two models that pin the scale have their capability exactly, and an error of x like all others,
so that

    S = (high - low) / (x_high - x_low),   y_i = low + S (x_i - sum_k loading_ik f_k - x_low),

with x_low and x_high freed of their errors, is a score on the pinned scale with an error that is
its own, Normal(0, S stderr_i): what the frontier takes for a score and its standard error.

**Why the scale does not collapse.** With flat priors on a and log S, the density of capabilities
and (a, S) given x is p(c) N(x | a + c / S). As dc = S dx and (da, dlog S) is a constant times
S (dx_low, dx_high), integrating each capability out leaves, in the sampler's coordinates f and the
errors of the pins,

    S^(m + 1)  prod_i p(y_i)  N(f) N(errors of the pins),

m the number of releases in the likelihood without the pins. The density of m capabilities rewards
shrinking all of them, and the trend with them, by S^-m; the factor S^m takes exactly that back. A
model that adds the draws' leading factors as free linear terms has the reward without the factor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from frontierlag import arrays
from frontierlag.frontiers.base import Frontier, Noise, Values
from frontierlag.frontiers.records import Records
from frontierlag.frontiers.stochastic import Stochastic
from frontierlag.names import FACTOR, PIN
from frontierlag.priors import Parameter
from frontierlag.scores import Metric, Releases

_IMPOSSIBLE = 1e-6


@dataclass(frozen=True)
class OfDraws(Frontier):
    """A frontier whose scores were measured together.

    The latent variables are what the scores share: the factors, and the errors of the two pins,
    both in standard deviations. Given those, scores are independent as under ``scale_free``, whose
    densities and exact conditionals are used as they are.

    Parameters
    ----------
    scale_free
        ``records`` or ``stochastic``, as they are for scores with an interval each.
    """

    scale_free: Records | Stochastic
    reads: ClassVar[Literal["scores", "results", "draws"]] = "draws"
    measurement: ClassVar[tuple[str, ...]] = (
        "error_sd", "loading", "pinned", "pin_score", "pin_error_sd", "pin_loading",
    )  # fmt: skip
    latent_in_model: ClassVar[Mapping[str, str]] = {"shared_error": FACTOR, "pin_error": PIN}

    @property
    def name(self) -> str:  # type: ignore[override]
        """That of the frontier, and what it is measured by."""
        return f"{self.scale_free.name}-draws"

    @property
    def target_accept(self) -> float:  # type: ignore[override]
        """As for scores."""
        return self.scale_free.target_accept

    def select(self, releases: Releases) -> np.ndarray:
        """As for scores."""
        return self.scale_free.select(releases)

    def available(self, releases: Releases) -> np.ndarray:
        """As for scores."""
        return self.scale_free.available(releases)

    def parameters(self, metric: Metric) -> tuple[Parameter, ...]:
        """As for scores."""
        return self.scale_free.parameters(metric)

    def variables(self, parameters: Sequence[Parameter]) -> dict[str, Any]:
        """As for scores."""
        return self.scale_free.variables(parameters)

    def likelihood(self, p: Values, mu: Any, data: Values) -> None:
        """Shared errors with their prior, then scores freed of them under the frontier."""
        factors = data["loading"].shape[1]
        f = pm.Normal("shared_error", shape=factors)
        pin = pm.Normal("pin_error", shape=2)
        shared, pin_shared = pt.dot(data["loading"], f), pt.dot(data["pin_loading"], f)
        score, stderr, log_stretch, between = _freed(shared, pin_shared, pin, data, pt)
        each = self._logp(p, mu, score, stderr, log_stretch, data, pt)
        # Errors that put the pins the wrong way round have no density.
        pm.Potential("scores", pt.switch(between > _IMPOSSIBLE, each.sum() + log_stretch, -np.inf))

    def log_likelihood(self, p: Values, mu: np.ndarray, data: Values) -> np.ndarray:
        """Log density of each measured score given what all share, shape ``(..., release)``."""
        score, stderr, log_stretch, _ = _on_draws(p, data)
        return self._logp(p, mu, score, stderr, log_stretch[..., None], data, arrays)

    def _logp(
        self, p: Values, mu: Any, score: Any, stderr: Any, log_stretch: Any, data: Values, xp: Any
    ) -> Any:
        """Log density of x, per release: a pin has no score of its own to be stretched."""
        of_score = self.scale_free.logp(p, mu, {**data, "observed": score, "stderr": stderr}, xp)
        return of_score + (1 - data["pinned"]) * log_stretch

    def capabilities(self, rng: Noise, p: Values, mu: np.ndarray, data: Values) -> np.ndarray:
        """Those of the frontier, given scores freed of shared errors; a pin is its own score."""
        score, stderr, _, _ = _on_draws(p, data)
        given = {**data, "observed": score, "stderr": stderr}
        return self.scale_free.capabilities(rng, p, mu, given)

    def simulate(
        self, rng: np.random.Generator, p: Values, mu: np.ndarray, data: Values
    ) -> np.ndarray:
        """New capabilities measured anew, with new errors shared and own, on the pinned scale."""
        lead, factors = mu.shape[:-1], data["loading"].shape[1]

        def errors() -> dict[str, np.ndarray]:
            return {
                "shared_error": rng.standard_normal((*lead, factors)),
                "pin_error": rng.standard_normal((*lead, 2)),
            }

        # How far x is stretched against the capabilities is known after a fit, and drawn before.
        true = p if "pin_error" in p else errors()
        _, _, log_stretch, _ = _on_draws(true, data)
        stretch = np.exp(log_stretch)[..., None]
        exact = {**data, "stderr": np.zeros(mu.shape[-1])}
        capability = self.scale_free.simulate(rng, p, mu, exact)
        capability = np.where(data["pinned"] > 0, data["observed"], capability)
        new = errors()
        low, high = data["pin_score"]
        own = rng.standard_normal(mu.shape) * data["error_sd"]
        x = (capability - low) / stretch + new["shared_error"] @ data["loading"].T + own
        pin = (
            np.array([0.0, high - low]) / stretch
            + new["shared_error"] @ data["pin_loading"].T
            + new["pin_error"] * data["pin_error_sd"]
        )
        between = np.maximum(pin[..., 1:] - pin[..., :1], _IMPOSSIBLE)
        score = low + (high - low) * (x - pin[..., :1]) / between
        return np.where(data["pinned"] > 0, data["observed"], score)


def _on_draws(p: Values, data: Values) -> tuple[Any, Any, Any, Any]:
    """:func:`_freed` of draws with leading sample axes."""
    f, pin = np.asarray(p["shared_error"]), np.asarray(p["pin_error"])
    score, stderr, log_stretch, between = _freed(
        np.moveaxis(f @ data["loading"].T, -1, 0),
        np.moveaxis(f @ data["pin_loading"].T, -1, 0),
        np.moveaxis(pin, -1, 0),
        {
            **data,
            **{
                name: data[name].reshape(-1, *([1] * (f.ndim - 1)))
                for name in ("observed", "error_sd", "pinned")
            },
        },
        arrays,
    )
    return np.moveaxis(score, 0, -1), np.moveaxis(stderr, 0, -1), log_stretch, between


def _freed(
    shared: Any, pin_shared: Any, pin: Any, data: Values, xp: Any
) -> tuple[Any, Any, Any, Any]:
    """Scores on the pinned scale freed of shared errors, and what is left of their errors.

    Parameters
    ----------
    shared, pin_shared
        Points of x that are shared errors, of the releases and of the two pins.
    pin
        Own errors of the two pins in standard deviations.
    data
        The measurement, release first; x is measured on the pinned scale, so that the measured x of
        a pin is its score.

    Returns
    -------
    Scores, standard errors (0 for a pin), log of the stretch S, and x_high - x_low.
    """
    low, high = data["pin_score"][0], data["pin_score"][1]
    x_low, x_high = (
        data["pin_score"][i] - pin_shared[i] - data["pin_error_sd"][i] * pin[i] for i in (0, 1)
    )
    between = x_high - x_low
    stretch = (high - low) / xp.maximum(between, _IMPOSSIBLE)
    pinned = data["pinned"] > 0
    score = xp.where(pinned, data["observed"], low + stretch * (data["observed"] - shared - x_low))
    stderr = xp.where(pinned, 0.0, stretch * data["error_sd"])
    return score, stderr, xp.log(stretch), between
