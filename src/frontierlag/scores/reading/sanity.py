"""What makes wrong numbers without a bad cell: outliers, mixed scales, scores that fall.

What is gross is refused unless the user accepts it by name.
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
from frontierlag.scores.reading.report import Finding, listed
from frontierlag.scores.reading.rows import names_and_ranks

# Robust standard deviations from the table's trend, and from the nearest other residual.
GROSS, ODD = 12.0, 7.0
FEWEST = 8
# Half widths of 90 % intervals in standard errors.
Z90 = 1.6448536269514722
_MOST_IN_SLOPE = 400
_GAP = 4.0
# Above this many problems a benchmark's standard errors are more likely in other units.
MOST_PROBLEMS = 200_000

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Doubt:
    """Something gross: the name under which it can be accepted, and what it is."""

    name: str
    text: str
    rows: tuple[int, ...] = ()


Found = list[Doubt | Finding]


class _Usable:
    """Usable rows as arrays, each of shape (n,)."""

    def __init__(self, frame: pd.DataFrame, metric: Metric | None) -> None:
        self.frame, self.metric = frame, metric
        self.accuracy = metric is not None and metric.unit == "accuracy"
        self.day = _days(frame)
        self.score, self.stderr, low, high = (
            frame[name].to_numpy(dtype=np.float64) for name in ("score", "stderr", "low", "high")
        )
        self.width = high - low
        self.error = np.where(np.isnan(self.stderr), self.width, self.stderr)
        self.enough = len(frame) >= FEWEST

    def named(self, at: NDArray[np.intp]) -> str:
        """Model, score and line of some rows, in words."""
        f = self.frame
        shown = [f"{f['model'].iloc[i]} at {f['score'].iloc[i]:g} (row {f.index[i]})" for i in at]
        return listed(shown, 8, " and {} more")

    def lines(self, at: NDArray[np.intp]) -> tuple[int, ...]:
        """Lines of some rows."""
        return tuple(int(self.frame.index[i]) for i in at)


def checked(
    frame: pd.DataFrame,
    metric: Metric | None,
    heading: str,
    options: ReadOptions,
    shown_as: str,
    changed: bool = False,
) -> list[Finding]:
    """Return what is odd about a table's usable rows, by line.

    The metric is None for an index that only its own scores can scale, under this heading;
    `changed` is whether the scores' logarithm or negative was taken.

    Raises
    ------
    ScoresError
        If something gross is not accepted by the options; all of it is listed.
    """
    rows = _Usable(frame, metric)
    odd = _mixed(rows) or _outliers(rows) + _falling(rows)
    odd += _other_units(rows) if rows.accuracy else []
    if metric is None and not options.metric and not changed:
        odd += _bounded(rows, heading)
    odd += _exact(rows) + _widths(rows) + _growing(rows)
    odd += names_and_ranks(frame, of_index=metric is None and rows.enough)
    odd += _errors_that_intervals_contradict(rows) + _errors_that_scores_contradict(rows)
    doubts = [one for one in odd if isinstance(one, Doubt)]
    refused = [
        f"\n  {doubt.text} If it is right, accept it: --accept {doubt.name}."
        for doubt in doubts
        if doubt.name not in options.accept
    ]
    if refused:
        raise ScoresError(f"{shown_as} would give a wrong answer as it stands:{''.join(refused)}")
    accepted = [Finding("wrong", f"Accepted: {doubt.text}", doubt.rows) for doubt in doubts]
    return accepted + [one for one in odd if isinstance(one, Finding)]


def _days(frame: pd.DataFrame) -> Floats:
    return frame["released"].to_numpy().astype("datetime64[D]").astype(np.float64)


def _line(day: Floats, score: Floats) -> tuple[float, float]:
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


def _scale(residual: Floats, score: Floats) -> float:
    """Robust standard deviation of residuals, at least 5 % of the spread of the scores."""
    floor = 0.05 * float(np.subtract(*np.quantile(score, [0.9, 0.1])))
    return max(float(median_abs_deviation(residual, scale="normal")), floor, 1e-12)


def _outliers(rows: _Usable) -> Found:
    """Scores far from the table's trend and from every other: a slip by a factor of ten."""
    if not rows.enough:
        return []
    slope, intercept = _line(rows.day, rows.score)
    residual = rows.score - slope * rows.day - intercept
    scale = _scale(residual, rows.score)
    z = np.abs(residual) / scale
    inner = residual[z <= ODD]
    if inner.size < len(z) / 2:
        return []
    gap = np.where(residual > 0, residual - inner.max(), inner.min() - residual) / scale
    is_gross = (z > GROSS) & (gap > GROSS / 2)
    gross = np.flatnonzero(is_gross)
    odd = np.flatnonzero((z > ODD) & (gap > ODD / 2) & ~is_gross)
    typical = f"the others lie within {np.abs(inner).max():.3g} of their common trend"
    if gross.size > max(3, len(z) / 10):
        return []  # that many are no slips: another group, or no common trend
    found: Found = []
    if gross.size:
        found.append(Doubt(
            "outliers",
            f"{rows.named(gross)} is far from every other score ({typical}): a typing error, "
            "such as one score ten times too large?",
            rows.lines(gross),
        ))  # fmt: skip
    if odd.size:
        found.append(Finding(
            "wrong",
            f"{rows.named(odd)} is far from the other scores ({typical}). Check score and date.",
            rows.lines(odd),
        ))  # fmt: skip
    return found


def _mixed(rows: _Usable) -> Found:
    """Two clusters of scores that are one another times 10, 100 or 1000."""
    day, score = rows.day, rows.score
    if not rows.enough or rows.accuracy or (score <= 0).mean() > 0.1 or score.max() <= 1:
        return []
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
                    f"{rows.named(at)}: {int(few.sum())} score(s) would fit the other "
                    f"{int(many.sum())} if they were {factor} times as "
                    f"{'large' if few is low else 'small'}, so two scales or ways of writing "
                    "numbers are mixed. Write all scores on one scale.",
                    rows.lines(at),
                )]  # fmt: skip
    return []


def _falling(rows: _Usable) -> Found:
    """Scores that fall while time goes on, in the table and in each group large enough."""
    frame, day, score = rows.frame, rows.day, rows.score
    if not rows.enough or np.unique(day).size < 3 or np.unique(score).size < 3:
        return []
    whole = spearmanr(day, score)
    if not (whole.statistic < -0.4 and whole.pvalue < 0.01):
        return []
    for column in GROUP_COLUMNS:
        for value, group in frame.groupby(column):
            if value in ("", "unknown") or len(group) < FEWEST:
                continue
            of = group["score"].to_numpy(dtype=np.float64)
            if np.unique(of).size > 2 and spearmanr(_days(group), of).statistic > 0.1:
                return []
    return [Doubt(
        "falling",
        f"scores fall while time goes on (rank correlation {whole.statistic:.2f} over "
        f"{len(frame)} rows), in every group: if less is better, as for perplexity and error "
        "rates, give --lower-is-better (or leave it out if it was given).",
    )]  # fmt: skip


def _other_units(rows: _Usable) -> Found:
    """Standard errors of an accuracy in other units than it."""
    counts = inferred_problems(rows.score, rows.stderr)
    if not np.isfinite(counts).any() or np.nanmedian(counts) <= MOST_PROBLEMS:
        return []
    return [Doubt(
        "stderr-scale",
        f"the standard errors fit a benchmark of {np.nanmedian(counts):,.0f} problems, so "
        "they are in other units than the scores (a fraction next to percent?). Write both "
        "as fractions from 0 to 1.",
    )]  # fmt: skip


def _bounded(rows: _Usable, heading: str) -> Found:
    """Percentages and fractions read as an unbounded index."""
    score, stderr = rows.score, rows.stderr
    if score.min() < 0 or score.max() > 100:
        return []
    top = 100.0 if score.max() > 1 else 1.0
    how = "--metric percent" if top == 100 else "--metric accuracy"
    counts = inferred_problems(score / top, stderr / top)
    some = np.isfinite(counts)
    if some.sum() >= FEWEST:
        counts, as_fraction = counts[some], inferred_problems(score / top, stderr)[some]
        usual = np.median(counts)
        if top == 100 and usual > MOST_PROBLEMS > np.median(as_fraction):
            return [Doubt(
                "stderr-scale",
                f"scores run to {score.max():g} and standard errors to {np.nanmax(stderr):g}: as "
                f"percentages they would rest on {usual:,.0f} problems, so the standard errors "
                "look like fractions next to scores in percent. Write both in the same units.",
            )]  # fmt: skip
        if np.std(np.log(counts)) < 0.35 and usual >= 5:
            return [Doubt(
                "bounded",
                f"the scores in {heading!r} are shares from 0 to {top:g} by their standard errors, "
                f"those of {usual:.0f} problems, and a straight line would go through the ceiling: "
                f"give {how} (or --metric index for an unbounded index).",
            )]  # fmt: skip
    if not rows.enough or heading.casefold() in ("elo", "rating", "index", "eci"):
        return []
    return [Finding(
        "wrong",
        f"Every score lies from {score.min():g} to {score.max():g}, as shares of problems do: "
        f"if that is what they are, give {how}; read as an unbounded index, trends go through "
        "the ceiling.",
    )]  # fmt: skip


def _exact(rows: _Usable) -> Found:
    """Rows taken as free of error next to rows that are not."""
    anchors = {name for name, _ in rows.metric.anchors} if rows.metric is not None else set()
    of_scale = rows.frame["model"].isin(anchors).to_numpy(dtype=bool)
    if rows.accuracy:
        of_scale = of_scale | (rows.score <= 0) | (rows.score >= 1)
    at = np.flatnonzero((rows.error == 0) & ~of_scale)
    if not at.size:
        return []
    return [Finding(
        "wrong",
        f"{at.size} row(s) have a standard error of 0 or an interval without width, and are taken "
        f"as exact: {rows.named(at)}. Leave the cells blank if the error is not known.",
        rows.lines(at),
    )]  # fmt: skip


def _widths(rows: _Usable) -> Found:
    """Errors far larger or smaller than the table's usual one."""
    error = rows.error
    known = error > 0
    if known.sum() < FEWEST:
        return []
    usual = float(np.median(error[known]))
    at = np.flatnonzero(known & ((error > 8 * usual) | (error < usual / 8)))
    if not at.size or at.size > len(error) / 4:
        return []
    return [Finding(
        "check",
        f"The errors of {rows.named(at)} are more than eight times larger or smaller than the "
        "table's usual one. Check them.",
        rows.lines(at),
    )]  # fmt: skip


def _growing(rows: _Usable) -> Found:
    """An index that grows by factors, where a straight line cannot fit."""
    if rows.metric is not None or not rows.enough or rows.score.min() <= 0:
        return []
    low, high = np.quantile(rows.score, [0.1, 0.9])
    if high / low < 20:
        return []
    return [Finding(
        "wrong",
        f"Scores grow by factors, from {low:.3g} to {high:.3g}: a straight line fits their "
        "logarithm, not them. Give --log2 if they are times, counts or other amounts.",
    )]  # fmt: skip


def _errors_that_intervals_contradict(rows: _Usable) -> Found:
    """A standard error next to an interval that is not 3.29 of them wide."""
    both = (rows.width > 0) & (rows.stderr > 0)
    if both.sum() < 3:
        return []
    ratio = float(np.median(rows.width[both] / (2 * rows.stderr[both])))
    if Z90 / 1.15 < ratio < Z90 * 1.15:
        return []
    return [Finding(
        "wrong",
        f"low and high are {ratio:.2f} standard errors from the score (median), where "
        f"those of 90 % intervals are {Z90:.2f}: one of the two is in other units or of "
        "another level (--interval-level 0.95). The column of standard errors is used.",
    )]  # fmt: skip


def _errors_that_scores_contradict(rows: _Usable) -> Found:
    """Standard errors of an index that cannot be in its units.

    Scores scatter about their trend by their measurement error and more, so a usual standard error
    of more than twice the robust scatter cannot be in the units of the scores; one of less than a
    hundredth is likely not.
    """
    error = np.where(np.isnan(rows.stderr), rows.width / (2 * Z90), rows.stderr)
    known = error > 0
    if rows.metric is not None or known.sum() < FEWEST or np.unique(rows.day).size < 3:
        return []
    day, score = rows.day - rows.day.mean(), rows.score
    slope, intercept = np.polyfit(day, score, 1)
    scatter = float(median_abs_deviation(score - slope * day - intercept, scale="normal"))
    usual = float(np.median(error[known]))
    if scatter <= 0 or scatter / 100 <= usual <= 2 * scatter:
        return []
    large = usual > scatter
    which = (
        "larger than scores that have them can lie together"
        if large
        else "so small that they hardly count"
    )
    return [Finding(
        "wrong" if large else "check",
        f"The usual standard error is {usual:.3g}, while scores scatter by {scatter:.3g} about "
        f"their trend: errors are {which}. Are they in the units of the scores?",
    )]  # fmt: skip
