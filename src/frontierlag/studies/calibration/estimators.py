"""Estimators: from a world's table to lags or forecasts, by models and point baselines.

And the task of a campaign. Nothing here counts, so a change to how answers are counted leaves
finished tasks valid (:func:`frontierlag.machine.program.digest_behind`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr
from scipy import stats

from frontierlag.analyses.refits import quick_fit
from frontierlag.dates import DAYS_PER_MONTH, DAYS_PER_YEAR, Window, day_number
from frontierlag.errors import SpecError
from frontierlag.fits.convergence import Convergence, check, sampled_to_pass
from frontierlag.fits.fitting import Fit
from frontierlag.fits.store import nothing_kept
from frontierlag.frontiers import JointDomains
from frontierlag.lags.measure import realized_lag_by_day, trend_lag_by_day
from frontierlag.lags.periods import over_periods
from frontierlag.lags.published import daily_lags
from frontierlag.model import ModelSpec, split_name
from frontierlag.names import FOLLOWER, LEADER, PERIOD, REALIZED, TREND, VALUE
from frontierlag.names import WINDOW as WHOLE
from frontierlag.scores import Releases, default_window_start, records
from frontierlag.scores.metric import ECI
from frontierlag.settings import SamplerSettings
from frontierlag.studies.calibration.estimands import (
    AHEAD,
    BEST,
    FORECAST_MONTHS,
    PARAMETER,
    PROBABILITIES,
    Estimand,
    Found,
    WorldEstimate,
    ahead,
    forecast_from,
    to_json,
    truth_of,
)
from frontierlag.studies.calibration.matrices import MATRIX_DESIGNS, make_matrix_world
from frontierlag.studies.calibration.worlds import DESIGNS, World, make_world
from frontierlag.studies.domains.table import all_domains
from frontierlag.studies.forecast.paths import futures, months_to_days, release_process
from frontierlag.studies.sensitivity.dates import UniformDays, mixture, shifted

# A campaign's fit needs fewer draws than one that is cited: it is one of hundreds, and what counts
# is their average. The error that 1,000 draws leave in the mean and the ends of an interval is a
# few hundredths of the posterior's standard deviation (docs of `frontierlag calibrate`).
CHAINS, DRAWS, TUNE = 2, 500, 500
# A model whose capabilities are sampled mixes slower, and all of them have to pass the gate.
LATENT_DRAWS = 1000
# Accordingly, the limits within which such a fit counts as converged.
MAX_RHAT, MIN_ESS = 1.05, 100.0
# Suffix of a model that is given the error of dates, and how many sets of dates it draws.
DATED, DATE_SETS = "+dates", 10
# Suffix of a model that forecasts.
FORECASTING = "+forecast"
# Of the baselines.
LEVELS, RESAMPLES = 100, 1000

Estimator = Callable[[World, np.random.SeedSequence], Found]


@nothing_kept()
def run_one(payload: tuple[str, str], seed: np.random.SeedSequence) -> dict[str, Any]:
    """Make one world and let one estimator answer: the campaign's task."""
    world_name, name = payload
    of_world, of_estimator = seed.spawn(2)
    rng = np.random.default_rng(of_world)
    if world_name in MATRIX_DESIGNS:
        world = make_matrix_world(MATRIX_DESIGNS[world_name], rng)
    else:
        world = make_world(DESIGNS[world_name], rng)
    return to_json(estimator(name)(world, of_estimator), truth_of(world))


def estimator(name: str) -> Estimator:
    """Look an estimator up by its name: a baseline, or a model such as ``linear-stochastic``.

    Raises
    ------
    SpecError
        If there is none.
    """
    if name in BASELINES:
        return BASELINES[name]
    kinds: dict[str, Callable[[str], Estimator]] = {DATED: DateErrors, FORECASTING: Forecaster}
    suffix = next((x for x in kinds if name.endswith(x)), "")
    model = name.removesuffix(suffix)
    try:
        split_name(model)
    except SpecError as error:
        raise SpecError(f"{error}; the baselines are {', '.join(BASELINES)}") from None
    return kinds.get(suffix, Model)(model)


class Model:
    """A model through the whole pipeline: which releases count, fit, capabilities, lags.

    Parameters
    ----------
    name
        As in ``linear-stochastic``.
    draws, tune
        Of each of two chains; by default 500 draws, or 1,000 of a model whose capabilities are
        sampled, after 500. A fit that misses the campaign's gate is made once more with four
        times as many.
    """

    def __init__(self, name: str, draws: int | None = None, tune: int = TUNE) -> None:
        self.spec = ModelSpec.of(name, ECI)
        default = LATENT_DRAWS if self.spec.frontier.latent_in_model else DRAWS
        self.draws, self.tune = draws or default, tune

    def __call__(self, world: World, seed: np.random.SeedSequence) -> Found:
        """Fit the model to the world's table and summarize its lags."""
        effects = tuple(world.effects)
        return _pooled([self.fitted(world.releases, world.window, seed, effects)])

    def fitted(
        self,
        releases: Releases,
        window: Window,
        seed: np.random.SeedSequence,
        effects: Sequence[str] = (),
    ) -> tuple[dict[str, xr.DataArray], str]:
        """Draws of the lags from a fit to a table, and what the campaign's gate says against it.

        With them those of the parameters ``effects`` that the model has.
        """
        fit, lags, trouble = fitted_to_pass(
            self.spec, releases, window, seed, draws=self.draws, tune=self.tune
        )
        posterior = fit.tree["posterior"].to_dataset()
        known = [name for name in effects if name in posterior]
        if known:
            lags[PARAMETER] = posterior[known].to_array(PERIOD).transpose(..., PERIOD)
        return lags, trouble


class DateErrors:
    """A model that is given the error of release dates, over sets of dates drawn from it.

    What :func:`frontierlag.studies.sensitivity.dates.with_date_errors` does: one fit to each set,
    and draw i of the answer is draw i of fit i mod the number of sets. The error that is stated is
    the one that the world's dates have.
    """

    def __init__(self, name: str, sets: int = DATE_SETS) -> None:
        self.model, self.sets = Model(name), sets

    def __call__(self, world: World, seed: np.random.SeedSequence) -> Found:
        """Fit the model to each set of dates and summarize the lags of all."""
        error = UniformDays(round(world.design.date_error * DAYS_PER_MONTH))
        of_dates, *of_fits = seed.spawn(1 + self.sets)
        rng, given = np.random.default_rng(of_dates), world.releases
        return _pooled(
            [
                self.model.fitted(shifted(given, error.draw(rng, len(given))), world.window, of_fit)
                for of_fit in of_fits
            ]
        )


class Forecaster:
    """A model that is given what was published a year before a world's table ends.

    It answers with the best published score of each group in the months after: the forecasts of
    :func:`frontierlag.studies.forecast.paths.futures`.
    """

    def __init__(self, name: str) -> None:
        self.model = Model(name)
        release_process(self.model.spec)

    def __call__(self, world: World, seed: np.random.SeedSequence) -> Found:
        """Fit the model to what was published, simulate paths, and read the best scores off."""
        before = forecast_from(world)
        window = Window(default_window_start(before), before.as_of)
        of = self.model
        fit, _, trouble = fitted_to_pass(
            of.spec, before, window, seed, draws=of.draws, tune=of.tune
        )
        start = day_number(before.as_of)
        estimates = {
            (BEST, ahead(group, months)): WorldEstimate.of_draws(
                path.published_on(start + months_to_days(months))
            )
            for group, path in enumerate(futures(fit, months_to_days(FORECAST_MONTHS)))
            for months in AHEAD
        }
        return Found(estimates, trouble)


def fitted_to_pass(
    spec: ModelSpec,
    releases: Releases,
    window: Window,
    seed: np.random.SeedSequence,
    *,
    draws: int,
    tune: int = TUNE,
) -> tuple[Fit, dict[str, xr.DataArray], str]:
    """A fit, made once more with more draws if it misses the gate; its lags and its trouble."""
    settings = SamplerSettings(
        chains=CHAINS, draws=draws, tune=tune, seed=int(seed.generate_state(1)[0])
    )
    observations = spec.observations(releases)

    def fitted(thin: int) -> tuple[Fit, dict[str, xr.DataArray], str]:
        fit = quick_fit(spec, observations, settings, 1, thin)
        lags = lags_of(fit, window)
        return fit, lags, trouble_of(gate(fit, lags))

    return sampled_to_pass(fitted, lambda found: not found[2])


def _pooled(fits: Sequence[tuple[dict[str, xr.DataArray], str]]) -> Found:
    """The answer of fits to equally likely tables: of one fit, its own."""
    return Found(
        {
            (kind, str(period)): WorldEstimate.of_draws(
                mixture([lags[kind].sel({PERIOD: period}) for lags, _ in fits]).to_numpy()
            )
            for kind, draws in fits[0][0].items()
            for period in draws[PERIOD].to_numpy()
        },
        "; ".join(trouble for _, trouble in fits if trouble),
    )


def lags_of(fit: Fit, window: Window) -> dict[str, xr.DataArray]:
    """Draws of trend and realized lag over every period, dims ``(chain, draw, period)``, months.

    Of a fit by domains also the mean of each domain over the window, the domain as the period.
    """
    lags = _of_capability(fit, window)
    if isinstance(fit.spec.frontier, JointDomains):
        for name, inside in all_domains(fit).items():
            for kind, draws in _of_capability(inside, window).items():
                own = draws.sel({PERIOD: [WHOLE]}).assign_coords({PERIOD: [name]})
                lags[kind] = xr.concat([lags[kind], own], PERIOD)
    return lags


def _of_capability(fit: Fit, window: Window) -> dict[str, xr.DataArray]:
    daily = {TREND: trend_lag_by_day(fit, window), REALIZED: realized_lag_by_day(fit, window)}
    return {
        kind: over_periods(months.to_numpy(), censored.to_numpy(), window)[VALUE]
        for kind, (months, censored) in daily.items()
    }


def gate(fit: Fit, lags: dict[str, xr.DataArray]) -> Convergence:
    """The measures of convergence over a fit's parameters and lags."""
    named = xr.Dataset({f"{kind} lag": draws for kind, draws in lags.items()})
    quantities = xr.merge([fit.tree["posterior"].to_dataset(), named])
    return check(fit.tree["sample_stats"].to_dataset(), quantities)


def trouble_of(measured: Convergence) -> str:
    """What a campaign's gate says against a fit, in words; empty if nothing.

    R-hat at most 1.05, at least 100 effective draws in bulk and tail, no divergence, E-BFMI above
    0.3: looser in the first two than the gate of a fit that is cited.
    """
    limits = {
        "R-hat": (0.0, MAX_RHAT),
        "bulk ESS": (MIN_ESS, np.inf),
        "tail ESS": (MIN_ESS, np.inf),
    }
    words = []
    for line in measured.checks:
        low, high = limits.get(line.name, (-np.inf, np.inf))
        passed = low <= line.value <= high if line.name in limits else line.passed
        if not passed:
            words.append(f"{line.name} {line.value:.4g} at {line.worst}")
    return "; ".join(words)


def daily_points(world: World, seed: np.random.SeedSequence) -> Found:
    """The published daily convention (:func:`frontierlag.lags.published.daily`): no interval.

    It gives the realized lag on every day since both groups' second record, which is the default
    window, from published scores.
    """
    days, lags, censored = daily_lags(world.releases)
    window = world.window
    assert np.array_equal(days, window.days)  # both begin with the later of the second records
    periods = over_periods(lags[None, None], censored[None, None], window)[VALUE]
    return Found(
        {
            (REALIZED, period): WorldEstimate(float(periods.sel({PERIOD: period}).item()))
            for period in window.periods
        }
    )


def level_mean(world: World, seed: np.random.SeedSequence) -> Found:
    """Mean horizontal distance of the record staircases over 100 score levels.

    Levels are equally spaced from the higher of the two first records to the lower of the two
    best. The interval is that of a mean of 100 independent values, mean -/+ z sd / 10 (1.645 for
    90 %), which they are not: a few records make them all. The method does not say which lag it
    means, so it is judged as an answer to both.
    """
    days, scores = zip(*(_records(world.releases, group, first=0) for group in (0, 1)), strict=True)
    low, high = max(s[0] for s in scores), min(s[-1] for s in scores)
    estimate = WorldEstimate(np.nan, ((np.nan, np.nan),) * len(PROBABILITIES), 1.0)
    if low < high:
        levels = np.linspace(low, high, LEVELS)
        reached = [d[np.searchsorted(s, levels)] for d, s in zip(days, scores, strict=True)]
        lags = (reached[FOLLOWER] - reached[LEADER]) / DAYS_PER_MONTH
        point, error = float(lags.mean()), float(lags.std(ddof=1)) / np.sqrt(LEVELS)
        z = stats.norm.ppf((1 + np.array(PROBABILITIES)) / 2)
        ends = tuple((float(point - k * error), float(point + k * error)) for k in z)
        estimate = WorldEstimate(point, ends)
    return Found({(kind, WHOLE): estimate for kind in (REALIZED, TREND)})


def record_line(world: World, seed: np.random.SeedSequence) -> Found:
    """Least squares through each group's records, with a bootstrap of records.

    The lag on a day is the horizontal distance of the two lines; each group's first record is
    dropped, as published. Intervals are percentiles over 1,000 resamples of each group's records.
    A line that does not rise, or whose records are all of one day, has no lag. It is judged as an
    answer to both lags: those who draw such lines do not say which they mean.
    """
    rng = np.random.default_rng(seed)
    window = world.window
    lines, boot = [], []
    for group in (LEADER, FOLLOWER):
        day, score = _records(world.releases, group, first=1)
        t = (day - window.days[-1]) / DAYS_PER_YEAR
        lines.append(_line(t[None], score[None]))
        chosen = rng.integers(len(t), size=(RESAMPLES, len(t)))
        boot.append(_line(t[chosen], score[chosen]))
    now = (window.days - window.days[-1]) / DAYS_PER_YEAR
    point, draws = (
        over_periods(lags, np.zeros(lags.shape, dtype=bool), window)[VALUE]
        for lags in (_distance(lines, now), _distance(boot, now))
    )
    estimates: dict[Estimand, WorldEstimate] = {}
    for period in window.periods:
        of_draws = WorldEstimate.of_draws(draws.sel({PERIOD: period}).to_numpy())
        best = float(point.sel({PERIOD: period}).item())
        for kind in (TREND, REALIZED):
            estimates[kind, period] = replace(of_draws, point=best)
    return Found(estimates)


BASELINES: dict[str, Estimator] = {
    "daily-points": daily_points,
    "level-mean": level_mean,
    "record-line": record_line,
}


def _records(releases: Releases, group: int, first: int) -> tuple[np.ndarray, np.ndarray]:
    """Days and scores of a group's records, without the first ``first``."""
    mask = records(releases) & releases.of(group)
    return releases.day[mask][first:], releases.score[mask][first:]


def _line(t: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Level at t = 0 and slope of the least-squares line of each row; NaN if it does not rise."""
    centre = t.mean(-1, keepdims=True)
    spread = ((t - centre) ** 2).sum(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = ((t - centre) * score).sum(-1) / spread
    slope = np.where((spread > 1e-12) & (slope > 0), slope, np.nan)
    return score.mean(-1) - slope * centre[..., 0], slope


def _distance(lines: list[tuple[np.ndarray, np.ndarray]], now: np.ndarray) -> np.ndarray:
    """Months from when the leader's line took the follower's value, shape ``(1, row, date)``."""
    (lead, lead_slope), (follow, follow_slope) = lines
    value = follow[:, None] + follow_slope[:, None] * now
    when = (value - lead[:, None]) / lead_slope[:, None]
    return ((now - when) * DAYS_PER_YEAR / DAYS_PER_MONTH)[None]
