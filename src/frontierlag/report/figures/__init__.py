"""Figures: each function takes data objects, draws one figure, and neither fits nor summarizes."""

from frontierlag.report.figures.diagnostics import diagnostic_figures
from frontierlag.report.figures.frontier import frontier_chart
from frontierlag.report.figures.lag_time import lag_over_time
from frontierlag.report.figures.mean_lag import MeanLag, mean_lags
from frontierlag.report.figures.prior_predictive import prior_predictive
from frontierlag.report.figures.save import save
from frontierlag.report.figures.sheet import Provenance

__all__ = [
    "MeanLag",
    "Provenance",
    "diagnostic_figures",
    "frontier_chart",
    "lag_over_time",
    "mean_lags",
    "prior_predictive",
    "save",
]
