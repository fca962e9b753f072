"""Effective draws a second of each shipped model: nutpie, PyMC's NUTS and NumPyro."""

from __future__ import annotations

import logging
from typing import Any

import common
import pymc as pm

from frontierlag.model import build, models_for
from frontierlag.sampling import sample
from frontierlag.scores.metric import ECI

MODELS = (*models_for(ECI), "parallel-stochastic", "broken-stochastic")
# JAX without a GPU is two orders slower here: fewer draws, so that it ends.
DRAWS = {"nutpie": (1000, 500), "pymc": (500, 500), "numpyro": (200, 300)}


def measure(model: str) -> dict[str, Any]:
    logging.getLogger("pymc").setLevel(logging.ERROR)
    spec, observations = common.observed(common.world(), model)
    names = [p.name for p in spec.parameters]
    found: dict[str, Any] = {}
    for sampler, (draws, tune) in DRAWS.items():
        told = common.settings(draws, tune).resolved(spec.frontier.target_accept)
        if sampler == "nutpie":
            sample(spec, observations, common.settings(100, 100), 1)  # compiles
            took, drawn = common.seconds(lambda t=told: sample(spec, observations, t, 1))
            posterior = drawn.posterior
            only = drawn.seconds
        else:
            took, trace = common.seconds(lambda t=told, s=sampler: _pymc(spec, observations, t, s))
            posterior = trace["posterior"].to_dataset()
            only = float(trace["posterior"].attrs.get("sampling_time", took))
        ess = common.fewest_effective(posterior, names)
        found[sampler] = {"seconds": took, "sampling": only, "effective": ess, "draws": draws}
    return found


def _pymc(spec: Any, observations: Any, told: Any, sampler: str) -> Any:
    return pm.sample(
        model=build(spec, observations), nuts_sampler=sampler,
        draws=told.draws, tune=told.tune, chains=told.chains, cores=1, random_seed=told.seed,
        target_accept=told.target_accept, progressbar=False, compute_convergence_checks=False,
    )  # fmt: skip


def words(found: dict[str, dict[str, Any]]) -> str:
    lines = [
        "Least bulk effective draws over the parameters, divided by the seconds that sampling took "
        "(tuning included; compiling not, except NumPyro's, which its own time includes). The same "
        "simulated base world, two chains on one core; "
        + ", ".join(f"{name} {d} draws after {t}" for name, (d, t) in DRAWS.items())
        + ".",
        "",
        "| model | nutpie | PyMC's NUTS | NumPyro | nutpie / PyMC | nutpie / NumPyro |",
        "|---|---|---|---|---|---|",
    ]
    for model, m in found.items():
        rate = {name: m[name]["effective"] / m[name]["sampling"] for name in DRAWS}
        ours, pymc, numpyro = rate["nutpie"], rate["pymc"], rate["numpyro"]
        lines.append(
            f"| `{model}` | {ours:.0f} | {pymc:.1f} | {numpyro:.2f} | {ours / pymc:.1f} "
            f"| {ours / numpyro:.0f} |"
        )
    return "\n".join(lines)
