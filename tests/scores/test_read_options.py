"""What only the user can know: options of reading, and the record of what was read."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError

from frontierlag.errors import ScoresError
from frontierlag.jobs import Job
from frontierlag.runs.request import Request
from frontierlag.scores import LeftOut, ReadOptions, load_scores, parse_comparison
from frontierlag.settings import SamplerSettings

ARENA = "Rank,Model,Arena Score,95% CI,Votes,License\n" + "".join(
    f"{i},m {i},{1100 + 10 * i},+5/-4,99,{'MIT' if i % 2 else 'Proprietary'}\n" for i in range(1, 9)
)
DATES = "model,release date,country\n" + "".join(
    f"M-{i},2024-0{i}-01,{'China' if i % 2 else 'USA'}\n" for i in range(1, 9)
)


def write(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_dates_and_countries_from_another_table(tmp_path):
    arena, dates = write(tmp_path, "arena.csv", ARENA), write(tmp_path, "dates.csv", DATES)
    with pytest.raises(ScoresError, match=r"no release dates.*--dates-from"):
        load_scores(arena)
    table = load_scores(arena, ReadOptions(dates_from=str(dates)))
    frame = table.frame
    assert list(frame["country"]) == ["China", "USA"] * 4
    assert list(frame["weights"]) == ["open", "closed"] * 4
    assert table.as_of == date(2024, 8, 1)
    assert table.reading.interval_level == 0.95
    fewer = write(tmp_path, "fewer.csv", "\n".join(DATES.splitlines()[:-1]))
    found = load_scores(arena, ReadOptions(dates_from=str(fewer)))
    assert [f.text for f in found.reading.of("wrong") if "1 of 8 models" in f.text]
    assert found.left_out[-1].model == "m 8"


def test_the_record_says_what_was_taken_for_what(tmp_path):
    text = (
        "Model,Developer,Votes,Release date,Elo,CI low,CI high,note\na,A,1,2024-01-01,10,9,11,x\n"
        "b,B,1,2024-01-02,20,19,21,x\nc,B,1,2024-01-03,-,-,-,x\n"
    )
    table = load_scores(write(tmp_path, "t.csv", text))
    reading = table.reading
    assert {use.column: use.heading for use in reading.columns} == {
        "model": "Model", "organization": "Developer", "released": "Release date", "score": "Elo",
        "low": "CI low", "high": "CI high",
    }  # fmt: skip
    assert reading.unused == ("Votes", "note")
    assert (reading.form, reading.header_line) == ("CSV", 1)
    assert reading.interval_rule.startswith("0.9, because")
    assert table.left_out == (LeftOut(4, "c", "no score", "score", "-"),)


@pytest.mark.parametrize(
    "given", [{"column": ("points",)}, {"column": ("size=x",)}, {"accept": ("all",)},
              {"interval_level": 95.0}, {"column": ("score=a", "score=b")}],
)  # fmt: skip
def test_options_that_mean_nothing_are_refused(given):
    with pytest.raises(ValidationError):
        ReadOptions(**given)


def test_a_comparison_by_codes(tmp_path):
    table = load_scores(write(tmp_path, "t.csv", "model,country,released,score\n" + "".join(
        f"m{i},{'CN' if i % 2 else 'US'},2024-01-0{i},{i}\n" for i in range(1, 9)
    )))  # fmt: skip
    assert parse_comparison("US:CN", table).name == "us-china"
    assert parse_comparison("cn:u.s.", table).leader == "China"


def test_a_request_keeps_how_its_table_was_read():
    options = ReadOptions(column=("score=elo", "low=lo"), lower_is_better=True, reruns="best")
    kept = Request.of(Job("t.csv", reading=options), (), SamplerSettings(), None, False)
    again = Request.model_validate_json(kept.model_dump_json())
    assert again.job().reading == options
    assert options.words() == [
        "--column", "score=elo", "--column", "low=lo", "--lower-is-better", "--reruns", "best",
    ]  # fmt: skip
    assert "--lower-is-better --reruns best" in kept.command()
    assert ReadOptions().words() == []
