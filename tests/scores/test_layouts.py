"""Every layout, format, encoding and delimiter, written to disk and read back."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import pandas as pd
import pytest

from frontierlag.errors import ScoresError
from frontierlag.scores import (
    ATTRIBUTION,
    date_lint,
    load_scores,
    parse_comparison,
    records,
    releases,
)
from frontierlag.scores.reading.countries import countries

EPOCH_ECI = """Model,Display name,eci,eci_ci_low,eci_ci_high,date,Organization,\
Country (of organization),Model accessibility,Accessibility group
GPT-5,GPT-5,150.0,,,2025-08-07,OpenAI,United States of America,API access,x
Claude 3.5 Sonnet,c,130.0,,,2024-06-20,Anthropic,United States of America,API access,x
Gemini,g,125.5,120,128,2024-02-15,Google DeepMind,"United Kingdom of Great Britain and \
Northern Ireland,United States of America",Hosted access (no API),x
Qwen,q,124.0,120,128,2024-06-07,Alibaba,"China,China",Open weights (unrestricted),x
GLM,q,126.0,120,128,2024-07-07,"Zhipu AI,Tsinghua University",China,\
Open weights (restricted use),x
Kimi,q,127.0,120,128,2024-08-07,Moonshot,China,Open weights (non-commercial),x
Solar,s,119.0,110,121,2024-01-07,Upstage,"Korea, Republic of",Open weights (unrestricted),x
Inner,s,119.5,110,121,2024-01-08,Upstage,Korea (Republic of),Unreleased,x
Odd,s,118.5,110,121,2024-01-09,Upstage,Multinational,Limited access,x
Void,s,118.0,110,121,2024-01-10,Upstage,,,x
"""


def write(tmp_path, text, name="table.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def test_epoch_eci_scores(tmp_path):
    table = load_scores(write(tmp_path, EPOCH_ECI, "eci_scores.csv"))
    assert (table.layout, table.metric.name) == ("epoch-eci-scores", "ECI")
    assert table.attribution == ATTRIBUTION
    frame = table.frame.set_index("model")
    assert frame["country"].to_dict() == {
        "GPT-5": "USA",
        "Claude 3.5 Sonnet": "USA",
        "Gemini": "UK;USA",
        "Qwen": "China",
        "GLM": "China",
        "Kimi": "China",
        "Solar": "South Korea",
        "Inner": "South Korea",
        "Odd": "Multinational",
        "Void": "",
    }
    assert frame["weights"].to_list() == (
        ["closed"] * 3 + ["open"] * 4 + ["closed", "unknown", "unknown"]
    )
    assert frame.loc["GLM", "organization"] == "Zhipu AI;Tsinghua University"
    assert frame.loc["Gemini", ["score", "low", "high"]].to_list() == [125.5, 120, 128]
    assert any("'limited access'" in note for note in table.notes)
    assert (table.vintage, table.as_of) == (None, date(2025, 8, 7))
    assert any("last release" in note for note in table.notes)
    found = releases(table, parse_comparison("us-china"))
    assert (found.of(0).sum(), found.of(1).sum()) == (3, 3)


def test_epoch_capabilities_index(tmp_path):
    text = (
        "Model version,ECI Score,Release date,Organization,Country (of organization),"
        "Model accessibility\n"
        "gpt-5,150.1,2025-08-07,OpenAI,United States of America,API access\n"
        "qwen3,140.1,2025-05-07,Alibaba,China,Open weights (unrestricted)\n"
        "none,,2025-05-07,Alibaba,China,Open weights (unrestricted)\n"
    )
    table = load_scores(write(tmp_path, text, "epoch_capabilities_index.csv"))
    assert (table.layout, table.metric.name) == ("epoch-capabilities-index", "ECI")
    assert any("no intervals" in note for note in table.notes)
    assert [(e.row, e.reason) for e in table.left_out] == [(4, "no score")]


@pytest.mark.parametrize(
    ("file", "name", "problems", "lower"),
    [
        ("frontiermath.csv", "FrontierMath", 290, 0.0),
        ("gpqa_diamond.csv", "GPQA Diamond", 198, 0.25),
        ("GPQA_diamond_2026-01-17.csv", "GPQA Diamond", 198, 0.25),
        ("frontiermath_tier_4.csv", "frontiermath tier 4", None, 0.0),
    ],
)
def test_epoch_benchmark(tmp_path, file, name, problems, lower):
    text = (
        "Model version,mean_score,Best score (across scorers),Release date,Organization,Country,"
        "stderr,Log viewer\n"
        "a,0.5,0.9,2025-08-07,OpenAI,United States of America,0.02,x\n"
        "b,,0.25,2025-05-07,Alibaba,China,0.03,x\n"
    )
    table = load_scores(write(tmp_path, text, file))
    assert table.layout == "epoch-benchmark"
    metric = table.metric
    assert (metric.name, metric.problems, metric.lower) == (name, problems, lower)
    assert (metric.unit, metric.upper) == ("accuracy", 1.0)
    assert table.frame["score"].to_list() == [0.5, 0.25]
    assert table.notes[0] == (
        "1 score(s) without 'mean_score' are from 'Best score (across scorers)'."
    )


def test_epoch_benchmark_with_best_score_only(tmp_path):
    text = (
        "Model version,Best score (across scorers),Release date,Country\n"
        "a,0.9,2025-08-07,China\nb,0.8,2025-08-07,USA\n"
    )
    assert load_scores(write(tmp_path, text)).frame["score"].to_list() == [0.9, 0.8]


OWN = "model,country,released,score,stderr\nm1,USA,2024-01-01,10,1\nm2,China,2024-02-01,20.5,1\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_delimiters_byte_order_marks_and_newlines(tmp_path, delimiter, encoding, newline):
    text = OWN.replace(",", delimiter).replace("\n", newline)
    table = load_scores(write(tmp_path, text, encoding=encoding))
    assert table.frame["model"].to_list() == ["m1", "m2"]
    assert table.frame["score"].to_list() == [10.0, 20.5]
    assert table.frame["row"].to_list() == [2, 3]


def test_headings_without_regard_to_case_and_space(tmp_path):
    text = OWN.replace("model,country,released", '" Model ",COUNTRY,  Released')
    assert load_scores(write(tmp_path, text)).layout == "own"


def test_quoted_semicolon_file(tmp_path):
    text = '"model";"weights";"released";"score"\n"a;1";"open";"2024-01-01";"1"\nb;closed;'
    table = load_scores(write(tmp_path, text + "2024-01-02;2\n"))
    assert table.frame["model"].to_list() == ["a;1", "b"]


def test_line_numbers_past_blank_and_broken_lines(tmp_path):
    text = 'model,weights,released,score\n\n"two\nlines",open,2024-01-01,1\nb,closed,2024-01-02,2\n'
    table = load_scores(write(tmp_path, text))
    assert table.frame["row"].to_list() == [3, 5]
    assert table.frame["model"].to_list() == ["two lines", "b"]


def test_unknown_index_is_scaled_by_its_scores(tmp_path):
    text = "model,weights,released,Elo\na,open,2024-01-01,1412\nb,closed,2024-01-02,1187\n"
    table = load_scores(write(tmp_path, text + "c,open,2024-01-03,1263\n"))
    metric = table.metric
    assert (metric.name, metric.unit, metric.bounded) == ("Elo", "points", False)
    assert (metric.location, metric.spread) == (1300.0, 110.0)  # median 1263, sd 114.2
    assert any("unbounded index 'Elo'" in note for note in table.notes)


def test_scores_within_0_and_1_are_pointed_out(tmp_path):
    text = "model,weights,released,score\na,open,2024-01-01,0.4\nb,closed,2024-01-02,0.5\n"
    table = load_scores(write(tmp_path, text))
    assert table.metric.unit == "points"
    assert any("name the column 'accuracy'" in note for note in table.notes)
    table = load_scores(write(tmp_path, text.replace("score", "accuracy"), "my_bench.csv"))
    assert (table.metric.unit, table.metric.name) == ("accuracy", "my bench")
    assert any("chance level of my bench is not known here" in note for note in table.notes)


def test_eci_by_anchors_by_heading_and_by_file_name(tmp_path):
    anchors = "Claude 3.5 Sonnet,closed,2024-06-20,130\nGPT-5,closed,2025-08-07,150\n"
    text = "model,weights,released,score\n" + anchors
    assert load_scores(write(tmp_path, text)).metric.name == "ECI"
    other = text.replace("GPT-5", "GPT-6")
    assert load_scores(write(tmp_path, other, "t2.csv")).metric.name == "score"
    assert load_scores(write(tmp_path, other, "eci_mine.csv")).metric.name == "ECI"
    assert load_scores(write(tmp_path, other.replace("score", "ECI"), "t3.csv")).metric.anchors


@pytest.mark.parametrize("index", [False, True])
def test_parquet_with_datetimes(tmp_path, index):
    frame = pd.DataFrame(
        {
            "model": ["a", "b", "c"],
            "country": ["USA", None, "China"],
            "released": pd.to_datetime(["2024-01-01", "2024-02-03", None]),
            "score": [1.5, 0.1 + 0.2, np.nan],
            "stderr": np.array([0.5, 0.25, 0.5], dtype=np.float32),
        }
    )
    path = tmp_path / "table.parquet"
    frame.to_parquet(path, index=index)
    table = load_scores(path)
    assert table.frame["score"].to_list()[:2] == [1.5, 0.1 + 0.2]
    assert table.frame["country"].to_list() == ["USA", "", "China"]
    assert table.as_of == date(2024, 2, 3)
    assert [(e.row, e.reason) for e in table.left_out] == [(4, "no score")]


def test_parquet_with_dates_and_zones(tmp_path):
    frame = pd.DataFrame(
        {"model": ["a", "b"], "weights": ["open", "closed"], "score": [1, 2], "stderr": [0, 1]}
    )
    for released in (
        [date(2024, 1, 1), date(2024, 2, 1)],
        pd.to_datetime(["2024-01-01", "2024-02-01"], utc=True),
        pd.to_datetime(["2024-01-01", "2024-02-01"]).astype("datetime64[ns]"),
        ["2024-01-01", "2024-02-01 00:00:00"],
    ):
        path = tmp_path / "t.parquet"
        frame.assign(released=released).to_parquet(path)
        assert load_scores(path).as_of == date(2024, 2, 1)


def test_date_in_file_name(tmp_path):
    table = load_scores(write(tmp_path, OWN, "scores-2024-03-09.csv"))
    assert (table.vintage, table.as_of) == (date(2024, 3, 9), date(2024, 3, 9))
    assert any("file's name" in note for note in table.notes)
    table = load_scores(write(tmp_path, OWN, "scores-2024-01-09.csv"))
    assert (table.vintage, table.as_of) == (None, date(2024, 2, 1))
    assert any("not taken as the vintage" in note for note in table.notes)


def test_resolutions_fill_and_never_override(tmp_path):
    text = (
        "model,organization,country,weights,released,score\n"
        "o3-pro,,,,2024-01-01,1\nYi-9B,Mine,France,closed,2024-01-02,2\n"
    )
    table = load_scores(write(tmp_path, text))
    frame = table.frame.set_index("model")
    assert frame.loc["o3-pro", ["organization", "country", "weights"]].to_list() == [
        "",
        "",
        "closed",
    ]
    assert frame.loc["Yi-9B", ["organization", "country", "weights"]].to_list() == [
        "Mine",
        "France",
        "closed",
    ]
    assert any("1 model(s) are filled from resolutions: o3-pro (weights)" in n for n in table.notes)


def test_resolutions_leave_absent_columns_alone(tmp_path):
    text = "model,country,released,score\nYi-9B,,2024-01-01,1\nother,USA,2024-01-02,2\n"
    frame = load_scores(write(tmp_path, text)).frame
    assert frame["country"].to_list() == ["China", "USA"]
    assert frame["weights"].to_list() == ["unknown", "unknown"]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("United States of America", "USA"),
        ("United Kingdom", "UK"),
        ("UK; USA", "UK;USA"),
        ("China,United States", "China;USA"),
        ("Korea, Republic of,China", "South Korea;China"),
        ("Taiwan, Province of China", "Taiwan"),
        ("Hong Kong, China (SAR)", "Hong Kong"),
        ("Atlantis", "Atlantis"),
        ("united arab  emirates;France;FRANCE", "UAE;France"),
        ("", ""),
        (" ; ,", ""),
    ],
)
def test_countries(cell, expected):
    assert countries(cell) == expected


def test_lint_of_days_in_names(tmp_path):
    text = (
        "model,weights,released,score\n"
        "gpt-4o-2024-08-06,closed,2024-08-06,1\n"
        "gpt-4o-2024-08-07,closed,2024-05-13,2\n"
        "claude-20240620,closed,2024-10-20,3\n"
        "number-20240231,closed,2024-12-20,4\n"
        "model (Sept 2024),closed,2024-11-14,5\n"
        "model (Sept. 2024),closed,2024-11-15,6\n"
    )
    warnings = date_lint(load_scores(write(tmp_path, text)))
    assert [int(re.match(r"row (\d+)", w).group(1)) for w in warnings] == [3, 4, 7]


def test_lint_of_a_last_release_that_stands_alone(tmp_path):
    text = "model,weights,released,score\na,open,2024-08-06,1\nb,open,2025-06-01,2\nc,open,{},3\n"
    mistyped, right = (
        date_lint(load_scores(write(tmp_path, text.format(day))))
        for day in ("2034-09-01", "2025-09-01")
    )
    assert len(mistyped) == 1
    assert mistyped[0].startswith("row 4: c is dated 2034-09-01")
    assert right == []


def test_many_rows_load_in_time(tmp_path):
    rng = np.random.default_rng(1)
    n = 20_000
    frame = pd.DataFrame(
        {
            "model": [f"m{i}" for i in range(n)],
            "country": rng.choice(["USA", "China", "France"], n),
            "released": pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 999, n), "D"),
            "score": rng.normal(130, 20, n),
            "stderr": 2.0,
        }
    )
    frame.to_csv(tmp_path / "big.csv", index=False)
    found = releases(load_scores(tmp_path / "big.csv"), parse_comparison("us-china"))
    assert len(found) == int((frame["country"] != "France").sum())
    assert records(found).sum() >= 4


def test_path_of_another_kind(tmp_path):
    with pytest.raises(ScoresError, match="scores fetch"):
        load_scores("http://epoch.ai/data/eci_scores.csv")
    with pytest.raises(ScoresError, match=r"no file 'eci_2026'.*eci-2026-08-11"):
        load_scores("eci_2026")
    with pytest.raises(ScoresError, match="is a folder"):
        load_scores(tmp_path)
