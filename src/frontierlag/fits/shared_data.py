"""How compiled code of nutpie finds the data: written out, in place of a loop that is unrolled.

Numba unrolls nutpie's loop over the arrays of a model by typing the whole function again for each
of them, in every process, as this is kept in no cache: of 13 arrays that takes longer than all else
that compiling the model of benchmark results does. The same statements written one after the other
are typed once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numba
import numpy as np
from numba.np.numpy_support import carray


def extraction(
    inner: Any, shared_data: Mapping[str, np.ndarray], shared_keys: Sequence[str], record: np.dtype
) -> Any:
    """Return a compiled function of a point and the address of the data.

    Parameters
    ----------
    inner
        Compiled function of the point and all arrays.
    shared_data
        Arrays by key: their types and numbers of dimensions count, not their sizes.
    shared_keys
        Those that ``inner`` takes, in its order.
    record
        Layout of what the address leads to: of each key where its array begins, and its shape.
    """
    from nutpie import compile_pymc

    known: dict[str, Any] = {
        "carray": carray,
        "pointer": compile_pymc.address_as_void_pointer,
        "record": record,
        "inner": inner,
    }
    lines = ["def extract(x, address):"]
    if shared_keys:
        lines.append("    at = carray(address, (), record)['shared']")
    for i, key in enumerate(shared_keys):
        known[f"type_{i}"] = shared_data[key].dtype
        sizes = "".join(f"at['shape']['{key}'][{k}], " for k in range(shared_data[key].ndim))
        lines += [
            f"    data_{i} = pointer(at['data']['{key}'][()])",
            f"    array_{i} = carray(data_{i}, ({sizes}), type_{i})",
        ]
    arrays = "".join(f", array_{i}" for i in range(len(shared_keys)))
    lines.append(f"    return inner(x{arrays})")
    exec("\n".join(lines), known)
    return numba.njit(inline="always")(known["extract"])


@contextmanager
def written_out() -> Iterator[None]:
    """Have nutpie use :func:`extraction` in the block."""
    from nutpie import compile_pymc

    before = compile_pymc.make_extraction_fn
    compile_pymc.make_extraction_fn = extraction
    try:
        yield
    finally:
        compile_pymc.make_extraction_fn = before
