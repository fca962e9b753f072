"""Which results can place a model or a benchmark on a common scale; the others are listed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from frontierlag.errors import ScoresError

# One result says nothing that its benchmark's own difficulty does not take up, and the reverse.
FEWEST = 2


@dataclass(frozen=True)
class Excluded:
    """A model or benchmark whose results are not used, and why."""

    kind: str
    name: str
    results: int
    reason: str


def screened(
    frame: pd.DataFrame, pins: tuple[str, ...]
) -> tuple[pd.DataFrame, tuple[Excluded, ...]]:
    """Return the results that are connected to the models that pin the scale.

    A benchmark with one model and a model with one result are left out, again and again until
    none is left; then whatever shares no benchmark, directly or through others, with the pins.

    Parameters
    ----------
    frame
        Columns ``model`` and ``benchmark``, one row a result.
    pins
        The models that define the scale.

    Returns
    -------
    The rows that remain, and what was left out.

    Raises
    ------
    ScoresError
        If a pin has no results, or the pins are not connected with one another.
    """
    missing = [pin for pin in pins if pin not in set(frame["model"])]
    if missing:
        raise ScoresError(
            f"the results hold none of {' and '.join(missing)}, whose score defines the scale. "
            "Give results of both models that pin it, or fit the scores instead."
        )
    left_out: list[Excluded] = []
    while True:
        kept = frame
        for kind, other in (("benchmark", "model"), ("model", "benchmark")):
            counts = kept[kind].value_counts()
            few = counts[counts < FEWEST]
            for name, count in few.items():
                reason = f"has results of {count} {other} only; at least {FEWEST} are needed"
                left_out.append(Excluded(kind, str(name), int(count), reason))
            kept = kept[~kept[kind].isin(few.index)]
        if len(kept) == len(frame):
            break
        frame = kept
    gone = [pin for pin in pins if pin not in set(frame["model"])]
    if gone:
        raise ScoresError(
            f"{' and '.join(gone)}, whose score defines the scale, has fewer than {FEWEST} results "
            "on benchmarks that another model was given too. Give more results of it."
        )
    island = _islands(frame)
    home = {island[pin] for pin in pins}
    if len(home) > 1:
        raise ScoresError(
            f"{' and '.join(pins)} share no benchmark, directly or through other models, so that "
            "their results define no common scale. Give a benchmark that links them."
        )
    apart = frame["model"].map(island).to_numpy() != home.pop()
    for name, count in frame.loc[apart, "model"].value_counts().items():
        reason = "shares no benchmark, directly or through others, with the models that pin it"
        left_out.append(Excluded("model", str(name), int(count), reason))
    for name, count in frame.loc[apart, "benchmark"].value_counts().items():
        reason = "none of its models shares a benchmark with the models that pin the scale"
        left_out.append(Excluded("benchmark", str(name), int(count), reason))
    return frame[~apart].reset_index(drop=True), tuple(left_out)


def _islands(frame: pd.DataFrame) -> dict[str, int]:
    """The connected component of each model in the graph of models and benchmarks."""
    models, model = np.unique(frame["model"].to_numpy(dtype=str), return_inverse=True)
    benchmarks, benchmark = np.unique(frame["benchmark"].to_numpy(dtype=str), return_inverse=True)
    n = len(models) + len(benchmarks)
    links = coo_matrix((np.ones(len(model)), (model, len(models) + benchmark)), shape=(n, n))
    _, component = connected_components(links, directed=False)
    return {str(name): int(component[i]) for i, name in enumerate(models)}
