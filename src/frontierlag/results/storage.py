"""Store an analysis as NetCDF and read it back without loss."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from datetime import date
from pathlib import Path
from typing import Literal

import xarray as xr

from frontierlag.analyses.analysis import Analysis
from frontierlag.dates import Window
from frontierlag.errors import FitError, OutputError
from frontierlag.fits.fitting import Fit
from frontierlag.frontiers.observations import Observations
from frontierlag.lags.measure import Measured
from frontierlag.model import ModelSpec
from frontierlag.names import AT_RELEASE, GAPS, LAGS, LEVELS, MEASURED, REALIZED, TREND
from frontierlag.priors import Prior
from frontierlag.results.folder import metric_of
from frontierlag.scores import Comparison, LeftOut, Metric, Releases
from frontierlag.scores.bootstraps import DrawnReleases, errors_of
from frontierlag.scores.item_results import MeasuredReleases, responses_of
from frontierlag.settings import SamplerSettings

ENGINE: Literal["netcdf4"] = "netcdf4"
_FORMAT = "frontierlag analysis 3"
# Columns of the releases that are stored under their own names.
_AS_THEY_ARE = (
    *("day", "day_low", "day_high", "low", "high", "stderr", "stderr_low", "stderr_high"),
    "problems",
)


def store(analysis: Analysis, path: Path) -> None:
    """Write the analysis to one NetCDF file that plain ArviZ and xarray open too.

    Raises
    ------
    OutputError
        If the file cannot be written, for want of room above all.
    """
    fit = analysis.fit
    tree = analysis.tree
    tree.attrs.update(
        format=_FORMAT,
        attribution=fit.observations.releases.attribution,
        metric_definition=json.dumps(asdict(fit.spec.metric)),
        comparison_definition=json.dumps(asdict(fit.observations.releases.comparison)),
        prior_definitions=json.dumps(
            {p.name: p.prior.model_dump(exclude_none=True) for p in fit.spec.parameters}
        ),
        left_out=json.dumps([asdict(row) for row in fit.observations.releases.left_out]),
        notes=json.dumps(fit.observations.releases.notes),
        sampling_seconds=fit.seconds,
    )
    try:
        tree.to_netcdf(path, engine=ENGINE)
    except RuntimeError as error:  # what the NetCDF library raises when a write fails
        raise OutputError(
            f"{path.name} cannot be written ({error}); is there room left on the disk?"
        ) from error


def load(path: Path) -> Analysis:
    """Read a stored analysis.

    Raises
    ------
    FitError
        If there is no such file, or it is not an analysis stored by this program.
    """
    try:
        # Into memory at once, so that the file is not held open.
        tree = xr.load_datatree(path, engine=ENGINE)
    except FileNotFoundError:
        raise FitError(
            f"there is no file {str(path)!r}; `frontierlag run` writes one posterior.nc a model "
            "below its output folder"
        ) from None
    except (OSError, ValueError, RuntimeError) as error:
        raise FitError(f"{path} cannot be read as NetCDF: {error}") from None
    if tree.attrs.get("format") != _FORMAT:
        raise FitError(
            f"{path} is not an analysis stored by frontierlag (its format attribute is "
            f"{tree.attrs.get('format')!r}); open it with xarray.load_datatree instead"
        )
    try:
        return _analysis(tree)
    except (KeyError, ValueError, TypeError) as error:
        raise FitError(
            f"{path} is damaged or of another version ({type(error).__name__}: {error}); make it "
            "again with `frontierlag run`"
        ) from error


def _analysis(tree: xr.DataTree) -> Analysis:
    attrs = tree.attrs
    metric = metric_of(json.loads(attrs["metric_definition"]))
    priors = {k: Prior(**v) for k, v in json.loads(attrs["prior_definitions"]).items()}
    spec = ModelSpec.of(attrs["model"], metric, priors)
    observations = Observations(
        _releases(tree, metric), date.fromisoformat(attrs["reference_date"])
    )
    settings = SamplerSettings.model_validate_json(attrs["sampler"])
    names = [name for name in tree.children if name not in (LAGS, GAPS, LEVELS)]
    groups = xr.DataTree.from_dict({name: tree[name].to_dataset() for name in names})
    window = Window(
        date.fromisoformat(attrs["window_start"]), date.fromisoformat(attrs["window_end"])
    )
    measured = Measured(
        window,
        lags={k: tree[f"{LAGS}/{k}"].to_dataset() for k in (TREND, REALIZED, AT_RELEASE)},
        gaps={k: tree[f"{GAPS}/{k}"].to_dataset() for k in (TREND, REALIZED)},
        levels=tree[LEVELS].to_dataset(),
    )
    fit = Fit(spec, observations, settings, groups, float(attrs["sampling_seconds"]))
    return Analysis(fit, measured)


def _releases(tree: xr.DataTree, metric: Metric) -> Releases:
    constant = tree["constant_data"].to_dataset()
    column = {str(name): constant[name].to_numpy() for name in constant.data_vars}
    found = Releases(
        comparison=Comparison(**json.loads(tree.attrs["comparison_definition"])),
        metric=metric,
        as_of=date.fromisoformat(tree.attrs["as_of"]),
        table=tree.attrs["dataset"],
        model=constant["release"].to_numpy().astype(str),
        organization=column["organization"].astype(str),
        group=column["group_index"],
        score=column["published"],
        **{name: column[name] for name in _AS_THEY_ARE},
        dates=tree.attrs["dates"],
        left_out=tuple(LeftOut(**row) for row in json.loads(tree.attrs["left_out"])),
        notes=tuple(json.loads(tree.attrs["notes"])),
        attribution=tree.attrs.get("attribution", ""),
        findings=(),
    )
    if MEASURED not in tree.children:
        return found
    columns = {f.name: getattr(found, f.name) for f in fields(Releases)}
    measured = tree[MEASURED].to_dataset()
    if "loading" in measured:
        return DrawnReleases(**columns, joint_errors=errors_of(measured))
    return MeasuredReleases(**columns, responses=responses_of(measured))
