"""Empty cells of groups, records that are lost for them, and columns under unknown headings."""

from __future__ import annotations

import pandas as pd
import pytest

import frontierlag as fl
from frontierlag.errors import ScoresError
from frontierlag.jobs import Job
from frontierlag.report.screen import preflight
from frontierlag.scores import load_scores, parse_comparison, releases


def rows(*more, heading="country", columns=()):
    own = [
        (f"{c}{k}", maker, c, f"{2024 + k // 12}-{k % 12 + 1:02d}-{10 + late}", 100 + 2 * k - late)
        for c, maker, late in (("USA", "Acme", 0), ("China", "Qilin", 5))
        for k in range(12)
    ]
    names = ["model", "organization", heading, "released", "score"]
    return pd.DataFrame([*own, *more], columns=names).drop(columns=list(columns))


BEST = ("Qilin Max", "Qilin", "", "2024-12-20", 140)


def saved(tmp_path, frame):
    path = tmp_path / "mine.csv"
    frame.to_csv(path, index=False)
    return str(path)


def test_empty_cells_are_named_without_a_comparison(tmp_path):
    table = load_scores(saved(tmp_path, rows(BEST)))
    (found,) = [f for f in table.reading.findings if "no value" in f.text]
    assert found.rows == (26,)
    assert "'country' has no value in 1 of 25 rows" in found.text
    assert "Qilin Max (row 26; other rows of Qilin say China)" in found.text
    whole = load_scores(saved(tmp_path, rows()))
    assert not [f for f in whole.reading.findings if "no value" in f.text]


def test_a_maker_of_two_countries_gives_no_hint(tmp_path):
    other = ("Qilin West", "Qilin", "France", "2024-03-03", 90)
    table = load_scores(saved(tmp_path, rows(BEST, other)))
    assert "other rows of" not in "".join(f.text for f in table.reading.findings)


@pytest.mark.parametrize(
    ("score", "said"),
    [
        (140, "the best score of the table and a record if it were of China"),
        (118.5, "Qilin Max (row 26), a record if it were of China; other rows of Qilin all say"),
        (110, None),
    ],
)
def test_a_record_that_is_left_out_is_a_warning_and_a_note(tmp_path, score, said):
    prepared = Job(saved(tmp_path, rows((*BEST[:4], score)))).prepare()
    found = [f for f in preflight(prepared) if "may move" in f.text]
    if said is None:
        assert not found
        assert not prepared.releases.findings
        return
    (finding,) = found
    assert finding.severity == "wrong"
    assert finding.rows == (26,)
    assert said in finding.text
    assert finding.text in prepared.releases.notes


def test_without_a_hint_it_may_be_of_either_group():
    unknown = ("Lone", "Solo", "", "2024-12-20", 119.5)
    pair = fl.load_scores(rows(unknown)).compare("USA", "China")
    (finding,) = pair.releases.findings
    assert "a record if it were of China." in finding.text
    higher = ("Lone", "Solo", "", "2024-12-20", 123)
    pair = fl.load_scores(rows(higher)).compare("USA", "China")
    assert "a record if it were of USA or of China" in pair.releases.findings[0].text


def test_a_country_under_another_heading_is_named(tmp_path):
    path = saved(tmp_path, rows(heading="Land").assign(note="text"))
    table = load_scores(path)
    assert table.reading.unused == ("Land", "note")
    assert [(c.column, c.heading) for c in table.reading.candidates] == [("country", "Land")]
    assert any("--column country=Land" in f.text for f in table.reading.findings)
    with pytest.raises(ScoresError, match=r"'Land', 'note'.*--column country=Land") as caught:
        parse_comparison("USA:China", table)
    assert "country: no such column" in str(caught.value)
    with pytest.raises(ScoresError, match=r"no column 'country'.*--column country=Land"):
        releases(table, parse_comparison("us-china"))
    without = saved(tmp_path, rows(heading="Land", columns=["organization"]))
    with pytest.raises(ScoresError, match=r"--column country=Land"):
        load_scores(without)


def test_closed_open_says_which_heading_would_be_one():
    table = fl.load_scores(rows())
    with pytest.raises(ScoresError, match=r"no column 'weights'.* 'weights', 'model accessib"):
        table.compare("closed-open")
