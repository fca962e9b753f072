"""What a run shows on a terminal: tables and verdicts in plain words."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Console

from frontierlag import words
from frontierlag.fits.convergence import Convergence, advice, worst_quantities
from frontierlag.intervals import INTERVAL_KIND, OUTER
from frontierlag.lags.published import Convention
from frontierlag.machine.terminal import add_numbers, add_texts, sheet
from frontierlag.machine.terminal import terminal as terminal
from frontierlag.names import CURRENT, REALIZED, TREND, WINDOW
from frontierlag.report.screen import show_findings
from frontierlag.results.last_day import of_model, spikes
from frontierlag.results.manifest import draws_record, results_record
from frontierlag.results.sentences import bounded
from frontierlag.scores import Finding, Releases, ScoreTable

if TYPE_CHECKING:
    from frontierlag.analyses.analysis import Analysis
    from frontierlag.claims import Answer
    from frontierlag.studies.sensitivity.study import Sensitivity

# Rows of each kind that a review prints of what fits worst.
MOST = 5


def show_lags(console: Console, lags: pd.DataFrame, days: pd.DataFrame) -> None:
    """Print rows of the lag table, with no more digits than the Monte Carlo error supports.

    The realized lag of the last day has in place of intervals its few values, each with its
    probability, from ``days``, the rows of ``last_day.csv``.
    """
    table = sheet(f"Lag in months: median, 50 % and 90 % {INTERVAL_KIND} intervals")
    add_texts(table, "model", "lag", "period")
    add_numbers(table, "median", "50 %", "90 %", "undefined", "bound only")
    for row in lags.to_dict("records"):
        name = f"{row['model']}{words.stamp(row['converged'], brackets=True)}"
        shares = [words.share(row[part], none="") for part in ("undefined", "censored")]
        day = of_model(days, row["model"])
        if (row["lag"], row["period"]) == (REALIZED, CURRENT) and day is not None:
            values = spikes(day).replace(", ", "\n")
            table.add_row(name, row["lag"], row["period"], "probabilities", "", values, *shares)
            continue
        numbers = (words.median(row), words.span(row, inner=True), words.span(row))
        table.add_row(name, row["lag"], row["period"], *numbers, *shares)
    console.print(table)
    console.print(
        "undefined: share of draws in which the lag does not exist; bound only: share of days on "
        "which a realized lag is only known to be at least this large, or a trend lag is read "
        "outside the data.",
        style="dim",
    )


def show_claims(console: Console, answers: Sequence[Answer]) -> None:
    """Print the claims with their probability and verdict."""
    table = sheet("What the article claims")
    add_texts(table, "", "claim", "median")
    add_numbers(table, "90 %", "probability")
    add_texts(table, "verdict")
    for a in answers:
        s = a.summary
        middle = bounded(f"{words.number(s.median, s)} {a.claim.unit}", a.bound) if s else "none"
        outer = f"{words.number(s.lower90, s)} to {words.number(s.upper90, s)}" if s else "none"
        verdict = f"{a.verdict}{words.stamp(a.converged, brackets=True)}"
        share = words.probability_words(a.probability)
        table.add_row(a.claim.number, a.claim.words, middle, outer, share, verdict)
    console.print(table)


def show_measurement(console: Console, releases: Releases) -> None:
    """Print which benchmark results or joint draws are fitted, and which are not used."""
    found = results_record(releases)
    if found:
        console.print(
            f"{found['name']}: {found['results']} results of {found['models']} models on "
            f"{found['benchmarks']} benchmarks"
        )
        for one in found["excluded"]:
            console.print(
                f"not used: {one['kind']} {one['name']}, {one['results']} result(s): "
                f"{one['reason']}"
            )
        for note in found["notes"]:
            console.print(note)
    elif draws_record(releases):
        for note in releases.notes:
            console.print(note)


def show_window_and_influence(
    console: Console, starts: pd.DataFrame, influence: pd.DataFrame, most: int = 6
) -> None:
    """Print the lag by where the window starts, and what moves it most when left out, if known."""
    known = starts[starts["median"].notna()]
    if len(known):
        table = sheet("Where the window starts, months: median and 90 %")
        add_texts(table, "start", "model")
        heads = ("realized, mean since", "trend, mean since", "trend today")
        add_texts(table, *heads, least=14)
        for (start, model, fitted), rows in known.groupby(
            ["start", "model", "fitted_to"], sort=False
        ):
            cells = {(r["lag"], r["period"]): _start_cell(r) for r in rows.to_dict("records")}
            wanted = ((REALIZED, WINDOW), (TREND, WINDOW), (TREND, CURRENT))
            name = f"{model}, {fitted}"
            table.add_row(str(start), name, *(cells.get(key, "") for key in wanted))
        console.print(table)
    moved = influence[(influence["lag"] == REALIZED) & influence["change"].notna()]
    moved = moved[(moved["period"] == WINDOW) & (moved["kind"] != "none")]
    largest = moved["change"].astype(float).abs().sort_values(ascending=False, kind="stable")
    named = [
        f"{row['left_out']} {row['change']:+.1f}"
        for row in moved.loc[largest.index[:most]].to_dict("records")
    ]
    if named:
        console.print(
            "Largest expected changes of the mean realized lag, in months, with one left out: "
            f"{', '.join(named)}."
        )


def _start_cell(row: Mapping[Hashable, Any]) -> str:
    """Median and interval of one start, marked if its fit did not converge."""
    mark = words.stamp(words.converged(row), brackets=True)
    outer = "" if math.isnan(row["lower90"]) else f" ({words.span(row)})"
    return f"{words.median(row)}{outer}{mark}"


def show_levels(console: Console, levels: pd.DataFrame) -> None:
    """Print how much later the follower's trend reaches each score."""
    table = sheet(f"Lag of the trends at a score, months: median and 90 % {INTERVAL_KIND}")
    add_numbers(table, "score", "median", "90 %", "undefined", "outside the data")
    for row in levels.to_dict("records"):
        middle = words.figure(row["median"], words.error_of(row))
        shares = (words.share(row[part], none="") for part in ("undefined", "censored"))
        table.add_row(f"{row['level']:g}", middle, words.span(row), *shares)
    console.print(table)


def show_sensitivity(console: Console, found: Sensitivity) -> None:
    """Print the lag under each alternative and each start, and what moves it when left out."""
    table = sheet("Mean lag under each alternative, months: median and 90 %")
    add_texts(table, "alternative", "model", "lag")
    add_numbers(table, "median", "90 %")
    window = found.alternatives[found.alternatives["period"] == WINDOW]
    for row in window.to_dict("records"):
        table.add_row(
            f"{row['alternative']}{words.stamp(words.converged(row), brackets=True)}",
            str(row["model"]),
            str(row["lag"]),
            words.figure(row["median"], words.error_of(row)),
            "" if math.isnan(row["lower90"]) else words.span(row),
        )
    console.print(table)
    show_window_and_influence(console, found.starts, found.influence)


def show_published(console: Console, conventions: tuple[Convention, ...]) -> None:
    """Print the published conventions."""
    table = sheet("Published conventions, months: points without an interval")
    add_texts(table, "convention")
    add_numbers(table, "mean", "minimum", "maximum", "n", "censored")
    for c in conventions:
        months = ("none" if math.isnan(v) else f"{v:.2f}" for v in (c.mean, c.minimum, c.maximum))
        table.add_row(c.name, *months, str(c.n), str(c.censored))
    console.print(table)


def show_convergence(console: Console, name: str, gate: Convergence) -> None:
    """Print the gate's verdict and its lines."""
    console.print(f"{name}: {gate.verdict()}")
    table = sheet()
    add_texts(table, "check")
    add_numbers(table, "worst value")
    add_texts(table, "needs", "at", "")
    for c in gate.checks:
        table.add_row(
            c.name, f"{c.value:.5g}", c.threshold, c.worst, "passed" if c.passed else "FAILED"
        )
    console.print(table)


def show_scores(console: Console, scores: ScoreTable, findings: Sequence[Finding]) -> None:
    """Print what a table is, and everything that was found in it and done to it."""
    console.print(
        f"{scores.name}: {len(scores.frame)} rows, {scores.metric.name} in {scores.metric.unit}, "
        f"as of {scores.as_of}, layout {scores.layout}, sha256 {scores.sha256[:12]}"
    )
    show_findings(console, findings)
    for row in scores.left_out:
        console.print(f"- left out: row {row.row}, {row.model}: {row.reason}")
    console.print(scores.attribution, style="dim")


def show_rows(console: Console, scores: ScoreTable, most: int) -> None:
    """Print the latest releases of a table."""
    latest = scores.frame.sort_values("released").tail(most)
    table = sheet(f"The latest {len(latest)} of {len(scores.frame)} rows")
    add_numbers(table, "released")
    add_texts(table, "model", "organization", "country", "weights")
    add_numbers(table, "score")
    for row in latest.to_dict("records"):
        released = "" if pd.isna(row["released"]) else f"{row['released']:%Y-%m-%d}"
        cells = [str(row[name]) for name in ("model", "organization", "country", "weights")]
        table.add_row(released, *cells, f"{row['score']:g}")
    console.print(table)


def show_review(console: Console, analysis: Analysis) -> None:
    """Print the verdict, the gate, what mixed worst with advice, and what fits worst."""
    from frontierlag.results.fit_checks import fit_check_tables

    gate = analysis.convergence
    show_convergence(console, analysis.name, gate)
    table = sheet("What mixed worst: a parameter or lag a row, at its worst entry")
    add_texts(table, "at")
    add_numbers(table, "R-hat", "bulk ESS", "tail ESS")
    add_texts(table, "")
    for w in worst_quantities(analysis.quantities):
        numbers = (f"{w.rhat:.4f}", f"{w.bulk:.0f}", f"{w.tail:.0f}")
        table.add_row(w.where, *numbers, "passed" if w.passed else "FAILED")
    console.print(table)
    settings = analysis.fit.settings
    for check in gate.failures:
        console.print(f"{check.name}: {advice(check, settings)}", soft_wrap=True)
    show_fit_checks(console, fit_check_tables(analysis))


def show_fit_checks(console: Console, tables: Mapping[str, pd.DataFrame]) -> None:
    """Print shortfalls, and what fits worst, of the tables of one fit by stem."""
    from frontierlag.results.fit_checks import (
        ITEM_FIT,
        PERSON_FIT,
        WORST,
        expected_score,
        fit_sentences,
        p_words,
    )

    for sentence in fit_sentences(tables):
        console.print(sentence, soft_wrap=True)
    if ITEM_FIT not in tables:
        return
    table = sheet("What fits worst (outfit is 1 where the model is right; small p: worse than it)")
    add_texts(table, "benchmark or model")
    add_numbers(table, "results", "outfit", "p", "curve p")
    add_texts(table, "how")
    for row in tables[ITEM_FIT].head(MOST).to_dict("records"):
        numbers = (f"{row['outfit']:.2f}", p_words(row["p"]), p_words(row["shape_p"]))
        table.add_row(row["benchmark"], str(row["results"]), *numbers, row["direction"])
    table.add_section()
    for row in tables[PERSON_FIT].head(MOST).to_dict("records"):
        how = f"{row['direction']}, above all on {row['most_surprising']}"
        numbers = (f"{row['outfit']:.2f}", p_words(row["p"]), "")
        table.add_row(row["release"], str(row["results"]), *numbers, how)
    console.print(table)
    table = sheet(f"Results that fit worst, percent; expected with {OUTER:.0%} interval")
    add_texts(table, "model", "benchmark")
    add_numbers(table, "result", "expected")
    add_texts(table, "source")
    for row in tables[WORST].head(MOST).to_dict("records"):
        table.add_row(row["release"], row["benchmark"], *expected_score(row), str(row["source"]))
    console.print(table)
