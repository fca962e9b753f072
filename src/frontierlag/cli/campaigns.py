"""Is the interval honest? `calibrate`, `sbc`, `backtest`: many fits, on one machine or many."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import PositiveInt

from frontierlag.cli.ending import tell
from frontierlag.cli.options import (
    DEFAULT_DATES,
    DEFAULT_SCORES,
    NOT_CONVERGED,
    AsJson,
    ComparisonName,
    DateConvention,
    Jobs,
    Keep,
    Reading,
    Scores,
    default_store,
    names,
)
from frontierlag.dates import suffix
from frontierlag.errors import CHECK_FAILED
from frontierlag.machine.progress import progress
from frontierlag.scores.reading.options import DEFAULT_OPTIONS
from frontierlag.settings import SMALL, SmallSettings

Scheduler = Annotated[
    str | None,
    Parameter(
        help="Address of a Dask scheduler, tcp://HOST:8786, to run on its workers instead. Start "
        "it with `dask scheduler` and workers with `dask worker tcp://HOST:8786 --nworkers 2 "
        "--nthreads 1`."
    ),
]
Seed = Annotated[int, Parameter(help="Same seed, same numbers.")]


def calibrate(
    *,
    worlds: Annotated[
        str | None,
        Parameter(
            help="Comma-separated: base, heavy-tail, correlated, slope-break, wrong-dates, "
            "skewed, fading-shortfall, matrices (worlds of benchmark results); by default those of "
            "the plan."
        ),
    ] = None,
    models: Annotated[
        str | None,
        Parameter(
            help="Comma-separated models and baselines (daily-points, level-mean, record-line); by "
            "default those of the plan."
        ),
    ] = None,
    n: Annotated[
        PositiveInt | None,
        Parameter(name="--n", help="Worlds of each kind; by default as many as the plan says."),
    ] = None,
    seed: Seed = 2026,
    jobs: Jobs = 2,
    scheduler: Scheduler = None,
    store: Keep = None,
    out: Annotated[Path, Parameter(help="Results folder.")] = Path("results/calibration"),
    as_json: AsJson = False,
) -> int:
    """Simulate worlds of known truth and count how often intervals cover it.

    Example: frontierlag validate calibrate --worlds base --models linear-stochastic --n 100
    """
    from frontierlag.machine.files import staged
    from frontierlag.studies.calibration.calibrate import default_plan, run_plan
    from frontierlag.studies.calibration.results import verdicts, write_calibration

    plan = default_plan(names(worlds), names(models), n)
    keep = store or default_store()
    total = sum(len(block.worlds) * len(block.estimators) * block.n for block in plan)
    with staged(out) as folder:
        with progress("calibrating", total) as step:
            found = run_plan(
                plan, keep, entropy=seed, jobs=jobs, scheduler=scheduler, done=step
            )  # fmt: skip
        record = {"plan": [asdict(block) for block in plan], "seed": seed}
        write_calibration(found, folder, record)
    words = verdicts(found)
    tell(words, out, as_json=as_json, keep=keep)
    return 0


def sbc(
    *,
    models: Annotated[
        str | None, Parameter(help="Comma-separated models; by default those of the plan.")
    ] = None,
    n: Annotated[
        PositiveInt | None,
        Parameter(name="--n", help="Worlds a model; by default as many as the plan says."),
    ] = None,
    seed: Seed = 2026,
    jobs: Jobs = 2,
    scheduler: Scheduler = None,
    store: Keep = None,
    out: Annotated[Path, Parameter(help="Results folder.")] = Path("results/sbc"),
    as_json: AsJson = False,
) -> int:
    """Rank the truth of worlds drawn from each model's prior: are model and sampler right?

    Exits with 3 if ranks are not uniform.

    Example: frontierlag validate sbc --models linear-stochastic
    """
    from frontierlag.machine.files import staged
    from frontierlag.studies.calibration.calibrate import RANKED
    from frontierlag.studies.calibration.results import rank_verdicts, write_ranks
    from frontierlag.studies.calibration.sbc import rank_statistics

    fewest = min(RANKED.values())
    worlds = {name: n or RANKED.get(name, fewest) for name in names(models) or RANKED}
    keep = store or default_store()
    with staged(out) as folder:
        with progress("ranking", sum(worlds.values())) as step:
            found = rank_statistics(
                list(worlds),
                worlds,
                keep,
                entropy=seed,
                jobs=jobs,
                scheduler=scheduler,
                done=step,
            )
        write_ranks(found, folder, {"worlds": worlds, "seed": seed})
    words = rank_verdicts(found)
    tell(words, out, as_json=as_json, keep=keep, passed=found.passed)
    return 0 if found.passed else CHECK_FAILED


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

    Example: frontierlag validate backtest --model linear-stochastic-makers
    """
    from frontierlag.jobs import Job
    from frontierlag.studies.forecast.backtest import ACROSS, WITHIN
    from frontierlag.studies.forecast.study import study_backtest
    from frontierlag.studies.forecast.words import verdict

    folder = out or Path("results") / f"backtest{suffix(dates)}"
    job = Job(scores, comparison, reading=reading, dates=dates)
    with progress("refitting the past") as step:
        found = study_backtest(job, folder, sampler, model or (), earlier, step)
    words = [
        f"{kind}: {verdict(found, kind)}"
        for kind in (WITHIN, ACROSS)
        if (found.rows["kind"] == kind).any()
    ]
    tell(words, folder, as_json=as_json, converged=found.converged)
    return 0 if found.converged else NOT_CONVERGED
