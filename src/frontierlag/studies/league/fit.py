"""One fit of all groups: compiled once for each number of groups, sampled, and kept with its days.

Draws of a league are not in the store of fits, which keys what it keeps by the models of two
groups: a league samples in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import xarray as xr

from frontierlag.dates import years_after
from frontierlag.errors import FitError
from frontierlag.fits.sampling import compilation, draw
from frontierlag.fits.traces import arrays_of
from frontierlag.frontiers.noise import ReleaseNoise
from frontierlag.frontiers.observations import Observations
from frontierlag.lags.dates import release_days
from frontierlag.lags.realized import Staircase
from frontierlag.names import CHAIN, DRAW, GROUP, SAMPLE_DIMS
from frontierlag.scores.league import LeagueReleases
from frontierlag.settings import SamplerSettings
from frontierlag.studies.league.model import (
    FRONTIER,
    OF_A_GROUP,
    TARGET_ACCEPT,
    TREND_CURVE,
    build_league,
    inputs,
    observations_of,
    parameters,
)

# Keep the draws of pending releases independent of all others.
_PENDING = 5

_compiled: dict[tuple[Any, int], Any] = {}


@dataclass(frozen=True, eq=False)
class LeagueFit:
    """Draws of a league's parameters and of all that its releases can do.

    Attributes
    ----------
    observations
        The releases of all groups, with the date that times count from.
    settings
        Of the sampler.
    posterior
        Parameters, dims ``(chain, draw)``, and of each group ``(chain, draw, group)``.
    sample_stats
        The sampler's own record, dims ``(chain, draw)``.
    seconds
        Time that sampling took.
    capability
        Of each release, then of each pending one, shape ``(chain, draw, n)``. A pending release's
        is what its group's model says of a release on that day: unknown, not absent.
    day, group
        Day of the same in every draw, ``(n,)`` or ``(chain, draw, n)``, and its group, ``(n,)``.
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
        found = self.observations.releases
        assert isinstance(found, LeagueReleases)
        return found

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
    releases: LeagueReleases,
    settings: SamplerSettings,
    cores: int | None = None,
    longer: int = 1,
) -> LeagueFit:
    """Fit all groups at once.

    Parameters
    ----------
    releases
        The releases of all groups.
    settings
        Sampler settings.
    cores
        Threads for sampling; changes no number.
    longer
        Sample this many times the draws, tune twice as long if more than one, and keep every
        ``longer``-th draw; the sampler's own record is kept whole.

    Raises
    ------
    SpecError
        If the scores are accuracies.
    FitError
        If fewer draws came back than were asked for.
    """
    observations = observations_of(releases)
    settings = settings.resolved(TARGET_ACCEPT)
    chosen = settings
    if longer > 1:
        more = {"draws": longer * settings.draws, "tune": 2 * settings.tune}
        chosen = settings.model_copy(update=more)
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
    posterior = posterior.isel({DRAW: slice(None, None, longer)})
    posterior = posterior.assign_coords({DRAW: np.arange(posterior.sizes[DRAW])})
    return derived(observations, settings, posterior, stats, seconds)


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
    releases = observations.releases
    assert isinstance(releases, LeagueReleases)
    p = {name: posterior[name].to_numpy() for name in OF_A_GROUP}
    data = observations.arrays
    mu = TREND_CURVE.value(p, data["years"], data["group_index"], np)
    noise = ReleaseNoise(settings.seed, list(releases.model))
    capability = FRONTIER.capabilities(noise, p, mu, data)
    sample = (posterior.sizes[CHAIN], posterior.sizes[DRAW])
    day = release_days(releases, settings.seed, sample)
    group = releases.group
    if len(releases.pending):
        extra, days = _pending(observations, settings.seed, p)
        capability = np.concatenate([capability, extra], -1)
        # Days of releases may differ from draw to draw; those of pending ones are the same in all.
        of_each = np.broadcast_to(days, (*day.shape[:-1], len(days)))
        day = np.concatenate([day, of_each], -1)
        group = np.concatenate([group, releases.pending.group])
    return LeagueFit(
        observations, settings, posterior, stats, seconds, capability, day, np.asarray(group)
    )


def _pending(
    observations: Observations, seed: int, p: dict[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Capabilities of pending releases in every draw, and their days (the central ones)."""
    releases = observations.releases
    assert isinstance(releases, LeagueReleases)
    pending = releases.pending
    years = years_after(pending.day, observations.reference)
    data = {"group_index": pending.group}
    mu = TREND_CURVE.value(p, years, pending.group, np)
    rng = np.random.default_rng([seed, _PENDING])
    return FRONTIER.new_capabilities(rng, p, mu, data), pending.day


def _code(observations: Observations) -> Any:
    """The compiled model holding these observations, compiled at most once a process and size."""
    releases = observations.releases
    assert isinstance(releases, LeagueReleases)
    key = (releases.metric, len(releases.groups))
    read = inputs(observations)
    if key not in _compiled:
        model = build_league(observations)
        import nutpie  # loads all of ArviZ

        with compilation():
            _compiled[key] = (model, nutpie.compile_pymc_model(model))
    model, code = _compiled[key]
    pm.set_data(read, model=model)
    return code.with_data(**read)
