"""Words of the README follow the tables, whichever way these fall."""

import pandas as pd
import pytest
from result_rows import NEW, marked, share
from result_studies import catching_up, dates, forecast, line, priors, records

from frontierlag.errors import OutputError


def written(tmp_path, rows, *parts, comparison="us-china"):
    file = tmp_path.joinpath(NEW, comparison, *parts)
    file.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_csv(file, index=False)
    return tmp_path


def row(**cells):
    usual = {"median": 6.84, "lower90": 5.83, "upper90": 7.88, "mcse": 0.01, "lag": "realized"}
    return usual | {"censored": 0.0, "converged": True} | cells


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({}, "6.8 (5.8 to 7.9)"),
        ({"mcse": 0.2}, "7 (6 to 8)"),
        ({"mcse": 0.2, "lower90": -0.1}, "7 (0 to 8)"),
        ({"censored": 0.27}, "at least 6.8 (5.8 to 7.9)"),
        ({"censored": 0.1}, "6.8 (5.8 to 7.9)"),
        ({"censored": 0.27, "lag": "trend"}, "6.8 (5.8 to 7.9)"),
        ({"converged": False}, "6.8 (5.8 to 7.9) NOT CONVERGED"),
    ],
)
def test_a_figure_carries_its_bound_and_its_stamp(cells, words):
    assert marked(row(**cells)) == words


def test_a_share_is_never_rounded_to_none():
    assert [share(x) for x in (0.0, 0.004, 0.27)] == ["none", "<1%", "27%"]


def hindcast(median, drift, converged=True):
    usual = {"origin": "2025-08-11", "quantity": "best available", "truth": 150.0}
    usual |= {"inside50": False, "inside90": True, "converged": converged}
    return [usual | {"median": median, "drift": drift}] * 2


def test_the_forecast_is_said_to_be_worse_than_drift_only_where_it_is(tmp_path):
    place = ("catch-up", "hindcast.csv")
    written(tmp_path, hindcast(155, 152), *place)
    written(tmp_path, hindcast(149, 152, converged=False), *place, comparison="us-china-joint")
    _, _, worse, better = forecast(tmp_path).splitlines()
    assert worse.startswith("- Scores alone: ")
    for part in ("2 of 2", "5.0 points", "worse", "(2.0)"):
        assert part in worse
    assert "NOT CONVERGED" not in worse
    assert better.startswith("- Benchmark results: ")
    for part in ("0 of 2", "1.0 points", "better"):
        assert part in better
    assert "NOT CONVERGED" in better


def test_catching_up_is_told_from_scores_and_from_results(tmp_path):
    usual = {"target": "o3", "by": "2026-12-31", "median": "2026-09-01", "converged": True}
    usual |= {"lower90": "2026-07-16", "upper90": "2026-12-12"}
    alone = [usual | {"already_matched": 0.335, "probability_by": 0.97}]
    joint = [usual | {"already_matched": 0.001, "probability_by": 0.9, "converged": False}]
    place = ("catch-up", "catch_up.csv")
    written(tmp_path, [*alone, alone[0] | {"target": "best"}], *place)
    written(tmp_path, joint, *place, comparison="us-china-joint")
    _, _, one, two = catching_up(tmp_path).splitlines()
    cells = [cell.strip() for cell in one.strip("| ").split(" | ")]
    assert cells[0] == "o3"
    assert "2026-09 (2026-07 to 2026-12)" in cells[1]
    assert "0.34" in cells[1]
    assert "<0.01 NOT CONVERGED" in cells[3]
    assert [cells[2], cells[4]] == ["0.97", "0.90"]
    assert two.split(" | ")[2] == "0.97"
    assert "matched" in two


def test_priors_are_named_where_they_move_a_lag(tmp_path):
    usual = {"quantity": "trend lag", "at": "window", "prior": 0.01, "undefined_prior": 0.0}
    usual |= {"diagnosis": "-"}
    moved = {"diagnosis": "prior-data conflict", "undefined_prior": 0.08}
    written(
        tmp_path, [usual | {"model": "a"}, usual | moved | {"model": "b"}], "prior_influence.csv"
    )
    written(tmp_path, [usual | {"model": "c"}], "prior_influence.csv", comparison="us-china-joint")
    told = priors(tmp_path)
    for part in ("of 3 ", "move 1", "trend lag, mean, of `b`"):
        assert part in told
    assert "`a`" not in told


def test_dates_that_err_have_a_row_each(tmp_path):
    keys = [("realized", "window"), ("realized", "current"), ("trend", "window")]
    rows = [
        row(error=words, lag=lag, period=period)
        for words in ("as given", "normal error, sd 30 days")
        for lag, period in keys
    ]
    told = dates(written(tmp_path, rows, "sensitivity", "dates.csv")).splitlines()
    # The realized lag of one day has no interval, so it has no column.
    assert "last day" not in told[0]
    assert told[0].count("|") == 4
    assert told[2] == "| as given | 6.8 (5.8 to 7.9) | 6.8 (5.8 to 7.9) |"
    assert told[3].startswith("| normal error, sd 30 days |")


def test_too_few_record_holders_are_said_to_be_too_few_only_where_they_are(tmp_path):
    usual = {"name": "records by score", "group": "China", "value": 23.0, "p": 0.001}
    usual |= {"expected": 13.6, "passed": False}
    rows = [usual | {"model": "a"}, usual | {"model": "b"}]
    few = records(written(tmp_path, rows, "predictive.csv"))
    for part in ("23 Chinese", "14 (`a`, p <0.01)", "Every"):
        assert part in few
    rows[1] = rows[1] | {"passed": True, "p": 0.2, "expected": 21.0}
    mixed = records(written(tmp_path, rows, "predictive.csv"))
    assert "Every" not in mixed
    assert "`b`" in mixed


def test_the_line_is_least_squares_on_the_last_day(tmp_path):
    usual = {"model": "least squares", "lag": "trend", "period": "current"}
    rows = [
        usual | {"start": "2023-01-01", "median": 3.76},
        usual | {"start": "2025-01-01", "median": 7.637},
        usual | {"start": "2025-01-01", "median": 5.2, "period": "window"},
    ]
    words = line(written(tmp_path, rows, "sensitivity", "window-starts.csv"))
    assert "3.8 months" in words
    assert "7.6" in words
    assert "5.2" not in words


def test_a_missing_table_is_named_with_what_makes_it(tmp_path):
    with pytest.raises(OutputError, match=r"hindcast\.csv is missing; `make results studies"):
        forecast(tmp_path)
