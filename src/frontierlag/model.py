"""The one place where a ``pm.Model`` is built: a trend times a frontier, on some observations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from frontierlag import frontiers, trends
from frontierlag.errors import SpecError
from frontierlag.frontiers import FRONTIERS, Frontier, frontier
from frontierlag.frontiers.observations import Observations
from frontierlag.names import GROUP
from frontierlag.priors import Parameter, Prior
from frontierlag.scores import Metric, Releases
from frontierlag.scores.bootstraps.releases import DrawnReleases
from frontierlag.scores.item_results import MeasuredReleases
from frontierlag.scores.releases import reference_date, subset
from frontierlag.trends import TRENDS, Trend, trend

Reads = Literal["scores", "results", "draws"]

# What a run fits unless told otherwise, as far as it suits the metric, by what it is fitted to.
# The last frontier is that of the headline model: it uses every release, and its realized lag comes
# from latent capabilities and not from the scores that happened to be measured highest. A joint
# model takes a minute, so a run fits one unless it is asked for more.
MAIN_TRENDS: dict[Reads, tuple[str, ...]] = {
    "scores": ("linear", "logistic"),
    "results": ("linear",),
    "draws": ("linear", "logistic"),
}
MAIN_FRONTIERS: dict[Reads, tuple[str, ...]] = {
    "scores": ("records", "stochastic"),
    "results": ("joint",),
    "draws": ("records-draws", "stochastic-draws"),
}


@dataclass(frozen=True)
class ModelSpec:
    """A model without its data: what is compiled once and fitted many times.

    Parameters
    ----------
    trend, frontier
        The curve and the likelihood; for an accuracy, replaced by what they are between its bounds.
    metric
        Gives the default priors their location and scale.
    priors
        Pairs of parameter name and prior that replace defaults.

    Raises
    ------
    SpecError
        If a prior names a parameter that the model does not have, or the model does not suit the
        metric.
    """

    trend: Trend
    frontier: Frontier
    metric: Metric
    priors: tuple[tuple[str, Prior], ...] = ()

    def __post_init__(self) -> None:
        curve = trends.for_metric(self.trend, self.metric)
        likelihood = frontiers.for_metric(self.frontier, self.metric)
        if curve is None or likelihood is None:
            raise SpecError(_does_not_suit(self.name, self.metric))
        object.__setattr__(self, "trend", curve)
        object.__setattr__(self, "frontier", likelihood)
        known = [parameter.name for parameter in self._defaults]
        for name, _ in self.priors:
            if name not in known:
                raise SpecError(
                    f"{self.name} has no parameter {name!r} to put a prior on; "
                    f"its parameters are {', '.join(known)}"
                )

    @classmethod
    def of(cls, name: str, metric: Metric, priors: Mapping[str, Prior] | None = None) -> ModelSpec:
        """Make a spec from a name such as ``linear-stochastic``."""
        first, second = split_name(name)
        return cls(trend(first), frontier(second), metric, tuple((priors or {}).items()))

    @property
    def name(self) -> str:
        """Trend and frontier, as in ``linear-records``."""
        return f"{self.trend.name}-{self.frontier.name}"

    @property
    def _defaults(self) -> tuple[Parameter, ...]:
        return self.trend.parameters(self.metric) + self.frontier.parameters(self.metric)

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters with the priors that are in force."""
        replaced = dict(self.priors)
        return tuple(
            p.model_copy(update={"prior": replaced.get(p.name, p.prior)}) for p in self._defaults
        )

    def observations(self, releases: Releases) -> Observations:
        """Select what enters the likelihood of this model, and what is available beside it."""
        if self.frontier.reads == "results" and not isinstance(releases, MeasuredReleases):
            raise SpecError(
                f"{self.name} is fitted to benchmark results, and {releases.table} holds scores: "
                "give the results too, such as --results eci-results-2026-08-11"
            )
        if self.frontier.reads == "draws" and not isinstance(releases, DrawnReleases):
            raise SpecError(
                f"{self.name} is fitted to joint draws of scores, and {releases.table} holds an "
                "interval for each: give the draws too, such as eci_bootstraps.json"
            )
        lacking = self.frontier.lacking(releases)
        if lacking:
            raise SpecError(f"{self.name} {lacking}")
        mask = self.frontier.select(releases)
        beside = self.frontier.available(releases) & ~mask
        outside = subset(releases, beside) if beside.any() else None
        return Observations(subset(releases, mask), reference_date(releases), outside)

    def inputs(self, observations: Observations) -> dict[str, np.ndarray]:
        """The arrays that this model reads, by the name of their ``pm.Data``."""
        names = (
            self.frontier.observed,
            "years",
            "group_index",
            *self.frontier.measurement,
            *self.trend.inputs,
        )
        return {name: observations.arrays[name] for name in names}

    def trend_at(self, p: Mapping[str, np.ndarray], observations: Observations) -> np.ndarray:
        """Trend of each release's group at its date for draws of the parameters."""
        data = observations.arrays
        return self.trend.value({**data, **p}, data["years"], data["group_index"], np)

    def describe_priors(self) -> dict[str, dict[str, str]]:
        """Each parameter's meaning, unit and prior, for the manifest."""
        return {
            p.name: {"meaning": p.meaning, "unit": p.unit, "prior": p.prior.describe()}
            for p in self.parameters
        }


def split_name(name: str) -> tuple[str, str]:
    """Split a model's name into those of its trend and its frontier.

    Raises
    ------
    SpecError
        If it is not the name of a trend, a hyphen, and the name of a frontier.
    """
    for first in TRENDS:
        second = name.removeprefix(f"{first}-")
        if second in FRONTIERS and second != name:
            return first, second
    raise SpecError(
        f"there is no model {name!r}; a model is a trend ({', '.join(TRENDS)}), a hyphen and a "
        f"frontier ({', '.join(FRONTIERS)}), such as linear-stochastic"
    )


def models_for(metric: Metric, reads: Reads = "scores") -> tuple[str, ...]:
    """Names of the models that a run fits to data of a metric unless told otherwise."""
    names = [
        f"{first}-{second}" for first in MAIN_TRENDS[reads] for second in MAIN_FRONTIERS[reads]
    ]
    return tuple(name for name in names if suits(name, metric))


def first_model(metric: Metric, reads: Reads = "scores", trend: str = "") -> str:
    """Name of the headline model for data of a metric: its sentence and chart come first.

    Parameters
    ----------
    metric
        Of the scores.
    reads
        What is fitted.
    trend
        Another trend than the headline model's.
    """
    curve = trend or ("logistic" if metric.bounded else "linear")
    name = f"{curve}-{MAIN_FRONTIERS[reads][-1]}"
    # Between bounds the curve of that kind is its logistic, if it has one.
    bent = f"{curve}-logistic-{MAIN_FRONTIERS[reads][-1]}"
    return bent if not suits(name, metric) and f"{curve}-logistic" in TRENDS else name


def headline_of(fitted: Sequence[str], metric: Metric, reads: Reads = "scores") -> str:
    """Name of the model that answers for a run: the one rule, kept in the run's manifest.

    Parameters
    ----------
    fitted
        Names of the fitted models, those that were asked for first.
    metric, reads
        As for :func:`first_model`.

    Returns
    -------
    :func:`first_model` if it was fitted or nothing was, else the model that was named first.
    """
    first = first_model(metric, reads)
    return first if first in fitted or not fitted else fitted[0]


def suits(name: str, metric: Metric) -> bool:
    """Whether a model can be fitted to scores of a metric."""
    first, second = split_name(name)
    return (
        trends.for_metric(trend(first), metric) is not None
        and frontiers.for_metric(frontier(second), metric) is not None
    )


def _does_not_suit(name: str, metric: Metric) -> str:
    all_names = [f"{first}-{second}" for first in TRENDS for second in FRONTIERS]
    suited = ", ".join(other for other in all_names if suits(other, metric))
    if not metric.bounded:
        return f"{name} is for an accuracy between bounds; {metric.name} has none: try {suited}"
    return (
        f"{metric.name} is an accuracy between {metric.lower:g} and {metric.upper:g}, which "
        f"{name} does not suit: fit {suited}, a logistic between chance level and ceiling with "
        "binomial counts"
    )


def build(spec: ModelSpec, observations: Observations) -> pm.Model:
    """Build the model.

    Parameters
    ----------
    spec
        Trend, frontier and priors.
    observations
        The releases in the likelihood. They enter through ``pm.Data``, so that what is compiled
        from the model can be given other releases, of another number.

    Returns
    -------
    pm.Model with the parameters of ``spec`` (dim ``group``) and the observed variable ``score``.
    """
    with pm.Model(coords={GROUP: list(observations.releases.group_names)}) as model:
        data: dict[str, Any] = {
            name: pm.Data(name, values) for name, values in spec.inputs(observations).items()
        }
        curve = len(spec.trend.parameters(spec.metric))
        p = {parameter.name: parameter.variable() for parameter in spec.parameters[:curve]}
        p |= spec.frontier.variables(spec.parameters[curve:])
        mu = spec.trend.value({**data, **p}, data["years"], data["group_index"], pt)
        spec.frontier.likelihood(p, mu, data)
    return model
