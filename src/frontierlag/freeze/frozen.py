"""A results folder with all that it takes to make its numbers again, under a name.

frozen/NAME/frozen.json        the request, the hash of every file below, versions
frozen/NAME/results/           tables, figures and manifest as they were (no posteriors)
frozen/NAME/input/             the score table, byte for byte
frozen/NAME/input/measured/    the benchmark results or joint draws behind it, of a run on those
frozen/NAME/environment.txt    every package that was installed when it was frozen
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path
from typing import Any

from frontierlag.errors import ResultsError, ScoresError, SpecError
from frontierlag.machine.files import MANIFEST, files_below, manifest_text, staged
from frontierlag.machine.program import versions
from frontierlag.results.folder import read_manifest
from frontierlag.runs.request import Request
from frontierlag.scores import ScoreTable, load_scores
from frontierlag.scores.fetch import cache_folder, kept_copies, path_of
from frontierlag.scores.item_results.table import (
    ResultTable,
    load_results,
    result_file,
    result_names,
)
from frontierlag.scores.loading import reference_file, reference_names
from frontierlag.scores.table import LATEST

FROZEN = "frozen.json"
RESULTS, INPUT, ENVIRONMENT = "results", "input", "environment.txt"
MEASURED = "measured"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Frozen:
    """Results as they were frozen, with the request and the manifest of the run.

    ``table``, and of a run on more than scores ``measured``, are paths below the folder; ``files``
    holds the SHA-256 of every file by path, and ``digest`` that over all of them: one number to
    cite and to compare.
    """

    folder: Path
    request: Request
    table: str
    sha256: str
    measured: str
    files: dict[str, str]
    digest: str
    manifest: dict[str, Any]

    def altered(self) -> list[str]:
        """Say which files are not as they were frozen; empty if all are."""
        there = {name: _hash(self.folder / name) for name in _listed(self.folder)}
        said = [f"{name} is missing" for name in self.files if name not in there]
        said += [f"{name} was added" for name in there if name not in self.files]
        both = [name for name in self.files if name in there]
        said += [f"{name} was changed" for name in both if there[name] != self.files[name]]
        if _digest(self.files) != self.digest:
            said.append(f"{FROZEN} was changed")
        return said


def freeze(name: str, results: Path, to: Path, scores: Path | None = None) -> Frozen:
    """Store a results folder under a name, whole or not at all.

    Parameters
    ----------
    name
        Letters, digits, dots, hyphens and underscores.
    results, to
        A folder that `frontierlag run` made, and the folder of all that is frozen.
    scores
        The score table, where it no longer lies where the run found it.

    Raises
    ------
    SpecError
        If the name cannot be one.
    ResultsError
        If the folder is not that of a run, a file of it is gone, or something is frozen under
        this name already: what is frozen is never replaced.
    ScoresError
        If the score table cannot be found or has changed since the run.
    """
    if not _NAME.fullmatch(name):
        raise SpecError(
            f"{name!r} cannot be the name of frozen results: use letters, digits, dots, hyphens "
            "and underscores, such as paper-v1"
        )
    out = to / name
    if out.exists():
        raise ResultsError(f"{out} exists; what is frozen is not replaced: choose another name")
    manifest = read_manifest(results)
    request = Request.read(manifest, str(results / MANIFEST))
    kept = _kept(results, manifest)
    file, content = _table(request, manifest["data"]["sha256"], scores)
    table, measured = f"{INPUT}/{file}", ""
    inputs = {table: content, ENVIRONMENT: _environment().encode()}
    if request.results or request.draws:
        file, bundled = _measured(request, manifest["data"])
        measured = f"{INPUT}/{MEASURED}/{file}"
        inputs[measured] = bundled
    inputs |= {f"{RESULTS}/{path}": (results / path).read_bytes() for path in kept}
    with staged(out) as folder:
        for path, of_input in inputs.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(of_input)
        hashes = {path: _hash(folder / path) for path in _listed(folder)}
        record = {
            "name": name,
            "command": request.command(),
            "table": table,
            "measured": measured,
            "attribution": manifest["data"]["attribution"],
            "frozen_with": versions(),
            "files": hashes,
            "digest": _digest(hashes),
        }
        (folder / FROZEN).write_text(manifest_text(record), encoding="utf-8")
    return open_frozen(out)


def open_frozen(folder: Path) -> Frozen:
    """Read what was frozen in a folder; a ResultsError if nothing was or it cannot be read."""
    path = folder / FROZEN
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        files = {str(name): str(value) for name, value in content["files"].items()}
        table, digest = str(content["table"]), str(content["digest"])
        measured = str(content.get("measured", ""))
        sha256 = files[table]
    except FileNotFoundError:
        raise ResultsError(
            f"nothing is frozen in {folder}: `frontierlag freeze NAME` stores a results folder"
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ResultsError(
            f"{path} is not as `frontierlag freeze` wrote it ({error!r}); take it from a copy"
        ) from None
    manifest = read_manifest(folder / RESULTS)
    request = Request.read(manifest, str(folder / RESULTS / MANIFEST))
    return Frozen(folder, request, table, sha256, measured, files, digest, manifest)


def _kept(results: Path, manifest: dict[str, Any]) -> list[str]:
    """The files of the run, without posteriors; each must be there."""
    listed = [str(path) for path in manifest.get("files", [])]
    kept = [path for path in listed if not path.endswith(".nc")]
    gone = [path for path in kept if not (results / path).is_file()]
    if gone or not kept:
        raise ResultsError(
            f"{results} is not whole: {', '.join(gone[:8]) or 'its files'} missing; run the "
            "analysis again"
        )
    whole = results.resolve()
    outside = [path for path in kept if not (results / path).resolve().is_relative_to(whole)]
    if outside:
        raise ResultsError(f"the manifest in {results} names {outside[0]}, which lies outside it")
    return kept


def _table(request: Request, sha256: str, given: Path | None) -> tuple[str, bytes]:
    """Name and bytes of the table that the run read."""
    if given is None and request.scores in reference_names():
        below = reference_file(request.scores)
        content = (resources.files("frontierlag.scores") / "data" / below).read_bytes()
        file = Path(below).name
    elif given is None and request.scores == LATEST:
        cache = cache_folder()
        copies = [copy for copy in kept_copies(cache) if copy.sha256 == sha256]
        if not copies:
            raise ScoresError(
                f"the table fetched for this run is no longer in {cache}: give it with --scores"
            )
        path = path_of(copies[0], cache)
        file, content = path.name, path.read_bytes()
    else:
        path = given or Path(request.scores)
        try:
            file, content = path.name, path.read_bytes()
        except OSError as error:
            raise ScoresError(
                f"the score table of this run cannot be read from {path} ({error.strerror}): give "
                "its place with --scores"
            ) from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ScoresError(
            f"{file} is not the table that the run read (its hash differs): give that one with "
            "--scores, or run the analysis again"
        )
    return file, content


def _measured(request: Request, data: dict[str, Any]) -> tuple[str, bytes]:
    """Name and bytes of the benchmark results or joint draws that the run read."""
    name, kind = (request.results, "results") if request.results else (request.draws, "draws")
    file, content = result_file(name)
    if hashlib.sha256(content).hexdigest() != data[kind]["sha256"]:
        raise ScoresError(
            f"{name} is not what the run read as {kind} (its hash differs): run the analysis again"
        )
    return file, content


def measured_for(frozen: Frozen) -> tuple[str, str]:
    """The benchmark results and the joint draws to run again on, by the rule of `table_for`."""
    request = frozen.request
    copy = str(frozen.folder / frozen.measured) if frozen.measured else ""
    if request.draws:
        return "", copy
    if not copy or request.results not in result_names():
        return copy, ""
    return _unchanged(frozen, request.results, load_results(request.results), frozen.measured), ""


def table_for(frozen: Frozen) -> str:
    """What to run again on: the reference table if it still has the same bytes, else the copy.

    A reference table of which this version has another under its name is a ScoresError.
    """
    name = frozen.request.scores
    if name not in reference_names():
        return str(frozen.folder / frozen.table)
    return _unchanged(frozen, name, load_scores(name), frozen.table)


def _unchanged(frozen: Frozen, name: str, now: ScoreTable | ResultTable, path: str) -> str:
    """The name of a reference table, if it still has the bytes that were frozen at a path."""
    if now.sha256 != frozen.files[path]:
        raise ScoresError(
            f"the reference table {name} of this version is not the one that was frozen; verify "
            f"with frontierlag {frozen.manifest['versions']['frontierlag']}"
        )
    return name


def _environment() -> str:
    """Every installed package with its version, sorted."""
    found = {
        f"{distribution.metadata['Name']}=={distribution.version}"
        for distribution in metadata.distributions()
    }
    return "\n".join(sorted(found, key=str.casefold)) + "\n"


def _listed(folder: Path) -> list[str]:
    return [name for name in files_below(folder) if name != FROZEN]


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digest(files: dict[str, str]) -> str:
    lines = "".join(f"{files[name]}  {name}\n" for name in sorted(files))
    return hashlib.sha256(lines.encode()).hexdigest()
