"""What the parts share: data, clock, effective draws, and the machine in words."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import arviz as az
import numpy as np
import psutil
import xarray as xr

from frontierlag.frontiers.observations import Observations
from frontierlag.model import ModelSpec
from frontierlag.scores import Releases
from frontierlag.settings import SamplerSettings
from frontierlag.studies.calibration.matrices import MATRICES, make_matrix_world
from frontierlag.studies.calibration.worlds import DESIGNS, make_world

MODEL = "linear-stochastic"
PACKAGES = ("frontierlag", "pymc", "pytensor", "nutpie", "numpyro", "jax", "numba", "numpy")
SEED = 2026


def world(n: int | None = None, seed: int = SEED) -> Releases:
    """Releases of a simulated base world, two thirds of them the leader's."""
    design = DESIGNS["base"]
    if n is not None:
        follower = n // 3
        design = replace(design, releases=(n - follower, follower))
    return make_world(design, np.random.default_rng(seed)).releases


def world_of_results(seed: int = SEED) -> Releases:
    """Releases of a simulated world with benchmark results behind the scores."""
    return make_matrix_world(MATRICES, np.random.default_rng(seed)).releases


def observed(releases: Releases, model: str = MODEL) -> tuple[ModelSpec, Observations]:
    """A model and what it is fitted to."""
    spec = ModelSpec.of(model, releases.metric)
    return spec, spec.observations(releases)


def settings(draws: int = 500, tune: int = 300, chains: int = 2, seed: int = SEED) -> Any:
    """Sampler settings, small."""
    return SamplerSettings(chains=chains, draws=draws, tune=tune, seed=seed)


def seconds(action: Callable[[], Any]) -> tuple[float, Any]:
    """Wall time of a call, and what it returned."""
    began = time.perf_counter()
    found = action()
    return time.perf_counter() - began, found


def median(values: list[float]) -> float:
    return float(statistics.median(values))


def fewest_effective(posterior: xr.Dataset, names: list[str]) -> float:
    """Smallest bulk effective sample size over the parameters."""
    ess = az.ess(posterior[names], method="bulk")
    return float(min(np.min(ess[name].to_numpy()) for name in names))


def machine() -> dict[str, str]:
    """The machine and the versions, without a path or a name of its own."""
    memory = psutil.virtual_memory().total / 2**30
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "processor": _processor(),
        "cores": f"{affinity}",
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
    } | {name: version(name) for name in PACKAGES}


def load() -> float:
    """Runnable processes over the last minute: other work on the machine makes times longer."""
    return round(os.getloadavg()[0], 1)


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"
