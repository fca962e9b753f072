"""The command line: in the tests' own process, or as a process that is stopped at a moment."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest

from frontierlag.cli import main

COMMAND = (sys.executable, "-m", "frontierlag.cli")
# Says when the command has begun, and when the sampler first tells how far it is.
WATCHED = """
import sys
from frontierlag import cli

def told_of_sampling(nutpie):
    sample = nutpie.sample
    def watched(*arguments, progress_callback, **options):
        said = []
        def first(chains):
            if not said:
                said.append(print("sampling", flush=True))
            progress_callback(chains)
        return sample(*arguments, progress_callback=first, **options)
    nutpie.sample = watched

def begun():
    prepare()
    print("begun", flush=True)

if sys.argv.pop(1) == "sampling":
    import nutpie
    told_of_sampling(nutpie)
prepare, cli._prepare = cli._prepare, begun
cli.main()
"""
PATIENCE = 240.0  # s; a moment that has not come by then will not come


class Done(NamedTuple):
    """What a command left, named as :class:`subprocess.CompletedProcess` names it."""

    returncode: int
    stdout: str
    stderr: str


def here(*arguments: object) -> Done:
    """Run a command in this process, which has imported, and often compiled, what it needs."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return Done(int(ended.value.code or 0), out.getvalue(), err.getvalue())


def process(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command as a person does."""
    words = [*COMMAND, *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, timeout=300, **options)


def stopped(
    arguments: list[str], moment: str, out: Path, stop: Callable[[int], None], **options: Any
) -> tuple[int, str, int]:
    """Start a command, stop it at a moment, and tell its exit code, what it said and its group.

    Moments are ``begun``: before it has imported what it needs; ``staged``: its incomplete folder
    beside ``out`` is there; ``workers``: its worker processes start; ``sampling``: the sampler
    is at work.
    """
    started = subprocess.Popen(
        [sys.executable, "-c", WATCHED, moment, *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        # A shell without job control hands its background commands an ignored SIGINT.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), **options,
    )  # fmt: skip
    try:
        assert started.stdout
        assert started.stdout.readline() == "begun\n"
        if moment == "sampling":
            # What it says of the table comes first.
            assert "sampling\n" in iter(started.stdout.readline, "")
        elif moment == "staged":
            wait_until(lambda: bool(list(out.parent.glob(f".{out.name}.partial-*"))))
        elif moment == "workers":
            wait_until(lambda: len(psutil.Process(started.pid).children()) > 1)
        stop(started.pid)
        _, said = started.communicate(timeout=PATIENCE)
    finally:
        if started.poll() is None:
            os.killpg(started.pid, signal.SIGKILL)
            started.communicate()
    return started.returncode, said, started.pid


def wait_until(happened: Callable[[], bool]) -> None:
    """Look again and again whether something has happened."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def alive(group: int) -> bool:
    """Whether a process of the group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
