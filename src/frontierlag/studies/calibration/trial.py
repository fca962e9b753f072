"""One world, one estimator: the task of a calibration campaign.

In a module of its own, so that a change to how results are counted leaves finished tasks valid
(:func:`frontierlag.machine.program.digest_behind`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from frontierlag.fits.store import nothing_kept
from frontierlag.studies.calibration.estimands import to_json, truth_of
from frontierlag.studies.calibration.estimators import estimator
from frontierlag.studies.calibration.matrices import MATRIX_DESIGNS, make_matrix_world
from frontierlag.studies.calibration.worlds import DESIGNS, make_world


@nothing_kept()
def run_one(payload: tuple[str, str], seed: np.random.SeedSequence) -> dict[str, Any]:
    """Make one world and let one estimator answer: the campaign's task."""
    world_name, name = payload
    of_world, of_estimator = seed.spawn(2)
    rng = np.random.default_rng(of_world)
    if world_name in MATRIX_DESIGNS:
        world = make_matrix_world(MATRIX_DESIGNS[world_name], rng)
    else:
        world = make_world(DESIGNS[world_name], rng)
    return to_json(estimator(name)(world, of_estimator), truth_of(world))
