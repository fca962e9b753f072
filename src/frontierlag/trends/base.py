"""What every trend offers: parameters with priors, the curve and its inverse."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from frontierlag.priors import Parameter
from frontierlag.scores import Metric

Values = Mapping[str, Any]


class Trend(ABC):
    """A smooth curve F_g(t) for each of the two groups.

    Times are years after a reference date that the data carry. Parameters arrive in a mapping by
    name: with a last axis for the group, or without it when they are shared. The same code serves
    the model (``xp`` is ``pytensor.tensor``) and the draws (``xp`` is ``numpy``, parameters with
    leading sample axes).
    """

    name: ClassVar[str]
    # What the curve reads beside its parameters: ``("epoch",)`` if it speaks of calendar dates.
    inputs: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def parameters(self, metric: Metric) -> tuple[Parameter, ...]:
        """List the parameters with their default priors in the units of ``metric``."""

    @abstractmethod
    def value(self, p: Values, t: Any, group: Any, xp: Any) -> Any:
        """Evaluate the curve.

        Parameters
        ----------
        p
            Parameter values, shape ``(..., 2)`` each (``(...)`` if shared).
        t
            Years after the reference date, shape ``(n,)``.
        group
            Group positions (0 leader, 1 follower), shape ``(n,)``.
        xp
            ``numpy`` or ``pytensor.tensor``.

        Returns
        -------
        F_group(t) in score units, shape ``(..., n)``.
        """

    @abstractmethod
    def inverse(self, p: Values, value: np.ndarray, group: np.ndarray) -> np.ndarray:
        """Find when the curve takes a value.

        Parameters
        ----------
        p
            Parameter draws, shape ``(..., 2)`` each (``(...)`` if shared).
        value
            Score units, shape ``(..., n)`` or ``(n,)``.
        group
            Group positions, shape ``(n,)``.

        Returns
        -------
        Years after the reference date, shape ``(..., n)``; NaN where the curve never takes the
        value.
        """


def of_group(parameter: Any, group: Any) -> Any:
    """Values of a per-group parameter for each entry of ``group``: ``(..., 2) -> (..., n)``."""
    return parameter[..., group]
