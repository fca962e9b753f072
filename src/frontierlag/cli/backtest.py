"""How past forecasts did: `backtest`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from frontierlag.cli.options import (
    DEFAULT_DATES,
    DEFAULT_SCORES,
    NOT_CONVERGED,
    AsJson,
    ComparisonName,
    DateConvention,
    Reading,
    Scores,
)
from frontierlag.dates import suffix
from frontierlag.machine.progress import progress
from frontierlag.scores.reading.options import DEFAULT_OPTIONS
from frontierlag.studies.backtest.settings import SMALL, SmallSettings


def backtest(
    *,
    scores: Scores = DEFAULT_SCORES,
    comparison: ComparisonName = "us-china",
    dates: DateConvention = DEFAULT_DATES,
    reading: Reading = DEFAULT_OPTIONS,
    model: Annotated[
        list[str] | None,
        Parameter(help="A stochastic model; repeat for more. The first is compared with the rest."),
    ] = None,
    earlier: Annotated[
        tuple[str, ...],
        Parameter(
            negative="",
            help="An earlier vintage to forecast from too; may repeat; by default, of the index, "
            "every vintage that comes with the package.",
        ),
    ] = (),
    sampler: Annotated[SmallSettings, Parameter(name="*")] = SMALL,
    out: Annotated[Path | None, Parameter(help="Folder; by default results/backtest.")] = None,
    as_json: AsJson = False,
) -> int:
    """Refit every quarter and vintage of the past, forecast what came, score it with simple ones.

    Example: frontierlag validate backtest --model linear-stochastic --model logistic-stochastic
    """
    from frontierlag.jobs import Job
    from frontierlag.report import as_json as answers
    from frontierlag.report.console import terminal
    from frontierlag.studies.backtest.study import study_backtest
    from frontierlag.studies.backtest.table import ACROSS, WITHIN
    from frontierlag.studies.backtest.words import verdict

    folder = out or Path("results") / f"backtest{suffix(dates)}"
    job = Job(scores, comparison, reading=reading, dates=dates)
    with progress("refitting the past") as step:
        found = study_backtest(job, folder, sampler, model or (), earlier, step)
    console = terminal(silent=as_json)
    words = [
        f"{kind}: {verdict(found, kind)}"
        for kind in (WITHIN, ACROSS)
        if (found.rows["kind"] == kind).any()
    ]
    for sentence in words:
        console.print(sentence, markup=False)
    console.print(f"written to {folder}", markup=False)
    if as_json:
        answers.write(answers.study(words, folder, converged=found.converged))
    return 0 if found.converged else NOT_CONVERGED
