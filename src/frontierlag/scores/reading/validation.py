"""Every bad cell of a score table at once: pandera schemas over its text and over its values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from frontierlag.errors import ScoresError
from frontierlag.scores.metric import Metric
from frontierlag.scores.reading import parsing
from frontierlag.scores.reading.weights import WEIGHTS

EARLIEST = pd.Timestamp("2015-01-01")
LATEST = pd.Timestamp("2100-12-31")
SHOWN = 20
_ROUNDING = 1e-9
# Columns of dates, and what they are.
DATE_COLUMNS = {
    "released": "release date",
    "announced": "date of the announcement",
    "released_low": "first day that the release date may be",
    "released_high": "last day that the release date may be",
}
_CONTROL = "[\x00-\x1f\x7f-\x9f]"


@dataclass(frozen=True)
class Problem:
    """One bad cell: its line in the file, its column, what is in it and what to do."""

    row: int
    column: str
    value: str
    advice: str

    def __str__(self) -> str:
        """Return the problem as one line."""
        return f"row {self.row}, column {self.column!r}, found {self.value!r}: {self.advice}"


class BadRowsError(ScoresError):
    """A score table with bad rows; `problems` holds all of them, the message the first ones."""

    def __init__(self, shown_as: str, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        rows = len({problem.row for problem in problems})
        lines = [f"{shown_as}: {len(problems)} problem(s) in {rows} row(s) (the header is line 1)."]
        lines += [f"  {problem}" for problem in problems[:SHOWN]]
        if len(problems) > SHOWN:
            lines.append(f"  and {len(problems) - SHOWN} more problem(s).")
        super().__init__("\n".join(lines))


Kept = Callable[[pd.DataFrame], pd.Series]


@dataclass(frozen=True)
class Rule:
    """A rule that each row must keep: `kept` maps a frame to one boolean a row."""

    name: str
    column: str
    advice: str | Callable[[str], str]
    kept: Kept

    def advise(self, value: str) -> str:
        """What to do about a cell with this value."""
        return self.advice if isinstance(self.advice, str) else self.advice(value)


def _blank(cells: pd.Series) -> pd.Series:
    return cells.str.casefold().isin(parsing.BLANKS)


def _readable(column: str, read: Callable[[pd.Series], np.ndarray]) -> Kept:
    return lambda f: pd.Series(~pd.isna(read(f[column])), index=f.index) | _blank(f[column])


def _half(column: str, other: str) -> Rule:
    advice = f"give {column} too, or neither of low and high"
    return Rule("half interval", column, advice, lambda f: ~_blank(f[column]) | _blank(f[other]))


def _printable(column: str) -> Kept:
    """No control characters: they would move the cursor of a terminal or break a line of a page."""
    return lambda f: ~f[column].str.contains(_CONTROL, regex=True)


def _date_advice(words: str) -> Callable[[str], str]:
    return lambda value: parsing.date_advice(value, words)


def _in_range(column: str) -> Kept:
    return lambda f: ~((f[column] < EARLIEST) | (f[column] > LATEST))


def _possible(f: pd.DataFrame) -> pd.Series:
    """No standard error of an accuracy is larger than that of two problems."""
    between = (f["score"] > 0) & (f["score"] < 1)
    largest = f["score"] * (1 - f["score"]) * (1 + 1e-6)
    return ~((f["stderr"] > 0.5) | (between & (f["stderr"] ** 2 > largest)))


# Rules on the cells as they are written; columns hold text.
TEXT_RULES = (
    Rule("named", "model", "give the model a name", lambda f: f["model"].str.strip() != ""),
    *(Rule("printable", column, "remove the control character", _printable(column))
      for column in ("model", "organization", "country")),
    *(Rule("date", column, _date_advice(words), _readable(column, parsing.days))
      for column, words in DATE_COLUMNS.items()),
    *(Rule("number", column, "write a finite number with a decimal point, such as 96.7",
           _readable(column, parsing.numbers))
      for column in ("score", "low", "high", "stderr")),
    Rule("vocabulary", "weights", "write open, closed or unknown",
         lambda f: f["weights"].isin(WEIGHTS)),
    _half("low", "high"),
    _half("high", "low"),
)  # fmt: skip
# Rules on parsed values, where a missing or unreadable cell is NaN.
VALUE_RULES = (
    *(Rule("range", column, f"give a date from {EARLIEST:%Y-%m-%d} to {LATEST:%Y-%m-%d}",
           _in_range(column))
      for column in DATE_COLUMNS),
    Rule("first day", "released_low",
         "later than the release date: give the first day that it may be, or leave it blank",
         lambda f: ~(f["released_low"] > f["released"])),
    Rule("last day", "released_high",
         "earlier than the release date: give the last day that it may be, or leave it blank",
         lambda f: ~(f["released_high"] < f["released"])),
    Rule("order", "low", "low is above high: give the lower end first",
         lambda f: ~(f["low"] > f["high"])),
    Rule("inside", "score",
         "the score lies outside its own interval from low to high: correct one of them",
         lambda f: ~((f["score"] < f["low"] - _ROUNDING) | (f["score"] > f["high"] + _ROUNDING))
         | (f["low"] > f["high"])),
    Rule("positive", "stderr",
         "a standard error is not negative: write 0 if the score is exact by definition",
         lambda f: ~(f["stderr"] < 0)),
)  # fmt: skip
ACCURACY_RULES = (
    Rule("accuracy", "score",
         "an accuracy lies from 0 to 1: divide percentages by 100, or give --metric percent if all "
         "are percentages",
         lambda f: ~((f["score"] < 0) | (f["score"] > 1))),
    Rule("possible", "stderr",
         "no accuracy has such a standard error (at most 0.5, and less than that of two problems): "
         "divide percentage points by 100",
         _possible),
)  # fmt: skip
INTERVAL_RULES = (
    Rule("interval", "low/high/stderr",
         "give an interval or a stderr (write stderr 0 if the score is exact by definition), or "
         "say what to do with such rows: --missing-intervals median or drop",
         lambda f: ~f["lacks_interval"] | f["anchor"]),
)  # fmt: skip


def problems(
    text: pd.DataFrame, values: pd.DataFrame, metric: Metric | None
) -> tuple[Problem, ...]:
    """Return every bad cell of a table, in the order of its rows.

    Text and values are the same rows of the own schema by line, as written and parsed (NaT and NaN
    where blank or not read). The metric decides the allowed range of scores and which models need
    no interval; it is None for an index that is unknown.
    """
    blank = {c: _blank(text[c]) for c in ("released", "score", "low", "high", "stderr")}
    uncertain = ~(blank["low"] & blank["high"] & blank["stderr"])
    anchor = [metric is not None and metric.is_anchor(model, score)
              for model, score in zip(text["model"], values["score"], strict=True)]  # fmt: skip
    lacks_interval = ~uncertain & ~blank["score"] & ~blank["released"]
    checked = values.assign(lacks_interval=lacks_interval, anchor=anchor)
    accuracy = metric is not None and metric.unit == "accuracy"
    rules = VALUE_RULES + (ACCURACY_RULES if accuracy else ())
    rules += INTERVAL_RULES if uncertain.any() else ()
    found = _broken(text, text, TEXT_RULES) + _broken(checked, text, rules)
    usable = ~blank["released"] & ~blank["score"]
    found += _conflicting_names(text[usable])
    return tuple(sorted(found, key=lambda problem: problem.row))


def _broken(frame: pd.DataFrame, text: pd.DataFrame, rules: tuple[Rule, ...]) -> list[Problem]:
    """Validate a frame lazily against rules and return the rows that break them."""
    # One column of outcomes a rule: pandera reports a failure by its column and row.
    by_name = {f"{rule.name}: {rule.column}": rule for rule in rules}
    outcomes = pd.DataFrame({name: rule.kept(frame) for name, rule in by_name.items()})
    schema = pa.DataFrameSchema(
        {name: pa.Column(bool, pa.Check.equal_to(True, name=name)) for name in by_name}
    )
    try:
        schema.validate(outcomes, lazy=True)
    except SchemaErrors as error:
        cases = error.failure_cases
    else:
        return []
    cells = {column: dict(zip(text.index, text[column], strict=True)) for column in text.columns}
    found = []
    for name, row in zip(cases["column"], cases["index"], strict=True):
        rule = by_name[str(name)]
        value = str(cells[rule.column][row]) if rule.column in cells else ""
        if rule.name == "order":
            value = f"{value} > {cells['high'][row]}"
        elif rule.name == "inside":
            value = f"{value} not in [{cells['low'][row]}, {cells['high'][row]}]"
        found.append(Problem(int(row), rule.column, value, rule.advise(value)))
    return found


def _conflicting_names(text: pd.DataFrame) -> list[Problem]:
    """Return rows that share a model's name but not its values (identical rows are no conflict)."""
    distinct = text.drop_duplicates()
    shared = distinct[distinct["model"].duplicated(keep=False) & (distinct["model"] != "")]
    found = []
    for model, group in shared.groupby("model", sort=False):
        rows = [int(row) for row in group.index]
        for row in rows:
            listed = [str(other) for other in rows[:6] if other != row][:5]
            others = ", ".join(listed) + (", ..." if len(rows) > 6 else "")
            advice = (
                f"the same name with other values is in row(s) {others}: keep one row a model, "
                "give the rows different names, or take one by --reruns mean, best or latest"
            )
            found.append(Problem(row, "model", str(model), advice))
    return found
