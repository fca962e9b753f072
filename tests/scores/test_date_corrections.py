"""Every record-holder of every reference table has its own row of reasons for its date."""

from __future__ import annotations

import pytest

from frontierlag.dates import AS_PUBLISHED, RELEASED
from frontierlag.errors import ScoresError
from frontierlag.scores import load_scores, records, reference_names, releases
from frontierlag.scores.corrections import corrections
from frontierlag.scores.groups import CLOSED_OPEN, US_CHINA
from frontierlag.scores.reading.options import ReadOptions
from frontierlag.scores.registry import registry


def read(name, dates):
    """A table of the archive has rows without an error, which says nothing against their dates."""
    return load_scores(name, ReadOptions(missing_intervals="median"), dates)


def record_holders(name, dates):
    """Model, published date and date in use of the record-holders of both comparisons."""
    table = read(name, dates)
    published = read(name, AS_PUBLISHED).frame.set_index("row")["released"]
    of_row = dict(zip(table.frame["model"], table.frame["row"], strict=True))
    found = {}
    for comparison in (US_CHINA, CLOSED_OPEN):
        try:
            r = releases(table, comparison)
        except ScoresError:  # a benchmark's table has no weights, a suite no model of China
            assert comparison.name not in registry().find(name, "scores").comparisons, name
            continue
        for at in records(r).nonzero()[0]:
            model = str(r.model[at])
            old = published[of_row[model]].date()
            found[model, old] = (r.date[at].item(), r.day_low[at], r.day_high[at], r.day[at])
    return found


@pytest.mark.parametrize("name", reference_names())
@pytest.mark.parametrize("dates", [RELEASED, AS_PUBLISHED])
def test_every_record_holder_has_a_row_of_reasons(name, dates):
    """Whichever convention makes it one; by release dates the row's date is the one in use."""
    rows = corrections()
    holders = record_holders(name, dates)
    missing = sorted(f"{model} of {old}" for model, old in holders if (model, old) not in rows)
    assert missing == []
    if dates == RELEASED:
        for key, (used, low, high, day) in holders.items():
            row = rows[key]
            assert used == row.new, key
            assert row.low <= used <= row.high, key
            assert (low - day, high - day) == (
                (row.low - row.new).days,
                (row.high - row.new).days,
            ), key


def test_rows_checked_against_the_publisher_alone_name_no_other_source():
    alone = [one for one in corrections().values() if one.from_publisher_alone]
    assert alone  # the pages say how many there are
    for one in alone:
        assert one.source.startswith("Epoch AI, the two files"), one.model
        assert not one.changes, one.model


def test_the_day_of_a_later_model_is_later_and_of_an_earlier_one_earlier():
    for one in corrections().values():
        if one.old_kind == "later model":
            assert one.old > one.new, one.model
        if one.old_kind == "family release":
            assert one.old < one.new, one.model


def test_a_correction_is_of_a_row_that_some_reference_table_has():
    there = {
        (model, day.date())
        for name in reference_names()
        for frame in [read(name, AS_PUBLISHED).frame]
        for model, day in zip(frame["model"], frame["released"], strict=True)
        if day == day
    }
    assert sorted(key for key in corrections() if key not in there) == []


# Names under which the reference tables have one model: no name is a snapshot of its own.
SAME = [
    ("Grok 4", "grok-4-0709"),
    ("GPT-5.1", "gpt-5.1-2025-11-13_high"),
    ("Gemini 3 Pro", "gemini-3-pro-preview"),
    ("Qwen2-72B", "qwen2-72b-instruct"),
    ("GPT-5.2", "gpt-5.2-2025-12-11_xhigh", "gpt-5.2-2025-12-11_high"),
    ("gemini-2.5-pro", "gemini-2.5-pro-preview-06-05"),
    (
        "Kimi K2 Thinking",
        "moonshotai/Kimi-K2-Thinking",
        "kimi-k2-thinking-turbo",
        "kimi-k2-thinking",
    ),
    ("DeepSeek-V3.2", "fireworks/deepseek-v3p2"),
    ("GPT-4 (Mar 2023)", "gpt-4-0314"),
    ("GPT-4 Turbo (Nov 2023)", "gpt-4-1106-preview"),
    ("Claude 3 Opus", "claude-3-opus-20240229"),
    ("o3", "o3-2025-04-16_medium", "o3-2025-04-16_unknown"),
    ("GPT-5", "gpt-5-2025-08-07_medium", "gpt-5-2025-08-07_high"),
    ("claude-3-7-sonnet-20250219", "claude-3-7-sonnet-20250219_16K"),
    ("claude-opus-4-1-20250805", "claude-opus-4-1-20250805_16K"),
    ("claude-opus-4-5-20251101", "claude-opus-4-5-20251101_16K"),
    ("o1-2024-12-17_high", "o1-2024-12-17_medium"),
    ("GPT-4o (Aug 2024)", "gpt-4o-2024-08-06"),
]


def test_one_model_has_one_day_whatever_a_table_published():
    """But where a table's row stands for another snapshot of it, which the reason says."""
    days = {}
    for one in corrections().values():
        if one.reason.startswith("In this table the"):
            continue
        of = next((names[0] for names in SAME if one.model in names), one.model)
        days.setdefault(of, set()).add((one.new, one.low, one.high))
    assert {of: found for of, found in days.items() if len(found) > 1} == {}
