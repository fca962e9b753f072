"""Outputs that appear whole or not at all.

A folder is written beside its place, under a name with ``.partial-`` in it, and renamed into it
when it is complete. Several folders of one run are renamed one after the other, all or none: a
rename that fails undoes those before it, and an interrupt (Ctrl-C, SIGTERM) waits until they are
done. What a file system cannot give is one rename of several folders: if the machine stops, or the
process is killed outright (SIGKILL), between two renames, some folders are new and others old, and
what was replaced lies in a hidden ``.partial-`` folder beside its place. Each folder by itself is
still whole.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from frontierlag.errors import OutputError

MANIFEST = "manifest.json"
INTERRUPTS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """Give a folder to write to, and put it in the place of ``out`` when the block succeeds.

    If the block fails or is interrupted, what was at ``out`` is untouched and nothing is left
    behind. Files at ``out`` that an earlier run did not write are kept.

    Raises
    ------
    OutputError
        If ``out`` is a file, cannot be written, or is a folder with content that no run of this
        program made (replacing it could destroy somebody's files).
    """
    with staged_all([out]) as (folder,):
        yield folder


@contextmanager
def staged_all(outs: Sequence[Path]) -> Iterator[tuple[Path, ...]]:
    """Give a folder to write to for each of ``outs``; all are put in their places, or none.

    Raises
    ------
    OutputError
        As :func:`staged`, or if two of ``outs`` are the same folder.
    """
    places = [out.absolute() for out in outs]
    if len(set(places)) != len(places):
        raise OutputError(f"two results would go to one folder: {', '.join(map(str, places))}")
    for out in places:
        _refuse_foreign(out)
    made: list[Path] = []
    try:
        for out in places:
            with uninterrupted():
                made.append(_beside(out))
        yield tuple(made)
        with uninterrupted():
            _swap_all(made, places)
    except OSError as error:
        where = ", ".join(map(str, places))
        raise OutputError(f"writing {where} failed: {error}; nothing was changed there") from error
    finally:
        with uninterrupted():
            for folder in made:
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def replaced(file: Path) -> Iterator[Path]:
    """Give a path to write one file to, and put it in the place of ``file`` when all went well.

    Raises
    ------
    OutputError
        If ``file`` is a folder, a device or the like, or cannot be written.
    """
    file = file.absolute()
    if file.is_dir():
        raise OutputError(f"{file} is a folder; give the name of a file")
    if file.exists() and not file.is_file():
        # Putting a file in its place would take a device such as /dev/full from the whole machine.
        raise OutputError(f"{file} is a device or the like, no file; give the name of a file")
    made: list[Path] = []
    try:
        with uninterrupted():
            made.append(_beside(file))
        yield made[0] / file.name
        os.replace(made[0] / file.name, file)
    except OSError as error:
        raise OutputError(f"writing {file} failed: {error}; nothing was changed") from error
    finally:
        with uninterrupted():
            for folder in made:
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold back Ctrl-C and SIGTERM until the end of the block, and let them go on then."""
    if threading.current_thread() is not threading.main_thread():
        # Python runs the handlers of signals in the main thread only.
        yield
        return
    caught: list[int] = []

    def remember(number: int, _: Any) -> None:
        caught.append(number)

    before = {number: signal.getsignal(number) for number in INTERRUPTS}
    try:
        for number in INTERRUPTS:
            signal.signal(number, remember)
        yield
    finally:
        for number, handler in before.items():
            # None: not set by Python, so that Python cannot set it again.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
    if caught:
        signal.raise_signal(caught[0])


def files_below(folder: Path) -> list[str]:
    """Relative paths of all files below a folder, sorted, for the manifest."""
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def _beside(out: Path) -> Path:
    """Make a hidden folder beside a place that is to be written."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{out.name}.partial-", dir=out.parent))
    except OSError as error:
        raise OutputError(
            f"cannot write to {out.parent}: {error.strerror}; choose another place with --out"
        ) from None


def _refuse_foreign(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file; give a folder with --out")
    if out.is_dir() and any(out.iterdir()) and not (out / MANIFEST).is_file():
        raise OutputError(
            f"{out} has files in it but no {MANIFEST} of an earlier run, so it is not replaced; "
            "give an empty or new folder with --out"
        )


def _swap_all(made: Sequence[Path], places: Sequence[Path]) -> None:
    """Put each new folder in its place by renames; if one fails, put everything back."""
    for new, out in zip(made, places, strict=True):
        os.chmod(new, 0o755)
        if out.exists():
            _keep_foreign_files(out, new)
    olds: list[tuple[Path, Path]] = []
    arrived: list[tuple[Path, Path]] = []
    asides: list[Path] = []
    try:
        for new, out in zip(made, places, strict=True):
            if out.exists():
                asides.append(_beside(out))
                out.rename(asides[-1] / "old")
                olds.append((asides[-1] / "old", out))
            new.rename(out)
            arrived.append((new, out))
    except BaseException:
        for new, out in reversed(arrived):
            out.rename(new)
        for old, out in reversed(olds):
            old.rename(out)
        for aside in asides:
            # Not its content: what could not be put back is all that is left of it.
            aside.rmdir()
        raise
    for aside in asides:
        shutil.rmtree(aside, ignore_errors=True)


def _keep_foreign_files(out: Path, staging: Path) -> None:
    """Copy what the earlier run did not write into the new folder."""
    written = set(json.loads((out / MANIFEST).read_text(encoding="utf-8")).get("files", []))
    for path in sorted(out.rglob("*")):
        relative = path.relative_to(out)
        target = staging / relative
        ours = relative.as_posix() in written or relative == Path(MANIFEST)
        if path.is_file() and not ours and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
