"""Commands of the tutorial, run while the pages are built, with what they print."""

from __future__ import annotations

import os
from contextlib import chdir, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import wrap
from unittest import mock

from blocks import block

from frontierlag.cli.app import app, call
from frontierlag.errors import NOT_CONVERGED
from frontierlag.scores.registry import registry

FOLDER = f"../results/{registry().roles.scores}/us-china"
# From the docs folder; none of them fits anything.
COMMANDS = {
    "published": f"study published --scores {registry().roles.published}",
    "list": "scores list",
    "check": "scores check examples/my-scores.csv --comparison closed-open",
    "cite": f"cite {FOLDER} --lag realized --period window",
    "latex": f"cite {FOLDER} --lag realized --period window --format macros",
}
WIDTH = "84"
# A run of the example of an own table, on a terminal of 80 columns.
EXAMPLE = "docs/examples/my-scores.csv"
RUN = f"run --scores {EXAMPLE} --comparison closed-open --models linear-stochastic --out mine"
RUN_WIDTH = 80


def shown(results: Path) -> dict[str, str]:
    """Return what each command prints, as ``output_NAME``."""
    found: dict[str, str] = {}
    with chdir(results.parent / "docs"), mock.patch.dict(os.environ, COLUMNS=WIDTH, NO_COLOR="1"):
        for name, line in COMMANDS.items():
            printed = _printed(line)
            # In the tutorial the reader stands in the folder above.
            text = printed.replace("../results", "results").replace("examples/", "docs/examples/")
            found[f"output_{name}"] = block(text)
        found["cli_reference"] = _reference()
    found["output_run"] = block(_run(results.parent / EXAMPLE))
    return found


def _run(example: Path) -> str:
    """What the run of the example prints, broken where the terminal's edge breaks it.

    Raises
    ------
    RuntimeError
        If it does not end with an answer.
    """
    printed = StringIO()
    with TemporaryDirectory() as folder, chdir(folder):
        copied = Path(EXAMPLE)
        copied.parent.mkdir(parents=True)
        copied.write_bytes(example.read_bytes())
        with mock.patch.dict(os.environ, NO_COLOR="1"), redirect_stdout(printed):
            code = call(RUN.split())
    if code not in (0, NOT_CONVERGED):
        raise RuntimeError(f"frontierlag {RUN} ended with {code}")
    lines = printed.getvalue().splitlines()
    return "\n".join(piece for line in lines for piece in _broken(line))


def _broken(line: str) -> list[str]:
    """A line in pieces that fit the terminal; spaces that put it in columns stay."""
    return [line] if len(line) <= RUN_WIDTH else wrap(line, RUN_WIDTH)


def _printed(line: str) -> str:
    """What a command prints.

    Raises
    ------
    RuntimeError
        If it does not end well.
    """
    printed = StringIO()
    with redirect_stdout(printed):
        code = call(line.split())
    if code != 0:
        raise RuntimeError(f"frontierlag {line} ended with {code}")
    return printed.getvalue()


def _reference() -> str:
    """The help of every command, of the program first."""
    own = [name for name in app if not name.startswith("-")]
    inner = [
        f"{group} {name}"
        for group in ("scores", "study", "validate")
        for name in app[group]
        if not name.startswith("-")
    ]
    titles = ["frontierlag", *(f"frontierlag {name}" for name in (*own, *inner))]
    parts = []
    for title in titles:
        line = f"{title} --help".removeprefix("frontierlag ")
        # Not wrapped: the frames of the help stay whole.
        parts.append(f"**{title}**\n\n{block(_printed(line), 'output')}")
    return "\n\n".join(parts)
