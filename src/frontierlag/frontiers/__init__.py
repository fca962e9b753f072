"""Frontiers: how releases relate to the trend, one small module a likelihood."""

from frontierlag.errors import SpecError
from frontierlag.frontiers.base import Frontier
from frontierlag.frontiers.records import Records
from frontierlag.frontiers.stochastic import Stochastic, StochasticHalfNormal, StochasticTwoPiece

FRONTIERS: dict[str, Frontier] = {
    frontier.name: frontier
    for frontier in (Records(), Stochastic(), StochasticHalfNormal(), StochasticTwoPiece())
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


__all__ = [
    "FRONTIERS",
    "Frontier",
    "Records",
    "Stochastic",
    "StochasticHalfNormal",
    "StochasticTwoPiece",
    "frontier",
]
