"""Sampling a league, and what its releases can do in each draw.

Draws of the parameters are in the store of fits, by the source of
:mod:`frontierlag.studies.league.model`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import xarray as xr

from frontierlag.analyses.refits import every_nth, longer
from frontierlag.dates import years_after
from frontierlag.fits.sampling import check_whole, compilation, draw
from frontierlag.fits.store import once
from frontierlag.fits.traces import arrays_of
from frontierlag.frontiers.noise import ReleaseNoise
from frontierlag.frontiers.observations import Observations
from frontierlag.lags.dates import release_days
from frontierlag.lags.realized import Staircase
from frontierlag.names import CHAIN, DRAW, GROUP, SAMPLE_DIMS
from frontierlag.scores.league import LeagueReleases
from frontierlag.settings import SamplerSettings
from frontierlag.studies.league import model as league_model
from frontierlag.studies.league.model import (
    FRONTIER,
    LINE,
    OF_A_GROUP,
    TARGET_ACCEPT,
    build_league,
    curve_of,
    frontier_of,
    inputs,
    name_of,
    observations_of,
    parameters,
    releases_of,
)

# Keep the draws of pending releases independent of all others.
_PENDING = 5
_SECONDS = "sampling_seconds"

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
        return releases_of(self.observations)

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
    ScoresError
        If the scores are accuracies and nothing says of how many problems.
    Interrupted
        If fewer draws came back than were asked for.
    """
    observations = observations_of(releases)
    settings = settings.resolved(TARGET_ACCEPT)
    chosen = longer(settings, times)
    found = once(
        (name_of(releases.metric), parameters(releases.metric)),
        inputs(observations),
        chosen,
        lambda: _sampled(observations, chosen, cores),
        behind=league_model.__name__,
    )
    # What is kept may be of the same releases in groups of other names.
    posterior = found["posterior"].assign_coords({GROUP: list(releases.groups)})
    stats = found["sample_stats"]
    seconds = float(stats.attrs.pop(_SECONDS))
    return derived(observations, settings, every_nth(posterior, times), stats, seconds)


def _sampled(
    observations: Observations, settings: SamplerSettings, cores: int | None
) -> dict[str, xr.Dataset]:
    """Draws of the parameters and the sampler's own record, which says how long it took."""
    releases = releases_of(observations)
    raw, seconds = draw(_code(observations), settings, cores, return_raw_trace=True)
    draws, record = arrays_of(raw)
    got = record["diverging"].shape
    check_whole("the league", got, settings)
    coords = {dim: np.arange(n) for dim, n in zip(SAMPLE_DIMS, got, strict=True)}
    stats = xr.Dataset(
        {k: (SAMPLE_DIMS, v) for k, v in record.items() if k not in coords and v.ndim == 2},
        coords,
        {_SECONDS: seconds},
    )
    shared = {q.name: (SAMPLE_DIMS, draws[q.name]) for q in parameters(releases.metric)}
    own = {name: ((*SAMPLE_DIMS, GROUP), draws[name]) for name in OF_A_GROUP}
    posterior = xr.Dataset(shared | own, {**coords, GROUP: list(releases.groups)})
    return {"posterior": posterior, "sample_stats": stats}


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
    releases = releases_of(observations)
    p = {name: posterior[name].to_numpy() for name in OF_A_GROUP}
    data = observations.arrays
    metric = releases.metric
    mu = curve_of(metric).value(p, data["years"], data["group_index"], np)
    noise = ReleaseNoise(settings.seed, list(releases.model))
    capability = frontier_of(metric).capabilities(noise, p, mu, data)
    sample = (posterior.sizes[CHAIN], posterior.sizes[DRAW])
    day = release_days(releases, settings.seed, sample)
    group, pending = releases.group, releases.pending
    if len(pending):
        years = years_after(pending.day, observations.reference)
        line = LINE.value(p, years, pending.group, np)
        rng = np.random.default_rng([settings.seed, _PENDING])
        extra = FRONTIER.new_capabilities(rng, p, line, {"group_index": pending.group})
        if metric.bounds is not None:
            extra = metric.bounds.score(extra, np)
        capability = np.concatenate([capability, extra], -1)
        # Days of releases may differ from draw to draw; those of pending ones are the same in all.
        of_each = np.broadcast_to(pending.day, (*day.shape[:-1], len(pending)))
        day = np.concatenate([day, of_each], -1)
        group = np.concatenate([group, pending.group])
    return LeagueFit(
        observations, settings, posterior, stats, seconds, capability, day, np.asarray(group)
    )


def _code(observations: Observations) -> Any:
    """The compiled model holding these observations, compiled at most once a process and size."""
    releases = releases_of(observations)
    key = (releases.metric, len(releases.groups))
    of_draws = frontier_of(releases.metric).only_to_draw
    read = {name: values for name, values in inputs(observations).items() if name not in of_draws}
    if key not in _compiled:
        model = build_league(observations)
        import nutpie  # loads all of ArviZ

        with compilation():
            _compiled[key] = (model, nutpie.compile_pymc_model(model))
    model, code = _compiled[key]
    pm.set_data(read, model=model)
    return code.with_data(**read)
