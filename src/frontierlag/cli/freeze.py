"""`freeze` and `validate verify`: results as published, and whether they come out the same."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from frontierlag.cli.options import AsJson, ResultsFolder, results_folder
from frontierlag.errors import CHECK_FAILED
from frontierlag.machine.progress import progress

Name = Annotated[str, Parameter(help="What to call it, such as paper-v1.")]
To = Annotated[Path, Parameter(help="Folder of all that is frozen.")]
FROZEN = Path("frozen")


def freeze(
    name: Name,
    folder: ResultsFolder = None,
    *,
    to: To = FROZEN,
    scores: Annotated[
        Path | None, Parameter(help="The score table, if it is no longer where the run read it.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Store a results folder with all that it takes to make its numbers again.

    Kept are tables, figures, the manifest, the score table, the request with its seed, every
    package's version, and the hash of each file; posteriors are made anew by `validate verify`.

    Example: frontierlag freeze paper-v1 results/eci-2026-08-11/us-china
    """
    from frontierlag.freeze import freeze as frozen
    from frontierlag.report import as_json as answers
    from frontierlag.report.console import terminal

    made = frozen(name, results_folder(folder), to, scores)
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
    name: Name,
    *,
    to: To = FROZEN,
    files_only: Annotated[
        bool, Parameter(help="Only check that no file was altered; run nothing.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Run a frozen analysis again and say whether its numbers came out the same.

    The exit code is 0 if they did, byte for byte or up to Monte Carlo error, and 3 if a number is
    different or a frozen file was altered.

    Example: frontierlag validate verify paper-v1
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
        answers.write(
            {
                "same": verdict.same,
                "sentence": verdict.sentence(),
                "tables": verdict.tables,
                "other_versions": verdict.other_versions,
                "sha256": frozen.digest,
            }
        )
    return 0 if verdict.same else CHECK_FAILED
