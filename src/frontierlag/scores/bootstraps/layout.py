"""The project's own layout of joint draws: NetCDF, described in ``docs/draws.md``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import arviz_stats as azs
import numpy as np
import xarray as xr

from frontierlag.errors import DrawsError
from frontierlag.names import CHAIN, DRAW, MODEL, SAMPLE_DIMS

ENGINE: Literal["netcdf4"] = "netcdf4"
FORMAT = "frontierlag draws 1"
DIMS = (CHAIN, DRAW, MODEL)


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
            dims = DIMS if name == "capability" else SAMPLE_DIMS
            if set(stored[name].dims) != set(dims):
                raise DrawsError(
                    f"{path}: {name} has dims {', '.join(map(str, stored[name].dims))}; it needs "
                    f"{', '.join(dims)}"
                )
        capability = stored["capability"].transpose(*DIMS).astype(float)
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
