"""Words of the README follow the tables, whichever way these fall."""

import pandas as pd
import pytest

from frontierlag.errors import OutputError
from frontierlag.report.readme_rows import NEW, marked, share
from frontierlag.report.readme_studies import forecast, line, records


def written(tmp_path, rows, *parts):
    file = tmp_path.joinpath(NEW, "us-china", *parts)
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
    worse = forecast(written(tmp_path, hindcast(155, 152), *place))
    assert "too high in 2 of 2" in worse
    assert "off by 5.0 points on average, worse than those of a plain drift" in worse
    assert "(2.0)" in worse
    better = forecast(written(tmp_path, hindcast(149, 152, converged=False), *place))
    assert "too high in 0 of 2" in better
    assert "off by 1.0 points on average, better than" in better
    assert "NOT CONVERGED" in better


def test_too_few_record_holders_are_said_to_be_too_few_only_where_they_are(tmp_path):
    usual = {"name": "records by score", "group": "China", "value": 23.0, "p": 0.001}
    usual |= {"expected": 13.6, "passed": False}
    rows = [usual | {"model": "a"}, usual | {"model": "b"}]
    few = records(written(tmp_path, rows, "predictive.csv"))
    assert "23 Chinese models" in few
    assert "14 (`a`, p <0.01)" in few
    assert "Every stochastic model makes too few" in few
    rows[1] = rows[1] | {"passed": True, "p": 0.2, "expected": 21.0}
    mixed = records(written(tmp_path, rows, "predictive.csv"))
    assert "Every" not in mixed
    assert "not extreme for `b`" in mixed


def test_the_line_is_least_squares_on_the_last_day(tmp_path):
    usual = {"model": "least squares", "lag": "trend", "period": "current"}
    rows = [
        usual | {"start": "2023-01-01", "median": 3.76},
        usual | {"start": "2025-01-01", "median": 7.637},
        usual | {"start": "2025-01-01", "median": 5.2, "period": "window"},
    ]
    words = line(written(tmp_path, rows, "sensitivity", "window-starts.csv"))
    assert "3.8 months if it starts in January 2023 and of 7.6" in words


def test_a_missing_table_is_named_with_what_makes_it(tmp_path):
    with pytest.raises(OutputError, match=r"hindcast\.csv is missing; `make results studies"):
        forecast(tmp_path)
