"""Outputs that appear whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from frontierlag.errors import OutputError

MANIFEST = "manifest.json"


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
    out = out.absolute()
    _refuse_foreign(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{out.name}.partial-", dir=out.parent))
    except OSError as error:
        raise OutputError(
            f"cannot write to {out.parent}: {error.strerror}; choose another folder with --out"
        ) from None
    try:
        yield staging
        os.chmod(staging, 0o755)
        _swap(staging, out)
    except OSError as error:
        raise OutputError(f"writing {out} failed: {error}; nothing was changed there") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _refuse_foreign(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file; give a folder with --out")
    if out.is_dir() and any(out.iterdir()) and not (out / MANIFEST).is_file():
        raise OutputError(
            f"{out} has files in it but no {MANIFEST} of an earlier run, so it is not replaced; "
            "give an empty or new folder with --out"
        )


def _swap(staging: Path, out: Path) -> None:
    """Put ``staging`` in the place of ``out`` by renames, undone if one of them fails."""
    if not out.exists():
        staging.rename(out)
        return
    _keep_foreign_files(out, staging)
    aside = Path(tempfile.mkdtemp(prefix=f".{out.name}.partial-", dir=out.parent))
    old = aside / "old"
    out.rename(old)
    try:
        staging.rename(out)
    except BaseException:
        old.rename(out)
        raise
    finally:
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


def files_below(folder: Path) -> list[str]:
    """Relative paths of all files below a folder, sorted, for the manifest."""
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


@contextmanager
def replaced(file: Path) -> Iterator[Path]:
    """Give a path to write one file to, and put it in the place of ``file`` when all went well.

    Raises
    ------
    OutputError
        If ``file`` is a folder or cannot be written.
    """
    file = file.absolute()
    if file.is_dir():
        raise OutputError(f"{file} is a folder; give the name of a file")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{file.name}.partial-", dir=file.parent))
    except OSError as error:
        raise OutputError(f"cannot write to {file.parent}: {error.strerror}") from None
    try:
        yield aside / file.name
        os.replace(aside / file.name, file)
    except OSError as error:
        raise OutputError(f"writing {file} failed: {error}; nothing was changed") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
