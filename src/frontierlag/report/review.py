"""A stored fit, reviewed: the verdict first, then what is worst and what to do, and its figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import xarray as xr
from rich.console import Console

from frontierlag.analyses.analysis import Analysis
from frontierlag.errors import OutputError
from frontierlag.figures import Provenance, diagnostic_figures, save
from frontierlag.figures.sheet import credit_line
from frontierlag.fits.convergence import advice, worst_quantities
from frontierlag.intervals import OUTER
from frontierlag.machine.files import MANIFEST
from frontierlag.machine.terminal import add_numbers, add_texts, sheet
from frontierlag.report.console import show_convergence
from frontierlag.results.fit_checks import ITEM_FIT, PERSON_FIT, WORST, fit_check_tables
from frontierlag.results.fit_words import expected_score, fit_sentences, p_words
from frontierlag.results.folder import read_manifest

FIGURES = "figures"
# Rows of each kind that a review prints of what fits worst.
MOST = 5


def show_review(console: Console, analysis: Analysis) -> None:
    """Print the verdict, the gate, what mixed worst with advice, and what fits worst."""
    gate = analysis.convergence
    show_convergence(console, analysis.name, gate)
    posterior = analysis.fit.tree["posterior"].to_dataset()
    quantities = xr.merge([posterior, analysis.measured.reported()])
    table = sheet("What mixed worst: a parameter or lag a row, at its worst entry")
    add_texts(table, "at")
    add_numbers(table, "R-hat", "bulk ESS", "tail ESS")
    add_texts(table, "")
    for w in worst_quantities(quantities):
        numbers = (f"{w.rhat:.4f}", f"{w.bulk:.0f}", f"{w.tail:.0f}")
        table.add_row(w.where, *numbers, "passed" if w.passed else "FAILED")
    console.print(table)
    settings = analysis.fit.settings
    for check in gate.failures:
        console.print(f"{check.name}: {advice(check, settings)}", soft_wrap=True)
    show_fit_checks(console, fit_check_tables(analysis))


def show_fit_checks(console: Console, tables: Mapping[str, pd.DataFrame]) -> None:
    """Print shortfalls, and what fits worst: benchmarks, models and single results.

    Parameters
    ----------
    console
        Where to.
    tables
        Of one fit, by stem, as :func:`frontierlag.results.fit_checks.fit_check_tables` makes them.
    """
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


def run_folder(file: Path) -> Path:
    """The results folder that a posterior belongs to; its own folder if there is none."""
    above = file.parent.parent
    return above if (above / MANIFEST).is_file() else file.parent


def draw_review(analysis: Analysis, file: Path, folder: Path) -> list[Path]:
    """Draw ArviZ's diagnostic figures of a fit into a folder, each of them whole.

    Parameters
    ----------
    analysis
        As :func:`frontierlag.results.storage.load` reads it.
    file
        Where it was read from; the manifest next to it says whose data it is.
    folder
        Where the figures go; files of the same names are replaced.

    Returns
    -------
    The paths of the figures.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    origin = run_folder(file)
    about = Provenance.of(analysis)
    if (origin / MANIFEST).is_file():
        credit = read_manifest(origin).get("data", {}).get("attribution")
        about = replace(about, credit=credit_line(credit)) if credit else about
    parameters = [p.name for p in analysis.fit.spec.parameters]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(
            prefix=".partial-", dir=folder, ignore_cleanup_errors=True
        ) as aside:
            drawn: list[Path] = []
            for kind, figure in diagnostic_figures(analysis.tree, parameters, about).items():
                drawn += save(figure, Path(aside), f"{kind}-{analysis.name}")
            return [path.replace(folder / path.name) for path in drawn]
    except OSError as error:
        raise OutputError(
            f"figures cannot be written to {folder}: {error.strerror or error}; choose another "
            "folder with --out, or --no-figures"
        ) from None
