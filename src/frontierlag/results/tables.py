"""The tables that a run writes: one function a table, numbers from posteriors, in fixed columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import date
from itertools import accumulate
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from frontierlag.analyses.analysis import Analysis
from frontierlag.checks.comparison import ModelComparison, Stacked
from frontierlag.checks.predictive import predictive_table as predictive_rows
from frontierlag.checks.priors import sensitivity, stacked_sensitivity
from frontierlag.dates import Dates
from frontierlag.fits.convergence import quantity_checks
from frontierlag.intervals import probability, summarize, summarize_each
from frontierlag.lags.dates import release_days
from frontierlag.lags.equivalence import equivalence_over
from frontierlag.lags.last_day import Available, Bracket, LastDay, available, last_day
from frontierlag.lags.measure import Measured, staircases
from frontierlag.lags.published import Convention
from frontierlag.lags.realized import best_at_the_end, best_on_release
from frontierlag.lags.velocity import velocities
from frontierlag.names import (
    AT_RELEASE,
    BENCHMARK,
    CAPABILITIES,
    CENSORED,
    FOLLOWER,
    LEADER,
    LEVEL,
    OTHER,
    PERIOD,
    REALIZED,
    RELEASE,
    TREND,
    VALUE,
    WINDOW,
)
from frontierlag.results.last_day import NOT_PASSED, PASSED
from frontierlag.scores import Releases
from frontierlag.scores.scale import scale_of

DIGITS, SHARE_DIGITS = 3, 4
LAST_DAY, EQUIVALENCE, VELOCITY = "last_day", "equivalence", "velocity"
_SHARES = ("probability", "cumulative", "mcse", "bracket_probability", "split_probability")
_PLACES = dict.fromkeys(_SHARES, SHARE_DIGITS)
# What tables say of a posterior, in the order of their columns.
OF_A_POSTERIOR = (
    *("mean", "median", "lower50", "upper50", "lower90", "upper90"),
    *("mcse_mean", "mcse_median", "undefined"),
)
_EACH = OF_A_POSTERIOR[1:7]
# What benchmarks have, and how many digits mean something: a point, a log odds a point, a fraction.
_OF_BENCHMARKS = {"difficulty": DIGITS, "discrimination": 5, "noise": 5}
NEITHER = "neither group"


def lag_table(analysis: Analysis) -> pd.DataFrame:
    """Trend and realized lag over every period, months: the rows of ``lags.csv``."""
    return table_of(analysis, _lag_rows(analysis.measured))


def stacked_lag_table(stack: Stacked) -> pd.DataFrame:
    """The same rows of several models stacked, converged if every model with a weight has."""
    rows = _lag_rows(stack.measured).assign(model=stack.name)
    return table_of(stack.members[0], rows, stack.converged)


def comparison_table(found: ModelComparison, stack: Stacked) -> pd.DataFrame:
    """Models of the same data by PSIS-LOO, best first: the rows of ``comparison.csv``.

    ``stack`` names the stack that ``weight`` is of. A row has converged if its fit and all exact
    refits behind its densities have.
    """
    gates = {a.name: a.convergence.converged for a in stack.members}
    refits = {loo.model: loo.trusted for loo in found.loos}
    table = found.table().assign(stack=stack.name)
    passed = [gates[name] and refits[name] for name in table["model"]]
    return table_of(stack.members[0], table, passed, {"weight": DIGITS}, other=2)


def predictive_table(analysis: Analysis) -> pd.DataFrame:
    """The posterior predictive checks of a model: the rows of ``predictive.csv``."""
    return table_of(analysis, predictive_rows(analysis))


def prior_influence_table(analysis: Analysis) -> pd.DataFrame:
    """Prior influence by power-scaling: the rows of ``prior_influence.csv``."""
    return table_of(analysis, sensitivity(analysis))


def stacked_influence_table(stack: Stacked) -> pd.DataFrame:
    """The same rows of the lags of several models stacked."""
    return table_of(stack.members[0], stacked_sensitivity(stack), stack.converged)


def lag_row(analysis: Analysis, kind: str, period: str) -> dict[str, Any]:
    """One lag over one period as its table has it, so that it is worded from those digits."""
    data = analysis.measured.lags[kind].sel({PERIOD: period}, drop=True)
    table = table_of(analysis, pd.DataFrame([{"lag": kind, "period": period, **_summary(data)}]))
    return {str(name): value for name, value in table.iloc[0].items()}


def ladder_table(analysis: Analysis) -> pd.DataFrame:
    """The window's mean of the three lags: trend, at the follower's releases, realized."""
    lags = {kind: analysis.measured.lags[kind] for kind in (TREND, AT_RELEASE, REALIZED)}
    rows = _rows("lag", lags, [WINDOW])
    rows.insert(0, "rung", range(1, len(rows) + 1))
    return table_of(analysis, rows)


def gap_table(analysis: Analysis) -> pd.DataFrame:
    """Vertical gap between trends and between best available, score units: ``gaps.csv``."""
    measured = analysis.measured
    rows = _rows("gap", measured.gaps, measured.window.periods).drop(columns=CENSORED)
    return table_of(analysis, rows)


def level_table(analysis: Analysis) -> pd.DataFrame:
    """How much later the follower's trend reaches a score, months: ``levels.csv``."""
    levels = analysis.measured.levels
    rows = [
        {"level": float(at), **_summary(levels.sel({LEVEL: at}, drop=True))}
        for at in levels[LEVEL].to_numpy()
    ]
    # None where the scores of both groups have no round level in common.
    table = pd.DataFrame(rows, columns=["level", *OF_A_POSTERIOR, CENSORED])
    return table_of(analysis, table)


def last_day_table(analysis: Analysis) -> pd.DataFrame:
    """The releases that the realized lag of the last day may be counted from: ``last_day.csv``.

    One row a release, the most probable first, with the lag in months that it gives (negative if it
    is the follower's, who is ahead then), its probability, and the sum down to it. ``bracket`` and
    ``split`` mark the best of the leader's releases that the follower has passed and the leader's
    first that it has not, with probability of at least 0.95 and at even odds; the column after each
    has the probability.
    """
    found = last_day(available(analysis.fit), analysis.measured.window.as_of)
    return table_of(analysis, _last_day_rows(found, analysis), places=_PLACES)


def stacked_last_day_table(stack: Stacked) -> pd.DataFrame:
    """The same rows of several models stacked: each draw is of one of them."""
    parts = [available(a.fit) for a in stack.members]
    first = stack.members[0]
    which = stack.member_of_draw[..., None]
    capability = parts[0].capability
    for k, part in enumerate(parts[1:], start=1):
        capability = np.where(which == k, part.capability, capability)
    mixed = Available(parts[0].model, parts[0].group, parts[0].day, capability)
    found = last_day(mixed, first.measured.window.as_of)
    rows = _last_day_rows(found, first).assign(model=stack.name)
    return table_of(first, rows, stack.converged, _PLACES)


def _last_day_rows(found: LastDay, analysis: Analysis) -> pd.DataFrame:
    names = analysis.fit.observations.releases.group_names
    totals = accumulate(one.probability for one in found.counted)
    rows: list[dict[str, object]] = [
        {
            "group": names[one.group] if one.model else "",
            "release": one.model,
            "released": _text(one.released),
            "months": one.months,
            "lower90": one.lower,
            "upper90": one.upper,
            "probability": one.probability,
            "cumulative": total,
            "mcse": one.mcse,
            "censored": one.censored,
            "ahead": one.group == FOLLOWER,
        }
        for one, total in zip(found.counted, totals, strict=True)
    ]
    for column, bracket in (("bracket", found.bracket), ("split", found.split)):
        _mark(rows, column, bracket, names[LEADER])
    return pd.DataFrame(rows)


def _mark(rows: list[dict[str, object]], column: str, bracket: Bracket, leader: str) -> None:
    """Mark one bracket; a release that no draw counts from gets a row of its own."""
    marked = {
        (bracket.passed, PASSED): (bracket.passed_on, bracket.passed_probability),
        (bracket.ahead, NOT_PASSED): (bracket.ahead_on, bracket.ahead_probability),
    }
    for row in rows:
        row |= {column: "", f"{column}_probability": np.nan}
    for (name, word), (when, share) in marked.items():
        if name is None:
            continue
        own = [row for row in rows if row["release"] == name and row["group"] == leader]
        if not own:
            blank: dict[str, object] = dict.fromkeys(rows[0], np.nan)
            texts = {"bracket": "", "split": ""} if "split" in blank else {"bracket": ""}
            own = [blank | texts | {"group": leader, "release": name, "ahead": False}]
            own[0] |= {"released": _text(when), "probability": 0.0, "cumulative": 1.0}
            rows += own
        own[0] |= {column: word, f"{column}_probability": share}


def _text(when: date | None) -> str:
    return "" if when is None else when.isoformat()


def equivalence_table(analysis: Analysis) -> pd.DataFrame:
    """Equivalence lag over every period, months: ``equivalence.csv``.

    It is one number from all draws, so it has a Monte Carlo error and no interval.
    """
    window = analysis.measured.window
    seed = analysis.fit.settings.seed
    found = equivalence_over(*staircases(analysis.fit), window, seed=seed)
    table = pd.DataFrame([asdict(one) for one in found])
    return table_of(analysis, table)


def velocity_table(analysis: Analysis) -> pd.DataFrame:
    """By how many months the lags change in a year: ``velocity.csv``.

    ``narrowing`` is the probability that the lag shrinks, among all draws. The realized lag has no
    row where the window has less than 24 months.
    """
    found = velocities(analysis.fit, analysis.measured.window)
    rows = [
        {
            "lag": kind,
            "change": over,
            "unit": "months a year",
            **asdict(summarize(data[VALUE])),
            "censored": float(data[CENSORED].mean()),
            "narrowing": probability(data[VALUE] < 0),
        }
        for (kind, over), data in found.items()
    ]
    converged = [
        analysis.convergence.converged and all(c.passed for c in quantity_checks(data[[VALUE]]))
        for data in found.values()
    ]
    return table_of(analysis, pd.DataFrame(rows), converged, {"narrowing": SHARE_DIGITS})


def diagnostics_table(analysis: Analysis) -> pd.DataFrame:
    """The gate in numbers, one row a model: the rows of ``diagnostics.csv``."""
    gate = analysis.convergence
    settings = analysis.fit.settings
    row = {
        **origin(analysis),
        "rhat": round(gate.value("R-hat"), 4),
        "ess_bulk": round(gate.value("bulk ESS")),
        "ess_tail": round(gate.value("tail ESS")),
        "divergences": int(gate.value("divergences")),
        "ebfmi": round(gate.value("E-BFMI"), 3),
        "chains": settings.chains,
        "draws": settings.draws,
        "converged": gate.converged,
        "verdict": gate.verdict(),
    }
    return pd.DataFrame([row])


def published_table(conventions: tuple[Convention, ...], dates: Dates) -> pd.DataFrame:
    """The published conventions, months, on dates by a convention: ``published.csv``."""
    table = pd.DataFrame([asdict(c) for c in conventions]).rename(columns={"name": "convention"})
    return table.round(DIGITS).assign(dates=dates)


def origin(analysis: Analysis) -> dict[str, str]:
    """What a row is of: dataset, comparison, as-of date, convention of the dates, and model.

    Where scores are not the table's own values, also what one more of them is.
    """
    return origin_of(analysis.fit.observations.releases) | {"model": analysis.name}


def origin_of(releases: Releases) -> dict[str, str]:
    """The same without the model."""
    return {
        "dataset": releases.table,
        "comparison": releases.comparison.name,
        "as_of": releases.as_of.isoformat(),
        "dates": releases.dates,
        **({"scale": releases.metric.unit} if scale_of(releases.metric).changes else {}),
    }


def under_origin(analysis: Analysis, table: pd.DataFrame) -> pd.DataFrame:
    """Rows with where they are from before them; a column ``model`` of their own stays."""
    about: dict[str, Any] = dict(origin(analysis))
    if "model" in table:
        about["model"] = table.pop("model")
    return table.assign(**about)[[*about, *table]]


def table_of(
    analysis: Analysis,
    table: pd.DataFrame,
    converged: bool | list[bool] | None = None,
    places: Mapping[str, int] = MappingProxyType({}),
    other: int = DIGITS,
) -> pd.DataFrame:
    """Rows with where they are from before them, and no more digits than mean something.

    They have converged if the fit has, unless ``converged`` says otherwise. Three digits
    say more than the Monte Carlo error of any such figure, but for small shares; of log densities
    and Pareto k two do.
    """
    numbers = table.select_dtypes("float")
    numbers = numbers.round({str(name): places.get(str(name), other) for name in numbers})
    others = table.drop(columns=numbers.columns)
    # Zero is added so that no figure reads -0.0.
    table = pd.concat([others, numbers + 0.0], axis=1)[[*table]]
    passed = analysis.convergence.converged if converged is None else converged
    return under_origin(analysis, table).assign(converged=passed)


def _lag_rows(measured: Measured) -> pd.DataFrame:
    lags = {kind: measured.lags[kind] for kind in (TREND, REALIZED)}
    return _rows("lag", lags, measured.window.periods)


def _rows(what: str, found: Mapping[str, xr.Dataset], periods: Iterable[str]) -> pd.DataFrame:
    """A row for each kind of ``what`` and each period."""
    return pd.DataFrame(
        [
            {what: kind, "period": of, **_summary(data.sel({PERIOD: of}, drop=True))}
            for kind, data in found.items()
            for of in periods
        ]
    )


def _summary(data: xr.Dataset) -> dict[str, float]:
    summary = asdict(summarize(data[VALUE]))
    numbers = {name: summary[name] for name in OF_A_POSTERIOR}
    return numbers | {CENSORED: float(data[CENSORED].mean(skipna=True))}


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
    return table_of(analysis, own)


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
        values = pd.DataFrame(_summaries(posterior[name], BENCHMARK)).round(digits)
        about = {"benchmark": found.benchmarks, "results": count, "chance": found.chance}
        of = pd.DataFrame({**about, "ceiling": found.ceiling, "quantity": name})
        parts.append(pd.concat([of, values], axis=1))
    table = under_origin(analysis, pd.concat(parts, ignore_index=True))
    return table.assign(converged=analysis.convergence.converged)


def _summaries(draws: xr.DataArray, dim: str) -> dict[str, np.ndarray]:
    """The posterior of each entry along a dim, by column."""
    found = summarize_each(draws, dim)
    spread = draws.transpose(..., dim).to_numpy().reshape(-1, draws.sizes[dim]).std(0, ddof=1)
    return {"mean": found["mean"], "sd": spread} | {name: found[name] for name in _EACH}


# What a run writes of each fit by the name of the file, without ``.csv``, and what it writes in
# addition of fits to its own data.
OF_EVERY_FIT: dict[str, Callable[[Analysis], pd.DataFrame]] = {
    "lags": lag_table,
    "diagnostics": diagnostics_table,
    "prior_influence": prior_influence_table,
    "predictive": predictive_table,
}
OF_OWN_DATA: dict[str, Callable[[Analysis], pd.DataFrame]] = {
    "ladder": ladder_table,
    "gaps": gap_table,
    "levels": level_table,
    "capabilities": capability_table,
    LAST_DAY: last_day_table,
    EQUIVALENCE: equivalence_table,
    VELOCITY: velocity_table,
}
