"""What a user's table measures and which day it speaks for, by its columns and its name."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
from numpy.typing import NDArray

from frontierlag.scores import parsing
from frontierlag.scores.metric import ECI, KNOWN_BENCHMARKS, Metric, benchmark_metric
from frontierlag.scores.reading import TextTable

_DATE_IN_NAME = re.compile(r"(?<![0-9])20[0-9]{2}-[0-9]{2}-[0-9]{2}(?![0-9])")


def score_heading(raw: TextTable) -> str:
    """Return the heading of the score column as the file has it."""
    return " ".join(raw.header[raw.recognized.positions["score"][0]].split())


def known_metric(
    raw: TextTable, name: str, models: list[str], scores: NDArray[np.float64]
) -> tuple[Metric | None, list[str]]:
    """Return what a table measures; None for an index that only its own scores can scale.

    Parameters
    ----------
    raw
        The table as read.
    name
        The file's stem.
    models, scores
        One each a row, shape (n,); NaN where there is no score.

    Returns
    -------
    Metric or None
        By the layout; else by the score column's heading; else by the file's name; else ECI if
        both of its anchor models are there with their defining scores.
    list of str
        How it was decided, where the columns alone do not say it.
    """
    words = " ".join(re.split(r"[\s_-]+", _DATE_IN_NAME.sub("", name))).strip() or name
    folded = words.casefold()
    scale = raw.recognized.layout.scale
    heading = score_heading(raw).casefold()
    if scale == "eci" or (scale == "own" and heading == "eci"):
        return ECI, []
    if scale == "accuracy":
        return _accuracy(words)
    if folded in KNOWN_BENCHMARKS:
        metric = KNOWN_BENCHMARKS[folded]
        return metric, [f"Read as {metric.name} by the file's name."]
    if heading == "accuracy":
        return _accuracy(words)
    if folded.split(" ")[0] == "eci":
        return ECI, ["Read as ECI by the file's name."]
    at = dict(zip(models, scores.tolist(), strict=True))
    if all(ECI.is_anchor(model, at.get(model, float("nan"))) for model, _ in ECI.anchors):
        return ECI, ["Read as ECI: both of its anchor models have the scores that define it."]
    return None, []


def _accuracy(words: str) -> tuple[Metric, list[str]]:
    """A benchmark's metric, and a note where its chance level is taken for 0 for want of better."""
    metric = benchmark_metric(words)
    if words.casefold() in KNOWN_BENCHMARKS:
        return metric, []
    return metric, [
        f"The chance level of {metric.name} is not known here and is taken as 0: if its problems "
        "are multiple choice, declare it in KNOWN_BENCHMARKS of frontierlag.scores.metric."
    ]


def days_of(name: str, last: date) -> tuple[date | None, date, list[str]]:
    """Return vintage, as-of date and notes of a user's table.

    Parameters
    ----------
    name
        The file's stem; one date YYYY-MM-DD in it is the vintage, unless releases are later.
    last
        The last release date in the table.
    """
    in_name = {parsing.parse_date(text) for text in _DATE_IN_NAME.findall(name)}
    vintage = in_name.pop() if len(in_name) == 1 else None
    if vintage is None:
        return None, last, [f"As-of date {last}: that of the last release in the table."]
    if vintage >= last:
        return vintage, vintage, [f"As-of date {vintage}: the date in the file's name."]
    note = (
        f"As-of date {last}: that of the last release in the table. The date {vintage} in the "
        "file's name is earlier, so it is not taken as the vintage."
    )
    return None, last, [note]
