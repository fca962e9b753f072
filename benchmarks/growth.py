"""How time grows with releases, draws and worlds: a power of each, from a log-log line."""

from __future__ import annotations

from typing import Any

import common
import numpy as np

from frontierlag.analyses.refits import quick_fit
from frontierlag.fits.sampling import sample

RELEASES = (50, 158, 500, 1581, 5000)
DRAWS = (500, 1000, 2000, 4000, 8000)
WORLDS = (1, 4, 16, 64)


def measure(what: str) -> dict[str, Any]:
    spec, observations = common.observed(common.world())
    sample(spec, observations, common.settings(100, 100), 1)  # compiles
    at = {"releases": RELEASES, "draws": DRAWS, "worlds": WORLDS}[what]
    return {"at": list(at), "seconds": [_seconds(what, n) for n in at]}


def _seconds(what: str, n: int) -> float:
    """Time to sample and to draw every release's capability."""
    if what == "releases":
        spec, observations = common.observed(common.world(n))
        return common.seconds(lambda: quick_fit(spec, observations, common.settings()))[0]
    if what == "draws":
        spec, observations = common.observed(common.world())
        return common.seconds(lambda: quick_fit(spec, observations, common.settings(n)))[0]
    data = [common.observed(common.world(seed=k)) for k in range(n)]
    return common.seconds(lambda: [quick_fit(s, o, common.settings()) for s, o in data])[0]


def words(found: dict[str, dict[str, Any]]) -> str:
    lines = [
        f"`{common.MODEL}`, compiled before: sampling (2 chains, 300 tuning steps, one core) and "
        "drawing every release's capability. The power is the slope of log time on log number: "
        "1 is proportional.",
        "",
        "| number of | at | seconds | power |",
        "|---|---|---|---|",
    ]
    for what, m in found.items():
        power = np.polyfit(np.log(m["at"]), np.log(m["seconds"]), 1)[0]
        at, took = (", ".join(f"{v:g}" for v in values) for values in (
            m["at"], [float(f"{s:.3g}") for s in m["seconds"]]
        ))  # fmt: skip
        lines.append(f"| {what} | {at} | {took} | {power:.2f} |")
    return "\n".join(lines)
