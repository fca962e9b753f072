"""One row a forecast: origin, target, method, what came, and the scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from frontierlag.dates import DAYS_PER_MONTH
from frontierlag.intervals import INNER, OUTER, QUANTILES
from frontierlag.jobs import Job, Prepared
from frontierlag.model import ModelSpec
from frontierlag.settings import SMALL, SamplerSettings
from frontierlag.studies.forecast.baselines import BASELINES
from frontierlag.studies.forecast.origins import Simulated, origins_of, simulate, vintage_origins
from frontierlag.studies.forecast.paths import forecast_model
from frontierlag.studies.forecast.scoring import covered, crps, log_score
from frontierlag.studies.forecast.targets import (
    HORIZONS,
    VINTAGE_HORIZONS,
    ForecastQuestion,
    Past,
    cells,
    decided_by,
    outcome,
    targets_at,
)

# Sets the baselines' random numbers apart from others of the same seed.
STREAM = 53
WITHIN, ACROSS = "within the table", "across vintages"


@dataclass(frozen=True, eq=False)
class Backtest:
    """Every forecast and its scores.

    Attributes
    ----------
    rows
        One a forecast: ``backtest.csv``. Scores in score units, dates in months after the origin;
        an empty cell lies beyond what was simulated.
    models
        Names of the fitted models; all other methods are baselines.
    now
        The job that says what came.
    against, credits
        The vintage that says what came across vintages, None without one; and the credits of all
        vintages.
    """

    rows: pd.DataFrame
    models: tuple[str, ...]
    now: Prepared
    against: Prepared | None = None
    credits: tuple[str, ...] = ()

    @property
    def converged(self) -> bool:
        """Whether every refit passed the gate."""
        return bool(self.rows["converged"].all())


def backtest(
    job: Job,
    settings: SamplerSettings = SMALL,
    models: Sequence[str] = (),
    earlier: Sequence[str] = (),
    *,
    cores: int = 2,
    done: Callable[[str], None] = lambda _: None,
) -> Backtest:
    """Forecast from every quarter of the past and from every earlier vintage, and score.

    Parameters
    ----------
    job
        The table and comparison that say what came.
    settings
        Sampler settings of every refit.
    models
        Stochastic frontiers, first the one that is judged; by default the one that forecasts and
        the headline model.
    earlier
        Earlier vintages to forecast from, each as of its own date; by default as in
        :func:`~frontierlag.studies.forecast.origins.vintage_origins`.
    cores
        Threads for sampling; changes no number.
    done
        Called with a line after each refit.

    Raises
    ------
    SpecError
        If there is no origin to forecast from, or a vintage to forecast from is not earlier.
    """
    now = job.prepare()
    names = tuple(models) or (forecast_model(now), now.model())
    specs = [ModelSpec.of(name, now.table.metric) for name in dict.fromkeys(names)]
    # Where the model is fitted, the table of the outcomes, and the horizon.
    origins = [(WITHIN, origin, now, HORIZONS) for origin in origins_of(job, min(HORIZONS))]
    against, vintages = vintage_origins(job, now, earlier)
    if against is not None:
        origins += [(ACROSS, origin, against, VINTAGE_HORIZONS) for origin in vintages]
    rows: list[dict[str, Any]] = []
    for kind, origin, table, horizons in origins:
        later = Past(table.releases)
        fitted = []
        for spec in specs:
            fitted.append(simulate(spec, origin, settings, later.day, cores))
            done(f"{spec.name} as of {origin.window.as_of}")
        rows += _of_origin(kind, origin, fitted, later, horizons, settings)
    return Backtest(
        pd.DataFrame(rows),
        tuple(spec.name for spec in specs),
        now,
        against,
        tuple(one.releases.attribution for one in (*vintages, against or now)),
    )


def _of_origin(
    kind: str,
    origin: Prepared,
    fitted: Sequence[Simulated],
    later: Past,
    horizons: Sequence[float],
    settings: SamplerSettings,
) -> list[dict[str, Any]]:
    """Every method's forecast of every target of one origin."""
    past = Past(origin.releases)
    head = {
        "kind": kind,
        "from": origin.table.name,
        "against": later.releases.table,
        "comparison": origin.releases.comparison.name,
        "origin": origin.window.as_of,
    }
    n = settings.chains * settings.draws
    rows = []
    for k, target in enumerate(targets_at(past, later.day, horizons)):
        came = outcome(target, past, later)
        if came is None:
            continue
        forecasts = [(s.name, s.draws(target, past), s.converged) for s in fitted]
        for j, (name, method) in enumerate(BASELINES.items()):
            # A stream for each origin, target and method: leaving one out changes no other.
            rng = np.random.default_rng([settings.seed, STREAM, past.day, k, j])
            drawn = method(past, target, n, rng)
            if drawn is not None:
                forecasts.append((name, drawn, True))
        what = {
            "target": target.quantity,
            "months": target.months if target.months else np.nan,
            "level_of": target.level_name,
            "group": origin.releases.group_names[target.group],
            "decided_by": decided_by(target, past, later),
        }
        for name, draws, converged in forecasts:
            scores = _scored(draws, came, target, past, later.day)
            rows.append(head | what | {"method": name} | scores | {"converged": converged})
    return rows


def _scored(
    draws: np.ndarray, came: float, target: ForecastQuestion, past: Past, end: int
) -> dict[str, object]:
    """What came, the forecast in a few numbers, and its scores."""
    edges = cells(target, past, end)
    last = np.inf
    if target.is_date:
        draws, edges = ((x - past.day) / DAYS_PER_MONTH for x in (draws, edges))
        came, last = ((x - past.day) / DAYS_PER_MONTH for x in (came, float(end)))
    low90, low50, median, high50, high90 = np.quantile(draws, QUANTILES, method="inverted_cdf")
    numbers: dict[str, float] = {
        "outcome": min(came, last),
        "median": median,
        "lower50": low50,
        "upper50": high50,
        "lower90": low90,
        "upper90": high90,
        "crps": crps(draws, came, last),
        "log_score": log_score(draws, came, edges),
        "covered50": covered(draws, came, INNER, last),
        "covered90": covered(draws, came, OUTER, last),
    }
    rounded = {k: round(v, 4) + 0.0 if np.isfinite(v) else np.nan for k, v in numbers.items()}
    unit = "months" if target.is_date else "score"
    return {"unit": unit, **rounded, "not_by_end": bool(came > last)}
