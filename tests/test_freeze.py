"""Frozen results: whole, unaltered, and compared with a new run number by number."""

import json
import shutil
from datetime import date

import numpy as np
import pandas as pd
import pytest

from frontierlag.cli import main
from frontierlag.errors import CHECK_FAILED, ResultsError, ScoresError, SpecError
from frontierlag.freeze import compare_tables, freeze, open_frozen, verify
from frontierlag.freeze.verify import DIFFERENT, IDENTICAL, NOT_JUDGED, WITHIN
from frontierlag.jobs import Job
from frontierlag.priors import Prior
from frontierlag.runs.request import Request
from frontierlag.runs.run import run_jobs
from frontierlag.scores import load_scores
from frontierlag.settings import SamplerSettings

SHORT = SamplerSettings(chains=2, draws=200, tune=200, seed=5)
MODEL = ("linear-records",)

pytestmark = pytest.mark.xdist_group("freeze")


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A small run on a user's own table."""
    base = tmp_path_factory.mktemp("freeze")
    frame = load_scores("eci-2026-08-11").frame
    frame = frame[["model", "country", "released", "score", "low", "high"]]
    frame.to_csv(base / "mine_2026-08-11.csv", index=False)
    job = Job(str(base / "mine_2026-08-11.csv"), "USA:China", since=date(2025, 6, 1))
    run_jobs([job], [base / "out"], MODEL, SHORT, workers=1)
    return base


@pytest.fixture
def frozen(ran, tmp_path):
    return freeze("paper-v1", ran / "out", tmp_path / "frozen")


def test_what_is_frozen_is_whole_and_says_how_it_was_made(ran, frozen):
    assert frozen.altered() == []
    assert frozen.request.models == MODEL
    assert frozen.request.sampler == SHORT
    assert (frozen.folder / frozen.table).read_bytes() == (ran / "mine_2026-08-11.csv").read_bytes()
    assert frozen.sha256 == frozen.manifest["data"]["sha256"]
    for name in ("lags.csv", "manifest.json", "mean_lag.csv"):
        kept = frozen.folder / "results" / name
        assert kept.read_bytes() == (ran / "out" / name).read_bytes()
    assert not list(frozen.folder.rglob("*.nc"))
    assert "pymc==" in (frozen.folder / "environment.txt").read_text()
    assert "--seed 5" in json.loads((frozen.folder / "frozen.json").read_text())["command"]


def test_verify_makes_the_same_bytes_without_the_first_table(ran, frozen):
    moved = ran / "mine_2026-08-11.csv"
    moved.rename(ran / "aside.csv")
    try:
        verdict = verify(frozen)
    finally:
        (ran / "aside.csv").rename(moved)
    assert {t.state for t in verdict.tables} == {IDENTICAL}
    assert "lags.csv" in {t.name for t in verdict.tables}
    assert verdict.same
    assert "byte for byte" in verdict.sentence()


@pytest.mark.parametrize("how", ["changed", "missing", "added"])
def test_an_altered_file_is_found_and_nothing_is_run(frozen, how, capsys):
    path = frozen.folder / "results" / "lags.csv"
    if how == "changed":
        path.write_text(path.read_text().replace("7", "6"))
    elif how == "missing":
        path.unlink()
    else:
        path = path.with_name("more.csv")
        path.write_text("a\n1\n")
    verdict = verify(frozen)
    assert (verdict.same, verdict.tables) == (False, ())
    assert f"results/{path.name}" in verdict.sentence()
    assert how in verdict.sentence()
    with pytest.raises(SystemExit) as ended:
        main(["validate", "verify", "paper-v1", "--to", str(frozen.folder.parent)])
    assert ended.value.code == CHECK_FAILED
    assert "NOT AS FROZEN" in capsys.readouterr().out


def test_a_changed_list_of_hashes_is_found(frozen):
    path = frozen.folder / "frozen.json"
    told = json.loads(path.read_text())
    del told["files"]["results/lags.csv"]
    (frozen.folder / "results" / "lags.csv").unlink()
    path.write_text(json.dumps(told))
    assert open_frozen(frozen.folder).altered() == ["frozen.json was changed"]


def test_files_only_runs_nothing(frozen, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["validate", "verify", "paper-v1", "--to", str(frozen.folder.parent), "--files-only"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert "nothing was run" in out
    assert frozen.digest in out


def test_what_is_frozen_is_not_replaced(ran, frozen):
    with pytest.raises(ResultsError, match="not replaced"):
        freeze("paper-v1", ran / "out", frozen.folder.parent)


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "a b", "x" * 101])
def test_names_that_cannot_be_folders(ran, tmp_path, name):
    with pytest.raises(SpecError, match="cannot be the name"):
        freeze(name, ran / "out", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_table_that_changed_since_the_run_is_refused(ran, tmp_path):
    other = tmp_path / "mine_2026-08-11.csv"
    other.write_bytes((ran / "mine_2026-08-11.csv").read_bytes() + b"\n")
    with pytest.raises(ScoresError, match="hash differs"):
        freeze("v", ran / "out", tmp_path / "f", other)
    with pytest.raises(ScoresError, match="cannot be read"):
        freeze("v", ran / "out", tmp_path / "f", tmp_path / "gone.csv")
    assert not (tmp_path / "f" / "v").exists()


def test_folders_that_cannot_be_frozen(ran, tmp_path):
    made = tmp_path / "out"
    shutil.copytree(ran / "out", made)
    (made / "lags.csv").unlink()
    with pytest.raises(ResultsError, match=r"not whole: lags\.csv"):
        freeze("v", made, tmp_path / "f")
    manifest = json.loads((made / "manifest.json").read_text())
    (made / "manifest.json").write_text(json.dumps(manifest | {"files": ["../../secret"]}))
    (tmp_path.parent / "secret").write_text("")
    with pytest.raises(ResultsError, match="outside it"):
        freeze("v", made, tmp_path / "f")
    (made / "manifest.json").write_text(json.dumps({k: manifest[k] for k in ("data", "files")}))
    with pytest.raises(ResultsError, match="does not say what was requested"):
        freeze("v", made, tmp_path / "f")
    with pytest.raises(ResultsError, match="nothing is frozen"):
        open_frozen(tmp_path / "nowhere")


def test_a_request_survives_its_manifest():
    job = Job("a b.csv", "USA:China", date(2024, 1, 2), None, "all")
    prior = {"slope": Prior(family="Normal", mu=10, sigma=5)}
    request = Request.of(job, ("linear-records",), SHORT, prior, True)
    told = json.loads(json.dumps(request.record()))
    assert Request.read({"request": told}, "here") == request
    assert request.job() == job
    assert request.command() == (
        "frontierlag run --scores 'a b.csv' --comparison USA:China --since 2024-01-02 "
        "--models linear-records --full --chains 2 --draws 200 --tune 200 --seed 5"
    )
    with pytest.raises(ResultsError, match="not understood"):
        Request.read({"request": told | {"chains": 3}}, "here")


def lag_table(folder, draws, **change):
    """A table of one lag as a run would write it, from independent draws."""
    folder.mkdir(exist_ok=True)
    low, q1, median, q3, high = np.quantile(draws, [0.05, 0.25, 0.5, 0.75, 0.95])
    row = {
        "model": "m", "lag": "realized", "period": "window", "mean": draws.mean(),
        "median": median, "lower50": q1, "upper50": q3, "lower90": low, "upper90": high,
        "mcse_mean": draws.std() / np.sqrt(draws.size), "undefined": (draws > 2.4).mean(),
        "censored": 0.1, "converged": True,
    } | change  # fmt: skip
    pd.DataFrame([row]).round(3).to_csv(folder / "lags.csv", index=False)


def state(tmp_path):
    (found,) = compare_tables(tmp_path / "a", tmp_path / "b", ["lags.csv"])
    return found.state


def test_two_runs_that_differ_by_chance_are_the_same(tmp_path):
    rng = np.random.default_rng(1)
    states = []
    for _ in range(60):
        for name in ("a", "b"):
            lag_table(tmp_path / name, rng.normal(size=2000))
        states.append(state(tmp_path))
    assert states == [WITHIN] * 60


@pytest.mark.parametrize(
    ("column", "by"),
    [("mean", 0.3), ("median", 0.3), ("lower90", 0.5), ("upper50", 0.3), ("undefined", 0.2)],
)
def test_a_number_that_moved_by_more_than_chance_is_different(tmp_path, column, by):
    draws = np.random.default_rng(1).normal(size=2000)
    lag_table(tmp_path / "a", draws)
    before = pd.read_csv(tmp_path / "a" / "lags.csv")[column].item()
    lag_table(tmp_path / "b", draws)
    assert state(tmp_path) == IDENTICAL
    lag_table(tmp_path / "b", draws, **{column: before + by})
    (found,) = compare_tables(tmp_path / "a", tmp_path / "b", ["lags.csv"])
    assert found.state == DIFFERENT
    assert column in found.words


@pytest.mark.parametrize(
    "change", [{"model": "n"}, {"period": "2024"}, {"converged": False}, {"mean": np.nan}]
)
def test_other_rows_verdicts_and_gaps_are_different(tmp_path, change):
    draws = np.random.default_rng(1).normal(size=2000)
    lag_table(tmp_path / "a", draws)
    lag_table(tmp_path / "b", draws, **change)
    assert state(tmp_path) == DIFFERENT


def test_numbers_without_an_error_are_not_judged(tmp_path):
    for name, rhat in (("a", 1.001), ("b", 1.001), ("c", 1.002)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "diagnostics.csv").write_text(f"model,rhat\nm,{rhat}\n")
        (tmp_path / name / "published.csv").write_text(f"convention,mean\ndaily,{rhat}\n")
    names = ["diagnostics.csv", "published.csv", "gone.csv"]
    (tmp_path / "a" / "gone.csv").write_text("a\n1\n")
    same, exact, gone = compare_tables(tmp_path / "a", tmp_path / "b", names)
    assert (same.state, exact.state, gone.state) == (IDENTICAL, IDENTICAL, DIFFERENT)
    other, exact, _ = compare_tables(tmp_path / "a", tmp_path / "c", names)
    assert (other.state, exact.state) == (NOT_JUDGED, DIFFERENT)
