"""From numbers as written to scores with 90 % intervals: what they measure, for which day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from frontierlag.errors import ScoresError
from frontierlag.scores.metric import (
    ECI,
    KNOWN_BENCHMARKS,
    Metric,
    benchmark_metric,
    inferred_problems,
)
from frontierlag.scores.reading import parsing
from frontierlag.scores.reading.layouts import MINUTES, fold, in_percent, lower_is_better
from frontierlag.scores.reading.normalize import NUMBERS, Normalized
from frontierlag.scores.reading.options import ReadOptions
from frontierlag.scores.reading.report import Finding, LeftOut, listed
from frontierlag.scores.reading.validation import DATE_COLUMNS
from frontierlag.scores.scale import AS_GIVEN, Scale
from frontierlag.scores.scale import MINUTES as IN_MINUTES

LEVEL = 0.9
# Where the median of ECI scores can lie; its anchors define 130 and 150.
ECI_RANGE = (60.0, 200.0)
_ANCHOR_OFF = 2.0
# A date in a file's name this long after the last release is no day that the table speaks for.
MOST_AFTER = timedelta(days=120)
_DATE_IN_NAME = re.compile(r"(?<![0-9])20[0-9]{2}-[0-9]{2}-[0-9]{2}(?![0-9])")
# A metric (None for an index that only its own scores can scale), how it was found, and doubts.
Identified = tuple[Metric | None, list[str], list[Finding]]


@dataclass(frozen=True)
class MeasuredColumns:
    """Parsed values (NaT and NaN where blank) and how they were brought to the own schema.

    `percent` is whether numbers were divided by 100, `scale` how scores were made from the table's
    values, `level` and `rule` the probability of its own intervals and how that was settled.
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
    `heading` is that of the score column, `declared` the scale of a reference table's metric.

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
    """
    score, stderr, low = (
        values[column].to_numpy(dtype=np.float64) for column in ("score", "stderr", "low")
    )
    used = ~np.isnan(score) & values["released"].notna().to_numpy()
    accuracy = metric is not None and metric.unit == "accuracy"
    zero = used & (stderr == 0) & (score > 0) & (score < 1) & accuracy
    given = used & ~zero & ~(np.isnan(stderr) & np.isnan(low))
    missing = used & ~given & ~zero
    if metric is not None:
        missing &= np.array([not metric.is_anchor(model, at)
                             for model, at in zip(text["model"], score, strict=True)])  # fmt: skip
    else_given = options.missing_intervals if given.any() else "refuse"
    filled = missing & (else_given == "median")
    findings = []
    for rows, said in (
        (zero, "row(s) have a standard error of 0 at an accuracy between 0 and 1, which cannot be: "
               "it counts as not given"),
        (filled, "row(s) without an interval have the median error of the others"),
    ):  # fmt: skip
        if rows.any():
            lines = [int(row) for row in text.index[rows]]
            where = listed(lines, 10, " and {} more")
            findings.append(Finding("check", f"{len(lines)} {said} (row {where}).", tuple(lines)))
    if findings:
        text, values = text.copy(), values.copy()
        _fill(text, values, zero | filled, given, accuracy)
    left_out = []
    if else_given == "drop":
        left_out = [
            LeftOut(int(row), text.loc[row, "model"], "no interval", "low/high/stderr", "")
            for row in text.index[missing]
        ]
        text, values = text[~missing], values[~missing]
    return text, values, left_out, findings


def _fill(
    text: pd.DataFrame,
    values: pd.DataFrame,
    fill: NDArray[np.bool_],
    given: NDArray[np.bool_],
    accuracy: bool,
) -> None:
    """Write median errors into the rows to fill, in values and, so that rules see them, in text."""
    score, low, high, stderr = (values[column].to_numpy(dtype=np.float64) for column in NUMBERS)
    p, new = score[fill], {}
    if accuracy:
        counts = inferred_problems(score, stderr)[given]
        counts = counts[np.isfinite(counts)]
        problems = max(float(np.median(counts)) - 1, 1.0) if counts.size else np.nan
        new["stderr"] = np.sqrt(p * (1 - p) / problems)
    elif np.isfinite(stderr[given]).any():
        new["stderr"] = np.full(len(p), np.nanmedian(stderr[given]))
    else:
        new["low"] = p - float(np.nanmedian((score - low)[given]))
        new["high"] = p + float(np.nanmedian((high - score)[given]))
    rows = values.index[fill]
    for column, cells in new.items():
        values.loc[rows, column] = cells
        text.loc[rows, column] = ["" if np.isnan(one) else repr(float(one)) for one in cells]


def known_metric(
    name: str,
    scale: str,
    heading: str,
    models: Sequence[str],
    scores: NDArray[np.float64],
    found: MeasuredColumns,
    options: ReadOptions,
) -> Identified:
    """Return what a table measures, and how that was decided where the columns do not say it.

    By the user; else by the layout (its scale), the score column's heading, the file's name; else
    ECI if both of its anchor models are there with their defining scores. ECI by name or heading
    needs scores that can be ECI's. Models and scores, shape (n,), are one each a row.

    Raises
    ------
    ScoresError
        If the user names a metric that is not known.
    """
    words = " ".join(re.split(r"[\s_-]+", _DATE_IN_NAME.sub("", name))).strip() or name
    folded = words.casefold()
    heading = fold(heading)
    asked = fold(options.metric).replace("-", " ")
    if asked:
        return _asked(asked, words, options.metric)
    if found.scale.changes:
        return None, [], []
    if scale == "accuracy":
        return _accuracy(words)
    if scale == "eci" or heading in ("eci", "eci score"):
        return _eci(models, scores, "by its column of scores", said=False)
    if folded in KNOWN_BENCHMARKS and (found.percent or np.nanmax(scores, initial=0.0) <= 1):
        metric = KNOWN_BENCHMARKS[folded]
        return metric, [f"Read as {metric.name} by the file's name."], []
    if heading.startswith("accuracy") or found.percent:
        return _accuracy(words)
    if folded.split(" ")[0] == "eci":
        return _eci(models, scores, "by the file's name", said=True)
    at = dict(zip(models, scores.tolist(), strict=True))
    if all(ECI.is_anchor(model, at.get(model, float("nan"))) for model, _ in ECI.anchors):
        return ECI, ["Read as ECI: both of its anchor models have the scores that define it."], []
    return None, [], []


def _asked(asked: str, words: str, as_given: str) -> Identified:
    if asked == "index":
        return None, [], []
    if asked in ("accuracy", "percent"):
        return _accuracy(words)
    if asked == "eci":
        return ECI, ["Read as ECI by --metric."], []
    if asked in KNOWN_BENCHMARKS:
        metric = KNOWN_BENCHMARKS[asked]
        return metric, [f"Read as {metric.name} by --metric."], []
    known = ", ".join(sorted(KNOWN_BENCHMARKS))
    raise ScoresError(
        f"--metric {as_given}: no such metric. Give index, accuracy, percent, eci, or a known "
        f"benchmark: {known}."
    )


def _eci(models: Sequence[str], scores: NDArray[np.float64], by: str, said: bool) -> Identified:
    """ECI if the scores can be its: anchors at their values, and nothing far off its range."""
    at = dict(zip(models, scores.tolist(), strict=True))
    odd = [
        f"{model} at {at[model]:g}, which is {value:g} by definition"
        for model, value in ECI.anchors
        if not np.isnan(at.get(model, np.nan)) and abs(at[model] - value) > _ANCHOR_OFF
    ]
    given = scores[~np.isnan(scores)]
    low, high = ECI_RANGE
    if given.size and not low <= float(np.median(given)) <= high:
        odd.append(f"a median of {np.median(given):g}, outside {low:g} to {high:g}")
    if odd and said:
        text = f"Not read as ECI, though the file's name begins so: {'; '.join(odd)}."
        return None, [], [Finding("wrong", text)]
    if odd:
        text = f"Read as ECI {by}, but it has {'; '.join(odd)}. If it is not, give --metric index."
        return ECI, [], [Finding("wrong", text)]
    return ECI, [f"Read as ECI {by}."] if said else [], []


def _accuracy(words: str) -> Identified:
    """A benchmark's metric, and a note where its chance level is taken for 0 for want of better."""
    metric = benchmark_metric(words)
    if words.casefold() in KNOWN_BENCHMARKS:
        return metric, [], []
    note = (
        f"The chance level of {metric.name} is not known here and is taken as 0: if its problems "
        "are multiple choice, declare it in KNOWN_BENCHMARKS of frontierlag.scores.metric."
    )
    return metric, [note], []


def days_of(name: str, last: date) -> tuple[date | None, date, str, list[Finding]]:
    """Return vintage, as-of date, the rule for it, and findings of a user's table.

    One date YYYY-MM-DD in the file's stem is the vintage, unless releases (the last of them) are
    later or it is more than 120 days after them.
    """
    in_name = {parsing.parse_date(text) for text in _DATE_IN_NAME.findall(name)} - {None}
    vintage = in_name.pop() if len(in_name) == 1 else None
    by_last = f"As-of date {last}: that of the last release in the table."
    if vintage is None:
        return None, last, by_last, []
    if vintage < last:
        rule = (
            f"{by_last} The date {vintage} in the file's name is earlier, so it is not taken as "
            "the vintage."
        )
        said = (
            f"The last release, {last}, is later than the date {vintage} in the file's name. Check "
            "the dates after it, or give --as-of."
        )
        return None, last, rule, [Finding("check", said)]
    if vintage - last > MOST_AFTER:
        said = (
            f"The date {vintage} in the file's name is {(vintage - last).days} days after the last "
            f"release, so it is not taken as the as-of date, which is {last}: lags would grow with "
            "each day between. Give the table a later release, or rename the file."
        )
        return None, last, by_last, [Finding("wrong", said)]
    return vintage, vintage, f"As-of date {vintage}: the date in the file's name.", []
