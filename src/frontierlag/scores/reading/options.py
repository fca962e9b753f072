"""What only the user can know of a table, as one object that loader, jobs and manifests share."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

# The columns of the own schema that `--column NAME=HEADING` can name.
COLUMNS = ("model", "organization", "country", "weights", "released", "announced", "score", "low",
           "high", "stderr")  # fmt: skip
# What is refused by default because it makes wrong numbers, and can be let through by name.
ACCEPTABLE = ("bounded", "falling", "mixed-scale", "outliers", "same-name", "stderr-scale")


class ReadOptions(BaseModel):
    """How to read a table where the table itself does not say it.

    Parameters
    ----------
    column
        Which heading holds a column, each as ``score=elo``: model, organization, country, weights,
        released, announced, score, low, high or stderr, then the heading as the file has it.
    interval_level
        Probability of the table's intervals, such as 0.95. None: by the headings (``low_95``), else
        0.9. Intervals of another level are brought to 90 % about the score, as of a normal error.
    lower_is_better
        Whether a lower score is a better one (cost, loss, error rates); scores are then negated.
    log2
        Whether to take the logarithm to base 2 of scores and interval ends (time horizons, costs).
        With `lower_is_better` the logarithm is taken first.
    unit
        What the table's values are in, in words, where a logarithm or the negative is taken:
        'minutes', 'USD a task'. Empty: the heading's words.
    metric
        'index' (unbounded), 'accuracy' (0 to 1), 'percent' (an accuracy in percent, divided by
        100), 'eci', or the name of a known benchmark; empty: by the table.
    reruns
        Rows that share a model's name but not their values: 'refuse'; take their 'mean', the 'best'
        score, or the 'latest' row by date (of equals the last in the file).
    missing_intervals
        Rows without an interval in a table that has some: 'refuse'; give them the 'median' width of
        the others; or 'drop' them.
    dates_from
        A table with the models' dates, makers, countries or weights, joined by model name where
        this one has none; empty: none.
    accept
        Findings to accept that are refused by default because they make wrong numbers: bounded,
        falling, mixed-scale, outliers, same-name, stderr-scale.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: tuple[str, ...] = ()
    interval_level: float | None = Field(default=None, gt=0.0, lt=1.0)
    lower_is_better: bool = False
    log2: bool = False
    unit: str = ""
    metric: str = ""
    reruns: Literal["refuse", "mean", "best", "latest"] = "refuse"
    missing_intervals: Literal["refuse", "median", "drop"] = "refuse"
    dates_from: str = ""
    accept: tuple[str, ...] = ()

    @field_validator("column")
    @classmethod
    def _columns(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for pair in given:
            column, found, heading = pair.partition("=")
            if not found or column.strip() not in COLUMNS or not heading.strip():
                raise ValueError(
                    f"{pair!r}: write COLUMN=HEADING, such as score=elo, with one of "
                    f"{', '.join(COLUMNS)}"
                )
        names = [pair.partition("=")[0].strip() for pair in given]
        if len(set(names)) < len(names):
            raise ValueError("each column can be given once")
        return given

    @field_validator("accept")
    @classmethod
    def _accept(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for name in given:
            if name not in ACCEPTABLE:
                raise ValueError(f"{name!r} is none of {', '.join(ACCEPTABLE)}")
        return given

    @property
    def columns(self) -> dict[str, str]:
        """The headings that were given, by column of the own schema."""
        pairs = (pair.partition("=") for pair in self.column)
        return {column.strip(): heading.strip() for column, _, heading in pairs}

    @property
    def of_rows(self) -> ReadOptions:
        """What is to be done with rows, and nothing of what the columns of one table mean."""
        return ReadOptions(
            reruns=self.reruns, missing_intervals=self.missing_intervals, accept=self.accept
        )

    def words(self) -> list[str]:
        """Return the command line's words for what differs from the defaults."""
        found = []
        for name, value in self.model_dump(exclude_defaults=True).items():
            option = f"--{name.replace('_', '-')}"
            if value is True:
                found.append(option)
            else:
                each = value if isinstance(value, tuple) else (value,)
                found += [word for one in each for word in (option, str(one))]
        return found


DEFAULT_OPTIONS = ReadOptions()
