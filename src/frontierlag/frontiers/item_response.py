"""The two-parameter logistic model of item response theory, for scores that are fractions.

A model of capability c scores on a benchmark of difficulty d and discrimination a, between chance
level and ceiling,

    score = chance + (ceiling - chance) / (1 + exp(-a (c - d))) + error

(Birnbaum 1968; for benchmarks of language models Ho et al. 2025, the ECI). Errors follow a Student
t distribution with few degrees of freedom (Lange, Little & Taylor 1989) and a scale of the
benchmark's own, so that a single bad result counts for little. ``xp`` is ``pytensor.tensor`` or
:mod:`frontierlag.arrays`.
"""

from __future__ import annotations

from math import lgamma, log, pi
from typing import Any

# Degrees of freedom of the errors: heavy tails, and still a finite variance.
FREEDOM = 4.0
CONSTANT = lgamma((FREEDOM + 1) / 2) - lgamma(FREEDOM / 2) - 0.5 * log(FREEDOM * pi)


def expected_score(log_odds: Any, chance: Any, ceiling: Any, xp: Any) -> Any:
    """Score at given log odds of the way from chance level to ceiling."""
    return chance + (ceiling - chance) * xp.sigmoid(log_odds)


def student_logp(error: Any, noise: Any, log_noise: Any, xp: Any) -> Any:
    """Log density of an error with scale ``noise``."""
    return CONSTANT - log_noise - (FREEDOM + 1) / 2 * xp.log1p((error / noise) ** 2 / FREEDOM)
