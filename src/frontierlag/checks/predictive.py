"""Predictive checks: does a model make data like its own, and what did its priors say before?

Posterior predictive p-values of test quantities (Gelman, Meng & Stern 1996), coverage of predictive
intervals, and the uniformity of leave-one-out probability integral transforms.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import arviz_stats as azs
import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import binom

from frontierlag.analyses.analysis import Analysis
from frontierlag.dates import Window
from frontierlag.fits.fitting import Fit
from frontierlag.frontiers import Joint
from frontierlag.intervals import INNER, OUTER, QUANTILES, tails
from frontierlag.lags.measure import trend_lag_on
from frontierlag.lags.periods import over_periods
from frontierlag.lags.realized import Staircase
from frontierlag.lags.trend import curve
from frontierlag.names import (
    DATE,
    DRAW,
    FOLLOWER,
    GROUP,
    LEADER,
    PERIOD,
    RELEASE,
    RESULT,
    SAMPLE_DIMS,
    SCORE,
    TREND,
    VALUE,
    WINDOW,
)

# A p-value below this or above one less it is extreme. Such p-values gather about one half, as the
# model was fitted to the same data, so that by chance alone fewer than 2 % of them are extreme.
EXTREME = 0.01
QUANTILE = "quantile"
NEITHER = "neither group"

# A test quantity: (scores, trend) -> number, over the last axis.
Quantity = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class PredictiveCheck:
    """One line of the predictive check.

    Attributes
    ----------
    name
        The test quantity.
    group
        Whose releases; ``both`` for all.
    value
        The quantity of the observed scores, its mean over draws where it depends on the trend.
    expected
        Its mean over replicated scores.
    p
        Posterior predictive p-value: the probability that replicated scores have a larger value,
        plus half that of an equal one.
    passed
        Whether ``p`` is not extreme; None if there is no p-value.
    text
        One sentence.
    """

    name: str
    group: str
    value: float
    expected: float
    p: float
    passed: bool | None
    text: str


def predictive_checks(fit: Fit) -> tuple[PredictiveCheck, ...]:
    """Compare replicated scores with the observed ones, group by group.

    Replicated scores are at the dates and measurement errors of the releases in the likelihood:
    the record-holders under ``records``, otherwise every release, for which records by score are
    counted and the best score compared as well.

    Returns
    -------
    The checks: mean score; standard deviation, skewness, minimum and maximum of the distances from
    the draw's trend; how many scores lie above it; records and best score (not under ``records``,
    whose releases are records by choice); the share of scores within their own 50 % and 90 %
    predictive intervals; and the uniformity of the leave-one-out probability integral transforms
    (its p-value is that of the test, small if they are not uniform).
    """
    if isinstance(fit.spec.frontier, Joint):
        drawn = _of_capabilities(fit, fit.spec.frontier)
        pit = loo_pit(fit)
        return (*_of_results(fit, pit), *drawn, loo_pit_check(fit, pit))
    observations = fit.observations
    releases = observations.releases
    n = len(releases)
    y = observations.arrays["observed"]
    replicated = fit.tree["posterior_predictive"][SCORE].transpose(*SAMPLE_DIMS, RELEASE)
    rep = replicated.to_numpy().reshape(-1, n)
    mu = fit.spec.trend_at(fit.draws, observations).reshape(-1, n)
    bounds = {prob: np.quantile(rep, tails(prob), axis=0) for prob in (INNER, OUTER)}
    found = []
    for group, label in enumerate(releases.group_names):
        of = releases.of(group)
        quantities = dict(_QUANTITIES)
        if fit.spec.frontier.name != "records":
            quantities |= _of_all_releases(releases.day[of], "score")
        for prob, (low, high) in bounds.items():
            quantities[f"share within {prob:.0%} intervals"] = _share_within(low[of], high[of])
        for name, quantity in quantities.items():
            observed = np.broadcast_to(quantity(y[of], mu[:, of]), len(rep))
            found.append(_checked(name, label, observed, quantity(rep[:, of], mu[:, of])))
    return (*found, loo_pit_check(fit))


def _of_results(fit: Fit, pit: np.ndarray) -> Iterator[PredictiveCheck]:
    """Benchmark results against replicated ones, by whose model they are.

    Shares within intervals are of leave-one-out intervals, tested as binomial: with a parameter
    for every four results, a model lies closer to the results it was fitted to than to new ones.
    """
    releases, responses = fit.observations.releases, fit.observations.responses
    assert responses is not None
    counts = responses.weight > 0
    y = responses.score
    replicated = fit.tree["posterior_predictive"][SCORE].transpose(*SAMPLE_DIMS, RESULT)
    rep = replicated.to_numpy().reshape(-1, len(y))
    group = np.concatenate([releases.group, np.full(len(responses.others), 2)])
    for g, label in enumerate((*releases.group_names, NEITHER)):
        of = counts & (group[responses.model] == g)
        if not of.any():
            continue
        quantities: dict[str, Quantity] = {
            "mean benchmark score": lambda y, _: y.mean(-1),
            "sd of benchmark scores": lambda y, _: y.std(-1),
        }
        for prob in (INNER, OUTER):
            name = f"share of results within leave-one-out {prob:.0%} intervals"
            inside = int((np.abs(pit[of] - 0.5) <= prob / 2).sum())
            new = binom(int(of.sum()), prob)
            p = float(new.sf(inside) + 0.5 * new.pmf(inside))
            yield _line(name, label, inside / int(of.sum()), prob, p)
        for name, quantity in quantities.items():
            values = np.asarray(quantity(rep[:, of], y))
            yield _checked(name, label, np.broadcast_to(quantity(y[of], y), len(rep)), values)


def _of_capabilities(fit: Fit, frontier: Joint) -> Iterator[PredictiveCheck]:
    """Capabilities as they were drawn against new ones that the frontier makes at these dates.

    Both depend on the draw, a realized discrepancy (Gelman, Meng & Stern 1996).
    """
    observations = fit.observations
    releases = observations.releases
    p = fit.all_draws
    mu = fit.spec.trend_at(p, observations)
    rng = np.random.default_rng([fit.settings.seed, 4])
    new = frontier.new_capabilities(rng, p, mu, observations.arrays).reshape(-1, len(releases))
    drawn, mu = (values.reshape(-1, len(releases)) for values in (fit.capabilities, mu))
    for group, label in enumerate(releases.group_names):
        of = releases.of(group)
        quantities = _QUANTITIES | _of_all_releases(releases.day[of], "capability")
        for name, quantity in quantities.items():
            words = name.replace("scores", "capabilities").replace("mean score", "mean capability")
            yield _checked(
                words, label, quantity(drawn[:, of], mu[:, of]), quantity(new[:, of], mu[:, of])
            )


def predictive_table(analysis: Analysis) -> pd.DataFrame:
    """The checks of a model as rows, with its name."""
    rows = [asdict(line) for line in predictive_checks(analysis.fit)]
    return pd.DataFrame(rows).assign(model=analysis.name)


def loo_pit(fit: Fit) -> np.ndarray:
    """P(replicated score <= observed | the other scores) of each score, by importance sampling."""
    with warnings.catch_warnings():
        # Pareto k is shown where models are compared.
        warnings.filterwarnings("ignore", message="Estimated shape parameter of Pareto")
        pit = azs.loo_pit(fit.tree, var_names=SCORE)
    # A place is known to within a draw: none is exactly 0 or 1, which a test would find absurd.
    dim = fit.spec.frontier.observed_dim
    half = 0.5 / fit.tree["posterior_predictive"][SCORE].isel({dim: 0}).size
    return np.asarray(pit[SCORE].clip(half, 1 - half))


def loo_pit_check(fit: Fit, pit: np.ndarray | None = None) -> PredictiveCheck:
    """Test the leave-one-out probability integral transforms for uniformity.

    Each is P(replicated score <= observed | the other releases), by importance sampling, computed
    with :func:`loo_pit` if not given; the test is ArviZ's for such dependent values (``pot_c``).
    """
    dim = fit.spec.frontier.observed_dim
    values = xr.DataArray(loo_pit(fit) if pit is None else pit, dims=dim)
    p = float(values.azstats.uniformity_test(dim=dim)[0])
    mean = float(values.mean())
    passed = p >= EXTREME
    words = "like" if passed else "NOT like"
    return PredictiveCheck(
        "leave-one-out PIT uniformity", "both", mean, 0.5, p, passed,
        f"the places of {values.size} scores in their leave-one-out predictive distributions are "
        f"spread {words} a uniform sample (p {p:.3f}, mean {mean:.2f})",
    )  # fmt: skip


def _checked(
    name: str, label: str, observed: np.ndarray, replicated: np.ndarray
) -> PredictiveCheck:
    p = float((replicated > observed).mean() + 0.5 * (replicated == observed).mean())
    return _line(name, label, float(observed.mean()), float(replicated.mean()), p)


def _line(name: str, label: str, value: float, expected: float, p: float) -> PredictiveCheck:
    passed = EXTREME <= p <= 1 - EXTREME
    text = f"{label}: {name} is {value:.2f}, the model makes {expected:.2f} on average (p {p:.3f})"
    return PredictiveCheck(
        name, label, value, expected, p, passed, text if passed else f"{text}: EXTREME"
    )


def skewness(x: np.ndarray) -> np.ndarray:
    """Third central moment over the cubed standard deviation, over the last axis."""
    centred = x - x.mean(-1, keepdims=True)
    return (centred**3).mean(-1) / (centred**2).mean(-1) ** 1.5


_QUANTITIES: dict[str, Quantity] = {
    "mean score": lambda y, _: y.mean(-1),
    "sd around the trend": lambda y, mu: (y - mu).std(-1),
    "skewness around the trend": lambda y, mu: skewness(y - mu),
    "lowest from the trend": lambda y, mu: (y - mu).min(-1),
    "highest from the trend": lambda y, mu: (y - mu).max(-1),
    "scores above the trend": lambda y, mu: (y > mu).sum(-1).astype(float),
}


def _of_all_releases(day: np.ndarray, what: str) -> dict[str, Quantity]:
    """Test quantities of all releases of a group: records, and the final best of all."""

    def records(y: np.ndarray, _: np.ndarray) -> np.ndarray:
        return 1.0 + (np.diff(Staircase.of(day, y).best) > 0).sum(-1)

    return {f"records by {what}": records, f"best {what}": lambda y, _: y.max(-1)}


def _share_within(low: np.ndarray, high: np.ndarray) -> Quantity:
    return lambda y, _: ((y >= low) & (y <= high)).mean(-1)


@dataclass(frozen=True, eq=False)
class PriorCurves:
    """What the priors say before the data, for a person to judge.

    ``lines`` are some draws of the trends, score units, dims ``(draw, date, group)``, ``bands``
    quantiles of all of them, dims ``(quantile, date, group)``, ``prior`` and ``posterior`` draws of
    the window's mean trend lag, months, dims ``(chain, draw)``.
    """

    lines: xr.DataArray
    bands: xr.DataArray
    prior: xr.DataArray
    posterior: xr.DataArray


def prior_curves(analysis: Analysis, lines: int = 60, step: int = 7) -> PriorCurves:
    """Follow the prior draws of a model through to the curves and to the mean trend lag.

    The first draws are kept as ``lines``, as prior draws are independent; ``step`` are the days
    between the dates of the curves.
    """
    fit, window = analysis.fit, analysis.measured.window
    observations = fit.observations
    releases, reference = observations.releases, observations.reference
    drawn = fit.tree["prior"].to_dataset()
    p = {q.name: drawn[q.name].to_numpy() for q in fit.spec.parameters}
    p |= {name: observations.arrays[name] for name in fit.spec.trend.inputs}
    whole = Window(releases.date.min().astype(object), releases.as_of)
    dates = slice(None, None, step)
    curves = np.stack(
        [
            curve(fit.spec.trend, p, whole.days[dates], reference, group)
            for group in (LEADER, FOLLOWER)
        ],
        axis=-1,
    )
    curves = curves.reshape(-1, *curves.shape[2:])
    coords = {DATE: whole.dates[dates], GROUP: list(releases.group_names)}
    lag, outside = trend_lag_on(fit, window.days, int(window.days[-1]), p)
    prior = over_periods(lag, outside, window)[VALUE].sel({PERIOD: WINDOW}, drop=True)
    posterior = analysis.measured.lag(TREND, WINDOW)
    return PriorCurves(
        lines=xr.DataArray(curves[:lines], dims=(DRAW, DATE, GROUP), coords=coords),
        bands=xr.DataArray(
            np.quantile(curves, QUANTILES, axis=0),
            dims=(QUANTILE, DATE, GROUP),
            coords={QUANTILE: list(QUANTILES), **coords},
        ),
        prior=prior,
        posterior=posterior,
    )
