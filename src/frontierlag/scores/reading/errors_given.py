"""Rows whose measurement error is not given, or given as zero where it cannot be."""

from __future__ import annotations

import numpy as np
import pandas as pd

from frontierlag.scores.metric import Metric
from frontierlag.scores.problems import inferred_problems
from frontierlag.scores.reading.options import ReadOptions
from frontierlag.scores.reading.report import Finding, LeftOut


def with_errors(
    text: pd.DataFrame, values: pd.DataFrame, metric: Metric | None, options: ReadOptions
) -> tuple[pd.DataFrame, pd.DataFrame, list[LeftOut], list[Finding]]:
    """Return text and values with errors filled or rows dropped as requested, and what was done.

    Of an accuracy p strictly between 0 and 1 a standard error of 0 is not possible: it counts as
    not given and becomes that of the other rows' median number of problems n, sqrt(p (1 - p) /
    (n - 1)). With `missing_intervals` 'median', rows without any error have that too, and those of
    an index the median arms of the other rows' intervals or their median standard error.

    Parameters
    ----------
    text, values
        Rows by line.
    metric
        None for an unknown index.
    options
        `missing_intervals`.
    """
    score = values["score"].to_numpy(dtype=np.float64)
    stderr = values["stderr"].to_numpy(dtype=np.float64)
    low = values["low"].to_numpy(dtype=np.float64)
    used = ~np.isnan(score) & values["released"].notna().to_numpy()
    findings: list[Finding] = []
    accuracy = metric is not None and metric.unit == "accuracy"
    zero = np.zeros(len(text), dtype=bool)
    if accuracy:
        zero = used & (stderr == 0) & (score > 0) & (score < 1)
    given = used & ~zero & ~(np.isnan(stderr) & np.isnan(low))
    missing = used & ~given & ~zero
    if metric is not None:
        missing &= np.array([
            not metric.is_anchor(model, at)
            for model, at in zip(text["model"], score, strict=True)
        ])  # fmt: skip
    fill = zero.copy()
    if given.any() and options.missing_intervals == "median":
        fill |= missing
    if zero.any():
        findings.append(Finding(
            "check",
            f"{zero.sum()} row(s) have a standard error of 0 at an accuracy between 0 and 1, which "
            f"cannot be: it counts as not given (row {_listed(text.index[zero])}).",
            tuple(int(row) for row in text.index[zero]),
        ))  # fmt: skip
    text, values = text.copy(), values.copy()
    if fill.any():
        _fill(text, values, fill, given, accuracy)
        if (fill & missing).any():
            findings.append(Finding(
                "check",
                f"{(fill & missing).sum()} row(s) without an interval have the median error of the "
                f"others (row {_listed(text.index[fill & missing])}).",
                tuple(int(row) for row in text.index[fill & missing]),
            ))  # fmt: skip
    left_out = []
    if given.any() and options.missing_intervals == "drop" and missing.any():
        left_out = [
            LeftOut(int(row), text.loc[row, "model"], "no interval", "low/high/stderr", "")
            for row in text.index[missing]
        ]
        text, values = text[~missing], values[~missing]
    return text, values, left_out, findings


def _fill(
    text: pd.DataFrame,
    values: pd.DataFrame,
    fill: np.ndarray,
    given: np.ndarray,
    accuracy: bool,
) -> None:
    """Write median errors into the rows to fill, in values and, so that rules see them, in text."""
    score = values["score"].to_numpy(dtype=np.float64)
    stderr = values["stderr"].to_numpy(dtype=np.float64)
    rows = values.index[fill]
    counts = inferred_problems(score, stderr)[given] if accuracy else np.array([])
    counts = counts[np.isfinite(counts)]
    if accuracy and counts.size:
        p = score[fill]
        new = np.sqrt(p * (1 - p) / max(float(np.median(counts)) - 1, 1.0))
        values.loc[rows, "stderr"] = new
        text.loc[rows, "stderr"] = [repr(float(one)) for one in new]
    elif accuracy:
        values.loc[rows, "stderr"] = np.nan
        text.loc[rows, "stderr"] = ""
    elif np.isfinite(stderr[given]).any():
        one = float(np.nanmedian(stderr[given]))
        values.loc[rows, "stderr"] = one
        text.loc[rows, "stderr"] = repr(one)
    else:
        arms = {
            "low": -float(np.nanmedian((values["score"] - values["low"])[given])),
            "high": float(np.nanmedian((values["high"] - values["score"])[given])),
        }
        for column, arm in arms.items():
            values.loc[rows, column] = values.loc[rows, "score"] + arm
            text.loc[rows, column] = [repr(float(x)) for x in values.loc[rows, column]]


def _listed(rows: pd.Index) -> str:
    return ", ".join(map(str, rows[:10])) + (
        f" and {len(rows) - 10} more" if len(rows) > 10 else ""
    )
