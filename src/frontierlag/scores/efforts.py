"""Several settings of one model in a benchmark's table, and which of them counts."""

from __future__ import annotations

import re
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Efforts = Literal["best", "all"]

# How Epoch AI writes reasoning effort ('_high') and thinking budget in thousands of tokens ('_16K')
# behind a model's version. Nothing else is read from a name.
_SETTING = re.compile(r"_(?:none|minimal|low|medium|high|xhigh|max|[0-9]+K)\Z")


def without_setting(model: str) -> str:
    """Return a model's version without the setting it was run with."""
    return _SETTING.sub("", model)


def best_settings(
    model: NDArray[np.str_], day: NDArray[np.int64], score: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return, for each row, the position of the row that stands for its model.

    Rows with the same version but for the setting, released on the same day, are one model, which
    can do what its best-scoring setting does; of equals the first by name. (The best of several
    noisy scores is a little too high, by less than the standard error of one.) A setting released
    on another day is a release of its own.

    Parameters
    ----------
    model, day, score
        Shape (n,).

    Returns
    -------
    ndarray of int
        Shape (n,); a row that stands for itself has its own position.
    """
    best: dict[tuple[str, int], int] = {}
    keys = [(without_setting(str(name)), int(when)) for name, when in zip(model, day, strict=True)]
    for at in np.lexsort((model, -score)):
        best.setdefault(keys[at], int(at))
    return np.array([best[key] for key in keys], dtype=np.int64)
