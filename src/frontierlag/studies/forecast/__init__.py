"""What comes next: simulated releases, catch-up dates, and how earlier forecasts did."""

from frontierlag.studies.forecast.arrivals import DateSummary, summarize_days
from frontierlag.studies.forecast.best import BestForecast, forecast_best
from frontierlag.studies.forecast.catch_up import CatchUp, catch_up
from frontierlag.studies.forecast.hindcast import Hindcast, hindcast

__all__ = [
    "BestForecast",
    "CatchUp",
    "DateSummary",
    "Hindcast",
    "catch_up",
    "forecast_best",
    "hindcast",
    "summarize_days",
]
