"""Tables on a terminal of 80 columns show their numbers: none is cut, none is broken in two."""

import re

import numpy as np
import pandas as pd
import pytest

from frontierlag.fits.convergence import Check, Convergence
from frontierlag.jobs import Job
from frontierlag.lags.published import conventions
from frontierlag.machine.terminal import Terminal
from frontierlag.report import console as shown

NUMBERS = {
    "median": 10.34, "lower50": 10.21, "upper50": 11.86, "lower90": 10.06, "upper90": 12.91,
    "mcse": 0.01, "undefined": 0.999, "censored": 0.5, "converged": False,
}  # fmt: skip


@pytest.fixture
def at_80(capsys):
    def show(function, *arguments):
        function(Terminal(width=80), *arguments)
        text = capsys.readouterr().out
        assert "\u2026" not in text
        assert max(map(len, text.splitlines())) <= 80
        return text

    return show


def cells(text):
    """All that is written, each column's broken lines aside: words and numbers."""
    return set(re.findall(r"\S+", text))


def test_lags(at_80):
    rows = [
        {"model": "logistic-stochastic", "lag": lag, "period": period, **NUMBERS}
        for lag in ("realized", "trend")
        for period in ("window", "2025")
    ]
    days = pd.DataFrame({"model": []})
    text = at_80(shown.show_lags, pd.DataFrame(rows), days)
    for cell in ("at least 10.3", "10.2 to 11.9", "10.1 to 12.9"):
        assert cell in text


def test_starts(at_80):
    rows = [
        {
            "start": "2024-01-01", "model": "logistic-stochastic", "fitted_to": "the whole table",
            "lag": lag, "period": period, **NUMBERS,
        }
        for lag, period in (("realized", "window"), ("trend", "window"), ("trend", "current"))
    ]  # fmt: skip
    empty = pd.DataFrame({"lag": [], "change": [], "period": [], "kind": [], "left_out": []})
    text = at_80(shown.show_window_and_influence, pd.DataFrame(rows), empty)
    assert {"10.3", "(10.1", "12.9)"} <= cells(text)


def test_levels_published_and_rows(at_80):
    level = {"level": 147.5, **NUMBERS}
    text = at_80(shown.show_levels, pd.DataFrame([level]))
    assert "147.5" in text
    assert "10.3" in text
    job = Job("eci-2026-08-11").prepare()
    found = conventions(job.releases)
    text = at_80(shown.show_published, found)
    for c in found:
        assert ("none" if np.isnan(c.mean) else f"{c.mean:.2f}") in text
    text = at_80(shown.show_rows, job.table, 20)
    latest = job.table.frame.sort_values("released").tail(20)
    for day, score in zip(latest["released"], latest["score"], strict=True):
        assert f"{day:%Y-%m-%d}" in text
        assert f"{score:g}" in text


def test_convergence(at_80):
    checks = (
        Check("R-hat", 1.23456, "at most 1.01", "realized lag [period: window]", passed=False),
        Check("bulk ESS", 123456.7, "at least 400", "intercept [group: China]", passed=True),
    )
    text = at_80(shown.show_convergence, "logistic-stochastic", Convergence(checks))
    assert "1.2346" in text
    assert "1.2346e+05" in text
    assert "FAILED" in text
