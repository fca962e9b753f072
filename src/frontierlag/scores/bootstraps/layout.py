"""The project's own layout of joint draws: NetCDF, described in ``docs/draws.md``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import arviz_stats as azs
import numpy as np
import xarray as xr

from frontierlag.errors import DrawsError, OutputError
from frontierlag.names import CHAIN, DRAW, MODEL, SAMPLE_DIMS
from frontierlag.scores.item_results import MeasuredReleases

if TYPE_CHECKING:
    from frontierlag.fits.convergence import Convergence
    from frontierlag.fits.fitting import Fit
    from frontierlag.fits.plain import PlainFit
    from frontierlag.settings import SamplerSettings

ENGINE: Literal["netcdf4"] = "netcdf4"
FORMAT = "frontierlag draws 1"
_DIMS = (CHAIN, DRAW, MODEL)


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


def read(path: Path) -> dict[str, Any]:
    """Read the file into what :class:`frontierlag.scores.bootstraps.table.DrawTable` holds.

    Raises
    ------
    DrawsError
        If it cannot be read, is of another format, or lacks a part.
    """
    try:
        stored = xr.load_dataset(path, engine=ENGINE)
    except (OSError, ValueError, RuntimeError) as error:
        raise DrawsError(f"{path} cannot be read as NetCDF: {error}") from None
    if stored.attrs.get("format") != FORMAT:
        raise DrawsError(
            f"{path} is not a file of draws: its format attribute is "
            f"{stored.attrs.get('format')!r}, not {FORMAT!r}; docs/draws.md describes the layout"
        )
    try:
        prior, attrs = str(stored.attrs["prior"]), stored.attrs
        names = ["prior_mean", "prior_spread"] if prior == "hierarchical" else []
        for name in ["capability", *names]:
            dims = _DIMS if name == "capability" else SAMPLE_DIMS
            if set(stored[name].dims) != set(dims):
                raise DrawsError(
                    f"{path}: {name} has dims {', '.join(map(str, stored[name].dims))}; it needs "
                    f"{', '.join(dims)}"
                )
        capability = stored["capability"].transpose(*_DIMS).astype(float)
        flat = {
            n: stored[n].transpose(*SAMPLE_DIMS).to_numpy().astype(float).ravel() for n in names
        }
        return {
            "models": stored[MODEL].to_numpy().astype(str),
            "score": capability.to_numpy().reshape(-1, capability.sizes[MODEL]),
            "pins": tuple((str(m), float(s)) for m, s in json.loads(attrs["pins"])),
            "prior": prior,
            "prior_mean": flat.get("prior_mean", np.zeros(0)),
            "prior_spread": flat.get("prior_spread", np.zeros(0)),
            "independent": _independent(capability),
            "other_names": np.zeros(0, dtype=str),
            "layout": "frontierlag-draws",
            "attribution": str(attrs["attribution"]),
            "notes": tuple(json.loads(attrs["notes"])),
        }
    except (KeyError, ValueError, TypeError) as error:
        raise DrawsError(
            f"{path} is incomplete or damaged ({type(error).__name__}: {error}); docs/draws.md "
            "lists what a file of draws holds"
        ) from error


def _independent(capability: xr.DataArray) -> float:
    """Median over models of the effective number of draws, at most their number."""
    total = capability.sizes[CHAIN] * capability.sizes[DRAW]
    varies = capability.std(SAMPLE_DIMS) > 0
    usable = bool(varies.any()) and bool(np.isfinite(capability).all())
    if capability.sizes[DRAW] < 4 or not usable:  # refused later, where it has to be
        return float(total)
    ess = azs.ess(capability.isel({MODEL: varies.to_numpy()}).to_dataset(name="capability"))
    return float(min(np.nanmedian(ess["capability"].to_numpy()), total))


def _dataset(fit: PlainFit | Fit) -> xr.Dataset:
    from frontierlag.fits.convergence import check
    from frontierlag.fits.plain import PlainFit

    if isinstance(fit, PlainFit):
        p = fit.posterior
        found = p[["capability"]].assign(prior_mean=p["other_mean"], prior_spread=p["other_spread"])
        found = found.drop_vars([name for name in found.coords if name not in _DIMS])
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
    found = xr.Dataset({"capability": (_DIMS, np.concatenate(values, axis=-1))}, {MODEL: models})
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
