"""Compile a model once, sample each data set once, and refuse a run that stopped short."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pytensor
import xarray as xr
from numba.core import config

from frontierlag.errors import Interrupted
from frontierlag.fits.shared_data import quickly
from frontierlag.fits.store import once
from frontierlag.fits.traces import arrays_of
from frontierlag.frontiers.observations import Observations
from frontierlag.machine.progress import watcher
from frontierlag.model import ModelSpec, build
from frontierlag.names import CHAIN, DRAW, GROUP, MAKER, VENDOR
from frontierlag.settings import SamplerSettings


@dataclass(frozen=True)
class Sampled:
    """What the sampler returned.

    Attributes
    ----------
    posterior
        Parameters, dims ``(chain, draw[, group])``, and any per-release variable of the model.
    sample_stats
        The sampler's own record, dims ``(chain, draw)``.
    seconds
        Wall time of sampling, without compilation.
    """

    posterior: xr.Dataset
    sample_stats: xr.Dataset
    seconds: float


# Attribute of stored statistics: how long sampling took when it was done.
_SECONDS = "sampling_seconds"

_compiled: dict[tuple[ModelSpec, tuple[int, ...]], tuple[pm.Model, Any]] = {}


def compiled(spec: ModelSpec, observations: Observations) -> Any:
    """Return the compiled model holding these observations, compiling at most once a process.

    Nothing of the observations that it was first compiled with stays: chains start where the model
    puts them for *these* observations, so a fit is the same whatever was fitted before it.
    """
    key = (spec, _fixed_shape(spec, observations))
    if key not in _compiled:
        model = build(spec, observations)
        import nutpie  # loads all of ArviZ, which a fit from the store does not need

        with compilation():
            _compiled[key] = (model, nutpie.compile_pymc_model(model))
    read = {
        name: values
        for name, values in spec.inputs(observations).items()
        if name not in spec.frontier.only_to_draw
    }
    model, code = _compiled[key]
    # The compiled density has its own copy of the data; the starting points read the model's.
    pm.set_data(read, model=model)
    start_only = spec.frontier.only_to_start
    return code.with_data(**{k: v for k, v in read.items() if k not in start_only})


@contextmanager
def compilation() -> Iterator[None]:
    """Compile quickly, and to code that gives the same digits every time.

    LLVM optimizes less: a model that is sampled for seconds need not compile for as long. And
    "fast" floating-point arithmetic is off: it lets LLVM change the order of sums, which it does
    differently in a function that comes from PyTensor's cache on disk than in one that is compiled
    on the spot, so a second run differed from the first in the last digits, and after sampling in
    the second. Only while a model of this package is compiled, so that every way to start it
    compiles alike.
    """
    numba: Any = config
    before = numba.OPT
    numba.OPT = type(before)(1)
    try:
        with pytensor.config.change_flags(numba__fastmath=False), quickly():
            yield
    finally:
        numba.OPT = before


def _fixed_shape(spec: ModelSpec, observations: Observations) -> tuple[int, ...]:
    """Shapes that are part of the compiled code: those of a model's own latent variables."""
    if not spec.frontier.latent_in_model:
        return ()
    if set(spec.frontier.latent_in_model.values()) == {MAKER}:
        return (len(observations.makers),)
    if spec.frontier.reads == "draws":
        return (observations.arrays["loading"].shape[1],)
    found = observations.responses
    if found is None:
        return (len(observations.releases),)
    pairs = (len(found.domains), len(found.pairs[0])) if len(found.domains) else ()
    latent = spec.frontier.latent_in_model.values()
    makers = (len(observations.makers),) if MAKER in latent else ()
    vendors = (len(observations.arrays["vendors"]),) if VENDOR in latent else ()
    sizes = (len(observations.releases), len(found.others), len(found.benchmarks))
    return (*sizes, *pairs, *makers, *vendors)


def sample(
    spec: ModelSpec, observations: Observations, settings: SamplerSettings, cores: int | None = None
) -> Sampled:
    """Sample the posterior with nutpie, or take it from the store of fits.

    Raises
    ------
    Interrupted
        If fewer draws came back than were asked for.
    """
    settings = settings.resolved(spec.frontier.target_accept)
    found = once(
        (spec, spec.parameters),
        spec.inputs(observations),
        settings,
        lambda: _sample(spec, observations, settings, cores),
    )
    stats = found["sample_stats"]
    seconds = float(stats.attrs.pop(_SECONDS))
    return Sampled(_named_groups(found["posterior"], observations), stats, seconds)


def _sample(
    spec: ModelSpec, observations: Observations, settings: SamplerSettings, cores: int | None
) -> dict[str, xr.Dataset]:
    model = compiled(spec, observations)
    raw, seconds = draw(model, settings, cores, return_raw_trace=True, **_telling(spec.name))
    posterior, record = arrays_of(raw)
    got = record["diverging"].shape
    check_whole(spec.name, got, settings)
    coords = {dim: np.arange(n) for dim, n in zip((CHAIN, DRAW), got, strict=True)}
    of_each_draw = {k: ((CHAIN, DRAW), v) for k, v in record.items() if k not in coords}
    stats = xr.Dataset(of_each_draw, coords, {_SECONDS: seconds})
    return {"posterior": _labelled(posterior, coords, spec, observations), "sample_stats": stats}


def check_whole(name: str, got: Sequence[int], settings: SamplerSettings) -> None:
    """Raise :class:`Interrupted` if there are not as many chains and draws as were asked for.

    An interrupted nutpie returns what it has, without an error.
    """
    if tuple(got) != (settings.chains, settings.draws):
        raise Interrupted(
            f"sampling {name} returned {got[0]} chains of {got[1]} draws instead of "
            f"{settings.chains} of {settings.draws}: it was interrupted; run it again"
        )


def _telling(name: str) -> dict[str, Any]:
    """Options that let the sampler say how far it is, if somebody wants to know."""
    by = watcher()
    if by is None:
        return {}

    def told(chains: Any) -> None:
        whole = sum(chain.total_draws for chain in chains)
        if whole:
            by(f"sampling {name}", sum(chain.finished_draws for chain in chains) / whole)

    return {"progress_callback": told, "progress_rate": 500}


def draw(
    code: Any, settings: SamplerSettings, cores: int | None = None, **options: Any
) -> tuple[Any, float]:
    """Let nutpie sample a compiled model by these settings; the trace and the wall time, s."""
    import nutpie  # as above

    began = time.perf_counter()
    trace = nutpie.sample(
        code,
        draws=settings.draws,
        tune=settings.tune,
        chains=settings.chains,
        cores=cores or min(settings.chains, 2),
        seed=settings.seed,
        target_accept=settings.target_accept,
        save_warmup=False,
        progress_bar=False,
        **options,
    )
    return trace, time.perf_counter() - began


def _labelled(
    posterior: dict[str, np.ndarray],
    coords: dict[str, np.ndarray],
    spec: ModelSpec,
    observations: Observations,
) -> xr.Dataset:
    """Keep what the model declares, with this comparison's labels on the group axis."""
    kept: dict[str, xr.DataArray] = {}
    for p in spec.parameters:
        dims = (CHAIN, DRAW) if p.shared else (CHAIN, DRAW, GROUP)
        kept[p.name] = xr.DataArray(posterior[p.name], dims=dims)
    for name, dim in spec.frontier.latent_in_model.items():
        kept[name] = xr.DataArray(posterior[name], dims=(CHAIN, DRAW, dim))
    return _named_groups(xr.Dataset(kept, coords=coords), observations)


def _named_groups(posterior: xr.Dataset, observations: Observations) -> xr.Dataset:
    """The posterior with the names of this comparison's groups, if it has any of a group."""
    if GROUP not in posterior.dims:
        return posterior
    return posterior.assign_coords({GROUP: list(observations.releases.group_names)})
