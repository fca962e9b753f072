"""The lag in each domain of benchmarks, from one fit of correlated abilities; and its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from frontierlag.analyses.analysis import judged
from frontierlag.analyses.refits import DIGITS, Task, change_of, numbers, quick_fit, refit
from frontierlag.dates import Window
from frontierlag.errors import SpecError
from frontierlag.fits.convergence import Convergence, check, sampled_to_pass
from frontierlag.fits.fitting import Fit, labels_of
from frontierlag.frontiers.functioning import JointDomains
from frontierlag.frontiers.noise import ReleaseNoise
from frontierlag.intervals import probability
from frontierlag.jobs import Prepared
from frontierlag.lags.measure import Measured, measure
from frontierlag.model import ModelSpec
from frontierlag.names import (
    CAPABILITIES,
    CENSORED,
    FOLLOWER,
    LAGS,
    LEADER,
    MAXIMUM,
    MINIMUM,
    PERIOD,
    REALIZED,
    TREND,
    VALUE,
    WINDOW,
)
from frontierlag.scores import Releases
from frontierlag.scores.item_results import MeasuredReleases
from frontierlag.settings import DOMAINS, SamplerSettings
from frontierlag.trends.linear import Linear

KINDS = (REALIZED, TREND)
# A fit that misses the gate is made once more with this many times the draws.
LONGER = 2
# The mean of all domains, as tables name it in data, and as people read it: it stands on top.
INDEX = "index"
INDEX_WORDS = "mean of all below"
# Spreads of the model that say how far abilities differ from one index, in the order of a table.
SPREADS = ("dif_spread", "gap_spread", "pace_spread", "pace_gap_spread", "own_spread")


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


def domain_table(found: DomainAnalysis, by: str) -> pd.DataFrame:
    """The lags of the index and of each domain, months; ``by``: how benchmarks were grouped.

    A row for each of the index and the domains, and each kind of lag and period, with the numbers
    of the lag, ``difference`` (domain minus index, median) with its interval, ``longer`` (the
    probability that the lag is longer than the index's), and how much is behind it: results,
    benchmarks, and releases of the leader's and of the follower's group with a result.
    """
    rows = []
    for name, measured in [(INDEX, found.index), *found.measured.items()]:
        counts = _counts(found, name)
        for kind in KINDS:
            for period in periods_of(measured):
                draws = measured.lag(kind, period)
                row: dict[str, Any] = {"by": by, "domain": name, "lag": kind, "period": period}
                censored = measured.lags[kind][CENSORED].sel({PERIOD: period})
                row |= numbers(draws, float(censored.mean()))
                if name != INDEX:
                    row |= _difference(draws, found.index.lag(kind, period))
                rows.append(row | counts | {"converged": found.convergence.converged})
    return pd.DataFrame(rows)


def index_table(
    prepared: Prepared, models: Sequence[str], settings: SamplerSettings
) -> pd.DataFrame:
    """The mean lags of one index by models of one capability, months."""
    rows = []
    for name in models:
        spec = ModelSpec.of(name, prepared.table.metric)
        observations = spec.observations(prepared.releases)
        found = refit(Task(name, spec, observations, (prepared.window,)), settings, cores=2)
        for kind in KINDS:
            row: dict[str, Any] = {"model": name, "lag": kind, "period": WINDOW}
            row |= numbers(*found.lags[0][kind, WINDOW])
            rows.append(row | {"converged": found.converged})
    return pd.DataFrame(rows)


def contrast_table(found: DomainAnalysis, by: str) -> pd.DataFrame:
    """The mean lags of every two domains against each other: first minus second, months."""
    rows = []
    for first, second in combinations(found.measured, 2):
        for kind in KINDS:
            draws = [found.measured[name].lag(kind, WINDOW) for name in (first, second)]
            row: dict[str, Any] = {"by": by, "first": first, "second": second}
            row |= {"lag": kind, "period": WINDOW} | _difference(*draws)
            rows.append(row | {"converged": found.convergence.converged})
    return pd.DataFrame(rows)


def dif_table(found: DomainAnalysis, by: str) -> pd.DataFrame:
    """By how much each benchmark favours the follower's group within its domain, points.

    ``favours_follower`` is the probability that it does; results are those of the two groups.
    """
    observations = found.fit.observations
    responses = observations.responses
    assert responses is not None  # the analysis is of benchmark results
    posterior = found.fit.tree["posterior"].to_dataset()
    group = np.append(observations.releases.group, np.full(len(responses.others), -1))
    of_group = group[responses.model]
    rows = []
    for j, name in enumerate(responses.benchmarks):
        draws = posterior["dif"][..., j]
        here = (responses.benchmark == j) & (responses.weight > 0)
        row: dict[str, Any] = {"by": by, "benchmark": str(name)}
        row |= {"domain": str(responses.domains[responses.domain_of[j]])}
        row |= _points(draws)
        row |= {"favours_follower": round(probability(draws > 0), DIGITS)}
        row |= {
            f"results_{side}": int((here & (of_group == k)).sum())
            for side, k in (("leader", LEADER), ("follower", FOLLOWER))
        }
        rows.append(row | {"converged": found.convergence.converged})
    return pd.DataFrame(rows)


def spread_table(found: DomainAnalysis, by: str) -> pd.DataFrame:
    """How far abilities differ from one index, as the fit estimates it, with units."""
    posterior = found.fit.tree["posterior"].to_dataset()
    known = {p.name: p for p in found.fit.spec.parameters}
    return pd.DataFrame(
        {"by": by, "parameter": name, "meaning": known[name].meaning, "unit": known[name].unit}
        | _points(posterior[name])
        | {"converged": found.convergence.converged}
        for name in SPREADS
    )


TABLES = {
    "domains": domain_table,
    "contrasts": contrast_table,
    "dif": dif_table,
    "spreads": spread_table,
}


def _counts(found: DomainAnalysis, name: str) -> dict[str, int]:
    observations = found.fit.observations
    responses = observations.responses
    assert responses is not None  # as above
    here = responses.weight > 0
    benchmarks = len(responses.benchmarks)
    if name != INDEX:
        k = list(responses.domains).index(name)
        here &= responses.domain_of[responses.benchmark] == k
        benchmarks = int((responses.domain_of == k).sum())
    models = np.unique(responses.model[here])
    groups = observations.releases.group[models[models < len(observations.releases)]]
    return {
        "results": int(here.sum()),
        "benchmarks": benchmarks,
        "releases_leader": int((groups == LEADER).sum()),
        "releases_follower": int((groups == FOLLOWER).sum()),
    }


def _difference(draws: xr.DataArray, other: xr.DataArray) -> dict[str, float]:
    return {k: round(value, DIGITS) + 0.0 for k, value in change_of(draws - other).items()}


def _points(draws: xr.DataArray) -> dict[str, float]:
    return {k: v for k, v in numbers(draws).items() if k not in ("undefined", "censored")}
