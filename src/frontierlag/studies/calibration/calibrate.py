"""The calibration campaign: every estimator in every world, many times, as planned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from frontierlag.errors import SpecError
from frontierlag.studies.calibration.coverage import coverage_table
from frontierlag.studies.calibration.estimators import BASELINES, DATED, Model, estimator
from frontierlag.studies.calibration.matrices import MATRICES, MATRIX_DESIGNS, MatrixDesign
from frontierlag.studies.calibration.trial import run_one
from frontierlag.studies.calibration.worlds import BASE, DESIGNS, Design
from frontierlag.studies.campaign.runner import CampaignTask, Done, campaign_store, run_tasks

ENTROPY = 2026


@dataclass(frozen=True)
class Calibration:
    """What a campaign found.

    Attributes
    ----------
    table
        As :func:`frontierlag.studies.calibration.coverage.coverage_table` returns it.
    problems
        Fits that failed or missed the campaign's gate: key, seed, and what was wrong.
    seconds
        Mean seconds of a task by estimator, as they were when it ran.
    """

    table: pd.DataFrame
    problems: pd.DataFrame
    seconds: pd.Series

    def row(self, world: str, estimator: str, lag: str, period: str) -> pd.Series:
        """One row of the table.

        Raises
        ------
        KeyError
            If the campaign has none.
        """
        t = self.table
        wanted = (t["world"] == world) & (t["estimator"] == estimator)
        found = t[wanted & (t["lag"] == lag) & (t["period"] == period)]
        if found.empty:
            raise KeyError((world, estimator, lag, period))
        return found.iloc[0]


def calibrate(
    worlds: Sequence[str],
    estimators: Sequence[str],
    n: int,
    keep: Path,
    *,
    entropy: int = ENTROPY,
    jobs: int = 1,
    scheduler: str | None = None,
    done: Callable[[str], None] = lambda _: None,
) -> Calibration:
    """Run every estimator in ``n`` worlds of each design: :func:`run_plan` with one block."""
    block = Block(tuple(worlds), tuple(estimators), n)
    return run_plan([block], keep, entropy=entropy, jobs=jobs, scheduler=scheduler, done=done)


def run_plan(
    plan: Sequence[Block],
    keep: Path,
    *,
    entropy: int = ENTROPY,
    jobs: int = 1,
    scheduler: str | None = None,
    done: Callable[[str], None] = lambda _: None,
) -> Calibration:
    """Run every block of a plan.

    World i of every design is made from the same random numbers, and every estimator sees the same
    worlds, so that differences between designs and between estimators are known more exactly than
    either alone.

    Parameters
    ----------
    plan
        Names of designs, and of models and baselines, and how often.
    keep
        Folder in which finished fits are kept; a campaign that was stopped, or is run again with
        more worlds or estimators, goes on from there.
    entropy
        The campaign's seed.
    jobs, scheduler, done
        As of :func:`frontierlag.studies.campaign.runner.run_tasks`.

    Raises
    ------
    SpecError
        If there is no such design or estimator, or results are requested from a world of scores.
    FitError
        If workers cannot be reached or do not survive.
    """
    # An estimator's worlds one after another: a worker compiles a model once.
    items = {
        key_of(world, name, index): CampaignTask(key_of(world, name, index), index, (world, name))
        for block in plan
        for name in block.estimators
        for world in block.worlds
        for index in range(block.n)
    }
    for world, name in dict.fromkeys(item.payload for item in items.values()):
        _check(world, name)
    store = campaign_store(keep, "calibrate", run_one, [("entropy", entropy)])
    found = run_tasks(
        run_one,
        list(items.values()),
        store,
        entropy=entropy,
        jobs=jobs,
        scheduler=scheduler,
        done=done,
    )
    seconds = pd.Series({key: one.seconds for key, one in found.items()})
    by_estimator = seconds.groupby([key.split("/")[1] for key in found], sort=False)
    return Calibration(coverage_table(found), problems_of(found), by_estimator.mean())


def _check(world: str, name: str) -> None:
    """Refuse names that do not exist, before anything runs."""
    if world not in all_worlds():
        raise SpecError(f"there is no world {world!r}; the worlds are {', '.join(all_worlds())}")
    found = estimator(name)
    reads_results = isinstance(found, Model) and found.spec.frontier.reads == "results"
    if reads_results and world not in MATRIX_DESIGNS:
        raise SpecError(
            f"{name} is fitted to benchmark results, which world {world} does not have; those that "
            f"have are {', '.join(MATRIX_DESIGNS)}"
        )


def key_of(world: str, estimator: str, index: int) -> str:
    """Name of a task."""
    return f"{world}/{estimator}/{index}"


def problems_of(found: dict[str, Done]) -> pd.DataFrame:
    """Tasks that failed or missed the campaign's gate: key, seed, and what was wrong."""
    rows = [
        {
            "key": key,
            "entropy": one.seed[0],
            "index": one.seed[1],
            "problem": f"failed: {one.error}" if one.error else one.value["trouble"],
        }
        for key, one in found.items()
        if one.error or one.value["trouble"]
    ]
    return pd.DataFrame(rows, columns=["key", "entropy", "index", "problem"])


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
# Worlds in which makers climb ladders, or the follower leads for a while.
_MAKERS = ("ladders", "overtaking")
_BROKEN = tuple(n for n in DESIGNS if n not in (BASE.name, *_MAKERS, *ASKED_FOR))
# Worlds whose benchmarks favour a group, or measure several abilities, and the models for them.
_DIF, _DOMAINS, _VENDORS = "matrices-dif", "matrices-domains", "matrices-vendors"
MAKERS = "linear-stochastic-makers"
JOINT_DIF, JOINT_DOMAINS = "linear-joint-dif", "linear-joint-domains"
JOINT_VENDORS = "linear-joint-vendors"
_BROKEN_MATRICES = tuple(
    n for n in MATRIX_DESIGNS if n not in (MATRICES.name, _DIF, _DOMAINS, _VENDORS)
)
PLAN = (
    Block((BASE.name,), (HEADLINE, *BASELINES), 500),
    Block(_BROKEN, (HEADLINE, *BASELINES), 200),
    Block((MATRICES.name,), (JOINT, HEADLINE, *BASELINES), 200),
    Block(_BROKEN_MATRICES, (JOINT, HEADLINE, "daily-points"), 40),
    Block((MATRICES.name,), (JOINT_DIF,), 60),
    Block((_DIF,), (JOINT, JOINT_DIF, "daily-points"), 60),
    Block((_VENDORS,), (JOINT, JOINT_VENDORS, "daily-points"), 60),
    Block((_DOMAINS,), (JOINT_DOMAINS, "daily-points"), 200),
    Block(_MAKERS, (HEADLINE, MAKERS, *BASELINES), 200),
    Block((BASE.name,), (MAKERS,), 200),
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
