"""Refits a second: one compilation with new data each time, against a fresh start each time."""

from __future__ import annotations

from functools import partial
from typing import Any

import common
import joblib
import nutpie
import pymc as pm

from frontierlag.fits.sampling import sample
from frontierlag.model import build

REUSED, FRESH, PROCESSES = 20, 3, 2


def measure() -> dict[str, Any]:
    told = common.settings()
    data = [common.observed(common.world(seed=k)) for k in range(REUSED)]
    spec, first = data[0]
    accept = told.resolved(spec.frontier.target_accept).target_accept
    names = [p.name for p in spec.parameters]
    compiling, _ = common.seconds(lambda: sample(spec, first, told, 1))
    found: dict[str, list[tuple[float, float]]] = {
        "reused": [],
        "nutpie": [],
        "pymc": [],
        "pymc-both": [],
    }
    for spec_k, observations in data:
        took, drawn = common.seconds(lambda s=spec_k, o=observations: sample(s, o, told, 1))
        found["reused"].append((took, common.fewest_effective(drawn.posterior, names)))

    # As a campaign does it: processes of one thread, each with its own compiled model.
    pool = joblib.Parallel(n_jobs=PROCESSES)
    pool(joblib.delayed(_ours)(data[k], told) for k in range(4 * PROCESSES))
    took, drawn_all = common.seconds(lambda: pool(joblib.delayed(_ours)(d, told) for d in data))
    ess = common.median([common.fewest_effective(x.posterior, names) for x in drawn_all])
    found["campaign"] = [(took / REUSED, ess)] * REUSED

    def by_nutpie(s: Any, o: Any) -> Any:
        return nutpie.sample(
            nutpie.compile_pymc_model(build(s, o)),
            draws=told.draws, tune=told.tune, chains=told.chains, cores=1, seed=told.seed,
            target_accept=accept, progress_bar=False,
        )  # fmt: skip

    def by_pymc(s: Any, o: Any, cores: int = 1) -> Any:
        return pm.sample(
            model=build(s, o), nuts_sampler="pymc", cores=cores,
            draws=told.draws, tune=told.tune, chains=told.chains, random_seed=told.seed,
            target_accept=accept, progressbar=False, compute_convergence_checks=False,
        )  # fmt: skip

    both = partial(by_pymc, cores=PROCESSES)
    for name, action in (("nutpie", by_nutpie), ("pymc", by_pymc), ("pymc-both", both)):
        # One not counted: the first of a process also fills the caches of compiled code.
        for k in range(FRESH + 1):
            s, o = data[k]
            took, drawn = common.seconds(lambda s=s, o=o, f=action: f(s, o))
            if k:
                ess = common.fewest_effective(drawn["posterior"].to_dataset(), names)
                found[name].append((took, ess))
    return {
        "releases": len(first.releases),
        "chains": told.chains,
        "draws": told.draws,
        "tune": told.tune,
        "first": compiling,
        **{
            name: {
                "seconds": common.median([t for t, _ in pairs]),
                "effective": common.median([e for _, e in pairs]),
                "count": len(pairs),
            }
            for name, pairs in found.items()
        },
    }


def _ours(data: Any, told: Any) -> Any:
    return sample(*data, told, 1)


def words(m: dict[str, Any]) -> str:
    rows = {
        "compiled once, new data each time (ours), one core": ("reused", "reused"),
        "nutpie, compiled each time, one core": ("nutpie", "reused"),
        "fresh `pm.sample`, PyMC's own NUTS, one core": ("pymc", "reused"),
        "ours, two processes as a campaign runs them": ("campaign", "campaign"),
        "fresh `pm.sample`, its chains on two cores": ("pymc-both", "campaign"),
    }
    lines = [
        f"`{common.MODEL}` on simulated base worlds of {m['releases']} releases, {m['chains']} "
        f"chains of {m['draws']} draws after {m['tune']}. Medians; the first fit of each "
        f"way is not counted (the first of ours, compiling included: {m['first']:.1f} s).",
        "",
        "| way | seconds a refit | refits a second | least effective draws | ours is faster by |",
        "|---|---|---|---|---|",
    ]
    for label, (name, against) in rows.items():
        took, ess, ours = m[name]["seconds"], m[name]["effective"], m[against]["seconds"]
        lines.append(
            f"| {label} ({m[name]['count']}) | {took:.2f} | {1 / took:.2f} | {ess:.0f} "
            f"| {took / ours:.1f} |"
        )
    return "\n".join(lines)
