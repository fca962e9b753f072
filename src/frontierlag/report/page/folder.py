"""A results folder as the page reads it: the manifest, the tables, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from frontierlag.dates import WORDS, Dates, recorded
from frontierlag.errors import FrontierLagError, ResultsError
from frontierlag.machine.files import MANIFEST
from frontierlag.model import Reads
from frontierlag.names import AT_RELEASE
from frontierlag.results.charts import STEMS, page_tables, release_table, releases_shown
from frontierlag.results.fit_checks import STEMS as FIT_CHECKS
from frontierlag.results.folder import (
    POSTERIOR,
    headline_model,
    read_manifest,
    read_table,
    reads_of,
)
from frontierlag.results.tables import EQUIVALENCE, LAST_DAY, VELOCITY
from frontierlag.words import Row, rows_where

PAGE = "report.html"
RUN = "frontierlag run"
# What a page cannot do without, and what it shows if it is there.
NEEDED = ("lags", "ladder", "diagnostics")
CAPABILITIES, RELEASES = "capabilities", "releases"
OPTIONAL = (
    *("claims", "comparison", "prior_influence", "predictive", "published", "levels"),
    *(CAPABILITIES, LAST_DAY, EQUIVALENCE, VELOCITY, *FIT_CHECKS),
)
STUDIES = {
    "sensitivity": ("sensitivity", "window-starts", "influence"),
    "index": ("constructions",),
    "domains": ("domains", "contrasts"),
    "catch-up": ("catch_up", "next_record", "hindcast", "hindcast_catch_up"),
}


class _Recorded:
    """What the manifest says, as text, by its two keys."""

    def __init__(self, part: str, name: str) -> None:
        self.part, self.name = part, name

    def __get__(self, results: Results, _: type[Results]) -> str:
        return str(results.manifest[self.part][self.name])


@dataclass(frozen=True)
class Results:
    """What one results folder holds.

    ``tables`` are by stem, such as ``lags`` or ``sensitivity/influence``; ``missing`` says what the
    page has to do without, a sentence each.
    """

    folder: Path
    manifest: dict[str, Any]
    tables: dict[str, pd.DataFrame] = field(repr=False)
    missing: tuple[str, ...] = ()

    def table(self, stem: str) -> pd.DataFrame:
        """A table, empty if the folder has none of that name."""
        return self.tables.get(stem, pd.DataFrame())

    def rows(self, stem: str, **equal: object) -> list[Row]:
        """Rows of a table in which these columns have these values; none without such a table."""
        return rows_where(self.table(stem), **equal)

    def known(self, stem: str, **equal: object) -> list[Row]:
        """Rows of such a table that have a median."""
        return [row for row in self.rows(stem, **equal) if pd.notna(row["median"])]

    def lag(self, kind: str, period: str) -> Row | None:
        """The headline model's row of ``lags.csv``, of ``ladder.csv`` for the lag at release."""
        stem = "ladder" if kind == AT_RELEASE else "lags"
        found = self.rows(stem, model=self.headline, lag=kind, period=period)
        return found[0] if found else None

    leader = _Recorded("comparison", "leader")
    follower = _Recorded("comparison", "follower")
    comparison = _Recorded("comparison", "name")
    column = _Recorded("comparison", "column")
    dataset = _Recorded("data", "name")
    since = _Recorded("window", "since")
    as_of = _Recorded("window", "as_of")

    @property
    def title(self) -> str:
        """Who trails whom, as a figure's title says it."""
        return f"{self.follower} behind {self.leader}"

    @property
    def window_words(self) -> str:
        """First and last day of the window."""
        return f"{self.since} to {self.as_of}"

    @property
    def models(self) -> list[str]:
        """Names of the fitted models, in the order of the tables."""
        return list(dict.fromkeys(self.table("diagnostics")["model"]))

    @property
    def headline(self) -> str:
        """The model that answers for the run."""
        return headline_model(self.manifest)

    @property
    def measured(self) -> bool:
        """Whether benchmark results were fitted, not scores."""
        table = self.table(CAPABILITIES)
        return not table.empty and bool(table["results"].notna().any())

    @property
    def reads(self) -> Reads:
        """What was fitted: ``scores``, ``results`` of benchmarks or joint ``draws``."""
        return reads_of(self.manifest["data"])

    @property
    def dates(self) -> Dates:
        """The convention of the release dates."""
        return recorded(self.manifest["data"])

    @property
    def dates_words(self) -> str:
        """The same as a reader knows it."""
        return WORDS[self.dates]

    @property
    def unconverged(self) -> list[str]:
        """Every model whose numbers carry the stamp, stacks that rest on one among them."""
        found = [
            name
            for stem in ("diagnostics", "lags")
            for name in self.table(stem).query("converged == False")["model"]
        ]
        return list(dict.fromkeys(found))


def is_results(folder: Path) -> bool:
    """Whether a folder is that of one run."""
    return (folder / MANIFEST).is_file() and (folder / "lags.csv").is_file()


def results_below(root: Path) -> list[Path]:
    """Every results folder below ``root``, sorted."""
    return sorted(path.parent for path in root.rglob("lags.csv") if is_results(path.parent))


def read_results(folder: Path) -> Results:
    """Read what a page is made from.

    Raises
    ------
    ResultsError
        If the folder is not one that a run wrote, or one of its tables cannot be read.
    """
    manifest = read_manifest(folder)
    if lacking := [key for key in ("data", "comparison", "window") if key not in manifest]:
        raise ResultsError(
            f"the manifest in {folder} has no {', '.join(lacking)}, so it is not that of a run; "
            f"give a folder made by `{RUN}`"
        )
    tables = {stem: read_table(folder, f"{stem}.csv") for stem in NEEDED}
    studies = (f"{study}/{stem}" for study, stems in STUDIES.items() for stem in stems)
    for stem in (*OPTIONAL, *STEMS, *studies):
        if (folder / f"{stem}.csv").is_file():
            tables[stem] = read_table(folder, f"{stem}.csv")
    missing = _fill(folder, manifest, tables)
    return Results(folder, manifest, tables, tuple(missing))


def _fill(folder: Path, manifest: dict[str, Any], tables: dict[str, pd.DataFrame]) -> list[str]:
    """Add what the charts need and the run did not store, and say what cannot be had."""
    missing = []
    lacking = [stem for stem in STEMS if stem not in tables]
    if lacking:
        files = sorted(folder.glob(f"*/{POSTERIOR}"))
        if files:
            _from_posteriors(files, lacking, tables)
        else:
            missing.append(
                "This folder has no posteriors and was written by a run that did not store the "
                "bands of the charts, so trends, bands and the lag through time are not drawn "
                f"here; `{RUN}` makes them. Every number in the tables comes from the stored "
                "results."
            )
    if LAST_DAY not in tables:
        missing.append(
            "The releases that the lag of the last day may be counted from are not stored in this "
            f"folder; `{RUN}` stores them."
        )
    capabilities = tables.get(CAPABILITIES)
    try:
        tables[RELEASES] = (
            _from_scores(manifest)
            if capabilities is None
            else releases_shown(capabilities, headline_model(manifest))
        )
    except FrontierLagError as error:
        missing.append(f"The releases are not drawn: {error}.")
    return missing


def _from_posteriors(files: list[Path], stems: list[str], tables: dict[str, pd.DataFrame]) -> None:
    """Make tables that no run stored, from every posterior of the folder."""
    from frontierlag.results.storage import load

    found = [page_tables(load(file), stems) for file in files]
    for stem in stems:
        tables[stem] = pd.concat([one[stem] for one in found], ignore_index=True)


def _from_scores(manifest: dict[str, Any]) -> pd.DataFrame:
    """The releases, read again from the score table; an error if it is another one by now."""
    from datetime import date

    from frontierlag.jobs import Job

    data, window = manifest["data"], manifest["window"]
    found = Job(
        str(data["name"]),
        str(manifest["comparison"]["name"]),
        date.fromisoformat(window["since"]),
        date.fromisoformat(window["as_of"]),
        dates=recorded(data),
    ).prepare()
    if found.table.sha256 != data["sha256"]:
        raise ResultsError(f"the table {data['name']} is not the one that this run had")
    return release_table(found.releases)
