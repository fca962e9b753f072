"""Warnings of libraries: gathered from every process, told once a kind, never dropped."""

import logging
import os
import subprocess
import sys
import warnings

import pytest

from frontierlag.cli import main
from frontierlag.errors import FrontierLagWarning
from frontierlag.machine.warned import VARIABLE, gathered, sentences


@pytest.mark.filterwarnings("default")
def test_each_kind_is_told_once_and_nothing_reaches_the_screen(capsys):
    shown = warnings.showwarning
    with gathered() as file:
        for _ in range(3):
            with warnings.catch_warnings():
                warnings.simplefilter("always")
                warnings.warn("overflow in exp", RuntimeWarning, stacklevel=1)
        warnings.warn("a word to the reader", FrontierLagWarning, stacklevel=1)
        logging.getLogger("pytensor.link").warning("no BLAS")
        logging.getLogger("pytensor.link").info("nothing to tell")
        own, libraries = sentences(file)
    assert own == "note: a word to the reader"
    assert "test_warned (RuntimeWarning: overflow in exp) 3 times" in libraries
    assert "pytensor (log, WARNING: no BLAS)" in libraries
    assert "nothing to tell" not in libraries
    assert capsys.readouterr() == ("", "")
    assert not file.exists()
    assert warnings.showwarning is shown
    assert VARIABLE not in os.environ


def test_what_other_processes_warn_of_is_gathered_too(capfd):
    words = "import warnings, frontierlag; warnings.warn('from a worker', RuntimeWarning)"
    with gathered() as file:
        subprocess.run([sys.executable, "-c", words], check=True)
        (told,) = sentences(file)
    assert "from a worker" in told
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.filterwarnings("default")
def test_a_command_tells_them_at_its_end_and_debug_shows_them(debug, monkeypatch, capsys):
    from frontierlag.cli import app

    def call(tokens):
        warnings.warn("deep inside", UserWarning, stacklevel=1)
        return 0

    monkeypatch.setattr(app, "call", call)
    raw = pytest.warns(UserWarning, match="deep inside") if debug else warnings.catch_warnings()
    with pytest.raises(SystemExit) as ended, raw:
        main([*(["--debug"] if debug else []), "study", "published"])
    assert ended.value.code == 0
    said = capsys.readouterr().err
    assert ("put --debug before the command" in said) is not debug
