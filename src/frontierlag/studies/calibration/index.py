"""An index from a matrix of benchmark results, made as a publisher makes one.

As the Epoch Capabilities Index is: a two-parameter logistic curve a benchmark, fitted to all
results by nonlinear least squares with a light penalty, put on the scale of two pinned models, and
an interval a model by a bootstrap over benchmarks. It knows nothing of groups, dates or a frontier.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from frontierlag.scores.item_results.responses import start

# Penalty on capabilities (standard deviation 1), log discriminations (1) and log odds (3), as of a
# posterior mode with residuals of this standard deviation.
RESIDUAL = 0.1
_LOG_ODDS = 3.0
RESAMPLES = 100
TAIL = 5.0  # per cent outside each end of an interval
_STEPS = 60
# Of a fit's relative progress: a resample need only be as exact as its spread asks for.
_TOLERANCE, _ROUGHLY = 1e-7, 1e-4
_MOST_DAMPING = 1e8


@dataclass(frozen=True)
class Index:
    """Scores of all models on the scale of the pins, and 5 % and 95 % points of their bootstrap."""

    score: np.ndarray
    low: np.ndarray
    high: np.ndarray


def publish(
    model: np.ndarray,
    benchmark: np.ndarray,
    score: np.ndarray,
    pins: tuple[tuple[int, float], tuple[int, float]],
    rng: np.random.Generator,
) -> Index:
    """Fit the curves and estimate every model's score with its interval.

    ``model`` and ``benchmark`` are indices of each result, and every index up to the largest
    occurs; ``score`` is from 0 to 1; ``pins`` are index and score of the two models that define the
    scale. The bootstrap has exponential weights of benchmarks (the Bayesian bootstrap of Rubin
    1981), so that no resample leaves a model without results.
    """
    n, m = int(model.max()) + 1, int(benchmark.max()) + 1
    problem = _Problem(model, benchmark, score, n, m)
    begin = start(model, benchmark, score, n, m)
    log_a = np.log(begin.discrimination)
    intercept = begin.intercept - begin.discrimination * begin.centre
    theta = problem.solve(np.concatenate([begin.capability, log_a, intercept]), np.ones(m))
    draws = np.array(
        [
            _on_scale(problem.solve(theta, rng.exponential(size=m), _ROUGHLY)[:n], pins)
            for _ in range(RESAMPLES)
        ]
    )
    low, high = np.percentile(draws, [TAIL, 100 - TAIL], axis=0)
    return Index(_on_scale(theta[:n], pins), low, high)


def _on_scale(x: np.ndarray, pins: tuple[tuple[int, float], tuple[int, float]]) -> np.ndarray:
    (low, low_score), (high, high_score) = pins
    return low_score + (high_score - low_score) * (x - x[low]) / (x[high] - x[low])


@dataclass(frozen=True)
class _Problem:
    """Least squares in capabilities x, log discriminations and log odds at x = 0, in that order."""

    model: np.ndarray
    benchmark: np.ndarray
    score: np.ndarray
    n: int
    m: int

    @property
    def _precision(self) -> np.ndarray:
        one = np.ones(self.n + self.m)
        return RESIDUAL**2 * np.concatenate([one, np.full(self.m, _LOG_ODDS**-2)])

    def solve(
        self, theta: np.ndarray, weight: np.ndarray, tolerance: float = _TOLERANCE
    ) -> np.ndarray:
        """Minimize by Levenberg's and Marquardt's method, with a weight a benchmark."""
        penalty, damping = self._precision, 1e-3
        cost = self._cost(theta, weight, penalty)
        for _ in range(_STEPS):
            gradient, curvature = self._derivatives(theta, weight)
            gradient = gradient + penalty * theta
            diagonal = np.diag(curvature) + penalty
            while True:
                step = np.linalg.solve(curvature + np.diag(penalty + damping * diagonal), -gradient)
                new = self._cost(theta + step, weight, penalty)
                if new <= cost or damping > _MOST_DAMPING:
                    break
                damping *= 4
            if new > cost:
                break
            done = cost - new <= tolerance * cost
            theta, cost, damping = theta + step, new, damping / 8
            if done:
                break
        return theta

    def _odds(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Capability, discrimination and log odds of each result."""
        n, m = self.n, self.m
        x, a = theta[:n][self.model], np.exp(theta[n : n + m])[self.benchmark]
        return x, a, a * x + theta[n + m :][self.benchmark]

    def _cost(self, theta: np.ndarray, weight: np.ndarray, penalty: np.ndarray) -> float:
        with np.errstate(over="ignore"):
            error = self.score - 1 / (1 + np.exp(-self._odds(theta)[2]))
        return float(weight[self.benchmark] @ error**2 + penalty @ theta**2)

    def _derivatives(self, theta: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Half the gradient of the squared errors, and half of Gauss's and Newton's curvature."""
        n, m, i, j = self.n, self.m, self.model, self.benchmark
        x, a, odds = self._odds(theta)
        p = 1 / (1 + np.exp(-odds))
        slope = p * (1 - p)
        along = (a, a * x, np.ones(len(x)))
        place = (i, n + j, n + m + j)
        gradient, curvature = np.zeros(n + 2 * m), np.zeros((n + 2 * m, n + 2 * m))
        scaled, both = weight[j] * slope * (p - self.score), weight[j] * slope**2
        for one, at in zip(along, place, strict=True):
            np.add.at(gradient, at, scaled * one)
            for other, there in zip(along, place, strict=True):
                np.add.at(curvature, (at, there), both * one * other)
        return gradient, curvature
