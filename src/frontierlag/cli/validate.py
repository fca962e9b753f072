"""Is it right? `calibrate`, `sbc`, `backtest`; `freeze` and `verify`, a published result again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import PositiveInt

from frontierlag.cli import options as o
from frontierlag.dates import suffix
from frontierlag.errors import CHECK_FAILED
from frontierlag.machine.progress import progress
from frontierlag.settings import SMALL, SmallSettings

Count = Annotated[PositiveInt | None, Parameter(name="--n")]
Scheduler = Annotated[
    str | None,
    Parameter(
        help="Address of a Dask scheduler, tcp://HOST:8786, to run on its workers instead. Start "
        "it with `dask scheduler` and workers with `dask worker tcp://HOST:8786 --nworkers 2 "
        "--nthreads 1`."
    ),
]
Seed = Annotated[int, Parameter(help="Same seed, same numbers.")]
Name = Annotated[str, Parameter(help="What to call it, such as paper-v1.")]
To = Annotated[Path, Parameter(help="Folder of all that is frozen.")]
FROZEN = Path("frozen")


def _folder(name: str, *chosen: object) -> Path:
    """Where a campaign is written: a part of it never replaces the whole."""
    whole = all(choice is None for choice in chosen)
    return Path("results", name if whole else f"{name}-part")


def calibrate(
    *,
    worlds: str | None = None,
    models: str | None = None,
    n: Count = None,
    seed: Seed = 2026,
    jobs: o.Jobs = 2,
    scheduler: Scheduler = None,
    store: o.Keep = None,
    out: Path | None = None,
    as_json: o.AsJson = False,
) -> int:
    """Simulate worlds of known truth and count how often intervals cover it.

    Without worlds, models and n it runs the whole campaign behind the page on calibration: hours.

    Example: frontierlag validate calibrate --worlds base --models linear-stochastic --n 100

    Parameters
    ----------
    worlds
        Comma-separated: base, heavy-tail, correlated, slope-break, wrong-dates, skewed,
        fading-shortfall, ladders, overtaking; of benchmark results matrices, matrices-heavy-tail,
        matrices-slope-break, matrices-wrong-dates, matrices-dif, matrices-vendors,
        matrices-domains. By default those of the campaign.
    models
        Comma-separated models and baselines (daily-points, level-mean, record-line); by default
        those of the campaign. linear-stochastic+dates is given the error of dates,
        linear-stochastic+forecast forecasts the last year of each world.
    n
        Worlds of each kind; by default as many as the campaign has.
    out
        Results folder; by default results/calibration for the whole campaign, else
        results/calibration-part, so that a part never replaces the whole.
    """
    from frontierlag.machine.files import staged
    from frontierlag.studies.calibration.calibrate import default_plan, run_plan
    from frontierlag.studies.calibration.results import verdicts, write_calibration

    plan = default_plan(o.names(worlds), o.names(models), n)
    out = out or _folder("calibration", worlds, models, n)
    keep = store or o.default_store()
    total = sum(len(block.worlds) * len(block.estimators) * block.n for block in plan)
    with staged(out) as folder:
        with progress("calibrating", total) as step:
            found = run_plan(plan, keep, entropy=seed, jobs=jobs, scheduler=scheduler, done=step)
        record = {"plan": [asdict(block) for block in plan], "seed": seed}
        write_calibration(found, folder, record)
    return o.tell(verdicts(found), out, as_json=as_json, keep=keep)


def sbc(
    *,
    models: str | None = None,
    n: Count = None,
    seed: Seed = 2026,
    jobs: o.Jobs = 2,
    scheduler: Scheduler = None,
    store: o.Keep = None,
    out: Path | None = None,
    as_json: o.AsJson = False,
) -> int:
    """Rank the truth of worlds drawn from each model's prior: are model and sampler right?

    Exits with 3 if ranks are not uniform.

    Example: frontierlag validate sbc --models linear-stochastic

    Parameters
    ----------
    models
        Comma-separated models; by default those of the campaign.
    n
        Worlds a model; by default as many as the campaign has.
    out
        Results folder; by default results/sbc for the whole campaign, else results/sbc-part.
    """
    from frontierlag.machine.files import staged
    from frontierlag.studies.calibration.calibrate import RANKED
    from frontierlag.studies.calibration.results import rank_verdicts, write_ranks
    from frontierlag.studies.calibration.sbc import rank_statistics

    out = out or _folder("sbc", models, n)
    fewest = min(RANKED.values())
    worlds = {name: n or RANKED.get(name, fewest) for name in o.names(models) or RANKED}
    keep = store or o.default_store()
    with staged(out) as folder:
        with progress("ranking", sum(worlds.values())) as step:
            found = rank_statistics(
                list(worlds), worlds, keep, entropy=seed, jobs=jobs, scheduler=scheduler, done=step
            )
        write_ranks(found, folder, {"worlds": worlds, "seed": seed})
    return o.tell(rank_verdicts(found), out, as_json=as_json, keep=keep, passed=found.passed)


def backtest(
    *,
    scores: o.Scores = o.DEFAULT_SCORES,
    comparison: o.ComparisonName = "us-china",
    dates: o.DateConvention = o.DEFAULT_DATES,
    reading: o.Reading = o.DEFAULT_OPTIONS,
    model: list[str] | None = None,
    earlier: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    sampler: Annotated[SmallSettings, Parameter(name="*")] = SMALL,
    out: Path | None = None,
    as_json: o.AsJson = False,
) -> int:
    """Refit every quarter and vintage of the past, forecast what came, score it with simple ones.

    Example: frontierlag validate backtest --model linear-stochastic-makers

    Parameters
    ----------
    model
        A stochastic model; repeat for more. The first is compared with the rest.
    earlier
        An earlier vintage to forecast from too; may repeat; by default, of the index, every vintage
        that comes with the package.
    out
        Folder; by default results/backtest.
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
    return o.tell(words, folder, as_json=as_json, converged=found.converged)


def freeze(
    name: Name,
    folder: o.ResultsFolder = None,
    *,
    to: To = FROZEN,
    scores: Path | None = None,
    as_json: o.AsJson = False,
) -> int:
    """Store a results folder with all that it takes to make its numbers again.

    Kept are tables, figures, the manifest, the score table, the request with its seed, every
    package's version, and the hash of each file; posteriors are made anew by `validate verify`.

    Example: frontierlag freeze paper-v1 results/eci-2026-08-11/us-china

    Parameters
    ----------
    scores
        The score table, if it is no longer where the run read it.
    """
    from frontierlag.freeze import freeze as frozen
    from frontierlag.report import as_json as answers
    from frontierlag.report.console import terminal

    made = frozen(name, o.results_folder(folder), to, scores)
    console = terminal(silent=as_json)
    console.print(f"frozen in {made.folder}: {len(made.files)} files", soft_wrap=True)
    console.print(f"sha256 of all: {made.digest}")
    console.print(f"made by: {made.request.command()}", soft_wrap=True)
    console.print(made.manifest["data"]["attribution"], style="dim")
    if as_json:
        record = {"folder": made.folder, "files": sorted(made.files), "sha256": made.digest}
        answers.write({**record, "made_by": made.request.command()})
    return 0


def verify(
    name: Name, *, to: To = FROZEN, files_only: bool = False, as_json: o.AsJson = False
) -> int:
    """Run a frozen analysis again and say whether its numbers came out the same.

    The exit code is 0 if they did, byte for byte or up to Monte Carlo error, and 3 if a number is
    different or a frozen file was altered.

    Example: frontierlag validate verify paper-v1

    Parameters
    ----------
    files_only
        Only check that no file was altered; run nothing.
    """
    from frontierlag.freeze import open_frozen
    from frontierlag.freeze import verify as verified
    from frontierlag.report import as_json as answers
    from frontierlag.report.console import terminal

    frozen = open_frozen(to / name)
    with progress(f"running {name} again") as step:
        verdict = verified(frozen, files_only=files_only, done=step)
    console = terminal(silent=as_json)
    for table in verdict.tables:
        words = f" ({table.words})" if table.words else ""
        console.print(f"{table.name}: {table.state}{words}", soft_wrap=True)
    if verdict.other_versions:
        console.print(f"other versions: {'; '.join(verdict.other_versions)}")
    console.print(f"sha256 of all: {frozen.digest}")
    console.print(verdict.sentence(), soft_wrap=True)
    if as_json:
        record = {"same": verdict.same, "sentence": verdict.sentence(), "tables": verdict.tables}
        more = {"other_versions": verdict.other_versions, "sha256": frozen.digest}
        answers.write(record | more)
    return 0 if verdict.same else CHECK_FAILED
