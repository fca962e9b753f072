"""The calibration campaign: every estimator in every world, many times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from frontierlag.calibration.coverage import coverage_table
from frontierlag.calibration.estimators import estimator
from frontierlag.calibration.runner import Item, run_tasks
from frontierlag.calibration.store import Done, campaign_store
from frontierlag.calibration.trial import run_one
from frontierlag.calibration.worlds import design
from frontierlag.errors import SpecError

MODELS = (
    "linear-stochastic",
    "linear-records",
    "logistic-stochastic",
    "logistic-records",
    "parallel-stochastic",
    "broken-stochastic",
    "linear-stochastic-halfnormal",
    "linear-stochastic-twopiece",
)
ENTROPY = 2026


@dataclass(frozen=True)
class Calibration:
    """What a campaign found.

    Attributes
    ----------
    table
        As :func:`frontierlag.calibration.coverage.coverage_table` returns it.
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
    """Run every estimator in ``n`` worlds of each design.

    World i of every design is made from the same random numbers, and every estimator sees the same
    worlds, so that differences between designs and between estimators are told more exactly than
    either alone.

    Parameters
    ----------
    worlds
        Names of designs.
    estimators
        Names of models and baselines.
    n
        Worlds of each design.
    keep
        Folder in which finished fits are kept; a campaign that was stopped, or is run again with
        more worlds or estimators, goes on from there.
    entropy
        The campaign's seed.
    jobs, scheduler, done
        As of :func:`frontierlag.calibration.runner.run_tasks`.

    Raises
    ------
    SpecError
        If there is no such design or estimator, or one is named twice.
    FitError
        If workers cannot be reached or do not survive.
    """
    for names, look_up in ((worlds, design), (estimators, estimator)):
        for name in names:
            look_up(name)
        if len(set(names)) != len(names):
            raise SpecError(f"name each world and each model once; got {', '.join(names)}")
    # An estimator's worlds one after another: a worker compiles a model once.
    items = [
        Item(key_of(world, name, index), index, (world, name))
        for name in estimators
        for world in worlds
        for index in range(n)
    ]
    store = campaign_store(keep, "calibrate", run_one, [("entropy", entropy)])
    found = run_tasks(
        run_one, items, store, entropy=entropy, jobs=jobs, scheduler=scheduler, done=done
    )
    return Calibration(coverage_table(found), _problems(found), _seconds(found))


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
