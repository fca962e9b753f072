"""A results folder as a run left it: its manifest and its tables, read back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pandas as pd

from frontierlag.errors import ResultsError
from frontierlag.machine.files import MANIFEST
from frontierlag.model import Reads, headline_of
from frontierlag.scores import Metric
from frontierlag.scores.scale import metric_of as metric_of

HEADLINE = "headline"  # its key in a manifest
POSTERIOR = "posterior.nc"  # in the folder of each model
MADE_FROM = "made_from"  # the digest of all that a folder follows from
TEXTS = ("period", "number", "model", "note", "group", "release", "organization", "released")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a results folder; a ResultsError says why there is none."""
    if not folder.is_dir():
        kind = "is a file" if folder.exists() else "does not exist"
        raise ResultsError(f"{folder} {kind}; give a results folder, which `frontierlag run` makes")
    path = folder / MANIFEST
    if not path.is_file():
        below = sorted(
            p.parent.relative_to(folder).as_posix() for p in folder.glob(f"*/*/{MANIFEST}")
        )
        hint = f"; give one of the folders in it: {', '.join(below[:8])}" if below else ""
        raise ResultsError(f"{folder} is no results folder of one run: it has no {MANIFEST}{hint}")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ResultsError(f"{path} cannot be read: {error}; run the analysis again") from None
    if not isinstance(manifest, dict):
        raise ResultsError(f"{path} is not the manifest of a run; run the analysis again")
    return manifest


def is_made_from(folder: Path, digest: str) -> bool:
    """Whether a folder is whole and follows from just this: nothing need be made again.

    A file that is missing, or is newer than the manifest, which is written last, says no.
    """
    path = folder / MANIFEST
    if not path.is_file():
        return False
    manifest = read_manifest(folder)
    if manifest.get(MADE_FROM) != digest:
        return False
    last = path.stat().st_mtime_ns
    files = [folder / name for name in manifest["files"]]
    return all(file.is_file() and file.stat().st_mtime_ns <= last for file in files)


def headline_model(manifest: Mapping[str, Any]) -> str:
    """Name of the model that answers for a run, as its manifest names it.

    The manifest of an earlier version does not; there the rule of :func:`headline_of` is applied to
    the models that it lists. One that lists none is not that of a run: a ResultsError.
    """
    if HEADLINE in manifest:
        return str(manifest[HEADLINE])
    models, data = manifest.get("models"), manifest.get("data", {})
    if not models or "metric" not in data:
        raise ResultsError(
            "the manifest names no fitted model; give a folder made by `frontierlag run`"
        )
    known = {field.name for field in fields(Metric)}
    metric = {key: value for key, value in data["metric"].items() if key in known}
    return headline_of(list(models), metric_of(metric), reads_of(data))


def reads_of(data: Mapping[str, Any]) -> Reads:
    """What was fitted, by the record of the data in a manifest."""
    return "results" if data.get("results") else "draws" if data.get("draws") else "scores"


def headline_posterior(path: Path) -> Path:
    """The posterior of the model that answers for a results folder; a file is returned as it is."""
    if not path.is_dir():
        return path
    found = path / headline_model(read_manifest(path)) / POSTERIOR
    if not found.is_file():
        raise ResultsError(
            f"there is no {found}; posteriors are not committed: make them with `frontierlag run`"
        )
    return found


def as_written(path: Path) -> pd.DataFrame:
    """A table as it was written: only an empty cell is missing, so a model may be named 'NA'."""
    return pd.read_csv(path, keep_default_na=False, na_values=[""], dtype=dict.fromkeys(TEXTS, str))


def read_table(folder: Path, name: str, columns: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return one table of a results folder as it was written; it must have these columns."""
    path = folder / name
    try:
        table = as_written(path)
    except FileNotFoundError:
        raise ResultsError(f"{folder} has no {name}; run the analysis again") from None
    except (OSError, ValueError) as error:
        raise ResultsError(f"{path} cannot be read: {error}; run the analysis again") from None
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise ResultsError(
            f"{path} has no column {', '.join(missing)}; it was made by another version: run the "
            "analysis again"
        )
    return table
