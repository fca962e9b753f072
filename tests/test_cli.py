"""The command line as a person uses it: real files, short chains, a real process of each kind.

What a command prints and writes is the same in this process, where models are compiled once; that
a process of its own does the same is seen of one run, one mistake and one traceback.
"""

import csv
import json
import math
from importlib.resources import files

import pytest
import xarray as xr
from commands import here, process

from frontierlag.cli import main
from frontierlag.cli.app import call
from frontierlag.intervals import summarize
from frontierlag.jobs import Job
from frontierlag.machine.files import MANIFEST, files_below
from frontierlag.names import PERIOD, VALUE
from frontierlag.report.screen import preflight
from frontierlag.results.folder import headline_model, read_manifest
from frontierlag.scores import reference_names
from frontierlag.scores.item_results import result_names
from frontierlag.scores.registry import registry

pytestmark = pytest.mark.xdist_group("cli")

SHORT = ["--draws", "800", "--tune", "500", "--seed", "5"]
LAG_COLUMNS = [
    *("dataset", "comparison", "as_of", "dates", "model", "lag", "period", "mean", "median"),
    *(
        "lower50",
        "upper50",
        "lower90",
        "upper90",
        "mcse_mean",
        "mcse_median",
        "undefined",
        "censored",
        "converged",
    ),
    "attribution",
]


def rows(file):
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two models on one comparison, as of a day in the past."""
    out = tmp_path_factory.mktemp("run") / "out"
    with pytest.MonkeyPatch.context() as patch:
        # On one core both models are fitted in this process.
        patch.setattr("os.cpu_count", lambda: 1)
        done = here(
            "run", "--models", "linear-records,linear-stochastic", "--as-of", "2026-03-01",
            "--since", "2024-01-01", "--out", out, *SHORT,
        )  # fmt: skip
    return out, done


def test_run_writes_every_file_of_its_manifest(made):
    out, done = made
    assert "Traceback" not in done.stderr
    manifest = json.loads((out / MANIFEST).read_text())
    assert manifest["files"] == files_below(out)
    for name in ("lags.csv", "published.csv", "diagnostics.csv", "ladder.csv"):
        assert name in manifest["files"]
    for model in ("linear-records", "linear-stochastic"):
        assert f"{model}/posterior.nc" in manifest["files"]
    # Figures are drawn when they are asked for.
    assert not [name for name in manifest["files"] if name.endswith((".svg", ".png"))]


def test_lag_table_has_its_columns_periods_and_numbers(made):
    out, _ = made
    table = rows(out / "lags.csv")
    assert list(table[0]) == LAG_COLUMNS
    periods = ["window", "current", "minimum", "maximum", "2024", "2025", "2026"]
    assert [(r["model"], r["lag"], r["period"]) for r in table] == [
        (model, lag, period)
        for model in ("linear-records", "linear-stochastic")
        for lag in ("trend", "realized")
        for period in periods
    ]
    for row in table:
        assert row["as_of"] == "2026-03-01"
        low, median, high = (float(row[k]) for k in ("lower90", "median", "upper90"))
        assert low <= float(row["lower50"]) <= median <= float(row["upper50"]) <= high
        assert 0 <= float(row["undefined"]) <= 1
        assert 0 <= float(row["censored"]) <= 1


def test_lag_table_agrees_with_the_stored_posterior(made):
    out, _ = made
    trees = {
        model: xr.load_datatree(out / model / "posterior.nc", engine="netcdf4")
        for model in ("linear-records", "linear-stochastic")
    }
    for row in rows(out / "lags.csv"):
        draws = trees[row["model"]][f"lags/{row['lag']}"][VALUE].sel(
            {PERIOD: row["period"]}, drop=True
        )
        expected = summarize(draws)
        for name in (
            "mean",
            "median",
            "lower50",
            "upper50",
            "lower90",
            "upper90",
            "mcse_mean",
            "mcse_median",
        ):
            assert math.isclose(float(row[name]), getattr(expected, name), abs_tol=5.1e-4)


def test_manifest_says_what_it_takes_to_repeat_the_run(made):
    out, _ = made
    manifest = json.loads((out / MANIFEST).read_text())
    data = manifest["data"]
    assert data["name"] == "eci-2026-08-11"
    assert len(data["sha256"]) == 64
    assert data["used"]["total"] + data["left_out"]["total"] == data["rows"] == 222
    assert sum(data["left_out"]["by_reason"].values()) == data["left_out"]["total"]
    assert all(row["reason"] for row in data["left_out"]["rows"])
    assert "Epoch AI" in data["attribution"]
    assert "CC BY 4.0" in data["attribution"]
    assert manifest["sampler"]["seed"] == 5
    assert manifest["window"] == {"since": "2024-01-01", "as_of": "2026-03-01"}
    assert set(manifest["models"]["linear-stochastic"]["priors"]) == {
        "level", "slope", "scatter", "shortfall",
    }  # fmt: skip
    assert manifest["versions"]["pymc"].startswith("6.")


def test_exit_code_follows_the_gate(made):
    out, done = made
    fits = rows(out / "diagnostics.csv")
    assert len(fits) == 2
    converged = all(r["converged"] == "True" for r in fits)
    assert done.returncode == (0 if converged else 1)


def test_an_unconverged_fit_is_marked_everywhere_and_exits_1(tmp_path):
    # 2 chains of 100 draws cannot reach 400 effective draws.
    out = tmp_path / "out"
    done = here(
        "run", "--models", "linear-records", "--chains", "2", "--draws", "100", "--tune", "200",
        "--out", out,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "NOT CONVERGED" in done.stdout
    assert {r["converged"] for r in rows(out / "lags.csv")} == {"False"}
    assert {r["converged"] for r in rows(out / "ladder.csv")} == {"False"}
    assert json.loads((out / MANIFEST).read_text())["converged"] == {"linear-records": False}
    assert "not converged" in rows(out / "diagnostics.csv")[0]["verdict"]
    drawn = here("figures", out, "--kinds", "frontier")
    assert drawn.returncode == 0
    assert "NOT CONVERGED" in (out / "figures" / "frontier-linear-records.svg").read_text()
    diagnosed = here("diagnose", out)
    assert diagnosed.returncode == 1
    assert "FAILED" in diagnosed.stdout


def test_lags_of_a_stored_fit_over_another_window_and_at_a_level(made):
    out, _ = made
    file = out / "linear-stochastic" / "posterior.nc"
    done = here("study", "lags", file, "--since", "2025-01-01", "--level", "140")
    assert "2024" not in done.stdout
    assert "140" in done.stdout
    # A folder answers with its headline model.
    whole = json.loads(here("study", "lags", out, "--json").stdout)
    assert whole["model"] == headline_model(read_manifest(out))
    assert {row["lag"] for row in whole["lags"]} == {"trend", "realized"}
    early = here("study", "lags", file, "--since", "2023-09-06")
    assert early.returncode == 2
    assert "before it" in early.stderr


def test_same_seed_same_tables_from_a_process_of_its_own(made, tmp_path):
    out, _ = made
    done = process(
        "run", "--models", "linear-records", "--as-of", "2026-03-01", "--since", "2024-01-01",
        "--out", tmp_path / "again", *SHORT,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 1)
    for name in ("lags.csv", "gaps.csv", "levels.csv", "ladder.csv"):
        again = (tmp_path / "again" / name).read_text().splitlines()
        assert again == [r for r in (out / name).read_text().splitlines() if r in again]
        assert len(again) > 1
    assert (tmp_path / "again" / "published.csv").read_bytes() == (
        out / "published.csv"
    ).read_bytes()


def test_published_command_prints_the_published_figure():
    done = here("study", "published", "--scores", "eci-2025-12-19")
    for figure in ("6.69", "3.52", "13.80", "6.15", "1.12", "13.77"):
        assert figure in done.stdout
    assert "Epoch AI" in done.stdout


def test_scores_commands():
    listed = here("scores", "list").stdout.splitlines()
    main = [table.name for table in registry().of("scores", archived=False)]
    assert [line.partition(":")[0].strip(" *") for line in listed[: len(main) + 2]] == [
        "Main tables",
        *main,
        *result_names(),
    ]
    assert len(listed) < 20
    days = " ".join(listed).split()
    assert all(str(table.vintage) in days for table in registry().archive)
    assert listed[-1].startswith("Data: Epoch AI")
    every = here("scores", "list", "--all").stdout
    assert all(f"{name}:" in every.replace(" *", "") for name in reference_names())
    assert "eci-2026-04-29" in every
    assert "refused: 30 scores" in every
    shown = here("scores", "show", "eci-2026-08-11", "--rows", "3").stdout
    assert "DeepSeek V4 Flash 0731" in shown
    assert "are corrected" in shown
    asked = ("scores", "check", "eci-2026-08-11", "--comparison", "us-china")
    checked = here(*asked)
    told = json.loads(here(*asked, "--json").stdout)
    assert told["data"]["releases"] == {"USA": 144, "China": 61}
    assert all(part in checked.stdout for part in ("144 of USA", "61 of China"))


def test_check_says_all_that_a_run_says_before_it_fits(tmp_path):
    """The same findings, whole; a run cuts them and names this command."""
    table = (files("frontierlag.scores") / "data" / "eci_2026-08-11.csv").read_text("utf-8")
    path = tmp_path / "mine.csv"
    path.write_text(table.replace("organization,", "Developer,", 1), "utf-8")
    said = " ".join(here("scores", "check", str(path), "--comparison", "us-china").stdout.split())
    findings = preflight(Job(str(path)).prepare())
    assert any("organization from 'Developer'" in one.text for one in findings)
    for one in findings:
        assert " ".join(one.text.split()) in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "--scores", "nowhere.csv"], "no file 'nowhere.csv'"),
        (["run", "--comparison", "USA:Atlantis"], "Atlantis"),
        (["run", "--comparison", "USA:USA"], "same group"),
        (["run", "--models", "cubic-records"], "there is no model 'cubic-records'"),
        (["run", "--models", "linear-records,linear-records"], "each model once"),
        (["run", "--since", "2026-08-30"], "window is empty"),
        (["run", "--since", "2020-01-01"], "2023-06-24"),
        (["run", "--as-of", "2030-01-01"], "later than 2026-08-11"),
        (["run", "--as-of", "soon"], "--as-of"),
        (["run", "--draws", "3"], "--draws 3"),
        (["run", "--colour", "blue"], "--colour"),
        (["run", "--scores", "gpqa-diamond-2026-01-17", "--models", "linear-records"], "accuracy"),
        (["study", "lags", "nowhere.nc"], "no file 'nowhere.nc'"),
        (["diagnose", "nowhere"], "nowhere"),
        (["frobnicate"], "frobnicate"),
    ],
)
def test_a_mistake_ends_with_one_sentence_and_exit_code_2(
    arguments, words, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    said = capsys.readouterr().err
    assert ended.value.code == 2, said
    assert words in said
    assert said.startswith("frontierlag: ")
    assert list(tmp_path.iterdir()) == []


def test_a_mistake_ends_so_as_a_process_too(tmp_path):
    done = process("run", "--scores", "nowhere.csv", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("frontierlag: ")
    assert done.stderr.count("\n") == 1


def test_debug_shows_the_traceback(tmp_path):
    done = process("--debug", "study", "lags", "nowhere.nc", cwd=tmp_path)
    assert done.returncode != 0
    assert "Traceback" in done.stderr


@pytest.mark.parametrize("command", ["domains", "league", "run"])
def test_help_shows_defaults_as_words_and_no_option_to_empty_a_list(command, capsys):
    assert call([command, "--help"]) == 0
    text = capsys.readouterr().out
    assert "--accept" in text
    for words in ("()", '""', "('", "--empty-"):
        assert words not in text
