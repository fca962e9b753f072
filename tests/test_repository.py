"""The repository stays light: pictures and pages are made, not committed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from committed import committed_results

ROOT = Path(__file__).parents[1]
# What README and docs show.
PICTURES, AT_MOST = "docs/pictures/", 8
ENDINGS = (".png", ".svg", ".jpg", ".jpeg", ".gif", ".webp", ".pdf")
RESULTS_BYTES = 10_000_000


@pytest.fixture(scope="module")
def tracked():
    """Paths of all committed files."""
    try:
        done = subprocess.run(
            ["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a checkout")
    return [name for name in done.stdout.split("\0") if name]


def test_no_picture_is_committed_but_those_that_readme_and_docs_show(tracked):
    pictures = [name for name in tracked if name.lower().endswith(ENDINGS)]
    assert [name for name in pictures if not name.startswith(PICTURES)] == []
    assert len(pictures) <= AT_MOST


def test_no_page_or_posterior_of_results_is_committed(tracked):
    made = [n for n in tracked if n.startswith("results/") and n.endswith((".html", ".nc"))]
    assert made == []


def test_no_package_or_archive_is_committed(tracked):
    archives = (".whl", ".zip", ".gz", ".xz", ".so", ".nc", ".pyc")
    inside = ("src/frontierlag/scores/data/", "tests/")
    found = [n for n in tracked if n.endswith(archives) and not n.startswith(inside)]
    assert found == []


def test_committed_results_are_small(tracked):
    root = committed_results().parent
    sizes = [(root / name).stat().st_size for name in tracked if name.startswith("results/")]
    assert sum(sizes) < RESULTS_BYTES
