"""Outputs that appear whole or not at all.

A folder is written next to its place, under a name with ``.partial-`` in it, and renamed into it
when it is complete. Several folders of one run are renamed one after the other, all or none: a
rename that fails undoes those before it, and an interrupt (Ctrl-C, SIGTERM) waits until they are
done. What a file system cannot give is one rename of several folders: if the machine stops, or the
process is killed outright (SIGKILL), between two renames, some folders are new and others old, and
what was replaced lies in a hidden ``.partial-`` folder next to its place. Each folder by itself is
still whole.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from frontierlag.errors import OutputError

MANIFEST = "manifest.json"
# What marks a manifest as this program's: other programs write files of this name too.
MADE_BY = {"made_by": "frontierlag"}
INTERRUPTS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """Give a folder to write to, and put it in the place of ``out`` when the block succeeds.

    If the block fails or is interrupted, what was at ``out`` is untouched and nothing is left
    behind. Files at ``out`` that an earlier run did not write are kept.

    Raises
    ------
    OutputError
        If ``out`` is a file, a mount point or the folder one stands in, cannot be written, or is a
        folder with content that no run of this program made (replacing it could destroy somebody's
        files). All of it before the block begins, so that nothing is computed in vain.
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
    # A link is followed: what is replaced is the folder that it leads to.
    places = [Path(os.path.realpath(out)) for out in outs]
    if len(set(places)) != len(places):
        raise OutputError(f"two results would go to one folder: {', '.join(map(str, places))}")
    for out in places:
        _refuse_nested(out, places)
        _refuse_foreign(out)
    with _beside(places) as made:
        yield tuple(made)
        with uninterrupted():
            _swap_all(made, places)


@contextmanager
def _beside(places: Sequence[Path]) -> Iterator[list[Path]]:
    """Give a hidden folder next to each place; in the end they are gone, whatever happened."""
    made: list[Path] = []
    try:
        for out in places:
            with uninterrupted():
                made.append(_partial_folder(out))
        yield made
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
    with _beside([file]) as (folder,):
        yield folder / file.name
        os.replace(folder / file.name, file)


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


def _partial_folder(out: Path) -> Path:
    """Make a hidden folder next to a place that is to be written."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{out.name}.partial-", dir=out.parent))
    except OSError as error:
        raise OutputError(
            f"cannot write to {out.parent}: {error.strerror}; choose another place with --out"
        ) from None


def write_manifest(folder: Path, record: Mapping[str, Any]) -> None:
    """Write the manifest of a results folder last of all, with the list of its files.

    Parameters
    ----------
    folder
        The folder, with everything else in it.
    record
        What was done; values that JSON has no form for are written as their text.
    """
    whole = {**MADE_BY, **record, "files": sorted({*files_below(folder), MANIFEST})}
    (folder / MANIFEST).write_text(manifest_text(whole), encoding="utf-8")


def manifest_text(record: Mapping[str, Any]) -> str:
    """A record as text: what JSON has no form for is written as its text."""
    return json.dumps(record, indent=1, ensure_ascii=False, default=str) + "\n"


def written_before(folder: Path) -> frozenset[str]:
    """Relative paths of the files that an earlier run wrote into a folder, by its manifest.

    Raises
    ------
    OutputError
        If the manifest is broken, or not one of this program.
    """
    path = folder / MANIFEST
    other = f"so {folder} is not replaced; give an empty or new folder with --out"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OutputError(f"{path} cannot be read ({error}), {other}") from None
    files = found.get("files") if isinstance(found, dict) else None
    if not _is_ours(found) or not isinstance(files, list) or MANIFEST not in files:
        raise OutputError(f"{path} is not the manifest of a frontierlag run, {other}")
    return frozenset(map(str, files))


def _is_ours(manifest: Any) -> bool:
    """Whether a manifest is this program's; those made before the mark name it in ``versions``."""
    if not isinstance(manifest, dict):
        return False
    versions = manifest.get("versions")
    marked = all(manifest.get(key) == value for key, value in MADE_BY.items())
    return marked or (isinstance(versions, dict) and "frontierlag" in versions)


def _refuse_nested(out: Path, places: Sequence[Path]) -> None:
    for other in places:
        if other in out.parents:
            raise OutputError(
                f"{out} lies in {other}, where other results of this run would go; give two "
                "folders side by side"
            )


def _refuse_foreign(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file; give a folder with --out")
    if not out.is_dir():
        return
    below = f"give a folder in it, such as {out / 'results'}, with --out"
    if os.path.ismount(out):
        raise OutputError(f"{out} is a mount point, which cannot be replaced; {below}")
    here = Path.cwd()
    if out in (here, *here.parents):
        raise OutputError(
            f"{out} is the folder you are in (or above it), and a results folder is replaced as a "
            f"whole; {below}"
        )
    if not os.access(out, os.R_OK | os.W_OK | os.X_OK):
        raise OutputError(
            f"{out} may not be read and written by you; choose another folder with --out"
        )
    if not any(out.iterdir()):
        return
    if not (out / MANIFEST).is_file():
        raise OutputError(
            f"{out} has files in it but no {MANIFEST} of an earlier run, so it is not replaced; "
            "give an empty or new folder with --out"
        )
    written_before(out)


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
                asides.append(_partial_folder(out))
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
    if not any(out.iterdir()):
        return
    written = written_before(out)
    for path in sorted(out.rglob("*")):
        relative = path.relative_to(out)
        target = staging / relative
        ours = relative.as_posix() in written or relative == Path(MANIFEST)
        if path.is_file() and not ours and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)


_FORMULA = re.compile(r"[=+@\t\r]|-(?![0-9.]|$)")


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table to a CSV file, with :func:`as_text`."""
    as_text(table).to_csv(path, index=False)


def csv_text(table: pd.DataFrame) -> str:
    """The same as text, without a line end after the last line."""
    return as_text(table).to_csv(index=False, lineterminator="\n").rstrip("\n")


def as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with an apostrophe before each text that would be run as a formula."""
    words = [c for c in table.columns if not pd.api.types.is_numeric_dtype(table[c])]
    return table.assign(**{str(c): table[c].map(_safe, na_action="ignore") for c in words})


def _safe(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell
