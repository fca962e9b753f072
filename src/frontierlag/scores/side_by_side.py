"""Two tables side by side: models of both, every mixture of two vintages, what moved, in words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

from frontierlag.errors import ScoresError
from frontierlag.scores.groups import CLOSED_OPEN, US_CHINA
from frontierlag.scores.reading.parsing import same_name
from frontierlag.scores.reading.report import listed
from frontierlag.scores.registry import shipped_rows
from frontierlag.scores.releases import Releases, records, releases
from frontierlag.scores.table import ScoreTable

Side = Literal["a", "b"]
SIDES: tuple[Side, Side] = ("a", "b")
# What comes with a score when a shared model's score is taken from one vintage or the other.
SCORE_FIELDS = ("score", "stderr", "stderr_low", "stderr_high", "low", "high", "problems")
RECORD_COLUMNS = [
    *("group", "model", "record_a", "record_b"),
    *("released_a", "score_a", "released_b", "score_b", "change"),
]
ARRAYS = ("model", "organization", "day", "day_low", "day_high", "group", *SCORE_FIELDS)


@dataclass(frozen=True)
class SideBySide:
    """The releases of one comparison in two vintages.

    A model is **shared** if both vintages have it under the same name, dated and scored, in the
    same group. Names are compared letter by letter: 'Grok-2' and 'Grok-2 (Dec 2024)' may or may
    not be the same snapshot, so each is a model of its own vintage alone. So is a name that a
    vintage has twice, one that has no date in one of the vintages, and one that changed groups.

    Parameters
    ----------
    a, b
        All releases of each vintage, up to its own last day.
    end
        The last day that counts; not later than that of either vintage.

    Raises
    ------
    ScoresError
        If the two are not of the same comparison and metric, or end before ``end``.
    """

    a: Releases
    b: Releases
    end: date

    def __post_init__(self) -> None:
        one, other = self.a, self.b
        if (one.comparison, one.metric.name) != (other.comparison, other.metric.name):
            raise ScoresError(
                f"{one.table} ({one.comparison.name}, {one.metric.name}) and {other.table} "
                f"({other.comparison.name}, {other.metric.name}) cannot be set side by side: give "
                "two vintages of one table and the same comparison"
            )
        if self.end > min(one.as_of, other.as_of):
            raise ScoresError(
                f"{one.table} and {other.table} both speak for days up to "
                f"{min(one.as_of, other.as_of)} only, not for {self.end}"
            )

    @cached_property
    def shared(self) -> tuple[np.ndarray, np.ndarray]:
        """Positions of the shared models in ``a`` and in ``b``, in the same order."""
        of_a, of_b = (_once(side) for side in (self.a, self.b))
        found = [
            (i, of_b[name])
            for name, i in of_a.items()
            if name in of_b and self.a.group[i] == self.b.group[of_b[name]]
        ]
        pairs = np.array(found, dtype=np.int64).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1]

    def of(self, side: Side) -> Releases:
        """One vintage as it is, up to the end."""
        return self.mixed(side, side, side)

    def mixed(self, scores: Side, dates: Side, members: Side) -> Releases:
        """The releases with scores, dates and membership each taken from one of the vintages.

        Shared models are always there, with the score (and its uncertainty) of one vintage and the
        date of one vintage, if that date is not after the end. The models that only one vintage has
        are there if ``members`` names it, with that vintage's own score and date, as there is no
        other. So every mixture is a table that could have been published, ``mixed("a", "a", "a")``
        is the first vintage and ``mixed("b", "b", "b")`` the second.
        """
        sides = {"a": self.a, "b": self.b}
        at = dict(zip(SIDES, self.shared, strict=True))
        own = sides[members]
        alone = np.setdiff1d(np.arange(len(own)), at[members])

        def column(name: str) -> np.ndarray:
            source: Side = scores if name in SCORE_FIELDS else dates
            return np.r_[getattr(sides[source], name)[at[source]], getattr(own, name)[alone]]

        arrays: dict[str, Any] = {name: column(name) for name in ARRAYS}
        order = np.lexsort((arrays["model"], arrays["score"], arrays["day"]))
        order = order[arrays["day"][order] <= (self.end - date(1970, 1, 1)).days]
        chosen = {scores, dates, members}
        name = own.table if len(chosen) == 1 else f"{self.a.table} with parts of {self.b.table}"
        return replace(
            own,
            as_of=self.end,
            table=name,
            left_out=(),
            notes=(),
            **{field: values[order] for field, values in arrays.items()},
        )


def _once(releases: Releases) -> dict[str, int]:
    """Positions of the names that occur once."""
    counts = Counter(releases.model.tolist())
    return {name: i for i, name in enumerate(releases.model.tolist()) if counts[name] == 1}


def shared_models(pair: SideBySide) -> pd.DataFrame:
    """Score, standard error and date of every shared model in both vintages, and the changes.

    Returns
    -------
    DataFrame with ``model``, ``organization``, ``group``, ``score_a``, ``score_b``,
    ``score_change``, ``stderr_a``, ``stderr_b``, ``stderr_change``, ``released_a``, ``released_b``
    (datetime64) and ``days`` (how much later the second vintage dates it).
    """
    a, b = pair.a, pair.b
    at_a, at_b = pair.shared
    table = pd.DataFrame(
        {
            "model": a.model[at_a],
            "organization": b.organization[at_b],
            "group": np.array(a.group_names)[a.group[at_a]],
        }
    )
    for name in ("score", "stderr"):
        first, second = getattr(a, name)[at_a], getattr(b, name)[at_b]
        table[f"{name}_a"], table[f"{name}_b"] = first, second
        table[f"{name}_change"] = second - first
    table["released_a"] = a.date[at_a].astype("datetime64[s]")
    table["released_b"] = b.date[at_b].astype("datetime64[s]")
    return table.assign(days=b.day[at_b] - a.day[at_a])


def unshared_models(pair: SideBySide) -> pd.DataFrame:
    """The releases by the end that only one vintage has, with ``only_in``, the vintage's name.

    A name that is here for both vintages changed groups, or occurs twice in one of them.
    """
    rows = []
    for found, at in zip((pair.a, pair.b), pair.shared, strict=True):
        last = (pair.end - date(1970, 1, 1)).days
        alone = np.setdiff1d(np.flatnonzero(found.day <= last), at)
        rows += [
            {
                "model": found.model[i],
                "only_in": found.table,
                "organization": found.organization[i],
                "group": found.group_names[found.group[i]],
                "released": found.date[i].astype("datetime64[s]"),
                "score": found.score[i],
            }
            for i in alone
        ]
    columns = ["model", "only_in", "organization", "group", "released", "score"]
    return pd.DataFrame(rows, columns=columns)


def record_holders(pair: SideBySide) -> pd.DataFrame:
    """The record-holders by published score of both vintages by the end, side by side.

    Returns
    -------
    DataFrame with ``group``, ``model``, ``record_a``, ``record_b``, ``released_a``, ``score_a``,
    ``released_b``, ``score_b`` (NaT or NaN where the vintage does not have the model) and
    ``change``: 'none' if it is a record in both, else what happened; by group, then by date.
    """
    rows: dict[tuple[int, str], dict[str, Any]] = {}
    sides = {side: pair.of(side) for side in SIDES}
    held = {side: records(side_releases) for side, side_releases in sides.items()}
    for side, side_releases in sides.items():
        for at in np.flatnonzero(held[side]):
            rows.setdefault((int(side_releases.group[at]), str(side_releases.model[at])), {})
    for (group, model), row in rows.items():
        row |= {"group": pair.a.group_names[group], "model": model}
        for side, side_releases in sides.items():
            found = np.flatnonzero((side_releases.model == model) & (side_releases.group == group))
            i = int(found[0]) if found.size else None
            row[f"record_{side}"] = bool(held[side][found].any())
            row[f"released_{side}"] = (
                pd.NaT if i is None else pd.Timestamp(side_releases.date[i].astype("datetime64[s]"))
            )
            row[f"score_{side}"] = np.nan if i is None else float(side_releases.score[i])
        row["change"] = _what_happened(row, pair)
    table = pd.DataFrame(list(rows.values()), columns=RECORD_COLUMNS)
    when = table["released_b"].fillna(table["released_a"])
    position = table["group"].map(pair.a.group_names.index)
    order = np.lexsort((table["model"], when, position))
    return table.iloc[order].reset_index(drop=True)


def _what_happened(row: dict[str, Any], pair: SideBySide) -> str:
    if row["record_a"] and row["record_b"]:
        return "none"
    side, other = ("b", "a") if row["record_b"] else ("a", "b")
    where = pair.a.table if other == "a" else pair.b.table
    verb = "became a record" if side == "b" else "no longer a record"
    absent = pd.isna(row[f"released_{other}"])
    return f"{verb}: not in {where} by {pair.end}" if absent else verb


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
    of = f" of {total}" if total is not None else ""
    return [f"{len(names)}{of} {what}: {listed(names, NAMED, ' and {} more')}."]


@cache
def same_models() -> dict[str, str]:
    """The shipped list: names in one reference table, and the index's name of the same model.

    A row is of one snapshot; settings of it (reasoning effort, thinking budget) are not told apart.
    """
    return {row["model"]: row["same_as"] for row in shipped_rows("same_models.csv")}


def in_both(releases: Releases, others: Releases) -> tuple[np.ndarray, np.ndarray]:
    """Which releases of each of two tables the other has too: two masks, shape ``(release,)``.

    Names are one if the list says so, or if they differ only in case, space and hyphens.
    """
    one, other = (
        np.array([same_name(same_models().get(name, name)) for name in r.model])
        for r in (releases, others)
    )
    return np.isin(one, other), np.isin(other, one)
