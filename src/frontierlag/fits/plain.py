"""Capabilities from benchmark results alone: the item-response model without any frontier.

The same item-response model as :class:`frontierlag.frontiers.joint.Joint`, but all models have one
plain hierarchical prior, Normal(other_mean, other_spread), whatever group they are of and whenever
they came out. Its draws can be used as a measurement: what that prior says of each model is known
and can be taken out again (:mod:`frontierlag.scores.bootstraps.covariance`), which the frontier's
could not.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import nutpie
import pymc as pm
import pytensor.tensor as pt
import xarray as xr

from frontierlag.errors import DrawsError, OutputError
from frontierlag.fits.convergence import Convergence, check
from frontierlag.fits.fitting import Fit
from frontierlag.fits.sampling import check_whole, compilation, draw
from frontierlag.frontiers import Joint, densities
from frontierlag.frontiers.observations import Observations
from frontierlag.frontiers.pinned import free_scale
from frontierlag.names import BENCHMARK, CHAIN, DRAW, MODEL
from frontierlag.scores.bootstraps.table import DIMS, ENGINE, FORMAT
from frontierlag.scores.item_results import MeasuredReleases
from frontierlag.scores.releases import reference_date
from frontierlag.settings import CAPABILITIES, SamplerSettings

_PER_BENCHMARK = ("difficulty", "discrimination", "noise")
_LEFT_TO_THE_FRONTIER = ("scatter", "shortfall")


@dataclass(frozen=True)
class PlainFit:
    """Draws of all capabilities, and what is needed to use them elsewhere.

    Attributes
    ----------
    releases
        What was fitted: models of two groups first, then all others with results.
    settings
        Of the sampler.
    posterior
        ``capability`` of dims ``(chain, draw, model)`` in points, ``other_mean`` and
        ``other_spread`` (the prior's mean and standard deviation), the other hyperparameters, and
        the benchmarks' ``difficulty``, ``discrimination`` and ``noise``.
    sample_stats
        The sampler's record.
    seconds
        Time that sampling took.
    """

    releases: MeasuredReleases
    settings: SamplerSettings
    posterior: xr.Dataset
    sample_stats: xr.Dataset
    seconds: float

    @property
    def convergence(self) -> Convergence:
        """The verdict of the gate on every parameter and capability."""
        return check(self.sample_stats, self.posterior)


def model_names(releases: MeasuredReleases) -> np.ndarray:
    """Every model with results, in the order of their ``Responses``."""
    return np.concatenate([releases.model, releases.responses.others])


def build_plain(releases: MeasuredReleases) -> pm.Model:
    """Build the model.

    Returns
    -------
    pm.Model with ``capability`` of all models, pins included, and the variables of the benchmarks
    as in the joint model.
    """
    joint = Joint()
    arrays = Observations(releases, reference_date(releases)).arrays
    with pm.Model() as model:
        data = {name: pm.Data(name, arrays[name]) for name in ("result", *joint.measurement)}
        p = {
            q.name: q.variable()
            for q in joint.parameters(releases.metric)
            if q.name not in _LEFT_TO_THE_FRONTIER
        }
        scale = free_scale(data)
        each = densities.normal_logp(scale.capability - p["other_mean"], p["other_spread"], pt)
        pm.Potential("models", each.sum())
        pm.Deterministic("capability", scale.capability)
        joint.results(p, scale, data)
    return model


def fit_plain(
    releases: MeasuredReleases,
    settings: SamplerSettings | None = None,
    *,
    cores: int | None = None,
) -> PlainFit:
    """Sample the capabilities of all models from their benchmark results.

    Parameters
    ----------
    releases
        Releases joined with results, as from :func:`frontierlag.scores.item_results.joined`. Dates
        and groups play no part; they only say which models come first.
    settings
        Sampler settings; those of :data:`CAPABILITIES` if not given.
    cores
        Threads for sampling; changes no number.

    Raises
    ------
    Interrupted
        If fewer draws were returned than requested.
    """
    settings = (settings or CAPABILITIES).resolved(Joint.target_accept)
    model = build_plain(releases)
    with compilation():
        code = nutpie.compile_pymc_model(model)
    trace, seconds = draw(code, settings, cores)
    stats = trace["sample_stats"].to_dataset()
    stats = stats.drop_vars([name for name, v in stats.data_vars.items() if v.dtype == object])
    check_whole("the capabilities", (stats.sizes[CHAIN], stats.sizes[DRAW]), settings)
    return PlainFit(
        releases, settings, _labelled(trace["posterior"].to_dataset(), releases), stats, seconds
    )


def _labelled(posterior: xr.Dataset, releases: MeasuredReleases) -> xr.Dataset:
    sample = (CHAIN, DRAW)
    kept: dict[str, tuple[tuple[str, ...], np.ndarray]] = {
        q.name: (sample, posterior[q.name].to_numpy())
        for q in Joint().parameters(releases.metric)
        if q.name not in _LEFT_TO_THE_FRONTIER
    }
    kept["capability"] = ((*sample, MODEL), posterior["capability"].to_numpy())
    for name in _PER_BENCHMARK:
        kept[name] = ((*sample, BENCHMARK), posterior[name].to_numpy())
    shape = kept["capability"][1].shape
    coords = {
        CHAIN: np.arange(shape[0]),
        DRAW: np.arange(shape[1]),
        MODEL: model_names(releases),
        BENCHMARK: releases.responses.benchmarks,
    }
    return xr.Dataset(kept, coords)


def write_draws(fit: PlainFit | Fit, path: Path) -> None:
    """Write the draws of all capabilities.

    Parameters
    ----------
    fit
        Of the item-response model by itself (prior ``hierarchical``), whose draws can be read back
        as a measurement; or of a joint model (prior ``frontier``), whose draws are an answer
        already: they are written for use elsewhere, and refused as a measurement.
    path
        The file, replaced if it is there.

    Raises
    ------
    DrawsError
        If the fit is of a model that draws no capabilities from benchmark results.
    OutputError
        If the file cannot be written.
    """
    stored = _dataset(fit)
    stored.attrs["format"] = FORMAT
    small = {name: {"dtype": "float32", "zlib": True} for name in stored.data_vars}
    try:
        stored.to_netcdf(path, engine=ENGINE, encoding=small)
    except (OSError, RuntimeError) as error:
        raise OutputError(f"{path} cannot be written: {error}") from error


def _dataset(fit: PlainFit | Fit) -> xr.Dataset:

    if isinstance(fit, PlainFit):
        p = fit.posterior
        found = p[["capability"]].assign(prior_mean=p["other_mean"], prior_spread=p["other_spread"])
        found = found.drop_vars([name for name in found.coords if name not in DIMS])
        return _described(found, "hierarchical", fit.releases, fit.convergence, fit.settings)
    releases = fit.observations.releases
    if not isinstance(releases, MeasuredReleases):
        raise DrawsError(
            f"{fit.spec.name} was fitted to scores, whose errors it took from their table; "
            "draws are written from a fit to benchmark results"
        )
    posterior = fit.tree["posterior"].to_dataset()
    values = [posterior[name].to_numpy() for name in ("capability", "other_capability")]
    models = np.concatenate([releases.model, releases.responses.others])
    found = xr.Dataset({"capability": (DIMS, np.concatenate(values, axis=-1))}, {MODEL: models})
    verdict = check(fit.tree["sample_stats"].to_dataset(), posterior)
    return _described(found, "frontier", releases, verdict, fit.settings)


def _described(
    found: xr.Dataset,
    prior: str,
    releases: MeasuredReleases,
    verdict: Convergence,
    settings: SamplerSettings,
) -> xr.Dataset:
    """The same with what a reader needs to know, as text attributes."""
    metric, responses = releases.metric, releases.responses
    pins = [(str(name), float(score)) for name, score in metric.anchors]
    notes = [f"Capabilities are measured by the benchmark results {responses.table}."]
    if not verdict.converged:
        notes.append(f"The draws' own fit is {verdict.verdict()}.")
    found["capability"].attrs["units"] = metric.unit
    found.attrs = {
        "prior": prior,
        "metric": metric.name,
        "pins": json.dumps(pins),
        "results": responses.table,
        "results_sha256": responses.sha256,
        "convergence": verdict.verdict(),
        "sampler": settings.model_dump_json(),
        "attribution": responses.attribution,
        "notes": json.dumps(notes),
    }
    return found
