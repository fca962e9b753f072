"""Who reported a benchmark result: a vendor, the benchmark's keeper, or somebody else."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from frontierlag.scores.groups import members

BY_VENDOR, NOT_STATED, UNCLEAR = "vendor", "not stated", "unclear"


@dataclass(frozen=True)
class Reporter:
    """Who reported the results of a ``source``.

    Attributes
    ----------
    source
        As the table writes it.
    reporter
        The same name for every spelling of the same organization.
    kind
        ``vendor``: makes models itself, and its reports hold its own models' results and rivals';
        ``benchmark``: keeps the benchmark; ``evaluator``: runs benchmarks of others;
        ``not stated``; ``unclear``: does not say who ran it, or is not in the shipped table.
    maker
        Of a vendor, its names in the ``organization`` column of a score table, separated by ``;``.
    reason
        Why it is so.
    """

    source: str
    reporter: str
    kind: str
    maker: str
    reason: str


@cache
def reporters() -> dict[str, Reporter]:
    """Return the shipped table, by source."""
    file = resources.files("frontierlag.scores") / "data" / "result_sources.csv"
    rows = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"), newline=""))
    return {row["source"]: Reporter(**row) for row in rows}


def reporter_of(source: str) -> Reporter:
    """Return who stands behind a source; one that the shipped table does not have is unclear."""
    reason = "not in the shipped table of sources"
    return reporters().get(source) or Reporter(source, source, UNCLEAR, "", reason)


def of_kind(sources: np.ndarray, *kinds: str) -> np.ndarray:
    """Which results were reported by such, shape ``(result,)``."""
    return np.array([reporter_of(str(source)).kind in kinds for source in sources], dtype=bool)


def self_reported(sources: np.ndarray, organizations: np.ndarray) -> np.ndarray:
    """Which results a vendor reported of its own model.

    Parameters
    ----------
    sources, organizations
        Of each result and of its model, shape ``(result,)``; several makers are separated by ``;``.
    """
    return np.array(
        [
            bool(set(members(reporter_of(str(source)).maker)) & set(members(str(made))))
            for source, made in zip(sources, organizations, strict=True)
        ],
        dtype=bool,
    )
