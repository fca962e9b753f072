"""What is said of the data before a fit: worst first, with the cells, and nothing for nothing."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from frontierlag.fits.size import ARRAYS, MANY, MOST_VALUES, thinning, time_and_memory
from frontierlag.jobs import Job
from frontierlag.machine.terminal import Terminal
from frontierlag.report.screen import failed_checks, preflight, show_preflight, summary_line
from frontierlag.scores import ColumnUse, Finding, LeftOut

HEAD = "model,organization,country,weights,released,score,low,high\n"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    rows = [
        f"{c}{k},{c} Lab,{c},open,{2024 + k // 12}-{k % 12 + 1:02d}-{10 + shift},"
        f"{100 + 2 * k - shift},{98 + 2 * k - shift},{102 + 2 * k - shift}\n"
        for c, shift in (("USA", 0), ("China", 5))
        for k in range(20)
    ]
    rows += ["F1,M,France,open,2024-03-01,90,88,92\n", "F2,M,France,open,2024-04-01,91,89,93\n"]
    rows += ["U,M,UK,open,2024-04-01,91,89,93\n", "N,M,USA,open,2024-04-01,,,\n"]
    path = tmp_path_factory.mktemp("t") / "mine.csv"
    path.write_text(HEAD + "".join(rows))
    return Job(str(path)).prepare()


def texts(findings, severity):
    return [f.text for f in findings if f.severity == severity]


def test_rows_left_out_are_named_by_reason_with_their_cells(prepared):
    findings = preflight(prepared)
    (neither,) = [f for f in findings if "neither group" in f.text]
    assert neither.severity == "note"
    assert neither.text.endswith("country 'France' in 2 (row 42, 43), 'UK' (row 44)")
    assert neither.rows == (42, 43, 44)
    assert len(prepared.releases) == 40
    assert len(prepared.releases.left_out) == 4
    (no_score,) = [f for f in findings if "no score" in f.text]
    assert no_score.severity == "check"
    assert no_score.rows == (45,)
    for part in ("40 of 44", "20 of USA", "20 of China", "4 left out"):
        assert part in summary_line(prepared)


def with_reading(prepared, **changes):
    table = replace(prepared.table, reading=replace(prepared.table.reading, **changes))
    return replace(prepared, table=table)


def test_what_the_reader_found_comes_first_and_columns_are_named(prepared):
    noted = replace(prepared.table, notes=(*prepared.table.notes, "As of the last release."))
    item = with_reading(
        replace(prepared, table=noted),
        columns=(ColumnUse("model", "model"), ColumnUse("score", "elo")),
        unused=("notes", "url"),
        interval_level=0.95,
        interval_rule="0.95, from the heading.",
        as_of_rule="As of the last release.",
        findings=(Finding("note", "harmless"), Finding("wrong", "ten times too large", (3,))),
    )
    findings = preflight(item)
    assert findings[0].text == "ten times too large"
    order = [f.severity for f in findings]
    assert order == sorted(order, key=("wrong", "check", "note").index)
    notes = texts(findings, "note")
    for part in ("'notes', 'url'", "score from 'elo'", item.table.reading.interval_rule):
        assert sum(part in note for note in notes) == 1
    assert notes.count(item.table.reading.as_of_rule) == 1
    assert "intervals of 95%" in summary_line(item)


def test_one_screen(prepared, capsys):
    many = tuple(Finding("check", f"finding {k} " + "long " * 200) for k in range(30))
    console = Terminal(width=80)
    show_preflight(console, with_reading(prepared, findings=many))
    said = capsys.readouterr().out
    assert "and 25 more" in said
    assert len(said.splitlines()) <= 25
    assert max(map(len, said.splitlines())) < 400


def test_nothing_is_said_where_there_is_nothing_to_say(prepared):
    clean = replace(prepared, releases=replace(prepared.releases, left_out=(), notes=()))
    clean = replace(clean, table=replace(clean.table, notes=()))
    clean = with_reading(clean, unused=(), columns=(), interval_rule="", as_of_rule="", findings=())
    assert preflight(clean) == ()


def test_cells_of_many_kinds_are_cut(prepared):
    rows = tuple(LeftOut(k, f"m{k}", "neither", "country", f"land {k}") for k in range(9))
    item = replace(prepared, releases=replace(prepared.releases, left_out=rows))
    (found,) = [f for f in preflight(item) if "rows left out" in f.text]
    assert [f"'land {k}' (row {k})" in found.text for k in range(9)] == [True] * 4 + [False] * 5
    assert found.text.endswith(" 5 more")
    assert found.rows == tuple(range(9))


@pytest.mark.parametrize(
    ("draws", "releases", "one_in"),
    # below a thousand all; then 3 million values; then a thousand draws; then what memory holds
    [(6000, 999, 1), (6000, 1000, 2), (6000, 2000, 4), (4000, 9000, 4), (6000, 100_000, 12)],
)
def test_draws_of_large_tables_are_thinned(draws, releases, one_in):
    assert thinning(draws, releases) == one_in


@pytest.mark.parametrize("releases", [5_000, 50_000, 400_000])
def test_thinned_draws_fit_into_memory(releases):
    every = thinning(6000, releases)
    kept = len(np.arange(0, 6000, every))
    assert kept * releases <= MOST_VALUES + releases
    assert kept >= 0.9 * min(1000, MOST_VALUES / releases)


def test_an_estimate_is_given_of_large_tables_only(prepared):
    assert time_and_memory(prepared) == ()

    class Many:
        releases = np.zeros(50_000)

    (words,) = time_and_memory(Many())
    assert "50,000" in words
    assert f"in {thinning(6000, 50_000)} " in words
    assert MANY <= 50_000
    assert ARRAYS * 8 * MOST_VALUES < 8e9


def test_predictive_checks_that_fail_are_said():
    rows = pd.DataFrame(
        {
            "model": ["a", "a", "b"], "passed": [True, False, False],
            "text": ["fine", "China: skewness is 2: EXTREME", "not of the headline"],
        }
    )  # fmt: skip
    (found,) = failed_checks(rows, "a")
    assert found.severity == "check"
    assert found.text.startswith("a ")
    assert found.text.endswith(rows["text"][1])
    assert failed_checks(rows[:1], "a") == ()
