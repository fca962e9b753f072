"""What a user's table measures and which day it speaks for, by its columns and its name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from frontierlag.errors import ScoresError
from frontierlag.scores.metric import ECI, KNOWN_BENCHMARKS, Metric, benchmark_metric
from frontierlag.scores.reading import parsing
from frontierlag.scores.reading.files import TextTable
from frontierlag.scores.reading.headings import fold
from frontierlag.scores.reading.measures import MeasuredColumns
from frontierlag.scores.reading.options import ReadOptions
from frontierlag.scores.reading.report import Finding

# Where the median of ECI scores can lie; its anchors define 130 and 150.
ECI_RANGE = (60.0, 200.0)
_ANCHOR_OFF = 2.0
# A date in a file's name this long after the last release is no day that the table speaks for.
MOST_AFTER = timedelta(days=120)
_DATE_IN_NAME = re.compile(r"(?<![0-9])20[0-9]{2}-[0-9]{2}-[0-9]{2}(?![0-9])")


def known_metric(
    raw: TextTable,
    name: str,
    heading: str,
    models: Sequence[str],
    scores: NDArray[np.float64],
    found: MeasuredColumns,
    options: ReadOptions,
) -> tuple[Metric | None, list[str], list[Finding]]:
    """Return what a table measures; None for an index that only its own scores can scale.

    Parameters
    ----------
    raw
        The table as read.
    name
        The file's stem.
    heading
        That of the score column.
    models, scores
        One each a row, shape (n,); NaN where there is no score.
    found
        Whether scores were in percent, and their scale.
    options
        Names the metric, where the user does.

    Returns
    -------
    Metric or None
        By the user; else by the layout, the score column's heading, the file's name; else ECI if
        both of its anchor models are there with their defining scores. ECI by name or heading needs
        scores that can be ECI's.
    list of str
        How it was decided, where the columns alone do not say it.
    list of Finding
        What speaks against a name.

    Raises
    ------
    ScoresError
        If the user names a metric that is not known.
    """
    words = " ".join(re.split(r"[\s_-]+", _DATE_IN_NAME.sub("", name))).strip() or name
    folded = words.casefold()
    scale = raw.recognized.layout.scale
    heading = fold(heading)
    asked = fold(options.metric).replace("-", " ")
    if asked:
        return _asked(asked, words, options.metric)
    if found.scale.changes:
        return None, [], []
    if scale == "accuracy":
        return (*_accuracy(words), [])
    if scale == "eci" or heading in ("eci", "eci score"):
        return _eci(models, scores, "by its column of scores", said=False)
    if folded in KNOWN_BENCHMARKS and (found.percent or np.nanmax(scores, initial=0.0) <= 1):
        metric = KNOWN_BENCHMARKS[folded]
        return metric, [f"Read as {metric.name} by the file's name."], []
    if heading.startswith("accuracy") or found.percent:
        return (*_accuracy(words), [])
    if folded.split(" ")[0] == "eci":
        return _eci(models, scores, "by the file's name", said=True)
    at = dict(zip(models, scores.tolist(), strict=True))
    if all(ECI.is_anchor(model, at.get(model, float("nan"))) for model, _ in ECI.anchors):
        return ECI, ["Read as ECI: both of its anchor models have the scores that define it."], []
    return None, [], []


def _asked(asked: str, words: str, as_given: str) -> tuple[Metric | None, list[str], list[Finding]]:
    if asked == "index":
        return None, [], []
    if asked in ("accuracy", "percent"):
        return (*_accuracy(words), [])
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


def _eci(
    models: Sequence[str], scores: NDArray[np.float64], by: str, said: bool
) -> tuple[Metric | None, list[str], list[Finding]]:
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


def _accuracy(words: str) -> tuple[Metric, list[str]]:
    """A benchmark's metric, and a note where its chance level is taken for 0 for want of better."""
    metric = benchmark_metric(words)
    if words.casefold() in KNOWN_BENCHMARKS:
        return metric, []
    return metric, [
        f"The chance level of {metric.name} is not known here and is taken as 0: if its problems "
        "are multiple choice, declare it in KNOWN_BENCHMARKS of frontierlag.scores.metric."
    ]


def days_of(name: str, last: date) -> tuple[date | None, date, str, list[Finding]]:
    """Return vintage, as-of date, the rule for it, and findings of a user's table.

    Parameters
    ----------
    name
        The file's stem; one date YYYY-MM-DD in it is the vintage, unless releases are later or it
        is more than 120 days after the last release.
    last
        The last release date in the table.
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
