"""The scale between a known floor and a known ceiling, and its log odds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# A score nearer to an end than this share of the range has the log odds of that distance (+-34.5):
# beyond it double precision no longer tells the score from the end.
NEAREST = 1e-15


@dataclass(frozen=True)
class Bounds:
    """Where the scores of a benchmark can lie: from chance level to ceiling.

    The log odds of a score s are log((s - lower) / (upper - s)): how far along the S-curve between
    the two it lies. ``xp`` is ``numpy``, ``pytensor.tensor`` or :mod:`frontierlag.arrays`.
    """

    lower: float
    upper: float

    def score(self, log_odds: Any, xp: Any) -> Any:
        """lower + (upper - lower) sigmoid(log odds), without overflow and exact near the floor."""
        e = xp.exp(-abs(log_odds))
        return self.lower + (self.upper - self.lower) * xp.where(log_odds < 0, e, 1.0) / (1 + e)

    def log_odds(self, score: Any, xp: Any) -> Any:
        """The inverse of :meth:`score`, finite everywhere: scores outside count as the ends."""
        least = NEAREST * (self.upper - self.lower)
        above = xp.maximum(score - self.lower, least)
        below = xp.maximum(self.upper - score, least)
        return xp.log(above) - xp.log(below)
