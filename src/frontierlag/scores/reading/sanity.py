"""What makes wrong numbers without a bad cell: outliers, mixed scales, scores that fall.

Each check returns what it found; what is gross is refused unless the user accepts it by name.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import median_abs_deviation, spearmanr

from frontierlag.errors import ScoresError
from frontierlag.scores.metric import Metric, inferred_problems
from frontierlag.scores.reading.layouts import GROUP_COLUMNS
from frontierlag.scores.reading.options import ReadOptions
from frontierlag.scores.reading.report import Finding
from frontierlag.scores.reading.sanity_of_rows import errors_of_other_units, names_and_ranks

# Robust standard deviations from the table's trend, and from the nearest other residual.
GROSS, ODD = 12.0, 7.0
FEWEST = 8
_MOST_IN_SLOPE = 400
_GAP = 4.0
# Above this many problems a benchmark's standard errors are more likely in other units.
MOST_PROBLEMS = 200_000


@dataclass(frozen=True)
class Doubt:
    """Something gross: the name under which it can be accepted, and what it is."""

    name: str
    text: str
    rows: tuple[int, ...] = ()


def checked(
    frame: pd.DataFrame,
    metric: Metric | None,
    heading: str,
    options: ReadOptions,
    shown_as: str,
    changed: bool = False,
) -> list[Finding]:
    """Return what is odd about a table's values.

    Parameters
    ----------
    frame
        Usable rows: model, released, score, low, high, stderr and the group columns, by line.
    metric
        None for an index that only its own scores can scale.
    heading
        That of the score column.
    options
        Names of what is accepted.
    changed
        Whether the scores' logarithm or negative was taken.
    shown_as
        How messages name the table.

    Raises
    ------
    ScoresError
        If something gross is not accepted; all of it is listed.
    """
    doubts: list[Doubt] = []
    findings: list[Finding] = []
    for check in (_mixed, _outliers, _falling):
        doubt, found = check(frame, metric)
        doubts += doubt
        findings += found
        if doubt and check is _mixed:
            break
    doubt, found = _bounded(frame, metric, heading, options, changed)
    doubts += doubt
    findings += found
    findings += _exact(frame, metric) + _widths(frame) + _growing(frame, metric)
    findings += names_and_ranks(frame, metric) + errors_of_other_units(frame, metric)
    refused = [d for d in doubts if d.name not in options.accept]
    if refused:
        lines = [f"  {d.text} If it is right, accept it: --accept {d.name}." for d in refused]
        raise ScoresError(
            "\n".join([f"{shown_as} would give a wrong answer as it stands:", *lines])
        )
    accepted = [Finding("wrong", f"Accepted: {d.text}", d.rows) for d in doubts]
    return accepted + findings


def _days(frame: pd.DataFrame) -> NDArray[np.float64]:
    return frame["released"].to_numpy().astype("datetime64[D]").astype(np.float64)


def _line(day: NDArray[np.float64], score: NDArray[np.float64]) -> tuple[float, float]:
    """Slope and intercept of Theil and Sen, from at most 400 points spread over the days."""
    order = np.argsort(day, kind="stable")
    picked = order[np.unique(np.linspace(0, len(order) - 1, _MOST_IN_SLOPE).astype(int))]
    if np.unique(day[picked]).size < 2:
        return 0.0, float(np.median(score))
    first, second = np.triu_indices(len(picked), 1)
    apart = day[picked][second] - day[picked][first]
    rise = score[picked][second] - score[picked][first]
    slope = float(np.median(rise[apart > 0] / apart[apart > 0]))
    return slope, float(np.median(score - slope * day))


def _scale(residual: NDArray[np.float64], score: NDArray[np.float64]) -> float:
    """Robust standard deviation of residuals, at least 5 % of the spread of the scores."""
    floor = 0.05 * float(np.subtract(*np.quantile(score, [0.9, 0.1])))
    return max(float(median_abs_deviation(residual, scale="normal")), floor, 1e-12)


def _named(frame: pd.DataFrame, at: NDArray[np.intp]) -> str:
    shown = [
        f"{frame['model'].iloc[i]} at {frame['score'].iloc[i]:g} (row {frame.index[i]})"
        for i in at[:8]
    ]
    return ", ".join(shown) + (f" and {len(at) - 8} more" if len(at) > 8 else "")


def _rows(frame: pd.DataFrame, at: NDArray[np.intp]) -> tuple[int, ...]:
    return tuple(int(frame.index[i]) for i in at)


def _outliers(frame: pd.DataFrame, metric: Metric | None) -> tuple[list[Doubt], list[Finding]]:
    """Scores far from the table's trend and from every other: a slip by a factor of ten."""
    if len(frame) < FEWEST:
        return [], []
    day, score = _days(frame), frame["score"].to_numpy(dtype=np.float64)
    slope, intercept = _line(day, score)
    residual = score - slope * day - intercept
    scale = _scale(residual, score)
    z = np.abs(residual) / scale
    inner = residual[z <= ODD]
    if inner.size < len(frame) / 2:
        return [], []
    gap = np.where(residual > 0, residual - inner.max(), inner.min() - residual) / scale
    gross = np.flatnonzero((z > GROSS) & (gap > GROSS / 2))
    odd = np.flatnonzero((z > ODD) & (gap > ODD / 2) & ~((z > GROSS) & (gap > GROSS / 2)))
    typical = f"the others lie within {np.abs(inner).max():.3g} of their common trend"
    if gross.size > max(3, len(frame) / 10):
        return [], []  # that many are no slips: another group, or no common trend
    doubts = [Doubt(
        "outliers",
        f"{_named(frame, gross)} is far from every other score ({typical}): a typing error, "
        "such as one score ten times too large?",
        _rows(frame, gross),
    )] if gross.size else []  # fmt: skip
    findings = [Finding(
        "wrong",
        f"{_named(frame, odd)} is far from the other scores ({typical}). Check score and date.",
        _rows(frame, odd),
    )] if odd.size else []  # fmt: skip
    return doubts, findings


def _mixed(frame: pd.DataFrame, metric: Metric | None) -> tuple[list[Doubt], list[Finding]]:
    """Two clusters of scores that are one another times 10, 100 or 1000."""
    score = frame["score"].to_numpy(dtype=np.float64)
    if len(frame) < FEWEST or (score <= 0).mean() > 0.1 or score.max() <= 1:
        return [], []
    if metric is not None and metric.unit == "accuracy":
        return [], []
    day = _days(frame)
    positive = np.sort(score[score > 0])
    ratios = positive[1:] / positive[:-1]
    for cut in np.argsort(-ratios)[:3]:
        if ratios[cut] < _GAP:
            break
        low = (score > 0) & (score <= positive[cut])
        high = score > positive[cut]
        few, many = (low, high) if low.sum() <= high.sum() else (high, low)
        if many.sum() < 4:
            continue
        slope, intercept = _line(day[many], score[many])
        expected = slope * day + intercept
        scale = _scale((score - expected)[many], score[many])
        for factor in (10, 100, 1000):
            times = score[few] * (factor if few is low else 1 / factor)
            as_is = np.abs(score[few] - expected[few])
            scaled = np.abs(times - expected[few])
            if np.mean((as_is > 3 * scale) & (scaled < as_is / 3) & (scaled < 6 * scale)) > 0.5:
                at = np.flatnonzero(few)
                return [Doubt(
                    "mixed-scale",
                    f"{_named(frame, at)}: {int(few.sum())} score(s) would fit the other "
                    f"{int(many.sum())} if they were {factor} times as "
                    f"{'large' if few is low else 'small'}, so two scales or ways of writing "
                    "numbers are mixed. Write all scores on one scale.",
                    _rows(frame, at),
                )], []  # fmt: skip
    return [], []


def _falling(frame: pd.DataFrame, metric: Metric | None) -> tuple[list[Doubt], list[Finding]]:
    """Scores that fall while time goes on, in the table and in each group large enough."""
    if len(frame) < FEWEST:
        return [], []
    day, score = _days(frame), frame["score"].to_numpy(dtype=np.float64)
    if np.unique(day).size < 3 or np.unique(score).size < 3:
        return [], []
    whole = spearmanr(day, score)
    if not (whole.statistic < -0.4 and whole.pvalue < 0.01):
        return [], []
    for column in GROUP_COLUMNS:
        for value, rows in frame.groupby(column):
            if value in ("", "unknown") or len(rows) < FEWEST:
                continue
            of = rows["score"].to_numpy(dtype=np.float64)
            if np.unique(of).size > 2 and spearmanr(_days(rows), of).statistic > 0.1:
                return [], []
    return [Doubt(
        "falling",
        f"scores fall while time goes on (rank correlation {whole.statistic:.2f} over "
        f"{len(frame)} rows), in every group: if less is better, as for perplexity and error "
        "rates, give --lower-is-better (or leave it out if it was given).",
    )], []  # fmt: skip


def _bounded(
    frame: pd.DataFrame,
    metric: Metric | None,
    heading: str,
    options: ReadOptions,
    changed: bool,
) -> tuple[list[Doubt], list[Finding]]:
    """Standard errors in other units than scores, and percentages read as an unbounded index."""
    score = frame["score"].to_numpy(dtype=np.float64)
    stderr = frame["stderr"].to_numpy(dtype=np.float64)
    accuracy = metric is not None and metric.unit == "accuracy"
    if accuracy:
        counts = inferred_problems(score, stderr)
        if np.isfinite(counts).any() and np.nanmedian(counts) > MOST_PROBLEMS:
            return [Doubt(
                "stderr-scale",
                f"the standard errors fit a benchmark of {np.nanmedian(counts):,.0f} problems, so "
                "they are in other units than the scores (a fraction next to percent?). Write both "
                "as fractions from 0 to 1.",
            )], []  # fmt: skip
        return [], []
    if metric is not None or score.min() < 0 or score.max() > 100:
        return [], []
    if options.metric or changed:
        return [], []
    top = 100.0 if score.max() > 1 else 1.0
    counts = inferred_problems(score / top, stderr / top)
    as_fraction = inferred_problems(score / top, stderr)
    some = np.isfinite(counts)
    how = "--metric percent" if top == 100 else "--metric accuracy"
    if some.sum() >= FEWEST:
        if top == 100 and np.median(counts[some]) > MOST_PROBLEMS > np.median(as_fraction[some]):
            return [Doubt(
                "stderr-scale",
                f"scores run to {score.max():g} and standard errors to {np.nanmax(stderr):g}: as "
                f"percentages they would rest on {np.median(counts[some]):,.0f} problems, so the "
                "standard errors look like fractions next to scores in percent. Write both in "
                "the same units.",
            )], []  # fmt: skip
        spread = np.std(np.log(counts[some]))
        if spread < 0.35 and np.median(counts[some]) >= 5:
            return [Doubt(
                "bounded",
                f"the scores in {heading!r} are shares from 0 to {top:g} by their standard errors, "
                f"those of {np.median(counts[some]):.0f} problems, and a straight line would go "
                f"through the ceiling: give {how} (or --metric index for an unbounded index).",
            )], []  # fmt: skip
    if len(frame) >= FEWEST and heading.casefold() not in ("elo", "rating", "index", "eci"):
        said = (
            f"Every score lies from {score.min():g} to {score.max():g}, as shares of problems do: "
            f"if that is what they are, give {how}; read as an unbounded index, trends go through "
            "the ceiling."
        )
        return [], [Finding("wrong", said)]
    return [], []


def _exact(frame: pd.DataFrame, metric: Metric | None) -> list[Finding]:
    """Rows taken as free of error next to rows that are not."""
    width = (frame["high"] - frame["low"]).to_numpy(dtype=np.float64)
    stderr = frame["stderr"].to_numpy(dtype=np.float64)
    error = np.where(np.isnan(stderr), width, stderr)
    zero = error == 0
    anchors = metric.anchors if metric is not None else ()
    of_scale = np.array([any(name == m for name, _ in anchors) for m in frame["model"]], dtype=bool)
    if metric is not None and metric.unit == "accuracy":
        score = frame["score"].to_numpy(dtype=np.float64)
        of_scale |= (score <= 0) | (score >= 1)
    at = np.flatnonzero(zero & ~of_scale)
    if not at.size:
        return []
    return [Finding(
        "wrong",
        f"{at.size} row(s) have a standard error of 0 or an interval without width, and are taken "
        f"as exact: {_named(frame, at)}. Leave the cells blank if the error is not known.",
        _rows(frame, at),
    )]  # fmt: skip


def _widths(frame: pd.DataFrame) -> list[Finding]:
    """Errors far larger or smaller than the table's usual one."""
    width = (frame["high"] - frame["low"]).to_numpy(dtype=np.float64)
    stderr = frame["stderr"].to_numpy(dtype=np.float64)
    error = np.where(np.isnan(stderr), width, stderr)
    known = error > 0
    if known.sum() < FEWEST:
        return []
    usual = float(np.median(error[known]))
    at = np.flatnonzero(known & ((error > 8 * usual) | (error < usual / 8)))
    if not at.size or at.size > len(frame) / 4:
        return []
    return [Finding(
        "check",
        f"The errors of {_named(frame, at)} are more than eight times larger or smaller than the "
        "table's usual one. Check them.",
        _rows(frame, at),
    )]  # fmt: skip


def _growing(frame: pd.DataFrame, metric: Metric | None) -> list[Finding]:
    """An index that grows by factors, where a straight line cannot fit."""
    score = frame["score"].to_numpy(dtype=np.float64)
    if metric is not None or len(frame) < FEWEST or score.min() <= 0:
        return []
    low, high = np.quantile(score, [0.1, 0.9])
    if high / low < 20:
        return []
    said = (
        f"Scores grow by factors, from {low:.3g} to {high:.3g}: a straight line fits their "
        "logarithm, not them. Give --log2 if they are times, counts or other amounts."
    )
    return [Finding("wrong", said)]
