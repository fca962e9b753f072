"""The end of a run on a terminal: at most 25 lines of 80 columns, the answer first."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from frontierlag.dates import WORDS as DATE_WORDS
from frontierlag.jobs import Job
from frontierlag.report import as_json
from frontierlag.report.screen import LINES, WIDTH, estimate, run_screen, runs_screen, warnings
from frontierlag.results.tables import OF_A_POSTERIOR

SENTENCE = (
    "China trails USA by 6.8 months (90% equal-tailed interval 5.8 to 7.9; mean realized lag, "
    "2023-06-24 to 2026-08-11; linear-stochastic, eci-2026-08-11, as of 2026-08-11); on 6% of the "
    "days it is only a lower bound."
)
MODELS = ("linear-records", "linear-stochastic", "logistic-records", "logistic-stochastic")


def row(model, lag, median, period="window", **other):
    """A row of lags.csv or ladder.csv: the columns are those that a run writes."""
    numbers = {
        "mean": median, "median": median, "lower50": median - 0.5, "upper50": median + 0.5,
        "lower90": median - 1, "upper90": median + 1, "mcse_mean": 0.01, "mcse_median": 0.02,
        "undefined": 0.0,
    }  # fmt: skip
    assert set(numbers) == set(OF_A_POSTERIOR)
    about = {"dataset": "eci-2026-08-11", "model": model, "lag": lag, "period": period}
    return {**about, **numbers, "censored": 0.06, "converged": True, **other}


def result(
    models=MODELS, failed=(), headline="linear-stochastic", stacks_converge=True, predictive=()
):
    lags = [
        row(model, lag, at, period, converged=model not in failed)
        for model in models
        for lag, at in (("trend", 6.1), ("realized", 6.8))
        for period in ("window", "current")
    ]
    ladder = [
        row(model, lag, at)
        for model in models
        for lag, at in (("trend", 6.1), ("release", 5.5), ("realized", 6.8))
    ]
    checks = [
        {"model": model, "passed": model not in predictive, "text": "too few records"}
        for model in models
    ]
    tables = {
        name: pd.DataFrame(rows)
        for name, rows in (("lags", lags), ("ladder", ladder), ("predictive", checks))
    }
    bad = "not converged: R-hat 1.0123 (needs at most 1.01) at slope[China]; bulk ESS 12"
    outcomes = [
        SimpleNamespace(
            model=model,
            converged=model not in failed,
            verdict=bad if model in failed else "converged",
            sentences=(SENTENCE, ""),
        )
        for model in models
    ]
    return SimpleNamespace(
        outcomes=outcomes,
        evidence=[],
        headline=headline,
        not_asked=(),
        converged=not failed and stacks_converge,
        table=lambda stem: tables[stem],
    )


@pytest.fixture(scope="module")
def prepared():
    return Job("eci-2026-08-11").prepare()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = tmp_path / "results" / "eci-2026-08-11" / "us-china"
    made.mkdir(parents=True)
    for name in ("lags.csv", "claims.md", "window_starts.csv"):
        (made / name).touch()
    return made.relative_to(tmp_path)


@pytest.mark.parametrize("models", [MODELS, MODELS[1:2], [*MODELS, *(f"{m}-x" for m in MODELS)]])
@pytest.mark.parametrize("failed", [(), ("linear-stochastic", "logistic-records")])
def test_a_run_ends_with_one_screen(models, failed, prepared, folder):
    lines = run_screen(result(models, failed), prepared, folder)
    assert len(lines) <= LINES == 25
    assert max(map(len, lines)) <= WIDTH == 80
    text = " ".join(" ".join(lines).split())
    assert text.startswith(SENTENCE)
    for name, numbers in (
        ("trend", "6.1 (5.1 to 7.1)"),
        ("at release", "5.5 (4.5 to 6.5)"),
        ("realized", "6.8 (5.8 to 7.8)"),
    ):
        assert any(line.startswith(name) and numbers in line for line in lines)
    for part in ("144 releases of USA", "61 of China", "eci-2026-08-11"):
        assert part in text
    assert ("NOT CONVERGED: " in text) == bool(set(failed) & set(models))
    assert "Data: " in text
    assert all(name in text for name in ("lags.csv", "claims.md", "window_starts.csv"))
    assert lines[-2:] == [f"Next: frontierlag report {folder}", f"      frontierlag cite {folder}"]


def test_convergence_is_said_in_a_word(prepared, folder):
    def verdict(**given):
        return next(
            " ".join(lines[at:])
            for lines in [run_screen(result(**given), prepared, folder)]
            for at, line in enumerate(lines)
            if line.startswith("Convergence: ")
        )

    assert verdict().startswith("Convergence: passed by all 4 fits.")
    bad = verdict(failed=("linear-records",))
    for part in ("NOT CONVERGED: linear-records", "1.0123", "1.01)"):
        assert part in bad
    assert "passed" not in verdict(stacks_converge=False)


def test_a_lag_is_told_with_the_digits_that_it_bears():
    one = row("m", "realized", 6.84)
    assert estimate(one) == "6.8 (5.8 to 7.8)"
    assert estimate(one | {"mcse_median": 0.3}) == "7 (6 to 8)"
    assert estimate(one | {"censored": 0.7}) == "at least 6.8 (5.8 to 7.8)"
    assert estimate(one | {"censored": 0.7, "lag": "trend"}) == "6.8 (5.8 to 7.8)"
    assert estimate(one | {"median": np.nan}) == "no draw has a lag"


def test_warnings_are_of_the_data_and_of_the_model(prepared, folder):
    assert [w.severity for w in warnings(result(), prepared) if w.severity == "note"] == []
    # As published, some dates are those of another version than the name says.
    dated = Job("eci-2026-08-11", dates="as-published").prepare()
    failing = result(predictive=("linear-stochastic", "linear-records"))
    told = [finding.text for finding in warnings(failing, dated)]
    assert sum("away from the" in text for text in told) == 8
    (unpredicted,) = (text for text in told if "too few records" in text)
    assert unpredicted.startswith("linear-stochastic ")
    lines = run_screen(failing, dated, folder)
    (shown,) = (at for at, line in enumerate(lines) if line.startswith("Data: "))
    (rest,) = (line for line in lines if "more: frontierlag scores check eci-2026-08-11" in line)
    assert lines.index(rest) > shown
    assert len(lines) <= LINES
    assert DATE_WORDS["as-published"] in " ".join(lines)


def test_several_data_sets_end_with_one_screen_too(tmp_path):
    names = [f"eci-2026-08-{k:02d}/us-china-joint" for k in range(1, 10)]
    found = [result(failed=("linear-records",) if k == 3 else ()) for k in range(9)]
    lines = runs_screen(found, [tmp_path / name for name in names], tmp_path)
    assert len(lines) <= LINES
    assert max(len(line) for line in lines if str(tmp_path) not in line) <= WIDTH
    assert next(line for line in lines if line.endswith(" (*)")).startswith(names[3])
    assert any("Converged: 8 of 9 data sets" in line for line in lines)


def test_a_run_as_json_has_every_interval_with_its_kind(prepared, folder, capsys):
    as_json.write(as_json.run(result(), prepared, folder))
    told = json.loads(capsys.readouterr().out)
    assert told["data"]["releases"] == {"USA": 144, "China": 61}
    assert told["data"]["as_of"] == "2026-08-11"
    assert [r["lag"] for r in told["headline"]] == ["trend", "release", "realized"]
    realized = told["headline"][2]
    assert realized["unit"] == "months"
    assert realized["intervals"] == [
        {"kind": "equal-tailed", "probability": 0.5, "lower": 6.3, "upper": 7.3},
        {"kind": "equal-tailed", "probability": 0.9, "lower": 5.8, "upper": 7.8},
    ]
    assert "lower90" not in realized
    assert told["fits"][0] == {
        "model": "linear-records", "converged": True, "verdict": "converged",
    }  # fmt: skip
    assert told["folder"] == str(folder)


def test_json_has_no_number_that_is_none():
    table = pd.DataFrame({"a": [1.5, np.nan], "b": [True, False], "n": [np.int64(3), 4]})
    assert as_json.plain(table) == [{"a": 1.5, "b": True, "n": 3}, {"a": None, "b": False, "n": 4}]
    assert as_json.plain({"x": (np.float64("inf"), pd.NaT, pd.Timestamp("2026-01-02").date())}) == {
        "x": [None, None, "2026-01-02"]
    }
