"""The tables that come with the package: sizes, dates, groups, resolutions, lint, records."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from datetime import date
from importlib import resources

import numpy as np
import pytest

from frontierlag.errors import ScoresError
from frontierlag.scores import (
    ATTRIBUTION,
    date_lint,
    default_window_start,
    load_scores,
    parse_comparison,
    records,
    reference_names,
    releases,
)
from frontierlag.scores.corrections import resolutions

NAMES = [
    "eci-2025-12-19",
    "eci-2026-08-11",
    "frontiermath-2026-01-17",
    "gpqa-diamond-2026-01-17",
]


def published(name):
    """A reference table with its dates as published, which is what these numbers are of."""
    return load_scores(name, dates="as-published")


def test_reference_names():
    assert reference_names()[: len(NAMES)] == NAMES


@pytest.mark.parametrize(
    ("name", "rows", "vintage", "as_of", "metric"),
    [
        (NAMES[0], 140, date(2025, 12, 19), date(2026, 1, 2), "ECI"),
        (NAMES[1], 222, date(2026, 8, 11), date(2026, 8, 11), "ECI"),
        (NAMES[2], 74, date(2026, 1, 17), date(2026, 1, 17), "FrontierMath"),
        (NAMES[3], 145, date(2026, 1, 17), date(2026, 1, 17), "GPQA Diamond"),
    ],
)
def test_sizes_and_dates(name, rows, vintage, as_of, metric):
    table = published(name)
    assert len(table.frame) == rows
    assert (table.vintage, table.as_of, table.metric.name) == (vintage, as_of, metric)
    assert table.attribution == ATTRIBUTION
    stem, day = name[:-11].replace("-", "_"), name[-10:]
    file = resources.files("frontierlag.scores") / "data" / f"{stem}_{day}.csv"
    assert table.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()


def test_attribution_names_source_and_licence():
    text = (resources.files("frontierlag.scores") / "data" / "ATTRIBUTION.md").read_text("utf-8")
    for wording in (text, ATTRIBUTION):
        assert "Epoch AI" in wording
        assert "https://epoch.ai/benchmarks" in wording
        assert "CC BY 4.0" in wording


def test_metrics():
    eci, fm, gpqa = (published(name).metric for name in NAMES[1:])
    assert (eci.location, eci.spread, eci.unit, eci.bounded) == (130, 20, "points", False)
    assert dict(eci.anchors) == {"Claude 3.5 Sonnet": 130.0, "GPT-5": 150.0}
    assert (fm.lower, fm.upper, fm.problems, fm.unit) == (0.0, 1.0, 290, "accuracy")
    assert (gpqa.lower, gpqa.upper, gpqa.problems, gpqa.bounded) == (0.25, 1.0, 198, True)


# Counted in the files by hand (grep), plus what the table of resolutions adds: 2026-08 us-china
# 138 USA + 6 (PaLM 2 x3, vicuna, RedPajama, open_llama), 51 China + 10.
@pytest.mark.parametrize(
    ("name", "comparison", "leaders", "followers", "left_out"),
    [
        (NAMES[0], "us-china", 97, 30, 13),
        (NAMES[0], "closed-open", 66, 73, 1),
        (NAMES[1], "us-china", 144, 61, 17),
        (NAMES[1], "closed-open", 108, 110, 4),
        (NAMES[2], "us-china", 39, 7, 28),
        (NAMES[3], "us-china", 80, 22, 43),
    ],
)
def test_group_counts(name, comparison, leaders, followers, left_out):
    table = published(name)
    found = releases(table, parse_comparison(comparison, table))
    assert (int(found.of(0).sum()), int(found.of(1).sum())) == (leaders, followers)
    assert len(found.left_out) == left_out
    assert len(found) + len(found.left_out) == len(table.frame)


@pytest.mark.parametrize("name", NAMES[:2])
@pytest.mark.parametrize("column", ["country", "weights"])
def test_group_counts_against_the_bare_csv(name, column):
    """Count again with the csv module and the resolutions alone."""
    file = resources.files("frontierlag.scores") / "data" / f"{name.replace('-', '_', 1)}.csv"
    table = resolutions()
    counts = Counter()
    for row in csv.DictReader(file.read_text("utf-8").splitlines()):
        value = row[column]
        if value in ("", "unknown") and row["model"] in table:
            value = getattr(table[row["model"]], column)
        if row["released"]:
            counts.update(value.split(";"))
    comparison = parse_comparison({"country": "us-china", "weights": "closed-open"}[column])
    found = releases(published(name), comparison)
    assert int(found.of(0).sum()) == counts[comparison.leader]
    assert int(found.of(1).sum()) == counts[comparison.follower]


def test_reasons_for_leaving_out():
    table = published(NAMES[0])
    assert [(e.row, e.model, e.reason) for e in table.left_out] == [
        (141, "Claude Instant", "no release date")
    ]
    found = releases(table, parse_comparison("us-china"))
    assert Counter(e.reason for e in found.left_out) == {
        "country is 'France', neither USA nor China": 7,
        "country is 'UAE', neither USA nor China": 4,
        "country is 'UK', neither USA nor China": 1,
        "no release date": 1,
    }
    both = [
        e.model
        for e in releases(published(NAMES[3]), parse_comparison("us-china")).left_out
        if "both groups" in e.reason
    ]
    assert both == ["Eurus-2-7B-PRIME"]


def test_weights_that_stay_unresolved():
    found = releases(published(NAMES[1]), parse_comparison("closed-open"))
    assert [entry.model for entry in found.left_out] == [
        "Qwen 3.5 Plus (hosted 397B-A17B)",
        "Qwen 3.5 Flash (hosted 35B-A3B)",
        "Qwen 3.6 Max (Preview)",
        "Qwen 3.6 Flash",
    ]


def test_uk_usa_counts_as_usa():
    found = releases(published(NAMES[0]), parse_comparison("us-china"))
    assert found.group[list(found.model).index("Gemini 3 Pro")] == 0


def test_resolutions_have_reasons_and_models():
    table = resolutions()
    known = {m for name in NAMES[:2] for m in published(name).frame["model"]}
    assert set(table) <= known
    assert all(entry.reason for entry in table.values())
    assert {entry.weights for entry in table.values()} == {"open", "closed", ""}
    assert {entry.country for entry in table.values()} == {"China", "USA", "UK", ""}


def test_resolutions_are_applied_and_noted():
    table = published(NAMES[0])
    frame = table.frame.set_index("model")
    assert frame.loc["o3-pro", "weights"] == "closed"
    assert frame.loc["DeepSeek-V3.2", "weights"] == "open"
    assert table.notes[0] == (
        "Missing cells of 4 model(s) are filled from resolutions: o3-pro (weights), "
        "DeepSeek-V3.2 (weights), GPT-5.2 (weights), Gemini 3 Flash (weights)."
    )
    later = published(NAMES[1]).frame.set_index("model")
    assert list(later.loc["Yi-9B", ["organization", "country", "weights"]]) == [
        "01.AI",
        "China",
        "open",
    ]
    assert later.loc["INTELLECT-1", "weights"] == "open"


def test_errors_of_scores():
    found = releases(published(NAMES[0]), parse_comparison("us-china"))
    at = {model: i for i, model in enumerate(found.model)}
    for anchor in ("GPT-5", "Claude 3.5 Sonnet"):
        i = at[anchor]
        assert found.stderr[i] == found.stderr_low[i] == found.stderr_high[i] == 0
        assert found.low[i] == found.high[i] == found.score[i]
    i = at["Llama 3-70B"]  # 119.3, 87.91 to 125.18
    assert found.stderr[i] == pytest.approx((125.18 - 87.91) / 3.2897072539)
    assert found.stderr_low[i] == pytest.approx(19.0836, abs=1e-3)
    assert found.stderr_high[i] == pytest.approx(3.5748, abs=1e-3)
    fm = releases(published(NAMES[2]), parse_comparison("us-china"))
    assert fm.stderr_low == pytest.approx(fm.stderr)
    assert fm.high - fm.score == pytest.approx(1.6448536269514722 * fm.stderr)


def test_arrays_are_sorted_and_read_only():
    found = releases(published(NAMES[1]), parse_comparison("closed-open"))
    keys = list(zip(found.day.tolist(), found.score.tolist(), found.model.tolist(), strict=True))
    assert keys == sorted(keys)
    assert found.date[0] == np.datetime64("2023-02-24")
    assert found.group_names == ("closed", "open")
    with pytest.raises(ValueError, match="read-only"):
        found.score[0] = 0


def test_as_of_censors():
    found = releases(published(NAMES[1]), parse_comparison("us-china"), date(2025, 1, 20))
    assert found.as_of == date(2025, 1, 20)
    assert found.date.max() == np.datetime64("2025-01-20")
    late = [e for e in found.left_out if "after the as-of date 2025-01-20" in e.reason]
    assert len(found) + len(found.left_out) == 222
    assert len(late) == 106


@pytest.mark.parametrize(("name", "leaders", "followers"), [(NAMES[0], 14, 11), (NAMES[1], 20, 23)])
def test_numbers_of_records(name, leaders, followers):
    found = releases(published(name), parse_comparison("us-china"))
    assert int(records(found, 0).sum()) == leaders
    assert int(records(found, 1).sum()) == followers
    assert int(records(found).sum()) == leaders + followers


@pytest.mark.parametrize(
    ("name", "start"),
    # The later vintage has chatglm2-6b (2023-06-24), whose country the resolutions fill: it scores
    # higher than Baichuan1-7B of 2023-06-01 and so is China's second record. Without it the second
    # would be Baichuan2-13B of 2023-09-06, as in the earlier vintage.
    [(NAMES[0], date(2023, 9, 6)), (NAMES[1], date(2023, 6, 24))],
)
def test_default_window_start(name, start):
    assert default_window_start(releases(published(name), parse_comparison("us-china"))) == start


def test_date_lint():
    warnings = date_lint(published(NAMES[1]))
    named = [
        ("GPT-3.5 Turbo (Jan 2024)", "2023-06-13"),
        ("GPT-3.5 Turbo (Nov 2023)", "2023-06-13"),
        ("Gemini 1.5 Flash (Sep 2024)", "2024-05-10"),
        ("GPT-4o (Aug 2024)", "2024-05-13"),
        ("GPT-4o (Nov 2024)", "2024-05-13"),
        ("Mistral Large 2 (Nov 2024)", "2024-07-24"),
        ("Grok-2 (Dec 2024)", "2024-08-13"),
        ("Gemini 2.0 Flash (Feb 2025)", "2024-12-11"),
    ]
    assert len(warnings) == 8
    for warning, (model, day) in zip(warnings, named, strict=True):
        assert f"{model} is dated {day}" in warning
    assert all(date_lint(published(name)) == [] for name in (NAMES[0], *NAMES[2:]))


def test_benchmark_tables_have_no_weights():
    table = published(NAMES[2])
    with pytest.raises(ScoresError, match="has no column 'weights'"):
        releases(table, parse_comparison("closed-open", table))
