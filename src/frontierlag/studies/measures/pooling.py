r"""Partial pooling of one lag by several measures, from the draws of each.

The lag by measure m is :math:`\theta_m \sim \mathrm{Normal}(\mu, \omega)`: measures differ for
good, by a standard deviation :math:`\omega`, and :math:`\mu` is the lag of a typical one (a
random-effects meta-analysis; Gelman et al. 2013, Bayesian Data Analysis, section 5.4). A measure's
likelihood
:math:`L_m` is the shape of its own posterior, which is not taken to be normal: it is a mixture of
narrow normals about quantiles of the draws, so that

.. math:: \int L_m(\theta) \, \mathrm{Normal}(\theta; \mu, \omega) \, d\theta
          = \frac{1}{K} \sum_k \mathrm{Normal}(x_{mk}; \mu, \sqrt{\omega^2 + h_m^2})

is exact, and the posterior of the two numbers is computed on a grid, without a sampler. A lag that
is only known to be at least so long enters as a bound, :math:`L_m(\theta) = P(x_m < \theta)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr, ndtr
from scipy.stats import truncnorm

from frontierlag.errors import SpecError

# Prior of the lag of a typical measure, months: as good as flat over any lag that was ever told.
CENTRE, WIDTH = 0.0, 24.0
# Prior scale of the spread between measures, half-normal, months.
SPREAD = 4.0
# A posterior stands for itself as this many quantiles, each the middle of a part of it.
ATOMS = 200
# Width of the normal about each quantile, as a share of the posterior's standard deviation. The
# quantiles are drawn towards their mean by as much as that adds (West 1993), so it adds nothing.
KERNEL = 0.12
# Cells of the grid of typical lag and spread: to find where the posterior is, and to compute it.
_COARSE, _FINE = (120, 50), (200, 100)
# How far it reaches: from the outermost measures, and up to a spread, in prior scales.
_BEYOND, _LARGEST = 6.0, 4.0
# What is less probable than its mode by this, in logarithms, is not looked at.
_DEEP = 20.0
_LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True, eq=False)
class Reported:
    """Draws of the lag by one measure, months, ``(n,)``, or of what it is known to be at least."""

    draws: np.ndarray
    bound: bool = False


@dataclass(frozen=True, eq=False)
class Pooled:
    """Independent draws of what measures have in common, months.

    Lag of a typical measure and standard deviation between measures, ``(draw,)``; lag by ``each``
    given the others, ``(draw, measure)``; lag by one more measure of the same kind, ``(draw,)``.
    """

    centre: np.ndarray
    spread: np.ndarray
    each: np.ndarray
    another: np.ndarray


@dataclass(frozen=True, eq=False)
class _Mixture:
    """A likelihood as a mixture: ``atoms`` with width ``h``, or bounds below each."""

    atoms: np.ndarray
    h: float
    bound: bool

    @classmethod
    def of(cls, one: Reported) -> _Mixture:
        x = np.quantile(one.draws, (np.arange(ATOMS) + 0.5) / ATOMS)
        if one.bound:
            return cls(x, 0.0, bound=True)
        mean, sd = float(x.mean()), float(x.std())
        return cls(mean + np.sqrt(1 - KERNEL**2) * (x - mean), KERNEL * sd, bound=False)

    def terms(self, centre: np.ndarray, spread: np.ndarray) -> np.ndarray:
        """Log density of each atom given centre and spread, shape ``(..., atom)``."""
        width = np.sqrt(spread**2 + self.h**2)[..., None]
        z = (self.atoms - centre[..., None]) / width
        return log_ndtr(-z) if self.bound else -0.5 * (z**2 + _LOG_2PI) - np.log(width)

    def log_likelihood(self, centre: np.ndarray, spread: float) -> np.ndarray:
        """Of typical lags, shape ``(grid,)``, and a spread, up to a constant."""
        width = np.hypot(spread, self.h)
        z = (centre[:, None] - self.atoms) / width
        each = ndtr(z) if self.bound else np.exp(-0.5 * z**2) / width
        # Far from every atom it is 0 in double precision, and the logarithm minus infinity.
        with np.errstate(divide="ignore", under="ignore"):
            return np.asarray(np.log(each.mean(-1)))

    def drawn(self, centre: np.ndarray, spread: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """One draw of this measure's lag for each draw of centre and spread."""
        logs = self.terms(centre, spread)
        # The largest of logs with Gumbel noise is a draw in proportion to their exponentials.
        atom = self.atoms[np.argmax(logs + rng.gumbel(size=logs.shape), axis=-1)]
        if self.bound:
            found = truncnorm.rvs(
                (atom - centre) / spread, np.inf, centre, spread, random_state=rng
            )
            return np.asarray(found)
        share = spread**2 / (spread**2 + self.h**2)
        return rng.normal(centre + share * (atom - centre), self.h * np.sqrt(share))


@dataclass(frozen=True)
class _Axis:
    """Cells of equal size from ``low`` to ``high``, as one axis of a grid."""

    low: float
    high: float
    cells: int

    @property
    def step(self) -> float:
        return (self.high - self.low) / self.cells

    @property
    def middles(self) -> np.ndarray:
        return self.low + self.step * (np.arange(self.cells) + 0.5)

    def around(self, chosen: np.ndarray, cells: int) -> _Axis:
        """The axis over the chosen cells and one more on either side, within this one."""
        first, last = np.flatnonzero(chosen)[[0, -1]]
        low = self.low + max(first - 1, 0) * self.step
        high = self.low + min(last + 2, self.cells) * self.step
        return _Axis(float(low), float(high), cells)


def _log_posterior(
    mixtures: Sequence[_Mixture], centre: _Axis, between: _Axis, spread: float
) -> np.ndarray:
    """Log posterior of typical lag and spread, up to a constant: shape ``(spread, centre)``."""
    mu, omega = centre.middles, between.middles
    prior = -0.5 * ((mu - CENTRE) / WIDTH) ** 2 - 0.5 * (omega[:, None] / spread) ** 2
    rows = [sum(m.log_likelihood(mu, float(one)) for m in mixtures) for one in omega]
    return np.asarray(prior + np.stack(rows))


def pooled(
    reported: Sequence[Reported], seed: int, spread: float = SPREAD, draws: int = 8000
) -> Pooled:
    """Pool the lag by several measures.

    Of those reported at least two must be more than bounds; their errors count as independent.
    ``spread`` is the scale of the half-normal prior of the standard deviation between measures.

    Raises
    ------
    SpecError
        If fewer than two measures are more than bounds, if one has no draws or draws without a
        value, or if the prior scale is not positive.
    """
    if sum(not one.bound for one in reported) < 2:
        raise SpecError("pooling needs at least two measures whose lag is more than a bound")
    if not spread > 0:
        raise SpecError(f"the prior scale of the spread is {spread:g} months; it must be positive")
    for one in reported:
        if not one.draws.size or not np.isfinite(one.draws).all():
            raise SpecError(
                "a measure without draws, or with a draw without a value, is not pooled"
            )
    mixtures = [_Mixture.of(one) for one in reported]
    middles = [float(np.median(one.draws)) for one in reported]
    reach = _BEYOND * spread
    centre = _Axis(min(middles) - reach, max(middles) + reach, _COARSE[0])
    between = _Axis(0.0, _LARGEST * spread, _COARSE[1])
    log = _log_posterior(mixtures, centre, between, spread)
    # A fine grid over where the coarse one has any probability to speak of.
    here = log > log.max() - _DEEP
    centre = centre.around(here.any(0), _FINE[0])
    between = between.around(here.any(1), _FINE[1])
    log = _log_posterior(mixtures, centre, between, spread)
    weight = np.exp(log - log.max()).ravel()
    rng = np.random.default_rng(seed)
    at = rng.choice(weight.size, size=draws, p=weight / weight.sum())
    row, column = np.unravel_index(at, log.shape)
    # Anywhere in its cell of the grid.
    mu = centre.middles[column] + centre.step * rng.uniform(-0.5, 0.5, draws)
    omega = between.middles[row] + between.step * rng.uniform(-0.5, 0.5, draws)
    each = np.stack([m.drawn(mu, omega, rng) for m in mixtures], axis=-1)
    return Pooled(mu, omega, each, rng.normal(mu, omega))
