"""Rows of no group that a comparison would have turned on: a record, or the table's best score."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from frontierlag.scores.groups import Comparison, members
from frontierlag.scores.reading.blanks import makers_country
from frontierlag.scores.reading.report import Finding, listed
from frontierlag.scores.table import ScoreTable

_SHOWN = 5


def unplaced_records(
    table: ScoreTable,
    comparison: Comparison,
    kept: NDArray[np.int64],
    group: NDArray[np.int64],
    left_out: NDArray[np.int64],
) -> list[Finding]:
    """Return the rows without a group that would have been a record, or have the best score.

    Rows are positions in the table's frame: ``kept``, shape (n,), with the ``group`` of each, and
    ``left_out``, those that the comparison leaves out for their group. A row counts as a record of
    a group that it would have exceeded everything of by its day; where the other rows of its maker
    all name one country, of that country alone.
    """
    frame = table.frame
    score = frame["score"].to_numpy(dtype=np.float64)
    day = frame["dated"].to_numpy()
    hints = makers_country(frame) if comparison.column == "country" else {}
    best = score[np.concatenate([kept, left_out])].max(initial=-np.inf)
    found, rows = [], []
    for at in left_out:
        row = frame.iloc[at]
        if members(row[comparison.column]):
            continue
        likely = hints.get(row["organization"], "")
        before = day[kept] <= day[at]
        sides = [
            name
            for side, name in enumerate((comparison.leader, comparison.follower))
            if likely in ("", name)
            and score[at] > score[kept[(group == side) & before]].max(initial=-np.inf)
        ]
        said = ["the best score of the table"] if score[at] >= best else []
        said += [f"a record if it were of {' or of '.join(sides)}"] if sides else []
        if said:
            found.append(_words(row, said, likely))
            rows.append(int(row["row"]))
    if not found:
        return []
    shown = listed(found, _SHOWN, "; and {} more", "; ")
    return [Finding(
        "wrong",
        f"Left out because {comparison.column} is not known, though it may move the answer: "
        f"{shown}. Fill in the cell{'s' if len(found) > 1 else ''}.",
        tuple(rows),
    )]  # fmt: skip


def _words(row: pd.Series[Any], said: list[str], likely: str) -> str:
    hint = f"; other rows of {row['organization']} all say {likely}" if likely else ""
    return f"{row['model']} (row {row['row']}), {' and '.join(said)}{hint}"
