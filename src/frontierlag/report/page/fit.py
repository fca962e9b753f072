"""What fits worst: shortfalls, benchmarks, models and single results of the headline model."""

from __future__ import annotations

from typing import Any

import pandas as pd

from frontierlag.report.page.folder import Results
from frontierlag.report.page.forest import told
from frontierlag.results.fit_checks import (
    ITEM_FIT,
    PERSON_FIT,
    SHORTFALLS,
    STEMS,
    WORST,
)
from frontierlag.results.fit_words import expected_score, fit_sentences, p_words
from frontierlag.words import median, span

# Rows of each table that the page shows; the files have all.
MOST = 8


def fit_words(results: Results) -> list[str]:
    """What the tables of the headline model say, in sentences; none of an earlier run."""
    own = {stem: _own(results, stem) for stem in STEMS}
    return fit_sentences({stem: table for stem, table in own.items() if len(table)})


def fit_items(results: Results) -> list[dict[str, Any]]:
    """The benchmarks that fit worst."""
    return told(
        _own(results, ITEM_FIT).head(MOST).to_dict("records"),
        benchmark="{benchmark}",
        results="{results}",
        outfit="{outfit:.2f}",
        p=lambda row: p_words(row["p"]),
        shape=lambda row: p_words(row["shape_p"]),
        direction="{direction}",
    )


def fit_persons(results: Results) -> list[dict[str, Any]]:
    """The models that fit worst."""
    return told(
        _own(results, PERSON_FIT).head(MOST).to_dict("records"),
        model="{release}",
        results="{results}",
        outfit="{outfit:.2f}",
        p=lambda row: p_words(row["p"]),
        direction="{direction}, above all on {most_surprising}",
    )


def fit_results(results: Results) -> list[dict[str, Any]]:
    """The single results that fit worst, with who reported them."""
    return told(
        _own(results, WORST).head(MOST).to_dict("records"),
        model="{release}",
        benchmark="{benchmark}",
        observed=lambda row: expected_score(row)[0],
        expected=lambda row: expected_score(row)[1],
        source="{source}",
    )


def fit_shortfalls(results: Results) -> list[dict[str, Any]]:
    """The latest releases with how far each falls short of its group's frontier."""
    latest = _own(results, SHORTFALLS).tail(MOST)
    return told(
        latest.iloc[::-1].to_dict("records"),
        model="{release}",
        group="{group}",
        released="{released}",
        median=median,
        span=span,
        unit="{unit}",
    )


def _own(results: Results, stem: str) -> pd.DataFrame:
    table = results.table(stem)
    return table if table.empty else table[table["model"] == results.headline]


# What the page shows of them, each under its own name.
PARTS = (fit_words, fit_items, fit_persons, fit_results, fit_shortfalls)
