"""One fit for two comparisons of a table: a frontier for every combination of their groups.

A release has one capability, whichever two groups it is put into; two fits have two posteriors of
it, because each shrinks it towards the frontier of another group. A difference of two comparisons
needs one posterior of all capabilities, and both lags are computed from each of its draws. Its
prior must not prefer one comparison to the other: a frontier for every combination of their groups
(closed weights and USA, open weights and USA, ...) has each comparison's own model as the special
case in which the combinations of a group have the same frontier.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import xarray as xr

from frontierlag.analyses.refits import quick_fit
from frontierlag.errors import SpecError
from frontierlag.fits.convergence import Convergence, check, sampled_to_pass
from frontierlag.fits.fitting import Fit
from frontierlag.frontiers.observations import Observations
from frontierlag.model import ModelSpec
from frontierlag.names import CAPABILITIES, RELEASE
from frontierlag.scores import Releases
from frontierlag.scores.releases import reference_date, subset
from frontierlag.settings import SamplerSettings

# A combination of fewer releases has no frontier of its own: that has four parameters or more.
FEWEST = 10
# The group, in one comparison, of a release that only the other one has.
NEITHER = -1


@dataclass(frozen=True, eq=False)
class TwoComparisons:
    """One posterior of the capabilities of all releases of two comparisons.

    ``capability`` has dims ``(chain, draw, release)``, labelled by model, and ``combinations`` how
    many releases each frontier has; ``gates`` are the verdicts on the frontiers' parameters.
    """

    capability: xr.DataArray
    combinations: tuple[int, ...]
    gates: tuple[Convergence, ...]


def fit_two_comparisons(
    spec: ModelSpec, one: Releases, other: Releases, settings: SamplerSettings, cores: int = 1
) -> TwoComparisons:
    """Fit the releases of two comparisons of one table, by one as-of date, at once.

    Parameters of two groups share nothing, neither in the prior nor in the likelihood, so the
    posterior of all frontiers is the product of those of any pairs of them: each pair is sampled by
    the model of two groups, which is compiled once. A pair that misses the gate is sampled once
    more with more draws. ``cores`` changes no number.

    Raises
    ------
    SpecError
        If the two are not of one table and day, if the groups of the model are not independent of
        each other or it uses only some of the releases, or if there are too few releases for two
        frontiers.
    """
    _check(spec, one, other)
    settings = settings.resolved(spec.frontier.target_accept)
    of = (one, other)
    every = union(*of)
    number = combinations(every, of)
    if not number.any():
        raise SpecError(
            f"{every.table} has no two combinations of the groups of {of[0].comparison.name} and "
            f"{of[1].comparison.name} with {FEWEST} releases or more, so one fit of both is not "
            "possible: give a table with more models"
        )
    found, gates = [], []
    for k, pair in enumerate(pairs(int(number.max()) + 1)):
        own = np.isin(number, pair)
        group = np.where(number[own] == pair[0], 0, 1)
        observations = Observations(replace(subset(every, own), group=group), reference_date(every))
        # Another seed for each, or two pairs would move alike.
        own_seed = settings.model_copy(update={"seed": (settings.seed + k) % 2**32})
        capability, gate = _sampled(spec, observations, own_seed, min(cores, settings.chains))
        found.append(capability)
        gates.append(gate)
    drawn = xr.concat(found, RELEASE)
    drawn = drawn.isel({RELEASE: ~drawn.get_index(RELEASE).duplicated()})
    drawn = drawn.sel({RELEASE: every.model})
    return TwoComparisons(drawn, tuple(np.bincount(number).tolist()), tuple(gates))


def union(one: Releases, other: Releases) -> Releases:
    """The releases of both comparisons, each once, in order; their groups mean nothing."""
    extra = ~np.isin(other.model, one.model)
    arrays: dict[str, Any] = {
        f.name: np.concatenate([getattr(one, f.name), getattr(other, f.name)[extra]])
        for f in fields(one)
        if isinstance(getattr(one, f.name), np.ndarray)
    }
    order = np.lexsort((arrays["model"], arrays["score"], arrays["day"]))
    return replace(one, **{name: values[order] for name, values in arrays.items()})


def combinations(
    every: Releases, comparisons: Sequence[Releases], fewest: int = FEWEST
) -> np.ndarray:
    """Number of the frontier of each release, from 0, shape ``(release,)``.

    Releases with the same group in every comparison have the same one. A combination of fewer than
    ``fewest`` joins the largest that has its group in the first comparison, else the largest.
    """
    group_in = [dict(zip(c.model.tolist(), c.group.tolist(), strict=True)) for c in comparisons]
    keys = [tuple(g.get(name, NEITHER) for g in group_in) for name in every.model.tolist()]
    count = Counter(keys)
    large = sorted(key for key, n in count.items() if n >= fewest) or [
        max(count, key=count.__getitem__)
    ]
    joined = {}
    for key in count:
        alike = [other for other in large if other[0] == key[0]]
        joined[key] = key if key in large else max(alike or large, key=count.__getitem__)
    return np.array([large.index(joined[key]) for key in keys])


def pairs(n: int) -> list[tuple[int, int]]:
    """Pairs of ``n`` frontiers; if their number is odd, the last with the first once more."""
    return [(k, (k + 1) % n) for k in range(0, n, 2)]


def _sampled(
    spec: ModelSpec, observations: Observations, settings: SamplerSettings, cores: int
) -> tuple[xr.DataArray, Convergence]:
    def judged(times: int) -> tuple[Fit, Convergence]:
        fit = quick_fit(spec, observations, settings, cores, times)
        gate = check(fit.tree["sample_stats"].to_dataset(), fit.tree["posterior"].to_dataset())
        return fit, gate

    fit, gate = sampled_to_pass(judged, lambda found: found[1].converged)
    return fit.tree[CAPABILITIES].to_dataset()["capability"], gate


def _check(spec: ModelSpec, one: Releases, other: Releases) -> None:
    """Refuse two comparisons that cannot be one fit."""
    if (one.table, one.as_of) != (other.table, other.as_of):
        raise SpecError(
            f"{one.table} as of {one.as_of} and {other.table} as of {other.as_of} are not one "
            "table on one day, so they cannot be made one fit"
        )
    shared = [p.name for p in spec.parameters if p.shared]
    reason = ""
    if spec.frontier.reads != "scores":
        reason = "the errors of its groups are not independent"
    elif shared:
        reason = f"its groups share {', '.join(shared)}"
    elif not spec.frontier.select(one).all():
        reason = "it uses record-holders only"
    if reason:
        raise SpecError(
            f"{spec.name} has no frontier for every combination of groups ({reason}): use "
            "linear-stochastic"
        )
