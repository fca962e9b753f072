"""Draws as nutpie keeps them, a record batch a chain, as arrays, without what no refit needs.

The conversion that comes with the sampler builds four labelled datasets and copies each variable
several times, which takes as long as half of a small fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

# The column that tells tuning steps from draws.
_TUNING = "tuning"


def arrays_of(raw: Any) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Draws and the sampler's own record, without tuning steps.

    Parameters
    ----------
    raw
        What ``nutpie.sample(..., return_raw_trace=True)`` returned.

    Returns
    -------
    Variables, those on the sampler's own scale among them, and statistics by name, shape ``(chain,
    draw, ...)``. Chains of unequal length are cut to the shortest. Statistics that are text, or
    missing in some draw, are left out.
    """
    draws, stats = ([pa.record_batch(one) for one in batches] for batches in raw.get_arrow_trace())
    tuning = [int(np.sum(batch.column(_TUNING).to_numpy(zero_copy_only=False))) for batch in stats]
    length = min(batch.num_rows - skip for batch, skip in zip(draws, tuning, strict=True))

    def gathered(batches: Sequence[Any]) -> dict[str, np.ndarray]:
        parts = {
            name: [_values(batch, name, skip, length)
                   for batch, skip in zip(batches, tuning, strict=True)]
            for name in batches[0].schema.names
        }  # fmt: skip
        return {
            name: np.stack([v for v in values if v is not None])
            for name, values in parts.items()
            if all(v is not None for v in values)
        }

    return gathered(draws), gathered(stats)


def _values(batch: Any, name: str, start: int, length: int) -> np.ndarray | None:
    """One chain's draws of one variable; None where it is text or missing in some."""
    column = batch.column(name).slice(start, length)
    if column.null_count:
        return None
    flat = column.flatten() if hasattr(column, "flatten") else column
    if flat.null_count or not pa.types.is_primitive(flat.type):
        return None
    shape = (batch.schema.field(name).metadata or {}).get(b"shape", b"").decode()
    sizes = [int(size) for size in shape.split(",") if size]
    return np.asarray(flat.to_numpy(zero_copy_only=False)).reshape(length, *sizes)
