"""One other way to construct the index, and what is left of the data under it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from frontierlag.errors import ScoresError
from frontierlag.scores.item_results import MeasuredReleases, screened
from frontierlag.scores.releases import FEWEST_RELEASES

BASE, BENCHMARKS, SOURCES, VENDOR, DATED = (
    "base",
    "benchmark",
    "source",
    "vendor",
    "dated",
)


@dataclass(frozen=True, eq=False)
class Construction:
    """Another way to construct the index.

    Parameters
    ----------
    name
        As a table and a figure call it.
    kind
        Which question it belongs to.
    words
        What is done, in a sentence's words.
    dropped
        Which results do not count, shape ``(result,)``.
    """

    name: str
    kind: str
    words: str
    dropped: np.ndarray = field(repr=False)


@dataclass(frozen=True, eq=False)
class Reduced:
    """What is left of the data.

    Attributes
    ----------
    releases
        All releases, with weight 0 for the results that do not count: so the compiled model serves
        again, and a release, model or benchmark without results integrates to 1.
    measured
        Which releases still have usable results, shape ``(release,)``. The others are not in the
        groups: they count neither for the best available nor as releases.
    results, benchmarks
        How many results count, and on how many benchmarks.
    """

    releases: MeasuredReleases
    measured: np.ndarray
    results: int
    benchmarks: int

    @property
    def lost(self) -> tuple[str, ...]:
        """Releases that have no usable result left."""
        return tuple(self.releases.model[~self.measured].tolist())

    @property
    def digest(self) -> str:
        """Which results count, in a few letters."""
        weight = self.releases.responses.weight.astype(float).tobytes()
        return hashlib.sha256(weight).hexdigest()[:16]


def reduced(releases: MeasuredReleases, dropped: np.ndarray) -> Reduced:
    """Leave results out, by the rules by which a table of what remains would be screened.

    Parameters
    ----------
    releases
        The releases with all their results.
    dropped
        Which results do not count, shape ``(result,)``.

    Raises
    ------
    ScoresError
        If a model that pins the scale has too few results left, the two share no benchmark any
        more, or too few releases of a group keep results.
    """
    r = releases.responses
    models = np.concatenate([releases.model, r.others])
    frame = pd.DataFrame(
        {
            "at": np.arange(len(r.score)),
            "model": models[r.model],
            "benchmark": r.benchmarks[r.benchmark],
        }
    )
    frame = frame[~dropped & (r.weight > 0)].reset_index(drop=True)
    kept, _ = screened(frame, tuple(str(models[index]) for index, _ in r.pins))
    out = np.ones(len(r.score), dtype=bool)
    out[kept["at"].to_numpy()] = False
    measured = np.isin(releases.model, kept["model"].to_numpy(dtype=str))
    for group, name in enumerate(releases.group_names):
        left = int(np.sum(measured & releases.of(group)))
        if left < FEWEST_RELEASES:
            raise ScoresError(
                f"{left} releases of {name} keep usable results; at least {FEWEST_RELEASES} are "
                "needed to compare the groups"
            )
    return Reduced(
        releases=replace(releases, responses=r.without(out)),
        measured=measured,
        results=len(kept),
        benchmarks=kept["benchmark"].nunique(),
    )
