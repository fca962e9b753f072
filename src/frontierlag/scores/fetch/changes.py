"""What a fetched table has that the vintage before had not, in a few sentences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from frontierlag.errors import ScoresError
from frontierlag.scores.groups import CLOSED_OPEN, US_CHINA
from frontierlag.scores.releases import Releases, records, releases
from frontierlag.scores.side_by_side import (
    SideBySide,
    record_holders,
    shared_models,
    unshared_models,
)
from frontierlag.scores.table import ScoreTable

NAMED = 8  # names shown of each kind


def what_changed(before: ScoreTable, after: ScoreTable) -> list[str]:
    """Return what moved between two vintages of a table, one sentence a kind of change.

    Parameters
    ----------
    before, after
        Of the same metric. They are compared as USA against China, else as closed against open
        weights, whichever both can be.
    """
    if before.metric.name != after.metric.name:
        return [
            f"{before.name} scores {before.metric.name} and {after.name} {after.metric.name}, so "
            "they are not compared."
        ]
    pair = _pair(before, after)
    rows = f"{after.name} has {len(after.frame)} rows, {before.name} {len(before.frame)}."
    if pair is None:
        return [rows, "They have no comparison in common, so nothing more is compared."]
    leader, follower = pair.a.group_names
    said = [f"{rows} Models of {leader} and {follower}, up to {pair.end} unless said otherwise:"]
    both, alone = shared_models(pair), unshared_models(pair)
    new = alone[alone["only_in"] == pair.b.table]
    gone = alone[alone["only_in"] == pair.a.table]
    said += _listed("new", _dated(new))
    said += _listed("no longer there", _dated(gone))
    said += _later(pair)
    said += _scores(both)
    said += _dates(both)
    said += _records(record_holders(pair))
    return said if len(said) > 1 else [*said, "Nothing has changed."]


def _pair(before: ScoreTable, after: ScoreTable) -> SideBySide | None:
    for comparison in (US_CHINA, CLOSED_OPEN):
        try:
            a, b = (releases(table, comparison) for table in (before, after))
        except ScoresError:
            continue  # one of the tables has no such groups: try the next comparison
        if a.table == b.table:
            a = replace(a, table=f"{a.table} (before)")
        return SideBySide(a, b, min(a.as_of, b.as_of))
    return None


def _later(pair: SideBySide) -> list[str]:
    """What the later vintage has from days after the earlier one was made."""
    b: Releases = pair.b
    last = np.datetime64(pair.end, "D")
    at = np.flatnonzero(b.date > last)
    said = _listed(f"released after {pair.end}", [str(name) for name in b.model[at]])
    held = [
        f"{b.model[i]} ({b.group_names[b.group[i]]}, {b.score[i]:.1f})" for i in at if records(b)[i]
    ]
    return said + _listed("of these, records", held)


def _scores(both: pd.DataFrame) -> list[str]:
    moved = both[both["score_change"].abs() > 1e-9]
    if moved.empty:
        return []
    largest = moved.reindex(moved["score_change"].abs().sort_values(ascending=False).index)
    names = [f"{r.model} {r.score_change:+.2f}" for r in largest.itertuples()]
    typical = float(moved["score_change"].abs().median())
    return _listed(f"scores moved, by {typical:.2g} in the median", names, len(both))


def _dates(both: pd.DataFrame) -> list[str]:
    moved = both[both["days"] != 0]
    largest = moved.reindex(moved["days"].abs().sort_values(ascending=False).index)
    names = [f"{r.model} {r.days:+d} days" for r in largest.itertuples()]
    return _listed("release dates moved", names, len(both))


def _records(held: pd.DataFrame) -> list[str]:
    changed = held[held["change"] != "none"]
    return _listed("records changed", [f"{r.model} {r.change}" for r in changed.itertuples()])


def _dated(table: pd.DataFrame) -> list[str]:
    return [f"{r.model} ({r.released:%Y-%m-%d})" for r in table.itertuples()]


def _listed(what: str, names: list[str], total: int | None = None) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    of = f" of {total}" if total is not None else ""
    return [f"{len(names)}{of} {what}: {', '.join(names[:NAMED])}{more}."]
