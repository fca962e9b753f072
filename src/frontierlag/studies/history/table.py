"""The lag by every vintage over the same days, and what made it move from one to the next.

Each vintage is fitted once, to all that it holds, and the fit gives the mean over the days
that all vintages share, the mean over the vintage's own window, and the lag on its last day. What
makes the first of these move from one vintage to the next:
:mod:`frontierlag.studies.history.changes`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from frontierlag.analyses.refits import refit_all
from frontierlag.dates import Window
from frontierlag.intervals import summarize
from frontierlag.jobs import Job
from frontierlag.lags.published import conventions, last_day_conventions
from frontierlag.model import ModelSpec, first_model
from frontierlag.names import CURRENT
from frontierlag.names import WINDOW as WHOLE
from frontierlag.scores import Releases
from frontierlag.scores.releases import subset
from frontierlag.settings import QUICK, SamplerSettings
from frontierlag.studies.history.changes import (
    KINDS,
    Fits,
    Step,
    changes_table,
)
from frontierlag.studies.history.tables import FREE, Refused, Vintage, read_vintages, same_days
from frontierlag.studies.vintages.comparison import signature
from frontierlag.studies.writing import quantiles

POINT = "point"
SAME_DAYS, OWN_WINDOW, LAST_DAY = "same days", "own window", "last day"


@dataclass(frozen=True, eq=False)
class History:
    """A comparison by every vintage.

    Attributes
    ----------
    vintages, refused
        Those that are used, by day, and those that are not.
    window
        The days that all share.
    model
        Name of the model.
    lags
        One row a vintage, quantity and method (the model's two lags, the point conventions):
        ``history.csv``. Months; interval and errors are empty for point conventions.
    changes
        One row a step between neighbours and lag: ``changes.csv``. The change of the posterior mean
        over the same days, its parts and their Monte Carlo errors, months.
    spread
        One row a lag: standard deviation over vintages of the posterior mean over the same days,
        next to the posterior's own: ``spread.csv``.
    """

    vintages: tuple[Vintage, ...]
    refused: tuple[Refused, ...]
    window: Window
    model: str
    lags: pd.DataFrame
    changes: pd.DataFrame
    spread: pd.DataFrame

    @property
    def converged(self) -> bool:
        """Whether every fit passed the gate."""
        return bool(self.lags["converged"].all() and self.changes["converged"].all())

    @property
    def attributions(self) -> tuple[str, ...]:
        """The credit of every table, each once."""
        return tuple(dict.fromkeys(one.prepared.table.attribution for one in self.vintages))


def history(
    scores: Sequence[str],
    job: Job,
    settings: SamplerSettings = QUICK,
    *,
    given: Sequence[str] = (),
    model: str | None = None,
    workers: int | None = None,
    done: Callable[[str], None] = lambda _: None,
) -> History:
    """Fit every vintage and every mixture of neighbours.

    Parameters
    ----------
    scores
        Names and paths of the vintages.
    job
        Comparison and, if given, the first of the same days; its table does not matter.
    settings
        Sampler settings of every fit.
    given
        Tables of the user's own, which are not passed over if they cannot be used.
    model
        A model of scores; by default the headline model of the metric.
    workers
        Processes; changes no number.
    done
        Called with a line as fits are finished.

    Raises
    ------
    FrontierLagError
        If the vintages cannot be set next to each other.
    """
    vintages, refused = read_vintages(scores, job, given=given)
    window = same_days(vintages, job.since)
    metric = vintages[0].prepared.table.metric
    spec = ModelSpec.of(model or first_model(metric), metric)
    fits = Fits(spec)
    for one in vintages:
        fits.ask(one.prepared.releases, window, one.prepared.window)
    steps = [Step.ask(fits, a, b, window) for a, b in pairwise(vintages)]
    fits.found = refit_all(fits.tasks, settings, workers, done)
    return History(
        vintages,
        refused,
        window,
        spec.name,
        pd.DataFrame([row for one in vintages for row in _rows(one, window, spec.name, fits)]),
        changes_table(vintages, steps, window, fits),
        spread_table(vintages, window, fits),
    )


def _rows(one: Vintage, window: Window, model: str, fits: Fits) -> list[dict[str, Any]]:
    """Everything that is said of one vintage."""
    r, own, key = one.prepared.releases, one.prepared.window, signature(one.prepared.releases)
    head = {
        "vintage": str(one.day),
        "table": one.name,
        "dates": r.dates,
        "comparison": r.comparison.name,
        "releases": len(r),
        "errors": one.errors,
    }
    about = {
        SAME_DAYS: (window, WHOLE),
        OWN_WINDOW: (own, WHOLE),
        LAST_DAY: (own, CURRENT),
    }
    rows = []
    for quantity, (days, period) in about.items():
        since = days.as_of if quantity == LAST_DAY else days.since
        common = head | {"quantity": quantity, "since": str(since), "as_of": str(days.as_of)}
        for kind in KINDS:
            draws, censored = fits.lag(key, days, kind, period)
            s = summarize(draws)
            rows.append(
                common
                | {
                    "method": model,
                    "lag": kind,
                    "mean": s.mean,
                    "sd": float(np.nanstd(draws.to_numpy())),
                    **quantiles(s),
                    "mcse_mean": s.mcse_mean,
                    "undefined": s.undefined,
                    "censored": censored,
                    "converged": fits.found[key].converged,
                }
            )
        points = (
            last_day_conventions(r)
            if quantity == LAST_DAY
            else conventions(upto(r, days), days.since)
        )
        rows += [
            common
            | {
                "method": point.name,
                "lag": POINT,
                "mean": point.mean,
                "censored": point.censored / max(point.n + point.censored, 1)
                if point.name != "daily"
                else point.censored / max(point.n, 1),
                "converged": True,
            }
            for point in points
        ]
    attribution = one.prepared.table.attribution
    return [row | {"attribution": attribution} for row in rows]


def upto(given: Releases, window: Window) -> Releases:
    """The releases by a window's last day."""
    kept = given.day <= window.days[-1]
    return replace(subset(given, kept), as_of=window.as_of)


def spread_table(vintages: Sequence[Vintage], window: Window, fits: Fits) -> pd.DataFrame:
    """How far vintages differ over the same days, next to what one posterior says of itself.

    Vintages with the same rows count once. ``sd_over_vintages`` is the standard deviation (n - 1)
    of posterior means, ``posterior_sd`` the root mean square of the posteriors' own; the ``pinned``
    columns leave out vintages whose errors are of a scale that is not pinned at the anchors.
    """
    distinct = {signature(one.prepared.releases): one for one in vintages}
    pinned = {key for key, one in distinct.items() if one.errors != FREE}
    rows = []
    for kind in KINDS:
        draws = {key: fits.lag(key, window, kind, WHOLE)[0].to_numpy() for key in distinct}
        means = {key: float(np.nanmean(x)) for key, x in draws.items()}
        own = float(np.sqrt(np.mean([np.nanvar(x) for x in draws.values()])))
        of_pinned = [means[key] for key in pinned]
        over = _sd(list(means.values()))
        rows.append(
            {
                "lag": kind,
                "dates": vintages[0].prepared.releases.dates,
                "since": str(window.since),
                "as_of": str(window.as_of),
                "vintages": len(distinct),
                "lowest_mean": min(means.values()),
                "highest_mean": max(means.values()),
                "sd_over_vintages": over,
                "posterior_sd": own,
                "ratio": over / own if own > 0 else np.nan,
                "vintages_pinned": len(pinned),
                "sd_over_vintages_pinned": _sd(of_pinned),
            }
        )
    return pd.DataFrame(rows)


def _sd(values: Sequence[float]) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
