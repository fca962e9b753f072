"""How the command line behaves when something is wrong, or when it is told to stop."""

import io
import json
import os
import re
import resource
import signal
import subprocess
from contextlib import contextmanager

import pytest
from commands import COMMAND, alive, here, stopped, wait_until

from frontierlag.cli import main
from frontierlag.cli.app import MOVED, app
from frontierlag.errors import INTERRUPTED, PIPE_CLOSED, USER_ERROR, FrontierLagError, OutputError
from frontierlag.machine.files import MADE_BY, replaced

pytestmark = pytest.mark.xdist_group("cli")
GROUPS = ("scores", "study", "validate")
QUICK = ["--models", "linear-records", "--chains", "2", "--draws", "100", "--tune", "100"]


def refused(done, words):
    assert done.returncode == USER_ERROR, done.stderr
    assert re.search(words, done.stderr)
    # The stages of a fit may come before it.
    assert done.stderr.splitlines()[-1].startswith("frontierlag: ")
    assert "Traceback" not in done.stderr


def commands():
    for name in app:
        if name.startswith("-"):
            continue
        inner = [sub for sub in app[name] if not sub.startswith("-")] if name in GROUPS else []
        yield from ((name, sub) for sub in inner) if inner else [(name,)]


@pytest.mark.parametrize("words", list(commands()), ids="-".join)
def test_every_command_has_help_with_an_example(words, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"])
    assert ended.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert f"Example: frontierlag {' '.join(words)}" in shown


@pytest.mark.parametrize("words", list(commands()), ids="-".join)
def test_no_two_options_of_a_command_have_the_same_name(words):
    command = app
    for word in words:
        command = command[word]
    names = [name for option in command.assemble_argument_collection() for name in option.names]
    names = [name for name in names if name != "*"]  # several groups of options have none of theirs
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize(
    ("words", "example"),
    [
        (["--help"], "run"),
        (["scores", "--help"], "scores list"),
        (["scores"], "scores list"),
        (["study"], "study sensitivity"),
        (["validate"], "validate calibrate"),
    ],
    ids=" ".join,
)
def test_the_overviews_show_examples_too(words, example, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert f"Example: frontierlag {example}" in shown
    if words == ["--help"]:
        assert "--debug" in shown


def test_the_program_alone_says_what_to_do_first(capsys):
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 16
    assert max(map(len, lines)) <= 80
    told = [line.strip() for line in lines if line.startswith("    ")]
    assert told[0] == "frontierlag run"
    for line in told:
        app.parse_args(line.split()[1:], exit_on_error=False, print_error=False)


def test_the_commands_at_the_top_are_few():
    assert len([name for name in app if not name.startswith("-")]) <= 14


@pytest.mark.parametrize("name", MOVED)
def test_a_command_that_moved_is_found_under_its_old_name(name, capsys):
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    shown = capsys.readouterr()
    assert ended.value.code == 0
    assert f"Usage: frontierlag {MOVED[name]}" in shown.out
    assert shown.err.count("\n") == 1
    assert f"`frontierlag {name}` is now `frontierlag {MOVED[name]}`" in shown.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "--scores", "."], "is a folder"),
        (["run", "--scores", "picture.csv"], "is a picture"),
        (["run", "--scores", "http://127.0.0.1/x.csv"], "without encryption"),
        (["run", "--since", "2026-02-01", "--as-of", "2026-01-01"], "window is empty"),
        (["run", "--as-of", "31/12/2025"], "--as-of.*YYYY-MM-DD"),
        (["run", "--out", "picture.csv"], "is a file"),
        (["run", "--out", "picture.csv/out"], "cannot write"),
        (["diagnose", "picture.csv"], "cannot be read as NetCDF"),
        (["diagnose", "."], "no posterior.nc below"),
        (["study", "lags", "."], "no manifest"),
        (["study", "lags", "picture.csv"], "cannot be read as NetCDF"),
        (["cite"], "does not exist.*frontierlag run"),
        (["cite", "."], "no manifest"),
        (["cite", "--format", "word"], "format"),
        (["freeze", "a", "nowhere"], "does not exist"),
        (["validate", "verify", "a"], "nothing is frozen"),
        (["scores", "check", "picture.csv"], "is a picture"),
        (["scores", "fetch", "http://127.0.0.1/x.csv"], "not an https address"),
        (["scores", "show", "latest"], "scores fetch"),
        (["scores", "nothing"], "nothing"),
    ],
)
def test_a_mistake_is_one_sentence(arguments, words, tmp_path, monkeypatch, capsys):
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n\xff")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FRONTIERLAG_CACHE", str(tmp_path / "cache"))
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    said = capsys.readouterr().err
    assert ended.value.code == USER_ERROR
    assert re.search(words, said)
    assert said.startswith("frontierlag: ")
    assert said.count("\n") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["picture.csv"]


@contextmanager
def room(limit):
    """Let no file grow beyond so many bytes, as on a disk without room."""
    usual, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (usual, most))


@pytest.mark.parametrize("command", ["run", "fit"])
def test_a_full_disk_leaves_nothing(command, tmp_path):
    options = QUICK if command == "run" else ["--model", "linear-records", *QUICK[2:]]
    # There is room for what is compiled, and for the same command.
    assert here(command, *options, "--out", tmp_path / "before").returncode == 1
    out = tmp_path / "out"
    with room(20_000):
        done = here(command, *options, "--out", out)
    refused(done, "room|written|File too large")
    assert [path.name for path in tmp_path.iterdir()] == ["before"]


def test_a_device_is_not_replaced_by_a_file(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OutputError, match="is a device or the like"), replaced(pipe) as path:
        path.write_text("x")
    assert pipe.is_fifo()


def test_output_to_a_full_disk_is_said():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*COMMAND, "scores", "list"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    refused(done, "no room left to write")


@pytest.mark.parametrize(
    "arguments", [["scores", "list"], ["--help"], ["run", "--help"], ["--version"]], ids=" ".join
)
def test_a_closed_pipe_ends_every_command_quietly_with_one_code(arguments, monkeypatch, capsys):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed, monkeypatch.context() as patch:
        patch.setattr("sys.stdout", closed)
        with pytest.raises(SystemExit) as ended:
            main(arguments)
    assert (ended.value.code, capsys.readouterr().err) == (PIPE_CLOSED, "")


def test_a_closed_pipe_ends_a_process_quietly():
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, "study", "published"], stdout=writing, stderr=subprocess.PIPE, text=True
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (PIPE_CLOSED, "")


def test_no_colour_without_a_terminal_and_no_name_is_markup(tmp_path, monkeypatch):
    (tmp_path / "t.csv").write_text(
        "model,weights,released,score\n[/b]x,open,2024-01-05,10\n:warning: y,closed,2024-01-02,20\n"
    )
    done = here("scores", "show", tmp_path / "t.csv")
    assert done.returncode == 0, done.stderr
    assert "[/b]x" in done.stdout
    assert ":warning: y" in done.stdout
    assert "\x1b" not in done.stdout + here("--help").stdout
    # Where not every letter can be printed: the rest is.
    ascii_only = io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdout", ascii_only)
        with pytest.raises(SystemExit) as ended:
            main(["scores", "show", str(tmp_path / "t.csv")])
    assert ended.value.code == 0
    assert b"[/b]x" in ascii_only.buffer.getvalue()


@pytest.mark.parametrize("arguments", [["run", "--scores", "nowhere"], ["nothing"]], ids=" ".join)
def test_debug_lets_the_error_through(arguments):
    with pytest.raises(FrontierLagError):
        main(["--debug", *arguments])


@pytest.mark.parametrize(
    ("moment", "send"),
    [("begun", os.killpg), ("staged", os.kill), ("sampling", os.kill), ("workers", os.killpg)],
    ids=["begun", "staged", "sampling", "workers"],
)
def test_ctrl_c_at_any_moment_leaves_everything_as_it_was(tmp_path, moment, send):
    out = tmp_path / "out"
    out.mkdir()
    before = {
        "manifest.json": json.dumps({"files": ["manifest.json", "lags.csv"]} | MADE_BY),
        "lags.csv": "mine",
    }
    for name, content in before.items():
        (out / name).write_text(content)
    more = ["--models", "linear-records,linear-stochastic"] if moment == "workers" else []
    code, said, group = stopped(
        ["run", *more, "--draws", "20000", "--out", str(out)],
        moment,
        out,
        lambda pid: send(pid, signal.SIGINT),
    )
    # An interrupt that Python itself tells by the signal is 130 to a shell all the same.
    assert code in (INTERRUPTED, -signal.SIGINT), said
    assert "frontierlag: interrupted" in said
    assert "Traceback" not in said
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    assert {p.name: p.read_text() for p in out.iterdir()} == before
    # No worker is left behind.
    wait_until(lambda: not alive(group))


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (["scores", "list"], {"tables", "fetched"}),
        (["scores", "show", "--rows", "2"], {"scores", "unit", "latest"}),
        (["scores", "check", "eci-2026-08-11", "--comparison", "us-china"], {"data", "findings"}),
        (["study", "published"], {"data", "unit", "conventions"}),
    ],
    ids=lambda words: "-".join(words[:2]) if isinstance(words, list) else "",
)
def test_an_answer_as_json_is_one_object_and_nothing_else(words, keys, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*words, "--json"])
    assert ended.value.code == 0
    found = json.loads(capsys.readouterr().out)
    assert keys <= set(found)


@pytest.mark.parametrize("words", list(commands()), ids="-".join)
def test_every_command_that_answers_can_answer_as_json(words):
    command = app
    for word in words:
        command = command[word]
    names = {name for option in command.assemble_argument_collection() for name in option.names}
    # These make a file or a page and say where it is.
    makes = {("report",), ("scores", "fetch"), ("study", "capabilities"), ("study", "figures")}
    assert ("--json" in names) != (tuple(words) in makes)
