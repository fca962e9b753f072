"""How much time and memory a fit of many releases takes, estimated before it starts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from frontierlag.jobs import Prepared

# Releases from which on an estimate is given, and draws may be thinned.
MANY = 1000
# Draws times releases of one array. Above the first number draws are thinned evenly, because what
# follows from them takes longer than to draw them; but not below a thousand, as R-hat of fewer
# misses the gate by chance (of 500 it was 1.013), as long as an array stays below the last number.
MANY_VALUES, ENOUGH_DRAWS, MOST_VALUES = 3_000_000, 1000, 50_000_000
# Arrays of that size that are alive at once (peak of memory at 50,000 releases).
ARRAYS = 18
BYTES = 8
# Gigabytes that the program takes with a small table.
SMALL = 0.7
# Seconds on one core of 2026: of any fit, of a release and draw sampled, and of one that is kept.
SECONDS_ANY, SECONDS_SAMPLED, SECONDS_KEPT = 20.0, 1.6e-6, 8.0e-6


def thinning(draws: int, releases: int) -> int:
    """Of how many draws one is kept, so that an array of all releases is quick and fits memory.

    Parameters
    ----------
    draws
        All draws of all chains.
    releases
        Releases in the likelihood.

    Returns
    -------
    1 below a thousand releases.
    """
    if releases < MANY:
        return 1
    wanted = max(MANY_VALUES / releases, ENOUGH_DRAWS)
    kept = min(draws, wanted, MOST_VALUES / releases)
    return math.ceil(draws / kept)


def time_and_memory(prepared: Prepared, draws: int = 6000) -> tuple[str, ...]:
    """A sentence on time and memory if the table is large; else nothing."""
    n = len(prepared.releases)
    if n < MANY:
        return ()
    kept = draws // thinning(draws, n)
    memory = SMALL + ARRAYS * BYTES * kept * n / 1e9
    minutes = (SECONDS_ANY + (SECONDS_SAMPLED * draws + SECONDS_KEPT * kept) * n) / 60
    thin = f" One draw in {draws // kept} is kept." if kept < draws else ""
    words = f"{n:,} releases: the fit takes about {minutes:.0f} min and {memory:.0f} GB of memory."
    return (f"{words}{thin}",)
