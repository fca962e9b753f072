"""Draws that were sampled before: nothing is fitted twice.

Every fit of two groups goes through :func:`frontierlag.fits.sampling.sample`, that of a league
through :func:`once`; the result depends on nothing but what is in its key: the arrays that the
model reads (dates among them, as years from the reference date), the model with its priors, the
sampler settings with the seed, the source of the modules that define the model and the sampling,
and the versions of the packages that compute. So full fits, exact refits without one release,
refits of a sensitivity study, fits of two comparisons at once and leagues are all kept here, and
what is made from draws is made anew each time: a changed table, claim, figure or sentence samples
nothing.

Each entry is one NetCDF file with ``posterior`` and ``sample_stats``, which ArviZ opens, with a
checksum on every variable. Files appear whole (a rename), so that several processes may share a
store; of two that sample the same at the same time the later one's file, equal to the other, stays.
The least recently used go when the store is larger than its limit.

Variables of the environment: ``FRONTIERLAG_CACHE`` names the folder of the package's cache, below
which fits are in ``fits/``; ``FRONTIERLAG_FITS_GIB`` is the limit, 0 to keep nothing;
``FRONTIERLAG_REFIT=1`` samples again whatever is there, as the option ``--refit`` does.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import xarray as xr

from frontierlag.errors import OutputError, SpecError
from frontierlag.machine.caches import cache_folder
from frontierlag.machine.files import replaced
from frontierlag.machine.program import modules_behind, source_digest, versions

LIMIT, REFIT = "FRONTIERLAG_FITS_GIB", "FRONTIERLAG_REFIT"
DEFAULT_GIB = 4.0
# Packages that draws pass through.
PACKAGES = ("pymc", "pytensor", "nutpie", "numba", "llvmlite", "numpy", "scipy")
# What makes the arrays that a model reads, which are in the key themselves, and what computes
# nothing.
_APART = (
    "frontierlag.scores",
    "frontierlag.scores.item_results",
    "frontierlag.scores.bootstraps",
    "frontierlag.frontiers.observations",
    "frontierlag.errors",
)
# Where the models of two groups are built.
_MODEL = "frontierlag.model"
# What samples, in addition to the model.
_SAMPLES = ("frontierlag.fits.sampling", "frontierlag.fits.shared_data", "frontierlag.fits.traces")
# Of those apart, what models compute with.
_WITHIN = ("frontierlag.scores.metric",)
_FORMAT = "frontierlag draws 1"
_ENGINE: Literal["netcdf4"] = "netcdf4"

_log = logging.getLogger(__name__)
_paused: ContextVar[bool] = ContextVar("paused", default=False)


class FitStore:
    """Draws in a folder, by key.

    Parameters
    ----------
    folder
        Made when the first entry is kept.
    limit
        Bytes that all entries may take together.
    """

    def __init__(self, folder: Path, limit: float) -> None:
        self.folder = folder
        self.limit = limit

    def read(self, key: str) -> dict[str, xr.Dataset] | None:
        """Return what is kept under a key, as it was; None if nothing is.

        An entry that cannot be read is reported, removed, and counts as none.
        """
        path = self._path(key)
        if not path.is_file():
            return None
        try:
            tree = xr.load_datatree(path, engine=_ENGINE)
            if (tree.attrs.get("format"), tree.attrs.get("key")) != (_FORMAT, key):
                raise ValueError("it is not what its name says")
            os.utime(path)
            return {name: node.to_dataset().drop_encoding() for name, node in tree.children.items()}
        except (OSError, ValueError, RuntimeError, KeyError) as problem:
            _log.warning("the stored fit %s is damaged (%s): it is fitted again", path, problem)
            path.unlink(missing_ok=True)
            return None

    def keep(self, key: str, groups: Mapping[str, xr.Dataset]) -> None:
        """Keep datasets under a key, and remove the least recently used beyond the limit.

        A store that cannot be written is reported; the fit is not lost by it.
        """
        tree = xr.DataTree.from_dict(dict(groups))
        tree.attrs.update(format=_FORMAT, key=key)
        checked = {
            f"/{name}": {str(v): {"fletcher32": True} for v in data.data_vars if data[v].ndim}
            for name, data in groups.items()
        }
        try:
            with replaced(self._path(key)) as path:
                tree.to_netcdf(path, engine=_ENGINE, encoding=checked)
        except (OutputError, RuntimeError) as problem:
            _log.warning("the fit is not kept for another time: %s", problem)
            return
        self.prune()

    def prune(self) -> None:
        """Remove the least recently used entries until the others are within the limit."""
        entries = []
        for path in self.folder.glob("*/*.nc"):
            try:
                entries.append((path.stat().st_mtime_ns, path.stat().st_size, path))
            except FileNotFoundError:
                continue  # another process removed it
        total = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries):
            if total <= self.limit:
                break
            path.unlink(missing_ok=True)
            total -= size

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.nc"


def fit_store() -> FitStore | None:
    """Return the store that the environment names; None if nothing is to be kept.

    Raises
    ------
    SpecError
        If its limit is not a number.
    """
    given = os.environ.get(LIMIT) or str(DEFAULT_GIB)
    try:
        gib = float(given)
    except ValueError:
        raise SpecError(
            f"{LIMIT}={given}: give how many GiB stored fits may take, such as {DEFAULT_GIB:g}, or "
            "0 to keep none"
        ) from None
    if _paused.get() or not gib > 0:
        return None
    return FitStore(cache_folder() / "fits", gib * 2**30)


def refit_wanted() -> bool:
    """Whether what is kept is to be sampled again."""
    return os.environ.get(REFIT, "") not in ("", "0")


@contextmanager
def nothing_kept() -> Iterator[None]:
    """Neither read nor keep fits in the block: of simulated worlds, which are not needed again."""
    token = _paused.set(True)
    try:
        yield
    finally:
        _paused.reset(token)


def once(
    model: object,
    arrays: Mapping[str, np.ndarray],
    settings: object,
    sampled: Callable[[], dict[str, xr.Dataset]],
    behind: str = _MODEL,
) -> dict[str, xr.Dataset]:
    """Return what is kept of a fit, else what ``sampled`` returns, which is then kept.

    The others are as for :func:`key_of`.
    """
    store = fit_store()
    if store is None:
        return sampled()
    key = key_of(model, arrays, settings, behind)
    found = None if refit_wanted() else store.read(key)
    if found is None:
        found = sampled()
        store.keep(key, found)
    return found


def key_of(
    model: object, arrays: Mapping[str, np.ndarray], settings: object, behind: str = _MODEL
) -> str:
    """Return the key of what is sampled from a model, its data and resolved sampler settings.

    Parameters
    ----------
    model
        With a ``repr`` that says it whole, priors included.
    arrays
        All that the model reads, by name.
    settings
        With a ``repr`` that says them whole.
    behind
        The module that builds the model: the source of all that it imports is in the key.
    """
    parts: list[Any] = [program(behind), repr(model), repr(settings)]
    digest = hashlib.sha256(json.dumps(parts).encode())
    for name in sorted(arrays):
        values = np.ascontiguousarray(arrays[name])
        digest.update(json.dumps([name, values.dtype.str, values.shape]).encode())
        digest.update(values.tobytes())
    return digest.hexdigest()


@cache
def program(behind: str = _MODEL) -> str:
    """Digest of what samples: source of the model and of the sampling, packages and processor."""
    import llvmlite.binding as llvm

    computes = {**versions(PACKAGES), "processor": llvm.get_host_cpu_name()}
    return source_digest(modules_that_sample(behind), json.dumps(computes, sort_keys=True))


def modules_that_sample(behind: str = _MODEL) -> list[str]:
    """Names of the modules of this package that draws depend on, in addition to the data."""
    return sorted({*modules_behind(behind, _APART), *_SAMPLES, *_WITHIN})
