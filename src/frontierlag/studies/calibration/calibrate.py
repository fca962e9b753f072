"""The calibration campaign: every estimator in every world, many times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from frontierlag.errors import SpecError
from frontierlag.studies.calibration.coverage import coverage_table
from frontierlag.studies.calibration.estimators import Model, estimator
from frontierlag.studies.calibration.matrices import MATRIX_DESIGNS
from frontierlag.studies.calibration.matrix_trial import run_one as run_matrix
from frontierlag.studies.calibration.plan import Block, all_worlds
from frontierlag.studies.calibration.trial import run_one
from frontierlag.studies.campaign.runner import Item, run_tasks
from frontierlag.studies.campaign.store import Done, campaign_store

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
    return run_plan(
        [block], keep, entropy=entropy, jobs=jobs, scheduler=scheduler, done=done
    )  # fmt: skip


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
        key_of(world, name, index): Item(key_of(world, name, index), index, (world, name))
        for block in plan
        for name in block.estimators
        for world in block.worlds
        for index in range(block.n)
    }
    for world, name in dict.fromkeys(item.payload for item in items.values()):
        _check(world, name)
    found: dict[str, Done] = {}
    # Each kind of world has its own task, whose store depends on its own part of the program.
    for kind, task, of_results in (
        ("calibrate", run_one, False),
        ("calibrate-matrices", run_matrix, True),
    ):
        chosen = [
            item for item in items.values() if (item.payload[0] in MATRIX_DESIGNS) == of_results
        ]
        if not chosen:
            continue
        store = campaign_store(keep, kind, task, [("entropy", entropy)])
        found |= run_tasks(
            task, chosen, store, entropy=entropy, jobs=jobs, scheduler=scheduler, done=done
        )
    in_order = {key: found[key] for key in items}
    return Calibration(coverage_table(in_order), _problems(in_order), _seconds(in_order))


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


def _problems(found: dict[str, Done]) -> pd.DataFrame:
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


def _seconds(found: dict[str, Done]) -> pd.Series:
    by_name: dict[str, list[float]] = {}
    for key, one in found.items():
        by_name.setdefault(key.split("/")[1], []).append(one.seconds)
    return pd.Series({name: float(np.mean(values)) for name, values in by_name.items()})
