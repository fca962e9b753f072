"""Two vintages set side by side, in tables and sentences, as a folder that is written whole."""

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
from matplotlib.ticker import MaxNLocator

from frontierlag.dates import WORDS, Window
from frontierlag.figures import sheet
from frontierlag.figures.sheet import Provenance, save
from frontierlag.intervals import INTERVAL_KIND, OUTER, Summary
from frontierlag.jobs import Job, Prepared
from frontierlag.lags.trend import curve
from frontierlag.machine.files import staged, write_manifest
from frontierlag.results.manifest import data_record, models_record, settings_record, window_record
from frontierlag.scores.side_by_side import record_holders, shared_models, unshared_models
from frontierlag.settings import MIXTURES, SamplerSettings
from frontierlag.studies.vintages.comparison import (
    AFTER,
    BEFORE,
    Change,
    Corner,
    VintageComparison,
    compare_vintages,
)
from frontierlag.studies.writing import FIGURES, write_tables, write_words
from frontierlag.words import figure, number

DIGITS = 6  # enough that rounded parts add up to the rounded total
SIZE = (9.2, 5.2)
MORE, LESS = "#b35806", "#2d708e"
WIDTH = 0.56


def study_vintages(
    first: Job,
    second: Job,
    out: Path,
    settings: SamplerSettings = MIXTURES,
    done: Callable[[str], None] = lambda _: None,
) -> VintageComparison:
    """Set two vintages side by side and write what moved and what that did to the lag."""
    with staged(out) as folder:
        found = compare_vintages(first, second, settings, done=done)
        tables = {
            "vintages": vintage_table(found),
            "moved": moved_table(found),
            "records": record_holders(found.pair),
            "unshared": unshared_models(found.pair),
        }
        write_tables(folder, tables)
        about = replace(
            Provenance.of(found.corners[AFTER]),
            dataset=" and ".join(found.tables),
            converged=found.converged,
        )
        leader, follower = found.pair.a.group_names
        words = f"{found.window.since} to {found.window.as_of}"
        drawn = vintage_waterfall(
            found.changes, found.tables, about, f"{follower} behind {leader}: two vintages", words
        )
        save(drawn, folder / FIGURES, "vintages")
        # As far as the later vintage was read: to the end of the window, not to its own last day.
        read = [replace(job, as_of=found.window.as_of).prepare() for job in (first, second)]
        credits = dict.fromkeys(item.releases.attribution for item in read)
        write_words(folder / "vintages.md", [*vintage_sentences(found), *credits])
        record = vintages_record(read, found.window, found.model, settings)
        write_manifest(
            folder, record | {"verdicts": found.verdicts(), "converged": found.converged}
        )
    return found


def vintages_record(
    read: Sequence[Prepared], window: Window, model: str, settings: SamplerSettings
) -> dict[str, Any]:
    """The record of a study of several vintages of one table; its model is that of the last."""
    last = read[-1]
    return {
        "vintages": [data_record(item.table, item.releases) for item in read],
        "comparison": last.releases.comparison.name,
        "window": window_record(window),
        "models": models_record(last, settings, [model]),
        **settings_record(last.table.metric, settings),
    }


def vintage_table(comparison: VintageComparison) -> pd.DataFrame:
    """From the first vintage's lag to the second's, step by step: the rows of ``vintages.csv``.

    Steps 'from' and 'to' hold the posterior mean and interval of the window's mean lag; 'scores',
    'dates', 'releases' and 'total' hold changes of the posterior mean, whose Monte Carlo error is
    ``mcse_mean``; ``first`` and ``last`` are the change when the component is replaced before or
    after the two others; ``in_sds`` is the total in posterior standard deviations.
    """
    rows = [row for change in comparison.changes for row in _rows(comparison, change)]
    # Adding zero turns a rounded -0.0 into 0.0.
    numbers = ["months", "mcse_mean", "lower90", "upper90", "first", "last", "in_sds"]
    table = pd.DataFrame(rows)
    table[numbers] = table[numbers].astype(float).round(DIGITS) + 0.0
    return table.assign(converged=comparison.converged)


def moved_table(comparison: VintageComparison) -> pd.DataFrame:
    """Shared models whose score or date moved, largest first: the rows of ``moved.csv``.

    What is largest is judged by ``against_trend``: the change of score less what the group's trend
    (posterior mean of the first vintage) rises between the two dates, that is how far the model
    moved off its trend. A later date alone moves it down, a higher score alone up. ``perhaps``
    names what only the second vintage has from the same organization on the first vintage's date:
    the shared name may stand for another snapshot there.
    """
    table = shared_models(comparison.pair)
    table["against_trend"] = table["score_change"] - _rise(comparison, table)
    table["perhaps"] = _other_snapshots(comparison, table)
    for name in ("score_change", "stderr_a", "stderr_b", "stderr_change", "against_trend"):
        table[name] = table[name].round(DIGITS) + 0.0
    table = table[(table["score_change"] != 0) | (table["days"] != 0)]
    order = np.lexsort((table["model"], -table["against_trend"].abs()))
    return table.iloc[order].reset_index(drop=True)


def vintage_sentences(comparison: VintageComparison) -> tuple[str, ...]:
    """What changed, in sentences that can stand alone."""
    pair, tables = comparison.pair, comparison.tables
    shared, holders = shared_models(pair), record_holders(pair)
    only = unshared_models(pair)["only_in"]
    counts = [int((only == name).sum()) for name in tables]
    first = (
        f"Of {len(shared)} models shared by {tables[0]} and {tables[1]} in "
        f"{pair.a.comparison.name}, {int((shared['days'] != 0).sum())} have another date and "
        f"{int((shared['score_change'].abs() >= 1).sum())} a score at least 1 apart; by "
        f"{comparison.window.as_of} {counts[0]} releases are only in the first and {counts[1]} "
        f"only in the second; of {len(holders)} record-holders by score in either, "
        f"{int((holders['change'] == 'none').sum())} are records in both."
    )
    return (first, *(_sentence(comparison, change) for change in comparison.changes))


def _rows(comparison: VintageComparison, change: Change) -> list[dict[str, object]]:
    origin: dict[str, object] = {
        "from": comparison.tables[0],
        "to": comparison.tables[1],
        "comparison": comparison.pair.a.comparison.name,
        "window_start": comparison.window.since.isoformat(),
        "window_end": comparison.window.as_of.isoformat(),
        "model": comparison.model,
        "lag": change.kind,
    }

    def end(step: str, corner: Corner, s: Summary, censored: float) -> dict[str, object]:
        numbers = ("mcse_mean", "lower90", "upper90", "undefined")
        found = {"step": step, "months": s.mean} | {name: getattr(s, name) for name in numbers}
        releases = len(comparison.corners[corner].fit.observations.releases)
        return origin | found | {"censored": censored, "releases": releases}

    steps: list[dict[str, object]] = [
        {"step": p.component, "months": p.months, "mcse_mean": p.mcse}
        | {"first": p.first, "last": p.last}
        for p in change.parts
    ]
    steps.append({"step": "total", "months": change.total, "mcse_mean": change.mcse,
                  "in_sds": change.in_sds})  # fmt: skip
    first, last = change.censored
    return [
        end("from", BEFORE, change.before, first),
        *(origin | step for step in steps),
        end("to", AFTER, change.after, last),
    ]


def _rise(comparison: VintageComparison, shared: pd.DataFrame) -> np.ndarray:
    """Rise of each model's trend between its two dates, score units, posterior mean."""
    fit = comparison.corners[BEFORE].fit
    rise = np.zeros(len(shared))
    for k, name in enumerate(comparison.pair.a.group_names):
        mask = (shared["group"] == name).to_numpy()
        heights = [
            curve(
                fit.spec.trend,
                fit.trend_inputs,
                shared[column].to_numpy()[mask].astype("datetime64[D]").astype(np.int64),
                fit.observations.reference,
                k,
            ).mean((0, 1))
            for column in ("released_a", "released_b")
        ]
        rise[mask] = heights[1] - heights[0]
    return rise


def _other_snapshots(comparison: VintageComparison, shared: pd.DataFrame) -> list[str]:
    """For models dated anew, those of the second vintage alone that have their first date."""
    only = unshared_models(comparison.pair)
    only = only[only["only_in"] == comparison.tables[1]]
    there: dict[tuple[str, object], list[str]] = {}
    for model, who, day in zip(only["model"], only["organization"], only["released"], strict=True):
        there.setdefault((who, day), []).append(model)
    keys = zip(shared["organization"], shared["released_a"], shared["days"], strict=True)
    return ["; ".join(there.get((who, day), []) if days else []) for who, day, days in keys]


def _sentence(comparison: VintageComparison, change: Change) -> str:
    leader, follower = comparison.pair.a.group_names
    window, tables = comparison.window, comparison.tables
    ends = [
        f"{figure(s.mean, s.mcse_mean)} months ({OUTER:.0%} interval {number(s.lower90, s)} to "
        f"{number(s.upper90, s)})"
        for s in (change.before, change.after)
    ]
    parts = ", ".join(f"{part.component} {_signed(part.months)}" for part in change.parts)
    verdict = "" if comparison.converged else " NOT CONVERGED."
    return (
        f"The mean {change.kind} lag of {follower} behind {leader} from {window.since} to "
        f"{window.as_of} is {ends[0]} by {tables[0]} and {ends[1]} by {tables[1]}: "
        f"{_signed(change.total)} months, {abs(change.in_sds):.1f} posterior standard deviations; "
        f"Shapley values: {parts} ({comparison.model}; "
        f"{WORDS[comparison.pair.a.dates]}).{verdict}"
    )


def _signed(months: float) -> str:
    return f"{round(months, 1) + 0.0:+.1f}"


@sheet.styled()
def vintage_waterfall(
    changes: Sequence[Change],
    names: tuple[str, str],
    about: Provenance,
    title: str,
    subtitle: str = "",
) -> Figure:
    """Draw the window's mean lag by both vintages and, between them, what made the change.

    The ends are posterior means with 90 % intervals. Between them each bar goes from the lag before
    a component is replaced to the lag after, by its Shapley value, with a whisker of twice its
    Monte Carlo error on either side. One change a panel; ``names`` are those of the two vintages.
    """
    mean = sheet.bar(color=sheet.NEUTRAL, lw=1.4, marker="o", ms=5.5, mec="white")
    key: list[tuple[Any, str]] = [
        (mean, f"posterior mean, {OUTER:.0%} {INTERVAL_KIND} interval".replace("%", " %")),
        (Patch(facecolor=MORE, lw=0), "makes the lag longer (Shapley value)"),
        (Patch(facecolor=LESS, lw=0), "makes it shorter (Shapley value)"),
        (sheet.bar(color=sheet.INK, lw=1), "twice the Monte Carlo error"),
    ]
    figure, place = sheet.new_sheet(
        SIZE, title, subtitle, about, key=key, columns=2, panel_title=True
    )
    place["bottom"] += 0.035  # the vintages' names take two lines
    grid = {**place, "wspace": 0.06}
    panels = figure.subplots(1, len(changes), sharey=True, squeeze=False, gridspec_kw=grid)[0]
    for axes, change in zip(panels, changes, strict=True):
        sheet.watermark(axes, about)
        _draw(axes, change, names)
        sheet.lag_title(axes, change.kind)
        axes.yaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
    low, high = panels[0].get_ylim()
    panels[0].set_ylim(low - 0.06 * (high - low), high + 0.06 * (high - low))
    panels[0].set_ylabel("months behind")
    return figure


def _draw(axes: Axes, change: Change, names: tuple[str, str]) -> None:
    last = len(change.parts) + 1
    _end(axes, 0, change.before, sheet.LAG_COLORS[change.kind], -1)
    _end(axes, last, change.after, sheet.LAG_COLORS[change.kind], 1)
    at = change.before.mean
    for x, part in enumerate(change.parts, start=1):
        axes.plot([x - 1, x + WIDTH / 2], [at, at], color="#bbbbbb", lw=0.9, zorder=1.5)
        color = MORE if part.months >= 0 else LESS
        axes.bar(x, part.months, WIDTH, bottom=at, color=color, zorder=2, gid=part.component)
        at += part.months
        ends = [at - 2 * part.mcse, at + 2 * part.mcse]
        axes.plot([x, x], ends, color=sheet.INK, lw=1, zorder=3)
        axes.annotate(
            f"{part.months:+.1f}", (x, max(at, at - part.months)), xytext=(0, 6),
            textcoords="offset points", ha="center", size=9, gid="change",
        )  # fmt: skip
    axes.plot([last - 1, last], [at, at], color="#bbbbbb", lw=0.9, zorder=1.5)
    labels = [_two_lines(names[0]), *(p.component for p in change.parts), _two_lines(names[1])]
    axes.set_xticks(range(last + 1), labels, size=8)
    axes.tick_params(axis="x", length=0)
    axes.set_xlim(-0.75, last + 0.75)
    if axes.get_ylim()[0] < 0:
        axes.axhline(0, color=sheet.INK, lw=0.8, zorder=1.6)


def _end(axes: Axes, x: float, s: Summary, color: str, side: int) -> None:
    """One vintage's lag; its number stands on the left (-1) or on the right."""
    axes.plot([x, x], [s.lower90, s.upper90], color=color, lw=1.6, gid="interval90")
    axes.plot(x, s.mean, "o", ms=7, color=color, mec="white", mew=1.1, zorder=4, gid="mean")
    axes.annotate(
        f"{s.mean:.1f}", (x, s.mean), xytext=(8 * side, 0), textcoords="offset points",
        ha="right" if side < 0 else "left", va="center", size=9.5, weight="bold", color=color,
    )  # fmt: skip


def _two_lines(name: str) -> str:
    """Break a vintage's name before its date."""
    stem, hyphen, rest = name.partition("-")
    return f"{stem}\n{rest}" if hyphen else name
