"""How nutpie's code is compiled in less time: the data written out, and a short error.

Numba unrolls nutpie's loop over the arrays of a model by typing the whole function again for each
of them, in every process, as this is kept in no cache: of 13 arrays that takes longer than all else
that compiling the model of benchmark results does. The same statements written one after the other
are typed once. And where an array is copied into another, Numba compiles the message for shapes
that differ, digits and commas included, which takes a third of compiling a small model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numba
import numpy as np
from numba.extending import overload
from numba.np import arrayobj
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


def shapes_differ(source: Any, target: Any) -> None:
    """Say in compiled code that an array does not fit into the one it is copied to."""
    raise NotImplementedError


@overload(shapes_differ)
def _shapes_differ(source, target):  # type: ignore[no-untyped-def]
    def say(source, target):  # type: ignore[no-untyped-def]
        raise ValueError("an array is copied into one of another shape")

    return say


@contextmanager
def quickly() -> Iterator[None]:
    """Have nutpie use :func:`extraction`, and Numba :func:`shapes_differ`, in the block."""
    from nutpie import compile_pymc

    before = compile_pymc.make_extraction_fn, arrayobj.raise_with_shape_context
    compile_pymc.make_extraction_fn = extraction
    arrayobj.raise_with_shape_context = shapes_differ
    try:
        yield
    finally:
        compile_pymc.make_extraction_fn, arrayobj.raise_with_shape_context = before
