"""Other groups from the same draws: best available and realized lag of any split of the models.

A fit that draws the true capability of every model of a table gives the lag between any two
groups of them. Formed from the same draws, the lags of two splits share the capability of every
model that is in both, with its measurement error, so that a difference of the two is a difference
within one posterior.
"""

from __future__ import annotations

import xarray as xr

from frontierlag.dates import Window
from frontierlag.errors import FitError
from frontierlag.fits.fitting import Fit
from frontierlag.lags.dates import release_days
from frontierlag.lags.periods import over_periods
from frontierlag.lags.realized import Staircase, realized_lag
from frontierlag.names import CAPABILITIES, FOLLOWER, LEADER, OTHER, RELEASE, SAMPLE_DIMS
from frontierlag.scores import Releases

# As a model of benchmark results names the capabilities of models of neither group.
OTHERS_CAPABILITY = "other_capability"
_FEW_NAMES = 3


def every_capability(fit: Fit) -> xr.DataArray:
    """Draws of the capability of every model that a fit draws, of its groups or of neither.

    Dims ``(chain, draw, release)``, labelled by model.
    """
    own = fit.tree[CAPABILITIES].to_dataset()["capability"]
    posterior = fit.tree["posterior"].to_dataset()
    if OTHERS_CAPABILITY not in posterior:
        return own
    others = posterior[OTHERS_CAPABILITY].rename({OTHER: RELEASE})
    return xr.concat([own, others], RELEASE)


def split_staircases(
    groups: Releases, capability: xr.DataArray, seed: int
) -> tuple[Staircase, Staircase]:
    """Best available capability of two groups from draws of the capability of every model.

    S_r(t) = max of the capabilities of group r's models released by day t, in each draw.

    Parameters
    ----------
    groups
        The releases of the two groups: who belongs to which, and since when.
    capability
        Draws, dims ``(chain, draw, release)``, labelled by model; of more models than these two
        groups have, if there are.
    seed
        The fit's, from which releases have their days where those are open.

    Returns
    -------
    The staircases of leader and follower, leading axes ``(chain, draw)``.

    Raises
    ------
    FitError
        If a model of the groups has no draws: a best available without it would be too low.
    """
    drawn = {str(name): i for i, name in enumerate(capability[RELEASE].to_numpy())}
    missing = [str(name) for name in groups.model if str(name) not in drawn]
    if missing:
        raise FitError(
            f"the fit draws no capability of {len(missing)} of the {len(groups)} models of "
            f"{groups.comparison.name} in {groups.table} ({', '.join(missing[:_FEW_NAMES])}"
            f"{', ...' if len(missing) > _FEW_NAMES else ''}); split a fit of all of the table's "
            "models"
        )
    values = capability.transpose(*SAMPLE_DIMS, RELEASE).to_numpy()
    values = values[..., [drawn[str(name)] for name in groups.model]]
    day = release_days(groups, seed, values.shape[:-1])
    leader, follower = (
        Staircase.of(day[..., groups.of(g)], values[..., groups.of(g)]) for g in (LEADER, FOLLOWER)
    )
    return leader, follower


def realized_over(bests: tuple[Staircase, Staircase], window: Window) -> xr.Dataset:
    """Realized lag between two staircases over a window, by period."""
    months, censored = realized_lag(*bests, window.days)
    return over_periods(months, censored, window)
