"""The lag by every vintage over the same days, as a folder that is written whole.

Each vintage is fitted once, to all that it holds, and the fit gives the mean over the days
that all vintages share, the mean over the vintage's own window, and the lag on its last day. What
makes the first of these move from one vintage to the next:
:mod:`frontierlag.studies.history.changes`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from frontierlag.analyses.refits import KINDS, refit_all
from frontierlag.dates import Window
from frontierlag.figures import Provenance, save
from frontierlag.intervals import summarize
from frontierlag.jobs import Job
from frontierlag.lags.published import conventions, last_day_conventions
from frontierlag.machine.files import staged, write_manifest
from frontierlag.model import ModelSpec, first_model
from frontierlag.names import CURRENT
from frontierlag.names import WINDOW as WHOLE
from frontierlag.scores import Releases
from frontierlag.scores.registry import joined_credit
from frontierlag.scores.releases import subset
from frontierlag.settings import QUICK, SamplerSettings
from frontierlag.studies.history.changes import Fits, asked, changes_table
from frontierlag.studies.history.figure import history_figure
from frontierlag.studies.history.tables import FREE, Vintage, read_vintages, same_days
from frontierlag.studies.history.words import (
    LAST_DAY,
    OWN_WINDOW,
    POINT,
    SAME_DAYS,
    History,
    report,
)
from frontierlag.studies.vintages.comparison import signature
from frontierlag.studies.vintages.study import vintages_record
from frontierlag.studies.writing import FIGURES, quantiles, write_tables


def study_history(
    scores: Sequence[str],
    job: Job,
    out: Path,
    settings: SamplerSettings = QUICK,
    *,
    given: Sequence[str] = (),
    model: str | None = None,
    workers: int | None = None,
    done: Callable[[str], None] = lambda _: None,
) -> History:
    """Make a history and write its tables, ``history.md``, the figure and the manifest."""
    with staged(out) as folder:
        found = history(scores, job, settings, given=given, model=model, workers=workers, done=done)
        write_tables(
            folder, {"history": found.lags, "changes": found.changes, "spread": found.spread}
        )
        read = [one.prepared for one in found.vintages]
        first, last = read[0], read[-1]
        about = replace(
            Provenance.of_job(
                last, found.model, found.converged, joined_credit(*found.attributions)
            ),
            dataset=f"{len(read)} vintages, {first.table.name} to {last.table.name}",
            dates=None,
        )
        figure = history_figure(found.lags, about, f"{first.title}, by vintage of the table")
        save(figure, folder / FIGURES, "history")
        (folder / "history.md").write_text(report(found), encoding="utf-8")
        record = vintages_record(read, found.window, found.model, settings) | {
            "refused": {one.name: one.reason for one in found.refused},
            "dates": last.releases.dates,
            "converged": found.converged,
        }
        write_manifest(folder, record)
    return found


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
    scores, given
        Names and paths of the vintages, and which of them are the user's own.
    job
        Comparison and, if given, the first of the same days; its table does not matter.
    model
        A model of scores; by default the headline model of the metric.
    settings, workers, done
        As for :func:`frontierlag.analyses.refits.refit_all`.
    """
    vintages, refused = read_vintages(scores, job, given=given)
    window = same_days(vintages, job.since)
    metric = vintages[0].prepared.table.metric
    spec = ModelSpec.of(model or first_model(metric), metric)
    fits = Fits(spec)
    for one in vintages:
        fits.ask(one.prepared.releases, window, one.prepared.window)
    steps = asked(fits, vintages, window)
    fits.found = refit_all(fits.tasks, settings, workers, done)
    rows = [row for one in vintages for row in _rows(one, window, spec.name, fits)]
    changes = changes_table(steps, window, fits)
    spread = spread_table(vintages, window, fits)
    return History(vintages, refused, window, spec.name, pd.DataFrame(rows), changes, spread)


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
    about = {SAME_DAYS: (window, WHOLE), OWN_WINDOW: (own, WHOLE), LAST_DAY: (own, CURRENT)}
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
        last = quantity == LAST_DAY
        for point in last_day_conventions(r) if last else conventions(upto(r, days), days.since):
            of = point.n + (0 if point.name == "daily" else point.censored)
            rows.append(
                common
                | {
                    "method": point.name,
                    "lag": POINT,
                    "mean": point.mean,
                    "censored": point.censored / max(of, 1),
                    "converged": True,
                }
            )
    return [row | {"attribution": one.prepared.table.attribution} for row in rows]


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
