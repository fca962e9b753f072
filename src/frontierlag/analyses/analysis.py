"""One model's whole answer: the fit, its lags, and whether they may be shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr

from frontierlag.dates import Window
from frontierlag.fits.convergence import Convergence, check
from frontierlag.fits.fitting import Fit, fit_model
from frontierlag.lags.measure import Measured, measure
from frontierlag.model import ModelSpec
from frontierlag.scores import Releases
from frontierlag.settings import SamplerSettings


@dataclass(frozen=True)
class Analysis:
    """A fit with its lags and its verdict."""

    fit: Fit
    measured: Measured

    @property
    def name(self) -> str:
        """The model's name, as in ``linear-stochastic``."""
        return self.fit.spec.name

    @property
    def quantities(self) -> xr.Dataset:
        """The parameters and every reported lag."""
        return xr.merge([self.fit.tree["posterior"].to_dataset(), self.measured.reported()])

    @cached_property
    def convergence(self) -> Convergence:
        """The gate's verdict over them."""
        return check(self.fit.tree["sample_stats"].to_dataset(), self.quantities)

    @property
    def tree(self) -> xr.DataTree:
        """Everything in one DataTree: the fit's groups with those of the lags added."""
        groups = {
            name: node.to_dataset() for name, node in self.fit.tree.children.items()
        } | self.measured.groups()
        return judged(groups, self.fit, self.measured.window, self.convergence)


def judged(
    groups: Mapping[str, xr.Dataset], fit: Fit, window: Window, gate: Convergence
) -> xr.DataTree:
    """Groups as one tree with the attributes of the fit, the window and the gate's verdict."""
    tree = xr.DataTree.from_dict(dict(groups))
    tree.attrs.update(
        {str(key): value for key, value in fit.tree.attrs.items()},
        window_start=window.since.isoformat(),
        window_end=window.as_of.isoformat(),
        converged=str(gate.converged),
        verdict=gate.verdict(),
    )
    return tree


def analyse(
    spec: ModelSpec,
    releases: Releases,
    window: Window,
    settings: SamplerSettings | None = None,
    *,
    levels: np.ndarray | None = None,
    cores: int | None = None,
    stage: Callable[[str], None] = lambda _: None,
) -> Analysis:
    """Fit a model to all releases of the two groups by the as-of date, and measure its lags.

    ``levels`` are scores at which to compute the lag at a level; ``cores`` changes no number;
    ``stage`` is called with a word at the start of each stage.
    """
    fitted = fit_model(spec, releases, settings, cores=cores, stage=stage)
    stage("measuring lags")
    return Analysis(fitted, measure(fitted, window, levels))
