"""The league of one table: what is asked for, fitted and written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from frontierlag.dates import RELEASED, Dates, suffix
from frontierlag.errors import SpecError
from frontierlag.figures import Provenance, save
from frontierlag.figures.sheet import credit_line
from frontierlag.fits.convergence import sampled_to_pass
from frontierlag.machine.files import staged, write_manifest
from frontierlag.results.manifest import data_record, settings_record
from frontierlag.results.tables import origin_of
from frontierlag.scores import DEFAULT_OPTIONS, Efforts, ReadOptions, ScoreTable, load_scores
from frontierlag.scores.league import LeagueReleases, league_releases, with_column
from frontierlag.settings import SamplerSettings
from frontierlag.studies.league.figure import leader_figure, league_figure
from frontierlag.studies.league.fit import sample_league
from frontierlag.studies.league.measure import League
from frontierlag.studies.league.model import TARGET_ACCEPT, curve_of, name_of, parameters
from frontierlag.studies.league.table import TABLES, leaders, pending_table
from frontierlag.studies.league.words import league_page, league_sentences
from frontierlag.studies.writing import FIGURES, write_tables, write_words


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
    efforts: Efforts = "best"

    @property
    def folder(self) -> Path:
        """Where it is written by default: results/DATASET/league-BY, and what differs from that."""
        words = re.sub(r"[^a-z0-9]+", "-", self.by.casefold()).strip("-")
        asked = f"-as-of-{self.as_of}" if self.as_of else ""
        settings = "" if self.efforts == "best" else f"-{self.efforts}-settings"
        name = f"league-{words}{suffix(self.dates)}{settings}{asked}"
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
        return table, league_releases(table, self.by, self.as_of, self.efforts)


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
        r = self.releases
        return Provenance(
            comparison=r.comparison.name, dataset=r.table, as_of=r.as_of, model=name_of(r.metric),
            converged=self.converged, credit=credit_line(r.attribution), dates=r.dates,
        )  # fmt: skip


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
        write_manifest(folder, _record(found, table, job.efforts))
        done("written")
    return found


def _record(found: LeagueStudy, table: ScoreTable, efforts: Efforts) -> dict[str, Any]:
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
            "efforts": efforts,
            "groups": counts,
            "too_few_releases": dict(releases.few),
            "pending": dict(pending),
        },
        "models": {
            name_of(releases.metric): {
                "trend": curve_of(releases.metric).name,
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
