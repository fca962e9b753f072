"""Priors as frozen objects that a person can read, a model can use and a manifest can store."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal, Self

import numpy as np
import pymc as pm
from pydantic import BaseModel, ConfigDict, model_validator
from scipy import stats

from frontierlag.errors import SpecError
from frontierlag.names import GROUP

# What each family needs; `lower` is a truncation point, `median` that of a log-normal.
FAMILIES: dict[str, tuple[str, ...]] = {
    "Normal": ("mu", "sigma"),
    "TruncatedNormal": ("mu", "sigma", "lower"),
    "HalfNormal": ("sigma",),
    "LogNormal": ("median", "sigma"),
    "InverseGamma": ("alpha", "beta"),
    "Uniform": ("lower", "upper"),
}


class Prior(BaseModel):
    """A univariate prior distribution.

    Parameters
    ----------
    family
        ``Normal``, ``TruncatedNormal``, ``HalfNormal``, ``LogNormal``, ``InverseGamma`` or
        ``Uniform``.
    mu, sigma, lower, upper, median, alpha, beta
        What the family needs, in the parameter's own unit; the ``sigma`` of a ``LogNormal`` is on
        the log scale and the ``alpha`` of an ``InverseGamma`` is a bare number.

    Raises
    ------
    SpecError
        If a number that the family needs is missing, or one that it does not know is given.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    family: Literal[
        "Normal", "TruncatedNormal", "HalfNormal", "LogNormal", "InverseGamma", "Uniform"
    ]
    mu: float | None = None
    sigma: float | None = None
    lower: float | None = None
    upper: float | None = None
    median: float | None = None
    alpha: float | None = None
    beta: float | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        needed = set(FAMILIES[self.family])
        given = set(self.model_dump(exclude_none=True)) - {"family"}
        if needed != given:
            raise SpecError(
                f"a {self.family} prior takes {', '.join(FAMILIES[self.family])}; "
                f"got {', '.join(sorted(given)) or 'nothing'}"
            )
        for key in ("sigma", "median", "alpha", "beta"):
            if key in given and not self._number(key) > 0:
                raise SpecError(
                    f"the {key} of a {self.family} prior must be positive; got {self._number(key)}"
                )
        if self.family == "Uniform" and not self._number("lower") < self._number("upper"):
            raise SpecError(f"a Uniform prior needs lower < upper; got {self.lower}, {self.upper}")
        return self

    def _number(self, key: str) -> float:
        value = getattr(self, key)
        assert value is not None  # what the family needs is there: checked at construction
        return float(value)

    def _arguments(self) -> dict[str, float]:
        numbers = {key: self._number(key) for key in FAMILIES[self.family]}
        if self.family == "LogNormal":
            return {"mu": float(np.log(numbers["median"])), "sigma": numbers["sigma"]}
        return numbers

    def variable(self, name: str, dims: tuple[str, ...]) -> Any:
        """Add the prior to the open ``pm.Model`` as a random variable."""
        return getattr(pm, self.family)(name, **self._arguments(), dims=dims or None)

    def symbolic_logp(self, value: Any) -> Any:
        """Log density of a symbolic value, for a variable that is made of several priors."""
        return pm.logp(getattr(pm, self.family).dist(**self._arguments()), value)

    def logp(self, values: np.ndarray) -> np.ndarray:
        """Log density at each value, minus infinity outside the support."""
        return self._distribution().logpdf(values)

    def draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> np.ndarray:
        """Draw values."""
        return self._distribution().rvs(size=size, random_state=rng)

    @property
    def median_value(self) -> float:
        """The prior's median, where a sampler may begin."""
        return float(self._distribution().median())

    def quantile(self, level: float) -> float:
        """The value below which the prior puts this share of its mass."""
        return float(self._distribution().ppf(level))

    def _distribution(self) -> Any:
        """The same distribution in SciPy."""
        return _frozen(self.family, **{key: self._number(key) for key in FAMILIES[self.family]})

    def describe(self) -> str:
        """Say the prior in one line, for a table or a manifest."""
        inside = ", ".join(f"{key}={self._number(key):g}" for key in FAMILIES[self.family])
        return f"{self.family}({inside})"


@lru_cache(maxsize=256)
def _frozen(family: str, **n: float) -> Any:
    """A distribution of SciPy, made once: to describe it takes it longer than to draw from it."""
    match family:
        case "Normal":
            return stats.norm(n["mu"], n["sigma"])
        case "TruncatedNormal":
            return stats.truncnorm((n["lower"] - n["mu"]) / n["sigma"], np.inf, n["mu"], n["sigma"])
        case "HalfNormal":
            return stats.halfnorm(scale=n["sigma"])
        case "LogNormal":
            return stats.lognorm(n["sigma"], scale=n["median"])
        case "InverseGamma":
            return stats.invgamma(n["alpha"], scale=n["beta"])
        case "Uniform":
            return stats.uniform(n["lower"], n["upper"] - n["lower"])
    raise SpecError(f"there is no family of priors {family!r}")


class Parameter(BaseModel):
    """A model parameter: its name, what it means, its unit and its default prior.

    ``shared`` parameters have one value for both groups; the others have dim ``group``.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    meaning: str
    unit: str
    prior: Prior
    shared: bool = False

    def variable(self) -> Any:
        """Add the parameter to the open ``pm.Model`` with its prior."""
        return self.prior.variable(self.name, () if self.shared else (GROUP,))
