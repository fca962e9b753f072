"""The worst of a fit, quantity by quantity, and what to do about each check that failed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import xarray as xr

from frontierlag.fits.convergence import MIN_ESS, Check, quantity_checks
from frontierlag.settings import SamplerSettings

# More draws than the arithmetic asks for: an effective sample size is itself an estimate.
SPARE = 1.25


@dataclass(frozen=True)
class Worst:
    """The worst entry of one parameter or lag by each measure; ``where`` is that of ``bulk``."""

    where: str
    rhat: float
    bulk: float
    tail: float
    passed: bool


def worst_quantities(quantities: xr.Dataset, most: int = 8) -> list[Worst]:
    """Return the parameters and lags that mixed worst, the worst first.

    Parameters
    ----------
    quantities
        Every variable with dims ``(chain, draw, ...)``.
    most
        How many to return.

    Returns
    -------
    One entry a variable, ordered by the smaller of bulk and tail effective sample size.
    """
    found = []
    for name in quantities.data_vars:
        rhat, bulk, tail = checks = quantity_checks(quantities[[name]])
        passed = all(check.passed for check in checks)
        found.append(Worst(bulk.worst or str(name), rhat.value, bulk.value, tail.value, passed))
    return sorted(found, key=lambda w: (w.passed, min(w.bulk, w.tail)))[:most]


def advice(check: Check, settings: SamplerSettings) -> str:
    """Return what to do about a check that failed, in one or two sentences.

    Parameters
    ----------
    check
        A line of the gate.
    settings
        Settings of the sampler.
    """
    match check.name:
        case "R-hat":
            return (
                f"The chains do not agree at {check.worst}. Run longer, with --tune "
                f"{2 * settings.tune} --draws {2 * settings.draws}. If it stays, look at the rank "
                "figure: one chain apart from the others means that the posterior has two peaks, "
                "and that the data or the priors must decide between them."
            )
        case "bulk ESS" | "tail ESS":
            where = "the middle" if check.name == "bulk ESS" else "the ends of the intervals"
            return (
                f"Too few independent draws at {check.worst} for {where}. Run with --draws "
                f"{draws_for(check.value, settings.draws)}."
            )
        case "divergences":
            accept = settings.target_accept
            now = "" if accept is None else f" (it was {accept:g})"
            raised = 0.95 if accept is None else 1 - (1 - accept) / 4
            return (
                f"The sampler diverged {check.value:g} times, so a corner of the posterior may "
                f"be missing. Run with --target-accept {raised:.4g}{now}; more draws do not help. "
                "If it stays, the data say too little about a parameter: use a simpler trend."
            )
        case "E-BFMI":
            return (
                f"The sampler moves too slowly between energies in {check.worst}, so tails may be "
                f"missing. Run with --tune {2 * settings.tune}; if it stays, look at the energy "
                "figure and use a model with fewer free spreads."
            )
        case _:
            return (
                f"{check.name} is {check.value:g} at {check.worst}, and must be {check.threshold}."
            )


def draws_for(effective: float, draws: int) -> int:
    """How many draws a chain reach the gate's effective sample size, to the next hundred."""
    if not effective > 0:
        return 4 * draws
    needed = draws * MIN_ESS / effective * SPARE
    return max(100 * math.ceil(needed / 100), draws + 100)
