"""What of a new vintage is refused, what is listed, and what is neither."""

from __future__ import annotations

import pandas as pd
import pytest
from vintage_server import HEADER, epoch_csv

from frontierlag.errors import ResultsError
from frontierlag.scores import ReadOptions, load_scores
from frontierlag.scores.registry import registry
from frontierlag.scores.table import table_of
from frontierlag.updates.archive import INDEX, Archive, Kept, moment
from frontierlag.updates.check import MOST_GONE, differences, headings_differ
from frontierlag.updates.words import cells_moved, signed

ROWS = 40


def frame(n=ROWS):
    """Models of two countries, made up, in an index of their own."""
    k = range(n)
    return pd.DataFrame(
        {
            "model": [f"M{i}" for i in k],
            "organization": [f"Lab {i % 4}" for i in k],
            "country": ["USA" if i % 2 else "China" for i in k],
            "weights": ["open" if i % 3 else "closed" for i in k],
            "released": [f"2025-{1 + i // 4:02d}-{1 + i % 4:02d}" for i in k],
            "points": [100 + i + (i % 5) for i in k],
            "stderr": [2.0] * n,
        }
    )


def read(given, **options):
    asked = ReadOptions(**({"column": ("score=points",)} | options))
    return table_of(given.to_csv(index=False).encode(), "own", "own.csv", options=asked)


def said(after, before=None, **options):
    return differences(read(frame() if before is None else before), read(after, **options))


CHANGES = {
    "nothing": (lambda f: f, []),
    "scores, as every vintage": (lambda f: f.assign(points=f["points"] + 1), []),
    "a column that is read is gone": (
        lambda f: f.drop(columns="stderr"),
        ["the column 'stderr', read as stderr, is gone"],
    ),
    "a column is read from another heading": (
        lambda f: f.rename(columns={"released": "release date"}),
        ["released was read from 'released' and would be from 'release date'"],
    ),
    "another case is the same heading": (lambda f: f.rename(columns={"model": "Model"}), []),
    "a new column would be read": (
        lambda f: f.assign(announced=f["released"]),
        ["the column 'announced' is new and would be read as announced"],
    ),
    "most of a column is blank": (
        lambda f: f.assign(organization=["" if i < 30 else "Lab" for i in range(len(f))]),
        ["the column 'organization' is filled in 10 of 40 rows, before in 40 of 40"],
    ),
    "another order": (
        lambda f: f.assign(points=[100 + (7 * i) % 40 + i / 4 for i in range(len(f))]),
        ["have another order by score (rank correlation 0."],
    ),
    "another scale": (
        lambda f: f.assign(points=f["points"] * 3, stderr=f["stderr"] * 3),
        ["moved by 243.0 in the median, more than their spread of"],
    ),
    "dates of most": (
        lambda f: f.assign(released=[day.replace("2025", "2024") for day in f["released"]]),
        ["released is another in 40 of 40 models in both"],
    ),
    "dates of few": (
        lambda f: f.assign(released=["2025-01-30", *f["released"][1:]]),
        [],
    ),
    "openness of most": (
        lambda f: f.assign(weights=["closed" if w == "open" else "open" for w in f["weights"]]),
        ["weights is another in 40 of 40 models in both"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", CHANGES)
def test_what_may_mean_something_else_is_named(how):
    change, expected = CHANGES[how]
    found = said(change(frame()))
    assert len(found.layout) == len(expected), found.layout
    for clause, part in zip(found.layout, expected, strict=True):
        assert part in clause
    assert found.gone == ()


def test_columns_that_are_not_read_are_remarked_and_not_refused():
    before = frame().assign(note="x", other=1)
    found = said(frame().assign(other=1, link="y"), before)
    assert found.layout == ()
    assert found.remarks == (
        "Columns that are not read and are no longer there: 'note'.",
        "Columns that are not read and are new: 'link'.",
    )


def test_another_level_of_the_intervals_is_another_meaning():
    ends = frame().assign(low=lambda f: f["points"] - 3, high=lambda f: f["points"] + 3)
    ends = ends.drop(columns="stderr")
    found = said(ends.rename(columns={"low": "low_95", "high": "high_95"}), ends)
    assert "intervals were of 90% and would be of 95%" in found.layout
    assert said(ends, ends).layout == ()


@pytest.mark.parametrize(("lost", "counts"), [(4, False), (5, True)])
def test_more_than_a_tenth_of_the_models_gone_is_too_many(lost, counts):
    found = said(frame().iloc[lost:])
    assert MOST_GONE * ROWS == 4
    assert found.gone == (tuple(sorted(f"M{i}" for i in range(lost))) if counts else ())
    assert (found.moved["column"] == "gone").sum() == lost
    assert found.layout == ()


def test_no_step_of_the_publisher_s_own_archive_is_another_layout():
    """27 vintages, of which one is refused by itself and one lacks too many models."""
    last, smaller = None, []
    for entry in registry().archive:
        if entry.note.startswith("refused"):
            continue
        table = load_scores(entry.name)
        if last is not None:
            found = differences(last, table)
            assert found.layout == (), entry.name
            if found.gone:
                smaller.append((entry.name, len(found.gone)))
        last = table
    assert smaller == [("eci-2026-03-10", 23)]


def test_a_date_that_moved_is_listed_as_published_and_in_use():
    """o3's published date moved; the day in use is settled by a correction and did not."""
    found = differences(load_scores("eci-2025-12-19"), load_scores("eci-2026-08-11"))
    rows = found.moved[found.moved["model"] == "o3"].to_dict("records")
    assert rows == [
        {"model": "o3", "column": "released", "before": "2025-04-16", "after": "2024-12-20"}
    ]
    assert any(
        "o3 from 2025-04-16 to 2024-12-20 (not the day in use)" in words
        for words in cells_moved(found.moved[found.moved["model"] == "o3"])
    )


def test_headings_of_a_table_that_cannot_be_read_are_compared():
    one = epoch_csv("eci-2026-05-08")
    other = one.replace(b"eci,", b"capability,", 1)
    assert headings_differ(one, other) == (
        "against the last vintage, headings gone: 'eci'; new: 'capability'"
    )
    assert headings_differ(one, one) == ""
    assert headings_differ(one, b"\xff\xfe nothing").startswith("against the last vintage")
    assert HEADER[0] in headings_differ(one, b"")


@pytest.mark.parametrize(
    ("months", "mcse", "words"),
    [(0.26, 0.01, "+0.3"), (-0.04, 0.01, "+0.0"), (-1.26, 0.2, "-1"), (0, 0, "none")],
)
def test_a_change_has_a_sign_and_no_more_digits_than_it_bears(months, mcse, words):
    assert signed(months, mcse) == words


def test_the_time_of_fetching_is_in_utc():
    assert moment(None, "Thu, 26 Nov 2026 23:30:00 -0200") == "2026-11-27T01:30:00Z"
    assert moment(None, "Thu, 26 Nov 2026 23:30:00 GMT") == "2026-11-26T23:30:00Z"


ROW = Kept("2026-05-08T00:00:00Z", "accepted", "", "3", "ab", "9", "ab/a.csv", "https://x.y", "")


@pytest.mark.parametrize(
    "change",
    [{"state": "perhaps"}, {"fetched": "yesterday"}, {"file": "../../a.csv"}, {"reading": "["}],
    ids=str,
)
def test_a_list_of_vintages_that_was_changed_is_not_used(tmp_path, change):
    archive = Archive(tmp_path)
    archive.record(ROW)
    assert Archive(tmp_path).kept == (ROW,)
    path = archive.folder / INDEX
    table = pd.read_csv(path, dtype=str, keep_default_na=False).assign(**change)
    table.to_csv(path, index=False)
    with pytest.raises(ResultsError, match="put it back as it was"):
        Archive(tmp_path)
