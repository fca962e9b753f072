"""Tables that cannot be read, and every kind of bad row."""

from __future__ import annotations

import pytest

from frontierlag.errors import ScoresError
from frontierlag.scores import BadRowsError, load_scores

HEADER = "model,weights,released,score,low,high,stderr\n"
GOOD = "good1,open,2024-01-01,10,9,11,\ngood2,closed,2024-01-02,20,,,1\n"


def write(tmp_path, text, name="table.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("row", "column", "value", "advice"),
    [
        ("x,open,01/02/2024,1,0,2,", "released", "01/02/2024", "YYYY-MM-DD"),
        ("x,open,2024-02-30,1,0,2,", "released", "2024-02-30", "YYYY-MM-DD"),
        ("x,open,45292,1,0,2,", "released", "45292", "Excel counts days"),
        ("x,open,Feb 2024,1,0,2,", "released", "Feb 2024", "YYYY-MM-DD"),
        ("x,open,2014-12-31,1,0,2,", "released", "2014-12-31", "2015-01-01 to 2100-12-31"),
        ("x,open,2101-01-01,1,0,2,", "released", "2101-01-01", "2015-01-01 to 2100-12-31"),
        ('x,open,2024-01-03,"1,5",0,2,', "score", "1,5", "decimal point"),
        ("x,open,2024-01-03,high,0,2,", "score", "high", "finite number"),
        ("x,open,2024-01-03,inf,0,2,", "score", "inf", "finite number"),
        ("x,open,2024-01-03,1e999,0,2,", "score", "1e999", "finite number"),
        ("x,open,2024-01-03,1_000,0,2000,", "score", "1_000", "finite number"),
        ("x,open,2024-01-03,1,-inf,2,", "low", "-inf", "finite number"),
        ("x,open,2024-01-03,1,0,two,", "high", "two", "finite number"),
        ("x,open,2024-01-03,1,,,?", "stderr", "?", "finite number"),
        ("x,open,2024-01-03,1,2,0,", "low", "2 > 0", "above high"),
        ("x,open,2024-01-03,3,0,2,", "score", "3 not in [0, 2]", "outside its own interval"),
        ("x,open,2024-01-03,1,,,-0.1", "stderr", "-0.1", "not negative"),
        ("x,Partly,2024-01-03,1,0,2,", "weights", "Partly", "open, closed or unknown"),
        ("x,open,2024-01-03,1,0,,", "high", "", "give high too"),
        ("x,open,2024-01-03,1,,2,", "low", "", "give low too"),
        ("x,open,2024-01-03,1,,,", "low/high/stderr", "", "write stderr 0"),
        (",open,2024-01-03,1,0,2,", "model", "", "a name"),
    ],
)
def test_each_kind_of_bad_row(tmp_path, row, column, value, advice):
    with pytest.raises(BadRowsError) as caught:
        load_scores(write(tmp_path, HEADER + GOOD + row + "\n"))
    (problem,) = caught.value.problems
    assert (problem.row, problem.column, problem.value) == (4, column, value)
    assert advice in problem.advice
    assert f"row 4, column {column!r}, found {value!r}" in str(caught.value)


def test_all_bad_rows_at_once(tmp_path):
    rows = "".join(f"m{i},open,1.1.2024,x,,,\n" for i in range(30))
    with pytest.raises(ScoresError) as caught:
        load_scores(write(tmp_path, HEADER + GOOD + rows))
    found = caught.value.problems
    # each of the 30 rows: date, score, and no interval in a table that has some
    assert len(found) == 90
    assert [problem.row for problem in found] == sorted(problem.row for problem in found)
    message = str(caught.value)
    assert "90 problem(s) in 30 row(s)" in message
    assert message.count("\n  row ") == 20
    assert "and 70 more" in message


def test_accuracy_outside_0_and_1(tmp_path):
    text = "model,weights,released,accuracy\na,open,2024-01-01,0.4\nb,open,2024-01-02,45\n"
    with pytest.raises(BadRowsError, match=r"row 3, column 'score', found '45'.*divide"):
        load_scores(write(tmp_path, text))


def test_same_name_twice_with_other_values(tmp_path):
    rows = "good1,open,2024-01-01,12,9,13,\n"
    with pytest.raises(BadRowsError) as caught:
        load_scores(write(tmp_path, HEADER + GOOD + rows))
    assert [(p.row, p.column, p.value) for p in caught.value.problems] == [
        (2, "model", "good1"),
        (4, "model", "good1"),
    ]
    assert "row(s) 4" in caught.value.problems[0].advice
    assert "row(s) 2" in caught.value.problems[1].advice


def test_same_row_twice_is_left_out(tmp_path):
    table = load_scores(write(tmp_path, HEADER + GOOD + "good1,open,2024-01-01,10,9,11,\n"))
    assert table.frame["model"].to_list() == ["good1", "good2"]
    assert [(e.row, e.model, e.reason) for e in table.left_out] == [
        (4, "good1", "the same as row 2")
    ]


def test_no_date_and_no_score_are_left_out(tmp_path):
    rows = "nodate,open,,1,0,2,\nnoscore,open,2024-01-01,NaN,,,\nneither,open,,,,,\n"
    table = load_scores(write(tmp_path, HEADER + GOOD + rows))
    assert [(e.row, e.model, e.reason) for e in table.left_out] == [
        (4, "nodate", "no release date"),
        (5, "noscore", "no score"),
        (6, "neither", "no score"),
    ]


def test_midnight_is_a_date(tmp_path):
    rows = "".join(
        f"m{i},open,2024-01-05{time},1,0,2,\n"
        for i, time in enumerate(["T00:00", " 00:00:00", "T00:00:00.000Z", "T00:00:00+00:00"])
    )
    frame = load_scores(write(tmp_path, HEADER + GOOD + rows)).frame
    assert {str(day.date()) for day in frame["released"][2:]} == {"2024-01-05"}


def test_anchor_needs_no_interval_at_its_own_score_only(tmp_path):
    text = (
        "model,weights,released,eci,low,high\nGPT-5,closed,2025-08-07,150,,\n"
        "Claude 3.5 Sonnet,closed,2024-06-20,131,,\nother,open,2024-01-01,100,90,110\n"
    )
    with pytest.raises(BadRowsError) as caught:
        load_scores(write(tmp_path, text))
    assert [problem.row for problem in caught.value.problems] == [3]


def test_unrecognized_columns_are_listed_with_the_layouts(tmp_path):
    with pytest.raises(ScoresError) as caught:
        load_scores(write(tmp_path, "name,points,when\na,1,2024-01-01\n"))
    message = str(caught.value)
    assert "'name', 'points', 'when'" in message
    for needed in ("'released'", "'eci'", "'eci score'", "'mean score'", "'model version'"):
        assert needed in message


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "is empty"),
        ("  \n\n", "is empty"),
        ("model,weights,released,score\n", "no rows"),
        (
            "model,released,score\na,2024-01-01,1\n",
            "no column that divides.*'weights' or 'country'",
        ),
        ("model,weights,released,score\na,open,2024-01-01,1\n", "two different values"),
        ("model,weights,released,eci\na,open,,1\n", "none with both"),
        ("model,weights,released,score,Score\na,open,2024-01-01,1,2\n", "more than once"),
        ("model,weights,released,score\na,open,2024-01-01\n", "row 2: 3 cells"),
        ("model,weights,released,score\na,b,open,2024-01-01,1\n", "row 2: 5 cells"),
        ('model,weights,released,score\n"a"b,open,2024-01-01,1\n', "double quotes"),
        ('model,weights,released,score\n"a,open,2024-01-01,1\n', "double quotes"),
        ("model,weights,released,score\na\x00,open,2024-01-01,1\n", "NUL"),
    ],
)
def test_tables_that_cannot_be_read(tmp_path, text, match):
    with pytest.raises(ScoresError, match=match):
        load_scores(write(tmp_path, text))


def test_one_row_of_a_known_metric_loads(tmp_path):
    text = "model,weights,released,eci\na,open,2024-01-01,1\n"
    assert len(load_scores(write(tmp_path, text)).frame) == 1


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ("modèle,x\n".encode("latin-1"), "'modèle'"),
        (bytes([0xC3, 0x28, 0x00, 0x81]) * 3, "not UTF-8 text: byte 0xc3 in line 1"),
        (b"\xff\xfem", "begins as UTF-16 text"),
        (b"PK\x03\x04....", "Excel"),
        (b"\x1f\x8b....", "gzip"),
        (b"PAR1 and no more", "as Parquet"),
    ],
)
def test_other_encodings_and_formats(tmp_path, content, match):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(ScoresError, match=match):
        load_scores(path)


def test_of_whole_numbers_next_to_unclear_ones_the_first_in_the_file_is_named(tmp_path):
    text = (
        "model;weights;released;score;low;high\n"
        "a;open;2024-01-01;985;980;990\n"
        "b;closed;2024-01-02;1.285;1.280;1.290\n"
    )
    with pytest.raises(ScoresError, match=r"next to '985': this may be 1285 or 1\.285"):
        load_scores(write(tmp_path, text))
