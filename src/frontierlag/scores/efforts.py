"""What only an accuracy has: settings of one model, numbers of problems, a chance level."""

from __future__ import annotations

import re
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from frontierlag.scores.metric import Metric, effective_problems, is_below_chance
from frontierlag.scores.reading.report import LeftOut

Efforts = Literal["best", "all"]

# How Epoch AI writes reasoning effort ('_high') and thinking budget in thousands of tokens ('_16K')
# behind a model's version. Nothing else is read from a name.
_SETTING = re.compile(r"_(?:none|minimal|low|medium|high|xhigh|max|[0-9]+K)\Z")


def without_setting(model: str) -> str:
    """Return a model's version without the setting it was run with."""
    return _SETTING.sub("", model)


def best_settings(
    model: NDArray[np.str_], day: NDArray[np.int64], score: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return, for each row, the position of the row that stands for its model, shape (n,).

    Rows with the same version but for the setting, released on the same day, are one model, which
    can do what its best-scoring setting does; of equals the first by name. (The best of several
    noisy scores is a little too high, by less than the standard error of one.) A setting released
    on another day is a release of its own.
    """
    best: dict[tuple[str, int], int] = {}
    keys = [(without_setting(str(name)), int(when)) for name, when in zip(model, day, strict=True)]
    for at in np.lexsort((model, -score)):
        best.setdefault(keys[at], int(at))
    return np.array([best[key] for key in keys], dtype=np.int64)


def counted(
    frame: pd.DataFrame,
    day: NDArray[np.int64],
    stderr: NDArray[np.float64],
    metric: Metric,
    efforts: Efforts,
) -> tuple[NDArray[np.bool_], NDArray[np.int64], list[LeftOut], tuple[str, ...]]:
    """Which rows of accuracies count, each one's number of problems, and what was done.

    The rows that do not count are returned as left out.
    """
    score = frame["score"].to_numpy(dtype=np.float64)
    model = frame["model"].to_numpy(dtype=str)
    problems = effective_problems(score, stderr, metric.problems)
    own = np.arange(len(frame))
    best = best_settings(model, day, score) if efforts == "best" else own
    other = best != own
    chance = metric.lower or 0.0
    below = is_below_chance(score, problems, chance) & ~other
    reasons = {i: f"another setting of a model (counted as {model[best[i]]})" for i in own[other]}
    reasons |= {
        i: f"significantly below chance level ({score[i]:g}, not {chance:g})" for i in own[below]
    }
    left_out = [LeftOut(int(frame["row"].iloc[i]), str(model[i]), reason)
                for i, reason in reasons.items()]  # fmt: skip
    notes = []
    if other.any():
        notes.append(
            f"{np.unique(best[other]).size} model(s) have results at several settings "
            "(reasoning effort, thinking budget); each counts once, with its best-scoring setting. "
            f"{other.sum()} row(s) are left out for that."
        )
    if below.any():
        notes.append(
            f"{below.sum()} row(s) score significantly below the chance level {chance:g} (more "
            "than three standard errors): answers not given or not readable, so no attempt at the "
            f"benchmark, and left out: {', '.join(model[below])}."
        )
    used = ~(other | below)
    if problems[used].all() and used.any():
        counts = problems[used]
        notes.append(
            f"Number of problems, n = p (1 - p) / stderr^2 + 1: median {np.median(counts):g}, "
            f"from {counts.min()} to {counts.max()}."
        )
    return used, problems, left_out, tuple(notes)
