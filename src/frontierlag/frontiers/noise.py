"""Random numbers that belong to a release, so that fits which share releases share their noise."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence

import numpy as np


class ReleaseNoise:
    """Standard random numbers whose last axis is the release, each release with its own stream.

    A stream depends on the seed and on the release's name only. Two fits with the same seed and
    number of draws therefore draw the capability of a release that both contain from the same
    numbers, whatever else they contain: the measurement error of a shared release is one random
    variable in both, and cancels in a difference of their lags draw by draw. Within one fit the
    streams are independent, as those of an ordinary generator are.

    It offers the methods of ``numpy.random.Generator`` that the frontiers' exact conditionals and
    the dates need.

    Parameters
    ----------
    seed
        The fit's seed.
    names
        Names of the releases, in the order of the last axis.
    purpose
        A number for draws of another purpose, independent of those without one.
    """

    def __init__(self, seed: int, names: Sequence[str], *purpose: int) -> None:
        self._streams = [
            np.random.default_rng([seed, zlib.crc32(str(name).encode()), *purpose])
            for name in names
        ]

    def standard_normal(self, size: tuple[int, ...]) -> np.ndarray:
        """Standard normal numbers of shape ``(..., release)``."""
        return self._drawn(np.random.Generator.standard_normal, size)

    def standard_exponential(self, size: tuple[int, ...]) -> np.ndarray:
        """Standard exponential numbers of shape ``(..., release)``."""
        return self._drawn(np.random.Generator.standard_exponential, size)

    def uniform(self, size: tuple[int, ...]) -> np.ndarray:
        """Uniform numbers from 0 up to 1, of shape ``(..., release)``."""
        return self._drawn(np.random.Generator.random, size)

    def _drawn(self, method: Callable[..., np.ndarray], size: tuple[int, ...]) -> np.ndarray:
        out = np.empty(size)
        for i, stream in enumerate(self._streams):
            out[..., i] = method(stream, size[:-1])
        return out
