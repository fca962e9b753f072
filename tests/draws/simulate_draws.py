"""Made-up joint draws of scores with known errors."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
from simulate import sort_releases

from frontierlag.scores import Releases
from frontierlag.scores.bootstraps.covariance import Errors, JointErrors
from frontierlag.scores.bootstraps.releases import DrawnReleases
from frontierlag.scores.bootstraps.table import DrawTable
from frontierlag.scores.metric import ECI

LOW, HIGH = ECI.anchors
N = 48
SLOPE = 15.0


def names(n=N):
    """Pins first."""
    return np.array([LOW[0], HIGH[0], *(f"model {i:03d}" for i in range(2, n))])


def schedule(rng, n=N, scatter=1.5, shortfall=6.0, gap=7.0, slope=SLOPE):
    """Days, groups and capabilities of a world; the first two are the pins.

    Pins are releases like all others, at whatever capability they have; the scale on which they are
    130 and 150 is made from them afterwards. The last thing returned is its points per point of the
    scale that ``slope`` and the others are told on.
    """
    day = np.concatenate([[19700, 20350], np.sort(rng.integers(19400, 20600, n - 2))])
    group = np.concatenate([[0, 0], rng.integers(0, 2, n - 2)])
    trend = 139.0 - gap * group + slope * (day - 20000) / 365.25
    while True:
        capability = trend + rng.normal(0, scatter, n) - rng.exponential(shortfall, n)
        between = capability[1] - capability[0]
        if between > 12:
            return day, group, pinned(capability), 20 / between


def pinned(x):
    """Any scores on the scale of the pins, whose columns stand first."""
    low, high = x[..., :1], x[..., 1:2]
    return LOW[1] + (HIGH[1] - LOW[1]) * (x - low) / (high - low)


def published(day, group, score, stderr=0.0) -> Releases:
    """Releases under the names above."""
    releases, order = sort_releases(day, group, score, stderr, metric=ECI)
    return replace(releases, model=names(len(day))[order])


def drawn(day, group, score, stderr, loading, pins=(LOW, HIGH)) -> DrawnReleases:
    """Releases with known joint errors, without any draws."""
    releases, order = sort_releases(day, group, score, stderr, metric=ECI)
    models = names(len(day))
    errors = Errors(np.asarray(score, float), np.asarray(stderr, float), np.asarray(loading, float))
    columns = {f: getattr(releases, f) for f in Releases.__dataclass_fields__}
    columns["model"] = models[order]
    return DrawnReleases(**columns, joint_errors=JointErrors(models, errors, pins))


def table(score, models=None, prior="none", **changes) -> DrawTable:
    """A table of draws."""
    given = {
        "name": "made-up",
        "models": names(score.shape[1]) if models is None else np.asarray(models),
        "score": score,
        "pins": (LOW, HIGH),
        "prior": prior,
        "prior_mean": np.zeros(0),
        "prior_spread": np.zeros(0),
        "independent": float(len(score)),
        "other_names": np.zeros(0, dtype=str),
        "layout": "made-up",
        "sha256": "",
        "attribution": "",
    }
    return DrawTable(**(given | changes))


def bootstraps(score, models, **changes) -> dict:
    """What eci_bootstraps.json holds."""
    found = {
        "num_samples": len(score),
        "ci_level": 0.9,
        "anchors": dict([LOW, HIGH]),
        "scaling": {"slope": 1.0, "intercept": 0.0},
        "model": {
            "ids": [f"id-{i}" for i in range(len(models))],
            "names": list(map(str, models)),
            "capability_samples": np.asarray(score).tolist(),
        },
        "benchmark": {},
    }
    return found | changes


def write_json(path, content):
    """The file's path."""
    path.write_text(json.dumps(content), encoding="utf-8")
    return path
