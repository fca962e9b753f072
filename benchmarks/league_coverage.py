"""Coverage of a league's lags and ranks in simulated leagues, by default of six groups.

    python benchmarks/league_coverage.py --n 40 --out league-coverage.csv
    python benchmarks/league_coverage.py --n 10 --accuracies --releases 14 8 4

Accuracies take some thirty times as long as points.

Each world is fitted with the quick settings, once more with more draws where the gate is missed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from frontierlag.fits.store import nothing_kept
from frontierlag.settings import QuickSettings
from frontierlag.studies.league.study import fit_league

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from league_worlds import LeagueDesign, as_accuracies, coverage, judged, make_league_world


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--accuracies", action="store_true")
    parser.add_argument("--releases", type=int, nargs="+", default=LeagueDesign().releases)
    parser.add_argument("--out", type=Path, default=Path("league-coverage.csv"))
    given = parser.parse_args()
    found = []
    for k in range(given.n):
        rng = np.random.default_rng([given.seed, k])
        world = make_league_world(LeagueDesign(releases=tuple(given.releases)), rng)
        if given.accuracies:
            world = as_accuracies(world, rng)
        with nothing_kept():
            league = fit_league(world.releases, QuickSettings(seed=k), cores=1).league
        found.append(judged(world, league).assign(world=k))
        print(k, league.convergence.verdict(), flush=True)
        every = pd.concat(found)
        every.to_csv(given.out, index=False)
    print(f"converged: {every.groupby('world')['converged'].all().mean():.2f}")
    print(coverage(every).to_string())


if __name__ == "__main__":
    main()
