"""Comparisons by name, refusals, and records against a brute-force search."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frontierlag.errors import ScoresError
from frontierlag.scores import (
    Comparison,
    Releases,
    default_window_start,
    load_scores,
    parse_comparison,
    records,
    releases,
)
from frontierlag.scores.metric import ECI

US_CHINA = parse_comparison("us-china")


def make(rows):
    """Return Releases of rows (day, score, model, group)."""
    rows = sorted(rows, key=lambda row: row[:3])
    day, score, model, group = (list(column) for column in zip(*rows, strict=True))
    zero = np.zeros(len(rows))
    return Releases(
        comparison=US_CHINA,
        metric=ECI,
        as_of=date(2030, 1, 1),
        table="made",
        model=np.array(model, dtype=str),
        organization=np.array(model, dtype=str),
        day=np.array(day, dtype=np.int64),
        group=np.array(group, dtype=np.int64),
        score=np.array(score, dtype=float),
        stderr=zero,
        stderr_low=zero,
        stderr_high=zero,
        low=np.array(score, dtype=float),
        high=np.array(score, dtype=float),
    )


def is_record(row, rows):
    """Whether no earlier release is as good, and no other of the day is better or before it."""
    day, score, model, group = row
    rivals = [other for other in rows if other[3] == group and other is not row]
    earlier = all(other[1] < score for other in rivals if other[0] < day)
    same_day = all((-score, model) < (-other[1], other[2]) for other in rivals if other[0] == day)
    return earlier and same_day


rows_strategy = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 6), st.integers(0, 1)), min_size=1, max_size=30
)


@settings(max_examples=200, deadline=None)
@given(rows_strategy, st.randoms(use_true_random=False))
def test_records_against_brute_force(triples, random):
    names = [f"m{i:02d}" for i in range(len(triples))]
    random.shuffle(names)
    rows = [(d, s, n, g) for (d, s, g), n in zip(triples, names, strict=True)]
    found = make(rows)
    expected = {row[2] for row in rows if is_record(row, rows)}
    assert set(found.model[records(found)]) == expected
    for group in (0, 1):
        of_group = {row[2] for row in rows if row[3] == group} & expected
        assert set(found.model[records(found, group)]) == of_group


def test_ties_and_days():
    found = make(
        [
            (1, 5.0, "b", 0),
            (1, 5.0, "a", 0),
            (1, 4.0, "c", 0),
            (2, 5.0, "equal", 0),
            (3, 6.0, "second", 0),
            (3, 7.0, "best of day", 0),
            (1, 1.0, "x", 1),
            (4, 2.0, "y", 1),
        ]
    )
    assert found.model[records(found, 0)].tolist() == ["a", "best of day"]
    assert found.model[records(found, 1)].tolist() == ["x", "y"]
    assert default_window_start(found) == date(1970, 1, 5)


def test_default_window_start_needs_two_records():
    found = make([(1, 5.0, "a", 0), (2, 6.0, "b", 0), (1, 1.0, "x", 1), (4, 1.0, "y", 1)])
    with pytest.raises(ScoresError, match=r"'China' has 1 record\(s\)"):
        default_window_start(found)


def test_unsorted_and_ragged_releases_are_refused():
    found = make([(1, 5.0, "a", 0), (2, 6.0, "b", 1)])
    values = {name: getattr(found, name) for name in Releases.__dataclass_fields__}
    with pytest.raises(ScoresError, match="not sorted"):
        Releases(**{**values, "day": found.day[::-1]})
    with pytest.raises(ScoresError, match=r"Releases\.low has shape \(1,\)"):
        Releases(**{**values, "low": found.low[:1]})


def test_named_comparisons():
    assert Comparison("us-china", "USA", "China", "country") == US_CHINA
    assert parse_comparison(" Closed-Open ") == Comparison(
        "closed-open", "closed", "open", "weights"
    )
    assert parse_comparison("usa:CHINA") == US_CHINA
    assert parse_comparison("United States:France") == Comparison(
        "USA:France", "USA", "France", "country"
    )


def test_looked_up_in_the_table():
    table = load_scores("eci-2026-08-11")
    found = parse_comparison("openai:deepseek", table)
    assert found == Comparison("OpenAI:DeepSeek", "OpenAI", "DeepSeek", "organization")
    assert parse_comparison(found.name, table) == found
    arrays = releases(table, found)
    assert all("OpenAI" in name for name in arrays.organization[arrays.of(0)])
    assert parse_comparison("open:closed", table).column == "weights"
    assert parse_comparison("USA:uae", table).follower == "UAE"


@pytest.mark.parametrize("text", ["us-mars", "a:b:c", ":", "", "USA:DeepSeek", "USA:Mars"])
def test_unknown_comparison_lists_what_there_is(text):
    table = load_scores("eci-2026-08-11")
    with pytest.raises(ScoresError) as caught:
        parse_comparison(text, table)
    message = str(caught.value)
    assert "USA (144)" in message
    assert "open (110)" in message
    assert "OpenAI" in message


def test_unknown_without_a_table():
    with pytest.raises(ScoresError, match="only in a given table"):
        parse_comparison("OpenAI:DeepSeek")


def test_same_group_twice():
    with pytest.raises(ScoresError, match="same group"):
        parse_comparison("USA:us")
    table = load_scores("eci-2026-08-11")
    with pytest.raises(ScoresError, match="same group"):
        releases(table, Comparison("x", "USA", "USA", "country"))


def test_groups_that_are_too_small():
    table = load_scores("eci-2025-12-19")
    with pytest.raises(ScoresError, match=r"'UK' has 1 release\(s\).*2023-08-01"):
        releases(table, parse_comparison("USA:UK", table), date(2023, 8, 1))
    with pytest.raises(ScoresError, match=r"'China' has 1 release\(s\).*by 2023-06-30"):
        releases(table, US_CHINA, date(2023, 6, 30))
    with pytest.raises(ScoresError, match=r"'Mars' has 0 release\(s\).*France"):
        releases(table, Comparison("m", "USA", "Mars", "country"))


def test_too_few_records(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(
        "model,country,released,score\na,USA,2024-01-01,1\nb,USA,2024-01-02,2\nc,USA,2024-01-03,3\n"
        "x,China,2024-01-01,3\ny,China,2024-01-02,2\nz,China,2024-01-03,1\n",
        encoding="utf-8",
    )
    with pytest.raises(ScoresError, match=r"'China' has 1 record\(s\)"):
        releases(load_scores(path), US_CHINA)
