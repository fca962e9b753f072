"""The stochastic frontier of many groups at once, with what is typical of a group estimated.

Group g has the model of a comparison of two (:class:`frontierlag.frontiers.stochastic.Stochastic`
around a line): score_i = level_g + slope_g t_i + v_i - u_i + e_i. Its parameters come from a
distribution over groups (partial pooling; Gelman & Hill 2007, chapter 12):

    level_g         ~ Normal(level_mean, level_spread)
    log slope_g     ~ Normal(log slope_typical, slope_spread)
    log scatter_g   ~ Normal(log scatter_typical, scatter_spread)
    log shortfall_g ~ Normal(log shortfall_typical, shortfall_spread)

so that a group with many releases speaks for itself and one with three takes from the others what
its own cannot say, with the width that follows from how much groups differ.

Of an accuracy all of this is on the log odds between chance level and ceiling, on which the trend
is a line too (:class:`frontierlag.trends.logistic.LogisticBetween`), and problems solved are
binomial (:class:`frontierlag.frontiers.accuracy.OfAccuracy`): as in a comparison of two groups.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from frontierlag.frontiers.accuracy import OfAccuracy
from frontierlag.frontiers.base import Frontier
from frontierlag.frontiers.observations import Observations
from frontierlag.frontiers.stochastic import Stochastic
from frontierlag.names import GROUP
from frontierlag.priors import Parameter, Prior
from frontierlag.scores import Metric
from frontierlag.scores.league import LeagueReleases
from frontierlag.scores.metric import LOG_ODDS
from frontierlag.scores.releases import reference_date
from frontierlag.trends.base import Trend
from frontierlag.trends.linear import Linear
from frontierlag.trends.logistic import LogisticBetween

# On the scale of the metric, or of an accuracy on the log odds.
FRONTIER, LINE = Stochastic(), Linear()
LEVEL = "level"
# Of a group, those on the logarithmic scale.
ON_LOGS = ("slope", "scatter", "shortfall")
OF_A_GROUP = (LEVEL, *ON_LOGS)
# Spreads over few groups may be near zero, where the posterior is narrow.
TARGET_ACCEPT = 0.99
# The level of a group of this many releases is half centred: between the coordinates that suit a
# group that its own releases decide and those that suit one that the others do.
HALF = 10


def curve_of(metric: Metric) -> Trend:
    """The trend of a group: a line, of an accuracy one in log odds."""
    return LINE if metric.bounds is None else LogisticBetween(metric.bounds)


def frontier_of(metric: Metric) -> Frontier:
    """How releases relate to it."""
    return FRONTIER if metric.bounds is None else OfAccuracy(FRONTIER, metric.bounds)


def name_of(metric: Metric) -> str:
    """What the model is called: that of two groups, and that groups are pooled."""
    return f"{curve_of(metric).name}-{FRONTIER.name}, all groups pooled"


def scale_of(metric: Metric) -> Metric:
    """The scale that trends are lines on: the metric's own, of an accuracy the log odds."""
    return metric if metric.bounds is None else LOG_ODDS


def parameters(metric: Metric) -> tuple[Parameter, ...]:
    """What is typical of a group and how much groups differ, with priors in units of the metric.

    The priors of what is typical have the middle and about the width of those of a comparison of
    two groups; groups differ by a factor of less than two as a rule, and by five at most. The prior
    of ``level_spread`` leaves out zero: groups are not all equally high, and near zero the
    posterior has a funnel that no sampler can follow (Chung et al. 2013, Psychometrika 78, 685-709,
    on priors of spreads over few groups). On the ECI its 90 % range is 2 to 16 points, on the log
    odds of an accuracy 0.2 to 1.6.
    """
    points, wide = scale_of(metric).unit, scale_of(metric).spread
    level, slope = curve_of(metric).parameters(metric)
    pace = Prior(family="LogNormal", median=0.6 * wide, sigma=0.5)
    if metric.bounded:
        pace = slope.prior  # log-normal as it is

    def positive(name: str, meaning: str, unit: str, median: float, sigma: float) -> Parameter:
        prior = Prior(family="LogNormal", median=median, sigma=sigma)
        return Parameter(name=name, meaning=meaning, unit=unit, prior=prior, shared=True)

    def spread(of: str, sigma: float) -> Parameter:
        meaning = f"standard deviation over groups of the logarithm of {of}"
        prior = Prior(family="HalfNormal", sigma=sigma)
        return Parameter(name=f"{of}_spread", meaning=meaning, unit="", prior=prior, shared=True)

    return (
        Parameter(
            name="level_mean",
            meaning="mean over groups of the height of the trend at the reference date",
            unit=points,
            prior=level.prior,
            shared=True,
        ),
        positive(
            "level_spread", "standard deviation over groups of that height", points, 0.3 * wide, 0.6
        ),
        Parameter(
            name="slope_typical",
            meaning="steepness of a typical trend",
            unit=f"{points} a year",
            prior=pace,
            shared=True,
        ),
        spread("slope", 0.4),
        positive("scatter_typical", "typical scatter around the trend", points, 0.12 * wide, 0.5),
        spread("scatter", 0.5),
        positive("shortfall_typical", "typical mean distance of a release below the frontier",
                 points, 0.4 * wide, 0.7),
        spread("shortfall", 0.5),
    )  # fmt: skip


def observations_of(releases: LeagueReleases) -> Observations:
    """What the model reads, times counted from the middle of the table.

    Raises
    ------
    ScoresError
        If the scores are accuracies and nothing says of how many problems.
    """
    return Observations(releases, reference_date(releases))


def build_league(observations: Observations) -> pm.Model:
    """Build the model.

    Returns
    -------
    pm.Model with the parameters of :func:`parameters` and, of dim ``group``, ``level``, ``slope``,
    ``scatter`` and ``shortfall``.
    """
    releases = releases_of(observations)
    with pm.Model(coords={GROUP: list(releases.groups)}) as model:
        data = {name: pm.Data(name, values) for name, values in inputs(observations).items()}
        shared = {q.name: q.variable() for q in parameters(releases.metric)}
        p = {
            LEVEL: _pooled(LEVEL, shared["level_mean"], shared["level_spread"], data["centred"])
        } | {name: _positive(name, shared) for name in ON_LOGS}
        p = {name: pm.Deterministic(name, values, dims=(GROUP,)) for name, values in p.items()}
        mu = curve_of(releases.metric).value(p, data["years"], data["group_index"], pt)
        frontier_of(releases.metric).likelihood(p, mu, data)
    return model


def releases_of(observations: Observations) -> LeagueReleases:
    """The releases of all groups that a league observes."""
    assert isinstance(observations.releases, LeagueReleases)
    return observations.releases


def inputs(observations: Observations) -> dict[str, np.ndarray]:
    """The arrays that the model reads, by the name of their ``pm.Data``.

    ``centred`` is how far the coordinate of each group's level is centred, from 0 to 1. Groups
    differ little in the logarithms of the others, less than the data of most groups could tell, so
    those are not centred.
    """
    counts = np.bincount(observations.arrays["group_index"])
    measured = frontier_of(observations.releases.metric).measurement
    names = ("observed", "years", "group_index", *measured)
    return {name: observations.arrays[name] for name in names} | {
        "centred": counts / (counts + HALF)
    }


def _positive(name: str, shared: Mapping[str, Any]) -> Any:
    """A parameter of each group whose logarithm is normal around the typical one's."""
    z = pm.Normal(f"{name}_coordinate", 0.0, 1.0, dims=(GROUP,))
    return shared[f"{name}_typical"] * pt.exp(shared[f"{name}_spread"] * z)


def _pooled(name: str, mean: Any, spread: Any, c: Any) -> Any:
    """Normal(mean, spread) for each group, in coordinates partly centred.

    With c the group's centring, the sampler moves x ~ Normal(c mean, spread^c), and the value is
    mean + spread^(1 - c) (x - c mean): c = 1 is the plain normal, c = 0 standard normal numbers
    (Papaspiliopoulos, Roberts & Sköld 2007).
    """
    x = pm.Normal(f"{name}_coordinate", c * mean, spread**c, dims=(GROUP,))
    return mean + spread ** (1 - c) * (x - c * mean)
