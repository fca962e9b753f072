"""The README says what results/ says, and its code runs."""

import re
from pathlib import Path

import pandas as pd
import pytest
from committed import committed_results
from readme import BLOCKS, START, updated

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
RESULTS = committed_results()


def test_the_readme_figures_are_those_of_the_results():
    text = README.read_text(encoding="utf-8")
    for name in BLOCKS:
        assert START.format(name) in text
    assert updated(text, RESULTS) == text


def test_the_first_figure_is_the_median_in_the_table():
    lags = pd.read_csv(RESULTS / "eci-2026-08-11" / "us-china-joint" / "lags.csv")
    row = lags[
        (lags.model == "linear-joint") & (lags.lag == "realized") & (lags.period == "window")
    ].iloc[0]
    first = re.search(
        r"by (?:at least )?([0-9.]+) months on average \(([0-9.]+) to ([0-9.]+)\)",
        README.read_text(encoding="utf-8"),
    )
    assert first is not None
    told = [float(x) for x in first.groups()]
    assert told == pytest.approx([row["median"], row["lower90"], row["upper90"]], abs=0.0501)


@pytest.mark.parametrize(
    "folder",
    [
        "eci-2025-12-19/us-china",
        "eci-2025-12-19/closed-open",
        "eci-2026-08-11/us-china",
        "eci-2026-08-11/closed-open",
        "eci-2026-08-11/us-china-joint",
    ],
)
def test_every_committed_fit_converged(folder):
    table = pd.read_csv(RESULTS / folder / "diagnostics.csv")
    assert table["converged"].all()
    assert (table["rhat"] <= 1.01).all()
    assert (table[["ess_bulk", "ess_tail"]] >= 400).all(axis=None)
    assert (table["divergences"] == 0).all()


@pytest.mark.xdist_group("linear-stochastic")
def test_the_python_example_runs():
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    short = code.replace("seed=2026)", "seed=2026, draws=200, tune=300)")
    assert short != code
    exec(compile(short, "README.md", "exec"), {})
