"""The whole study of one job: every construction fitted, as a table, in words and drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from frontierlag.analyses.refits import DIGITS, KINDS, NUMBERS, PERIODS
from frontierlag.dates import WORDS
from frontierlag.errors import SpecError
from frontierlag.figures import sheet
from frontierlag.figures.sheet import FAILED_COLOR, INK, LAG_COLORS, Provenance, save
from frontierlag.jobs import Job, Prepared
from frontierlag.machine.files import staged, write_csv, write_manifest
from frontierlag.names import REALIZED, TREND, WINDOW
from frontierlag.results.manifest import models_record, run_record
from frontierlag.scores.item_results import MeasuredReleases, load_results
from frontierlag.settings import INDEX, SamplerSettings
from frontierlag.studies.index.construction import (
    BASE,
    BENCHMARKS,
    DATED,
    SOURCES,
    VENDOR,
    Choice,
    constructions,
)
from frontierlag.studies.index.refits import Constructed, fit_constructions
from frontierlag.studies.sensitivity.study import specification_curve
from frontierlag.studies.writing import FIGURES, markdown_table, typed, write_words
from frontierlag.words import INTERVAL_WORDS, STAMP, Row, converged, rows_where, stamp, with_span

# A change by this many of its Monte Carlo errors is not chance, and how many changes are named.
CLEAR_ERRORS, MOST = 3.0, 3
TITLES = {
    BENCHMARKS: "One benchmark at a time",
    SOURCES: "One source at a time",
    VENDOR: "Who reports",
    DATED: "Without older benchmarks",
}
COLUMNS = (
    *("construction", "kind", "what", "lag", "period", "since", "change", "change_mcse"),
    *NUMBERS,
    *("converged", "n_results", "n_benchmarks", "n_releases", "without_results", "note"),
)
ROW, HEAD = 0.175, 2.2  # inches that a benchmark takes, and that everything else takes
ERRORS = 2.0  # Monte Carlo errors that a whisker reaches


@dataclass(frozen=True, eq=False)
class IndexStudy:
    """What the constructions say of one job's lag: :func:`constructions_table`, and in words."""

    table: pd.DataFrame
    sentences: tuple[str, ...]

    @property
    def converged(self) -> bool:
        """Whether every fit that is shown passed the gate."""
        return bool(self.table["converged"].fillna(value=True).all())


def prepared_with_results(job: Job) -> tuple[Prepared, MeasuredReleases]:
    """Prepare a job that has benchmark results.

    Raises
    ------
    SpecError
        If it has none.
    """
    prepared = job.prepare()
    releases = prepared.releases
    if not isinstance(releases, MeasuredReleases):
        raise SpecError(
            "the index can only be constructed otherwise from the benchmark results behind it: "
            "give them too, such as --results eci-results-2026-08-11"
        )
    return prepared, releases


def study_index(
    job: Job,
    out: Path,
    choice: Choice,
    keep: Path,
    settings: SamplerSettings = INDEX,
    *,
    jobs: int = 1,
    done: Callable[[str], None] = lambda _: None,
) -> IndexStudy:
    """Fit the lag under other constructions of the index and write what each says.

    ``out`` gets ``constructions.csv``, ``index.md``, the figures ``influence`` and
    ``constructions``, and the manifest; ``choice`` says which constructions, and ``keep`` is the
    folder in which finished fits are kept. The others are those of :func:`fit_constructions`.

    Raises
    ------
    FrontierLagError
        For anything that is wrong with the request, the data or the output folder.
    """
    prepared, releases = prepared_with_results(job)
    chosen = constructions(releases, load_results(job.results), prepared.table, choice)
    with staged(out) as folder:
        outcomes = fit_constructions(prepared, chosen, settings, keep, jobs=jobs, done=done)
        table = constructions_table(outcomes)
        found = IndexStudy(table, tuple(index_sentences(table, prepared)))
        of_results = releases.responses
        given = dict.fromkeys([prepared.table.attribution, of_results.attribution])
        # The credit of the results has that of the scores in it, with the terms of others.
        credits = [one for one in given if not any(one in other != one for other in given)]
        write_csv(table, folder / "constructions.csv")
        page = index_page(table, found.sentences, prepared, credits)
        write_words(folder / "index.md", page)
        _draw(table, prepared, folder / FIGURES)
        models = models_record(prepared, settings, [prepared.model()])
        record = run_record(prepared, settings, models)
        wanted = ("name", "sha256", "attribution")
        record["results"] = {key: record["data"]["results"][key] for key in wanted}
        record["constructions"] = [c.name for c in chosen]
        record["converged"] = found.converged
        write_manifest(folder, record)
    return found


def _draw(table: pd.DataFrame, prepared: Prepared, folder: Path) -> None:
    """The figures that there are rows for."""
    about = Provenance.of_job(prepared, prepared.model())
    title, days = prepared.title, prepared.window_words
    benchmarks = table[table["kind"] == BENCHMARKS]
    if len(benchmarks):
        words = f"change of the mean lag, {days}, when one benchmark is left out"
        head = f"What each benchmark does to the lag: {title}"
        save(influence_of_benchmarks(benchmarks, about, head, words), folder, "influence")
    others = table[table["kind"] != BENCHMARKS]
    if others["kind"].nunique() > 1:
        # With the first day of a window where that is a later one.
        late = ~others["since"].isin(["", others["since"].iloc[0]])
        dated = others["construction"] + ", from " + others["since"]
        named = others["construction"].where(~late, dated)
        rows = others.assign(alternative=named, what=others["kind"])
        head = f"The lag under other constructions of the index: {title}"
        save(specification_curve(rows, about, head, f"mean lag, {days}"), folder, "constructions")


@sheet.styled()
def influence_of_benchmarks(
    table: pd.DataFrame, about: Provenance, title: str, subtitle: str = ""
) -> Figure:
    """Draw the change of the mean lag when each benchmark is left out, a panel a kind of lag.

    Rows are sorted by the change of realized lag, those without a fit are named below.
    """
    shown = table[(table["period"] == WINDOW) & table["change"].notna()]
    realized = shown[shown["lag"] == REALIZED].sort_values("change", kind="stable")
    names = list(dict.fromkeys(realized["construction"]))
    missing = [name for name in dict.fromkeys(table["construction"]) if name not in names]
    notes = [f"not drawn, because nothing could be fitted: {'; '.join(missing)}"] if missing else []
    sound = bool(shown["converged"].fillna(value=False).all())
    key: list[tuple[Any, str]] = [
        (Patch(facecolor=LAG_COLORS[kind]), f"{kind} lag") for kind in (REALIZED, TREND)
    ]
    key.append((sheet.bar(color=INK, lw=1.0), f"{ERRORS:g} Monte Carlo errors either way"))
    if not sound:
        hollow = Patch(facecolor="white", edgecolor=FAILED_COLOR)
        key.append((hollow, "hollow and grey: not converged"))
    about = replace(about, converged=sound or bool(shown["converged"].any()))
    figure, place = sheet.new_sheet(
        (9.6, HEAD + ROW * max(len(names), 6)), title, subtitle, about, key=key, columns=4,
        notes=notes, left=3.0, panel_title=True,
    )  # fmt: skip
    panels = figure.subplots(1, 2, sharey=True, gridspec_kw={**place, "wspace": 0.08})
    for axes, kind in zip(panels, (REALIZED, TREND), strict=True):
        sheet.bare_rows(axes)
        for row in shown[shown["lag"] == kind].to_dict("records"):
            y, color = names.index(row["construction"]), LAG_COLORS[kind]
            look = {"facecolor": color, "edgecolor": color}
            if not row["converged"]:
                look = {"facecolor": "white", "edgecolor": FAILED_COLOR}
            axes.barh(y, row["change"], height=0.66, gid="change", **look)
            error = ERRORS * row["change_mcse"]
            ends = [row["change"] - error, row["change"] + error]
            axes.plot(ends, [y, y], color=INK, lw=0.9, zorder=3, gid="error")
        axes.axvline(0, color=INK, lw=0.8)
        axes.set(ylim=(-0.7, len(names) - 0.3), xlabel="change in months")
        sheet.lag_title(axes, kind)
    panels[0].set_yticks(range(len(names)), [name.removeprefix("without ") for name in names])
    panels[0].tick_params(axis="y", labelsize=7.5)
    return figure


def constructions_table(outcomes: Sequence[Constructed]) -> pd.DataFrame:
    """Return the lags under every construction and of the main answer, which is the first.

    Returns
    -------
    Rows of ``COLUMNS``, months. ``since`` is the first day of the window of a row, later than that
    of the job where what is left begins later. ``change`` is of the median against that of the main
    one over the same days and ``change_mcse`` its Monte Carlo error, of both medians; the counts
    are of what is left, and ``without_results`` names the releases that have no usable result left,
    which are in neither group then. A construction that cannot be fitted has one row, whose
    ``note`` says why.
    """
    base = outcomes[0]
    rows: list[dict[str, Any]] = []
    for outcome in outcomes:
        construction, left = outcome.construction, outcome.left
        head: dict[str, Any] = {
            "construction": construction.name,
            "kind": construction.kind,
            "what": construction.words,
        }
        if left is not None:
            head |= {
                "n_results": left.results,
                "n_benchmarks": left.benchmarks,
                "n_releases": int(left.measured.sum()),
                "without_results": "; ".join(left.lost),
            }
        if not outcome.lags:
            rows.append(head | {"note": outcome.verdict})
            continue
        for key in ((kind, period) for kind in KINDS for period in PERIODS):
            since = outcome.window.since.isoformat()
            own, main = outcome.lags[since, *key], base.lags[since, *key]
            moved = outcome is not base
            error = float(np.hypot(own["mcse_median"], main["mcse_median"])) if moved else 0.0
            change = round(own["median"] - main["median"], DIGITS) + 0.0
            of_lag = {"lag": key[0], "period": key[1], "since": since, "change": change}
            fitted = {"converged": outcome.converged, "note": outcome.verdict}
            rows.append(head | of_lag | {"change_mcse": round(error, DIGITS)} | fitted | dict(own))
    return typed(rows, COLUMNS)


def index_sentences(table: pd.DataFrame, prepared: Prepared) -> list[str]:
    """Say what the main answer is and how far each kind of construction moves it.

    One sentence or two for the main answer and for each kind, ready to stand alone.
    """
    leader, follower = prepared.releases.group_names
    base = table[table["kind"] == BASE]
    ((main,), (trend,)) = (_means(base, kind) for kind in (REALIZED, TREND))
    sentences = [
        f"{follower} trails {leader} by {with_span(main)} months (posterior median with "
        f"{INTERVAL_WORDS}; mean realized lag, {prepared.window_words}; trend "
        f"lag {with_span(trend)}) by all {main['n_results']} usable results on "
        f"{main['n_benchmarks']} benchmarks ({prepared.model()}, {prepared.table.name}; "
        f"{WORDS[prepared.releases.dates]}){stamp(converged(main))}."
    ]
    for kind in (BENCHMARKS, SOURCES):
        rows = table[(table["kind"] == kind) & (table["lag"] == REALIZED)]
        rows = rows[rows["period"] == WINDOW]
        if len(rows):
            sentences.append(_one_at_a_time(rows, kind))
    for kind in (VENDOR, DATED):
        for _, rows in table[table["kind"] == kind].groupby("construction", sort=False):
            sentences.append(_single(rows, main))
    return sentences


def index_page(
    table: pd.DataFrame, sentences: Sequence[str], prepared: Prepared, credits: Sequence[str]
) -> list[str]:
    """The page: the sentences, a table for each kind, and whose data it is."""
    parts = [f"# What the index hides: {prepared.title}", *sentences]
    base = table[table["kind"] == BASE]
    for kind, title in TITLES.items():
        own = table[table["kind"] == kind]
        if len(own):
            parts += [f"## {title}", _markdown(base, own)]
    return [
        *parts,
        f"Months, posterior median with {INTERVAL_WORDS}; realized and trend lag are means over "
        f"{prepared.window_words}. The change is that of the median against all results over the "
        "same days, with its Monte Carlo standard error. At least: on more than a tenth of the "
        "days the lag is only a lower bound, because the data left begin too late. A release "
        "without usable results counts in neither group; where a group then has no release on the "
        "first days, the window begins with its first, as stated.",
        *credits,
    ]


def _markdown(base: pd.DataFrame, own: pd.DataFrame) -> str:
    lines: list[list[object]] = []
    by_size = own.sort_values("change", key=lambda change: -change.abs(), kind="stable")
    moved = [row["construction"] for row in _means(by_size, REALIZED)]
    names = [*base["construction"], *moved, *own["construction"]]
    both = pd.concat([base, own])
    for name in dict.fromkeys(names):
        rows = both[both["construction"] == name]
        first = rows.iloc[0]
        if first["lag"] == "":
            lines.append([name, "", "", first["note"], "", "", ""])
            continue
        # The first day of a window that is not that of the main answer.
        since = "" if first["since"] == base.iloc[0]["since"] else f", since {first['since']}"
        cells: list[object] = [f"{name}{since}", first["n_results"], first["n_releases"]]
        for kind in (REALIZED, TREND):
            (row,) = _means(rows, kind)
            cells += [with_span(row, mark=True), "" if row["kind"] == BASE else _change(row)]
        lines.append(cells)
    columns = ("construction", "results", "releases", "realized lag", "change", "trend lag")
    return markdown_table([*columns, "change"], lines)


def _one_at_a_time(rows: pd.DataFrame, kind: str) -> str:
    """How far leaving out one of many moves the realized lag, and which moves it most."""
    size = rows["change"].abs()
    largest = rows.loc[size.sort_values(ascending=False, kind="stable").index[:MOST]]
    named = ", ".join(
        f"{row['construction'].removeprefix('without ')} ({_change(row)})"
        for row in largest.to_dict("records")
    )
    apart = int((size > CLEAR_ERRORS * rows["change_mcse"]).sum())
    good = rows["converged"].fillna(value=False).astype(bool)
    bad, changes = int((~good).sum()), rows.loc[good, "change"]
    moves = "no fit converged"
    if len(changes):
        moves = f"by {changes.min():+.2f} to {changes.max():+.2f} months"
    return (
        f"Leaving out one {kind} at a time moves the mean realized lag {moves}; "
        f"the largest changes are those without {named}; {apart} of {len(rows)} differ from the "
        f"main answer by more than {CLEAR_ERRORS:g} Monte Carlo errors"
        f"{f'; {bad} {STAMP}' if bad else ''}."
    )


def _single(rows: pd.DataFrame, main: Row) -> str:
    first = rows.iloc[0]
    name = first["construction"]
    name = f"{name[0].upper()}{name[1:]} ({first['what']}"
    if first["lag"] == "":
        return f"{name}): not estimated: {first['note']}"
    ((realized,), (trend,)) = (_means(rows, kind) for kind in (REALIZED, TREND))
    lost = len(first["without_results"].split("; ")) if first["without_results"] else 0
    gone = f", {lost} releases have no results left" if lost else ""
    days = same = ""
    if first["since"] != main["since"]:
        days, same = f"since {first['since']}, when the data left begin, ", " over the same days"
    return (
        f"{name}; {first['n_results']} results on {first['n_benchmarks']} benchmarks "
        f"count{gone}): {days}realized lag {with_span(realized)} months, {_change(realized)} "
        f"against all results{same}; trend lag {with_span(trend)}, {_change(trend)}"
        f"{stamp(converged(realized))}."
    )


def _means(table: pd.DataFrame, lag: str) -> list[Row]:
    """Rows of the mean lag over the window."""
    return rows_where(table, lag=lag, period=WINDOW)


def _change(row: Row) -> str:
    return f"{round(float(row['change']), 2) + 0.0:+.2f} ± {float(row['change_mcse']):.2f}"
