"""How much time and memory a fit of many releases takes, estimated before it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from frontierlag.jobs import Prepared

# Releases from which on an estimate is given.
MANY = 1000
# Draws times releases of one array that are kept at most; above, draws are thinned evenly.
MOST_VALUES = 25_000_000
# Arrays of that size that are alive at once, by measurement (peak of memory at 2,000 releases).
ARRAYS = 12
BYTES = 8
# Gigabytes that the program takes with a small table.
SMALL = 0.7
# Seconds a release and draw, by measurement on one core of 2026, and what any fit takes.
SECONDS_EACH, SECONDS_ANY = 8.0e-6, 20.0


def thinning(draws: int, releases: int) -> int:
    """Of how many draws one is kept, so that an array of all releases fits into memory.

    Parameters
    ----------
    draws
        All draws of all chains.
    releases
        Releases in the likelihood.

    Returns
    -------
    1 for tables of some thousand releases, more above.
    """
    return max(1, -(-draws * releases // MOST_VALUES))


def estimate(prepared: Prepared, draws: int = 6000) -> tuple[str, ...]:
    """A sentence on time and memory if the table is large; else nothing."""
    n = len(prepared.releases)
    if n < MANY:
        return ()
    kept = draws // thinning(draws, n)
    memory = SMALL + ARRAYS * BYTES * kept * n / 1e9
    minutes = (SECONDS_ANY + SECONDS_EACH * draws * n) / 60
    thin = f" One draw in {draws // kept} is kept." if kept < draws else ""
    words = f"{n:,} releases: the fit takes about {minutes:.0f} min and {memory:.0f} GB of memory."
    return (f"{words}{thin}",)
