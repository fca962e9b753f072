"""The lag in each domain of benchmarks, from one fit of correlated abilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import xarray as xr

from frontierlag.analyses.analysis import judged
from frontierlag.analyses.refits import quick_fit
from frontierlag.dates import Window
from frontierlag.errors import SpecError
from frontierlag.fits.convergence import Convergence, check, sampled_to_pass
from frontierlag.fits.fitting import Fit, labels_of
from frontierlag.frontiers.functioning import JointDomains
from frontierlag.frontiers.noise import ReleaseNoise
from frontierlag.lags.measure import Measured, measure
from frontierlag.model import ModelSpec
from frontierlag.names import (
    CAPABILITIES,
    LAGS,
    LEADER,
    MAXIMUM,
    MINIMUM,
    PERIOD,
    REALIZED,
    TREND,
    VALUE,
)
from frontierlag.scores import Releases
from frontierlag.scores.item_results import MeasuredReleases
from frontierlag.settings import DOMAINS, SamplerSettings
from frontierlag.trends.linear import Linear

KINDS = (REALIZED, TREND)
# A fit that misses the gate is made once more with this many times the draws.
LONGER = 2


@dataclass(frozen=True)
class DomainAnalysis:
    """One fit of ``joint-domains``, with the lags of each domain and of their mean, the index."""

    fit: Fit
    index: Measured
    measured: Mapping[str, Measured]

    @cached_property
    def convergence(self) -> Convergence:
        """The gate's verdict over parameters, abilities and the lags of index and domains."""
        every = {
            f"{name}, {kind}": m.lags[kind][VALUE].sel({PERIOD: periods_of(m)})
            for name, m in [("index", self.index), *self.measured.items()]
            for kind in KINDS
        }
        posterior = self.fit.tree["posterior"].to_dataset()
        labels = labels_of(self.fit.observations)
        named = posterior.assign_coords({d: labels[d] for d in labels if d in posterior.dims})
        quantities = xr.merge([named, xr.Dataset(every)])
        return check(self.fit.tree["sample_stats"].to_dataset(), quantities)

    @property
    def tree(self) -> xr.DataTree:
        """The fit's tree with the lags of the index and of each domain."""
        groups = {name: node.to_dataset() for name, node in self.fit.tree.children.items()}
        groups |= self.index.groups()
        for name, measured in self.measured.items():
            groups |= {f"domains/{name}/{LAGS}/{k}": measured.lags[k] for k in KINDS}
        return judged(groups, self.fit, self.index.window, self.convergence)


def periods_of(measured: Measured) -> list[str]:
    """The periods of which the lag in a domain is reported: all but its extremes over the days."""
    return [period for period in measured.window.periods if period not in (MINIMUM, MAXIMUM)]


def analyse_domains(
    releases: Releases,
    domains: Mapping[str, str],
    window: Window,
    settings: SamplerSettings | None = None,
    *,
    cores: int | None = None,
) -> DomainAnalysis:
    """Fit an ability for each domain of benchmarks and measure the lag in each over the window.

    Raises
    ------
    SpecError
        If the releases come without benchmark results.
    ScoresError
        If a benchmark has no domain, or there are fewer than two domains.
    """
    if not isinstance(releases, MeasuredReleases):
        raise SpecError(
            "domains are of benchmarks, so they need the benchmark results behind the scores: "
            "give --results too, such as --results eci-results-2026-08-11"
        )
    divided = replace(releases, responses=releases.responses.divided(domains))
    spec = ModelSpec(Linear(), JointDomains(), releases.metric)
    observations = spec.observations(divided)

    def sampled(times: int) -> DomainAnalysis:
        fit = quick_fit(spec, observations, settings or DOMAINS, cores or 2, thin=times)
        parts = all_domains(fit)
        return DomainAnalysis(
            fit, measure(fit, window), {n: measure(p, window) for n, p in parts.items()}
        )

    return sampled_to_pass(sampled, lambda found: found.convergence.converged, LONGER)


def all_domains(fit: Fit) -> dict[str, Fit]:
    """The fit as it is in each domain, by name: see :func:`in_domain`."""
    responses = fit.observations.responses
    assert responses is not None  # a fit of domains is of benchmark results
    return {str(name): in_domain(fit, k) for k, name in enumerate(responses.domains)}


def in_domain(fit: Fit, k: int) -> Fit:
    """The same fit with trend and capabilities of one domain in place of the index's.

    F_gk(t) = level_g + s_g gap_k + (slope_g + pace_k + s_g pace_gap_k) t, s = -1/2 for the leader
    and 1/2 for the follower, and c_ik as in :class:`JointDomains`.
    """
    frontier = fit.spec.frontier
    assert isinstance(frontier, JointDomains)
    posterior = fit.tree["posterior"].to_dataset()
    names = [q.name for q in fit.spec.parameters] + list(frontier.latent_in_model)
    p = {name: posterior[name].to_numpy() for name in names}
    side = np.array([-0.5, 0.5])
    gap, pace, pace_gap = (
        p[f"domain_{name}"][..., k, None] for name in ("gap", "pace", "pace_gap")
    )
    level, slope = p["level"] + side * gap, p["slope"] + pace + side * pace_gap
    # A leader that does not move in this domain was never anywhere else: no lag in such a draw.
    slope[..., LEADER] = np.where(slope[..., LEADER] > 0, slope[..., LEADER], np.nan)
    releases = fit.observations.releases
    noise = ReleaseNoise(fit.settings.seed, list(releases.model), 3, k)
    ability = frontier.in_domain(noise, p, fit.observations.arrays, k)
    capabilities = fit.tree[CAPABILITIES].to_dataset()
    groups = {name: node.to_dataset() for name, node in fit.tree.children.items()}
    groups["posterior"] = posterior.assign(
        level=(posterior["level"].dims, level), slope=(posterior["slope"].dims, slope)
    )
    dims = capabilities["capability"].dims
    groups[CAPABILITIES] = capabilities.assign(capability=(dims, ability))
    tree = xr.DataTree.from_dict(groups)
    tree.attrs.update({str(key): value for key, value in fit.tree.attrs.items()})
    return replace(fit, tree=tree)
