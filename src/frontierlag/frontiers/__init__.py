"""Frontiers: how releases relate to the trend, one small module a likelihood."""

from frontierlag.errors import SpecError
from frontierlag.frontiers.accuracy import OfAccuracy
from frontierlag.frontiers.base import Frontier
from frontierlag.frontiers.drawn import OfDraws
from frontierlag.frontiers.functioning import JointDif, JointDomains
from frontierlag.frontiers.joint import Joint
from frontierlag.frontiers.makers import JointMakers, StochasticMakers
from frontierlag.frontiers.records import Records, RecordsAll
from frontierlag.frontiers.stochastic import Stochastic, StochasticHalfNormal, StochasticTwoPiece
from frontierlag.frontiers.vendors import JointVendors
from frontierlag.scores import Metric

FRONTIERS: dict[str, Frontier] = {
    frontier.name: frontier
    for frontier in (
        Records(),
        RecordsAll(),
        Stochastic(),
        StochasticHalfNormal(),
        StochasticTwoPiece(),
        StochasticMakers(),
        Joint(),
        JointMakers(),
        JointVendors(),
        JointDif(),
        JointDomains(),
        OfDraws(Records()),
        OfDraws(RecordsAll()),
        OfDraws(Stochastic()),
        OfDraws(StochasticHalfNormal()),
    )
}


def frontier(name: str) -> Frontier:
    """Look a frontier up by its name.

    Raises
    ------
    SpecError
        If there is no such frontier.
    """
    if name not in FRONTIERS:
        raise SpecError(f"there is no frontier {name!r}; the frontiers are {', '.join(FRONTIERS)}")
    return FRONTIERS[name]


def for_metric(frontier: Frontier, metric: Metric) -> Frontier | None:
    """Return a frontier as it is for scores of a metric; None where there is none.

    Of an accuracy, the capability must be integrated out in closed form.
    """
    if metric.bounds is None:
        return None if isinstance(frontier, OfAccuracy) else frontier
    if isinstance(frontier, OfAccuracy):
        return frontier if frontier.bounds == metric.bounds else None
    if isinstance(frontier, Records | Stochastic) and not frontier.latent_in_model:
        return OfAccuracy(frontier, metric.bounds)
    return None


__all__ = [
    "FRONTIERS",
    "Frontier",
    "Joint",
    "JointDif",
    "JointDomains",
    "JointMakers",
    "JointVendors",
    "OfAccuracy",
    "OfDraws",
    "Records",
    "RecordsAll",
    "Stochastic",
    "StochasticHalfNormal",
    "StochasticMakers",
    "StochasticTwoPiece",
    "for_metric",
    "frontier",
]
