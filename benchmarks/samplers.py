"""Effective draws a second of each shipped model: nutpie, PyMC's NUTS and NumPyro."""

from __future__ import annotations

import logging
import tempfile
from typing import Any

import common
import jax
import pymc as pm

from frontierlag.fits.sampling import sample
from frontierlag.model import build
from frontierlag.studies.calibration.calibrate import JOINT
from frontierlag.studies.calibration.calibrate import MODELS as OF_SCORES

MODELS = (*OF_SCORES, JOINT)
SAMPLERS = ("nutpie", "pymc", "numpyro")
DRAWS, TUNE = 500, 500
# With fewer effective draws than this a rate means nothing.
FEWEST = 20


def measure(model: str) -> dict[str, Any]:
    logging.getLogger("pymc").setLevel(logging.ERROR)
    world = common.world_of_results() if model == JOINT else common.world()
    spec, observations = common.observed(world, model)
    names = [p.name for p in spec.parameters]
    told = common.settings(DRAWS, TUNE).resolved(spec.frontier.target_accept)
    found: dict[str, Any] = {}
    for sampler in SAMPLERS:
        if sampler == "nutpie":
            sample(spec, observations, common.settings(100, 100), 1)  # compiles
            drawn = sample(spec, observations, told, 1)
            posterior, took = drawn.posterior, drawn.seconds
        else:
            trace = _compiled_before(spec, observations, told, sampler)
            posterior = trace["posterior"].to_dataset()
            took = float(trace["posterior"].attrs["sampling_time"])
        ess = common.fewest_effective(posterior, names)
        found[sampler] = {"sampling": took, "effective": ess}
    return found


def _compiled_before(spec: Any, observations: Any, told: Any, sampler: str) -> Any:
    """Sample; with NumPyro twice, because the time that it reports has JAX's compilation in it."""
    if sampler != "numpyro":
        return _pymc(spec, observations, told, sampler)
    with tempfile.TemporaryDirectory() as cache:
        jax.config.update("jax_compilation_cache_dir", cache)
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
        _pymc(spec, observations, told, sampler)
        return _pymc(spec, observations, told, sampler)


def _pymc(spec: Any, observations: Any, told: Any, sampler: str) -> Any:
    return pm.sample(
        model=build(spec, observations), nuts_sampler=sampler,
        draws=told.draws, tune=told.tune, chains=told.chains, cores=1, random_seed=told.seed,
        target_accept=told.target_accept, progressbar=False, compute_convergence_checks=False,
    )  # fmt: skip


def words(found: dict[str, dict[str, Any]]) -> str:
    lines = [
        "Least bulk effective draws over the parameters, divided by the seconds of sampling, "
        f"tuning included and compiling not: two chains of {DRAWS} draws after {TUNE} on one core "
        "for every sampler, on the same simulated base world (of the joint model: a world of "
        "benchmark results).",
        "",
        "| model | nutpie | PyMC's NUTS | NumPyro | nutpie / PyMC | nutpie / NumPyro |",
        "|---|---|---|---|---|---|",
    ]
    for model, m in found.items():
        rate = {name: m[name]["effective"] / m[name]["sampling"] for name in SAMPLERS}
        mixed = {name: m[name]["effective"] >= FEWEST for name in SAMPLERS}
        rates = (_rate(rate[name]) if mixed[name] else "did not mix" for name in SAMPLERS)
        ratios = (
            f"{rate['nutpie'] / rate[name]:.1f}" if mixed[name] else "-" for name in SAMPLERS[1:]
        )
        lines.append(f"| `{model}` | {' | '.join(rates)} | {' | '.join(ratios)} |")
    return "\n".join(lines)


def _rate(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
