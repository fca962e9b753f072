"""Two or three faults at once, at random: the clean table's releases, a refusal, or named rows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import pytest
from clothes import Row, base, written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_cases import compared, same

from frontierlag.errors import ScoresError
from frontierlag.scores import load_scores, parse_comparison, releases


@dataclass
class Page:
    """A table on its way to a file; `touched` are rows, from 0, whose values were changed."""

    rows: list[Row]
    delimiter: str = ","
    encoding: str = "utf-8"
    end: str = "\n"
    above: str = ""
    names: dict[str, str] = field(default_factory=dict)
    file: str = "table.csv"
    touched: set[int] = field(default_factory=set)

    def content(self) -> bytes:
        text = self.above + written(self.rows, self.delimiter, self.end, self.names)
        return text.encode(self.encoding)


Fault = Callable[[Page, int], None]


def _each(page: Page, column: str, by: Callable[[str], str]) -> None:
    for row in page.rows:
        row[column] = by(row[column])


def _commas(page: Page, at: int) -> None:
    page.delimiter = ";"
    for column in ("score", "low", "high"):
        _each(page, column, lambda x: x.replace(".", ","))


def _spell(column: str, of: str, words: tuple[str, ...]) -> Fault:
    def fault(page: Page, at: int) -> None:
        for i, row in enumerate(page.rows):
            if row[column] == of and (i + at) % 2:
                row[column] = words[(i + at) % len(words)]

    return fault


def _dates(spelling: str) -> Fault:
    def fault(page: Page, at: int) -> None:
        def by(cell: str) -> str:
            try:
                return date.fromisoformat(cell).strftime(spelling)
            except ValueError:
                return cell

        _each(page, "released", by)

    return fault


def _one(change: Callable[[Row], None]) -> Fault:
    def fault(page: Page, at: int) -> None:
        change(page.rows[at % len(page.rows)])
        page.touched.add(at % len(page.rows))

    return fault


def _times(factor: float) -> Fault:
    def change(row: Row) -> None:
        for column in ("score", "low", "high"):
            row[column] = f"{float(row[column].replace(',', '.')) * factor:.4f}"

    return _one(change)


def _blank(*columns: str, cell: str = "-") -> Fault:
    return _one(lambda row: row.update(dict.fromkeys(columns, cell)))


def _again(page: Page, at: int) -> None:
    row = page.rows[at % len(page.rows)]
    page.rows.append({**row, "model": row["model"].upper().replace(" ", "-")})
    page.touched.add(len(page.rows) - 1)


def _set(**values: object) -> Fault:
    return lambda page, at: [setattr(page, name, value) for name, value in values.items()] and None


FAULTS: dict[str, Fault] = {
    "semicolons": _set(delimiter=";"),
    "tabs": _set(delimiter="\t"),
    "UTF-16": _set(encoding="utf-16"),
    "mark": _set(encoding="utf-8-sig"),
    "CRLF": _set(end="\r\n"),
    "title": _set(above="Scores, export of 2025-12-01\n\n"),
    "headings": _set(names={"released": "Release Date", "organization": "Developer",
                            "low": "CI low", "high": "CI high"}),
    "validity": _set(file="scores_2033-01-01.csv"),
    "named like the index": _set(file="eci_mine.csv"),
    "decimal commas": _commas,
    "China": _spell("country", "China", ("CN", "China\u200b", "PRC", "P.R. China", "\u00a0China")),
    "USA": _spell("country", "USA", ("U.S.", "America", "US", "\u200eUSA", "U.S.A.")),
    "no country": _one(lambda row: row.update(country="Utopia")),
    "both": _one(lambda row: row.update(country="USA/China")),
    "open": _spell("weights", "open", ("Open weights", "OPEN", "open-source")),
    "slashes": _dates("%Y/%m/%d"),
    "words": _dates("%d %B %Y"),
    "times": _dates("%Y-%m-%d 11:59:00"),
    "ten times": _times(10),
    "a tenth": _times(0.1),
    "a hundredth": _times(0.01),
    "no score": _blank("score", "low", "high"),
    "no date": _blank("released", cell=""),
    "no interval": _blank("low", "high", cell=""),
    "day first": _one(lambda row: row.update(released="03/04/2024")),
    "month": _one(lambda row: row.update(released="2024-03")),
    "far away": _one(lambda row: row.update(released="2029-03-01")),
    "stray comma": _one(lambda row: row.update(score=row["score"].replace(".", ","))),
    "zero width": _one(lambda row: row.update(low=row["score"], high=row["score"])),
    "twice": _again,
}  # fmt: skip


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    return compared(tmp_path_factory.mktemp("clean"), written(base()).encode())


@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    names=st.lists(st.sampled_from(sorted(FAULTS)), min_size=2, max_size=3, unique=True),
    at=st.lists(st.integers(0, 49), min_size=3, max_size=3),
)  # fmt: skip
def test_no_fault_passes_in_silence(tmp_path, clean, names, at):
    page = Page(base())
    for name, row in zip(names, at, strict=False):
        try:
            FAULTS[name](page, row)
        except ValueError:  # the cell is blank by an earlier fault
            return
    path = tmp_path / page.file
    path.write_bytes(page.content())
    try:
        table = load_scores(path)
        found = releases(table, parse_comparison("us-china"))
    except ScoresError:
        return
    if same(found, clean):
        assert table.as_of == max(date(1970, 1, 1), clean.as_of) or table.reading.of("wrong")
        return
    # Not the clean table's releases: every changed row is named or left out with its cell.
    named = {row for f in table.reading.of("wrong", "check") for row in f.rows}
    left = {entry.row for entry in found.left_out}
    lines = {i + 2 + page.above.count("\n") for i in page.touched}
    assert lines <= named | left, (names, lines - named - left)
    assert lines
    assert not math.isnan(found.score.sum())
