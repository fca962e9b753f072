"""Which program makes numbers: versions of packages, and digests of the source behind a task."""

from __future__ import annotations

import ast
import hashlib
import json
import platform
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[1]
# Packages that a number of a run passes through.
PACKAGES = (
    "frontierlag", "pymc", "pytensor", "nutpie", "arviz", "arviz-stats", "numpy", "scipy", "numba",
    "pandas", "xarray", "netCDF4", "matplotlib",
)  # fmt: skip


def versions(packages: Iterable[str] = PACKAGES) -> dict[str, str]:
    """Versions of Python and of packages, by default of all that a number passes through."""
    return {"python": platform.python_version()} | {name: version(name) for name in packages}


def digest_behind(task: Callable[..., Any]) -> str:
    """Digest of everything that a task's numbers depend on, except its input.

    That is the source of the package's modules which the task's own module imports, directly or
    through others, and the versions of the packages that they call. A change elsewhere, to a
    figure or a command, leaves it as it is.

    Parameters
    ----------
    task
        A function of a module of this package, or a ``functools.partial`` of one. Of any other
        function only the versions count.
    """
    function = task.func if isinstance(task, partial) else task
    return _digest(str(getattr(function, "__module__", type(function).__module__)))


def modules_behind(module: str, apart: Collection[str] = ()) -> list[str]:
    """Names of the package's modules that a module imports, directly or through others, sorted.

    Parameters
    ----------
    module
        Where to begin; it is among them.
    apart
        Modules and packages that do not count, nor what is only imported by them.
    """
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        left_out = any(name == one or name.startswith(f"{one}.") for one in apart)
        if name not in found and not left_out and _file(name) is not None:
            found.add(name)
            waiting += _imports(name)
    return sorted(found)


@cache
def _digest(module: str) -> str:
    return source_digest(modules_behind(module), json.dumps(versions(), sort_keys=True))


@cache
def package_digest() -> str:
    """Digest of the whole package, data and templates too, and of the versions under it."""
    digest = hashlib.sha256(json.dumps(versions(), sort_keys=True).encode())
    for path in sorted(_ROOT.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.relative_to(_ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def source_digest(modules: Iterable[str], start: str = "") -> str:
    """Digest of a text and of the source of modules of this package, in their order."""
    digest = hashlib.sha256(start.encode())
    for name in modules:
        file = _file(name)
        assert file is not None  # only asked of modules that have one
        digest.update(name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _file(module: str) -> Path | None:
    """Source file of a module of this package; None for others and for the package itself.

    The package's own ``__init__`` only lists names for users.
    """
    first, *rest = module.split(".")
    if first != "frontierlag" or not rest:
        return None
    path = _ROOT.joinpath(*rest)
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.is_file():
            return file
    return None


def _imports(module: str) -> Iterator[str]:
    """Every module that a module's import statements may name."""
    file = _file(module)
    assert file is not None  # only asked of modules that have one
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
