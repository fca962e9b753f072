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

Draws of a league are not in the store of fits, which keys what it keeps by the models of two
groups: a league samples in seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import xarray as xr

from frontierlag.analyses.refits import every_nth, longer
from frontierlag.dates import years_after
from frontierlag.errors import FitError, SpecError
from frontierlag.fits.sampling import compilation, draw
from frontierlag.fits.traces import arrays_of
from frontierlag.frontiers.noise import ReleaseNoise
from frontierlag.frontiers.observations import Observations
from frontierlag.frontiers.stochastic import Stochastic
from frontierlag.lags.dates import release_days
from frontierlag.lags.realized import Staircase
from frontierlag.names import CHAIN, DRAW, GROUP, SAMPLE_DIMS
from frontierlag.priors import Parameter, Prior
from frontierlag.scores import Metric
from frontierlag.scores.league import LeagueReleases
from frontierlag.scores.releases import reference_date
from frontierlag.settings import SamplerSettings
from frontierlag.trends.linear import Linear

NAME = "linear-stochastic, all groups pooled"
FRONTIER, TREND_CURVE = Stochastic(), Linear()
LEVEL = "level"
# Of a group, those on the logarithmic scale.
ON_LOGS = ("slope", "scatter", "shortfall")
OF_A_GROUP = (LEVEL, *ON_LOGS)
# Spreads over few groups may be near zero, where the posterior is narrow.
TARGET_ACCEPT = 0.99
INPUTS = ("observed", "years", "group_index", "stderr")
# The level of a group of this many releases is half centred: between the coordinates that suit a
# group that its own releases decide and those that suit one that the others do.
HALF = 10
# Keep the draws of pending releases independent of all others.
_PENDING = 5

_compiled: dict[tuple[Any, int], Any] = {}


def parameters(metric: Metric) -> tuple[Parameter, ...]:
    """What is typical of a group and how much groups differ, with priors in units of the metric.

    The priors of what is typical have the middle and about the width of those of a comparison of
    two groups; groups differ by a factor of less than two as a rule, and by five at most. The prior
    of ``level_spread`` leaves out zero: groups are not all equally high, and near zero the
    posterior has a funnel that no sampler can follow (Chung et al. 2013, Psychometrika 78, 685-709,
    on priors of spreads over few groups). On the ECI its 90 % range is 2 to 16 points.
    """
    points, wide = metric.unit, metric.spread

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
            prior=Prior(family="Normal", mu=metric.location, sigma=2 * wide),
            shared=True,
        ),
        positive(
            "level_spread", "standard deviation over groups of that height", points, 0.3 * wide, 0.6
        ),
        positive("slope_typical", "steepness of a typical trend", f"{points} a year",
                 0.6 * wide, 0.5),
        spread("slope", 0.4),
        positive("scatter_typical", "typical scatter around the trend", points, 0.12 * wide, 0.5),
        spread("scatter", 0.5),
        positive("shortfall_typical", "typical mean distance of a release below the frontier",
                 points, 0.4 * wide, 0.7),
        spread("shortfall", 0.5),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class LeagueFit:
    """Draws of a league's parameters and of all that its releases can do.

    ``posterior`` has parameters, dims ``(chain, draw)``, and of each group ``(chain, draw,
    group)``; ``sample_stats`` is the sampler's own record. ``capability`` is of each release, then
    of each pending one, shape ``(chain, draw, n)``: a pending release's is what its group's model
    says of a release on that day, unknown and not absent. ``day`` is the day of the same,
    ``(n,)`` or ``(chain, draw, n)``, and ``group`` its group, ``(n,)``.
    """

    observations: Observations
    settings: SamplerSettings
    posterior: xr.Dataset
    sample_stats: xr.Dataset
    seconds: float
    capability: np.ndarray
    day: np.ndarray
    group: np.ndarray

    @property
    def releases(self) -> LeagueReleases:
        """The releases."""
        return _releases(self.observations)

    @property
    def p(self) -> dict[str, np.ndarray]:
        """Parameters of the groups, shape ``(chain, draw, group)``."""
        return {name: self.posterior[name].to_numpy() for name in OF_A_GROUP}

    def staircase(self, *groups: int) -> Staircase:
        """Best available capability of a group, or of several as if they were one."""
        own = np.isin(self.group, groups)
        return Staircase.of(self.day[..., own], self.capability[..., own])

    @property
    def frontier(self) -> Staircase:
        """Best available capability of all groups."""
        return self.staircase(*range(len(self.releases.groups)))


def sample_league(
    releases: LeagueReleases, settings: SamplerSettings, cores: int | None = None, times: int = 1
) -> LeagueFit:
    """Fit all groups at once, with ``times`` the draws, of which every ``times``-th is kept.

    Raises
    ------
    SpecError
        If the scores are accuracies.
    FitError
        If fewer draws came back than were asked for.
    """
    observations = observations_of(releases)
    settings = settings.resolved(TARGET_ACCEPT)
    chosen = longer(settings, times)
    raw, seconds = draw(_code(observations), chosen, cores, return_raw_trace=True)
    draws, record = arrays_of(raw)
    got = record["diverging"].shape
    if got != (chosen.chains, chosen.draws):
        raise FitError(
            f"sampling the league returned {got[0]} chains of {got[1]} draws instead of "
            f"{chosen.chains} of {chosen.draws}: it was interrupted; run it again"
        )
    coords = {dim: np.arange(n) for dim, n in zip(SAMPLE_DIMS, got, strict=True)}
    stats = xr.Dataset(
        {k: (SAMPLE_DIMS, v) for k, v in record.items() if k not in coords and v.ndim == 2}, coords
    )
    shared = {q.name: (SAMPLE_DIMS, draws[q.name]) for q in parameters(releases.metric)}
    own = {name: ((*SAMPLE_DIMS, GROUP), draws[name]) for name in OF_A_GROUP}
    posterior = xr.Dataset(shared | own, {**coords, GROUP: list(releases.groups)})
    return derived(observations, settings, every_nth(posterior, times), stats, seconds)


def observations_of(releases: LeagueReleases) -> Observations:
    """What the model reads, times counted from the middle of the table.

    Raises
    ------
    SpecError
        If the scores are accuracies, of which there is no model of all groups.
    """
    if releases.metric.bounded:
        raise SpecError(
            f"{releases.table} holds accuracies between a floor and a ceiling, and a league has no "
            "model of those yet: give an index, or compare two groups with `frontierlag run`"
        )
    return Observations(releases, reference_date(releases))


def build_league(observations: Observations) -> pm.Model:
    """Build the model.

    It has the parameters of :func:`parameters` and, of dim ``group``, ``level``, ``slope``,
    ``scatter`` and ``shortfall``.
    """
    releases = _releases(observations)
    with pm.Model(coords={GROUP: list(releases.groups)}) as model:
        data = {name: pm.Data(name, values) for name, values in _inputs(observations).items()}
        shared = {q.name: q.variable() for q in parameters(releases.metric)}
        p = {
            LEVEL: _pooled(LEVEL, shared["level_mean"], shared["level_spread"], data["centred"])
        } | {name: _positive(name, shared) for name in ON_LOGS}
        p = {name: pm.Deterministic(name, values, dims=(GROUP,)) for name, values in p.items()}
        mu = TREND_CURVE.value(p, data["years"], data["group_index"], pt)
        FRONTIER.likelihood(p, mu, data)
    return model


def derived(
    observations: Observations,
    settings: SamplerSettings,
    posterior: xr.Dataset,
    stats: xr.Dataset,
    seconds: float = 0.0,
) -> LeagueFit:
    """Draw from parameters what each release can do, and on which day it came out.

    Capabilities come from their exact conditional given the score
    (:meth:`frontierlag.frontiers.stochastic.Stochastic.capabilities`), with the noise that a fit of
    two groups of the same seed has for the same release; those of pending releases from the model
    alone.
    """
    releases = _releases(observations)
    p = {name: posterior[name].to_numpy() for name in OF_A_GROUP}
    data = observations.arrays
    mu = TREND_CURVE.value(p, data["years"], data["group_index"], np)
    noise = ReleaseNoise(settings.seed, list(releases.model))
    capability = FRONTIER.capabilities(noise, p, mu, data)
    sample = (posterior.sizes[CHAIN], posterior.sizes[DRAW])
    day = release_days(releases, settings.seed, sample)
    group, pending = releases.group, releases.pending
    if len(pending):
        years = years_after(pending.day, observations.reference)
        mu = TREND_CURVE.value(p, years, pending.group, np)
        rng = np.random.default_rng([settings.seed, _PENDING])
        extra = FRONTIER.new_capabilities(rng, p, mu, {"group_index": pending.group})
        capability = np.concatenate([capability, extra], -1)
        # Days of releases may differ from draw to draw; those of pending ones are the same in all.
        of_each = np.broadcast_to(pending.day, (*day.shape[:-1], len(pending)))
        day = np.concatenate([day, of_each], -1)
        group = np.concatenate([group, pending.group])
    return LeagueFit(
        observations, settings, posterior, stats, seconds, capability, day, np.asarray(group)
    )


def _releases(observations: Observations) -> LeagueReleases:
    assert isinstance(observations.releases, LeagueReleases)
    return observations.releases


def _inputs(observations: Observations) -> dict[str, np.ndarray]:
    """The arrays that the model reads, by the name of their ``pm.Data``.

    ``centred`` is how far the coordinate of each group's level is centred, from 0 to 1. Groups
    differ little in the logarithms of the others, less than the data of most groups could tell, so
    those are not centred.
    """
    counts = np.bincount(observations.arrays["group_index"])
    return {name: observations.arrays[name] for name in INPUTS} | {
        "centred": counts / (counts + HALF)
    }


def _code(observations: Observations) -> Any:
    """The compiled model holding these observations, compiled at most once a process and size."""
    releases = _releases(observations)
    key = (releases.metric, len(releases.groups))
    read = _inputs(observations)
    if key not in _compiled:
        model = build_league(observations)
        import nutpie  # loads all of ArviZ

        with compilation():
            _compiled[key] = (model, nutpie.compile_pymc_model(model))
    model, code = _compiled[key]
    pm.set_data(read, model=model)
    return code.with_data(**read)


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
