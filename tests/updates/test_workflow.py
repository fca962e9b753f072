"""The example of a GitHub Actions file: it is YAML, and the commands in it are commands."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import yaml

from frontierlag import errors
from frontierlag.cli.app import app

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docs" / "examples" / "update.yml"
KNOWN = {0, errors.NOT_CONVERGED, errors.USER_ERROR, errors.UNCHANGED}


def job():
    workflow = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    # YAML 1.1 reads the key `on` as true.
    assert "schedule" in workflow[True]
    (found,) = workflow["jobs"].values()
    return found


def scripts():
    return {step["name"]: step["run"] for step in job()["steps"] if "run" in step}


def test_every_step_uses_an_action_of_a_version_or_runs_something():
    for step in job()["steps"]:
        assert ("uses" in step) != ("run" in step)
        if "uses" in step:
            assert re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"])
    names = [step["id"] for step in job()["steps"] if "id" in step]
    used = set(re.findall(r"steps\.(\w+)\.outputs", FILE.read_text(encoding="utf-8")))
    assert used == set(names) == {"update"}


def test_the_commands_of_the_program_parse_and_the_target_of_make_is_one():
    lines = [line.strip() for text in scripts().values() for line in text.splitlines()]
    (ours,) = (line for line in lines if "bin/frontierlag " in line)
    tokens = shlex.split(ours.partition("||")[0])[1:]
    assert tokens[0] == "update"
    app.parse_args(tokens, exit_on_error=False, print_error=False)
    (make,) = (line for line in lines if line.startswith("make "))
    target = shlex.split(make)[-1]
    assert re.search(rf"^{re.escape(target)}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_the_scripts_are_sound_and_end_as_the_exit_codes_say(tmp_path):
    for text in scripts().values():
        done = subprocess.run(["bash", "-n", "-c", text], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    ends = {
        code: subprocess.run(
            ["bash", "-e", "-c", scripts()["Verdict"]], env={"CODE": str(code)}
        ).returncode
        for code in KNOWN
    }
    assert ends == {code: 0 if code in (0, errors.UNCHANGED) else code for code in KNOWN}


def test_the_step_keeps_the_exit_code_of_the_update(tmp_path):
    program = tmp_path / ".program" / ".venv" / "bin" / "frontierlag"
    program.parent.mkdir(parents=True)
    for code in KNOWN:
        program.write_text(f'#!/bin/sh\necho "$@" >> asked\nexit {code}\n')
        program.chmod(0o755)
        output = tmp_path / "output"
        output.write_text("")
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", scripts()["Update"]],
            cwd=tmp_path,
            env={"GITHUB_OUTPUT": str(output), "SITE": "https://x.y/lag", "PATH": "/usr/bin:/bin"},
        )
        assert done.returncode == 0
        assert output.read_text() == f"code={code}\n"
    assert set((tmp_path / "asked").read_text().splitlines()) == {
        "update --out updates --site https://x.y/lag"
    }


def test_what_is_kept_are_tables_and_no_posterior_and_no_page(tmp_path):
    """The whole step, in a repository with a bare one as its origin."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "CODE": "0"}

    def git(*words, where):
        return subprocess.run(
            ["git", *words], cwd=where, env=environment, capture_output=True, text=True, check=True
        ).stdout

    origin, here = tmp_path / "origin", tmp_path / "here"
    git("init", "-q", "--bare", "-b", "main", str(origin), where=tmp_path)
    git("clone", "-q", str(origin), str(here), where=tmp_path)
    git("checkout", "-q", "-b", "main", where=here)
    git("config", "push.default", "current", where=here)
    for name in ("history.csv", "results/m/posterior.nc", "index.html", "archive/ab/t.csv"):
        path = here / "updates" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    for _ in range(2):  # the second time there is nothing new
        subprocess.run(
            ["bash", "-e", "-c", scripts()["Keep"]], cwd=here, env=environment, check=True,
            capture_output=True,
        )  # fmt: skip
    names = git("ls-tree", "-r", "--name-only", "main", where=origin).splitlines()
    assert names == ["updates/archive/ab/t.csv", "updates/history.csv"]
    assert git("rev-list", "--count", "main", where=origin).strip() == "1"
