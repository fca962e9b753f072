"""What a run writes: the same bytes twice, evidence told apart, and nothing left by a signal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from frontierlag.cli.codes import TERMINATED
from frontierlag.jobs import Job
from frontierlag.manifest import run_record
from frontierlag.outputs import MANIFEST
from frontierlag.run import EVIDENCE, run_jobs
from frontierlag.settings import MIXTURES, QUICK, SamplerSettings

pytestmark = pytest.mark.xdist_group("linear-stochastic")

JOB = Job("eci-2026-08-11", since=date(2025, 6, 1), as_of=date(2026, 3, 1))
TINY = SamplerSettings(chains=2, draws=100, tune=200, seed=5)


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    """The same job twice: the second finds its models compiled."""
    folders = [tmp_path_factory.mktemp("run") / name for name in ("first", "second")]
    found = [
        run_jobs([JOB], [folder], ("linear-stochastic",), TINY, workers=1)[0] for folder in folders
    ]
    return folders, found[0]


def test_the_same_job_writes_the_same_bytes(twice):
    (first, second), _ = twice
    names = sorted(p.name for p in first.glob("*.csv"))
    charts = {"bands.csv", "lag_by_day.csv", "now.csv"}
    assert {"lags.csv", "diagnostics.csv", "claims.csv", "evidence_lags.csv", *charts} <= set(names)
    assert names == sorted(p.name for p in second.glob("*.csv"))
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
    assert (first / MANIFEST).read_bytes() == (second / MANIFEST).read_bytes()
    assert (first / "claims.md").read_bytes() == (second / "claims.md").read_bytes()


def test_evidence_of_another_comparison_is_told_apart(twice):
    (first, _), result = twice
    for stem in EVIDENCE:
        own, other = (pd.read_csv(first / f"{p}{stem}.csv") for p in ("", "evidence_"))
        assert list(own.columns) == list(other.columns)
        assert set(own["comparison"]) == {"us-china"}
        assert set(other["comparison"]) == {"closed-open"}
        assert set(other["model"]) == {"linear-stochastic"}
    ((where, outcome),) = result.evidence
    assert where.releases.as_of == JOB.as_of
    (record,) = json.loads((first / MANIFEST).read_text())["evidence"]
    assert record["comparison"] == "closed-open"
    assert record["priors"] == outcome.record["priors"]
    assert record["converged"] == outcome.converged
    assert "CC BY 4.0" in record["attribution"]


def test_lags_keep_their_documented_columns(twice):
    (first, _), _ = twice
    assert list(pd.read_csv(first / "lags.csv").columns) == [
        *("dataset", "comparison", "as_of", "model", "lag", "period", "mean", "median"),
        *(
            "lower50",
            "upper50",
            "lower90",
            "upper90",
            "mcse_mean",
            "mcse_median",
            "undefined",
            "censored",
        ),
        "converged",
        "attribution",
    ]


def test_window_starts_and_influence_stand_beside_every_answer(twice):
    (first, _), _ = twice
    starts, moved = (pd.read_csv(first / f"{n}.csv") for n in ("window_starts", "influence"))
    assert set(starts["model"]) == {"linear-stochastic", "least squares"}
    line = starts[(starts["model"] == "least squares") & (starts["period"] == "current")]
    assert line["median"].nunique() > 3
    assert {"maker", "model"} >= set(moved["kind"]) != set()
    assert {"trend", "realized"} == set(moved["lag"])
    assert set(moved["as_of"]) == {"2026-03-01"}


def test_evidence_that_did_not_converge_reaches_the_verdict(twice):
    _, result = twice
    assert not any(outcome.converged for _, outcome in result.evidence)  # 200 draws cannot
    assert not result.converged


@pytest.mark.parametrize(
    ("job", "folder"),
    [
        (Job("eci-2026-08-11"), "eci-2026-08-11/us-china"),
        (Job("eci-2026-08-11", "USA:France"), "eci-2026-08-11/usa-france"),
        (Job("eci-2026-08-11", as_of=date(2026, 8, 11)), "eci-2026-08-11/us-china"),
        (
            Job("eci-2026-08-11", as_of=date(2025, 6, 30)),
            "eci-2026-08-11/us-china-as-of-2025-06-30",
        ),
        (JOB, "eci-2026-08-11/us-china-since-2025-06-01-as-of-2026-03-01"),
    ],
)
def test_another_window_has_another_folder(job, folder):
    assert job.prepare().slug == Path(folder)


def test_the_windows_own_start_is_not_another():
    own = Job("eci-2026-08-11").prepare()
    assert Job("eci-2026-08-11", since=own.window.since).prepare().slug == own.slug


def test_settings_of_the_studies_are_a_runs_with_other_draws():
    assert QUICK.model_dump() | {"draws": 1500, "tune": 1000} == SamplerSettings().model_dump()
    assert MIXTURES.model_dump() | {"draws": 1500} == SamplerSettings().model_dump()


@pytest.mark.parametrize("wait", [0.0, 3.0])
def test_sigterm_leaves_nothing_behind(tmp_path, wait):
    """At its start and while it samples; worker processes go too."""
    aside = tmp_path / "aside"
    aside.mkdir()
    command = [sys.executable, "-m", "frontierlag.cli", "run", "--out", str(tmp_path / "out")]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=os.environ | {"TMPDIR": str(aside)}
    )
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob(".out.partial-*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(wait)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=120)
    assert process.returncode == TERMINATED, said
    assert "interrupted" in said
    assert "Traceback" not in said
    assert [p.name for p in tmp_path.iterdir()] == ["aside"]
    assert not list(aside.glob("frontierlag-*"))


def test_the_record_says_how_errors_were_read():
    scores = Job("eci-2026-08-11").prepare()
    results = Job("eci-2026-08-11", results="eci-results-2026-08-11").prepare()
    said = [
        run_record(item.table, item.releases, item.window, TINY, {})["measurement_errors"]
        for item in (scores, results)
    ]
    assert said[0] == "independent between models, from the table's intervals"
    assert "benchmark results" in said[1]
    assert "independent" not in said[1]
