"""Predictive draws of both groups' best available, and of their next records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import xarray as xr

from frontierlag.analyses.analysis import Analysis
from frontierlag.dates import day_number
from frontierlag.intervals import summarize
from frontierlag.names import CHAIN, DRAW, GROUP
from frontierlag.studies.forecast.arrivals import RATE_MONTHS, as_date, summarize_days
from frontierlag.studies.forecast.catch_up import HORIZON_MONTHS
from frontierlag.studies.forecast.paths import futures, months_to_days

MONTHS = "months"
LATENT, PUBLISHED = "latent", "published"


@dataclass(frozen=True, eq=False)
class BestForecast:
    """Predictive draws, one path a posterior draw.

    Attributes
    ----------
    analysis
        What they are simulated from.
    best
        ``latent`` (true capability) and ``published`` (score, measured as well as recent releases
        are), dims ``(chain, draw, group, months)``, score units.
    next_record
        ``latent_day``, ``latent_score``, ``published_day``, ``published_score``, dims
        ``(chain, draw, group)``: the first release above the best of the as-of date. Days since
        1970-01-01, infinite beyond the horizon; scores NaN there.
    horizon
        The last day that was simulated.
    """

    analysis: Analysis
    best: xr.Dataset
    next_record: xr.Dataset
    horizon: date

    def table(self) -> pd.DataFrame:
        """Intervals of the best available: one row a group, horizon and kind of score."""
        rows = []
        for group in self.best[GROUP].to_numpy():
            for kind in (LATENT, PUBLISHED):
                for months in self.best[MONTHS].to_numpy():
                    s = summarize(self.best[kind].sel({GROUP: group, MONTHS: months}, drop=True))
                    rows.append(
                        self._origin
                        | {
                            "group": group,
                            "kind": kind,
                            "months": float(months),
                            "median": round(s.median, 3),
                            "lower50": round(s.lower50, 3),
                            "upper50": round(s.upper50, 3),
                            "lower90": round(s.lower90, 3),
                            "upper90": round(s.upper90, 3),
                        }
                    )
        return pd.DataFrame(rows).assign(converged=self.analysis.convergence.converged)

    def next_table(self) -> pd.DataFrame:
        """Date and score of each group's next record: one row a group and kind of score."""
        rows = []
        for group in self.next_record[GROUP].to_numpy():
            for kind in (LATENT, PUBLISHED):
                drawn = self.next_record.sel({GROUP: group}, drop=True)
                when = summarize_days(drawn[f"{kind}_day"])
                score = summarize(drawn[f"{kind}_score"])
                rows.append(
                    self._origin
                    | {
                        "group": group,
                        "kind": kind,
                        "median": when.median,
                        "lower50": when.lower50,
                        "upper50": when.upper50,
                        "lower90": when.lower90,
                        "upper90": when.upper90,
                        "beyond_horizon": round(when.beyond, 4),
                        "score": round(score.median, 3),
                        "score_lower90": round(score.lower90, 3),
                        "score_upper90": round(score.upper90, 3),
                    }
                )
        return pd.DataFrame(rows).assign(converged=self.analysis.convergence.converged)

    @property
    def _origin(self) -> dict[str, object]:
        releases = self.analysis.fit.observations.releases
        return {
            "dataset": releases.table,
            "comparison": releases.comparison.name,
            "as_of": releases.as_of,
            "model": self.analysis.name,
        }


def forecast_best(
    analysis: Analysis,
    months: Sequence[float] = (3, 6, 12),
    horizon_months: float = HORIZON_MONTHS,
    rate_months: float = RATE_MONTHS,
) -> BestForecast:
    """Simulate both groups' best available some months ahead, and their next records.

    Parameters
    ----------
    analysis
        A stochastic frontier's analysis.
    months
        Horizons of the best available, in months after the as-of date.
    horizon_months
        How far paths are simulated, at least as far as the longest of ``months``.
    rate_months
        From how many of the last months the rate of releases is read.

    Returns
    -------
    The draws. The paths are those of :func:`frontierlag.studies.forecast.catch_up.catch_up` with
    the same horizon.
    """
    releases = analysis.fit.observations.releases
    start = day_number(releases.as_of)
    span = months_to_days(max(horizon_months, *months))
    paths = futures(analysis.fit, span, rate_months)
    ahead = [start + months_to_days(m) for m in months]
    dims = (CHAIN, DRAW, GROUP)
    coords = {GROUP: list(releases.group_names)}

    def over_groups(values: list[np.ndarray]) -> tuple[tuple[str, ...], np.ndarray]:
        return dims, np.stack(values, 2)

    best = {
        LATENT: [np.stack([path.best_on(day) for day in ahead], -1) for path in paths],
        PUBLISHED: [np.stack([path.published_on(day) for day in ahead], -1) for path in paths],
    }
    latent, published = (
        list(zip(*found, strict=True))
        for found in (
            [path.next_record() for path in paths],
            [path.next_published_record() for path in paths],
        )
    )
    return BestForecast(
        analysis=analysis,
        best=xr.Dataset(
            {kind: ((*dims, MONTHS), np.stack(values, 2)) for kind, values in best.items()},
            coords=coords | {MONTHS: [float(m) for m in months]},
        ),
        next_record=xr.Dataset(
            {
                "latent_day": over_groups(list(latent[0])),
                "latent_score": over_groups(list(latent[1])),
                "published_day": over_groups(list(published[0])),
                "published_score": over_groups(list(published[1])),
            },
            coords=coords,
        ),
        horizon=as_date(start + span),
    )
