"""The simulated worlds in words: what each changes of the base world, and how many were run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pandas as pd
from blocks import table

from frontierlag.studies.calibration.calibrate import all_designs
from frontierlag.studies.calibration.matrices import (
    MATRICES,
    DomainDesign,
    MatrixDesign,
    VendorDesign,
)
from frontierlag.studies.calibration.worlds import BASE, Design, Ladder

NOT_RUN = "not run"
# What is named otherwise in every world, or said by the world's groups.
_NAMES = ("name", "breaks", "groups")


def worlds_table(results: Path) -> str:
    """Every world, what it breaks, how, and of how many such worlds the results hold a row."""
    held = _held(results)
    return table(
        ("world", "assumption that it breaks", "how", "simulated"),
        [
            (f"`{name}`", one.breaks, how(one), held.get(name, NOT_RUN))
            for name, one in all_designs().items()
        ],
    )


def how(design: Design | MatrixDesign) -> str:
    """What a world changes, in a sentence: of the base world, or of that of benchmark results."""
    if isinstance(design, Design):
        said = "; ".join(_changes(design, BASE)) or "as in the table above"
        return f"{said[0].upper()}{said[1:]}."
    if design == MATRICES:
        fewest, beyond = design.results
        return (
            f"As `base`; in place of scores there are results on {design.benchmarks} benchmarks, "
            f"{fewest + beyond:g} a model on average and at least {fewest}, and the index that a "
            "publisher makes of them."
        )
    changed = [*_changes(design.groups, BASE), *_changes(design, MATRICES)]
    return f"As `matrices`, but {'; '.join(changed)}."


def _changes(design: Design | MatrixDesign, base: Design | MatrixDesign) -> list[str]:
    """Words for each field that differs; a field without words is an error, never left out."""
    return [
        _WORDS[field.name](getattr(design, field.name))
        for field in fields(base)
        if field.name not in _NAMES and getattr(design, field.name) != getattr(base, field.name)
    ]


def _held(results: Path) -> Mapping[str, str]:
    """By name of a world the largest number of them that any estimator was given."""
    files = sorted(results.glob("calibration*/calibration.csv"))
    if not files:
        return {}
    rows = pd.concat([pd.read_csv(file, usecols=["world", "n"]) for file in files])
    return {str(world): f"{n:.0f} times" for world, n in rows.groupby("world")["n"].max().items()}


def _releases(value: tuple[int, int]) -> str:
    return f"the leader makes {value[0]} releases and the follower {value[1]}"


def _lag(value: tuple[float, float]) -> str:
    low, high = value
    if high <= 0:
        return f"in the middle the follower's trend is {-high:g} to {-low:g} months ahead"
    return f"in the middle the follower's trend is {low:g} to {high:g} months behind"


def _fading(value: tuple[float, float]) -> str:
    early, late = value
    return (
        f"the follower's releases lie {early:g} points below its frontier on average in the first "
        f"half of the time and {late:g} in the second instead"
    )


def _ladder(value: Ladder) -> str:
    (small, below), (refresh, (first, last)) = value.small, value.refresh
    return (
        f"{value.makers[0]} makers of the leader and {value.makers[1]} of the follower fall short "
        f"by different amounts; {100 * small:.0f} % of their flagships come with a small model, "
        f"{below:g} points weaker on average, and {100 * refresh:.0f} % are followed by a better "
        f"version after {first} to {last} days, and all of these share the flagship's "
        "distance from the trend"
    )


def _shape(value: str) -> str:
    assert value == "lomax"  # the only other one
    return "the shortfall has a Pareto tail (exponent 3) with the same mean"


def _break(value: tuple[float, float | tuple[float, float]]) -> str:
    share, factors = value
    when = f"after {100 * share:.0f} % of the time"
    if isinstance(factors, tuple):
        return (
            f"{when} the leader's slope is {factors[0]:g} and the follower's {factors[1]:g} times "
            "what it was"
        )
    return f"{when} the slopes of both groups are {factors:g} times what they were"


def _vendors(value: VendorDesign) -> str:
    return (
        f"{100 * value.share:.0f} % of the results of the groups' releases are reported by the "
        f"maker, too high by {value.mean:g} points on average (standard deviation over makers "
        f"{value.spread:g})"
    )


def _domains(value: DomainDesign) -> str:
    return (
        f"benchmarks are of {value.domains} domains, over which the distance between the groups "
        f"varies by {value.gap:g} points, the slope of both by {value.pace:g} points a year, the "
        f"difference of their slopes by {value.pace_gap:g} and the ability of a single model by "
        f"{value.own:g} points (standard deviations)"
    )


_WORDS: dict[str, Callable[[Any], str]] = {
    "releases": _releases,
    "years": lambda v: f"the table covers {v:g} years",
    "lag": _lag,
    "shortfall": lambda v: f"releases lie {v:g} points below the frontier on average",
    "fading": _fading,
    "ladder": _ladder,
    "shortfall_shape": _shape,
    "correlated": lambda _: (
        "errors stretch together away from the two models that define the scale"
    ),
    "skew": lambda v: f"the lower arm of an interval is {v:g} times the upper, and so are errors",
    "break_after": _break,
    "date_error": lambda v: f"each published date is off by up to {v:g} months",
    "dif": lambda v: (
        "each benchmark favours one of the groups, with a standard deviation over benchmarks of "
        f"{v:g} {'point' if v == 1 else 'points'}"
    ),
    "vendors": _vendors,
    "domains": _domains,
}
