"""A results folder for the page: the committed tables, with the charts' own from a short fit."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
from committed import committed_results

from frontierlag.results.charts import page_tables, release_table
from frontierlag.results.fit_checks import STEMS as FIT_CHECKS
from frontierlag.results.tables import last_day_table

RESULTS = committed_results() / "eci-2026-08-11" / "us-china"
OTHER = 0.75  # months and points by which the second model's stand-in differs


@pytest.fixture(scope="session")
def chart_tables(records_analysis, eci_new):
    """The charts' tables of two models; the second is the first one moved, to be told apart."""
    tables = page_tables(records_analysis)
    for stem in ("bands", "lag_by_day", "now"):
        moved = tables[stem].assign(model="linear-stochastic")
        if stem == "now":
            moved["converged"] = True
        else:
            moved[["median"]] += OTHER
        tables[stem] = pd.concat([tables[stem], moved], ignore_index=True)
    day = last_day_table(records_analysis)
    day = pd.concat([day, day.assign(model="linear-stochastic")], ignore_index=True)
    return tables | {"capabilities": capabilities(eci_new), "last_day": day}


def capabilities(releases):
    """As a run stores them; what the charts do not read is left out."""
    table = release_table(releases).rename(
        columns={"model": "release", "low": "score_low", "high": "score_high"}
    )
    return table.drop(columns="record").assign(model="linear-stochastic", results=float("nan"))


# Enough to see that figures are shown; packing all of them takes a second a page.
FIGURES = {f"{kind}-linear-stochastic.png" for kind in ("frontier", "lag", "rank", "energy")}


def copy_tables(folder: Path) -> Path:
    """The committed tables without posteriors, and only a few of the figures."""

    def left(where: str, names: list[str]) -> set[str]:
        if Path(where).name == "figures":
            return set(names) - FIGURES
        return {name for name in names if Path(name).suffix in (".svg", ".png", ".nc", ".html")}

    shutil.copytree(RESULTS, folder, ignore=left)
    for stem in ("capabilities", "bands", "lag_by_day", "now", "last_day", *FIT_CHECKS):
        (folder / f"{stem}.csv").unlink(missing_ok=True)
    return folder


@pytest.fixture(scope="session")
def copied():
    """How the tests of other modules get the committed tables."""
    return copy_tables


@pytest.fixture
def bare_folder(tmp_path):
    """Committed tables alone, as in a fresh clone of an older run."""
    return copy_tables(tmp_path / "us-china")


@pytest.fixture
def folder(bare_folder, chart_tables):
    """Committed tables with those of the charts."""
    for stem, table in chart_tables.items():
        table.to_csv(bare_folder / f"{stem}.csv", index=False)
    return bare_folder


@pytest.fixture(scope="module")
def browser():
    """A real browser; where there is none the tests are skipped, unless it is asked for.

    Its tool keeps an event loop running in this thread, so no other module's tests live beside it.
    """
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next((path for path in map(shutil.which, names) if path), None)
    if found is None:
        words = f"no browser: none of {', '.join(names)} is on the path"
        if os.environ.get("FRONTIERLAG_REQUIRE_BROWSER") == "1":
            pytest.fail(words)
        pytest.skip(words)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as tool:
        made = tool.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield made
        made.close()
