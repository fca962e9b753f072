"""The whole study of one job: every construction fitted, as a table, in words and drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from frontierlag.analyses.refits import DIGITS, KINDS, PERIODS
from frontierlag.dates import WORDS
from frontierlag.errors import SpecError
from frontierlag.figures.sheet import (
    FAILED_COLOR,
    LAG_COLORS,
    Provenance,
    add_sheet,
    bare_rows,
    lag_title,
    new_figure,
    save,
    styled,
)
from frontierlag.intervals import INTERVAL_KIND, OUTER
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
from frontierlag.studies.writing import FIGURES, NUMBERS, markdown_table, page, typed
from frontierlag.words import STAMP, median, span, stamp

ROW, HEAD = 0.175, 2.2  # inches that a benchmark takes, and that everything else takes
ERRORS = 2.0  # Monte Carlo errors that a whisker reaches


@dataclass(frozen=True, eq=False)
class IndexStudy:
    """What the constructions say of one job's lag.

    Attributes
    ----------
    table
        As from :func:`frontierlag.studies.index.study.constructions_table`.
    sentences
        The same in words.
    """

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

    Parameters
    ----------
    job
        What to analyse, with benchmark results.
    out
        Gets ``constructions.csv``, ``index.md``, the figures ``influence`` and ``constructions``,
        and the manifest.
    choice
        Which constructions.
    keep
        Folder in which finished fits are kept.
    settings, jobs, done
        As of :func:`frontierlag.studies.index.refits.fit_constructions`.

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
        words = index_page(table, found.sentences, prepared, credits)
        (folder / "index.md").write_text(words, encoding="utf-8")
        _draw(table, prepared, folder / FIGURES)
        models = models_record(prepared, settings, [prepared.model()])
        record = run_record(prepared, settings, models)
        record["results"] = {
            "name": of_results.table,
            "sha256": of_results.sha256,
            "attribution": of_results.attribution,
        }
        record["constructions"] = [c.name for c in chosen]
        record["converged"] = found.converged
        write_manifest(folder, record)
    return found


def _draw(table: pd.DataFrame, prepared: Prepared, folder: Path) -> None:
    """The figures that there are rows for."""
    about = Provenance.of_job(prepared, prepared.model())
    benchmarks = table[table["kind"] == BENCHMARKS]
    if len(benchmarks):
        figure = influence_of_benchmarks(
            benchmarks,
            about,
            f"What each benchmark does to the lag: {prepared.title}",
            f"change of the mean lag, {prepared.window_words}, when one benchmark is left out",
        )
        save(figure, folder, "influence")
    others = table[table["kind"] != BENCHMARKS]
    if others["kind"].nunique() > 1:
        # With the first day of a window where that is a later one.
        late = ~others["since"].isin(["", others["since"].iloc[0]])
        dated = others["construction"] + ", from " + others["since"]
        figure = specification_curve(
            others.assign(
                alternative=others["construction"].where(~late, dated), what=others["kind"]
            ),
            about,
            f"The lag under other constructions of the index: {prepared.title}",
            f"mean lag, {prepared.window_words}",
        )
        save(figure, folder, "constructions")


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
    key = [
        (Patch(facecolor=LAG_COLORS[REALIZED]), "realized lag"),
        (Patch(facecolor=LAG_COLORS[TREND]), "trend lag"),
        (Line2D([], [], color="#222222", lw=1.0), f"{ERRORS:g} Monte Carlo errors either way"),
    ]
    if not sound:
        hollow = Patch(facecolor="white", edgecolor=FAILED_COLOR)
        key.append((hollow, "hollow and grey: not converged"))
    with styled():
        figure = new_figure((9.6, HEAD + ROW * max(len(names), 6)))
        place = add_sheet(
            figure,
            title,
            subtitle,
            replace(about, converged=sound or bool(shown["converged"].any())),
            key=key,
            columns=4,
            notes=notes,
            left=3.0,
            panel_title=True,
        )
        panels = figure.subplots(1, 2, sharey=True, gridspec_kw={**place, "wspace": 0.08})
        for axes, kind in zip(panels, (REALIZED, TREND), strict=True):
            bare_rows(axes)
            for row in shown[shown["lag"] == kind].to_dict("records"):
                y, color = names.index(row["construction"]), LAG_COLORS[kind]
                look = {"facecolor": color, "edgecolor": color}
                if not row["converged"]:
                    look = {"facecolor": "white", "edgecolor": FAILED_COLOR}
                axes.barh(y, row["change"], height=0.66, gid="change", **look)
                error = ERRORS * row["change_mcse"]
                ends = [row["change"] - error, row["change"] + error]
                axes.plot(ends, [y, y], color="#222222", lw=0.9, zorder=3, gid="error")
            axes.axvline(0, color="#222222", lw=0.8)
            axes.set(ylim=(-0.7, len(names) - 0.3), xlabel="change in months")
            lag_title(axes, kind)
        labels = [name.removeprefix("without ") for name in names]
        panels[0].set_yticks(range(len(names)), labels)
        panels[0].tick_params(axis="y", labelsize=7.5)
    return figure


# A change by this many of its Monte Carlo errors is not chance.
CLEAR_ERRORS = 3.0
_MOST = 3
_TITLES = {
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
            rows.append(
                head
                | {
                    "lag": key[0],
                    "period": key[1],
                    "since": since,
                    "change": round(own["median"] - main["median"], DIGITS) + 0.0,
                    "change_mcse": round(error, DIGITS),
                    "converged": outcome.converged,
                    "note": outcome.verdict,
                }
                | dict(own)
            )
    return typed(rows, COLUMNS)


def index_sentences(table: pd.DataFrame, prepared: Prepared) -> list[str]:
    """Say what the main answer is and how far each kind of construction moves it.

    One sentence or two for the main answer and for each kind, ready to stand alone.
    """
    leader, follower = prepared.releases.group_names
    main = _lag(table[table["kind"] == BASE], REALIZED).iloc[0]
    trend = _lag(table[table["kind"] == BASE], TREND).iloc[0]
    sentences = [
        f"{follower} trails {leader} by {_months(main)} months (posterior median with "
        f"{OUTER:.0%} {INTERVAL_KIND} interval; mean realized lag, {prepared.window_words}; trend "
        f"lag {_months(trend)}) by all {main['n_results']} usable results on "
        f"{main['n_benchmarks']} benchmarks ({prepared.model()}, {prepared.table.name}; "
        f"{WORDS[prepared.releases.dates]}){_mark(main)}."
    ]
    for kind in (BENCHMARKS, SOURCES):
        rows = _lag(table[table["kind"] == kind], REALIZED)
        if len(rows):
            sentences.append(_one_at_a_time(rows, kind))
    for kind in (VENDOR, DATED):
        for name, rows in table[table["kind"] == kind].groupby("construction", sort=False):
            sentences.append(_single(str(name), rows, main))
    return sentences


def index_page(
    table: pd.DataFrame, sentences: Sequence[str], prepared: Prepared, credits: Sequence[str]
) -> str:
    """Return the page: the sentences, a table for each kind, and whose data it is."""
    parts = [f"# What the index hides: {prepared.title}", *sentences]
    base = table[table["kind"] == BASE]
    for kind, title in _TITLES.items():
        own = table[table["kind"] == kind]
        if len(own):
            parts += [f"## {title}", _markdown(base, own)]
    parts += [
        "Months, posterior median with "
        f"{OUTER:.0%} {INTERVAL_KIND} interval; realized and trend lag are means over "
        f"{prepared.window_words}. The change is that of the median against all results over the "
        "same days, with its Monte Carlo standard error. At least: on more than a tenth of the "
        "days the lag is only a lower bound, because the data left begin too late. A release "
        "without usable results counts in neither group; where a group then has no release on the "
        "first days, the window begins with its first, as stated.",
        *credits,
    ]
    return page(parts)


def _markdown(base: pd.DataFrame, own: pd.DataFrame) -> str:
    lines = []
    both = pd.concat([base, own])
    order = _lag(own, REALIZED)["change"].abs().sort_values(ascending=False, kind="stable").index
    sorted_names = [*base["construction"].unique(), *own.loc[order, "construction"]]
    names = dict.fromkeys([*sorted_names, *own["construction"]])
    for name in names:
        rows = both[both["construction"] == name]
        first = rows.iloc[0]
        if first["lag"] == "":
            lines.append([name, "", "", first["note"], "", "", ""])
            continue
        cells = []
        for kind in (REALIZED, TREND):
            row = _lag(rows, kind).iloc[0]
            change = "" if row["kind"] == BASE else _change(row)
            cells += [_months(row) + _mark(row), change]
        # The first day of a window that is not that of the main answer.
        since = "" if first["since"] == base.iloc[0]["since"] else f", since {first['since']}"
        lines.append([f"{name}{since}", first["n_results"], first["n_releases"], *cells])
    columns = ("construction", "results", "releases", "realized lag", "change", "trend lag")
    return markdown_table([*columns, "change"], lines)


def _one_at_a_time(rows: pd.DataFrame, kind: str) -> str:
    """How far leaving out one of many moves the realized lag, and which moves it most."""
    order = rows["change"].abs().sort_values(ascending=False, kind="stable").index
    largest = rows.loc[order[:_MOST]]
    named = ", ".join(
        f"{row['construction'].removeprefix('without ')} ({_change(row)})"
        for _, row in largest.iterrows()
    )
    apart = int((rows["change"].abs() > CLEAR_ERRORS * rows["change_mcse"]).sum())
    good = rows["converged"].fillna(value=False).astype(bool)
    bad, changes = int((~good).sum()), rows.loc[good, "change"]
    span = (
        "no fit converged"
        if changes.empty
        else f"by {changes.min():+.2f} to {changes.max():+.2f} months"
    )
    return (
        f"Leaving out one {kind} at a time moves the mean realized lag {span}; "
        f"the largest changes are those without {named}; {apart} of {len(rows)} differ from the "
        f"main answer by more than {CLEAR_ERRORS:g} Monte Carlo errors"
        f"{f'; {bad} {STAMP}' if bad else ''}."
    )


def _single(name: str, rows: pd.DataFrame, main: pd.Series) -> str:
    first = rows.iloc[0]
    if first["lag"] == "":
        return f"{name[0].upper()}{name[1:]} ({first['what']}): not estimated: {first['note']}"
    realized, trend = _lag(rows, REALIZED).iloc[0], _lag(rows, TREND).iloc[0]
    lost = len(first["without_results"].split("; ")) if first["without_results"] else 0
    gone = f", {lost} releases have no results left" if lost else ""
    days = ""
    if first["since"] != main["since"]:
        days = f"since {first['since']}, when the data left begin, "
    return (
        f"{name[0].upper()}{name[1:]} ({first['what']}; {first['n_results']} results on "
        f"{first['n_benchmarks']} benchmarks count{gone}): {days}realized lag {_months(realized)} "
        f"months, {_change(realized)} against all results{' over the same days' if days else ''}; "
        f"trend lag {_months(trend)}, "
        f"{_change(trend)}{_mark(realized)}."
    )


def _lag(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    return rows[(rows["lag"] == kind) & (rows["period"] == WINDOW)]


def _months(row: pd.Series) -> str:
    """Median and outer interval, worded as every lag is: a bound where many days are bounds."""
    cells = row.to_dict()
    return f"{median(cells)} ({span(cells)})"


def _change(row: pd.Series) -> str:
    return f"{round(float(row['change']), 2) + 0.0:+.2f} ± {float(row['change_mcse']):.2f}"


def _mark(row: pd.Series) -> str:
    return stamp(bool(row["converged"]))
