"""What a run writes: the same bytes twice, evidence told apart, and nothing left by a signal."""

from __future__ import annotations

import json
import os
import shutil
import signal
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from commands import alive, stopped, wait_until

from frontierlag.checks.predictive import prior_curves
from frontierlag.claims import ARTICLE
from frontierlag.errors import TERMINATED, ResultsError
from frontierlag.intervals import QUANTILES
from frontierlag.jobs import Job
from frontierlag.lags.measure import (
    realized_lag_by_day,
    staircases,
    trend_by_day,
    trend_lag_by_day,
)
from frontierlag.machine.files import MANIFEST, csv_text
from frontierlag.names import DATE, GROUP
from frontierlag.report.drawing import OF_A_MODEL, OF_ALL_MODELS, draw_folder
from frontierlag.report.page.folder import read_results
from frontierlag.report.screen import runs_screen, stored_screen
from frontierlag.results.charts import (
    BANDS,
    LINE_COLUMNS,
    LINES,
    STEP,
    draws_of,
    releases_shown,
)
from frontierlag.results.fit_checks import INFORMATION, ITEM_FIT, fit_check_tables
from frontierlag.results.folder import MADE_FROM, is_made_from
from frontierlag.results.manifest import run_record
from frontierlag.results.storage import load
from frontierlag.runs.request import Request
from frontierlag.runs.run import EVIDENCE, made_from, run_jobs
from frontierlag.settings import MIXTURES, QUICK, SamplerSettings

pytestmark = pytest.mark.xdist_group("linear-stochastic")

JOB = Job("eci-2026-08-11", since=date(2025, 6, 1), as_of=date(2026, 3, 1))
TINY = SamplerSettings(chains=2, draws=100, tune=200, seed=5)


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    """The same job twice: the second finds its models compiled."""
    folders = [tmp_path_factory.mktemp("run") / name for name in ("first", "second")]
    # Claims that rest on this model and table alone, which is compiled once.
    few = [c for c in ARTICLE if not any(need.scores or need.trend for need in c.needs)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("frontierlag.runs.run.ARTICLE", tuple(few))
        found = [
            run_jobs([JOB], [folder], ("linear-stochastic",), TINY, full=True, workers=1)[0]
            for folder in folders
        ]
    return folders, found[0]


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A run without anything asked for."""
    folder = tmp_path_factory.mktemp("run") / "plain"
    return folder, run_jobs([JOB], [folder], settings=TINY, workers=1)[0]


def test_a_plain_run_fits_the_headline_model_and_draws_nothing(plain, twice):
    folder, result = plain
    assert [outcome.model for outcome in result.outcomes] == ["linear-stochastic"]
    assert (result.evidence, result.answers, result.compared) == ([], [], [])
    assert result.outcomes[0].loo is None
    assert not list(folder.rglob("*.svg")) + list(folder.rglob("*.png"))
    assert not {"claims.csv", "comparison.csv", "window_starts.csv", "influence.csv"} & {
        path.name for path in folder.iterdir()
    }
    # What a full run says beside them changes no number.
    (full, _), _ = twice
    for name in ("lags", "gaps", "levels", "ladder", "capabilities", "bands", "lag_by_day", "now"):
        assert (folder / f"{name}.csv").read_bytes() == (full / f"{name}.csv").read_bytes(), name


def test_a_whole_folder_of_the_same_program_and_data_is_known_by_its_manifest(plain, tmp_path):
    folder, _ = plain
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    manifest = json.loads((copy / MANIFEST).read_text())
    prepared = JOB.prepare()
    digest = made_from(prepared, Request.of(JOB, (), TINY, None, full=False))
    assert manifest[MADE_FROM] == digest
    assert is_made_from(copy, digest)
    other = made_from(prepared, Request.of(JOB, (), TINY, None, full=True))
    assert other != digest
    assert not is_made_from(copy, other)
    later = (copy / MANIFEST).stat().st_mtime + 1
    os.utime(copy / "lags.csv", (later, later))
    assert not is_made_from(copy, digest)
    (copy / "lags.csv").unlink()
    assert not is_made_from(copy, digest)
    # What the screen says of results that are there is what it says of those just made.
    made = runs_screen([plain[1]], [folder], folder.parent)
    assert stored_screen([folder], folder.parent) == made


def test_figures_are_drawn_from_the_tables_alone(plain, tmp_path, monkeypatch):
    folder, result = plain
    only = tmp_path / "tables"
    only.mkdir()
    for path in [*folder.glob("*.csv"), folder / MANIFEST]:
        shutil.copy(path, only)
    monkeypatch.setattr("frontierlag.results.storage.load", None)
    made = draw_folder(only)
    of_a_model = [kind for kind in OF_A_MODEL if kind != INFORMATION]
    assert {"frontier", "lag", "prior"} <= {*of_a_model}
    assert {"mean-lag"} <= {*OF_ALL_MODELS}
    stems = [*(f"{kind}-linear-stochastic" for kind in of_a_model), *OF_ALL_MODELS]
    assert [path.name for path in made] == [f"{s}.{end}" for s in stems for end in ("svg", "png")]
    listed = json.loads((only / MANIFEST).read_text())["files"]
    assert {path.relative_to(only).as_posix() for path in made} <= set(listed)
    assert not result.converged
    for path in only.glob("figures/*.svg"):
        assert "NOT CONVERGED" in path.read_text(), path.name
    # Drawn twice, the same bytes; and elsewhere without a word in the manifest.
    again = draw_folder(only, tmp_path / "other")
    assert [a.read_bytes() for a in again] == [b.read_bytes() for b in made]


def test_what_is_drawn_is_what_the_fit_says(plain):
    folder, _ = plain
    results, analysis = read_results(folder), load(folder / "linear-stochastic" / "posterior.nc")
    of = {stem: pd.read_csv(folder / f"{stem}.csv") for stem in ("bands", "prior_predictive")}
    window = analysis.measured.window
    own = analysis.fit.observations.releases
    bands = of["bands"].query("date >= @window.since.isoformat()")
    for group, stairs in enumerate(staircases(analysis.fit)):
        of_group = bands[bands["group"] == own.group_names[group]]
        best = of_group[of_group["curve"] == "best"]
        exact = np.quantile(stairs.on(days_of(best)), QUANTILES, axis=(0, 1))
        assert pytest.approx(exact, abs=1e-3) == best[[*BANDS]].to_numpy().T
        curve = of_group[of_group["curve"] == "trend"]
        trend = trend_by_day(analysis.fit, window, group).sel({DATE: days_of(curve, "M8[ns]")})
        exact = trend.quantile(QUANTILES, ("chain", "draw")).to_numpy()
        assert pytest.approx(exact, abs=1e-3) == curve[[*BANDS]].to_numpy().T
    lags = results.table("lag_by_day")
    for kind, by_day in (("trend", trend_lag_by_day), ("realized", realized_lag_by_day)):
        rows = lags[lags["lag"] == kind]
        exact = by_day(analysis.fit, window)[0].sel({DATE: days_of(rows, "M8[ns]")})
        exact = exact.quantile(QUANTILES, ("chain", "draw")).to_numpy()
        assert pytest.approx(exact, abs=1e-3) == rows[[*BANDS]].to_numpy().T
    curves = prior_curves(analysis, LINES, STEP)
    for group in own.group_names:
        drawn = of["prior_predictive"].query("group == @group")
        exact = curves.bands.sel({GROUP: group})
        assert pytest.approx(exact.to_numpy(), abs=1e-3) == drawn[[*BANDS]].to_numpy().T
        lines = drawn[LINE_COLUMNS].to_numpy().T
        assert lines == pytest.approx(curves.lines.sel({GROUP: group}).to_numpy(), abs=1e-3)
    means = pd.read_csv(folder / "mean_lag.csv").query("lag == 'trend' and of == 'posterior'")
    (row,) = means.to_dict("records")
    assert row["median"] == pytest.approx(float(curves.posterior.median()), abs=1e-3)
    wanted = np.quantile(curves.posterior, [0.1, 0.9])
    assert np.quantile(draws_of(row), [0.1, 0.9]) == pytest.approx(wanted, abs=0.05)
    shown = releases_shown(results.table("capabilities"), "linear-stochastic")
    assert shown["model"].tolist() == own.model.tolist()
    assert shown["score"].to_numpy() == pytest.approx(own.score, abs=1e-3)
    assert shown["group"].tolist() == [own.group_names[g] for g in own.group]


def days_of(rows, kind=int):
    return rows["date"].to_numpy().astype("M8[D]").astype(kind)


def test_a_folder_without_a_table_of_a_figure_says_which(plain, tmp_path):
    folder, _ = plain
    shutil.copytree(folder, tmp_path / "old")
    (tmp_path / "old" / "prior_predictive.csv").unlink()
    with pytest.raises(ResultsError, match=r"no prior_predictive\.csv"):
        draw_folder(tmp_path / "old")
    assert draw_folder(tmp_path / "old", kinds=["lag"])
    with pytest.raises(ResultsError, match="no figure 'pie'"):
        draw_folder(folder, kinds=["pie"])
    with pytest.raises(ResultsError, match="only where benchmark results were fitted"):
        draw_folder(folder, kinds=["information"])


def test_a_run_writes_shortfalls_of_scores_and_nothing_of_items(plain):
    folder, result = plain
    analysis = load(folder / "linear-stochastic" / "posterior.nc")
    for stem, table in fit_check_tables(analysis).items():
        assert csv_text(table) == (folder / f"{stem}.csv").read_text().rstrip("\n"), stem
    assert len(pd.read_csv(folder / "shortfalls.csv")) == len(analysis.fit.observations.releases)
    assert not {f"{stem}.csv" for stem in (ITEM_FIT, INFORMATION)} & {
        p.name for p in folder.iterdir()
    }
    assert set(result.table("no_shortfall")["group"]) == {"USA", "China"}


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
        *("dataset", "comparison", "as_of", "dates", "model"),
        *("lag", "period", "mean", "median"),
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


def test_a_full_run_says_where_the_window_starts_and_what_the_answer_rests_on(twice):
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


@pytest.mark.parametrize("moment", ["staged", "workers"])
def test_sigterm_leaves_nothing_behind(tmp_path, moment):
    """At its start, and once it has worker processes, which go too."""
    aside = tmp_path / "aside"
    aside.mkdir()
    out = tmp_path / "out"
    more = ["--models", "linear-records,linear-stochastic"] if moment == "workers" else []
    code, said, group = stopped(
        ["run", *more, "--out", str(out)],
        moment,
        out,
        lambda pid: os.kill(pid, signal.SIGTERM),
        env=os.environ | {"TMPDIR": str(aside)},
    )
    assert code == TERMINATED, said
    assert "interrupted" in said
    assert "Traceback" not in said
    assert [p.name for p in tmp_path.iterdir()] == ["aside"]
    assert not list(aside.glob("frontierlag-*"))
    wait_until(lambda: not alive(group))


def test_the_record_says_how_errors_were_read():
    scores = Job("eci-2026-08-11").prepare()
    results = Job("eci-2026-08-11", results="eci-results-2026-08-11").prepare()
    said = [run_record(item, TINY, {})["measurement_errors"] for item in (scores, results)]
    assert said[0] == "independent between models, from the table's intervals"
    assert "benchmark results" in said[1]
    assert "independent" not in said[1]
