"""`report`: the page of a results folder, or of a tree of them; `figures`: its drawings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from frontierlag.cli.options import NOT_CONVERGED, ResultsFolder, results_folder


def figures(
    folder: ResultsFolder = None,
    *,
    out: Annotated[
        Path | None, Parameter(help="Folder of the figures; by default figures/ in the results.")
    ] = None,
    kinds: Annotated[
        str | None,
        Parameter(help="Comma-separated: frontier, lag, prior, mean-lag; by default all."),
    ] = None,
) -> int:
    """Draw the figures of a results folder from its tables, as SVG and PNG; nothing is fitted.

    ArviZ's diagnostic figures need the posteriors: `frontierlag diagnose` draws them.

    Example: frontierlag figures results/eci-2026-08-11/us-china

    Example: frontierlag figures my-results --kinds frontier --out pictures
    """
    from frontierlag.report.drawing import FIGURES, KINDS, draw_folder

    folder = results_folder(folder)
    chosen = tuple(kind.strip() for kind in kinds.split(",")) if kinds else KINDS
    made = draw_folder(folder, out, chosen)
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
