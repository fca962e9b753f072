r"""Errors of scores that were measured together: each model's own, and what models share.

Every draw of all scores is on the scale that two pinned models define, so it is stretched by
whatever error those two have. What a draw says free of that is its shape: the scores up to a shift
and a stretch, x = a + b c. So each draw is first brought as near to the central scores as a shift
and a stretch can bring it; the pins then have an error as all others do, and errors of different
models become nearly independent. What is left in common is fitted by factors,

    x_i = central_i + own_i + sum_k loading_ik f_k,   own_i ~ Normal(0, stderr_i), f ~ Normal(0, I).

A shift and a stretch of their own take two directions out of the errors, so stderr and loading are
those of maximum *restricted* likelihood (Patterson & Thompson 1971): the density of all contrasts
that no shift or stretch changes. For given stderr, the loadings are those of probabilistic
principal components (Tipping & Bishop 1999) of the whitened contrasts; stderr follows by the fixed
point of the restricted score equations, (M C M)_ii = M_ii with C the covariance of the draws and M
the precision of the contrasts (Harville 1977). A factor is kept while its eigenvalue exceeds what
noise of as many draws gives, (1 + sqrt(models / draws))^2 (Marchenko & Pastur 1967).

Draws from a posterior carry their prior. A plain Normal(m, s) prior of every capability is taken
out again as a factor of a normal density, (V^-1 - s^-2 I)^-1: :func:`without_prior`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import xarray as xr
from scipy.special import ndtri

from frontierlag.names import FACTOR, MODEL, PIN

# Width of a central 90 % interval of a standard normal.
_WIDTH_90 = 2 * 1.6448536269514722
_STEPS = 200
_TOLERANCE = 1e-3
# Smallest own error, as a share of the median spread: an exact score keeps room to be sampled in.
_FLOOR = 1e-3
# Largest share of a prior's variance that a posterior's variance may have, so that taking the prior
# out leaves a variance that is finite and positive (20 times the prior's).
_INFORMED = 0.95
_MOST_FACTORS = 30
# What a stored dataset tells of the draws.
_TOLD = ("table", "prior", "draws", "sha256", "attribution")


@dataclass(frozen=True)
class Errors:
    """Errors of jointly measured scores, in points, up to a shift and a stretch of all.

    Attributes
    ----------
    centre
        Central scores, shape ``(model,)``.
    stderr
        Standard deviation of each score's own error, shape ``(model,)``.
    loading
        Points of each score for one standard deviation of a shared error, ``(model, factor)``; at
        least one factor, of zeros where nothing is shared.
    uninformed
        How many scores carry almost nothing but the prior that was taken out.
    """

    centre: np.ndarray
    stderr: np.ndarray
    loading: np.ndarray
    uninformed: int = 0

    @property
    def covariance(self) -> np.ndarray:
        """Of the errors, shape ``(model, model)``."""
        return np.diag(self.stderr**2) + self.loading @ self.loading.T

    def stretched(self, shift: float, stretch: float) -> Errors:
        """The same on the scale ``shift + stretch x``."""
        return replace(
            self,
            centre=shift + stretch * self.centre,
            stderr=stretch * self.stderr,
            loading=stretch * self.loading,
        )


def alignment(
    draws: np.ndarray, centre: np.ndarray, weight: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Shift and stretch that give every draw the weighted mean and slope of the centre.

    Parameters
    ----------
    draws
        Scores, each draw on any scale of its own, shape ``(draw, model)``.
    centre
        Central scores, shape ``(model,)``.
    weight
        Share of each model, shape ``(model,)``; by default those that were measured well count
        more: 1 over the variance of a first alignment with equal shares, with a floor at its lower
        quartile.

    Returns
    -------
    Shift and stretch of each draw, shape ``(draw,)``: with m the weighted mean of the centre and
    u = centre - m, ``shift + stretch draws`` has weighted mean m and the regression slope 1 on u.
    """
    if weight is None:
        first = aligned(draws, *alignment(draws, centre, np.ones(len(centre)))).var(0)
        weight = 1 / np.maximum(first, np.quantile(first, 0.25))
    w = weight / weight.sum()
    mean = w @ centre
    u = centre - mean
    own_mean = draws @ w
    stretch = (w @ u**2) / ((draws - own_mean[:, None]) @ (w * u))
    return mean - stretch * own_mean, stretch


def aligned(draws: np.ndarray, shift: np.ndarray, stretch: np.ndarray) -> np.ndarray:
    """Every draw shifted and stretched, shape ``(draw, model)``."""
    return shift[:, None] + stretch[:, None] * draws


def error_model(draws: np.ndarray, centre: np.ndarray, independent: float | None = None) -> Errors:
    """Fit own and shared errors to aligned draws, worth so many independent ones.

    Notes
    -----
    A score's spread is read as that of a symmetric normal error with the draws' 90 % interval, as
    intervals of a score table are; what scores share is read from ranks (normal scores), so that a
    few wild draws weigh little.
    """
    scores = _normal_scores(draws)
    covariance = scores.T @ scores / len(scores)
    gauge = np.stack([np.ones_like(centre), centre - centre.mean()], axis=1)
    stderr, loading = restricted_factors(covariance, gauge, independent or len(draws))
    return Errors(centre, stderr, loading)


def restricted_factors(
    covariance: np.ndarray, gauge: np.ndarray, draws: float
) -> tuple[np.ndarray, np.ndarray]:
    """Own standard deviations and loadings by restricted maximum likelihood.

    Of a covariance of errors, ``(model, model)``, that are free in the directions of the gauge,
    ``(model, 2)``, and rest on so many independent draws.
    """
    n = len(covariance)
    noise = (1 + np.sqrt(n / draws)) ** 2
    variance = np.diag(covariance).copy()
    floor = _FLOOR**2 * np.median(variance)
    d = np.maximum(variance, floor)
    for k in range(_most_factors(n) + 1):
        d = _own_variances(covariance, gauge, d, k, floor)
        values, vectors = _leading(_whitened(covariance, gauge, d)[0], k + 1)
        if values[k] <= noise:
            break
    loading = np.sqrt(d)[:, None] * vectors[:, :k] * np.sqrt(np.maximum(values[:k] - 1, 0))
    return np.sqrt(d), loading if k else np.zeros((n, 1))


def without_prior(errors: Errors, mean: float, spread: float) -> Errors:
    """Take a Normal(mean, spread) prior of every score out of a normal posterior.

    With V = D + L L' the posterior's covariance and c its centre, what remains is the normal of
    precision V^-1 - I / spread^2 and information V^-1 c - mean / spread^2. It is again a diagonal
    with factors: D' = D / (1 - D / spread^2), by Woodbury's identity.

    Where the posterior is about as wide as the prior, the data say almost nothing: that own
    variance counts as at most 0.95 of the prior's, and so do shared ones.
    """
    prior = spread**2
    d = np.minimum(errors.stderr**2, _INFORMED * prior)
    uninformed = int(np.sum(errors.stderr**2 > _INFORMED * prior))
    # LL' must leave room below prior - D in every direction.
    values, vectors = np.linalg.eigh(errors.loading.T @ (errors.loading / (prior - d)[:, None]))
    shrink = np.sqrt(np.minimum(values, _INFORMED) / np.maximum(values, 1e-12))
    loading = errors.loading @ (vectors * shrink) @ vectors.T
    inner = np.eye(loading.shape[1]) - loading.T @ (loading / (prior - d)[:, None])
    wider = d / (1 - d / prior)
    scaled = (wider / d)[:, None] * loading
    new = scaled @ np.linalg.cholesky(np.linalg.inv(inner))
    v, v_new = np.diag(d) + loading @ loading.T, np.diag(wider) + new @ new.T
    information = np.linalg.solve(v, errors.centre - mean)
    return Errors(mean + v_new @ information, np.sqrt(wider), new, uninformed)


def _own_variances(
    covariance: np.ndarray, gauge: np.ndarray, d: np.ndarray, factors: int, floor: float
) -> np.ndarray:
    """Own variances at a number of factors, from a first guess."""
    for _ in range(_STEPS):
        white, basis = _whitened(covariance, gauge, d)
        values, vectors = _leading(white, factors)
        top, u = np.maximum(values, 1.0), vectors**2
        precision = 1 - (basis**2).sum(1) - u @ (1 - 1 / top)
        spread = np.diag(white) - u @ (top - 1 / top)
        ratio = np.maximum(spread, 1e-12) / np.maximum(precision, 1e-12)
        new = np.clip(d * ratio, np.maximum(floor, d / 10), d * 10)
        # What an exact score's error shrinks by on its way to the floor matters to nothing.
        moved = np.max(np.abs(new - d) / (new + floor * 100))
        d = new
        if moved < _TOLERANCE:
            break
    return d


def _whitened(
    covariance: np.ndarray, gauge: np.ndarray, d: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Covariance in units of own errors without the gauge's directions, and those directions."""
    root = np.sqrt(d)
    basis = np.linalg.qr(gauge / root[:, None])[0]
    white = covariance / np.outer(root, root)
    white -= basis @ (basis.T @ white)
    white -= (white @ basis) @ basis.T
    return (white + white.T) / 2, basis


def _leading(matrix: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Largest eigenvalues and their vectors, largest first."""
    n = len(matrix)
    if not count:
        return np.zeros(0), np.zeros((n, 0))
    # All of them: LAPACK's routine for some finds none where many are nearly equal.
    values, vectors = np.linalg.eigh(matrix)
    return values[::-1][:count], vectors[:, ::-1][:, :count]


def _most_factors(models: int) -> int:
    """Ledermann's bound on the factors that a covariance of contrasts can identify, and a limit."""
    n = models - 2
    bound = int(np.floor((2 * n + 1 - np.sqrt(8 * n + 1)) / 2)) if n > 0 else 0
    return min(max(bound, 0), _MOST_FACTORS)


def _normal_scores(draws: np.ndarray) -> np.ndarray:
    """Ranks as normal quantiles, with the width of each column's central 90 % interval."""
    n = len(draws)
    ranks = draws.argsort(0, kind="stable").argsort(0, kind="stable")
    z = ndtri((ranks + 0.5) / n)
    low, high = np.quantile(draws, [0.05, 0.95], axis=0)
    return z * (high - low) / _WIDTH_90


@dataclass(frozen=True, eq=False)
class JointErrors:
    """How the scores of some models were measured together.

    Attributes
    ----------
    models
        The releases, and the pins that are not among them, shape ``(model,)``.
    errors
        Their central scores and errors; pins are at their scores.
    pins
        Names and scores of the models that define the scale, lower first.
    table, prior, draws, sha256, attribution
        Of the draws.
    """

    models: np.ndarray
    errors: Errors
    pins: tuple[tuple[str, float], tuple[str, float]]
    table: str = ""
    prior: str = "none"
    draws: int = 0
    sha256: str = ""
    attribution: str = ""

    @cached_property
    def _place(self) -> dict[str, int]:
        return {str(name): i for i, name in enumerate(self.models)}

    def arrays(self, models: np.ndarray) -> dict[str, np.ndarray]:
        """What enters the model as ``pm.Data`` for some of the models.

        Returns
        -------
        ``error_sd``, ``pinned`` (1 for a model that defines the scale, else 0), shape
        ``(release,)``; ``loading``, ``(release, factor)``; and of the two pins ``pin_score``,
        ``pin_error_sd``, ``(2,)``, and ``pin_loading``, ``(2, factor)``.
        """
        at = np.array([self._place[str(name)] for name in models], dtype=np.int64)
        pin = np.array([self._place[name] for name, _ in self.pins], dtype=np.int64)
        names = {name for name, _ in self.pins}
        return {
            "error_sd": self.errors.stderr[at],
            "loading": self.errors.loading[at],
            "pinned": np.array([float(str(name) in names) for name in models]),
            "pin_score": np.array([score for _, score in self.pins]),
            "pin_error_sd": self.errors.stderr[pin],
            "pin_loading": self.errors.loading[pin],
        }

    @property
    def labels(self) -> dict[str, np.ndarray]:
        """Labels of the shared errors and of the pins."""
        factors = np.arange(self.errors.loading.shape[1])
        return {FACTOR: factors, PIN: np.array([name for name, _ in self.pins])}

    @property
    def spread(self) -> np.ndarray:
        """Standard deviation of each score's error on the pinned scale, shape ``(model,)``.

        To first order: x_i less what the pins' own errors shift and stretch at its place.
        """
        (low, low_score), (high, high_score) = self.pins
        share = (self.errors.centre - low_score) / (high_score - low_score)
        weight = np.eye(len(self.models))
        weight[:, self._place[low]] -= 1 - share
        weight[:, self._place[high]] -= share
        return np.sqrt(np.maximum(((weight @ self.errors.covariance) * weight).sum(1), 0.0))

    def dataset(self) -> xr.Dataset:
        """All of it as one labelled dataset, for storage: see :func:`errors_of`."""
        found = xr.Dataset(
            {
                "centre": (MODEL, self.errors.centre),
                "error_sd": (MODEL, self.errors.stderr),
                "loading": ((MODEL, FACTOR), self.errors.loading),
            },
            coords={MODEL: self.models},
        )
        found.attrs = {"pins": json.dumps(self.pins)} | {one: getattr(self, one) for one in _TOLD}
        return found


def errors_of(stored: xr.Dataset) -> JointErrors:
    """Read back what :meth:`JointErrors.dataset` gave."""
    (low, high), attrs = json.loads(stored.attrs["pins"]), stored.attrs
    return JointErrors(
        models=stored[MODEL].to_numpy().astype(str),
        errors=Errors(
            stored["centre"].to_numpy(), stored["error_sd"].to_numpy(), stored["loading"].to_numpy()
        ),
        pins=((low[0], float(low[1])), (high[0], float(high[1]))),
        **{one: attrs[one] for one in _TOLD} | {"draws": int(attrs["draws"])},
    )
