"""Test information: where on the scale results on the benchmarks tell capabilities apart."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from frontierlag import arrays
from frontierlag.checks.items import thinned
from frontierlag.fits.fitting import Fit
from frontierlag.frontiers import Joint
from frontierlag.frontiers.item_response import FREEDOM
from frontierlag.names import FOLLOWER, LEADER
from frontierlag.scores import Releases

# Evenly spaced capabilities at which information is given.
NODES = 81
# How far they reach beyond the releases, as a share of the releases' range.
_BEYOND = 0.1


@dataclass(frozen=True, eq=False)
class Information:
    """Fisher information of results on all benchmarks about a capability, draw by draw.

    Attributes
    ----------
    releases
        Of the two groups.
    capability
        Shape ``(draw, release)``.
    difficulty, discrimination, noise
        Of every benchmark, ``(draw, benchmark)``.
    span
        Ceiling minus chance level, ``(benchmark,)``.
    """

    releases: Releases
    capability: np.ndarray
    difficulty: np.ndarray
    discrimination: np.ndarray
    noise: np.ndarray
    span: np.ndarray

    @cached_property
    def scale(self) -> np.ndarray:
        """Evenly spaced capabilities from below the releases to above them, ``(node,)``."""
        middle = np.median(self.capability, axis=0)
        pad = _BEYOND * np.ptp(middle)
        return np.linspace(middle.min() - pad, middle.max() + pad, NODES)

    def of_each(self, c: float | np.ndarray) -> np.ndarray:
        """Of a result on each benchmark at a capability, ``(draw, benchmark)``."""
        of = self.difficulty, self.discrimination, self.noise
        return result_information(c, *of, self.span)

    def of_all(self, levels: np.ndarray) -> np.ndarray:
        """Of results on all benchmarks at each capability, 1 / points^2, ``(draw, level)``."""
        return np.stack([self.of_each(float(c)).sum(-1) for c in levels], axis=-1)

    @property
    def highest(self) -> np.ndarray:
        """Of a result on each benchmark at its difficulty, where it is highest."""
        return self.of_each(self.difficulty)

    def best(self, day: int) -> np.ndarray:
        """Capability of each group's best by a day, ``(draw, 2)``; NaN of a group without any."""
        found = np.full((len(self.capability), 2), np.nan)
        for g in (LEADER, FOLLOWER):
            there = self.releases.of(g) & (self.releases.day <= day)
            if there.any():
                found[:, g] = self.capability[:, there].max(-1)
        return found

    def shares(self, c: float) -> np.ndarray:
        """Share of the information at a capability that each benchmark gives, posterior mean."""
        each = self.of_each(c)
        return np.asarray((each / each.sum(-1, keepdims=True)).mean(0))


def result_information(
    c: float | np.ndarray,
    difficulty: np.ndarray,
    discrimination: np.ndarray,
    noise: np.ndarray,
    span: np.ndarray,
) -> np.ndarray:
    """Fisher information of one result about the capability, for known benchmarks.

    A result is f(c) + s t_4 with f'(c) = span a p (1 - p), p = logistic(a (c - d)). That of a
    Student t of nu degrees of freedom about its location is (nu + 1) / ((nu + 3) s^2) (Lange,
    Little & Taylor 1989), so that I(c) = 5/7 (f'(c) / s)^2: highest at c = d.

    Parameters
    ----------
    c
        Capabilities; all arguments broadcast.
    difficulty, discrimination, noise
        Of the benchmark.
    span
        Its ceiling minus its chance level.
    """
    p = arrays.sigmoid(discrimination * (c - difficulty))
    slope = span * discrimination * p * (1 - p)
    return np.asarray((FREEDOM + 1) / (FREEDOM + 3) * (slope / noise) ** 2)


def information(fit: Fit) -> Information | None:
    """Information along the scale of a fit to benchmark results; None of a fit to scores.

    Each benchmark as it is to a model that it does not favour: differential item functioning moves
    the curve of a group's models by what the benchmark favours the group by.
    """
    responses = fit.observations.responses
    if responses is None or not isinstance(fit.spec.frontier, Joint):
        return None
    p = thinned(fit)
    return Information(
        fit.observations.releases,
        p["capability"],
        p["difficulty"],
        p["discrimination"],
        p["noise"],
        responses.ceiling - responses.chance,
    )
