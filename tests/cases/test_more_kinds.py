"""Kinds of faults that a second look found: read right, refused, or named with their rows."""

from __future__ import annotations

import pytest
from clothes import base, every, written
from test_cases import compared, same

from frontierlag.errors import ScoresError
from frontierlag.jobs import Job
from frontierlag.report.screen import preflight
from frontierlag.scores import load_scores
from frontierlag.scores.reading.countries import countries
from frontierlag.scores.reading.layouts import interval_ends
from frontierlag.scores.reading.normalize import is_row_numbers, rises_by_row
from frontierlag.scores.reading.parsing import plain

FEW = base()


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    return compared(tmp_path_factory.mktemp("clean"), written(FEW).encode())


def found(folder, content, **options):
    """Sentences of a table's findings, worst first, and its releases."""
    path = folder / "table.csv"
    path.write_text(content if isinstance(content, str) else written(content), encoding="utf-8")
    prepared = Job(str(path), **options).prepare()
    return [f for f in preflight(prepared) if f.severity != "note"], prepared.releases


def without(*names):
    return [{k: v for k, v in row.items() if k not in names} for row in base()]


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("THE UNITED STATES OF AMERICA", "USA"),
        ("États-Unis d'Amérique", "USA"),
        ("Vereinigte Staaten von Amerika", "USA"),
        ("Volksrepublik China", "China"),
        ("China (Hangzhou)", "China"),
        ("China (Taiwan)", "Taiwan"),
        ("China (Hong Kong office)", "China (Hong Kong office)"),
        ("CN - China", "China"),
        ("CN-China", "China"),
        ("China [1]", "China"),
        ("China*", "China"),
        ("China²", "China"),
        ("🇨🇳", "China"),
        ("🇺🇸 USA", "USA"),
        ("Сhina", "Сhina"),  # its first letter is Cyrillic: named, not guessed
    ],
)
def test_country_spellings(cell, name):
    assert countries(cell) == name


def test_raised_digits_are_no_digits_of_a_number(tmp_path):
    assert plain("94.1²") == "94.1²"
    assert plain("９４．１") == "94.1"
    rows = base()
    rows[5]["score"] += "²"
    with pytest.raises(ScoresError, match=r"row 7, column 'score', found '.*²'"):
        found(tmp_path, rows)


def test_row_numbers_in_any_order_and_from_any_first_one():
    assert is_row_numbers(["7", "5", "6", "8"])
    assert not is_row_numbers(["5", "6", "8", "9"])
    assert not is_row_numbers(["1.0", "2.0", "3.0"])
    cut = ["2", "3", "5", "8", "9", "12", "13", "20"]
    assert rises_by_row(cut)
    assert not rises_by_row(cut[::-1])


@pytest.mark.parametrize("first", [0, 5])
def test_index_is_not_taken_for_the_score(tmp_path, first):
    rows = [{"index": str(i + first), **row} for i, row in enumerate(without("low", "high"))]
    text = written(rows).replace("score", "points", 1)
    with pytest.raises(ScoresError, match=r"row numbers of a data frame.*'points'"):
        found(tmp_path, text)


def test_quantiles_in_percent_are_ends_of_an_interval():
    (pair,) = interval_ends(["model", "score", "2.5%", "97.5%"])
    assert (pair.low, pair.high, pair.level) == (2, 3, 0.95)


def test_min_and_max_are_named_as_not_used(tmp_path):
    said, _ = found(tmp_path, written(base(), names={"low": "min", "high": "max"}))
    assert said[0].severity == "wrong"
    assert "'min', 'max'" in said[0].text


@pytest.mark.parametrize(
    ("error", "words"), [("182", "larger than"), ("0.018", "so small that they hardly count")]
)
def test_standard_errors_of_other_units_are_named(tmp_path, error, words):
    rows = [{**row, "stderr": error} for row in without("low", "high")]
    said, _ = found(tmp_path, rows)
    assert any(words in f.text for f in said)


def test_interval_and_standard_error_that_contradict(tmp_path, clean):
    right = [{**row, "stderr": repr(3 / 1.6448536269514722)} for row in base()]
    said, releases = found(tmp_path, right)
    assert not said
    assert same(releases, clean)
    said, _ = found(tmp_path, [{**row, "stderr": "0.3"} for row in base()])
    assert "10.00 standard errors" in said[0].text


def test_ranks_and_rows_that_are_no_models_are_named(tmp_path):
    rows = sorted(without("low", "high"), key=lambda row: float(row["score"]))
    said, _ = found(tmp_path, [{**row, "score": str(i)} for i, row in enumerate(rows, 1)])
    assert any("whole numbers from 1 to 50" in f.text for f in said)
    more = {**base()[-1], "model": "Average", "country": "USA"}
    said, _ = found(tmp_path, [*base(), more])
    assert said[0].rows == (52,)
    assert "reads like" in said[0].text.replace("read(s)", "reads")


def test_the_same_day_and_name_but_a_version_is_named(tmp_path):
    again = {**base()[20], "model": base()[20]["model"] + " (v2)"}
    said, _ = found(tmp_path, [*base(), again])
    assert any(f.rows == (22, 52) for f in said)


def test_merged_cells_are_named(tmp_path):
    rows = sorted(base(), key=lambda row: (row["country"], row["released"]))
    last = ""
    for row in rows:
        row["country"], last = ("" if row["country"] == last else row["country"]), row["country"]
    with pytest.raises(ScoresError, match="merged cells"):
        found(tmp_path, rows)


def test_a_few_blank_countries_are_no_merged_cells(tmp_path):
    said, _ = found(tmp_path, every(4, "country", [""]))
    assert not any("merged" in f.text for f in said)
    assert any("country is not known" in f.text and "(row " in f.text for f in said)


def test_headings_again_in_another_case_are_skipped(tmp_path, clean):
    lines = written(base()).splitlines()
    said, releases = found(tmp_path, "\n".join([*lines[:20], lines[0].title(), *lines[20:]]))
    assert "row 21" in said[0].text
    assert same(releases, clean)


def test_five_figures_with_a_comma_in_a_file_of_commas_are_doubted(tmp_path):
    rows = base()
    for row in rows:
        for name in ("score", "low", "high"):
            row[name] = f"{float(row[name]):.3f}".replace(".", ",")
    said, _ = found(tmp_path, rows)
    assert any("decimal commas" in f.text for f in said)


def test_repeated_rows_are_one_finding(tmp_path, clean):
    said, releases = found(tmp_path, [*base(), *base()])
    assert len(said) == 1
    assert "50 rows left out, the same as another row" in said[0].text
    assert same(releases, clean)


def test_a_model_without_a_score_moves_no_day(tmp_path, clean):
    ahead = {**base()[-1], "model": "Omega", "released": "2027-01-01"}
    ahead |= dict.fromkeys(("score", "low", "high"), "")
    said, releases = found(tmp_path, [*base(), ahead])
    assert [f.text for f in said] == ["1 row left out, no score: score '' (row 52)"]
    assert same(releases, clean)
    ahead |= {"score": "150", "low": "147", "high": "153"}
    said, _ = found(tmp_path, [*base(), ahead])
    assert len([f for f in said if f.text.startswith("row 52")]) == 1


def test_jobs_read_otherwise_are_not_the_same(tmp_path):
    from frontierlag.runs.plan import same_job
    from frontierlag.scores.reading.options import ReadOptions

    path = tmp_path / "table.csv"
    path.write_text(written(base()))
    one = Job(str(path)).prepare()
    other = Job(str(path), reading=ReadOptions(interval_level=0.95)).prepare()
    assert same_job(one, Job(str(path)).prepare())
    assert not same_job(one, other)
    assert load_scores(path).sha256 == one.table.sha256
