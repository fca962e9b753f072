"""Which rows of two tables are of one model, though the tables name it differently."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources

import numpy as np

from frontierlag.scores.reading.parsing import same_name
from frontierlag.scores.releases import Releases

FILE = "same_models.csv"


@cache
def same_models() -> dict[str, str]:
    """The shipped list: names in one reference table, and the index's name of the same model.

    A row is of one snapshot; settings of it (reasoning effort, thinking budget) are not told apart.
    """
    source = resources.files("frontierlag.scores") / "data" / FILE
    rows = csv.DictReader(source.read_text(encoding="utf-8").splitlines())
    return {row["model"]: row["same_as"] for row in rows}


def in_both(releases: Releases, others: Releases) -> tuple[np.ndarray, np.ndarray]:
    """Which releases of each of two tables the other has too.

    Names are one if the list says so, or if they differ only in case, space and hyphens.

    Returns
    -------
    Two masks, shape ``(release,)`` each.
    """
    one, other = (np.array([_key(name) for name in r.model]) for r in (releases, others))
    return np.isin(one, other), np.isin(other, one)


def _key(name: str) -> str:
    return same_name(same_models().get(name, name))
