"""The league of one table: what is asked for, fitted, drawn and written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from frontierlag.dates import RELEASED, Dates, suffix
from frontierlag.errors import SpecError
from frontierlag.figures import sheet
from frontierlag.figures.sheet import INK, Provenance, save
from frontierlag.fits.convergence import sampled_to_pass
from frontierlag.machine.files import staged, write_manifest
from frontierlag.names import REALIZED
from frontierlag.results.charts import summary_of
from frontierlag.results.manifest import data_record, settings_record
from frontierlag.results.tables import origin_of
from frontierlag.scores import DEFAULT_OPTIONS, ReadOptions, ScoreTable, load_scores
from frontierlag.scores.league import LeagueReleases, league_releases, with_column
from frontierlag.settings import SamplerSettings
from frontierlag.studies.league.fit import NAME, TARGET_ACCEPT, parameters, sample_league
from frontierlag.studies.league.measure import APART, League
from frontierlag.studies.league.table import (
    BEHIND,
    TABLES,
    leaders,
    league_page,
    league_sentences,
    pending_table,
)
from frontierlag.studies.writing import FIGURES, write_tables, write_words
from frontierlag.words import rows_where, with_span

# Inches that a group takes, and that everything else takes.
ROW, HEAD = 0.4, 2.7
PALETTE = ("#2166ac", "#b2182b", "#1b7837", "#8c510a", "#762a83", "#01665e", "#c51b7d", "#4d4d4d")
OTHERS, OTHERS_COLOR = "others", "#c8c8c8"
# A rank this probable has its number in its cell.
WRITTEN = 0.05
# A group that never leads with this probability is one of the others.
EVER = 0.1
DASHES = (0, (4, 3))  # between tiers


@dataclass(frozen=True)
class LeagueJob:
    """A league of all groups of one column of a table, by name or path.

    ``by`` is 'country', 'maker', 'weights', or a column of one's own table; the others are as for
    :class:`frontierlag.jobs.Job`.
    """

    scores: str
    by: str = "country"
    as_of: date | None = None
    reading: ReadOptions = DEFAULT_OPTIONS
    dates: Dates = RELEASED

    @property
    def folder(self) -> Path:
        """Where it is written by default: results/DATASET/league-BY, and what differs from that."""
        words = re.sub(r"[^a-z0-9]+", "-", self.by.casefold()).strip("-")
        asked = f"-as-of-{self.as_of}" if self.as_of else ""
        name = f"league-{words}{suffix(self.dates)}{asked}"
        return Path("results") / Path(self.scores).stem / name

    def prepare(
        self, table: ScoreTable | None = None, source: str | pd.DataFrame | None = None
    ) -> tuple[ScoreTable, LeagueReleases]:
        """Read the table, unless it is given with its source, and settle the groups."""
        if table is None:
            table = load_scores(self.scores, self.reading, self.dates)
        if self.as_of is not None and self.as_of > table.as_of:
            raise SpecError(
                f"the as-of date {self.as_of} is later than {table.as_of}, the last day that "
                f"{table.name} speaks for; what was released after that is not in it"
            )
        table = with_column(table, self.scores if source is None else source, self.by, self.reading)
        return table, league_releases(table, self.by, self.as_of)


@dataclass(frozen=True, eq=False)
class LeagueStudy:
    """A league with its tables and the same in words."""

    league: League

    @property
    def releases(self) -> LeagueReleases:
        """The releases of all groups."""
        return self.league.fit.releases

    @property
    def converged(self) -> bool:
        """Whether the fit passed the gate."""
        return self.league.convergence.converged

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """By name: league, ranks, pairs, leaders, and pending where there are such releases."""
        tables = {name: make(self.league) for name, make in TABLES.items()}
        if len(self.releases.pending):
            tables["pending"] = pending_table(self.league)
        return tables

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """What a reader should know, the answer first."""
        return tuple(league_sentences(self.tables, self.releases))

    def figure(self) -> Figure:
        """Months behind the frontier and the probability of each rank."""
        return league_figure(self.tables, self._about, self.releases)

    def leaders_figure(self) -> Figure:
        """Who led on each day with what probability."""
        days, shares = leaders(self.league)
        return leader_figure(days, shares, self.league.groups, self._about, self.releases.by)

    @property
    def _about(self) -> Provenance:
        return Provenance.of_releases(self.releases, NAME, self.converged)


def fit_league(
    releases: LeagueReleases, settings: SamplerSettings, cores: int | None = None
) -> LeagueStudy:
    """Fit all groups, once more with more draws if the gate is missed."""
    return sampled_to_pass(
        lambda times: LeagueStudy(League(sample_league(releases, settings, cores, times))),
        lambda found: found.converged,
    )


def study_league(
    job: LeagueJob,
    out: Path,
    settings: SamplerSettings,
    *,
    extra: Callable[[LeagueStudy, Path], None] = lambda _, __: None,
    done: Callable[[str], None] = lambda _: None,
) -> LeagueStudy:
    """Fit a league and write what it says.

    ``out`` gets ``league.csv``, ``ranks.csv``, ``pairs.csv``, ``leaders.csv``, ``pending.csv``
    where there are such releases, ``league.md``, two figures and the manifest; ``extra`` is called
    with the study and the folder before it appears, to write more into it, and ``done`` with a word
    as each step finishes.
    """
    table, releases = job.prepare()
    with staged(out) as folder:
        found = fit_league(releases, settings)
        done("fitted")
        write_tables(folder, found.tables, origin_of(releases))
        write_words(folder / "league.md", league_page(found.tables, found.sentences, releases))
        save(found.figure(), folder / FIGURES, "league")
        save(found.leaders_figure(), folder / FIGURES, "leaders")
        extra(found, folder)
        write_manifest(folder, _record(found, table))
        done("written")
    return found


def _record(found: LeagueStudy, table: ScoreTable) -> dict[str, Any]:
    """Everything that it takes to know, and to repeat, what a league did."""
    releases, fit = found.releases, found.league.fit
    data = data_record(table, releases)
    counts = dict(zip(releases.groups, releases.counts.tolist(), strict=True))
    pending = Counter(releases.groups[k] for k in releases.pending.group)
    return {
        "data": {**data, "used": {"total": len(releases), **counts}},
        "league": {
            "by": releases.by,
            "column": releases.comparison.column,
            "groups": counts,
            "too_few_releases": dict(releases.few),
            "pending": dict(pending),
        },
        "models": {
            NAME: {
                "trend": "linear",
                "frontier": "stochastic",
                "releases_in_likelihood": len(releases),
                "target_accept": fit.settings.resolved(TARGET_ACCEPT).target_accept,
                "priors": {
                    q.name: {"meaning": q.meaning, "unit": q.unit, "prior": q.prior.describe()}
                    for q in parameters(releases.metric)
                },
            }
        },
        **settings_record(releases.metric, fit.settings),
        "sampling_seconds": round(fit.seconds, 1),
        "verdict": found.league.convergence.verdict(),
        "converged": found.converged,
    }


@sheet.styled()
def league_figure(
    tables: Mapping[str, pd.DataFrame], about: Provenance, releases: LeagueReleases
) -> Figure:
    """Draw months behind the frontier and the probability of each rank, a line between tiers."""
    rows = rows_where(tables["league"], quantity=BEHIND)
    n, color = len(rows), sheet.LAG_COLORS[REALIZED]
    longest = max(len(str(row["group"])) for row in rows)
    between = sheet.line(color=INK, lw=0.9, ls=DASHES)
    words = f"line between tiers: order known to {100 * APART:.0f} %"
    figure, place = sheet.new_sheet(
        (10.4, HEAD + ROW * n),
        f"League by {releases.by}: who is how far behind the frontier",
        f"{releases.table}, last day {releases.as_of}; number of releases in brackets",
        about, key=[*sheet.summary_key(), (between, words)], columns=4,
        left=0.95 + 0.075 * longest, right=0.25, panel_title=True,
        notes=[
            f"{sheet.INTERVALS}. Months since the best of all groups first exceeded what the group "
            "has; rank by best available on the last day."
        ],
    )  # fmt: skip
    grid = {**place, "wspace": 0.05, "width_ratios": (1.25, 1)}
    left, right = figure.subplots(1, 2, sharey=True, gridspec_kw=grid)
    sheet.bare_rows(left)
    highest = max(float(row["upper90"]) for row in rows)
    for y, row in enumerate(rows):
        gids = ("interval90", "interval50", "median")
        sheet.draw_summary(left, summary_of(row), y, color, gids)
        leads = float(row["upper90"]) == 0
        # Of a group far behind, the words stand on the other side, where there is room.
        far = float(row["lower90"]) > highest / 2
        at, shift = ("lower90", -7) if far else ("upper90", 7)
        left.annotate(
            "at the frontier" if leads else with_span(row), (float(row[at]), y),
            xytext=(shift, 0), textcoords="offset points", va="center",
            ha="right" if far else "left", size=8, color="#333333",
        )  # fmt: skip
    left.set(ylim=(n - 0.4, -0.6), xlim=(-0.02 * highest, 1.1 * highest), xlabel="months")
    left.set_yticks(range(n), [f"{row['group']} ({row['releases']})" for row in rows])
    left.set_title("Months behind the frontier", color=color)
    _ranks(right, tables["ranks"].filter(like="rank_").to_numpy())
    sheet.watermark(left, about)
    for y in range(1, n):
        if rows[y]["tier"] != rows[y - 1]["tier"]:
            for axes in (left, right):
                axes.axhline(y - 0.5, color=INK, lw=0.9, ls=DASHES, zorder=5)
    return figure


def _ranks(axes: Axes, ranks: np.ndarray) -> None:
    """The probability of each rank as the shade of a cell."""
    n = len(ranks)
    axes.imshow(ranks, cmap="Purples", vmin=0, vmax=1.15, aspect="auto",
                extent=(0.5, n + 0.5, n - 0.5, -0.5))  # fmt: skip
    for y, of_group in enumerate(ranks):
        for k, p in enumerate(of_group):
            if p >= WRITTEN:
                # Never shown as certain; the sign has room where cells are wide.
                words = f"{100 * p:.0f}" if p <= 0.995 else ">99" if n <= 12 else "99"
                size, ink = (8 if n <= 12 else 6.8), ("white" if p > 0.6 else "#333333")
                axes.text(k + 1, y, words, ha="center", va="center", size=size, color=ink)
    axes.grid(visible=False)
    axes.set_xticks(range(1, n + 1))
    axes.tick_params(axis="both", length=0)
    axes.set(xlabel="rank", ylim=(n - 0.4, -0.6))
    axes.set_title("Probability of each rank, %", color="#54278f")


@sheet.styled()
def leader_figure(
    days: np.ndarray, shares: np.ndarray, groups: Sequence[str], about: Provenance, by: str
) -> Figure:
    """Draw who had the best of all on each day with what probability, on top of one another.

    ``days``, shape ``(date,)``, are those on which ``shares``, ``(date, group)``, may change, the
    last the as-of day; ``by`` says what groups are.
    """
    ever = np.flatnonzero(shares.max(0) >= EVER)
    shown = ever[np.argsort(-shares[:, ever].mean(0), kind="stable")][: len(PALETTE)]
    layers = [*shares[:, shown].T, 1 - shares[:, shown].sum(1)]
    names = [*(groups[k] for k in shown), OTHERS]
    colors = [*PALETTE[: len(shown)], OTHERS_COLOR]
    when = days.astype("datetime64[D]")
    key = [(Patch(facecolor=c, lw=0), name) for c, name in zip(colors, names, strict=True)]
    words = "probability of having the best model of all on each day"
    figure, place = sheet.new_sheet(
        (10.4, 4.4), f"Who led, by {by}", words, about, key=key, columns=5
    )
    axes = figure.subplots(gridspec_kw=place)
    bottom = np.zeros(len(days))
    for layer, color in zip(layers, colors, strict=True):
        ends = 100 * bottom, 100 * (bottom + layer)
        axes.fill_between(when, *ends, step="post", color=color, lw=0, alpha=0.85)
        bottom = bottom + layer
    axes.set(xlim=(when[0], when[-1]), ylim=(0, 100), ylabel="probability, %")
    axes.grid(visible=False)
    sheet.date_axis(axes, every=6)
    sheet.watermark(axes, about)
    return figure
