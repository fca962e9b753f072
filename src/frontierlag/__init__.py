"""How far one frontier trails another, with intervals that can be trusted.

The way data flows, one module or package a stage::

    scores -> trends x frontiers -> model -> fit -> lags -> report

Names are imported when they are first used, so that the command line starts fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from frontierlag import caches, warned

if TYPE_CHECKING:
    from frontierlag.analysis import Analysis, analyse
    from frontierlag.errors import FrontierLagError
    from frontierlag.fitting import Fit, fit_model
    from frontierlag.jobs import Job
    from frontierlag.lags.days import Window
    from frontierlag.lags.measure import measure
    from frontierlag.lags.published import conventions
    from frontierlag.model import ModelSpec, build
    from frontierlag.priors import Prior
    from frontierlag.report.sentences import lag_sentence
    from frontierlag.run import run_jobs
    from frontierlag.scores import load_scores, parse_comparison, releases
    from frontierlag.settings import SamplerSettings
    from frontierlag.storage import load, store
    from frontierlag.summary import summarize

# Before any of the libraries that keep a cache is imported.
caches.on_import()
warned.join()

_HOME = {
    "Analysis": "analysis",
    "analyse": "analysis",
    "FrontierLagError": "errors",
    "Fit": "fitting",
    "fit_model": "fitting",
    "Job": "jobs",
    "Window": "lags.days",
    "measure": "lags.measure",
    "conventions": "lags.published",
    "ModelSpec": "model",
    "build": "model",
    "Prior": "priors",
    "lag_sentence": "report.sentences",
    "run_jobs": "run",
    "load_scores": "scores",
    "parse_comparison": "scores",
    "releases": "scores",
    "SamplerSettings": "settings",
    "load": "storage",
    "store": "storage",
    "summarize": "summary",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'frontierlag' has no attribute {name!r}")
    return getattr(import_module(f"frontierlag.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(_HOME)


__all__ = [
    "Analysis",
    "Fit",
    "FrontierLagError",
    "Job",
    "ModelSpec",
    "Prior",
    "SamplerSettings",
    "Window",
    "analyse",
    "build",
    "conventions",
    "fit_model",
    "lag_sentence",
    "load",
    "load_scores",
    "measure",
    "parse_comparison",
    "releases",
    "run_jobs",
    "store",
    "summarize",
]
