"""The table of benchmarks of the results: a row each, and nothing that the results deny."""

from __future__ import annotations

import csv
from datetime import date
from importlib import resources

import pytest

from frontierlag.scores.item_results.table import load_results

RESULTS = "eci-results-2026-08-11"
COLUMNS = ["benchmark", "domain", "items", "chance", "ceiling", "guess", "began", "source", "note"]
DOMAINS = {
    "mathematics",
    "coding",
    "agentic work",
    "reasoning and puzzles",
    "knowledge",
    "language",
    "vision and space",
    "security",
}
ITEMS = {"private", "semi-private", "public"}
TOLERANCE = 0.02


@pytest.fixture(scope="module")
def rows():
    file = resources.files("frontierlag.scores") / "data" / "benchmarks.csv"
    return list(csv.DictReader(file.read_text("utf-8").splitlines()))


@pytest.fixture(scope="module")
def results():
    return load_results(RESULTS).frame


def test_one_row_for_each_benchmark_of_the_results(rows, results):
    names = [row["benchmark"] for row in rows]
    assert len(names) == len(set(names)) == 57
    assert set(names) == set(results["benchmark"])


def test_columns_and_words(rows):
    for row in rows:
        assert list(row) == COLUMNS
        assert row["domain"] in DOMAINS, row
        assert row["items"] in ITEMS, row
    assert {row["domain"] for row in rows} == DOMAINS
    assert {row["items"] for row in rows} == ITEMS


def test_dates_parse_and_precede_the_results(rows):
    for row in rows:
        if not row["began"]:
            assert "day not known" in row["note"], row
            continue
        assert date(2015, 1, 1) < date.fromisoformat(row["began"]) <= date(2026, 8, 11), row


def test_a_date_that_differs_from_the_results_file_is_explained(rows, results):
    published = results.dropna(subset="benchmark_released").groupby("benchmark").first()
    for row in rows:
        if row["benchmark"] in published.index:
            day = published.loc[row["benchmark"], "benchmark_released"].date().isoformat()
            assert row["began"] == day or day in row["note"], row


def test_chance_lies_below_ceiling(rows):
    for row in rows:
        assert 0 <= float(row["chance"]) < float(row["ceiling"]) <= 1, row
        if float(row["ceiling"]) < 1:
            assert "ceiling: " in row["note"], row


def test_chance_is_what_the_results_are_read_with(rows, results):
    """The results have chance taken out already: 0 is in force, and none lies below it."""
    in_force = results.groupby("benchmark")["chance"].first()
    for row in rows:
        assert float(row["chance"]) == in_force[row["benchmark"]] == 0, row


def test_each_row_has_a_source(rows):
    for row in rows:
        assert row["source"].startswith(("https://", "arXiv:")), row


def test_no_result_lies_above_the_ceiling(rows, results):
    highest = results.groupby("benchmark")["score"].max()
    for row in rows:
        assert highest[row["benchmark"]] <= float(row["ceiling"]) + TOLERANCE, row
