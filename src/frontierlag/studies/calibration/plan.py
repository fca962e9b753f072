"""What `make calibration` runs: which estimators in which worlds, and how often."""

from __future__ import annotations

from dataclasses import dataclass

from frontierlag.errors import SpecError
from frontierlag.studies.calibration.baselines import BASELINES
from frontierlag.studies.calibration.estimators import DATED
from frontierlag.studies.calibration.matrices import MATRICES, MATRIX_DESIGNS, MatrixDesign
from frontierlag.studies.calibration.worlds import BASE, DESIGNS, Design

HEADLINE, JOINT = "linear-stochastic", "linear-joint"
# Models of scores, the headline first.
MODELS = (
    HEADLINE,
    "linear-records",
    "logistic-stochastic",
    "logistic-records",
    "parallel-stochastic",
    "broken-stochastic",
    "linear-stochastic-halfnormal",
    "linear-stochastic-twopiece",
)


@dataclass(frozen=True)
class Block:
    """Every estimator in ``n`` worlds of each design.

    Raises
    ------
    SpecError
        If a name is given twice.
    """

    worlds: tuple[str, ...]
    estimators: tuple[str, ...]
    n: int

    def __post_init__(self) -> None:
        for names in (self.worlds, self.estimators):
            if len(set(names)) != len(names):
                raise SpecError(f"name each world and each model once; got {', '.join(names)}")


# Asked for by name: it is about the trend lag of one comparison.
ASKED_FOR = ("fading-shortfall",)
_BROKEN = tuple(name for name in DESIGNS if name not in (BASE.name, *ASKED_FOR))
_BROKEN_MATRICES = tuple(name for name in MATRIX_DESIGNS if name != MATRICES.name)
PLAN = (
    Block((BASE.name,), (HEADLINE, *BASELINES), 500),
    Block(_BROKEN, (HEADLINE, *BASELINES), 200),
    Block((MATRICES.name,), (JOINT, HEADLINE, *BASELINES), 200),
    Block(_BROKEN_MATRICES, (JOINT, HEADLINE, "daily-points"), 40),
    Block((BASE.name,), ("linear-records",), 500),
    Block(_BROKEN, ("linear-records",), 200),
    Block(("wrong-dates",), (f"{HEADLINE}{DATED}",), 100),
    Block((BASE.name,), MODELS[2:], 100),
)

# Worlds drawn from each model's prior for rank statistics: more of the headline's, so that less
# escapes, and fewer of the joint model, whose fits take longest. After an @ stands a benchmark,
# whose accuracies are fitted.
RANKED = {
    **dict.fromkeys(MODELS, 200),
    HEADLINE: 1000,
    **dict.fromkeys(("parallel-logistic-stochastic", "broken-learned-stochastic"), 200),
    **dict.fromkeys(("logistic-stochastic@frontiermath", "logistic-records@gpqa-diamond"), 60),
    JOINT: 100,
}


def default_plan(
    worlds: tuple[str, ...] | None, estimators: tuple[str, ...] | None, n: int | None
) -> tuple[Block, ...]:
    """Return the plan, or the part of it with these worlds and estimators, ``n`` times each.

    A world with an estimator that the plan does not pair is added if both are named.
    """
    if worlds is not None and estimators is not None:
        return (Block(worlds, estimators, n or max(block.n for block in PLAN)),)
    chosen = []
    for block in PLAN:
        w = tuple(x for x in block.worlds if worlds is None or x in worlds)
        e = tuple(x for x in block.estimators if estimators is None or x in estimators)
        if w and e:
            chosen.append(Block(w, e, n or block.n))
    for asked, known in ((worlds, all_worlds()), (estimators, (*MODELS, JOINT, *BASELINES))):
        for name in asked or ():
            if name not in known:
                raise SpecError(
                    f"the plan of `make calibration` has no {name!r}; it has {', '.join(known)}. "
                    "Name worlds and models both to run what is not in the plan."
                )
    return tuple(chosen)


def all_designs() -> dict[str, Design | MatrixDesign]:
    """All designs by name, of scores and of results."""
    return {**DESIGNS, **MATRIX_DESIGNS}


def all_worlds() -> tuple[str, ...]:
    """Names of all designs."""
    return tuple(all_designs())
