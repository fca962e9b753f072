"""How far one frontier trails another, with intervals that can be trusted.

    import frontierlag as fl

    pair = fl.load_scores("eci-2026-08-11").compare("USA", "China")
    fit = fl.fit(pair, "linear-stochastic", seed=1)
    fit.lag("realized").summary()

The way data flows, one module or package a stage::

    scores -> trends x frontiers -> model -> fitting -> lags -> report

Names are imported when they are first used, so that the command line starts fast.
"""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

from frontierlag.machine import caches, warned

if TYPE_CHECKING:
    from frontierlag.errors import FrontierLagError
    from frontierlag.facade import (
        FittedModel,
        Lag,
        Pair,
        Scores,
        compare,
        domains,
        fit,
        load,
        load_scores,
        measures,
        update,
    )
    from frontierlag.priors import Prior
    from frontierlag.scores.reading.options import ReadOptions

    __version__: str

# Before any of the libraries that keep a cache is imported.
caches.on_import()
warned.join()

_HOME = {
    "FittedModel": "facade",
    "FrontierLagError": "errors",
    "Lag": "facade",
    "Pair": "facade",
    "Prior": "priors",
    "ReadOptions": "scores.reading.options",
    "Scores": "facade",
    "compare": "facade",
    "domains": "facade",
    "fit": "facade",
    "load": "facade",
    "load_scores": "facade",
    "measures": "facade",
    "update": "facade",
}
# Names of 0.1 that are not of the interface above: where each is, and what to use instead.
_MOVED = {
    "Analysis": ("analyses.analysis", "frontierlag.FittedModel"),
    "analyse": ("analyses.analysis", "frontierlag.fit"),
    "Fit": ("fits.fitting", "frontierlag.fits.fitting.Fit"),
    "fit_model": ("fits.fitting", "frontierlag.fits.fitting.fit_model"),
    "Job": ("jobs", "frontierlag.load_scores(...).compare(...)"),
    "Window": ("dates", "frontierlag.dates.Window"),
    "measure": ("lags.measure", "frontierlag.lags.measure.measure"),
    "ModelSpec": ("model", "frontierlag.model.ModelSpec"),
    "build": ("model", "frontierlag.model.build"),
    "lag_sentence": ("results.sentences", "frontierlag.fit(...).lag(...).sentence()"),
    "run_jobs": ("runs.run", "frontierlag.runs.run.run_jobs"),
    "parse_comparison": ("scores", "frontierlag.scores.parse_comparison"),
    "releases": ("scores", "frontierlag.scores.releases"),
    "SamplerSettings": ("settings", "frontierlag.settings.SamplerSettings"),
    "store": ("results.storage", "frontierlag.fit(...).save(...)"),
    "summarize": ("intervals", "frontierlag.fit(...).lag(...).summary()"),
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("frontierlag")
    if name in _MOVED:
        home, instead = _MOVED[name]
        warnings.warn(
            f"frontierlag.{name} will not be found here in the next version: use {instead}",
            DeprecationWarning,
            stacklevel=2,
        )
        return getattr(import_module(f"frontierlag.{home}"), name)
    if name not in _HOME:
        raise AttributeError(f"module 'frontierlag' has no attribute {name!r}")
    return getattr(import_module(f"frontierlag.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*_HOME, "__version__"])


__all__ = [
    "FittedModel",
    "FrontierLagError",
    "Lag",
    "Pair",
    "Prior",
    "ReadOptions",
    "Scores",
    "__version__",
    "compare",
    "domains",
    "fit",
    "load",
    "load_scores",
    "measures",
    "update",
]
