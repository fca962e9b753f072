"""The main job from an empty cache and again: wall time and peak memory of all its processes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

SCORES = "eci-2026-08-11"


def measure() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        found = {name: _once(Path(folder), name) for name in ("cold", "warm")}
    return found


def _once(folder: Path, name: str) -> dict[str, Any]:
    """One run with caches below ``folder``, so that the user's own stay as they are."""
    environment = os.environ | {
        "PYTENSOR_FLAGS": f"base_compiledir={folder / 'pytensor'}",
        "NUMBA_CACHE_DIR": str(folder / "numba"),
        "MPLCONFIGDIR": str(folder / "matplotlib"),
    }
    command = [sys.executable, "-m", "frontierlag.cli", "run", "--scores", SCORES]
    command += ["--out", str(folder / name)]
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
        raise RuntimeError(f"the main job ended with {process.returncode}")
    return {"seconds": time.perf_counter() - began, "peak": peak, "code": process.returncode}


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
        f"`frontierlag run --scores {SCORES}` (one comparison, all default models, figures). Cold: "
        "no compiled code in any cache. Memory is resident, summed over processes, so what they "
        "share counts more than once.",
        "",
        "| | seconds | peak memory | exit code |",
        "|---|---|---|---|",
    ]
    for name in ("cold", "warm"):
        one = m[name]
        lines.append(
            f"| {name} | {one['seconds']:.0f} | {one['peak'] / 2**30:.1f} GiB | {one['code']} |"
        )
    lines.append(f"\nCold / warm: {m['cold']['seconds'] / m['warm']['seconds']:.1f}.")
    return "\n".join(lines)
