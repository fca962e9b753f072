"""What each measure has of each group: how much a lag by it can rest on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from frontierlag.dates import Window
from frontierlag.jobs import Prepared
from frontierlag.scores import Releases, records
from frontierlag.scores.scale import scale_of


def coverage(measures: Sequence[Prepared], window: Window | None) -> pd.DataFrame:
    """What each measure has of each group: releases, records, first and last, the best one.

    Of the releases by the last day that all measures speak for, or by the measure's own last day
    where they share none; ``best_value`` is the best one's score, or the value that was made from.
    """
    rows = []
    for one in measures:
        r = one.releases
        last = window.as_of if window else r.as_of
        here = r.date <= np.datetime64(last, "D")
        record, scale = records(r), scale_of(r.metric)
        for side, group in enumerate(r.group_names):
            own = np.flatnonzero(r.of(side) & here)
            row: dict[str, Any] = {
                "measure": one.table.metric.name, "table": one.table.name, "group": group,
                "by": last.isoformat(), "releases": len(own), "records": int(record[own].sum()),
            }  # fmt: skip
            if window is not None:
                begun = own[r.date[own] >= np.datetime64(window.since, "D")]
                row["records_in_days"] = int(record[begun].sum())
            if len(own):
                best = own[np.argmax(r.score[own])]
                value = scale.told(float(r.score[best])) if scale.changes else _value(r, best)
                row |= {
                    "first_release": str(r.date[own[0]]),
                    "last_release": str(r.date[own[-1]]),
                    "best": str(r.model[best]),
                    "best_released": str(r.date[best]),
                    "best_value": value,
                }
            rows.append(row)
    return pd.DataFrame(rows)


def _value(r: Releases, at: int) -> str:
    score = float(r.score[at])
    return f"{100 * score:.0f} %" if r.metric.unit == "accuracy" else f"{score:.1f}"
