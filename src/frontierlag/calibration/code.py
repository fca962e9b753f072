"""Which program makes a campaign's numbers: a digest of the source behind a task."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import frontierlag
from frontierlag.manifest import versions

_ROOT = Path(frontierlag.__file__).parent


def digest_behind(task: Callable[..., Any]) -> str:
    """Digest of everything that a task's numbers depend on beside its input.

    That is the source of the package's modules which the task's own module imports, directly or
    through others, and the versions of the packages that they call. A change elsewhere, to a
    figure or a command, leaves it as it is.

    Parameters
    ----------
    task
        A function of a module of this package, or a ``functools.partial`` of one. Of any other
        function only the versions are told.
    """
    function = task.func if isinstance(task, partial) else task
    return _digest(str(getattr(function, "__module__", type(function).__module__)))


def modules_behind(module: str) -> list[str]:
    """Names of the package's modules that a module imports, directly or through others, sorted."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in found and _file(name) is not None:
            found.add(name)
            waiting += _imports(name)
    return sorted(found)


@cache
def _digest(module: str) -> str:
    digest = hashlib.sha256(json.dumps(versions(), sort_keys=True).encode())
    for name in modules_behind(module):
        file = _file(name)
        assert file is not None  # modules_behind lists those with a file
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
