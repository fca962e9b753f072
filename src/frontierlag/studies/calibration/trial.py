"""One world, one estimator: the task of a calibration campaign.

In a module of its own, so that a change to how results are counted leaves finished tasks valid
(:func:`frontierlag.machine.program.digest_behind`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from frontierlag.fits.store import nothing_kept
from frontierlag.studies.calibration.estimands import to_json, true_lags
from frontierlag.studies.calibration.estimators import estimator
from frontierlag.studies.calibration.matrices import make_matrix_world, matrix_design
from frontierlag.studies.calibration.worlds import design, make_world


@nothing_kept()
def run_one(payload: tuple[str, str], seed: np.random.SeedSequence) -> dict[str, Any]:
    """Make one world and let one estimator answer: the campaign's task."""
    world_name, name = payload
    of_world, of_estimator = seed.spawn(2)
    world = make_world(design(world_name), np.random.default_rng(of_world))
    return to_json(estimator(name)(world, of_estimator), true_lags(world))


@nothing_kept()
def run_matrix(payload: tuple[str, str], seed: np.random.SeedSequence) -> dict[str, Any]:
    """Make one world of results and let one estimator answer, from the results or the index."""
    world_name, name = payload
    of_world, of_estimator = seed.spawn(2)
    world = make_matrix_world(matrix_design(world_name), np.random.default_rng(of_world))
    return to_json(estimator(name)(world, of_estimator), true_lags(world))
