"""From numbers as written to scores on which more is better, with 90 % intervals and errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from frontierlag.errors import ScoresError
from frontierlag.scores.metric import Metric, inferred_problems
from frontierlag.scores.reading import parsing
from frontierlag.scores.reading.headings import MINUTES, fold
from frontierlag.scores.reading.layouts import in_percent, lower_is_better
from frontierlag.scores.reading.normalize import NUMBERS, Normalized
from frontierlag.scores.reading.options import ReadOptions
from frontierlag.scores.reading.report import Finding, LeftOut
from frontierlag.scores.reading.validation import DATE_COLUMNS
from frontierlag.scores.scale import AS_GIVEN, Scale
from frontierlag.scores.scale import MINUTES as IN_MINUTES

LEVEL = 0.9


@dataclass(frozen=True)
class MeasuredColumns:
    """Parsed values and how they were brought to the own schema.

    Attributes
    ----------
    values
        The dates as datetime64, score, low, high, stderr as float, by line; NaT and NaN where
        blank.
    percent
        Whether numbers were divided by 100.
    scale
        How scores were made from the table's values.
    level, rule
        Probability of the table's own intervals and how it was settled; None and '' without any.
    findings
        What a reader should know.
    """

    values: pd.DataFrame
    percent: bool
    scale: Scale
    level: float | None
    rule: str
    findings: tuple[Finding, ...]


def measured(
    found: Normalized, heading: str, options: ReadOptions, declared: Scale = AS_GIVEN
) -> MeasuredColumns:
    """Return a table's values: percent divided, intervals at 90 %, logarithm and sign taken.

    The ends of an interval are transformed as ends, so that arms of different length stay so.

    Parameters
    ----------
    found
        A table's text in the own schema.
    heading
        That of the score column.
    options
        What only the user can know.
    declared
        The scale of the metric, where a reference table declares one.

    Raises
    ------
    ScoresError
        If intervals are offsets, if a logarithm is taken of a number that is not positive, or if
        less is better by the heading and nobody said so.
    """
    text = found.text
    values = pd.DataFrame(
        {column: parsing.days(text[column]) for column in DATE_COLUMNS}
        | {column: parsing.numbers(text[column]) for column in NUMBERS},
        index=text.index,
    )
    findings: list[Finding] = []
    _refuse_offsets(text, values)
    percent = (
        "score" in found.percent or in_percent(heading) or options.metric.casefold() == "percent"
    )
    if percent:
        values[list(NUMBERS)] /= 100
        findings.append(Finding("note", "Scores are in percent and divided by 100."))
    scale = _scale(heading, options, declared)
    if scale.log2:
        _log2(text, values, scale)
        if not (options.log2 or declared.log2):
            said = f"{heading!r} is a time horizon: its logarithm to base 2 is taken, as METR does."
            findings.append(Finding("note", said))
    has_intervals = bool(values["low"].notna().any())
    level, rule = _level(found, options) if has_intervals else (None, "")
    if level is not None and level != LEVEL:
        ratio = float(norm.ppf((1 + LEVEL) / 2) / norm.ppf((1 + level) / 2))
        for end in ("low", "high"):
            values[end] = values["score"] + (values[end] - values["score"]) * ratio
    if scale.negated:
        values["score"] = -values["score"]
        values["low"], values["high"] = -values["high"], -values["low"]
    elif lower_is_better(heading):
        raise ScoresError(
            f"Of {heading!r} less is better. Say so with --lower-is-better, which negates scores."
        )
    if scale.changes:
        findings.append(Finding("note", f"{scale.words[0].upper()}{scale.words[1:]}."))
    return MeasuredColumns(values, percent, scale, level, rule, tuple(findings))


def _scale(heading: str, options: ReadOptions, declared: Scale) -> Scale:
    """The scale that a metric declares, the user asks for, or a heading of minutes implies."""
    minutes = fold(heading) in MINUTES and "score" not in options.columns
    asked = Scale(
        raw=options.unit or (IN_MINUTES if fold(heading) in MINUTES else heading),
        log2=options.log2 or minutes,
        negated=options.lower_is_better,
    )
    if declared.changes and not (options.log2 or options.lower_is_better or options.unit):
        return declared
    return asked if asked.changes else AS_GIVEN


def _level(found: Normalized, options: ReadOptions) -> tuple[float, str]:
    if options.interval_level is not None:
        return options.interval_level, f"{options.interval_level:.4g} by --interval-level"
    if found.level is not None:
        return found.level, f"{found.level:.4g} by the headings"
    return LEVEL, (
        "0.9, because neither the headings nor --interval-level say another (95 % intervals read "
        "as 90 % make errors 19 % too large)"
    )


def _refuse_offsets(text: pd.DataFrame, values: pd.DataFrame) -> None:
    """Refuse low and high that are distances from the score, not ends."""
    score, low, high = (values[column] for column in ("score", "low", "high"))
    both = score.notna() & low.notna() & high.notna()
    if not both.any():
        return
    outside = (score < low) | (score > high)
    signed = both & outside & (low <= 0) & (high >= 0)
    halves = both & outside & (low == high) & (low >= 0)
    for kind, what in ((signed, "distances from the score"), (halves, "half widths")):
        if kind.sum() > both.sum() / 2:
            row = kind.index[kind.to_numpy()][0]
            raise ScoresError(
                f"low and high look like {what}, not like the ends of an interval: row {row} has "
                f"score {text.loc[row, 'score']}, low {text.loc[row, 'low']} and high "
                f"{text.loc[row, 'high']}. Give score + low and score + high, in the units of "
                "the score."
            )


def _log2(text: pd.DataFrame, values: pd.DataFrame, scale: Scale) -> None:
    for column in ("score", "low", "high"):
        bad = values[column] <= 0
        if bad.any():
            row = values.index[bad.to_numpy()][0]
            raise ScoresError(
                f"row {row}, column {column!r}, found {text.loc[row, column]!r}: the scale is the "
                f"logarithm of {scale.raw}, and no logarithm can be taken of a number that is not "
                "positive. Leave --log2 out, or correct the cell."
            )
    if values["stderr"].notna().any():
        # First order: the standard error of log2(x) is that of x over x ln 2.
        values["stderr"] /= values["score"] * np.log(2)
    values[["score", "low", "high"]] = np.log2(values[["score", "low", "high"]])


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
