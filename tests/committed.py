"""The results as they are committed, whatever `make results` has made of their folder since."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import tarfile
import tempfile
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]


@cache
def committed_results() -> Path:
    """The folder of the checkout, or where it was changed a copy of what is committed."""
    here = ROOT / "results"
    git = ["git", "-C", str(ROOT)]
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        return here
    said = subprocess.run([*git, "status", "--porcelain", "--", "results"], check=True,
                          capture_output=True, text=True).stdout  # fmt: skip
    # What is not committed yet is more than what is; only what is gone or altered matters.
    if not any(line[:2] != "??" for line in said.splitlines()):
        return here
    place = Path(tempfile.mkdtemp(prefix="frontierlag-results-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    packed = place / "results.tar"
    with packed.open("wb") as stream:
        subprocess.run([*git, "archive", "HEAD", "results"], check=True, stdout=stream)
    with tarfile.open(packed) as archive:
        archive.extractall(place, filter="data")
    return place / "results"
