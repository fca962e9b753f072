"""Tables of the lag by domain: each domain, every two of them, each benchmark, and the spreads."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from frontierlag.analyses.domains import KINDS, DomainAnalysis, periods_of
from frontierlag.analyses.refits import DIGITS, Task, change_of, numbers, refit
from frontierlag.intervals import probability
from frontierlag.jobs import Prepared
from frontierlag.model import ModelSpec
from frontierlag.names import CENSORED, FOLLOWER, LEADER, PERIOD, WINDOW
from frontierlag.settings import SamplerSettings

INDEX = "index"
# Spreads of the model that say how far abilities differ from one index, in the order of a table.
SPREADS = ("dif_spread", "gap_spread", "pace_spread", "pace_gap_spread", "own_spread")


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
