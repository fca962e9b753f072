"""The calibration campaign: every estimator in every world, many times, as planned.

And from what they found: bias, error, width and coverage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from frontierlag.errors import SpecError
from frontierlag.studies.calibration.estimands import PROBABILITIES, ROUNDING, rows_of
from frontierlag.studies.calibration.estimators import (
    BASELINES,
    DATED,
    Forecaster,
    Model,
    estimator,
    run_one,
)
from frontierlag.studies.calibration.matrices import MATRICES, MATRIX_DESIGNS, MatrixDesign
from frontierlag.studies.calibration.worlds import BASE, DESIGNS, Design
from frontierlag.studies.campaign import CampaignTask, Done, campaign_store, run_tasks

ENTROPY = 2026
# The estimators that errors are compared with, by the column of the ratio: the daily point method,
# and a model of the index with independent errors.
REFERENCES = {"rmse_ratio": "daily-points", "rmse_ratio_index": "linear-stochastic"}
# Probability of the binomial interval around a coverage.
BAR = 0.95
# An answer of an estimator in a world, and by which of its columns answers are counted.
_OF = ["world", "estimator", "lag", "period"]
_ANSWER = [*_OF, "index", "trouble", "truth", "point", "ends", "undefined"]


def all_designs() -> dict[str, Design | MatrixDesign]:
    """All designs by name, of scores and of results."""
    return {**DESIGNS, **MATRIX_DESIGNS}


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
    for asked, known in ((worlds, all_designs()), (estimators, (*MODELS, JOINT, *BASELINES))):
        for name in asked or ():
            if name not in known:
                raise SpecError(
                    f"the plan of `make calibration` has no {name!r}; it has {', '.join(known)}. "
                    "Name worlds and models both to run what is not in the plan."
                )
    return tuple(chosen)


@dataclass(frozen=True)
class Calibration:
    """What a campaign found.

    Attributes
    ----------
    table
        As :func:`coverage_table` returns it.
    problems
        As :func:`problems_of` returns them.
    seconds
        Mean seconds of a task by estimator, as they were when it ran.
    """

    table: pd.DataFrame
    problems: pd.DataFrame
    seconds: pd.Series

    def row(self, world: str, estimator: str, lag: str, period: str) -> pd.Series:
        """One row of the table; a ``KeyError`` if the campaign has none."""
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
        As of :func:`frontierlag.studies.campaign.run_tasks`.

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
    wanted = list(items.values())
    found = run_tasks(
        run_one, wanted, store, entropy=entropy, jobs=jobs, scheduler=scheduler, done=done
    )
    seconds = pd.Series({key: one.seconds for key, one in found.items()})
    by_estimator = seconds.groupby([key.split("/")[1] for key in found], sort=False)
    return Calibration(coverage_table(found), problems_of(found), by_estimator.mean())


def _check(world: str, name: str) -> None:
    """Refuse names that do not exist, before anything runs."""
    if world not in all_designs():
        raise SpecError(f"there is no world {world!r}; the worlds are {', '.join(all_designs())}")
    found = estimator(name)
    if isinstance(found, Forecaster) and world in MATRIX_DESIGNS:
        raise SpecError(
            f"{name} is given the scores of a world's first years, and world {world} has an index "
            "of all its results: name a world of scores, such as base or ladders"
        )
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


def coverage_table(done: Mapping[str, Done]) -> pd.DataFrame:
    """Count, by world, estimator, estimand and period.

    Parameters
    ----------
    done
        Finished tasks, keys as of :func:`key_of`.

    Returns
    -------
    One row each, with errors and widths in months:

    ``n`` worlds in which both truth and answer exist, over which everything else is taken;
    ``failed`` worlds without an answer because the fit failed, ``undefined`` those in which the
    truth or the answer does not exist, and ``undefined_draws``, the mean share of draws in which
    the lag does not; ``not_converged`` fits that missed the campaign's gate (they count).
    ``bias``, ``rmse``, ``width`` (of the 90 % interval) and ``cover50`` to ``cover95``, each with
    its Monte Carlo standard error ``_se``; ``cover90_low`` and ``cover90_high``, the 95 %
    Clopper-Pearson interval; and ``rmse_ratio`` and ``rmse_ratio_index``, the error over that of
    the daily point method, and of the model of the scores as an analyst of the index has them, in
    the same worlds.

    Notes
    -----
    Standard errors over n independent worlds: of a mean, sd / sqrt(n); of the root-mean-square
    error, by the delta method, sd(e^2) / (2 rmse sqrt(n)); of a coverage with k hits,
    sqrt(p (1 - p) / n) with p = (k + 1/2) / (n + 1), which is never 0; of a ratio r of two
    root-mean-square errors in the same worlds, r sd(a / mean(a) - b / mean(b)) / (2 sqrt(n)) with
    a and b the squared errors.
    """
    failed: dict[tuple[str, str], int] = {}
    answers: list[dict[str, Any]] = []
    for key, one in done.items():
        world, estimator, index = key.split("/")
        failed[world, estimator] = failed.get((world, estimator), 0) + (one.error is not None)
        if one.error is None:
            about = {"world": world, "estimator": estimator, "index": int(index)}
            about["trouble"] = bool(one.value["trouble"])
            answers += [
                about | {"lag": lag, "period": period, "truth": truth} | vars(estimate)
                for (lag, period), truth, estimate in rows_of(one.value)
            ]
    by_estimand = pd.DataFrame(answers, columns=_ANSWER).groupby(_OF, sort=False)
    tables: dict[Any, pd.DataFrame] = dict(iter(by_estimand))
    rows: list[dict[str, object]] = []
    for (world, name), count in failed.items():
        head = {"world": world, "estimator": name}
        own = {key[2:]: table for key, table in tables.items() if key[:2] == (world, name)}
        if not own:
            rows.append(head | {"n": 0, "failed": count})
        for (lag, period), table in own.items():
            row = head | {"lag": lag, "period": period, "failed": count} | _counted(table)
            for column, of in REFERENCES.items():
                reference = tables.get((world, of, lag, period))
                if of != name and reference is not None:
                    row |= _ratio(column, table, reference)
            rows.append(row)
    return pd.DataFrame(rows)


def _counted(found: pd.DataFrame) -> dict[str, float]:
    """The numbers of one estimator's answers to one estimand, a world a row."""
    truth, point = found["truth"].to_numpy(float), found["point"].to_numpy(float)
    known = np.isfinite(truth) & np.isfinite(point)
    error, n = (point - truth)[known], int(known.sum())
    row: dict[str, float] = {
        "n": n,
        "not_converged": int(found["trouble"].sum()),
        "undefined": int((~known).sum()),
        "undefined_draws": float(found["undefined"].mean()),
    }
    if n < 2:
        return row
    rmse = float(np.sqrt(np.mean(error**2)))
    row |= {"bias": float(error.mean()), "bias_se": _se(error), "rmse": rmse}
    row["rmse_se"] = _se(error**2) / (2 * rmse) if rmse > 0 else 0.0
    if not all(found["ends"]):
        return row
    ends = np.array(found["ends"].tolist())[known]
    width = np.diff(ends[:, PROBABILITIES.index(0.9)], axis=-1)[:, 0]
    row |= {"width": float(width.mean()), "width_se": _se(width)}
    at = truth[known, None]
    inside = (ends[..., 0] <= at + ROUNDING) & (at - ROUNDING <= ends[..., 1])
    for probability, hits in zip(PROBABILITIES, inside.sum(0), strict=True):
        name, p = f"cover{probability * 100:g}", (hits + 0.5) / (n + 1)
        row |= {name: hits / n, f"{name}_se": float(np.sqrt(p * (1 - p) / n))}
        if probability == 0.9:
            bar = stats.binomtest(int(hits), n).proportion_ci(BAR, method="exact")
            row |= {f"{name}_low": bar.low, f"{name}_high": bar.high}
    return row


def _ratio(column: str, found: pd.DataFrame, reference: pd.DataFrame) -> dict[str, float]:
    """Root-mean-square error over the reference's in the worlds that both answered."""
    both = found.merge(reference, on="index", suffixes=("", "_of"))
    squares = np.square([both["point"] - both["truth"], both["point_of"] - both["truth_of"]])
    ours, theirs = squares[:, np.isfinite(squares).all(0)]
    if len(ours) < 2:
        return {}
    ratio = float(np.sqrt(ours.mean() / theirs.mean()))
    return {
        column: ratio,
        f"{column}_se": ratio / 2 * _se(ours / ours.mean() - theirs / theirs.mean()),
    }


def _se(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))
