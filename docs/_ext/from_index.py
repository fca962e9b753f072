"""The published index made again from its results, under other penalties than the publisher's."""

from __future__ import annotations

from itertools import pairwise
from math import inf

import numpy as np
from blocks import table
from scipy.optimize import minimize
from scipy.special import expit

from frontierlag.scores import load_scores
from frontierlag.scores.item_results import load_results
from frontierlag.scores.metric import ECI
from frontierlag.scores.registry import registry

RESULTS, SCORES = registry().roles.results, registry().roles.scores
# As in Epoch AI's eci-public: the penalty's weight, the benchmark whose discrimination is 1, the
# edges that scores are cut to, and bounds of all parameters.
PENALTY, ANCHOR, EDGE, MOST, LEAST_SLOPE = 0.1, "Winogrande", 1e-3, 10.0, 0.1
PENALTIES = (0.001, 0.01, PENALTY, 0.3, 1.0)
_BINS = (-inf, 110, 130, inf)


def shown() -> dict[str, str]:
    """Return Markdown by name."""
    return {"index_penalty": f"{PENALTY:g}", "index_penalties": _penalties()}


def _penalties() -> str:
    published = load_scores(SCORES).frame.set_index("model")["score"]
    cells = []
    for penalty in PENALTIES:
        found = index(penalty)
        score = published.reindex(list(found)).to_numpy(dtype=float)
        apart = np.array(list(found.values())) - score
        means = [f"{apart[(score > a) & (score <= b)].mean():+.1f}" for a, b in pairwise(_BINS)]
        cells.append((f"{penalty:g}", *means, f"{np.abs(apart[score > _BINS[-2]]).mean():.2f}"))
    head = ("penalty", "mean difference from the published score, up to 110", "110 to 130",
            "above 130", "mean absolute difference above 130")  # fmt: skip
    return table(head, cells)


def index(penalty: float) -> dict[str, float]:
    """Score of every model by least squares with a penalty on the mean square of all parameters."""
    frame = load_results(RESULTS).frame
    models, i = np.unique(frame["model"].to_numpy(dtype=str), return_inverse=True)
    benchmarks, j = np.unique(frame["benchmark"].to_numpy(dtype=str), return_inverse=True)
    y = frame["score"].clip(EDGE, 1 - EDGE).to_numpy(dtype=float)
    n, k = len(models), len(benchmarks)
    anchor = n + k + int(np.flatnonzero(benchmarks == ANCHOR)[0])
    share = penalty / (n + 2 * k - 1)
    free = np.arange(n + 2 * k) != anchor

    def cost(theta: np.ndarray) -> tuple[float, np.ndarray]:
        c, d, a = np.split(theta, (n, n + k))
        above = c[i] - d[j]
        p = expit(a[j] * above)
        error = p - y
        slope = 2 * error * p * (1 - p)
        gradient = np.concatenate(
            [
                np.bincount(i, slope * a[j], n),
                -np.bincount(j, slope * a[j], k),
                np.bincount(j, slope * above, k),
            ]
        )
        penalized = theta * free
        total = float(error @ error + share * penalized @ penalized)
        return total, (gradient + 2 * share * penalized) * free

    # Models start in the order of their mean score and benchmarks in that of theirs.
    mean_of_model = np.bincount(i, y, n) / np.bincount(i, minlength=n)
    mean_of_benchmark = np.bincount(j, y, k) / np.bincount(j, minlength=k)
    start = np.concatenate([mean_of_model, 1 - mean_of_benchmark, np.ones(k)])
    bounds = [(-MOST, MOST)] * (n + k) + [(LEAST_SLOPE, MOST)] * k
    most = {"maxiter": 20000, "maxfun": 30000, "ftol": 1e-13, "gtol": 1e-8}
    found = minimize(cost, start, jac=True, method="L-BFGS-B", bounds=bounds, options=most)
    if not found.success:
        raise RuntimeError(f"the index with penalty {penalty:g} was not found: {found.message}")
    place = {str(name): at for at, name in enumerate(models)}
    (low, at_low), (high, at_high) = ECI.anchors
    x_low, x_high = (found.x[place[name]] for name in (low, high))
    scale = (at_high - at_low) / (x_high - x_low)
    return {name: float(at_low + scale * (found.x[at] - x_low)) for name, at in place.items()}
