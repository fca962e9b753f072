"""The whole study of one job: every construction fitted, and what is written and drawn of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

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
from frontierlag.jobs import Job, Prepared
from frontierlag.machine.files import staged, write_csv, write_manifest
from frontierlag.names import REALIZED, TREND, WINDOW
from frontierlag.results.manifest import models_record, run_record
from frontierlag.scores.item_results import MeasuredReleases, load_results
from frontierlag.settings import INDEX, SamplerSettings
from frontierlag.studies.index.construction import BENCHMARKS, Choice, constructions
from frontierlag.studies.index.refits import fit_constructions
from frontierlag.studies.index.words import constructions_table, index_page, index_sentences
from frontierlag.studies.sensitivity.figure import specification_curve
from frontierlag.studies.writing import FIGURES

ROW, HEAD = 0.175, 2.2  # inches that a benchmark takes, and that everything else takes
ERRORS = 2.0  # Monte Carlo errors that a whisker reaches


@dataclass(frozen=True, eq=False)
class IndexStudy:
    """What the constructions say of one job's lag.

    Attributes
    ----------
    table
        As from :func:`frontierlag.studies.index.words.constructions_table`.
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
