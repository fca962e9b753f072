"""What campaigns say in words, from tables whose answer is known."""

from __future__ import annotations

import pandas as pd
import pytest
from result_calibration import calibration, ranks, too_narrow

from frontierlag.errors import OutputError
from frontierlag.studies.calibration.calibrate import Calibration
from frontierlag.studies.calibration.results import verdicts, write_calibration


def row(world, estimator, cover, **more):
    told = {
        "world": world, "estimator": estimator, "lag": "realized", "period": "window",
        "failed": 0, "n": 200, "undefined": 0, "not_converged": 1, "rmse": 0.5, "cover90": cover,
        "cover90_se": 0.02, "width": 1.6, "rmse_ratio": 0.52, "rmse_ratio_se": 0.03,
        "rmse_ratio_index": 0.65, "rmse_ratio_index_se": 0.04,
    }  # fmt: skip
    return told | more


ROWS = [
    row("base", "linear-stochastic", 0.91),
    row("base", "daily-points", None, width=None, rmse_ratio=None, rmse=1.0),
    row("wrong-dates", "linear-stochastic", 0.70),
    row("matrices", "linear-joint", 0.895),
    row("matrices", "linear-stochastic", 0.78, width=2.4),
]


def found(rows=ROWS):
    return Calibration(pd.DataFrame(rows), pd.DataFrame(), pd.Series(dtype=float))


def test_each_world_is_held_to_its_own_target():
    base, dates, matrices = verdicts(found())
    for said, parts in (
        (base, ("91.0%", "200 worlds", "86% to 94%: met", "0.52 (standard error 0.03)")),
        (base, ("at most 0.75: met",)),
        (dates, ("at least 80%: not met",)),
        (matrices, ("linear-joint", "0.65 (standard error 0.04)", "at most 0.70: met")),
        (matrices, ("0.52 (standard error 0.03)", "at most 0.55", "2.4 months", "78.0%")),
    ):
        assert [part for part in parts if part not in said] == []


@pytest.mark.parametrize(("cover", "said"), [(0.85, "not met"), (0.86, "met"), (0.95, "not met")])
def test_the_joint_model_may_cover_neither_too_seldom_nor_too_often(cover, said):
    (words,) = verdicts(found([row("matrices", "linear-joint", cover)]))
    assert f"86% to 94%: {said}." in words


@pytest.mark.parametrize(("late", "said"), [(0.90, "met"), (0.80, "not met")])
def test_forecasts_are_counted_over_both_groups(late, said, tmp_path):
    rows = [
        row("ladders", "linear-stochastic+forecast", cover, bias=bias) | {
            "lag": "best score", "period": f"{side}, {months} months",
        }
        for side, bias in (("leader", 0.5), ("follower", -1.2))
        for months, cover in ((3, 0.95), (6, 0.93), (12, late + (0.02 if bias > 0 else -0.02)))
    ]  # fmt: skip
    (words,) = verdicts(found(rows))
    assert f"95.0%, 93.0% and {late:.1%} of 200 worlds" in words
    assert f"84% to 96%: {said}." in words
    assert "up to 1.2 points too low on average" in words
    write_calibration(found(rows), tmp_path, {})
    assert words in " ".join((tmp_path / "calibration.md").read_text(encoding="utf-8").split())
    assert not list(tmp_path.rglob("*.png"))  # figures are of lags


def test_the_readme_names_where_intervals_are_too_narrow(tmp_path):
    with pytest.raises(OutputError, match="is missing"):
        calibration(tmp_path)
    (tmp_path / "calibration").mkdir()
    pd.DataFrame(ROWS).to_csv(tmp_path / "calibration" / "calibration.csv", index=False)
    text = calibration(tmp_path)
    assert "| base | `linear-stochastic` | 200 | 91 ± 2 % | 1.6 | 0.50 | 0.52 |" in text
    assert "| base | `daily-points` | 200 | has none | none | 1.00 | 1 |" in text
    assert too_narrow(tmp_path).endswith(
        "- the realized lag of `linear-stochastic` in world wrong-dates: mean 70 ± 2 %\n"
        "- the realized lag of `linear-stochastic` in world matrices: mean 78 ± 2 %"
    )
    # A trend lag that is told too narrowly is named too, though the table is of realized lags.
    rows = [*ROWS, row("base", "linear-records", 0.73, lag="trend")]
    pd.DataFrame(rows).to_csv(tmp_path / "calibration" / "calibration.csv", index=False)
    assert "linear-records" not in calibration(tmp_path).split("The 90 %")[0]
    told = too_narrow(tmp_path)
    assert "the trend lag of `linear-records` in world base: mean 73 ± 2 %" in told
    # As is that of the last day or of a year; of a model that is too narrow everywhere, in a line.
    rows = [
        row("skewed", "linear-stochastic", 0.6, period="current"),
        row("skewed", "linear-stochastic", 0.7, period="2024"),
        row("skewed", "linear-stochastic", 0.7, period="maximum"),
        *(row(f"w{k}", "linear-records", 0.6 + 0.02 * k, lag="trend") for k in range(5)),
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "calibration" / "calibration.csv", index=False)
    told = too_narrow(tmp_path)
    assert "in world skewed: last day 60 ± 2 %, 2024 70 ± 2 %\n" in told
    assert "of `linear-records` in worlds w0, w1, w2, w3, w4: 60 to 68 %" in told


def test_the_readme_says_which_ranks_are_not_uniform(tmp_path):
    (tmp_path / "sbc").mkdir()
    rows = [("a", "level", 40, True), ("a", "lag", 40, False), ("b", "level", 20, True)]
    table = pd.DataFrame(rows, columns=["model", "quantity", "n", "passed"])
    table.to_csv(tmp_path / "sbc" / "sbc.csv", index=False)
    assert ranks(tmp_path) == (
        "Rank statistics: `a` (40 worlds, 2 quantities): NOT uniform: lag; "
        "`b` (20 worlds, 1 quantities): uniform."
    )
