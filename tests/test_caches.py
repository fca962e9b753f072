"""A home folder that cannot be written: caches go elsewhere, and it is said once."""

import os
import subprocess
import sys

import pytest

from frontierlag.machine.caches import can_be_written, place_caches


@pytest.fixture
def no_home(tmp_path):
    """A home folder that nobody can make, root included: it lies below a regular file."""
    (tmp_path / "file").write_text("")
    return tmp_path / "file" / "home"


def test_a_home_that_can_be_written_changes_nothing(tmp_path):
    environment = {"PATH": "/bin"}
    assert place_caches(environment, tmp_path) is None
    assert environment == {"PATH": "/bin"}
    assert list(tmp_path.iterdir()) == []


def test_caches_go_to_a_temporary_folder(no_home):
    environment = {"PYTENSOR_FLAGS": "floatX=float64"}
    folder = place_caches(environment, no_home)
    assert folder.is_dir()
    assert environment["PYTENSOR_FLAGS"] == f"floatX=float64,base_compiledir={folder / 'pytensor'}"
    assert environment["MPLCONFIGDIR"] == environment["NUMBA_CACHE_DIR"] == str(folder)
    folder.rmdir()


def test_what_the_user_has_set_stays(no_home):
    environment = {
        "PYTENSOR_FLAGS": "base_compiledir=/mine", "MPLCONFIGDIR": "/m", "NUMBA_CACHE_DIR": "/n",
    }  # fmt: skip
    before = dict(environment)
    assert place_caches(environment, no_home) is None
    assert environment == before


def test_a_folder_that_is_a_file_or_below_one_cannot_be_written(no_home, tmp_path):
    assert can_be_written(tmp_path / "new" / "folder")
    assert not can_be_written(tmp_path / "file")
    assert not can_be_written(no_home / ".pytensor")


def test_the_command_line_says_it_once_and_leaves_nothing(no_home, tmp_path):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    names = ("PYTENSOR_FLAGS", "PYTENSORRC", "MPLCONFIGDIR", "NUMBA_CACHE_DIR")
    kept = {key: value for key, value in os.environ.items() if key not in names}
    done = subprocess.run(
        [sys.executable, "-m", "frontierlag.cli", "study", "published"],
        capture_output=True, text=True, check=False,
        env=kept | {"HOME": str(no_home), "TMPDIR": str(temporary)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (line,) = done.stderr.splitlines()
    assert str(no_home) in line
    assert list(temporary.iterdir()) == []
