"""Made-up benchmark results of two groups, with one ability behind them or with two."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from simulate import days_until, sort_releases

from frontierlag.scores import ScoreTable, load_scores
from frontierlag.scores.item_results import MeasuredReleases, ResultTable, joined
from frontierlag.scores.metric import ECI

AS_OF = pd.Timestamp("2026-08-11").date()


@dataclass(frozen=True)
class Matrix:
    """Results with the truth behind them, models in the order of the table's numbering."""

    releases: MeasuredReleases
    results: ResultTable
    capability: np.ndarray
    discrimination: np.ndarray
    difficulty: np.ndarray


def matrix(
    rng: np.random.Generator,
    leader: int = 14,
    follower: int = 8,
    others: int = 2,
    benchmarks: int = 8,
    each: int = 6,
    noise: float = 0.02,
) -> Matrix:
    """Models on a rising line with shortfall, each on some benchmarks; the pins on all of them."""
    n = leader + follower
    day = np.sort(rng.choice(days_until(AS_OF, 900), n, replace=False))
    group = np.zeros(n, dtype=int)
    group[rng.choice(np.arange(4, n - 1), follower, replace=False)] = 1
    rise = 15 * (day - day[0]) / 365.25
    capability = 130 + rise - 8 * group - rng.exponential(4, n)
    # The two pins, of the leader: one early, one late.
    pins = np.flatnonzero(group == 0)[[1, -2]]
    capability[pins] = [130.0, 150.0]
    releases, order = sort_releases(day, group, capability, as_of=AS_OF)
    names = np.array([f"model {i:03d}" for i in range(n)], dtype="<U40")
    names[pins] = [name for name, _ in ECI.anchors]
    releases = replace(releases, model=names[order])
    every = np.concatenate([capability[order], 135 + 5 * rng.standard_normal(others)])
    labels = [*releases.model.tolist(), *(f"zz other {k}" for k in range(others))]
    difficulty = np.linspace(128, 158, benchmarks)
    discrimination = rng.uniform(0.08, 0.2, benchmarks)
    given = np.zeros((len(every), benchmarks), dtype=bool)
    for i, name in enumerate(labels):
        k = benchmarks if name in dict(ECI.anchors) else min(each, benchmarks)
        given[i, rng.choice(benchmarks, k, replace=False)] = True
    odds = discrimination * (every[:, None] - difficulty)
    score = 1 / (1 + np.exp(-odds)) + noise * rng.standard_normal(odds.shape)
    rows = [
        {
            "row": 2,
            "model": labels[i],
            "benchmark": f"bench {j}",
            "source": "Epoch AI" if j < 3 else "Qwen Technical Report" if j < 5 else "not stated",
            "benchmark_released": pd.NaT if j == 7 else pd.Timestamp(2020 + j, 1, 1),
            "score": float(np.clip(score[i, j], 0, 1)),
            "chance": 0.0,
            "ceiling": 1.0,
        }
        for i, j in zip(*np.nonzero(given), strict=True)
    ]
    table = ResultTable("made-up results", pd.DataFrame(rows), "0" * 64, "own", "Data: made up.")
    return Matrix(joined(table, releases), table, every, discrimination, difficulty)


def score_table(measured: MeasuredReleases) -> ScoreTable:
    """A score table of the same models; the follower's are made by Alibaba."""
    shipped = load_scores("eci-2026-08-11")
    makers = np.where(measured.group == 1, "Alibaba", "Someone")
    frame = pd.DataFrame({"model": measured.model, "organization": makers})
    return replace(shipped, frame=frame)
