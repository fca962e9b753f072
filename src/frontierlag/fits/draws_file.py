"""Write a fit's draws of all capabilities, in the layout that joint draws are read in."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import xarray as xr

from frontierlag.errors import DrawsError, OutputError
from frontierlag.fits.convergence import Convergence, check
from frontierlag.fits.fitting import Fit
from frontierlag.fits.plain import PlainFit
from frontierlag.names import MODEL
from frontierlag.scores.bootstraps.layout import DIMS, ENGINE, FORMAT
from frontierlag.scores.item_results import MeasuredReleases
from frontierlag.settings import SamplerSettings


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
