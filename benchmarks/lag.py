"""The cost of realized lag: all draws at once, against a plain loop over draws and days."""

from __future__ import annotations

from typing import Any

import common
import numpy as np

from frontierlag.dates import DAYS_PER_MONTH
from frontierlag.lags.realized import Staircase, realized_lag

DRAWS, LOOPED = 6000, 40


def measure() -> dict[str, Any]:
    releases = common.world()
    rng = np.random.default_rng(common.SEED)
    capability = rng.normal(releases.score, releases.stderr, (DRAWS, len(releases)))
    days = np.arange(int(releases.day.min()) + 200, int(releases.day.max()) + 1)
    sides = [(releases.day[releases.of(g)], capability[:, releases.of(g)]) for g in (0, 1)]

    def ours() -> np.ndarray:
        leader, follower = (Staircase.of(day, c) for day, c in sides)
        return realized_lag(leader, follower, days)[0]

    def loop() -> np.ndarray:
        (lead_day, lead), (day, own) = sides
        rows = [
            _loop(lead_day.tolist(), lead[k].tolist(), day.tolist(), own[k].tolist(), days.tolist())
            for k in range(LOOPED)
        ]
        return np.array(rows)

    ours()
    fast, lags = common.seconds(ours)
    slow, looped = common.seconds(loop)
    if not np.allclose(lags[:LOOPED], looped, equal_nan=True):
        raise AssertionError("the loop and the package disagree about the realized lag")
    return {"days": len(days), "fast": fast / DRAWS, "slow": slow / LOOPED}


def _loop(lead_day: list, lead: list, day: list, own: list, days: list) -> list[float]:
    """Realized lag in months on each day of one draw, by its definition."""

    def best(released: list, scores: list, t: int) -> float:
        return max((c for d, c in zip(released, scores, strict=True) if d <= t), default=np.nan)

    def since(released: list, scores: list, level: float, t: int) -> float:
        first = min(d for d, c in zip(released, scores, strict=True) if c > level and d <= t)
        return (t - first) / DAYS_PER_MONTH

    found = []
    for t in days:
        theirs, ours = best(lead_day, lead, t), best(day, own, t)
        if theirs > ours:
            found.append(since(lead_day, lead, ours, t))
        elif ours > theirs:
            found.append(-since(day, own, theirs, t))
        else:
            found.append(0.0 if theirs == ours else np.nan)
    return found


def words(m: dict[str, Any]) -> str:
    return (
        f"Realized lag on {m['days']} days: {1e6 * m['fast']:.0f} microseconds a draw for "
        f"{DRAWS} draws at once, {1e3 * m['slow']:.1f} milliseconds a draw in a plain Python loop "
        f"over draws and days with the same result: {m['slow'] / m['fast']:.0f} times faster."
    )
