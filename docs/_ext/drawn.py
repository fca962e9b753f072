"""The figures of results, drawn from their tables when the pages are built: none is committed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from frontierlag.figures import save
from frontierlag.report.drawing import figures_of
from frontierlag.report.page.folder import read_results
from frontierlag.results.folder import read_table
from frontierlag.scores.registry import registry
from frontierlag.studies.calibration.figure import coverage_chart, error_chart
from frontierlag.studies.calibration.results import ABOUT

FRONTIER, COVERAGE, ERROR = "frontier", "coverage", "error"


def draw(results: Path, folder: Path) -> None:
    """Draw the frontier chart of the newest table and those of the calibration as SVG and PNG."""
    main = read_results(results / registry().roles.scores / "us-china")
    for stem, figure in figures_of(main, [FRONTIER]):
        if stem == f"{FRONTIER}-{main.headline}":
            save(figure, folder, FRONTIER)
    table = results / "calibration" / "calibration.csv"
    if table.is_file():
        coverage = read_table(table.parent, table.name)
        save(coverage_chart(coverage, ABOUT), folder, COVERAGE)
        save(error_chart(coverage, ABOUT), folder, ERROR)


def setup(app: Sphinx) -> dict[str, Any]:
    """Draw before the pages are read."""
    here = Path(app.srcdir)
    app.connect("builder-inited", lambda _: draw(here.parent / "results", here / "_made"))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
