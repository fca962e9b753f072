"""Refits that are quick: parameters, capabilities and mean lags, without what figures need."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import joblib
import numpy as np
import xarray as xr

from frontierlag.dates import Window
from frontierlag.fits.convergence import Convergence, check, sampled_to_pass
from frontierlag.fits.fitting import Fit, draw_capabilities
from frontierlag.fits.sampling import sample
from frontierlag.frontiers.observations import Observations
from frontierlag.intervals import summarize
from frontierlag.lags.measure import realized_lag_by_day, trend_lag_by_day
from frontierlag.model import ModelSpec
from frontierlag.names import CAPABILITIES, CURRENT, DRAW, REALIZED, SAMPLE_DIMS, TREND
from frontierlag.names import WINDOW as WHOLE
from frontierlag.settings import QUICK, SamplerSettings

KINDS = (TREND, REALIZED)
PERIODS = (WHOLE, CURRENT)
DIGITS = 3
# Of a lag, in the order of the columns of a table.
NUMBERS = (
    *("median", "lower50", "upper50", "lower90", "upper90"),
    *("mcse_median", "undefined", "censored"),
)

# By kind of lag and period: draws in months, and the share of days that are censored.
Lags = dict[tuple[str, str], tuple[xr.DataArray, float]]
# Values of every draw and day, dims ``(chain, draw, date)``.
Daily = np.ndarray | xr.DataArray


@dataclass(frozen=True)
class Task:
    """One refit: a model on some observations, with lags over some windows."""

    key: Hashable
    spec: ModelSpec
    observations: Observations
    windows: tuple[Window, ...]


@dataclass(frozen=True, eq=False)
class Refit:
    """What a refit found, without its tree: lags by window, and the verdict over all of it."""

    lags: tuple[Lags, ...]
    gate: Convergence = field(repr=False)
    n_releases: int

    @property
    def converged(self) -> bool:
        """Whether the refit may be shown."""
        return self.gate.converged

    @property
    def note(self) -> str:
        """What a table says against it; empty if it converged."""
        return "" if self.gate.converged else self.gate.verdict()


def refit(task: Task, settings: SamplerSettings = QUICK, cores: int = 1) -> Refit:
    """Fit a task's model and measure its lags over each window."""
    return refit_with_draws(task, settings, cores)[0]


def refit_with_draws(
    task: Task, settings: SamplerSettings = QUICK, cores: int = 1
) -> tuple[Refit, Fit]:
    """Fit a task's model, once more with more draws if it misses the gate; also return the fit.

    The fit holds ``posterior``, ``sample_stats`` and ``capabilities`` alone, with the number of
    draws of ``settings`` either way.
    """

    def sampled(times: int) -> tuple[Refit, Fit]:
        fit = quick_fit(task.spec, task.observations, settings, cores, thin=times)
        lags = lags_over(fit, task.windows)
        return Refit(lags, gate_of(fit, lags), len(task.observations.releases)), fit

    return sampled_to_pass(sampled, lambda found: found[0].converged)


def quick_fit(
    spec: ModelSpec,
    observations: Observations,
    settings: SamplerSettings,
    cores: int = 1,
    thin: int = 1,
) -> Fit:
    """Sample the posterior and the capabilities, with the noise of a full fit of the same seed.

    Of ``thin`` times the draws every ``thin``-th is kept; the sampler's own record is kept whole.
    """
    settings = settings.resolved(spec.frontier.target_accept)
    sampled = sample(spec, observations, longer(settings, thin), cores)
    posterior = every_nth(sampled.posterior, thin)
    names = [q.name for q in spec.parameters] + list(spec.frontier.latent_in_model)
    p = {name: posterior[name].to_numpy() for name in names}
    tree = xr.DataTree.from_dict(
        {
            "posterior": posterior,
            "sample_stats": sampled.sample_stats,
            CAPABILITIES: draw_capabilities(spec, observations, p, settings.seed),
        }
    )
    return Fit(spec, observations, settings, tree, sampled.seconds)


def longer(settings: SamplerSettings, times: int) -> SamplerSettings:
    """Settings with so many times the draws, and twice the tuning if it is more than one."""
    if times == 1:
        return settings
    more = {"draws": times * settings.draws, "tune": 2 * settings.tune}
    return settings.model_copy(update=more)


def every_nth(posterior: xr.Dataset, n: int) -> xr.Dataset:
    """Every ``n``-th draw of each chain, numbered anew."""
    kept = posterior.isel({DRAW: slice(None, None, n)})
    return kept.assign_coords({DRAW: np.arange(kept.sizes[DRAW])})


def lags_over(fit: Fit, windows: Sequence[Window]) -> tuple[Lags, ...]:
    """Trend and realized lag of one fit over windows."""
    whole = longest(windows)
    daily = {TREND: trend_lag_by_day(fit, whole), REALIZED: realized_lag_by_day(fit, whole)}
    return from_daily(daily, windows)


def longest(windows: Sequence[Window]) -> Window:
    """The window that all of these are parts of: one of them if they end on one day."""
    since, as_of = (min(w.since for w in windows), max(w.as_of for w in windows))
    return Window(since, as_of)


def from_daily(
    daily: Mapping[str, tuple[Daily, Daily]], windows: Sequence[Window]
) -> tuple[Lags, ...]:
    """Lags over windows from those of every day of the longest: by kind, months and censored."""
    whole = longest(windows)
    found = []
    for window in windows:
        start = int(window.days[0] - whole.days[0])
        stop = start + len(window.days)
        lags: Lags = {}
        for kind, (months, censored) in daily.items():
            days, bounds = (np.asarray(x)[..., start:stop] for x in (months, censored))
            lags[kind, WHOLE] = labelled(days.mean(-1)), float(bounds.mean())
            lags[kind, CURRENT] = labelled(days[..., -1]), float(bounds[..., -1].mean())
        found.append(lags)
    return tuple(found)


def gate_of(fit: Fit, lags: Sequence[Lags]) -> Convergence:
    """The convergence gate over a fit's parameters and these lags."""
    named = {
        f"{kind} lag, {period}, window {i}": draws
        for i, of_window in enumerate(lags)
        for (kind, period), (draws, _) in of_window.items()
    }
    quantities = xr.merge([fit.tree["posterior"].to_dataset(), xr.Dataset(named)])
    return check(fit.tree["sample_stats"].to_dataset(), quantities)


def numbers(draws: xr.DataArray | np.ndarray, censored: float = 0.0) -> dict[str, float]:
    """What a table says of one lag; ``mcse_median`` is the Monte Carlo error of the median."""
    values = asdict(summarize(labelled(draws))) | {"censored": censored}
    return {name: round(values[name], DIGITS) + 0.0 for name in NUMBERS}


def change_of(change: xr.DataArray) -> dict[str, float]:
    """What a table says of the difference of two lags; ``longer``: how probably the first is."""
    s, known = summarize(change), change.notnull()
    longer = float((change > 0).sum() / known.sum()) if bool(known.any()) else float("nan")
    return {
        "difference": s.median,
        "difference_lower90": s.lower90,
        "difference_upper90": s.upper90,
        "difference_mcse_median": s.mcse_median,
        "longer": longer,
    }


def refit_all(
    tasks: Sequence[Task],
    settings: SamplerSettings = QUICK,
    workers: int | None = None,
    done: Callable[[str], None] = lambda _: None,
) -> dict[Hashable, Refit]:
    """Refit all tasks in processes, those that share a compilation in one as far as that is fair.

    By default one process a core, which changes no number; ``done`` is called with a line each
    time a group of refits is finished.
    """
    workers = workers or os.cpu_count() or 1
    chunks = _chunks(tasks, workers)
    found: dict[Hashable, Refit] = {}
    for results in in_processes(partial(_refit_chunk, settings=settings), chunks, workers):
        found |= results
        done(f"{len(found)} of {len(tasks)} refits")
    return found


def in_processes(
    function: Callable[[Any], Any], arguments: Sequence[Any], workers: int
) -> Sequence[Any]:
    """Results of a function, as they come: in worker processes, or here with one process."""
    if min(workers, len(arguments)) <= 1:
        return [function(argument) for argument in arguments]
    parallel = joblib.Parallel(n_jobs=workers, return_as="generator_unordered")
    return parallel(joblib.delayed(function)(argument) for argument in arguments)


def _refit_chunk(tasks: Sequence[Task], settings: SamplerSettings) -> dict[Hashable, Refit]:
    return {task.key: refit(task, settings) for task in tasks}


def _chunks(tasks: Sequence[Task], workers: int) -> list[list[Task]]:
    """Tasks by compilation, the slow first; one group that is most of the work is divided."""
    groups: dict[tuple[ModelSpec, int], list[Task]] = {}
    for task in tasks:
        latent = len(task.observations.releases) if task.spec.frontier.latent_in_model else 0
        groups.setdefault((task.spec, latent), []).append(task)
    fair = math.ceil(len(tasks) / workers)
    chunks = []
    for group in groups.values():
        parts = workers if len(group) > max(fair, 4) else 1
        chunks += [group[i::parts] for i in range(parts)]

    def cost(chunk: list[Task]) -> tuple[bool, bool, int]:
        spec = chunk[0].spec
        return bool(spec.frontier.latent_in_model), "logistic" in spec.name, len(chunk)

    return sorted(chunks, key=cost, reverse=True)


def labelled(values: xr.DataArray | np.ndarray) -> xr.DataArray:
    """Draws of a number, shape ``(chain, draw)``, with the names of their dims."""
    return values if isinstance(values, xr.DataArray) else xr.DataArray(values, dims=SAMPLE_DIMS)
