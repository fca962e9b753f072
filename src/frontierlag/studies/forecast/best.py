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
from frontierlag.studies.forecast.catch_up import HORIZON_MONTHS, origin_of
from frontierlag.studies.forecast.paths import futures, months_to_days
from frontierlag.studies.writing import quantiles

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
        would be on the as-of date), dims ``(chain, draw, group, months)``, score units.
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
                    what = {"group": group, "kind": kind, "months": float(months)}
                    rows.append(origin_of(self.analysis) | what | quantiles(s, 3))
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
                    {
                        **origin_of(self.analysis),
                        "group": group,
                        "kind": kind,
                        **quantiles(when),
                        "beyond_horizon": round(when.beyond, 4),
                        "score": round(score.median, 3),
                        "score_lower90": round(score.lower90, 3),
                        "score_upper90": round(score.upper90, 3),
                    }
                )
        return pd.DataFrame(rows).assign(converged=self.analysis.convergence.converged)


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
    best = {
        LATENT: [np.stack([path.best_on(day) for day in ahead], -1) for path in paths],
        PUBLISHED: [np.stack([path.published_on(day) for day in ahead], -1) for path in paths],
    }
    records = {
        LATENT: [path.next_record() for path in paths],
        PUBLISHED: [path.next_published_record() for path in paths],
    }
    return BestForecast(
        analysis=analysis,
        best=xr.Dataset(
            {kind: ((*dims, MONTHS), np.stack(values, 2)) for kind, values in best.items()},
            coords=coords | {MONTHS: [float(m) for m in months]},
        ),
        next_record=xr.Dataset(
            {
                f"{kind}_{what}": (dims, np.stack([found[k] for found in of_groups], 2))
                for kind, of_groups in records.items()
                for k, what in enumerate(("day", "score"))
            },
            coords=coords,
        ),
        horizon=as_date(start + span),
    )
