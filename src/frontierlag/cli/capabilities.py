"""Draws of all capabilities from benchmark results: `capabilities`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from frontierlag.cli.options import (
    DEFAULT_DATES,
    DEFAULT_SCORES,
    NOT_CONVERGED,
    BenchmarkResults,
    DateConvention,
    Reading,
    Scores,
)
from frontierlag.machine.progress import progress
from frontierlag.scores.reading.options import DEFAULT_OPTIONS
from frontierlag.settings import CAPABILITIES, CapabilitiesSettings


def capabilities(
    *,
    results: BenchmarkResults = "eci-results-2026-08-11",
    scores: Scores = DEFAULT_SCORES,
    dates: DateConvention = DEFAULT_DATES,
    reading: Reading = DEFAULT_OPTIONS,
    sampler: Annotated[CapabilitiesSettings, Parameter(name="*")] = CAPABILITIES,
    out: Annotated[Path, Parameter(help="NetCDF file to write.")] = Path("capabilities.nc"),
) -> int:
    """Measure all models from benchmark results alone and write the joint draws of their scores.

    No frontier enters, so the draws can stand for the measurement in any model of one
    (docs/draws.md); the score table says only which models pin the scale.

    Example: frontierlag study capabilities --out capabilities.nc
    """
    from frontierlag.fits.draws_file import write_draws
    from frontierlag.fits.plain import fit_plain
    from frontierlag.jobs import Job
    from frontierlag.machine.files import replaced
    from frontierlag.report.console import show_measurement, terminal
    from frontierlag.scores.item_results import joined, load_results

    prepared = Job(scores, reading=reading, dates=dates).prepare()
    measured = joined(load_results(results), prepared.releases)
    with replaced(out) as path, progress("measuring capabilities"):
        fit = fit_plain(measured, sampler)
        write_draws(fit, path)
    console = terminal()
    verdict = fit.convergence
    console.print(f"{fit.posterior.sizes['model']} models: {verdict.verdict()}", markup=False)
    show_measurement(console, measured)
    console.print(f"stored in {out}", markup=False)
    return 0 if verdict.converged else NOT_CONVERGED
