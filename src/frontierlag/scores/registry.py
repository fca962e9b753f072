"""The one list of reference tables, ``data/registry.toml``, as frozen models.

What a table is called, which file holds it, what it measures, which days it speaks for and what it
is used for stands there and nowhere else.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from frontierlag.errors import ScoresError

Kind = Literal["scores", "results"]
DATA = resources.files("frontierlag.scores") / "data"


def shipped_rows(file: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file of the package's data, each by its headings."""
    text = (DATA / file).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ReferenceTable(_Frozen):
    """One table that comes with the package."""

    # What a user calls it by, and its file below the package's folder of data.
    name: str
    file: str
    # 'scores', one row a model; or 'results', one row a benchmark result.
    kind: Kind
    # Name of what a score is.
    metric: str
    # The day on which it was published, and the last day that it speaks for.
    vintage: date
    as_of: date
    # What it is, in words.
    what: str
    # Those that it allows.
    comparisons: Annotated[tuple[str, ...], Field(min_length=1)]
    # The credit that goes wherever the figures go.
    attribution: str
    # Comparisons of the main job.
    main: tuple[str, ...] = ()
    # Of benchmark results: the score table that has their models' dates, makers and countries.
    scores: str = ""
    # Further terms of use, and what a reader should know of this table.
    terms: str = ""
    note: str = ""
    # Whether nothing that came later was measured in this way, so that the last day that it speaks
    # for is earlier than its vintage.
    ended: bool = False
    # Whether it is one of the archive of vintages.
    archived: bool = False

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not set(self.main) <= set(self.comparisons):
            raise ValueError(f"{self.name}: the main job compares what the table does not allow")
        if (self.as_of < self.vintage) != self.ended:
            ended = "has ended, but is" if self.ended else "has not ended, but is"
            raise ValueError(
                f"{self.name}: {ended} as of {self.as_of}, "
                f"{'not ' if self.ended else ''}before its vintage {self.vintage}"
            )
        if bool(self.scores) != (self.kind == "results"):
            raise ValueError(f"{self.name}: results, and only they, name their score table")
        return self

    @property
    def source(self) -> Traversable:
        """The file."""
        return DATA / self.file


class Roles(_Frozen):
    """Names of the tables that are used where none is named."""

    # What a command reads by default, and the benchmark results behind it.
    scores: str
    results: str
    # The vintage behind the published figure.
    published: str
    # The table for the claim about a single benchmark.
    accuracy: str


class Registry(_Frozen):
    """All reference tables, main ones first, each part in the order of the file."""

    tables: tuple[ReferenceTable, ...]
    roles: Roles
    attributions: Mapping[str, str]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        names = [table.name for table in self.tables]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"table(s) listed twice: {', '.join(sorted(twice))}")
        named = {*self.roles.model_dump().values(), *(t.scores for t in self.tables if t.scores)}
        if not named <= set(names):
            raise ValueError(f"no such table: {', '.join(sorted(named - set(names)))}")
        return self

    def find(self, name: str, kind: Kind) -> ReferenceTable | None:
        """The table of a name; None if there is none of this kind."""
        return next((t for t in self.tables if (t.name, t.kind) == (name, kind)), None)

    def of(self, kind: Kind, *, archived: bool | None = None) -> tuple[ReferenceTable, ...]:
        """Tables of a kind; with ``archived``, the main ones or those of the archive alone."""
        return tuple(t for t in self.tables if t.kind == kind and archived in (None, t.archived))

    @property
    def archive(self) -> tuple[ReferenceTable, ...]:
        """The archive of vintages, by day."""
        return self.of("scores", archived=True)

    def before(self, name: str) -> str:
        """The main table of the same metric whose vintage is the last one before; '' if none."""
        now = self.find(name, "scores")
        if now is None:
            return ""
        earlier = [
            t
            for t in self.of("scores", archived=False)
            if t.metric == now.metric and t.vintage < now.vintage
        ]
        return max(earlier, key=lambda t: t.vintage).name if earlier else ""

    def main_jobs(self) -> tuple[tuple[str, str, str], ...]:
        """Score table, comparison and benchmark results (or '') of every part of the main job."""
        return tuple(
            (t.scores or t.name, comparison, t.name if t.scores else "")
            for t in self.tables
            for comparison in t.main
        )


@cache
def registry() -> Registry:
    """Return the registry of the package."""
    return read_registry((DATA / "registry.toml").read_text(encoding="utf-8"))


def read_registry(text: str) -> Registry:
    """Read a registry from the text of its file.

    Raises
    ------
    ScoresError
        If it is not TOML, or inconsistent.
    """
    try:
        given = tomllib.loads(text)
        credit: dict[str, str] = given["attributions"]
        archive: dict[str, Any] = given["archive"]
        vintages: dict[str, str] = archive.pop("vintages")
        listed = given["table"] + [_of_day(archive, day, vintages[day]) for day in sorted(vintages)]
        tables = tuple(
            ReferenceTable(**one | {"attribution": credit[one["attribution"]]}) for one in listed
        )
        return Registry(tables=tables, roles=Roles(**given["roles"]), attributions=credit)
    except KeyError as error:
        raise ScoresError(f"the registry of reference tables has no {error}") from None
    except ValueError as error:
        raise ScoresError(f"the registry of reference tables is inconsistent: {error}") from None


def _of_day(archive: dict[str, Any], day: str, note: str) -> dict[str, Any]:
    """The entry of one vintage of the archive."""
    filled = {
        key: value.format(day=day) if isinstance(value, str) else value
        for key, value in archive.items()
    }
    when = date.fromisoformat(day)
    return filled | {"vintage": when, "as_of": when, "note": note, "archived": True}


ATTRIBUTION = registry().attributions["Epoch AI"]


def is_epochs(credit: str) -> bool:
    """Whether a credit is that of Epoch AI's figures, alone or with what else was used."""
    return credit.startswith(ATTRIBUTION)


def own_credit(file: str) -> str:
    """The credit of a table that a user gives: the name of its file."""
    return f"Data: {file}."


def joined_credit(*credits: str) -> str:
    """The credits of what was used together, each once: a longer one that begins alike has both."""
    kept = [
        credit
        for credit in credits
        if credit and not any(one.startswith(credit) for one in credits if one != credit)
    ]
    return " ".join(dict.fromkeys(kept))
