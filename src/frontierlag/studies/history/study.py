"""The lag by every vintage over the same days, as a folder that is written whole.

Each vintage is fitted once, to all that it holds, and the fit gives the mean over the days
that all vintages share, the mean over the vintage's own window, and the lag on its last day. What
makes the first of these move from one vintage to the next:
:mod:`frontierlag.studies.history.vintages`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from frontierlag.analyses.refits import KINDS, refit_all
from frontierlag.dates import WORDS, Window
from frontierlag.figures import sheet
from frontierlag.figures.sheet import LAG_COLORS, NEUTRAL, Provenance, save
from frontierlag.intervals import summarize
from frontierlag.jobs import Job
from frontierlag.lags.published import conventions, last_day_conventions
from frontierlag.machine.files import staged, write_manifest
from frontierlag.model import ModelSpec, first_model
from frontierlag.names import CURRENT, REALIZED, TREND
from frontierlag.names import WINDOW as WHOLE
from frontierlag.scores import Releases
from frontierlag.scores.registry import joined_credit
from frontierlag.scores.releases import subset
from frontierlag.settings import QUICK, SamplerSettings
from frontierlag.studies.history.vintages import (
    FREE,
    Fits,
    Vintage,
    asked,
    changes_table,
    read_vintages,
    same_days,
)
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

SIZE = (10.0, 7.6)
# Position within a vintage's place, so that intervals do not cover one another.
SHIFT = {TREND: -0.17, REALIZED: 0.17}
MARKERS = {"release-matched": "^", "daily": "s", "catch-up": "D"}
FREE_COLOR = "#f1ead9"
PANELS = {SAME_DAYS: "Mean over the same days", LAST_DAY: "On the vintage's last day"}


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

    ``scores`` are names and paths of the vintages, and ``given`` those of them that are the user's
    own. ``job`` gives the comparison and perhaps the first of the same days; its table does not
    matter. The model is one of scores, by default the headline model of the metric; the others are
    as for :func:`frontierlag.analyses.refits.refit_all`.
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


@sheet.styled()
def history_figure(lags: pd.DataFrame, about: Provenance, title: str) -> Figure:
    """Draw the rows of ``history.csv``, as they were made or read from the file.

    A panel for the mean over the same days and one for the last day of each vintage share the
    vintages as their horizontal axis.
    """
    same = lags[lags["quantity"] == SAME_DAYS]
    labels = _labels(same)
    one = same.iloc[0]
    days = f"same days: {one['since']} to {one['as_of']}; {WORDS[one['dates']]}"
    key: list[tuple[Any, str]] = [
        (sheet.bar(color=LAG_COLORS[kind], lw=1.4, marker="o", ms=5, mec="white"),
         f"{kind} lag, posterior mean, {sheet.INTERVALS}")
        for kind in (REALIZED, TREND)
    ]  # fmt: skip
    key += [
        (sheet.bar(color=NEUTRAL, lw=0.8, marker=m, ms=4, mfc="white"), f"{name} (points)")
        for name, m in MARKERS.items()
        if (lags["method"] == name).any()
    ]
    if lags["errors"].eq(FREE).any():
        key.append((Patch(facecolor=FREE_COLOR), "errors not of a scale pinned at the anchors"))
    figure, place = sheet.new_sheet(SIZE, title, days, about, key=key, columns=2, panel_title=True)
    # Names are written upright; a day is ten letters.
    longest = max(map(len, labels))
    place["bottom"] += 0.07 + 0.008 * max(longest - len("2026-08-11"), 0)
    panels = figure.subplots(2, 1, sharex=True, gridspec_kw={**place, "hspace": 0.2})
    for axes, (quantity, words) in zip(panels, PANELS.items(), strict=True):
        sheet.watermark(axes, about)
        _draw(axes, lags[lags["quantity"] == quantity])
        axes.set_title(words, size=10, loc="left")
        axes.set_ylabel("months behind")
    panels[-1].set_xticks(range(len(labels)), labels, rotation=90, size=7.5)
    panels[-1].set_xlim(-0.6, len(labels) - 0.4)
    return figure


def _draw(axes: Axes, rows: pd.DataFrame) -> None:
    names = rows["table"].unique().tolist()
    free = rows.drop_duplicates("table")["errors"].eq(FREE).to_numpy()
    for x in np.flatnonzero(free):
        axes.axvspan(x - 0.5, x + 0.5, color=FREE_COLOR, lw=0, zorder=0)
    for name, marker in MARKERS.items():
        of = rows[rows["method"] == name]
        if not of.empty:
            at = np.array([names.index(table) for table in of["table"]], dtype=float)
            look: dict[str, Any] = {"lw": 0.8, "marker": marker, "ms": 4, "mfc": "white"}
            axes.plot(at, of["mean"], color=NEUTRAL, gid=name, **look)
    for kind, shift in SHIFT.items():
        of, color = rows[rows["lag"] == kind], LAG_COLORS[kind]
        at = np.array([names.index(table) for table in of["table"]]) + shift
        axes.vlines(at, of["lower90"], of["upper90"], color=color, lw=1.0, zorder=3)
        axes.vlines(at, of["lower50"], of["upper50"], color=color, lw=2.6, zorder=3)
        look = {"color": color, "ms": 4.5, "mec": "white", "mew": 0.8, "zorder": 4}
        axes.plot(at, of["mean"], "o", gid=kind, **look)
    if axes.get_ylim()[0] < 0:
        axes.axhline(0, color=sheet.INK, lw=0.8, zorder=1)


def _labels(same: pd.DataFrame) -> list[str]:
    """A vintage's day, or its name where that says more than the day."""
    once = same.drop_duplicates("table")
    labels = []
    for table, vintage in zip(once["table"], once["vintage"], strict=True):
        own = str(table).removeprefix("eci-")
        labels.append(str(vintage) if own == vintage else str(table))
    return labels
