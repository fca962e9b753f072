"""Is the interval honest? `calibrate` and `sbc`: many fits, on one machine or on many."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import PositiveInt

from frontierlag.cli.codes import NOT_CONVERGED
from frontierlag.report.progress import progress

Jobs = Annotated[
    PositiveInt, Parameter(help="Processes on this machine, one thread each; changes no number.")
]
Scheduler = Annotated[
    str | None,
    Parameter(
        help="Address of a Dask scheduler, tcp://HOST:8786, to run on its workers instead. Start "
        "it with `dask scheduler` and workers with `dask worker tcp://HOST:8786 --nworkers 2 "
        "--nthreads 1`."
    ),
]
Keep = Annotated[
    Path | None,
    Parameter(
        name="--store",
        help="Folder in which finished fits are kept, so that a stopped campaign goes on; by "
        "default in the user's cache.",
    ),
]
Seed = Annotated[int, Parameter(help="Same seed, same numbers.")]


def calibrate(
    *,
    worlds: Annotated[
        str | None,
        Parameter(
            help="Comma-separated: base, heavy-tail, correlated, slope-break, wrong-dates, "
            "skewed; by default all."
        ),
    ] = None,
    models: Annotated[
        str | None,
        Parameter(
            help="Comma-separated models and baselines (daily-points, level-mean, record-line); by "
            "default the main models and all baselines."
        ),
    ] = None,
    n: Annotated[PositiveInt, Parameter(name="--n", help="Worlds of each kind.")] = 500,
    seed: Seed = 2026,
    jobs: Jobs = 2,
    scheduler: Scheduler = None,
    store: Keep = None,
    out: Annotated[Path, Parameter(help="Results folder.")] = Path("results/calibration"),
) -> int:
    """Simulate worlds of known truth and count how often intervals cover it.

    Example: frontierlag calibrate --worlds base --models linear-stochastic,daily-points --n 100
    """
    from frontierlag.calibration.baselines import BASELINES
    from frontierlag.calibration.calibrate import MODELS, calibrate
    from frontierlag.calibration.results import verdicts, write_calibration
    from frontierlag.calibration.worlds import DESIGNS
    from frontierlag.outputs import staged
    from frontierlag.report.console import terminal

    of_worlds = names(worlds, DESIGNS)
    estimators = names(models, (*MODELS, *BASELINES))
    keep = store or default_store()
    total = len(of_worlds) * len(estimators) * n
    with staged(out) as folder:
        with progress("calibrating", total) as step:
            found = calibrate(
                of_worlds,
                estimators,
                n,
                keep,
                entropy=seed,
                jobs=jobs,
                scheduler=scheduler,
                done=step,
            )
        told = {"n": n, "seed": seed, "estimators": list(estimators)}
        write_calibration(found, folder, told)
    console = terminal()
    for sentence in verdicts(found):
        console.print(sentence, markup=False)
    console.print(f"written to {out}; finished fits are kept in {keep}", markup=False)
    return 0


def sbc(
    *,
    models: Annotated[
        str | None, Parameter(help="Comma-separated models; by default those of `calibrate`.")
    ] = None,
    n: Annotated[PositiveInt, Parameter(name="--n", help="Worlds a model.")] = 200,
    seed: Seed = 2026,
    jobs: Jobs = 2,
    scheduler: Scheduler = None,
    store: Keep = None,
    out: Annotated[Path, Parameter(help="Results folder.")] = Path("results/sbc"),
) -> int:
    """Rank the truth of worlds drawn from each model's prior: are model and sampler right?

    Exits with 1 if ranks are not uniform. Example: frontierlag sbc --models linear-stochastic
    """
    from frontierlag.calibration.results import rank_verdicts, write_ranks
    from frontierlag.calibration.sbc import MODELS, rank_statistics
    from frontierlag.outputs import staged
    from frontierlag.report.console import terminal

    chosen = names(models, MODELS)
    keep = store or default_store()
    with staged(out) as folder:
        with progress("ranking", len(chosen) * n) as step:
            found = rank_statistics(
                chosen, n, keep, entropy=seed, jobs=jobs, scheduler=scheduler, done=step
            )
        write_ranks(found, folder, {"n": n, "seed": seed, "models": list(chosen)})
    console = terminal()
    for sentence in rank_verdicts(found):
        console.print(sentence, markup=False)
    console.print(f"written to {out}; finished fits are kept in {keep}", markup=False)
    return 0 if found.passed else NOT_CONVERGED


def default_store() -> Path:
    """Folder of finished fits in the user's cache."""
    from frontierlag.scores.fetch.cache import cache_folder

    return cache_folder() / "campaigns"


def names(text: str | None, default: Iterable[str]) -> tuple[str, ...]:
    """Names in a comma-separated list."""
    return tuple(default if text is None else (name.strip() for name in text.split(",")))
