"""Where compiled code and fonts are cached: a home folder that cannot be written stops nobody.

PyTensor will not be imported, and Matplotlib writes warnings, where their folders below the home
folder cannot be made: in a container with a read-only home, or for a user without one. Their
caches then go to a temporary folder that lives as long as the program. What the user has set in
the environment stays as it is.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import MutableMapping
from pathlib import Path

import platformdirs

_FLAGS = "PYTENSOR_FLAGS"
# Of each library: the variable that places its cache, and where it is if nothing is set.
_OTHERS = {"MPLCONFIGDIR": ".config", "NUMBA_CACHE_DIR": ".cache"}
_said: list[str] = []


def place_caches(environment: MutableMapping[str, str], home: Path) -> Path | None:
    """Send the caches of libraries to a temporary folder if they cannot be below the home folder.

    To be called before PyTensor, Numba or Matplotlib is imported. Processes that this one starts
    inherit the environment and share the folder; it is removed when this process ends.

    Parameters
    ----------
    environment
        The environment variables, which are changed.
    home
        The user's home folder.

    Returns
    -------
    The temporary folder, or None if none was needed.
    """
    flags = environment.get(_FLAGS, "")
    configured = "compiledir" in flags or "PYTENSORRC" in environment
    wanted = {} if configured or (home / ".pytensorrc").is_file() else {_FLAGS: ".pytensor"}
    wanted |= {name: place for name, place in _OTHERS.items() if name not in environment}
    missing = [name for name, place in wanted.items() if not can_be_written(home / place)]
    if not missing:
        return None
    folder = Path(tempfile.mkdtemp(prefix="frontierlag-cache-"))
    for name in missing:
        if name == _FLAGS:
            own = f"base_compiledir={folder / 'pytensor'}"
            environment[name] = f"{flags},{own}" if flags else own
        else:
            environment[name] = str(folder)
    return folder


def can_be_written(folder: Path) -> bool:
    """Whether a folder can be written, or made, by this user; nothing is made."""
    existing = folder
    while not os.path.lexists(existing) and existing != existing.parent:
        existing = existing.parent
    return existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)


def on_import() -> None:
    """Place the caches of this process, and remember the sentence that says so."""
    home = Path(os.path.expanduser("~"))
    folder = place_caches(os.environ, home)
    if folder is None:
        return
    maker = os.getpid()
    _said.append(
        f"the home folder {home} cannot be written, so compiled models are kept in {folder} until "
        "this command ends; the next one compiles again"
    )

    def remove() -> None:
        if os.getpid() == maker:  # not a process that was forked from this one
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)


def notice() -> str:
    """What to say of the caches, once; empty if they are where they always are."""
    return _said.pop() if _said else ""


VARIABLE = "FRONTIERLAG_CACHE"


def cache_folder(given: Path | None = None) -> Path:
    """Return the folder of the cache: as given, by the environment, or the user's own."""
    named = os.environ.get(VARIABLE)
    if given is not None:
        return given
    return Path(named) if named else Path(platformdirs.user_cache_dir("frontierlag"))
