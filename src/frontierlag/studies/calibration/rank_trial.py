"""One world drawn from a model's prior, ranked: the task of simulation-based calibration.

In a module of its own, so that a change to how ranks are judged leaves finished tasks valid.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import xarray as xr

from frontierlag.analyses.refits import quick_fit
from frontierlag.dates import Window
from frontierlag.fits.convergence import sampled_to_pass
from frontierlag.fits.fitting import Fit
from frontierlag.fits.store import nothing_kept
from frontierlag.names import CURRENT, DRAW, PERIOD
from frontierlag.names import WINDOW as WHOLE
from frontierlag.priors import Prior
from frontierlag.settings import SamplerSettings
from frontierlag.studies.calibration.estimands import ROUNDING, true_lags
from frontierlag.studies.calibration.estimators import CHAINS, gate, lags_of, trouble_of
from frontierlag.studies.calibration.prior_worlds import prior_world, spec_of
from frontierlag.studies.calibration.worlds import AS_OF

# 50 draws of each of two chains are ranked, every 20th of those made: near independent.
RANKED, THIN, TUNE = 50, 20, 500
# A fixed window: what is ranked must be one quantity, whatever the scores are.
SINCE = date(2025, 1, 1)


@nothing_kept()
def rank_one(
    payload: tuple[str, tuple[tuple[str, Prior], ...]], seed: np.random.SeedSequence
) -> dict[str, Any]:
    """Draw one world from a model's prior, fit it, and rank the truth: the campaign's task."""
    name, fit_priors = payload
    of_world, of_fit, of_ties = seed.spawn(3)
    world = prior_world(spec_of(name), np.random.default_rng(of_world))
    spec, window = spec_of(name, fit_priors), Window(SINCE, AS_OF)
    settings = SamplerSettings(
        chains=CHAINS,
        draws=RANKED * THIN,
        tune=TUNE,
        seed=int(of_fit.generate_state(1)[0]),
    )
    observations = spec.observations(world.releases)

    def fitted(longer: int) -> tuple[Fit, dict[str, xr.DataArray], str]:
        fit = quick_fit(spec, observations, settings, 1, longer)
        lags = lags_of(fit, window)
        return fit, lags, trouble_of(gate(fit, lags))

    fit, lags, trouble = sampled_to_pass(fitted, lambda found: not found[2])
    u = np.random.default_rng(of_ties)
    ranks = {}
    posterior = fit.tree["posterior"].to_dataset().isel({DRAW: slice(None, None, THIN)})
    for parameter in spec.parameters:
        draws = posterior[parameter.name].to_numpy()
        truth = world.parameters[parameter.name]
        if parameter.shared:
            ranks[parameter.name] = rank(float(truth), draws, u.uniform())
        else:
            for g, side in enumerate(("leader", "follower")):
                label = f"{parameter.name}[{side}]"
                ranks[label] = rank(float(truth[g]), draws[..., g], u.uniform())
    true = true_lags(world, window)
    for kind, of_kind in lags.items():
        for period in (WHOLE, CURRENT):
            draws = of_kind.sel({PERIOD: period}).to_numpy()[:, ::THIN]
            ranks[f"{kind} lag, {period}"] = rank(true[kind, period], draws, u.uniform())
    return {"ranks": ranks, "trouble": trouble}


def rank(truth: float, draws: np.ndarray, u: float) -> float:
    """Where the truth falls among the draws, 0 to 1: uniform if model and sampler are right.

    With b draws below the truth and e equal to it up to rounding, (b + u (e + 1)) / (number of
    draws + 1), with u uniform: the rank statistic of Talts et al. (2018) with ties broken at
    random. A lag that does not exist counts as below all others.
    """
    values = np.where(np.isnan(draws), -np.inf, draws)
    at = -np.inf if np.isnan(truth) else truth
    equal = int((abs(values - at) <= ROUNDING).sum() if np.isfinite(at) else (values == at).sum())
    below = int((values < at - ROUNDING).sum())
    return (below + u * (equal + 1)) / (values.size + 1)
