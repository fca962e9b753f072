"""Worlds drawn from a model's own prior, for rank statistics."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from frontierlag.calibration.prior_matrices import prior_matrix_world
from frontierlag.calibration.worlds import AS_OF, BASE, World, make_world, table_of
from frontierlag.errors import SpecError
from frontierlag.frontiers import Joint, Records, Stochastic, StochasticTwoPiece
from frontierlag.frontiers.stochastic import draw_shortfall, two_piece_noise
from frontierlag.model import ModelSpec
from frontierlag.observations import reference_date
from frontierlag.priors import Prior
from frontierlag.scores import Releases
from frontierlag.scores.metric import ECI
from frontierlag.trends.base import of_group

# Lower over upper arm of the intervals of a model that reads both: those of the ECI's tables.
SKEW = 1.7


@dataclass(frozen=True)
class GivenRecords(Records):
    """The likelihood of the record-holders on releases that are given to it.

    Which releases are records is chosen by their scores, and no model of this package describes
    that choice; so ranks can be uniform only without it. What the choice does is seen in the
    coverage of ``records`` in simulated worlds.
    """

    name: ClassVar[str] = "records"

    def select(self, releases: Releases) -> np.ndarray:
        """Every release that is given."""
        return np.ones(len(releases), dtype=bool)


def spec_of(name: str, priors: tuple[tuple[str, Prior], ...] = ()) -> ModelSpec:
    """A model by name whose data can be drawn from its prior, with priors that replace defaults.

    Raises
    ------
    SpecError
        If there is no such model, or its data cannot be drawn here.
    """
    spec = ModelSpec.of(name, ECI, dict(priors))
    if type(spec.frontier) is Records:
        return replace(spec, frontier=GivenRecords())
    if type(spec.frontier) is Joint:
        return spec
    if not isinstance(spec.frontier, Stochastic) or spec.frontier.reads != "scores":
        raise SpecError(f"no worlds are drawn from the prior of {name}; try linear-stochastic")
    return spec


def prior_world(spec: ModelSpec, rng: np.random.Generator) -> World:
    """Draw parameters from a model's priors, then capabilities and scores from the model.

    Dates and errors are those of a base world. Written against the model's definition, not with
    its own functions for draws: capability = trend + Normal(0, scatter) - shortfall, score =
    capability + error. Of the joint model: :func:`prior_matrix_world`.
    """
    if isinstance(spec.frontier, Joint):
        return prior_matrix_world(spec, rng)
    schedule = make_world(BASE, rng).releases
    p = {q.name: np.asarray(q.prior.draw(rng, () if q.shared else (2,))) for q in spec.parameters}
    reference = reference_date(schedule)
    constants = spec.observations(schedule).arrays
    trend_constants = {name: constants[name] for name in spec.trend.inputs}
    group, n = schedule.group, len(schedule)
    mu = spec.trend.value({**trend_constants, **p}, constants["years"], group, np)
    capability = mu + rng.normal(size=n) * of_group(p["scatter"], group)
    if isinstance(spec.frontier, Stochastic):
        mean = of_group(p["shortfall"], group)
        capability = capability - draw_shortfall(spec.frontier.shortfall, rng, mean, (n,))
    lower = upper = schedule.stderr
    if isinstance(spec.frontier, StochasticTwoPiece):
        upper = 2 * schedule.stderr / (1 + SKEW)
        lower = SKEW * upper
        error = two_piece_noise(rng, upper, lower, (n,))
    else:
        error = rng.normal(size=n) * schedule.stderr
    releases, order = table_of(
        BASE, schedule.day, group, capability + error, lower, upper, ECI
    )  # fmt: skip
    assert releases.as_of == AS_OF
    return World(
        BASE,
        releases,
        capability[order],
        releases.day,
        spec.trend,
        {**trend_constants, **p},
        p["scatter"],
        reference,
    )
