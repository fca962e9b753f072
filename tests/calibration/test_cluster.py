"""A campaign serially, in processes and on a Dask cluster that loses a worker: the same numbers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager

import pytest

from frontierlag.studies.calibration.calibrate import Block, run_plan

PLAN = (
    Block(("base", "skewed"), ("daily-points", "record-line", "linear-stochastic"), 6),
    Block(("matrices",), ("linear-stochastic",), 2),
)
TASKS = 38
PATIENCE = 60  # seconds for a process to come up


@contextmanager
def process(*command, log):
    """A process group of its own, so that a worker can be killed with all it started."""
    environment = os.environ | {
        "OMP_NUM_THREADS": "1",
        "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "error",
    }
    with (
        open(log, "wb") as stream,
        subprocess.Popen(
            [sys.executable, "-m", *command],
            env=environment,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        ) as running,
    ):
        try:
            yield running
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)


@pytest.fixture
def cluster(tmp_path):
    """Address of a scheduler with two workers of one thread, and the workers' processes."""
    told = tmp_path / "scheduler.json"
    with ExitStack() as stack:
        stack.enter_context(
            process(
                "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0",
                "--no-dashboard", "--scheduler-file", str(told), log=tmp_path / "scheduler.log",
            )
        )  # fmt: skip
        deadline = time.monotonic() + PATIENCE
        while not told.exists() or not told.read_text().strip():
            assert time.monotonic() < deadline, (tmp_path / "scheduler.log").read_text()
            time.sleep(0.1)
        address = json.loads(told.read_text())["address"]
        workers = [
            stack.enter_context(
                process(
                    "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard",
                    "--local-directory", str(tmp_path), log=tmp_path / f"worker-{k}.log",
                )
            )
            for k in range(2)
        ]  # fmt: skip
        yield address, workers


def values(folder):
    """What each task gave, to the last bit, and with which seed."""
    lines = [json.loads(x) for f in folder.glob("*.jsonl") for x in f.read_text().splitlines()]
    return {x["key"]: (x["value"], x["seed"], x["error"]) for x in lines}


@pytest.mark.slow
def test_a_cluster_that_loses_a_worker_gives_the_table_of_a_serial_run(cluster, tmp_path):
    address, workers = cluster
    finished = []

    def kill_one_midway(word):
        finished.append(word)
        if len(finished) == 8:
            os.killpg(workers[0].pid, signal.SIGKILL)
            workers[0].wait()

    there = run_plan(PLAN, tmp_path / "there", scheduler=address, done=kill_one_midway)
    assert workers[0].returncode == -signal.SIGKILL
    assert workers[1].poll() is None
    assert len(finished) == TASKS
    here = run_plan(PLAN, tmp_path / "here")
    again = run_plan(PLAN, tmp_path / "beside", jobs=2)
    assert there.table.equals(here.table)
    assert again.table.equals(here.table)
    assert len(values(tmp_path / "here")) == TASKS
    assert values(tmp_path / "there") == values(tmp_path / "here") == values(tmp_path / "beside")
    assert here.problems.empty or not here.problems["problem"].str.startswith("failed").any()
