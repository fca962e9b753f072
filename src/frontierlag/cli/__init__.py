"""The command line: parses, calls, prints. One module a group of commands, all of them in app.py.

This module imports next to nothing, so that Ctrl-C is answered in one sentence from the start.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Any, NoReturn

from frontierlag.errors import INTERRUPTED, PIPE_CLOSED, TERMINATED, USER_ERROR, FrontierLagError
from frontierlag.machine.caches import notice
from frontierlag.machine.warned import gathered, sentences

# What was to end this command, as exit codes: the sampler takes an interrupt for itself and returns
# what it has, so that the command goes on to fail for another reason.
_stops: list[int] = []

STOPPED = "interrupted; incomplete outputs were removed"


class Terminated(KeyboardInterrupt):
    """SIGTERM, raised as Ctrl-C is, so that nothing half-written is left behind."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; a user's mistake ends with one sentence and exit code 2."""
    tokens = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in tokens
    if debug:
        tokens.remove("--debug")
    if "--refit" in tokens:
        tokens.remove("--refit")
        # For this process and the workers that it starts; the name is that of fit_store.REFIT.
        os.environ["FRONTIERLAG_REFIT"] = "1"
    _stops.clear()
    try:
        _prepare()
        code = _call(tokens, plainly=not debug)
        sys.stdout.flush()
    except KeyboardInterrupt as stopped:
        if debug:
            raise
        _end(STOPPED, TERMINATED if isinstance(stopped, Terminated) else INTERRUPTED)
    except Exception as error:
        if debug:
            raise
        if _stops:
            # Whatever fails after Ctrl-C fails because of it: a pool that lost its workers, a pipe.
            _end(STOPPED, _stops[0])
        _end(*_explained(error))
    if arguments is None and threading.current_thread() is threading.main_thread():
        # The work is done: Ctrl-C while Python closes down has nothing left to interrupt.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(code)


def _explained(error: Exception) -> tuple[str, int]:
    """The sentence and the exit code for what a user can mend; any other error is raised again."""
    if isinstance(error, BrokenPipeError):
        # Whoever was reading has seen enough, as `head` does.
        _drop_output()
        sys.exit(PIPE_CLOSED)
    if isinstance(error, FrontierLagError):
        return str(error), USER_ERROR
    if isinstance(error, OSError):
        _drop_output()
        return _of_system(error), USER_ERROR
    raise error


def _call(tokens: Sequence[str], plainly: bool) -> int:
    """Run a command; ``plainly``, warnings of libraries are shown at its end, one line a kind."""
    if not plainly:
        from frontierlag.cli.app import call

        return call(tokens)
    with gathered() as file:
        from frontierlag.cli.app import call

        try:
            return call(tokens)
        finally:
            for sentence in sentences(file):
                print(f"frontierlag: {sentence}", file=sys.stderr)


def _prepare() -> None:
    """Let SIGTERM end as Ctrl-C does, and let no letter be impossible to print."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _terminate)
        # Where Ctrl-C is ignored, as in the background of a shell script, it stays so.
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, _interrupt)
    # A terminal that cannot show a letter gets its code, and no command fails for it.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if said := notice():
        print(f"frontierlag: {said}", file=sys.stderr)


def _end(words: str, code: int) -> NoReturn:
    """End with a sentence on standard error."""
    print(f"frontierlag: {words}", file=sys.stderr)
    sys.exit(code)


def _terminate(*_: Any) -> None:
    _stops.append(TERMINATED)
    raise Terminated


def _interrupt(*_: Any) -> None:
    _stops.append(INTERRUPTED)
    raise KeyboardInterrupt


def _drop_output() -> None:
    """Send what is still to be written nowhere, so that Python does not fail on it at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _of_system(error: OSError) -> str:
    """What the operating system refused, in one sentence."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        words = "there is no room left to write; free some space, or write elsewhere with --out"
    else:
        words = f"{error.strerror or error}; check that it is there and that you may use it"
    return f"{error.filename}: {words}" if error.filename else words
