"""The one list of reference tables, ``data/registry.toml``, as frozen models.

What a table is called, which file holds it, what it measures, which days it speaks for and what it
is used for stands there and nowhere else.
"""

from __future__ import annotations

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


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ReferenceTable(_Frozen):
    """One table that comes with the package.

    Parameters
    ----------
    name
        What a user calls it by.
    file
        Below the package's folder of data.
    kind
        'scores', one row a model; or 'results', one row a benchmark result.
    metric
        Name of what a score is.
    vintage
        The day on which the table was published.
    as_of
        The last day that it speaks for.
    what
        What it is, in words.
    comparisons
        Those that it allows.
    attribution
        The credit that goes wherever the figures go.
    main
        Comparisons of the main job.
    scores
        Of benchmark results: the score table that has their models' dates, makers and countries.
    terms
        Further terms of use.
    note
        What a reader should know of this table.
    ended
        Whether nothing that came later was measured in this way, so that the last day that it
        speaks for is earlier than its vintage.
    archived
        Whether it is one of the archive of vintages.
    """

    name: str
    file: str
    kind: Kind
    metric: str
    vintage: date
    as_of: date
    what: str
    comparisons: Annotated[tuple[str, ...], Field(min_length=1)]
    attribution: str
    main: tuple[str, ...] = ()
    scores: str = ""
    terms: str = ""
    note: str = ""
    ended: bool = False
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
        return resources.files("frontierlag.scores") / "data" / self.file


class Roles(_Frozen):
    """Names of the tables that are used where none is named.

    Parameters
    ----------
    scores
        What a command reads by default.
    results
        The benchmark results behind it.
    published
        The vintage behind the published figure.
    accuracy
        The table for the claim about a single benchmark.
    """

    scores: str
    results: str
    published: str
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
    """Return the registry of the package.

    Raises
    ------
    ScoresError
        If the file is inconsistent.
    """
    source = resources.files("frontierlag.scores") / "data" / "registry.toml"
    return read_registry(source.read_text(encoding="utf-8"))


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
    kept: list[str] = []
    for credit in credits:
        if credit and not any(
            other.startswith(credit) for other in (*kept, *credits) if other != credit
        ):
            kept.append(credit)
    return " ".join(dict.fromkeys(kept))
