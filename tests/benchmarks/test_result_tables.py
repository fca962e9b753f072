"""Benchmark results in: layouts, bad cells, and what cannot be placed on a common scale."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from frontierlag.cli import main
from frontierlag.errors import USER_ERROR, ScoresError
from frontierlag.jobs import Job
from frontierlag.report.console import show_measurement, terminal
from frontierlag.scores import BadRowsError, load_scores
from frontierlag.scores.item_results import joined, load_results, screened

NAME = "eci-results-2026-08-11"
PINS = ("Claude 3.5 Sonnet", "GPT-5")


def written(tmp_path, text: str):
    path = tmp_path / "results.csv"
    path.write_text(text, encoding="utf-8")
    return path


def pairs(*rows: str) -> pd.DataFrame:
    """One row a result from ``model benchmark``."""
    return pd.DataFrame([row.split() for row in rows], columns=["model", "benchmark"])


LINKED = ("low a", "low b", "high a", "high b", "other a", "other b")


def test_the_reference_results_are_those_behind_the_index(eci_new):
    table = load_results(NAME)
    assert len(table.frame) == 2249
    assert table.frame["model"].nunique() == 222
    assert table.frame["benchmark"].nunique() == 57
    assert table.frame["score"].between(0, 1).all()
    assert "Epoch AI" in table.attribution
    assert "CC BY 4.0" in table.attribution
    assert (table.frame["source"] == "not stated").any()
    assert table.frame["source"].nunique() > 5
    assert set(eci_new.model) <= set(table.frame["model"])


def test_epoch_layout_is_read_by_model_group_and_not_by_family(tmp_path):
    path = written(
        tmp_path,
        "Model,model_group,benchmark,performance,Source\n"
        "GPT-4,GPT-4 (Mar 2023),MMLU,0.86,OpenAI\nGPT-4,GPT-4 (Jun 2023),MMLU,0.84,\n",
    )
    frame = load_results(path).frame
    assert list(frame["model"]) == ["GPT-4 (Mar 2023)", "GPT-4 (Jun 2023)"]
    assert list(frame["source"]) == ["OpenAI", "not stated"]


def test_model_is_the_key_where_model_group_is_missing(tmp_path):
    path = written(
        tmp_path, "Model,benchmark,performance\nGPT-4 (Mar 2023),MMLU,0.86\nGPT-5,MMLU,0.9\n"
    )
    assert list(load_results(path).frame["model"]) == ["GPT-4 (Mar 2023)", "GPT-5"]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_results_with_other_delimiters(tmp_path, delimiter):
    path = written(tmp_path, "model,benchmark,score\na,x,0.4\n".replace(",", delimiter))
    assert list(load_results(path).frame["score"]) == [0.4]


def test_every_bad_cell_is_named(tmp_path):
    path = written(
        tmp_path,
        "model,benchmark,score,chance\na,x,1.2,0\na,y,-0.1,0\n,x,0.5,0\nb,x,half,0\nb,y,0.3,1\n",
    )
    with pytest.raises(BadRowsError) as caught:
        load_results(path)
    found = {(p.row, p.column) for p in caught.value.problems}
    assert {(2, "score"), (3, "score"), (4, "model"), (5, "score"), (6, "chance")} <= found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("model,benchmark\na,x\n", "layout"),
        ("", "empty"),
        ("model,benchmark,score\n", "is empty"),
    ],
)
def test_what_is_no_table_of_results_is_refused(tmp_path, text, words):
    with pytest.raises(ScoresError, match=words):
        load_results(written(tmp_path, text))


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ScoresError, match=NAME):
        load_results("eci-results-1999")


def test_the_highest_of_several_results_counts_and_is_said(tmp_path):
    path = written(tmp_path, "model,benchmark,score\na,x,0.4\na,x,0.6\nb,x,0.2\n")
    table = load_results(path)
    assert list(table.frame["score"]) == [0.6, 0.2]
    assert "1 row" in table.notes[0]


def test_benchmarks_of_one_model_and_models_of_one_result_are_left_out_in_turn():
    # Without the lone benchmark z, model w has one result; without w, benchmark y has one model.
    frame = pairs(*LINKED, "w z", "w y", "other y")
    kept, out = screened(frame, ("low", "high"))
    assert {(e.kind, e.name) for e in out} == {
        ("benchmark", "z"),
        ("model", "w"),
        ("benchmark", "y"),
    }
    assert len(kept) == len(LINKED)
    assert all("2" in e.reason for e in out)


def test_what_shares_no_benchmark_with_the_pins_is_left_out():
    frame = pairs(*LINKED, "p c", "p d", "q c", "q d")
    kept, out = screened(frame, ("low", "high"))
    assert set(kept["model"]) == {"low", "high", "other"}
    assert {e.name for e in out} == {"p", "q", "c", "d"}
    assert all("shares" in e.reason for e in out)


def test_a_missing_pin_is_an_error():
    with pytest.raises(ScoresError, match="none of high"):
        screened(pairs("low a", "other a", "low b", "other b"), ("low", "high"))


def test_pins_that_nothing_links_are_an_error():
    frame = pairs("low a", "low b", "p a", "p b", "high c", "high d", "q c", "q d")
    with pytest.raises(ScoresError, match="share no benchmark"):
        screened(frame, ("low", "high"))


def test_every_mismatch_between_results_and_scores_is_listed(tmp_path, eci_new):
    frame = load_results(NAME).frame
    fewer = frame[(frame["model"] != "o3") & (frame["model"] != "GPT-4.5")]
    path = tmp_path / "fewer.csv"
    fewer[["model", "benchmark", "score"]].to_csv(path, index=False)
    found = joined(load_results(path), eci_new)
    assert {"o3", "GPT-4.5"} == {row.model for row in found.left_out} - {
        row.model for row in eci_new.left_out
    }
    assert any("o3" in note and "GPT-4.5" in note for note in found.responses.notes)
    assert len(found) == len(eci_new) - 2
    names = np.concatenate([found.model, found.responses.others])
    assert len(names) == found.responses.models == 220
    # Every result is that of the model it was given for.
    one = fewer.iloc[100]
    at = np.flatnonzero(
        (names[found.responses.model] == one["model"])
        & (found.responses.benchmarks[found.responses.benchmark] == one["benchmark"])
    )
    assert found.responses.score[at] == pytest.approx([one["score"]])


def test_models_of_neither_group_keep_informing_the_benchmarks(eci_new):
    found = joined(load_results(NAME), eci_new)
    assert "Mistral Large" in found.responses.others
    assert len(found.responses.score) == 2249


def test_results_of_a_table_that_two_models_do_not_pin_are_refused():
    with pytest.raises(ScoresError, match="pinned"):
        Job("frontiermath-2026-01-17", results=NAME).prepare()


def test_reference_results_run_from_chance_level_to_one():
    # 71.7 % and 56.5 % of GPQA Diamond's questions of four choices, as Epoch AI publishes them.
    raw = load_scores("gpqa-diamond-2026-01-17").frame.set_index("model")["score"]
    found = load_results(NAME).frame
    of = found[found["benchmark"] == "GPQA diamond"].set_index("model")["score"]
    both = [name for name in of.index if name in raw.index]
    assert len(both) >= 2
    for name in both:
        assert of[name] == pytest.approx((raw[name] - 0.25) / 0.75, abs=2e-5)


@pytest.mark.parametrize("command", ["run", "fit"])
def test_a_model_of_scores_is_not_fitted_to_results(command, capsys, tmp_path):
    model = {"run": "--models", "fit": "--model"}[command]
    out = tmp_path / "out"
    with pytest.raises(SystemExit) as ended:
        main([command, "--results", NAME, model, "linear-stochastic", "--out", str(out)])
    assert ended.value.code == USER_ERROR
    assert "fit linear-joint" in capsys.readouterr().err
    assert not out.exists()


def test_what_is_not_used_is_said_on_the_terminal(capsys, tmp_path, eci_new):
    frame = load_results(NAME).frame[["model", "benchmark", "score"]]
    lone = pd.DataFrame([["o3", "nobody else was given", 0.5]], columns=frame.columns)
    path = tmp_path / "more.csv"
    pd.concat([frame, lone]).to_csv(path, index=False)
    show_measurement(terminal(), joined(load_results(path), eci_new))
    said = capsys.readouterr().out
    assert "2249 results of 222 models on 57 benchmarks" in said
    assert "not used: benchmark nobody else was given, 1 result(s): has results of 1 model" in said
    assert "17 model(s) with results are of neither group" in said
