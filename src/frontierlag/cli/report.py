"""`report`: the page of a results folder, or of a tree of them; `figures`: its drawings."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from frontierlag.cli.options import NOT_CONVERGED, AsJson, ResultsFolder, names, results_folder


def figures(
    folder: ResultsFolder = None,
    *,
    out: Annotated[
        Path | None, Parameter(help="Folder of the figures; by default figures/ in the results.")
    ] = None,
    kinds: Annotated[
        str | None,
        Parameter(
            help="Comma-separated, such as frontier,mean-lag; by default all. A name that is none "
            "is answered with all names."
        ),
    ] = None,
) -> int:
    """Draw the figures of a results folder from its tables, as SVG and PNG; nothing is fitted.

    ArviZ's diagnostic figures need the posteriors: `frontierlag diagnose` draws them.

    Example: frontierlag study figures results/eci-2026-08-11/us-china

    Example: frontierlag study figures my-results --kinds frontier --out pictures
    """
    from frontierlag.report.drawing import FIGURES, draw_folder

    folder = results_folder(folder)
    made = draw_folder(folder, out, names(kinds))
    print(f"{len(made)} files in {out or folder / FIGURES}")
    return 0


def report(
    folder: Annotated[
        Path, Parameter(help="A results folder, or a folder that has several below it.")
    ] = Path("results"),
    *,
    out: Annotated[
        Path | None,
        Parameter(help="File of the page; by default report.html in the results folder."),
    ] = None,
) -> int:
    """Make one HTML page from a results folder, to be opened without a network.

    Of a folder that has several results below it, make a page in each and index.html above them.
    Numbers of a fit that did not converge are stamped, and the exit code is 1.

    Example: frontierlag report results/eci-2026-08-11/us-china

    Example: frontierlag report results
    """
    from frontierlag.errors import ResultsError
    from frontierlag.report.page.build import write_page, write_tree
    from frontierlag.report.page.folder import is_results

    if not folder.is_dir() or is_results(folder):
        target, found = write_page(folder, out)
        pages = [found]
    else:
        if out is not None:
            raise ResultsError(
                f"--out names one page, and {folder} has none or several results below it; name "
                "one results folder, or leave --out out"
            )
        target, pages = write_tree(folder)
    print(f"written to {target}")
    for results in pages:
        for sentence in results.missing:
            print(f"{results.folder}: {sentence}")
        if results.unconverged:
            print(f"{results.folder}: NOT CONVERGED: {', '.join(results.unconverged)}")
    return NOT_CONVERGED if any(results.unconverged for results in pages) else 0


def cite(
    folder: ResultsFolder = None,
    *,
    lag: Annotated[
        str, Parameter(help="realized, trend or release; several with commas, or all.")
    ] = "realized",
    period: Annotated[
        str,
        Parameter(help="window, current, minimum, maximum or a year; several, or all."),
    ] = "window",
    model: Annotated[
        str | None,
        Parameter(help="A model in lags.csv, stacked ones too; several, or all."),
    ] = None,
    format: Annotated[
        Literal["text", "latex", "macros", "markdown", "csv", "bibtex"],
        Parameter(help="text: a sentence in English and in Chinese; bibtex: data and software."),
    ] = "text",
    prefix: Annotated[str, Parameter(help="What the names of LaTeX macros begin with.")] = "lag",
    allow_unconverged: Annotated[
        bool, Parameter(help="Print a fit that did not converge too, stamped as such.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Print a lag as a sentence, a LaTeX table or macros, Markdown, CSV or BibTeX.

    A fit that did not converge is refused, and the exit code is 1.

    Example: frontierlag cite results/eci-2026-08-11/us-china --lag realized --period current

    Example: frontierlag cite --lag all --period window --model all --format latex > lag.tex
    """
    from frontierlag.report import as_json as answers
    from frontierlag.report.cite import choose, read_estimates
    from frontierlag.report.cite import cite as cited

    found = choose(read_estimates(results_folder(folder)), lag, period, model)
    failed = sorted({e.model for e in found if not e.converged})
    if failed and not allow_unconverged:
        print(
            f"frontierlag: {', '.join(failed)} did not converge, so it is not cited; run it longer "
            "(--draws, --tune), name another with --model, or give --allow-unconverged",
            file=sys.stderr,
        )
        return NOT_CONVERGED
    if as_json:
        answers.write({"cited": [answers.cited(e) for e in found], "text": cited(found)})
    else:
        print(cited(found, format, prefix))
    return NOT_CONVERGED if failed else 0
