"""Prior influence by power-scaling, for every parameter and every reported lag.

The prior (or the likelihood) is raised to a power near one and the posterior reweighted by
Pareto-smoothed importance sampling; the sensitivity is the change of a quantity's cumulative
Jensen-Shannon distance per doubling of the power (Kallioinen, Paananen, Bürkner & Vehtari 2024).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr
from arviz_stats.base import array_stats

from frontierlag.analyses.analysis import Analysis
from frontierlag.checks.comparison import Stacked
from frontierlag.errors import SpecError
from frontierlag.fits.fitting import Fit
from frontierlag.lags.measure import Measured
from frontierlag.names import GROUP, LEVEL, PERIOD, SAMPLE_DIMS, SCORE, VALUE

THRESHOLD = 0.05
ALPHAS = (0.99, 1.01)
DOUBLINGS = float(np.log2(ALPHAS[1] / ALPHAS[0]))
CONFLICT, STRONG, NONE = "prior-data conflict", "strong prior / weak likelihood", "-"
UNDEFINED = "undefined"
# Fewer defined draws than this have no distribution worth a distance.
FEWEST = 100
# From this share of draws with one and the same value on, a quantity is that value or not.
FIXED = 0.9


def log_prior(fit: Fit) -> xr.Dataset:
    """Log prior density of each parameter in each draw, dims ``(chain, draw[, group])``.

    On the scale of the parameters themselves: power-scaling needs no Jacobian.
    """
    posterior = fit.tree["posterior"].to_dataset()
    return xr.Dataset(
        {
            p.name: posterior[p.name].copy(data=p.prior.logp(posterior[p.name].to_numpy()))
            for p in fit.spec.parameters
        }
    )


def sensitivity(analysis: Analysis, scaled: Sequence[str] | None = None) -> pd.DataFrame:
    """Measure how much each parameter and each reported lag depends on priors and on the data.

    Parameters
    ----------
    analysis
        The model.
    scaled
        Names of the parameters whose priors are scaled, all by default: to see which prior it is
        that a lag depends on.

    Returns
    -------
    One row a parameter or lag: ``model``; ``quantity`` and ``at`` (a group, a period, a level);
    ``prior`` and ``likelihood``, the two sensitivities among the draws in which the quantity is
    defined; ``undefined``, the share of draws in which it is not, and
    ``undefined_prior`` and ``undefined_likelihood``, the change of that share per doubling of the
    power; ``diagnosis``: ``prior-data conflict`` if both are 0.05 or more,
    ``strong prior / weak likelihood`` if only that to the prior is, else ``-``. A change of the
    undefined share counts like a distance. Where nine draws in ten have the same value (a realized
    lag that one release settles) the sensitivity is the change of their share per doubling, as the
    distance would follow the few others alone. A quantity with fewer than 100 defined draws has no
    sensitivity (NaN) and the diagnosis ``undefined``.

    Raises
    ------
    SpecError
        If ``scaled`` names a parameter that the model does not have.

    Notes
    -----
    The likelihood that is scaled has each release's own terms integrated out; given the
    parameters, latent capabilities keep their conditional distribution.
    """
    priors = log_prior(analysis.fit)
    unknown = [name for name in scaled or () if name not in priors]
    if unknown:
        raise SpecError(
            f"{analysis.name} has no parameter {', '.join(unknown)} whose prior could be scaled; "
            f"its parameters are {', '.join(map(str, priors.data_vars))}"
        )
    chosen = priors[list(scaled)] if scaled is not None else priors
    weights = _weights(analysis.fit, chosen)
    return _measured(analysis.name, quantities(analysis), weights)


def stacked_sensitivity(stack: Stacked) -> pd.DataFrame:
    """Measure how much each lag of a stack depends on the priors of its members and on the data.

    The stack's weights stay. Of each member the draws that are in the stack are weighted anew with
    that member's own component raised to a power, and keep together their share of the stack.

    Returns
    -------
    Rows as of :func:`sensitivity`, of lags alone.
    """
    member = stack.member_of_draw.ravel()
    of_each = [_weights(a.fit, log_prior(a.fit)) for a in stack.members]
    weights: dict[str, list[np.ndarray]] = {}
    for component in of_each[0]:
        weights[component] = []
        for k in range(len(ALPHAS)):
            whole = np.zeros(member.size)
            for i, own in enumerate(of_each):
                mine = member == i
                if mine.any():
                    part = own[component][k][mine]
                    whole[mine] = part / part.sum() * mine.mean()
            weights[component].append(whole)
    return _measured(stack.name, lags_of(stack.measured), weights)


def _weights(fit: Fit, priors: xr.Dataset) -> dict[str, list[np.ndarray]]:
    """Of prior and likelihood, the weights of the draws at each power, shape ``(sample,)``."""
    likelihood = fit.tree["log_likelihood"][SCORE].transpose(*SAMPLE_DIMS, ...)
    per_draw = {"prior": _per_draw(priors), "likelihood": likelihood.to_numpy().sum(-1)}
    return {
        component: [power_weights(draws, alpha) for alpha in ALPHAS]
        for component, draws in per_draw.items()
    }


def _measured(
    name: str,
    found: Iterable[tuple[str, str, np.ndarray]],
    weights: Mapping[str, Sequence[np.ndarray]],
) -> pd.DataFrame:
    rows = []
    for quantity, at, draws in found:
        row: dict[str, object] = {"model": name, "quantity": quantity, "at": at}
        known = np.isfinite(draws)
        sizes: dict[str, float] = {}
        for component, (lower, upper) in weights.items():
            moved = distance(draws[known], lower[known], upper[known])
            change = _share(~known, upper) - _share(~known, lower)
            per_doubling = change / DOUBLINGS
            row |= {component: moved, f"undefined_{component}": per_doubling}
            sizes[component] = float(np.fmax(moved, abs(per_doubling)))
        row["undefined"] = float(1 - known.mean())
        row["diagnosis"] = (
            UNDEFINED if known.sum() < FEWEST else diagnose(sizes["prior"], sizes["likelihood"])
        )
        rows.append(row)
    order = ["model", "quantity", "at", "prior", "likelihood", "diagnosis", "undefined",
             "undefined_prior", "undefined_likelihood"]  # fmt: skip
    return pd.DataFrame(rows)[order]


def quantities(analysis: Analysis) -> Iterator[tuple[str, str, np.ndarray]]:
    """Parameters by group, lags by period and lags at levels: name, place, draws ``(sample,)``."""
    posterior = analysis.fit.tree["posterior"].to_dataset()
    for p in analysis.fit.spec.parameters:
        draws = posterior[p.name]
        if p.shared:
            yield p.name, "both", draws.to_numpy().ravel()
            continue
        for name in draws[GROUP].to_numpy():
            yield p.name, str(name), draws.sel({GROUP: name}).to_numpy().ravel()
    yield from lags_of(analysis.measured)


def lags_of(measured: Measured) -> Iterator[tuple[str, str, np.ndarray]]:
    """Lags by period and lags at levels: name, place, draws ``(sample,)``."""
    for kind, data in measured.lags.items():
        for period in data[PERIOD].to_numpy():
            yield f"{kind} lag", str(period), measured.lag(kind, period).to_numpy().ravel()
    for level in measured.levels[LEVEL].to_numpy():
        draws = measured.levels[VALUE].sel({LEVEL: level})
        yield "lag at level", f"{level:g}", draws.to_numpy().ravel()


def power_weights(log_density: np.ndarray, alpha: float) -> np.ndarray:
    """Importance weights of the draws with a component raised to ``alpha``, shape ``(sample,)``.

    ``log_density`` is the component's in each draw, shape ``(chain, draw)``. They add to one, and
    are equal if the component is the same in every draw.
    """
    if np.ptp(log_density) == 0:
        return np.full(log_density.size, 1 / log_density.size)
    log_weights = array_stats.power_scale_lw(log_density, alpha=alpha, axis=(-2, -1)).ravel()
    weights = np.exp(log_weights - log_weights.max())
    return weights / weights.sum()


def distance(draws: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> float:
    """Power-scaling sensitivity of one quantity from its draws and both sets of weights."""
    if len(draws) < FEWEST:
        return float("nan")
    values, counts = np.unique(draws, return_counts=True)
    if counts.max() >= FIXED * len(draws):
        elsewhere = draws != values[counts.argmax()]
        change = _share(elsewhere, upper) / upper.sum() - _share(elsewhere, lower) / lower.sum()
        return abs(change) / DOUBLINGS
    return float(
        array_stats.power_scale_sense(
            draws[None],
            lower[None] / lower.sum(),
            upper[None] / upper.sum(),
            lower_alpha=ALPHAS[0],
            upper_alpha=ALPHAS[1],
        )
    )


def diagnose(prior: float, likelihood: float) -> str:
    """Put the two sensitivities into words."""
    if not prior >= THRESHOLD:
        return NONE
    return CONFLICT if likelihood >= THRESHOLD else STRONG


def _share(mask: np.ndarray, weights: np.ndarray) -> float:
    return float(weights[mask].sum())


def _per_draw(densities: xr.Dataset) -> np.ndarray:
    """Sum over all variables and entries: shape ``(chain, draw)``."""
    total = np.zeros([densities.sizes[dim] for dim in SAMPLE_DIMS])
    for values in densities.data_vars.values():
        entries = values.transpose(*SAMPLE_DIMS, ...).to_numpy()
        total += entries.reshape(*total.shape, -1).sum(-1)
    return total
