"""The dates of a table's rows under one convention: corrected, announced, or as published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from frontierlag.dates import ANNOUNCED, AS_PUBLISHED, Dates
from frontierlag.scores.corrections import Correction, Key

# How many changed dates a note names; a manifest has all of them.
SHOWN = 5


@dataclass(frozen=True, eq=False)
class Dated:
    """The dates of a table's rows under one convention.

    Attributes
    ----------
    columns
        Indexed as the table: ``released`` (corrected unless as published), ``announced``, and the
        day in use, ``dated``, with the first and last day it may be, ``dated_low`` and
        ``dated_high``; datetime64, NaT where not known.
    corrections
        Those that matched a row, in the order of the rows, with the ones that confirm a date.
    notes
        What was done.
    """

    columns: pd.DataFrame
    corrections: tuple[Correction, ...]
    notes: tuple[str, ...]


def dated(
    values: pd.DataFrame,
    models: Sequence[str],
    dates: Dates,
    corrections: dict[Key, Correction],
) -> Dated:
    """Date the rows of a table by a convention.

    Parameters
    ----------
    values
        Columns ``released``, ``announced``, ``released_low`` and ``released_high``, datetime64.
    models
        Names, one a row.
    dates
        The convention.
    corrections
        By model and date as published; empty for a table that none is for.

    Returns
    -------
    The dates in use and what was done.
    """
    published = values["released"]
    keys = [
        (model, None if pd.isna(day) else day.date())
        for model, day in zip(models, published, strict=True)
    ]
    found = [corrections.get((model, day)) if day else None for model, day in keys]
    if dates == AS_PUBLISHED:
        frame = values[["released", "announced"]].assign(
            dated=published, dated_low=published, dated_high=published
        )
        changed = sum(one is not None and one.changes for one in found)
        note = f"Dates are as published: {changed} correction(s) are not applied."
        return Dated(frame, (), (note,) if changed else ())
    of_row = {at: one for at, one in enumerate(found) if one is not None}

    def replaced(column: pd.Series, name: str, *, where_blank: bool = False) -> pd.Series:
        cells = column.to_numpy().astype("datetime64[D]").copy()
        for at, one in of_row.items():
            value = getattr(one, name)
            if value is not None and not (where_blank and not np.isnat(cells[at])):
                cells[at] = np.datetime64(value, "D")
        return pd.Series(cells.astype("datetime64[s]"), index=column.index)

    released = replaced(published, "new")
    low = replaced(values["released_low"].fillna(published), "low")
    high = replaced(values["released_high"].fillna(published), "high")
    announced = replaced(values["announced"], "announced", where_blank=True)
    matched = tuple(of_row.values())
    notes = _correction_notes(matched)
    if dates == ANNOUNCED:
        unknown = int((released.notna() & announced.isna()).sum())
        use = low = high = announced.fillna(released).where(released.notna())
        notes.append(
            f"Models are dated at their announcement; {unknown} of {int(released.notna().sum())} "
            "have no announcement on record and are dated at their release."
        )
    else:
        use = released
    frame = pd.DataFrame(
        {
            "released": released,
            "announced": announced,
            "dated": use,
            "dated_low": low,
            "dated_high": high,
        }
    )
    return Dated(frame, matched, tuple(notes))


def _correction_notes(matched: tuple[Correction, ...]) -> list[str]:
    """How many dates are corrected, and the largest changes."""
    changed = sorted((c for c in matched if c.changes), key=lambda c: -abs(c.days))
    if not changed:
        return []
    shown = "; ".join(f"{c.model} from {c.old} to {c.new}" for c in changed[:SHOWN])
    more = f"; and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
    return [
        f"Dates of {len(changed)} model(s) are corrected to the first day of use outside the maker "
        f"(--dates as-published leaves them): {shown}{more}."
    ]
