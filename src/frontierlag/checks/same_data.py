"""Which models were fitted to the same data, so that their densities can be set side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from frontierlag.analyses.analysis import Analysis
from frontierlag.errors import SpecError

# What must agree for two densities to be of the same data.
_DATA = ("group", "day", "score", "stderr", "stderr_low", "stderr_high", "problems")


def data_difference(one: Analysis, other: Analysis) -> str:
    """Say why two models cannot be compared; an empty text if their data are the same.

    The densities that LOO adds up must be of the same scores of the same releases.
    """
    r, s = one.fit.observations.releases, other.fit.observations.releases
    names = f"{one.name} and {other.name} cannot be compared"
    facts = (
        ("table", r.table, s.table),
        ("metric", r.metric.name, s.metric.name),
        ("comparison", r.comparison.name, s.comparison.name),
        ("as-of date", r.as_of, s.as_of),
    )
    for what, first, second in facts:
        if first != second:
            return (
                f"{names}: they were fitted to different data, {what} {first} and {what} {second}"
            )
    if not np.array_equal(r.model, s.model):
        if len(r) == len(s):
            missing = sorted(set(map(str, r.model)) ^ set(map(str, s.model)))
            return f"{names}: their releases differ, in {', '.join(missing[:4])}"
        return (
            f"{names}: {one.name} was fitted to {_described(one)} and {other.name} to "
            f"{_described(other)}; their densities are of different data"
        )
    for column in _DATA:
        first, second = getattr(r, column), getattr(s, column)
        if not np.array_equal(first, second):
            at = int(np.flatnonzero(first != second)[0])
            return (
                f"{names}: the {column} of {r.model[at]} is {first[at]:g} in one and "
                f"{second[at]:g} in the other"
            )
    return ""


def same_data(analyses: Sequence[Analysis]) -> list[list[Analysis]]:
    """Gather the models that can be compared with one another, in the order given."""
    gathered: list[list[Analysis]] = []
    for analysis in analyses:
        for group in gathered:
            if not data_difference(group[0], analysis):
                group.append(analysis)
                break
        else:
            gathered.append([analysis])
    return gathered


def check_names(analyses: Sequence[Analysis]) -> None:
    """Refuse two models of one name.

    Raises
    ------
    SpecError
        Naming them.
    """
    names = [a.name for a in analyses]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SpecError(
            f"each model may stand once in a comparison; {', '.join(twice)} is repeated"
        )


def _described(analysis: Analysis) -> str:
    n = len(analysis.fit.observations.releases)
    what = "record-holders" if analysis.fit.spec.frontier.name == "records" else "releases"
    return f"{n} {what}"
