"""The sensitivity of one job, written whole: tables, specification curve, what moves the lag."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from frontierlag.figures import sheet
from frontierlag.figures.sheet import (
    COLORS,
    FAILED_COLOR,
    INK,
    LAG_COLORS,
    NEUTRAL,
    Provenance,
    save,
)
from frontierlag.jobs import Job
from frontierlag.machine.files import staged, write_csv, write_manifest
from frontierlag.model import first_model
from frontierlag.names import CURRENT, REALIZED, TREND, WINDOW
from frontierlag.results.manifest import models_record, run_record
from frontierlag.settings import QUICK, SamplerSettings
from frontierlag.studies.sensitivity.alternatives import sensitivity_table
from frontierlag.studies.sensitivity.dates import DateError, with_date_errors
from frontierlag.studies.sensitivity.influence import influence_table
from frontierlag.studies.sensitivity.starts import SAME_FIT, window_starts

KINDS = (TREND, REALIZED)
ROW, HEAD = 0.25, 2.3  # inches that an alternative takes, and that everything else takes
BASE_BAND = "#f0ead6"
MOST = 15
MODEL_COLORS = ("#00605a", "#b8660b", "#5f5f5f", "#7b3f61")
WIDTH = 10.4
STARTS_HIGH = 3.1  # inches of the panels of window starts


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """The tables of one job; ``dates`` is None where no error of the dates was requested."""

    alternatives: pd.DataFrame
    starts: pd.DataFrame
    influence: pd.DataFrame
    dates: pd.DataFrame | None

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by the name of their file."""
        named = {
            "sensitivity": self.alternatives,
            "window-starts": self.starts,
            "influence": self.influence,
        }
        return named if self.dates is None else named | {"dates": self.dates}

    @property
    def converged(self) -> bool:
        """Whether every fit that is shown passed the gate."""
        return all(
            bool(table["converged"].fillna(value=True).all()) for table in self.tables.values()
        )


def study_sensitivity(
    job: Job,
    out: Path,
    settings: SamplerSettings = QUICK,
    *,
    dates: Sequence[DateError] = (),
    workers: int | None = None,
    done: Callable[[str], None] = lambda _: None,
) -> Sensitivity:
    """Run the alternatives, the window starts and the influence of one job, and write them.

    ``out`` gets ``sensitivity.csv``, ``window-starts.csv``, ``influence.csv``, ``dates.csv`` (if
    there are errors of ``dates`` to propagate), the figures ``specification`` and
    ``window-influence``, and the manifest.
    """
    item = job.prepare()
    with staged(out) as folder:
        how: Any = {"workers": workers, "done": done}
        erring = [with_date_errors(job, None, error, settings, **how) for error in dates]
        dated = {"dates": item.table.dates}
        found = Sensitivity(
            sensitivity_table(job, None, settings, **how),
            window_starts(job, (), settings, **how).assign(**dated),
            influence_table(job, None, settings, **how).assign(**dated),
            pd.concat(erring, ignore_index=True).drop_duplicates() if erring else None,
        )
        for stem, table in found.tables.items():
            write_csv(table, folder / f"{stem}.csv")
        about = Provenance.of_job(item)
        words = f"mean lag, {item.window_words}, under each alternative"
        title = f"Sensitivity: {item.title}"
        save(specification_curve(found.alternatives, about, title, words), folder, "specification")
        moved = window_and_influence(
            found.starts,
            found.influence,
            about,
            f"Window and influence: {item.title}",
            "the lag by where window and fit begin, and with one model or maker left out",
            item.releases.group_names,
        )
        save(moved, folder, "window-influence")
        models = models_record(item, settings, [first_model(item.table.metric)])
        record = run_record(item, settings, models)
        record |= {"date_errors": [error.words for error in dates], "converged": found.converged}
        write_manifest(folder, record)
    return found


@sheet.styled()
def specification_curve(
    table: pd.DataFrame, about: Provenance, title: str, subtitle: str = ""
) -> Figure:
    """Draw the mean lag over the window under every alternative, a panel for each kind of lag.

    Rows of the sensitivity table are sorted by realized lag. Each has its median and intervals; a
    convention, which has no interval, is a diamond; a fit that did not converge is hollow and grey.
    The base stands on a band, with a line through its median.
    """
    shown = table[(table["period"] == WINDOW) & table["median"].notna()]
    order = shown[shown["lag"] == REALIZED].sort_values("median", kind="stable")
    names = list(dict.fromkeys([*order["alternative"], *shown["alternative"]]))
    missing = table[~table["alternative"].isin(names)]
    told = "; ".join(f"{a} ({n})" for a, n in missing[["alternative", "note"]].values)
    about = replace(about, model="", converged=bool(shown["converged"].fillna(value=True).any()))
    values = shown[["median", "lower90", "upper90"]].to_numpy()
    low, high = (float(end(values[np.isfinite(values)])) for end in (np.min, np.max))
    pad = 0.06 * max(high - low, 1.0)
    figure, place = sheet.new_sheet(
        (10.2, HEAD + ROW * len(names)), title, subtitle, about, key=_key(shown), columns=2,
        notes=[f"not drawn: {told}"] if len(missing) else (), panel_title=True, left=3.3,
    )  # fmt: skip
    grid = {**place, "wspace": 0.06}
    panels = figure.subplots(1, 2, sharey=True, squeeze=False, gridspec_kw=grid)[0]
    for axes, kind in zip(panels, KINDS, strict=True):
        sheet.bare_rows(axes)
        color = LAG_COLORS[kind]
        for row in _named(shown[shown["lag"] == kind]):
            y = len(names) - 1 - names.index(str(row.alternative))
            if row.what == "base":
                axes.axhspan(y - 0.5, y + 0.5, color=BASE_BAND, lw=0, zorder=0.5, gid="base")
                axes.axvline(float(row.median), color=color, lw=0.8, alpha=0.6, zorder=1)
            _mark(axes, row, y, color)
        ends = (low - pad, high + pad)
        axes.set(xlim=ends, ylim=(-0.7, len(names) - 0.3), xlabel="months behind")
        sheet.lag_title(axes, kind)
    panels[0].set_yticks(range(len(names))[::-1], names)
    bases = set(shown.loc[shown["what"] == "base", "alternative"])
    for label, name in zip(panels[0].get_yticklabels(), names, strict=True):
        label.set(size=8.5, weight="bold" if name in bases else "normal")
    return figure


@sheet.styled()
def window_and_influence(
    starts: pd.DataFrame,
    influence: pd.DataFrame,
    about: Provenance,
    title: str,
    subtitle: str = "",
    groups: tuple[str, str] = ("", ""),
    most: int = MOST,
) -> Figure:
    """Draw the lag for every start of the window, and the models and makers that move it most.

    Above, for each start and model, the same fit over the shorter window (filled) and a fit to
    the releases since the start (open square), with 90 % intervals. Below, the largest changes of
    the median when one model or maker is left out, with twice their Monte Carlo error, as many of
    them as ``most``; ``groups``, leader and follower, give them their colours.
    """
    models = list(dict.fromkeys(starts["model"]))
    drawn = starts[starts["median"].notna()]
    impossible = starts[starts["note"].str.startswith("impossible")]
    notes = [
        f"{', '.join(dict.fromkeys(rows['start']))}: a mean over the window is {note}"
        for note, rows in impossible.groupby("note", sort=False)
    ]
    unfitted = influence[influence["change"].isna()]
    if len(unfitted):
        notes.append("cannot be left out: " + "; ".join(dict.fromkeys(unfitted["left_out"])))
    about = replace(about, model="", converged=True)
    height = 3.1 + STARTS_HIGH + 0.24 * most + 0.9
    figure, place = sheet.new_sheet(
        (WIDTH, height), title, subtitle, about, key=_start_key(models, groups, drawn, influence),
        columns=2, notes=notes, panel_title=True,
    )  # fmt: skip
    middle = place["top"] - STARTS_HIGH / height
    above = figure.add_gridspec(1, 3, **place | {"bottom": middle}, wspace=0.14)
    lower = {"left": 2.35 / WIDTH, "top": middle - 0.85 / height}
    below = figure.add_gridspec(1, 2, **place | lower, wspace=0.72)
    panels = ((TREND, WINDOW), (REALIZED, WINDOW), (TREND, CURRENT))
    first = figure.add_subplot(above[0, 0])
    for k, (kind, period) in enumerate(panels):
        axes = figure.add_subplot(above[0, k], sharey=first) if k else first
        _starts(axes, drawn[(drawn["lag"] == kind) & (drawn["period"] == period)], models)
        if period == WINDOW:
            sheet.lag_title(axes, kind)
            axes.set_xlabel("first day of window and fit")
        else:
            axes.set_title("Trend lag on the last day", color=LAG_COLORS[kind], pad=20)
            axes.set_xlabel("first day of the fit")
        axes.set_ylabel("" if k else "months behind")
        axes.tick_params(labelleft=k == 0)
    first.set_ylim(bottom=min(0.0, float(np.nanmin(drawn["lower90"]))))
    for k, kind in enumerate(KINDS):
        axes = figure.add_subplot(below[0, k])
        _changes(axes, influence[influence["lag"] == kind], groups, kind, most)
    return figure


def _starts(axes: Axes, rows: pd.DataFrame, models: Sequence[str]) -> None:
    """Lag by start: a colour a model, filled for the same fit, open for refits, x for points."""
    shown = list(rows[["model", "fitted_to"]].drop_duplicates().itertuples(index=False))
    for k, (model, fitted) in enumerate(shown):
        own = rows[(rows["model"] == model) & (rows["fitted_to"] == fitted)]
        x = np.array([date2num(date.fromisoformat(s)) for s in own["start"]])
        x = x + 14 * (k - (len(shown) - 1) / 2)
        color, refitted = MODEL_COLORS[models.index(model) % len(MODEL_COLORS)], fitted != SAME_FIT
        for at, row in zip(x, _named(own), strict=True):
            shade = color if pd.isna(row.converged) or row.converged else FAILED_COLOR
            axes.plot([at, at], [row.lower90, row.upper90], color=shade, lw=1.0, zorder=2)
            mark = "x" if pd.isna(row.lower90) else "s" if refitted else "o"
            face = "white" if refitted or shade == FAILED_COLOR else shade
            look: dict[str, Any] = {"ms": 4.5, "mfc": face, "mec": shade, "zorder": 3}
            axes.plot(at, row.median, mark, gid=f"{model}, {fitted}", **look)
        axes.plot(x, own["median"], color=color, lw=0.8, ls=":" if refitted else "-", zorder=1.5)
    ends = [date2num(date.fromisoformat(s)) for s in rows["start"]]
    axes.set_xlim(min(ends) - 60, max(ends) + 60)
    sheet.date_axis(axes, every=6)


def _changes(
    axes: Axes, influence: pd.DataFrame, groups: tuple[str, str], kind: str, most: int
) -> None:
    """Bars of the largest changes, the largest on top."""
    own = influence[(influence["period"] == WINDOW) & (influence["kind"] != "none")]
    order = own["change"].abs().sort_values(ascending=False, kind="stable").index[:most]
    rows = own.loc[order]
    sheet.bare_rows(axes)
    for k, row in enumerate(_named(rows)):
        y = len(rows) - 1 - k
        fitted = bool(np.isfinite(row.median))
        sound = bool(row.converged) if not pd.isna(row.converged) else True
        color = COLORS[groups.index(row.group)] if row.group in groups else NEUTRAL
        color = color if sound else FAILED_COLOR
        face = color if sound and fitted else "white"
        look: dict[str, Any] = {"edgecolor": color, "alpha": 0.85 if row.kind == "maker" else 0.55}
        axes.barh(y, row.change, height=0.62, facecolor=face, gid="change", **look)
        if np.isfinite(row.mcse_median):
            error = 2 * row.mcse_median
            ends = [row.change - error, row.change + error]
            axes.plot(ends, [y, y], color=INK, lw=1.0, zorder=3)
    labels = [f"{row.left_out} ({row.kind})" for row in _named(rows)]
    short = [name if len(name) <= 32 else f"{name[:20]}…{name[-11:]}" for name in labels]
    axes.set_yticks(range(len(rows))[::-1], short)
    axes.tick_params(axis="y", labelsize=8)
    axes.axvline(0, color=INK, lw=0.8)
    axes.set_ylim(-0.6, max(len(rows), 1) - 0.4)
    axes.set_xlabel(f"change of mean {kind} lag, months")


def _mark(axes: Axes, row: Any, y: float, color: str) -> None:
    """One alternative: intervals and median, or the point of a convention."""
    if pd.isna(row.lower90):
        axes.plot(row.median, y, "D", ms=4.6, color=INK, zorder=4, gid="point")
        return
    sound = pd.isna(row.converged) or bool(row.converged)
    shade = color if sound else FAILED_COLOR
    axes.plot([row.lower90, row.upper90], [y, y], color=shade, lw=1.3, zorder=3, gid="interval90")
    axes.plot([row.lower50, row.upper50], [y, y], color=shade, lw=3.8, zorder=3, gid="interval50")
    face, edge = (shade, "white") if sound else ("white", shade)
    axes.plot(row.median, y, "o", ms=5.4, color=face, mec=edge, zorder=4, gid="median")


def _named(rows: pd.DataFrame) -> Iterator[Any]:
    """Rows whose cells are attributes."""
    yield from rows.itertuples()


def _key(shown: pd.DataFrame) -> list[tuple[Any, str]]:
    key: list[tuple[Any, str]] = [
        (sheet.line(color=NEUTRAL, lw=3.2, marker="o", ms=5.5, mec="white"),
         f"median, {sheet.INTERVALS}"),
        (Patch(facecolor=BASE_BAND), "the base: every other row changes what it says, no more"),
    ]  # fmt: skip
    if shown["lower90"].isna().any():
        diamond = sheet.line(color=INK, ls="", marker="D", ms=4.6)
        key.append((diamond, "a published convention on point scores: no interval"))
    if not shown["converged"].fillna(value=True).all():
        hollow = sheet.line(color=FAILED_COLOR, lw=1.2, marker="o", ms=5.5, mfc="white")
        key.append((hollow, "grey and hollow: not converged, not to be cited"))
    return key


def _start_key(
    models: Sequence[str], groups: tuple[str, str], drawn: pd.DataFrame, influence: pd.DataFrame
) -> list[tuple[Any, str]]:
    key: list[tuple[Any, str]] = []
    for k, model in enumerate(models):
        color, own = MODEL_COLORS[k % len(MODEL_COLORS)], drawn[drawn["model"] == model]
        if own["lower90"].isna().all():
            cross = sheet.line(color=color, marker="x", ms=5, ls=":")
            key.append((cross, f"{model} through the records since"))
            continue
        key.append((sheet.line(color=color, marker="o", ms=5), f"{model}, same fit"))
        square = sheet.line(color=color, marker="s", ms=5, mfc="white", ls=":")
        key.append((square, f"{model}, fitted to releases since"))
    for name, color in zip(groups, COLORS, strict=True):
        if name:
            key.append((Patch(facecolor=color), f"below: left out of {name}"))
    sound = pd.concat([drawn["converged"], influence["converged"]]).fillna(value=True).all()
    if not sound:
        key.append((Patch(facecolor="white", edgecolor=FAILED_COLOR), "grey: not converged"))
    if influence["median"].isna().any():
        key.append((Patch(facecolor="white", edgecolor=NEUTRAL), "hollow bar: expected, no refit"))
    return key
