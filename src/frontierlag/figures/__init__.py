"""Figures: each function takes data objects, draws one figure, and neither fits nor summarizes."""

from frontierlag.figures.diagnostics import diagnostic_figures
from frontierlag.figures.frontier import frontier_chart, prior_predictive
from frontierlag.figures.information import information_curve
from frontierlag.figures.lags import MeanLag, lag_over_time, mean_lags
from frontierlag.figures.sheet import Provenance, save

__all__ = [
    "MeanLag",
    "Provenance",
    "diagnostic_figures",
    "frontier_chart",
    "information_curve",
    "lag_over_time",
    "mean_lags",
    "prior_predictive",
    "save",
]
