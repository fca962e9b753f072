"""Why spreads come out too large in worlds of benchmark results: the scale, and cut-off results.

    python benchmarks/points_scale.py --worlds 6

Each world of `matrices-domains` is fitted twice: with its errors cut off at 0 and 1, as results are
reported, and without. Of each fit: how much too large the slopes are, which measures the scale
alone, and `own_spread` in points and in units of the fitted scale. docs/calibration.md has the
numbers of six worlds.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from frontierlag.fits.store import nothing_kept
from frontierlag.model import ModelSpec
from frontierlag.scores.metric import ECI
from frontierlag.studies.calibration.estimators import LATENT_DRAWS, fitted_to_pass
from frontierlag.studies.calibration.matrices import MATRIX_DESIGNS, make_matrix_world

ENTROPY = 1000


def main() -> None:
    """Fit the worlds and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=6)
    asked = parser.parse_args()
    spec = ModelSpec.of("linear-joint-domains", ECI)
    print("cut off  world  slopes / truth  own_spread  own_spread / scale  (truth 2.5)")
    for cut_off in (True, False):
        design = replace(MATRIX_DESIGNS["matrices-domains"], cut_off=cut_off)
        for index in range(asked.worlds):
            of_world, of_fit = np.random.SeedSequence(ENTROPY + index).spawn(2)
            world = make_matrix_world(design, np.random.default_rng(of_world))
            with nothing_kept():
                fit, _, trouble = fitted_to_pass(
                    spec, world.releases, world.window, of_fit, draws=LATENT_DRAWS
                )
            posterior = fit.tree["posterior"].to_dataset()
            slope = posterior["slope"].mean(("chain", "draw")).to_numpy()
            scale = float((slope / world.parameters["slope"]).mean())
            own = float(posterior["own_spread"].mean())
            print(
                f"{cut_off!s:7}  {index:5}  {scale:14.2f}  {own:10.2f}  {own / scale:18.2f}  "
                f"{trouble}",
                flush=True,
            )


if __name__ == "__main__":
    main()
