"""`cite`: numbers of a results folder, ready for a paper."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

from cyclopts import Parameter

from frontierlag.cli.options import NOT_CONVERGED, AsJson, ResultsFolder, results_folder


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
