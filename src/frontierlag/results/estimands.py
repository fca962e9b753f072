"""Tables of a run next to the lags: the last day taken apart, equivalence lag, velocity."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

import numpy as np
import pandas as pd

from frontierlag.analyses.analysis import Analysis
from frontierlag.checks.comparison import Stacked
from frontierlag.fits.convergence import quantity_checks
from frontierlag.intervals import probability, summarize
from frontierlag.lags.equivalence import equivalence_over
from frontierlag.lags.last_day import Available, Bracket, LastDay, available, last_day
from frontierlag.lags.measure import staircases
from frontierlag.lags.velocity import velocities
from frontierlag.names import CENSORED, FOLLOWER, LEADER, VALUE
from frontierlag.results.last_day import NOT_PASSED, PASSED
from frontierlag.results.tables import table_of

SHARE_DIGITS = 4
LAST_DAY, EQUIVALENCE, VELOCITY = "last_day", "equivalence", "velocity"


def estimand_tables(analysis: Analysis) -> dict[str, pd.DataFrame]:
    """The tables of one model by their stem."""
    return {
        LAST_DAY: last_day_table(analysis),
        EQUIVALENCE: equivalence_table(analysis),
        VELOCITY: velocity_table(analysis),
    }


def last_day_table(analysis: Analysis) -> pd.DataFrame:
    """The releases that the realized lag of the last day may be counted from: ``last_day.csv``.

    One row a release, the most probable first, with the lag in months that it gives (negative if it
    is the follower's, who is ahead then), its probability, and the sum down to it. ``bracket`` and
    ``split`` mark the best of the leader's releases that the follower has passed and the leader's
    first that it has not, with probability of at least 0.95 and at even odds; the column after each
    has the probability.
    """
    found = last_day(available(analysis.fit), analysis.measured.window.as_of)
    return table_of(analysis, _last_day_rows(found, analysis), places=_PLACES)


def stacked_last_day_table(stack: Stacked) -> pd.DataFrame:
    """The same rows of several models stacked: each draw is of one of them."""
    parts = [available(a.fit) for a in stack.members]
    first = stack.members[0]
    which = stack.member_of_draw[..., None]
    capability = parts[0].capability
    for k, part in enumerate(parts[1:], start=1):
        capability = np.where(which == k, part.capability, capability)
    mixed = Available(parts[0].model, parts[0].group, parts[0].day, capability)
    found = last_day(mixed, first.measured.window.as_of)
    rows = _last_day_rows(found, first).assign(model=stack.name)
    return table_of(first, rows, stack.converged, _PLACES)


def equivalence_table(analysis: Analysis) -> pd.DataFrame:
    """Equivalence lag over every period, months: ``equivalence.csv``.

    It is one number from all draws, so it has a Monte Carlo error and no interval.
    """
    window = analysis.measured.window
    seed = analysis.fit.settings.seed
    found = equivalence_over(*staircases(analysis.fit), window, seed=seed)
    table = pd.DataFrame([asdict(one) for one in found])
    return table_of(analysis, table)


def velocity_table(analysis: Analysis) -> pd.DataFrame:
    """By how many months the lags change in a year: ``velocity.csv``.

    ``narrowing`` is the probability that the lag shrinks, among all draws. The realized lag has no
    row where the window has less than 24 months.
    """
    found = velocities(analysis.fit, analysis.measured.window)
    rows = [
        {
            "lag": kind,
            "change": over,
            "unit": "months a year",
            **asdict(summarize(data[VALUE])),
            "censored": float(data[CENSORED].mean()),
            "narrowing": probability(data[VALUE] < 0),
        }
        for (kind, over), data in found.items()
    ]
    converged = [
        analysis.convergence.converged and all(c.passed for c in quantity_checks(data[[VALUE]]))
        for data in found.values()
    ]
    return table_of(analysis, pd.DataFrame(rows), converged, {"narrowing": SHARE_DIGITS})


_SHARES = ("probability", "cumulative", "mcse", "bracket_probability", "split_probability")
_PLACES = dict.fromkeys(_SHARES, SHARE_DIGITS)


def _last_day_rows(found: LastDay, analysis: Analysis) -> pd.DataFrame:
    names = analysis.fit.observations.releases.group_names
    rows: list[dict[str, object]] = []
    total = 0.0
    for one in found.counted:
        total += one.probability
        rows.append(
            {
                "group": names[one.group] if one.model else "",
                "release": one.model,
                "released": _text(one.released),
                "months": one.months,
                "lower90": one.lower,
                "upper90": one.upper,
                "probability": one.probability,
                "cumulative": total,
                "mcse": one.mcse,
                "censored": one.censored,
                "ahead": one.group == FOLLOWER,
            }
        )
    for column, bracket in (("bracket", found.bracket), ("split", found.split)):
        _mark(rows, column, bracket, names[LEADER])
    return pd.DataFrame(rows)


def _mark(rows: list[dict[str, object]], column: str, bracket: Bracket, leader: str) -> None:
    """Mark one bracket; a release that no draw counts from gets a row of its own."""
    marked = {
        (bracket.passed, PASSED): (bracket.passed_on, bracket.passed_probability),
        (bracket.ahead, NOT_PASSED): (bracket.ahead_on, bracket.ahead_probability),
    }
    for row in rows:
        row |= {column: "", f"{column}_probability": np.nan}
    for (name, word), (when, share) in marked.items():
        if name is None:
            continue
        own = [row for row in rows if row["release"] == name and row["group"] == leader]
        if not own:
            blank: dict[str, object] = dict.fromkeys(rows[0], np.nan)
            texts = {"bracket": "", "split": ""} if "split" in blank else {"bracket": ""}
            own = [blank | texts | {"group": leader, "release": name, "ahead": False}]
            own[0] |= {"released": _text(when), "probability": 0.0, "cumulative": 1.0}
            rows += own
        own[0] |= {column: word, f"{column}_probability": share}


def _text(when: date | None) -> str:
    return "" if when is None else when.isoformat()
