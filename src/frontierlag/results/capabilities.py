"""Tables of what a fit says of each model and each benchmark."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from frontierlag.analyses.analysis import Analysis
from frontierlag.intervals import summarize_each
from frontierlag.lags.dates import release_days
from frontierlag.lags.holders import best_at_the_end, best_on_release
from frontierlag.names import BENCHMARK, CAPABILITIES, FOLLOWER, LEADER, OTHER, RELEASE
from frontierlag.results.tables import DIGITS, origin

_SUMMARY = ("median", "lower50", "upper50", "lower90", "upper90", "mcse_mean")
# What benchmarks have, and how many digits mean something: a point, a log odds a point, a fraction.
_OF_BENCHMARKS = {"difficulty": DIGITS, "discrimination": 5, "noise": 5}
NEITHER = "neither group"


def capability_table(analysis: Analysis) -> pd.DataFrame:
    """True capability of every model, on the score's scale: the rows of ``capabilities.csv``.

    Returns
    -------
    One row a release in the likelihood, in order of release, then, of a fit to benchmark results,
    one a model of neither group by name: ``release``, ``organization``, ``group``, ``released``;
    the published ``score`` with ``score_low`` and ``score_high`` (90 %), NaN for the latter models;
    ``results``, how many benchmark results it has (NaN of a fit to scores); the posterior's
    ``mean``, ``sd``, ``median``, 50 % and 90 % equal-tailed intervals and Monte Carlo error;
    ``best_on_release`` and ``best_now``, the probabilities that it was its group's best available
    on the day of its release and that it is on the as-of date.
    """
    fit = analysis.fit
    r = fit.observations.releases
    capability = fit.tree[CAPABILITIES].to_dataset()["capability"]
    rows = _summaries(capability, RELEASE)
    draws = capability.transpose(..., RELEASE).to_numpy()
    day = release_days(r, fit.settings.seed, draws.shape[:-1])
    first, now = np.full(len(r), np.nan), np.full(len(r), np.nan)
    for group in (LEADER, FOLLOWER):
        of = r.of(group)
        first[of] = best_on_release(day[..., of], draws[..., of])
        now[of] = best_at_the_end(draws[..., of])
    own = pd.DataFrame(
        {
            "release": r.model,
            "organization": r.organization,
            "group": np.asarray(r.group_names)[r.group],
            "released": r.date.astype(str),
            "score": r.score,
            "score_low": r.low,
            "score_high": r.high,
            **rows,
            "best_on_release": first,
            "best_now": now,
        }
    )
    found = fit.observations.responses
    if found is not None:
        unfitted = fit.tree["posterior"].to_dataset()["other_capability"]
        others = pd.DataFrame(
            {"release": found.others, "group": NEITHER, **_summaries(unfitted, OTHER)}
        )
        own = pd.concat([own, others], ignore_index=True)
    counts = np.full(len(own), np.nan) if found is None else found.results_of
    own.insert(list(own.columns).index("mean"), "results", counts)
    return _finish(analysis, own, dict.fromkeys(own.select_dtypes("float").columns, DIGITS))


def benchmark_table(analysis: Analysis) -> pd.DataFrame:
    """Difficulty, discrimination and noise of every benchmark: the rows of ``benchmarks.csv``.

    Returns
    -------
    One row a benchmark and quantity: ``benchmark``, ``results``, ``chance``, ``ceiling``,
    ``quantity`` (``difficulty``, score points; ``discrimination``, log odds a point; ``noise``,
    scale of the errors as a fraction), and its posterior. Empty of a fit to scores.
    """
    found = analysis.fit.observations.responses
    if found is None:
        return pd.DataFrame()
    posterior = analysis.fit.tree["posterior"].to_dataset()
    count = np.bincount(found.benchmark, found.weight, len(found.benchmarks)).astype(int)
    parts = []
    for name, digits in _OF_BENCHMARKS.items():
        values = _summaries(posterior[name], BENCHMARK)
        part = pd.DataFrame(
            {
                "benchmark": found.benchmarks,
                "results": count,
                "chance": found.chance,
                "ceiling": found.ceiling,
                "quantity": name,
                **values,
            }
        )
        parts.append(part.round(dict.fromkeys(values, digits)))
    return _finish(analysis, pd.concat(parts, ignore_index=True), {})


def _summaries(draws: xr.DataArray, dim: str) -> dict[str, np.ndarray]:
    """The posterior of each entry along a dim, by column."""
    found = summarize_each(draws, dim)
    spread = draws.transpose(..., dim).to_numpy().reshape(-1, draws.sizes[dim]).std(0, ddof=1)
    return {"mean": found["mean"], "sd": spread} | {name: found[name] for name in _SUMMARY}


def _finish(analysis: Analysis, table: pd.DataFrame, digits: dict[str, int]) -> pd.DataFrame:
    table = table.round(digits)
    for at, (name, value) in enumerate(origin(analysis).items()):
        table.insert(at, name, str(value))
    return table.assign(converged=analysis.convergence.converged)
