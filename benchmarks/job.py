"""`frontierlag run` against an earlier commit: cold, warm and from the store, by turns.

The earlier commit is checked out and run with the same interpreter and packages. Cold: no
compiled code in any cache and no stored fit. Warm: compiled code, but no stored fit. Stored: a fit
from the store, which the earlier commit has none of. Each job is run by the two commits in turn, so
that what else the machine does falls on both alike. Next to the wall time is the time that the
processors worked for it, which other work on the machine changes less.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[1]
BEFORE = "c6fde41"  # the last commit before runs fitted the headline model alone
JOBS = {
    "scores": ["--scores", "eci-2026-08-11"],
    "results": ["--scores", "eci-2026-08-11", "--results", "eci-results-2026-08-11"],
}
TURNS = {"cold": 1, "warm": 2, "stored": 2}


def measure(job: str) -> dict[str, Any]:
    """Times of one job: by state of the caches and commit, every turn's."""
    found: dict[str, Any] = {}
    with _earlier() as before, tempfile.TemporaryDirectory() as folder:
        sources = {"before": before, "now": ROOT / "src"}
        for state, turns in TURNS.items():
            for turn in range(turns):
                for name, source in sources.items():
                    if (name, state) == ("before", "stored"):
                        continue
                    caches = Path(folder) / name
                    _prepare(caches, state)
                    one = _once(source, caches, JOBS[job], Path(folder) / f"{name}-out")
                    found.setdefault(state, {}).setdefault(name, []).append(one)
                    print(f"{job} {state} {name} {turn}: {one}", file=sys.stderr, flush=True)
    return found


@contextmanager
def _earlier() -> Iterator[Path]:
    """The source of the earlier commit, checked out beside."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "before"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--detach", str(place), BEFORE], check=True,
                       capture_output=True)  # fmt: skip
        try:
            yield place / "src"
        finally:
            subprocess.run([*git, "remove", "--force", str(place)], check=True)


def _prepare(caches: Path, state: str) -> None:
    """Empty what this state of the caches has nothing in."""
    if state == "cold":
        shutil.rmtree(caches, ignore_errors=True)
    if state == "warm":
        shutil.rmtree(caches / "frontierlag", ignore_errors=True)


def _once(source: Path, caches: Path, arguments: list[str], out: Path) -> dict[str, float]:
    """One run with caches of its own, so that the user's stay as they are."""
    environment = os.environ | {
        "PYTHONPATH": str(source),
        "PYTENSOR_FLAGS": f"base_compiledir={caches / 'pytensor'}",
        "NUMBA_CACHE_DIR": str(caches / "numba"),
        "MPLCONFIGDIR": str(caches / "matplotlib"),
        "FRONTIERLAG_CACHE": str(caches / "frontierlag"),
    }
    command = [sys.executable, "-m", "frontierlag.cli", "run", *arguments, "--out", str(out)]
    worked = _worked()
    began = time.perf_counter()
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        peak = 0
        while process.poll() is None:
            peak = max(peak, _memory(process.pid))
            time.sleep(0.2)
    # 1: a fit missed the gate, which the job says itself; the time is that of the whole job.
    if process.returncode not in (0, 1):
        raise RuntimeError(f"the job of {source} ended with {process.returncode}")
    return {
        "seconds": time.perf_counter() - began,
        "worked": _worked() - worked,
        "peak": peak,
        "code": process.returncode,
    }


def _worked() -> float:
    """Seconds that processors worked for the children of this process that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _memory(pid: int) -> int:
    """Resident memory of a process and its descendants, bytes."""
    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    total = 0
    for one in family:
        try:
            total += one.memory_info().rss
        except psutil.NoSuchProcess:
            continue  # it ended between being listed and being asked
    return total


def words(m: dict[str, Any]) -> str:
    lines = [
        f"`frontierlag run` on eci-2026-08-11, from scores and from benchmark results, at commit "
        f"{BEFORE} and now, by turns, medians. Cold: no compiled code in any cache, no stored fit; "
        "warm: compiled code; stored: the fit is taken from the store. Worked: seconds of all "
        "processors together. Memory is resident, summed over processes, so what they share counts "
        "more than once.",
        "",
        "| from | caches | before, s | now, s | now / before | before, worked s | now, worked s "
        "| now / before | peak now |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for job, states in m.items():
        for state, found in states.items():
            now = _median(found["now"])
            # What is stored now is held against the earlier commit's best, which is warm.
            before = _median(found.get("before") or states["warm"]["before"])
            cells = []
            for part in ("seconds", "worked"):
                cells += [f"{before[part]:.0f}", f"{now[part]:.0f}",
                          f"{now[part] / before[part]:.2f}"]  # fmt: skip
            lines.append(
                f"| {job} | {state} | {' | '.join(cells)} | {now['peak'] / 2**30:.1f} GiB |"
            )
    return "\n".join(lines)


def _median(runs: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}
