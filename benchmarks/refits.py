"""Refits a second: one compilation with new data each time, against a fresh start each time."""

from __future__ import annotations

from typing import Any

import common
import nutpie
import pymc as pm

from frontierlag.model import build
from frontierlag.sampling import sample

REUSED, FRESH = 20, 3


def measure() -> dict[str, Any]:
    told = common.settings()
    data = [common.observed(common.world(seed=k)) for k in range(REUSED)]
    spec, first = data[0]
    accept = told.resolved(spec.frontier.target_accept).target_accept
    names = [p.name for p in spec.parameters]
    compiling, _ = common.seconds(lambda: sample(spec, first, told, 1))
    found: dict[str, list[tuple[float, float]]] = {"reused": [], "nutpie": [], "pymc": []}
    for spec_k, observations in data:
        took, drawn = common.seconds(lambda s=spec_k, o=observations: sample(s, o, told, 1))
        found["reused"].append((took, common.fewest_effective(drawn.posterior, names)))

    def by_nutpie(s: Any, o: Any) -> Any:
        return nutpie.sample(
            nutpie.compile_pymc_model(build(s, o)),
            draws=told.draws, tune=told.tune, chains=told.chains, cores=1, seed=told.seed,
            target_accept=accept, progress_bar=False,
        )  # fmt: skip

    def by_pymc(s: Any, o: Any) -> Any:
        return pm.sample(
            model=build(s, o), nuts_sampler="pymc",
            draws=told.draws, tune=told.tune, chains=told.chains, cores=1, random_seed=told.seed,
            target_accept=accept, progressbar=False, compute_convergence_checks=False,
        )  # fmt: skip

    for name, action in (("nutpie", by_nutpie), ("pymc", by_pymc)):
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


def words(m: dict[str, Any]) -> str:
    rows = {
        "compiled once, new data each time (ours)": "reused",
        "nutpie, compiled each time": "nutpie",
        "fresh `pm.sample`, PyMC's own NUTS": "pymc",
    }
    ours = m["reused"]["seconds"]
    lines = [
        f"`{common.MODEL}` on simulated base worlds of {m['releases']} releases, {m['chains']} "
        f"chains of {m['draws']} draws after {m['tune']}, one core. Medians; the first fit of each "
        f"way is not counted (the first of ours, compiling included: {m['first']:.1f} s).",
        "",
        "| way | seconds a refit | refits a second | least effective draws | ours is faster by |",
        "|---|---|---|---|---|",
    ]
    for label, name in rows.items():
        took, ess = m[name]["seconds"], m[name]["effective"]
        lines.append(
            f"| {label} ({m[name]['count']}) | {took:.2f} | {1 / took:.2f} | {ess:.0f} "
            f"| {took / ours:.1f} |"
        )
    return "\n".join(lines)
