"""The convergence gate: may the numbers of this fit be shown?

Thresholds are those of Vehtari, Gelman, Simpson, Carpenter & Bürkner (2021) for R-hat and effective
sample size and of Betancourt (2016) for E-BFMI. Parameters and every reported lag must pass: a lag
is a function of the draws with tails of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import arviz_stats as azs
import numpy as np
import xarray as xr

from frontierlag.settings import SamplerSettings

# What misses the gate is sampled once more with this many times the draws.
LONGER = 4
MAX_RHAT = 1.01
MIN_ESS = 400.0
MIN_BFMI = 0.3


@dataclass(frozen=True)
class Check:
    """One line of the gate: what was measured, where it was worst, and whether it passed."""

    name: str
    value: float
    threshold: str
    worst: str
    passed: bool


@dataclass(frozen=True)
class Convergence:
    """The verdict on one fit."""

    checks: tuple[Check, ...]

    @property
    def converged(self) -> bool:
        """Whether every check passed."""
        return all(check.passed for check in self.checks)

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that did not."""
        return tuple(check for check in self.checks if not check.passed)

    def value(self, name: str) -> float:
        """The measured value of one check."""
        return next(check.value for check in self.checks if check.name == name)

    def verdict(self) -> str:
        """One sentence."""
        if self.converged:
            return "converged: every check passed for every parameter and every reported lag"
        parts = [
            f"{c.name} {c.value:.5g} (needs {c.threshold}) at {c.worst}" for c in self.failures
        ]
        return "not converged: " + "; ".join(parts)


def sampled_to_pass[T](
    sample: Callable[[int], T], passed: Callable[[T], bool], longer: int = LONGER
) -> T:
    """Sample, judge, and where the gate is missed sample once more with more draws.

    Parameters
    ----------
    sample
        What is sampled with so many times the draws.
    passed
        Whether that passed the gate.
    longer
        How many times the draws the second time.

    Returns
    -------
    What was sampled last, which may have missed the gate again.
    """
    found = sample(1)
    return found if passed(found) else sample(longer)


def check(sample_stats: xr.Dataset, quantities: xr.Dataset) -> Convergence:
    """Run the gate.

    Parameters
    ----------
    sample_stats
        The sampler's record, dims ``(chain, draw)``: ``diverging`` and ``energy``.
    quantities
        Parameters and lags, every variable with dims ``(chain, draw, ...)``.

    Returns
    -------
    Convergence with the worst R-hat, bulk and tail ESS, the number of divergences and the lowest
    E-BFMI.

    Notes
    -----
    R-hat and ESS are of ranks, so undefined draws (NaN) are ranked below all others: a chain
    that has more of them than another is noticed. A quantity that is the same in all draws, or
    undefined in all, has no error to measure and passes.
    """
    divergences = int(sample_stats["diverging"].sum())
    bfmi = np.atleast_1d(bfmi_by_chain(sample_stats))
    return Convergence(
        (
            *quantity_checks(quantities),
            Check("divergences", divergences, "0", "the sampler", divergences == 0),
            Check(
                "E-BFMI",
                float(bfmi.min()),
                f"above {MIN_BFMI}",
                f"chain {int(bfmi.argmin())}",
                bool(bfmi.min() > MIN_BFMI),
            ),
        )
    )


def quantity_checks(quantities: xr.Dataset) -> tuple[Check, Check, Check]:
    """The gate's lines on quantities, not on the sampler: R-hat, bulk and tail ESS.

    As :func:`check` says, for a quantity that is computed after the fit has passed.
    """
    ranked = xr.Dataset({str(k): _rankable(v) for k, v in quantities.data_vars.items()})
    entries = _constant(ranked)
    # ArviZ divides by the variance within chains, which is 0 for a constant.
    with np.errstate(divide="ignore", invalid="ignore"):
        rhat = _worst(azs.rhat(ranked), entries, largest=True)
        bulk = _worst(azs.ess(ranked, method="bulk"), entries, largest=False)
        tail = _worst(azs.ess(ranked, method="tail"), entries, largest=False)
    return (
        Check("R-hat", rhat[0], f"at most {MAX_RHAT}", rhat[1], rhat[0] <= MAX_RHAT),
        Check("bulk ESS", bulk[0], f"at least {MIN_ESS:g}", bulk[1], bulk[0] >= MIN_ESS),
        Check("tail ESS", tail[0], f"at least {MIN_ESS:g}", tail[1], tail[0] >= MIN_ESS),
    )


def bfmi_by_chain(sample_stats: xr.Dataset) -> np.ndarray:
    """E-BFMI of each chain: E[(E_n - E_{n-1})^2] / Var(E) (Betancourt 2016)."""
    energy = sample_stats["energy"].transpose("chain", "draw").to_numpy()
    return np.square(np.diff(energy, axis=1)).mean(1) / energy.var(1, ddof=1)


def _rankable(draws: xr.DataArray) -> xr.DataArray:
    if not bool(draws.isnull().any()):
        return draws
    lowest = float(draws.min()) if bool(draws.notnull().any()) else 0.0
    return draws.fillna(lowest - 1.0)


def _constant(quantities: xr.Dataset) -> xr.Dataset:
    return quantities.max(("chain", "draw")) == quantities.min(("chain", "draw"))


def _worst(measured: xr.Dataset, constant: xr.Dataset, *, largest: bool) -> tuple[float, str]:
    """The worst value over all entries and its label; a value that is not a number is the worst."""
    worst, where = (-np.inf, "") if largest else (np.inf, "")
    for name, values in measured.data_vars.items():
        values = values.where(~constant[name], 1.0 if largest else np.inf)
        flat = values.to_numpy().ravel()
        for i, value in enumerate(flat):
            if not np.isnan(worst) and (
                np.isnan(value) or (value > worst if largest else value < worst)
            ):
                worst, where = float(value), _label(str(name), values, i)
    return worst, where


def _label(name: str, values: xr.DataArray, flat_index: int) -> str:
    index = np.unravel_index(flat_index, values.shape)
    labels = [
        str(values[dim].to_numpy()[i]) if dim in values.coords else str(i)
        for dim, i in zip(values.dims, index, strict=True)
    ]
    return f"{name}[{', '.join(labels)}]" if labels else name


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
